"""The OSC messages of a live run go to its output, each at its time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.osc_values import OscValue
from sequencer.events.commands import Finish, SendMidi, SendOsc
from sequencer.events.events import TimerFired
from sequencer.runtime.live.message_forwarding import MAX_FLUSH_NS, PORT_CLOSE_DELAY_NS
from sequencer.runtime.live.osc_output import OscScheduler, OscSender, no_osc_output, osc_output
from sequencer.schedule.model import ControlAct, OscAct
from sequencer.sync.run_clock import RealClock

MS = 1_000_000
EVENT = TimerFired(0, 0)


@dataclass
class Output:
    """Notes what is sent, and when."""

    now: Any
    sent: list[tuple[str, tuple[OscValue, ...], int]] = field(default_factory=list)
    is_closed: bool = False

    def send(self, address: str, arguments: tuple[OscValue, ...]) -> None:
        assert not self.is_closed
        self.sent.append((address, arguments, self.now()))

    def close(self) -> None:
        self.is_closed = True


def message(due: int, address: str, arguments: tuple[OscValue, ...] = ()) -> SendOsc:
    return SendOsc(due=due, address=address, arguments=arguments)


def conductor(*, is_complete: bool) -> Any:
    return SimpleNamespace(view=SimpleNamespace(is_complete=is_complete))


def run_with(*acts: Any) -> Any:
    """Return a run of which cues with these acts were due."""
    sent = [SimpleNamespace(acts=acts)] if acts else []
    view = SimpleNamespace(sent_messages=sent)
    notified: list[str] = []
    return SimpleNamespace(
        clock=RealClock(),
        lookers=[],
        notes=[],
        notified=notified,
        notify=notified.append,
        performance=SimpleNamespace(conductor=SimpleNamespace(view=view)),
    )


def test_messages_leave_at_their_times_in_the_run_and_after_it() -> None:
    run = run_with()
    output = Output(run.clock.now)

    async def play() -> int:
        start = run.clock.now()
        async with osc_output(run, output):
            (looker,) = run.lookers
            commands = [
                message(start - MS, "/late", (1,)),
                SendMidi(start, "903c64"),
                message(start + 60 * MS, "/b"),
                message(start + 30 * MS, "/a", (0.5, "x", True)),
                Finish("done"),
            ]
            looker(EVENT, commands, conductor(is_complete=True))
            assert [one[0] for one in output.sent] == ["/late"]
        return int(start)

    start = asyncio.run(play())
    assert [one[:2] for one in output.sent] == [
        ("/late", (1,)),
        ("/a", (0.5, "x", True)),
        ("/b", ()),
    ]
    assert output.sent[1][2] >= start + 30 * MS - MS
    assert output.sent[2][2] >= start + 60 * MS - MS
    assert output.is_closed


def test_a_run_that_ends_early_drops_what_is_not_due_yet() -> None:
    run = run_with()
    output = Output(run.clock.now)

    async def play() -> None:
        async with osc_output(run, output):
            (looker,) = run.lookers
            due = run.clock.now() + 20 * MS
            looker(EVENT, [message(due, "/a"), Finish("stopped")], conductor(is_complete=False))
            await asyncio.sleep(0.05)

    asyncio.run(play())
    assert output.sent == []
    assert output.is_closed


@pytest.mark.parametrize(
    ("due", "now", "rest"),
    [
        (0, 5, 0),
        (50 * MS, 50 * MS, 0),
        (50 * MS, 20 * MS, 30 * MS + PORT_CLOSE_DELAY_NS),
        (MAX_FLUSH_NS * 2, 0, MAX_FLUSH_NS),
    ],
)
def test_how_long_an_output_stays_open(due: int, now: int, rest: int) -> None:
    async def wait() -> int:
        sender = OscSender(OscScheduler(Output(lambda: 0), lambda: 0))
        sender(EVENT, [message(due, "/a")], conductor(is_complete=True))
        found = sender.rest(now)
        sender.forget()
        return found

    assert asyncio.run(wait()) == rest


@pytest.mark.parametrize(
    ("acts", "notes"),
    [
        ((), []),
        ((ControlAct(control=1, value=1, channel=1),), []),
        ((OscAct("/a"),), ["1 OSC message was due but not sent: no --osc-out was given"]),
        (
            (OscAct("/a"), OscAct("/b")),
            ["2 OSC messages were due but not sent: no --osc-out was given"],
        ),
    ],
)
def test_without_an_output_the_report_has_what_was_due(
    acts: tuple[Any, ...], notes: list[str]
) -> None:
    run = run_with(*acts)

    async def play() -> None:
        async with no_osc_output(run):
            assert len(run.notified) == 1
            assert run.notes == []

    asyncio.run(play())
    assert run.notes == notes
