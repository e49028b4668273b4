"""MIDI time code: all four rates, arrival faults, jumps, and the resulting events.

All times are virtual.
"""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, TransportChanged, TransportLocated
from sequencer.sync.timecode import (
    RATES,
    FrameRate,
    Timecode,
    TimecodeFeed,
    TimecodeFollower,
    full_frame,
    parse_rate,
)

MS = 1_000_000
S = 1_000_000_000
TEN_MINUTES = 600


def at_number(number: int, rate: FrameRate) -> Timecode:
    """Return the time code of a frame number: the inverse of `Timecode.number`, by the procedure of
    SMPTE 12M.
    """
    if rate.drops:
        tens, rest = divmod(number, 17982)
        number += 18 * tens + (2 * ((rest - 2) // 1798) if rest >= 2 else 0)
    seconds, frames = divmod(number, rate.counts)
    return Timecode(
        hours=seconds // 3600 % 24,
        minutes=seconds // 60 % 60,
        seconds=seconds % 60,
        frames=frames,
        rate=rate,
    )


def quarter_frames(first: int, count: int, rate: FrameRate) -> list[int]:
    """Return `count` quarter-frame data bytes, starting at a frame (an even one, as sources send
    it).
    """
    found = []
    for number in range(count):
        time = at_number(first + number // 8 * 2, rate)
        nibbles = [
            time.frames & 15, time.frames >> 4, time.seconds & 15, time.seconds >> 4,
            time.minutes & 15, time.minutes >> 4, time.hours & 15, time.hours >> 4 | rate.code << 1,
        ]  # fmt: skip
        found.append(number % 8 << 4 | nibbles[number % 8])
    return found


def stamp(number: int, rate: FrameRate, start: int = S) -> int:
    return start + round(number * S / (4 * rate.fps))


def play(
    follower: TimecodeFollower,
    first: int,
    count: int,
    *,
    rate: FrameRate,
    jitter: float = 0.0,
    start: int = S,
) -> int:
    chance, last = random.Random(1), 0
    for number, data in enumerate(quarter_frames(first, count, rate)):
        last = max(last, stamp(number, rate, start) + round(abs(chance.gauss(0, jitter))))
        follower.quarter_frame(data, last)
    return last


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.name)
class TestRates:
    def test_numbers_and_spellings_are_inverses(self, rate: FrameRate) -> None:
        day = Timecode(hours=23, minutes=59, seconds=59, frames=rate.counts - 1, rate=rate).number
        for number in (*range(0, 40_000), *range(day - 5000, day + 1)):
            time = at_number(number, rate)
            assert time.is_sound
            assert time.number == number

    def test_a_minute_of_code_is_a_minute(self, rate: FrameRate) -> None:
        hour = Timecode(hours=1, minutes=0, seconds=0, frames=0, rate=rate)
        assert abs(hour.time - 3600) < Fraction(1, 100)
        assert (
            Timecode(hours=0, minutes=0, seconds=10, frames=0, rate=rate).time
            == Fraction(10 * rate.counts) / rate.fps
        )

    def test_it_is_followed(self, rate: FrameRate) -> None:
        follower, first = TimecodeFollower(), 10 * 60 * rate.counts
        play(follower, first, 400, rate=rate, jitter=0.5 * MS)
        assert follower.state == "locked"
        assert follower.rate == rate
        now = stamp(400, rate)
        assert follower.seconds_at(now) == pytest.approx(float((first + 100) / rate.fps), abs=0.002)
        there = follower.time_of(float((first + 200) / rate.fps))
        assert there == pytest.approx(stamp(800, rate), abs=4 * MS)
        second, time, pace, deviation, state = follower.fit()
        assert (state, deviation > 0) == ("locked", True)
        assert second + (now - time) * pace == pytest.approx(follower.seconds_at(now), abs=1e-6)

    def test_over_a_minute_of_dropped_frames(self, rate: FrameRate) -> None:
        follower = TimecodeFollower()
        first = at_number(58 * rate.counts, rate).number & ~1
        last = play(follower, first, 4 * rate.counts * 5, rate=rate)
        assert follower.state == "locked"
        assert follower.seconds_at(last) == pytest.approx(
            float((first * 4 + 4 * rate.counts * 5 - 1) / (4 * rate.fps)), abs=1e-4
        )


@pytest.mark.parametrize("rate_", RATES, ids=lambda one: one.name)
def test_the_time_of_a_second_is_that_of_its_frame(rate_: FrameRate) -> None:
    chance = random.Random(rate_.name)
    for minute in (*range(12), 59, 23 * 60 + 59):
        for second, frame in (
            (0, 0),
            (0, 1),
            (0, 2),
            (0, 3),
            (59, rate_.counts - 1),
            (chance.randrange(60), chance.randrange(24)),
        ):
            time = Timecode(
                hours=minute // 60, minutes=minute % 60, seconds=second, frames=frame, rate=rate_
            )
            if time.is_sound:
                assert Timecode.at(float(time.time), rate_) == time
                assert Timecode.at(float(time.time + 9 / rate_.fps / 10), rate_) == time
    assert str(Timecode.at(86_400.0 if not rate_.drops else 86_399.9999136, rate_)).startswith(
        "00:00:00"
    )


def test_two_frames_are_needed() -> None:
    follower = TimecodeFollower()
    for number, data in enumerate(quarter_frames(100, 8, RATES[1])):
        assert follower.state != "locked"
        follower.quarter_frame(data, stamp(number, RATES[1]))
    assert follower.state == "locked"
    assert follower.seconds_at(stamp(7, RATES[1])) == pytest.approx(4 + 7 / 100, abs=1e-6)


def test_lost_quarter_frames_do_not_unlock() -> None:
    follower, chance = TimecodeFollower(), random.Random(5)
    for number, data in enumerate(quarter_frames(1000, 2000, RATES[1])):
        if number > 40 and chance.random() < 0.03:
            continue
        follower.quarter_frame(data, stamp(number, RATES[1]))
        assert number < 40 or follower.state == "locked"
    assert follower.seconds_at(stamp(1999, RATES[1])) == pytest.approx(40 + 1999 / 100, abs=1e-3)


def test_a_source_that_stops() -> None:
    follower = TimecodeFollower()
    last = play(follower, 100, 200, rate=RATES[1])
    assert not follower.silence(last + 100 * MS)
    assert follower.silence(last + 200 * MS)
    assert follower.state == "free"
    assert follower.seconds_at(last + S) == pytest.approx(4 + 1.99 + 1, abs=1e-3)
    assert not follower.silence(last + S)
    assert follower.silence(last + 3 * S)
    assert follower.fit()[4] == "stopped"
    assert follower.seconds_at(last + 9 * S) == pytest.approx(4 + 1.99, abs=1e-3)
    assert follower.time_of(99) is None


def test_backwards_is_never_locked() -> None:
    follower = TimecodeFollower()
    for number, data in enumerate(reversed(quarter_frames(1000, 400, RATES[1]))):
        follower.quarter_frame(data, stamp(number, RATES[1]))
    assert follower.state != "locked"


def test_a_full_frame() -> None:
    message = bytes((0xF0, 0x7F, 0x7F, 1, 1, 1 << 5 | 2, 3, 4, 5, 0xF7))
    time = full_frame(message)
    assert time is not None
    assert str(time) == "02:03:04:05"
    assert time.rate.name == "25"
    assert full_frame(message[:-1]) is None
    follower = TimecodeFollower()
    follower.located(time)
    assert follower.seconds_at(S) == pytest.approx(2 * 3600 + 3 * 60 + 4.2)


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 3 * S)), max_size=100))
@settings(max_examples=150, deadline=None)
def test_any_quarter_frames(frames: list[tuple[int, int]]) -> None:
    follower, now = TimecodeFollower(), 0
    for data, wait in frames:
        now += wait
        follower.silence(now)
        follower.quarter_frame(data, now)
        assert follower.seconds_at(now) >= 0
        assert follower.fit()[2] >= 0


# ---- as events ----


def feed_it(feed: TimecodeFeed, first: int, count: int, start: int) -> list[Event]:
    events: list[Event] = []
    for number, data in enumerate(quarter_frames(first, count, RATES[1])):
        events += feed.feed(bytes((0xF1, data)), stamp(number, RATES[1], start))
    return events


def kinds(events: list[Event]) -> list[str]:
    return [event.what if isinstance(event, TransportChanged) else event.kind for event in events]


def test_the_first_lock_is_a_start_and_a_jump_there() -> None:
    feed = TimecodeFeed(RATES[1], origin=Fraction(3600))
    events = feed_it(feed, 3700 * 25 + 1 & ~1, 200, S)
    assert kinds(events[:3]) == ["start", "clock_located", "clock_fit"]
    fit = events[-1]
    assert isinstance(fit, ClockFitted)
    assert fit.time + (110 - fit.quarter) / fit.quarters_per_ns == pytest.approx(
        S + 10 * S, abs=5 * MS
    )
    assert 5 < len(events) < 20


def test_stop_and_going_on_elsewhere() -> None:
    feed = TimecodeFeed()
    feed_it(feed, 0, 200, S)
    last = stamp(199, RATES[1])
    assert kinds(list(feed.silence(last + 200 * MS))) == ["clock_fit"]
    assert kinds(list(feed.silence(last + 3 * S))) == ["stop", "clock_located"]
    events = feed_it(feed, 250 * 4, 100, 10 * S)
    assert kinds(events[:3]) == ["clock_located", "continue", "clock_fit"]
    assert isinstance(events[0], TransportLocated)
    assert events[0].quarter == pytest.approx(40.07, abs=0.01)


def test_a_jump_while_it_runs() -> None:
    feed = TimecodeFeed()
    feed_it(feed, 0, 200, S)
    events = feed_it(feed, 5000, 100, stamp(200, RATES[1]))
    assert "clock_located" in kinds(events)
    assert "stop" not in kinds(events)


def test_a_full_frame_locates() -> None:
    feed = TimecodeFeed()
    feed_it(feed, 0, 200, S)
    events = feed.feed(bytes((0xF0, 0x7F, 0x7F, 1, 1, 1 << 5, 1, 0, 0, 0xF7)), 9 * S)
    assert kinds(list(events)) == ["stop", "clock_located"]
    assert feed.feed(b"\xf8", S) == feed.feed(b"\xfa", S) == feed.feed(b"", S) == ()
    assert kinds(list(feed.feed(bytes((0x90, 60, 90)), S))) == ["note"]
    assert feed.unplugged(S) == ()


def test_rates_by_name() -> None:
    assert [one.name for one in map(parse_rate, ("24", "25", "29.97", "30")) if one] == [
        "24",
        "25",
        "29.97 drop",
        "30",
    ]
    assert parse_rate("23.976") is None
