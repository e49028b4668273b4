"""The conductor's events, from the stage and local inputs (MIDI, clocks, operators, timers).

The stage reports the state of its connection, what was accepted or refused, and what was made and
shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sequencer.core.images import ImageFile, Scale
from sequencer.core.osc_values import OscValue


@dataclass(frozen=True, slots=True)
class Ready:
    """The stage is connected and accepts commands. `stage` names it, for the report.

    `fades` is whether a prompt can replace the previous one over several chunks.
    """

    at: int
    stage: str = ""
    fades: bool = False
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class StateReported:
    """The model's `state`. `scheduled` holds (chunk, prompt) pairs, by chunk."""

    at: int
    running: bool
    started: bool
    paused: bool
    frame: int
    chunk: int
    prompt: str | None
    scheduled: tuple[tuple[int, str], ...] = ()
    image_set: bool = False
    strength: float | None = None
    kind: Literal["state"] = "state"


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """`chunk_complete`: a chunk is made.

    `frames` is the total of the take so far, whichever way the model counted.
    """

    at: int
    chunk: int
    frames: int
    prompt: str | None
    kind: Literal["chunk_done"] = "chunk_done"


@dataclass(frozen=True, slots=True)
class PromptAccepted:
    """A prompt was accepted and queued for encoding; `chunk` is its chunk, if reported."""

    at: int
    prompt: str
    chunk: int | None = None
    kind: Literal["prompt_accepted"] = "prompt_accepted"


@dataclass(frozen=True, slots=True)
class ImageAccepted:
    """An image was encoded."""

    at: int
    width: int = 0
    height: int = 0
    kind: Literal["image_accepted"] = "image_accepted"


@dataclass(frozen=True, slots=True)
class ConditionsReady:
    """What the model holds after a conditioning command."""

    at: int
    has_prompt: bool
    has_image: bool
    kind: Literal["conditions_ready"] = "conditions_ready"


@dataclass(frozen=True, slots=True)
class Started:
    """Generation runs. Some models report this for each chunk."""

    at: int
    chunk: int = 0
    prompt: str | None = None
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Paused:
    """Generation rests after this chunk; None if the model does not report after which one."""

    at: int
    chunk: int | None = None
    kind: Literal["paused"] = "paused"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Generation continues with this chunk; None if the model does not report with which one."""

    at: int
    chunk: int | None = None
    kind: Literal["resumed"] = "resumed"


@dataclass(frozen=True, slots=True)
class ResetDone:
    """Schedule, history, image, seed and counters are cleared."""

    at: int
    kind: Literal["was_reset"] = "was_reset"


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A refused command: a `command_error` message, or an error response.

    `command` is the model's name for it, `reason` the model's text.
    """

    at: int
    command: str
    reason: str
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An image's bytes are available to the model."""

    at: int
    sha256: str
    kind: Literal["uploaded"] = "uploaded"


@dataclass(frozen=True, slots=True)
class UploadFailed:
    """An image could not be uploaded."""

    at: int
    sha256: str
    reason: str
    kind: Literal["upload_failed"] = "upload_failed"


@dataclass(frozen=True, slots=True)
class ChunkShown:
    """The first frame of a chunk has arrived.

    `take` is the take that the chunk belongs to, counted by the `start` commands that were sent
    (from 1). Frames arrive after their chunk was reported, so those of one take may still arrive
    while the next one plays. None if the stage does not know the take.
    """

    at: int
    chunk: int
    take: int | None = None
    kind: Literal["chunk_shown"] = "chunk_shown"


@dataclass(frozen=True, slots=True)
class FramesRendered:
    """A chunk's frames on the simulator: number, SHA-256 of the raw bytes, renderer's version."""

    at: int
    chunk: int
    frames: int
    sha256: str
    renderer: str
    kind: Literal["pictures"] = "pictures"


@dataclass(frozen=True, slots=True)
class StageStatus:
    """The stage's connection state, by the platform's four names; `detail` may add information."""

    at: int
    status: Literal["disconnected", "connecting", "waiting", "ready"]
    detail: str = ""
    kind: Literal["stage_status"] = "stage_status"


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection to the stage broke."""

    at: int
    reason: str
    kind: Literal["lost"] = "lost"


@dataclass(frozen=True, slots=True)
class ConnectionRestored:
    """The connection is restored; a `StateReported` follows if the model sends one."""

    at: int
    kind: Literal["restored"] = "restored"


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The platform or the model ended the session; no further events will come from it."""

    at: int
    reason: str
    kind: Literal["session_ended"] = "session_ended"


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """An unknown message. It is kept in the journal and otherwise ignored."""

    at: int
    message: str
    data: str
    """The message's data as JSON text."""
    kind: Literal["unknown"] = "unknown"


StageEvent = (
    Ready
    | StateReported
    | ChunkDone
    | PromptAccepted
    | ImageAccepted
    | ConditionsReady
    | Started
    | Paused
    | Resumed
    | ResetDone
    | CommandRefused
    | Uploaded
    | UploadFailed
    | ChunkShown
    | FramesRendered
    | StageStatus
    | ConnectionLost
    | ConnectionRestored
    | SessionEnded
    | UnknownMessage
)


@dataclass(frozen=True, slots=True)
class NoteReceived:
    """A note-on, or with velocity 0 a note-off. Channels count from 1."""

    at: int
    note: int
    velocity: int = 100
    channel: int = 1
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class ControlChanged:
    """A controller's new value."""

    at: int
    control: int
    value: int
    channel: int = 1
    kind: Literal["cc"] = "cc"


@dataclass(frozen=True, slots=True)
class ProgramChanged:
    """A program change; programs count from 1."""

    at: int
    program: int
    channel: int = 1
    kind: Literal["program"] = "program"


@dataclass(frozen=True, slots=True)
class OperatorGo:
    """An operator's `go NAME`."""

    at: int
    name: str
    kind: Literal["go"] = "go"


@dataclass(frozen=True, slots=True)
class BeginRequested:
    """An operator began a run that is set up and waits for it."""

    at: int
    kind: Literal["begin"] = "begin"


@dataclass(frozen=True, slots=True)
class OscReceived:
    """An OSC message: its address and arguments."""

    at: int
    address: str
    arguments: tuple[OscValue, ...] = ()
    kind: Literal["osc"] = "osc"


@dataclass(frozen=True, slots=True)
class OperatorPause:
    """An operator asked to pause (`paused`) or to resume."""

    at: int
    paused: bool
    kind: Literal["hand_pause"] = "hand_pause"


MAX_EVERY = 1_000
"""The most bars or beats between the positions for which something improvised waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvised:
    """An operator improvised something that no rule of the score provides for.

    What is given of `prompt`, `image`, `strength` and `sr` is shown or set together, at the next
    chunk within reach; `section` is the section that the score continues with. With a `unit`, it
    waits for the next bar line or beat within reach, or for every `every`-th of them.
    """

    at: int
    prompt: str | None = None
    image: ImageFile | None = None
    strength: Fraction | None = None
    sr: Scale | None = None
    section: str | None = None
    unit: Literal["bars", "beats"] | None = None
    every: int = 1
    kind: Literal["improvised"] = "improvised"

    def __post_init__(self) -> None:
        """Check the values, which may come from a journal of unknown origin. Raises ValueError."""
        given = (self.prompt, self.image, self.strength, self.sr, self.section)
        if all(one is None for one in given):
            raise ValueError("nothing is improvised")
        if self.strength is not None and not 0 <= self.strength <= 1:
            raise ValueError("an image strength is from 0 to 1")
        if not 1 <= self.every <= MAX_EVERY:
            raise ValueError(f"every is from 1 to {MAX_EVERY}")


@dataclass(frozen=True, slots=True)
class TransportChanged:
    """The external clock's transport: start, stop or continue."""

    at: int
    what: Literal["start", "stop", "continue"]
    kind: Literal["clock_moved"] = "clock_moved"


@dataclass(frozen=True, slots=True)
class TransportLocated:
    """The external clock jumped to a quarter."""

    at: int
    quarter: float
    kind: Literal["clock_located"] = "clock_located"


@dataclass(frozen=True, slots=True)
class ClockFitted:
    """A fit of the external clock, made outside the conductor.

    At nanosecond `time` the clock is at `quarter`.

    It moves by `quarters_per_ns`. `deviation` is the fit's own standard error of a predicted time,
    in nanoseconds; `quality` states how it was found.
    """

    at: int
    quarter: float
    time: int
    quarters_per_ns: float
    deviation: float = 0.0
    quality: Literal["searching", "locked", "free", "stopped"] = "locked"
    kind: Literal["clock_fit"] = "clock_fit"


@dataclass(frozen=True, slots=True)
class BoundariesFitted:
    """A fit of chunk boundaries.

    Chunk `chunk` of the take begins at nanosecond `time`, and each chunk lasts `chunk_ns`.

    `lag` is the measured time from a chunk's beginning to its first frame shown, in nanoseconds; 0
    if nothing is shown.
    """

    at: int
    chunk: int
    time: int
    chunk_ns: float
    deviation: float = 0.0
    lag: int = 0
    kind: Literal["boundary_fit"] = "boundary_fit"


@dataclass(frozen=True, slots=True)
class OffsetChanged:
    """An operator changed the clock-to-video offset: a positive one shows frames later."""

    at: int
    offset: int
    kind: Literal["offset"] = "offset"


@dataclass(frozen=True, slots=True)
class ClipRequested:
    """An operator asked the platform for a clip of the last `seconds`."""

    at: int
    seconds: int
    kind: Literal["clip"] = "clip"


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A time that the conductor requested with `WakeAt` has come; `due` is the requested time."""

    at: int
    due: int
    kind: Literal["woke"] = "woke"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRequested:
    """An operator asked for a version of the score to take over while the run plays.

    `version` counts the scores of the journal; 1 is that of its header. The new version takes over
    at the next bar line within reach (`bar`), chunk (`chunk`) or beginning of a section
    (`section`). With `section` the position is looked up in that section.
    """

    at: int
    version: int
    where: Literal["bar", "chunk", "section"] = "bar"
    section: str | None = None
    kind: Literal["reload"] = "reload"


FINISHED_BY_HAND = "finished by hand"
"""The reason of an operator's `StopRequested`: a normal end, not a limit or a failure."""


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The run is to end now, whatever is still to come."""

    at: int
    reason: str
    kind: Literal["closing"] = "closing"


LocalEvent = (
    NoteReceived
    | ControlChanged
    | ProgramChanged
    | OperatorGo
    | BeginRequested
    | OscReceived
    | OperatorPause
    | Improvised
    | TransportChanged
    | TransportLocated
    | ClockFitted
    | BoundariesFitted
    | OffsetChanged
    | ClipRequested
    | TimerFired
    | ReloadRequested
    | StopRequested
)
