"""Build the meter map and the tempo map of a block's local time from the changes in its cues."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from sequencer.core.diagnostics import Diagnostics, Fix
from sequencer.core.timebase import Meter, TempoChange, TempoMap
from sequencer.core.wide_numbers import MAX_TIME_BITS
from sequencer.language.compiler.ir import BlockPosition, ResolvedCue
from sequencer.language.compiler.local_time import (
    INEXACT_TIME_CODE,
    INEXACT_TIME_HINT,
    INEXACT_TIME_MESSAGE,
    MUSICAL_UNITS,
    NO_BEATS,
    TIME_CODE_HINT,
    BlockTime,
)
from sequencer.language.compiler.meters import MutableMeterMap
from sequencer.language.compiler.positions import PositionResolver
from sequencer.language.score import AtBar, AtTick, ChangeMeter, ChangeTempo, Position, Unit

MAX_REPEATED_WORK = 1_000
"""The maximum number of positions that may be found again, besides one per cue of a block.

This happens because a change of meter comes before another one that is written above it.
"""


class TempoMeterChanges:
    """The meter and tempo changes among a block's cues.

    Call `apply_meters` first, then `build_tempo_map`.
    """

    def __init__(
        self,
        cues: tuple[ResolvedCue, ...],
        positions: PositionResolver,
        local: BlockTime,
        faults: Diagnostics,
        is_external: bool,
    ) -> None:
        self._cues = cues
        self._positions = positions
        self._local = local
        self._faults = faults
        self._is_external = is_external

    def apply_meters(self) -> None:
        """Enter the meter changes: those written as a bar, then those that depend on others."""
        changing = [(index, cue.meters[-1]) for index, cue in enumerate(self._cues) if cue.meters]
        meters = self._local.meters
        if not changing or meters is None:
            for _, change in changing:
                self._local.require_meters(change.span)
            return
        found: list[tuple[int, Meter]] = []
        others: list[tuple[int, ChangeMeter]] = []
        for index, change in changing:
            position = self._cues[index].place
            if self._positions.is_counted_from_end(index):
                self._faults.error(
                    "E419",
                    "a meter moves the end of its section, so it cannot be counted from the end",
                    self._cues[index].position_span,
                    hint="write its bar, for example at 5",
                )
                continue
            if not isinstance(position, AtBar | AtTick):
                others.append((index, change))
                continue
            bar = self._resolve_meter_bar(position, change)
            if bar is not None:
                found.append((bar, change.meter))
        for bar, meter in sorted(dict(found).items()):
            meters.set_meter(bar, meter)
        self._apply_dependent_meters(others, meters)

    def _apply_dependent_meters(
        self, changing: list[tuple[int, ChangeMeter]], meters: MutableMeterMap
    ) -> None:
        """Enter, in source order, the changes whose bars only the meters before them determine."""
        bars: dict[int, int | None] = {}
        work = MAX_REPEATED_WORK + len(self._cues)
        for index, change in changing:
            position = self._positions.preview(index) if work > 0 else None
            bars[index] = None
            if position is None:
                continue
            if position.quarter is None:
                self._local.report_not_musical(change.span)
                del bars[index]
                continue
            here = meters.bar_beat_at(position.quarter)
            if here.beat != 1 or here.rest:
                self._report_off_bar_line(change, here.bar, self._cues[index].place)
                del bars[index]
                continue
            bars[index] = here.bar - 1
            work -= meters.set_meter(here.bar - 1, change.meter)
            work -= self._positions.forget_after(position.quarter)
        for index, bar in bars.items():
            position = self._positions.preview(index)
            if position is not None and (bar is None or meters.bar_start(bar) != position.quarter):
                self._faults.error(
                    "E407",
                    "this meter change is moved by another one written after it",
                    self._cues[index].span,
                    hint="write its position as a bar number",
                )

    def _resolve_meter_bar(self, position: Position | None, change: ChangeMeter) -> int | None:
        match position:
            case AtBar(bar=bar, beat=1, rest=Fraction(numerator=0)):
                return bar - 1
            case AtTick(bar=bar, beat=1, tick=0):
                return bar - 1
            case AtBar(bar=bar) | AtTick(bar=bar):
                self._report_off_bar_line(change, bar, position)
                return None
            case _:
                return None

    def _report_off_bar_line(
        self, change: ChangeMeter, bar: int, position: Position | None
    ) -> None:
        fixes = () if position is None else (Fix(position.span, str(bar + 1)),)
        hint = f"change it at {bar + 1}, or at {bar}"
        self._faults.error(
            "E408", "a meter begins on beat 1 of a bar", change.span, hint=hint, fix=fixes
        )

    def build_tempo_map(
        self, opening: ChangeTempo | None, bpm: Fraction | None, end: BlockPosition | None
    ) -> None:
        """Build the tempo map of a block from `bpm`, or the ramp `opening`, until `end`.

        The positions of tempo changes are musical, so they need only the meters.
        """
        if bpm is None or self._local.meters is None:
            for cue in self._cues:
                for tempo in cue.tempos:
                    self._faults.error(
                        "E409",
                        f"a tempo change needs a tempo, but {self._local.lacks[0]}",
                        tempo.span,
                        hint=TIME_CODE_HINT
                        if self._local.lacks is NO_BEATS
                        else "give the score one: clock 120 bpm, 4/4",
                    )
            return
        changes = [_build_opening_change(opening, bpm, end)]
        measure = bpm.numerator
        for index, cue in enumerate(self._cues):
            for tempo in cue.tempos:
                measure = lcm(
                    measure, tempo.bpm.numerator, 1 if tempo.to is None else tempo.to.numerator
                )
                if not self._has_exact_times(measure, tempo):
                    self._local.tempo = TempoMap.of(changes)
                    return
                change = self._resolve_tempo_change(index, tempo)
                if change is not None:
                    changes.append(change)
        self._local.tempo = TempoMap.of(changes)

    def _resolve_tempo_change(self, index: int, tempo: ChangeTempo) -> TempoChange | None:
        """Return a cue's tempo change, or None.

        It is None if its position or length is not found (reported), or is before the start.
        """
        position = self._positions.preview(index)
        if position is None:
            return None
        if position.quarter is None:
            self._local.report_not_musical(tempo.span)
            return None
        if position.quarter < 0:
            return None  # inherited by a shorter section: dropped, as the other actions of its cue
        if self._is_external:
            self._faults.warn(
                "W401",
                "an external clock has its own tempo; this one applies only in rehearsal",
                tempo.span,
                hint="remove it if the music does not change its tempo",
            )
        return self._build_tempo_change(position.quarter, tempo)

    def _has_exact_times(self, measure: int, tempo: ChangeTempo) -> bool:
        """Return whether times are exact with this common multiple of all tempi, else report."""
        if measure.bit_length() <= MAX_TIME_BITS:
            return True
        self._faults.error(
            INEXACT_TIME_CODE, INEXACT_TIME_MESSAGE, tempo.span, hint=INEXACT_TIME_HINT
        )
        return False

    def _build_tempo_change(self, quarter: Fraction, tempo: ChangeTempo) -> TempoChange | None:
        if tempo.to is None or tempo.over is None:
            return TempoChange(quarter=quarter, bpm=tempo.bpm)
        if tempo.over.unit not in MUSICAL_UNITS:
            seconds = self._local.to_seconds(tempo.over.amount, tempo.over.unit)
            return TempoChange.ramp_in_seconds(quarter, tempo.bpm, tempo.to, seconds)
        there = self._local.advance(
            BlockPosition(quarter, None, Unit.BARS),
            tempo.over.amount,
            tempo.over.unit,
            tempo.over.span,
        )
        if there is None or there.quarter is None:
            return None
        return TempoChange(
            quarter=quarter, bpm=tempo.bpm, to=tempo.to, over=there.quarter - quarter
        )


def _build_opening_change(
    opening: ChangeTempo | None, bpm: Fraction, end: BlockPosition | None
) -> TempoChange:
    """Return the tempo at the beginning of a block: `bpm`, or a ramp over the complete block."""
    if opening is not None and opening.to is not None and end is not None:
        if end.quarter is not None:
            return TempoChange(
                quarter=Fraction(0), bpm=opening.bpm, to=opening.to, over=end.quarter
            )
        if end.seconds is not None:
            return TempoChange.ramp_in_seconds(Fraction(0), opening.bpm, opening.to, end.seconds)
    return TempoChange(quarter=Fraction(0), bpm=bpm)
