"""Lines, blank lines and comments: how the printer puts a text together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from enum import Enum, auto

from sequencer.errors import NOWHERE, Span
from sequencer.records import dataclass
from sequencer.score import Comment

INDENT = "  "


class Group(Enum):
    """What a line belongs to; between unlike ones stands a blank line."""

    HEADER = auto()
    USE = auto()
    LET = auto()
    SCENE = auto()
    SECTION = auto()
    ITEMS = auto()
    PLAY = auto()
    END = auto()


@dataclass(slots=True)
class Row:
    """A statement to be printed (its text may have several lines), the head of a block, or a closing brace.

    `span` is where it stood in the source: for a head and for a closing brace that of the whole block.
    """

    group: Group
    depth: int
    text: str
    span: Span | None = None
    opens: bool = False
    closes: bool = False
    before: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)

    @property
    def is_placed(self) -> bool:
        """Whether it has a place in the source."""
        return self.span is not None and self.span.line > 0

    @property
    def line(self) -> int:
        """Where it begins, from 1; 0 when it has no place."""
        span = self.span or NOWHERE
        return span.end_line if self.closes else span.line

    @property
    def column(self) -> int:
        """Where it begins in its line, from 1."""
        span = self.span or NOWHERE
        return span.end_column - 1 if self.closes else span.column


def lay_out(rows: Sequence[Row], comments: Sequence[Comment], source: str) -> str:
    """The text of `rows`, with the source's comments where they stood and its blank lines where they may stand."""
    last = _attach(rows, comments)
    written = source.split("\n")
    out: list[str] = []
    previous: Row | None = None
    for row in rows:
        depth = row.depth + row.closes
        gaps = [_blank_above(written, comment.span.line) for comment in row.before]
        gaps.append(row.is_placed and not row.closes and _blank_above(written, row.line))
        if previous is None or previous.opens:
            gaps[0] = False
        elif _apart(previous, row) and not any(gaps):
            gaps[0] = True
        for comment, gap in zip(row.before, gaps, strict=False):
            out += [""] if gap else []
            out.append(INDENT * depth + _comment(comment))
        out += [""] if gaps[-1] else []
        behind = "".join(f"  {_comment(comment)}" for comment in row.behind)
        out.append(INDENT * row.depth + row.text + behind)
        previous = row
    for comment in last:
        out += [""] if out and _blank_above(written, comment.span.line) else []
        out.append(_comment(comment))
    return "\n".join(out) + "\n" if out else ""


def _apart(previous: Row, row: Row) -> bool:
    """Whether a blank line must stand between two lines: around blocks, and between unlike things."""
    if row.depth > 0 or row.closes:
        return False
    return previous.closes or row.opens or previous.group is not row.group


def _comment(comment: Comment) -> str:
    """A comment with its sign; `##` and `#!` stay together."""
    text = comment.text.rstrip()
    return "#" if not text else f"#{text}" if text[0] in "#!" else f"# {text}"


def _blank_above(lines: list[str], line: int) -> bool:
    return 2 <= line <= len(lines) and not lines[line - 2].strip()


def _attach(rows: Sequence[Row], comments: Sequence[Comment]) -> list[Comment]:
    """Hand every comment to the line it belongs to; returns those behind the last one.

    A comment on its own line belongs to what follows, one behind a statement to that statement. One inside a statement
    of several lines moves in front of it.
    """
    last: list[Comment] = []
    index = -1
    starts = _starts(rows)
    for comment in sorted(comments, key=lambda one: (one.span.line, one.span.column)):
        at = (comment.span.line, comment.span.column)
        while index + 1 < len(rows) and starts[index + 1] < at:
            index += 1
        row = rows[index] if index >= 0 else None
        if row is not None and _is_inside(row, comment):
            row.before.append(comment)
        elif row is not None and not comment.own_line:
            row.before += row.behind
            row.behind = [comment]
        elif index + 1 < len(rows):
            rows[index + 1].before.append(comment)
        else:
            last.append(comment)
    return last


def _starts(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Where each row begins; one without a place stands where the one before it does."""
    starts: list[tuple[int, int]] = []
    for row in rows:
        starts.append((row.line, row.column) if row.is_placed else starts[-1] if starts else (0, 0))
    return starts


def _is_inside(row: Row, comment: Comment) -> bool:
    """Whether a comment stands between the first and the last line of a statement."""
    span = row.span
    if span is None or row.opens or row.closes:
        return False
    return comment.span.line < span.end_line
