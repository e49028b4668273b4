"""Both wires, from both ends: captured frames, every message encoded and decoded, and invalid data
that must not raise.
"""

import json
import math
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.stages.wire import v0, v1
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    ClientMessage,
    ClipFailed,
    ClipReady,
    ClipRequest,
    CommandRequest,
    ErrorReply,
    FileUploaded,
    Frame,
    Malformed,
    ModelMessage,
    Moderation,
    Ping,
    RecordingRequest,
    Reference,
    Schema,
    SchemaRequest,
    ServerMessage,
    SessionClosed,
    TrackPublished,
    TrackRequest,
    UnknownFrame,
)

RED = Reference("u1", "red.png", "image/png", 111)

CONDITIONING = (
    "0a026432100152480a107365745f636f6e646974696f6e696e67120f0a0d0a0670726f6d707412031a01781a230a05696d616765"
    "121a0a02753112077265642e706e671a09696d6167652f706e67206f"
)
CLIENT: list[tuple[ClientMessage, Channel, object, str]] = [
    (
        CommandRequest("set_prompt", {"prompt": "a red field"}, request="d1"),
        "data",
        {"scope": "application", "data": {"type": "set_prompt", "data": {"prompt": "a red field"}}},
        "0a026431100152270a0a7365745f70726f6d707412190a170a0670726f6d7074120d1a0b6120726564206669656c64",
    ),
    (
        CommandRequest("set_conditioning", {"prompt": "x"}, (("image", RED),), "d2"),
        "data",
        {
            "scope": "application",
            "data": {
                "type": "set_conditioning",
                "data": {"prompt": "x"},
                "uploads": {
                    "image": {
                        "upload_id": "u1",
                        "name": "red.png",
                        "mime_type": "image/png",
                        "size": 111,
                    }
                },
            },
        },
        CONDITIONING,
    ),
    (Ping(), "control", {"scope": "runtime", "data": {"type": "ping", "data": {}}}, "10035200"),
    (
        FileUploaded(RED),
        "control",
        {
            "scope": "runtime",
            "data": {
                "type": "fileUploaded",
                "data": {
                    "upload_id": "u1",
                    "name": "red.png",
                    "mime_type": "image/png",
                    "size": 111,
                },
            },
        },
        "1003621a0a02753112077265642e706e671a09696d6167652f706e67206f",
    ),
    (
        SchemaRequest("c1"),
        "control",
        {"scope": "runtime", "data": {"type": "requestSchema", "data": {}}},
        "0a02633110015a00",
    ),
    (
        ClipRequest(3.0, "c2"),
        "control",
        {"scope": "runtime", "data": {"type": "requestClip", "data": {"duration_seconds": 3.0}}},
        "0a02633210016a09090000000000000840",
    ),
    (
        RecordingRequest("c3"),
        "control",
        {"scope": "runtime", "data": {"type": "requestRecording", "data": {}}},
        "0a02633310017200",
    ),
    (
        TrackRequest("resume", "main_video"),
        "control",
        {"type": "notification", "event": "resume_track", "data": {"name": "main_video"}},
        "10038a010c0a0a6d61696e5f766964656f",
    ),
    (
        TrackRequest("pause", "main_video"),
        "control",
        {"type": "notification", "event": "pause_track", "data": {"name": "main_video"}},
        "100382010c0a0a6d61696e5f766964656f",
    ),
    (
        TrackRequest("unpublish", "webcam"),
        "control",
        {"type": "notification", "event": "unpublish_track", "data": {"name": "webcam"}},
        "100392010" + "80a0677656263616d",
    ),
    (
        TrackRequest("publish", "webcam", "ctrl_1"),
        "control",
        {
            "type": "request",
            "method": "publish_track",
            "request_id": "ctrl_1",
            "data": {"name": "webcam"},
        },
        "0a066374726c5f3110017a080a0677656263616d",
    ),
]

CLIP = ClipReady(
    "r1", "snap", 6.6, 9.6, 9.6, 1795221782015, "/clips?session_id=r1&start=6.600&end=9.600", "c2"
)


def platform(name: str, data: object) -> object:
    """Return a platform message in v0."""
    return {"scope": "runtime", "data": {"type": name, "data": data}}


SERVER: list[tuple[ServerMessage, Channel, object]] = [
    (
        ModelMessage("command_error", {"command": "start", "reason": "no prompt at chunk 0"}),
        "data",
        {
            "scope": "application",
            "data": {
                "type": "command_error",
                "data": {"command": "start", "reason": "no prompt at chunk 0"},
            },
        },
    ),
    (
        ModelMessage("generation_reset", {}),
        "data",
        {"scope": "application", "data": {"type": "generation_reset", "data": {}}},
    ),
    (Schema({"openapi": "3.1.0"}, "c1"), "control", platform("modelSchema", {"openapi": "3.1.0"})),
    (
        CLIP,
        "control",
        {
            "scope": "runtime",
            "data": {
                "type": "clipReady",
                "data": {
                    "session_id": "r1",
                    "kind": "snap",
                    "start_marker": 6.6,
                    "end_marker": 9.6,
                    "now_marker": 9.6,
                    "predicted_ready_at_ms": 1795221782015,
                    "playlist_url": "/clips?session_id=r1&start=6.600&end=9.600",
                },
            },
        },
    ),
    (ClipFailed("nothing yet", "c2"), "control", platform("clipFailed", {"reason": "nothing yet"})),
    (
        Moderation("warn", "text", "set_prompt", ("violence",), "mind it"),
        "control",
        {
            "scope": "runtime",
            "data": {
                "type": "moderation",
                "data": {
                    "action": "warn",
                    "input_kind": "text",
                    "command": "set_prompt",
                    "categories": ["violence"],
                    "message": "mind it",
                },
            },
        },
    ),
    (
        TrackPublished("webcam", "ctrl_1"),
        "control",
        {"type": "response", "method": "publish_track", "request_id": "ctrl_1", "data": {}},
    ),
    (
        SessionClosed("the test is over"),
        "control",
        platform("sessionEnded", {"reason": "the test is over"}),
    ),
]


@pytest.mark.parametrize(("message", "channel", "json_value", "hex_value"), CLIENT)
def test_a_clients_message_on_both_wires(
    message: ClientMessage, channel: Channel, json_value: object, hex_value: str
) -> None:
    text = Wire.V0.write_client(message)
    assert isinstance(text.payload, str)
    assert json.loads(text.payload) == json_value
    assert text.channel == ("control" if isinstance(message, TrackRequest) else "data")
    frame = Wire.V1.write_client(message)
    assert frame == Frame(channel, bytes.fromhex(hex_value))
    assert Wire.V1.read_client(channel, bytes.fromhex(hex_value)) == message
    assert codec_for(text.payload) is codec_for(text.payload.encode()) is Wire.V0
    assert codec_for(frame.payload) is Wire.V1


def without_request(message: object) -> object:
    """Return a message as v0 carries it: v0 has no field for ids, except those of `publish`."""
    match message:
        case CommandRequest():
            return CommandRequest(message.type, message.data, message.uploads)
        case SchemaRequest():
            return SchemaRequest()
        case ClipRequest():
            return ClipRequest(message.seconds)
        case RecordingRequest():
            return RecordingRequest()
        case Schema():
            return Schema(message.openapi)
        case ClipReady():
            return ClipReady(
                message.recording,
                message.what,
                message.start,
                message.end,
                message.now,
                message.ready_at_ms,
                message.playlist_url,
            )
        case ClipFailed():
            return ClipFailed(message.reason)
        case ModelMessage():
            return ModelMessage(message.type, message.data)
        case TrackPublished():
            return TrackPublished("", message.request)
        case _:
            return message


@pytest.mark.parametrize("message", [one[0] for one in CLIENT])
def test_v0_reads_what_a_client_writes(message: ClientMessage) -> None:
    frame = Wire.V0.write_client(message)
    assert Wire.V0.read_client(frame.channel, frame.payload) == without_request(message)


@pytest.mark.parametrize(("message", "channel", "value"), SERVER)
def test_a_runtimes_message_on_both_wires(
    message: ServerMessage, channel: Channel, value: object
) -> None:
    text = Wire.V0.write_server(message)
    assert text is not None
    assert isinstance(text.payload, str)
    assert json.loads(text.payload) == value
    assert Wire.V0.read_server(text.channel, text.payload) == without_request(message)
    assert Wire.V1.read_server(text.channel, text.payload) == without_request(
        message
    )  # before a client has sent anything
    frame = Wire.V1.write_server(message)
    assert frame is not None
    assert frame.channel == channel
    assert Wire.V1.read_server(channel, frame.payload) == message


def test_answers_as_they_were_captured() -> None:
    assert Wire.V1.read_server("data", bytes.fromhex("0a0264311002")) == Ack("d1")
    refused = (
        "0a0264331002c202220a0f696e76616c69645f636f6d6d616e64120f756e6b6e6f776e20636f6d6d616e64"
    )
    assert Wire.V1.read_server("data", bytes.fromhex(refused)) == ErrorReply(
        "d3", "invalid_command", "unknown command"
    )
    clip = "0a026336100262180a166e6f206d656469612067656e65726174656420796574"
    assert Wire.V1.read_server("control", bytes.fromhex(clip)) == ClipFailed(
        "no media generated yet", "c6"
    )
    assert Wire.V1.write_server(Ack("d1")) == Frame("data", bytes.fromhex("0a0264311002"))
    assert Wire.V1.write_server(ErrorReply("d3", "invalid_command", "unknown command")) == Frame(
        "data", bytes.fromhex(refused)
    )
    assert Wire.V1.write_server(ClipFailed("no media generated yet", "c6")) == Frame(
        "control", bytes.fromhex(clip)
    )
    assert Wire.V0.write_server(Ack("d1")) is None
    assert Wire.V0.write_server(ErrorReply("d3", "invalid_command", "unknown command")) is None


def test_a_refused_track_is_reported_in_both_protocols() -> None:
    refused = ErrorReply("ctrl_1", "publish_refused", "no such track")
    for wire in Wire:
        frame = wire.write_server(refused, "control")
        assert frame is not None
        assert frame.channel == "control"
        assert wire.read_server("control", frame.payload) == refused


def test_whole_numbers_come_back_whole() -> None:
    data = {
        "chunk_index": 33,
        "strength": 0.5,
        "big": 2**53 + 2,
        "scheduled_prompts": {"0": "a"},
        "list": [1, True, None],
    }
    for wire in Wire:
        frame = wire.write_server(ModelMessage("state", data))
        assert frame is not None
        read = wire.read_server("data", frame.payload)
        assert isinstance(read, ModelMessage)
        assert read.data == data
        assert type(read.data["chunk_index"]) is int
    doubles = '{"scope":"application","data":{"type":"state","data":{"chunk_index":33.0}}}'
    message = Wire.V0.read_server("data", doubles)
    assert isinstance(message, ModelMessage)
    assert type(message.data["chunk_index"]) is int


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("data", ""),
        ("data", "null"),
        ("data", "[]"),
        ("data", '"text"'),
        ("data", "{"),
        ("data", "{}"),
        ("data", '{"scope":"application"}'),
        ("data", '{"scope":"application","data":[]}'),
        ("data", '{"scope":"elsewhere","data":{"type":"x"}}'),
        ("data", '{"scope":"application","data":{"type":7}}'),
        ("data", '{"scope":"application","data":{"type":"x","data":"text"}}'),
        ("data", '{"scope":"application","data":{"type":"x","data":{"n":NaN}}}'),
        ("data", '{"scope":"application","data":{"type":"x","data":{"n":1e999}}}'),
        ("data", "[" * 100_000),
        ("data", b"\xff\xfe\xfd"),
        ("data", b"\x0a\xff"),
        ("data", b""),
        ("control", b""),
        ("control", b"\x10\x02"),
        ("control", "{}"),
        ("control", '{"type":5}'),
        ("data", " " * (v0.MAX_FRAME_BYTES + 1)),
        ("data", b"\x10" * (v1.MAX_FRAME_BYTES + 1)),
    ],
)
def test_rubbish_is_reported_as_rubbish(channel: Channel, payload: str | bytes) -> None:
    for wire in Wire:
        assert isinstance(wire.read_server(channel, payload), Malformed | UnknownFrame)
        assert isinstance(wire.read_client(channel, payload), Malformed | UnknownFrame)


def test_half_a_surrogate_does_not_get_through() -> None:
    message = Wire.V0.read_server(
        "data", '{"scope":"application","data":{"type":"x","data":{"a":"\\ud800"}}}'
    )
    assert message == ModelMessage("x", {"a": "?"})


def test_what_is_unknown_but_well_made_is_foreign() -> None:
    stats = '{"scope":"runtime","data":{"type":"mediaStats","data":{"video":{"aggregateQos":7}}}}'
    assert Wire.V0.read_server("data", stats) == UnknownFrame(
        "mediaStats", {"video": {"aggregateQos": 7}}
    )
    asked = '{"scope":"runtime","data":{"type":"requestCapabilities","data":{}}}'
    assert Wire.V0.read_client("data", asked) == UnknownFrame("requestCapabilities", {})


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(WORDS, VALUES, max_size=5)


def same(one: object, other: object) -> bool:
    """Return whether two values are equal as JSON:

    1.0 equals 1, and nothing else is mixed up (True is not 1).
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=0, abs_tol=0)
    return one == other


@settings(max_examples=150, deadline=None)
@given(name=WORDS, data=OBJECTS, request=st.text("abc0", max_size=4))
def test_any_message_survives_both_wires(name: str, data: dict[str, object], request: str) -> None:
    for wire in Wire:
        message = wire.write_server(ModelMessage(name, data, request))
        assert message is not None
        read = wire.read_server("data", message.payload)
        assert isinstance(read, ModelMessage)
        assert (read.type, read.request) == (name, request if wire is Wire.V1 else "")
        assert same(data, read.data)
        sent = wire.write_client(CommandRequest(name, data, (("image", RED),), request))
        got = wire.read_client("data", sent.payload)
        assert isinstance(got, CommandRequest)
        assert got.uploads == (("image", RED),)
        assert same(data, got.data)


@settings(max_examples=300, deadline=None)
@given(
    payload=st.binary(max_size=200) | st.text(max_size=200),
    channel=st.sampled_from(["data", "control"]),
)
def test_no_frame_makes_a_codec_raise(payload: str | bytes, channel: Channel) -> None:
    for wire in Wire:
        wire.read_server(channel, payload)
        wire.read_client(channel, payload)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_bent_frame_makes_a_codec_raise(data: st.DataObject) -> None:
    messages = [one for one, *_ in CLIENT]
    frame = Wire.V1.write_client(data.draw(st.sampled_from(messages)))
    raw = bytearray(frame.payload if isinstance(frame.payload, bytes) else frame.payload.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for channel in ("data", "control"):
        Wire.V1.read_client(channel, bytes(raw))
        Wire.V1.read_server(channel, bytes(raw))


@settings(max_examples=200, deadline=None)
@given(
    value=VALUES,
    channel=st.sampled_from(["data", "control"]),
    scope=st.sampled_from(["application", "runtime"]),
)
def test_no_json_makes_a_codec_raise(value: object, channel: Channel, scope: str) -> None:
    names = (
        "ping",
        "fileUploaded",
        "requestClip",
        "clipReady",
        "moderation",
        "x",
        "response",
        "notification",
        "request",
    )
    for name in names:
        for envelope in (
            {"scope": scope, "data": {"type": name, "data": value, "uploads": value}},
            {
                "type": name,
                "data": value,
                "event": "resume_track",
                "method": "publish_track",
                "error": value,
            },
        ):
            Wire.V0.read_server(channel, json.dumps(envelope))
            Wire.V0.read_client(channel, json.dumps(envelope))


def test_a_command_is_the_same_bytes_in_whatever_order_its_data_came() -> None:
    names = [f"name {number}" for number in range(40)]
    uploads = tuple((name, Reference(name, name, "image/png", 7)) for name in names)

    def written(order: list[str]) -> object:
        chosen = tuple(sorted(uploads, key=lambda one: order.index(one[0])))
        return v1.write_client(
            CommandRequest("set_image", {name: name for name in order}, chosen, "1")
        ).payload

    assert len({written(names), written(names[::-1]), written(names[20:] + names[:20])}) == 1
