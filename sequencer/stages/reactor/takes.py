"""Which chunk of which take a frame belongs to. Pure.

A reset clears what the model holds, not what it has made: the frames of the last chunk are still on their way when the reset is
reported, and they come before those of the next take. So the count of the take before goes on beside that of the new one, until
the new one's frames begin. Takes are counted by the `start` commands that were sent, from 1.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from sequencer.stages.reactor.shown import FRESH, Novelty, ShownChunks


@dataclass(frozen=True, slots=True)
class Belonging:
    """A frame's chunk and its take. `begins` is whether the chunk is shown from this frame on.

    `is_new` is False for a frame that was sent once more because there was none to send.
    """

    take: int
    chunk: int
    begins: bool
    is_new: bool


class ShownTakes:
    """The count of the take that plays, and beside it that of the take before, as long as frames of that may come."""

    def __init__(self, shown: ShownChunks) -> None:
        self.shown = shown
        """The take that plays."""
        self._before: ShownChunks | None = None
        self._take_before = 0
        self._starts = 0
        self._current: tuple[int, int] | None = None
        self._kept = 0
        """How many new frames of the current chunk have come."""

    def asked_to_start(self) -> None:
        """The client sent `start`: what begins now is another take."""
        self._starts += 1

    def reset(self) -> None:
        """The model was cleared. What it had made before is still to come."""
        if self.shown.is_counting:
            self._before, self._take_before = copy.deepcopy(self.shown), self._starts
        self.shown.reset()

    def lost(self) -> None:
        """The connection broke: nobody knows what went by."""
        self._before = self._current = None
        self.shown.lost()

    def frame(
        self, is_dark: bool, at: int, stamp: int | None = None, novelty: Novelty = Novelty.DIFFERENT, skipped: int | None = None
    ) -> Belonging | None:
        """Take a frame in (see `ShownChunks.frame`), and say what it belongs to; None for one that is of no chunk."""
        chunk = self.shown.frame(is_dark, at, stamp, novelty, skipped)
        if chunk is not None:
            self._before = None
            return self._begins(self._starts, chunk, novelty)
        if self._before is not None:
            return self._of_the_take_before(self._before, is_dark, at, stamp, novelty, skipped)
        if not self.shown.is_counting:
            self._current = None
        return self._goes_on(self.shown, novelty)

    def _of_the_take_before(
        self, before: ShownChunks, is_dark: bool, at: int, stamp: int | None, novelty: Novelty, skipped: int | None
    ) -> Belonging | None:
        chunk = before.frame(is_dark, at, stamp, novelty, skipped)
        if chunk is not None and chunk <= before.last_reported:
            return self._begins(self._take_before, chunk, novelty)
        if chunk is not None or (is_dark and self._is_complete(before)):
            self._before = self._current = None  # all that was made has come
            return None
        return self._goes_on(before, novelty)

    def _is_complete(self, shown: ShownChunks) -> bool:
        return self._current is not None and self._kept >= shown.frames_of(self._current[1])

    def _begins(self, take: int, chunk: int, novelty: Novelty) -> Belonging:
        self._current = (take, chunk)
        self._kept = 1
        return Belonging(take, chunk, True, novelty is not Novelty.REPEATED)

    def _goes_on(self, shown: ShownChunks, novelty: Novelty) -> Belonging | None:
        if self._current is None:
            return None
        take, chunk = self._current
        is_new = novelty in FRESH or (novelty is Novelty.ALIKE and not shown.repeats)
        is_new = is_new and self._kept < shown.frames_of(chunk)
        self._kept += is_new
        return Belonging(take, chunk, False, is_new)
