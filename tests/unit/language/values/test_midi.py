"""Triggers and messages as they are written: each row is one spelling with its value, or with the
reason why it is invalid.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.language.score import (
    Comparison,
    Duration,
    OnControl,
    OnGo,
    OnNote,
    OnProgram,
    OnRelease,
    OnTransport,
    SendControl,
    SendMidi,
    SendNote,
    SendProgram,
    Trigger,
    Unit,
)
from sequencer.language.values import writing as spelling
from sequencer.language.values.midi import read_midi
from sequencer.language.values.triggers import find_option, read_trigger
from tests.support.value_tables import check_refusal, check_value, rows

TRIGGERS: dict[str, Trigger] = {
    "note C3": OnNote("C3"),
    "note 60": OnNote("60"),
    "note 060": OnNote("60"),
    "note 0": OnNote("0"),
    "note 127": OnNote("127"),
    "note Bb-1": OnNote("Bb-1"),
    "note G9": OnNote("G9"),
    "note D3 ch 10": OnNote("D3", 10),
    "note  F#2  channel 3": OnNote("F#2", 3),
    "note C3 chan 16": OnNote("C3", 16),
    "note C3 vel >= 100": OnNote("C3", None, Comparison(">=", Fraction(100))),
    "note C3 vel>0": OnNote("C3", None, Comparison(">", Fraction(0))),
    "note C3 velocity < 20 ch 3": OnNote("C3", 3, Comparison("<", Fraction(20))),
    "note 60 ch 3 vel <= 20": OnNote("60", 3, Comparison("<=", Fraction(20))),
    "release C3": OnRelease("C3"),
    "release 60 ch 10": OnRelease("60", 10),
    "cc 20 > 64": OnControl(20, True, 64),
    "cc 20<64": OnControl(20, False, 64),
    "cc 0 < 127 ch 1": OnControl(0, False, 127, 1),
    "cc 127 > 0": OnControl(127, True, 0),
    "program 1": OnProgram(1),
    "program 128 ch 16": OnProgram(128, 16),
    "start": OnTransport("start"),
    "stop": OnTransport("stop"),
    "continue": OnTransport("continue"),
    "go exit": OnGo("exit"),
    "go or-else": OnGo("or-else"),
    "go  cut": OnGo("cut"),
    "go é": OnGo("é"),
}

REFUSED_TRIGGERS = {
    "": "E230 1-1",
    "???": "E230 1-4",
    "8 bars": "E230 1-7",
    "C3": "E230 1-3 → note C3",
    "midi note C3": "E230 1-5 → note",
    "noteC3": "E230 1-7 → note C3",
    "cc20 > 3": "E230 1-5 → cc 20 > 3",
    "key x": "E230 1-6 → go x",
    "pc 5": "E230 1-3 → program",
    "resume": "E230 1-7 → continue",
    "Note C3": "E230 1-5 → note",
    "notes C3": "E230 1-6 → note",
    "exit": "E230 1-5 → go exit",
    "note H3": "E231 6-8 → B3",
    "note Cis3": "E231 6-10 → C#3",
    "note es3": "E231 6-9 → Eb3",
    "note C99": "E231 6-9",
    "note Cb-2": "E231 6-10",
    "note 128": "E232 6-9",
    "note ６０": "E215 6-7 → 60",
    "note C3 ch": "E233 11-11",
    "note C3 ch 0": "E233 12-13",
    "note C3 ch 17": "E233 12-14",
    "program 0": "E234 9-10",
    "program 129": "E234 9-12",
    "program x": "E234 9-10",
    "program change 5": "E234 9-17 → 5",
    "cc 128 > 3": "E235 4-7",
    "cc x > 3": "E235 4-5",
    "cc 20 > 128": "E236 9-12",
    "cc 20": "E237 4-6 → 20 > 64",
    "cc 20 >": "E237 4-8",
    "cc 20 >= 64": "E237 4-12 → 20 > 63",
    "cc 20 <= 64": "E237 4-12 → 20 < 65",
    "cc 20 >= 0": "E237 4-11 → 20 > 0",
    "cc 20 <= 127": "E237 4-13 → 20 < 127",
    "cc 20 == 64": "E237 4-12 → 20 > 63",
    "cc 20 above 64": "E237 4-15 → 20 > 64",
    "cc 20 below 64": "E237 4-15 → 20 < 64",
    "cc 20 !": "E237 4-8",
    "note": "E238 1-5",
    "cc": "E238 1-3",
    "note ch 3": "E238 1-10",
    "note C3 D3": "E238 8-11 → ",
    "note C3 vel 100": "E229 9-16 → vel >= 100",
    "note C3 vel100": "E229 9-15 → vel >= 100",
    "note C3 vel = 100 ch 1": "E229 9-18 → vel >= 100",
    "note C3 vel above 64": "E229 9-21 → vel > 64",
    "note C3 vel ≥ 64": "E229 9-17 → vel >= 64",
    "note C3 vel": "E229 9-12 → vel >= 100",
    "note C3 vel >= x": "E229 9-17",
    "note C3 vel > 127": "E229 9-18",
    "note C3 vel < 1": "E229 9-16",
    "note C3 vel >= 999999999": "E229 9-25",
    "release": "E238 1-8",
    "release X3": "E231 9-11",
    "release C3 vel > 3": "E238 11-19 → ",
    "cc 20 > 3 vel > 4": "E237 4-18",
    "note C3 length 2 beats": "E238 8-23 → ",
    "note C3 ch10": "E238 9-13 → ch 10",
    "start now": "E238 6-10 → ",
    "go": "E239 1-3",
    'go "exit"': "E239 4-10 → exit",
    "go or": "E239 4-6 → or-else",
    "go 9x": "E225 4-6",
    "go a b": "E225 4-7 → a-b",
    "go a -> sr 4x": "E610 6-14",
}

MESSAGES: dict[str, SendMidi] = {
    "note C3": SendNote("C3"),
    "note 60 ch 10 vel 100 for 1 beat": SendNote("60", 10, 100, Duration(Fraction(1), Unit.BEATS)),
    "note C3 for 1/2b vel 1 ch 1": SendNote("C3", 1, 1, Duration(Fraction(1, 2), Unit.BEATS)),
    "note C3 velocity 127 channel 16": SendNote("C3", 16, 127),
    "note C3 for 350ms": SendNote("C3", length=Duration(Fraction(7, 20), Unit.SECONDS)),
    "cc 20 64": SendControl(20, 64),
    "cc 0 127 ch 1": SendControl(0, 127, 1),
    "cc  127  0": SendControl(127, 0),
    "program 1": SendProgram(1),
    "program 128 ch 16": SendProgram(128, 16),
}

REFUSED_MESSAGES = {
    "": "E259 1-1",
    "dance": "E259 1-6",
    "note": "E259 1-5",
    "cc": "E259 1-3",
    "program": "E259 1-8",
    "cc 20": "E259 4-6",
    "cc 20 64 3": "E259 4-11",
    "cc 20 > 64": "E259 4-11 → 20 64",
    "cc 20, 64": "E259 4-10 → 20 64",
    "cc 20 to 64": "E259 4-12 → 20 64",
    "note C3 ch 1 ch 2": "E259 14-18 → ",
    "note C3 vel 1 vel 2": "E259 15-20 → ",
    "note C3 for 1b for 2b": "E259 16-22 → ",
    "cc 20 64 vel 3": "E259 10-15 → ",
    "program 5 for 2b": "E259 11-17 → ",
    "note C3 1 beat": "E259 1-15 → note C3 for 1 beat",
    "noteC3": "E259 1-7 → note C3",
    "note C3 v100": "E259 9-13 → vel 100",
    "note C3 @ 100": "E259 9-14 → vel 100",
    "note C3 on channel 10": "E259 9-22 → ch 10",
    "note C3 100": "E259 1-12 → note C3 vel 100",
    "note C3 ch10": "E259 9-13 → ch 10",
    "C3": "E259 1-3 → note C3",
    "control 20 64": "E259 1-8 → cc",
    "Note C3": "E259 1-5 → note",
    "note C3 length 2 beats": "E238 8-23 →  for 2 beats",
    "note H3": "E231 6-8 → B3",
    "cc 200 3": "E235 4-7",
    "cc 20 200": "E236 7-10",
    "program 0": "E234 9-10",
    "program 129": "E234 9-12",
    "note C3 vel 0": "E260 13-14",
    "note C3 vel 128": "E260 13-16",
    "note C3 vel": "E260 9-12",
    "note C3 ch 0": "E233 12-13",
    "note C3 ch 17": "E233 12-14",
    "note C3 for 0b": "E212 13-15",
    "note C3 for": "E201 9-12",
}


@pytest.mark.parametrize(("written", "trigger"), rows(TRIGGERS))
def test_a_trigger(written: str, trigger: Trigger) -> None:
    check_value(read_trigger, written, trigger)


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_TRIGGERS))
def test_no_trigger(written: str, refusal: str) -> None:
    check_refusal(read_trigger, written, refusal)


@pytest.mark.parametrize(("written", "message"), rows(MESSAGES))
def test_a_message(written: str, message: SendMidi) -> None:
    check_value(read_midi, written, message)


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_MESSAGES))
def test_no_message(written: str, refusal: str) -> None:
    check_refusal(read_midi, written, refusal)


channels = st.none() | st.integers(1, 16)
notes = st.sampled_from(["C3", "F#2", "Bb-1", "0", "60", "127"])
values = st.integers(0, 127)


@given(
    st.one_of(
        st.builds(OnNote, notes, channels),
        st.builds(OnControl, values, st.booleans(), values, channels),
        st.builds(OnProgram, st.integers(1, 128), channels),
        st.builds(OnTransport, st.sampled_from(["start", "stop", "continue"])),
        st.builds(OnGo, st.sampled_from(["exit", "cut", "max", "or-else"])),
    )
)
def test_a_trigger_is_spelled_as_it_is_read(trigger: Trigger) -> None:
    check_value(read_trigger, spelling.render_trigger(trigger), trigger)


@given(
    st.one_of(
        st.builds(
            SendNote,
            notes,
            channels,
            st.none() | st.integers(1, 127),
            st.none()
            | st.builds(Duration, st.integers(1, 99).map(Fraction), st.sampled_from(Unit)),
        ),
        st.builds(SendControl, values, values, channels),
        st.builds(SendProgram, st.integers(1, 128), channels),
    )
)
def test_a_message_is_spelled_as_it_is_read(message: SendMidi) -> None:
    check_value(read_midi, spelling.render_midi(message), message)


@pytest.mark.parametrize(
    ("text", "option", "start"),
    [
        ("8 bars max 8 bars", "max", 7),
        ("go x cut", "cut", 5),
        ("go cut", None, 0),
        ("go cut max 3 bars", "max", 7),
        ("go max 8 bars", "max", 3),
        ("note C3 cut seed 3", "cut", 8),
        ("go cut seed 3", "cut", 3),
        ("8 bars tempo 90 meter 3/4", "tempo", 7),
        ("8 bars until go out", "until", 7),
        ("x meter-y", None, 0),
        ("8 bars", None, 0),
    ],
)
def test_options_after_a_length_or_a_trigger(text: str, option: str | None, start: int) -> None:
    found = find_option(text)
    assert (None if found is None else (found[1], found.start(1))) == (
        None if option is None else (option, start)
    )
