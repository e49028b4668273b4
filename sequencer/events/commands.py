"""The conductor's commands: to the stage, external devices, and the program that runs it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

from sequencer.core.images import ImageFile, Scale
from sequencer.core.osc_values import OscValue


@dataclass(frozen=True, slots=True)
class Upload:
    """Transfer an image's bytes to the stage. Answered by `Uploaded` or `UploadFailed`."""

    image: ImageFile
    kind: Literal["upload"] = "upload"


@dataclass(frozen=True, slots=True)
class SetSeed:
    """`set_seed`. The model reads the seed once, when `start` takes effect."""

    seed: int
    kind: Literal["set_seed"] = "set_seed"


@dataclass(frozen=True, slots=True)
class SetSrScale:
    """`set_sr_scale`."""

    scale: Scale
    kind: Literal["set_sr_scale"] = "set_sr_scale"


@dataclass(frozen=True, slots=True)
class SetImageStrength:
    """`set_image_strength`, 0…1."""

    strength: float
    kind: Literal["set_image_strength"] = "set_image_strength"


@dataclass(frozen=True, slots=True)
class SetConditioning:
    """`set_conditioning`: prompt and image as one transaction. The image was uploaded before."""

    prompt: str
    image: str
    """The image's SHA-256; the stage knows the upload that belongs to it."""
    kind: Literal["set_conditioning"] = "set_conditioning"


@dataclass(frozen=True, slots=True)
class SetImage:
    """`set_image`; `image` is the SHA-256."""

    image: str
    kind: Literal["set_image"] = "set_image"


@dataclass(frozen=True, slots=True)
class SchedulePrompt:
    """`schedule_prompt` for a chunk of the take.

    The prompt replaces the previous one over `fade` chunks; 0 is at once. Only stages that report
    in `Ready` that they fade receive another number.
    """

    prompt: str
    chunk: int
    _: KW_ONLY
    fade: int = 0
    kind: Literal["schedule_prompt"] = "schedule_prompt"


@dataclass(frozen=True, slots=True)
class Start:
    """`start`."""

    kind: Literal["start"] = "start"


@dataclass(frozen=True, slots=True)
class Pause:
    """`pause`."""

    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class Resume:
    """`resume`."""

    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class Reset:
    """`reset`."""

    kind: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True)
class SendMidi:
    """Send a MIDI message to external devices at nanosecond `due`, or at once if that has passed.

    Never reaches the stage.

    `message` is the complete message in hexadecimal, such as ``993c64``. The command is issued a
    little ahead of its time, so that the sender can be punctual.
    """

    due: int
    message: str
    kind: Literal["send_midi"] = "send_midi"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOsc:
    """Send an OSC message to external devices at nanosecond `due`, as `SendMidi` does.

    The type of each argument is that of its value: integers have 32 bits, and decimals are floats.
    """

    due: int
    address: str
    arguments: tuple[OscValue, ...] = ()
    kind: Literal["send_osc"] = "send_osc"


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send a `TimerFired` at nanosecond `due`, or at once if that has passed.

    Never reaches the stage.
    """

    due: int
    kind: Literal["wake_at"] = "wake_at"


@dataclass(frozen=True, slots=True)
class Finish:
    """End the run and close the session. `reason` is for the report."""

    reason: str
    kind: Literal["finish"] = "finish"


ModelCommand = (
    SetSeed | SetSrScale | SetImageStrength | SetConditioning | SetImage | SchedulePrompt
    | Start | Pause | Resume | Reset
)  # fmt: skip
"""The commands that a Helios model knows; `kind` is the model's name for each."""

Command = Upload | ModelCommand | SendMidi | SendOsc | WakeAt | Finish
