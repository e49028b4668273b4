"""Find the second of the score at which a clip of a stage's stream begins.

A stage counts the frames of its stream from the beginning of the session; pauses add none. The
chunks that it reported give the chunk of each frame.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, ResetDone

MAX_DIFFERENCE = Fraction(1, 2)
"""If frames and times of arrival differ by more seconds, the stage counts in another way."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk of the stream: its first frame, and its score chunk if it belongs to the score."""

    first: int
    score_chunk: int | None


class StreamFrames:
    """The chunks of a stage's stream, as they are reported."""

    def __init__(self, grid: ChunkGrid) -> None:
        self._grid = grid
        self._chunks: list[_Chunk] = []
        self._before_take = 0
        self._of_take = 0
        self._last = -1

    def look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Note a chunk that was made, and a take that is over."""
        match event:
            case ChunkDone() if event.chunk > self._last:
                first = self._before_take + self._of_take
                self._chunks.append(_Chunk(first, conductor.score_chunk(event.chunk)))
                self._last, self._of_take = event.chunk, max(event.frames, self._of_take)
            case ResetDone():
                self._before_take += self._of_take
                self._last, self._of_take = -1, 0
            case _:
                pass

    def score_second(self, frame: int) -> Fraction | None:
        """Return the second of the score at a frame of the stream, None if no chunk is known.

        A frame that does not belong to the score is as far from the next one that does, or else
        from the last one, as it is in the stream.
        """
        index = max(0, bisect_right(self._chunks, frame, key=lambda one: one.first) - 1)
        near = (*self._chunks[index:], *reversed(self._chunks[:index]))
        for one in near:
            if one.score_chunk is not None:
                apart = Fraction(frame - one.first) / self._grid.fps
                return self._grid.boundary(one.score_chunk) + apart
        return None


def arrived_second(
    shown: Mapping[int, int], grid: ChunkGrid, at: int, seconds: Fraction
) -> Fraction | None:
    """Return the second of the score that was shown `seconds` before nanosecond `at`.

    Args:
        shown: When the first frame of each score chunk arrived, in nanoseconds.
        grid: The grid of the chunks.
        at: When the clip was requested.
        seconds: The length of the clip.
    """
    last = max((chunk for chunk, when in shown.items() if when <= at), default=None)
    if last is None:
        return None
    return grid.boundary(last) + Fraction(at - shown[last], SECOND) - seconds


def clip_second(counted: Fraction | None, arrived: Fraction | None) -> Fraction | None:
    """Return the second of the score at which a clip begins.

    Args:
        counted: By the frames of the stream, which is exact if the stage counts them so.
        arrived: By the times at which frames arrived.
    """
    if counted is None or arrived is None:
        return arrived if counted is None else counted
    return counted if abs(counted - arrived) <= MAX_DIFFERENCE else arrived
