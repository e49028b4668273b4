"""What happens on this side of the wire: hands, gear, clocks and fits of them, and the times that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class NotePlayed:
    """A note-on (velocity 0 is a note-off and fires nothing). Channels count from 1."""

    at: int
    note: int
    velocity: int = 100
    channel: int = 1
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class ControlMoved:
    """A controller's new value."""

    at: int
    control: int
    value: int
    channel: int = 1
    kind: Literal["cc"] = "cc"


@dataclass(frozen=True, slots=True)
class ProgramChosen:
    """A program change; programs count from 1."""

    at: int
    program: int
    channel: int = 1
    kind: Literal["program"] = "program"


@dataclass(frozen=True, slots=True)
class Went:
    """An operator said `go NAME`."""

    at: int
    name: str
    kind: Literal["go"] = "go"


@dataclass(frozen=True, slots=True)
class HandPaused:
    """An operator asked for a pause (`paused`) or for going on."""

    at: int
    paused: bool
    kind: Literal["hand_pause"] = "hand_pause"


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The outer clock's transport: start, stop or continue."""

    at: int
    what: Literal["start", "stop", "continue"]
    kind: Literal["clock_moved"] = "clock_moved"


@dataclass(frozen=True, slots=True)
class ClockLocated:
    """The outer clock jumped to a quarter."""

    at: int
    quarter: float
    kind: Literal["clock_located"] = "clock_located"


@dataclass(frozen=True, slots=True)
class ClockFitted:
    """A fit of the outer clock, made outside the conductor: at nanosecond `time` it stands at `quarter`.

    It moves by `quarters_per_ns`. `deviation` is the fit's own standard error of a predicted time, in nanoseconds;
    `quality` says how it was found.
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
    """A fit of chunk boundaries: chunk `chunk` of the take begins at nanosecond `time`, each chunk lasting `chunk_ns`.

    `lag` is the measured time from a chunk's beginning to its first frame shown, in nanoseconds; 0 where nothing is shown.
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
    """An operator moved the offset between the clock and the pictures: positive shows them later."""

    at: int
    offset: int
    kind: Literal["offset"] = "offset"


@dataclass(frozen=True, slots=True)
class ClipWanted:
    """An operator asked the platform for a clip of the last `seconds`."""

    at: int
    seconds: int
    kind: Literal["clip"] = "clip"


@dataclass(frozen=True, slots=True)
class Woke:
    """A time that the conductor asked for with `WakeAt` has come; `due` is the time it asked for."""

    at: int
    due: int
    kind: Literal["woke"] = "woke"


FINISHED_BY_HAND = "finished by hand"
"""The reason of a `Closing` with which an operator ends a run: a normal end, unlike a limit, an interruption or a failure."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The run is to end now, whatever is still to come."""

    at: int
    reason: str
    kind: Literal["closing"] = "closing"


OwnEvent = (
    NotePlayed | ControlMoved | ProgramChosen | Went | HandPaused | ClockMoved | ClockLocated | ClockFitted | BoundariesFitted
    | OffsetChanged | ClipWanted | Woke | Closing
)  # fmt: skip
