from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sequencer import compile_score, reads
from sequencer.reports.interchange import edl
from sequencer.reports.interchange.exported import ExportOptions, UnwritableError
from sequencer.reports.interchange.film import FilmCue, film_of_schedule

SCORE = """
score "A | boat"
section drift 6c {
  at 0c "A | boat: once."
  at 2c mark quiet
  at 4c strength 0.5
}
section pool 4c, cut seed 9 {
  at 0c "A pool."
  at 0c mark here
  at 2c "It rests."
}
play drift pool
"""


def lines(start_tc: str = "01:00:00:00") -> tuple[list[str], tuple[str, ...]]:
    film = film_of_schedule(compile_score(reads(SCORE)))
    found = edl.write(film, ExportOptions(start_tc=start_tc))
    assert found.text is not None
    return found.text.split("\n"), found.warnings


def test_a_chunk_has_one_marker_and_the_first_of_a_section_is_as_long_as_it() -> None:
    found, warnings = lines()
    assert found[:3] == ["TITLE: A / boat", "FCM: NON-DROP FRAME", ""]
    assert found[3] == (
        "001  001      V     C        01:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01  "
    )
    assert found[4::3] == [
        "chunk 0: A / boat: once. |C:ResolveColorPurple |M:drift |D:198",
        "chunk 2, mark quiet |C:ResolveColorCyan |M:quiet |D:1",
        "chunk 4, strength 0.5 |C:ResolveColorYellow |M:4c |D:1",
        "chunk 6, cut seed 9: A pool. |C:ResolveColorPurple |M:pool |D:132",
        "chunk 8: It rests. |C:ResolveColorBlue |M:2c |D:1",
    ]
    assert warnings[-1].endswith("their frames have markers already: 1")


def test_the_time_code_of_the_beginning_can_be_another_one() -> None:
    assert "00:59:50:23 00:59:51:00" in lines("00:59:50:23")[0][3]
    with pytest.raises(UnwritableError, match="--start-tc 01:00:00:24 is not a time code at 24"):
        lines("01:00:00:24")


def test_details_and_prompts_can_contain_what_separates_them() -> None:
    cue = FilmCue(
        chunk=3,
        place="3c",
        section=None,
        error=Fraction(1, 8),
        line=1,
        prompt="Now: it turns, once | twice.",
        image="a, b: c.png",
    )
    film = replace(film_of_schedule(compile_score(reads(SCORE))), cues=(cue,), sections=())
    text = edl.write(film, ExportOptions()).text
    assert text is not None
    assert "chunk 3, +125 ms, image a b c.png: Now: it turns, once / twice. |C:" in text
