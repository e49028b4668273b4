"""Triggers become schedule triggers with numbers, and schedule triggers become keys."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import NO_SPAN, Diagnostics
from sequencer.core.midi_notes import MiddleC
from sequencer.language.compiler.midi import parse_note_number, schedule_trigger, trigger_key
from sequencer.language.score import OnControl, OnGo, OnNote, OnProgram, OnTransport, Trigger
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    ProgramTrigger,
    TransportTrigger,
)
from sequencer.schedule.model import Trigger as ScheduleTrigger
from tests.support.compiler_passes import codes_of


@pytest.mark.parametrize(
    ("trigger", "firing", "key"),
    [
        (OnNote("C3"), NoteTrigger(60), "note 60"),
        (OnNote("61", 10), NoteTrigger(61, 10), "note 61 ch 10"),
        (OnControl(20, True, 64), ControlCrossing(control=20, above=True, value=64), "cc 20 > 64"),
        (
            OnControl(20, False, 64, 2),
            ControlCrossing(control=20, above=False, value=64, channel=2),
            "cc 20 < 64 ch 2",
        ),
        (OnProgram(5), ProgramTrigger(5), "program 5"),
        (OnProgram(128, 16), ProgramTrigger(128, 16), "program 128 ch 16"),
        (OnTransport("start"), TransportTrigger("start"), "start"),
        (OnTransport("stop"), TransportTrigger("stop"), "stop"),
        (OnTransport("continue"), TransportTrigger("continue"), "continue"),
        (OnGo("exit"), GoTrigger("exit"), "go exit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_firings_and_their_keys(trigger: Trigger, firing: ScheduleTrigger, key: str) -> None:
    faults = Diagnostics()
    assert schedule_trigger(trigger, "C3", faults) == firing
    assert trigger_key(firing) == key
    assert codes_of(faults) == []


@pytest.mark.parametrize(
    ("written", "middle", "number"),
    [
        ("C3", "C3", 60),
        ("C4", "C4", 60),
        ("C4", "C3", 72),
        ("C-2", "C3", 0),
        ("C-1", "C4", 0),
        ("G8", "C3", 127),
        ("G9", "C4", 127),
        ("F#2", "C3", 54),
        ("Gb2", "C3", 54),
        ("b♭1", "C3", 46),
        ("0", "C3", 0),
        ("127", "C4", 127),
        ("128", "C3", None),
        ("G#8", "C3", None),
        ("Cb-2", "C3", None),
        ("H3", "C3", None),
    ],
)
def test_the_numbers_of_notes(written: str, middle: MiddleC, number: int | None) -> None:
    faults = Diagnostics()
    assert parse_note_number(written, middle, NO_SPAN, faults) == number
    assert [one.code for one in faults.diagnostics] == ([] if number is not None else ["E312"])
