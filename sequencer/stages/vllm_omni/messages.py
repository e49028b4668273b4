"""The messages of vLLM-Omni's WebSocket, in both directions, as values. Pure.

The server is not trusted: each field that is read is checked, and everything else is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sequencer.core.errors import StageError

MAX_TEXT_BYTES = 1 << 20
"""The longest JSON message that is read."""
MAX_MEDIA_BYTES = 64 << 20
"""The longest piece of video that is read; a chunk of Helios has some 0.3 MB."""
MAX_IDS = 256
"""The most event ids of one list."""
MAX_ID = 256
"""The longest event id, in characters."""
MAX_CHUNKS = 1_000_000
MAX_REASON = 500
"""How many characters of the server's own texts are kept."""
HINT = "is it a server of vLLM-Omni, started with --diffusion-streaming-output?"


class MessageError(StageError):
    """A message from the server that is not valid."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the server sent a message that is not valid: {what}", HINT)


@dataclass(frozen=True, slots=True)
class VideoStarted:
    """`video.start`: the session was accepted."""

    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkMetadata:
    """`video.chunk_metadata`: what the binary message after it contains.

    Attributes:
        kind: `media`, or `trailer` for what the encoder adds at the end.
        chunk: The chunk of the session; None if the model does not number them.
        frames: The number of its frames.
        length: The number of bytes of the binary message.
        started: The event ids of the prompts that act from this chunk on.
    """

    kind: Literal["media", "trailer"]
    chunk: int | None
    frames: int
    length: int
    started: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InteractionQueued:
    """`session.interaction.queued`: a prompt was accepted; the model has not seen it yet."""

    event: str


@dataclass(frozen=True, slots=True)
class SessionDone:
    """`session.done`: the session is over. `stopped` is whether it was stopped early."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class Pong:
    """`session.pong`: an answer to a ping."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """`error`: with a code and an event id if it is about one interaction."""

    message: str
    code: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownServerMessage:
    """A message of another type, which is kept for the journal."""

    type: str
    data: str


ServerMessage = (
    VideoStarted
    | ChunkMetadata
    | InteractionQueued
    | SessionDone
    | Pong
    | ServerError
    | UnknownServerMessage
)


def read_message(text: str) -> ServerMessage:
    """Read a JSON message of the server.

    Raises:
        MessageError: It is not valid.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise MessageError(f"it has more than {MAX_TEXT_BYTES} characters")
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise MessageError("it is not JSON") from None
    if not isinstance(found, dict):
        raise MessageError("it is not an object")
    kind = found.get("type")
    if not isinstance(kind, str):
        raise MessageError("it has no type")
    match kind:
        case "video.start":
            return _video_start(found)
        case "video.chunk_metadata":
            return _chunk_metadata(found)
        case "session.interaction.queued":
            return InteractionQueued(_event_id(found.get("event_id"), "event_id"))
        case "session.done":
            return SessionDone(found.get("stopped") is True)
        case "session.pong":
            return Pong()
        case "error":
            return _error(found)
        case _:
            return UnknownServerMessage(_printable(kind, 100), text[:MAX_REASON])


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _video_start(found: Mapping[str, Any]) -> VideoStarted:
    if found.get("format", "m4s") != "m4s":
        raise MessageError("video.start names a format other than m4s")
    return VideoStarted(_printable(found.get("request_id", ""), MAX_ID))


def _chunk_metadata(found: Mapping[str, Any]) -> ChunkMetadata:
    kind = found.get("kind", "media")
    if kind not in ("media", "trailer"):
        raise MessageError("the kind of a chunk is neither media nor trailer")
    index = found.get("generation_chunk_index")
    return ChunkMetadata(
        kind=kind,
        chunk=None if index is None else _number(index, "generation_chunk_index", MAX_CHUNKS),
        frames=_number(found.get("num_frames"), "num_frames", 100_000),
        length=_number(found.get("byte_length"), "byte_length", MAX_MEDIA_BYTES),
        started=_event_ids(found.get("started_event_ids", [])),
    )


def _error(found: Mapping[str, Any]) -> ServerError:
    code, event = found.get("code"), found.get("event_id")
    return ServerError(
        _printable(found.get("message", ""), MAX_REASON) or "it gives no reason",
        None if code is None else _printable(code, 100),
        None if event is None else _event_id(event, "event_id"),
    )


def _number(value: object, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise MessageError(f"{name} is not a whole number from 0 to {most}")
    return value


def _event_id(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        raise MessageError(f"{name} is not a text of 1 to {MAX_ID} characters")
    return value


def _event_ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_IDS:
        raise MessageError(f"started_event_ids is not a list of at most {MAX_IDS} texts")
    return tuple(_event_id(one, "an id in started_event_ids") for one in value)


def _printable(value: object, longest: int) -> str:
    """Return a text of the server in one line, without control characters and lone surrogates."""
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(char if char.isprintable() else " " for char in text[:longest]).strip()


# ---- to the server -------------------------------------------------------------------------------

_DISTILLED = {
    "is_enable_stage2": True,
    "pyramid_num_stages": 3,
    "pyramid_num_inference_steps_list": [1, 1, 1],
    "is_amplify_first_chunk": True,
}
"""The settings of the distilled model for live use, from the README of vLLM-Omni's example."""


def session_start(
    model: str, prompt: str, *, seed: int, size: tuple[int, int], fps: int, frames: int
) -> str:
    """Return `session.start`.

    Args:
        model: The name under which the server serves its model.
        prompt: The prompt of the first chunk.
        seed: The seed.
        size: Width and height, in pixels.
        fps: Frames per second, for the times in the video. The server does not keep them.
        frames: The number of frames after which the session ends.
    """
    message: dict[str, Any] = {
        "type": "session.start",
        "model": model,
        "prompt": prompt,
        "format": "m4s",
        "width": size[0],
        "height": size[1],
        "fps": fps,
        "num_frames": frames,
        "seed": seed,
    }
    if "helios-distilled" in model.lower():
        message |= {"guidance_scale": 1.0, "extra_params": dict(_DISTILLED)}
    return json.dumps(message, ensure_ascii=False)


def session_interaction(event: str, prompt: str, fade: int) -> str:
    """Return `session.interaction`: the prompt is reached over `fade` chunks, at once with 0."""
    interaction = {"event_id": event, "event": {"prompt": prompt}, "transition_chunks": fade}
    return json.dumps(
        {"type": "session.interaction", "interaction": interaction}, ensure_ascii=False
    )


PING = '{"type":"session.ping"}'
STOP = '{"type":"session.stop"}'
