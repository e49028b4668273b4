"""Which part of a connection is still alive: messages, frames, and this process itself.

Pure: times are passed in.

That nothing at all arrives is detected elsewhere (`Connection.silent_for`). This module covers the
parts that can stop while others continue: a runtime whose loop hangs still sends frames, and if the
media path is broken messages still arrive.
"""

from __future__ import annotations

import time

from sequencer.core.timebase import SECOND

MESSAGE_SECONDS = 6.0
"""After this long without a message, the other side is sent a harmless request."""
FRAME_SECONDS = 4.0
"""After this long without a frame, …"""
FRAME_CHUNKS = 3
"""… during which this many chunks were reported, the media path is broken."""
STOPPED_SECONDS = 2.0
"""A process that should have run this long ago was stopped, or its machine slept."""
DROPPED_SECONDS = 15.0
"""A client that was stopped for this long is dropped.

The platform waits for 20 s, and the last ping may be 5 s old.
"""


def awake_ns() -> int:
    """Return nanoseconds that also pass while the machine sleeps, if there is such a clock.

    The system must have such a clock.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


class Liveness:
    """The liveness of one connection. Times are nanoseconds."""

    def __init__(self) -> None:
        self.connected(0)

    def connected(self, at: int) -> None:
        """Note that a connection was established on which nothing has arrived yet."""
        self._message_at = self._frame_at = at
        self._asked_at: int | None = None
        self._has_frames = False
        self._chunks = 0

    def message(self, at: int) -> None:
        """Note that a message arrived."""
        self._message_at, self._asked_at = at, None

    def frame(self, at: int) -> None:
        """Note that a frame arrived."""
        self._frame_at, self._has_frames, self._chunks = at, True, 0

    def chunk(self) -> None:
        """Note that a chunk was reported: its frames are due."""
        self._chunks += 1

    def should_ask(self, now: int) -> bool:
        """Whether it is time to send a request that shows whether the other side is alive.

        The caller then sends it.
        """
        if self._asked_at is not None or now - self._message_at <= MESSAGE_SECONDS * SECOND:
            return False
        self._asked_at = now
        return True

    def trouble(self, now: int, silence: int) -> str | None:
        """Describe what is dead; None if nothing is. `silence` is how long an answer may take."""
        if self._asked_at is not None and now - self._asked_at > silence:
            return f"no message came for {(now - self._message_at) / SECOND:.0f} s"
        since = now - self._frame_at
        if self._has_frames and self._chunks >= FRAME_CHUNKS and since > FRAME_SECONDS * SECOND:
            return f"no frame came for {since / SECOND:.0f} s, though chunks were made"
        return None
