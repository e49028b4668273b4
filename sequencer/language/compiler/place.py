"""Second pass: place the cues of each block at exact times.

An `at` gives one cue, an `every` as many as fit in the block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.timebase import ChunkGrid, MeterMap, Snap, TempoMap
from sequencer.core.wide_numbers import is_before, ordering
from sequencer.language.compiler.fixes import add_clock_fix, later_end_fix, longer_length_fix
from sequencer.language.compiler.inheritance import replace_inherited
from sequencer.language.compiler.ir import (
    Block,
    BlockPosition,
    PlacedBlock,
    PlacedCue,
    Resolved,
    ResolvedCue,
)
from sequencer.language.compiler.local_time import (
    MUSICAL_UNITS,
    NO_BEATS,
    TIME_CODE_HINT,
    BlockTime,
    describe_number,
    find_block_end,
    missing_tempo_message,
)
from sequencer.language.compiler.midi_file_clock import MidiFilePart, estimate_window, extract_part
from sequencer.language.compiler.model_checks import grid_of
from sequencer.language.compiler.pass_placer import PassPlacer, quarters_of
from sequencer.language.compiler.positions import MarkDefinition, PositionResolver, WrittenEnd
from sequencer.language.compiler.tempo_changes import TempoMeterChanges
from sequencer.language.score import (
    ClockLine,
    Duration,
    FromEnd,
    Position,
    SongTime,
    Unit,
)
from sequencer.schedule.model import Mark

MAX_CUES = 200_000
"""The maximum number of cues in one block, with each `every` expanded."""


class CueExpander:
    """Expands the cues of one block whose maps are complete.

    `end_position` is the written end of a score without sections.
    """

    def __init__(
        self, block: Block, end_position: Position | None, local: BlockTime, faults: Diagnostics
    ) -> None:
        self._block = block
        self._end_position = end_position
        self._local = local
        self._faults = faults

    def cues_of(
        self, cue: ResolvedCue, position: BlockPosition | None, length: Fraction
    ) -> Iterator[PlacedCue]:
        """Return the placed cues of one `at` or `every` that begins at `position`.

        The block lasts `length` seconds.
        """
        seconds = None if position is None else self._local.seconds_of(position, cue.span)
        if position is None or seconds is None:
            return
        if seconds < 0 and cue.every is None:
            self._note_dropped(cue, "begins after")
        elif not is_before(seconds, length):
            self._report_past_end(cue, position, length)
        elif cue.every is None:
            yield PlacedCue(
                label=self._local.describe_position(position),
                quarter=position.quarter,
                seconds=seconds,
                acts=cue.acts,
                snap=cue.snap,
                span=cue.span,
                level=cue.level,
            )
        else:
            yield from self._repeat(cue, cue.every, position, length)

    def _repeat(
        self, cue: ResolvedCue, step: Duration, first: BlockPosition, length: Fraction
    ) -> Iterator[PlacedCue]:
        """Return the placed cues of an `every`.

        They are at multiples of its step from its first position, so that no errors accumulate.
        """
        last = self._local.advance(first, step.amount * MAX_CUES, step.unit, step.span)
        beyond = None if last is None else self._local.seconds_of(last, step.span)
        if beyond is None:
            return
        if beyond < length:
            self._faults.error(
                "E414",
                f"this `every` produces more than {MAX_CUES:,} cues",
                step.span,
                hint="write a longer interval",
            )
            return
        previous: Fraction | None = None
        is_inherited = cue.level > 0  # then the first ones may be before the start
        for count in range(MAX_CUES):
            there = (
                self._local.advance(first, step.amount * count, step.unit, step.span)
                if count
                else first
            )
            seconds = None if there is None else self._local.seconds_of(there, step.span)
            if there is None or seconds is None or not is_before(seconds, length):
                return
            if is_inherited and seconds < 0:
                continue
            if (
                previous is not None
                and cue.is_for_model
                and self._local.chunks_between(previous, seconds) < 1
            ):
                shortest = "1c" if self._faults.is_full else self._find_shortest_step(step)
                self._faults.error(
                    "E413",
                    (
                        "this `every` repeats faster than one chunk "
                        f"({describe_number(self._local.grid.chunk)} s)"
                    ),
                    step.span,
                    hint=(
                        "the model changes only at chunk boundaries; write a longer interval, at "
                        f"least {shortest}"
                    ),
                    fix=Fix(step.span, shortest),
                )
                return
            yield PlacedCue(
                label=self._local.describe_position(there),
                quarter=there.quarter,
                seconds=seconds,
                acts=cue.acts,
                snap=cue.snap,
                span=cue.span,
                level=cue.level,
            )
            previous = seconds

    def _find_shortest_step(self, step: Duration) -> str:
        """Return a step of at least a chunk: whole beats at the fastest tempo, or one chunk."""
        if (
            step.unit not in MUSICAL_UNITS
            or self._local.tempo is None
            or self._local.meters is None
        ):
            return "1c"
        fastest = min(min(one.first, one.last) for one in self._local.tempo.segments)
        beat = min(meter.beat for _, meter in self._local.meters.changes)
        return f"{-(-self._local.grid.chunk // (fastest * beat))}b"

    def _note_dropped(self, cue: ResolvedCue, why: str) -> None:
        """Note that a section is too short for an inherited cue."""
        self._faults.note(
            "W306",
            f"{self._block.name} {why} this inherited cue, so it does not have it",
            cue.position_span,
            related=(Related(self._block.name_span, "the shorter section"),),
        )

    def _report_past_end(self, cue: ResolvedCue, position: BlockPosition, length: Fraction) -> None:
        if cue.level:
            self._note_dropped(cue, "ends before")
            return
        if self._faults.is_full:  # the details would never be shown
            self._faults.error("E415", "this position is at or after the end", cue.position_span)
            return
        what = "the score" if self._block.name is None else f"the section {self._block.name}"
        ends = f"{describe_number(length)} s"
        fix: Fix | None = None
        if self._block.duration is not None:
            fix = longer_length_fix(self._block.duration, position, self._local)
            if self._local.meters is not None and self._local.tempo is not None:
                amount, unit = self._block.duration.amount, self._block.duration.unit
                ends = (
                    f"{describe_number(amount)} {unit}"
                    if amount != 1
                    else f"1 {unit.removesuffix('s')}"
                )
        elif self._end_position is not None:
            fix = later_end_fix(self._end_position, position, self._local)
        make = "make it longer" if fix is None else f"make it longer ({fix.text})"
        self._faults.error(
            "E415",
            f"this position is at or after the end of {what} ({ends})",
            cue.position_span,
            hint=f"{make}, or give the cue an earlier position",
            fix=() if fix is None else (fix,),
        )


DEFAULT_TAIL_CHUNKS = 4
"""How many chunks a score without sections and `end` continues after its last cue."""

MAX_ENTRIES = 400_000
"""The maximum number of cues in a complete score.

It is counted over all passes, and over all its sections before expansion.
"""

TOO_MANY_CUES_CODE, TOO_MANY_CUES_MESSAGE, TOO_MANY_CUES_HINT = (
    "E416",
    f"this score has more than {MAX_ENTRIES:,} cues",
    "shorten it",
)


@dataclass(slots=True)
class CueBudget:
    """The number of cues that may still be created: a few `every` lines could exhaust memory."""

    left: int = MAX_ENTRIES
    is_over: bool = False
    """Whether this was reported: it is reported only once."""

    def is_exceeded_by(self, cues: int) -> bool:
        """Count `cues` more cues, or return True if they exceed the limit."""
        if self.is_over or cues > self.left:
            self.left = 0
            return True
        self.left -= cues
        return False


def place(resolved: Resolved, faults: Diagnostics) -> tuple[PlacedBlock | None, ...]:
    """Place the cues of every block; a block whose length cannot be computed gives None."""
    grid = grid_of(resolved.score.header).as_chunk_grid()
    clock = resolved.score.header.clock or ClockLine()
    if has_pass_blocks(resolved):
        return _place_each_pass(resolved, grid, clock, faults)
    budget = CueBudget()
    return tuple(
        BlockPlacer(block, resolved, grid, clock=clock, faults=faults, budget=budget).place()
        for block in resolved.blocks
    )


def has_pass_blocks(resolved: Resolved) -> bool:
    """Return whether each pass is placed by itself, because the times of its cues depend on it.

    That is so with a file as the clock, and with first chunks that are shorter.
    """
    line = resolved.score.header.grid
    return resolved.score.song is not None or (
        line is not None and line.as_chunk_grid().first is not None
    )


def _place_each_pass(
    resolved: Resolved, grid: ChunkGrid, clock: ClockLine, faults: Diagnostics
) -> tuple[PlacedBlock | None, ...]:
    """Place every pass where the ones before it end.

    A mistake that occurs in several passes is reported once.
    """
    reported: set[tuple[str, Span]] = set()
    budget = CueBudget()
    found: list[PlacedBlock | None] = []
    song = resolved.score.song

    def place_block(
        block: Block, among: ChunkGrid, begins: Fraction, quarter: Fraction
    ) -> tuple[PlacedBlock | None, Diagnostics]:
        if song is not None:
            return _place_at_quarter(
                block,
                resolved,
                song,
                quarter=quarter,
                grid=among,
                begins=begins,
                clock=clock,
                reported=reported,
                budget=budget,
            )
        own = Diagnostics()
        placer = BlockPlacer(
            block, resolved, among, begins=begins, clock=clock, faults=own, budget=budget
        )
        return placer.place(), own

    placer = PassPlacer(resolved, grid, place_block, budget)
    for block in resolved.blocks:
        placed, own = placer.place_next(block)
        for one in own.diagnostics:
            if (one.code, one.span) not in reported:
                reported.add((one.code, one.span))
                faults.add(one)
                faults.has_errors = faults.has_errors or own.has_errors
        found.append(placed)
    return tuple(found)


def _place_at_quarter(
    block: Block,
    resolved: Resolved,
    song: SongTime,
    *,
    quarter: Fraction,
    grid: ChunkGrid,
    begins: Fraction,
    clock: ClockLine,
    reported: Collection[tuple[str, Span]],
    budget: CueBudget,
) -> tuple[PlacedBlock | None, Diagnostics]:
    """Place a block at its position in the file, using as little of the file as possible.

    If there are new mistakes, the window grows up to the complete file, because something later in
    it may resolve them.
    """
    window = estimate_window(block.duration, song)
    while True:
        own = Diagnostics()
        part = extract_part(song, quarter, window)
        before = replace(budget)
        placed = BlockPlacer(
            block,
            resolved,
            grid,
            begins=begins,
            clock=clock,
            faults=own,
            budget=budget,
            song=part,
        ).place()
        length: Fraction | None = None
        if placed is not None and placed.tempo is not None:
            length = quarters_of(placed, placed.tempo)
            if part.broken is not None and part.broken < length:
                where = "the score" if block.name is None else f"the section {block.name}"
                message = f"the file changes its meter within a bar of {where}"
                own.error(
                    "E429",
                    message,
                    block.span,
                    hint="begin the section on a bar line of the file, or end it at the change",
                )
            placed = replace(
                placed, tempo=part.tempo_until(length), meters=part.meters_until(length)
            )
        is_within = placed is None or (length is not None and length < window)
        if part.is_whole or (
            is_within and all((one.code, one.span) in reported for one in own.diagnostics)
        ):
            return placed, own
        budget.left, budget.is_over = (
            before.left,
            before.is_over,
        )  # it is placed again, and must count once
        window *= 4


class BlockPlacer:
    """Places one block; with a MIDI file as the clock, at the position the file has reached."""

    def __init__(
        self,
        block: Block,
        resolved: Resolved,
        grid: ChunkGrid,
        *,
        clock: ClockLine,
        faults: Diagnostics,
        budget: CueBudget,
        begins: Fraction = Fraction(0),
        song: MidiFilePart | None = None,
    ) -> None:
        self.block = block
        self.resolved = resolved
        self.budget = budget
        self.song = song
        self.end_position = resolved.score.end if block.name is None else None
        self.clock = clock
        self.snap = resolved.score.header.snap or Snap.NEAREST
        self.faults = faults
        self.cues = block.cues
        bpm = block.tempo.bpm if block.tempo is not None else clock.bpm
        meter = block.meter.meter if block.meter is not None else clock.meter
        lacks = missing_tempo_message(clock)
        if bpm is None and block.meter is not None and song is None:
            faults.error(
                "E405",
                f"a meter needs a tempo, but {lacks[0]}",
                block.meter.span,
                hint=TIME_CODE_HINT
                if lacks is NO_BEATS
                else "give this section one (tempo 120), or the score: clock 120 bpm, 4/4",
                fix=add_clock_fix(resolved.score),
            )
        self.bpm = bpm if song is None else song.tempos[0].bpm
        changes = [(0, meter)] if song is None else list(song.meters)
        meters = None if self.bpm is None else MeterMap.of(changes)
        self.local = BlockTime(
            grid, meters, faults, add_clock_fix(resolved.score), lacks, begins=begins
        )
        end = WrittenEnd(
            name=block.name,
            duration=block.duration,
            position=self.end_position,
            is_live=block.is_live,
        )
        self.positions = PositionResolver(self.cues, self.local, faults, end)

    def place(self) -> PlacedBlock | None:
        """Return the block with its cues at their times; None if its length is not computable."""
        self._check_rules()
        changes = TempoMeterChanges(
            self.cues, self.positions, self.local, self.faults, self.clock.kind.is_external
        )
        if self.song is None:
            changes.apply_meters()
        end = (
            None if self.block.duration is None else find_block_end(self.block.duration, self.local)
        )
        if self.song is None:
            changes.build_tempo_map(self.block.tempo, self.bpm, end)
        else:
            self.local.tempo = TempoMap.of(self.song.tempos)
        self.positions.forget_missing()
        placed = [self.positions.resolve(index) for index in range(len(self.cues))]
        if self.block.name is None:
            end = self._find_open_end(placed)
        length = None if end is None else self.local.seconds_of(end, self.block.span)
        if end is None or length is None:
            return None
        unfolding = CueExpander(self.block, self.end_position, self.local, self.faults)
        unfolded = (
            one
            for cue, position in zip(self.cues, placed, strict=True)
            for one in unfolding.cues_of(cue, position, length)
        )
        cues = list(islice(unfolded, self.budget.left + 1))
        if self.budget.is_exceeded_by(len(cues)):
            if not self.budget.is_over:
                self.faults.error(
                    TOO_MANY_CUES_CODE,
                    TOO_MANY_CUES_MESSAGE,
                    self.block.span,
                    hint=TOO_MANY_CUES_HINT,
                )
            self.budget.is_over = True
            return None
        if any(cue.level for cue in cues):
            cues = list(replace_inherited(cues))
        cues.sort(key=lambda cue: ordering(cue.seconds))
        if self.block.cut is not None:
            cues.insert(0, self._opening_cut())
        marks = tuple(
            self._resolve_mark(name, marked) for name, marked in self.positions.marks.items()
        )
        meters = None if self.local.meters is None else self.local.meters.freeze()
        return PlacedBlock(
            block=self.block,
            seconds=length,
            quarters=end.quarter,
            tempo=self.local.tempo,
            meters=meters,
            cues=tuple(cues),
            marks=marks,
        )

    def _check_rules(self) -> None:
        """Report rules that land on bar lines or beats where there are none."""
        if self.local.meters is not None:
            return
        hint = (
            "remove it: without beats a rule lands on the next chunk in reach"
            if self.local.lacks is NO_BEATS
            else "remove it, or give the score a tempo: clock 120 bpm, 4/4"
        )
        for rule in self.block.rules:
            if rule.at is not None:
                self.faults.error(
                    "E402",
                    f"there are no bars and beats here: {self.local.lacks[0]}",
                    rule.at.span,
                    hint=hint,
                    fix=add_clock_fix(self.resolved.score),
                )

    def _opening_cut(self) -> PlacedCue:
        cut = self.block.cut
        start = self.local.start
        acts = () if cut is None else (cut,)
        return PlacedCue(
            label=self.local.describe_position(start),
            quarter=start.quarter,
            seconds=Fraction(0),
            acts=acts,
            snap=None,
            span=self.block.span,
        )

    def _resolve_mark(self, name: str, marked: MarkDefinition) -> Mark:
        position = self.positions.resolve(marked.cue)
        if position is None:
            return Mark(name, Fraction(0), None)
        seconds = self.local.seconds_of(position, marked.span)
        return Mark(name, Fraction(0) if seconds is None else seconds, position.quarter)

    def _find_open_end(self, placed: list[BlockPosition | None]) -> BlockPosition | None:
        """Return a score's end without sections: as written, or some chunks after its last cue."""
        grid = self.local.grid
        if isinstance(self.end_position, FromEnd):
            self.faults.error(
                "E417",
                "the end of a score cannot be counted from itself",
                self.end_position.span,
                hint="write its bar, time or chunk: end 64c",
            )
            return None
        if self.end_position is not None:
            return self.positions.resolve_position(self.end_position, self.positions.last_at)
        for cue in self.cues:
            if cue.every is not None:
                self.faults.error(
                    "E406",
                    "this `every` has no end",
                    cue.span,
                    hint="set the end of the score: end 64c",
                )
                return None
        last = Fraction(0)
        for position, cue in zip(placed, self.cues, strict=True):
            seconds = None if position is None else self.local.seconds_of(position, cue.span)
            last = max(last, seconds or Fraction(0))
        chunk = grid.snap(last, self.snap)
        return BlockPosition(None, grid.boundary(chunk + DEFAULT_TAIL_CHUNKS), Unit.CHUNKS)
