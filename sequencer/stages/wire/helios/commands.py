"""Helios' commands, written to and read from the wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sequencer.events.commands import (
    ModelCommand,
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.stages.wire.fields import (
    Data,
    MalformedError,
    integer,
    number,
    optional_text,
    read_float,
    read_text,
)


@dataclass(frozen=True, slots=True)
class SetPrompt:
    """`set_prompt`: at once if nothing runs, otherwise for the next chunk.

    Other clients send it; this program schedules.
    """

    prompt: str
    kind: Literal["set_prompt"] = "set_prompt"


@dataclass(frozen=True, slots=True)
class SaveSnapshot:
    """`save_snapshot`: keep the state of the take.

    Models from 1.x know it, as they do the next two.
    """

    label: str = ""
    kind: Literal["save_snapshot"] = "save_snapshot"


@dataclass(frozen=True, slots=True)
class ListSnapshots:
    """`list_snapshots`: name every snapshot of the take."""

    kind: Literal["list_snapshots"] = "list_snapshots"


@dataclass(frozen=True, slots=True)
class Rewind:
    """`rewind`: continue from a snapshot again."""

    snapshot: int
    kind: Literal["rewind"] = "rewind"


HeliosCommand = ModelCommand | SetPrompt
"""Every command that all models know."""

SnapshotCommand = SaveSnapshot | ListSnapshots | Rewind
"""The additional commands of models from 1.x."""

COMMAND_NAMES = (
    "set_prompt", "schedule_prompt", "set_conditioning", "set_image", "set_image_strength",
    "set_sr_scale", "set_seed", "start", "pause", "resume", "reset",
)  # fmt: skip
"""The model's names for them."""

SNAPSHOT_COMMAND_NAMES = ("save_snapshot", "list_snapshots", "rewind")
"""The names of the additional commands of models from 1.x."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a command could not be read: `command` is the name under which it arrived."""

    command: str
    reason: str


def write_command(command: HeliosCommand) -> tuple[str, Data]:
    """Return a command's type and data.

    An `image` in the data is its SHA-256: replace it by the upload that belongs to it. A `fade` is
    written only if there is one: the platform's model has no such parameter, and the conductor
    sends none there.
    """
    data: Data
    match command:
        case SetPrompt():
            data = {"prompt": command.prompt}
        case SchedulePrompt():
            data = {"prompt": command.prompt, "chunk": command.chunk}
            if command.fade:
                data["fade"] = command.fade
        case SetConditioning():
            data = {"prompt": command.prompt, "image": command.image}
        case SetImage():
            data = {"image": command.image}
        case SetImageStrength():
            data = {"image_strength": command.strength}
        case SetSrScale():
            data = {"sr_scale": command.scale}
        case SetSeed():
            data = {"seed": command.seed}
        case Start() | Pause() | Resume() | Reset():
            data = {}
    return command.kind, data


def read_any_command(
    name: str, data: Mapping[str, object]
) -> HeliosCommand | SnapshotCommand | Problem:
    """Read a command like `read_command`, for a model from 1.x."""
    try:
        match name:
            case "save_snapshot":
                return SaveSnapshot(optional_text(data, "label") or "")
            case "list_snapshots":
                return ListSnapshots()
            case "rewind":
                return Rewind(number(data, "snapshot_index"))
            case _:
                return read_command(name, data)
    except MalformedError as error:
        return Problem(name, str(error))


def read_fading_command(name: str, data: Mapping[str, object]) -> HeliosCommand | Problem:
    """Read a command like `read_command`, for a model whose `schedule_prompt` has a `fade`."""
    command = read_command(name, data)
    if not isinstance(command, SchedulePrompt):
        return command
    try:
        return replace(command, fade=number(data, "fade", 0))
    except MalformedError as error:
        return Problem(name, str(error))


def read_command(name: str, data: Mapping[str, object]) -> HeliosCommand | Problem:
    """Return the command of a type and its data, or what is wrong with it.

    Keys are exact: one that is misspelt is ignored, and its parameter gets the default (a required
    one is then missing). An `image` is an upload's id, alone or as `{"upload_id": …}`. Ranges are
    not checked here, but by the model.
    """
    try:
        return _command(name, data)
    except MalformedError as error:
        return Problem(name, str(error))


def _command(name: str, data: Mapping[str, object]) -> HeliosCommand:  # noqa: PLR0912  one branch per command: in effect a table
    match name:
        case "set_prompt":
            return SetPrompt(read_text(data, "prompt"))
        case "schedule_prompt":
            return SchedulePrompt(read_text(data, "prompt"), number(data, "chunk", 0))
        case "set_conditioning":
            return SetConditioning(read_text(data, "prompt"), _upload(data))
        case "set_image":
            return SetImage(_upload(data))
        case "set_image_strength":
            return SetImageStrength(read_float(data, "image_strength", 1.0))
        case "set_sr_scale":
            match data.get("sr_scale", "2x"):
                case "off" | "2x" | "4x" as scale:
                    return SetSrScale(scale)
                case _:
                    raise MalformedError("sr_scale must be one of off, 2x, 4x")
        case "set_seed":
            return SetSeed(integer(data, "seed", 0))
        case "start":
            return Start()
        case "pause":
            return Pause()
        case "resume":
            return Resume()
        case "reset":
            return Reset()
        case _:
            raise MalformedError("unknown command")


def _upload(data: Mapping[str, object]) -> str:
    value = data.get("image")
    if isinstance(value, Mapping):
        value = value.get("upload_id")
    if not isinstance(value, str) or not value:
        raise MalformedError("image is required")
    return value
