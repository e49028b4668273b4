"""Actions: what a cue or a rule does."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.origins import origin
from sequencer.score.places import Duration
from sequencer.score.texts import Words
from sequencer.timebase import Meter, Snap


class Sr(StrEnum):
    """Super-resolution: `off` is 640×384, `2x` 1280×768, `4x` 2560×1536."""

    OFF = "off"
    X2 = "2x"
    X4 = "4x"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text on its own."""

    words: Words
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Show:
    """`tram` shows the scene's base, `tram "action"` its follow with `{action}`."""

    scene: str
    action: Words | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class UseImage:
    """`image "path"`: a path relative to the score's folder."""

    path: str
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SetStrength:
    """`strength 0.8`: 0…1, acts with the image of its chunk."""

    value: Fraction
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SetSr:
    """`sr 4x`."""

    sr: Sr
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Cut:
    """`cut`, `cut seed 9`: ends the take before its chunk and starts a new one. Without a seed the seed stays."""

    seed: int | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class ChangeTempo:
    """`tempo 96`, `tempo 120 -> 132 over 4 bars`. `over` is None in a section's head: the ramp then lasts the section."""

    bpm: Fraction
    to: Fraction | None = None
    over: Duration | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class ChangeMeter:
    """`meter 3/4`, on a bar line."""

    meter: Meter
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SetMark:
    """`mark drop` among a cue's actions: names its place."""

    name: str
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SnapHere:
    """`snap floor` among a cue's actions: for this cue only."""

    snap: Snap
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Pause:
    """`pause`, in rules only."""

    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Resume:
    """`resume`, in rules only."""

    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Goto:
    """`goto SECTION`, in rules only: at the next bar line that can be reached."""

    section: str
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SendNote:
    """`midi note C3 ch 10 vel 100 for 1 beat`: a note sent to gear. None where it was not said: channel 1, velocity 100,
    a tenth of a second."""

    written: str
    channel: int | None = None
    velocity: int | None = None
    length: Duration | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SendControl:
    """`midi cc 20 64 ch 1`: a controller's value sent to gear."""

    control: int
    value: int
    channel: int | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class SendProgram:
    """`midi program 5 ch 1`: a program change sent to gear; programs count from 1."""

    program: int
    channel: int | None = None
    span: Span = origin()


SendMidi = SendNote | SendControl | SendProgram
"""What leaves for gear, at the exact time of its place."""

Action = (
    Prompt
    | Show
    | UseImage
    | SetStrength
    | SetSr
    | Cut
    | ChangeTempo
    | ChangeMeter
    | SetMark
    | SnapHere
    | Pause
    | Resume
    | Goto
    | SendNote
    | SendControl
    | SendProgram
)
