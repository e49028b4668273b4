"""The thread that sends messages at their time: bytes, order, note-offs, and what is sent when it
closes.
"""

from __future__ import annotations

import threading
import time
from fractions import Fraction

import pytest

from sequencer.core.timebase import TempoMap
from sequencer.midi.clock_generator import START, STOP, ClockSection
from sequencer.midi.scheduler import MessageScheduler, control_change, note_on, program_change

LATER = 3600 * 10**9
"""An hour, in nanoseconds: no test waits for it."""


class Recorder:
    """An output that keeps what it is sent."""

    name = "recorder"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = 0
        self._changed = threading.Condition()

    def send(self, message: bytes) -> None:
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()

    def close(self) -> None:
        self.closed += 1

    def wait_for(self, count: int) -> list[bytes]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.sent) >= count, timeout=20), self.sent
            return list(self.sent)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (note_on(60, 100, 1), "903c64"),
        (note_on(127, 1, 16), "9f7f01"),
        (control_change(20, 70, 2), "b11446"),
        (program_change(1, 1), "c000"),  # programs count from 1
        (program_change(128, 10), "c97f"),
    ],
)
def test_the_bytes_of_messages(message: bytes, expected: str) -> None:
    assert message.hex() == expected


def test_what_is_due_is_sent_in_the_order_of_time() -> None:
    output = Recorder()
    scheduler = MessageScheduler(output)
    now = time.monotonic_ns()
    scheduler.send_at(now + 20_000_000, b"c")
    scheduler.send_at(now + 10_000_000, b"b")
    scheduler.send_at(now - 1, b"a")
    assert output.wait_for(3) == [b"a", b"b", b"c"]
    assert time.monotonic_ns() >= now + 20_000_000
    scheduler.close()
    assert (output.sent, output.closed, scheduler.name) == ([b"a", b"b", b"c"], 1, "recorder")


def test_a_note_is_released() -> None:
    output = Recorder()
    scheduler = MessageScheduler(output)
    scheduler.play(time.monotonic_ns(), 60, 100, 1, lasts=1_000_000)
    assert [message.hex() for message in output.wait_for(2)] == ["903c64", "803c00"]
    scheduler.close()
    assert len(output.sent) == 2


def test_closing_releases_notes_and_drops_what_is_not_due() -> None:
    output = Recorder()
    scheduler = MessageScheduler(output)
    scheduler.play(time.monotonic_ns(), 60, 100, 1, lasts=LATER)
    scheduler.send_at(time.monotonic_ns() + LATER, b"never")
    output.wait_for(1)
    scheduler.close()
    scheduler.close()
    assert [message.hex() for message in output.sent] == ["903c64", "803c00"]
    assert output.closed == 1


def test_forgotten_messages_are_not_sent_but_notes_are_released() -> None:
    output = Recorder()
    scheduler = MessageScheduler(output)
    soon = time.monotonic_ns() + 200_000_000
    scheduler.play(time.monotonic_ns(), 60, 100, 1, lasts=200_000_000)
    output.wait_for(1)
    scheduler.send_at(soon - 1, b"never")
    scheduler.forget()
    assert [message.hex() for message in output.wait_for(2)] == ["903c64", "803c00"]
    scheduler.close()


def test_the_clock_is_started_and_stopped() -> None:
    output = Recorder()
    scheduler = MessageScheduler(output)
    scheduler.stop(0)  # without a clock, there is nothing to stop
    assert scheduler.ends_at is None
    scheduler.begin_clock(
        [ClockSection(Fraction(0), Fraction(0), TempoMap.constant(Fraction(120)))]
    )
    scheduler.anchor(time.monotonic_ns(), Fraction(0))
    assert output.wait_for(2)[0] == START
    scheduler.close()
    assert output.sent[-1] == STOP
