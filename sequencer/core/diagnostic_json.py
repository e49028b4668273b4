"""Diagnostics as JSON, with spans and replacement texts.

The page on errors describes it: `sequencer check --json` prints it, and the studio sends it.
"""

from __future__ import annotations

from typing import Any

from sequencer.core.catalog import find
from sequencer.core.diagnostics import Diagnostic, Fix, Related, Span


def diagnostic_json(one: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic with the title of its code, its fixes and what is related to it."""
    entry = find(one.code)
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "hint": one.hint,
        "title": None if entry is None else entry.title,
        "span": span_json(one.span),
        "fixes": [_fix(fix) for fix in one.fixes],
        "related": [_related(related) for related in one.related],
    }


def span_json(span: Span) -> dict[str, Any] | None:
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


def _fix(fix: Fix) -> dict[str, Any]:
    return {"span": span_json(fix.span), "text": fix.text}


def _related(related: Related) -> dict[str, Any]:
    return {"span": span_json(related.span), "message": related.message}
