"""Find musical positions for what was played by hand, or landed elsewhere than written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.passes import Pass
from sequencer.language.score import AtBar, AtOffset, Duration, Position, Unit

PARTS_OF_A_BEAT = (1, 2, 4, 8, 16, 32)
"""Positions are looked for on beats first, then on ever smaller parts of them."""
MESSAGE_PARTS = 24
"""Messages of rules are moved to the nearest one of these parts of a beat."""


def position_at(current: Pass, quarter: Fraction | None, seconds: Fraction) -> Position:
    """Return a position of a pass, by bar and beat if it has them.

    Args:
        current: The pass.
        quarter: The quarter within the pass; None for a position in seconds.
        seconds: The seconds since the pass began.
    """
    if quarter is None or current.stretch.meters is None:
        return AtOffset(seconds, Unit.SECONDS)
    where = current.stretch.meters.bar_beat_at(quarter)
    return AtBar(where.bar, where.beat, where.rest)


def time_in(current: Pass, position: Position, grid: ChunkGrid) -> Fraction:
    """Return the seconds from the beginning of a pass to a position that this module returned."""
    stretch = current.stretch
    match position:
        case AtBar() if stretch.meters is not None and stretch.tempo is not None:
            quarter = stretch.meters.quarter_of(position.bar, position.beat, position.rest)
            return stretch.tempo.seconds_at(quarter)
        case AtOffset(unit=Unit.CHUNKS):
            begins = grid.chunks_at(current.start)
            return grid.seconds_of(begins + position.amount) - current.start
        case AtOffset():
            return position.amount
        case _:
            raise ValueError(f"{position} is not a position of a frozen score")


def position_for_chunk(
    current: Pass, chunk: int, grid: ChunkGrid, snap: Snap, length: Fraction
) -> Position | None:
    """Return the most musical position of a pass that is performed at a score chunk.

    A bar line is better than a beat, and a beat better than a part of one; among equals, the one
    nearest to the chunk's boundary.

    Args:
        current: The pass.
        chunk: The score chunk.
        grid: The chunk grid.
        snap: How the position is snapped.
        length: The length of the pass, in seconds: the position is before its end.

    Returns:
        The position; None if no position of the pass is performed at that chunk.
    """
    boundary = grid.boundary(chunk) - current.start

    def fits(position: Position) -> bool:
        time = time_in(current, position, grid)
        return 0 <= time < length and grid.snap(current.start + time, snap) == chunk

    for group in _candidates(current, boundary, grid, length):
        fitting = [one for one in group if fits(one)]
        if fitting:
            return min(fitting, key=lambda one: abs(time_in(current, one, grid) - boundary))
    return None


def _candidates(
    current: Pass, boundary: Fraction, grid: ChunkGrid, length: Fraction
) -> Iterator[list[Position]]:
    """Yield groups of positions around a time of a pass, the most musical ones first."""
    stretch = current.stretch
    if stretch.meters is not None and stretch.tempo is not None:
        meters, tempo = stretch.meters, stretch.tempo
        first = tempo.quarter_at(max(Fraction(0), boundary - grid.chunk))
        last = tempo.quarter_at(max(Fraction(0), boundary + grid.chunk))
        low, high = max(1, meters.bar_beat_at(first).bar), meters.bar_beat_at(last).bar + 1
        yield [AtBar(bar) for bar in range(low, high + 1)]
        for parts in PARTS_OF_A_BEAT:
            yield [
                AtBar(bar, beat, Fraction(part, parts))
                for bar in range(low, high + 1)
                for beat in range(1, meters.at_bar(bar - 1).numerator + 1)
                for part in range(parts)
            ]
    chunks = grid.chunks_at(current.start + boundary) - grid.chunks_at(current.start)
    if stretch.meters is None:
        yield [
            AtOffset(Fraction(one), Unit.CHUNKS)
            for one in range(max(0, floor(chunks)), max(0, ceil(chunks)) + 1)
        ]
    times = {boundary, boundary + grid.chunk / 4, boundary - grid.chunk / 4, Fraction(0)}
    if length > 0:
        times.add(min(max(Fraction(0), boundary), length * Fraction(999, 1000)))
    yield [AtOffset(one, Unit.SECONDS) for one in times if one >= 0]


def length_of(current: Pass, quarter: Fraction | None) -> Duration:
    """Return the length of a pass as it was played: in bars, else in beats, else in seconds.

    Args:
        current: The pass.
        quarter: The quarter of the pass at which it ended, if that is known exactly.
    """
    stretch, seconds = current.stretch, current.end - current.start
    if stretch.meters is None or stretch.tempo is None:
        return Duration(seconds, Unit.SECONDS)
    end = stretch.tempo.quarter_at(seconds) if quarter is None else quarter
    if stretch.tempo.seconds_at(end) != seconds:
        return Duration(seconds, Unit.SECONDS)
    where = stretch.meters.bar_beat_at(end)
    if where.beat == 1 and not where.rest:
        return Duration(Fraction(where.bar - 1), Unit.BARS)
    opening = stretch.meters.at_bar(0)
    if len(stretch.meters.changes) == 1:
        return Duration(end / opening.beat, Unit.BEATS)
    return Duration(seconds, Unit.SECONDS)


def length_for_chunks(current: Pass, chunks: int, grid: ChunkGrid, least: Fraction) -> Duration:
    """Return a length for a pass with which the score has this many chunks.

    Args:
        current: The last pass of the score.
        chunks: The number of score chunks.
        grid: The chunk grid.
        least: The length is more than this, in seconds: the position of its last cue.

    Returns:
        The length: whole bars or beats if possible, else seconds.
    """
    stretch, most = current.stretch, grid.boundary(chunks) - current.start
    low = grid.boundary(chunks - 1) - current.start
    if stretch.meters is not None and stretch.tempo is not None:
        last = stretch.meters.bar_beat_at(stretch.tempo.quarter_at(max(Fraction(0), most)))
        for bar in range(last.bar, max(0, last.bar - 3), -1):
            time = stretch.tempo.seconds_at(stretch.meters.bar_start(bar))
            if max(low, least) < time <= most and bar:
                return Duration(Fraction(bar), Unit.BARS)
        if len(stretch.meters.changes) == 1:
            beat = stretch.meters.at_bar(0).beat
            beats = floor(stretch.tempo.quarter_at(max(Fraction(0), most)) / beat)
            for count in (beats + 1, beats, beats - 1, beats - 2):
                time = stretch.tempo.seconds_at(max(Fraction(0), count * beat))
                if count > 0 and max(low, least) < time <= most:
                    return Duration(Fraction(count), Unit.BEATS)
    return Duration(most, Unit.SECONDS)


def message_position(
    current: Pass, seconds: Fraction, length: Fraction
) -> tuple[Position, Fraction]:
    """Return the nearest simple position of a message, and its seconds within the pass.

    Args:
        current: The pass.
        seconds: When the message was sent, in seconds since the pass began.
        length: The length of the pass, in seconds.
    """
    stretch = current.stretch
    if stretch.meters is None or stretch.tempo is None:
        rounded = Fraction(round(seconds * 1000), 1000)
        return AtOffset(rounded, Unit.SECONDS), rounded
    quarter = stretch.tempo.quarter_at(seconds)
    part = stretch.meters.at_bar(stretch.meters.bar_beat_at(quarter).bar - 1).beat / MESSAGE_PARTS
    nearest = round(quarter / part) * part
    if stretch.tempo.seconds_at(nearest) >= length:
        nearest = max(Fraction(0), nearest - part)
    return position_at(current, nearest, Fraction(0)), stretch.tempo.seconds_at(nearest)
