"""Diagnostics: what is wrong with a score, as values.

Readers and compiler passes collect `Diagnostic` values and continue; one function, `render`, turns
them into text. The exceptions are in `core.errors`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from sequencer.core.lazy_dataclass import dataclass

MAX_SHOWN = 100
"""How many diagnostics of one score are printed; the rest is only counted."""

SHOWN_WIDTH = 160
"""The maximum width of a source line in `render`; longer lines are cut around the caret."""


@dataclass(frozen=True, slots=True, init=False)
class Span:
    """A range of source text.

    Lines and columns count from 1, in characters (code points); the end is exclusive.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __init__(self, file: str, line: int, column: int, end_line: int, end_column: int) -> None:
        # Reading a score creates more spans than any other object. This does what a frozen
        # dataclass does, in half the time: the generated __init__ calls object.__setattr__, which
        # looks up every field by name.
        _set_file(self, file)
        _set_line(self, line)
        _set_column(self, column)
        _set_end_line(self, end_line)
        _set_end_column(self, end_column)

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        )  # line 0 means the entire file

    def to(self, end: Span) -> Span:
        """Return the span from the start of this one to the end of `end`.

        Both are in the same file.
        """
        return Span(self.file, self.line, self.column, end.end_line, end.end_column)


_set_file, _set_line, _set_column, _set_end_line, _set_end_column = (
    getattr(Span, name).__set__ for name in ("file", "line", "column", "end_line", "end_column")
)

NO_SPAN = Span("", 0, 0, 0, 0)
"""The span of a node that code created rather than a parser."""


class Severity(StrEnum):
    """The severity of a diagnostic.

    Errors prevent a performance of the score; warnings do not (unless `--strict` is given).
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement that fixes a problem: `text` in place of `span` (an empty span inserts)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """A second position that a diagnostic refers to, with its own short message."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem of a score: a position, a stable code, a one-sentence message, maybe a hint."""

    code: str
    message: str
    span: Span
    hint: str | None = None
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    severity: Severity = field(default=Severity.ERROR)

    @property
    def is_error(self) -> bool:
        """Whether this prevents a performance of the score."""
        return self.severity is Severity.ERROR


def display_width(text: str) -> int:
    """Return how many terminal cells `text` takes (wide East Asian: 2, combining marks: 0)."""
    width = 0
    for char in text:
        if unicodedata.combining(char) or char in "\u200b\u200c\u200d\ufeff":
            continue
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width


_STEERING = {
    code: "\ufffd"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
    if chr(code) not in "\n\t"
}
"""Characters that move the cursor, command the terminal, or change the direction of later text."""


def escape_control(text: object) -> str:
    """Return text that is safe to print on a terminal, whoever wrote it.

    Line breaks and tabs stay; every other control character becomes visible.
    """
    return str(text).translate(_STEERING)


def _printable(text: str) -> str:
    """Replace each tab by a space, each control character by U+FFFD, to keep columns correct."""
    return "".join(
        " " if char == "\t" else char if char.isprintable() or char == " " else "\ufffd"
        for char in text
    )


def _excerpt(line: str, column: int, end_column: int) -> tuple[str, int, int]:
    """Cut a long line around the caret.

    Return (text, column, end_column); the columns count from 1 in the returned text.
    """
    if len(line) <= SHOWN_WIDTH:
        return line, column, end_column
    start = max(0, min(column - 1 - SHOWN_WIDTH // 3, len(line) - SHOWN_WIDTH))
    stop = start + SHOWN_WIDTH
    head = "…" if start > 0 else ""
    tail = "…" if stop < len(line) else ""
    shift = start - len(head)
    return head + line[start:stop] + tail, column - shift, min(end_column, stop + 1) - shift


def _pointer(span: Span, lines: list[str]) -> list[str]:
    """Return the source line of `span` and a line of carets, or nothing if it does not exist."""
    if not 1 <= span.line <= len(lines):
        return []
    source = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(source) + 1
    shown, column, end = _excerpt(_printable(source), span.column, end)
    number = f"{span.line:>5}"
    before = display_width(shown[: column - 1])
    carets = max(1, display_width(shown[column - 1 : max(column, end - 1)]))
    return [f"{number} │ {shown}", f"{'':>5} │ {' ' * before}{'^' * carets}"]


def render(diagnostic: Diagnostic, text: str | None = None) -> str:
    """Render one diagnostic for people: position, code, message, source line and hint.

    The source line, with a caret, needs the file's text.
    """
    head = f"{diagnostic.span}: " if diagnostic.span.file or diagnostic.span.line else ""
    parts = [f"{head}{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    lines = [] if text is None else text.splitlines()
    parts += _pointer(diagnostic.span, lines)
    for related in diagnostic.related:
        parts.append(f"{related.span}: {related.message}")
        if related.span.file == diagnostic.span.file:
            parts += _pointer(related.span, lines)
    if diagnostic.hint is not None:
        parts.append(f"hint: {diagnostic.hint}")
    return "\n".join(parts)


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Render a score's diagnostics, at most `MAX_SHOWN`, followed by the number of the rest."""
    every = tuple(diagnostics)
    shown = [render(one, sources.get(one.span.file)) for one in every[:MAX_SHOWN]]
    if len(every) > MAX_SHOWN:
        shown.append(f"and {len(every) - MAX_SHOWN} more")
    return "\n\n".join(shown)


MAX_KEPT = 500
"""How many diagnostics are kept while a score is read; later ones are only counted.

So no input can fill the memory.
"""


MAX_COMPARISONS = 20_000
"""How many known names are compared with unknown names in one reading.

For each known name, `MAX_COMPARISONS_PER_NAME` comparisons are added.
"""
MAX_COMPARISONS_PER_NAME = 8


def _as_tuple(fix: Fix | tuple[Fix, ...]) -> tuple[Fix, ...]:
    return (fix,) if isinstance(fix, Fix) else fix


class Diagnostics:
    """Collects diagnostics while a score is read and compiled, to report all of them at once."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._kept_errors = 0
        self._comparisons = 0
        self.texts: Mapping[str, str] = {}
        """The texts being read, by file: a suggestion may have to fit text elsewhere in them."""
        self.dropped = 0
        self.has_errors = False

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        fix: Fix | tuple[Fix, ...] = (),
        related: tuple[Related, ...] = (),
    ) -> None:
        """Report something that prevents a performance of the score.

        Args:
            code: A code of the catalog that begins with E.
            message: One sentence on what is wrong.
            span: Where it is.
            hint: What to write instead.
            fix: The replacement that removes the error; a tuple of several is applied as a whole.
            related: Other positions that belong to it.
        """
        self.has_errors = True
        self.add(
            Diagnostic(
                code=code,
                message=message,
                span=span,
                hint=hint,
                fixes=_as_tuple(fix),
                related=related,
            )
        )

    def warn(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        hint: str | None = None,
        fix: Fix | tuple[Fix, ...] = (),
        related: tuple[Related, ...] = (),
    ) -> None:
        """Report something that the author should know.

        The arguments are those of `error`, with a code that begins with W.
        """
        fixes = _as_tuple(fix)
        self.add(
            Diagnostic(
                code=code,
                message=message,
                span=span,
                hint=hint,
                fixes=fixes,
                related=related,
                severity=Severity.WARNING,
            )
        )

    def note(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        related: tuple[Related, ...] = (),
    ) -> None:
        """Report something that is as intended, and that the author may want to see.

        The arguments are those of `warn`. `--strict` does not count it.
        """
        self.add(
            Diagnostic(
                code=code, message=message, span=span, related=related, severity=Severity.NOTE
            )
        )

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, or only count it once `MAX_KEPT` diagnostics are kept.

        An error then replaces the last one that is not an error: it is why there is no schedule.
        """
        if len(self._found) >= MAX_KEPT:
            self.dropped += 1
            if not diagnostic.is_error or self._kept_errors >= MAX_KEPT:
                return
            del self._found[max(at for at, one in enumerate(self._found) if not one.is_error)]
        self._found.append(diagnostic)
        self._kept_errors += diagnostic.is_error

    def nearest(self, name: str, known: Collection[str]) -> str | None:
        """Return the known name that an unknown one was probably meant to be, or None.

        A comparison costs as much as reading ten characters, so one reading makes a limited number
        of them: later unknown names get no suggestion, and neither does a name whose diagnostic is
        only counted.
        """
        if self.is_full or self._comparisons + len(
            known
        ) > MAX_COMPARISONS + MAX_COMPARISONS_PER_NAME * len(known):
            return None
        from difflib import (
            get_close_matches,
        )  # needed only for mistakes, and its import costs as much as reading a small score

        self._comparisons += len(known)
        folded = name.casefold()
        alike = next((one for one in known if one.casefold() == folded), None)
        if alike is not None:
            return alike
        return next(iter(get_close_matches(name, known, n=1, cutoff=0.6)), None)

    @property
    def comparisons(self) -> int:
        """How many names were compared so far."""
        return self._comparisons

    @property
    def is_full(self) -> bool:
        """Whether later diagnostics are only counted. Their details need not be computed then."""
        return len(self._found) >= MAX_KEPT

    def extend(self, others: Diagnostics) -> None:
        """Add the diagnostics of another collection."""
        for one in others.diagnostics:
            self.add(one)
        self.dropped += others.dropped
        self.has_errors = self.has_errors or others.has_errors

    @property
    def count(self) -> int:
        """The number of errors and warnings, including those that were only counted."""
        return len(self._found) + self.dropped

    @property
    def diagnostics_in_order(self) -> tuple[Diagnostic, ...]:
        """The kept diagnostics in the order in which they were reported."""
        return tuple(self._found)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The kept diagnostics, errors and warnings together, in order of file and position."""
        return tuple(
            sorted(self._found, key=lambda one: (one.span.file, one.span.line, one.span.column))
        )
