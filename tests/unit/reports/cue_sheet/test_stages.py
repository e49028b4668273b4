"""The cue sheets of a score for several stages: one after another, or in one table."""

from __future__ import annotations

import csv
import io
import json

import pytest

from sequencer.core.errors import UsageError
from sequencer.language.compiler import compile_ensemble
from sequencer.language.notations import reads
from sequencer.reports.cue_sheet.stages import render_sheets

ENSEMBLE = compile_ensemble(
    reads(
        'score "Pair"\nclock 120 bpm, 4/4\nstages left, right\ntogether realign 8c\n'
        'at 1 "A."\nat 5 on right "B."\nend 9\n'
    )
)


def sheets(kind: str) -> str:
    return render_sheets(ENSEMBLE, kind, full=False, width=100)


def test_tables_have_the_names_of_their_stages() -> None:
    lines = sheets("table").splitlines()
    heads = [line for line in lines if line.startswith("Pair")]
    assert heads == ["Pair · left", "Pair · right"]
    first = lines[: lines.index("Pair · right")]
    assert [sum("prompt" in line for line in part) for part in (first, lines)] == [1, 3]


def test_markdown() -> None:
    heads = [line for line in sheets("markdown").splitlines() if line.startswith("# ")]
    assert heads == ["# Pair · left", "# Pair · right"]


def test_one_table_of_all() -> None:
    head, *rows = csv.reader(io.StringIO(sheets("csv")))
    assert head[:3] == ["stage", "cue", "section"]
    column = head.index("place")
    assert [(row[0], row[column]) for row in rows] == [
        *(("left", "1.1"), ("right", "1.1"), ("right", "5.1"))
    ]


def test_one_object_of_all() -> None:
    value = json.loads(sheets("json"))
    assert (value["helios-sheets"], value["realign"]) == (1, 8)
    assert [(one["stage"], one["title"], len(one["parts"])) for one in value["stages"]] == [
        *(("left", "Pair", 1), ("right", "Pair", 1))
    ]


def test_a_page_is_for_one_stage() -> None:
    with pytest.raises(UsageError, match=r"for 2 \(left, right\)") as caught:
        sheets("html")
    assert caught.value.hint is not None
    assert "--part left" in caught.value.hint
