"""Places and durations, as written."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.origins import origin


class Unit(StrEnum):
    """What a duration counts. A beat is the meter's denominator note."""

    BARS = "bars"
    BEATS = "beats"
    CHUNKS = "chunks"
    SECONDS = "seconds"
    FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of one unit, > 0. Chunks and frames are whole."""

    amount: Fraction
    unit: Unit
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class AtBar:
    """`9`, `9.3`, `9.3+1/2`: bar and beat from 1, `rest` the part of a beat beyond it."""

    bar: int
    beat: int = 1
    rest: Fraction = Fraction(0)
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class AtTick:
    """`9:3:240`: bar and beat from 1, ticks from 0, 480 to the beat."""

    bar: int
    beat: int
    tick: int
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class AtOffset:
    """`32b`, `12.5s`, `14c`, `396f`: an amount since the section began, from 0. Never in bars."""

    amount: Fraction
    unit: Unit
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class After:
    """`+2bar`: from the previous `at` of the same block in source order, or from the block's start."""

    by: Duration
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class AtMark:
    """`mark drop`, `mark drop +1bar`: a mark of the same section."""

    name: str
    plus: Duration | None = None
    span: Span = origin()


Place = AtBar | AtTick | AtOffset | After | AtMark
