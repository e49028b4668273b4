from __future__ import annotations

import pytest

from sequencer.language.interchange import longlive
from sequencer.language.interchange.imported import ImportOptions, UnreadableError

LINES = b'{"prompts": ["A boat.", "It turns."]}\n'
CONFIG = b"num_output_frames: 240  # latent\nswitch_frame_indices: [48] # one\nother: {a: b}\n"


def read(data: bytes, **companions: bytes) -> str:
    assert longlive.recognise(data)
    files = {name.replace("__", "."): content for name, content in companions.items()}
    return longlive.read(data, ImportOptions(title="l", companions=files)).text


def test_a_switch_counts_latent_frames_of_a_quarter_of_a_second() -> None:
    expected = 'score "l"\n\nat 0s "A boat."\nat 12s "It turns."\n\nend 1m0s\n'
    assert read(LINES, l__yaml=CONFIG) == expected
    block = b"num_output_frames: 240\nswitch_frame_indices:\n  - 48\n"
    assert read(LINES, l__yaml=block) == expected
    assert read(LINES, l__yaml=b"switch_frame_indices: [\n 48,\n]\n").endswith("end 16s\n")


def test_several_lines_are_takes() -> None:
    text = read(LINES * 2, l__yaml=CONFIG)
    assert "section film-1 1m0s {" in text.replace("60s", "1m0s")
    assert ", cut {" in text and text.endswith("play film-1 film-2\n")


def test_one_prompt_needs_no_switches() -> None:
    assert read(b'{"prompts": ["A boat."]}') == 'score "l"\n\nat 0s "A boat."\n\nend 4s\n'


def test_a_folder_has_a_shot_for_each_caption() -> None:
    text = read(
        longlive.FOLDER,
        shot10__json=b'{"caption": "C"}',
        shot2__json=b'{"caption": "B"}',
        shot_durations__txt=b"3, 4\n",
    )
    assert text == 'score "l"\n\nat 0s "B"\nat 4s cut, "C"\n\nend 28/3s\n'
    even = read(
        longlive.FOLDER,
        a1__json=b'{"caption": "B"}',
        a2__json=b'{"caption": "C"}',
        c__yaml=b"chunks_per_shot: 6\n",
    )
    assert 'at 8s cut, "C"' in even


@pytest.mark.parametrize(
    ("data", "companions", "message", "place"),
    [
        (LINES, {}, "does not contain the times", ""),
        (LINES, {"l__yaml": b"switch_frame_indices: []"}, "0 switches", ""),
        (LINES, {"l__yaml": b"switch_frame_indices: [5, 3]"}, "not in ascending order", ""),
        (LINES, {"l__yaml": b"\nswitch_frame_indices: [x]"}, "l.yaml:2: switch_fr", ""),
        (LINES, {"l__yaml": b"num_output_frames: 2\nnum_output_frames: 2"}, "defined twice", ""),
        (LINES + b'{"prompts": [3]}', {}, r"a string, not a number \(at /prompts/0", ":2:1"),
        (LINES + b'{"prompts"', {}, "this is not JSON", ":2:11"),
        (longlive.FOLDER, {}, "no .json files", ""),
        (longlive.FOLDER, {"a__json": b"{}"}, "a.json at /caption: the caption", ""),
        (longlive.FOLDER, {"a__json": b"{"}, "a.json:1:2: this is not JSON", ""),
        (
            longlive.FOLDER,
            {"a__json": b'{"caption":"a"}', "b__json": b'{"caption":"a"}'},
            "the lengths of its shots",
            "",
        ),
        (
            longlive.FOLDER,
            {"a__json": b'{"caption":"a"}', "shot_durations__txt": b"0"},
            "whole numbers of blocks",
            "",
        ),
        (
            longlive.FOLDER,
            {"a__json": b'{"caption":"a"}', "shot_durations__txt": b""},
            "0 lengths for 1 shots",
            "",
        ),
    ],
)
def test_broken_prompts_are_an_error(
    data: bytes, companions: dict[str, bytes], message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(data, **companions)
    assert raised.value.place == place
