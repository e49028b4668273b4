"""A pad that bounces leaves one section, and a held key acts once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.events import (
    ControlChanged,
    NoteReceived,
    OperatorGo,
    OscReceived,
    ProgramChanged,
    TransportChanged,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.operator.debounce import MAX_SOURCES, Debounce, ExitDebounce

MS = 1_000_000
SCORE = """clock 120 bpm, 4/4
section first until {exit}, max 64 bars {{
  at 1 "A tram."
  on note E3 -> "Lightning."
  on note F3 -> goto second
}}
section second until {exit}, max 64 bars {{
  at 1 "A tram at night."
}}
"""


class Run:
    """A run that waits in its first section, and the filter in front of it."""

    def __init__(self, leaves: str, interval_ms: int = 100) -> None:
        self.conductor = Conductor(compile_score(reads(SCORE.format(exit=leaves))))
        self.notices: list[str] = []
        self.exits = ExitDebounce(
            Debounce(interval_ms, self.notices.append), lambda: self.conductor.view
        )

    def play(self, events: Iterable[Event]) -> list[int]:
        """Return the times in milliseconds of the events that reach the conductor."""
        admitted = []
        for event in events:
            if self.exits.admits(event):
                admitted.append(event.at // MS)
                self.conductor.receive(event)
        return admitted


def note(at: int, number: int = 62, velocity: int = 90, channel: int = 1) -> NoteReceived:
    return NoteReceived(at * MS, number, velocity, channel)


def test_presses_that_follow_too_soon_are_one_burst_with_one_notice() -> None:
    notices: list[str] = []
    debounce = Debounce(100, notices.append)
    times = (0, 60, 120, 219, 319, 320)
    assert [at for at in times if debounce.admits("pad", at * MS)] == [0, 319]
    assert notices == ["pad ignored: it came within 100 ms of the press before it"] * 2


def test_inputs_are_apart_and_only_the_latest_are_remembered() -> None:
    debounce = Debounce(100, lambda _: None)
    assert all(debounce.admits(f"pad {number}", 0) for number in range(MAX_SOURCES + 1))
    assert debounce.admits("pad 0", 1), "the oldest is forgotten"
    assert not debounce.admits("pad 5", 1)


def test_an_interval_of_0_ignores_nothing() -> None:
    debounce = Debounce(0, pytest.fail)
    assert all(debounce.admits("pad", 0) for _ in range(3))
    assert Run("note D3", 0).play([note(0), note(0)]) == [0, 0]


def test_a_pad_that_bounces_leaves_one_section() -> None:
    run = Run("note D3")
    hit = [note(0), note(8, velocity=0), note(15), note(30, velocity=0), note(40)]
    assert run.play(hit) == [0, 8, 30], "the releases leave nothing"
    assert run.notices == ["note D3 ignored: it came within 100 ms of the press before it"]
    assert run.play([note(140)]) == [140], "a second hit"


@pytest.mark.parametrize(
    ("leaves", "event", "name"),
    [
        ("program 5", lambda at: ProgramChanged(at * MS, 5, 1), "program 5"),
        ("note D3 ch 10", lambda at: note(at, channel=10), "note D3 ch 10"),
        ("note D3 vel >= 50", note, "note D3"),
        ("release D3", lambda at: note(at, velocity=0), "release D3"),
        ('osc "/out"', lambda at: OscReceived(at * MS, "/out", (1,)), "osc /out"),
        ("note D3", lambda at: note(at, 65), "note F3"),
    ],
)
def test_everything_that_leaves_a_section_is_debounced(leaves: str, event: Any, name: str) -> None:
    run = Run(leaves)
    assert run.play([event(0), event(99), event(150), event(260)]) == [0, 260]
    assert run.notices == [f"{name} ignored: it came within 100 ms of the press before it"]


def test_what_leaves_nothing_may_come_at_any_speed() -> None:
    run = Run("note D3")
    roll: list[Event] = [note(at, 64) for at in range(0, 100, 10)]
    others: list[Event] = [
        TransportChanged(5 * MS, "stop"),
        OperatorGo(6 * MS, "x"),
        OperatorGo(7 * MS, "x"),
    ]
    assert len(run.play([*roll, *others])) == len(roll) + 3
    assert run.notices == []


def test_the_values_of_a_controller_on_their_way_to_a_crossing_are_no_presses() -> None:
    run = Run("cc 20 > 64")
    sweep = [ControlChanged(at * MS, 20, 50 + at, 1) for at in range(30)]
    assert run.play(sweep) == list(range(30))


@pytest.mark.parametrize(
    ("leaves", "event"),
    [
        ("cc 20 > 64", lambda at, value: ControlChanged(at * MS, 20, value, 1)),
        (
            'osc "/fader" > 0.5',
            lambda at, value: OscReceived(at * MS, "/fader", (value / 127,)),
        ),
    ],
)
def test_a_value_that_was_ignored_does_not_cross_later(leaves: str, event: Any) -> None:
    run = Run(leaves)
    bounce = [event(0, 0), event(1, 127), event(10, 0), event(20, 127)]
    assert run.play(bounce) == [0, 1, 10]
    assert run.play([event(900, 126)]) == [], "the knob has not been below 64 in between"
    assert run.play([event(950, 0), event(2000, 127)]) == [950, 2000]
    assert len(run.notices) == 1
