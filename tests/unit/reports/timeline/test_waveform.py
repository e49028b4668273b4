"""The sound under a timeline, in both drawings."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import sequencer
from sequencer.core.sounds import SoundTrack
from sequencer.core.timebase import ChunkGrid
from sequencer.media.score_sounds import ScoreSound, read_score_sound
from sequencer.reports.timeline import timeline_html, timeline_svg
from sequencer.reports.timeline.axis import Axis, Gap
from sequencer.reports.timeline.waveform import MIN_LEVEL, Waveform, columns
from tests.support.sound_fixtures import click_track, write_wav

GRID = ChunkGrid()
CHUNK = Fraction(33, 24)
SCORE = 'clock 120 bpm\n{}section a 4 bars {{\n  at 1 "A tram."\n  at 3 "A boat."\n}}\n'


def sound(folder: Path, seconds: int = 20, start: Fraction | int = 0) -> ScoreSound:
    write_wav(folder / "song.wav", click_track(seconds, [0, Fraction(11, 2)]))
    return read_score_sound(SoundTrack(path="song.wav", start=Fraction(start)), folder)


def test_levels_are_those_of_the_score_s_time(tmp_path: Path) -> None:
    waveform = Waveform.of(sound(tmp_path, start=Fraction(5)))
    assert (waveform.label, waveform.full) == ("song.wav", "sound song.wav from 5 s, 20.0 s")
    assert waveform.level(Fraction(0), Fraction(1, 4)) == 0
    assert waveform.level(Fraction(1, 4), Fraction(3, 4)) == 1
    assert waveform.level(Fraction(14), Fraction(15)) == 0
    assert waveform.level(Fraction(15), Fraction(16)) is None


def test_silence_has_no_levels_above_nought(tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", click_track(2, []))
    waveform = Waveform.of(read_score_sound(SoundTrack(path="song.wav"), tmp_path))
    assert set(waveform.peaks) == {0.0}


def test_columns_are_on_the_chunks(tmp_path: Path) -> None:
    waveform = Waveform.of(sound(tmp_path, seconds=7))
    found = list(columns(waveform, Axis(8), GRID, (0, 8), each=4))
    assert [at for at, _ in found][:4] == [Fraction(n, 8) for n in (1, 3, 5, 7)]
    assert [at for at, level in found if level == 1] == [Fraction(1, 8), Fraction(33, 8)]
    assert {level for _, level in found} == {1, MIN_LEVEL}
    assert max(at for at, _ in found) < 7 / CHUNK + Fraction(1, 4)


def test_gaps_of_the_axis_have_no_columns(tmp_path: Path) -> None:
    waveform = Waveform.of(sound(tmp_path))
    axis = Axis(12, [Gap(2, 10)])
    found = [at for at, _ in columns(waveform, axis, GRID, (0, axis.length), each=1)]
    assert found == [Fraction(1, 2), Fraction(3, 2), Fraction(9, 2), Fraction(11, 2)]


@pytest.mark.parametrize("draw", [timeline_svg, timeline_html])
def test_both_drawings_have_a_lane_with_its_bars(tmp_path: Path, draw: object) -> None:
    assert callable(draw)
    schedule = sequencer.compile_score(sequencer.reads(SCORE.format("")))
    plain, drawn = draw(schedule), draw(schedule, sound=sound(tmp_path))
    assert ">sound<" in drawn and "sound song.wav" in drawn
    assert ">sound<" not in plain
    assert draw(schedule, sound=sound(tmp_path)) == drawn
    assert len(drawn) - len(plain) < 60_000


def test_the_svg_has_a_stroke_where_it_is_loud(tmp_path: Path) -> None:
    schedule = sequencer.compile_score(sequencer.reads(SCORE.format("")))
    drawn = timeline_svg(schedule, sound=sound(tmp_path))
    path = re.search(r'<path class="k-soft" stroke-width="1.8" d="([^"]+)"', drawn)
    assert path is not None
    strokes = [
        (float(x), float(height)) for x, height in re.findall(r"M([\d.]+) [\d.]+v([\d.]+)", path[1])
    ]
    loud = [x for x, height in strokes if height == 44]
    expected = [78, 78 + 5.5 / 1.375 * 150]
    assert loud == pytest.approx(expected, abs=3)


def test_a_sound_that_cannot_be_drawn_is_left_out_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_text("la la")
    path = tmp_path / "a.score"
    path.write_text(SCORE.format('sound "song.wav"\n'))
    warnings: list[str] = []
    assert ">sound<" not in sequencer.timeline(path, warn=warnings.append)
    assert any("the sound is left out: " in one for one in warnings)
    write_wav(tmp_path / "song.wav", click_track(3, [0]))
    warnings.clear()
    assert ">sound<" in sequencer.timeline(path, warn=warnings.append)
    assert not any("left out" in one for one in warnings)
