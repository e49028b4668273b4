"""The length of a fade: what is read, and which unit a message names."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.values.fade import read_fade

SPAN = Span("a.score", 1, 1, 1, 9)


@pytest.mark.parametrize(("written", "chunks"), [("1c", 1), ("2c", 2), ("99c", 99)])
def test_a_number_of_chunks(written: str, chunks: int) -> None:
    faults = Diagnostics()
    assert read_fade(written, SPAN, faults) == chunks
    assert not faults.has_errors


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("2 bars", "bars"),
        ("1 bar", "bars"),
        ("4 beats", "beats"),
        ("4b", "beats"),
        ("3s", "seconds"),
        ("3 seconds", "seconds"),
        ("96f", "frames"),
        ("2 minutes", "minutes"),
    ],
)
def test_other_units_are_named(written: str, unit: str) -> None:
    faults = Diagnostics()
    assert read_fade(written, SPAN, faults) is None
    (found,) = faults.diagnostics
    assert found.message == f"a fade is counted in chunks, not in {unit}"
