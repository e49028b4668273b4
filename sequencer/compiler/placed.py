"""What `place` makes of a block: its cues at exact local times, in order."""

from __future__ import annotations

from fractions import Fraction

from sequencer.compiler.resolved import Block, CueWork
from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.schedule import Mark
from sequencer.score import Unit
from sequencer.timebase import MeterMap, Snap, TempoMap


@dataclass(frozen=True, slots=True)
class Spot:
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
