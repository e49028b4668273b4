"""Everything that travels between a client and a runtime, as frozen values that know neither wire.

A client has two channels to a session: `data` carries commands and the model's messages, `control` the platform's. Where a
message goes, and as what bytes, is the codecs' business (`v0`, `v1`); both read into and write from these values.
`request` is the id by which an answer finds its question; empty where the wire has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal

Channel = Literal["data", "control"]
"""The label of a data channel. A runtime takes every label but `control` for `data`."""

Data = Mapping[str, object]
"""A JSON object. Whole numbers are read as `int`, though both wires may carry them as doubles."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An uploaded file, as a command or a notice names it. `size` is in bytes."""

    upload_id: str
    name: str
    mime_type: str
    size: int


# ---- from the client -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A command for the model. `uploads` are its file parameters, by name: they travel beside `data`, never in it."""

    type: str
    data: Data = field(default_factory=dict)
    uploads: tuple[tuple[str, Reference], ...] = ()
    request: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life. Nobody answers it."""


@dataclass(frozen=True, slots=True)
class FileUploaded:
    """The bytes of an upload have been brought."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class SchemaRequest:
    """The model's commands and events are wanted, as an OpenAPI document."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A clip of the last `seconds` is wanted."""

    seconds: float
    request: str = ""


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """A recording of the whole session is wanted."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """Something is to happen with a track: only `publish` is a question, the others are notices."""

    do: Literal["publish", "pause", "resume", "unpublish"]
    name: str
    request: str = ""


ClientMessage = CommandRequest | Ping | FileUploaded | SchemaRequest | ClipRequest | RecordingRequest | TrackRequest


# ---- from the runtime ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """A message of the model: broadcast, or the reply to a command where `request` says so."""

    type: str
    data: Data = field(default_factory=dict)
    request: str = ""


@dataclass(frozen=True, slots=True)
class Ack:
    """The handler of a command ran. No more than that: a refused command is done as well. Only v1 has it."""

    request: str


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A question or a command could not be dealt with at all. `code` is for programs, `message` for people."""

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
    """A clip can be fetched. Markers are seconds of the recording; `ready_at_ms` is Unix time, a prediction."""

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
    """There will be no clip."""

    reason: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class Moderation:
    """The platform's verdict on an input: `warn`, or `terminate` where the session ends by it."""

    action: str
    input_kind: str = ""
    command: str = ""
    categories: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrackPublished:
    """A track of the client's is taken."""

    name: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session is over; the connection closes behind this."""

    reason: str


ServerMessage = ModelMessage | Ack | ErrorReply | Schema | ClipReady | ClipFailed | Moderation | TrackPublished | SessionClosed


# ---- what cannot be read -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that holds nothing of the above: why, and its beginning as text (printable, at most 200 characters)."""

    reason: str
    beginning: str = ""


@dataclass(frozen=True, slots=True)
class UnknownFrame:
    """A well-made platform message of a type that is not known here."""

    type: str
    data: Data = field(default_factory=dict)


FromClient = ClientMessage | UnknownFrame | Malformed
FromServer = ServerMessage | UnknownFrame | Malformed


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes out: on which channel, and as what. Text frames are v0, bytes are v1."""

    channel: Channel
    payload: str | bytes


MAX_SHOWN = 200
"""Characters of a frame that cannot be read which are kept."""


def shortened(payload: str | bytes) -> str:
    """The beginning of a frame for a message to a person: text as it is, bytes as hex, nothing unprintable."""
    if isinstance(payload, bytes):
        return payload[: MAX_SHOWN // 2].hex()
    return "".join(char if char.isprintable() else "\ufffd" for char in payload[:MAX_SHOWN])


def clean_text(value: object) -> object:
    """A JSON value with whole doubles as `int`, for a Struct turns every integer into a double on its way.

    Half surrogates, which JSON can spell and UTF-8 cannot, become question marks.
    Raises ValueError for a number that is none (NaN, infinity) and RecursionError for nesting beyond reason.
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
