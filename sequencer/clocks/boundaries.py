"""What the stage reports of chunks, turned into fits of their boundaries: events just before the report they rest on."""

from __future__ import annotations

from fractions import Fraction

from sequencer.events import BoundariesFitted, ChunkDone, ChunkShown, Event, Paused, Resumed, Started, WasReset
from sequencer.followers.boundaries import BoundaryFollower
from sequencer.timebase import DISPLAY_DELAY, nanoseconds


def first_lag(chunk: Fraction) -> int:
    """The nanoseconds from a chunk's beginning to its first frame shown that are believed until they are measured."""
    return nanoseconds(chunk) + DISPLAY_DELAY


class BoundaryFeed:
    """Hears every event of a run and says where boundaries are. `chunk` is a chunk's nominal length in seconds.

    `lag` (nanoseconds) is believed until frames are seen; `feed.follower.lag` says the one in force, `.fixed_lag` overrules it.

    Pure: time comes in with the events. The shell asks it before each event is given to the conductor::

        fit = feed.hear(event)
        if fit is not None:
            handle(fit)
        handle(event)
    """

    def __init__(self, chunk: Fraction, lag: int = 0) -> None:
        self.follower = BoundaryFollower(float(chunk) * 1e9, lag)
        self._began = False

    def hear(self, event: Event) -> BoundariesFitted | None:
        """The fit to deliver before this event, or None where it brings no news of boundaries."""
        follower = self.follower
        match event:
            case Started() if not self._began:
                self._began = True
                follower.started(event.at)
                return None
            case WasReset():
                self._began = False
                follower.ends()
                return None
            case ChunkDone():
                follower.done(event.chunk, event.at)
                return self._fitted(event.at)
            case Paused():
                follower.rests()
                return None
            case Resumed():
                return self._fitted(event.at) if follower.resumed(event.at) else None
            case ChunkShown():
                follower.shown(event.chunk, event.at)
                return None
            case _:
                return None

    def shown_before(self, event: ChunkShown, takes: int) -> None:
        """Hear of a frame of an earlier take, which was cut before its frames came: `takes` before the one that plays."""
        self.follower.shown_before(takes, event.chunk, event.at)

    def _fitted(self, at: int) -> BoundariesFitted | None:
        fit = self.follower.fit()
        if fit is None:
            return None
        return BoundariesFitted(at, fit.chunk, fit.time, fit.chunk_ns, fit.deviation, fit.lag)
