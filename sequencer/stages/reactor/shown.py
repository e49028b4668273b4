"""Which chunk a frame belongs to: the model's frames bear no number, so they are counted. Pure.

The count begins at the first frame that is not dark once generation runs. After a reset the new take's frames begin behind
the dark frame that a reset leaves, or, where none comes, behind the new take's first report. Totals reported with each chunk
say where chunks end; before the first of them the usual length does. After a lost connection nobody knows how many frames went
by: the count is set anew by the lag that was measured before.

Frames that were dropped on the way show in the time stamps: within a chunk frames follow each other evenly, so that a stamp
that stays ahead of the count tells how many are missing. Between chunks a pause is no loss: a model may take its time.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

ENOUGH = 7
"""Frames of a chunk from which its pace can be told."""

CERTAIN = 5
"""Frames in a row that must be ahead of the count; a single late one is no loss."""

MISSING = 0.7
"""How many frames ahead they must be."""

MEASURED = 9
"""Lags that the median is taken of."""

SOON = 60_000_000_000
"""Nanoseconds beyond which a lag is no lag but a mistake."""


class ShownChunks:
    """Counts the frames of a take. Times are nanoseconds."""

    def __init__(self, frames_per_chunk: int) -> None:
        self._usual = frames_per_chunk
        self._lags: list[int] = []
        self._restart(needs_dark=False)
        self._running = False

    def _restart(self, needs_dark: bool) -> None:
        self._running = False
        self._needs_dark = needs_dark
        self._counting = False
        self._count = 0
        self._ends: list[tuple[int, int, int]] = []
        """(chunk, the take's frames up to its end, when it was reported)."""
        self._last_shown = -1
        self._anchor: tuple[int, int] | None = None
        self._lost = False
        self._stamps: list[tuple[int, int]] = []

    @property
    def lag(self) -> int:
        """The measured time from a chunk's report to its first frame, in nanoseconds; 0 while nothing was measured."""
        return int(median(self._lags)) if self._lags else 0

    def reset(self) -> None:
        """The model was cleared: another take begins."""
        self._restart(needs_dark=self._counting or self._needs_dark)

    def started(self, chunk: int) -> None:
        """Generation runs."""
        if chunk == 0 and not self._running:
            self._running = True

    def lost(self) -> None:
        """The connection broke: frames go by unseen."""
        self._lost, self._counting, self._anchor = True, False, None

    def done(self, chunk: int, frames: int, at: int) -> None:
        """A chunk was reported: the take holds `frames` up to its end."""
        before = self._ends[-1][1] if self._ends else 0
        self._running = True
        self._ends = [*self._ends[-64:], (chunk, frames, at)]
        if self._counting or frames <= before:
            return
        if self._lost:
            start = frames - self._usual if frames - before > self._usual or not self._ends[:-1] else before
            self._anchor = (max(0, start), at + self.lag)
        elif self._needs_dark:
            self._needs_dark = False

    def frame(self, is_dark: bool, at: int, stamp: int | None = None) -> int | None:
        """A frame came, `stamp` being its time at the sender: the chunk that is shown from it on, where another one begins."""
        if is_dark and not self._counting:
            self._needs_dark = False
            return None
        if not self._counting and not self._begins(at):
            return None
        number = self._count
        chunk = self._chunk_of(number)
        if stamp is not None:
            number += self._missing(number, chunk, stamp)
            chunk = self._chunk_of(number)
        self._count = number + 1
        if chunk <= self._last_shown:
            return None
        self._last_shown = chunk
        reported = next((when for index, _, when in self._ends if index == chunk), None)
        if reported is not None and 0 <= at - reported < SOON:
            self._lags = [*self._lags[-MEASURED + 1 :], at - reported]
        return chunk

    def _begins(self, at: int) -> bool:
        """Whether counting can begin with this frame."""
        if self._anchor is not None and at >= self._anchor[1]:
            self._count, self._anchor, self._lost = self._anchor[0], None, False
            self._counting = True
        elif self._running and not self._needs_dark and not self._lost:
            self._counting = True
        return self._counting

    def _missing(self, number: int, chunk: int, stamp: int) -> int:
        """How many frames were dropped before this one, as far as stamps tell."""
        if self._stamps and (self._chunk_of(self._stamps[-1][0]) != chunk or stamp <= self._stamps[-1][1]):
            self._stamps = []
        self._stamps.append((number, stamp))
        if len(self._stamps) < ENOUGH:
            return 0
        step = median(after[1] - before[1] for before, after in pairwise(self._stamps))
        first, origin = self._stamps[0]
        ahead = min((when - origin) / step - (index - first) for index, when in self._stamps[-CERTAIN:])
        if ahead < MISSING:
            return 0
        missing = round(ahead)
        self._stamps = [(number + missing, stamp)]
        return missing

    def _chunk_of(self, frame: int) -> int:
        for chunk, end, _ in self._ends:
            if frame < end:
                return chunk
        last, end = (self._ends[-1][0], self._ends[-1][1]) if self._ends else (-1, 0)
        return last + 1 + (frame - end) // self._usual
