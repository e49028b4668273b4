"""A film has the cues of a score on their planned chunks, and those of a run where they landed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sequencer import Score, compile_score, reads, rehearse
from sequencer.core.timebase import Meter
from sequencer.reports.interchange.film import (
    Film,
    FilmCue,
    FilmSection,
    film_of_run,
    film_of_schedule,
)

SCORE = """
clock 120 bpm, 4/4
seed 42
section drift 4 bars {
  at 1 "A boat."
  at 3.2 strength 0.8, "It turns."
  at 4 mark rest
}
section pool 8 bars, cut seed 9 {
  at 1 "A pool."
  at 3 sr 4x
}
play drift pool
"""
LIVE = """
section wait until go on, max 8c {
  at 0c "A boat."
  on go more -> "It turns."
}
section after 4c {
  at 0c cut, "A pool."
}
play wait after
"""


def performed(score: Score, **options: Any) -> Film:
    conductor = rehearse(score, video=False, save=False, **options).conductor
    assert conductor is not None
    return film_of_run(conductor)


def test_a_score_is_exported_as_planned() -> None:
    film = film_of_schedule(compile_score(reads(SCORE)))
    assert [(cue.chunk, cue.prompt, cue.details()) for cue in film.cues] == [
        (0, "A boat.", []),
        (3, "It turns.", ["strength 0.8"]),
        (6, "A pool.", ["cut seed 9"]),
        (9, None, ["sr 4x"]),
    ]
    assert [cue.shown_error for cue in film.cues] == ["", "-375 ms", "+250 ms", "+375 ms"]
    assert [(one.name, one.chunks) for one in film.sections] == [
        ("drift", (0, 6)),
        ("pool", (6, 17)),
    ]
    assert [(mark.name, film.seconds(mark.at)) for mark in film.marks] == [("rest", Fraction(6))]
    assert (film.end, film.seed, film.clock) == (18, 42, (Fraction(120), Meter(4, 4)))
    assert [(start, end, len(cues)) for start, end, cues in film.takes()] == [(0, 6, 2), (6, 18, 1)]
    assert [end for _, end in film.shots()] == [3, 6, 18]
    assert film.losses() == (
        (
            "this format does not contain 1 cut, 1 strength, 2 sections, 1 mark, the seeds 42, 9, "
            "super-resolution (2x at the start)"
        ),
    )
    assert film.losses("cuts", "strengths", "sections", "marks", "sr", "seeds") == ()


def test_a_tempo_that_changes_is_no_clock() -> None:
    changes = SCORE.replace("at 4 mark rest", "at 4 tempo 60")
    assert film_of_schedule(compile_score(reads(changes))).clock is None
    meters = SCORE.replace("section pool 8 bars", "section pool 8 bars, meter 3/4")
    assert film_of_schedule(compile_score(reads(meters))).clock is None


def test_a_live_section_has_its_max_and_rules_and_messages_are_reported() -> None:
    score = LIVE.replace("at 0c cut", 'at 0c midi cc 20 64, osc "/a", cut')
    film = film_of_schedule(compile_score(reads(score)))
    assert [cue.chunk for cue in film.cues] == [0, 8]
    assert film.warnings == (
        (
            "the section wait is live: its max, 11.0 s, is exported, and what follows comes "
            "earlier if it is left earlier"
        ),
        "1 rule left out: only a run shows what a rule does",
        "1 message to MIDI devices and 1 OSC message left out",
    )


def test_a_run_is_exported_as_it_was_performed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film = performed(reads(LIVE), events=["go more@2c", "go on@4c"])
    prompts = [(cue.prompt, cue.is_cut) for cue in film.prompts]
    assert prompts == [("A boat.", False), ("It turns.", False), ("A pool.", True)]
    assert film.is_run and film.prompts[-1].chunk < 8 and film.warnings == ()
    assert [section.name for section in film.sections] == ["wait", "after"]


def test_the_film_of_a_range_begins_with_its_first_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film, all_of_it = performed(reads(SCORE), from_="pool 1"), performed(reads(SCORE))
    assert film.seed == 9 and [section.name for section in film.sections] == ["pool"]
    assert [(cue.chunk + 6, cue.prompt) for cue in film.prompts] == [
        (cue.chunk, cue.prompt) for cue in all_of_it.prompts if cue.chunk >= 6
    ]
    assert film.end == all_of_it.end - 6


def test_a_short_section_has_one_chunk() -> None:
    tiny = FilmSection(name="x", start=Fraction(5, 2), end=Fraction(51, 20))
    assert tiny.chunks == (2, 3)
    cue = FilmCue(chunk=0, place="1", section=None, error=None, line=0, is_cut=True, image="a.png")
    assert cue.details() == ["cut", "image a.png"] and cue.shown_error == ""
