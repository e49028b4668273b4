"""Our clock for gear, in virtual time: every tick at its time, and what happens where the score is elsewhere than foretold."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest

from sequencer.followers.clock import ClockFollower
from sequencer.midi.clock_out import AFTER_START, CONTINUE, START, STOP, TICK, ClockOut, Piece, song_position
from sequencer.timebase import TempoChange, TempoMap

MS = 1_000_000
S = 1_000_000_000
CHUNK = Fraction(33, 24)
STEADY = Piece(Fraction(0), Fraction(0), TempoMap.constant(Fraction(120)))


def run(clock: ClockOut, until: int) -> list[tuple[int, bytes]]:
    """All messages up to a time, taken one due time after the other as the thread does."""
    found: list[tuple[int, bytes]] = []
    while (due := clock.due) is not None and due <= until:
        found += clock.take(due)
    return found


def ticks(messages: list[tuple[int, bytes]]) -> list[int]:
    return [at for at, message in messages if message == TICK]


def test_start_and_then_a_tick_each_24th_of_a_beat() -> None:
    clock = ClockOut([STEADY])
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
    ramp = TempoMap.of([TempoChange(Fraction(0), Fraction(120), Fraction(60), Fraction(8))])
    second = Piece(ramp.seconds_at(Fraction(16)), Fraction(16), TempoMap.constant(Fraction(90)))
    clock = ClockOut([Piece(Fraction(0), Fraction(0), ramp), second])
    clock.anchor(0, Fraction(0))
    times = ticks(run(clock, 60 * S))
    for quarter in (1, 4, 8, 12, 16):
        assert times[quarter * 24] == pytest.approx(float(ramp.seconds_at(Fraction(quarter))) * S, abs=2)
    assert times[20 * 24] - times[16 * 24] == pytest.approx(4 * 60 / 90 * S, abs=2)


def test_the_delay_puts_all_off() -> None:
    clock = ClockOut([STEADY], delay=200 * MS)
    clock.anchor(S, Fraction(0))
    messages = run(clock, 2 * S)
    assert messages[0] == (S + 200 * MS, START)
    assert ticks(messages)[24] == pytest.approx(S + 700 * MS, abs=2)


def test_boundaries_that_jitter_move_ticks_gently() -> None:
    chance = random.Random(3)
    clock = ClockOut([STEADY])
    times = []
    for chunk in range(40):
        at = S + round(float(chunk * CHUNK) * S)
        times += ticks(run(clock, at))
        clock.anchor(at + round(chance.gauss(0, 10 * MS)) if chunk else at, chunk * CHUNK)
    gaps = [after - before for before, after in pairwise(times)]
    right = S / 48
    assert max(gaps) < right * 1.031
    assert min(gaps) > right * 0.969 - AFTER_START
    last = len(times) - 1
    assert abs(times[last] - (S + last * right)) < 30 * MS


def test_a_slower_model_slows_the_clock() -> None:
    clock = ClockOut([STEADY])
    clock.anchor(0, Fraction(0), 24 / 21)
    times = ticks(run(clock, 20 * S))
    assert times[240] - times[24] == pytest.approx(216 * S / 48 * 24 / 21, abs=10)


def test_a_stall_sends_the_gear_to_the_right_place() -> None:
    clock = ClockOut([STEADY])
    clock.anchor(0, Fraction(0))
    run(clock, 10 * S)
    clock.anchor(10 * S, Fraction(8))
    messages = run(clock, 12 * S)
    assert messages[0] == (10 * S, STOP)
    assert messages[1][1] == song_position(65), "8 s are quarter 16, sixteenth 64; there it could not be ready in time"
    assert messages[2][1] == CONTINUE
    first = ticks(messages)[0]
    assert first == pytest.approx(10 * S + S / 8, abs=2)
    assert first - messages[2][0] == pytest.approx(AFTER_START, abs=2)


def test_stop_and_go_on() -> None:
    clock = ClockOut([STEADY])
    clock.anchor(0, Fraction(0))
    run(clock, 4 * S)
    clock.stop(4 * S)
    clock.stop(4 * S + 1)
    assert run(clock, 60 * S) == [(4 * S, STOP)]
    clock.anchor(60 * S, Fraction(4))
    messages = run(clock, 61 * S)
    assert [message for _, message in messages[:2]] == [song_position(33), CONTINUE]


def test_a_plan_that_changes_moves_what_is_to_come() -> None:
    clock = ClockOut([STEADY])
    clock.anchor(0, Fraction(0))
    count = len(ticks(run(clock, 3 * S)))
    clock.plan([STEADY, Piece(Fraction(4), Fraction(8), TempoMap.constant(Fraction(60)))])
    times = ticks(run(clock, 8 * S))
    assert times[192 - count + 24] - times[192 - count] == pytest.approx(S, abs=2)


def test_positions_past_the_last_one() -> None:
    assert song_position(20000) == song_position(16383) == b"\xf2\x7f\x7f"


def test_a_clock_without_a_tempo() -> None:
    with pytest.raises(ValueError, match="tempo"):
        ClockOut([])


def test_our_own_follower_reads_it() -> None:
    clock, follower = ClockOut([Piece(Fraction(0), Fraction(0), TempoMap.constant(Fraction(960, 11)))]), ClockFollower()
    clock.anchor(S, Fraction(0))
    for at, message in run(clock, 40 * S):
        if message == START:
            follower.start(at)
        else:
            follower.tick(at)
    assert follower.bpm == pytest.approx(960 / 11, abs=0.001)
    assert follower.beat_at(40 * S) == pytest.approx(39 * 960 / 660, abs=0.001)
