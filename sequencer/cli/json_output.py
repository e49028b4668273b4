"""Format diagnostics as a JSON document for tools, with spans and replacement texts.

The page on errors describes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sequencer.core.diagnostics import Diagnostic, Fix, Related, Span

FORMAT = 1
"""The version of the document's format.

Keys may be added; the meaning of a key changes only with this number.
"""

Document = dict[str, Any]


def document(scores: Iterable[Document]) -> Document:
    """Return the document of one `check`."""
    every = list(scores)
    return {"format": FORMAT, "well": all(one["well"] for one in every), "scores": every}


def score(
    file: str, diagnostics: Iterable[Diagnostic], well: bool, summary: str | None
) -> Document:
    """Return the result of one score."""
    return {
        "file": file,
        "well": well,
        "summary": summary,
        "diagnostics": [_diagnostic(one) for one in diagnostics],
    }


def _diagnostic(one: Diagnostic) -> Document:
    from sequencer.core.catalog import find

    entry = find(one.code)
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "hint": one.hint,
        "title": None if entry is None else entry.title,
        "span": _span(one.span),
        "fixes": [_fix(fix) for fix in one.fixes],
        "related": [_related(related) for related in one.related],
    }


def _span(span: Span) -> Document | None:
    """Return lines and columns from 1, in characters, end exclusive; None without a position."""
    if span.line == 0:
        return None
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(fix: Fix) -> Document:
    return {"span": _span(fix.span), "text": fix.text}


def _related(related: Related) -> Document:
    return {"span": _span(related.span), "message": related.message}
