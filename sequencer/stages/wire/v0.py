"""Wire v0.

The format is:

JSON text frames. Used by older clients and every runtime; it has no answers to commands.

On `data` every frame is `{"scope": "application" | "runtime", "data": {"type": …, "data": {…}}}`;
on `control` track messages are notifications, requests and responses. Reading never raises: an
invalid message becomes `Malformed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

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

MAX_FRAME_BYTES = 8 * 1024 * 1024
"""Size limit of a frame, in bytes or characters."""

_TRACK_EVENTS = {"pause_track": "pause", "resume_track": "resume", "unpublish_track": "unpublish"}


class _Unreadable(ValueError):  # noqa: N818  it never leaves this module: a value describes what was wrong
    """Why a frame does not hold a message."""


# ---- writing -------------------------------------------------------------------------------------


def _frame(channel: Channel, value: object) -> Frame:
    return Frame(
        channel, json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    )


def _data(scope: str, name: str, data: object, **beside: object) -> Frame:
    return _frame("data", {"scope": scope, "data": {"type": name, "data": data, **beside}})


def _reference(reference: Reference) -> dict[str, object]:
    return {
        "upload_id": reference.upload_id,
        "name": reference.name,
        "mime_type": reference.mime_type,
        "size": reference.size,
    }


def write_client(message: ClientMessage) -> Frame:
    """Return a client's message as a frame.

    Only `publish` keeps its `request` id: this version has no field for others.
    """
    match message:
        case CommandRequest():
            uploads = {name: _reference(one) for name, one in message.uploads}
            return _data(
                "application",
                message.type,
                message.data,
                **({"uploads": uploads} if uploads else {}),
            )
        case Ping():
            return _data("runtime", "ping", {})
        case FileUploaded():
            return _data("runtime", "fileUploaded", _reference(message.reference))
        case SchemaRequest():
            return _data("runtime", "requestSchema", {})
        case ClipRequest():
            return _data("runtime", "requestClip", {"duration_seconds": message.seconds})
        case RecordingRequest():
            return _data("runtime", "requestRecording", {})
        case TrackRequest(do="publish"):
            ask = {
                "type": "request",
                "method": "publish_track",
                "request_id": message.request,
                "data": {"name": message.name},
            }
            return _frame("control", ask)
        case TrackRequest():
            event = f"{message.do}_track"
            return _frame(
                "control", {"type": "notification", "event": event, "data": {"name": message.name}}
            )


def write_server(message: ServerMessage) -> Frame | None:
    """Return a runtime's message as a frame; None if this version lacks it.

    It lacks the messages that a command is done or has failed.
    """
    match message:
        case ModelMessage():
            return _data("application", message.type, message.data)
        case Ack():
            return None
        case ErrorReply(code="publish_refused"):
            error = {"code": message.code, "message": message.message}
            answer = {
                "type": "response",
                "method": "publish_track",
                "request_id": message.request,
                "data": {},
                "error": error,
            }
            return _frame("control", answer)
        case ErrorReply():
            return None
        case Schema():
            return _data("runtime", "modelSchema", message.openapi)
        case ClipReady():
            clip = {
                "session_id": message.recording,
                "kind": message.what,
                "start_marker": message.start,
                "end_marker": message.end,
                "now_marker": message.now,
                "predicted_ready_at_ms": message.ready_at_ms,
                "playlist_url": message.playlist_url,
            }
            return _data("runtime", "clipReady", clip)
        case ClipFailed():
            return _data("runtime", "clipFailed", {"reason": message.reason})
        case Moderation():
            verdict = {
                "action": message.action,
                "input_kind": message.input_kind,
                "command": message.command,
                "categories": list(message.categories),
                "message": message.message,
            }
            return _data("runtime", "moderation", verdict)
        case TrackPublished():
            answer = {
                "type": "response",
                "method": "publish_track",
                "request_id": message.request,
                "data": {},
            }
            return _frame("control", answer)
        case SessionClosed():
            return _data("runtime", "sessionEnded", {"reason": message.reason})


# ---- reading -------------------------------------------------------------------------------------


def read_client(channel: Channel, payload: str | bytes) -> FromClient:
    """Read a client's frame."""
    try:
        value = _parsed(payload)
        return _client_control(value) if channel == "control" else _client_data(value)
    except _Unreadable as error:
        return Malformed(str(error), shortened(payload))


def read_server(channel: Channel, payload: str | bytes) -> FromServer:
    """Read a runtime's frame."""
    try:
        value = _parsed(payload)
        return _server_control(value) if channel == "control" else _server_data(value)
    except _Unreadable as error:
        return Malformed(str(error), shortened(payload))


def _parsed(payload: str | bytes) -> Data:
    if len(payload) > MAX_FRAME_BYTES:
        raise _Unreadable(f"larger than {MAX_FRAME_BYTES} bytes")
    try:
        value = clean_text(json.loads(payload))
    except (
        ValueError,
        RecursionError,
    ) as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise _Unreadable(f"not JSON: {error}") from error
    if not isinstance(value, Mapping):
        raise _Unreadable("not a JSON object")
    return value


def _client_data(value: Data) -> FromClient:
    scope, inner = value.get("scope", "application"), _object(value, "data")
    name, data = _text(inner, "type"), _object(inner, "data", {})
    if scope == "application":
        uploads = tuple(
            (key, _read_reference(_object(_object(inner, "uploads"), key)))
            for key in _object(inner, "uploads", {})
        )
        return CommandRequest(name, data, uploads)
    if scope != "runtime":
        raise _Unreadable("scope must be application or runtime")
    match name:
        case "ping":
            return Ping()
        case "fileUploaded":
            return FileUploaded(_read_reference(data))
        case "requestSchema":
            return SchemaRequest()
        case "requestClip":
            return ClipRequest(_real(data, "duration_seconds"))
        case "requestRecording":
            return RecordingRequest()
        case _:
            return UnknownFrame(name, data)


def _client_control(value: Data) -> FromClient:
    what = _text(value, "type")
    if what == "notification":
        event, data = _text(value, "event"), _object(value, "data", {})
        match _TRACK_EVENTS.get(event):
            case "pause" | "resume" | "unpublish" as do:
                return TrackRequest(do, _text(data, "name"))
            case _:
                return UnknownFrame(event, data)
    if what == "request":
        method, data = _text(value, "method"), _object(value, "data", {})
        if method == "publish_track":
            return TrackRequest("publish", _text(data, "name"), _text(value, "request_id", ""))
        return UnknownFrame(method, data)
    raise _Unreadable("type must be notification or request")


def _server_data(value: Data) -> FromServer:
    scope, inner = value.get("scope", "application"), _object(value, "data")
    name, data = _text(inner, "type"), _object(inner, "data", {})
    if scope == "application":
        return ModelMessage(name, data)
    if scope != "runtime":
        raise _Unreadable("scope must be application or runtime")
    match name:
        case "modelSchema":
            return Schema(data)
        case "clipReady":
            return ClipReady(
                _text(data, "session_id", ""),
                _text(data, "kind", ""),
                _real(data, "start_marker"),
                _real(data, "end_marker"),
                _real(data, "now_marker", 0.0),
                int(_real(data, "predicted_ready_at_ms", 0.0)),
                _text(data, "playlist_url"),
            )
        case "clipFailed":
            return ClipFailed(_text(data, "reason", ""))
        case "moderation":
            return Moderation(
                _text(data, "action"),
                _text(data, "input_kind", ""),
                _text(data, "command", ""),
                _texts(data, "categories"),
                _text(data, "message", ""),
            )
        case "sessionEnded":
            return SessionClosed(_text(data, "reason", ""))
        case _:
            return UnknownFrame(name, data)


def _server_control(value: Data) -> FromServer:
    if _text(value, "type") != "response":
        return UnknownFrame(_text(value, "type"), value)
    request, error = _text(value, "request_id", ""), value.get("error")
    if error is not None:
        fault = _object(value, "error")
        return ErrorReply(request, _text(fault, "code", ""), _text(fault, "message", ""))
    return TrackPublished(_text(_object(value, "data", {}), "name", ""), request)


def _read_reference(data: Data) -> Reference:
    size = _real(data, "size", 0.0)
    if size != int(size):
        raise _Unreadable("size must be a whole number")
    return Reference(
        _text(data, "upload_id"), _text(data, "name", ""), _text(data, "mime_type", ""), int(size)
    )


def _object(data: Data, key: str, default: Data | None = None) -> Data:
    value = data.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, Mapping):
        raise _Unreadable(f"{key} must be an object")
    return cast("Data", value)


def _text(data: Data, key: str, default: str | None = None) -> str:
    value = data.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise _Unreadable(f"{key} must be a text")
    return value


def _texts(data: Data, key: str) -> tuple[str, ...]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Unreadable(f"{key} must be a list of texts")
    return tuple(value)


def _real(data: Data, key: str, default: float | None = None) -> float:
    value = data.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 2**62:
        raise _Unreadable(f"{key} must be a number")
    return float(value)
