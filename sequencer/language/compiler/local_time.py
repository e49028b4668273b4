"""The time inside one block: its meters, tempo and length, and the arithmetic on positions that uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import MAX_TIME_BITS, TICKS_PER_BEAT, ChunkGrid, MeterLookup, MeterMap, TempoMap
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.meters import MutableMeterMap
from sequencer.language.score import AtBar, AtOffset, AtTick, ClockKind, ClockLine, Duration, Unit

MUSICAL_UNITS = frozenset({Unit.BARS, Unit.BEATS})


NO_TEMPO = ("the clock counts chunks", "write a chunk (4c) or seconds (5.5s), or give the score a tempo: clock 120 bpm, 4/4")
"""Why a score in chunks has no beats, and what to write instead."""
NO_BEATS = ("time code counts seconds", "write seconds (5.5s) or a chunk (4c)")
"""The same for time code."""


def missing_tempo_message(clock: ClockLine | None) -> tuple[str, str]:
    """Return why there are no beats with a clock that counts none, and what to write instead."""
    return NO_BEATS if clock is not None and clock.kind is ClockKind.MTC else NO_TEMPO


TIME_CODE_HINT = "leave it out: time code says how fast the show goes"
"""The fix for tempo and meter with time code."""


NOT_MUSICAL_CODE = "E403"
"""The code for a change of tempo or meter whose position is in seconds."""


INEXACT_TIME_CODE = "E420"
"""The code for values beyond the limits of a schedule."""
INEXACT_TIME_MESSAGE = "the tempi up to here have too little in common: an exact time would have more than 4,000 digits"
INEXACT_TIME_HINT = "write tempi with one decimal at most"


class BlockTime:
    """Meters, tempo and grid of one block. `meters` and `tempo` are None if there are no beats."""

    def __init__(
        self,
        grid: ChunkGrid,
        meters: MeterMap | None,
        faults: Diagnostics,
        clock: tuple[Fix, ...],
        lacks: tuple[str, str],
    ) -> None:
        self.grid = grid
        self.meters = None if meters is None else MutableMeterMap(meters)
        self._tempo: TempoMap | None = None
        self._has_ramp = False
        self._faults = faults
        self._clock = clock
        self.lacks = lacks
        """If there are no beats: why, and what to write instead."""
        self._told = False

    @property
    def tempo(self) -> TempoMap | None:
        """The tempo; None if it is not known yet or there are no beats."""
        return self._tempo

    @tempo.setter
    def tempo(self, tempo: TempoMap | None) -> None:
        self._tempo = tempo
        self._has_ramp = tempo is not None and any(segment.first != segment.last for segment in tempo.segments)

    @contextmanager
    def redirect_diagnostics(self, faults: Diagnostics) -> Iterator[None]:
        """Report to other `faults` inside the context, as if nothing had been reported yet."""
        before, told = self._faults, self._told
        self._faults, self._told = faults, False
        try:
            yield
        finally:
            self._faults, self._told = before, told

    # ---- positions -------------------------------------------------------------------------------------------------

    @property
    def start(self) -> BlockPosition:
        """The position at which the block begins."""
        if self.meters is None:
            return BlockPosition(None, Fraction(0), Unit.SECONDS)
        return BlockPosition(Fraction(0), None, Unit.BEATS)

    def locate(self, place: AtBar | AtTick | AtOffset) -> BlockPosition | None:
        """Return the exact position of a written position that depends on no other, or None if it does not exist (reported)."""
        match place:
            case AtBar():
                return self._locate_beat(place.bar, place.beat, place.rest, place.span)
            case AtTick():
                return self._locate_beat(place.bar, place.beat, Fraction(place.tick, TICKS_PER_BEAT), place.span)
            case AtOffset():
                if place.unit in MUSICAL_UNITS:
                    meters = self.require_meters(place.span)
                    return (
                        None
                        if meters is None
                        else BlockPosition(_advance_beats(Fraction(0), place.amount, meters), None, Unit.BEATS)
                    )
                return BlockPosition(None, self.to_seconds(place.amount, place.unit), place.unit)

    def _locate_beat(self, bar: int, beat: int, rest: Fraction, span: Span) -> BlockPosition | None:
        meters = self.require_meters(span)
        if meters is None:
            return None
        meter = meters.at_bar(bar - 1)
        if beat > meter.numerator:
            count = f"{meter.numerator} beat" + ("s" if meter.numerator != 1 else "")
            there = meters.bar_beat_at(meters.bar_start(bar - 1) + (beat - 1 + rest) * meter.beat)
            self._faults.error(
                "E401",
                f"bar {bar} has {count} ({meter}), so there is no {bar}.{beat}",
                span,
                f"counted on from bar {bar}, beat {beat} is {there}; half a beat is written {bar}.{meter.numerator}+1/2",
                (Fix(span, str(there)),),
            )
            return None
        return BlockPosition(meters.quarter_of(bar, beat, rest), None, Unit.BARS)

    def require_meters(self, span: Span) -> MutableMeterMap | None:
        """Return the meters, or None if there are no beats (reported once: one fix is enough for the complete block)."""
        if self.meters is None and not self._told:
            self._told = True
            self._faults.error(
                "E402",
                f"there are no bars and beats here: {self.lacks[0]}",
                span,
                self.lacks[1],
                self._clock,
            )
        return self.meters

    def report_not_musical(self, span: Span) -> None:
        """Report a tempo or meter change at a position in seconds, which themselves depend on tempo and meter."""
        hint = "write its bar, for example `at 5 …`"
        self._faults.error(NOT_MUSICAL_CODE, "a change of tempo or meter needs a musical place", span, hint)

    def to_seconds(self, amount: Fraction, unit: Unit) -> Fraction:
        """Return the seconds of an amount of chunks, frames or seconds."""
        match unit:
            case Unit.CHUNKS:
                return amount * self.grid.chunk
            case Unit.FRAMES:
                return amount / self.grid.fps
            case Unit.SECONDS:
                return amount
            case Unit.BARS | Unit.BEATS:
                raise ValueError(f"{unit} are not timed")

    # ---- arithmetic ------------------------------------------------------------------------------------------------

    def advance(self, spot: BlockPosition, amount: Fraction, unit: Unit, span: Span) -> BlockPosition | None:
        """Return the position an amount after another, unsnapped, or None if it cannot be computed exactly (reported)."""
        found = self._advance(spot, amount, unit, span)
        exact = None if found is None else found.seconds if found.quarter is None else found.quarter
        if exact is not None and exact.denominator.bit_length() > MAX_TIME_BITS:
            self._faults.error(INEXACT_TIME_CODE, INEXACT_TIME_MESSAGE, span, INEXACT_TIME_HINT)
            return None
        return found

    def _advance(self, spot: BlockPosition, amount: Fraction, unit: Unit, span: Span) -> BlockPosition | None:
        if unit not in MUSICAL_UNITS:
            seconds = self.seconds_of(spot, span)
            if seconds is None:
                return None
            return BlockPosition(None, seconds + self.to_seconds(amount, unit), unit if spot.unit == unit else Unit.SECONDS)
        meters = self.require_meters(span)
        if meters is None:
            return None
        quarter = self._quarter_of(spot, span)
        if quarter is None:
            return None
        if unit is Unit.BEATS:
            return BlockPosition(_advance_beats(quarter, amount, meters), None, Unit.BEATS)
        return BlockPosition(_advance_bars(quarter, amount, meters), None, Unit.BARS)

    def _quarter_of(self, spot: BlockPosition, span: Span) -> Fraction | None:
        if spot.quarter is not None:
            return spot.quarter
        if self.tempo is None or spot.seconds is None:
            self.report_not_musical(span)
            return None
        if self._has_ramp:
            self._faults.error(
                "E404",
                "bars and beats cannot be counted exactly from a place in seconds while the tempo ramps",
                span,
                "write the bar itself, for example 9.1",
            )
            return None
        return self.tempo.quarter_at(spot.seconds)

    def seconds_of(self, spot: BlockPosition, span: Span) -> Fraction | None:
        """Return the exact seconds of a position, or None if the tempo is not known yet (reported)."""
        if spot.seconds is not None:
            return spot.seconds
        if self.tempo is None or spot.quarter is None:
            self.report_not_musical(span)
            return None
        return self.tempo.seconds_at(spot.quarter)

    def describe_position(self, spot: BlockPosition) -> str:
        """Return a position in readable form: `9.3+1/2`, `14c`, `396f`, `12.5s`."""
        if spot.quarter is not None and self.meters is not None:
            return str(self.meters.bar_beat_at(spot.quarter))
        seconds = spot.seconds if spot.seconds is not None else Fraction(0)
        match spot.unit:
            case Unit.CHUNKS:
                return f"{describe_number(seconds / self.grid.chunk)}c"
            case Unit.FRAMES:
                return f"{describe_number(seconds * self.grid.fps)}f"
            case Unit.SECONDS | Unit.BARS | Unit.BEATS:
                return f"{describe_number(seconds)}s"


def _advance_beats(quarter: Fraction, beats: Fraction, meters: MutableMeterMap) -> Fraction:
    """Return the quarter `beats` denominator notes later; the meter in force defines the length of each."""
    if len(meters.changes) == 1:
        return quarter + beats * meters.changes[0][1].beat
    return meters.advance_beats(quarter, beats)


def _advance_bars(quarter: Fraction, bars: Fraction, meters: MeterLookup) -> Fraction:
    """Return the quarter `bars` bars later, equally far from the bar line; a fraction is measured in the bar it ends in."""
    if len(meters.changes) == 1:
        return quarter + bars * meters.changes[0][1].bar
    bar = meters.bar_beat_at(quarter).bar - 1
    inside = quarter - meters.bar_start(bar)
    whole, rest = divmod(bars, 1)
    target = bar + int(whole)
    return meters.bar_start(target) + inside + rest * meters.at_bar(target).bar


def describe_number(value: Fraction) -> str:
    """Return a fraction in readable form: a decimal if that is exact and short, else three decimal places and `…`."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    text = f"{float(value):.6f}".rstrip("0") if rest == 1 else ""
    return text if text and Fraction(text) == value else f"{float(value):.3f}…"


def find_block_end(duration: Duration, local: BlockTime) -> BlockPosition | None:
    """Return the end of a block of this length as a position, or None if it cannot be computed (reported)."""
    if duration.unit not in MUSICAL_UNITS:  # needs no tempo, which may itself depend on this length
        return BlockPosition(None, local.to_seconds(duration.amount, duration.unit), duration.unit)
    return local.advance(local.start, duration.amount, duration.unit, duration.span)
