from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sequencer.language.check import check_text
from sequencer.language.interchange import edl
from sequencer.language.interchange.imported import Imported, ImportOptions, UnreadableError

HEAD = "TITLE: Paper boat\nFCM: NON-DROP FRAME\n\n"


def marker(number: int, code: str, note: str, name: str, length: int = 1) -> str:
    times = " ".join([code] * 4)
    return (
        f"{number:03}  001      V     C        {times}  \n"
        f"{note} |C:ResolveColorBlue |M:{name} |D:{length}\n\n"
    )


FILE = (
    HEAD
    + marker(1, "01:00:00:00", "A paper boat drifts.", "1.1")
    + marker(2, "01:00:04:03", "chunk 3, +125 ms, cut seed 9, sr 4x: Now it turns.", "drop")
)


def read(text: str, **options: Any) -> Imported:
    return edl.read(text.encode(), ImportOptions(title="e", **options))


def test_markers_are_marks_with_their_notes_as_comments() -> None:
    assert edl.recognise(FILE.replace("\n", "\r\n").encode())
    assert read(FILE.replace("\n", "\r\n")).text == (
        'score "Paper boat"\n\nat 0s "Write here what the beginning shows."\n'
        "# A paper boat drifts.\n# 1.1\nat 0f mark part-1-1\n"
        "# chunk 3, +125 ms, cut seed 9, sr 4x: Now it turns.\nat 99f mark drop\n\nend 147f\n"
    )


def test_notes_can_be_prompts_and_ours_are_read_back() -> None:
    found = read(FILE, notes_are_prompts=True)
    assert found.text == (
        'score "Paper boat"\n\nat 0f "A paper boat drifts."\n# dropped: sr 4x\n'
        'at 99f cut seed 9, "Now it turns."\n\nend 147f\n'
    )
    assert found.summary == "kept 2, rounded 0, dropped 1 (sr settings)"


def test_regions_are_sections_and_gaps_are_too() -> None:
    text = (
        HEAD
        + marker(1, "01:00:01:00", "", "Verse", 48)
        + marker(2, "01:00:02:00", "", "drop")
        + marker(3, "01:00:03:00", "", "Chorus", 24)
        + marker(4, "01:00:05:00", "", "end")
    )
    found = read(text).text
    heads = [line.split("{")[0] for line in found.splitlines() if line.startswith("section")]
    assert heads == ["section gap-1 24f ", "section verse 48f ", "section chorus 24f ", "section gap-2 48f "]  # fmt: skip
    assert "  at 24f mark drop\n" in found and found.endswith("play gap-1 verse chorus gap-2\n")
    overlapping = (
        HEAD + marker(1, "01:00:00:00", "", "a", 48) + marker(2, "01:00:01:00", "", "b", 9)
    )
    assert read(overlapping).notes == ("its regions overlap, so they are marks and not sections",)


def test_the_beginning_and_the_rate_can_be_others() -> None:
    text = HEAD + marker(1, "00:00:02:00", "", "a")
    assert "at 2s mark a" in read(text, start_tc="00:00:00:00", fps=Fraction(25)).text


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        (HEAD + "001 x\n", '"001 x" is not a marker', ":4:1"),
        (HEAD + marker(1, "01:00:00:24", "", "a"), "is not a marker", ":4:1"),
        (HEAD + marker(1, "01:00:00:00", "", "a").replace("|C:", "|"), "not the second line", ":5:1"),
        (HEAD + marker(1, "01:00:00:00", "", "a", 10**10), "not the second line", ":5:1"),
        (HEAD + marker(1, "01:00:00:00", "", "a").split("\n")[0], "is missing", ":4"),
        (HEAD + marker(1, "00:59:59:00", "", "a"), "before the beginning", ":4:1"),
        ("TITLE: a\nFCM: DROP FRAME\n", "drop-frame time code is not read", ":2:1"),
        (HEAD + marker(1, "01:00:00:00", "", "a", 10**8), "later than", ":4:1"),
        (HEAD, "there is nothing in it", ""),
    ],
)  # fmt: skip
def test_a_broken_list_is_an_error_with_its_line(text: str, message: str, place: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(text)
    assert raised.value.place == place


def test_the_time_code_of_the_beginning_is_checked() -> None:
    with pytest.raises(UnreadableError, match="--start-tc soon is not a time code"):
        read(FILE, start_tc="soon")


def test_a_cut_on_the_chunk_of_a_prompt_replaces_it() -> None:
    """The compiler refuses two prompts on one chunk, in whichever takes they are."""
    text = (
        "TITLE: Boat\nFCM: NON-DROP FRAME\n\n"
        + marker(1, "01:00:00:00", "A boat.", "one")
        + marker(2, "01:00:05:00", "It turns.", "two")
        + marker(3, "01:00:05:00", "chunk 4, cut seed 9: It sinks.", "three")
    )
    imported = read(text, notes_are_prompts=True)
    assert check_text(imported.text).errors == ()
    assert '# dropped: "It turns." (the next prompt is on the same chunk)' in imported.text
    assert 'cut seed 9, "It sinks."' in imported.text


def test_a_cut_of_ours_without_its_prompt_is_a_score_too() -> None:
    text = (
        "TITLE: Boat\nFCM: NON-DROP FRAME\n\n"
        + marker(1, "01:00:00:00", "A boat.", "one")
        + marker(2, "01:00:05:00", "chunk 4, cut seed 9", "two")
    )
    imported = read(text, notes_are_prompts=True)
    assert check_text(imported.text).errors == ()
    assert 'cut seed 9, "Write here what is shown after the cut."' in imported.text
