"""Unit tests of the conductor's times: the quarters of a pass, the fits of a following run, when
messages are due.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

import sequencer
from sequencer.core.timebase import DISPLAY_DELAY, SECOND, Snap
from sequencer.engine.conductor.clock_sync import SLOWEST, ClockSync, can_be
from sequencer.engine.conductor.message_output import (
    AHEAD,
    SAMPLES,
    DisplayClock,
    MessageOutput,
)
from sequencer.engine.conductor.passes import NOMINAL_QUARTERS, Pass
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.engine.conductor.take_seen import MAX_MADE
from sequencer.events.commands import SendMidi, WakeAt
from sequencer.events.events import (
    BoundariesFitted,
    ClockFitted,
    TransportChanged,
    TransportLocated,
)
from sequencer.schedule.model import Schedule, Stretch

MS = SECOND // 1000
CHUNK = round(1.375 * SECOND)


def schedule_of(text: str) -> Schedule:
    return sequencer.compile_score(sequencer.reads(text))


def stretch_of(text: str) -> Stretch:
    return schedule_of(text).stretches[0]


IN_BEATS = stretch_of('clock 90 bpm, 4/4\nsection a 4 bars {\n  at 1 "A boat."\n}\n')
"""Sixteen quarters of two thirds of a second: 10 ⅔ s."""
IN_SECONDS = stretch_of('at 0c "A boat."\nend 8c\n')
"""Eight chunks, without a tempo: 11 s."""


# ---- the quarters of a pass


def test_a_pass_counts_quarters_by_its_tempo() -> None:
    one = Pass(
        number=0,
        stretch=IN_BEATS,
        start=Fraction(20),
        end=Fraction(20) + IN_BEATS.seconds,
        quarter=Fraction(30),
    )
    assert one.quarter_at(Fraction(24)) == 30 + 6
    assert one.quarter_at(Fraction(20)) == 30
    assert one.quarter_at(Fraction(19)) == 30, "nothing of a pass is before its start"
    assert one.end_quarter == 46
    assert replace(one, end=Fraction(24)).end_quarter == 36, (
        "a pass that was left ends where it was left"
    )


def test_a_pass_that_is_played_whole_ends_on_its_exact_quarter() -> None:
    """Computed from the seconds, the end of a ramp is only approximate."""
    ramp = stretch_of(
        "clock 90 bpm, 4/4\nsection a 4 bars "
        '{\n  at 1 "A boat."\n  at 2 tempo 90 -> 133 over 7 beats\n}\n'
    )
    one = Pass(
        number=0,
        stretch=ramp,
        start=Fraction(20),
        end=Fraction(20) + ramp.seconds,
        quarter=Fraction(30),
    )
    assert one.end_quarter == 46
    assert replace(one, end=one.end - 1).end_quarter < 46


def test_a_pass_without_a_tempo_counts_nominal_quarters() -> None:
    one = Pass(
        number=0, stretch=IN_SECONDS, start=Fraction(5), end=Fraction(16), quarter=Fraction(3)
    )
    assert one.quarter_at(Fraction(9)) == 3 + 4 * NOMINAL_QUARTERS
    assert one.end_quarter == 3 + 11 * NOMINAL_QUARTERS


@pytest.mark.parametrize("stretch", [IN_BEATS, IN_SECONDS])
def test_a_pass_of_time_code_counts_seconds(stretch: Stretch) -> None:
    one = Pass(
        number=0,
        stretch=stretch,
        start=Fraction(20),
        end=Fraction(20) + stretch.seconds,
        quarter=Fraction(20),
        counts_seconds=True,
    )
    assert one.quarter_at(Fraction(24)) == 24
    assert one.quarter_of(Fraction(2), Fraction(24)) == 24, "its quarters mean nothing to the clock"
    assert one.end_quarter == 20 + stretch.seconds


def test_a_position_in_beats_keeps_its_exact_quarter() -> None:
    one = Pass(
        number=0,
        stretch=IN_BEATS,
        start=Fraction(20),
        end=Fraction(20) + IN_BEATS.seconds,
        quarter=Fraction(30),
    )
    assert one.quarter_of(Fraction(7), Fraction(99)) == 37
    assert one.quarter_of(None, Fraction(22)) == 33


def test_a_score_on_chunks_can_be_followed() -> None:
    """Its passes have no tempo, yet the plan has a pass and a quarter for every position that its
    clock moves to.
    """
    schedule = schedule_of('at 0c "A boat."\nat 4c "A coat."\nend 8c\n')
    plan = Plan(schedule, ClockSync(schedule, is_external=False))
    assert plan.pass_of_quarter(Fraction(12)) is plan.passes[0]
    chase = plan.relocate(Fraction(12), 6)
    assert chase is not None
    assert [act.text for act in chase.acts if isinstance(act, sequencer.schedule.PromptAct)] == [
        "A coat."
    ]
    assert plan.next_line() is None, "both cues are before quarter 12"


def test_after_a_jump_only_the_cuts_ahead_are_still_to_come() -> None:
    schedule = schedule_of(
        'clock midi, nominal 120 bpm, 4/4\nat 1 "A boat."\nat 3 cut, "A coat."\nat 5 cut, "A '
        'goat."\nend 9\n'
    )
    plan = Plan(schedule, ClockSync(schedule, is_external=True))
    plan.relocate(Fraction(20), 6)
    assert plan.next_cut() is None
    plan.relocate(Fraction(12), 6)
    assert plan.next_cut() == UNPLACED
    plan.relocate(Fraction(0), 6)
    assert [line.place for line in plan.waiting] == ["1.1", "3.1", "5.1"]


# ---- following an external clock


def following(is_external: bool = True, delay: int = DISPLAY_DELAY) -> ClockSync:
    return ClockSync(
        schedule_of('clock midi, nominal 120 bpm, 4/4\nat 1 "A boat."\nend 9\n'), is_external, delay
    )


def fit(
    at: int,
    quarter: float,
    quarters_per_ns: float = 2e-9,
    quality: str = "locked",
    deviation: float = 0.0,
) -> ClockFitted:
    return ClockFitted(at, quarter, at, quarters_per_ns, deviation, quality)  # type: ignore[arg-type]  # qualities are tested too


def test_the_time_of_a_quarter_follows_the_fit() -> None:
    follow = following()
    assert follow.time_of(4.0, 2.0) is None, "nothing is known yet"
    assert not follow.is_running
    follow.clock_fitted(fit(10 * SECOND, 8.0))
    assert follow.is_running
    assert follow.time_of(12.0, 99.0) == pytest.approx(12 * SECOND)
    assert follow.time_of(0.0, 99.0) == pytest.approx(6 * SECOND)
    assert follow.quarter_at(11 * SECOND) == pytest.approx(10.0)


def test_a_clock_that_was_started_before_it_was_measured_has_no_times() -> None:
    follow = following()
    follow.clock_moved(TransportChanged(10 * SECOND, "start"))
    assert follow.is_running
    assert follow.time_of(0.0, 0.0) is None
    assert follow.quarter_at(10 * SECOND) is None


@pytest.mark.parametrize(
    ("pace", "is_known"), [(SLOWEST, True), (SLOWEST / 2, False), (0.0, False)]
)
def test_a_clock_that_hardly_moves_has_no_times(pace: float, is_known: bool) -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0, pace))
    assert (follow.time_of(9.0, 0.0) is not None) is is_known


@pytest.mark.parametrize(
    ("quality", "runs"), [("locked", True), ("free", True), ("seeking", False)]
)
def test_a_clock_runs_once_it_is_believed(quality: str, runs: bool) -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0, quality=quality))
    assert follow.is_running is runs
    assert (follow.time_of(9.0, 0.0) is not None) is runs


def test_a_clock_that_does_not_move_has_passed_what_is_before_it() -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0))
    follow.clock_moved(TransportChanged(11 * SECOND, "stop"))
    assert (follow.is_running, follow.stopped_for) == (False, 11 * SECOND)
    assert follow.quarter_at(99 * SECOND) == pytest.approx(10.0)
    assert follow.time_of(10.0, 0.0) == 11 * SECOND
    assert follow.time_of(9.0, 0.0) == 11 * SECOND
    assert follow.time_of(10.5, 0.0) is None
    follow.clock_fitted(fit(12 * SECOND, 8.0))
    assert not follow.is_running, "a fit starts no clock that was stopped"
    follow.clock_moved(TransportChanged(13 * SECOND, "stop"))
    assert follow.stopped_for == 11 * SECOND, "a second stop changes nothing"
    follow.clock_moved(TransportChanged(20 * SECOND, "continue"))
    assert follow.is_running
    assert follow.stopped_for is None
    assert follow.quarter_at(20 * SECOND) == pytest.approx(10.0)
    assert follow.time_of(12.0, 0.0) == pytest.approx(21 * SECOND)


def test_start_goes_back_to_the_beginning() -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0))
    follow.begins(10 * SECOND)
    assert follow.quarter_at(10 * SECOND) == 0.0
    follow.clock_moved(TransportChanged(11 * SECOND, "stop"))
    follow.clock_moved(TransportChanged(15 * SECOND, "start"))
    assert follow.is_running
    assert follow.stopped_for is None
    assert follow.quarter_at(16 * SECOND) == pytest.approx(2.0)


def test_the_clock_is_moved_while_it_runs_and_while_it_is_stopped() -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0))
    follow.begins(10 * SECOND)
    follow.located(12 * SECOND, 16.0)
    assert follow.quarter_at(12 * SECOND) == pytest.approx(16.0)
    assert follow.time_of(18.0, 0.0) == pytest.approx(13 * SECOND)
    follow.clock_moved(TransportChanged(13 * SECOND, "stop"))
    follow.located(14 * SECOND, 4.0)
    assert (follow.quarter_at(20 * SECOND), follow.stopped_for) == (4.0, 14 * SECOND)


def test_score_time_begins_at_the_nearest_quarter_of_a_clock_that_ran_before() -> None:
    follow = following()
    follow.clock_fitted(fit(10 * SECOND, 8.0))
    follow.begins(10 * SECOND + 300 * MS)
    assert follow.origin == 10 * SECOND + 300 * MS
    assert follow.quarter_at(10 * SECOND) == pytest.approx(-1.0), "8.6 is nearest to 9"
    assert follow.time_of(3.0, 0.0) == pytest.approx(12 * SECOND)
    follow.begins(50 * SECOND)
    assert follow.origin == 10 * SECOND + 300 * MS, "it begins once"
    assert follow.quarter_at(10 * SECOND) == pytest.approx(-1.0)


def test_a_clock_that_reported_its_position_keeps_its_quarters() -> None:
    for move in (TransportChanged(9 * SECOND, "start"), None):
        follow = following()
        if move is not None:
            follow.clock_moved(move)
        else:
            follow.located(9 * SECOND, 6.0)
        follow.clock_fitted(fit(10 * SECOND, 8.0))
        follow.begins(10 * SECOND)
        assert follow.quarter_at(10 * SECOND) == 8.0


def test_an_internal_clock_runs_in_real_time() -> None:
    follow = following(is_external=False)
    assert follow.is_running
    assert follow.time_of(0.0, 2.0) is None
    follow.begins(5 * SECOND)
    assert follow.time_of(99.0, 2.0) == 7 * SECOND


# ---- boundaries


def test_without_a_fit_the_last_boundaries_measure_a_chunk() -> None:
    follow = following(delay=100 * MS)
    lag = CHUNK + 100 * MS
    assert follow.lag == lag
    assert (follow.boundary_of(1), follow.seconds_at(0), follow.chunk_at(0, Snap.FLOOR)) == (
        None,
        None,
        None,
    )
    follow.boundary(0, 10 * SECOND)
    assert follow.boundary_of(2) == 10 * SECOND + 2 * CHUNK + lag
    follow.boundary(1, 12 * SECOND)
    assert follow.boundary_of(2) == 12 * SECOND + CHUNK + lag, "one chunk alone measures nothing"
    follow.boundary(2, 14 * SECOND)
    assert follow.boundary_of(3) == 16 * SECOND + lag
    follow.take_began(7, 30 * SECOND)
    assert follow.boundary_of(8) == 32 * SECOND + lag, (
        "the length stays, and the chunk is the new take's"
    )
    follow.boundary(8, 31 * SECOND)
    assert follow.boundary_of(9) == 33 * SECOND + lag, (
        "what was seen of the take before measures nothing"
    )


def test_a_fit_of_boundaries_counts_from_its_takes_first_chunk() -> None:
    follow = following()
    follow.boundaries_fitted(
        BoundariesFitted(21 * SECOND, 3, 20 * SECOND, 1.5e9, 1e6, 400 * MS), base=10
    )
    assert follow.lag == 400 * MS
    assert follow.boundary_of(15) == 23 * SECOND + 400 * MS
    assert follow.seconds_at(20 * SECOND + 400 * MS) == pytest.approx(13 * 1.375)
    assert follow.seconds_at(23 * SECOND + 400 * MS) == pytest.approx(15 * 1.375)
    follow.boundary(14, 99 * SECOND)
    assert follow.boundary_of(15) == 23 * SECOND + 400 * MS, (
        "the fit knows better than one boundary"
    )
    follow.offset = 500 * MS
    assert follow.seconds_at(22 * SECOND + 900 * MS) == pytest.approx(15 * 1.375)


def test_a_time_snaps_to_a_chunk_and_what_is_as_good_as_on_a_boundary_is_on_it() -> None:
    follow = following()
    follow.boundaries_fitted(BoundariesFitted(0, 4, 10 * SECOND, 1e9, 10.0 * MS, 0), base=0)

    def chunks(milliseconds: int) -> tuple[int | None, ...]:
        return tuple(
            follow.chunk_at(10 * SECOND + milliseconds * MS, snap)
            for snap in (Snap.FLOOR, Snap.NEAREST, Snap.CEIL)
        )

    assert chunks(400) == (4, 4, 5)
    assert chunks(600) == (4, 5, 5)
    assert chunks(500) == (4, 4, 5), "a tie goes down"
    assert chunks(19) == (4, 4, 4)
    assert chunks(20) == (4, 4, 4), "two standard deviations"
    assert chunks(21) == (4, 4, 5)
    assert chunks(980) == (5, 5, 5)
    assert chunks(979) == (4, 5, 5)
    follow.clock_fitted(fit(0, 0.0, deviation=5.0 * MS))
    assert chunks(29) == (4, 4, 4), "the clock's deviation counts too"
    assert chunks(31) == (4, 4, 5)
    follow.offset = 400 * MS
    assert chunks(100) == (4, 4, 5)
    assert chunks(300) == (4, 5, 5)


def test_two_standard_deviations_count_exactly() -> None:
    follow = following()
    follow.boundaries_fitted(
        BoundariesFitted(0, 4, 10 * SECOND, float(2**30), float(2**20), 0), base=0
    )
    assert follow.chunk_at(10 * SECOND + 2**21, Snap.CEIL) == 4
    assert follow.chunk_at(10 * SECOND + 2**21 + 2**10, Snap.CEIL) == 5
    follow.boundaries_fitted(BoundariesFitted(0, 4, 10 * SECOND, 1e9, 0.0, 0), base=0)
    assert follow.chunk_at(10 * SECOND + 1, Snap.CEIL) == 5, (
        "without any deviation a nanosecond counts"
    )


def test_a_chunk_is_seen_its_lag_after_its_boundary() -> None:
    follow = following()
    follow.boundaries_fitted(BoundariesFitted(0, 4, 10 * SECOND, 1e9, 0.0, 300 * MS), base=0)
    assert follow.chunk_at(10 * SECOND + 300 * MS, Snap.NEAREST) == 4
    assert follow.chunk_at(10 * SECOND + 900 * MS, Snap.NEAREST) == 5
    assert follow.chunk_at(10 * SECOND + 700 * MS, Snap.NEAREST) == 4


@pytest.mark.parametrize(
    ("event", "is_believed"),
    [
        (ClockFitted(0, 1e20, 0, 2e-9), True),
        (ClockFitted(0, 1e21, 0, 2e-9), False),
        (ClockFitted(0, -1e21, 0, 2e-9), False),
        (ClockFitted(0, 1.0, 0, float("nan")), False),
        (TransportLocated(0, 1e21), False),
        (TransportLocated(0, 7.0), True),
        (BoundariesFitted(0, 0, 0, 1.0, 0.0, 0), True),
        (BoundariesFitted(0, 0, 0, 0.9, 0.0, 0), False),
        (BoundariesFitted(0, 0, 0, 1.0, 1e21, 0), False),
        (TransportChanged(0, "start"), True),
    ],
)
def test_only_fits_that_can_have_been_measured_are_believed(
    event: ClockFitted, is_believed: bool
) -> None:
    assert can_be(event) is is_believed


# ---- when messages of a fixed run are due


def seen_of() -> DisplayClock:
    return DisplayClock(schedule_of('at 0c "A boat."\nend 8c\n'))


def test_nothing_is_due_before_a_chunk_was_shown() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    assert (seen.time_of(Fraction(1)), seen.seconds_at(11 * SECOND), seen.is_streamed) == (
        None,
        None,
        False,
    )
    seen.done(0, 10 * SECOND + CHUNK)
    seen.shown(0, 12 * SECOND)
    assert seen.time_of(Fraction(0)) == 12 * SECOND
    assert seen.time_of(Fraction(11, 4)) == 12 * SECOND + 2 * CHUNK
    assert seen.seconds_at(12 * SECOND + CHUNK) == pytest.approx(1.375)
    assert not seen.is_streamed, "it was shown after it was made"
    seen.offset = 100 * MS
    assert seen.time_of(Fraction(0)) == 12 * SECOND - 100 * MS
    assert seen.seconds_at(12 * SECOND - 100 * MS) == pytest.approx(0.0)


def test_a_chunk_that_is_shown_while_it_is_made_is_streamed() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    seen.shown(0, 10 * SECOND + 100 * MS)
    assert seen.is_streamed


def test_the_take_before_counts_for_what_is_before_the_new_one() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    seen.shown(0, 10 * SECOND)
    seen.began(4, 20 * SECOND)
    assert seen.time_of(Fraction(11, 4)) == 10 * SECOND + 2 * CHUNK
    assert seen.time_of(Fraction(11, 2)) is None, "the new take was not seen yet"
    assert seen.seconds_at(10 * SECOND + CHUNK) == pytest.approx(1.375)
    seen.began(5, 30 * SECOND)
    assert seen.time_of(Fraction(11, 4)) == 10 * SECOND + 2 * CHUNK, (
        "a take of which nothing was seen changes nothing"
    )
    seen.shown(1, 33 * SECOND)
    assert seen.time_of(Fraction(33, 4)) == 33 * SECOND
    assert seen.time_of(Fraction(11, 4)) == 10 * SECOND + 2 * CHUNK


def test_a_take_that_is_shown_after_the_next_one_began_has_times_of_its_own() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    for chunk in range(4):
        seen.done(chunk, 10 * SECOND + (chunk + 1) * CHUNK)
        seen.shown(chunk, 12 * SECOND + (chunk + 1) * CHUNK)
    seen.began(4, 16 * SECOND)
    seen.done(0, 18 * SECOND)
    seen.began(5, 19 * SECOND)
    assert seen.time_of(Fraction(11, 2)) == 20 * SECOND, (
        "two seconds after it was made, as the others"
    )
    assert seen.time_of(Fraction(33, 8)) == 12 * SECOND + 4 * CHUNK, (
        "what is before it is the first take's"
    )
    seen.shown_before(4, 20 * SECOND + 300 * MS)
    assert seen.time_of(Fraction(11, 2)) == 20 * SECOND + 300 * MS
    assert seen.time_of(Fraction(33, 8)) == 12 * SECOND + 4 * CHUNK
    assert seen.seconds_at(20 * SECOND + 300 * MS) == pytest.approx(5.5)
    assert seen.seconds_at(12 * SECOND + 4 * CHUNK) == pytest.approx(4.125)


def test_what_was_made_before_a_stall_is_seen_before_it() -> None:
    for newest, knows, late in (
        (True, True, 0),
        (False, True, 0),
        (False, False, 2 * SECOND),
    ):
        seen = DisplayClock(schedule_of('at 0c "A boat."\nend 8c\n'), knows, in_order=newest)
        seen.began(0, 0)
        for chunk in range(4):
            at = (chunk + 1) * CHUNK + (2 * SECOND if chunk == 3 else 0)
            seen.fitted(BoundariesFitted(at, chunk + 1, at, float(CHUNK), 0.0, 0))
            seen.done(chunk, at)
            seen.shown(chunk, at + 3 * SECOND)
        assert seen.time_of(Fraction(33, 8)) == 3 * SECOND + 4 * CHUNK + 2 * SECOND
        assert seen.time_of(Fraction(11, 4)) == 3 * SECOND + 3 * CHUNK + late, (
            "earlier revisions took it to be seen late too"
        )
        seen.began(4, 9 * SECOND)
        assert seen.time_of(Fraction(11, 4)) == 3 * SECOND + 3 * CHUNK + late


def test_the_end_is_foretold_before_its_take_is_seen() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    assert seen.end_of(Fraction(11)) is None, "nobody knows yet how long frames are on their way"
    seen.done(0, 10 * SECOND + CHUNK)
    seen.shown(0, 12 * SECOND + CHUNK)
    assert seen.end_of(Fraction(11)) == seen.time_of(Fraction(11)) == 12 * SECOND + 9 * CHUNK
    seen.began(7, 20 * SECOND)
    assert seen.time_of(Fraction(11)) is None
    assert seen.end_of(Fraction(11)) == 22 * SECOND + 2 * CHUNK
    before = DisplayClock(schedule_of('at 0c "A boat."\nend 8c\n'), knows_takes=False)
    before.began(0, 10 * SECOND)
    before.shown(0, 12 * SECOND)
    before.began(7, 20 * SECOND)
    assert before.end_of(Fraction(11)) is None, "as earlier revisions did"


def test_the_first_fit_reveals_nothing_about_how_long_chunks_last() -> None:
    for knows, length in ((True, SECOND // 2), (False, CHUNK)):
        seen = DisplayClock(schedule_of('at 0c "A boat."\nend 8c\n'), knows, in_order=knows)
        seen.began(0, 0)
        seen.shown(0, SECOND)
        seen.fitted(BoundariesFitted(SECOND // 2, 1, SECOND // 2, float(CHUNK), 0.0, 0))
        seen.fitted(BoundariesFitted(SECOND, 2, SECOND, SECOND / 2, 0.0, 0))
        begin = seen.time_of(Fraction(0))
        assert begin is not None
        assert seen.time_of(Fraction(11, 8)) == begin + length


def test_boundaries_replace_a_take_of_which_nothing_was_seen_when_the_run_is_over() -> None:
    seen = seen_of()
    seen.began(0, 10 * SECOND)
    seen.fitted(BoundariesFitted(12 * SECOND, 1, 12 * SECOND, 2e9, 0.0, 0))
    assert seen.time_of(Fraction(0)) is None
    seen.finalise()
    assert seen.time_of(Fraction(0)) is not None
    known = seen.time_of(Fraction(11, 8))
    seen.fitted(BoundariesFitted(14 * SECOND, 2, 14 * SECOND, 2e9, 0.0, 0))
    seen.finalise()
    assert seen.time_of(Fraction(11, 8)) == known, "what is known stays"


def test_only_the_latest_chunks_show_how_long_after_its_end_a_chunk_is_seen() -> None:
    seen = seen_of()
    seen.began(0, 0)
    for chunk in range(9):
        seen.done(chunk, (chunk + 1) * CHUNK)
        seen.shown(chunk, (chunk + 1) * CHUNK + 100 * MS)
    for number, chunk in enumerate(range(9, 12), 1):
        assert not seen.is_streamed, number
        seen.done(chunk, (chunk + 1) * CHUNK)
        seen.shown(chunk, (chunk + 1) * CHUNK - 100 * MS)
    assert seen.is_streamed, "three of the latest five"


def test_only_the_latest_fits_show_how_long_a_chunk_lasts() -> None:
    seen = seen_of()
    seen.began(0, 0)
    for chunk in range(1, 10):
        seen.fitted(BoundariesFitted(chunk * SECOND, chunk, chunk * SECOND, 1e9, 0.0, 0))
    for chunk in range(10, 13):
        seen.fitted(BoundariesFitted(chunk * SECOND, chunk, chunk * SECOND, 2e9, 0.0, 0))
    assert seen.time_of(Fraction(11, 8) * 12) == 12 * SECOND + 2 * SECOND


@pytest.mark.parametrize(("knows", "kept"), [(False, SAMPLES), (True, MAX_MADE)])
def test_what_was_done_long_ago_is_forgotten(knows: bool, kept: int) -> None:
    seen = DisplayClock(schedule_of('at 0c "A boat."\nend 8c\n'), knows)
    seen.began(0, 0)
    for chunk in range(kept + 2):
        seen.done(chunk, (chunk + 1) * CHUNK)
    assert sorted(seen._playing.done) == list(range(2, kept + 2))


def test_a_chunk_that_is_seen_when_many_more_were_made_shows_how_long_after_its_end_that_is() -> (
    None
):
    """Earlier revisions no longer knew when the chunk was made, and assumed that every chunk is
    shown as soon as it is made.
    """
    for knows, after in ((True, 8 * CHUNK), (False, 0)):
        seen = DisplayClock(schedule_of('at 0c "A boat."\nend 80c\n'), knows)
        seen.began(0, 0)
        for chunk in range(12):
            at = (chunk + 1) * CHUNK
            seen.fitted(BoundariesFitted(at, chunk + 1, at, float(CHUNK), 0.0, 0))
            seen.done(chunk, at)
            if chunk >= 8:
                seen.shown(chunk - 8, at)
        assert seen.time_of(Fraction(11, 8) * 30) == 31 * CHUNK + after


# ---- what is sent, and when to wake up

NOTES = """\
clock midi, nominal 120 bpm, 4/4
section a 8 bars {
  at 1 "A boat."
  at 2 midi note C3 vel 100 for 2 beats
  at 5 midi cc 7 64
}
"""


def running(text: str = NOTES, knows_takes: bool = True) -> tuple[MessageOutput, ClockSync]:
    schedule = schedule_of(text)
    follow = ClockSync(schedule, is_external=True)
    follow.clock_fitted(fit(10 * SECOND, 0.0))
    follow.clock_moved(TransportChanged(10 * SECOND, "start"))
    return MessageOutput(schedule, Plan(schedule, follow), follow, knows_takes=knows_takes), follow


def test_a_message_is_sent_ahead_and_a_note_ends_by_the_clock() -> None:
    sends, follow = running()
    assert sends.due(10 * SECOND, None) == [WakeAt(12 * SECOND - AHEAD)]
    assert sends.due(10 * SECOND + 1, None) == [], "it is woken already"
    follow.clock_fitted(
        fit(11 * SECOND, 2.0, 1e-9)
    )  # half as fast: bar 2 is at 13 s now, and two beats last two seconds
    sent = sends.due(13 * SECOND - AHEAD, None)
    assert sent[:2] == [SendMidi(13 * SECOND, "903c64"), SendMidi(15 * SECOND, "803c00")]
    assert sent[2:] == [WakeAt(16 * SECOND - AHEAD)], "halfway: bar 5 is at 25 s"
    assert [(one.due, one.was_sent) for one in sends.log] == [(13 * SECOND, True)]


@pytest.mark.parametrize(
    ("sooner", "asks"),
    [(0, False), (-SECOND, False), (MS // 2, False), (MS - 1, False), (MS, True), (SECOND, True)],
)
def test_a_wake_that_is_too_late_by_now_is_asked_for_anew(sooner: int, asks: bool) -> None:
    sends, _ = running()
    wake = 12 * SECOND - AHEAD
    assert sends._waking(wake, 10 * SECOND) == [WakeAt(wake)]
    assert sends._waking(wake - sooner, 10 * SECOND) == ([WakeAt(wake - sooner)] if asks else [])
    assert sends.wake == (wake - sooner if asks else wake)


def test_a_wake_that_has_been_is_asked_for_anew() -> None:
    sends, _ = running()
    assert sends._waking(11 * SECOND, 10 * SECOND) == [WakeAt(11 * SECOND)]
    assert sends._waking(12 * SECOND, 11 * SECOND) == [WakeAt(12 * SECOND)]
    assert sends._waking(15 * SECOND, 12 * SECOND) == [WakeAt(15 * SECOND)], "three seconds ahead"
    assert sends._waking(18 * SECOND + 1, 15 * SECOND) == [WakeAt(18 * SECOND)], (
        "halfway, where it is further off"
    )
    assert sends._waking(18 * SECOND + 1, 16 * SECOND) == [], "and once"
    assert sends.wake == 18 * SECOND


def test_for_what_is_too_far_ahead_a_wakeup_halfway_is_requested() -> None:
    sends, follow = running()
    follow.clock_fitted(fit(10 * SECOND, 0.0, 1e-12))
    assert sends.due(10 * SECOND, None) == [WakeAt(13 * SECOND)]
    assert sends.due(11 * SECOND, None) == []
    assert sends.due(13 * SECOND, None) == [WakeAt(16 * SECOND)]


def test_in_earlier_revisions_no_wakeup_was_requested_for_what_is_too_far_ahead() -> None:
    sends, follow = running(knows_takes=False)
    follow.clock_fitted(fit(10 * SECOND, 0.0, 1e-12))
    assert sends.due(10 * SECOND, None) == []
    assert sends.wake is None


def test_after_a_jump_controllers_are_sent_anew() -> None:
    sends, _ = running()
    sends.located(0, Fraction(20))
    assert [one for one in sends.due(20 * SECOND, None) if isinstance(one, SendMidi)] == [
        SendMidi(20 * SECOND, "b00740")
    ]
    sends.located(0, Fraction(16))
    assert sends.due(17 * SECOND, None) == [WakeAt(18 * SECOND - AHEAD)], (
        "the controller of bar 5 is still to come"
    )


def test_a_line_without_a_clock_position_is_far_away() -> None:
    schedule = schedule_of(NOTES)
    plan = Plan(schedule, ClockSync(schedule, is_external=True))
    plan.forecast(100)
    assert [line.nominal for line in plan.lines] == [0]
    assert plan.end_chunk() == UNPLACED
