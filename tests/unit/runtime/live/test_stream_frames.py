"""The second of the score at which a clip of the stream begins."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import pytest

from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.events import ChunkDone, ResetDone
from sequencer.runtime.live.stream_frames import StreamFrames, arrived_second, clip_second

GRID = ChunkGrid()
CHUNK = GRID.chunk
SECOND = 1_000_000_000


class Base:
    """A conductor whose take begins at a score chunk; beyond `end`, chunks are not of the score."""

    def __init__(self, base: int, end: int = 99) -> None:
        self.base, self.end = base, end

    def score_chunk(self, chunk: int) -> int | None:
        return self.base + chunk if self.base + chunk < self.end else None


def reported(frames: StreamFrames, takes: list[tuple[Base, int]]) -> StreamFrames:
    for base, chunks in takes:
        for chunk in range(chunks):
            done = ChunkDone(0, chunk, 33 * (chunk + 1), "A.")
            frames.look(done, (), cast("Conductor", base))
            frames.look(done, (), cast("Conductor", base))  # reported twice
        frames.look(ResetDone(0), (), cast("Conductor", base))
    return frames


@pytest.mark.parametrize(
    ("frame", "second"),
    [
        (0, Fraction(0)),
        (34, CHUNK + Fraction(1, 24)),
        (66, 2 * CHUNK),
        (2 * 33 + 32, 2 * CHUNK + Fraction(32, 24)),
        # the third chunk of the first take is made while it is cut, and is not of the score
        (3 * 33, 2 * CHUNK - 33 * Fraction(1, 24)),
        (4 * 33, 2 * CHUNK),
        (7 * 33 + 5, 5 * CHUNK + Fraction(5, 24)),
    ],
)
def test_the_chunk_of_a_frame_over_a_cut(frame: int, second: Fraction) -> None:
    frames = reported(StreamFrames(GRID), [(Base(0, 3), 4), (Base(2), 4)])
    assert frames.score_second(frame) == second


def test_frames_after_the_score_and_before_any_chunk() -> None:
    frames = StreamFrames(GRID)
    assert frames.score_second(7) is None
    assert reported(frames, [(Base(0, 2), 3)]).score_second(80) == CHUNK + Fraction(47, 24)
    assert reported(StreamFrames(GRID), [(Base(0, 0), 2)]).score_second(3) is None


def test_by_the_times_of_arrival() -> None:
    shown = {3: 10 * SECOND, 4: 12 * SECOND}
    assert arrived_second(shown, GRID, 11 * SECOND, Fraction(2)) == 3 * CHUNK - 1
    assert arrived_second(shown, GRID, 13 * SECOND, Fraction(2)) == 4 * CHUNK - 1
    assert arrived_second(shown, GRID, 9 * SECOND, Fraction(2)) is None


@pytest.mark.parametrize(
    ("counted", "arrived", "second"),
    [(5, None, 5), (None, 5, 5), (None, None, None), (5, Fraction(51, 10), 5), (5, 7, 7)],
)
def test_the_count_of_frames_must_agree_with_the_arrivals(
    counted: int | None, arrived: Fraction | None, second: int | None
) -> None:
    assert clip_second(None if counted is None else Fraction(counted), arrived) == second
