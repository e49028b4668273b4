"""A MIDI port during a run: messages arrive in a thread, and become events in the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from sequencer.events.codec import Event
from sequencer.events.events import NoteReceived, TransportChanged
from sequencer.sync import midi_port
from sequencer.sync.midi_port import MidiPortClock

Arrive = Callable[[bytes, int], None]
Changed = Callable[[bool, int, str], None]


class Port:
    """An input that a test feeds; `open_input` is replaced by `open`."""

    name = "Digitakt MIDI 1"

    def __init__(self) -> None:
        self.closed = 0
        self.arrive: Arrive
        self.changed: Changed

    def open(self, _text: str, arrive: Arrive, changed: Changed, _stamp: Callable[[], int]) -> Port:
        self.arrive, self.changed = arrive, changed
        return self

    def close(self) -> None:
        self.closed += 1


class Feed:
    """A feed that turns each message into a note, and notes in which thread it was called."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.complaints = ["no clock yet"]

    def feed(self, message: bytes, at: int) -> Sequence[Event]:
        self.threads.add(threading.current_thread().name)
        return [NoteReceived(at, message[1], message[2], 1)]

    def silence(self, at: int) -> Sequence[Event]:
        return []

    def unplugged(self, at: int) -> Sequence[Event]:
        return [TransportChanged(at, "stop")]

    def complaint(self, at: int) -> str | None:
        return self.complaints.pop() if self.complaints else None


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Port:
    made = Port()
    monkeypatch.setattr(midi_port, "open_input", made.open)
    return made


def in_a_thread(act: Callable[[], None]) -> None:
    thread = threading.Thread(target=act, name="port")
    thread.start()
    thread.join()


async def turn() -> None:
    """Let the loop run what was scheduled from a thread."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_messages_become_events_in_the_loop(port: Port) -> None:
    async def run() -> None:
        delivered: list[Event] = []
        messages: list[tuple[bytes, int]] = []
        feed, sentences = Feed(), list[str]()
        clock = MidiPortClock(
            "Digi", feed, delivered.append, sentences.append, lambda *one: messages.append(one)
        )
        assert clock.name == "Digi"
        clock.open()
        assert (clock.name, sentences) == ("Digitakt MIDI 1", ["no clock yet"])
        in_a_thread(lambda: port.arrive(b"\x90\x3c\x64", 7))
        assert delivered == []  # not in the port's thread
        await turn()
        assert delivered == [NoteReceived(7, 60, 100, 1)]
        assert messages == [(b"\x90\x3c\x64", 7)]
        assert feed.threads == {threading.main_thread().name}
        clock.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("present", "events"), [(False, [TransportChanged(9, "stop")]), (True, [])]
)
def test_a_port_that_disappears_stops_the_clock(
    port: Port, present: bool, events: list[Event]
) -> None:
    async def run() -> None:
        delivered: list[Event] = []
        sentences: list[str] = []
        feed = Feed()
        feed.complaints.clear()
        clock = MidiPortClock("Digi", feed, delivered.append, sentences.append)
        clock.open()
        in_a_thread(lambda: port.changed(present, 9, "the port changed"))
        await turn()
        assert (delivered, sentences) == (events, ["the port changed"])
        clock.close()

    asyncio.run(run())


def test_nothing_is_delivered_after_closing(port: Port) -> None:
    delivered: list[Event] = []

    async def run() -> None:
        clock = MidiPortClock("Digi", Feed(), delivered.append, lambda _: None)
        clock.open()
        in_a_thread(
            lambda: port.arrive(b"\x90\x3c\x64", 7)
        )  # still on its way when the clock closes
        clock.close()
        clock.close()
        in_a_thread(lambda: port.arrive(b"\x90\x3c\x64", 8))
        in_a_thread(lambda: port.changed(False, 9, "gone"))
        await turn()

    asyncio.run(run())
    assert (delivered, port.closed) == ([], 1)


def test_a_message_after_the_end_of_the_loop_is_dropped(port: Port) -> None:
    delivered: list[Event] = []

    async def run() -> None:
        MidiPortClock("Digi", Feed(), delivered.append, lambda _: None).open()

    asyncio.run(run())
    port.arrive(b"\x90\x3c\x64", 7)
    assert delivered == []


def test_a_clock_that_never_opened_can_be_closed() -> None:
    MidiPortClock("Digi", Feed(), lambda _: None, lambda _: None).close()
