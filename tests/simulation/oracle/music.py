"""The time of one section: its meters, its tempo, and the exact quarter and second of every
position in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    ChangeMeter,
    ChangeTempo,
    Cue,
    Duration,
    Every,
    FromEnd,
    Item,
    SetMark,
    Unit,
)
from sequencer.language.score import (
    Position as ScorePosition,
)

TICKS = 480
MUSICAL = (Unit.BARS, Unit.BEATS)


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a section: a quarter if it was written in bars and beats, else a time in
    seconds.
    """

    quarter: Fraction | None = None
    seconds: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From a quarter on, seconds per quarter change linearly from `first` to `last` over `over`
    quarters, and stay there.
    """

    quarter: Fraction
    first: Fraction
    last: Fraction
    over: Fraction = Fraction(0)

    def passed(self, quarters: Fraction) -> Fraction:
        """Return how many seconds this many quarters take."""
        if quarters <= self.over:
            return (
                self.first * quarters + (self.last - self.first) * quarters**2 / (2 * self.over)
                if self.over
                else Fraction(0)
            )
        return (self.first + self.last) / 2 * self.over + self.last * (quarters - self.over)


class Music:
    """The time of one section.

    `bpm` is None if there are no beats; `chunk` and `frame` are in seconds.
    """

    def __init__(
        self,
        items: Sequence[Item],
        length: Duration | None,
        opening: ChangeTempo | None,
        *,
        bpm: Fraction | None,
        meter: tuple[int, int],
        chunk: Fraction,
        frame: Fraction,
        end: ScorePosition | None = None,
        starts: Sequence[int] = (),
    ) -> None:
        self.has_beats = bpm is not None
        self.cues = [item for item in items if isinstance(item, Cue | Every)]
        self._chunk, self._frame = chunk, frame
        self._length, self._end = length, end
        self._starts = {0, *starts}
        """The first cue of each section that contributes cues (`like`)."""
        self._meters = [(0, *meter)]
        self._steps: list[Step] = []
        self._found: dict[int, Position] = {}
        self._marks = {
            action.name: index
            for index, cue in enumerate(self.cues)
            for action in cue.actions
            if isinstance(action, SetMark) and isinstance(cue, Cue)
        }
        if bpm is not None:
            self._add_meters()
            self._add_tempo(length, opening, bpm)

    # ---- meters and tempo ------------------------------------------------------------------------

    def _add_meters(self) -> None:
        changes = [
            (index, action.meter)
            for index, cue in enumerate(self.cues)
            for action in cue.actions
            if isinstance(action, ChangeMeter)
        ]
        written = [one for one in changes if isinstance(self.cues[one[0]].place, AtBar | AtTick)]  # type: ignore[union-attr]  # cues
        for index, meter in [*written, *(one for one in changes if one not in written)]:
            quarter = self.position(index).quarter
            assert quarter is not None
            self._meters.append((self.bar_of(quarter), meter.numerator, meter.denominator))
            self._meters.sort()

    def _add_tempo(
        self, length: Duration | None, opening: ChangeTempo | None, bpm: Fraction
    ) -> None:
        first = Step(quarter=Fraction(0), first=60 / bpm, last=60 / bpm)
        if opening is not None and opening.to is not None and length is not None:
            first = self._ramp(Fraction(0), opening, length)
        steps = {Fraction(0): first}
        for index, cue in enumerate(self.cues):
            for action in cue.actions:
                if isinstance(action, ChangeTempo):
                    quarter = self.position(index).quarter
                    assert quarter is not None
                    if quarter < 0:  # inherited by a shorter section: the cue is dropped
                        continue
                    plain = Step(quarter=quarter, first=60 / action.bpm, last=60 / action.bpm)
                    steps[quarter] = (
                        plain if action.over is None else self._ramp(quarter, action, action.over)
                    )
        self._steps = [steps[quarter] for quarter in sorted(steps)]

    def _ramp(self, quarter: Fraction, change: ChangeTempo, over: Duration) -> Step:
        assert change.to is not None
        first, last = 60 / change.bpm, 60 / change.to
        if over.unit in MUSICAL:
            end = self._on(Position(quarter), over.amount, over.unit).quarter
            assert end is not None
            return Step(quarter=quarter, first=first, last=last, over=end - quarter)
        return Step(
            quarter=quarter,
            first=first,
            last=last,
            over=2 * self._timed(over.amount, over.unit) / (first + last),
        )

    def _meter_at(self, bar: int) -> tuple[int, int, int]:
        return [one for one in self._meters if one[0] <= bar][-1]

    def bar_start(self, bar: int) -> Fraction:
        """Return the quarter at which a bar, counted from 0, begins."""
        start = Fraction(0)
        for number, (first, beats, unit) in enumerate(self._meters):
            following = self._meters[number + 1][0] if number + 1 < len(self._meters) else bar
            if first < bar:
                start += (min(bar, following) - first) * Fraction(4 * beats, unit)
        return start

    def bar_of(self, quarter: Fraction) -> int:
        """Return the bar, counted from 0, that contains a quarter."""
        first, beats, unit = [one for one in self._meters if self.bar_start(one[0]) <= quarter][-1]
        return first + int((quarter - self.bar_start(first)) // Fraction(4 * beats, unit))

    def seconds(self, where: Position) -> Fraction:
        """Return the exact second of a position."""
        if where.seconds is not None:
            return where.seconds
        assert where.quarter is not None
        return self.seconds_at(where.quarter)

    def seconds_at(self, quarter: Fraction) -> Fraction:
        """Return the exact second of a quarter."""
        if quarter < 0:
            return quarter * self._steps[0].first
        total = Fraction(0)
        for number, step in enumerate(self._steps):
            end = self._steps[number + 1].quarter if number + 1 < len(self._steps) else quarter
            if step.quarter < quarter:
                total += step.passed(min(end, quarter) - step.quarter)
        return total

    def quarter_of(self, seconds: Fraction) -> Fraction:
        """Return the quarter at a second, within a ramp to a millionth."""
        low, high = Fraction(0), Fraction(1)
        total = Fraction(0)
        for number, step in enumerate(self._steps):
            space = (
                self._steps[number + 1].quarter - step.quarter
                if number + 1 < len(self._steps)
                else None
            )
            rest = seconds - total
            ramp = step.passed(step.over)
            if space is None or rest < step.passed(space):
                if rest >= ramp:
                    return step.quarter + step.over + (rest - ramp) / step.last
                low, high = Fraction(0), step.over
                for _ in range(40):
                    middle = (low + high) / 2
                    low, high = (middle, high) if step.passed(middle) <= rest else (low, middle)
                return step.quarter + low
            total += step.passed(space)
        return low

    # ---- positions -------------------------------------------------------------------------------

    def _timed(self, amount: Fraction, unit: Unit) -> Fraction:
        return (
            amount
            * {Unit.CHUNKS: self._chunk, Unit.FRAMES: self._frame, Unit.SECONDS: Fraction(1)}[unit]
        )

    @property
    def start(self) -> Position:
        """The beginning of the section."""
        return Position(Fraction(0)) if self.has_beats else Position(None, Fraction(0))

    def position(self, index: int) -> Position:
        """Return the position of a cue, or of the first repetition of an `every`."""
        known = self._found.get(index)
        if known is None:
            known = self._position(index)
            if self._steps or not self.has_beats:
                self._found[index] = known
        return known

    def _position(self, index: int) -> Position:
        cue = self.cues[index]
        position = cue.place if isinstance(cue, Cue) else cue.start
        if position is None:
            return self.start
        first = max(one for one in self._starts if one <= index)
        before = [number for number in range(first, index) if isinstance(self.cues[number], Cue)]
        return self.place(position, before[-1] if before else None)

    def place(self, position: ScorePosition, before: int | None) -> Position:
        """Resolve a position; a relative one counts from the cue `before`."""
        match position:
            case AtBar():
                return self._bar(position.bar, position.beat, position.rest)
            case AtTick():
                return self._bar(position.bar, position.beat, Fraction(position.tick, TICKS))
            case AtOffset():
                return self._on(
                    self.start if position.unit in MUSICAL else Position(None, Fraction(0)),
                    position.amount,
                    position.unit,
                )
            case After():
                return self._on(
                    self.start if before is None else self.position(before),
                    position.by.amount,
                    position.by.unit,
                )
            case AtMark():
                marked = self.position(self._marks[position.name])
                return (
                    marked
                    if position.plus is None
                    else self._on(marked, position.plus.amount, position.plus.unit)
                )
            case FromEnd():
                return self._before(self.end(), position.by)

    def end(self) -> Position:
        """Return the end of a section with a length, or the written end of a score."""
        if self._length is not None:
            return self.after(self.start, self._length)
        assert self._end is not None
        before = [number for number, cue in enumerate(self.cues) if isinstance(cue, Cue)]
        return self.place(self._end, before[-1] if before else None)

    def _before(self, where: Position, length: Duration) -> Position:
        """Return the position from which a length leads to another position."""
        if length.unit not in MUSICAL:
            return Position(None, self.seconds(where) - self._timed(length.amount, length.unit))
        quarter = where.quarter
        if quarter is None:
            assert where.seconds is not None
            quarter = self.quarter_of(where.seconds)
        if length.unit is Unit.BARS:
            bar = self.bar_of(quarter)
            inside = quarter - self.bar_start(bar)
            target = bar - ceil(length.amount)
            if target < 0:  # before the start, where no meter is defined
                return Position(target * Fraction(4 * self._meters[0][1], self._meters[0][2]))
            _, beats, unit = self._meter_at(target)
            rest = (ceil(length.amount) - length.amount) * Fraction(4 * beats, unit)
            return Position(self.bar_start(target) + inside + rest)
        left = length.amount
        while True:
            bar = self.bar_of(quarter)
            if self.bar_start(bar) == quarter:
                bar -= 1
            if bar < 0:
                return Position(quarter - left * Fraction(4, self._meters[0][2]))
            beat = Fraction(4, self._meter_at(bar)[2])
            step = min(left, (quarter - self.bar_start(bar)) / beat)
            quarter -= step * beat
            left -= step
            if not left:
                return Position(quarter)

    def _bar(self, bar: int, beat: int, rest: Fraction) -> Position:
        return Position(
            self.bar_start(bar - 1) + (beat - 1 + rest) * Fraction(4, self._meter_at(bar - 1)[2])
        )

    def after(self, where: Position, length: Duration, times: int = 1) -> Position:
        """Return the position `times` lengths after another."""
        return self._on(where, length.amount * times, length.unit)

    def _on(self, where: Position, amount: Fraction, unit: Unit) -> Position:
        if unit not in MUSICAL:
            return Position(None, self.seconds(where) + self._timed(amount, unit))
        quarter = where.quarter
        if quarter is None:
            assert where.seconds is not None
            quarter = self.quarter_of(where.seconds)
        if unit is Unit.BEATS:
            return Position(self._beats_on(quarter, amount))
        bar = self.bar_of(quarter)
        inside, (whole, part) = quarter - self.bar_start(bar), divmod(amount, 1)
        target = bar + int(whole)
        _, beats, unit_ = self._meter_at(target)
        return Position(self.bar_start(target) + inside + part * Fraction(4 * beats, unit_))

    def _beats_on(self, quarter: Fraction, beats: Fraction) -> Fraction:
        for number, (_, _, unit) in enumerate(self._meters):
            end = (
                self.bar_start(self._meters[number + 1][0])
                if number + 1 < len(self._meters)
                else None
            )
            if end is not None and quarter >= end:
                continue
            there = quarter + beats * Fraction(4, unit)
            if end is None or there < end:
                return there
            beats -= (end - quarter) / Fraction(4, unit)
            quarter = end
        return quarter
