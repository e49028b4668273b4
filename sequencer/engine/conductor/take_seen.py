"""When the chunks of one take are shown, in a run that does not follow a clock."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from sequencer.core.timebase import SECOND

MIN_FREEZE_NS = SECOND // 2
"""In nanoseconds: a chunk reported this late was made late; the video freezes before it."""
MAX_MADE = 1024
"""The number of a take's latest chunks whose times are kept.

Short chunks are shown after many more have been made.
"""

Line = tuple[int, float, float]
"""A linear fit: a score chunk, when it is shown and how long a chunk lasts, in nanoseconds."""


@dataclass(slots=True, kw_only=True)
class TakeSeen:
    """When a take is shown.

    The chunks of `done` count within the take; `base` is the score chunk that it begins with.
    """

    base: int
    done: dict[int, int]
    """When its latest chunks were made, in nanoseconds; -1 is the beginning of the take."""
    line: Line | None = None
    """The fit by which the latest chunks are shown. None while it is not known."""
    lines_before: list[tuple[int, Line]] = field(default_factory=list)
    """Score chunks in ascending order, each with the fit that applies before it.

    From revision 4 on, each fit has one; in earlier revisions, those of chunks before which the
    model stalled.
    """

    def line_at(self, chunk: int) -> Line | None:
        """Return the fit by which a score chunk of the take is shown."""
        index = bisect_right(self.lines_before, chunk, key=itemgetter(0))
        return self.lines_before[index][1] if index < len(self.lines_before) else self.line

    def keep_before(self, new: Line) -> None:
        """Keep the times before the chunk with which a new fit begins.

        Its predecessors last from the previous fit's chunk until then. If that is far longer than
        they take, they are shown at their usual pace, and the video freezes after them.
        """
        if self.line is None or new[0] <= self.line[0]:
            return
        first, start, length = new
        chunk, time, _ = self.line
        count, span = first - chunk, start - time
        if span - count * length <= MIN_FREEZE_NS:
            length = max(0.0, span / count)
        self.lines_before.append((first, (chunk, time, length)))
        del self.lines_before[:-MAX_MADE]

    def begins_at(self, is_whole: bool) -> float | None:
        """Return when the take is first shown, or None while that is not known.

        It is given by the first fit if `is_whole`, or by the latest.
        """
        first = self.lines_before[0][1] if is_whole and self.lines_before else self.line
        if first is None:
            return None
        chunk, time, length = first
        return time + (self.base - chunk) * length

    def chunk_at(self, time: float, is_whole: bool) -> float | None:
        """Return the position that is shown at a nanosecond, in score chunks; None if not known.

        It is given by the fit that applies then if `is_whole`, or by the latest.
        """
        line = self.line
        if line is None:
            return None
        if not is_whole or time >= line[1] or not self.lines_before:
            return _chunk_by(line, time)
        applying = next((one for one in reversed(self.lines_before) if time >= one[1][1]), None)
        end, before = applying or self.lines_before[0]
        return min(_chunk_by(before, time), float(end))


def _chunk_by(line: Line, time: float) -> float:
    chunk, then, length = line
    return chunk + (time - then) / length if length else float(chunk)
