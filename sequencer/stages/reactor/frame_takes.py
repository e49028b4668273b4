"""Which chunk of which take a frame belongs to. Pure.

A reset clears what the model holds, not what it has made: the frames of the last chunk are still on
their way when the reset is reported, and they arrive before those of the next take. The previous
take therefore continues to be counted beside the new one until the new take's frames begin. Where
frames arrive late, several takes may have been made before the first of them is seen: their frames
arrive in the order in which they were made. Takes are counted by the `start` commands that were
sent, from 1.

Reports may be late or duplicated. A chunk that the new take cannot have made yet belongs to the
previous take. Nothing runs after a reset before `start` is sent: if the previous take continues all
the same, there was no reset (its report was a duplicate).

Some senders send one dark frame after a reset, when they have nothing else to send. This may happen
while the next take is shown: then the frame belongs to no chunk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, ChunkShown, Paused, ResetDone, Resumed, Started
from sequencer.stages.live_frames import Belonging
from sequencer.stages.reactor.shown_chunks import FRESH, ChunkFrameCounter, Novelty


class ShownTakes:
    """The frame counts of the current take and of takes whose frames may still arrive."""

    def __init__(self, shown: ChunkFrameCounter) -> None:
        self.shown = shown
        """The current take."""
        self._before: deque[tuple[int, ChunkFrameCounter]] = deque()
        """Takes that were reset and whose frames may still arrive, the oldest first."""
        self._starts = 0
        self._asked_at: int | None = None
        """When `start` was sent, if that is known."""
        self._cleared: tuple[int, ChunkFrameCounter] | None = None
        """The take that the latest reset cleared, until the next take has made a chunk."""
        self._is_doubtful = False
        """Whether a reset was withdrawn because its take continued."""
        self._current: tuple[int, int] | None = None
        self._kept = 0
        """How many new frames of the current chunk have arrived."""
        self._dark_due = 0
        """Resets after which no dark frame has arrived yet. Not every sender sends one."""
        self._passed_over = False
        """Whether the previous frame was a dark frame that was skipped."""

    def take_up(self, events: Iterable[Event]) -> None:
        """Resume where another client of the session stopped, from the events that it received.

        Frames have passed since.
        """
        runs, latest, over = False, 0, 0
        for event in events:
            match event:
                case ChunkDone():
                    self.shown.done(event.chunk, event.frames, event.at)
                    runs = True
                case ChunkShown():
                    latest = event.take or latest
                    if (
                        event.take is None or event.take > over
                    ):  # frames of the previous take may arrive after the reset
                        self.shown.was_shown(event.chunk, event.at)
                case Started():
                    self.shown.started(event.chunk, event.at)
                    runs = True
                case ResetDone():
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

    def asked_to_start(self, at: int | None = None) -> None:
        """Note that the client sent `start` at nanosecond `at`: another take begins."""
        if self._is_doubtful:  # nobody starts a take that is running: the model was reset after all
            self.reset()
        self._starts += 1
        self._asked_at = at

    def reset(self) -> None:
        """Note that the model was reset.

        What it had made before is still to come, and then a dark frame from some senders.
        """
        before = (self._starts, self.shown.before_reset())
        if self._has_frames(self.shown):
            self._before.append(before)
        if self._cleared is None or self._cleared[0] != self._starts:
            self._cleared = before
        self._is_doubtful = False
        self._dark_due += 1
        self.shown.reset()

    def done(self, chunk: int, frames: int, at: int) -> None:
        """Count a reported chunk (see `ChunkFrameCounter.done`) of the current or previous take.

        It belongs to the previous take if it is late.
        """
        if self._cleared is None or not frames:
            self.shown.done(chunk, frames, at)
            return
        take, cleared = self._cleared
        if take == self._starts:
            if chunk <= cleared.last_reported:
                return  # no take was started since the reset: it was reported twice, or late
            if chunk == cleared.last_reported + 1:
                self._take_back_reset(cleared)
            self.shown.done(chunk, frames, at)
            return
        begun = self.shown.started_at if self._asked_at is None else self._asked_at
        if begun is None or not self.shown.is_sooner_than_possible(chunk, at - begun):
            self._cleared = None
            self.shown.done(chunk, frames, at)
            return
        had_frames = self._has_frames(cleared)
        cleared.done(chunk, frames, at)
        if not had_frames and self._has_frames(cleared):
            self._before.append(self._cleared)
            self.shown.comes_after_frames()

    @staticmethod
    def _has_frames(shown: ChunkFrameCounter) -> bool:
        """Whether a take has made frames, as far as is known."""
        return shown.is_counting or shown.last_reported >= 0

    def _take_back_reset(self, cleared: ChunkFrameCounter) -> None:
        """Continue the take that was assumed to be reset.

        If it had made just this one chunk, the next `start` shows that.
        """
        self._before = deque((take, shown) for take, shown in self._before if shown is not cleared)
        self._dark_due = max(0, self._dark_due - 1)
        self.shown, self._cleared, self._is_doubtful = cleared, None, True

    def lost(self) -> None:
        """Note that the connection broke: it is unknown which frames passed."""
        self._before.clear()
        self._current = self._cleared = None
        self._dark_due, self._passed_over = 0, False
        self.shown.lost()

    def frame(
        self,
        is_dark: bool,
        at: int,
        stamp: int | None = None,
        novelty: Novelty = Novelty.DIFFERENT,
        skipped: int | None = None,
    ) -> Belonging | None:
        """Count a frame (see `ChunkFrameCounter.frame`) and return what it belongs to, or None.

        The result is None if the frame belongs to no chunk.
        """
        takes = [*self._before, (self._starts, self.shown)]
        for position in reversed(range(1, len(takes))):
            take, shown = takes[position]
            if is_dark and position > 1:
                continue  # a dark frame belongs to the first reset
            shown.waits = self._has_more(takes[:position], skipped or 0)
            chunk = shown.frame(is_dark, at, stamp, novelty, skipped)
            if chunk is not None:
                self._over(position)
                return self._begins(take, chunk, novelty)
        take, first = takes[0]
        if self._is_passed_over(
            first, is_dark, novelty, is_whole=not self._has_more(takes[:1], skipped or 0)
        ):
            first.pass_over(at, stamp)
            return None
        chunk = first.frame(is_dark, at, stamp, novelty, skipped)
        if len(takes) == 1:
            if chunk is not None:
                return self._begins(take, chunk, novelty)
            if not first.is_counting:
                self._current = None
            return self._goes_on(first, novelty)
        if chunk is not None and chunk <= first.last_reported:
            return self._begins(take, chunk, novelty)
        is_over = chunk is not None or (is_dark and not self._has_more(takes[:1], skipped or 0))
        if not is_over:
            return self._goes_on(first, novelty)
        self._over(1)
        take, following = takes[1]
        chunk = None if is_dark else following.begins_after_all(novelty)
        return None if chunk is None else self._begins(take, chunk, novelty)

    def _over(self, takes: int) -> None:
        """Drop that many takes: all their frames have arrived."""
        for _ in range(takes):
            self._before.popleft()
        self._current = None

    def _is_passed_over(
        self, shown: ChunkFrameCounter, is_dark: bool, novelty: Novelty, is_whole: bool
    ) -> bool:
        """Whether a frame is the dark frame of a reset, which belongs to no chunk.

        A reset sends it while a take is shown.

        If another dark frame follows it, the frames of the take are dark, and it was one of them.
        """
        if self._passed_over and is_dark and novelty is not Novelty.REPEATED and shown.is_counting:
            shown.take_back()
        self._passed_over = False
        if not is_dark or novelty is Novelty.REPEATED or not self._dark_due:
            return False
        self._dark_due -= 1
        self._passed_over = shown.is_counting and not (is_whole and self._before)
        return self._passed_over

    def _has_more(self, takes: Sequence[tuple[int, ChunkFrameCounter]], skipped: int) -> bool:
        """Whether frames made by one of these takes are still to come.

        `skipped` frames have been lost before this one.
        """
        for number, (take, shown) in enumerate(takes):
            if number or self._current is None or self._current[0] != take:
                if shown.has_frames_to_come:
                    return True
                continue
            chunk = self._current[1]
            if chunk < shown.last_reported or (
                chunk == shown.last_reported and self._kept + skipped < shown.frames_of(chunk)
            ):
                return True
        return False

    def _begins(self, take: int, chunk: int, novelty: Novelty) -> Belonging:
        self._current = (take, chunk)
        self._kept = 1
        return Belonging(
            take=take, chunk=chunk, begins=True, is_new=novelty is not Novelty.REPEATED
        )

    def _goes_on(self, shown: ChunkFrameCounter, novelty: Novelty) -> Belonging | None:
        if self._current is None:
            return None
        take, chunk = self._current
        is_new = novelty in FRESH or (novelty is Novelty.ALIKE and not shown.repeats)
        is_new = is_new and self._kept < shown.frames_of(chunk)
        self._kept += is_new
        return Belonging(take=take, chunk=chunk, begins=False, is_new=is_new)
