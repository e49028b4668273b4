"""Audacity labels: `start⇥end⇥text`, seconds with six decimals; a point has two equal times.

An optional second line that begins with a backslash has the frequencies of a spectral selection.
Source: the manual of Audacity, "Importing and Exporting Labels".
"""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.core.timebase import COMMON_TIME
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.score_lines import ScoreLines
from sequencer.language.interchange.tempo_steps import fit_line, round_bpm
from sequencer.language.interchange.text_lines import first_line, split_lines
from sequencer.language.interchange.timeline import (
    BarsGrid,
    Dropped,
    Grid,
    Point,
    Region,
    SecondsGrid,
    Timeline,
)

KIND = "audacity"

MIN_EVEN_POINTS = 8
"""How many points must be evenly spaced before a tempo is suggested."""

MAX_EVEN_ERROR = Fraction(10, 1000)
"""How far a point may be from an even grid, in seconds, for a tempo to be suggested."""

_LABEL = re.compile(r"-?[0-9]+(?:[.,][0-9]*)?\t-?[0-9]+(?:[.,][0-9]*)?(?:\t|\Z)", re.ASCII)


def recognise(data: bytes) -> bool:
    """Return whether the first line is a label: two times with a tab between."""
    return _LABEL.match(first_line(data)) is not None


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a label file: regions are sections, points are marks.

    With a tempo in the options, positions are counted in bars; otherwise they stay seconds.

    Raises:
        UnreadableError: A line is not a label, or the file exceeds a limit.
    """
    tally = Tally()
    lines = ScoreLines(options.title, tally)
    grid: Grid = SecondsGrid()
    scale = Fraction(1)
    if options.bpm is not None:
        grid = BarsGrid(options.bpm, options.meter or COMMON_TIME)
        scale = options.bpm / 60
        lines.header(grid.clock)
    timeline = Timeline(lines, tally, grid)
    points: list[Fraction] = []
    count = 0
    for number, line in split_lines(data, options.encoding):
        if not line.strip():
            continue
        if line.startswith("\\"):
            low_high = " to ".join(line[1:].split())
            timeline.add(
                Dropped(
                    at=points[-1] * scale if points else Fraction(0),
                    what="frequencies",
                    detail=f"frequencies {low_high} (line {number})",
                )
            )
            continue
        count += 1
        if count > MAX_ENTRIES:
            raise UnreadableError(
                f"the file has more than {MAX_ENTRIES:,} labels", "split it", line=number
            )
        start, end, text = _read_label(line, number)
        if end > start:
            timeline.add(
                Region(start=start * scale, end=end * scale, text=text, where=f"line {number}")
            )
        else:
            points.append(start)
            timeline.add(
                Point(at=start * scale, text=text, name=f"l{count}", comment=f"line {number}")
            )
    if not count:
        raise UnreadableError("the file has no label", "export the labels again")
    if options.bpm is None:
        _suggest_tempo(points, tally)
    timeline.write()
    return tally.result(KIND, lines.text())


def _read_label(line: str, number: int) -> tuple[Fraction, Fraction, str]:
    start_text, _, rest = line.partition("\t")
    end_text, _, text = rest.partition("\t")
    times: list[Fraction] = []
    for written, column in ((start_text, 1), (end_text, len(start_text) + 2)):
        if "," in written and read_decimal(written.replace(",", ".")) is not None:
            raise UnreadableError(
                f"{written} has a decimal comma",
                f"write {written.replace(',', '.')}",
                line=number,
                column=column,
            )
        time = read_decimal(written)
        if time is None:
            raise UnreadableError(
                "a label is two times in seconds and a text, with tabs between",
                "export the labels again, or write: 1.5<Tab>1.5<Tab>drop",
                line=number,
                column=column,
            )
        times.append(time)
    start, end = times
    if start < 0 or end < start:
        what = "begins before 0 s" if start < 0 else "ends before it begins"
        raise UnreadableError(
            f"this label {what}", "correct its times in Audacity", line=number, column=1
        )
    return start, end, text


def _suggest_tempo(points: list[Fraction], tally: Tally) -> None:
    """Add a note if the points are evenly spaced; nothing is changed."""
    times = sorted(set(points))
    if len(times) < MIN_EVEN_POINTS:
        return
    first, pace, worst = fit_line(times)
    if worst >= MAX_EVEN_ERROR:
        return
    bpm = round_bpm(60 / pace)
    tally.note(
        f"the {len(times)} points are evenly spaced: {float(bpm):g} bpm, the first at "
        f"{float(first):.3f} s, at most {float(worst * 1000):.1f} ms off; to count in bars, add "
        f"--bpm {float(bpm):g}"
    )
