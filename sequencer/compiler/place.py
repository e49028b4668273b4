"""Second pass: every cue of a block gets its exact local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from sequencer.compiler.cures import later_end, longer, with_clock
from sequencer.compiler.local import MUSICAL, LocalTime, length_of, number
from sequencer.compiler.placed import PlacedBlock, PlacedCue, Spot
from sequencer.compiler.resolved import Block, Resolved, ResolvedCue
from sequencer.compiler.songs import SongPart, part_of
from sequencer.compiler.texts import nearest
from sequencer.errors import Faults, Fix, Related, Span
from sequencer.schedule import Mark
from sequencer.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    ChangeMeter,
    ChangeTempo,
    ClockKind,
    ClockLine,
    Duration,
    Place,
    SongTime,
    Unit,
)
from sequencer.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoChange, TempoMap

MOST_CUES = 200_000
"""How many cues one block may come to, its `every`s unfolded."""

DEFAULT_TAIL = 4
"""How many chunks a score without sections and without `end` goes on behind its last cue."""

_Spot = Spot | None
_PENDING = object()


def place(resolved: Resolved, faults: Faults) -> tuple[PlacedBlock | None, ...]:
    """Every block with its cues placed; None for a block whose length cannot be told."""
    grid = ChunkGrid(*_grid(resolved))
    clock = resolved.score.header.clock or ClockLine()
    if resolved.score.song is not None:
        return _by_song(resolved, resolved.score.song, grid, clock, faults)
    return tuple(_Placer(block, resolved, grid, clock, faults).placed() for block in resolved.blocks)


def _by_song(
    resolved: Resolved, song: SongTime, grid: ChunkGrid, clock: ClockLine, faults: Faults
) -> tuple[PlacedBlock | None, ...]:
    """Every pass placed where the file is by then. What is wrong in several passes is told once."""
    told: set[tuple[str, Span]] = set()
    found: list[PlacedBlock | None] = []
    quarter = Fraction(0)
    for block in resolved.blocks:
        own = Faults()
        part = part_of(song, quarter)
        placed = _Placer(block, resolved, grid, clock, own, part).placed()
        if placed is not None and placed.tempo is not None:
            length = placed.tempo.quarter_at(placed.seconds) if placed.quarters is None else placed.quarters
            if part.broken is not None and part.broken < length:
                where = "the score" if block.name is None else f"the section {block.name}"
                message = f"the file changes its meter inside of a bar of {where}"
                own.error("E429", message, block.span, "begin the section on a bar line of the file, or end it at the change")
            quarter += length
            placed = replace(placed, tempo=part.tempo_until(length), meters=part.meters_until(length))
        for one in own.diagnostics:
            if (one.code, one.span) not in told:
                told.add((one.code, one.span))
                faults.add(one)
                faults.has_errors = faults.has_errors or own.has_errors
        found.append(placed)
    return tuple(found)


def _grid(resolved: Resolved) -> tuple[int, Fraction]:
    line = resolved.score.header.grid
    return (33, Fraction(24)) if line is None else (line.frames, line.fps)


@dataclass(slots=True)
class _Marked:
    cue: int
    span: Span


class _Placer:
    def __init__(
        self,
        block: Block,
        resolved: Resolved,
        grid: ChunkGrid,
        clock: ClockLine,
        faults: Faults,
        song: SongPart | None = None,
    ) -> None:
        self.block = block
        self.song = song
        self.end_place = resolved.score.end if block.name is None else None
        self.end_span = resolved.score.end_span
        self.clock = clock
        self.snap = resolved.score.header.snap or Snap.NEAREST
        self.faults = faults
        self.cues = block.cues
        bpm = block.tempo.bpm if block.tempo is not None else clock.bpm
        meter = block.meter.meter if block.meter is not None else clock.meter
        if bpm is None and block.meter is not None and song is None:
            faults.error(
                "E405",
                "a meter needs a tempo, and the clock counts chunks",
                block.meter.span,
                "give this section one (tempo 120), or the score: clock 120 bpm, 4/4",
                with_clock(resolved.score),
            )
        self.bpm = bpm if song is None else song.tempos[0].bpm
        changes = [(0, meter)] if song is None else list(song.meters)
        meters = None if self.bpm is None else MeterMap.of(changes)
        counts = "time code counts seconds" if clock.kind is ClockKind.MTC else "the clock counts chunks"
        self.local = LocalTime(grid, meters, faults, with_clock(resolved.score), counts)
        self.marks = self._marks()
        self.spots: list[_Spot | object] = [_PENDING] * len(self.cues)
        self.bases = self._bases()

    # ---- the whole block -------------------------------------------------------------------------------------------

    def placed(self) -> PlacedBlock | None:
        if self.song is None:
            self._meters()
        end = None if self.block.duration is None else length_of(self.block.duration, self.local)
        if self.song is None:
            self._tempo(end)
        else:
            self.local.tempo = TempoMap.of(self.song.tempos)
        self.spots = [_PENDING] * len(self.cues)
        placed = [self._resolve(index) for index in range(len(self.cues))]
        if self.block.name is None:
            end = self._open_end(placed)
        elif end is None:
            return None
        if end is None:
            return None
        length = self.local.seconds_of(end, self.block.span)
        if length is None:
            return None
        cues = [cue for index, spot in enumerate(placed) for cue in self._unfold(index, spot, length)]
        cues.sort(key=lambda cue: cue.seconds)
        if self.block.cut is not None:
            cues.insert(0, self._opening_cut())
        marks = tuple(self._mark(name, marked) for name, marked in self.marks.items())
        return PlacedBlock(self.block, length, end.quarter, self.local.tempo, self.local.meters, tuple(cues), marks)

    def _opening_cut(self) -> PlacedCue:
        cut = self.block.cut
        start = self.local.start
        acts = () if cut is None else (cut,)
        return PlacedCue(self.local.label(start), start.quarter, Fraction(0), acts, None, self.block.span)

    def _mark(self, name: str, marked: _Marked) -> Mark:
        spot = self.spots[marked.cue]
        if not isinstance(spot, Spot):
            return Mark(name, Fraction(0), None)
        seconds = self.local.seconds_of(spot, marked.span)
        return Mark(name, Fraction(0) if seconds is None else seconds, spot.quarter)

    def _open_end(self, placed: list[_Spot]) -> _Spot:
        """The end of a score without sections: where it says, or some chunks behind its last cue."""
        grid = self.local.grid
        if self.end_place is not None:
            last_at = max((index for index, cue in enumerate(self.cues) if cue.every is None), default=None)
            return self._spot_of(self.end_place, last_at)
        for cue in self.cues:
            if cue.every is not None:
                self.faults.error(
                    "E406",
                    "this `every` has no end",
                    cue.span,
                    "say where the score ends: end 64c",
                )
                return None
        last = Fraction(0)
        for spot, cue in zip(placed, self.cues, strict=True):
            seconds = None if spot is None else self.local.seconds_of(spot, cue.span)
            last = max(last, seconds or Fraction(0))
        chunk = grid.snap(last, self.snap)
        return Spot(None, grid.boundary(chunk + DEFAULT_TAIL), Unit.CHUNKS)

    # ---- meters and tempo ------------------------------------------------------------------------------------------

    def _meters(self) -> None:
        """Lay the meter changes out: first those written as a bar, then those that need the meters before them."""
        changing = [(index, cue.meters[-1]) for index, cue in enumerate(self.cues) if cue.meters]
        if not changing or self.local.meters is None:
            for _, change in changing:
                self.local.beats(change.span)
            return
        changes: dict[int, Meter] = {0: self.local.meters.changes[0][1]}
        plain = [(index, change) for index, change in changing if isinstance(self.cues[index].place, AtBar | AtTick)]
        for index, change in plain:
            bar = self._meter_bar(self.cues[index].place, change)
            if bar is not None:
                changes[bar] = change.meter
                self.local.meters = MeterMap.of(changes.items())
        rest = [pair for pair in changing if pair not in plain]
        where: dict[int, int] = {}
        for index, change in rest:
            spot = self._resolve(index)
            if spot is None:
                continue
            if spot.quarter is None:
                self.faults.error("E403", "a change of tempo or meter needs a musical place", change.span, "write its bar")
                continue
            here = self.local.meters.bar_beat_at(spot.quarter)
            if here.beat != 1 or here.rest:
                self._off_bar_line(change, here.bar, self.cues[index].place)
                continue
            where[index] = here.bar - 1
            changes[here.bar - 1] = change.meter
            self.local.meters = MeterMap.of(changes.items())
            self.spots = [_PENDING] * len(self.cues)
        for index, bar in where.items():
            spot = self._resolve(index)
            if spot is not None and spot.quarter is not None and self.local.meters.bar_start(bar) != spot.quarter:
                self.faults.error(
                    "E407",
                    "this change of meter is moved by another one behind it",
                    self.cues[index].span,
                    "write its place as a bar number",
                )

    def _meter_bar(self, place: Place | None, change: ChangeMeter) -> int | None:
        match place:
            case AtBar(bar=bar, beat=1, rest=Fraction(numerator=0)):
                return bar - 1
            case AtTick(bar=bar, beat=1, tick=0):
                return bar - 1
            case AtBar(bar=bar) | AtTick(bar=bar):
                self._off_bar_line(change, bar, place)
                return None
            case _:
                return None

    def _off_bar_line(self, change: ChangeMeter, bar: int, place: Place | None) -> None:
        fixes = () if place is None else (Fix(place.span, str(bar + 1)),)
        hint = f"change it at {bar + 1}, or at {bar}"
        self.faults.error("E408", "a meter begins on beat 1 of a bar", change.span, hint, fixes)

    def _tempo(self, end: Spot | None) -> None:
        """Build the tempo map; places of tempo changes are musical, so they need only the meters."""
        if self.bpm is None or self.local.meters is None:
            for cue in self.cues:
                for tempo in cue.tempos:
                    self.faults.error(
                        "E409",
                        "a change of tempo needs a tempo to change, and the clock counts chunks",
                        tempo.span,
                        "give the score one: clock 120 bpm, 4/4",
                    )
            return
        changes = [TempoChange(Fraction(0), self.bpm)]
        opening = self.block.tempo
        if opening is not None and opening.to is not None and end is not None:
            if end.quarter is not None:
                changes = [TempoChange(Fraction(0), opening.bpm, opening.to, end.quarter)]
            elif end.seconds is not None:
                changes = [TempoChange.ramp_in_seconds(Fraction(0), opening.bpm, opening.to, end.seconds)]
        for index, cue in enumerate(self.cues):
            for tempo in cue.tempos:
                spot = self._resolve(index)
                if spot is None:
                    continue
                if spot.quarter is None:
                    self.faults.error("E403", "a change of tempo or meter needs a musical place", tempo.span, "write its bar")
                    continue
                change = self._tempo_change(spot.quarter, tempo)
                if change is not None:
                    changes.append(change)
                if self.clock.kind.is_outer:
                    self.faults.warn(
                        "W401",
                        "an outer clock brings its own tempo; this one counts only in rehearsal",
                        tempo.span,
                        "leave it out where the music does not change its tempo",
                    )
        self.local.tempo = TempoMap.of(changes)

    def _tempo_change(self, quarter: Fraction, tempo: ChangeTempo) -> TempoChange | None:
        if tempo.to is None or tempo.over is None:
            return TempoChange(quarter, tempo.bpm)
        if tempo.over.unit not in MUSICAL:
            seconds = self.local.timed(tempo.over.amount, tempo.over.unit)
            return TempoChange.ramp_in_seconds(quarter, tempo.bpm, tempo.to, seconds)
        there = self.local.after(Spot(quarter, None, Unit.BARS), tempo.over.amount, tempo.over.unit, tempo.over.span)
        if there is None or there.quarter is None:
            return None
        return TempoChange(quarter, tempo.bpm, tempo.to, there.quarter - quarter)

    # ---- places ----------------------------------------------------------------------------------------------------

    def _marks(self) -> dict[str, _Marked]:
        marks: dict[str, _Marked] = {}
        for index, cue in enumerate(self.cues):
            for name, span in cue.marks:
                if name in marks:
                    first = Related(marks[name].span, "first set here")
                    self.faults.error("E410", f"the mark {name} is set already", span, "give it another name", related=(first,))
                else:
                    marks[name] = _Marked(index, span)
        return marks

    def _bases(self) -> list[int | None]:
        """For each cue the cue that a relative place of it counts from: the previous `at`, in source order."""
        bases: list[int | None] = []
        previous: int | None = None
        for index, cue in enumerate(self.cues):
            bases.append(previous)
            if cue.every is None:
                previous = index
        return bases

    def _needs(self, index: int) -> int | None:
        """The cue whose spot must be known before this one's."""
        match self.cues[index].place:
            case After():
                return self.bases[index]
            case AtMark(name=name):
                marked = self.marks.get(name)
                return None if marked is None else marked.cue
            case _:
                return None

    def _resolve(self, index: int) -> _Spot:
        """The spot of a cue; walks its chain of relative places and marks without recursion."""
        need = self._needs(index)
        if self.spots[index] is _PENDING and (need is None or self.spots[need] is not _PENDING):
            place = self.cues[index].place  # nearly every cue: nothing it counts from is still to be found
            found = self.local.start if place is None else self._spot_of(place, self.bases[index])
            self.spots[index] = found
            return found
        chain: list[int] = []
        on_chain: set[int] = set()
        at: int | None = index
        while at is not None and self.spots[at] is _PENDING:
            if at in on_chain:
                circle = self.cues[at]
                self.faults.error(
                    "E411",
                    "these places depend on each other in a circle",
                    _span_of(circle),
                    "give one of them a bar or a time",
                )
                self.spots[at] = None
                break
            on_chain.add(at)
            chain.append(at)
            at = self._needs(at)
        for one in reversed(chain):
            if self.spots[one] is _PENDING:
                place = self.cues[one].place
                self.spots[one] = self.local.start if place is None else self._spot_of(place, self.bases[one])
        spot = self.spots[index]
        return spot if isinstance(spot, Spot) else None

    def _spot_of(self, place: Place, base: int | None) -> _Spot:
        match place:
            case AtBar() | AtTick() | AtOffset():
                return self.local.spot(place)
            case After():
                start = self.local.start if base is None else self._known(base)
                return None if start is None else self.local.after(start, place.by.amount, place.by.unit, place.span)
            case AtMark():
                marked = self.marks.get(place.name)
                if marked is None:
                    self._unknown_mark(place)
                    return None
                spot = self._known(marked.cue)
                if spot is None or place.plus is None:
                    return spot
                return self.local.after(spot, place.plus.amount, place.plus.unit, place.span)

    def _known(self, index: int) -> _Spot:
        spot = self.spots[index]
        if spot is _PENDING:
            return self._resolve(index)
        return spot if isinstance(spot, Spot) else None

    def _unknown_mark(self, place: AtMark) -> None:
        guess = nearest(place.name, list(self.marks))
        hint = f"set it in an `at`: at 5 mark {place.name}" if guess is None else f"did you mean {guess}?"
        self.faults.error("E412", f"there is no mark {place.name} in this section", place.span, hint, _mark_fix(place, guess))

    # ---- unfolding -------------------------------------------------------------------------------------------------

    def _unfold(self, index: int, spot: _Spot, length: Fraction) -> Iterator[PlacedCue]:
        """The placed cues of one `at` or `every`."""
        cue = self.cues[index]
        seconds = None if spot is None else self.local.seconds_of(spot, cue.span)
        if spot is None or seconds is None:
            return
        if seconds >= length:
            self._past_the_end(cue, spot, length)
        elif cue.every is None:
            yield PlacedCue(self.local.label(spot), spot.quarter, seconds, cue.acts, cue.snap, cue.span)
        else:
            yield from self._repeat(cue, cue.every, spot, length)

    def _repeat(self, cue: ResolvedCue, step: Duration, first: Spot, length: Fraction) -> Iterator[PlacedCue]:
        """The placed cues of an `every`: multiples of its step from its first place, so that nothing adds up."""
        last = self.local.after(first, step.amount * MOST_CUES, step.unit, step.span)
        beyond = None if last is None else self.local.seconds_of(last, step.span)
        if beyond is None:
            return
        if beyond < length:
            self.faults.error("E414", f"this `every` comes to more than {MOST_CUES:,} cues", step.span, "write a longer one")
            return
        previous: Fraction | None = None
        for count in range(MOST_CUES):
            there = self.local.after(first, step.amount * count, step.unit, step.span) if count else first
            seconds = None if there is None else self.local.seconds_of(there, step.span)
            if there is None or seconds is None or seconds >= length:
                return
            if previous is not None and seconds - previous < self.local.grid.chunk and cue.is_for_the_model:
                shortest = self._shortest(step)
                self.faults.error(
                    "E413",
                    f"this `every` is denser than a chunk ({number(self.local.grid.chunk)} s)",
                    step.span,
                    f"the model changes at chunk boundaries only; write a longer one, at least {shortest}",
                    (Fix(step.span, shortest),),
                )
                return
            yield PlacedCue(self.local.label(there), there.quarter, seconds, cue.acts, cue.snap, cue.span)
            previous = seconds

    def _shortest(self, step: Duration) -> str:
        """A step that is a chunk long wherever it stands: whole beats at the fastest tempo, or one chunk."""
        if step.unit not in MUSICAL or self.local.tempo is None or self.local.meters is None:
            return "1c"
        fastest = min(min(one.first, one.last) for one in self.local.tempo.segments)
        beat = min(meter.beat for _, meter in self.local.meters.changes)
        return f"{-(-self.local.grid.chunk // (fastest * beat))}b"

    def _past_the_end(self, cue: ResolvedCue, spot: Spot, length: Fraction) -> None:
        what = "the score" if self.block.name is None else f"the section {self.block.name}"
        ends = f"{number(length)} s"
        fix: Fix | None = None
        if self.block.duration is not None:
            fix = longer(self.block.duration, spot, self.local)
            if self.local.meters is not None and self.local.tempo is not None:
                amount, unit = self.block.duration.amount, self.block.duration.unit
                ends = f"{number(amount)} {unit}" if amount != 1 else f"1 {unit.removesuffix('s')}"
        elif self.end_place is not None:
            fix = later_end(self.end_place, spot, self.local)
        make = "make it longer" if fix is None else f"make it longer ({fix.text})"
        self.faults.error(
            "E415",
            f"this place lies at or behind the end of {what} ({ends})",
            _span_of(cue),
            f"{make}, or give the cue an earlier place",
            () if fix is None else (fix,),
        )


def _span_of(cue: ResolvedCue) -> Span:
    return cue.span if cue.place is None else cue.place.span


def _mark_fix(place: AtMark, guess: str | None) -> tuple[Fix, ...]:
    if guess is None or place.span.line != place.span.end_line:
        return ()
    return (Fix(place.span, f"mark {guess}"),) if place.plus is None else ()
