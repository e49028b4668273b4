"""Fuzz targets for protocol frames, from either side."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sequencer.events.codec import Event, event_from_json, event_to_json
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.helios.commands import read_command
from sequencer.stages.wire.helios.model_messages import HeliosReader
from sequencer.stages.wire.messages import (
    Channel,
    CommandRequest,
    Malformed,
    ModelMessage,
    UnknownFrame,
)
from tests.fuzz.promises import BrokenError, text_of


def wire_frame(data: bytes) -> None:
    """Read a frame.

    The first byte chooses protocol and channel. What is read can be written again, its events
    journaled.
    """
    if not data:
        return
    choice, payload = data[0], data[1:]
    channel: Channel = "control" if choice & 1 else "data"
    frame: str | bytes = text_of(payload) if choice & 2 else payload
    wire = Wire.V0 if choice & 4 else Wire.V1
    codec_for(frame)
    reader = HeliosReader()
    server = wire.read_server(channel, frame)
    match server:
        case ModelMessage():
            for event in reader.read(server.type, server.data, 7):
                journaled(event)
        case UnknownFrame() | Malformed():
            pass
        case _:
            for other in Wire:
                other.write_server(server, channel)
    client = wire.read_client(channel, frame)
    if isinstance(client, CommandRequest):
        read_command(client.type, client.data)
    if not isinstance(client, UnknownFrame | Malformed):
        for other in Wire:
            out = other.write_client(client)
            again = other.read_client(out.channel, out.payload)
            if isinstance(again, Malformed):
                raise BrokenError(
                    f"{client!r} was written as {out!r}, which does not read: {again.reason}"
                )


def journaled(event: Event) -> None:
    line = json.dumps(event_to_json(event), ensure_ascii=False).encode()
    if event_from_json(json.loads(line)) != event:
        raise BrokenError(f"{event!r} came back from the journal as another one")


def frames() -> Iterator[bytes]:
    from sequencer.events.commands import SchedulePrompt, SetImageStrength
    from sequencer.stages.wire.helios.commands import write_command
    from sequencer.stages.wire.messages import (
        Ack,
        ClipReady,
        ClipRequest,
        ErrorReply,
        Moderation,
        Ping,
        Reference,
        Schema,
        SessionClosed,
        TrackRequest,
    )

    state = {
        "running": True,
        "started": True,
        "current_frame": 33.0,
        "current_chunk": 1,
        "scheduled_prompts": {"4": "a"},
    }
    servers = (
        ModelMessage("state", state),
        ModelMessage("event", {"event": "prompt_switched", "chunk": 3, "new_prompt": "b"}),
        ModelMessage(
            "chunk_complete", {"chunk_index": 3, "frames_emitted": 132, "active_prompt": "a"}, "r1"
        ),
        Ack("r2"),
        ErrorReply("r3", "code", "why"),
        Schema({"paths": {}}, "r4"),
        ClipReady("id", "snap", 1.0, 2.5, 3.0, 5, "/clips?a", "r5"),
        Moderation("warn", "prompt", "set_prompt", ("a", "b"), "no"),
        SessionClosed("over"),
    )
    reference = Reference("u", "a.png", "image/png", 5)
    clients = (
        CommandRequest(*write_command(SchedulePrompt("a", 4)), request="r1"),
        CommandRequest(*write_command(SetImageStrength(0.5))),
        CommandRequest("set_image", {}, (("image", reference),), "r2"),
        Ping(),
        ClipRequest(3.0, "r3"),
        TrackRequest("publish", "a", "r4"),
        TrackRequest("resume", "main_video"),
    )
    for wire in Wire:
        frames = [wire.write_server(one, "data") for one in servers] + [
            wire.write_client(one) for one in clients
        ]
        for frame in frames:
            if frame is not None:
                text = isinstance(frame.payload, str)
                payload = (
                    frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
                )
                yield bytes(((frame.channel == "control") | text * 6,)) + payload
