"""`ClientProtocol` in detail: request ids, latencies, repeated answers, clips, moderation; and what
counts as alive.
"""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.core.timebase import SECOND
from sequencer.events.codec import Event
from sequencer.events.commands import Pause, SetConditioning, Start
from sequencer.events.events import ChunkDone, CommandRefused, SessionEnded, UnknownMessage
from sequencer.stages.reactor.client_protocol import ClientProtocol, PendingRequest, PendingRequests
from sequencer.stages.reactor.clips import Clip, clip_problem, fetch
from sequencer.stages.reactor.liveness import Liveness, awake_ns
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.helios.model_messages import MAX_UNKNOWN
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    ClipFailed,
    ClipReady,
    ClipRequest,
    CommandRequest,
    Data,
    ErrorReply,
    FileUploaded,
    Frame,
    ModelMessage,
    Moderation,
    Reference,
    Schema,
    SchemaRequest,
    ServerMessage,
    SessionClosed,
    TrackPublished,
)
from sequencer.stages.wire.translation import HeliosClient
from sequencer.sync.run_clock import VirtualClock

REFERENCE = Reference("u1", "a.png", "image/png", 10)


class _Line:
    """A protocol that began at nanosecond 5, the frames that it sent, and the events that it
    delivered.
    """

    def __init__(self, wire: Wire = Wire.V1) -> None:
        self.clock = VirtualClock(5)
        self.events: list[Event] = []
        self.notices: list[str] = []
        self.sent: list[Frame] = []
        self.came: list[int] = []
        self.talk = ClientProtocol(
            self.clock,
            wire,
            HeliosClient(33),
            deliver=self.events.append,
            notice=self.notices.append,
            came=self.came.append,
        )
        self.talk.begin(self.sent.append)

    def receive(self, message: ServerMessage, channel: Channel = "data") -> None:
        frame = self.talk.wire.write_server(message, channel)
        assert frame is not None
        self.talk.on_frame(frame.channel, frame.payload)

    def sent_messages(self) -> list[object]:
        return [self.talk.wire.read_client(one.channel, one.payload) for one in self.sent]

    def late(self) -> list[str]:
        """Return the names of the unanswered requests."""
        return [one.name for one in self.talk.overdue(10**18)]


# ---- ids and answers


def test_each_question_has_an_id_of_its_own() -> None:
    answers = PendingRequests()
    assert [answers.ask("a", 3), answers.ask("b", 4), answers.ask("c", 4)] == ["r1", "r2", "r3"]
    assert answers.answered("r2", 14) == PendingRequest("b", 4)
    assert answers.answered("r2", 15) is None
    assert answers.answered("", 15) is None
    assert answers.latencies == [10]
    assert answers.overdue(4) == (PendingRequest("a", 3),)
    assert answers.overdue(5) == (PendingRequest("c", 4),)
    assert answers.overdue(99) == ()


def test_the_last_thousand_latencies_are_kept() -> None:
    answers = PendingRequests()
    for number in range(1200):
        answers.answered(answers.ask("a", 0), number)
    assert answers.latencies == list(range(200, 1200))


def test_a_connection_that_is_gone_answers_nothing() -> None:
    answers = PendingRequests()
    request = answers.ask("a", 0)
    answers.forget()
    assert answers.answered(request, 1) is None
    assert answers.overdue(99) == ()
    assert answers.ask("a", 0) == "r2", "ids are never used again"


def test_requests_that_were_given_up_are_unanswered_until_they_are_answered() -> None:
    answers = PendingRequests()
    for at in range(3):
        answers.ask("a", at)
    answers.overdue(1)
    assert answers.unanswered == {"r1", "r2", "r3"}
    answers.forget()
    assert answers.unanswered == {"r1", "r2", "r3"}
    assert answers.answered("r1", 9) is None
    assert answers.unanswered == {"r2", "r3"}
    for at in range(3, 200):
        answers.ask("a", at)
    answers.overdue(10**9)
    assert answers.unanswered == {f"r{number}" for number in range(137, 201)}


def test_only_wire_v1_answers_commands() -> None:
    for wire, request in ((Wire.V1, "r1"), (Wire.V0, "")):
        line = _Line(wire)
        line.talk.command(Start(), {})
        assert line.sent_messages() == [CommandRequest("start", {}, (), request)]
        assert line.late() == (["start"] if request else [])


def test_latencies_are_from_a_command_to_its_answer() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    line.clock._now = 12
    line.receive(Ack("r1"))
    assert list(line.talk.latencies) == [7]


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        (Ack("r1"), "data"),
        (ModelMessage("generation_reset", {}, "r1"), "data"),
        (Schema({}, "r1"), "control"),
        (ClipReady("", "", 0.0, 1.0, 1.0, 0, "/p", "r1"), "control"),
        (ClipFailed("no", "r1"), "control"),
        (TrackPublished("v", "r1"), "control"),
        (ErrorReply("r1", "code", "message"), "data"),
    ],
)
def test_whatever_answers_a_question_closes_it(message: ServerMessage, channel: Channel) -> None:
    line = _Line()
    line.talk.command(Pause(), {})
    line.receive(message, channel)
    assert line.late() == []


def test_a_schema_without_an_id_answers_the_last_question_for_one() -> None:
    line = _Line(Wire.V0)
    assert not line.talk.has_answered
    line.talk.greet()
    line.receive(Schema({}))
    assert line.talk.has_answered
    assert line.late() == []


def test_requesting_a_keepalive_never_fails() -> None:
    line = _Line()
    line.talk.ask_again()
    assert line.sent_messages() == [SchemaRequest("r1")]
    line.talk.end()
    line.talk.ask_again()
    assert len(line.sent) == 1


def test_the_time_of_each_message_is_passed_on() -> None:
    line = _Line()
    for now in (6, 9):
        line.clock._now = now
        line.talk.on_frame("data", b"\xff")
    assert line.came == [6, 9]


@pytest.mark.parametrize(
    ("wire", "payload", "is_understood"),
    [
        (Wire.V1, "{}", False),
        (Wire.V1, b"\xff", True),
        (Wire.V0, "{}", True),
        (Wire.V0, b"{}", True),
    ],
)
def test_what_shows_that_the_other_side_understands(
    wire: Wire, payload: str | bytes, is_understood: bool
) -> None:
    line = _Line(wire)
    line.talk.on_frame("data", payload)
    assert line.talk.understood.is_set() is is_understood
    line.talk.begin(line.sent.append)
    assert not line.talk.understood.is_set(), "another connection has to show it anew"


# ---- commands


def test_a_command_that_was_not_sent_is_not_waited_for() -> None:
    line = _Line()
    line.talk.end()
    line.talk.command(Start(), {})
    assert line.events == [CommandRefused(5, "start", "the connection is lost")]
    assert line.late() == []


def test_an_image_that_was_not_uploaded_is_refused() -> None:
    line = _Line()
    line.talk.command(SetConditioning("a", "f"), {"e": REFERENCE})
    assert line.events == [CommandRefused(5, "set_conditioning", "image was not uploaded")]
    assert line.sent == []
    line.talk.command(SetConditioning("a", "f"), {"f": REFERENCE})
    assert line.sent_messages() == [
        CommandRequest("set_conditioning", {"prompt": "a"}, (("image", REFERENCE),), "r1")
    ]


def test_an_upload_is_announced_where_it_can_be() -> None:
    line = _Line()
    line.talk.uploaded(REFERENCE)
    assert line.sent_messages() == [FileUploaded(REFERENCE)]
    line.talk.end()
    line.talk.uploaded(REFERENCE)
    assert line.notices == ["the notice of an upload was not sent: the connection is lost"]


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [("c", "m", "m (c)"), ("c", "", "c (c)"), ("", "m", "m"), ("", "", "")],
)
def test_a_failure_is_a_refusal_with_its_reason(code: str, message: str, reason: str) -> None:
    line = _Line()
    line.talk.command(Pause(), {})
    line.receive(ErrorReply("r1", code, message))
    assert line.events == [CommandRefused(5, "pause", reason)]


def test_a_schema_that_is_refused_is_no_refusal() -> None:
    line = _Line()
    line.talk.greet()
    line.receive(ErrorReply("r1", "c", "m"), "control")
    line.receive(ErrorReply("r9", "c", "m"), "control")
    assert line.events == []


# ---- messages of the model


def chunk(number: int) -> Data:
    return {"chunk_index": number, "frames_emitted": 33}


def test_an_answer_that_repeats_a_message_is_no_second_event() -> None:
    line = _Line()
    for request, events in (("", 1), ("r7", 1), ("r8", 2), ("", 3), ("", 4), ("r9", 4)):
        line.receive(ModelMessage("chunk_complete", chunk(3), request))
        assert len(line.events) == events
    line.receive(ModelMessage("chunk_complete", chunk(4), "r10"))
    done = line.events[-1]
    assert isinstance(done, ChunkDone)
    assert done.chunk == 4


def test_only_the_last_messages_are_known_again() -> None:
    line = _Line()
    for number in range(17):
        line.receive(ModelMessage("weather", {"n": number}))
    line.receive(ModelMessage("weather", {"n": 1}, "r1"))
    assert len(line.events) == 17
    line.receive(ModelMessage("weather", {"n": 0}, "r2"))
    assert len(line.events) == 18


def test_unknown_data_is_cut_after_its_secrets_are_struck_out() -> None:
    line = _Line()
    data = {"a": "https://store.example/x?" + "s" * MAX_UNKNOWN, "b": "ü" * 2 * MAX_UNKNOWN}
    for scope in ("application", "runtime"):
        line.talk.on_frame(
            "data", json.dumps({"scope": scope, "data": {"type": "weather", "data": data}})
        )
    shown = '{"a": "https://store.example/x?…", "b": "'
    first, second = line.events
    assert isinstance(first, UnknownMessage)
    assert (first.at, first.message) == (5, "weather")
    assert "sss" not in first.data
    assert len(first.data) <= MAX_UNKNOWN
    assert second == UnknownMessage(5, "weather", shown + "ü" * (MAX_UNKNOWN - len(shown)))


def test_what_cannot_be_read_is_kept() -> None:
    line = _Line()
    line.talk.on_frame("data", "{never")
    (event,) = line.events
    assert isinstance(event, UnknownMessage)
    assert (event.at, event.message) == (5, "malformed")
    assert json.loads(event.data)["beginning"] == "{never"
    assert json.loads(event.data)["reason"].startswith("not JSON")
    assert list(json.loads(event.data)) == ["beginning", "reason"]


def test_foreign_messages_are_kept() -> None:
    line = _Line(Wire.V0)
    line.talk.on_frame(
        "data", '{"scope": "runtime", "data": {"type": "stats", "data": {"b": 1, "a": "é"}}}'
    )
    assert line.events == [UnknownMessage(5, "stats", '{"a": "é", "b": 1}')]


def test_an_end_without_a_reason_has_one() -> None:
    line = _Line()
    line.receive(SessionClosed(""))
    line.receive(SessionClosed("time is up"))
    assert line.events == [
        SessionEnded(5, "the platform ended the session"),
        SessionEnded(5, "time is up"),
    ]


@pytest.mark.parametrize(
    ("verdict", "what"),
    [
        (("image", "set_image", ("a", "b"), "no"), "set_image (a, b): no"),
        (("image", "", ("a",), "no"), "image (a): no"),
        (("", "", (), ""), "an input (no category): "),
    ],
)
def test_moderation_is_reported_in_words(verdict: Any, what: str) -> None:
    line = _Line()
    line.receive(Moderation("warn", *verdict), "control")
    assert line.notices == [f"moderation warns of {what}"]
    (kept,) = line.events
    assert isinstance(kept, UnknownMessage)
    kind, command, categories, message = verdict
    assert (kept.at, kept.message, json.loads(kept.data)) == (
        5,
        "moderation",
        {
            "action": "warn",
            "input_kind": kind,
            "command": command,
            "categories": list(categories),
            "message": message,
        },
    )
    line.receive(Moderation("terminate", *verdict), "control")
    assert line.events[2:] == [SessionEnded(5, f"moderation ended the session because of {what}")]
    assert len(line.notices) == 1


# ---- clips


def ready(request: str = "") -> ClipReady:
    return ClipReady("rec", "snap", 1.0, 4.0, 4.0, 0, "/clips", request)


def test_a_clip_is_answered_by_its_id_whatever_comes_first() -> None:
    async def go() -> None:
        line = _Line()
        first, second = (
            asyncio.create_task(line.talk.clip(seconds, 5.0)) for seconds in (3.0, 5.0)
        )
        await asyncio.sleep(0)
        assert line.sent_messages() == [ClipRequest(3.0, "r1"), ClipRequest(5.0, "r2")]
        line.receive(ClipFailed("no", "r9"), "control")
        line.receive(ready("r2"), "control")
        assert await second == ready("r2")
        assert not first.done()
        line.receive(ErrorReply("r1", "c", "recorder disabled"), "control")
        with pytest.raises(StageError, match="the platform provides no clip: recorder disabled"):
            await first
        assert not line.talk._clips
        line.receive(ready("r1"), "control")
        assert line.events == []

    asyncio.run(go())


def test_a_clip_that_nobody_waits_for_any_more_is_passed_over() -> None:
    async def go() -> None:
        line = _Line(Wire.V0)
        with pytest.raises(
            StageError, match="the platform did not answer the request for a clip within 0 s"
        ):
            await line.talk.clip(3.0, 0.01)
        assert len(line.talk._clips) == 1
        other = asyncio.create_task(line.talk.clip(3.0, 5.0))
        await asyncio.sleep(0)
        line.receive(ready())
        await asyncio.sleep(0)
        assert not other.done(), "the first answer is the first question's"
        line.receive(ready())
        assert await other == ready()

    asyncio.run(go())


def test_clips_that_are_waited_for_end_with_the_connection() -> None:
    async def go() -> None:
        line = _Line()
        tasks = [asyncio.create_task(line.talk.clip(seconds, 5.0)) for seconds in (3.0, 5.0)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        line.talk.end()
        with pytest.raises(
            StageError, match="the connection broke before the clip arrived"
        ) as raised:
            await tasks[1]
        assert raised.value.hint == "request it again"
        assert line.late() == []

    asyncio.run(go())


@pytest.mark.parametrize(
    ("answer", "reason", "hint"),
    [
        (
            ClipFailed("no media generated yet"),
            "no media generated yet",
            "there is one after the first chunk",
        ),
        (ClipFailed("out of luck"), "out of luck", None),
        (ErrorReply("r", "c", "m"), "m", None),
        (ErrorReply("r", "c", ""), "c", None),
        (ErrorReply("r", "RECORDER_DISABLED", ""), "RECORDER_DISABLED", "reactor.yaml"),
        (ClipFailed("recorder disabled"), "recorder disabled", "start the runtime with --record"),
    ],
)
def test_why_there_is_no_clip(
    answer: ClipFailed | ErrorReply, reason: str, hint: str | None
) -> None:
    error = clip_problem(answer)
    assert error.message == f"the platform provides no clip: {reason}"
    assert error.hint is None if hint is None else hint in str(error.hint)
    if hint == "there is one after the first chunk":
        assert error.hint == hint


class _Fetched:
    """A platform that serves a clip in two parts, and records the requests."""

    base = "https://x.test/api"

    def __init__(self, *answers: tuple[int, bytes, float | None]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[object, ...]] = []

    async def fetch(self, *given: object) -> tuple[int, bytes, float | None]:
        self.asked.append(given)
        return self.answers.pop(0)


def test_a_clip_is_fetched_part_by_part() -> None:
    playlist = (
        '#EXTM3U\n#EXT-X-MAP:BYTERANGE="1",URI="init.mp4"\n#EXTINF:1,\na.m4s?\u00e9\n\n/b.m4s\n'
    )
    platform: Any = _Fetched(
        (200, playlist.encode(), None), (200, b"i", None), (200, b"aa", None), (200, b"b", None)
    )
    proofs = iter(range(9))

    async def headers() -> dict[str, str]:
        return {"n": str(next(proofs))}

    token: Any = SimpleNamespace(headers=headers)
    clip = asyncio.run(
        fetch(platform, token, ClipReady("", "", 1.5, 3.0, 4.0, 0, "clips/list?x=1"))
    )
    assert clip == Clip(b"iaab", 1.5, 3.0)
    what, where = "fetching the clip", "https://x.test/api/clips"
    assert platform.asked == [
        (what, f"{where}/list?x=1", {"n": "0"}, 2**20),
        (what, f"{where}/init.mp4", {"n": "1"}, 2**28),
        (what, f"{where}/a.m4s?\u00e9", {"n": "2"}, 2**28 - 1),
        (what, "https://x.test/b.m4s", {"n": "3"}, 2**28 - 3),
    ]


# ---- keep-alives


def test_a_message_is_missed_after_six_seconds() -> None:
    live = Liveness()
    live.connected(SECOND)
    assert not live.should_ask(7 * SECOND)
    assert live.should_ask(7 * SECOND + 1)
    assert live.trouble(11 * SECOND + 1, 4 * SECOND) is None
    assert live.trouble(11 * SECOND + 2, 4 * SECOND) == "no message came for 10 s"
    live.connected(12 * SECOND)
    assert live.trouble(60 * SECOND, 4 * SECOND) is None, (
        "on another connection nothing was asked yet"
    )
    assert live.should_ask(19 * SECOND)


def test_a_frame_is_missed_after_four_seconds_and_three_chunks() -> None:
    live = Liveness()
    live.connected(0)
    live.frame(SECOND)
    for chunks in range(3):
        assert live.trouble(99 * SECOND, SECOND) is None, chunks
        live.chunk()
    assert live.trouble(5 * SECOND, SECOND) is None
    assert live.trouble(5 * SECOND + 1, SECOND) == "no frame came for 4 s, though chunks were made"
    live.frame(6 * SECOND)
    assert live.trouble(99 * SECOND, SECOND) is None
    for _ in range(3):
        live.chunk()
    live.connected(7 * SECOND)
    for _ in range(3):
        live.chunk()
    assert live.trouble(99 * SECOND, SECOND) is None, "no frame came on this connection"


def test_time_awake_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr("time.CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: 100 + clock, raising=False)
    assert awake_ns() == 107
    monkeypatch.delattr("time.CLOCK_BOOTTIME")
    assert abs(awake_ns() - time.monotonic_ns()) < 60 * SECOND
