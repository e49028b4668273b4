"""What `resolve` makes of a score: the same blocks, with texts for names and firings for triggers."""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.diagnostics import Span
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import MeterMap, Snap, TempoMap
from sequencer.language.score import ChangeMeter, ChangeTempo, Duration, Position, Score, Unit
from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    ImageAct,
    Mark,
    MidiAct,
    PauseAct,
    ResumeAct,
    StrengthAct,
    SuperResolutionAct,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class ResolvedPrompt:
    """A prompt with every name read: one text, or the texts of a pick."""

    texts: tuple[str, ...]
    is_pick: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ResolvedMidi:
    """What is sent to gear: an act, and for a note how long it was written to sound (None: as long as the act says)."""

    act: MidiAct
    length: Duration | None
    span: Span


PlainAct = ImageAct | StrengthAct | SuperResolutionAct | CutAct
CueWork = ResolvedPrompt | PlainAct | ResolvedMidi
RuleWork = CueWork | PauseAct | ResumeAct | GotoAct


@dataclass(frozen=True, slots=True)
class ResolvedCue:
    """An `at` or (with `every`) an `every`, its actions sorted by what they are."""

    place: Position | None
    every: Duration | None
    acts: tuple[CueWork, ...]
    tempos: tuple[ChangeTempo, ...]
    meters: tuple[ChangeMeter, ...]
    marks: tuple[tuple[str, Span], ...]
    snap: Snap | None
    span: Span

    @property
    def is_for_the_model(self) -> bool:
        """Whether the model has something to do here; what gear is told is bound to no chunk."""
        return not self.acts or any(not isinstance(act, ResolvedMidi) for act in self.acts)

    @property
    def where(self) -> Span:
        """Where its place is written, or all of it where it has none."""
        return self.span if self.place is None else self.place.span


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """An `on` with its firing."""

    trigger: Trigger
    acts: tuple[RuleWork, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A section, or the whole of a score without sections (then `name` is None and `duration` too)."""

    name: str | None
    duration: Duration | None
    is_live: bool
    until: tuple[Trigger, ...]
    tempo: ChangeTempo | None
    meter: ChangeMeter | None
    cut: CutAct | None
    cues: tuple[ResolvedCue, ...]
    rules: tuple[ResolvedRule, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """A score whose names are read. `blocks` in source order, `order` their indices as they play, `images` by path."""

    score: Score
    blocks: tuple[Block, ...]
    order: tuple[int, ...]
    images: dict[str, ImageFile]


@dataclass(frozen=True, slots=True)
class BlockPosition:
    """An exact place in a block: musical (`quarter`) or timed (`seconds`), never both. `unit` is how it was written."""

    quarter: Fraction | None
    seconds: Fraction | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class PlacedCue:
    """A cue at its exact time. `label` is the place as people read it; `quarter` is None for a timed place."""

    label: str
    quarter: Fraction | None
    seconds: Fraction
    acts: tuple[CueWork, ...]
    snap: Snap | None
    span: Span


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block with its length, its maps (None without beats) and its cues sorted by time, then by source order."""

    block: Block
    seconds: Fraction
    quarters: Fraction | None
    tempo: TempoMap | None
    meters: MeterMap | None
    cues: tuple[PlacedCue, ...]
    marks: tuple[Mark, ...]
