from __future__ import annotations

import base64
import json
import zlib

import pytest

from sequencer.language.interchange import film_director
from sequencer.language.interchange.imported import ImportOptions, UnreadableError

EXAMPLE = (
    b"#s=i4420FFyVChILEgtUkjKTyxRSCnKTCsp1lOK1Yk20lGqANEmOkp--eUKmSUKJaVFecUKjxqmKOTnJacCFcUCAA"
)


def link(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    return b"#s=" + base64.urlsafe_b64encode(packed).rstrip(b"=")


def read(data: bytes) -> str:
    return film_director.read(data, ImportOptions(title="film")).text


def test_the_prompts_of_a_link_are_on_their_chunks() -> None:
    assert film_director.recognise(b"https://x.example/" + EXAMPLE)
    assert read(EXAMPLE) == (
        'score "film"\n\nat 0c "A paper boat drifts."\nat 2c "x"\nat 4c "Now it turns — once."\n'
        "\nend 30c\n"
    )


def test_prompts_are_sorted_and_a_long_film_ends_after_its_last_prompt() -> None:
    found = read(link(json.dumps([[40, "b"], [0, "a"]]).encode()))
    assert found.endswith('at 0c "a"\nat 40c "b"\n\nend 41c\n')


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"no link", "there is no link", ""),
        (b"#s=", "nothing after", ""),
        (b"\n #s=!!!", "nothing after", ""),
        (b"\n #s=AAAAA", "this link is damaged", ":2:5"),
        (EXAMPLE[:-8], "this link is not complete", ":1:4"),
        (link(b"{}"), "must be an array", " at /"),
        (link(b"[[0]]"), "a chunk and a prompt", " at /0"),
        (link(b'[["0","a"]]'), "must be a number", " at /0/0"),
        (link(b'[[-1,"a"]]'), "from 0 to 100,000", " at /0/0"),
        (link(b'[[0.5,"a"]]'), "from 0 to 100,000", " at /0/0"),
        (link(b"[[0,1]]"), "must be a string", " at /0/1"),
        (link(b'[[0,"a"],[0,"b"]]'), "chunk 0 has two prompts", " at /1/0"),
        (link(b"[]"), "there is nothing in it", ""),
        (link(b" " * (9 * 1024 * 1024)), "contains more than", ":1:4"),
    ],
)
def test_a_damaged_link_is_an_error_with_its_position(
    data: bytes, message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(data)
    assert raised.value.place == place
