"""Frames of both wires, field by field: which fields are required, their defaults, and their
limits.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sequencer.events.codec import Event
from sequencer.events.commands import (
    Reset,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    ConditionsReady,
    ImageAccepted,
    Paused,
    PromptAccepted,
    ResetDone,
    Resumed,
    Started,
    StateReported,
    UnknownMessage,
)
from sequencer.stages.wire import fields, v0, v1
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.fields import MalformedError
from sequencer.stages.wire.helios.commands import (
    COMMAND_NAMES,
    SNAPSHOT_COMMAND_NAMES,
    HeliosCommand,
    ListSnapshots,
    Problem,
    Rewind,
    SaveSnapshot,
    SetPrompt,
    read_any_command,
    read_command,
    write_command,
)
from sequencer.stages.wire.helios.model_messages import (
    FRAMES_PER_CHUNK,
    MAX_UNKNOWN,
    FrameCount,
    HeliosReader,
    write_message,
    write_rewound,
    write_seed_set,
    write_snapshot,
    write_snapshot_saved,
    write_snapshots_listed,
    write_switch,
)
from sequencer.stages.wire.messages import (
    MAX_SHOWN,
    Ack,
    Channel,
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
    Reference,
    Schema,
    SchemaRequest,
    SessionClosed,
    TrackPublished,
    TrackRequest,
    UnknownFrame,
    clean_text,
    shortened,
)
from sequencer.stages.wire.protobuf import message_classes

# ---- wire v0


def application(name: str, data: object = None, **beside: object) -> dict[str, object]:
    return {"scope": "application", "data": {"type": name, "data": data, **beside}}


def runtime(name: str, data: object = None) -> dict[str, object]:
    return {"scope": "runtime", "data": {"type": name, "data": data}}


def server(value: object, channel: Channel = "data") -> object:
    """Return what a client reads from a runtime's text."""
    return v0.read_server(channel, json.dumps(value))


def client(value: object, channel: Channel = "data") -> object:
    """Return what a runtime reads from a client's text."""
    return v0.read_client(channel, json.dumps(value))


def why(message: object) -> str:
    """Return why a frame could not be read."""
    assert isinstance(message, Malformed)
    return message.reason


def test_text_is_short_and_as_it_is_written() -> None:
    assert v0.write_server(ModelMessage("x", {"a": "é", "b": 1})) == Frame(
        "data", '{"scope":"application","data":{"type":"x","data":{"a":"é","b":1}}}'
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        v0.write_server(ModelMessage("x", {"a": float("nan")}))


def test_a_refused_track_word_for_word() -> None:
    frame = v0.write_server(ErrorReply("c1", "publish_refused", "no"))
    assert frame is not None
    assert (frame.channel, json.loads(str(frame.payload))) == (
        "control",
        {
            "type": "response",
            "method": "publish_track",
            "request_id": "c1",
            "data": {},
            "error": {"code": "publish_refused", "message": "no"},
        },
    )


def test_a_frame_has_a_limit() -> None:
    assert v0.MAX_FRAME_BYTES == v1.MAX_FRAME_BYTES == 8 * 1024 * 1024
    text = json.dumps(application("x", {}))
    assert v0.read_server("data", text.ljust(v0.MAX_FRAME_BYTES)) == ModelMessage("x", {})
    for longer in (text.ljust(v0.MAX_FRAME_BYTES + 1), b" " * (v0.MAX_FRAME_BYTES + 1)):
        assert why(v0.read_server("data", longer)) == "larger than 8388608 bytes"
    assert (
        why(v1.read_server("data", b"\x10" * (v1.MAX_FRAME_BYTES + 1)))
        == "larger than 8388608 bytes"
    )
    assert why(v1.read_server("data", b"\xff" * v1.MAX_FRAME_BYTES)).startswith(
        "not a message of wire v1: "
    )


@pytest.mark.parametrize("read", [client, server])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "not a JSON object"),
        ({"scope": "application"}, "data must be an object"),
        (application("x", []), "data must be an object"),
        (application("x", 0), "data must be an object"),
        ({"scope": "application", "data": {"data": {}}}, "type must be a text"),
        ({"scope": "other", "data": {"type": "x"}}, "scope must be application or runtime"),
        ({"scope": "other", "data": {"type": "ping"}}, "scope must be application or runtime"),
        (
            {"scope": "other", "data": {"type": "sessionEnded"}},
            "scope must be application or runtime",
        ),
    ],
)
def test_why_a_frame_cannot_be_read(read: Any, value: object, reason: str) -> None:
    assert why(read(value)) == reason


def test_what_cannot_be_read_is_kept_by_its_beginning() -> None:
    for read in (v0.read_client, v0.read_server):
        found = read("data", "{never ends")
        assert isinstance(found, Malformed)
        assert found.reason.startswith("not JSON: ")
        assert found.beginning == "{never ends"
    for read in (v1.read_client, v1.read_server):
        found = read("control", b"\x0a\xff")
        assert isinstance(found, Malformed)
        assert found.beginning == "0aff"
        assert found.reason.startswith("not a message of wire v1: ")


@pytest.mark.parametrize(("data", "read"), [({"a": 1}, {"a": 1}), (None, {})])
def test_scope_and_data_may_be_left_out(data: object, read: object) -> None:
    value: dict[str, object] = {
        "data": {"type": "x"} if data is None else {"type": "x", "data": data}
    }
    assert server(value) == ModelMessage("x", read)  # type: ignore[arg-type]  # a separate case
    assert client(value) == CommandRequest("x", read)  # type: ignore[arg-type]  # as above


def test_uploads_beside_a_command_are_read() -> None:
    one = {"upload_id": "u1", "name": "a.png", "mime_type": "image/png", "size": 3.0}
    assert client(
        application("x", {}, uploads={"image": one, "mask": {"upload_id": "u2"}})
    ) == CommandRequest(
        "x",
        {},
        (("image", Reference("u1", "a.png", "image/png", 3)), ("mask", Reference("u2", "", "", 0))),
    )
    assert why(client(application("x", {}, uploads={"image": {}}))) == "upload_id must be a text"
    assert (
        why(client(application("x", {}, uploads={"image": {"upload_id": "u", "size": 1.5}})))
        == "size must be a whole number"
    )
    assert why(client(application("x", {}, uploads={"image": 7}))) == "image must be an object"
    assert why(client(application("x", {}, uploads=[]))) == "uploads must be an object"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (runtime("ping"), Ping()),
        (runtime("fileUploaded", {"upload_id": "u"}), FileUploaded(Reference("u", "", "", 0))),
        (runtime("requestSchema"), SchemaRequest()),
        (runtime("requestClip", {"duration_seconds": 2}), ClipRequest(2.0)),
        (runtime("requestClip", {"duration_seconds": 2**62}), ClipRequest(2.0**62)),
        (runtime("requestClip", {"duration_seconds": -(2**62)}), ClipRequest(-(2.0**62))),
        (runtime("anything", {"a": 1}), UnknownFrame("anything", {"a": 1})),
    ],
)
def test_what_a_client_asks_of_the_platform(value: object, read: object) -> None:
    assert client(value) == read


@pytest.mark.parametrize("seconds", [None, True, "2", [2], 2**63, -(2**63)])
def test_a_number_is_one(seconds: object) -> None:
    assert (
        why(client(runtime("requestClip", {"duration_seconds": seconds})))
        == "duration_seconds must be a number"
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (
            {"type": "notification", "event": "pause_track", "data": {"name": "v"}},
            TrackRequest("pause", "v"),
        ),
        (
            {"type": "notification", "event": "dance", "data": {"a": 1}},
            UnknownFrame("dance", {"a": 1}),
        ),
        ({"type": "notification", "event": "dance"}, UnknownFrame("dance", {})),
        (
            {"type": "request", "method": "publish_track", "data": {"name": "v"}},
            TrackRequest("publish", "v", ""),
        ),
        (
            {
                "type": "request",
                "method": "publish_track",
                "data": {"name": "v"},
                "request_id": "r",
            },
            TrackRequest("publish", "v", "r"),
        ),
        ({"type": "request", "method": "dance", "data": {"a": 1}}, UnknownFrame("dance", {"a": 1})),
        ({"type": "request", "method": "dance"}, UnknownFrame("dance", {})),
        ({"type": "request"}, "method must be a text"),
        ({"type": "notification"}, "event must be a text"),
        ({"type": "notification", "event": "pause_track"}, "name must be a text"),
        ({"type": "request", "method": "publish_track"}, "name must be a text"),
        ({"type": "other"}, "type must be notification or request"),
        (
            {"type": "other", "event": "pause_track", "data": {"name": "v"}},
            "type must be notification or request",
        ),
        ({}, "type must be a text"),
    ],
)
def test_what_a_client_sends_about_tracks(value: object, read: object) -> None:
    found = client(value, "control")
    assert (why(found) if isinstance(read, str) else found) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"type": "response", "request_id": "r", "data": {"name": "v"}}, TrackPublished("v", "r")),
        ({"type": "response"}, TrackPublished("", "")),
        ({"type": "response", "request_id": "r", "error": {}}, ErrorReply("r", "", "")),
        ({"type": "response", "error": {"code": "c", "message": "m"}}, ErrorReply("", "c", "m")),
        ({"type": "response", "error": None}, TrackPublished("", "")),
        ({"type": "other", "a": 1}, UnknownFrame("other", {"type": "other", "a": 1})),
        ({"type": "response", "error": "no"}, "error must be an object"),
        ({}, "type must be a text"),
    ],
)
def test_what_a_runtime_sends_about_tracks(value: object, read: object) -> None:
    found = server(value, "control")
    assert (why(found) if isinstance(read, str) else found) == read


CLIP = {"start_marker": 1, "end_marker": 2.5, "playlist_url": "/p"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (runtime("modelSchema", {"a": 1}), Schema({"a": 1})),
        (runtime("clipReady", CLIP), ClipReady("", "", 1.0, 2.5, 0.0, 0, "/p")),
        (
            runtime(
                "clipReady",
                {
                    **CLIP,
                    "session_id": "s",
                    "kind": "k",
                    "now_marker": 3,
                    "predicted_ready_at_ms": 4.0,
                },
            ),
            ClipReady("s", "k", 1.0, 2.5, 3.0, 4, "/p"),
        ),
        (runtime("clipFailed"), ClipFailed("")),
        (runtime("clipFailed", {"reason": "no"}), ClipFailed("no")),
        (runtime("moderation", {"action": "warn"}), Moderation("warn", "", "", (), "")),
        (
            runtime(
                "moderation",
                {
                    "action": "a",
                    "input_kind": "i",
                    "command": "c",
                    "categories": ["x", "y"],
                    "message": "m",
                },
            ),
            Moderation("a", "i", "c", ("x", "y"), "m"),
        ),
        (runtime("sessionEnded"), SessionClosed("")),
        (runtime("sessionEnded", {"reason": "over"}), SessionClosed("over")),
        (runtime("anything", {"a": 1}), UnknownFrame("anything", {"a": 1})),
        (
            runtime("clipReady", {"end_marker": 2, "playlist_url": "/p"}),
            "start_marker must be a number",
        ),
        (
            runtime("clipReady", {"start_marker": 2, "playlist_url": "/p"}),
            "end_marker must be a number",
        ),
        (runtime("clipReady", {"start_marker": 2, "end_marker": 2}), "playlist_url must be a text"),
        (runtime("moderation"), "action must be a text"),
        (
            runtime("moderation", {"action": "a", "categories": "x"}),
            "categories must be a list of texts",
        ),
        (
            runtime("moderation", {"action": "a", "categories": [1]}),
            "categories must be a list of texts",
        ),
        (
            runtime("moderation", {"action": "a", "categories": ["x", 1]}),
            "categories must be a list of texts",
        ),
        (runtime("sessionEnded", {"reason": 7}), "reason must be a text"),
    ],
)
def test_what_a_runtime_sends_for_the_platform(value: object, read: object) -> None:
    found = server(value)
    assert (why(found) if isinstance(read, str) else found) == read


# ---- wire v1


def envelope(name: str, **given: Any) -> bytes:
    """Return a frame of wire v1 that was not written by our codec."""
    made = message_classes()[name](**given)
    data: bytes = made.SerializeToString()
    return data


def classes(name: str, **given: Any) -> Any:
    return message_classes()[name](**given)


@pytest.mark.parametrize(
    ("data", "channel", "read"),
    [
        (envelope("DataServerMessage", kind=2, request_id="r"), "data", Ack("r")),
        (envelope("DataServerMessage", kind=2), "data", None),
        (envelope("DataServerMessage", kind=3, request_id="r"), "data", None),
        (envelope("ControlServerMessage", kind=2, request_id="r"), "control", None),
        (
            envelope("DataServerMessage", error=classes("Error", code="c", message="m"), request_id="r"),
            "data",
            ErrorReply("r", "c", "m"),
        ),
    ],
)  # fmt: skip
def test_an_answer_without_a_message_is_one_where_it_has_an_id(
    data: bytes, channel: Channel, read: object
) -> None:
    found = v1.read_server(channel, data)
    if read is None:
        assert why(found) == "a message of an unknown kind, or of none"
    else:
        assert found == read


def test_a_client_that_reports_an_error_is_foreign() -> None:
    error = classes("Error", code="c", message="m")
    for name, channel in (("DataClientMessage", "data"), ("ControlClientMessage", "control")):
        found = v1.read_client(channel, envelope(name, error=error))  # type: ignore[arg-type]  # either of the two
        assert found == UnknownFrame("error", {"code": "c", "message": "m"})
    assert why(v1.read_client("data", b"")) == "a message of an unknown kind, or of none"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 2.0**63, -(2.0**63)])
def test_a_number_of_wire_v1_is_finite_and_bounded(value: float) -> None:
    clip = classes("RequestClip", duration_seconds=value)
    assert (
        why(v1.read_client("control", envelope("ControlClientMessage", request_clip=clip)))
        == "a number is none, or too large"
    )
    for name in ("start", "end", "now"):
        ready = classes("ClipReady", **{name: value})
        found = v1.read_server("control", envelope("ControlServerMessage", clip_ready=ready))
        assert why(found) == "a number is none, or too large"


def test_the_largest_number_of_wire_v1_is_read() -> None:
    clip = classes("RequestClip", duration_seconds=2.0**62)
    assert v1.read_client(
        "control", envelope("ControlClientMessage", request_clip=clip)
    ) == ClipRequest(2.0**62)


def test_data_that_is_no_data_is_reported() -> None:
    frame = v1.write_server(ModelMessage("x", {"a": float("nan")}))
    assert why(v1.read_server("data", frame.payload)) == "a number is not finite"
    with pytest.raises(TypeError, match="bytes is not allowed in a message"):
        v1.write_server(ModelMessage("x", {"a": b""}))


def test_every_kind_of_value_travels() -> None:
    data: dict[str, object] = {
        "n": None,
        "t": True,
        "f": False,
        "i": 3,
        "r": 0.5,
        "s": "é",
        "o": {"a": {}},
        "e": {},
    }
    data["l"] = [1, [], {"b": None}]
    for frame in (
        v1.write_server(ModelMessage("x", data)),
        v1.write_server(ModelMessage("x", {**data, "l": (1, (), {"b": None})})),
    ):
        assert v1.read_server("data", frame.payload) == ModelMessage("x", data)
    sent = v1.write_client(CommandRequest("x", data))
    assert v1.read_client("data", sent.payload) == CommandRequest("x", data)


def test_empty_values_are_there() -> None:
    """Other programs read these values with protobuf's own functions, for which an unset value does
    not exist.
    """
    sent = v1.write_server(ModelMessage("x", {"n": None, "o": {}, "l": [], "t": ()}))
    found = message_classes()["DataServerMessage"].FromString(sent.payload).message.data.fields
    kinds = {key: one.WhichOneof("kind") for key, one in found.items()}
    assert kinds == {"n": "null_value", "o": "struct_value", "l": "list_value", "t": "list_value"}
    assert found["n"].null_value == 0
    schema = (
        message_classes()["ControlServerMessage"]
        .FromString(v1.write_server(Schema({})).payload)
        .model_schema
    )
    assert schema.HasField("openapi")


def test_a_message_is_the_same_bytes_in_whatever_order_its_data_came() -> None:
    data = {f"key {number}": number for number in range(40)}
    turned = dict(reversed(data.items()))
    for one, other in (
        (ModelMessage("x", data), ModelMessage("x", turned)),
        (Schema(data), Schema(turned)),
    ):
        assert v1.write_server(one) == v1.write_server(other)


def test_what_is_a_request_an_answer_or_a_notice() -> None:
    """The kinds are 1, 2 and 3."""

    def kind(name: str, frame: Frame | None) -> int:
        assert frame is not None
        return int(message_classes()[name].FromString(frame.payload).kind)

    asks = (SchemaRequest("r"), ClipRequest(1.0, "r"), TrackRequest("publish", "v", "r"))
    assert [kind("ControlClientMessage", v1.write_client(one)) for one in asks] == [1, 1, 1]
    notes = (
        Ping(),
        FileUploaded(Reference("u", "", "", 0)),
        TrackRequest("pause", "v"),
        TrackRequest("resume", "v"),
    )
    assert [kind("ControlClientMessage", v1.write_client(one)) for one in notes] == [3, 3, 3, 3]
    assert kind("DataClientMessage", v1.write_client(CommandRequest("x"))) == 1
    assert kind("DataServerMessage", v1.write_server(ModelMessage("x"))) == 3
    assert kind("DataServerMessage", v1.write_server(ModelMessage("x", {}, "r"))) == 2
    assert kind("DataServerMessage", v1.write_server(Ack("r"))) == 2
    assert kind("ControlServerMessage", v1.write_server(ErrorReply("r", "c", "m"), "control")) == 2
    answers = (Schema({}, "r"), ClipFailed("no", "r"), TrackPublished("v", "r"))
    assert [kind("ControlServerMessage", v1.write_server(one)) for one in answers] == [2, 2, 2]
    unasked = (
        Schema({}),
        ClipFailed("no"),
        TrackPublished("v"),
        Moderation("warn"),
        SessionClosed("over"),
    )
    assert [kind("ControlServerMessage", v1.write_server(one)) for one in unasked] == [
        3,
        3,
        3,
        3,
        3,
    ]


def test_a_failure_goes_where_its_question_came_from() -> None:
    assert v1.write_server(ErrorReply("r", "c", "m")).channel == "data"
    assert Wire.V1.write_server(ErrorReply("r", "c", "m"), "control") == v1.write_server(
        ErrorReply("r", "c", "m"), "control"
    )
    assert v1.write_server(ErrorReply("r", "c", "m"), "control").channel == "control"


def test_a_frame_without_data_has_no_empty_data() -> None:
    command = (
        message_classes()["DataClientMessage"]
        .FromString(v1.write_client(CommandRequest("x")).payload)
        .command
    )
    assert not command.HasField("data")
    message = (
        message_classes()["DataServerMessage"]
        .FromString(v1.write_server(ModelMessage("x")).payload)
        .message
    )
    assert not message.HasField("data")


def test_uploads_are_read_in_the_order_of_their_names() -> None:
    uploads = (
        ("a", Reference("1", "n", "m", 3)),
        ("b", Reference("2", "", "", 0)),
        ("c", Reference("3", "", "", 0)),
    )
    frame = v1.write_client(CommandRequest("x", {}, (uploads[2], uploads[0], uploads[1]), "r"))
    assert v1.read_client("data", frame.payload) == CommandRequest("x", {}, uploads, "r")


@pytest.mark.parametrize(
    ("payload", "wire"),
    [
        ("", Wire.V0),
        ("\x0a", Wire.V0),
        (b"{", Wire.V0),
        (b"[", Wire.V0),
        (b"", Wire.V1),
        (b" {", Wire.V1),
        (b"\x0a{", Wire.V1),
    ],
)
def test_the_first_frame_shows_the_wire(payload: str | bytes, wire: Wire) -> None:
    assert codec_for(payload) is wire


def test_wires_have_names() -> None:
    assert [str(one) for one in Wire] == ["v0", "v1"]


# ---- values


def test_the_beginning_of_a_frame_is_short_and_printable() -> None:
    assert MAX_SHOWN == 200
    assert shortened("a\n\x1b" + "b" * 300) == "a\ufffd\ufffd" + "b" * 197
    assert shortened(b"\xab" * 300) == "ab" * 100


def test_messages_without_data_have_none() -> None:
    for one in (CommandRequest("x"), ModelMessage("x"), UnknownFrame("x")):
        assert one.data == {}
    assert CommandRequest("x").uploads == ()


def test_whole_doubles_are_integers_where_they_are_exact() -> None:
    for value, found in (
        (3.0, 3),
        (-3.0, -3),
        (0.5, 0.5),
        (2.0**53, 2.0**53),
        (-(2.0**53), -(2.0**53)),
        (2.0**53 - 1, 2**53 - 1),
    ):
        assert clean_text(value) == found
        assert type(clean_text(value)) is type(found)
    assert clean_text({"a": (1.0, [2.0])}) == {"a": [1, [2]]}
    assert clean_text({"\ud800": "é"}) == {"?": "é"}
    assert clean_text(True) is True


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("9" * 18, int("9" * 18)),
        ("-" + "9" * 18, -int("9" * 18)),
        ("9" * 19, None),
        ("--1", None),
        ("", None),
        ("-", None),
        (2**62, 2**62),
        (-(2**62), -(2**62)),
        (2**62 + 1, None),
        (float(2**62), 2**62),
        (float(2**63), None),
        (1.5, None),
        (True, None),
        (None, None),
    ],
)
def test_a_whole_number_may_have_travelled(value: object, found: int | None) -> None:
    if found is None:
        with pytest.raises(MalformedError, match=r"^n must be a whole number$"):
            fields.read_int(value, "n")
    else:
        assert fields.read_int(value, "n") == found


def test_what_is_missing_is_named() -> None:
    for read in (fields.read_text, fields.integer, fields.number):
        with pytest.raises(MalformedError, match=r"^a is required$"):
            read({}, "a")
    with pytest.raises(MalformedError, match=r"^a is required$"):
        fields.read_text({"a": None}, "a")
    with pytest.raises(MalformedError, match=r"^a must be a text$"):
        fields.read_text({"a": 7}, "a")
    with pytest.raises(MalformedError, match=r"^a must be true or false$"):
        fields.read_bool({}, "a")
    with pytest.raises(MalformedError, match=r"^a must not be negative$"):
        fields.number({"a": -1}, "a")
    with pytest.raises(MalformedError, match=r"^a must be a number$"):
        fields.read_float({"a": True}, "a", 0.0)
    assert fields.number({"a": 0}, "a") == 0
    assert fields.read_float({}, "a", 0.5) == 0.5
    assert (
        fields.read_float({"a": 2**62}, "a", 0.0)
        == fields.read_float({"a": 2.0**62}, "a", 0.0)
        == 2.0**62
    )
    with pytest.raises(MalformedError, match=r"^a must be a number$"):
        fields.read_float({"a": 2**63}, "a", 0.0)


# ---- Helios


COMMANDS: list[tuple[HeliosCommand, str, dict[str, object]]] = [
    (SetPrompt("a"), "set_prompt", {"prompt": "a"}),
    (SchedulePrompt("a", 4), "schedule_prompt", {"prompt": "a", "chunk": 4}),
    (SetConditioning("a", "f"), "set_conditioning", {"prompt": "a", "image": "f"}),
    (SetImage("f"), "set_image", {"image": "f"}),
    (SetImageStrength(0.25), "set_image_strength", {"image_strength": 0.25}),
    (SetSrScale("off"), "set_sr_scale", {"sr_scale": "off"}),
    (SetSeed(7), "set_seed", {"seed": 7}),
    (Start(), "start", {}),
    (Reset(), "reset", {}),
]


@pytest.mark.parametrize(("command", "name", "data"), COMMANDS)
def test_a_command_word_for_word(
    command: HeliosCommand, name: str, data: dict[str, object]
) -> None:
    assert write_command(command) == (name, data)
    assert read_command(name, data) == command
    assert read_any_command(name, data) == command


def test_the_names_of_commands() -> None:
    assert COMMAND_NAMES == (
        "set_prompt", "schedule_prompt", "set_conditioning", "set_image", "set_image_strength", "set_sr_scale", "set_seed",
        "start", "pause", "resume", "reset",
    )  # fmt: skip
    assert SNAPSHOT_COMMAND_NAMES == ("save_snapshot", "list_snapshots", "rewind")
    assert [one.kind for one in (SaveSnapshot(), ListSnapshots(), Rewind(1))] == list(
        SNAPSHOT_COMMAND_NAMES
    )
    assert SetPrompt("a").kind == "set_prompt"


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("save_snapshot", {}, SaveSnapshot("")),
        ("save_snapshot", {"label": "a"}, SaveSnapshot("a")),
        ("list_snapshots", {}, ListSnapshots()),
        ("rewind", {"snapshot_index": 2}, Rewind(2)),
        ("rewind", {}, Problem("rewind", "snapshot_index is required")),
        ("dance", {}, Problem("dance", "unknown command")),
        ("set_image", {"image": ""}, Problem("set_image", "image is required")),
        ("set_image", {"image": 7}, Problem("set_image", "image is required")),
        ("set_image", {"image": {"upload_id": ""}}, Problem("set_image", "image is required")),
        ("set_image", {"image": {"id": "u"}}, Problem("set_image", "image is required")),
        ("set_seed", {}, SetSeed(0)),
        ("set_sr_scale", {}, SetSrScale("2x")),
        ("set_sr_scale", {"sr_scale": "4x"}, SetSrScale("4x")),
        (
            "set_sr_scale",
            {"sr_scale": 2},
            Problem("set_sr_scale", "sr_scale must be one of off, 2x, 4x"),
        ),
        ("schedule_prompt", {"prompt": "a"}, SchedulePrompt("a", 0)),
        (
            "schedule_prompt",
            {"prompt": "a", "chunk": -1},
            Problem("schedule_prompt", "chunk must not be negative"),
        ),
    ],
)
def test_a_command_and_its_defaults(name: str, data: dict[str, object], found: object) -> None:
    assert read_any_command(name, data) == found


MESSAGES: list[tuple[Any, dict[str, Any], str, dict[str, object]]] = [
    (PromptAccepted(1, "a", 4), {}, "prompt_accepted", {"prompt": "a"}),
    (PromptAccepted(1, "a"), {"dialect": "2026-early"}, "event", {"event": "prompt_scheduled", "prompt": "a"}),
    (ImageAccepted(1, 6, 4), {}, "image_accepted", {"width": 6, "height": 4}),
    (ImageAccepted(1, 6, 4), {"dialect": "2026-early"}, "event", {"event": "image_set", "width": 6, "height": 4}),
    (ConditionsReady(1, True, False), {}, "conditions_ready", {"has_prompt": True, "has_image": False}),
    (Started(1, 3, "a"), {}, "generation_started", {"prompt": "a", "chunk_index": 3}),
    (Started(1, 3, "a"), {"dialect": "1.x"}, "generation_started", {"prompt": "a", "chunk_index": 3}),
    (Paused(1, 3), {}, "generation_paused", {"chunk_index": 3}),
    (Resumed(1, 3), {}, "generation_resumed", {"chunk_index": 3}),
    (ResetDone(1), {"dialect": "2026-early"}, "event", {"event": "generation_reset"}),
    (ChunkDone(1, 2, 99, None), {}, "chunk_complete", {"chunk_index": 2, "frames_emitted": 99, "active_prompt": None}),
    (
        ChunkDone(1, 2, 99, None), {"chunk_frames": 0}, "chunk_complete",
        {"chunk_index": 2, "frames_emitted": 0, "active_prompt": None},
    ),
    (CommandRefused(1, "", "no"), {"dialect": "2026-early"}, "event", {"event": "error", "message": "no"}),
    (CommandRefused(1, "", "no"), {"dialect": "1.x"}, "command_error", {"command": "", "reason": "no"}),
]  # fmt: skip


@pytest.mark.parametrize(("event", "how", "name", "data"), MESSAGES)
def test_a_message_word_for_word(
    event: Any, how: dict[str, Any], name: str, data: dict[str, object]
) -> None:
    assert write_message(event, **how) == (name, data)


def test_a_state_word_for_word() -> None:
    state = StateReported(1, True, False, True, 66, 2, None, ((4, "rain"), (5, "sun")), False)
    data = {
        "running": True, "started": False, "paused": True, "current_frame": 66, "current_chunk": 2, "current_prompt": None,
        "image_set": False,
    }  # fmt: skip
    scheduled = [{"chunk": 4, "prompt": "rain"}, {"chunk": 5, "prompt": "sun"}]
    assert write_message(state) == (
        "state",
        {**data, "scheduled_prompts": {"4": "rain", "5": "sun"}},
    )
    assert write_message(state, "2026-early", scheduled="list") == (
        "state",
        {**data, "scheduled_prompts": scheduled},
    )


def test_what_only_some_models_send_word_for_word() -> None:
    switched = {
        "event": "prompt_switched",
        "frame": 99,
        "chunk": 3,
        "new_prompt": "new",
        "previous_prompt": None,
    }
    assert write_switch(99, 3, "new", None) == ("event", switched)
    snapshot = write_snapshot(2, 5, "a", None)
    assert snapshot == {"snapshot_index": 2, "chunk": 5, "label": "a", "parent_id": None}
    assert write_snapshot_saved(snapshot) == ("snapshot_saved", snapshot)
    assert write_snapshots_listed([snapshot]) == ("snapshots_listed", {"snapshots": [snapshot]})
    assert write_rewound(2, 5) == ("generation_rewound", {"snapshot_index": 2, "chunk": 5})
    assert write_seed_set(7) == ("event", {"event": "seed_set", "seed": 7})


def read_one(name: str, data: Any) -> Event:
    (event,) = HeliosReader().read(name, data, 7)
    return event


def test_only_an_event_is_named_in_its_data() -> None:
    assert read_one(
        "chunk_complete", {"chunk_index": 0, "frames_emitted": 33, "event": "generation_reset"}
    ) == ChunkDone(7, 0, 33, None)


def test_what_is_unknown_is_kept_as_json() -> None:
    assert MAX_UNKNOWN == 4096
    assert read_one("weather", ["ü", 1]) == UnknownMessage(7, "weather", '["ü", 1]')
    assert read_one("weather", {"b": 1, "a": b"x"}) == UnknownMessage(
        7, "weather", '{"a": "b\'x\'", "b": 1}'
    )
    itself: dict[str, object] = {"ü": 1}
    itself["self"] = itself
    assert read_one("weather", itself) == UnknownMessage(
        7, "weather", "\"{'ü': 1, 'self': {...}}\""
    )


@pytest.mark.parametrize(
    ("reports", "totals"),
    [
        ([(0, 33), (0, 33), (1, 66)], [33, 33, 66]),
        ([(0, 33), (1, 33), (1, 33), (2, 33)], [33, 66, 66, 99]),
        ([(0, 33), (1, 33), (0, 33)], [33, 66, 33]),
        ([(0, 33), (1, 33), (2, 0), (3, 33)], [33, 66, 99, 132]),
        ([(0, 30), (1, 60), (2, 0)], [30, 60, 93]),
        ([(2, 99), (3, 132)], [99, 132]),
        ([(2, 33), (3, 33)], [99, 132]),
        ([(1, 70), (3, 136)], [70, 136]),
        ([(0, 1), (1, 34)], [1, 34]),
    ],
)
def test_frames_whatever_is_counted(reports: list[tuple[int, int]], totals: list[int]) -> None:
    count = FrameCount()
    assert [count.total(chunk, emitted) for chunk, emitted in reports] == totals


def test_a_take_begins_to_count_anew_in_the_same_way() -> None:
    count = FrameCount(10)
    assert [count.total(*one) for one in ((0, 10), (1, 10))] == [10, 20]
    count.restart()
    assert [count.total(*one) for one in ((0, 10), (1, 10))] == [10, 20]
    assert FRAMES_PER_CHUNK == 33
