"""Helios' messages and commands in both dialects: round trips, and whatever else may arrive."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.events.commands import (
    Pause,
    Reset,
    Resume,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    ConditionsReady,
    ImageAccepted,
    Paused,
    PromptAccepted,
    ResetDone,
    Resumed,
    Started,
    StateReported,
    UnknownMessage,
)
from sequencer.stages.wire.helios.commands import (
    COMMAND_NAMES,
    HeliosCommand,
    Problem,
    SetPrompt,
    read_command,
    write_command,
)
from sequencer.stages.wire.helios.model_messages import (
    MAX_UNKNOWN,
    Dialect,
    FrameCount,
    HeliosEvent,
    HeliosReader,
    write_message,
    write_seed_set,
    write_switch,
)

texts = st.text(max_size=40)
counts = st.integers(0, 10**6)
events: st.SearchStrategy[HeliosEvent] = st.one_of(
    st.builds(
        StateReported,
        at=counts,
        running=st.booleans(),
        started=st.booleans(),
        paused=st.booleans(),
        frame=counts,
        chunk=counts,
        prompt=st.none() | texts,
        scheduled=st.dictionaries(counts, texts, max_size=4).map(
            lambda pairs: tuple(sorted(pairs.items()))
        ),
        image_set=st.booleans(),
        strength=st.none() | st.floats(0, 1),
    ),
    st.builds(PromptAccepted, at=counts, prompt=texts, chunk=st.none() | counts),
    st.builds(ImageAccepted, at=counts, width=counts, height=counts),
    st.builds(ConditionsReady, at=counts, has_prompt=st.booleans(), has_image=st.booleans()),
    st.builds(Started, at=counts, chunk=counts, prompt=st.none() | texts),
    st.builds(Paused, at=counts, chunk=st.none() | counts),
    st.builds(Resumed, at=counts, chunk=st.none() | counts),
    st.builds(ResetDone, at=counts),
    st.builds(
        CommandRefused,
        at=counts,
        command=st.sampled_from(COMMAND_NAMES),
        reason=texts.map(str.lstrip),
    ),
)
commands: st.SearchStrategy[HeliosCommand] = st.one_of(
    st.builds(SetPrompt, prompt=texts),
    st.builds(SchedulePrompt, prompt=texts, chunk=counts),
    st.builds(SetConditioning, prompt=texts, image=st.text(min_size=1)),
    st.builds(SetImage, image=st.text(min_size=1)),
    st.builds(SetImageStrength, strength=st.floats(-2, 2)),
    st.builds(SetSrScale, scale=st.sampled_from(["off", "2x", "4x"])),
    st.builds(SetSeed, seed=st.integers(-1, 2**32)),
    st.sampled_from([Start(), Pause(), Resume(), Reset()]),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
message_names = st.sampled_from(
    [
        "state", "chunk_complete", "prompt_accepted", "prompt_scheduled", "prompt_switched", "image_accepted", "image_set",
        "conditions_ready", "generation_started", "generation_paused", "generation_resumed", "generation_reset",
        "command_error", "error", "seed_set", "event",
    ]
) | texts  # fmt: skip
keys = st.sampled_from(
    [
        "running", "started", "paused", "current_frame", "current_chunk", "current_prompt", "scheduled_prompts", "image_set",
        "image_strength", "chunk_index", "frames_emitted", "active_prompt", "prompt", "chunk", "width", "height",
        "has_prompt", "has_image", "command", "reason", "message", "new_prompt", "event",
    ]
)  # fmt: skip


def read_one(name: str, data: dict[str, Any], at: int = 5) -> object:
    (event,) = HeliosReader().read(name, data, at)
    return event


def as_doubles(value: Any) -> Any:
    """Convert a value to what a protobuf struct delivers: every number is a double."""
    if isinstance(value, bool) or not isinstance(value, int | dict | list):
        return value
    if isinstance(value, dict):
        return {key: as_doubles(one) for key, one in value.items()}
    return [as_doubles(one) for one in value] if isinstance(value, list) else float(value)


@given(
    events,
    st.sampled_from(["current", "2026-early"]),
    st.sampled_from(["map", "list"]),
    st.booleans(),
)
def test_an_event_comes_back_as_it_went(
    event: HeliosEvent, dialect: Dialect, scheduled: Any, doubles: bool
) -> None:
    name, data = write_message(event, dialect, scheduled=scheduled)
    sent = json.loads(json.dumps(data))
    expected: HeliosEvent = event
    if isinstance(event, PromptAccepted) and dialect == "current":
        expected = PromptAccepted(event.at, event.prompt)  # this dialect has no field for the chunk
    assert read_one(name, as_doubles(sent) if doubles else sent, event.at) == expected


@given(commands, st.booleans())
def test_a_command_comes_back_as_it_went(command: HeliosCommand, doubles: bool) -> None:
    name, data = write_command(command)
    sent = json.loads(json.dumps(data))
    assert read_command(name, as_doubles(sent) if doubles else sent) == command


@pytest.mark.parametrize(
    ("name", "kind"), [("generation_paused", Paused), ("generation_resumed", Resumed)]
)
@pytest.mark.parametrize("data", [{}, {"chunk_index": None}])
def test_a_pause_need_not_report_where(
    name: str, kind: type[Paused | Resumed], data: dict[str, Any]
) -> None:
    assert read_one(name, data) == kind(5, None)
    assert write_message(kind(5, None), "current") == (name, {})
    assert read_one(name, {"chunk_index": 0}) == kind(5, 0)


@given(message_names, st.dictionaries(keys, json_values, max_size=6) | json_values)
def test_reading_never_raises(name: str, data: Any) -> None:
    (event,) = HeliosReader().read(name, data, 7)
    assert event.at == 7


@given(
    st.sampled_from(COMMAND_NAMES) | texts,
    st.dictionaries(st.sampled_from(["prompt", "chunk", "image", "seed"]), json_values),
)
def test_reading_a_command_never_raises(name: str, data: dict[str, Any]) -> None:
    read_command(name, data)


def test_the_current_dialect_word_for_word() -> None:
    state = StateReported(1, True, True, False, 66, 2, "a boat", ((4, "rain"),), True, 0.5)
    assert write_message(state) == (
        "state",
        {
            "running": True,
            "started": True,
            "paused": False,
            "current_frame": 66,
            "current_chunk": 2,
            "current_prompt": "a boat",
            "scheduled_prompts": {"4": "rain"},
            "image_set": True,
            "image_strength": 0.5,
        },
    )
    assert write_message(ChunkDone(1, 2, 99, "a")) == (
        "chunk_complete",
        {"chunk_index": 2, "frames_emitted": 99, "active_prompt": "a"},
    )
    assert write_message(ChunkDone(1, 2, 99, "a"), chunk_frames=33)[1]["frames_emitted"] == 33
    assert write_message(CommandRefused(1, "start", "No prompt set")) == (
        "command_error",
        {"command": "start", "reason": "No prompt set"},
    )


def test_the_early_dialect_word_for_word() -> None:
    assert write_message(PromptAccepted(1, "a", 4), "2026-early") == (
        "event",
        {"event": "prompt_scheduled", "prompt": "a", "chunk": 4},
    )
    assert write_message(ImageAccepted(1, 8, 6), "2026-early")[1]["event"] == "image_set"
    assert write_message(CommandRefused(1, "start", "No prompt set"), "2026-early") == (
        "event",
        {"event": "error", "message": "[start] No prompt set"},
    )
    name, data = write_switch(99, 3, "new", "old")
    assert read_one(name, data) == Started(5, 3, "new")
    assert isinstance(read_one(*write_seed_set(9)), UnknownMessage)


def test_an_error_without_its_command_is_still_a_refusal() -> None:
    assert read_one("event", {"event": "error", "message": "it broke"}) == CommandRefused(
        5, "", "it broke"
    )
    assert read_one("error", {"message": "[set_image] too big"}) == CommandRefused(
        5, "set_image", "too big"
    )


def test_a_switch_reports_what_later_chunks_omit() -> None:
    reader = HeliosReader()
    reader.read("event", {"event": "prompt_switched", "frame": 0, "chunk": 0, "new_prompt": "a"}, 0)
    (done,) = reader.read(
        "event", {"event": "chunk_complete", "chunk_index": 0, "frames_emitted": 33}, 1
    )
    assert done == ChunkDone(1, 0, 33, "a")
    (done,) = reader.read(
        "chunk_complete", {"chunk_index": 1, "frames_emitted": 66, "active_prompt": None}, 2
    )
    assert done == ChunkDone(2, 1, 66, None)


@pytest.mark.parametrize(
    "data",
    [
        {"chunk_index": -1, "frames_emitted": 33},
        {"chunk_index": 1.5, "frames_emitted": 33},
        {"chunk_index": True, "frames_emitted": 33},
        {"chunk_index": "four", "frames_emitted": 33},
        {"chunk_index": 10**30, "frames_emitted": 33},
        {"chunk_index": float("nan"), "frames_emitted": 33},
        {"frames_emitted": 33},
        {"chunk_index": 1, "frames_emitted": 33, "active_prompt": 7},
    ],
)
def test_what_does_not_hold_what_its_name_promises_is_unknown(data: dict[str, Any]) -> None:
    event = read_one("chunk_complete", data)
    assert isinstance(event, UnknownMessage)
    assert event.message == "chunk_complete"
    assert json.loads(event.data).keys() == data.keys()


def test_an_unknown_message_is_kept_within_bounds() -> None:
    event = read_one("weather", {"text": "x" * 10 * MAX_UNKNOWN})
    assert isinstance(event, UnknownMessage)
    assert len(event.data) == MAX_UNKNOWN


def test_a_message_that_refers_to_itself_is_kept_too() -> None:
    data: dict[str, Any] = {}
    data["self"] = data
    assert isinstance(read_one("weather", data), UnknownMessage)


def test_a_misspelt_key_falls_to_its_default() -> None:
    assert read_command("schedule_prompt", {"prompt": "a", "chunk_index": 7}) == SchedulePrompt(
        "a", 0
    )
    assert read_command("set_image_strength", {"strength": 0.2}) == SetImageStrength(1.0)
    assert read_command("set_sr_scale", {"scale": "4x"}) == SetSrScale("2x")
    assert read_command("set_seed", {"Seed": 4}) == SetSeed(0)


def test_what_is_required_is_missed_by_name() -> None:
    assert read_command("set_conditioning", {"prompt": "a"}) == Problem(
        "set_conditioning", "image is required"
    )
    assert read_command("set_prompt", {"Prompt": "a"}) == Problem(
        "set_prompt", "prompt is required"
    )
    assert read_command("set_sr_scale", {"sr_scale": "3x"}) == Problem(
        "set_sr_scale", "sr_scale must be one of off, 2x, 4x"
    )
    assert read_command("dance", {}) == Problem("dance", "unknown command")


def test_an_upload_may_come_as_an_object() -> None:
    assert read_command("set_image", {"image": {"upload_id": "u1", "name": "a.png"}}) == SetImage(
        "u1"
    )


def complete(emitted: list[int], first: int = 0) -> list[int]:
    counter = FrameCount()
    return [counter.total(first + index, count) for index, count in enumerate(emitted)]


def test_frames_are_totals_however_they_are_counted() -> None:
    assert complete([33, 66, 99, 132]) == [33, 66, 99, 132]
    assert complete([33, 33, 33, 33]) == [33, 66, 99, 132]
    assert complete([0, 33, 66, 99]) == [0, 33, 66, 99]
    assert complete([0, 33, 33, 33]) == [0, 33, 66, 99]
    assert complete([0, 0, 33, 33]) == [0, 0, 33, 66]
    assert complete([9, 33, 33]) == [9, 42, 75]
    assert complete([9, 42, 75]) == [9, 42, 75]


def test_frames_after_lost_and_repeated_reports() -> None:
    counter = FrameCount()
    assert [counter.total(*one) for one in [(0, 33), (1, 33), (4, 33), (4, 33), (5, 33)]] == [
        33,
        66,
        165,
        165,
        198,
    ]
    counter = FrameCount()
    assert [counter.total(*one) for one in [(0, 33), (3, 132), (3, 132), (4, 165), (2, 99), (5, 198)]] == [
        33, 132, 132, 165, 99, 198,
    ]  # fmt: skip


def test_frames_start_over_with_a_take() -> None:
    reader = HeliosReader()
    for chunk in range(3):
        reader.read("chunk_complete", {"chunk_index": chunk, "frames_emitted": 33}, chunk)
    reader.read("generation_reset", {}, 4)
    (done,) = reader.read(
        "chunk_complete", {"chunk_index": 0, "frames_emitted": 33, "active_prompt": "a"}, 5
    )
    assert done == ChunkDone(5, 0, 33, "a")
    (done,) = reader.read(
        "chunk_complete", {"chunk_index": 1, "frames_emitted": 33, "active_prompt": "a"}, 6
    )
    assert done == ChunkDone(6, 1, 66, "a")


@given(
    st.lists(st.sampled_from([0, 33]), min_size=0, max_size=3), st.integers(1, 30), st.booleans()
)
def test_both_ways_of_counting_agree(warm: list[int], made: int, per_chunk: bool) -> None:
    frames = [0 for _ in warm] + [33] * made
    totals = [sum(frames[: index + 1]) for index in range(len(frames))]
    assert complete(frames if per_chunk else totals) == totals
