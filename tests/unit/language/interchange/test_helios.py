from __future__ import annotations

import pytest

from sequencer.language.interchange import helios
from sequencer.language.interchange.imported import ImportOptions, UnreadableError

HEAD = "id,prompt_index,prompt\n"


def read(text: str, **options: object) -> str:
    data = text.encode()
    assert helios.recognise(data) or not text.startswith(HEAD)
    return helios.read(data, ImportOptions(title="h", **options)).text  # type: ignore[arg-type]  # options by name


def test_each_prompt_lasts_seven_chunks_and_a_repeat_is_one_prompt() -> None:
    text = HEAD + '1,2,"A boat, ""once""."\n1,1,A boat.\n\n1,3,"A boat, ""once""."\n'
    assert read(text) == ('score "h"\n\nat 0c "A boat."\nat 7c "A boat, \\"once\\"."\n\nend 21c\n')
    assert read(text, interpolate_time=4).endswith("end 12c\n")


def test_videos_are_sections_with_cuts_and_one_can_be_chosen() -> None:
    text = HEAD + "10,0,c\n2,0,a\n2,1,b\n"
    assert read(text) == (
        'score "h"\n\n\nsection video-2 14c {\n  at 0c "a"\n  at 7c "b"\n}\n'
        '\n\nsection video-10 7c, cut {\n  at 0c "c"\n}\n\nplay video-2 video-10\n'
    )
    assert read(text, video_id="10") == 'score "h"\n\nat 0c "c"\n\nend 7c\n'
    with pytest.raises(UnreadableError, match='no video with the id "3"'):
        read(text, video_id="3")


def test_a_refined_prompt_is_preferred() -> None:
    text = "id,prompt_index,prompt,refined_prompt\n1,0,a,A refined boat.\n1,1,b,\n"
    found = read(text)
    assert '"A refined boat."' in found and '"b"' in found


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("id,prompt\n1,a\n", "no column prompt_index", ":1:1"),
        (HEAD + "1,x,a\n", 'the prompt_index "x"', ":2:1"),
        (HEAD + "1,0\n", "2 fields", ":2"),
        (HEAD + '1,0,"a\n', "not CSV", ":2:1"),
        (HEAD + "1,0,a\n1,0,b\n", "two prompts with the index 0", ":3:1"),
        (HEAD + "1,0,a\0\n", "null character", ":2"),
        (HEAD + f"{'9' * 19},0,a\n", "too long", ":2:1"),
        (HEAD, "there is nothing in it", ""),
        (HEAD + "1,0,a\n" * 20_001, "more than 20,000 rows", ":20002"),
    ],
)
def test_a_broken_table_is_an_error_with_its_line(text: str, message: str, place: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(text)
    assert raised.value.place == place


def test_a_list_that_lasts_too_long_is_an_error() -> None:
    with pytest.raises(UnreadableError, match="more than 1,000,000 chunks"):
        read(HEAD + "".join(f"1,{n},a\n" for n in range(200)), interpolate_time=10_000)
