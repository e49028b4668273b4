"""OSC triggers: each row is one spelling with its value, or with the reason why it is invalid."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.language.score import Comparison, OnOsc
from sequencer.language.values.midi import read_trigger
from sequencer.language.values.writing import render_trigger
from tests.support.value_tables import check_refusal, check_value, rows

TRIGGERS = {
    'osc "/drop"': OnOsc("/drop"),
    'osc"/drop"': OnOsc("/drop"),
    "osc /drop": OnOsc("/drop"),
    'osc "/fader/1" > 0.5': OnOsc("/fader/1", Comparison(">", Fraction(1, 2))),
    "osc /fader/1<20": OnOsc("/fader/1", Comparison("<", Fraction(20))),
}

REFUSED = {
    "osc": "E268 1-4",
    'osc "drop"': 'E268 5-11 → "/drop"',
    "osc drop": "E268 5-9 → /drop",
    'osc "/a*"': "E268 5-10",
    'osc "/drop" 1': "E269 13-14",
    'osc "/drop" >': "E269 13-14",
    'osc "/drop" > x': "E269 13-16",
    'osc "/drop" >= 0.5': "E269 13-19 → > 0.5",
    'osc "/drop" ≤ 2': "E269 13-16 → < 2",
    'osc "/drop" below 2': "E269 13-20 → < 2",
}


@pytest.mark.parametrize(("text", "value"), rows(TRIGGERS))
def test_a_trigger(text: str, value: OnOsc) -> None:
    check_value(read_trigger, text, value)
    check_value(read_trigger, render_trigger(value), value)
    check_value(read_trigger, render_trigger(value, in_quotes=False), value)


@pytest.mark.parametrize(("text", "where"), rows(REFUSED))
def test_anything_else_is_refused(text: str, where: str) -> None:
    check_refusal(read_trigger, text, where)
