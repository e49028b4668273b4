"""The layout that both printers share: where comments go, and where blank lines are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from enum import Enum, auto

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import Comment

INDENT = "  "

Start = tuple[int, int]
"""A line and a column of the source, from 1."""


class Inner(Enum):
    """Which comments inside a row move before it, because it is printed as one statement."""

    NONE = auto()
    """None: it is the head or the end of a block, whose lines have rows of their own."""
    AFTER_FIRST_LINE = auto()
    """All but one at the end of its first line, which stays there."""
    ALL = auto()


@dataclass(slots=True, kw_only=True)
class Row:
    """Lines that belong together: a statement, a key, a block's head, or its end (maybe empty).

    `span` is the position in the source, None for lines that the printer adds; for a head and for
    an end it is the span of the complete block. `depth` is the indentation of the first line and of
    those after it; a line may contain newlines, after which it is indented already.
    """

    depth: int
    lines: list[str]
    span: Span | None = None
    inner: Inner = Inner.NONE
    is_end: bool = False
    gap: bool = False
    """Whether a blank line always precedes it."""
    first: bool = False
    """Whether it is the first of its block, so that no blank line may precede it."""
    before: list[Comment] = field(default_factory=list)
    trailing: list[Comment] = field(default_factory=list)

    @property
    def has_position(self) -> bool:
        """Whether it has a position in the source."""
        return self.span is not None and self.span.line > 0

    @property
    def start(self) -> Start:
        """Return where it begins in the source; an end, before the last character of its block."""
        span = self.span or NO_SPAN
        return (span.end_line, span.end_column - 1) if self.is_end else (span.line, span.column)


def attach_comments(
    placed: Sequence[tuple[Start, Row]], comments: Iterable[Comment]
) -> list[Comment]:
    """Attach each comment to the row it belongs to, by their positions in the source.

    A comment on its own line belongs to what follows it; a comment after a statement belongs to
    that statement. A comment inside a statement of several lines moves before it.

    Args:
        placed: The rows that comments can belong to, with their positions, in the order of the
            source.
        comments: The comments, in any order.

    Returns:
        The comments after the last row.
    """
    last: list[Comment] = []
    index = -1
    for comment in sorted(comments, key=lambda one: (one.span.line, one.span.column)):
        at = (comment.span.line, comment.span.column)
        while index + 1 < len(placed) and placed[index + 1][0] < at:
            index += 1
        row = placed[index][1] if index >= 0 else None
        if row is not None and _is_inside(row, comment):
            row.before.append(comment)
        elif row is not None and not comment.own_line:
            row.before += row.trailing
            row.trailing = [comment]
        elif index + 1 < len(placed):
            placed[index + 1][1].before.append(comment)
        else:
            last.append(comment)
    return last


def _is_inside(row: Row, comment: Comment) -> bool:
    """Return whether a comment is between the lines of a row and moves before it."""
    span = row.span
    if span is None or row.inner is Inner.NONE or comment.span.line >= span.end_line:
        return False
    return row.inner is Inner.ALL or span.line < comment.span.line or comment.own_line


def render_rows(
    rows: Iterable[Row], last: Iterable[Comment], source: str, *, keep_all_gaps: bool
) -> str:
    """Return rows with their comments as text, with the source's blank lines where allowed.

    Args:
        rows: The rows, with their comments.
        last: The comments after the last row.
        source: The source text, whose blank lines are kept.
        keep_all_gaps: Whether a blank line above a comment is kept although the comment was at the
            end of a statement's line.
    """
    written = source.split("\n")
    out: list[str] = []
    for row in rows:
        indent = INDENT * (row.depth + row.is_end)
        comments = row.before if row.lines else row.before + row.trailing
        gaps = [
            (keep_all_gaps or comment.own_line)
            and _has_blank_line_above(written, comment.span.line)
            for comment in comments
        ]
        gaps.append(
            row.has_position and not row.is_end and _has_blank_line_above(written, row.start[0])
        )
        if not out or row.first:
            gaps[0] = False
        elif row.gap and not any(gaps):
            gaps[0] = True
        for comment, gap in zip(comments, gaps, strict=False):
            out += [""] if gap else []
            out.append(indent + _render_comment(comment))
        if not row.lines:
            continue
        out += [""] if gaps[-1] else []
        indent = INDENT * row.depth
        after = "".join(f"  {_render_comment(comment)}" for comment in row.trailing)
        first, *others = row.lines
        out += [f"{indent}{first}{after}", *(indent + line for line in others)]
    for comment in last:
        out += [""] if out and _has_blank_line_above(written, comment.span.line) else []
        out.append(_render_comment(comment))
    return "\n".join(out) + "\n" if out else ""


def _render_comment(comment: Comment) -> str:
    """Return a comment with its `#`; no space is added in `##` and `#!`."""
    text = comment.text.rstrip()
    return "#" if not text else f"#{text}" if text[0] in "#!" else f"# {text}"


def _has_blank_line_above(lines: list[str], line: int) -> bool:
    return 2 <= line <= len(lines) and not lines[line - 2].strip()
