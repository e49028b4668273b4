"""How long things take: the model's own times, and what its faults add to them."""

from __future__ import annotations

from fractions import Fraction

from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.outputs import hashed
from sequencer.timebase import SECOND, ChunkGrid


class Pace:
    """One session's, all of it in nanoseconds."""

    def __init__(self, faults: Faults, grid: ChunkGrid) -> None:
        self._faults = faults
        self._chunk = Fraction(grid.frames * SECOND) / (faults.fps or grid.fps)

    def chunk(self, take: int, chunk: int) -> Fraction:
        """How long a chunk takes, exactly."""
        length = self._chunk
        for slow in self._faults.slow:
            if slow.covers(take, chunk):
                length = length * slow.factor + slow.by
        if self._faults.jitter:
            width = self._faults.jitter
            length += hashed(self._faults.seed, "chunk", take, chunk) % (2 * width + 1) - width
        return max(length, Fraction(1))

    def answer(self, command: str, heard: int) -> int:
        """How long the answers take to the command of this name that was the `heard`th."""
        delays = self._faults.delays
        wait = delays.answer + delays.commands.get(command, 0)
        if delays.jitter:
            wait += hashed(self._faults.seed, "answer", command, heard) % (delays.jitter + 1)
        return wait
