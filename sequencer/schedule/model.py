"""The data model of a schedule: acts (what happens), triggers (what a rule waits for), and their stretches and takes.

All names of a score are resolved to texts, images and numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import field
from fractions import Fraction
from typing import Literal

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoMap


@dataclass(frozen=True, slots=True)
class PromptAct:
    """Show a text."""

    text: str
    kind: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True)
class PickAct:
    """In rules: show one of several texts, chosen anew at each firing by `draw(seed, key, firing)`."""

    texts: tuple[str, ...]
    key: str
    kind: Literal["pick"] = "pick"

    def drawn(self, seed: int, firing: int) -> PromptAct:
        """Return the text of a firing, counted from 0."""
        return PromptAct(self.texts[draw(seed, self.key, firing, len(self.texts))])


@dataclass(frozen=True, slots=True)
class ImageAct:
    """Show an image (with the prompt in force, if the chunk has none of its own)."""

    image: ImageFile
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class StrengthAct:
    """Image strength, 0…1; acts with the next image."""

    value: Fraction
    kind: Literal["strength"] = "strength"


@dataclass(frozen=True, slots=True)
class SuperResolutionAct:
    """Super-resolution: `off`, `2x` or `4x`."""

    scale: Literal["off", "2x", "4x"]
    kind: Literal["sr"] = "sr"


@dataclass(frozen=True, slots=True)
class CutAct:
    """End the take before this chunk and open a new one; `seed` None keeps the seed."""

    seed: int | None
    kind: Literal["cut"] = "cut"


@dataclass(frozen=True, slots=True)
class PauseAct:
    """In rules: pause."""

    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class ResumeAct:
    """In rules: resume."""

    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class GotoAct:
    """In rules: continue with a section at the next bar line that can be reached."""

    section: str
    kind: Literal["goto"] = "goto"


@dataclass(frozen=True, slots=True)
class NoteAct:
    """Send a note to external devices. Channels count from 1, `velocity` is 1…127.

    `seconds` is how long it sounds, at the nominal tempo. `quarters` is the same in quarters if it was written in beats, so
    that it lasts as long as the beats of a clock that is followed.
    """

    note: int
    channel: int
    velocity: int
    seconds: Fraction
    quarters: Fraction | None = None
    kind: Literal["midi_note"] = "midi_note"


@dataclass(frozen=True, slots=True)
class ControlAct:
    """Send a controller's value (0…127) to external devices."""

    control: int
    value: int
    channel: int
    kind: Literal["midi_cc"] = "midi_cc"


@dataclass(frozen=True, slots=True)
class ProgramAct:
    """Send a program change to external devices; programs and channels count from 1."""

    program: int
    channel: int
    kind: Literal["midi_program"] = "midi_program"


CueAct = PromptAct | ImageAct | StrengthAct | SuperResolutionAct | CutAct
"""What the model does, at a chunk."""
MidiAct = NoteAct | ControlAct | ProgramAct
"""What is sent to external devices, at an exact time."""
RuleAct = CueAct | PickAct | PauseAct | ResumeAct | GotoAct | MidiAct


def draw(seed: int, key: str, ordinal: int, choices: int) -> int:
    """Return which of `choices` a `pick` takes, from SHA-256 of its own coordinates, never from a shared random stream.

    Args:
        seed: The seed of the schedule.
        key: The position of the pick (section, occurrence, position), or the rule (its trigger).
        ordinal: The number of the pick at that position, or of the firing.
        choices: The number of choices.

    Returns:
        The index of the choice, from 0.
    """
    digest = hashlib.sha256(f"{seed}\x1f{key}\x1f{ordinal}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % choices


@dataclass(frozen=True, slots=True)
class NoteTrigger:
    """A note-on of this number (0…127) with a velocity above 0. `channel` is 1…16; None is any."""

    note: int
    channel: int | None = None
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class ControlCrossing:
    """A controller crossing `value` upwards (`above`) or downwards; it can fire again after the value has come back by 4."""

    control: int
    above: bool
    value: int
    channel: int | None = None
    kind: Literal["cc"] = "cc"


@dataclass(frozen=True, slots=True)
class ProgramTrigger:
    """A program change; programs count from 1."""

    program: int
    channel: int | None = None
    kind: Literal["program"] = "program"


@dataclass(frozen=True, slots=True)
class TransportTrigger:
    """The external clock's start, stop or continue."""

    what: Literal["start", "stop", "continue"]
    kind: Literal["transport"] = "transport"


@dataclass(frozen=True, slots=True)
class GoTrigger:
    """An operator's `go NAME`."""

    name: str
    kind: Literal["go"] = "go"


Trigger = NoteTrigger | ControlCrossing | ProgramTrigger | TransportTrigger | GoTrigger

FORMAT = 2
"""The number of the newest JSON format; readers accept every number up to their own."""
PLAIN_FORMAT = 1
"""The number of the format in which every time is written in full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cue at one time.

    Attributes:
        offset: Its exact time in seconds since its stretch began, at the nominal tempo.
        quarter: The same in quarters, or None for a cue positioned in seconds, chunks or frames.
        chunk: The score chunk for which it is planned if every live stretch before it lasts its max.
        error: The signed seconds by which that chunk's boundary is later than its exact time.
    """

    id: int
    place: str
    offset: Fraction
    quarter: Fraction | None
    snap: Snap
    chunk: int
    error: Fraction
    acts: tuple[CueAct, ...]
    origin: Span = field(default=NO_SPAN)


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule, active while its stretch plays. `key` names it in the journal and in random choices."""

    id: int
    key: str
    trigger: Trigger
    acts: tuple[RuleAct, ...]
    origin: Span = field(default=NO_SPAN)

    @property
    def changes_prompts(self) -> bool:
        """Whether a firing can change which prompt a coming chunk shows."""
        return any(isinstance(act, PromptAct | PickAct | GotoAct | CutAct) for act in self.acts)


@dataclass(frozen=True, slots=True)
class Mark:
    """A named position of a stretch: exact seconds since it began, and quarters if the position is a musical one.

    Marks help people and tools; nothing that is performed depends on them, and they are not in the digest.
    """

    name: str
    offset: Fraction
    quarter: Fraction | None


@dataclass(frozen=True, slots=True)
class Send:
    """What one cue sends to external devices. It is sent at its exact position and never snapped.

    `offset` and `quarter` are as in an `Entry`. Sends have a numbering of their own.
    """

    id: int
    place: str
    offset: Fraction
    quarter: Fraction | None
    acts: tuple[MidiAct, ...]
    origin: Span = field(default=NO_SPAN)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One pass of one section.

    Attributes:
        start: Its nominal start in seconds since the score began (every live stretch before it lasts its max).
        seconds: Its exact length at the nominal tempo; the max of a live stretch.
        quarters: The same in quarters; None if there are no beats, or the length was written in seconds, chunks or frames.
        until: The triggers that end a live stretch; empty for any other.
        soonest: Its start if every live stretch before it is left as soon as possible. It differs from `start` only after a
            live stretch.
        earliest: `soonest` in score chunks, snapped like a cue on its first beat.
        latest: `start` in score chunks, snapped like a cue on its first beat.
    """

    index: int
    section: str | None
    occurrence: int
    start: Fraction
    seconds: Fraction
    quarters: Fraction | None
    tempo: TempoMap | None
    meters: MeterMap | None
    entries: tuple[Entry, ...]
    rules: tuple[RuleEntry, ...]
    until: tuple[Trigger, ...] = ()
    earliest: int = 0
    latest: int = 0
    soonest: Fraction = Fraction(0)
    origin: Span = field(default=NO_SPAN)
    marks: tuple[Mark, ...] = ()
    sends: tuple[Send, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it lasts until a trigger fires."""
        return bool(self.until)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force at the opening of a take, to be sent before its `start`. `prompt` is the prompt of its chunk 0."""

    seed: int
    sr: Literal["off", "2x", "4x"]
    strength: Fraction | None
    image: ImageFile | None
    prompt: str


@dataclass(frozen=True, slots=True)
class ChunkActs:
    """Everything that acts at one chunk, from any number of cues. `chunk` is a score chunk, `entries` the ids of the cues."""

    chunk: int
    prompt: str | None
    image: ImageFile | None
    strength: Fraction | None
    sr: Literal["off", "2x", "4x"] | None
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """A take from a cut (or the beginning) to the next cut, at nominal times: opening settings, and bundles by chunk."""

    index: int
    start: int
    opening: Settings
    bundles: tuple[ChunkActs, ...]


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """What counts time, with the (nominal) tempo and the opening meter.

    Attributes:
        kind: `chunks`, `bpm`, `midi`, `link`, `mtc` or `file`.
        rate: The frames a second of time code (`24`, `25`, `29.97`, `30`).
        file: The MIDI file that tempi and meters come from.
    """

    kind: Literal["chunks", "bpm", "midi", "link", "mtc", "file"]
    bpm: Fraction | None
    meter: Meter
    port: str | None = None
    rate: str | None = None
    file: str | None = None

    @property
    def is_outer(self) -> bool:
        """Whether the clock is an external one."""
        return self.kind in ("midi", "link", "mtc")

    @property
    def counts_seconds(self) -> bool:
        """Whether the followed clock counts seconds instead of quarters, because time code has no beats."""
        return self.kind == "mtc"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A complete score on chunks. `end` is its number of score chunks at nominal times (with every live stretch at its max)."""

    title: str | None
    grid: ChunkGrid
    clock: ClockSpec
    snap: Snap
    lead: int
    late: Literal["shift", "drop"]
    seed: int
    sr: Literal["off", "2x", "4x"]
    stretches: tuple[Stretch, ...]
    takes: tuple[Take, ...]
    end: int
    middle: Literal["C3", "C4"] = "C3"
    """The score's name for note 60, only for reading and showing note names; every trigger here is a number already."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry, in the order of their stretches."""
        return tuple(entry for stretch in self.stretches for entry in stretch.entries)

    @property
    def has_sends(self) -> bool:
        """Whether anything of it is sent to external devices, by cues or by rules."""
        return self.has_timed_sends or any(
            isinstance(act, MidiAct) for stretch in self.stretches for rule in stretch.rules for act in rule.acts
        )

    @property
    def has_timed_sends(self) -> bool:
        """Whether cues send something to external devices."""
        return any(stretch.sends for stretch in self.stretches)

    @property
    def images(self) -> tuple[ImageFile, ...]:
        """Every image that can be shown, without duplicates, in order of first use."""
        found: dict[str, ImageFile] = {}
        for stretch in self.stretches:
            for acts in (*(one.acts for one in stretch.entries), *(one.acts for one in stretch.rules)):
                for act in acts:
                    if isinstance(act, ImageAct):
                        found.setdefault(act.image.sha256, act.image)
        return tuple(found.values())

    @property
    def is_fixed(self) -> bool:
        """Whether every chunk is known before the run: no external clock, no live stretch, no rule."""
        return not self.clock.is_outer and not any(one.is_live or one.rules for one in self.stretches)
