"""Which chunk of which take a frame belongs to. Pure.

A reset clears what the model holds, not what it has made: the frames of the last chunk are still on their way when the reset is
reported, and they come before those of the next take. So the count of the take before goes on beside that of the new one, until
the new one's frames begin. Takes are counted by the `start` commands that were sent, from 1.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sequencer.events import ChunkDone, ChunkShown, Event, Paused, Resumed, Started, WasReset
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
    """The count of the take that plays, and beside it those of the takes before, as long as frames of them may come."""

    def __init__(self, shown: ShownChunks) -> None:
        self.shown = shown
        """The take that plays."""
        self._before: deque[tuple[int, ShownChunks]] = deque()
        """Takes that were reset and whose frames may still come, the oldest first."""
        self._starts = 0
        self._current: tuple[int, int] | None = None
        self._kept = 0
        """How many new frames of the current chunk have come."""

    def take_up(self, events: Iterable[Event]) -> None:
        """Go on where another client of the session broke off, from the events that it received. Frames went by since."""
        runs, latest, over = False, 0, 0
        for event in events:
            match event:
                case ChunkDone():
                    self.shown.done(event.chunk, event.frames, event.at)
                    runs = True
                case ChunkShown():
                    latest = event.take or latest
                    if event.take is None or event.take > over:  # frames of the take before may come after the reset
                        self.shown.was_shown(event.chunk, event.at)
                case Started():
                    self.shown.started(event.chunk)
                    runs = True
                case WasReset():
                    self.shown.reset()
                    runs, over = False, latest
                case Paused():
                    self.shown.rested()
                case Resumed():
                    self.shown.resumed()
                case _:
                    pass
        if runs:
            self.shown.lost()

    def asked_to_start(self) -> None:
        """The client sent `start`: what begins now is another take."""
        self._starts += 1

    def reset(self) -> None:
        """The model was cleared. What it had made before is still to come."""
        if self.shown.is_counting or self.shown.last_reported >= 0:
            self._before.append((self._starts, copy.deepcopy(self.shown)))
        self.shown.reset()

    def lost(self) -> None:
        """The connection broke: nobody knows what went by."""
        self._before.clear()
        self._current = None
        self.shown.lost()

    def frame(
        self, is_dark: bool, at: int, stamp: int | None = None, novelty: Novelty = Novelty.DIFFERENT, skipped: int | None = None
    ) -> Belonging | None:
        """Take a frame in (see `ShownChunks.frame`), and say what it belongs to; None for one that is of no chunk."""
        self.shown.waits = self._has_more_before(skipped or 0)
        chunk = self.shown.frame(is_dark, at, stamp, novelty, skipped)
        if chunk is not None:
            self._before.clear()
            return self._begins(self._starts, chunk, novelty)
        while self._before:
            take, before = self._before[0]
            chunk = before.frame(is_dark, at, stamp, novelty, skipped)
            if chunk is not None and chunk <= before.last_reported:
                return self._begins(take, chunk, novelty)
            if chunk is None and not (is_dark and self._is_complete(before)):
                return self._goes_on(before, novelty)
            self._before.popleft()  # all that it had made has come
            self._current = None
        if not self.shown.is_counting:
            self._current = None
        return self._goes_on(self.shown, novelty)

    def _has_more_before(self, skipped: int) -> bool:
        """Whether frames that a take before has made are still to come, `skipped` having been lost before this one."""
        if not self._before or self._current is None:
            return False
        last_take, last = self._before[-1]
        take, chunk = self._current
        if (take, chunk) != (last_take, last.last_reported):
            return take < last_take or chunk < last.last_reported
        return self._kept + skipped < last.frames_of(chunk)

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
