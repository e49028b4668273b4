"""When a frame of a live stage is to be seen, in whole ticks of 1/90000 s from the first one."""

from __future__ import annotations

from sequencer.recorder.encoding import TICKS
from sequencer.timebase import SECOND

_FAR = TICKS // 2


class LiveTimes:
    """Makes rising times of stamps that come at uneven times.

    The sender's own stamps (RTP's, in ticks) carry no jitter of the network, so steps are theirs; where they are missing,
    jump (a new connection counts anew) or are more than half a second off the arrivals, the arrivals count.
    """

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = -1
        self._stamp: int | None = None

    def pts(self, at: int, stamp: int | None = None) -> int:
        """The time of a frame that arrived at nanosecond `at` with the sender's `stamp`."""
        if self._first is None:
            self._first = at
        arrived = (at - self._first) * TICKS // SECOND
        found = arrived
        if stamp is not None and self._stamp is not None and self._last >= 0:
            step = stamp - self._stamp
            if 0 < step < 10 * TICKS and abs(self._last + step - arrived) < _FAR:
                found = self._last + step
        self._stamp = stamp
        self._last = max(found, self._last + 1)
        return self._last
