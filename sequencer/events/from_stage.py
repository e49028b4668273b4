"""What the stage says: how its connection stands, what was taken or refused, what was made and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ready:
    """The stage is connected and takes commands. `stage` names it, for the report."""

    at: int
    stage: str = ""
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class StateReported:
    """The model's `state`. `scheduled` are (chunk, prompt) pairs, by chunk."""

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
    """`chunk_complete`: a chunk is made. `frames` is the take's total so far, whichever way the model counted."""

    at: int
    chunk: int
    frames: int
    prompt: str | None
    kind: Literal["chunk_done"] = "chunk_done"


@dataclass(frozen=True, slots=True)
class PromptAccepted:
    """A prompt was taken and queued for encoding; `chunk` where the dialect tells it."""

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
    """Generation runs. Some models report it for each chunk."""

    at: int
    chunk: int = 0
    prompt: str | None = None
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Paused:
    """Generation rests after this chunk; None where the model does not say after which."""

    at: int
    chunk: int | None = None
    kind: Literal["paused"] = "paused"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Generation goes on, with this chunk; None where the model does not say with which."""

    at: int
    chunk: int | None = None
    kind: Literal["resumed"] = "resumed"


@dataclass(frozen=True, slots=True)
class WasReset:
    """Schedule, history, image, seed and counters are clear."""

    at: int
    kind: Literal["was_reset"] = "was_reset"


@dataclass(frozen=True, slots=True)
class Refused:
    """`command_error`, or an error answer: `command` as the model names it, `reason` as it says it."""

    at: int
    command: str
    reason: str
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An image's bytes are where the model finds them."""

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

    `take` is the take that the chunk belongs to, counted by the `start` commands that were sent (from 1): frames arrive after
    their chunk was reported, so those of one take may still come when the next one plays. None where the stage does not know.
    """

    at: int
    chunk: int
    take: int | None = None
    kind: Literal["chunk_shown"] = "chunk_shown"


@dataclass(frozen=True, slots=True)
class PicturesMade:
    """The simulated stage's pictures of a chunk: how many frames, SHA-256 of their raw bytes, the renderer's version."""

    at: int
    chunk: int
    frames: int
    sha256: str
    renderer: str
    kind: Literal["pictures"] = "pictures"


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How far the stage's connection is, by the platform's four names; `detail` says more where there is more to say."""

    at: int
    status: Literal["disconnected", "connecting", "waiting", "ready"]
    detail: str = ""
    kind: Literal["stage_status"] = "stage_status"


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection to the stage broke."""

    at: int
    reason: str
    kind: Literal["lost"] = "lost"


@dataclass(frozen=True, slots=True)
class Restored:
    """The connection stands again; a `StateReported` follows where the model sends one."""

    at: int
    kind: Literal["restored"] = "restored"


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The platform or the model ended the session; nothing more will come."""

    at: int
    reason: str
    kind: Literal["session_ended"] = "session_ended"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message that nobody here knows. It is kept in the journal and otherwise ignored."""

    at: int
    message: str
    data: str
    """The message's data as JSON text."""
    kind: Literal["unknown"] = "unknown"


StageEvent = (
    Ready | StateReported | ChunkDone | PromptAccepted | ImageAccepted | ConditionsReady | Started | Paused | Resumed | WasReset
    | Refused | Uploaded | UploadFailed | ChunkShown | PicturesMade | StageStatus | Lost | Restored | SessionEnded | Unknown
)  # fmt: skip
