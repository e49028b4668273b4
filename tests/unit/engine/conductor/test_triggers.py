"""Which triggers an event fires: velocities and releases of notes."""

from __future__ import annotations

import pytest

from sequencer.core.osc_values import OscValue
from sequencer.engine.conductor.triggers import TriggerMatcher
from sequencer.events.events import NoteReceived, OscReceived
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.describe import firing_by_name

SCORE = """
at 0c "A."
on note C3 -> "any"
on note C3 vel >= 100 -> "loud"
on note C3 vel < 20 -> "soft"
on note C3 vel > 0 ch 2 -> "channel 2"
on release C3 -> "released"
on release C3 ch 3 -> "released on 3"
end 9c
"""


def fired(note: int, velocity: int, channel: int = 1) -> set[str]:
    schedule = compile_score(reads(SCORE))
    found = TriggerMatcher(schedule).match(NoteReceived(0, note, velocity, channel))
    known = {rule.trigger for rule in schedule.stretches[0].rules}
    return {firing_by_name(one, "C3") for one in found if one in known}


@pytest.mark.parametrize(
    ("velocity", "names"),
    [
        (127, {"note C3", "note C3 vel >= 100"}),
        (100, {"note C3", "note C3 vel >= 100"}),
        (99, {"note C3"}),
        (20, {"note C3"}),
        (19, {"note C3", "note C3 vel <= 19"}),
        (1, {"note C3", "note C3 vel <= 19"}),
        (0, {"release C3"}),
    ],
)
def test_velocities_decide(velocity: int, names: set[str]) -> None:
    assert fired(60, velocity) == names
    assert fired(61, velocity) == set()


def test_channels_decide_too() -> None:
    assert fired(60, 64, 2) == {"note C3", "note C3 ch 2 vel >= 1"}
    assert fired(60, 0, 3) == {"release C3", "release C3 ch 3"}


OSC = """
at 0c "A."
on osc "/drop" -> "dropped"
on osc "/fader" > 0.5 -> "up"
on osc "/fader" < 0.5 -> "down"
end 9c
"""


def osc(matcher: TriggerMatcher, address: str, *arguments: OscValue) -> set[str]:
    found = matcher.match(OscReceived(0, address, arguments))
    return {firing_by_name(one, "C3") for one in found}


def test_a_message_with_0_or_false_is_a_release() -> None:
    matcher = TriggerMatcher(compile_score(reads(OSC)))
    firing: list[tuple[OscValue, ...]] = [(), (1,), (0.25,), ("0",), (True,), (1, 0)]
    for arguments in firing:
        assert osc(matcher, "/drop", *arguments) == {"osc /drop"}
    releasing: list[tuple[OscValue, ...]] = [(0,), (0.0,), (False,), (0, 1)]
    for arguments in releasing:
        assert osc(matcher, "/drop", *arguments) == set()


def test_a_value_crosses_as_a_controller_does() -> None:
    matcher = TriggerMatcher(compile_score(reads(OSC)))
    values: list[OscValue] = [
        0.9,
        0.4,
        0.48,
        0.6,
        0.49,
        0.6,
        0.47,
        0.51,
        "1",
        float("nan"),
        0.1,
        True,
    ]
    names = {"osc /fader > 0.5", "osc /fader < 0.5"}
    crossed = [osc(matcher, "/fader", value) & names for value in values]
    up, down, none = {"osc /fader > 0.5"}, {"osc /fader < 0.5"}, set[str]()
    assert crossed == [none, down, none, up, down, none, down, up, none, none, none, up]
