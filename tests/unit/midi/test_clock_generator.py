"""Our clock for MIDI devices, in virtual time: every tick on time, and what happens where the score
is not where predicted.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from sequencer.core.timebase import TempoChange, TempoMap
from sequencer.midi.clock_generator import (
    AFTER_START,
    CONTINUE,
    START,
    STOP,
    TICK,
    ClockSection,
    MidiClockGenerator,
    song_position,
)
from sequencer.sync.estimator.follower import ClockFollower

MS = 1_000_000
S = 1_000_000_000
CHUNK = Fraction(33, 24)
STEADY = ClockSection(Fraction(0), Fraction(0), TempoMap.constant(Fraction(120)))


def run(clock: MidiClockGenerator, until: int) -> list[tuple[int, bytes]]:
    """Return all messages up to a time, taken one due time after another as the thread does."""
    found: list[tuple[int, bytes]] = []
    while (due := clock.due) is not None and due <= until:
        found += clock.take(due)
    return found


def ticks(messages: list[tuple[int, bytes]]) -> list[int]:
    return [at for at, message in messages if message == TICK]


def test_start_and_then_a_tick_each_24th_of_a_beat() -> None:
    clock = MidiClockGenerator([STEADY])
    assert clock.due is None
    clock.anchor(S, Fraction(0))
    messages = run(clock, 3 * S)
    assert messages[0] == (S, START)
    assert messages[1] == (S + AFTER_START, TICK)
    times = ticks(messages)
    assert times[48] == pytest.approx(2 * S, abs=2)
    assert len(times) == 97
    assert all(after > before for before, after in pairwise(times))


def test_a_tempo_map_with_a_ramp_and_pieces() -> None:
    ramp = TempoMap.of(
        [TempoChange(quarter=Fraction(0), bpm=Fraction(120), to=Fraction(60), over=Fraction(8))]
    )
    second = ClockSection(
        ramp.seconds_at(Fraction(16)), Fraction(16), TempoMap.constant(Fraction(90))
    )
    clock = MidiClockGenerator([ClockSection(Fraction(0), Fraction(0), ramp), second])
    clock.anchor(0, Fraction(0))
    times = ticks(run(clock, 60 * S))
    for quarter in (1, 4, 8, 12, 16):
        assert times[quarter * 24] == pytest.approx(
            float(ramp.seconds_at(Fraction(quarter))) * S, abs=2
        )
    assert times[20 * 24] - times[16 * 24] == pytest.approx(4 * 60 / 90 * S, abs=2)


def test_the_delay_shifts_every_message() -> None:
    clock = MidiClockGenerator([STEADY], delay=200 * MS)
    clock.anchor(S, Fraction(0))
    messages = run(clock, 2 * S)
    assert messages[0] == (S + 200 * MS, START)
    assert ticks(messages)[24] == pytest.approx(S + 700 * MS, abs=2)


def test_boundaries_that_jitter_move_ticks_gently() -> None:
    rng = random.Random(3)
    clock = MidiClockGenerator([STEADY])
    times = []
    for chunk in range(40):
        at = S + round(float(chunk * CHUNK) * S)
        times += ticks(run(clock, at))
        clock.anchor(at + round(rng.gauss(0, 10 * MS)) if chunk else at, chunk * CHUNK)
    gaps = [after - before for before, after in pairwise(times)]
    right = S / 48
    assert max(gaps) < right * 1.031
    assert min(gaps) > right * 0.969 - AFTER_START
    last = len(times) - 1
    assert abs(times[last] - (S + last * right)) < 30 * MS


def test_a_slower_model_slows_the_clock() -> None:
    clock = MidiClockGenerator([STEADY])
    clock.anchor(0, Fraction(0), 24 / 21)
    times = ticks(run(clock, 20 * S))
    assert times[240] - times[24] == pytest.approx(216 * S / 48 * 24 / 21, abs=10)


def test_a_device_that_is_ahead_after_a_stall_waits_for_the_score() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(0, Fraction(0))
    messages = run(clock, 10 * S)
    clock.anchor(10 * S, Fraction(8))
    after = run(clock, 60 * S)
    assert [message for _, message in after[:2]] == [STOP, CONTINUE], "it goes on from where it is"
    assert after[0][0] - 10 * S < 2 * MS
    assert ticks(after)[0] == pytest.approx(12 * S, abs=S / 48 + 2)
    assert len(ticks(messages + after)) == 32 * 24
    assert after[-1][1] == STOP


def test_a_device_that_is_late_is_sent_to_where_the_score_is() -> None:
    clock = MidiClockGenerator([STEADY])
    clock.anchor(0, Fraction(0))
    run(clock, 10 * S)
    clock.anchor(10 * S, Fraction(12))
    messages = run(clock, 12 * S)
    assert messages[0][1] == STOP
    assert messages[1][1] == song_position(97), (
        "12 s are quarter 24, sixteenth 96; there it could not be ready in time"
    )
    assert messages[2][1] == CONTINUE
    first = ticks(messages)[0]
    assert first == pytest.approx(10 * S + S / 8, abs=2)
    assert first - messages[2][0] == pytest.approx(AFTER_START, abs=2)


def test_stop_and_go_on() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(0, Fraction(0))
    before = run(clock, 4 * S)
    clock.stop(4 * S)
    clock.stop(4 * S + 1)
    (stopped,) = run(clock, 60 * S)
    assert stopped[1] == STOP
    assert stopped[0] - 4 * S <= 1
    clock.anchor(60 * S, Fraction(4))
    messages = run(clock, 90 * S)
    assert messages[0][1] == CONTINUE, "it is where the score goes on"
    assert ticks(messages)[0] == pytest.approx(60 * S, abs=S / 48 + 2)
    assert len(ticks(before + messages)) == 32 * 24


@pytest.mark.parametrize("reported_at", [3 * S, 8 * S])
def test_a_stop_that_is_still_to_come_holds_no_tick_back(reported_at: int) -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(0, Fraction(0))
    messages = run(clock, 2 * S)
    clock.stop(4 * S)
    messages += run(clock, reported_at)
    clock.anchor(9 * S, Fraction(4))
    messages += run(clock, 60 * S)
    stops = [at for at, message in messages if message == STOP]
    assert len(stops) == 2
    assert stops[0] == pytest.approx(4 * S, abs=2)
    assert len([at for at in ticks(messages) if at < 4 * S + 2]) in (192, 193)
    assert not [at for at in ticks(messages) if 4 * S + 2 < at < 9 * S - 2]
    assert len(ticks(messages)) == 32 * 24


@pytest.mark.parametrize("end", [Fraction(32), Fraction(1), Fraction(7, 2), Fraction(10, 7)])
def test_the_clock_ends_with_the_score(end: Fraction) -> None:
    clock = MidiClockGenerator([STEADY], end=end)
    clock.anchor(S, Fraction(0))
    assert clock.ends_at == pytest.approx(S + float(end) / 2 * S, abs=AFTER_START)
    messages = run(clock, 100 * S)
    assert len(ticks(messages)) == -(-24 * end.numerator // end.denominator)
    assert messages[-1][1] == STOP
    assert messages[-1][0] == pytest.approx(S + float(end) / 2 * S, abs=AFTER_START)
    assert clock.is_over
    assert not clock.is_running
    clock.anchor(50 * S, end / 2)
    clock.stop(60 * S)
    assert run(clock, 200 * S) == []


def test_an_end_that_is_put_off_or_comes_sooner() -> None:
    sooner = MidiClockGenerator([STEADY], end=Fraction(32))
    sooner.anchor(0, Fraction(0))
    messages = run(sooner, 2 * S)
    sooner.plan([STEADY], Fraction(8))
    messages += run(sooner, 60 * S)
    assert len(ticks(messages)) == 8 * 24
    sooner.plan([STEADY], Fraction(16))
    sooner.anchor(5 * S, Fraction(5))
    messages += run(sooner, 60 * S)
    assert [message for _, message in messages if message != TICK] == [START, STOP, CONTINUE, STOP]
    assert len(ticks(messages)) == 16 * 24


def test_a_pause_that_was_reported_before_the_first_frame_was_shown() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.stop(4 * S)
    clock.anchor(3 * S, Fraction(0))
    messages = run(clock, 60 * S)
    assert messages[-1][1] == STOP
    assert messages[-1][0] == pytest.approx(4 * S, abs=2)
    clock.anchor(60 * S, Fraction(1))
    messages += run(clock, 100 * S)
    assert len(ticks(messages)) == 32 * 24


@pytest.mark.parametrize("late", [510 * MS, 900 * MS])
def test_a_device_that_is_late_at_the_end_still_gets_every_tick(late: int) -> None:
    """Moving it could only leave the last ticks out: the score ends before it could resume."""
    clock = MidiClockGenerator([STEADY], end=Fraction(8))
    clock.anchor(0, Fraction(0))
    before = run(clock, 3900 * MS)
    clock.anchor(3900 * MS - late + S // 2, Fraction(9, 2), now=3900 * MS)
    assert clock.ends_at is not None
    assert clock.ends_at > 3900 * MS
    after = run(clock, 6 * S)
    assert len(ticks(before) + ticks(after)) == 8 * 24
    assert [message for _, message in before + after if message != TICK] == [START, STOP]
    assert ticks(after)[-1] - ticks(after)[0] > (len(ticks(after)) - 1) * S // 48 * 0.96


@pytest.mark.parametrize("late", [1500 * MS, 30 * S])
def test_a_device_moved_to_the_end_gets_the_ticks_of_the_last_sixteenth_evenly(late: int) -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(8))
    clock.anchor(0, Fraction(0))
    run(clock, S)
    clock.stop(S)
    run(clock, 2 * S)
    now = 4 * S + late
    clock.anchor(4 * S, Fraction(4), now=now)
    ends_at = clock.ends_at
    after = run(clock, now + S)
    assert after[:2] == [(now, song_position(31)), (now, CONTINUE)]
    assert ticks(after)[0] == now + AFTER_START
    assert len(ticks(after)) == 6
    assert all(two - one == pytest.approx(S / 48, rel=0.04) for one, two in pairwise(ticks(after)))
    assert after[-1][1] == STOP
    assert ends_at is not None
    assert abs(after[-1][0] - ends_at) < 10 * MS


def test_a_device_is_sent_to_its_position_though_the_score_was_elsewhere_before() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(10 * S, Fraction(2))
    assert [message[0] for _, message in clock.take(9 * S)] == []
    clock.anchor(20 * S, Fraction(2))
    clock.stop(15 * S)
    clock.anchor(30 * S, Fraction(2))
    messages = run(clock, 100 * S)
    assert messages[0][1][0] == 0xF2, "it does not know its position yet"
    first = (messages[0][1][1] | messages[0][1][2] << 7) * 6
    assert first + len(ticks(messages)) == 32 * 24
    assert ticks(messages)[0] == pytest.approx(30 * S + (first / 48 - 2) * S, abs=AFTER_START)


def test_ticks_that_are_too_late_by_now_are_not_sent_all_at_once() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(64))
    clock.anchor(0, Fraction(0), now=0)
    run(clock, 10 * S)
    clock.anchor(10 * S, Fraction(6), now=10 * S)
    assert [message for _, message in run(clock, 12 * S)] == [STOP], (
        "the device is ahead, and waits"
    )
    clock.anchor(12 * S, Fraction(12), now=12 * S)
    messages = run(clock, 20 * S)
    assert messages[0][1][0] == 0xF2, "what it has missed meanwhile is left out"
    assert all(at >= 12 * S for at, _ in messages)
    assert max(after - before for before, after in pairwise(ticks(messages))) < S / 47
    assert min(after - before for before, after in pairwise(ticks(messages))) > S / 50


def test_nothing_is_sent_of_what_is_not_made_yet() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(0, Fraction(0))
    clock.limit(2 * S)
    messages = run(clock, S)
    clock.limit(4 * S)
    messages += run(clock, 30 * S)
    assert messages[-1] == (4 * S, STOP)
    assert [message for _, message in messages].count(STOP) == 1, (
        "the limit before it was put off in time"
    )
    assert len(ticks(messages)) == 8 * 24
    clock.limit(33 * S)
    clock.anchor(32 * S, Fraction(5), now=30 * S)
    messages += run(clock, 32 * S)
    assert messages[8 * 24 + 2][1] == CONTINUE
    assert ticks(messages)[8 * 24] == pytest.approx(31 * S, abs=S / 48 + 2), (
        "at once, as it is seen: not when it was anchored"
    )
    clock.limit(None)
    messages += run(clock, 90 * S)
    assert len(ticks(messages)) == 32 * 24
    assert messages[-1] == (32 * S + 11 * S, STOP)


def test_a_limit_that_nothing_postpones_starts_no_device() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(32))
    clock.anchor(0, Fraction(0))
    clock.limit(2 * S)
    messages = run(clock, 10 * S)
    clock.anchor(12 * S, Fraction(2))
    clock.limit(12 * S)
    assert run(clock, 20 * S) == [], "neither Continue nor Stop"
    assert not clock.is_running
    clock.limit(30 * S)
    clock.anchor(20 * S, Fraction(2))
    messages += run(clock, 30 * S)
    assert [message for _, message in messages if message != TICK] == [START, STOP, CONTINUE, STOP]
    assert ticks(messages)[4 * 24] == pytest.approx(20 * S, abs=S / 48 + 2)
    assert len(ticks(messages)) == 24 * 24


def test_a_device_is_not_started_for_what_is_not_made_yet() -> None:
    clock = MidiClockGenerator([STEADY], delay=100 * MS, end=Fraction(32))
    clock.limit(S)
    clock.anchor(2 * S, Fraction(0))
    assert run(clock, 5 * S) == []
    clock.limit(9 * S)
    clock.anchor(6 * S, Fraction(0))
    messages = run(clock, 60 * S)
    assert messages[0] == (6 * S + 100 * MS, START)
    assert messages[-1] == (9 * S + 100 * MS, STOP)


def test_the_last_stop_knows_no_limit() -> None:
    clock = MidiClockGenerator([STEADY], end=Fraction(4))
    clock.anchor(0, Fraction(0))
    clock.limit(2 * S - 10 * MS)
    messages = run(clock, 60 * S)
    assert messages[-1] == (2 * S, STOP)
    assert clock.is_over


def test_whatever_is_paused_and_stalls_every_tick_is_sent_once() -> None:
    rng = random.Random(5)
    for _ in range(50):
        clock = MidiClockGenerator([STEADY], end=Fraction(64))
        now, messages, lag = S, list[tuple[int, bytes]](), rng.choice((0, 120 * MS, 2700 * MS))
        for chunk in range(30):
            messages += run(clock, now)
            clock.anchor(now + lag, chunk * CHUNK)
            if chunk and rng.randrange(4) == 0:
                clock.stop(now + lag)
                now += rng.randrange(10 * S)
                messages += run(clock, now)
                clock.anchor(now + lag, chunk * CHUNK)
            now += round(CHUNK * S) + (rng.randrange(5 * S) if rng.randrange(6) == 0 else 0)
        messages += run(clock, 1000 * S)
        assert len(ticks(messages)) == 64 * 24
        assert [at for at, _ in messages] == sorted(at for at, _ in messages)
        transport = [message for _, message in messages if message != TICK]
        assert transport[0] == START
        assert transport[1:] == [STOP, CONTINUE] * (len(transport) // 2 - 1) + [STOP]


def test_a_plan_that_changes_moves_what_is_to_come() -> None:
    clock = MidiClockGenerator([STEADY])
    clock.anchor(0, Fraction(0))
    count = len(ticks(run(clock, 3 * S)))
    clock.plan([STEADY, ClockSection(Fraction(4), Fraction(8), TempoMap.constant(Fraction(60)))])
    times = ticks(run(clock, 8 * S))
    assert times[192 - count + 24] - times[192 - count] == pytest.approx(S, abs=2)


def test_positions_past_the_last_one_become_one_on_the_same_beat() -> None:
    assert song_position(16383) == b"\xf2\x7f\x7f"
    for sixteenth in (16384, 16385, 16431, 20000, 100_000):
        _, low, high = song_position(sixteenth)
        assert 16383 - 48 < low + 128 * high <= 16383
        assert (sixteenth - low - 128 * high) % 48 == 0


PAST = Fraction(4100)
"""A quarter that no song position can express."""


def past_the_last_position() -> tuple[MidiClockGenerator, list[tuple[int, bytes]]]:
    """Return a clock of a score with 100 quarters from `PAST` on, and its first ten seconds."""
    clock = MidiClockGenerator([STEADY], end=PAST + 100)
    clock.anchor(0, PAST / 2)
    messages = run(clock, 10 * S)
    assert [message for _, message in messages[:2]] == [song_position(16401), CONTINUE]
    return clock, messages[2:]


TICKS = 100 * 24 - 6
"""A device that is sent to the first quarter could be there a sixteenth later."""


@pytest.mark.parametrize("late", [510 * MS, 2 * S])
def test_a_late_device_catches_up_where_no_song_position_is_right(late: int) -> None:
    clock, messages = past_the_last_position()
    clock.anchor(10 * S - late, PAST / 2 + 10, now=10 * S)
    messages += run(clock, 100 * S)
    assert [message for _, message in messages if message != TICK] == [STOP]
    times = ticks(messages)
    assert len(times) == TICKS
    right = S / 48
    assert min(after - before for before, after in pairwise(times)) >= right / 2 - 1
    in_time = 15 * S / right - 6  # the tick of second 15, when it is less than half a second late
    assert times[round(in_time)] == pytest.approx(15 * S - late, abs=S // 2 + 1)
    assert times[-1] == pytest.approx(50 * S - right - late, abs=2)


def test_a_device_that_was_stopped_catches_up_where_no_song_position_is_right() -> None:
    clock, messages = past_the_last_position()
    clock.stop(10 * S)
    messages += run(clock, 20 * S)
    clock.anchor(19 * S, PAST / 2 + 10, now=20 * S)
    messages += run(clock, 200 * S)
    assert [message for _, message in messages if message != TICK] == [STOP, CONTINUE, STOP]
    assert len(ticks(messages)) == TICKS
    assert ticks(messages)[-1] == pytest.approx(59 * S - S // 48, abs=2)


def test_a_device_that_is_ahead_waits_where_no_song_position_is_right() -> None:
    clock, messages = past_the_last_position()
    clock.anchor(12 * S, PAST / 2 + 10, now=12 * S)
    messages += run(clock, 200 * S)
    assert [message for _, message in messages if message != TICK] == [STOP, CONTINUE, STOP]
    assert len(ticks(messages)) == TICKS


def test_a_clock_without_a_tempo() -> None:
    with pytest.raises(ValueError, match="tempo"):
        MidiClockGenerator([])


def test_our_own_follower_reads_it() -> None:
    clock, follower = (
        MidiClockGenerator(
            [ClockSection(Fraction(0), Fraction(0), TempoMap.constant(Fraction(960, 11)))]
        ),
        ClockFollower(),
    )
    clock.anchor(S, Fraction(0))
    for at, message in run(clock, 40 * S):
        if message == START:
            follower.start(at)
        else:
            follower.tick(at)
    assert follower.bpm == pytest.approx(960 / 11, abs=0.001)
    assert follower.beat_at(40 * S) == pytest.approx(39 * 960 / 660, abs=0.001)
