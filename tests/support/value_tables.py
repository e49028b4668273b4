"""Reads single values from a table:

`written` becomes a value, or is rejected with a code, columns and replacements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sequencer.core.diagnostics import Diagnostic, Diagnostics, Span

Reader = Callable[[str, Span, Diagnostics], Any]


def read(reader: Reader, written: str) -> tuple[Any, tuple[Diagnostic, ...]]:
    """Return what a reader makes of a value that begins in column 1, and what it reports."""
    faults = Diagnostics()
    value = reader(written, Span("", 1, 1, 1, 1 + len(written)), faults)
    return value, faults.diagnostics


def shown(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Return diagnostics as `CODE from-to`, and after an arrow the replacement text."""
    return [
        f"{one.code} {one.span.column}-{one.span.end_column}"
        + "".join(f" → {fix.text}" for fix in one.fixes)
        for one in diagnostics
    ]


def replaced(written: str, diagnostic: Diagnostic) -> str:
    """Return the value with the replacements of a diagnostic applied."""
    for fix in sorted(diagnostic.fixes, key=lambda one: -one.span.column):
        written = written[: fix.span.column - 1] + fix.text + written[fix.span.end_column - 1 :]
    return written


def rows(table: dict[str, Any]) -> list[Any]:
    """Return the parameters of a table, named after the written values."""
    return [
        pytest.param(written, expected, id=written[:24] or "empty")
        for written, expected in table.items()
    ]


def check_value(reader: Reader, written: str, expected: object) -> None:
    """Check that a value is read, and nothing is reported."""
    value, diagnostics = read(reader, written)
    assert (value, shown(diagnostics)) == (expected, [])


def check_refusal(reader: Reader, written: str, expected: str, *, chain: int = 1) -> None:
    """Check that a value is rejected as in the table, and that its replacement is accepted after at
    most `chain` steps.
    """
    value, diagnostics = read(reader, written)
    assert shown(diagnostics) == [expected]
    assert value is None
    (one,) = diagnostics
    assert one.hint
    for _ in range(chain):
        if not one.fixes:
            return
        written = replaced(written, one)
        value, diagnostics = read(reader, written)
        if not diagnostics:
            assert value is not None
            return
        (one,) = diagnostics
    raise AssertionError(f"the replacement {written!r} is refused too: {shown(diagnostics)}")
