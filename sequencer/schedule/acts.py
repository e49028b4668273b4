"""Acts: what a schedule says shall happen, resolved to texts, images and numbers."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Literal

from sequencer.images import ImageFile
from sequencer.records import dataclass


@dataclass(frozen=True, slots=True)
class ShowPrompt:
    """Show a text."""

    text: str
    kind: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True)
class PickPrompt:
    """In rules: show one of several texts, drawn anew at each firing by `draw(seed, key, firing)`."""

    texts: tuple[str, ...]
    key: str
    kind: Literal["pick"] = "pick"

    def drawn(self, seed: int, firing: int) -> ShowPrompt:
        """The text of a firing, counted from 0."""
        return ShowPrompt(self.texts[draw(seed, self.key, firing, len(self.texts))])


@dataclass(frozen=True, slots=True)
class ShowImage:
    """Show an image (with the prompt in force, where the chunk has none of its own)."""

    image: ImageFile
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class Strength:
    """Image strength, 0…1; acts with the next image."""

    value: Fraction
    kind: Literal["strength"] = "strength"


@dataclass(frozen=True, slots=True)
class SuperResolution:
    """Super-resolution: `off`, `2x` or `4x`."""

    scale: Literal["off", "2x", "4x"]
    kind: Literal["sr"] = "sr"


@dataclass(frozen=True, slots=True)
class CutTake:
    """End the take before this chunk and open a new one; `seed` None keeps the seed."""

    seed: int | None
    kind: Literal["cut"] = "cut"


@dataclass(frozen=True, slots=True)
class PauseModel:
    """In rules: pause."""

    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class ResumeModel:
    """In rules: resume."""

    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class GotoSection:
    """In rules: go on with a section at the next bar line that can be reached."""

    section: str
    kind: Literal["goto"] = "goto"


@dataclass(frozen=True, slots=True)
class PlayNote:
    """Send a note to gear. Channels count from 1, `velocity` is 1…127.

    `seconds` is how long it sounds, at the nominal tempo; `quarters` the same in quarters where it was written in beats, so
    that it lasts as long as the beats of a clock that is followed.
    """

    note: int
    channel: int
    velocity: int
    seconds: Fraction
    quarters: Fraction | None = None
    kind: Literal["midi_note"] = "midi_note"


@dataclass(frozen=True, slots=True)
class MoveControl:
    """Send a controller's value (0…127) to gear."""

    control: int
    value: int
    channel: int
    kind: Literal["midi_cc"] = "midi_cc"


@dataclass(frozen=True, slots=True)
class ChooseProgram:
    """Send a program change to gear; programs and channels count from 1."""

    program: int
    channel: int
    kind: Literal["midi_program"] = "midi_program"


CueAct = ShowPrompt | ShowImage | Strength | SuperResolution | CutTake
"""What the model does, at a chunk."""
MidiAct = PlayNote | MoveControl | ChooseProgram
"""What gear is told, at an exact time."""
RuleAct = CueAct | PickPrompt | PauseModel | ResumeModel | GotoSection | MidiAct


def draw(seed: int, key: str, ordinal: int, choices: int) -> int:
    """Which of `choices` a `pick` takes: from SHA-256 of its own coordinates, never from a shared stream.

    `key` names the place (section, occurrence, place) or the rule (its trigger); `ordinal` counts the picks there or the
    firings.
    """
    digest = hashlib.sha256(f"{seed}\x1f{key}\x1f{ordinal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % choices
