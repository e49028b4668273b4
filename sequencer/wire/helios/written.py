"""Helios' messages, written for the wire in each dialect: what the model says."""

from __future__ import annotations

from typing import Literal

from sequencer.events import (
    ChunkDone,
    ConditionsReady,
    ImageAccepted,
    Paused,
    PromptAccepted,
    Refused,
    Resumed,
    Started,
    StateReported,
    WasReset,
)
from sequencer.wire.fields import Data

Dialect = Literal["current", "2026-early", "1.x"]
"""`1.x` has the messages of `current`, and those about snapshots besides."""

HeliosEvent = (
    StateReported | ChunkDone | PromptAccepted | ImageAccepted | ConditionsReady | Started | Paused | Resumed | WasReset
    | Refused
)  # fmt: skip
"""The events that are a message of the model."""


def write_message(
    event: HeliosEvent,
    dialect: Dialect = "current",
    *,
    scheduled: Literal["map", "list"] = "map",
    chunk_frames: int | None = None,
) -> tuple[str, Data]:
    """A model's message: (type, data).

    `scheduled` is how `state` holds its schedule; `chunk_frames`, where given, is what `chunk_complete` counts instead of
    the take's total. The current dialect has no place for the chunk of a `PromptAccepted`.
    """
    name, data = _message(event, dialect, scheduled, chunk_frames)
    if dialect != "2026-early" or name == "state":
        return name, data
    return "event", {"event": name, **data}


def _message(
    event: HeliosEvent, dialect: Dialect, scheduled: Literal["map", "list"], chunk_frames: int | None
) -> tuple[str, Data]:
    early = dialect == "2026-early"
    match event:
        case StateReported():
            return "state", _state(event, scheduled)
        case ChunkDone():
            frames = event.frames if chunk_frames is None else chunk_frames
            return "chunk_complete", {"chunk_index": event.chunk, "frames_emitted": frames, "active_prompt": event.prompt}
        case PromptAccepted() if early:
            return "prompt_scheduled", {"prompt": event.prompt, **({} if event.chunk is None else {"chunk": event.chunk})}
        case PromptAccepted():
            return "prompt_accepted", {"prompt": event.prompt}
        case ImageAccepted():
            return "image_set" if early else "image_accepted", {"width": event.width, "height": event.height}
        case ConditionsReady():
            return "conditions_ready", {"has_prompt": event.has_prompt, "has_image": event.has_image}
        case Started():
            return "generation_started", {"prompt": event.prompt, "chunk_index": event.chunk}
        case Paused():
            return "generation_paused", {} if event.chunk is None else {"chunk_index": event.chunk}
        case Resumed():
            return "generation_resumed", {} if event.chunk is None else {"chunk_index": event.chunk}
        case WasReset():
            return "generation_reset", {}
        case Refused() if early:
            return "error", {"message": f"[{event.command}] {event.reason}" if event.command else event.reason}
        case Refused():
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
    """The early dialect's `prompt_switched`: from `chunk`, whose first frame is `frame`, another prompt is shown."""
    return "event", {
        "event": "prompt_switched",
        "frame": frame,
        "chunk": chunk,
        "new_prompt": prompt,
        "previous_prompt": previous,
    }


def write_snapshot(index: int, chunk: int, label: str, parent: int | None) -> Data:
    """A snapshot, as messages about it hold it: `chunk` is the one that is made next from there."""
    return {"snapshot_index": index, "chunk": chunk, "label": label, "parent_id": parent}


def write_snapshot_saved(snapshot: Data) -> tuple[str, Data]:
    """`snapshot_saved`, the answer to `save_snapshot`."""
    return "snapshot_saved", snapshot


def write_snapshots_listed(snapshots: list[Data]) -> tuple[str, Data]:
    """`snapshots_listed`, the answer to `list_snapshots`."""
    return "snapshots_listed", {"snapshots": snapshots}


def write_rewound(index: int, chunk: int) -> tuple[str, Data]:
    """`generation_rewound`, the answer to `rewind`: `chunk` is the one that is made next."""
    return "generation_rewound", {"snapshot_index": index, "chunk": chunk}


def write_seed_set(seed: int) -> tuple[str, Data]:
    """The early dialect's `seed_set`; the current one has no message for it."""
    return "event", {"event": "seed_set", "seed": seed}
