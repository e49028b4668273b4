"""The time inside a block: meters, tempo, length, and the arithmetic on positions with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import TICKS_PER_BEAT, ChunkGrid, MeterLookup, MeterMap, TempoMap
from sequencer.core.wide_numbers import MAX_TIME_BITS
from sequencer.language.compiler.ir import BlockPosition
from sequencer.language.compiler.meters import MutableMeterMap
from sequencer.language.score import AtBar, AtOffset, AtTick, ClockKind, ClockLine, Duration, Unit

MUSICAL_UNITS = frozenset({Unit.BARS, Unit.BEATS})


NO_TEMPO = (
    "the clock counts chunks",
    "write a chunk (4c) or seconds (5.5s), or give the score a tempo: clock 120 bpm, 4/4",
)
"""Why a score in chunks has no beats, and what to write instead."""
NO_BEATS = ("time code counts seconds", "write seconds (5.5s) or a chunk (4c)")
"""The same for time code."""


def missing_tempo_message(clock: ClockLine | None) -> tuple[str, str]:
    """Return why there are no beats with a clock that counts none, and what to write instead."""
    return NO_BEATS if clock is not None and clock.kind is ClockKind.MTC else NO_TEMPO


TIME_CODE_HINT = "remove it: time code sets the speed of the show"
"""The fix for tempo and meter with time code."""


NOT_MUSICAL_CODE = "E403"
"""The code for a change of tempo or meter whose position is in seconds."""


INEXACT_TIME_CODE = "E420"
"""The code for values beyond the limits of a schedule."""
INEXACT_TIME_MESSAGE = (
    "the tempi up to here cannot be combined exactly: the time would have more than 4,000 digits"
)
INEXACT_TIME_HINT = "write tempi with at most one decimal"


_ZERO = Fraction(0)


class BlockTime:
    """Meters, tempo and grid of one block. `meters` and `tempo` are None if there are no beats."""

    def __init__(
        self,
        grid: ChunkGrid,
        meters: MeterMap | None,
        faults: Diagnostics,
        clock: tuple[Fix, ...],
        lacks: tuple[str, str],
        *,
        begins: Fraction = _ZERO,
    ) -> None:
        """Create the time of a block.

        Args:
            grid: The chunks of the score, with the cuts that are known.
            meters: The meters; None if there are no beats.
            faults: Where mistakes are reported.
            clock: The fix that adds a clock.
            lacks: If there are no beats: why, and what to write instead.
            begins: When the block begins, in seconds since the score began. It matters only where
                chunks have different lengths.
        """
        self.grid = grid
        self._begins = begins
        self.meters = None if meters is None else MutableMeterMap(meters)
        self._tempo: TempoMap | None = None
        self._has_ramp = False
        self._faults = faults
        self._clock = clock
        self.lacks = lacks
        """If there are no beats: why, and what to write instead."""
        self._is_reported = False

    @property
    def tempo(self) -> TempoMap | None:
        """The tempo; None if it is not known yet or there are no beats."""
        return self._tempo

    @tempo.setter
    def tempo(self, tempo: TempoMap | None) -> None:
        self._tempo = tempo
        self._has_ramp = tempo is not None and any(
            segment.first != segment.last for segment in tempo.segments
        )

    @contextmanager
    def redirect_diagnostics(self, faults: Diagnostics) -> Iterator[None]:
        """Report to other `faults` inside the context, as if nothing had been reported yet."""
        before, reported = self._faults, self._is_reported
        self._faults, self._is_reported = faults, False
        try:
            yield
        finally:
            self._faults, self._is_reported = before, reported

    # ---- positions -------------------------------------------------------------------------------

    @property
    def start(self) -> BlockPosition:
        """The position at which the block begins."""
        if self.meters is None:
            return BlockPosition(None, Fraction(0), Unit.SECONDS)
        return BlockPosition(Fraction(0), None, Unit.BEATS)

    def locate(self, position: AtBar | AtTick | AtOffset) -> BlockPosition | None:
        """Return the exact position of a written position that depends on no other.

        The result is None if it does not exist (reported).
        """
        match position:
            case AtBar():
                return self._locate_beat(position.bar, position.beat, position.rest, position.span)
            case AtTick():
                return self._locate_beat(
                    position.bar,
                    position.beat,
                    Fraction(position.tick, TICKS_PER_BEAT),
                    position.span,
                )
            case AtOffset():
                if position.unit in MUSICAL_UNITS:
                    meters = self.require_meters(position.span)
                    return (
                        None
                        if meters is None
                        else BlockPosition(
                            _advance_beats(Fraction(0), position.amount, meters), None, Unit.BEATS
                        )
                    )
                return BlockPosition(
                    None, self.later(_ZERO, position.amount, position.unit), position.unit
                )

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
                hint=(
                    f"counting on from bar {bar}, beat {beat} is {there}; half a beat is written "
                    f"{bar}.{meter.numerator}+1/2"
                ),
                fix=Fix(span, str(there)),
            )
            return None
        return BlockPosition(meters.quarter_of(bar, beat, rest), None, Unit.BARS)

    def require_meters(self, span: Span) -> MutableMeterMap | None:
        """Return the meters, or None if there are no beats (reported once for the whole block)."""
        if self.meters is None and not self._is_reported:
            self._is_reported = True
            self._faults.error(
                "E402",
                f"there are no bars and beats here: {self.lacks[0]}",
                span,
                hint=self.lacks[1],
                fix=self._clock,
            )
        return self.meters

    def report_not_musical(self, span: Span) -> None:
        """Report a tempo or meter change at a position in seconds.

        Seconds themselves depend on tempo and meter.
        """
        hint = "write its bar, for example `at 5 …`"
        self._faults.error(
            NOT_MUSICAL_CODE, "a tempo or meter change needs a musical position", span, hint=hint
        )

    def to_seconds(self, amount: Fraction, unit: Unit) -> Fraction:
        """Return the seconds of an amount of chunks, frames or seconds.

        A chunk is one that is not the first of a take; `later` knows which ones are.
        """
        match unit:
            case Unit.CHUNKS:
                return amount * self.grid.chunk
            case Unit.FRAMES:
                return amount / self.grid.fps
            case Unit.SECONDS:
                return amount
            case Unit.BARS | Unit.BEATS:
                raise ValueError(f"{unit} are not timed")

    def later(self, seconds: Fraction, amount: Fraction, unit: Unit) -> Fraction:
        """Return the time that is chunks, frames or seconds after another time of the block."""
        if unit is not Unit.CHUNKS or self.grid.first is None:
            return seconds + self.to_seconds(amount, unit)
        here = self.grid.chunks_at(self._begins + seconds)
        return self.grid.seconds_of(here + amount) - self._begins

    def chunks_between(self, seconds: Fraction, other: Fraction) -> Fraction:
        """Return how many chunks after a time of the block another one is."""
        if self.grid.first is None:
            return (other - seconds) / self.grid.chunk
        here = self.grid.chunks_at(self._begins + seconds)
        return self.grid.chunks_at(self._begins + other) - here

    def count_back(
        self, end: BlockPosition, length: Duration, span: Span, name: str | None
    ) -> BlockPosition | None:
        """Return the position a length before the end of a block of this name.

        The result is None if it does not exist (reported).
        """
        found = self.advance(end, -length.amount, length.unit, span)
        exact = None if found is None else found.seconds if found.quarter is None else found.quarter
        if exact is None or exact >= 0:
            return found
        what = "the score" if name is None else f"the section {name}"
        at_start = "1" if self.meters is not None else "0c"
        self._faults.error(
            "E418",
            f"this position is before the start of {what}",
            span,
            hint=f"write a shorter length, or {at_start} for the start",
            fix=Fix(span, at_start),
        )
        return None

    # ---- arithmetic ------------------------------------------------------------------------------

    def advance(
        self, position: BlockPosition, amount: Fraction, unit: Unit, span: Span
    ) -> BlockPosition | None:
        """Return the position an amount after another, unsnapped.

        The result is None if it cannot be computed exactly (reported).
        """
        found = self._advance(position, amount, unit, span)
        exact = None if found is None else found.seconds if found.quarter is None else found.quarter
        if exact is not None and exact.denominator.bit_length() > MAX_TIME_BITS:
            self._faults.error(
                INEXACT_TIME_CODE, INEXACT_TIME_MESSAGE, span, hint=INEXACT_TIME_HINT
            )
            return None
        return found

    def _advance(
        self, position: BlockPosition, amount: Fraction, unit: Unit, span: Span
    ) -> BlockPosition | None:
        if unit not in MUSICAL_UNITS:
            seconds = self.seconds_of(position, span)
            if seconds is None:
                return None
            return BlockPosition(
                None,
                self.later(seconds, amount, unit),
                unit if position.unit == unit else Unit.SECONDS,
            )
        meters = self.require_meters(span)
        if meters is None:
            return None
        quarter = self._quarter_of(position, span)
        if quarter is None:
            return None
        if unit is Unit.BEATS:
            return BlockPosition(_advance_beats(quarter, amount, meters), None, Unit.BEATS)
        return BlockPosition(_advance_bars(quarter, amount, meters), None, Unit.BARS)

    def _quarter_of(self, position: BlockPosition, span: Span) -> Fraction | None:
        if position.quarter is not None:
            return position.quarter
        if self.tempo is None or position.seconds is None:
            self.report_not_musical(span)
            return None
        if self._has_ramp:
            self._faults.error(
                "E404",
                (
                    "bars and beats cannot be counted exactly from a position in seconds during a "
                    "tempo ramp"
                ),
                span,
                hint="write the bar, for example 9.1",
            )
            return None
        return self.tempo.quarter_at(position.seconds)

    def seconds_of(self, position: BlockPosition, span: Span) -> Fraction | None:
        """Return the exact seconds of a position, or None if the tempo is unknown (reported)."""
        if position.seconds is not None:
            return position.seconds
        if self.tempo is None or position.quarter is None:
            self.report_not_musical(span)
            return None
        return self.tempo.seconds_at(position.quarter)

    def describe_position(self, position: BlockPosition) -> str:
        """Return a position in readable form: `9.3+1/2`, `14c`, `396f`, `12.5s`."""
        if position.quarter is not None and self.meters is not None:
            return str(self.meters.bar_beat_at(position.quarter))
        seconds = position.seconds if position.seconds is not None else Fraction(0)
        match position.unit:
            case Unit.CHUNKS:
                return f"{describe_number(self.chunks_between(_ZERO, seconds))}c"
            case Unit.FRAMES:
                return f"{describe_number(seconds * self.grid.fps)}f"
            case Unit.SECONDS | Unit.BARS | Unit.BEATS:
                return f"{describe_number(seconds)}s"


def _advance_beats(quarter: Fraction, beats: Fraction, meters: MutableMeterMap) -> Fraction:
    """Return the quarter `beats` denominator notes later; the meter in force defines each."""
    if len(meters.changes) == 1:
        return quarter + beats * meters.changes[0][1].beat
    return meters.advance_beats(quarter, beats)


def _advance_bars(quarter: Fraction, bars: Fraction, meters: MeterLookup) -> Fraction:
    """Return the quarter `bars` bars later (or earlier), equally far from the bar line.

    A fraction is measured in the bar it ends in.
    """
    if len(meters.changes) == 1:
        return quarter + bars * meters.changes[0][1].bar
    bar = meters.bar_beat_at(quarter).bar - 1
    inside = quarter - meters.bar_start(bar)
    whole, rest = divmod(bars, 1)
    target = bar + int(whole)
    if target < 0:  # before the start, where no meter is defined
        return target * meters.at_bar(0).bar
    return meters.bar_start(target) + inside + rest * meters.at_bar(target).bar


def describe_number(value: Fraction) -> str:
    """Return a fraction in readable form: a short exact decimal, or three decimals and `…`."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    text = f"{float(value):.6f}".rstrip("0") if rest == 1 else ""
    return text if text and Fraction(text) == value else f"{float(value):.3f}…"


def find_block_end(duration: Duration, local: BlockTime) -> BlockPosition | None:
    """Return the end of a block of this length, or None if it cannot be computed (reported)."""
    if duration.unit not in MUSICAL_UNITS:  # needs no tempo, which may itself depend on this length
        end = local.later(_ZERO, duration.amount, duration.unit)
        return BlockPosition(None, end, duration.unit)
    return local.advance(local.start, duration.amount, duration.unit, duration.span)
