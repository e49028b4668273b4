"""Render the cue sheet as a table for a terminal.

Each cue is one line cut to the width, or the full text, wrapped.
"""

from __future__ import annotations

from sequencer.core.diagnostics import display_width
from sequencer.reports.cue_sheet.rows import Part, Row, RuleRow, Sheet, summary_line
from sequencer.schedule.describe import clock_time, decimal, describe_clock, milliseconds

MIN_ACTS_WIDTH = 28
"""The minimum width of the acts in columns, however narrow the terminal is."""

_HEAD = ("#", "position", "time", "frame", "chunk", "snap ms", "what", "line")
_ACTS_COLUMN = 6
_RIGHT_ALIGNED_COLUMNS = frozenset({0, 2, 3, 4, 5, 7})

_JOINERS = "\u200c\u200d"
"""Invisible characters that scripts and emoji need.

Every other invisible character is shown as a replacement character.
"""

_Cells = tuple[str, ...]


def as_table(sheet: Sheet, width: int = 120, *, full: bool = False) -> str:
    """Return the sheet as lines of at most `width` columns, ending in a newline.

    Lines are longer if `width` is too small for the sheet's numbers.

    Only the part of each prompt that changes is shown, cut to the width; with `full`, the complete
    prompt, wrapped.
    """
    bodies = [[_cells(row, full) for row in part.rows] for part in sheet.parts]
    every = [_HEAD, *(cells for body in bodies for cells in body)]
    widths = [max(display_width(cells[column]) for cells in every) for column in range(len(_HEAD))]
    widths[_ACTS_COLUMN] = max(
        MIN_ACTS_WIDTH, width - sum(widths) + widths[_ACTS_COLUMN] - 2 * (len(_HEAD) - 1)
    )
    lines = [sheet.title, describe_clock(sheet.schedule), summary_line(sheet.schedule)]
    if sheet.rows:
        lines += ["", *_row_lines(_HEAD, widths, full)]
    for part, body in zip(sheet.parts, bodies, strict=True):
        if part.section is not None or part.until:
            lines += ["", *_wrap(f"── {describe_part(part)}", max(width, MIN_ACTS_WIDTH))]
        for row, cells in zip(part.rows, body, strict=True):
            lines += _row_lines(cells, widths, full, "" if full else ", ".join(row.briefest))
    if sheet.rules:
        lines += ["", "── rules: they land at the first chunk that can be reached"]
        for rule in sheet.rules:
            lines += (
                _wrap(_rule_line(rule, full), max(width, MIN_ACTS_WIDTH))
                if full
                else [truncate(_rule_line(rule, full), max(width, MIN_ACTS_WIDTH))]
            )
    return "\n".join(replace_unprintable(line).rstrip() for line in lines) + "\n"


def describe_part(part: Part) -> str:
    """Describe a part in one line.

    The line contains its name, length, tempo, what is in force at its start, and its chunks; for a
    live part its exits; after a live part, the exit that times count from.
    """
    words = [part.name]
    if part.until:
        words.append(f"live, until {' or '.join(part.until)}, at most {part.length}")
    else:
        words.append(part.length)
    words += [one for one in (part.tempo, part.meter) if one]
    if part.in_force:
        words.append(f"starts with {', '.join(part.in_force)}")
    words.append(f"from chunk {format_chunk_range(part.earliest, part.chunk)}")
    if part.until and part.left_earliest is not None:
        words.append(
            f"left at chunk {part.left_earliest} at the earliest, {part.end} at the latest"
        )
    if part.after is not None:
        words.append(f"times count from the exit of {part.after}")
    return " · ".join(words)


def format_chunk_range(earliest: int, latest: int) -> str:
    """Return one chunk, or the earliest and the latest one."""
    return str(latest) if earliest == latest else f"{earliest}…{latest}"


def format_position(row: Row) -> str:
    """Return the position as written in the score; bar and beat follow a time."""
    return row.place if row.bar_beat in ("", row.place) else f"{row.place} {row.bar_beat}"


def format_time(row: Row) -> str:
    """Return the time, with a plus if it counts from an exit."""
    return f"{'' if row.after is None else '+'}{clock_time(row.seconds)}"


def format_frame(row: Row) -> str:
    """Return the frame to a hundredth; empty where it is not known."""
    return "" if row.frame is None else decimal(row.frame, 2, trim=True)


def format_number(row: Row) -> str:
    """Return the cue's number; empty for messages to devices, which have none."""
    return "" if row.is_message else str(row.number)


def format_chunks(row: Row) -> str:
    """Return the chunk, or the earliest and the latest; empty for messages.

    Messages need no chunk.
    """
    return "" if row.is_message else format_chunk_range(row.earliest, row.chunk)


def format_error(row: Row) -> str:
    """Return the signed snap error in milliseconds, or a word where there is none.

    A cue has none if its error depends on an exit, or if nothing is snapped.
    """
    if row.is_message:
        return "exact"
    return "open" if row.error is None else milliseconds(row.error)


def truncate(text: str, width: int) -> str:
    """Return a text cut to a width in terminal cells, with `…` where something is missing."""
    if display_width(text) <= width:
        return text
    kept: list[str] = []
    used = 0
    for char in text:
        cells = display_width(char)
        if used + cells > width - 1:
            break
        kept.append(char)
        used += cells
    return "".join(kept).rstrip() + "…"


def _cells(row: Row, full: bool) -> _Cells:
    return (
        format_number(row),
        format_position(row),
        format_time(row),
        format_frame(row),
        format_chunks(row),
        format_error(row),
        ", ".join(row.acts if full else row.brief),
        str(row.origin.line) if row.origin.line else "",
    )


def _rule_line(rule: RuleRow, full: bool) -> str:
    where = "everywhere" if rule.everywhere else f"in {', '.join(rule.parts)}"
    line = f" (line {rule.origin.line})" if rule.origin.line else ""
    return f"on {rule.trigger}, {where}{line} → {', '.join(rule.acts if full else rule.brief)}"


def replace_unprintable(text: str) -> str:
    """Make control characters and bidirectional marks visible.

    A terminal would interpret them otherwise.
    """
    return "".join(char if char.isprintable() or char in _JOINERS else "\ufffd" for char in text)


def _row_lines(cells: _Cells, widths: list[int], full: bool, shortest: str = "") -> list[str]:
    """Return a row as one line or, with `full`, as many as its acts need.

    `shortest` replaces acts that do not fit.
    """
    text = cells[_ACTS_COLUMN]
    if shortest and display_width(text) > widths[_ACTS_COLUMN]:
        text = shortest
    what = _wrap(text, widths[_ACTS_COLUMN]) if full else [truncate(text, widths[_ACTS_COLUMN])]
    lines = [_join_cells((*cells[:_ACTS_COLUMN], what[0], *cells[_ACTS_COLUMN + 1 :]), widths)]
    before = sum(widths[:_ACTS_COLUMN]) + 2 * _ACTS_COLUMN
    return lines + [" " * before + more for more in what[1:]]


def _join_cells(cells: _Cells, widths: list[int]) -> str:
    padded = []
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * max(0, width - display_width(cell))
        padded.append(space + cell if column in _RIGHT_ALIGNED_COLUMNS else cell + space)
    return "  ".join(padded)


def _wrap(text: str, width: int) -> list[str]:
    """Wrap a text into lines of at most `width` cells, at spaces where possible."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and display_width(line) + 1 + display_width(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while display_width(line) > width:
            head = truncate(line, width + 1).removesuffix("…") or line[:1]
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line]
