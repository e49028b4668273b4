"""Grid advice promises exact numbers: these tests change a score as proposed, compile it, and
measure the result.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.core.timebase import ChunkGrid, Meter, Snap
from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.grid.phase import PhaseCircle, Shift, align, best_phase, shift_of
from sequencer.reports.grid.render import render_alignment, render_best_phase, render_grid
from sequencer.reports.grid.snap_errors import by_section, errors_of
from sequencer.reports.grid.tempi import bar_locks, beat_locks, tempi_of
from sequencer.schedule.describe import decimal
from sequencer.schedule.model import Schedule
from tests.support.golden import Golden

SCORES = Path(__file__).parents[4] / "scores"

tempi = st.fractions(min_value=50, max_value=200, max_denominator=13)
grids = st.builds(
    ChunkGrid,
    st.integers(5, 60),
    st.sampled_from([Fraction(24), Fraction(30), Fraction("19.5"), Fraction(30000, 1001)]),
)
meters = st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(7, 8), Meter(5, 4), Meter(6, 8)])
snaps = st.sampled_from(list(Snap))


def written(
    cues: list[tuple[int, int, Snap | None]],
    *,
    bpm: Fraction,
    meter: Meter,
    grid: ChunkGrid,
    snap: Snap,
    upbeat: Shift | None = None,
    rest: str = "",
) -> Schedule:
    """Return a score of super-resolution changes at bars and beats, with a prompt at its beginning
    and an optional upbeat.
    """
    bars = max(bar for bar, _, _ in cues) + 1
    lines = [
        f"clock {bpm} bpm, {meter}",
        f"grid {grid.frames} frames @ {grid.fps} fps",
        f"snap {snap}",
        f"section main {bars} bars {{",
    ]
    opens = upbeat is None or upbeat.upbeat is None or upbeat.upbeat.endswith("{ }")
    lines.append('  at 1 "It begins."' if opens else "  at 1 sr off")
    for bar, beat, own in cues:
        scale = "2x" if (bar + beat) % 2 else "4x"
        lines.append(
            f"  at {bar}.{beat} sr {scale}, mark m{bar}-{beat}"
            + (f", snap {own}" if own is not None else "")
        )
    lines += ["}", rest]
    if upbeat is not None and upbeat.upbeat is not None:
        lines.append(upbeat.upbeat)
        lines.append("play upbeat main")
    return compile_score(reads("\n".join(lines) + "\n"))


@st.composite
def pieces(
    draw: st.DrawFn,
) -> tuple[list[tuple[int, int, Snap | None]], Fraction, Meter, ChunkGrid, Snap]:
    meter = draw(meters)
    positions = st.tuples(st.integers(1, 24), st.integers(1, meter.numerator))
    chosen = draw(st.lists(positions, min_size=1, max_size=6, unique=True))
    owns = st.one_of(st.none(), snaps)
    snap = draw(snaps)
    cues = [(bar, beat, own if (own := draw(owns)) is not snap else None) for bar, beat in chosen]
    return cues, draw(tempi), meter, draw(grids), snap


def mean_and_worst(schedule: Schedule, section: str) -> tuple[Fraction, Fraction]:
    errors = [
        abs(entry.error)
        for stretch in schedule.stretches
        if stretch.section == section
        for entry in stretch.entries
    ]
    return sum(errors, Fraction(0)) / len(errors), max(errors)


# ---- phase ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(pieces())
def test_the_best_phases_really_give_what_they_promise(
    piece: tuple[list[tuple[int, int, Snap | None]], Fraction, Meter, ChunkGrid, Snap],
) -> None:
    cues, bpm, meter, grid, snap = piece
    now = written(cues, bpm=bpm, meter=meter, grid=grid, snap=snap)
    best = best_phase(now)
    assert (best.now.mean, abs(best.now.worst)) == mean_and_worst(now, "main")
    for shift in (best.least_mean, best.least_worst):
        assert 0 <= shift.later < grid.chunk
        assert (shift.later + shift.delay) % grid.chunk == 0
        if shift.upbeat is None:
            assert shift.later == 0
            continue
        then = written(cues, bpm=bpm, meter=meter, grid=grid, snap=snap, upbeat=shift)
        assert then.stretches[0].seconds == shift.later
        assert (shift.errors.mean, abs(shift.errors.worst)) == mean_and_worst(then, "main")
    assert best.least_mean.errors.mean <= best.least_worst.errors.mean
    assert abs(best.least_worst.errors.worst) <= abs(best.least_mean.errors.worst)
    assert best.least_mean.errors.mean <= best.now.mean
    assert abs(best.least_worst.errors.worst) <= abs(best.now.worst)


CHUNK = Fraction(12)


def off(times: list[tuple[Fraction, Snap]], phase: Fraction) -> list[Fraction]:
    grid = ChunkGrid(12, Fraction(1))
    return [
        abs(grid.snap_error(time + phase, grid.snap(time + phase, snap))) for time, snap in times
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.fractions(min_value=0, max_value=40, max_denominator=3), snaps),
        min_size=1,
        max_size=7,
    )
)
def test_no_phase_is_better_than_the_best(times: list[tuple[Fraction, Snap]]) -> None:
    circle = PhaseCircle(CHUNK, times)
    mean, worst = sum(off(times, circle.least_mean())), max(off(times, circle.least_worst()))
    # Every point is a multiple of 1/6 of the unit, every bend and crossing a multiple of 1/24.
    tried = [Fraction(step, 24) for step in range(12 * 24)]
    assert mean == min(sum(off(times, phase)) for phase in tried)
    assert worst == min(max(off(times, phase)) for phase in tried)


def test_of_several_best_phases_the_earliest_is_taken() -> None:
    circle = PhaseCircle(CHUNK, [(Fraction(0), Snap.NEAREST)])
    assert circle.least_mean() == circle.least_worst() == 0
    pair = PhaseCircle(CHUNK, [(Fraction(0), Snap.NEAREST), (Fraction(6), Snap.NEAREST)])
    assert pair.least_worst() == 3
    assert PhaseCircle(CHUNK, []).least_worst() == 0


def test_many_cues_take_no_long_time() -> None:
    lines = [
        "clock 97 bpm, 4/4",
        "section a 2000 bars, tempo 97 -> 163 {",
        '  at 1 "It begins."',
        "  every 2 bars from 3 sr 2x",
        "}",
    ]
    schedule = compile_score(reads("\n".join(lines) + "\n"))
    best = best_phase(schedule)
    assert len(schedule.entries) == 1000
    assert best.least_mean.errors.mean <= best.now.mean


@pytest.mark.parametrize(
    "text",
    [
        'clock midi "Desk", 4/4, nominal 120 bpm\nsection a 8 bars { at 1 "A."\n at 4 sr 4x }\n',
        'at 0c "A."\nat 5.5s sr 4x\nat 7.1s sr 2x\nend 20c\n',
    ],
)
def test_where_an_upbeat_cannot_help_only_the_start_is_reported(text: str) -> None:
    schedule = compile_score(reads(text))
    shift = best_phase(schedule).least_worst
    assert shift.later > 0
    assert shift.upbeat is None
    assert (
        f"start the model {decimal(shift.delay * 1000, 0)} ms after the music"
        in render_best_phase(best_phase(schedule))
    )


def test_an_upbeat_would_eat_the_first_bars_of_a_song() -> None:
    scores = Path(__file__).parents[4] / "scores"
    schedule = compile_score(read(scores / "to-a-song.score"))
    shift = best_phase(schedule).least_worst
    assert (schedule.clock.kind, shift.later > 0, shift.upbeat) == ("file", True, None)


# ---- marks ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(pieces())
def test_an_aligned_mark_is_on_a_boundary(
    piece: tuple[list[tuple[int, int, Snap | None]], Fraction, Meter, ChunkGrid, Snap],
) -> None:
    cues, bpm, meter, grid, snap = piece
    now = written(cues, bpm=bpm, meter=meter, grid=grid, snap=snap)
    bar, beat, _ = cues[0]
    mark = f"m{bar}-{beat}"
    found = align(now, mark)
    assert found.mark == f"main.{mark}"
    assert errors_of(now) == found.now
    assert (found.time + found.shift.later) % grid.chunk == 0
    if found.shift.upbeat is not None:
        then = written(cues, bpm=bpm, meter=meter, grid=grid, snap=snap, upbeat=found.shift)
        assert align(then, mark).error == 0
    for tempo in found.tempi:
        assert tempo.bpm == bpm * (1 + tempo.change)
        if 10 < tempo.bpm < 500:
            other = align(written(cues, bpm=tempo.bpm, meter=meter, grid=grid, snap=snap), mark)
            assert other.error == 0
            assert other.chunk == tempo.chunk


def test_a_tempo_with_many_digits_is_one_that_a_score_can_hold() -> None:
    cues: list[tuple[int, int, Snap | None]] = [(17, 2, None)]
    rate = ChunkGrid(17, Fraction(30000, 1001))
    found = align(
        written(cues, bpm=Fraction(50), meter=Meter(7, 8), grid=rate, snap=Snap.NEAREST), "m17-2"
    )
    assert Fraction(101_700_000, 2_025_023) in [tempo.bpm for tempo in found.tempi]
    for tempo in found.tempi:
        assert (
            align(
                written(cues, bpm=tempo.bpm, meter=Meter(7, 8), grid=rate, snap=Snap.NEAREST),
                "m17-2",
            ).error
            == 0
        )


def test_what_has_its_own_length_does_not_go_with_the_tempo() -> None:
    text = (
        'clock {} bpm, 4/4\nsection a 5s {{ at 1 "A." }}\nsection b 4 bars, tempo 90 {{ at 1 sr 2x '
        "}}\n"
    )
    text += "section c 4 bars {{ at 3 mark drop, sr 4x }}\n"
    found = align(compile_score(reads(text.format(120))), "drop")
    assert found.tempi
    for tempo in found.tempi:
        assert align(compile_score(reads(text.format(tempo.bpm))), "drop").error == 0


def test_a_mark_that_cannot_be_aligned_is_reported() -> None:
    live = compile_score(read(SCORES / "live-set.score"))
    with pytest.raises(UsageError, match="outro is after a live section"):
        align(live, "outro")
    with pytest.raises(UsageError, match="no mark or section lif") as caught:
        align(compile_score(read(SCORES / "beats-and-sections.score")), "lif")
    assert caught.value.hint == "there are: waltz, turn, turn.lift"
    twice = 'section a 4c { at 0c "A.", mark x }\nsection b 4c { at 0c "B.", mark x }\n'
    with pytest.raises(UsageError, match="several marks x") as caught:
        align(compile_score(reads(twice)), "x")
    assert caught.value.hint == "specify one: a.x or b.x"
    assert align(compile_score(reads(twice)), "b.x").error == 0
    with pytest.raises(UsageError) as caught:
        align(compile_score(reads('at 0c "A."\n')), "x")
    assert caught.value.hint == "set one in an `at`: at 5 mark drop"


def test_a_mark_of_the_first_pass_is_meant() -> None:
    schedule = compile_score(read(SCORES / "beats-and-sections.score"))
    assert align(schedule, "lift").time == 15
    assert align(schedule, "turn").time == 15


# ---- tempi ---------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(tempi, meters, grids)
def test_at_a_locked_tempo_downbeats_fall_on_boundaries_as_often_as_promised(
    bpm: Fraction, meter: Meter, grid: ChunkGrid
) -> None:
    near = beat_locks(bpm, meter, grid)
    assert all(abs(lock.change) <= Fraction(1, 200) and lock.chunks <= 4 for lock in near)
    for lock in (*near, *bar_locks(bpm, meter, grid)):
        assert lock.bpm == bpm * (1 + lock.change)
        if not 10 < lock.bpm < 900 or lock.bars > 400:
            continue
        bars = [1 + lock.bars, 1 + 2 * lock.bars]
        schedule = written(
            [(bar, 1, None) for bar in bars],
            bpm=lock.bpm,
            meter=meter,
            grid=grid,
            snap=Snap.NEAREST,
        )
        assert [entry.error for entry in schedule.entries] == [0] * 3
        beat = lock.beats * meter.beat * 60 / lock.bpm
        assert beat == lock.chunks * grid.chunk
        bar_length = meter.bar * 60 / lock.bpm
        early = next(bar for bar in range(1, lock.bars + 1) if (bar * bar_length) % grid.chunk == 0)
        assert early == lock.bars


def test_the_tempi_that_everybody_asks_for() -> None:
    (lock,) = beat_locks(Fraction(87), Meter(4, 4), ChunkGrid())
    assert (lock.bpm, lock.beats, lock.chunks, lock.bars) == (Fraction(960, 11), 2, 1, 1)
    (lock,) = beat_locks(Fraction(120), Meter(4, 4), ChunkGrid())
    assert (lock.bpm, lock.beats, lock.chunks, lock.bars) == (Fraction(120), 11, 4, 11)


def test_tempi_of_ramps_and_of_sections_without_beats_are_left_out() -> None:
    schedule = compile_score(read(SCORES / "tempo-and-meter.score"))
    assert (Fraction(80), Meter(4, 4), ("climb", "valley")) in tempi_of(schedule)
    assert tempi_of(compile_score(read(SCORES / "first.score"))) == ()


# ---- sums of snap errors -------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(pieces(), snaps)
def test_another_snap_gives_what_is_promised(
    piece: tuple[list[tuple[int, int, Snap | None]], Fraction, Meter, ChunkGrid, Snap], other: Snap
) -> None:
    cues, bpm, meter, grid, snap = piece
    promised = errors_of(written(cues, bpm=bpm, meter=meter, grid=grid, snap=snap), snap=other)
    if any(own is other for _, _, own in cues):
        cues = [(bar, beat, own) for bar, beat, own in cues]
    then = written(cues, bpm=bpm, meter=meter, grid=grid, snap=other)
    assert (promised.mean, abs(promised.worst)) == mean_and_worst(then, "main")


def test_sections_are_summed_up_over_their_passes_and_nothing_after_a_live_one() -> None:
    schedule = compile_score(read(SCORES / "beats-and-sections.score"))
    sections = dict(by_section(schedule))
    assert {name: errors.cues for name, errors in sections.items()} == {"waltz": 4, "turn": 4}
    assert [name for name, _ in by_section(compile_score(read(SCORES / "live-set.score")))] == [
        "intro",
        "jam",
    ]
    assert shift_of(schedule, Fraction(0)).upbeat is None


# ---- rendering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["night-tram", "beats-and-sections", "first", "live-set", "night-ferry"]
)
def test_words(golden: Golden, name: str) -> None:
    schedule = compile_score(read(SCORES / f"{name}.score"))
    parts = [render_grid(schedule), render_best_phase(best_phase(schedule))]
    section = schedule.stretches[min(1, len(schedule.stretches) - 1)].section
    if section is not None:
        parts.append(render_alignment(align(schedule, section), schedule))
    golden(f"{name}.txt", "\n\n".join(parts) + "\n")


def test_check_reports_and_documents_it(capsys: pytest.CaptureFixture[str]) -> None:
    score = str(SCORES / "beats-and-sections.score")
    assert main(["check", score, "--grid", "--align", "lift", "--best-phase"]) == 0
    out = capsys.readouterr().out
    assert "with another snap:" in out
    assert "turn.lift is at 0:15.000" in out
    assert "least at worst" in out
    assert main(["check", score, "--json", "--grid", "--align", "lift", "--best-phase"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["scores"]
    assert document["align"]["seconds"] == "15"
    assert Fraction(document["align"]["tempi"][1]["bpm"]) == Fraction(11520, 121)
    assert document["grid"]["snaps"]["nearest"]["mean_ms"] == "312.5"
    assert Fraction(document["best_phase"]["least_worst"]["later_seconds"]) == Fraction(7, 16)
    assert main(["check", score, "--align", "nowhere"]) == 2
    assert "no mark or section nowhere" in capsys.readouterr().err
