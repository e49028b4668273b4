"""Wire v1: protobuf, one message per binary frame.

Every command is answered, so a failed one is never silent.

Requests carry an id and their answers the same; broadcasts are notifications without one. A runtime
that has not yet received anything from a client sends v0 to it, so text is read as v0. Reading
never raises: an invalid message becomes `Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from google.protobuf.message import DecodeError

from sequencer.stages.wire import v0
from sequencer.stages.wire.fields import MAX_NUMBER as LARGEST_NUMBER
from sequencer.stages.wire.messages import (
    Ack,
    Channel,
    ClientMessage,
    ClipFailed,
    ClipReady,
    ClipRequest,
    CommandRequest,
    Data,
    ErrorReply,
    FileUploaded,
    Frame,
    FromClient,
    FromServer,
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
    clean_text,
    shortened,
)
from sequencer.stages.wire.protobuf import NOTIFICATION, REQUEST, RESPONSE, message_classes

MAX_FRAME_BYTES = v0.MAX_FRAME_BYTES
"""Size limit of a frame, in bytes."""

_ENVELOPES = {
    ("data", "client"): "DataClientMessage",
    ("data", "server"): "DataServerMessage",
    ("control", "client"): "ControlClientMessage",
    ("control", "server"): "ControlServerMessage",
}


# ---- writing -------------------------------------------------------------------------------------


def _frame(
    channel: Channel,
    side: str,
    kind: int,
    *,
    request: str,
    field: str,
    fill: Mapping[str, object] | None,
) -> Frame:
    """Return a frame whose payload `field` holds `fill`; without a payload if that is None."""
    envelope = message_classes()[_ENVELOPES[channel, side]](request_id=request, kind=kind)
    if fill is not None:
        payload = getattr(envelope, field)
        payload.SetInParent()  # an empty message is a message too
        for name, value in fill.items():
            _set(payload, name, value)
    data: bytes = envelope.SerializeToString(deterministic=True)
    return Frame(channel, data)


def _set(message: Any, name: str, value: object) -> None:
    match value:
        case Mapping():
            struct = getattr(message, name)
            struct.SetInParent()
            _write_struct(struct, value)
        case tuple():
            getattr(message, name).extend(value)
        case _:
            setattr(message, name, value)


def _write_struct(struct: Any, data: Mapping[str, object]) -> None:
    for key, value in data.items():
        _write_value(struct.fields[key], value)


def _write_value(into: Any, value: object) -> None:
    match value:
        case None:
            into.null_value = 0
        case bool():
            into.bool_value = value
        case int() | float():
            into.number_value = float(value)
        case str():
            into.string_value = value
        case Mapping():
            into.struct_value.SetInParent()
            _write_struct(into.struct_value, value)
        case list() | tuple():
            into.list_value.SetInParent()
            for one in value:
                _write_value(into.list_value.values.add(), one)
        case _:
            raise TypeError(f"{type(value).__name__} is not allowed in a message")


def _reference(reference: Reference) -> dict[str, object]:
    return {
        "upload_id": reference.upload_id,
        "name": reference.name,
        "mime_type": reference.mime_type,
        "size": reference.size,
    }


def write_client(message: ClientMessage) -> Frame:
    """Return a client's message as a frame."""
    match message:
        case CommandRequest():
            return _command(message)
        case Ping():
            return _frame("control", "client", NOTIFICATION, request="", field="ping", fill={})
        case FileUploaded():
            return _frame(
                "control",
                "client",
                NOTIFICATION,
                request="",
                field="file_uploaded",
                fill=_reference(message.reference),
            )
        case SchemaRequest():
            return _frame(
                "control",
                "client",
                REQUEST,
                request=message.request,
                field="request_schema",
                fill={},
            )
        case ClipRequest():
            asked = {"duration_seconds": message.seconds}
            return _frame(
                "control",
                "client",
                REQUEST,
                request=message.request,
                field="request_clip",
                fill=asked,
            )
        case RecordingRequest():
            return _frame(
                "control",
                "client",
                REQUEST,
                request=message.request,
                field="request_recording",
                fill={},
            )
        case TrackRequest():
            kind = REQUEST if message.do == "publish" else NOTIFICATION
            return _frame(
                "control",
                "client",
                kind,
                request=message.request,
                field=f"{message.do}_track",
                fill={"name": message.name},
            )


def _command(message: CommandRequest) -> Frame:
    envelope = message_classes()["DataClientMessage"](request_id=message.request, kind=REQUEST)
    command = envelope.command
    command.type = message.type
    if message.data:
        _write_struct(command.data, message.data)
    for name, reference in message.uploads:
        entry = command.uploads[name]
        for key, value in _reference(reference).items():
            setattr(entry, key, value)
    data: bytes = envelope.SerializeToString(deterministic=True)
    return Frame("data", data)


def write_server(message: ServerMessage, channel: Channel = "data") -> Frame:
    """Return a runtime's message as a frame.

    `channel` is that of an `ErrorReply`, as of the request that it answers.
    """
    match message:
        case ModelMessage():
            kind = RESPONSE if message.request else NOTIFICATION
            document: dict[str, object] = {
                "type": message.type,
                **({"data": message.data} if message.data else {}),
            }
            return _frame(
                "data", "server", kind, request=message.request, field="message", fill=document
            )
        case Ack():
            return _frame("data", "server", RESPONSE, request=message.request, field="", fill=None)
        case ErrorReply():
            fault = {"code": message.code, "message": message.message}
            return _frame(
                channel, "server", RESPONSE, request=message.request, field="error", fill=fault
            )
        case Schema():
            return _answer(message.request, "model_schema", {"openapi": message.openapi})
        case ClipReady():
            clip: dict[str, object] = {
                "session_id": message.recording,
                "kind": message.what,
                "start": message.start,
                "end": message.end,
                "now": message.now,
                "ready_at_ms": message.ready_at_ms,
                "playlist_url": message.playlist_url,
            }
            return _answer(message.request, "clip_ready", clip)
        case ClipFailed():
            return _answer(message.request, "clip_failed", {"reason": message.reason})
        case Moderation():
            verdict: dict[str, object] = {
                "action": message.action,
                "input_kind": message.input_kind,
                "command": message.command,
                "categories": message.categories,
                "message": message.message,
            }
            return _frame(
                "control", "server", NOTIFICATION, request="", field="moderation", fill=verdict
            )
        case TrackPublished():
            return _answer(message.request, "publish_track_response", {"name": message.name})
        case SessionClosed():
            return _frame(
                "control",
                "server",
                NOTIFICATION,
                request="",
                field="session_ended",
                fill={"reason": message.reason},
            )


def _answer(request: str, field: str, fill: Mapping[str, object]) -> Frame:
    return _frame(
        "control",
        "server",
        RESPONSE if request else NOTIFICATION,
        request=request,
        field=field,
        fill=fill,
    )


# ---- reading -------------------------------------------------------------------------------------


class _Unreadable(ValueError):  # noqa: N818  it never leaves this module: a value describes what was wrong
    """Why a frame does not hold a message."""


def read_client(channel: Channel, payload: str | bytes) -> FromClient:
    """Read a client's frame."""
    if isinstance(payload, str):
        return v0.read_client(channel, payload)
    try:
        envelope = _parsed(channel, "client", payload)
        return _client(envelope, envelope.WhichOneof("payload"))
    except _Unreadable as error:
        return Malformed(str(error), shortened(payload))


def read_server(channel: Channel, payload: str | bytes) -> FromServer:
    """Read a runtime's frame."""
    if isinstance(payload, str):
        return v0.read_server(channel, payload)
    try:
        envelope = _parsed(channel, "server", payload)
        return _server(channel, envelope, envelope.WhichOneof("payload"))
    except _Unreadable as error:
        return Malformed(str(error), shortened(payload))


def _parsed(channel: Channel, side: str, payload: bytes) -> Any:
    if len(payload) > MAX_FRAME_BYTES:
        raise _Unreadable(f"larger than {MAX_FRAME_BYTES} bytes")
    try:
        return message_classes()[_ENVELOPES[channel, side]].FromString(payload)
    except (DecodeError, UnicodeDecodeError) as error:
        raise _Unreadable(f"not a message of wire v1: {error}") from error


def _client(envelope: Any, field: str | None) -> FromClient:
    request: str = envelope.request_id
    match field:
        case "command":
            command = envelope.command
            uploads = tuple(
                sorted((name, _read_reference(one)) for name, one in command.uploads.items())
            )
            return CommandRequest(command.type, _struct(command.data), uploads, request)
        case "ping":
            return Ping()
        case "request_schema":
            return SchemaRequest(request)
        case "file_uploaded":
            return FileUploaded(_read_reference(envelope.file_uploaded))
        case "request_clip":
            return ClipRequest(_finite(envelope.request_clip.duration_seconds), request)
        case "request_recording":
            return RecordingRequest(request)
        case "publish_track":
            return TrackRequest("publish", envelope.publish_track.name, request)
        case "pause_track":
            return TrackRequest("pause", envelope.pause_track.name)
        case "resume_track":
            return TrackRequest("resume", envelope.resume_track.name)
        case "unpublish_track":
            return TrackRequest("unpublish", envelope.unpublish_track.name)
        case "error":
            return UnknownFrame(
                "error", {"code": envelope.error.code, "message": envelope.error.message}
            )
        case _:
            raise _Unreadable("a message of an unknown kind, or of none")


def _server(channel: Channel, envelope: Any, field: str | None) -> FromServer:
    request: str = envelope.request_id
    match field:
        case "message":
            return ModelMessage(envelope.message.type, _struct(envelope.message.data), request)
        case "error":
            return ErrorReply(request, envelope.error.code, envelope.error.message)
        case "model_schema":
            return Schema(_struct(envelope.model_schema.openapi), request)
        case "clip_ready":
            clip = envelope.clip_ready
            start, end, now = _finite(clip.start), _finite(clip.end), _finite(clip.now)
            return ClipReady(
                clip.session_id,
                clip.kind,
                start,
                end,
                now,
                clip.ready_at_ms,
                clip.playlist_url,
                request,
            )
        case "clip_failed":
            return ClipFailed(envelope.clip_failed.reason, request)
        case "moderation":
            verdict = envelope.moderation
            categories = tuple(verdict.categories)
            return Moderation(
                verdict.action, verdict.input_kind, verdict.command, categories, verdict.message
            )
        case "publish_track_response":
            return TrackPublished(envelope.publish_track_response.name, request)
        case "session_ended":
            return SessionClosed(envelope.session_ended.reason)
        case _ if channel == "data" and envelope.kind == RESPONSE and request:
            return Ack(request)
        case _:
            raise _Unreadable("a message of an unknown kind, or of none")


def _read_reference(message: Any) -> Reference:
    return Reference(message.upload_id, message.name, message.mime_type, message.size)


def _struct(struct: Any) -> Data:
    try:
        return cast("Data", clean_text({key: _value(one) for key, one in struct.fields.items()}))
    except (ValueError, RecursionError) as error:
        raise _Unreadable(str(error)) from error


def _value(value: Any) -> object:
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return {key: _value(one) for key, one in value.struct_value.fields.items()}
        case "list_value":
            return [_value(one) for one in value.list_value.values]
        case _:
            return None


def _finite(value: float) -> float:
    if not abs(value) <= LARGEST_NUMBER:
        raise _Unreadable("a number is none, or too large")
    return value
