"""What travels between client and runtime, as frozen values for every protocol version.

The values are independent of the protocol version.

A client has two channels to a session: `data` carries commands and the model's messages, `control`
the platform's. The codecs (`v0`, `v1`) decide on which channel a message goes, and as what bytes;
both read into and write from these values. `request` is the id that matches an answer to its
request; it is empty if the protocol version has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

Channel = Literal["data", "control"]
"""The label of a data channel. A runtime treats every label but `control` as `data`."""

Data = Mapping[str, object]
"""A JSON object.

Whole numbers are read as `int`, though both protocol versions may carry them as doubles.
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """An uploaded file, as a command or a notice names it. `size` is in bytes."""

    upload_id: str
    name: str
    mime_type: str
    size: int


# ---- from the client -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A command for the model.

    `uploads` are its file parameters, by name: they travel beside `data`, never in it.
    """

    type: str
    data: Data = field(default_factory=dict)
    uploads: tuple[tuple[str, Reference], ...] = ()
    request: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """Shows that the client is alive. It is not answered."""


@dataclass(frozen=True, slots=True)
class FileUploaded:
    """The bytes of an upload have been transferred."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class SchemaRequest:
    """A request for the model's commands and events, as an OpenAPI document."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A request for a clip of the last `seconds`."""

    seconds: float
    request: str = ""


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """A request for a recording of the entire session."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """A change to a track: only `publish` is a request, the others are notifications."""

    do: Literal["publish", "pause", "resume", "unpublish"]
    name: str
    request: str = ""


ClientMessage = (
    CommandRequest
    | Ping
    | FileUploaded
    | SchemaRequest
    | ClipRequest
    | RecordingRequest
    | TrackRequest
)


# ---- from the runtime ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """A message of the model: broadcast, or the reply to a command if `request` is set."""

    type: str
    data: Data = field(default_factory=dict)
    request: str = ""


@dataclass(frozen=True, slots=True)
class Ack:
    """The handler of a command has run.

    It may still have refused the command. Only v1 has this message.
    """

    request: str


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A request or a command could not be processed at all.

    `code` is for programs, `message` for people.
    """

    request: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The model's commands (`paths`) and events (`webhooks`)."""

    openapi: Data
    request: str = ""


@dataclass(frozen=True, slots=True)
class ClipReady:
    """A clip can be fetched.

    Markers are seconds of the recording; `ready_at_ms` is Unix time, a prediction.
    """

    recording: str
    what: str
    start: float
    end: float
    now: float
    ready_at_ms: int
    playlist_url: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class ClipFailed:
    """The clip will not be made."""

    reason: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class Moderation:
    """The platform's verdict on an input: `warn`, or `terminate` if it ends the session."""

    action: str
    input_kind: str = ""
    command: str = ""
    categories: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrackPublished:
    """A track of the client was accepted."""

    name: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session is over; the connection closes after this."""

    reason: str


ServerMessage = (
    ModelMessage
    | Ack
    | ErrorReply
    | Schema
    | ClipReady
    | ClipFailed
    | Moderation
    | TrackPublished
    | SessionClosed
)


# ---- frames that cannot be read ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame without a known message: why, and its beginning as text.

    The text is printable, and has at most 200 characters.
    """

    reason: str
    beginning: str = ""


@dataclass(frozen=True, slots=True)
class UnknownFrame:
    """A valid platform message of a type that is not known here."""

    type: str
    data: Data = field(default_factory=dict)


FromClient = ClientMessage | UnknownFrame | Malformed
FromServer = ServerMessage | UnknownFrame | Malformed


@dataclass(frozen=True, slots=True)
class Frame:
    """An outgoing frame: its channel and its payload. Text frames are v0, bytes are v1."""

    channel: Channel
    payload: str | bytes


MAX_SHOWN = 200
"""How many characters of an unreadable frame are kept."""


def shortened(payload: str | bytes) -> str:
    """Return a frame's beginning for a message to a person.

    Text is unchanged, bytes are shown as hex, and nothing is unprintable.
    """
    if isinstance(payload, bytes):
        return payload[: MAX_SHOWN // 2].hex()
    return "".join(char if char.isprintable() else "\ufffd" for char in payload[:MAX_SHOWN])


def clean_text(value: object) -> object:
    """Return a JSON value with whole doubles as `int`.

    A Struct turns every integer into a double on its way.

    Unpaired surrogates, which JSON can represent and UTF-8 cannot, become question marks.

    Raises:
        ValueError: A number is not finite (NaN, infinity).
        RecursionError: The value is nested too deeply.
    """
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number is not finite")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {clean_text(key): clean_text(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean_text(one) for one in value]
    return value
