"""Helios' messages, read from the wire in either dialect, as events. Reading never raises."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from sequencer.events import (
    ChunkDone,
    ConditionsReady,
    Event,
    ImageAccepted,
    Paused,
    PromptAccepted,
    Refused,
    Resumed,
    Started,
    StateReported,
    Unknown,
    WasReset,
)
from sequencer.wire.fields import MalformedError, flag, number, optional_number, optional_text, real, text
from sequencer.wire.helios.frame_count import FRAMES_PER_CHUNK, FrameCount

MOST_UNKNOWN = 4096
"""How many characters of an unknown message's data are kept."""

SHORT = 10
"""Digits of a chunk's number that needs no second look."""

_ERROR_TEXT = re.compile(r"\[(\w+)\]\s*(.*)", re.DOTALL)


class HeliosReader:
    """Reads one connection's messages. It remembers only what later messages leave out: frames so far, the prompt in force."""

    def __init__(self, frames_per_chunk: int = FRAMES_PER_CHUNK) -> None:
        self._frames = FrameCount(frames_per_chunk)
        self._prompt: str | None = None

    def read(self, name: str, data: Mapping[str, object], at: int) -> tuple[Event, ...]:
        """The events of a message that arrived at nanosecond `at`: one, or `Unknown` for what is not understood."""
        event = read_message(name, data, at, self)
        return (event,)

    def _chunk_done(self, data: Mapping[str, object], at: int) -> ChunkDone:
        chunk, emitted = number(data, "chunk_index"), number(data, "frames_emitted", 0)
        prompt = optional_text(data, "active_prompt") if "active_prompt" in data else self._prompt
        return ChunkDone(at, chunk, self._frames.total(chunk, emitted), prompt)

    def _started(self, chunk: int, prompt: str | None, at: int) -> Started:
        self._prompt = prompt if prompt is not None else self._prompt
        if chunk == 0:
            self._frames.restart()
        return Started(at, chunk, prompt)

    def _reset(self, at: int) -> WasReset:
        self._frames.restart()
        self._prompt = None
        return WasReset(at)


def read_message(name: str, data: Mapping[str, object], at: int, reader: HeliosReader) -> Event:
    """The event of one message, `reader` being what is remembered of its connection. Never raises."""
    if not isinstance(data, Mapping):
        return _unknown(name, data, at)
    inner, event = data.get("event"), None
    try:
        if name == "event" and isinstance(inner, str):
            event = _read(inner, data, at, reader)
        elif name != "event":
            event = _read(name, data, at, reader)
    except MalformedError:
        event = None
    return _unknown(name, data, at) if event is None else event


def _read(name: str, data: Mapping[str, object], at: int, reader: HeliosReader) -> Event | None:  # noqa: PLR0912  one branch a message: a table, in effect
    match name:
        case "state":
            return _read_state(data, at)
        case "chunk_complete":
            return reader._chunk_done(data, at)
        case "prompt_accepted" | "prompt_scheduled":
            return PromptAccepted(at, text(data, "prompt"), optional_number(data, "chunk"))
        case "image_accepted" | "image_set":
            return ImageAccepted(at, number(data, "width", 0), number(data, "height", 0))
        case "conditions_ready":
            return ConditionsReady(at, flag(data, "has_prompt"), flag(data, "has_image"))
        case "generation_started":
            return reader._started(number(data, "chunk_index", 0), optional_text(data, "prompt"), at)
        case "prompt_switched":  # generation goes on from this chunk with another prompt: what a start of each chunk says too
            return reader._started(number(data, "chunk"), text(data, "new_prompt"), at)
        case "generation_paused":
            return Paused(at, optional_number(data, "chunk_index"))
        case "generation_resumed":
            return Resumed(at, optional_number(data, "chunk_index"))
        case "generation_reset":
            return reader._reset(at)
        case "command_error":
            return Refused(at, text(data, "command", ""), text(data, "reason", ""))
        case "error":
            return _read_error(text(data, "message"), at)
        case _:
            return None


def _read_error(message: str, at: int) -> Refused:
    found = _ERROR_TEXT.fullmatch(message)
    return Refused(at, found[1], found[2]) if found else Refused(at, "", message)


def _read_state(data: Mapping[str, object], at: int) -> StateReported:
    running = flag(data, "running")
    strength = data.get("image_strength")
    return StateReported(
        at,
        running=running,
        started=flag(data, "started", running),
        paused=flag(data, "paused", False),
        frame=number(data, "current_frame", 0),
        chunk=number(data, "current_chunk"),
        prompt=optional_text(data, "current_prompt"),
        scheduled=_scheduled(data.get("scheduled_prompts")),
        image_set=flag(data, "image_set", False),
        strength=None if strength is None else real(data, "image_strength", 1.0),
    )


def _scheduled(value: object) -> tuple[tuple[int, str], ...]:
    """`{"4": "text"}` or `[{"chunk": 4, "prompt": "text"}]` as pairs, by chunk; a chunk named twice has its later text."""
    pairs: dict[int, str] = {}
    if isinstance(value, Mapping):
        for chunk, prompt in value.items():
            if type(prompt) is str and type(chunk) is str and chunk.isascii() and chunk.isdigit() and len(chunk) < SHORT:
                pairs[int(chunk)] = prompt  # nearly every one: each `state` repeats them all
            else:
                pairs[number({"a scheduled chunk": chunk}, "a scheduled chunk")] = text(value, chunk)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for one in value:
            if not isinstance(one, Mapping):
                raise MalformedError("scheduled_prompts must hold objects")
            pairs[number(one, "chunk")] = text(one, "prompt")
    elif value is not None:
        raise MalformedError("scheduled_prompts must be a map or a list")
    return tuple(sorted(pairs.items()))


def _unknown(name: str, data: object, at: int) -> Unknown:
    try:
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=repr)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(repr(data), ensure_ascii=False)
    return Unknown(at, name, text[:MOST_UNKNOWN])
