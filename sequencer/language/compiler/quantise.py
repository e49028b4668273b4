"""Fourth pass: map exact times to chunks, put the stretches in sequence and form the takes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sequencer.core.sounds import SoundTrack
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.language.compiler.expand import ExpandedEntry, ExpandedStretch
from sequencer.language.compiler.ir import Resolved
from sequencer.language.compiler.model_checks import grid_of
from sequencer.language.score import ClockLine, Score, SongTime
from sequencer.models.catalog import DEFAULT
from sequencer.schedule.model import (
    DEFAULT_LEAD_CHUNKS,
    ClockSpec,
    CutAct,
    Entry,
    Schedule,
    Send,
    Stretch,
)
from sequencer.schedule.takes import takes_of, with_early_cuts


def quantise(resolved: Resolved, stretches: tuple[ExpandedStretch, ...]) -> Schedule:
    """Return the schedule of stretches in play order."""
    header = resolved.score.header
    snap = header.snap or Snap.NEAREST
    grid = _grid_with_cuts(grid_of(header).as_chunk_grid(), stretches, snap)
    lead = DEFAULT_LEAD_CHUNKS if header.lead is None else header.lead
    early = grid.with_takes_until(0)
    placed: list[Stretch] = []
    start = soonest = Fraction(0)
    ids = sends = 0
    for loose in stretches:
        stretch = replace(
            _build_stretch(
                loose,
                len(placed),
                start,
                soonest=soonest,
                earliest=early.snap(soonest, snap),
                grid=grid,
                snap=snap,
                first=ids,
            ),
            sends=build_sends(loose, sends),
        )
        placed.append(stretch)
        ids += len(stretch.entries)
        sends += len(stretch.sends)
        start += stretch.seconds
        length = stretch.seconds
        if stretch.is_live:
            own = with_early_cuts(early, stretch, length)
            length = _find_earliest_end(stretch, soonest, own, snap, lead)
        early = with_early_cuts(early, stretch, length)
        soonest += length
    return build_schedule(resolved.score, grid, tuple(placed))


def build_schedule(score: Score, grid: ChunkGrid, stretches: tuple[Stretch, ...]) -> Schedule:
    """Return the schedule of a score whose stretches are complete.

    Args:
        score: The score.
        grid: The grid with the takes of the score.
        stretches: The stretches, in play order.
    """
    header = score.header
    entries = [entry for stretch in stretches for entry in stretch.entries]
    start = sum((stretch.seconds for stretch in stretches), Fraction(0))
    last = max((entry.chunk for entry in entries), default=0)
    end = max(grid.chunks_until(start), last + 1)
    clock = header.clock or ClockLine()
    return Schedule(
        title=header.title,
        grid=grid,
        clock=_clock_spec(clock, score.song),
        snap=header.snap or Snap.NEAREST,
        lead=DEFAULT_LEAD_CHUNKS if header.lead is None else header.lead,
        late=header.late or "shift",
        seed=header.seed or 0,
        sr=(header.sr.value if header.sr is not None else "2x"),
        stretches=stretches,
        takes=takes_of(
            entries, header.seed or 0, header.sr.value if header.sr is not None else "2x"
        ),
        end=end,
        middle=header.middle or "C3",
        model=header.model or DEFAULT,
        sound=None
        if header.sound is None
        else SoundTrack(path=header.sound.path, start=header.sound.start, origin=header.sound.span),
    )


def _grid_with_cuts(
    grid: ChunkGrid, stretches: tuple[ExpandedStretch, ...], snap: Snap
) -> ChunkGrid:
    """Return the grid with the takes of a score, at nominal times."""
    if grid.first is None:
        return grid
    start = Fraction(0)
    for stretch in stretches:
        cuts = (
            (start + one.cue.seconds, one.cue.snap or snap)
            for one in stretch.entries
            if any(isinstance(act, CutAct) for act in one.acts)
        )
        try:
            grid = grid.with_cuts(cuts)
        except ValueError:
            return grid  # a cut before another one was reported where it was placed
        start += stretch.placed.seconds
    return grid


def _clock_spec(line: ClockLine, song: SongTime | None) -> ClockSpec:
    """Return the clock, with the tempo and meter at the beginning of the MIDI file if it is one."""
    bpm, meter = (line.bpm, line.meter) if song is None else (song.tempos[0][1], song.meters[0][1])
    return ClockSpec(
        kind=line.kind.value, bpm=bpm, meter=meter, port=line.port, rate=line.rate, file=line.file
    )


def _build_stretch(
    loose: ExpandedStretch,
    index: int,
    start: Fraction,
    *,
    soonest: Fraction,
    earliest: int,
    grid: ChunkGrid,
    snap: Snap,
    first: int,
) -> Stretch:
    placed = loose.placed
    entries = tuple(
        build_entry(one, first + number, start, grid, snap)
        for number, one in enumerate(loose.entries)
    )
    return Stretch(
        index=index,
        section=placed.block.name,
        occurrence=loose.occurrence,
        start=start,
        seconds=placed.seconds,
        quarters=placed.quarters,
        tempo=placed.tempo,
        meters=placed.meters,
        entries=entries,
        rules=loose.rules,
        until=placed.block.until,
        earliest=earliest,
        latest=grid.snap(start, snap),
        soonest=soonest,
        origin=placed.block.span,
        marks=placed.marks,
    )


def build_sends(loose: ExpandedStretch, first: int) -> tuple[Send, ...]:
    """Return the messages of a stretch at exact positions: they are not snapped to chunks."""
    return tuple(
        Send(
            id=number,
            place=one.cue.label,
            offset=one.cue.seconds,
            quarter=one.cue.quarter,
            acts=one.acts,
            origin=one.cue.span,
        )
        for number, one in enumerate(loose.sends, first)
    )


def build_entry(
    loose: ExpandedEntry, number: int, start: Fraction, grid: ChunkGrid, snap: Snap
) -> Entry:
    """Return an entry of a stretch that begins at a time, on its chunk."""
    cue = loose.cue
    time = start + cue.seconds
    mode = cue.snap or snap
    chunk = grid.snap(time, mode)
    return Entry(
        id=number,
        place=cue.label,
        offset=cue.seconds,
        quarter=cue.quarter,
        snap=mode,
        chunk=chunk,
        error=grid.snap_error(time, chunk),
        acts=loose.acts,
        origin=cue.span,
    )


def _find_earliest_end(
    stretch: Stretch, start: Fraction, grid: ChunkGrid, snap: Snap, lead: int
) -> Fraction:
    """Return when a live stretch that begins at `start` can end, in seconds.

    Its triggers fire from the chunk with which it begins, and what follows needs the lead. So it
    ends at its first bar line (or chunk) that snaps to the lead after that chunk, or later.
    """
    reach = grid.snap(start, snap) + lead
    if stretch.meters is None or stretch.tempo is None:
        return min(stretch.seconds, max(Fraction(0), grid.boundary(reach) - start))
    bar = 1
    while True:
        seconds = stretch.tempo.seconds_at(stretch.meters.bar_start(bar))
        if seconds >= stretch.seconds:
            return stretch.seconds
        if grid.snap(start + seconds, snap) >= reach:
            return seconds
        bar += 1
