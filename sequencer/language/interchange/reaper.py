"""REAPER's region/marker manager: CSV with the header `#,Name,Start,End,Length`.

`M1,name,start,,` is a marker, `R1,name,start,end,length` a region. Times are in the format of the
ruler: measures (`5.1.00`: measure, beat, hundredths of a beat), minutes and seconds (`0:16.350`),
or seconds (`16.350`). Whole numbers could be samples, and are refused.
"""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from io import StringIO

from sequencer.core.timebase import COMMON_TIME, Meter
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.score_lines import ScoreLines
from sequencer.language.interchange.text_input import decode_text
from sequencer.language.interchange.text_lines import first_line
from sequencer.language.interchange.timeline import (
    BarsGrid,
    Dropped,
    Grid,
    Point,
    Region,
    SecondsGrid,
    Timeline,
)

KIND = "reaper"

_HEADER = ("#", "name", "start", "end", "length")
_MEASURES = re.compile(r"(-?[0-9]{1,7})\.([0-9]{1,3})\.([0-9]{2})", re.ASCII)
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,5}):([0-9]{1,2}(?:\.[0-9]{1,9})?)", re.ASCII)
_ID = re.compile(r"([MR])([0-9]{1,9})", re.ASCII)


def recognise(data: bytes) -> bool:
    """Return whether the first line is the header of the list."""
    return _columns(first_line(data)) is not None


def _columns(line: str) -> int | None:
    """Return the number of columns if a line is the header, or None."""
    names = tuple(name.strip().strip('"').lower() for name in line.split(","))
    return len(names) if names[:5] == _HEADER else None


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a list: regions are sections, markers are marks.

    Times in measures need a tempo, which the list does not contain: `options.bpm`.

    Raises:
        UnreadableError: A row cannot be read, or the file exceeds a limit.
    """
    rows = _rows(data, options.encoding)
    is_musical = any(_MEASURES.fullmatch(row[2].strip()) for _, row in rows)
    tally = Tally()
    lines = ScoreLines(options.title, tally)
    grid: Grid = SecondsGrid()
    scale = Fraction(1)
    meter = options.meter or COMMON_TIME
    if is_musical and options.bpm is None:
        number = next(number for number, row in rows if _MEASURES.fullmatch(row[2].strip()))
        raise UnreadableError(
            "the times are measures, and the list has no tempo",
            "add the tempo of the project: --bpm 120 --meter 4/4",
            line=number,
        )
    if options.bpm is not None:
        grid = BarsGrid(options.bpm, meter)
        scale = Fraction(1) if is_musical else options.bpm / 60
        lines.header(grid.clock)
    timeline = Timeline(lines, tally, grid)
    for number, row in rows:
        _add_row(timeline, row, number, scale=scale, measures=meter if is_musical else None)
    timeline.write()
    return tally.result(KIND, lines.text())


def _rows(data: bytes, encoding: str | None) -> list[tuple[int, list[str]]]:
    """Return the rows below the header with their lines."""
    reader = csv.reader(StringIO(decode_text(data, encoding), newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    width = None
    try:
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if width is None:
                width = _columns(",".join(row))
                if width is None:
                    raise UnreadableError(
                        "the first line must be #,Name,Start,End,Length",
                        "export the list of REAPER's region/marker manager",
                        line=reader.line_num,
                    )
                continue
            if len(row) < 3:
                raise UnreadableError(
                    "a row has a number, a name, a start, an end and a length",
                    "export the list again",
                    line=reader.line_num,
                )
            found.append((reader.line_num, [*row, "", "", ""]))
            if len(found) > MAX_ENTRIES:
                raise UnreadableError(
                    f"the list has more than {MAX_ENTRIES:,} rows", "split it", line=reader.line_num
                )
    except csv.Error as error:
        raise UnreadableError(
            f"this row cannot be read: {error}", "export the list again", line=reader.line_num
        ) from None
    if not found:
        raise UnreadableError("the list has no region and no marker", "export it again")
    return found


def _add_row(
    timeline: Timeline, row: list[str], number: int, *, scale: Fraction, measures: Meter | None
) -> None:
    kind = _ID.fullmatch(row[0].strip())
    if kind is None:
        raise UnreadableError(
            f"{row[0][:40]!r} is not the number of a marker (M1) or region (R1)",
            "export the list again",
            line=number,
            column=1,
        )
    start = _read_time(row[2], number, measures) * scale
    where = f"{kind.group(0)}, line {number}"
    if kind.group(1) == "R":
        end = _read_time(row[3], number, measures) * scale
        if end < start:
            raise UnreadableError(
                "this region ends before it begins", "export the list again", line=number
            )
        timeline.add(Region(start=start, end=end, text=row[1], where=where))
    else:
        timeline.add(
            Point(at=start, text=row[1], name=f"m{kind.group(2)}", comment=f"line {number}")
        )
    if row[5].strip():
        timeline.add(Dropped(at=start, what="colours", detail=f"the colour {row[5]} of {where}"))


def _read_time(text: str, number: int, measures: Meter | None) -> Fraction:
    """Return a time in quarters if `measures` is the meter, or else in seconds."""
    written = text.strip()
    bars = _MEASURES.fullmatch(written)
    if (bars is not None) != (measures is not None) and written:
        raise UnreadableError(
            "some times are measures, and others are not",
            "choose one format for the ruler, and export the list again",
            line=number,
        )
    if bars is not None and measures is not None:
        bar, beat, hundredths = int(bars[1]), int(bars[2]), int(bars[3])
        if bar < 1 or not 1 <= beat <= measures.numerator:
            what = "bars count from 1" if bar < 1 else f"a bar of {measures} has no beat {beat}"
            raise UnreadableError(
                f"{written}: {what}",
                "move what is before the first bar"
                if bar < 1
                else "add the meter of the project: --meter 3/4",
                line=number,
            )
        beats = (bar - 1) * measures.numerator + beat - 1 + Fraction(hundredths, 100)
        return beats * measures.beat
    clock = _CLOCK.fullmatch(written)
    if clock is not None:
        hours, minutes, seconds = clock.groups()
        return (int(hours or 0) * 60 + int(minutes)) * 60 + (read_decimal(seconds) or Fraction(0))
    if written.isdecimal():
        raise UnreadableError(
            f"{written[:40]} could be samples or seconds",
            "set the ruler to minutes and seconds, or to measures, and export the list again",
            line=number,
        )
    plain = read_decimal(written)
    if plain is None or not 0 <= plain <= MAX_DURATION:
        raise UnreadableError(
            f"{written[:40]!r} is not a time such as 5.1.00, 0:16.350 or 16.350",
            "set the ruler to minutes and seconds, and export the list again",
            line=number,
        )
    return plain
