"""Where a quantised rule lands: each row is one spelling with its value, or with the reason why it
is invalid.
"""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.score import AtNext, Unit
from sequencer.language.values.quantisation import read_quantisation, split_quantisation
from sequencer.language.values.writing import render_quantisation
from tests.support.value_tables import check_refusal, check_value, rows

LANDINGS = {
    "next bar": AtNext(1, Unit.BARS),
    "next  1 bar": AtNext(1, Unit.BARS),
    "next 2 bars": AtNext(2, Unit.BARS),
    "next 1000 bars": AtNext(1000, Unit.BARS),
    "next beat": AtNext(1, Unit.BEATS),
    "next 3 beats": AtNext(3, Unit.BEATS),
}

REFUSED = {
    "9.3": "E228 1-4",
    "next": "E228 1-5",
    "next chunk": "E228 1-11",
    "next 0 bars": "E228 1-12",
    "next 1001 beats": "E228 1-16",
    "next 99999999999999 bars": "E228 1-25",
    "next 1/2 bar": "E228 1-13",
    "next ٣ bars": "E215 6-7 → next 3 bars",
}

CORRECTED = {
    "2 bars": "next 2 bars",
    "bar": "next bar",
    "the next bar line": "next bar",
    "nxt bar": "next bar",
    "next downbeat": "next bar",
    "next 4 quarters": "next 4 beats",
    "every 2 measures": "next 2 bars",
    "beat": "next beat",
}


@pytest.mark.parametrize(("text", "value"), rows(LANDINGS))
def test_a_landing_has_one_meaning(text: str, value: AtNext) -> None:
    check_value(read_quantisation, text, value)
    assert read_quantisation(render_quantisation(value), Span("", 1, 1, 1, 1), Diagnostics()) == (
        value
    )


@pytest.mark.parametrize(("text", "where"), rows(REFUSED))
def test_anything_else_is_refused_with_its_reason(text: str, where: str) -> None:
    check_refusal(read_quantisation, text, where)


@pytest.mark.parametrize(("text", "corrected"), CORRECTED.items())
def test_what_was_probably_meant_is_suggested(text: str, corrected: str) -> None:
    faults = Diagnostics()
    assert read_quantisation(text, Span("", 1, 1, 1, 1 + len(text)), faults) is None
    (found,) = faults.diagnostics
    assert [fix.text for fix in found.fixes] == [corrected]
    assert found.hint == f"write {corrected}"


def test_a_trigger_and_its_landing_are_split() -> None:
    assert split_quantisation("note C3 at next bar") == ("note C3", "next bar", 11)
    assert split_quantisation("note C3 ch 1  at\tnext 2 bars") == (
        "note C3 ch 1",
        "next 2 bars",
        17,
    )
    assert split_quantisation("go at at next bar") == ("go at", "next bar", 9)
    assert split_quantisation("note C3") is None
    assert split_quantisation("go at") is None
    assert split_quantisation("go at next bar") is None  # its name is not valid
    assert split_quantisation("go chat") is None
