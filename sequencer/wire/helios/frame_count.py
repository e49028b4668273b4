"""What `frames_emitted` of a `chunk_complete` counts: models differ."""

from __future__ import annotations

FRAMES_PER_CHUNK = 33
"""What a chunk holds when nothing else is known."""


MOST_FRAMES = 8
"""So many times the usual frames no chunk has."""


class FrameCount:
    """Turns `frames_emitted` into the take's total, whether a model counts the total or each chunk.

    Two chunks tell them apart: of the two readings the one is taken that makes a chunk's length come closest to `usual`
    frames. Chunks of no frames (warm-up), repeated, lost and late reports are borne. A count that is missing or cannot be right
    is taken for the usual one, so that the chunks after it are counted right.
    """

    def __init__(self, usual: int = FRAMES_PER_CHUNK) -> None:
        self._usual = usual
        self._per_chunk = False
        self.restart()

    def restart(self) -> None:
        """A new take begins: counts start over, the way of counting stays."""
        self._chunk = -1
        self._raw = 0
        self._total = 0

    def total(self, chunk: int, emitted: int) -> int:
        """Frames of the take up to and with this chunk."""
        steps = chunk - self._chunk
        if steps <= 0:
            behind = self._total + steps * emitted
            return max(emitted, behind) if self._per_chunk else emitted
        if not self._can_be(emitted, steps):
            self._chunk, self._total = chunk, self._total + self._usual * steps
            self._raw = self._usual if self._per_chunk else self._total
            return self._total
        as_total = abs(emitted - self._raw - self._usual * steps)
        as_chunk = abs(emitted - self._usual) * steps
        if as_total != as_chunk and emitted > 0:
            self._per_chunk = as_chunk < as_total
        total = self._total + emitted * steps if self._per_chunk else emitted
        self._chunk, self._raw, self._total = chunk, emitted, max(total, self._total)
        return self._total

    def _can_be(self, emitted: int, steps: int) -> bool:
        """Whether so many frames can have been made. Chunks of no frames only come before all others."""
        if emitted == 0:
            return self._total == 0
        most = MOST_FRAMES * self._usual
        return emitted <= most or 0 <= emitted - self._raw <= most * steps
