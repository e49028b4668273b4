"""Unit tests of the state of a run and of what it reads from its clock: tables of situations."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sequencer.core.timebase import DISPLAY_DELAY, UNSEEN_TIME, ChunkGrid, Snap
from sequencer.engine.conductor.clock_input import chunk_shown
from sequencer.engine.conductor.clock_sync import FARTHEST, ClockSync, can_be
from sequencer.engine.conductor.deliveries import ChunkSlot, Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import DisplayClock, MessageOutput
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.run_state import (
    Cutting,
    Finished,
    Opening,
    Playing,
    RunState,
    Showing,
    Uploading,
)
from sequencer.engine.conductor.show_end import _ends_at, note_chunk_shown
from sequencer.engine.conductor.stalls import Stall, Stalls
from sequencer.engine.conductor.take_seen import MAX_MADE, TakeSeen
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import (
    CURRENT,
    ENDS_WHERE_WRITTEN,
    LATE_REPORTS,
    RESETS_BORNE_OUT,
    SHOWN_TO_THE_END,
)
from sequencer.events.codec import Event
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    Ready,
    ResetDone,
    Started,
    TransportChanged,
    TransportLocated,
)
from tests.support.conductor_transcripts import SECOND, compiled, event_of

PLAIN = 'at 0c "a"\nend 9c'
MIDI = 'clock midi, nominal 60 bpm, 4/4\nat 1 "a"\nend 5'


def run_at(
    phase: Phase = Phase.PLAYING,
    base: int = 2,
    making: int = 4,
    next_base: int = 0,
    following: bool = False,
) -> RunState:
    run = RunState(compiled(MIDI if following else PLAIN), following)
    run.phase, run.base, run.making, run.cutting.next_base = phase, base, making, next_base
    run.take_bases = [0, 2, 2]
    return run


# ---- a run ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "next_base", "chunk", "take", "found"),
    [
        (Phase.PLAYING, 0, 0, None, 2),
        (Phase.PLAYING, 0, 6, None, 8),
        (Phase.PLAYING, 0, 7, None, None),
        (Phase.PLAYING, 0, -1, None, None),
        (Phase.CUTTING, 5, 2, None, 4),
        (Phase.CUTTING, 5, 3, None, None),
        (Phase.CUTTING, 5, 3, 3, None),
        (Phase.CUTTING, 5, 2, 3, 4),
        (Phase.PLAYING, 0, 1, 1, 1),
        (Phase.PLAYING, 0, 2, 1, None),
        (Phase.PLAYING, 0, 1, 2, 3),
        (Phase.PLAYING, 5, 4, 3, 6),
        (Phase.PLAYING, 0, 1, 0, None),
        (Phase.PLAYING, 0, 1, 4, None),
        (Phase.SHOWING, 0, 1, None, 3),
        (Phase.SHOWING, 0, 2, None, None),
    ],
)
def test_which_score_chunk_a_chunk_of_a_take_is(
    phase: Phase, next_base: int, chunk: int, take: int | None, found: int | None
) -> None:
    """Take 1 began with chunk 0; take 2, whose start was requested twice, with chunk 2.

    The score has nine chunks.
    """
    assert run_at(phase, next_base=next_base).score_chunk(chunk, take) == found


def test_the_frames_of_a_take_end_where_the_next_one_is_set_up() -> None:
    run = run_at(Phase.OPENING, base=5, next_base=5)
    assert [run.score_chunk(chunk, 3) for chunk in (2, 3)] == [4, None]


@pytest.mark.parametrize("before", [Phase.PLAYING, Phase.SHOWING])
@pytest.mark.parametrize("phase", [Phase.SHOWING, Phase.FINISHED])
def test_what_waits_for_the_last_chunk_is_kept_in_its_phase_only(
    before: Phase, phase: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunState, "checks_transitions", False)
    run = run_at(before)
    kept = run.showing = Showing()
    run.enter(phase, event_of("1.0 ready"))
    assert (run.showing is kept) is (phase is Phase.SHOWING)


@pytest.mark.parametrize("revision", range(1, CURRENT + 1))
def test_what_depends_on_the_revision(revision: int) -> None:
    """A revision keeps what it introduced: journals of exactly this one exist."""
    run = RunState(compiled(PLAIN), False, revision)
    run.phase, run.base, run.making, run.takes = Phase.PLAYING, 4, 4, 2
    run.ledger.slots[0] = ChunkSlot(chunk=0, sent_prompt="a")
    report = event_of("9.0 made 3 a 99")
    assert isinstance(report, ChunkDone)
    assert run.ends_when_shown is (revision >= SHOWN_TO_THE_END)
    assert run.ends_where_written is (revision >= ENDS_WHERE_WRITTEN)
    assert run.skips_with_an_earlier_prompt(report) is (revision >= LATE_REPORTS)


def test_a_following_run_has_no_end_until_it_is_shown() -> None:
    assert run_at(following=True).score_chunk(1000) == 1002
    ended = run_at(Phase.FINISHED, following=True)
    ended.finished = Finished(is_complete=True)
    assert [ended.score_chunk(chunk) for chunk in (1, 2)] == [3, None]


def test_a_run_that_a_cut_took_beyond_the_end_shows_what_it_makes() -> None:
    run = run_at(base=9, making=11)
    assert [run.score_chunk(chunk) for chunk in (1, 2)] == [10, None]


@pytest.mark.parametrize(
    ("take", "is_of_it"), [(None, True), (0, False), (1, False), (2, True), (3, True), (4, False)]
)
def test_which_takes_are_the_one_that_plays(take: int | None, is_of_it: bool) -> None:
    assert run_at().is_of_this_take(take) is is_of_it
    assert run_at(base=0).is_of_this_take(take) is (take in (None, 1))


@pytest.mark.parametrize(
    ("phase", "reach", "is_running"),
    [
        (Phase.PLAYING, 6, True),
        (Phase.CUTTING, 6, True),
        (Phase.OPENING, 2, False),
        (Phase.STARTING, 2, False),
    ],
)
def test_how_far_prompts_reach(phase: Phase, reach: int, is_running: bool) -> None:
    assert (run_at(phase).reach, run_at(phase).is_running) == (reach, is_running)


@pytest.mark.parametrize(
    ("chunk", "passed", "possible"),
    [
        (3, 0.0, True),
        (5, 0.0, True),
        (6, 0.0, False),
        (6, 0.66, False),
        (6, 0.67, True),
        (7, 1.33, False),
        (7, 1.34, True),
    ],
)
def test_chunks_are_made_at_most_half_as_fast_again_as_the_quickest(
    chunk: int, passed: float, possible: bool
) -> None:
    run = run_at()
    run.playing.boundary_at = 10 * SECOND
    assert run.can_be(chunk, round((10 + passed) * SECOND)) is possible


@pytest.mark.parametrize(
    ("paused", "pausing", "rests"),
    [
        (True, None, True),
        (False, None, False),
        (False, 4, False),
        (False, 3, True),
        (False, 5, False),
    ],
)
def test_when_a_model_may_rest(paused: bool, pausing: int | None, rests: bool) -> None:
    run = run_at()
    run.playing.is_paused, run.playing.pause_requested_in = paused, pausing
    assert run.may_be_paused is rests


@pytest.mark.parametrize(
    ("making", "overrun", "resets", "revision", "may_be"),
    [
        (4, 0, 1, RESETS_BORNE_OUT, False),
        (5, 0, 1, RESETS_BORNE_OUT, True),
        (4, 1, 1, RESETS_BORNE_OUT, True),
        (4, 0, 2, RESETS_BORNE_OUT, True),
        (4, 0, 1, RESETS_BORNE_OUT - 1, True),
    ],
)
def test_which_reset_can_be_the_one_that_is_awaited(
    making: int, overrun: int, resets: int, revision: int, may_be: bool
) -> None:
    run = run_at(Phase.CUTTING, making=making, next_base=5)
    run.overrun, run.resets, run.revision = overrun, resets, revision
    assert run.may_be_reset is may_be


def test_what_the_model_made_beyond_is_counted_and_noted() -> None:
    run = run_at()
    for chunks in (0, 1, 2):
        run.note_beyond(chunks, "the end")
    assert run.notes == [
        "the model made 1 chunk after the end",
        "the model made 2 chunks after the end",
    ]
    assert run.stalls.beyond == 3
    run.note_stall(None)
    assert len(run.notes) == 2


def test_refusals_are_noted_and_those_of_pauses_end_the_latest_one() -> None:
    run = run_at()
    current = run.plan.passes[0]
    moves = [
        run.actions.fired(kind, kind, "go x", current=current, line=1, at=0)
        for kind in ("pause", "pause", "resume")
    ]
    run.note_refusal(CommandRefused(1, "pause", "no"))
    assert [move.reason for move in moves] == ["", "no", ""]
    run.note_refusal(CommandRefused(2, "resume", "why"))
    run.note_refusal(CommandRefused(3, "start", "what"))
    assert [move.reason for move in moves] == ["", "no", "why"]
    assert run.refusals == ["pause: no", "resume: why", "start: what"]


@pytest.mark.parametrize(("revision", "lag"), [(1, 0), (SHOWN_TO_THE_END, DISPLAY_DELAY)])
def test_the_lag_that_is_believed_until_it_is_measured(revision: int, lag: int) -> None:
    follow = RunState(compiled(MIDI), True, revision).sync
    assert follow is not None
    assert follow.lag == SECOND + lag


# ---- what belongs to a phase ---------------------------------------------------------------------


def test_no_state_outlives_its_phase() -> None:
    run = RunState(compiled(PLAIN))
    run.enter(Phase.OPENING, Ready(0))
    run.opening.has_prompt = run.opening.start_repeated = True
    run.enter(Phase.STARTING, ConditionsReady(1, True, False))
    assert run.opening == Opening(has_prompt=True, start_repeated=True), (
        "a take is set up until it runs"
    )
    run.playing.is_paused, run.playing.doubtful_chunk = True, 7
    run.enter(Phase.PLAYING, Started(2))
    assert (run.opening, run.playing) == (Opening(), Playing(doubtful_chunk=7))
    run.playing.is_paused = True
    run.enter(Phase.CUTTING, ChunkDone(3, 0, 9, ""))
    run.cutting.next_base, run.cutting.is_report_doubted = 4, True
    assert run.playing.is_paused, "the model may still be paused while a reset is pending"
    run.enter(Phase.PLAYING, CommandRefused(4, "reset", "no"))
    assert (run.cutting, run.playing.is_paused) == (Cutting(), True), "the take goes on"
    run.enter(Phase.CUTTING, ChunkDone(5, 0, 9, ""))
    run.cutting.old_take_runs = True
    run.enter(Phase.OPENING, ResetDone(6))
    assert (run.cutting, run.opening) == (Cutting(), Opening())


# ---- the end of a show ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "lasted", "ends"),
    [
        ({}, [], 30.0),
        ({7: 19.0}, [], 30.0),
        ({8: 20.0}, [], 21.1),
        ({8: 20.0}, [0.5, 0.5], 21.1),
        ({8: 20.0}, [1.5, 9.0, 1.5], 21.6),
        ({8: 20.0}, [1.5, 1.7], 21.6),
        ({8: 20.0}, [0.1, 0.1, 0.1, 1.5, 1.5, 1.5], 21.6),
        ({8: 20.0}, [9.0], 24.1),
        ({7: 18.5, 8: 20.0}, [], 21.6),
        ({5: 12.0, 6: 14.0, 7: 16.0, 8: 20.0}, [1.5], 22.1),
        ({0: 0.0, 1: 2.0, 2: 4.0, 3: 6.0, 8: 20.0}, [], 21.1),
        ({3: 5.0, 4: 8.0, 8: 20.0}, [], 23.1),
    ],
)
def test_the_last_chunk_is_shown_as_long_as_the_ones_before(
    shown: dict[int, float], lasted: list[float], ends: float
) -> None:
    run = run_at(Phase.SHOWING, base=0, making=9)
    run.showing.last_reported_at = 20 * SECOND
    run.shown = {chunk: round(time * SECOND) for chunk, time in shown.items()}
    run.chunk_lengths.extend(round(length * SECOND) for length in lasted)
    assert _ends_at(run) == round(ends * SECOND)


# ---- stalls --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chunk", "shortest"), [(1, 5), (1.25, 5), (1.5, 6), (3, 12)])
def test_how_long_a_stall_is_at_least(chunk: float, shortest: float) -> None:
    stalls = Stalls(round(chunk * SECOND))
    assert stalls.shortest == shortest * SECOND
    assert not stalls.is_stalled(10**18)
    stalls.expect(SECOND)
    just = SECOND + stalls.shortest
    assert [stalls.is_stalled(at) for at in (just - 1, just)] == [False, True]
    assert stalls.report(2, 1, just - 1) is None
    assert stalls.report(3, 2, 2 * just - 1) == Stall(chunk=3, lasted=just, chunks=2, is_last=False)
    assert stalls.end(5, 2 * just + stalls.shortest) == Stall(
        chunk=5, lasted=stalls.shortest + 1, chunks=0, is_last=True
    )
    assert stalls.end(5, 99 * just) is None, "it is over"
    assert len(stalls.all) == 2


def test_nothing_stalls_while_no_chunk_is_expected() -> None:
    stalls = Stalls(SECOND)
    stalls.expect(0)
    stalls.rest()
    assert not stalls.is_stalled(99 * SECOND)
    assert stalls.report(0, 1, 99 * SECOND) is None
    assert stalls.report(1, 1, 105 * SECOND) == Stall(chunk=1, lasted=6 * SECOND, chunks=1)


@pytest.mark.parametrize(
    ("stall", "text"),
    [
        (
            Stall(chunk=3, lasted=5_250_000_000, chunks=0),
            "nothing was reported for 5.2 s before chunk 3",
        ),
        (
            Stall(chunk=3, lasted=6 * SECOND, chunks=1),
            "no chunk was reported for 6.0 s, while chunk 3 was made",
        ),
        (
            Stall(chunk=3, lasted=6 * SECOND, chunks=2),
            "no chunk was reported for 6.0 s, while chunks 3 to 4 were made",
        ),
        (
            Stall(chunk=3, lasted=6 * SECOND, chunks=0, is_last=True),
            "no chunk was reported in the last 6.0 s, from chunk 3 on",
        ),
    ],
)
def test_a_stall_in_words(stall: Stall, text: str) -> None:
    assert str(stall) == text


# ---- a clock -------------------------------------------------------------------------------------

FAR = FARTHEST / 2


@pytest.mark.parametrize(
    ("event", "believed"),
    [
        (ClockFitted(0, 1.0, 0, 1e-9), True),
        (ClockFitted(0, -FAR, 0, 1e-9), True),
        (ClockFitted(0, FARTHEST, 0, 1e-9), False),
        (ClockFitted(0, -FARTHEST, 0, 1e-9), False),
        (ClockFitted(0, 1.0, 0, float("inf")), False),
        (ClockFitted(0, 1.0, 10**30, 1e-9), False),
        (ClockFitted(0, 1.0, 0, 1e-9, float("nan")), False),
        (TransportLocated(0, 4.0), True),
        (TransportLocated(0, float("nan")), False),
        (BoundariesFitted(0, 1, 0, 1.0), True),
        (BoundariesFitted(0, 1, 0, 0.99), False),
        (BoundariesFitted(0, 1, 0, FARTHEST), False),
        (BoundariesFitted(0, 10**30, 0, 2.0), False),
        (BoundariesFitted(0, 1, 10**30, 2.0), False),
        (BoundariesFitted(0, 1, 0, 2.0, float("inf")), False),
        (BoundariesFitted(0, 1, 0, 2.0, 0.0, 10**30), False),
        (ChunkDone(0, 10**30, 0, None), True),
    ],
)
def test_which_fits_can_have_been_measured(event: Event, believed: bool) -> None:
    assert can_be(event) is believed


def follow(is_external: bool = True) -> ClockSync:
    return ClockSync(compiled(MIDI), is_external, 0)


def fit(at: float, quarter: float, bpm: float = 60, deviation: float = 0.0) -> ClockFitted:
    return ClockFitted(round(at * SECOND), quarter, round(at * SECOND), bpm / 60e9, deviation)


def quarters(clock: ClockSync, *times: float) -> list[float | None]:
    found = (clock.quarter_at(round(time * SECOND)) for time in times)
    return [None if one is None else round(one, 6) for one in found]


def times(clock: ClockSync, *positions: float) -> list[float | None]:
    found = (clock.time_of(position, 0.0) for position in positions)
    return [None if one is None else round(one / SECOND, 6) for one in found]


def test_a_clock_has_no_position_before_its_first_fit() -> None:
    clock = follow()
    assert (quarters(clock, 5), times(clock, 5), clock.is_running) == ([None], [None], False)
    clock.clock_fitted(fit(2, 0))
    assert (quarters(clock, 5), times(clock, 5), clock.is_running) == ([3.0], [7.0], True)


@pytest.mark.parametrize(
    ("quality", "runs"),
    [("locked", True), ("free", True), ("searching", False), ("stopped", False)],
)
def test_only_a_clock_that_is_found_runs(quality: str, runs: bool) -> None:
    clock = follow()
    clock.clock_fitted(ClockFitted(0, 0.0, 0, 1e-9, 0.0, quality))  # type: ignore[arg-type]  # one of its qualities
    assert clock.is_running is runs
    assert (times(clock, 5) == [5.0]) is runs


def test_a_clock_that_stops_stays_there_and_continues_from_there() -> None:
    clock = follow()
    clock.clock_fitted(fit(0, 0))
    clock.clock_moved(TransportChanged(3 * SECOND, "stop"))
    assert (clock.stopped_for, clock.is_running) == (3 * SECOND, False)
    assert quarters(clock, 1, 9) == [3.0, 3.0]
    assert times(clock, 2, 3, 4) == [3.0, 3.0, None]
    clock.clock_moved(TransportChanged(5 * SECOND, "stop"))
    assert clock.stopped_for == 3 * SECOND, "it was stopped already"
    clock.clock_fitted(fit(6, 9))
    assert (clock.is_running, quarters(clock, 9)) == (False, [3.0])
    clock.clock_moved(TransportChanged(10 * SECOND, "continue"))
    assert clock.stopped_for is None
    assert clock.is_running
    assert quarters(clock, 10, 12) == [3.0, 5.0]
    assert times(clock, 5) == [12.0]


def test_a_clock_that_starts_is_at_the_beginning() -> None:
    clock = follow()
    clock.clock_fitted(fit(0, 8))
    clock.begins(0)
    assert quarters(clock, 1) == [1.0], "it ran before: its nearest beat is the score's first"
    clock.clock_moved(TransportChanged(4 * SECOND, "start"))
    assert quarters(clock, 4, 6) == [0.0, 2.0]
    clock.clock_fitted(fit(5, 1))
    assert quarters(clock, 6) == [2.0]
    clock.clock_moved(TransportChanged(7 * SECOND, "stop"))
    clock.clock_moved(TransportChanged(9 * SECOND, "start"))
    assert (quarters(clock, 10), clock.stopped_for, clock.is_running) == ([1.0], None, True)


def test_a_score_begins_at_a_clocks_nearest_beat_unless_the_clock_has_a_position() -> None:
    clock = follow()
    clock.clock_fitted(fit(0, 8.4))
    clock.begins(0)
    clock.begins(3 * SECOND)
    assert (quarters(clock, 1), clock.origin) == ([1.4], 0)
    for is_started in (False, True):
        clock = follow()
        clock.clock_fitted(fit(0, 8.4))
        if is_started:
            clock.clock_moved(TransportChanged(0, "start"))
        else:
            clock.located(0, 8.4)
        first = quarters(clock, 1)
        clock.begins(0)
        assert quarters(clock, 1) == first
    inner = follow(is_external=False)
    inner.clock_fitted(fit(0, 8.4))
    inner.begins(0)
    assert quarters(inner, 1) == [9.4]


def test_a_clock_that_jumps_is_there() -> None:
    clock = follow()
    clock.clock_fitted(fit(0, 8))
    clock.begins(0)
    clock.located(5 * SECOND, 20.0)
    assert quarters(clock, 5, 7) == [20.0, 22.0]
    clock.clock_moved(TransportChanged(8 * SECOND, "stop"))
    clock.located(9 * SECOND, 40.0)
    assert (quarters(clock, 20), clock.stopped_for) == ([40.0], 9 * SECOND)
    clock.clock_moved(TransportChanged(30 * SECOND, "continue"))
    assert quarters(clock, 31) == [41.0]


def test_a_clock_that_hardly_moves_counts_as_stopped() -> None:
    clock = follow()
    clock.clock_fitted(ClockFitted(0, 0.0, 0, 1e-18))
    assert clock.time_of(1.0, 0.0) == pytest.approx(1e18)
    clock.clock_fitted(ClockFitted(0, 0.0, 0, 9e-19))
    assert clock.time_of(1.0, 0.0) is None


def test_an_inner_tempo_goes_by_seconds_since_the_beginning() -> None:
    clock = follow(is_external=False)
    assert (clock.is_running, clock.time_of(4.0, 2.0)) == (True, None)
    clock.begins(5 * SECOND)
    assert clock.time_of(4.0, 2.0) == 7 * SECOND


def test_boundaries_are_measured_from_chunks_until_they_are_fitted() -> None:
    clock = follow()
    assert (clock.boundary_of(3), clock.chunk_at(0.0, Snap.FLOOR), clock.seconds_at(0)) == (
        None,
        None,
        None,
    )
    clock.take_began(2, SECOND)
    assert clock.boundary_of(4) == 3 * SECOND + clock.lag
    clock.boundary(3, 3 * SECOND)
    assert clock.boundary_of(4) == 4 * SECOND + clock.lag, "one chunk alone measures nothing"
    clock.boundary(4, 5 * SECOND)
    assert clock.boundary_of(5) == 7 * SECOND + clock.lag
    clock.boundary(5, 5 * SECOND)
    assert clock.boundary_of(5) == 5 * SECOND + clock.lag
    clock.boundaries_fitted(BoundariesFitted(9 * SECOND, 4, 8 * SECOND, 1.5e9, 0.0, 3 * SECOND), 2)
    assert clock.boundary_of(7) == 12.5 * SECOND
    clock.boundary(8, 99 * SECOND)
    assert clock.boundary_of(7) == 12.5 * SECOND
    clock.take_began(9, 20 * SECOND)
    assert clock.boundary_of(10) == 24.5 * SECOND
    clock.boundary(10, 30 * SECOND)
    assert clock.boundary_of(11) == 34.5 * SECOND


def test_the_length_of_a_chunk_is_that_of_the_latest_ones() -> None:
    clock = follow()
    clock.take_began(0, 0)
    at = 0
    for chunk in range(1, 21):
        at += SECOND if chunk <= 12 else 2 * SECOND
        clock.boundary(chunk, at)
    assert clock.boundary_of(21) == at + 2 * SECOND + clock.lag
    same = follow()
    same.take_began(0, SECOND)
    same.boundary(1, SECOND)
    same.boundary(2, SECOND)
    assert same.boundary_of(3) == 2 * SECOND + same.lag, "chunks that take no time measure nothing"


@pytest.mark.parametrize(
    ("time", "floor", "ceil", "nearest"),
    [
        (10.0, 4, 4, 4),
        (10.5, 4, 5, 4),
        (10.51, 4, 5, 5),
        (10.99, 4, 5, 5),
        (11.0, 5, 5, 5),
        (9.6, 3, 4, 4),
    ],
)
def test_which_chunk_shows_a_time(time: float, floor: int, ceil: int, nearest: int) -> None:
    """Chunk 4 begins at 7 s, and its first frame is seen at 10 s."""
    clock = follow()
    clock.boundaries_fitted(BoundariesFitted(0, 2, 7 * SECOND, 1e9, 0.0, 3 * SECOND), 2)
    assert [
        clock.chunk_at(time * SECOND, snap) for snap in (Snap.FLOOR, Snap.CEIL, Snap.NEAREST)
    ] == [floor, ceil, nearest]
    clock.offset = SECOND
    assert clock.chunk_at(time * SECOND, Snap.FLOOR) == floor + 1
    assert clock.seconds_at(round(time * SECOND)) == pytest.approx(time - 10 + 4 + 1)


@pytest.mark.parametrize(("off", "chunk"), [(0.19, 4), (-0.19, 4), (0.21, 4), (-0.21, 3)])
def test_what_is_within_two_deviations_of_a_boundary_is_on_it(off: float, chunk: int) -> None:
    clock = follow()
    clock.boundaries_fitted(BoundariesFitted(0, 4, 10 * SECOND, 1e9, 0.04 * SECOND, 0), 0)
    clock.clock_fitted(fit(0, 0, deviation=0.06 * SECOND))
    assert clock.chunk_at((10 + off) * SECOND, Snap.FLOOR) == chunk
    assert clock.chunk_at((10 + off) * SECOND, Snap.CEIL) == (
        chunk if abs(off) < 0.2 else chunk + 1
    )


def test_seconds_of_the_score_are_those_of_its_chunks() -> None:
    clock = ClockSync(compiled('clock midi, nominal 60 bpm, 4/4\nat 1 "a"\nend 5'), True, 0)
    clock._nominal = 2.0
    clock.boundaries_fitted(BoundariesFitted(0, 4, 10 * SECOND, 4e9, 0.0, SECOND), 0)
    assert clock.seconds_at(13 * SECOND) == 9.0
    assert clock.boundary_of(5) == 15 * SECOND
    assert Fraction(clock.chunk_at(13.0 * SECOND, Snap.NEAREST) or 0) == 4


# ---- when chunks are seen, in a fixed run --------------------------------------------------------


def seen(*, knows_takes: bool = True, base: int = 0) -> DisplayClock:
    """Return a display clock with chunks of one second, whose take began at 10 s."""
    found = DisplayClock(compiled(PLAIN), knows_takes)
    found.began(base, 10 * SECOND)
    return found


def boundary(
    chunk: int, time: float, length: float = 1.0, at: float | None = None
) -> BoundariesFitted:
    return BoundariesFitted(
        round((time if at is None else at) * SECOND), chunk, round(time * SECOND), length * SECOND
    )


def time_of(found: DisplayClock, seconds: float) -> float | None:
    time = found.time_of(Fraction(seconds))
    return None if time is None else time / SECOND


@pytest.mark.parametrize(
    ("shown", "streams"),
    [
        ([11.5], False),
        ([11.0], False),
        ([10.999], True),
        ([11.5, 11.9], True),
        ([11.5, 12.5], False),
    ],
)
def test_a_chunk_that_is_seen_before_it_is_done_is_streamed(
    shown: list[float], streams: bool
) -> None:
    """Chunk n is done at 11 + n seconds; of two measurements the lower one counts."""
    found = seen()
    assert not found.is_streamed
    for chunk, time in enumerate(shown):
        found.done(chunk, (11 + chunk) * SECOND)
        found.shown(chunk, round(time * SECOND))
    assert found.is_streamed is streams


def test_a_chunk_that_is_seen_before_it_was_reported_is_measured_from_the_one_before() -> None:
    found = seen()
    found.shown(0, round(10.5 * SECOND))
    assert list(found._delays) == [-0.5 * SECOND]
    found.done(0, 11 * SECOND)
    found.shown(1, round(11.7 * SECOND))
    found.shown(5, 20 * SECOND)
    assert list(found._delays) == [-0.5 * SECOND, pytest.approx(-0.3 * SECOND)]


def test_only_the_latest_chunks_are_remembered() -> None:
    found = seen()
    for chunk in range(MAX_MADE + 9):
        found.done(chunk, (11 + chunk) * SECOND)
    assert sorted(found._playing.done) == list(range(9, MAX_MADE + 9))
    for chunk in range(9, 14):
        found.shown(chunk, (12 + chunk) * SECOND)
    found.shown(13, 104 * SECOND)
    assert list(found._delays) == [SECOND] * 4 + [80 * SECOND]


def test_the_first_chunk_that_is_seen_shows_where_a_take_is() -> None:
    found = seen(base=3)
    assert (time_of(found, 3), found.seconds_at(0)) == (None, None)
    found.shown(1, 13 * SECOND)
    assert [time_of(found, position) for position in (3, 4, 4.5, 6)] == [12, 13, 13.5, 15]
    found.shown(2, 99 * SECOND)
    assert time_of(found, 4) == 13, "later ones correct the fits only"
    assert found.seconds_at(round(13.5 * SECOND)) == 4.5
    found.offset = SECOND // 2
    assert time_of(found, 4) == 12.5
    assert found.seconds_at(round(12.5 * SECOND)) == 4.0


def test_a_fit_counts_once_the_take_was_seen() -> None:
    found = seen(base=3)
    found.done(0, 11 * SECOND)
    found.fitted(boundary(1, 11.0))
    assert time_of(found, 4) is None
    found.shown(0, round(11.4 * SECOND))
    assert time_of(found, 4) == 12.4
    found.fitted(boundary(2, 13.0, 2.0))
    assert [time_of(found, position) for position in (4, 5)] == [
        pytest.approx(13.4),
        pytest.approx(14.4),
    ]
    found.fitted(boundary(3, 15.0, 2.0))
    assert [time_of(found, position) for position in (5, 6)] == [
        pytest.approx(15.4),
        pytest.approx(17.4),
    ], "the first measured nothing"
    found.fitted(boundary(4, 17.0, 2.0))
    assert [time_of(found, position) for position in (6, 7)] == [
        pytest.approx(17.4),
        pytest.approx(19.4),
    ], "three of five are longer"


@pytest.mark.parametrize(
    ("in_order", "times"), [(True, [14.5, 15.5, 16, 18]), (False, [10, 14, 16, 18])]
)
def test_a_new_length_of_a_chunk_moves_nothing_before_its_boundary(
    in_order: bool, times: list[float]
) -> None:
    found = DisplayClock(compiled(PLAIN), in_order=in_order)
    found.began(0, 10 * SECOND)
    found.done(0, 11 * SECOND)
    found.shown(0, 12 * SECOND)
    for chunk in (1, 2):
        found.fitted(boundary(chunk + 1, 12.0 + chunk, 4.0))
        found.done(chunk, (12 + chunk) * SECOND)
    found.fitted(boundary(4, 15.0, 4.0))
    assert [time_of(found, position) for position in (1.5, 2.5, 3, 3.5)] == times


def test_a_first_frame_corrects_all_times_before_it() -> None:
    found = DisplayClock(compiled(PLAIN))
    found.began(0, 10 * SECOND)
    latest = 4 + UNSEEN_TIME // SECOND
    for chunk in range(latest + 1):
        found.done(chunk, (11 + chunk) * SECOND)
        found.fitted(boundary(chunk + 1, 11.0 + chunk))
    assert time_of(found, 1) == 12, "no delay is known"
    found.shown(2, 20 * SECOND)
    assert [time_of(found, position) for position in (1, 2, 3)] == [19, 20, 21]


def test_a_late_frame_of_the_take_before_does_not_undo_its_fits() -> None:
    for in_order, last in ((True, 19.5), (False, 15.5)):
        found = DisplayClock(compiled(PLAIN), in_order=in_order)
        found.began(0, 10 * SECOND)
        for chunk, at in enumerate((11.0, 12.0, 13.0, 18.0)):
            found.fitted(boundary(chunk + 1, at))
            found.done(chunk, round(at * SECOND))
            if chunk == 0:
                found.shown(0, round(12.5 * SECOND))
        found.began(4, 19 * SECOND)
        found.shown_before(2, round(14.5 * SECOND))
        assert time_of(found, 2) == 14.5
        assert time_of(found, 3) == last


def test_chunks_before_a_fit_last_until_it_unless_the_model_stalled() -> None:
    take = TakeSeen(base=2, done={}, line=(4, 10.0 * SECOND, 1.0 * SECOND))
    take.keep_before((4, 11.0 * SECOND, 9.0 * SECOND))
    assert take.lines_before == [], "the same chunk anew"
    take.keep_before((6, 13.0 * SECOND, 1.5 * SECOND))
    assert take.lines_before == [(6, (4, 10.0 * SECOND, 1.5 * SECOND))]
    take.line = (6, 13.0 * SECOND, 1.5 * SECOND)
    take.keep_before((7, 15.0 * SECOND, 1.5 * SECOND))
    assert take.lines_before[-1] == (7, (6, 13.0 * SECOND, 2.0 * SECOND))
    take.line = (7, 15.0 * SECOND, 1.5 * SECOND)
    take.keep_before((8, 17.1 * SECOND, 1.5 * SECOND))
    assert take.lines_before[-1] == (8, (7, 15.0 * SECOND, 1.5 * SECOND))
    take.line = (8, 17.1 * SECOND, 1.5 * SECOND)
    take.keep_before((9, 17.0 * SECOND, 1.5 * SECOND))
    assert take.lines_before[-1] == (9, (8, 17.1 * SECOND, 0.0)), "time does not go back"
    assert [take.line_at(chunk) for chunk in (2, 5, 6, 7, 9)] == [
        take.lines_before[0][1],
        take.lines_before[0][1],
        take.lines_before[1][1],
        take.lines_before[2][1],
        take.line,
    ]
    assert take.begins_at(is_whole=True) == 7.0 * SECOND
    assert take.begins_at(is_whole=False) == pytest.approx(8.1 * SECOND)
    shown = [(7, 2.0), (11.5, 5.0), (14, 6.5), (16, 7 + 2 / 3), (16.8, 8.0), (20.1, 10.0)]
    for time, chunk in shown:
        assert take.chunk_at(time * SECOND, is_whole=True) == pytest.approx(chunk)
    assert TakeSeen(base=0, done={}).chunk_at(1.0, is_whole=True) is None


def test_a_take_keeps_the_times_of_its_latest_chunks() -> None:
    take = TakeSeen(base=0, done={}, line=(0, 0.0, 1.0))
    for chunk in range(1, MAX_MADE + 9):
        take.keep_before((chunk, float(chunk), 1.0))
        take.line = (chunk, float(chunk), 1.0)
    assert [one for one, _ in take.lines_before] == list(range(9, MAX_MADE + 9))


def test_no_message_is_due_before_an_earlier_position() -> None:
    schedule = compiled(
        'clock 60 bpm, 4/4\nsection a 2 bars {\n  at 1 "a"\n  every 1/8 beat midi cc 1 2\n}\n'
    )
    for in_order in (True, False):
        sends = MessageOutput(schedule, Plan(schedule), None, in_order=in_order)
        sends.display.shown(0, 10 * SECOND)
        sends.due(10 * SECOND, None)
        sends.display.offset = SECOND // 2
        sends.due(10 * SECOND, None)
        dues = [one.due - 10 * SECOND for one in sends.log]
        assert dues[:2] == [0, SECOND // 8]
        assert set(dues[2:5]) == (
            {SECOND // 8} if in_order else {SECOND * k // 8 for k in (-2, -1, 0)}
        )
        sends.located(0, Fraction(0))
        sends.due(10 * SECOND, None)
        assert sends.log[len(dues)].due == 10 * SECOND - SECOND // 2, "a jump begins anew"


@pytest.mark.parametrize(
    ("off", "time"), [(0.0, 11.0), (0.09, 11.0), (0.1, 11.1), (0.5, 11.5), (-0.1, 10.9)]
)
def test_a_fit_that_is_far_from_its_boundary_gives_way_to_it(off: float, time: float) -> None:
    found = seen()
    found.shown(0, 10 * SECOND)
    found._delays.clear()
    found.fitted(boundary(1, 11.0, at=11.0 + off))
    assert time_of(found, 0) == pytest.approx(time)


@pytest.mark.parametrize("knows_takes", [True, False])
def test_where_nobody_sees_chunks_the_boundaries_count_after_a_while(knows_takes: bool) -> None:
    """They count after the second chunk; in the newest revision, not before frames have had time to
    arrive.
    """
    found = seen(knows_takes=knows_takes)
    counts: list[int] = []
    for chunk in range(1, 12):
        found.fitted(boundary(chunk, 10.0 + chunk))
        if time_of(found, 0) is not None:
            counts.append(chunk)
    waits = 1 + -(-UNSEEN_TIME // SECOND)
    assert counts[0] == (max(3, waits) if knows_takes else 3)
    found.began(4, 30 * SECOND)
    found.fitted(boundary(9, 31.0))
    found.fitted(boundary(10, 32.0))
    assert (time_of(found, 4) is None) is knows_takes, "a new take waits anew"


def test_short_chunks_are_waited_for_as_long_as_frames_take_to_arrive() -> None:
    short = replace(compiled(PLAIN), grid=ChunkGrid(1, Fraction(24)))
    delay = DISPLAY_DELAY / SECOND * 24
    assert DisplayClock(short)._unseen == max(2, 2 * delay)
    assert DisplayClock(short, False)._unseen == 2
    assert seen()._unseen == max(2, 2 * DISPLAY_DELAY / SECOND)


@pytest.mark.parametrize(("revision", "is_known"), [(3, True), (CURRENT, False)])
def test_chunks_without_frames_are_not_waited_for(revision: int, is_known: bool) -> None:
    """A model that warms up makes them.

    They were reported long ago, and the first frame is due only after the next chunk.
    """
    conductor = Conductor(
        compiled('clock 60 bpm, 4/4\nsection a 9 bars {\n  at 1 "a"\n  at 1.2 midi note C3\n}\n'),
        None,
        revision,
    )
    for event in (
        "0.0 ready",
        "0.1 took a",
        "0.2 started",
        "1.2 boundary 1 1.2 1",
        "1.2 made 0 a 0",
        "8.2 boundary 2 8.2 1",
        "8.2 made 1 a 24",
        "9.2 boundary 3 9.2 1",
        "9.2 made 2 a 48",
    ):
        conductor.receive(event_of(event))
    assert (conductor._run.messages.display.time_of(Fraction(1)) is not None) == is_known


def test_a_run_that_is_over_goes_by_its_boundaries() -> None:
    found = seen()
    found.fitted(boundary(1, 11.0))
    found.finalise()
    assert time_of(found, 0) == 11.0
    found.fitted(boundary(2, 15.0))
    found.finalise()
    assert time_of(found, 0) == 11.0, "what is known stays"


def test_positions_before_a_cut_are_seen_with_the_take_before() -> None:
    found = seen()
    found.shown(0, 12 * SECOND)
    found.began(3, 20 * SECOND)
    assert [time_of(found, position) for position in (2, 3)] == [14, None]
    found.shown(0, 21 * SECOND)
    assert [time_of(found, position) for position in (2, 3)] == [14, 21]
    found.began(6, 30 * SECOND)
    found.began(9, 40 * SECOND)
    assert time_of(found, 3) == 21, "a take of which nothing was seen leaves the one before"


@pytest.mark.parametrize("knows_takes", [True, False])
def test_frames_of_the_take_before_that_come_late(knows_takes: bool) -> None:
    found = seen(knows_takes=knows_takes)
    found.began(3, 20 * SECOND)
    found.shown_before(1, 13 * SECOND)
    assert (time_of(found, 2) == 14) is knows_takes
    found.shown_before(2, 15 * SECOND)
    assert (time_of(found, 2) == 15) is knows_takes, "the latest frame shows it"
    found.shown_before(3, 21 * SECOND)
    assert (time_of(found, 3) == 21) is knows_takes, (
        "a chunk of this take, reported for the one before"
    )
    other = seen(knows_takes=knows_takes)
    other.began(3, 20 * SECOND)
    other.shown(0, 21 * SECOND)
    assert (time_of(other, 2) == 20) is knows_takes, "what nobody saw was seen before"


@pytest.mark.parametrize(
    ("chunk", "ahead", "asks"), [(1, 3, True), (1, 3.1, False), (3, 6, True), (3, 6.1, False)]
)
def test_how_far_ahead_a_run_asks_to_be_woken(chunk: int, ahead: float, asks: bool) -> None:
    schedule = replace(compiled(PLAIN), grid=ChunkGrid(24 * chunk, Fraction(24)))
    sends = MessageOutput(schedule, Plan(schedule), None)
    assert bool(sends._waking(round((10 + ahead) * SECOND), 10 * SECOND)) is asks


def test_a_run_begins_with_nothing_done() -> None:
    run = RunState(compiled(PLAIN))
    known = {
        name: value
        for name, value in vars(run).items()
        if isinstance(value, int | str | list | dict | set | None)
    }
    assert known == {
        **dict.fromkeys(
            ("overrun", "base", "making", "takes", "refused_openings", "starts", "resets"), 0
        ),
        **dict.fromkeys(("awaits_state", "clock_was_moved", "may_reload", "waits_for_go"), False),
        "versions": [run.schedule],
        "is_connected": True,
        "phase": Phase.WAITING,
        "revision": CURRENT,
        "shortest_chunk": SECOND,
        **dict.fromkeys(("sync", "wake_due")),
        **{name: [] for name in ("held_input", "refusals", "notes", "take_bases")},
        **{name: {} for name in ("rule_firings", "shown")},
    }
    own = (run.uploading, run.opening, run.playing, run.cutting, run.showing, run.finished)
    assert own == (Uploading(), Opening(), Playing(), Cutting(), Showing(), Finished())
    assert (run.chunk_lengths.maxlen, len(run.chunk_lengths)) == (5, 0)


def test_phases_and_states_have_the_names_that_reports_and_journals_hold() -> None:
    names = "waiting uploading opening armed starting playing cutting showing finished"
    assert [phase.value for phase in Phase] == names.split()
    names = "waiting committed sent landed overtaken skipped dropped refused missed stuck"
    assert [status.value for status in Status] == names.split()


@pytest.mark.parametrize(
    ("chunk", "take", "noted"),
    [(2, None, {4: 7}), (3, None, {}), (3, 3, {5: 7}), (-1, None, {}), (1, 1, {1: 7}), (2, 1, {})],
)
def test_which_chunks_are_noted_as_shown(
    chunk: int, take: int | None, noted: dict[int, int]
) -> None:
    """An unnumbered chunk that is not being made yet belongs to the previous take and arrives late."""
    run = run_at()
    note_chunk_shown(run, ChunkShown(7, chunk, take=take))
    note_chunk_shown(run, ChunkShown(9, chunk, take=take))
    assert run.shown == noted, "the first frame counts"


@pytest.mark.parametrize(("revision", "shown"), [(1, {3: 7}), (CURRENT, {})])
def test_a_chunk_is_noted_once_in_the_newest_revision(revision: int, shown: dict[int, int]) -> None:
    """The first revision assigned frames to the take that plays, and recorded them only while a
    take plays.
    """
    run = run_at(following=True)
    run.revision = revision
    assert run.sync is not None
    for chunk in (1, 3):
        chunk_shown(run, ChunkShown(7, chunk, take=1))
    assert run.sync.shown == shown


def test_a_note_that_begins_with_the_end_of_the_score_is_as_short_as_can_be() -> None:
    schedule = compiled(PLAIN)
    sends = MessageOutput(schedule, Plan(schedule), None)
    sends.display.shown(0, 0)
    assert sends._by_the_end(8 * SECOND, 9 * SECOND + 1) == 9 * SECOND
    assert sends._by_the_end(8 * SECOND, 9 * SECOND - 1) == 9 * SECOND - 1
    assert sends._by_the_end(9 * SECOND, 10 * SECOND) == 9 * SECOND + 1
