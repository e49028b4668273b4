"""What the stage checks while it plays, without real time: keep-alives in both directions, and
unanswered commands.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.events import ConnectionLost, UnknownMessage
from sequencer.stages.reactor.connection import Connection
from sequencer.stages.reactor.connector import Connector
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.reactor_fixtures import settings_for

URL = "http://127.0.0.1:1"


class _Connection:
    def __init__(self, silent: float) -> None:
        self.silent = silent

    async def silent_for(self) -> float:
        return self.silent

    async def close(self) -> None:
        pass


def watch(
    monkeypatch: pytest.MonkeyPatch,
    silent: float = 0.0,
    pinged: float = 0.0,
    held: bool = False,
    asked: tuple[str, ...] = (),
    **changes: Any,
) -> tuple[list[float], int, list[Event], list[str]]:
    """Run one check of a connection; return the waits, the number of pings, the events, and the
    notices.
    """
    waits: list[float] = []
    events: list[Event] = []
    notices: list[str] = []
    pings: list[int] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 1:
            raise asyncio.CancelledError

    async def again(why: str) -> None:
        waits.append(float("inf"))

    async def go() -> None:
        clock = VirtualClock()
        stage: Any = ReactorStage(
            clock,
            settings_for(URL, silence_seconds=12.0, ping_seconds=5.0, **changes),
            notice=notices.append,
        )
        stage._deliver, stage._held = events.append, [] if held else None
        stage._meeting = SimpleNamespace(
            connection=_Connection(silent),
            last_ping=-round(pinged * SECOND),
            ping=lambda: pings.append(1),
            gone=lambda _: True,
        )
        stage._talk.overdue = lambda since: (
            [SimpleNamespace(name=name) for name in asked] if since < 0 else []
        )
        stage._again = again
        with monkeypatch.context() as patch:
            patch.setattr("sequencer.stages.reactor.stage.asyncio.sleep", sleep)
            with pytest.raises(asyncio.CancelledError):
                await stage._watch()
        await stage._platform.close()

    asyncio.run(go())
    return waits, len(pings), events, notices


def test_it_looks_every_second_or_four_times_in_what_may_pass_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert watch(monkeypatch)[0] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("silent", "pinged", "pings"),
    [(0.0, 0.0, 0), (0.0, 5.0, 0), (0.0, 5.1, 1), (4.0, 0.0, 0), (4.1, 0.0, 1), (12.0, 0.0, 1)],
)
def test_a_ping_is_due_now_and_then_and_in_silence(
    monkeypatch: pytest.MonkeyPatch, silent: float, pinged: float, pings: int
) -> None:
    assert watch(monkeypatch, silent, pinged)[1:] == (pings, [], [])


def test_a_connection_on_which_nothing_comes_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, pings, events, _ = watch(monkeypatch, silent=12.5, pinged=99.0)
    assert (pings, events) == (0, [ConnectionLost(0, "nothing was received for 12 s")])
    assert waits[:2] == [1.0, 1.0]


def test_nothing_is_looked_at_while_the_connection_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watch(monkeypatch, silent=99.0, pinged=99.0, held=True, asked=("start",))[1:] == (
        0,
        [],
        [],
    )


def test_a_command_without_an_answer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, events, notices = watch(monkeypatch, asked=("start",), answer_seconds=3.0)
    assert events == [UnknownMessage(0, "unanswered", '{"command": "start"}')]
    assert notices == ["start was not answered within 3 s"]


def test_a_connection_goes_once() -> None:
    ended: list[int] = []
    meeting: Any = object.__new__(Connector)
    first, other = _Connection(0.0), _Connection(0.0)
    meeting.connection, meeting._talk = first, SimpleNamespace(end=lambda: ended.append(1))
    assert meeting.gone(other) is False
    assert (meeting.connection, ended) == (first, [])
    assert meeting.gone(first)
    assert (meeting.connection, ended) == (None, [1])
    assert not meeting.gone(first)
    assert ended == [1]


def test_silence_is_the_time_since_more_bytes_had_come(monkeypatch: pytest.MonkeyPatch) -> None:
    now, received = [100.0], [5]

    async def stats() -> dict[str, object]:
        return {
            "a": SimpleNamespace(bytesReceived=received[0]),
            "b": SimpleNamespace(),
            "c": SimpleNamespace(bytesReceived=None),
        }

    connection: Any = object.__new__(Connection)
    connection._pc, connection._bytes, connection._last_activity = (
        SimpleNamespace(getStats=stats),
        -1,
        90.0,
    )
    monkeypatch.setattr("sequencer.stages.reactor.connection.time.monotonic", lambda: now[0])

    async def look() -> list[float]:
        found = [await connection.silent_for()]
        for now[0], received[0] in ((103.0, 5), (110.0, 5), (112.0, 6), (115.0, 6)):
            found.append(await connection.silent_for())
        return found

    assert asyncio.run(look()) == [0.0, 3.0, 10.0, 0.0, 3.0]
