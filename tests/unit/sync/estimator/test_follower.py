"""The follower of a MIDI clock: transport, counting, tempo, arrival faults.

All times are virtual.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sequencer.sync.estimator.follower import PPQN, ClockFollower

MS = 1_000_000
S = 1_000_000_000


def tick_times(bpm: float, count: int, start: int = S) -> list[int]:
    """Return the exact tick times of a steady clock."""
    return [start + round(Fraction(60 * S, PPQN) / Fraction(bpm) * tick) for tick in range(count)]


def play(follower: ClockFollower, times: list[int], jitter_ms: float = 0.0, seed: int = 1) -> None:
    """Deliver ticks with normally distributed jitter."""
    chance, last = random.Random(seed), 0
    for time in times:
        last = max(last, time + round(chance.gauss(0, jitter_ms * MS)))
        follower.tick(last)


def state(follower: ClockFollower) -> str:
    """Return the state.

    A function, because the state changes and a type checker would narrow a direct access.
    """
    return follower.state


def running(
    bpm: float = 120, beats: int = 8, jitter_ms: float = 0.0
) -> tuple[ClockFollower, list[int]]:
    """Return a follower that has received some beats since Start."""
    follower, times = ClockFollower(), tick_times(bpm, beats * PPQN)
    follower.start(times[0] - MS)
    play(follower, times, jitter_ms)
    return follower, times


class TestTransport:
    def test_the_first_tick_after_start_is_beat_0(self) -> None:
        follower = ClockFollower()
        times = tick_times(120, 25)
        follower.start(times[0] - 5 * MS)
        assert follower.beat_at(times[0] - MS) == 0.0
        play(follower, times)
        assert follower.beat_at(times[0]) == pytest.approx(0, abs=1e-4)
        assert follower.beat_at(times[24]) == pytest.approx(1, abs=1e-4)
        assert follower.time_of(1) == pytest.approx(times[24], abs=50_000)
        assert follower.time_of(9) == pytest.approx(times[24] + 4 * S, abs=MS)

    def test_ticks_while_stopped_teach_the_tempo_and_move_nothing(self) -> None:
        follower = ClockFollower(nominal_bpm=90)
        times = tick_times(133, 96)
        play(follower, times[:48], 0.5)
        assert state(follower) == "stopped"
        assert follower.beat_at(times[47]) == 0.0
        assert follower.bpm == pytest.approx(133, abs=1)
        follower.start(times[47] + MS)
        follower.tick(times[48])
        assert state(follower) == "locked", "the tempo was known before"
        assert follower.beat_at(times[48]) == pytest.approx(0, abs=0.01)
        play(follower, times[49:], 0.5)
        assert follower.beat_at(times[95]) == pytest.approx(47 / PPQN, abs=0.01)

    def test_start_begins_a_new_grid_where_the_device_does(self) -> None:
        follower, times = running(beats=4, jitter_ms=0.3)
        follower.stop(times[-1] + MS)
        again = tick_times(120, 48, times[-1] + 11 * MS)  # half a tick off the old grid
        follower.start(again[0] - MS)
        play(follower, again, 0.3)
        assert follower.beat_at(again[-1]) == pytest.approx(47 / PPQN, abs=0.01)
        assert follower.time_of(3) == pytest.approx(again[0] + 1_500 * MS, abs=2 * MS)

    def test_stop_freezes_and_continue_goes_on_with_the_next_tick(self) -> None:
        follower, times = running(beats=2)
        follower.stop(times[-1] + 4 * MS)
        held = follower.beat_at(times[-1] + 4 * MS)
        assert 47 / PPQN <= held <= 48 / PPQN
        assert state(follower) == "stopped"
        assert follower.beat_at(times[-1] + 60 * S) == held
        more = tick_times(120, 24, times[-1] + 5 * S)
        follower.resume(more[0] - MS)
        assert follower.beat_at(more[0] - MS) == held
        play(follower, more)
        assert follower.beat_at(more[0]) == pytest.approx(2, abs=0.01)
        assert follower.beat_at(more[-1]) == pytest.approx(71 / PPQN, abs=0.01)

    def test_ticks_between_stop_and_continue_do_not_count(self) -> None:
        follower, times = running(beats=2)
        follower.stop(times[-1] + MS)
        idle = tick_times(120, 72, times[-1] + 125 * MS // 6)
        play(follower, idle[:48])
        assert 47 / PPQN <= follower.beat_at(idle[47]) <= 2
        follower.resume(idle[47] + MS)
        play(follower, idle[48:])
        assert follower.beat_at(idle[48]) == pytest.approx(2, abs=0.01)

    def test_song_position_counts_sixteenths(self) -> None:
        follower, times = running(beats=2)
        follower.stop(times[-1] + MS)
        follower.locate(18)
        assert follower.beat_at(times[-1] + S) == 4.5
        more = tick_times(120, 30, times[-1] + 3 * S)
        follower.resume(more[0] - MS)
        play(follower, more)
        assert follower.beat_at(more[0]) == pytest.approx(4.5, abs=0.01)
        assert follower.beat_at(more[24]) == pytest.approx(5.5, abs=0.01)

    def test_start_forgets_a_song_position(self) -> None:
        follower = ClockFollower()
        follower.locate(64)
        follower.start(S)
        follower.tick(S + MS)
        assert follower.beat_at(S + MS) == 0.0

    def test_a_locate_while_running_moves_the_next_tick(self) -> None:
        follower, times = running(beats=4)
        follower.locate(0)
        play(follower, tick_times(120, 13, times[-1] + 125 * MS // 6))
        assert follower.beat_at(times[-1] + 13 * 125 * MS // 6) == pytest.approx(0.5, abs=0.01)

    def test_a_second_start_while_running_begins_anew(self) -> None:
        follower, times = running(beats=3)
        follower.start(times[-1] + MS)
        follower.tick(times[-1] + 125 * MS // 6)
        assert follower.beat_at(times[-1] + 125 * MS // 6) == pytest.approx(0, abs=0.01)

    def test_before_anything_is_known_the_nominal_tempo_counts(self) -> None:
        follower = ClockFollower(nominal_bpm=60)
        follower.start(S)
        follower.tick(S)
        assert follower.bpm == pytest.approx(60)
        assert state(follower) == "searching"
        assert follower.beat_at(S + S // 2) == pytest.approx(0.5)
        assert follower.time_of(2) == 3 * S

    def test_a_nominal_tempo_is_positive(self) -> None:
        with pytest.raises(ValueError, match="positive"):
            ClockFollower(nominal_bpm=0)

    def test_nothing_received_is_no_failure(self) -> None:
        follower = ClockFollower()
        assert (follower.beat_at(S), follower.state, round(follower.bpm, 6)) == (
            0.0,
            "stopped",
            120.0,
        )
        assert isinstance(follower.time_of(4), int)
        follower.stop(S)
        follower.resume(S)
        assert follower.fit()[2] == 0.0
        assert not follower.silence(100 * S)


class TestFaults:
    def test_lost_ticks_are_filled_in(self) -> None:
        follower, chance = ClockFollower(), random.Random(3)
        times = tick_times(128, 64 * PPQN)
        follower.start(times[0])
        play(follower, [time for time in times if time == times[0] or chance.random() > 0.02], 1.0)
        assert follower.beat_at(times[-1]) == pytest.approx((64 * PPQN - 1) / PPQN, abs=0.01)

    @pytest.mark.parametrize("jitter", [0.0, 1.0])
    @pytest.mark.parametrize("seed", range(4))
    def test_many_lost_and_doubled_ticks_are_not_taken_for_coarse_stamps(
        self, seed: int, jitter: float
    ) -> None:
        follower, chance = ClockFollower(), random.Random(seed)
        times = tick_times(96, 40 * PPQN)
        received = [
            time
            for time in times
            for _ in range(chance.choices([0, 1, 2], [0.05, 0.925, 0.025])[0])
        ]
        follower.start(times[0])
        before = -1.0
        for position, time in enumerate([times[0], *received]):
            at = time + round(abs(chance.gauss(0, jitter)) * MS) if position else time
            before = max(before, follower.beat_at(at))
            follower.tick(at)
            assert follower.beat_at(at) > before - 0.3
        assert follower.beat_at(times[-1]) == pytest.approx((40 * PPQN - 1) / PPQN, abs=0.1)

    def test_two_lost_in_a_row(self) -> None:
        follower, times = ClockFollower(), tick_times(120, 10 * PPQN)
        follower.start(times[0])
        play(follower, times[:100] + times[102:], 1.0)
        assert follower.beat_at(times[-1]) == pytest.approx(239 / PPQN, abs=0.01)

    @pytest.mark.parametrize("apart", [0, MS // 2, 3 * MS])
    def test_doubled_ticks_count_once(self, apart: int) -> None:
        follower, times = ClockFollower(), tick_times(120, 16 * PPQN)
        follower.start(times[0])
        play(follower, sorted([*times, *(time + apart for time in times[50::37])]), 0.3)
        assert follower.beat_at(times[-1]) == pytest.approx((16 * PPQN - 1) / PPQN, abs=0.02)

    @pytest.mark.parametrize("stall", [30, 90, 200, 280, 700])
    def test_a_stall_moves_nothing_for_long(self, stall: int) -> None:
        follower, times = ClockFollower(), tick_times(120, 24 * PPQN)
        follower.start(times[0])
        wake = times[300] + stall * MS
        play(follower, [max(time, wake) if time >= times[300] else time for time in times], 0.5)
        assert follower.beat_at(times[-1]) == pytest.approx((24 * PPQN - 1) / PPQN, abs=0.02)
        assert follower.bpm == pytest.approx(120, abs=0.2)

    @pytest.mark.parametrize("bpm", [90, 120, 121, 150, 174])
    @pytest.mark.parametrize("period", [256, 512, 1024])
    def test_stamps_of_whole_audio_periods(self, bpm: float, period: int) -> None:
        """Ticks at the edges of JACK periods: equal stamps and gaps are not lost or doubled ticks,
        nor another tempo.
        """
        follower, times = ClockFollower(), tick_times(bpm, 24 * PPQN)
        grain = period * S // 48000
        follower.start(times[0])
        for time in times:
            follower.tick((time // grain + 1) * grain)
            if time > times[16 * PPQN]:
                assert follower.bpm == pytest.approx(bpm, abs=0.6)
        late = follower.time_of(24 - 1 / PPQN) - times[-1]
        assert -grain / 4 < late < grain * 5 / 4

    def test_stamps_that_go_backwards_are_taken_as_equal(self) -> None:
        follower, times = running(jitter_ms=0.2)
        follower.tick(times[0])
        assert follower.beat_at(times[-1]) == pytest.approx(191 / PPQN, abs=0.1)


class TestTempo:
    @pytest.mark.parametrize(
        ("before", "after"), [(120, 140), (140, 90), (100, 101), (60, 180), (174, 87), (87, 174)]
    )
    def test_steps_are_followed_within_two_beats(self, before: float, after: float) -> None:
        follower = ClockFollower()
        times = tick_times(before, 16 * PPQN)
        then = tick_times(after, 2 * PPQN + 1, times[-1] + round(60 * S / PPQN / before))
        follower.start(times[0])
        play(follower, times + then, 0.5)
        assert follower.bpm == pytest.approx(after, rel=0.01)
        assert follower.beat_at(then[-1]) == pytest.approx(18, abs=0.02)

    @pytest.mark.parametrize("glitch", [1, 2, 5])
    def test_a_glitch_and_then_another_tempo(self, glitch: int) -> None:
        """A very clean clock glitches just before its tempo changes: its low noise must not hide
        the change.
        """
        follower, times = ClockFollower(), tick_times(120, 8 * PPQN)
        follower.start(times[0])
        play(follower, times)
        play(follower, tick_times(70, PPQN + 1, times[-1] + round(S / 48) + glitch * MS))
        assert follower.bpm == pytest.approx(70, abs=0.1)
        assert follower.beat_at(
            times[-1] + round(S / 48) + glitch * MS + round(24 * S / 28)
        ) == pytest.approx(9, abs=0.02)

    def test_a_ramp_is_followed_all_the_way(self) -> None:
        follower, now, beat = ClockFollower(), float(S), 0.0
        follower.start(S)
        worst = 0.0
        for tick in range(48 * PPQN):
            beat = tick / PPQN
            follower.tick(round(now))
            bpm = 90 + 60 * min(1, max(0, (beat - 16) / 16))
            if beat > 4:
                worst = max(worst, abs(follower.bpm - bpm))
            now += 60e9 / PPQN / bpm
        assert worst < 2.5
        assert follower.bpm == pytest.approx(150, abs=0.1)

    @pytest.mark.parametrize("bpm", [20, 40, 300, 400])
    def test_slow_and_fast(self, bpm: float) -> None:
        follower, _ = running(bpm, 8, 0.5)
        assert follower.bpm == pytest.approx(bpm, rel=0.005)
        assert state(follower) == "locked"

    def test_its_own_error_is_honest(self) -> None:
        """Errors two quarters ahead, divided by their own standard error, are about 1 in the mean
        square under white jitter.
        """
        squares = []
        for seed in range(12):
            follower, times = ClockFollower(), tick_times(120, 30 * PPQN)
            follower.start(times[0])
            play(follower, times[: 12 * PPQN], 1.5, seed)
            ahead = 12 * PPQN + 47
            squares.append(
                ((follower.time_of(ahead / PPQN) - times[ahead]) / follower.deviation) ** 2
            )
        assert 0.1 < sum(squares) / len(squares) < 5


class TestSilence:
    def test_silence_runs_free_on_the_last_tempo_and_locks_again(self) -> None:
        follower, times = running(beats=8, jitter_ms=0.3)
        due = follower.silence_due
        assert due is not None
        assert not follower.silence(due - MS)
        assert state(follower) == "locked"
        assert follower.silence(due)
        assert not follower.silence(due + MS), "it is reported once"
        assert state(follower) == "free"
        assert follower.silence_due is None
        late = times[0] + 10 * S
        assert follower.beat_at(late) == pytest.approx(20, abs=0.01)
        more = [times[0] + 10 * S + round(125 * MS / 6 * tick) for tick in range(12)]
        play(follower, more, 0.3)
        assert state(follower) == "locked"
        assert follower.beat_at(more[-1]) == pytest.approx(20 + 11 / PPQN, abs=0.02)

    @given(st.floats(20, 300), st.floats(0, 2), st.integers(0, 2**32))
    @settings(max_examples=40, deadline=None)
    def test_silence_is_reported_when_it_is_due(self, bpm: float, jitter: float, seed: int) -> None:
        follower, times = ClockFollower(), tick_times(bpm, 2 * PPQN)
        follower.start(times[0])
        play(follower, times, jitter, seed)
        due = follower.silence_due
        assert due is not None
        assert follower.silence(due), "whoever asks at that very nanosecond is not to ask again"

    def test_a_gap_counts_as_silence_though_nobody_watched(self) -> None:
        follower, times = running(beats=8)
        assert follower.state_at(times[-1] + S) == "free"
        follower.tick(times[0] + 6 * S)
        assert follower.beat_at(times[0] + 6 * S) == pytest.approx(12, abs=0.02)

    def test_unplugged_is_free_at_once(self) -> None:
        follower, times = running()
        follower.unplugged(times[-1] + MS)
        assert state(follower) == "free"
        assert follower.fit()[4] == "free"
        follower.stop(times[-1] + S)
        assert state(follower) == "stopped"
        assert follower.beat_at(times[-1] + 9 * S) == pytest.approx(191 / PPQN + 2, abs=0.01)


class TestFit:
    def test_a_fit_states_the_same_as_the_follower(self) -> None:
        follower, _ = running(jitter_ms=0.5)
        quarter, time, rate, deviation, quality = follower.fit()
        assert quality == "locked"
        assert deviation > 0
        for beat in (7.5, 8.0, 12.0):
            assert time + (beat - quarter) / rate == pytest.approx(follower.time_of(beat), abs=1000)

    def test_a_fit_of_a_stopped_clock_does_not_move(self) -> None:
        follower, times = running()
        follower.stop(times[-1] + MS)
        quarter, _, rate, _, quality = follower.fit()
        assert (rate, quality) == (0.0, "stopped")
        assert quarter == follower.beat_at(times[-1] + S)

    @given(st.floats(30, 300), st.floats(0, 3), st.integers(0, 2**32))
    @settings(max_examples=30, deadline=None)
    def test_position_and_time_are_inverses(self, bpm: float, jitter: float, seed: int) -> None:
        follower, times = ClockFollower(), tick_times(bpm, 5 * PPQN)
        follower.start(times[0])
        play(follower, times, jitter, seed)
        for beat in (0.0, 3.25, 5.0, 40.0):
            assert follower.beat_at(follower.time_of(beat)) == pytest.approx(beat, abs=1e-4)

    def test_the_inverse_holds_inside_a_ramp_too(self) -> None:
        follower, now = ClockFollower(), float(S)
        follower.start(S)
        for tick in range(20 * PPQN):
            follower.tick(round(now + random.Random(tick).gauss(0, MS)))
            now += 60e9 / PPQN / (100 + 60 * max(0.0, tick / PPQN - 12) / 16)
        beats = [follower.beat_at(follower.time_of(beat)) for beat in range(10, 40)]
        assert beats == pytest.approx(list(range(10, 40)), abs=1e-4)
        moments = [follower.time_of(beat) for beat in range(10, 40)]
        assert all(after > before for before, after in pairwise(moments))


class Anything(RuleBasedStateMachine):
    """Whatever arrives, in whatever order: nothing fails, time increases, and positions and times
    stay finite numbers.
    """

    @initialize()
    def begin(self) -> None:
        self.follower = ClockFollower()
        self.now = S

    @rule(gaps=st.lists(st.integers(0, 200 * MS), min_size=1, max_size=30))
    def ticks(self, gaps: list[int]) -> None:
        for gap in gaps:
            self.now += gap
            self.follower.tick(self.now)

    @rule(bpm=st.floats(15, 700), count=st.integers(1, 100), jitter=st.floats(0, 10))
    def steady(self, bpm: float, count: int, jitter: float) -> None:
        play(self.follower, tick_times(bpm, count, self.now), jitter)
        self.now = tick_times(bpm, count, self.now)[-1] + 50 * MS

    @rule()
    def start(self) -> None:
        self.follower.start(self.now)

    @rule()
    def stop(self) -> None:
        before = self.follower.beat_at(self.now)
        self.follower.stop(self.now)
        assert abs(self.follower.beat_at(self.now) - before) < 200 / PPQN

    @rule()
    def resume(self) -> None:
        self.follower.resume(self.now)

    @rule(sixteenths=st.integers(0, 16383))
    def locate(self, sixteenths: int) -> None:
        self.follower.locate(sixteenths)

    @rule(wait=st.integers(0, 5 * S))
    def wait(self, wait: int) -> None:
        self.now += wait
        self.follower.silence(self.now)

    @rule()
    def unplug(self) -> None:
        self.follower.unplugged(self.now)

    @precondition(lambda self: hasattr(self, "follower"))
    @invariant()
    def numbers(self) -> None:
        follower = self.follower
        assert follower.state in ("searching", "locked", "free", "stopped")
        assert 10 < follower.bpm < 715
        assert follower.deviation >= 0
        here = follower.beat_at(self.now)
        assert follower.beat_at(self.now + 60 * S) >= here
        assert follower.time_of(here + 10) > follower.time_of(here)
        assert follower.fit()[2] >= 0


TestAnything = Anything.TestCase
TestAnything.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
