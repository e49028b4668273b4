"""Every event and every command as JSON, written and read, and the values that are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.events import commands
from sequencer.events import events as from_here
from sequencer.events import events as from_stage
from sequencer.events.codec import (
    Event,
    command_from_json,
    command_to_json,
    event_from_json,
    event_to_json,
)
from sequencer.events.commands import Command
from tests.support.schedules import IMAGE

EVENTS: dict[str, Event] = {
    "ready": from_stage.Ready(1, "simulated", fades=True),
    "state": from_stage.StateReported(
        1, True, True, False, 33, 4, "A", ((5, "B"), (7, "C")), True, 0.5
    ),
    "chunk_done": from_stage.ChunkDone(1, 4, 165, "A"),
    "prompt_accepted": from_stage.PromptAccepted(1, "A", 4),
    "image_accepted": from_stage.ImageAccepted(1, 640, 384),
    "conditions_ready": from_stage.ConditionsReady(1, True, False),
    "started": from_stage.Started(1, 2, "A"),
    "paused": from_stage.Paused(1, 3),
    "resumed": from_stage.Resumed(1, 3),
    "was_reset": from_stage.ResetDone(1),
    "refused": from_stage.CommandRefused(1, "start", "no prompt"),
    "uploaded": from_stage.Uploaded(1, "a" * 64),
    "upload_failed": from_stage.UploadFailed(1, "a" * 64, "too large"),
    "chunk_shown": from_stage.ChunkShown(1, 4, 2),
    "pictures": from_stage.FramesRendered(1, 4, 33, "a" * 64, "r1"),
    "stage_status": from_stage.StageStatus(1, "waiting", "in line"),
    "lost": from_stage.ConnectionLost(1, "no route"),
    "restored": from_stage.ConnectionRestored(1),
    "session_ended": from_stage.SessionEnded(1, "expired"),
    "unknown": from_stage.UnknownMessage(1, "weather", '{"rain":true}'),
    "note": from_here.NoteReceived(1, 60, 99, 2),
    "cc": from_here.ControlChanged(1, 20, 64, 2),
    "program": from_here.ProgramChanged(1, 5, 2),
    "go": from_here.OperatorGo(1, "exit"),
    "begin": from_here.BeginRequested(1),
    "osc": from_here.OscReceived(1, "/drop", (1, 0.5, "text", True)),
    "hand_pause": from_here.OperatorPause(1, True),
    "improvised": from_here.Improvised(
        at=1,
        prompt="A tram turns.",
        image=IMAGE,
        strength=Fraction(1, 2),
        sr="4x",
        section="drop",
        unit="beats",
        every=2,
    ),
    "clock_moved": from_here.TransportChanged(1, "continue"),
    "clock_located": from_here.TransportLocated(1, 8.5),
    "clock_fit": from_here.ClockFitted(1, 8.5, 99, 2e-9, 1.5, "free"),
    "boundary_fit": from_here.BoundariesFitted(1, 4, 99, 1.375e9, 2.5, 7),
    "offset": from_here.OffsetChanged(1, -5),
    "clip": from_here.ClipRequested(1, 30),
    "woke": from_here.TimerFired(1, 99),
    "reload": from_here.ReloadRequested(at=1, version=2, where="section", section="drop"),
    "closing": from_here.StopRequested(1, from_here.FINISHED_BY_HAND),
}
"""One event of each kind, no field at its default."""

COMMANDS: dict[str, Command] = {
    "upload": commands.Upload(IMAGE),
    "set_seed": commands.SetSeed(4),
    "set_sr_scale": commands.SetSrScale("4x"),
    "set_image_strength": commands.SetImageStrength(0.5),
    "set_conditioning": commands.SetConditioning("A", "a" * 64),
    "set_image": commands.SetImage("a" * 64),
    "schedule_prompt": commands.SchedulePrompt("A", 4, fade=2),
    "start": commands.Start(),
    "pause": commands.Pause(),
    "resume": commands.Resume(),
    "reset": commands.Reset(),
    "send_midi": commands.SendMidi(99, "993c64"),
    "send_osc": commands.SendOsc(due=99, address="/drop", arguments=(1, 0.5, "text", True)),
    "wake_at": commands.WakeAt(99),
    "finish": commands.Finish("done"),
}
"""One command of each kind."""

Write = Callable[[Any], dict[str, Any]]
Read = Callable[[object], Any]

RECORDS: list[tuple[str, Any, Write, Read]] = [
    *((kind, event, event_to_json, event_from_json) for kind, event in EVENTS.items()),
    *((kind, command, command_to_json, command_from_json) for kind, command in COMMANDS.items()),
]
FIELDS = [
    pytest.param(value, to_json, from_json, one.name, id=f"{kind}.{one.name}")
    for kind, value, to_json, from_json in RECORDS
    for one in fields(value)
]


def test_there_is_one_of_each_kind() -> None:
    assert [type(event) for event in EVENTS.values()] == [
        *get_args(from_stage.StageEvent),
        *get_args(from_here.LocalEvent),
    ]
    assert [type(command) for command in COMMANDS.values()] == [
        commands.Upload,
        *get_args(commands.ModelCommand),
        commands.SendMidi,
        commands.SendOsc,
        commands.WakeAt,
        commands.Finish,
    ]


@pytest.mark.parametrize(
    ("kind", "value", "to_json", "from_json"), RECORDS, ids=[row[0] for row in RECORDS]
)
def test_both_ways(kind: str, value: Any, to_json: Write, from_json: Read) -> None:
    written = to_json(value)
    assert written["kind"] == kind
    assert list(written) == [one.name for one in fields(value)]
    assert from_json(json.loads(json.dumps(written))) == value


@pytest.mark.parametrize(("value", "to_json", "from_json", "name"), FIELDS)
def test_a_field_that_is_missing(value: Any, to_json: Write, from_json: Read, name: str) -> None:
    """A field without a default is required; one with a default may be missing, as in older
    journals.
    """
    written = to_json(value)
    del written[name]
    default = next(one.default for one in fields(value) if one.name == name)
    if name == "kind" or default is MISSING:
        with pytest.raises(ValueError, match=name if name != "kind" else "Unable to extract tag"):
            from_json(written)
    else:
        assert getattr(from_json(written), name) == default
        assert getattr(value, name) != default


def wrong(value: object, name: str) -> object:
    """Return a value that cannot be read as a field of this value's type."""
    match value:
        case _ if name in ("what", "quality", "status", "scale"):
            return "elsewhere"
        case bool():
            return "perhaps"
        case int() | float():
            return "many"
        case str():
            return 7
        case _:
            return 3.5


@pytest.mark.parametrize(("value", "to_json", "from_json", "name"), FIELDS)
def test_a_field_that_is_wrong(value: Any, to_json: Write, from_json: Read, name: str) -> None:
    written = to_json(value)
    written[name] = wrong(getattr(value, name), name)
    with pytest.raises(ValueError, match="kind" if name == "kind" else name):
        from_json(written)


@pytest.mark.parametrize(
    "value", [None, [], "ready", 7, {}, {"kind": None}, {"kind": "dance", "at": 1}], ids=repr
)
@pytest.mark.parametrize(
    "from_json", [event_from_json, command_from_json], ids=["event", "command"]
)
def test_what_is_no_record(value: object, from_json: Callable[[object], Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_json(value)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_is_no_event(kind: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        event_from_json(command_to_json(COMMANDS[kind]) | {"at": 1})


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"kind": "paused", "at": 1, "chunk": 1.5}, "chunk"),
        ({"kind": "note", "at": 1, "note": "C3"}, "note"),
        ({"kind": "state", "at": 1, "scheduled": [[1]]}, "scheduled"),
        ({"kind": "clock_moved", "at": 1, "what": "Start"}, "what"),
        ({"kind": "stage_status", "at": 1, "status": "READY"}, "status"),
        (
            {
                "kind": "clock_fit",
                "at": 1,
                "quarter": 0,
                "time": 0,
                "quarters_per_ns": 1,
                "quality": "good",
            },
            "quality",
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else value,
)
def test_values_of_another_kind(record: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        event_from_json(record)


def test_pairs_are_tuples_again() -> None:
    read = event_from_json(json.loads(json.dumps(event_to_json(EVENTS["state"]))))
    assert isinstance(read, from_stage.StateReported)
    assert read.scheduled == ((5, "B"), (7, "C"))
    assert isinstance(read.scheduled[0], tuple)


def test_an_image_is_written_as_its_fields() -> None:
    assert command_to_json(commands.Upload(IMAGE))["image"] == {
        "path": "a.png",
        "sha256": "a" * 64,
        "mime_type": "image/png",
        "width": 640,
        "height": 384,
        "size": 1000,
    }


def test_the_defaults_of_events_that_fire_triggers() -> None:
    """A channel and a velocity that are not given default to those of a score that omits them."""
    assert (from_here.NoteReceived(1, 60).velocity, from_here.NoteReceived(1, 60).channel) == (
        100,
        1,
    )
    assert (
        from_here.ControlChanged(1, 20, 64).channel == from_here.ProgramChanged(1, 5).channel == 1
    )
    assert from_here.ClockFitted(1, 0.0, 0, 1e-9).quality == "locked"
    assert (
        from_here.BoundariesFitted(1, 0, 0, 1.0).deviation,
        from_here.BoundariesFitted(1, 0, 0, 1.0).lag,
    ) == (0.0, 0)


@settings(deadline=None)  # the first example includes building the reader of events
@given(
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_floats_are_exact_in_a_journal(at: int, quarter: float, pace: float) -> None:
    event = from_here.ClockFitted(at, quarter, at, pace)
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


@settings(deadline=None)  # the first example includes building the reader of events
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_texts_are_exact_in_a_journal(text: str) -> None:
    event = from_stage.StateReported(1, True, True, False, 0, 0, text, ((1, text),))
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_the_journal_page_names_the_class_of_each_kind() -> None:
    page = (Path(__file__).parents[3] / "docs" / "journal.md").read_text(encoding="utf-8")
    listed = {
        kind: name
        for name, kind in re.findall(r"^\| `([A-Z]\w+)` \| `(\w+)` \|$", page, re.MULTILINE)
    }
    for record in (*get_args(Event), *get_args(Command)):
        kind = str(next(one.default for one in fields(record) if one.name == "kind"))
        named_after_kind = "".join(word.capitalize() for word in kind.split("_"))
        assert listed.pop(kind, named_after_kind) == record.__name__
    assert not listed, "kinds that do not exist"


def test_a_prompt_without_a_fade_is_written_as_before_there_were_any() -> None:
    written = command_to_json(commands.SchedulePrompt("A", 4))
    assert written == {"prompt": "A", "chunk": 4, "kind": "schedule_prompt"}
    assert command_from_json(written) == commands.SchedulePrompt("A", 4)
