"""The names of stages, and when they wait for each other: what is read, and each mistake."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score import StageName, Together
from sequencer.language.values.stages import (
    read_on_stages,
    read_stage_name,
    read_stages,
    read_together,
)
from sequencer.schedule.ensemble import MAX_STAGES


def span_of(text: str) -> Span:
    return Span("a.score", 1, 8, 1, 8 + len(text))


def names(stages: tuple[StageName, ...] | None) -> list[tuple[str, int, int]] | None:
    """Return each name with its columns."""
    if stages is None:
        return None
    return [(one.name, one.span.column, one.span.end_column) for one in stages]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("left", [("left", 8, 12)]),
        ("left, right", [("left", 8, 12), ("right", 14, 19)]),
        ("left ,right", [("left", 8, 12), ("right", 14, 19)]),
        ("a,bc,d-e", [("a", 8, 9), ("bc", 10, 12), ("d-e", 13, 16)]),
    ],
)
def test_names_with_their_columns(written: str, found: list[tuple[str, int, int]]) -> None:
    faults = Diagnostics()
    assert names(read_stages(written, span_of(written), faults)) == found
    assert not faults.diagnostics


def test_names_before_actions() -> None:
    faults = Diagnostics()
    written = "on  left, right"
    found = names(read_on_stages(written, span_of(written), faults))
    assert found == [("left", 12, 16), ("right", 18, 23)]


@pytest.mark.parametrize(
    ("written", "code", "columns", "hint", "corrected"),
    [
        ("left right", "E341", (8, 18), "write left, right", "left, right"),
        ("left,, right", "E225", (8, 20), None, None),
        ("left,", "E225", (8, 13), None, None),
        ("", "E225", (8, 8), None, None),
        ("left, 2nd", "E225", (14, 17), None, None),
        (", ".join(f"s{n}" for n in range(MAX_STAGES + 1)), "E341", None, "split the score", None),
    ],
)
def test_lists_that_are_refused(
    written: str,
    code: str,
    columns: tuple[int, int] | None,
    hint: str | None,
    corrected: str | None,
) -> None:
    faults = Diagnostics()
    assert read_stages(written, span_of(written), faults) is None
    (one,) = faults.diagnostics
    assert one.code == code
    if columns is not None:
        assert (one.span.column, one.span.end_column) == columns
    if hint is not None:
        assert one.hint == hint
    if corrected is not None:
        assert [fix.text for fix in one.fixes] == [corrected]


def test_a_comma_after_the_stages() -> None:
    faults = Diagnostics()
    assert read_on_stages("on left,", span_of("on left,"), faults) is None
    (one,) = faults.diagnostics
    assert (one.code, one.span.column, one.span.end_column) == ("E341", 15, 16)
    assert one.fixes[0].text == ""


def test_one_name() -> None:
    faults = Diagnostics()
    assert read_stage_name("left", span_of("left"), faults) == StageName("left")
    assert read_stage_name("l/r", span_of("l/r"), faults) is None


@pytest.mark.parametrize(
    ("written", "realign"), [("start", None), ("realign 16c", 16), ("realign  1c", 1)]
)
def test_when_all_wait(written: str, realign: int | None) -> None:
    faults = Diagnostics()
    assert read_together(written, span_of(written), faults) == Together(realign)
    assert not faults.diagnostics


@pytest.mark.parametrize(
    ("written", "corrected"),
    [
        ("realign 16", "realign 16c"),
        ("realign 16 chunks", "realign 16c"),
        ("realign every 16 chunks", "realign 16c"),
        ("every 16c", "realign 16c"),
        ("16c", "realign 16c"),
        ("realign 0c", None),
        ("realign 99999999c", None),
        ("realign 4 bars", None),
        ("realign", None),
        ("stop", None),
        ("", None),
    ],
)
def test_what_is_refused(written: str, corrected: str | None) -> None:
    faults = Diagnostics()
    assert read_together(written, span_of(written), faults) is None
    (one,) = faults.diagnostics
    assert [fix.text for fix in one.fixes] == ([] if corrected is None else [corrected])
    if corrected is not None:
        assert read_together(corrected, span_of(corrected), Diagnostics()) is not None


@pytest.mark.parametrize("written", ["left and right", "left & right", "left right"])
def test_stages_without_commas_are_corrected(written: str) -> None:
    faults = Diagnostics()
    assert read_stages(written, span_of(written), faults) is None
    (found,) = faults.diagnostics
    assert found.hint == "write left, right"
    (fix,) = found.fixes
    assert fix.text == "left, right"
