"""OSC triggers and messages: each row is one spelling with its value, or with the reason why it is invalid."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.osc_values import (
    MAX_ARGUMENTS,
    MAX_INTEGER,
    MAX_STRING_LENGTH,
    MIN_INTEGER,
)
from sequencer.language.score import Comparison, OnOsc, SendOsc
from sequencer.language.values.osc import read_osc
from sequencer.language.values.triggers import read_trigger
from sequencer.language.values.writing import render_osc, render_trigger
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


LONG = "a" * MAX_STRING_LENGTH
MESSAGES = {
    '"/drop"': SendOsc("/drop"),
    "/drop": SendOsc("/drop"),
    '"/clip/8/connect" 1': SendOsc("/clip/8/connect", ("1",)),
    '/a  007 -0 -0.0 1.50 2.0\t"x y" true false': SendOsc(
        "/a", ("7", "0", "0.0", "1.5", "2.0", '"x y"', "true", "false")
    ),
    '/a "say \\"now\\" \\\\" "" ""': SendOsc("/a", ('"say \\"now\\" \\\\"', '""', '""')),
    f"/a {MIN_INTEGER} {MAX_INTEGER} 3000000000.0": SendOsc(
        "/a", (str(MIN_INTEGER), str(MAX_INTEGER), "3000000000.0")
    ),
    "/a" + " 1" * MAX_ARGUMENTS: SendOsc("/a", ("1",) * MAX_ARGUMENTS),
    f'/a "{LONG}"': SendOsc("/a", (f'"{LONG}"',)),
}
REFUSED_MESSAGES = {
    "": "E268 1-1",
    "drop 1": "E268 1-5 → /drop",
    '"drop" 1': 'E268 1-7 → "/drop"',
    "'/drop' 1": "E268 1-8 → /drop",
    '"/a b" 1': "E268 1-7",
    "/a{1,2}": "E268 1-8",
    "/" + "a" * 150: "E268 1-152",
    "/a True": "E267 4-8 → true",
    "/a .5": "E267 4-6 → 0.5",
    "/a -.5": "E267 4-7 → -0.5",
    "/a 5.": "E267 4-6 → 5.0",
    "/a +1": "E267 4-6 → 1",
    "/a 1e5": "E267 4-7",
    "/a nan": 'E267 4-7 → "nan"',
    "/a 1,": "E267 4-6 → 1",
    "/a red": 'E267 4-7 → "red"',
    "/a 'red'": 'E267 4-9 → "red"',
    '/a "red': 'E267 4-8 → "red"',
    '/a "a"1': "E267 4-8",
    '/a "a\x00"': "E267 4-8",
    f"/a {MAX_INTEGER + 1}": "E267 4-14 → 2147483648.0",
    f"/a {MIN_INTEGER - 1}": "E267 4-15 → -2147483649.0",
    f'/a "{LONG}a"': f"E267 4-{len(LONG) + 7}",
    "/a" + " 1" * (MAX_ARGUMENTS + 1): f"E267 3-{2 * MAX_ARGUMENTS + 5}",
}


@pytest.mark.parametrize(("text", "value"), rows(MESSAGES))
def test_a_message(text: str, value: SendOsc) -> None:
    check_value(read_osc, text, value)
    check_value(read_osc, render_osc(value), value)
    check_value(read_osc, render_osc(value, in_quotes=True), value)


@pytest.mark.parametrize(("text", "where"), rows(REFUSED_MESSAGES))
def test_any_other_message_is_refused(text: str, where: str) -> None:
    check_refusal(read_osc, text, where)
