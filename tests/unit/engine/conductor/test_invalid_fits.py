"""Fits that cannot have been measured: a journal may come from anybody, and the conductor must
accept its values.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest

import sequencer
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ClockFitted,
    ConditionsReady,
    Ready,
    Started,
    TransportChanged,
    TransportLocated,
)

SECOND = 1_000_000_000
ODD = (
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    -1e308,
    5e-324,
    0.0,
    -1.0,
    1e20,
    10**30,
    2**63,
    -(10**30),
    10**400,
)
TEXT = (
    'clock midi, nominal 120 bpm, 4/4\nseed 1\nat 1 "A boat."\nat 2 "A coat."\nat 3 sr 4x\nend 5\n'
)


def _events(
    clock: ClockFitted, boundaries: BoundariesFitted, located: TransportLocated
) -> list[Event]:
    events: list[Event] = [
        Ready(0),
        ConditionsReady(1, True, False),
        TransportChanged(2, "start"),
        ClockFitted(3, 0.0, 3, 2e-9),
    ]
    events += [
        replace(clock, at=4),
        Started(5, 0, None),
        replace(boundaries, at=6),
        replace(located, at=7),
    ]
    for chunk in range(4):
        at = (chunk + 1) * 1_375_000_000
        events += [
            ChunkDone(at, chunk, 33 * (chunk + 1), None),
            replace(clock, at=at + 1),
            replace(boundaries, at=at + 2),
        ]
    return events


@pytest.mark.parametrize("following", [True, None])
def test_no_fit_ends_a_run(following: bool | None) -> None:
    schedule = sequencer.compile_score(sequencer.reads(TEXT))
    whole: tuple[ClockFitted | BoundariesFitted | TransportLocated, ...] = (
        ClockFitted(SECOND, 2.0, SECOND, 2e-9, 1e5),
        BoundariesFitted(SECOND, 0, SECOND, 1.375e9, 1e5, 10**8),
        TransportLocated(SECOND, 4.0),
    )
    tried = 0
    for number, one in enumerate(whole):
        numbers = [
            field.name
            for field in fields(one)
            if isinstance(getattr(one, field.name), int | float) and field.name != "at"
        ]
        for name, odd in product(numbers, ODD):
            if isinstance(getattr(one, name), int) and not isinstance(odd, int):
                continue  # no journal contains it: it cannot be read
            changed = [*whole]
            changed[number] = replace(one, **{name: odd})  # type: ignore[arg-type]  # a number for a number
            conductor = Conductor(schedule, following)
            for event in _events(*changed):  # type: ignore[arg-type]  # in the order of the parameters
                conductor.receive(event)
            assert conductor.report().cues
            tried += 1
    assert tried > 60
