"""Second pass: every cue of a block gets its exact local time.

`spots` finds where each lies, `changes` lays out meters and tempo, `unfold` makes of each what is played.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from sequencer.compiler.changes import Changes
from sequencer.compiler.cures import with_clock
from sequencer.compiler.local import NO_BEATS, NO_USE, LocalTime, lacks_of, length_of
from sequencer.compiler.placed import PlacedBlock, PlacedCue, Spot
from sequencer.compiler.resolved import Block, Resolved
from sequencer.compiler.songs import SongPart, first_window, part_of
from sequencer.compiler.spots import Marked, Spots
from sequencer.compiler.unfold import Unfolding
from sequencer.errors import Faults, Span
from sequencer.schedule import Mark
from sequencer.score import ClockLine, SongTime, Unit
from sequencer.timebase import ChunkGrid, MeterMap, Snap, TempoMap, ordering

DEFAULT_TAIL = 4
"""How many chunks a score without sections and without `end` goes on behind its last cue."""

MOST_ENTRIES = 400_000
"""How many cues a whole score may come to, all passes counted, and all its sections before they are played."""

TOO_MANY, MANY_CUES, FEWER_CUES = "E416", f"this score comes to more than {MOST_ENTRIES:,} cues", "play less of it"


@dataclass(slots=True)
class Room:
    """How many more cues may be made. A few lines of `every` could fill any memory before they are counted."""

    left: int = MOST_ENTRIES
    is_over: bool = False
    """Whether this was reported: once is enough."""

    def is_exceeded_by(self, cues: int) -> bool:
        """Take so many cues in, if there is room for them."""
        if self.is_over or cues > self.left:
            self.left = 0
            return True
        self.left -= cues
        return False


def place(resolved: Resolved, faults: Faults) -> tuple[PlacedBlock | None, ...]:
    """Every block with its cues placed; None for a block whose length cannot be told."""
    grid = ChunkGrid(*_grid(resolved))
    clock = resolved.score.header.clock or ClockLine()
    if resolved.score.song is not None:
        return _by_song(resolved, resolved.score.song, grid, clock, faults)
    room = Room()
    return tuple(_Placer(block, resolved, grid, clock, faults, room).placed() for block in resolved.blocks)


def _by_song(
    resolved: Resolved, song: SongTime, grid: ChunkGrid, clock: ClockLine, faults: Faults
) -> tuple[PlacedBlock | None, ...]:
    """Every pass placed where the file is by then. What is wrong in several passes is told once."""
    told: set[tuple[str, Span]] = set()
    room = Room()
    found: list[PlacedBlock | None] = []
    quarter = Fraction(0)
    for block in resolved.blocks:
        placed, own = _by_part(block, resolved, song, quarter, grid, clock, told, room)
        if placed is not None and placed.tempo is not None:
            quarter += placed.tempo.quarter_at(placed.seconds) if placed.quarters is None else placed.quarters
        for one in own.diagnostics:
            if (one.code, one.span) not in told:
                told.add((one.code, one.span))
                faults.add(one)
                faults.has_errors = faults.has_errors or own.has_errors
        found.append(placed)
    return tuple(found)


def _by_part(
    block: Block,
    resolved: Resolved,
    song: SongTime,
    quarter: Fraction,
    grid: ChunkGrid,
    clock: ClockLine,
    told: Collection[tuple[str, Span]],
    room: Room,
) -> tuple[PlacedBlock | None, Faults]:
    """A block placed where the file is by then, from as little of the file as it takes.

    New mistakes are looked at with the whole file, since what may cure them can come later in it.
    """
    window = first_window(block.duration, song)
    while True:
        own = Faults()
        part = part_of(song, quarter, window)
        before = replace(room)
        placed = _Placer(block, resolved, grid, clock, own, room, part).placed()
        length: Fraction | None = None
        if placed is not None and placed.tempo is not None:
            length = placed.tempo.quarter_at(placed.seconds) if placed.quarters is None else placed.quarters
            if part.broken is not None and part.broken < length:
                where = "the score" if block.name is None else f"the section {block.name}"
                message = f"the file changes its meter inside of a bar of {where}"
                own.error("E429", message, block.span, "begin the section on a bar line of the file, or end it at the change")
            placed = replace(placed, tempo=part.tempo_until(length), meters=part.meters_until(length))
        is_within = placed is None or (length is not None and length < window)
        if part.is_whole or (is_within and all((one.code, one.span) in told for one in own.diagnostics)):
            return placed, own
        room.left, room.is_over = before.left, before.is_over  # it is placed again, and counts once
        window *= 4


def _grid(resolved: Resolved) -> tuple[int, Fraction]:
    line = resolved.score.header.grid
    return (33, Fraction(24)) if line is None else (line.frames, line.fps)


class _Placer:
    """Places one block, where there is a song's file from where that has come to."""

    def __init__(
        self,
        block: Block,
        resolved: Resolved,
        grid: ChunkGrid,
        clock: ClockLine,
        faults: Faults,
        room: Room,
        song: SongPart | None = None,
    ) -> None:
        self.block = block
        self.room = room
        self.song = song
        self.end_place = resolved.score.end if block.name is None else None
        self.clock = clock
        self.snap = resolved.score.header.snap or Snap.NEAREST
        self.faults = faults
        self.cues = block.cues
        bpm = block.tempo.bpm if block.tempo is not None else clock.bpm
        meter = block.meter.meter if block.meter is not None else clock.meter
        lacks = lacks_of(clock)
        if bpm is None and block.meter is not None and song is None:
            faults.error(
                "E405",
                f"a meter needs a tempo, and {lacks[0]}",
                block.meter.span,
                NO_USE if lacks is NO_BEATS else "give this section one (tempo 120), or the score: clock 120 bpm, 4/4",
                with_clock(resolved.score),
            )
        self.bpm = bpm if song is None else song.tempos[0].bpm
        changes = [(0, meter)] if song is None else list(song.meters)
        meters = None if self.bpm is None else MeterMap.of(changes)
        self.local = LocalTime(grid, meters, faults, with_clock(resolved.score), lacks)
        self.spots = Spots(self.cues, self.local, faults)

    def placed(self) -> PlacedBlock | None:
        """The block with its cues at their times; None where its length cannot be told."""
        changes = Changes(self.cues, self.spots, self.local, self.faults, self.clock.kind.is_outer)
        if self.song is None:
            changes.lay_meters()
        end = None if self.block.duration is None else length_of(self.block.duration, self.local)
        if self.song is None:
            changes.lay_tempo(self.block.tempo, self.bpm, end)
        else:
            self.local.tempo = TempoMap.of(self.song.tempos)
        self.spots.forget_missing()
        placed = [self.spots.of(index) for index in range(len(self.cues))]
        if self.block.name is None:
            end = self._open_end(placed)
        length = None if end is None else self.local.seconds_of(end, self.block.span)
        if end is None or length is None:
            return None
        unfolding = Unfolding(self.block, self.end_place, self.local, self.faults)
        unfolded = (one for cue, spot in zip(self.cues, placed, strict=True) for one in unfolding.cues_of(cue, spot, length))
        cues = list(islice(unfolded, self.room.left + 1))
        if self.room.is_exceeded_by(len(cues)):
            if not self.room.is_over:
                self.faults.error(TOO_MANY, MANY_CUES, self.block.span, FEWER_CUES)
            self.room.is_over = True
            return None
        cues.sort(key=lambda cue: ordering(cue.seconds))
        if self.block.cut is not None:
            cues.insert(0, self._opening_cut())
        marks = tuple(self._mark(name, marked) for name, marked in self.spots.marks.items())
        meters = None if self.local.meters is None else self.local.meters.frozen()
        return PlacedBlock(self.block, length, end.quarter, self.local.tempo, meters, tuple(cues), marks)

    def _opening_cut(self) -> PlacedCue:
        cut = self.block.cut
        start = self.local.start
        acts = () if cut is None else (cut,)
        return PlacedCue(self.local.label(start), start.quarter, Fraction(0), acts, None, self.block.span)

    def _mark(self, name: str, marked: Marked) -> Mark:
        spot = self.spots.of(marked.cue)
        if spot is None:
            return Mark(name, Fraction(0), None)
        seconds = self.local.seconds_of(spot, marked.span)
        return Mark(name, Fraction(0) if seconds is None else seconds, spot.quarter)

    def _open_end(self, placed: list[Spot | None]) -> Spot | None:
        """The end of a score without sections: where it says, or some chunks behind its last cue."""
        grid = self.local.grid
        if self.end_place is not None:
            last_at = max((index for index, cue in enumerate(self.cues) if cue.every is None), default=None)
            return self.spots.of_place(self.end_place, last_at)
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
