"""Regions and points of another program's timeline, written as the sections and cues of a score.

Regions that do not overlap become sections, and the gaps between them too; points become marks or
prompts of the section that they are in, at positions counted from its beginning. A score without a
prompt at its beginning would be an error, so a placeholder is written where no prompt is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoChange, TempoMap
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.names import NameAllocator
from sequencer.language.interchange.score_lines import ScoreLines, one_line, render_prompt
from sequencer.language.score import AtBar, AtOffset, Duration, Position, Unit
from sequencer.language.values.writing import render_number

MAX_SECTIONS = 1_900
"""Names of 100 characters each still fit into the line of `play`; more regions become marks."""

TAIL_CHUNKS = 4
"""How many chunks a section continues after its last point if the file does not give an end."""

SECONDS_STEP = 10**9
"""Times in seconds are multiples of a nanosecond: a score has nine decimal places."""

QUARTER_STEP = 2**6 * 3**2 * 5**4 * 7
"""Times in quarters are multiples of 1/2,520,000, so that no position needs more digits.

Halves to sixty-fourths, thirds, fifths, sevenths and thousandths are exact.
"""


class SecondsGrid:
    """Times in seconds, written as seconds."""

    step = SECONDS_STEP

    def seconds_at(self, time: Fraction) -> Fraction:
        """Return the seconds of a time."""
        return time

    def length(self, time: Fraction) -> Duration:
        """Return a length as it is written."""
        return Duration(time, Unit.SECONDS)

    def position(self, time: Fraction) -> Position:
        """Return a position as it is written; `time` counts from the section's beginning."""
        return AtOffset(time, Unit.SECONDS)

    def tail(self) -> Fraction:
        """Return the time that is added after the last point."""
        return TAIL_CHUNKS * ChunkGrid().chunk

    def section_head(self, _time: Fraction) -> str:
        """Return what the head of a section that begins at a time contains besides its length."""
        return ""


class BarsGrid:
    """Times in quarters, written as bars and beats.

    Args:
        bpm: The tempo of the header, in quarters per minute.
        meter: The meter, which does not change.
        tempos: (quarter, bpm) of the changes after quarter 0, in ascending order.
    """

    step = QUARTER_STEP

    def __init__(
        self, bpm: Fraction, meter: Meter, tempos: Iterable[tuple[Fraction, Fraction]] = ()
    ) -> None:
        self.bpm = bpm
        self.meter = meter
        self.tempos = tuple(tempos)
        self._bars = MeterMap.of([(0, meter)])
        self._tempo = TempoMap.of(
            TempoChange(quarter=quarter, bpm=here)
            for quarter, here in ((Fraction(0), bpm), *self.tempos)
        )

    @property
    def clock(self) -> str:
        """The statement of the header."""
        return f"clock {render_number(self.bpm)} bpm, {self.meter}"

    def seconds_at(self, time: Fraction) -> Fraction:
        """Return the seconds of a quarter."""
        return self._tempo.seconds_at(time)

    def quarter_at(self, seconds: Fraction) -> Fraction:
        """Return the quarter at a second, exactly: there are no ramps."""
        return self._tempo.quarter_at(seconds)

    def length(self, time: Fraction) -> Duration:
        """Return a length in bars if it is a whole number of them, or else in beats."""
        bars = time / self.meter.bar
        if bars.denominator == 1:
            return Duration(bars, Unit.BARS)
        return Duration(time / self.meter.beat, Unit.BEATS)

    def position(self, time: Fraction) -> Position:
        """Return a bar and a beat, counted from the section's beginning."""
        here = self._bars.bar_beat_at(time)
        return AtBar(here.bar, here.beat, here.rest)

    def tail(self) -> Fraction:
        """Return the time that is added after the last point: a bar, or more if it is short."""
        wanted = TAIL_CHUNKS * ChunkGrid().chunk * self.bpm / 60
        return -(-wanted // self.meter.bar) * self.meter.bar

    def section_head(self, time: Fraction) -> str:
        """Return the tempo of a section if it begins with another one than the header's."""
        at = bisect_right(self.tempos, time, key=lambda one: one[0])
        bpm = self.tempos[at - 1][1] if at else self.bpm
        return "" if bpm == self.bpm else f"tempo {render_number(bpm)}"


Grid = SecondsGrid | BarsGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A named part, from `start` to `end`."""

    start: Fraction
    end: Fraction
    text: str
    where: str = ""
    """Where it is in the file, for comments: `line 3`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A moment: a mark with a name made from `text`, a prompt, or another action.

    Args:
        at: The time.
        text: The text that it has in the file.
        name: The name of its mark if the text has no letters.
        prompt: The prompt that it shows, rendered; it is no mark then.
        action: Another action as it is written, such as `tempo 96`; it is no mark then.
        comment: What is written after it.
        is_entry: Whether it is counted as an entry of the file.
    """

    at: Fraction
    text: str = ""
    name: str = "mark"
    prompt: str | None = None
    action: str | None = None
    comment: str = ""
    is_entry: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something at a moment that a score cannot hold."""

    at: Fraction
    what: str
    detail: str


@dataclass(slots=True, kw_only=True)
class _Part:
    """A section while it is collected; its times are absolute."""

    name: str
    start: Fraction
    end: Fraction
    comment: str
    events: list[Point | Dropped] = field(default_factory=list)


class Timeline:
    """Collects the regions and points of a file, and writes them as sections.

    Args:
        lines: The lines of the score, to which the sections are added.
        tally: Counts what is kept, rounded and dropped.
        grid: How times are counted.
    """

    def __init__(self, lines: ScoreLines, tally: Tally, grid: Grid) -> None:
        self._lines = lines
        self._tally = tally
        self._grid = grid
        self._regions: list[Region] = []
        self._events: list[Point | Dropped] = []

    def add(self, *items: Region | Point | Dropped) -> None:
        """Add regions, points and what is dropped, in any order.

        Raises:
            UnreadableError: There are more than `MAX_ENTRIES`.
        """
        for item in items:
            if isinstance(item, Region):
                self._regions.append(item)
            else:
                self._events.append(item)
        if len(self._regions) + len(self._events) > MAX_ENTRIES:
            raise UnreadableError(
                f"the file has more than {MAX_ENTRIES:,} entries", "split it into several files"
            )

    def write(self, end: Fraction | None = None, default_section: str = "song") -> None:
        """Write everything that was added.

        Args:
            end: Where the file ends, if it is known.
            default_section: The name of the section of a file without regions.

        Raises:
            UnreadableError: A time is later than the end of any score.
        """
        self._tempo_points()
        parts = self._parts(end, default_section)
        for event in sorted(self._events, key=lambda one: one.at):
            _part_at(parts, self._round(event.at)).events.append(event)
        self._write_parts(parts)

    def _tempo_points(self) -> None:
        """Add the changes of tempo as points; those at a section's beginning are in its head."""
        if isinstance(self._grid, BarsGrid):
            self._events += [
                Point(at=quarter, action=f"tempo {render_number(bpm)}", is_entry=False)
                for quarter, bpm in self._grid.tempos
            ]

    def _round(self, time: Fraction) -> Fraction:
        return Fraction(round(time * self._grid.step), self._grid.step)

    def _keep(self, time: Fraction) -> None:
        """Count an entry, and how far its time was rounded."""
        at = self._round(time)
        error = Fraction(0)
        if at != time:
            error = self._grid.seconds_at(at) - self._grid.seconds_at(time)
        self._tally.keep(error)

    # ---- sections --------------------------------------------------------------------------------

    def _parts(self, end: Fraction | None, default_section: str) -> list[_Part]:
        """Return the sections, each beginning where the one before it ends."""
        names = NameAllocator()
        parts: list[_Part] = []
        now = Fraction(0)
        gaps = 0
        for region in sorted(self._regions, key=lambda one: (one.start, -one.end)):
            start, last = self._round(region.start), self._round(region.end)
            if start < now or last <= start or len(parts) >= MAX_SECTIONS:
                self._region_as_mark(region, last <= start)
                continue
            self._keep(region.start)
            if start > now:
                gaps += 1
                parts.append(
                    _Part(name=names.allocate(f"gap-{gaps}"), start=now, end=start, comment="")
                )
            name = names.allocate(region.text, f"section-{len(parts) + 1}")
            parts.append(
                _Part(
                    name=name,
                    start=start,
                    end=last,
                    comment=_old_name(region.text, name, region.where),
                )
            )
            now = last
        self._add_end(parts, names, end, default_section=default_section, gaps=gaps)
        return parts

    def _region_as_mark(self, region: Region, is_point: bool) -> None:
        comment = region.where
        if not is_point:
            self._events.append(
                Dropped(
                    at=region.start,
                    what="ends of overlapping regions",
                    detail=f"the end of {one_line(region.text, 60) or 'a region'}, "
                    f"{self._describe(region.end)}",
                )
            )
        self._events.append(
            Point(at=region.start, text=region.text, name="region", comment=comment)
        )

    def _describe(self, time: Fraction) -> str:
        seconds = self._grid.seconds_at(time)
        return f"{float(seconds):.3f} s"

    def _add_end(
        self,
        parts: list[_Part],
        names: NameAllocator,
        end: Fraction | None,
        *,
        default_section: str,
        gaps: int,
    ) -> None:
        """Add a last section that contains the last point and lasts until the end of the file."""
        grid = self._grid
        now = parts[-1].end if parts else Fraction(0)
        points = [self._round(one.at) for one in self._events]
        last = max(points, default=Fraction(0))
        wanted = now if end is None else max(now, self._round(end))
        if (not parts or last >= now) and last >= wanted:
            wanted = last + grid.tail()
            if isinstance(grid, BarsGrid):
                wanted = now - (now - wanted) // grid.meter.bar * grid.meter.bar
            self._tally.note(
                "the file does not state its end: the score ends "
                f"{self._describe(wanted)} after its beginning"
            )
        while grid.seconds_at(wanted) < ChunkGrid().chunk:  # a score lasts at least one chunk
            wanted += grid.tail()
        if grid.seconds_at(wanted) > MAX_DURATION:
            raise UnreadableError(
                f"it ends after {float(grid.seconds_at(wanted)):,.0f} s; the maximum is "
                f"{MAX_DURATION:,} s",
                "are its times in seconds?",
            )
        if wanted > now:
            name = default_section if not parts else f"gap-{gaps + 1}"
            parts.append(_Part(name=names.allocate(name), start=now, end=wanted, comment=""))

    # ---- lines -----------------------------------------------------------------------------------

    def _write_parts(self, parts: Sequence[_Part]) -> None:
        chunk_of = ChunkGrid().snap
        used: set[int] = set()
        shown: set[int] = set()  # ids of the points whose prompts are written
        for part in parts:
            for event in part.events:
                if isinstance(event, Point) and event.prompt is not None:
                    seconds = self._grid.seconds_at(self._round(event.at))
                    chunk = chunk_of(seconds, Snap.NEAREST)
                    if chunk not in used:
                        used.add(chunk)
                        shown.add(id(event))
        marks = NameAllocator()
        for part in parts:
            head = self._grid.section_head(part.start)
            self._lines.open_section(
                part.name,
                self._grid.length(part.end - part.start),
                comment=part.comment,
                head=head,
            )
            chunk = chunk_of(self._grid.seconds_at(part.start), Snap.NEAREST)
            has_prompt = any(id(one) in shown for one in part.events)
            if chunk not in used and (not has_prompt or chunk == 0):
                used.add(chunk)
                placeholder = render_prompt(f"Write here what {part.name} shows.")
                self._lines.cue(self._grid.position(Fraction(0)), placeholder)
            for event in part.events:
                self._write_event(event, part, marks, is_shown=id(event) in shown)
            self._lines.close_section()

    def _write_event(
        self, event: Point | Dropped, part: _Part, marks: NameAllocator, *, is_shown: bool
    ) -> None:
        if isinstance(event, Dropped):
            self._lines.dropped(event.what, event.detail)
            return
        at = self._round(event.at) - part.start
        position = self._grid.position(at)
        if event.action is not None:
            if at or not event.action.startswith("tempo "):
                self._lines.cue(position, event.action, comment=event.comment)
            if event.is_entry:
                self._keep(event.at)
            return
        if event.prompt is None:
            name = marks.allocate(event.text, event.name)
            comment = _old_name(event.text, name, event.comment)
            self._lines.cue(position, f"mark {name}", comment=comment)
            self._keep(event.at)
        elif is_shown:
            self._lines.cue(position, event.prompt, comment=event.comment)
            self._keep(event.at)
        else:
            self._lines.dropped(
                "prompts on the chunk of another",
                f"on the same chunk as the prompt before: {one_line(event.text, 200)}",
            )


def _part_at(parts: Sequence[_Part], at: Fraction) -> _Part:
    """Return the section that a time is in."""
    return parts[max(0, bisect_right(parts, at, key=lambda one: one.start) - 1)]


def _old_name(text: str, name: str, where: str) -> str:
    """Return the comment with the text that a name was made from, if it differs."""
    shown = one_line(text, 200)
    return ", ".join(one for one in ("" if shown == name else shown, where) if one)
