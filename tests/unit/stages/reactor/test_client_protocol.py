"""`ClientProtocol`: answers are matched to requests, late or lost ones are harmless, unknown
messages are kept, secrets not.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from sequencer.core.errors import StageError
from sequencer.events.codec import Event
from sequencer.events.commands import Pause, Reset, SchedulePrompt, SetConditioning, SetImage, Start
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    Paused,
    ResetDone,
    SessionEnded,
    StateReported,
    UnknownMessage,
)
from sequencer.stages.reactor.client_protocol import ClientProtocol
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    ClipFailed,
    ClipReady,
    CommandRequest,
    ErrorReply,
    Frame,
    ModelMessage,
    Moderation,
    Reference,
    Schema,
    ServerMessage,
    SessionClosed,
)
from sequencer.stages.wire.translation import HeliosClient
from sequencer.sync.run_clock import VirtualClock

REFERENCE = Reference("u1", "a.png", "image/png", 10)


class _Line:
    """A protocol, the frames that it sent, and the events that it delivered."""

    def __init__(self, wire: Wire = Wire.V1) -> None:
        self.clock = VirtualClock()
        self.events: list[Event] = []
        self.notices: list[str] = []
        self.sent: list[Frame] = []
        self.talk = ClientProtocol(
            self.clock,
            wire,
            HeliosClient(33),
            deliver=self.events.append,
            notice=self.notices.append,
        )
        self.talk.begin(self.sent.append)

    def receive(self, message: ServerMessage, channel: Channel = "data") -> None:
        frame = self.talk.wire.write_server(message, channel)
        assert frame is not None
        self.talk.on_frame(frame.channel, frame.payload)

    def commands(self) -> list[CommandRequest]:
        read = [self.talk.wire.read_client(one.channel, one.payload) for one in self.sent]
        return [one for one in read if isinstance(one, CommandRequest)]


def test_an_answer_is_no_acceptance() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    (sent,) = line.commands()
    line.receive(ModelMessage("command_error", {"command": "start", "reason": "no prompt"}))
    line.receive(Ack(sent.request))
    assert line.events == [CommandRefused(0, "start", "no prompt")]
    assert len(line.talk.latencies) == 1


def test_an_error_for_a_request_is_a_refusal_of_its_command() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    line.talk.command(SchedulePrompt("a", 4), {})
    line.receive(ErrorReply(line.commands()[1].request, "invalid_command", "chunk: not a number"))
    assert line.events == [
        CommandRefused(0, "schedule_prompt", "chunk: not a number (invalid_command)")
    ]


def test_late_repeated_and_foreign_answers_are_borne() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    request = line.commands()[0].request
    for _ in range(3):
        line.receive(Ack(request))
    line.receive(ErrorReply("r999", "x", "y"))
    line.receive(ErrorReply(request, "x", "y"))
    assert line.events == []


def test_a_command_that_is_never_answered_is_named_once() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    assert line.talk.overdue(0) == ()
    assert [one.name for one in line.talk.overdue(1)] == ["start"]
    assert line.talk.overdue(10**12) == ()


def test_a_reply_that_is_a_message_is_answer_and_event() -> None:
    line = _Line()
    line.talk.command(Start(), {})
    line.receive(
        ModelMessage(
            "chunk_complete", {"chunk_index": 2, "frames_emitted": 99}, line.commands()[0].request
        )
    )
    assert line.events == [ChunkDone(0, 2, 99, None)]
    assert line.talk.overdue(10**12) == ()


def test_an_answer_that_repeats_a_broadcast_is_not_read_again_whichever_command_it_answers() -> (
    None
):
    """Models from 1.x send everybody the message, and once more to each client whose command it
    answers.
    """
    line = _Line()
    for _ in range(3):
        line.talk.command(Pause(), {})
    paused = [
        ModelMessage("generation_paused", {"chunk_index": 4}, one.request)
        for one in line.commands()
    ]
    line.receive(ModelMessage("generation_paused", {"chunk_index": 4}))
    for answer in paused[:2]:
        line.receive(answer)
    assert line.events == [Paused(0, 4)]
    line.receive(ModelMessage("generation_paused", {"chunk_index": 5}))
    line.receive(ModelMessage("generation_paused", {"chunk_index": 5}, paused[2].request))
    assert line.events == [Paused(0, 4), Paused(0, 5)]
    line.talk.command(Pause(), {})
    line.receive(ModelMessage("generation_paused", {"chunk_index": 4}, line.commands()[3].request))
    assert line.events[2:] == [Paused(0, 4)], (
        "it was sent after that message, which cannot have answered it"
    )


def test_late_answers_to_resets_that_were_sent_again_repeat_their_broadcast() -> None:
    """A reset waits for the chunk that is being made. If that takes long, the reset is reported as
    unanswered and sent again; then one broadcast answers all of them.
    """
    line = _Line()
    for _ in range(3):
        line.talk.command(Reset(), {})
        assert len(line.talk.overdue(10**12)) == 1
    line.talk.command(Reset(), {})
    line.receive(ModelMessage("generation_reset", {}))
    for one in line.commands():
        line.receive(ModelMessage("generation_reset", {}, one.request))
    assert line.events == [ResetDone(0)]


def test_an_answer_on_a_new_connection_repeats_its_broadcast_too() -> None:
    line = _Line()
    line.talk.command(Reset(), {})
    line.talk.command(Reset(), {})
    line.talk.end()
    line.talk.begin(line.sent.append)
    line.receive(ModelMessage("generation_reset", {}))
    for one in line.commands():
        line.receive(ModelMessage("generation_reset", {}, one.request))
    assert line.events == [ResetDone(0)]
    line.receive(ModelMessage("generation_reset", {}, line.commands()[0].request))
    assert line.events == [ResetDone(0), ResetDone(0)], "a request is answered once"


def test_whole_numbers_come_as_doubles() -> None:
    line = _Line(Wire.V0)
    data = {"chunk_index": 2.0, "frames_emitted": 99.0, "active_prompt": "a"}
    line.talk.on_frame(
        "data",
        json.dumps({"scope": "application", "data": {"type": "chunk_complete", "data": data}}),
    )
    (done,) = line.events
    assert isinstance(done, ChunkDone)
    assert (done.chunk, done.frames) == (2, 99)
    assert isinstance(done.chunk, int)


def test_text_reaches_a_client_of_wire_v1_too_and_proves_nothing() -> None:
    line = _Line()
    state = {"running": False, "started": False, "current_chunk": 0.0, "current_prompt": None}
    line.talk.on_frame(
        "data", json.dumps({"scope": "application", "data": {"type": "state", "data": state}})
    )
    assert isinstance(line.events[0], StateReported)
    assert not line.talk.understood.is_set()
    line.talk.greet()
    line.receive(Schema({}, "r1"), "control")
    assert line.talk.understood.is_set()


def test_uploads_travel_beside_the_data() -> None:
    line = _Line()
    line.talk.command(SetConditioning("a", "f" * 64), {"f" * 64: REFERENCE})
    (sent,) = line.commands()
    assert sent.data == {"prompt": "a"}
    assert sent.uploads == (("image", REFERENCE),)
    line.talk.command(SetImage("0" * 64), {})
    assert line.events == [CommandRefused(0, "set_image", "image was not uploaded")]


def test_what_cannot_be_sent_is_refused() -> None:
    line = _Line()

    def fail(_: Frame) -> None:
        raise StageError("the message cannot be sent: too large")

    line.talk.begin(fail)
    line.talk.command(SchedulePrompt("a", 1), {})
    assert line.events == [
        CommandRefused(0, "schedule_prompt", "the message cannot be sent: too large")
    ]
    line.talk.end()
    line.talk.command(SchedulePrompt("a", 1), {})
    assert line.events[-1] == CommandRefused(0, "schedule_prompt", "the connection is lost")


def test_unknown_messages_are_kept_without_what_is_secret_in_them() -> None:
    line = _Line()
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"
    line.receive(
        ModelMessage(
            "weather",
            {
                "url": "https://store.example/a/b?X-Signature=abc&k=1",
                "jwt": jwt,
                "key": "rk_live_1",
            },
        )
    )
    (kept,) = line.events
    assert isinstance(kept, UnknownMessage)
    assert kept.message == "weather"
    assert "https://store.example/a/b?…" in kept.data
    for secret in ("abc", jwt, "rk_live_1"):
        assert secret not in kept.data
    line.talk.on_frame("data", b"\xff\xff\xff")
    assert isinstance(line.events[-1], UnknownMessage)
    assert line.events[-1].message == "malformed"
    line.talk.on_frame(
        "data",
        '{"scope": "runtime", "data": {"type": "mediaStats", "data": {"video": {"aggregateQos": 9}}}}',
    )
    assert isinstance(line.events[-1], UnknownMessage)
    assert line.events[-1].message == "mediaStats"


def test_the_end_and_verdicts_of_moderation() -> None:
    line = _Line()
    line.receive(Moderation("warn", "prompt", "set_prompt", ("violence",), "careful"), "control")
    assert line.notices == ["moderation warns of set_prompt (violence): careful"]
    line.receive(Moderation("terminate", "image", "", (), "no"), "control")
    line.receive(SessionClosed("time is up"), "control")
    ends = [one for one in line.events if isinstance(one, SessionEnded)]
    assert "because of image (no category): no" in ends[0].reason
    assert ends[1] == SessionEnded(0, "time is up")


@pytest.mark.parametrize("wire", [Wire.V0, Wire.V1])
def test_clips_are_matched_by_id_or_first_in_first_out(wire: Wire) -> None:
    async def go() -> None:
        line = _Line(wire)
        first = asyncio.create_task(line.talk.clip(3.0, 5.0))
        second = asyncio.create_task(line.talk.clip(5.0, 5.0))
        await asyncio.sleep(0)
        requests = ("r1", "r2") if wire is Wire.V1 else ("", "")
        line.receive(ClipReady("rec", "snap", 1.0, 4.0, 4.0, 0, "/clips?x", requests[0]), "control")
        line.receive(ClipFailed("no media generated yet", requests[1]), "control")
        assert (await first).end == 4.0
        with pytest.raises(StageError, match="no media generated yet"):
            await second

    asyncio.run(go())


def test_a_clip_is_not_waited_for_beyond_its_connection() -> None:
    async def go() -> None:
        line = _Line()
        task = asyncio.create_task(line.talk.clip(3.0, 5.0))
        await asyncio.sleep(0)
        line.talk.end()
        with pytest.raises(StageError, match="connection broke"):
            await task

    asyncio.run(go())
