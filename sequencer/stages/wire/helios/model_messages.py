"""Helios' messages, written in each dialect and read from all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from sequencer.events.codec import Event
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
from sequencer.stages.wire.fields import (
    Data,
    MalformedError,
    number,
    optional_number,
    optional_text,
    read_bool,
    read_float,
    read_text,
)

Dialect = Literal["current", "2026-early", "1.x"]
"""`1.x` has the messages of `current`, with the addition of those about snapshots."""

HeliosEvent = (
    StateReported | ChunkDone | PromptAccepted | ImageAccepted | ConditionsReady
    | Started | Paused | Resumed | ResetDone | CommandRefused
)  # fmt: skip
"""The events that are a message of the model."""


def write_message(
    event: HeliosEvent,
    dialect: Dialect = "current",
    *,
    scheduled: Literal["map", "list"] = "map",
    chunk_frames: int | None = None,
) -> tuple[str, Data]:
    """Return a model's message as (type, data).

    Args:
        event: What the message reports. The current dialect has no field for the chunk of a
            `PromptAccepted`.
        dialect: The dialect to write.
        scheduled: How `state` holds its schedule.
        chunk_frames: What `chunk_complete` counts instead of the take's total, if given.
    """
    name, data = _message(event, dialect, scheduled, chunk_frames)
    if dialect != "2026-early" or name == "state":
        return name, data
    return "event", {"event": name, **data}


def _message(
    event: HeliosEvent,
    dialect: Dialect,
    scheduled: Literal["map", "list"],
    chunk_frames: int | None,
) -> tuple[str, Data]:
    early = dialect == "2026-early"
    match event:
        case StateReported():
            return "state", _state(event, scheduled)
        case ChunkDone():
            frames = event.frames if chunk_frames is None else chunk_frames
            return "chunk_complete", {
                "chunk_index": event.chunk,
                "frames_emitted": frames,
                "active_prompt": event.prompt,
            }
        case PromptAccepted() if early:
            return "prompt_scheduled", {
                "prompt": event.prompt,
                **({} if event.chunk is None else {"chunk": event.chunk}),
            }
        case PromptAccepted():
            return "prompt_accepted", {"prompt": event.prompt}
        case ImageAccepted():
            return "image_set" if early else "image_accepted", {
                "width": event.width,
                "height": event.height,
            }
        case ConditionsReady():
            return "conditions_ready", {
                "has_prompt": event.has_prompt,
                "has_image": event.has_image,
            }
        case Started():
            return "generation_started", {"prompt": event.prompt, "chunk_index": event.chunk}
        case Paused():
            return "generation_paused", {} if event.chunk is None else {"chunk_index": event.chunk}
        case Resumed():
            return "generation_resumed", {} if event.chunk is None else {"chunk_index": event.chunk}
        case ResetDone():
            return "generation_reset", {}
        case CommandRefused() if early:
            return "error", {
                "message": f"[{event.command}] {event.reason}" if event.command else event.reason
            }
        case CommandRefused():
            return "command_error", {"command": event.command, "reason": event.reason}


def _state(event: StateReported, scheduled: Literal["map", "list"]) -> Data:
    data: Data = {
        "running": event.running,
        "started": event.started,
        "paused": event.paused,
        "current_frame": event.frame,
        "current_chunk": event.chunk,
        "current_prompt": event.prompt,
        "scheduled_prompts": {str(chunk): prompt for chunk, prompt in event.scheduled}
        if scheduled == "map"
        else [{"chunk": chunk, "prompt": prompt} for chunk, prompt in event.scheduled],
        "image_set": event.image_set,
    }
    if event.strength is not None:
        data["image_strength"] = event.strength
    return data


def write_switch(frame: int, chunk: int, prompt: str, previous: str | None) -> tuple[str, Data]:
    """Return the early dialect's `prompt_switched`.

    From `chunk`, whose first frame is `frame`, another prompt is shown.
    """
    return "event", {
        "event": "prompt_switched",
        "frame": frame,
        "chunk": chunk,
        "new_prompt": prompt,
        "previous_prompt": previous,
    }


def write_snapshot(index: int, chunk: int, label: str, parent: int | None) -> Data:
    """Return a snapshot as messages contain it: `chunk` is the one that is made next from there."""
    return {"snapshot_index": index, "chunk": chunk, "label": label, "parent_id": parent}


def write_snapshot_saved(snapshot: Data) -> tuple[str, Data]:
    """Return `snapshot_saved`, the answer to `save_snapshot`."""
    return "snapshot_saved", snapshot


def write_snapshots_listed(snapshots: list[Data]) -> tuple[str, Data]:
    """Return `snapshots_listed`, the answer to `list_snapshots`."""
    return "snapshots_listed", {"snapshots": snapshots}


def write_rewound(index: int, chunk: int) -> tuple[str, Data]:
    """Return `generation_rewound`, the answer to `rewind`: `chunk` is the one that is made next."""
    return "generation_rewound", {"snapshot_index": index, "chunk": chunk}


def write_seed_set(seed: int) -> tuple[str, Data]:
    """Return the early dialect's `seed_set`; the current one has no message for it."""
    return "event", {"event": "seed_set", "seed": seed}


FRAMES_PER_CHUNK = 33
"""The frames of a chunk when nothing else is known."""


MAX_FRAMES = 8
"""No chunk has more than this many times the usual frames."""


class FrameCount:
    """Turns `frames_emitted` into the take's total, whether a model counts the total or each chunk.

    Two chunks are enough to decide: the interpretation is used that brings a chunk's length closest
    to `usual` frames. Chunks without frames (warm-up), and duplicate, lost and late reports are
    tolerated. A count that is missing or cannot be right is replaced by the usual one, so that the
    following chunks are counted correctly.
    """

    def __init__(self, usual: int = FRAMES_PER_CHUNK) -> None:
        self._usual = usual
        self._per_chunk = False
        self.restart()

    def restart(self) -> None:
        """Begin a new take: counts start over, the way of counting is kept."""
        self._chunk = -1
        self._raw = 0
        self._total = 0

    def total(self, chunk: int, emitted: int) -> int:
        """Return the frames of the take up to and including this chunk."""
        steps = chunk - self._chunk
        if steps <= 0:
            expected = self._total + steps * emitted
            return max(emitted, expected) if self._per_chunk else emitted
        if not self._can_be(emitted, steps):
            self._chunk, self._total = chunk, self._total + self._usual * steps
            self._raw = self._usual if self._per_chunk else self._total
            return self._total
        as_total = abs(emitted - self._raw - self._usual * steps)
        as_chunk = abs(emitted - self._usual) * steps
        if as_total != as_chunk and emitted > 0:
            self._per_chunk = as_chunk < as_total
        total = self._total + emitted * steps if self._per_chunk else emitted
        self._chunk, self._raw, self._total = chunk, emitted, max(total, self._total)
        return self._total

    def _can_be(self, emitted: int, steps: int) -> bool:
        """Whether this many frames can have been made.

        Chunks without frames only come before all others.
        """
        if emitted == 0:
            return self._total == 0
        most = MAX_FRAMES * self._usual
        return emitted <= most or 0 <= emitted - self._raw <= most * steps


MAX_UNKNOWN = 4096
"""How many characters of an unknown message's data are kept."""

SHORT = 10
"""Chunk numbers with fewer digits than this need no further check."""

_ERROR_TEXT = re.compile(r"\[(\w+)\]\s*(.*)", re.DOTALL)


class HeliosReader:
    """Reads one connection's messages.

    It remembers only what later messages leave out: frames so far, the prompt in force.
    """

    def __init__(self, frames_per_chunk: int = FRAMES_PER_CHUNK) -> None:
        self._frames = FrameCount(frames_per_chunk)
        self._prompt: str | None = None
        self._schedule: tuple[object, tuple[tuple[int, str], ...]] = {}, ()
        """The schedule of the last `state`, as it came and as it was read: most are the same."""

    def read(self, name: str, data: Mapping[str, object], at: int) -> tuple[Event, ...]:
        """Return the events of a message that arrived at nanosecond `at`.

        There is one event, an `UnknownMessage` if the message is not understood.
        """
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

    def _scheduled(self, value: object) -> tuple[tuple[int, str], ...]:
        if not isinstance(value, dict):
            return _scheduled(value)
        if value != self._schedule[0]:
            self._schedule = dict(value), _scheduled(value)
        return self._schedule[1]

    def _reset(self, at: int) -> ResetDone:
        self._frames.restart()
        self._prompt = None
        return ResetDone(at)


def read_message(name: str, data: Mapping[str, object], at: int, reader: HeliosReader) -> Event:
    """Return the event of one message; `reader` is what is remembered of its connection.

    Never raises.
    """
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


def _read(name: str, data: Mapping[str, object], at: int, reader: HeliosReader) -> Event | None:  # noqa: PLR0912  one branch per message: in effect a table
    match name:
        case "state":
            return _read_state(data, at, reader)
        case "chunk_complete":
            return reader._chunk_done(data, at)
        case "prompt_accepted" | "prompt_scheduled":
            return PromptAccepted(at, read_text(data, "prompt"), optional_number(data, "chunk"))
        case "image_accepted" | "image_set":
            return ImageAccepted(at, number(data, "width", 0), number(data, "height", 0))
        case "conditions_ready":
            return ConditionsReady(at, read_bool(data, "has_prompt"), read_bool(data, "has_image"))
        case "generation_started":
            return reader._started(
                number(data, "chunk_index", 0), optional_text(data, "prompt"), at
            )
        case (
            "prompt_switched"
        ):  # generation continues with another prompt, which a start of each chunk reports too
            return reader._started(number(data, "chunk"), read_text(data, "new_prompt"), at)
        case "generation_paused":
            return Paused(at, optional_number(data, "chunk_index"))
        case "generation_resumed":
            return Resumed(at, optional_number(data, "chunk_index"))
        case "generation_reset":
            return reader._reset(at)
        case "command_error":
            return CommandRefused(at, read_text(data, "command", ""), read_text(data, "reason", ""))
        case "error":
            return _read_error(read_text(data, "message"), at)
        case _:
            return None


def _read_error(message: str, at: int) -> CommandRefused:
    found = _ERROR_TEXT.fullmatch(message)
    return CommandRefused(at, found[1], found[2]) if found else CommandRefused(at, "", message)


def _read_state(data: Mapping[str, object], at: int, reader: HeliosReader) -> StateReported:
    running = read_bool(data, "running")
    strength = data.get("image_strength")
    return StateReported(
        at,
        running=running,
        started=read_bool(data, "started", running),
        paused=read_bool(data, "paused", False),
        frame=number(data, "current_frame", 0),
        chunk=number(data, "current_chunk"),
        prompt=optional_text(data, "current_prompt"),
        scheduled=reader._scheduled(data.get("scheduled_prompts")),
        image_set=read_bool(data, "image_set", False),
        strength=None if strength is None else read_float(data, "image_strength", 1.0),
    )


def _is_plain(scheduled: dict[object, object]) -> bool:
    """Return whether a schedule maps short numbers, written as text, to texts.

    This is the usual case. It is checked for all of them at once, because each `state` repeats
    them all.
    """
    if not set(map(type, scheduled.values())) <= {str}:
        return False
    try:
        digits = "".join(scheduled)  # type: ignore[arg-type]  # join checks the type
    except TypeError:
        return False
    lengths = list(map(len, scheduled))  # type: ignore[arg-type]  # all of them are texts
    is_short = not lengths or (min(lengths) > 0 and max(lengths) < SHORT)
    return is_short and (not digits or (digits.isascii() and digits.isdigit()))


def _scheduled(value: object) -> tuple[tuple[int, str], ...]:
    """Read a schedule as pairs of a chunk and a prompt, by chunk; the last duplicate counts.

    Its form is `{"4": "text"}` or `[{"chunk": 4, "prompt": "text"}]`.
    """
    pairs: dict[int, str] = {}
    if isinstance(value, dict) and _is_plain(value):
        pairs = dict(zip(map(int, value), value.values(), strict=True))
    elif isinstance(value, Mapping):
        for chunk in value:
            pairs[number({"a scheduled chunk": chunk}, "a scheduled chunk")] = read_text(
                value, chunk
            )
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for one in value:
            if not isinstance(one, Mapping):
                raise MalformedError("scheduled_prompts must hold objects")
            pairs[number(one, "chunk")] = read_text(one, "prompt")
    elif value is not None:
        raise MalformedError("scheduled_prompts must be a map or a list")
    return tuple(sorted(pairs.items()))


def _unknown(name: str, data: object, at: int) -> UnknownMessage:
    try:
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, default=repr)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(repr(data), ensure_ascii=False)
    return UnknownMessage(at, name, text[:MAX_UNKNOWN])
