"""When a metronome clicks: beats, downbeats, and chunk boundaries of cues."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sequencer.core.errors import UsageError
from sequencer.core.timebase import Meter
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import SongTime
from sequencer.reports import clicks
from sequencer.reports.clicks import clicks_of


def seconds(*times: Fraction | float) -> tuple[Fraction, ...]:
    return tuple(Fraction(time) for time in times)


SONG = """clock 120 bpm, 4/4
section a 2 bars {
  at 1 "A tram."
  at 2.3 "It turns."
}
section b 1 bar, tempo 60, meter 3/4 {
  at 2s mark m
}
"""


def test_every_beat_clicks_and_bars_begin_with_another_click() -> None:
    found = clicks_of(compile_score(reads(SONG)))
    assert found.downbeats == seconds(0, 2, 4)
    assert found.beats == seconds(0.5, 1, 1.5, 2.5, 3, 3.5, 5, 6)


def test_cues_click_on_the_boundary_of_their_chunk() -> None:
    schedule = compile_score(reads(SONG))
    found = clicks_of(schedule)
    assert found.cues == seconds(0, 2.75)
    exact = [
        stretch.start + entry.offset for stretch in schedule.stretches for entry in stretch.entries
    ]
    assert [entry.error for entry in schedule.entries] == [
        at - time for at, time in zip(found.cues, exact, strict=True)
    ]
    assert found.seconds == schedule.end * Fraction(11, 8)


def test_without_beats_only_cues_click() -> None:
    found = clicks_of(compile_score(reads('at 0c "A tram."\nat 3c "It turns."\nend 5c\n')))
    assert found.beats == found.downbeats == () and found.cues == seconds(0, 4.125)


def test_meters_of_a_file_change_where_it_changes_them() -> None:
    time = SongTime(
        ((Fraction(0), Fraction(60)),), ((Fraction(0), Meter(2, 4)), (Fraction(2), Meter(3, 4)))
    )
    text = 'clock file "s.mid"\nat 1 "A tram."\nend 4\n'
    found = clicks_of(compile_score(replace(reads(text), song=time)))
    assert found.downbeats == seconds(0, 2, 5)
    assert found.beats == seconds(1, 3, 4, 6, 7)


def test_a_score_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        UsageError, match="clicks are written for at most 2 hours; this score lasts"
    ):
        clicks_of(compile_score(reads('at 0c "A tram."\nend 6000c\n')))
    monkeypatch.setattr(clicks, "MAX_BEATS", 3)
    with pytest.raises(UsageError, match="at most 3 beats"):
        clicks_of(compile_score(reads(SONG)))
