"""MIDI bytes in, events out: the clock and its transport as the conductor receives them.

All times are virtual.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.events.codec import Event
from sequencer.events.events import (
    ClockFitted,
    ControlChanged,
    NoteReceived,
    ProgramChanged,
    TransportChanged,
    TransportLocated,
)
from sequencer.sync.midi_clock import TICKS_PER_FIT, MidiFeed

MS = 1_000_000
S = 1_000_000_000
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
PERIOD = 60 * S / 24 / 120


def ticks(
    feed: MidiFeed, first: int, count: int, jitter: float = 0.0, seed: int = 0
) -> list[Event]:
    """Feed a steady clock at 120 bpm and return the events."""
    chance, last, events = random.Random(seed), 0, list[Event]()
    for number in range(count):
        last = max(last, round(first + number * PERIOD + chance.gauss(0, jitter)))
        events += feed.feed(TICK, last)
    return events


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.what if isinstance(event, TransportChanged) else event.kind for event in events]


def position(sixteenths: int) -> bytes:
    return bytes((0xF2, sixteenths & 0x7F, sixteenths >> 7))


class TestTransport:
    def test_start_is_reported_with_the_first_tick(self) -> None:
        feed = MidiFeed()
        assert feed.feed(START, S) == ()
        assert feed.awaits_ticks
        events = feed.feed(TICK, S + 7 * MS)
        assert isinstance(events[0], TransportChanged)
        assert events[0] == TransportChanged(S + 7 * MS, "start")
        assert feed.is_own_event(events[0])
        assert not feed.is_own_event(TransportChanged(S + 7 * MS, "start")), (
            "one that only looks the same is somebody's own"
        )
        assert isinstance(events[1], ClockFitted)
        assert events[1].quarter == 0
        assert not feed.awaits_ticks

    def test_ticks_of_a_stopped_device_report_nothing(self) -> None:
        feed = MidiFeed()
        assert ticks(feed, S, 200) == []

    def test_stop_is_reported_once(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 48)
        assert kinds(feed.feed(STOP, 3 * S)) == ["stop"]
        assert feed.feed(STOP, 4 * S) == ()

    def test_a_start_without_ticks_never_was(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        assert feed.feed(STOP, 2 * S) == ()

    def test_continue_after_a_position(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 48)
        feed.feed(STOP, 3 * S)
        assert feed.feed(position(16), 4 * S) == (TransportLocated(4 * S, 4.0),)
        assert feed.feed(CONTINUE, 5 * S) == ()
        events = feed.feed(TICK, 5 * S + 2 * MS)
        assert kinds(events) == ["continue", "clock_fit"]
        assert isinstance(events[1], ClockFitted)
        assert abs(events[1].quarter - 4) < 0.01

    def test_a_second_start_is_a_jump_to_0(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 48)
        feed.feed(STOP, 3 * S)
        assert feed.feed(START, 4 * S) == (TransportLocated(4 * S, 0.0),)
        assert kinds(feed.feed(TICK, 4 * S + MS))[0] == "start"

    def test_position_0_and_then_start_jump_once(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 48)
        feed.feed(STOP, 3 * S)
        assert kinds(feed.feed(position(0), 3 * S + MS)) == ["clock_located"]
        assert feed.feed(START, 4 * S) == ()

    def test_a_jump_while_running(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 49)
        located, transport = feed.feed(position(400), 2 * S + MS)
        assert located == TransportLocated(2 * S + MS, 100.0)
        assert isinstance(transport, ClockFitted)
        assert (transport.quarter, transport.quarters_per_ns) == (100.0, 0.0)
        (fit,) = feed.feed(TICK, 2 * S + 20 * MS)
        assert isinstance(fit, ClockFitted)
        assert abs(fit.quarter - 100) < 0.1

    def test_where_nothing_is_followed_transport_is_reported_at_once(self) -> None:
        feed = MidiFeed(follows=False)
        assert feed.feed(START, S) == (TransportChanged(S, "start"),)
        assert feed.feed(TICK, S) == ()
        assert feed.feed(STOP, S) == (TransportChanged(S, "stop"),)
        assert feed.feed(CONTINUE, S) == (TransportChanged(S, "continue"),)
        assert feed.feed(position(4), S) == ()
        assert feed.due is None
        assert feed.silence(S) == feed.unplugged(S) == ()


class TestWaiting:
    def test_a_device_that_only_ticks_is_started_by_an_operator(self) -> None:
        feed = MidiFeed()
        assert ticks(feed, S, 96) == []
        assert not feed.is_own_event(TransportChanged(S, "start"))
        at = round(S + 96 * PERIOD)
        feed.set_transport("start", at - MS)
        (fit,) = feed.feed(TICK, at)
        assert isinstance(fit, ClockFitted)
        assert fit.quarter == 0.0
        assert fit.quarters_per_ns > 0
        feed.set_transport("stop", at + MS)
        assert ticks(feed, round(at + PERIOD), 24) == []
        feed.set_transport("continue", round(at + 24.5 * PERIOD))
        reported = ticks(feed, round(at + 25 * PERIOD), 24)
        assert isinstance(reported[-1], ClockFitted)
        assert reported[-1].quarter <= 1.01

    def test_ticks_without_a_start_are_complained_of_once(self) -> None:
        feed = MidiFeed()
        ticks(feed, S, 190)
        assert feed.complaint(5 * S) is None
        ticks(feed, round(S + 190 * PERIOD), 10)
        assert "press play" in (feed.complaint(6 * S) or "")
        assert feed.complaint(7 * S) is None

    def test_a_start_without_ticks_is_complained_of_once(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        assert feed.complaint(2 * S) is None
        assert "no clock message" in (feed.complaint(4 * S) or "")
        assert feed.complaint(5 * S) is None

    def test_where_nothing_is_followed_nothing_is_missed(self) -> None:
        feed = MidiFeed(follows=False)
        ticks(feed, S, 300)
        assert feed.complaint(20 * S) is None


class TestFits:
    def test_a_steady_clock_is_reported_each_sixteenth(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 96, 0.3 * MS)
        fits = ticks(feed, round(S + 96 * PERIOD), 24 * 8, 0.3 * MS)
        assert len(fits) == 24 * 8 / TICKS_PER_FIT

    def test_a_step_is_reported_at_once(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        ticks(feed, S, 24 * 8)
        now, reported = S + 24 * 8 * PERIOD, []
        for number in range(8):
            reported += [
                (number, fit) for fit in feed.feed(TICK, round(now)) if isinstance(fit, ClockFitted)
            ]
            now += PERIOD / 1.2
        assert any(
            number <= 4 and abs(fit.quarters_per_ns * 60e9 / 144 - 1) < 0.02
            for number, fit in reported
        )

    def test_fits_foretell(self) -> None:
        feed = MidiFeed()
        feed.feed(START, S)
        reported = ticks(feed, S, 24 * 16, MS)
        fit = reported[-1]
        assert isinstance(fit, ClockFitted)
        assert fit.quality == "locked"
        assert abs(fit.time + (20 - fit.quarter) / fit.quarters_per_ns - (S + 20 * S / 2)) < MS

    def test_silence_and_unplugging_are_reported_once(self) -> None:
        feed = MidiFeed()
        assert feed.due is None
        feed.feed(START, S)
        assert feed.due is None, "a start without ticks is no silence"
        ticks(feed, S, 48)
        due = feed.due
        assert due is not None
        assert feed.silence(due - MS) == ()
        (fit,) = feed.silence(due)
        assert isinstance(fit, ClockFitted)
        assert fit.quality == "free"
        assert feed.silence(due + S) == feed.unplugged(due + S) == ()
        events = feed.feed(TICK, round(S + 96 * PERIOD))
        assert isinstance(events[0], ClockFitted)
        assert events[0].quality != "free"
        (fit,) = feed.unplugged(round(S + 97 * PERIOD))
        assert isinstance(fit, ClockFitted)
        assert fit.quality == "free"


class TestOperator:
    def test_notes_controllers_programs(self) -> None:
        feed = MidiFeed()
        assert feed.feed(bytes((0x99, 60, 100)), S) == (NoteReceived(S, 60, 100, 10),)
        released = (NoteReceived(S, 60, 0, 1),)
        assert feed.feed(bytes((0x90, 60, 0)), S) == released, "velocity 0 is a note-off"
        assert feed.feed(bytes((0x80, 60, 64)), S) == released
        assert feed.feed(bytes((0xBF, 20, 65)), S) == (ControlChanged(S, 20, 65, 16),)
        assert feed.feed(bytes((0xC0, 4)), S) == (ProgramChanged(S, 5, 1),)

    @given(st.lists(st.binary(max_size=4), max_size=40))
    @settings(max_examples=200, deadline=None)
    def test_any_bytes(self, messages: list[bytes]) -> None:
        feed, now = MidiFeed(), S
        for message in messages:
            now += 5 * MS
            for event in feed.feed(message, now):
                assert event.at == now

    @given(
        st.lists(
            st.sampled_from(
                [TICK, TICK, TICK, START, STOP, CONTINUE, position(0), position(7), b"", b"\xff"]
            ),
            max_size=80,
        )
    )
    @settings(max_examples=200, deadline=None)
    def test_any_transport(self, messages: list[bytes]) -> None:
        """Starts and stops alternate: no stop without a start or continue before it, and never two
        stops in a row.
        """
        feed, now, moving = MidiFeed(), S, False
        for message in messages:
            now += 21 * MS
            events = (
                feed.unplugged(now)
                if message == b"\xff"
                else feed.silence(now + S)
                if not message
                else feed.feed(message, now)
            )
            for event in events:
                if isinstance(event, TransportChanged):
                    assert event.what != "stop" or moving
                    moving = event.what != "stop"
                if isinstance(event, ClockFitted):
                    assert event.quarters_per_ns >= 0
                    assert moving
