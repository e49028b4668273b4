"""The stage without a network: what it delivers and when, what it counts, and what is left when it
is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import av
import httpx
import numpy as np
import pytest

from sequencer.core.errors import StageError
from sequencer.core.secrets import Secret
from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.commands import Pause, Start, Upload
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    ConnectionLost,
    ConnectionRestored,
    Paused,
    PromptAccepted,
    Ready,
    ResetDone,
    Resumed,
    SessionEnded,
    Started,
    UnknownMessage,
    Uploaded,
    UploadFailed,
)
from sequencer.stages.live_frames import LiveFrame
from sequencer.stages.reactor import stage as module
from sequencer.stages.reactor.http import ApiError
from sequencer.stages.reactor.settings import ConnectionStats, ConnectionStatus
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.wire.messages import Reference
from sequencer.sync.run_clock import VirtualClock
from tests.support.reactor_fixtures import KEY, image_file, settings_for

NOW = 1000 * SECOND
IMAGE, DATA = image_file()
REFERENCE = Reference("u1", "shape.png", "image/png", len(DATA))
Happens = Callable[[], object]


class _Connection:
    def __init__(self) -> None:
        self.is_closed = False
        self.silent = 0.0

    async def close(self) -> None:
        self.is_closed = True

    async def silent_for(self) -> float:
        return self.silent


class _World:
    """A stage on a session and a connector that only record calls, unless a test gives them
    something to do.
    """

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        sink: Callable[[LiveFrame], None] | None = None,
        **changes: Any,
    ) -> None:
        self.clock = VirtualClock(NOW)
        self.did: list[object] = []
        self.events: list[Event] = []
        self.notices: list[str] = []
        self.statuses: list[ConnectionStatus] = []
        self.waits: list[float] = []
        self.in_meeting: list[Happens] = []
        self.in_closing: Callable[[], Awaitable[object]] | None = None
        self.states: list[str | Exception] = []

        def asked(request: httpx.Request) -> httpx.Response:
            raise AssertionError(request.url)

        self.stage: Any = ReactorStage(
            self.clock,
            settings_for("http://127.0.0.1:1", **changes),
            sink=sink,
            notice=self.notices.append,
            transport=httpx.MockTransport(asked),
        )
        self.connection = _Connection()
        session: Any = SimpleNamespace(
            id="s1",
            is_open=True,
            open=self._open,
            close=self._close,
            state=self._state,
            forget=lambda: self.did.append("forget"),
        )
        meeting: Any = SimpleNamespace(
            connection=None,
            last_ping=NOW,
            first=self._first,
            meet=self._meet,
            hang_up=self._hang_up,
            gone=self._gone,
            ping=lambda: self.did.append("ping"),
        )
        self.stage._session, self.stage._meeting = session, meeting
        patch.setattr("sequencer.stages.reactor.stage.asyncio.sleep", self._sleep)

    def now(self, at: int) -> None:
        self.clock._now = at

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now(self.clock.now() + round(seconds * SECOND))

    async def _open(self, waiting: Callable[[str], None], made: Callable[[], None]) -> None:
        self.statuses.append(self.stage.status)
        self.now(NOW + 1)
        made()
        waiting("QUEUED")
        self.statuses.append(self.stage.status)

    async def _first(self, trying: Callable[[str], None]) -> None:
        self.now(NOW + 2)
        trying("connecting to the model")
        self.statuses.append(self.stage.status)
        await self._meet()

    async def _meet(self) -> None:
        self.did.append("meet")
        if self.in_meeting:
            self.in_meeting.pop(0)()
        self.now(self.clock.now() + 1)
        self.stage._meeting.connection = self.connection

    async def _hang_up(self) -> None:
        self.did.append("hang up")
        self.stage._meeting.connection = None

    def _gone(self, connection: object) -> bool:
        was = self.stage._meeting.connection
        if was is not connection:
            return False
        self.stage._meeting.connection = None
        return True

    async def _state(self) -> str:
        found = self.states.pop(0) if self.states else "ACTIVE"
        if isinstance(found, Exception):
            raise found
        return found

    async def _close(self) -> None:
        self.did.append("close")
        if self.in_closing is not None:
            await self.in_closing()

    async def opened(self) -> None:
        """Open the stage without the watch, which other tests cover."""

        async def watch() -> None:
            self.did.append("watch")

        self.stage._watch = watch
        await self.stage.open(self.events.append)
        await _turns()


async def _turns() -> None:
    """Let the loop run everything that is ready."""
    loop = asyncio.get_running_loop()
    for _ in range(8):
        done = loop.create_future()
        loop.call_soon(done.set_result, None)
        await done


def _fails(error: Exception) -> Happens:
    def fail() -> None:
        raise error

    return fail


def _frame(level: int, pts: int = 0) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(
        np.full((48, 64, 3), level, np.uint8), format="rgb24"
    ).reformat(format="yuv420p")
    frame.pts = pts
    return frame


# ---- opening and sending


def test_a_new_stage_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for wire, spoken in (("auto", "v1"), ("v1", "v1"), ("v0", "v0")):
        stage = _World(monkeypatch, wire=wire).stage
        assert stage.status == ConnectionStatus("disconnected", NOW, "")
        assert stage.measures() == ConnectionStats(
            frames=0, fps=0.0, lag=0, billed=0, losses=0, latencies=(), wire=spoken
        )
        assert (stage.uploads, stage.closing_trouble) == ({}, None)


def test_a_stage_reports_its_progress_while_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asyncio.run(world.opened())
    assert world.statuses == [
        ConnectionStatus("connecting", NOW, "creating the session"),
        ConnectionStatus("waiting", NOW + 1, "QUEUED"),
        ConnectionStatus("connecting", NOW + 2, "connecting to the model"),
    ]
    assert world.stage.status == ConnectionStatus("ready", NOW + 3)
    assert world.events == [Ready(NOW + 3, "reactor v1 local")]
    assert world.did == ["meet", "watch"]
    assert world.stage.session_id == "s1"
    world.now(NOW + 101)
    assert world.stage.measures().billed == 100


def test_what_the_platform_reports_reaches_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.stage._platform._notice("it is not ready")
    world.stage._talk._notice("moderation warns")
    assert world.notices == ["it is not ready", "moderation warns"]


def test_the_stage_names_its_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, local=False, wire="v0", key=Secret(KEY))
    asyncio.run(world.opened())
    assert world.events == [Ready(NOW + 3, "reactor v0")]


def test_what_comes_while_it_opens_is_delivered_after_the_connection_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)
    world.in_meeting.append(lambda: world.stage._handle(PromptAccepted(NOW, "a", 0)))
    asyncio.run(world.opened())
    assert world.events == [Ready(NOW + 3, "reactor v1 local"), PromptAccepted(NOW, "a", 0)]
    world.stage._handle(PromptAccepted(NOW, "b", 1))
    assert world.events[2:] == [PromptAccepted(NOW, "b", 1)]


def test_a_stage_that_is_open_is_not_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asyncio.run(world.opened())
    with pytest.raises(StageError, match="this stage has already been opened"):
        asyncio.run(world.opened())
    assert world.did == ["meet", "watch"]


def test_calls_go_through_the_transport_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    with pytest.raises(AssertionError, match=r"http://127\.0\.0\.1:1/x"):
        asyncio.run(world.stage._platform.ask("asking", "GET", "/x"))


def test_a_key_is_missed_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, local=False, key=None)
    with pytest.raises(StageError, match="there is no API key"):
        asyncio.run(world.opened())
    assert (world.did, world.statuses) == ([], [])
    at_home = _World(monkeypatch, local=True, key=None)
    asyncio.run(at_home.opened())
    assert at_home.stage.status.name == "ready"


def test_a_stage_continues_from_what_another_client_received(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = (Started(1, 0, "a"), ChunkDone(2 * SECOND, 0, 8, "a"), ChunkShown(3 * SECOND, 0, 1))
    assert _World(monkeypatch, received_events=calls).stage.measures().lag == SECOND


def test_keepalives_are_expected_from_the_opening_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asyncio.run(world.opened())
    assert not world.stage._liveness.should_ask(NOW + 6 * SECOND)
    assert world.stage._liveness.should_ask(NOW + 7 * SECOND)


def test_a_stage_that_cannot_be_opened_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.in_meeting.append(_fails(StageError("no answer")))
    with pytest.raises(StageError, match="no answer"):
        asyncio.run(world.opened())
    assert world.stage.status == ConnectionStatus("disconnected", NOW + 2)
    assert world.events == []


def test_commands_go_out_in_order_while_there_is_a_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)
    sent: list[object] = []
    world.stage._talk.command = lambda command, uploads: sent.append((command, dict(uploads)))
    world.stage._upload = sent.append
    world.stage._uploads.references["a"] = REFERENCE

    async def go() -> None:
        await world.opened()
        await world.stage.send([Upload(IMAGE), Start(), Pause()])
        world.stage._meeting.connection = None
        await world.stage.send([Pause(), Upload(IMAGE)])
        world.stage._meeting.connection = world.connection
        world.stage._handle(SessionEnded(NOW, "over"))
        await world.stage.send([Pause(), Upload(IMAGE)])

    asyncio.run(go())
    known = {"a": REFERENCE}
    assert sent == [IMAGE, (Start(), known), (Pause(), known), IMAGE]


def test_a_start_is_another_take(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.stage._talk.command = lambda *_: None

    async def go() -> None:
        await world.opened()
        for take in (1, 2):
            await world.stage.send([Pause(), Pause(), Start()])
            world.stage._handle(Started(NOW, 0, "a"))
            world.stage._handle(
                ChunkDone(NOW + take * SECOND, 0, 8, "a")
            )  # the latest possible time
            world.stage._frame(_frame(0), None)
            world.stage._frame(_frame(200), None)
            assert [one for one in world.events if isinstance(one, ChunkShown)][-1] == ChunkShown(
                NOW + 3, 0, take
            )
            world.stage._handle(ResetDone(NOW))

    asyncio.run(go())


# ---- events


def test_an_ended_session_is_the_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asyncio.run(world.opened())
    world.stage._handle(SessionEnded(NOW + 9, "the time is up"))
    world.stage._handle(PromptAccepted(NOW, "a", 0))
    assert world.events[1:] == [SessionEnded(NOW + 9, "the time is up")]
    assert world.stage.status == ConnectionStatus("disconnected", NOW + 3, "the time is up")


def test_what_is_held_is_delivered_before_the_end_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asyncio.run(world.opened())
    world.stage._held = []
    world.stage._handle(PromptAccepted(NOW, "a", 0))
    world.stage._handle(Uploaded(NOW, "f"))
    world.stage._handle(UploadFailed(NOW, "e", "no"))
    assert world.events[1:] == [Uploaded(NOW, "f"), UploadFailed(NOW, "e", "no")], (
        "an upload has nothing to do with it"
    )
    world.stage._handle(SessionEnded(NOW, "over"))
    assert world.events[3:] == [SessionEnded(NOW, "over"), PromptAccepted(NOW, "a", 0)]


def test_nothing_is_delivered_by_a_stage_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)

    async def go() -> None:
        await world.opened()
        await world.stage.close()

    asyncio.run(go())
    world.stage._handle(PromptAccepted(NOW, "a", 0))
    world.stage._release(PromptAccepted(NOW, "b", 0))
    assert world.events[1:] == []


@pytest.mark.parametrize(
    ("event", "called"),
    [
        (ChunkDone(5, 3, 32, "a"), ("done", (3, 32, 5))),
        (Started(5, 4, "a"), ("started", (4,))),
        (Paused(5, 3), ("rested", ())),
        (Resumed(5, 3), ("resumed", ())),
    ],
)
def test_the_count_of_chunks_receives_what_the_model_reports(
    monkeypatch: pytest.MonkeyPatch, event: Event, called: tuple[str, tuple[int, ...]]
) -> None:
    world = _World(monkeypatch)
    calls: list[Any] = []
    takes = world.stage._takes
    for counter, name in (
        (takes, "done"),
        (takes.shown, "started"),
        (takes.shown, "rested"),
        (takes.shown, "resumed"),
    ):
        monkeypatch.setattr(counter, name, lambda *given, name=name: calls.append((name, given)))
    monkeypatch.setattr(world.stage._takes, "reset", lambda: calls.append("reset"))
    world.stage._handle(event)
    ((name, given),) = calls
    assert (name, given[: len(called[1])]) == called
    world.stage._handle(ResetDone(5))
    assert calls[1:] == ["reset"]


def test_chunks_without_frames_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.stage._frame(_frame(200), None)
    for chunk in range(3):
        world.stage._handle(ChunkDone(NOW, chunk, 8 * chunk + 8, "a"))
    assert (
        world.stage._liveness.trouble(NOW + 5 * SECOND, SECOND)
        == "no frame came for 5 s, though chunks were made"
    )
    world.now(NOW + 5 * SECOND)
    world.stage._frame(_frame(200), None)
    assert world.stage._liveness.trouble(NOW + 5 * SECOND, SECOND) is None


def test_a_message_counts_as_a_keepalive(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    assert world.stage._liveness.should_ask(NOW)
    world.stage._talk.on_frame("data", "{}")
    assert world.stage._liveness.trouble(NOW + 60 * SECOND, SECOND) is None


def test_a_sink_that_fails_gets_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[LiveFrame] = []

    def sink(frame: LiveFrame) -> None:
        taken.append(frame)
        raise OSError("the disk is full")

    world = _World(monkeypatch, sink)
    for level in (200, 100):
        world.stage._frame(_frame(level), None)
    assert (taken[0].at, len(taken)) == (NOW, 1)
    assert world.notices == ["frames are no longer passed on: OSError: the disk is full"]
    assert world.stage.measures().frames == 2


# ---- a connection that breaks


def test_a_connection_that_breaks_is_reported_and_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)
    lost: list[int] = []
    monkeypatch.setattr(world.stage._frames, "lost", lambda: lost.append(1))

    async def go() -> None:
        await world.opened()
        broken, world.connection = world.connection, _Connection()
        world.now(NOW + 10)
        world.stage._broken(broken, "the line was cut")
        assert world.stage.status == ConnectionStatus("connecting", NOW + 10, "the line was cut")
        assert world.events[1:] == [ConnectionLost(NOW + 10, "the line was cut")]
        world.stage._handle(PromptAccepted(NOW + 11, "a", 0))
        assert len(world.events) == 2, "it is held until the connection is announced"
        await _turns()
        assert broken.is_closed
        assert not world.connection.is_closed

    asyncio.run(go())
    assert world.events[2:] == [ConnectionRestored(NOW + 11), PromptAccepted(NOW + 11, "a", 0)]
    assert world.stage.status == ConnectionStatus("ready", NOW + 11)
    assert (world.stage.measures().losses, lost) == (1, [1])
    assert not world.stage._liveness.should_ask(NOW + 11 + 6 * SECOND)
    assert world.waits == []


def test_a_connection_that_was_never_established_is_closed_silently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)

    async def go() -> None:
        world.stage._meeting.connection = world.connection
        world.stage._broken(world.connection, "refused")
        await _turns()

    asyncio.run(go())
    assert world.connection.is_closed
    assert world.stage.measures().losses == 0
    assert world.stage.status.name == "disconnected"
    assert world.did == []


def test_other_connections_and_a_run_that_is_over_lose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _World(monkeypatch)

    async def go() -> None:
        await world.opened()
        other = _Connection()
        world.stage._broken(other, "an old one")
        await _turns()
        assert not other.is_closed
        world.stage._is_over = True
        world.stage._broken(world.connection, "too late")
        await _turns()

    asyncio.run(go())
    assert (world.stage.measures().losses, len(world.events)) == (0, 1)
    assert not world.connection.is_closed


async def _again(world: _World, why: str = "the line was cut") -> None:
    await world.opened()
    world.did.clear()
    world.stage._held = []
    world.now(NOW)
    await world.stage._again(why)


def test_connecting_again_has_growing_pauses_and_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, grace_seconds=24.0)
    world.states = [StageError(f"failure {number}") for number in range(99)]
    asyncio.run(_again(world))
    assert world.waits == pytest.approx(
        [0.2, 0.34, 0.578, 0.9826, 1.67042, 2.839714, 4.8275138, 5.0, 5.0, 5.0]
    )
    assert world.did == ["hang up"] * 10
    assert world.events[1:] == [
        SessionEnded(
            world.clock.now(), "the connection could not be re-established within 24 s: failure 9"
        )
    ]
    assert world.stage._is_over


def test_without_any_time_the_reason_is_that_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, grace_seconds=0.0)
    asyncio.run(_again(world))
    assert world.events[1:] == [
        SessionEnded(NOW, "the connection could not be re-established within 0 s: the line was cut")
    ]
    assert world.did == []


def test_while_it_reconnects_the_status_shows_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    seen: list[ConnectionStatus] = []

    def look() -> None:
        seen.append(world.stage.status)

    world.states = [ApiError("HTTP 500", None, 500)]
    world.in_meeting = [lambda: None, look]
    asyncio.run(_again(world))
    assert [(one.name, one.detail) for one in seen] == [("connecting", "HTTP 500")]
    assert world.did == ["hang up", "meet"]
    assert world.events[1:] == [ConnectionRestored(world.clock.now())]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 426, 501])
def test_a_refusal_that_stays_one_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    world = _World(monkeypatch)
    world.states = [ApiError("no", None, status)]
    asyncio.run(_again(world))
    assert world.events[1:] == [
        SessionEnded(NOW, "the connection was lost and cannot be re-established: no")
    ]
    assert (world.did, world.waits) == (["hang up"], [])


@pytest.mark.parametrize("status", [0, 400, 405, 409, 427, 429, 500, 502, 503])
def test_any_other_refusal_is_asked_again(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    world = _World(monkeypatch)
    world.states = [ApiError("no", None, status)]
    asyncio.run(_again(world))
    assert isinstance(world.events[-1], ConnectionRestored)


@pytest.mark.parametrize("state", ["CLOSED", "INACTIVE", "TERMINATED", "CLOSING"])
def test_a_session_that_is_over_is_not_met_again(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    world = _World(monkeypatch)
    world.states = [state]
    asyncio.run(_again(world))
    assert world.did == ["forget"]
    assert world.events[1:] == [
        SessionEnded(NOW, "the session was over when the connection was re-established")
    ]


# ---- keep-alives


def _look(
    world: _World,
    stopped: float = 0.0,
    has_answered: bool = True,
    ahead: float = 0.0,
    held: list[Event] | None = None,
) -> list[str]:
    """Run one check of the watch, `stopped` seconds late and `ahead` seconds after opening; return
    what it asked and broke.
    """
    found: list[str] = []
    looks = 0
    awake = [0]

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        world.waits.append(seconds)
        awake[0] += round((seconds + stopped) * SECOND)
        if looks > 1:
            raise asyncio.CancelledError

    async def go() -> None:
        await world.opened()
        world.now(NOW + 3 + round(ahead * SECOND))
        world.stage._meeting.last_ping = world.clock.now()
        world.stage._held = held
        world.stage._broken = lambda _, why: found.append(why)
        world.stage._talk.has_answered = has_answered
        world.stage._talk.ask_again = lambda: found.append("asked")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "awake_ns", lambda: awake[0])
            patch.setattr("sequencer.stages.reactor.stage.asyncio.sleep", sleep)
            with pytest.raises(asyncio.CancelledError):
                await ReactorStage._watch(world.stage)

    asyncio.run(go())
    return found


@pytest.mark.parametrize(("silence", "wait"), [(4.0, 1.0), (12.0, 1.0), (2.0, 0.5)])
def test_how_often_it_looks(monkeypatch: pytest.MonkeyPatch, silence: float, wait: float) -> None:
    world = _World(monkeypatch, silence_seconds=silence)
    assert _look(world) == []
    assert world.waits == [wait, wait]


@pytest.mark.parametrize(
    ("stopped", "message"), [(15.0, []), (15.1, ["this process did not run for 15 s"])]
)
def test_a_process_that_was_suspended_has_no_connection(
    monkeypatch: pytest.MonkeyPatch, stopped: float, message: list[str]
) -> None:
    world = _World(monkeypatch)
    world.connection.silent = 0.0 if stopped <= 15 else 99.0
    assert _look(world, stopped) == message


def test_a_connection_that_is_being_made_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.connection.silent = 99.0
    assert _look(world, stopped=99.0, held=[]) == []


def test_a_part_that_is_dead_breaks_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, silence_seconds=4.0)
    world.connection.silent = 99.0
    silences: list[int] = []

    def trouble(now: int, silence: int) -> str:
        silences.append(silence)
        return "no frame came"

    monkeypatch.setattr(world.stage._liveness, "trouble", trouble)
    assert _look(world) == ["no frame came"]
    assert silences == [4 * SECOND]


@pytest.mark.parametrize(
    ("ahead", "has_answered", "asked"),
    [(6.5, True, ["asked"]), (6.5, False, []), (5.5, True, []), (5.5, False, [])],
)
def test_only_whoever_answers_is_asked(
    monkeypatch: pytest.MonkeyPatch, ahead: float, has_answered: bool, asked: list[str]
) -> None:
    assert _look(_World(monkeypatch), ahead=ahead, has_answered=has_answered) == asked


def test_the_watch_warns_of_the_sessions_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, session_seconds=600)
    _look(world, ahead=490.0)
    assert world.notices == ["the session's limit of 10 min comes in 110 s"]


def test_answers_are_missed_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch, answer_seconds=10.0)
    since: list[int] = []

    def overdue(before: int) -> tuple[Any, ...]:
        since.append(before)
        return (SimpleNamespace(name="start"),)

    monkeypatch.setattr(world.stage._talk, "overdue", overdue)
    _look(world, ahead=2.0)
    assert since == [NOW + 3 + 2 * SECOND - 10 * SECOND]
    assert world.events[1:] == [
        UnknownMessage(NOW + 3 + 2 * SECOND, "unanswered", '{"command": "start"}')
    ]


# ---- uploads


def test_an_image_is_uploaded_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    announced: list[object] = []
    tries: list[object] = []
    world.stage._talk.uploaded = announced.append

    async def bring(image: object) -> Reference:
        tries.append(image)
        if len(tries) == 2:
            raise StageError("no store")
        return REFERENCE

    monkeypatch.setattr(world.stage._uploads, "upload", bring)

    async def go() -> None:
        await world.opened()
        await world.stage.send([Upload(IMAGE), Upload(IMAGE)])
        await _turns()
        assert world.events[1:] == [Uploaded(NOW + 3, IMAGE.sha256)]
        assert (tries, announced) == ([IMAGE], [REFERENCE])
        await world.stage.send([Upload(IMAGE)])
        await _turns()
        assert world.events[2:] == [UploadFailed(NOW + 3, IMAGE.sha256, "no store")]
        assert announced == [REFERENCE]
        assert world.stage._uploading == {}
        assert world.stage._tasks == set()

    asyncio.run(go())


# ---- closing


def test_closing_ends_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)

    async def go() -> None:
        await world.opened()
        task = world.stage._spawn(asyncio.Event().wait())
        await _turns()
        world.now(NOW + 51)
        await world.stage.close()
        assert task.cancelled()
        world.now(NOW + 99)
        await world.stage.close()
        with pytest.raises(ApiError, match="the run is over"):
            await world.stage._platform.ask("asking", "GET", "/")

    asyncio.run(go())
    assert world.did == ["meet", "watch", "hang up", "close"]
    assert world.stage.status == ConnectionStatus("disconnected", NOW + 51)
    assert (world.stage.measures().billed, world.stage.closing_trouble, world.notices) == (
        50,
        None,
        [],
    )


def test_a_session_that_is_not_open_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    world.stage._session.is_open = False
    asyncio.run(world.stage.close())
    assert world.did == ["hang up"]


def test_a_task_of_the_stage_may_close_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)

    async def go() -> None:
        await world.opened()
        await world.stage._spawn(world.stage.close())

    asyncio.run(go())
    assert world.did[-1] == "close"


async def _refuses() -> None:
    raise ApiError("ending the session: it is not ready", None, 503)


async def _hangs() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("closing", "trouble"),
    [(_refuses, "ending the session: it is not ready"), (_hangs, "no answer within 0 s")],
)
def test_a_session_that_stays_open_is_reported(
    monkeypatch: pytest.MonkeyPatch, closing: Callable[[], Awaitable[object]], trouble: str
) -> None:
    monkeypatch.setattr(module, "ENDING_SECONDS", 0.01)
    world = _World(monkeypatch)
    world.in_closing = closing
    asyncio.run(world.stage.close())
    assert world.stage.closing_trouble == trouble
    assert world.notices == [
        (
            f"the session could not be closed ({trouble}): it may run on, and be billed, until its "
            "timeout; "
            "Reactor's dashboard can end it"
        )
    ]
    assert world.stage.status.name == "disconnected"


# ---- clips


def test_a_clip_is_asked_for_and_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _World(monkeypatch)
    asked: list[tuple[float, float]] = []

    async def clip(seconds: float, patience: float) -> str:
        asked.append((seconds, patience))
        return "ready"

    async def fetch(*given: object) -> tuple[object, ...]:
        return given

    monkeypatch.setattr(world.stage._talk, "clip", clip)
    monkeypatch.setattr(module, "fetch", fetch)

    async def go() -> None:
        with pytest.raises(
            StageError, match="there is no connection to ask for a clip on"
        ) as raised:
            await world.stage.clip(2.0)
        assert raised.value.hint == "ask again when it is established"
        await world.opened()
        assert await world.stage.clip(2.0) == (world.stage._platform, world.stage._token, "ready")

    asyncio.run(go())
    assert asked == [(2.0, 60.0)]
