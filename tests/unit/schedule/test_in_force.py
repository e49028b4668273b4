"""What is in force where each stretch begins."""

from __future__ import annotations

from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.cue_sheet.terminal import describe_part
from sequencer.schedule.in_force import find_in_force

TEXT = """clock 120 bpm, 4/4
sr off
section a 4 bars {
  at 1 "A."
  at 3 sr 4x, strength 0.5
}
section b 4 bars {
  at 1 "B.", sr 2x
}
"""


def test_settings_stay_until_others_are_set() -> None:
    schedule = compile_score(reads(TEXT + "play a b a\n"))
    words = [
        tuple(tuple(one.words for one in state.settings) for state in both)
        for both in find_in_force(schedule)
    ]
    assert words == [
        (("", "", "sr off"), ("", "", "sr off")),
        (("", "strength 0.5", "sr 4x"), ("", "strength 0.5", "sr 2x")),
        (("", "strength 0.5", "sr 2x"), ("", "strength 0.5", "sr 2x")),
    ]
    entry = find_in_force(schedule)[1][0].sr.entry
    assert entry is not None
    assert entry.origin.line == 5


def test_the_cue_sheet_shows_what_a_part_starts_with() -> None:
    schedule = compile_score(reads(TEXT + "play a b a\n"))
    lines = [describe_part(part) for part in sheet_of(schedule).parts]
    assert "starts with" not in lines[0]
    assert "starts with strength 0.5 · from" in lines[1], "the part sets its own sr"
    assert "starts with strength 0.5, sr 2x" in lines[2]
