"""Stalls: periods much longer than a chunk without a report, and chunks not in the score.

They do not change what the run does. A show whose stage stalled, or whose connection was lost, is
longer than written or partly unseen, and the report notes this.
"""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.core.timebase import SECOND

MIN_STALL_NS = 5 * SECOND
"""A run is stalled after this time without a chunk, …"""
CHUNKS = 4
"""… but not before this many chunks should have been made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A period of `lasted` nanoseconds in which no chunk was reported.

    Attributes:
        chunk: The score chunk that was being made.
        lasted: The length of the period in nanoseconds.
        chunks: How many chunks had been made when the next report came; all but the last one were
            not reported.
        is_last: Whether the run ended before another report came.
    """

    chunk: int
    lasted: int
    chunks: int
    is_last: bool = False

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.lasted / SECOND

    def __str__(self) -> str:
        last = self.chunk + self.chunks - 1
        if self.is_last:
            return (
                f"no chunk was reported in the last {self.seconds:.1f} s, from chunk {self.chunk} "
                "on"
            )
        if self.chunks == 0:
            return f"nothing was reported for {self.seconds:.1f} s before chunk {self.chunk}"
        if self.chunks == 1:
            return (
                f"no chunk was reported for {self.seconds:.1f} s, while chunk {self.chunk} was made"
            )
        return (
            f"no chunk was reported for {self.seconds:.1f} s, while chunks {self.chunk} to {last} "
            "were made"
        )


class Stalls:
    """The stalls of one run. `chunk` is how long a chunk should take, in nanoseconds."""

    def __init__(self, chunk: int) -> None:
        self.shortest = max(MIN_STALL_NS, CHUNKS * chunk)
        """The shortest time without a report that is a stall, in nanoseconds."""
        self.all: list[Stall] = []
        self.beyond = 0
        """Chunks made after the end of the score, or after a due cut that could not be reached."""
        self._since: int | None = None

    def expect(self, at: int) -> None:
        """Expect chunks from now on."""
        self._since = at

    def rest(self) -> None:
        """Expect no chunk: the model is paused, or the score is over."""
        self._since = None

    def is_stalled(self, at: int) -> bool:
        """Return whether a report is overdue."""
        return self._since is not None and at - self._since >= self.shortest

    def report(self, chunk: int, chunks: int, at: int) -> Stall | None:
        """Note that `chunks` chunks from `chunk` on have been made, as far as is known.

        Return the stall that ends, if any.
        """
        return self._note(Stall(chunk=chunk, lasted=0, chunks=chunks), at, at)

    def end(self, chunk: int, at: int) -> Stall | None:
        """Note that the run ends while `chunk` is being made.

        Return the stall in which it ends, if any.
        """
        return self._note(Stall(chunk=chunk, lasted=0, chunks=0, is_last=True), at, None)

    def _note(self, stall: Stall, at: int, since: int | None) -> Stall | None:
        before, self._since = self._since, since
        if before is None or at - before < self.shortest:
            return None
        self.all.append(
            Stall(chunk=stall.chunk, lasted=at - before, chunks=stall.chunks, is_last=stall.is_last)
        )
        return self.all[-1]
