"""The state that a reader of Helios' messages keeps between messages, and the fields that it needs."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.events.codec import Event
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
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.helios.model_messages import MAX_UNKNOWN, FrameCount, HeliosReader
from sequencer.stages.wire.messages import ModelMessage


def read(*messages: tuple[str, dict[str, Any]]) -> list[Event]:
    """Return each message's event, all read by one reader at nanosecond 7."""
    reader = HeliosReader()
    return [event for name, data in messages for event in reader.read(name, data, 7)]


def test_the_prompt_in_force_is_that_of_the_last_start_that_named_one() -> None:
    events = read(
        ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
        ("generation_started", {"chunk_index": 0, "prompt": "a"}),
        ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
        ("generation_started", {"chunk_index": 1}),
        ("chunk_complete", {"chunk_index": 1, "frames_emitted": 66}),
        ("prompt_switched", {"chunk": 2, "new_prompt": "b"}),
        ("chunk_complete", {"chunk_index": 2, "frames_emitted": 99}),
        ("chunk_complete", {"chunk_index": 3, "frames_emitted": 132, "active_prompt": "c"}),
        ("chunk_complete", {"chunk_index": 4, "frames_emitted": 165, "active_prompt": None}),
        ("generation_reset", {}),
        ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
    )
    assert [one.prompt for one in events if isinstance(one, ChunkDone)] == [
        None,
        "a",
        "a",
        "b",
        "c",
        None,
        None,
    ]
    assert [one for one in events if isinstance(one, Started | ResetDone)] == [
        Started(7, 0, "a"),
        Started(7, 1, None),
        Started(7, 2, "b"),
        ResetDone(7),
    ]


def test_a_start_of_chunk_0_and_a_reset_begin_to_count_frames_anew() -> None:
    for again in (("generation_started", {"chunk_index": 0}), ("generation_reset", {})):
        events = read(
            ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
            ("chunk_complete", {"chunk_index": 1, "frames_emitted": 33}),
            ("chunk_complete", {"chunk_index": 2, "frames_emitted": 33}),
            again,
            ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
            ("chunk_complete", {"chunk_index": 1, "frames_emitted": 33}),
        )
        assert [one.frames for one in events if isinstance(one, ChunkDone)] == [33, 66, 99, 33, 66]


def test_frames_of_the_take_before_do_not_count() -> None:
    """The first take has a warm-up chunk without frames, the second does not."""
    for again in (("generation_started", {"chunk_index": 0}), ("generation_reset", {})):
        first = [
            ("chunk_complete", {"chunk_index": chunk, "frames_emitted": 33 if chunk else 0})
            for chunk in range(3)
        ]
        second = [
            ("chunk_complete", {"chunk_index": chunk, "frames_emitted": 33}) for chunk in range(3)
        ]
        events = read(*first, again, *second)
        assert [one.frames for one in events if isinstance(one, ChunkDone)] == [
            0,
            33,
            66,
            33,
            66,
            99,
        ]


def test_a_later_start_goes_on_counting() -> None:
    events = read(
        ("chunk_complete", {"chunk_index": 0, "frames_emitted": 33}),
        ("chunk_complete", {"chunk_index": 1, "frames_emitted": 33}),
        ("generation_started", {"chunk_index": 2}),
        ("chunk_complete", {"chunk_index": 2, "frames_emitted": 33}),
    )
    assert [one.frames for one in events if isinstance(one, ChunkDone)] == [33, 66, 99]


def test_frames_that_are_not_named_are_none() -> None:
    assert read(("chunk_complete", {"chunk_index": 4})) == [ChunkDone(7, 4, 0, None)]


@pytest.mark.parametrize(
    ("name", "data", "event"),
    [
        ("prompt_accepted", {"prompt": "a"}, PromptAccepted(7, "a", None)),
        ("prompt_scheduled", {"prompt": "a", "chunk": 3}, PromptAccepted(7, "a", 3)),
        ("image_accepted", {"width": 640, "height": 384}, ImageAccepted(7, 640, 384)),
        ("image_set", {}, ImageAccepted(7, 0, 0)),
        (
            "conditions_ready",
            {"has_prompt": True, "has_image": False},
            ConditionsReady(7, True, False),
        ),
        (
            "conditions_ready",
            {"has_prompt": False, "has_image": True},
            ConditionsReady(7, False, True),
        ),
        ("generation_started", {}, Started(7, 0, None)),
        ("generation_paused", {"chunk_index": 5}, Paused(7, 5)),
        ("generation_paused", {}, Paused(7, None)),
        ("generation_resumed", {"chunk_index": 5}, Resumed(7, 5)),
        ("command_error", {"command": "start", "reason": "no"}, CommandRefused(7, "start", "no")),
        ("command_error", {}, CommandRefused(7, "", "")),
        ("error", {"message": "[start] no prompt"}, CommandRefused(7, "start", "no prompt")),
        ("error", {"message": "[start]no\nprompt"}, CommandRefused(7, "start", "no\nprompt")),
        ("error", {"message": "no prompt"}, CommandRefused(7, "", "no prompt")),
        ("error", {"message": "well: [start] no"}, CommandRefused(7, "", "well: [start] no")),
    ],
)
def test_every_message_is_read_by_its_name_or_in_an_event(
    name: str, data: dict[str, Any], event: Event
) -> None:
    assert read((name, data)) == [event]
    assert read(("event", {**data, "event": name})) == [event]


def test_a_state_has_few_required_fields() -> None:
    assert read(("state", {"running": True, "current_chunk": 4})) == [
        StateReported(
            7,
            running=True,
            started=True,
            paused=False,
            frame=0,
            chunk=4,
            prompt=None,
            scheduled=(),
            image_set=False,
            strength=None,
        )
    ]
    whole = {
        "running": False, "started": True, "paused": True, "current_frame": 66, "current_chunk": 2, "current_prompt": "a",
        "scheduled_prompts": {"12": "c", "4": "b"}, "image_set": True, "image_strength": 0.25,
    }  # fmt: skip
    assert read(("state", whole)) == [
        StateReported(
            7, running=False, started=True, paused=True, frame=66, chunk=2, prompt="a", scheduled=((4, "b"), (12, "c")),
            image_set=True, strength=0.25,
        )
    ]  # fmt: skip
    assert isinstance(read(("state", {"running": False, "current_chunk": 0}))[0], StateReported)
    for missing in ("running", "current_chunk"):
        assert isinstance(
            read(("state", {name: one for name, one in whole.items() if name != missing}))[0],
            UnknownMessage,
        )


@pytest.mark.parametrize(
    ("scheduled", "pairs"),
    [
        (None, ()),
        ({}, ()),
        ([], ()),
        ({"4": "a", "3": "b"}, ((3, "b"), (4, "a"))),
        ({"999999999": "a"}, ((999_999_999, "a"),)),
        ({"1234567890": "a"}, ((1_234_567_890, "a"),)),
        ([{"chunk": 4, "prompt": "a"}, {"chunk": 3, "prompt": "b"}], ((3, "b"), (4, "a"))),
        ([{"chunk": 4, "prompt": "a"}, {"chunk": 4, "prompt": "b"}], ((4, "b"),)),
        ({"04": "a", "4": "b"}, ((4, "b"),)),
        ({"9" * 30: "a"}, None),
        ({7: "a"}, ((7, "a"),)),
        ("", None),
        (b"", None),
        ({"+4": "a"}, None),
        ({"four": "a"}, None),
        ({"-4": "a"}, None),
        ({"٤": "a"}, None),
        ({"²": "a"}, None),
        ({"4": 7}, None),
        ({"4": None}, None),
        ({"": "a"}, None),
        ([7], None),
        (["ab"], None),
        ([{"chunk": "x", "prompt": "a"}], None),
        ([{"chunk": 4}], None),
        ("4: a", None),
        (b"4: a", None),
        (4, None),
    ],
)
def test_scheduled_prompts_are_a_map_or_a_list(
    scheduled: object, pairs: tuple[tuple[int, str], ...] | None
) -> None:
    (event,) = read(
        ("state", {"running": True, "current_chunk": 0, "scheduled_prompts": scheduled})
    )
    if pairs is None:
        assert isinstance(event, UnknownMessage)
    else:
        assert isinstance(event, StateReported)
        assert event.scheduled == pairs


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("surprise", {"a": 1}),
        ("event", {"event": "surprise"}),
        ("event", {"event": 7, "chunk_index": 0}),
        ("event", {}),
        ("chunk_complete", {}),
        ("chunk_complete", {"chunk_index": 0, "active_prompt": 7}),
        ("prompt_accepted", {}),
        ("error", {}),
        ("conditions_ready", {"has_prompt": True}),
    ],
)
def test_what_is_not_understood_is_kept_as_it_came(name: str, data: dict[str, Any]) -> None:
    (event,) = read((name, data))
    assert isinstance(event, UnknownMessage)
    assert (event.at, event.message) == (7, name)


def test_only_so_much_of_it_is_kept() -> None:
    (event,) = read(("surprise", {"text": "ä" * 2 * MAX_UNKNOWN, "a": 1}))
    assert isinstance(event, UnknownMessage)
    assert len(event.data) == MAX_UNKNOWN
    assert event.data.startswith('{"a": 1, "text": "ää')


# ---- frames


@pytest.mark.parametrize(
    ("reports", "totals"),
    [
        ([(0, 33), (1, 66), (2, 99)], [33, 66, 99]),
        ([(0, 33), (1, 33), (2, 33)], [33, 66, 99]),
        ([(0, 0), (1, 33), (2, 66)], [0, 33, 66]),
        ([(0, 33), (1, 66), (1, 66)], [33, 66, 66]),
        ([(0, 33), (2, 33), (1, 33)], [33, 99, 66]),
        ([(0, 33), (2, 99), (1, 66)], [33, 99, 66]),
        ([(0, 33), (3, 132)], [33, 132]),
        ([(0, 33), (3, 33)], [33, 132]),
        ([(0, 33), (1, 30), (2, 36)], [33, 63, 99]),
        ([(0, 33), (1, 32), (2, 49)], [33, 65, 114]),  # 49 fits both ways equally well
        ([(0, 33), (1, 0), (2, 99)], [33, 66, 99]),
        ([(0, 33), (1, 33), (2, 0), (3, 33)], [33, 66, 99, 132]),
        ([(0, 33), (1, 1_000_000), (2, 99)], [33, 66, 99]),
        ([(0, 1_000_000), (1, 33), (2, 33)], [33, 66, 99]),
    ],
)
def test_frames_are_the_takes_total_however_they_are_counted(
    reports: list[tuple[int, int]], totals: list[int]
) -> None:
    count = FrameCount()
    assert [count.total(chunk, emitted) for chunk, emitted in reports] == totals


def test_text_is_of_the_early_wire_to_either_and_bytes_to_that_alone() -> None:
    """A runtime sends before it knows which wire its client uses."""
    text = '{"scope": "application", "data": {"type": "generation_reset", "data": {}}}'
    reset = ModelMessage("generation_reset", {})
    for payload in (text, text.encode()):
        assert Wire.V0.read_server("data", payload) == reset
    assert Wire.V1.read_server("data", text) == reset
    assert Wire.V1.read_server("data", text.encode()) != reset
