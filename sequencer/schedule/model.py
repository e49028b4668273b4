"""The data model of a schedule: acts, triggers, and their stretches and takes.

An act is what happens; a trigger is what a rule waits for.

All names of a score are resolved to texts, images and numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import KW_ONLY, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.display import counted, html_of, summary_repr
from sequencer.core.images import ImageFile, Scale
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.midi_notes import MiddleC
from sequencer.core.sounds import SoundTrack
from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoMap

LatePolicy = Literal["shift", "drop"]
"""What happens to a cue not sent in time: shown at the next chunk in reach, or left out."""

MAX_SEED = 2**32 - 1
DEFAULT_LEAD_CHUNKS = 2
"""The lead of a score that does not set one."""
MAX_LEAD_CHUNKS = 1_000
MAX_FADE_CHUNKS = 99
MAX_FRAMES_PER_CHUNK = 10_000
MAX_FPS = 1_000
MAX_QUANTISATION = 1_000
"""The most bars or beats between the positions on which a quantised rule lands."""
STAGES_WITHOUT_FADES = ("Reactor",)
"""The stages on which a prompt always replaces the previous one at once."""
DEFAULT_MODEL = "helios"
"""The model of a score that names none."""
FRAME_RATES = ("24", "25", "29.97", "30")
"""The frame rates of MIDI time code, in frames per second."""


@dataclass(frozen=True, slots=True)
class PromptAct:
    """Show a text. It replaces the previous one over `fade` chunks; 0 is at once."""

    text: str
    _: KW_ONLY
    fade: int = 0
    kind: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True)
class PickAct:
    """In rules: show one of several texts, chosen anew at each firing.

    The choice is `draw(seed, key, firing)`.
    """

    texts: tuple[str, ...]
    key: str
    _: KW_ONLY
    fade: int = 0
    kind: Literal["pick"] = "pick"

    def drawn(self, seed: int, firing: int) -> PromptAct:
        """Return the text of a firing, counted from 0."""
        return PromptAct(self.texts[draw(seed, self.key, firing, len(self.texts))], fade=self.fade)


@dataclass(frozen=True, slots=True)
class ShuffleAct:
    """In rules: show one of several texts, each once before any is shown again.

    The choices are those of `draw_unused`, one for each firing.
    """

    texts: tuple[str, ...]
    key: str
    _: KW_ONLY
    fade: int = 0
    kind: Literal["shuffle"] = "shuffle"

    def drawn(self, seed: int, firing: int) -> PromptAct:
        """Return the text of a firing, counted from 0."""
        rounds, place = divmod(firing, len(self.texts))
        order: tuple[int, ...] = ()
        for number in range(rounds + 1):
            order = _shuffled_round(seed, self.key, number, len(self.texts), order[-1:])
        return PromptAct(self.texts[order[place]], fade=self.fade)


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

    scale: Scale
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAct:
    """Send a note to external devices. Channels count from 1, `velocity` is 1…127.

    `seconds` is how long it sounds, at the nominal tempo. `quarters` is the same in quarters if it
    was written in beats, so that it lasts as long as the beats of a clock that is followed.
    """

    note: int
    channel: int
    velocity: int
    seconds: Fraction
    quarters: Fraction | None = None
    kind: Literal["midi_note"] = "midi_note"


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True)
class OscAct:
    """Send an OSC message to external devices.

    The arguments are as in a score, in their shortest form: `1`, `0.5`, `"text"`, `true`, `false`.
    """

    address: str
    arguments: tuple[str, ...] = ()
    kind: Literal["osc"] = "osc"


CueAct = PromptAct | ImageAct | StrengthAct | SuperResolutionAct | CutAct
"""What the model does, at a chunk."""
MidiAct = NoteAct | ControlAct | ProgramAct
"""What is sent to MIDI devices."""
MessageAct = MidiAct | OscAct
"""What is sent to external devices, at an exact time."""
RuleAct = CueAct | PickAct | ShuffleAct | PauseAct | ResumeAct | GotoAct | MessageAct


def draw(seed: int, key: str, ordinal: int, choices: int) -> int:
    """Return which of `choices` a `pick` takes, from SHA-256 of its own coordinates.

    It never uses a shared random stream.

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


def draw_unused(
    seed: int, key: str, ordinal: int, *, choices: int, used: Collection[int], last: int | None
) -> int:
    """Return which of `choices` a `shuffle` takes: one that is not in `used`.

    If all are used, it is any but the `last` one, so that no choice follows itself. The hash is
    that of `draw`.

    Args:
        seed: The seed of the schedule.
        key: The position of the shuffle, or the rule.
        ordinal: The number of the choice at that position, or of the firing.
        choices: The number of choices.
        used: The choices that were taken since the last time that all were used.
        last: The choice before, if there is one.

    Returns:
        The index of the choice, from 0.
    """
    free = [one for one in range(choices) if one not in used]
    if not free:
        free = [one for one in range(choices) if one != last or choices == 1]
    return free[draw(seed, key, ordinal, len(free))]


@lru_cache(maxsize=4096)
def _shuffled_round(
    seed: int, key: str, number: int, choices: int, before: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the order of one round of a rule's shuffle; `before` is the choice before it."""
    order: list[int] = []
    for place in range(choices):
        last = order[-1] if order else before[0] if before else None
        used = order if order or not before else range(choices)
        ordinal = number * choices + place
        order.append(draw_unused(seed, key, ordinal, choices=choices, used=used, last=last))
    return tuple(order)


@dataclass(frozen=True, slots=True)
class NoteTrigger:
    """A note-on of this number (0…127) with a velocity above 0. `channel` is 1…16; None is any."""

    note: int
    channel: int | None = None
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class VelocityTrigger:
    """A note-on of this number with a velocity from `lowest` to `highest` (1…127)."""

    note: int
    lowest: int
    highest: int
    channel: int | None = None
    kind: Literal["velocity"] = "velocity"


@dataclass(frozen=True, slots=True)
class ReleaseTrigger:
    """A note-off of this number, or a note-on with velocity 0. `channel` None is any."""

    note: int
    channel: int | None = None
    kind: Literal["release"] = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCrossing:
    """A controller crossing `value` upwards (`above`) or downwards.

    It can fire again after the value has come back by 4.
    """

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
class OscTrigger:
    """An OSC message with this address, unless its first argument is 0 or false."""

    address: str
    kind: Literal["osc"] = "osc"


@dataclass(frozen=True, slots=True, kw_only=True)
class OscCrossing:
    """The first argument of such a message crosses `value` upwards (`above`) or downwards.

    It can fire again after the argument has come back by 0.03.
    """

    address: str
    above: bool
    value: Fraction
    kind: Literal["osc_value"] = "osc_value"


@dataclass(frozen=True, slots=True)
class GoTrigger:
    """An operator's `go NAME`."""

    name: str
    kind: Literal["go"] = "go"


Trigger = (
    NoteTrigger
    | VelocityTrigger
    | ReleaseTrigger
    | ControlCrossing
    | ProgramTrigger
    | TransportTrigger
    | OscTrigger
    | OscCrossing
    | GoTrigger
)

FORMAT = 3
"""The number of the newest JSON format; readers accept every number up to their own.

It is that of a schedule whose takes begin with a shorter chunk.
"""
COMPACT_FORMAT = 2
"""The number of the format in which times that follow from others are left out."""
PLAIN_FORMAT = 1
"""The number of the format in which every time is written in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cue at one time.

    Attributes:
        offset: Its exact time in seconds since its stretch began, at the nominal tempo.
        quarter: The same in quarters, or None for a cue positioned in seconds, chunks or frames.
        chunk: The score chunk for which it is planned if every live stretch before it lasts its
            max.
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
class Quantisation:
    """The bar lines or beats on which a rule lands: every `count`-th, from a stretch's start on."""

    count: int
    unit: Literal["bars", "beats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One rule, active while its stretch plays.

    `key` names it in the journal and in random choices. `quantisation` is None for a rule that
    lands on the next chunk in reach.
    """

    id: int
    key: str
    trigger: Trigger
    acts: tuple[RuleAct, ...]
    origin: Span = field(default=NO_SPAN)
    quantisation: Quantisation | None = None

    @property
    def changes_prompts(self) -> bool:
        """Whether a firing can change which prompt a coming chunk shows."""
        return any(
            isinstance(act, PromptAct | PickAct | ShuffleAct | GotoAct | CutAct)
            for act in self.acts
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """A named position of a stretch: exact seconds since it began, and quarters if musical.

    Marks help people and tools; nothing that is performed depends on them, and they are not in the
    digest.
    """

    name: str
    offset: Fraction
    quarter: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """What one cue sends to external devices. It is sent at its exact position and never snapped.

    `offset` and `quarter` are as in an `Entry`. Sends have a numbering of their own.
    """

    id: int
    place: str
    offset: Fraction
    quarter: Fraction | None
    acts: tuple[MessageAct, ...]
    origin: Span = field(default=NO_SPAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One pass of one section.

    Attributes:
        start: Its nominal start in seconds since the score began (every live stretch before it
            lasts its max).
        seconds: Its exact length at the nominal tempo; the max of a live stretch.
        quarters: The same in quarters; None if there are no beats, or the length was written in
            seconds, chunks or frames.
        until: The triggers that end a live stretch; empty for any other.
        soonest: Its start if every live stretch before it is left as soon as possible. It differs
            from `start` only after a live stretch.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force at the opening of a take, to be sent before its `start`.

    `prompt` is the prompt of its chunk 0.
    """

    seed: int
    sr: Scale
    strength: Fraction | None
    image: ImageFile | None
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkActs:
    """Everything that acts at one chunk, from any number of cues.

    `chunk` is a score chunk, `entries` the ids of the cues. `fade` is the number of chunks over
    which the prompt replaces the previous one; 0 is at once.
    """

    chunk: int
    prompt: str | None
    image: ImageFile | None
    strength: Fraction | None
    sr: Scale | None
    entries: tuple[int, ...]
    fade: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A take from a cut (or the beginning) to the next cut, at nominal times.

    It has opening settings, and bundles by chunk.
    """

    index: int
    start: int
    opening: Settings
    bundles: tuple[ChunkActs, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
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
    def is_external(self) -> bool:
        """Whether the clock is an external one."""
        return self.kind in ("midi", "link", "mtc")

    @property
    def counts_seconds(self) -> bool:
        """Whether the followed clock counts seconds, not quarters: time code has no beats."""
        return self.kind == "mtc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A complete score on chunks.

    `end` is its number of score chunks at nominal times (with every live stretch at its max).
    """

    title: str | None
    grid: ChunkGrid
    clock: ClockSpec
    snap: Snap
    lead: int
    late: LatePolicy
    seed: int
    sr: Scale
    stretches: tuple[Stretch, ...]
    takes: tuple[Take, ...]
    end: int
    middle: MiddleC = "C3"
    """The score's name for note 60, only for reading and showing note names.

    Every trigger here is already a number.
    """
    sound: SoundTrack | None = None
    """The sound that is played with it. It sends nothing to the model, so the digest omits it."""
    model: str = DEFAULT_MODEL
    """The model that it is written for, by the name of its spec."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry, in the order of their stretches."""
        return tuple(entry for stretch in self.stretches for entry in stretch.entries)

    @property
    def has_midi(self) -> bool:
        """Whether it sends MIDI, by cues or by rules."""
        return any(isinstance(act, MidiAct) for act in self._messages())

    @property
    def has_osc(self) -> bool:
        """Whether it sends OSC messages, by cues or by rules."""
        return any(isinstance(act, OscAct) for act in self._messages())

    def _messages(self) -> Iterator[MessageAct]:
        """Yield everything that is sent to external devices, by cues and by rules."""
        for stretch in self.stretches:
            for send in stretch.sends:
                yield from send.acts
            for rule in stretch.rules:
                yield from (act for act in rule.acts if isinstance(act, MessageAct))

    @property
    def has_timed_sends(self) -> bool:
        """Whether cues send something to external devices."""
        return any(stretch.sends for stretch in self.stretches)

    @property
    def has_fades(self) -> bool:
        """Whether a prompt of it replaces another one over several chunks."""
        return any(
            isinstance(act, PromptAct | PickAct | ShuffleAct) and act.fade
            for stretch in self.stretches
            for acts in (
                *(one.acts for one in stretch.entries),
                *(one.acts for one in stretch.rules),
            )
            for act in acts
        )

    @property
    def osc_addresses(self) -> tuple[str, ...]:
        """The addresses of OSC messages that its rules and live sections wait for."""
        triggers = (
            trigger
            for stretch in self.stretches
            for trigger in (*stretch.until, *(rule.trigger for rule in stretch.rules))
        )
        found = (one.address for one in triggers if isinstance(one, OscTrigger | OscCrossing))
        return tuple(dict.fromkeys(found))

    @property
    def images(self) -> tuple[ImageFile, ...]:
        """Every image that can be shown, without duplicates, in order of first use."""
        found: dict[str, ImageFile] = {}
        for stretch in self.stretches:
            for acts in (
                *(one.acts for one in stretch.entries),
                *(one.acts for one in stretch.rules),
            ):
                for act in acts:
                    if isinstance(act, ImageAct):
                        found.setdefault(act.image.sha256, act.image)
        return tuple(found.values())

    @property
    def is_fixed(self) -> bool:
        """Whether every chunk is known in advance: no external clock, live stretch or rule.

        In advance means before the run.
        """
        return not self.clock.is_external and not any(
            one.is_live or one.rules for one in self.stretches
        )

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each cue, with plain values for a data frame.

        >>> import sequencer
        >>> score = sequencer.reads('clock 100 bpm, 4/4\\nat 1 "A."\\nat 2 "B."\\nend 3\\n')
        >>> schedule = sequencer.compile_score(score)
        >>> columns = ("place", "seconds", "chunk", "error_ms")
        >>> [tuple(row[name] for name in columns) for row in schedule.to_dicts()]
        [('1.1', 0.0, 0, 0.0), ('2.1', 2.4, 2, 350.0)]
        >>> schedule.to_dicts()[1]["error"]
        Fraction(7, 20)

        Returns:
            The rows, in order. Their columns are those of `sequencer.schedule.rows.CUE_COLUMNS`.
        """
        from sequencer.schedule.rows import cue_rows

        return cue_rows(self)

    def __repr__(self) -> str:
        sections = len({one.section for one in self.stretches if one.section is not None})
        return summary_repr(
            self,
            self.title,
            f"{counted(self.end, 'chunk')} ({float(self.grid.boundary(self.end)):.1f} s)",
            counted(len(self.entries), "cue"),
            counted(sections, "section") if sections else "",
        )

    def _repr_html_(self) -> str | None:
        """Return the timeline for a notebook."""
        return html_of(self)
