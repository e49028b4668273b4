"""Models from 1.x: every command is answered once, and a take can continue from a snapshot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import ChunkGrid
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import (
    Acknowledged,
    ChunkBegun,
    ChunkInputs,
    Message,
    Output,
    UploadedImage,
)
from sequencer.stages.simulated.snapshots import MAX_LABEL_CHARACTERS, MAX_SNAPSHOTS
from sequencer.stages.wire.helios.commands import COMMAND_NAMES, SNAPSHOT_COMMAND_NAMES

CHUNK = 1_375_000_000
MS = 1_000_000


class _Driven:
    """A model driven step by step; keeps all its output."""

    def __init__(self, dialect: str = "1.x", **faults: Any) -> None:
        self.model = HeliosModel(Faults.model_validate({"dialect": dialect, **faults}), ChunkGrid())
        self.model.uploaded("img", UploadedImage(64, 48))
        self.outputs: list[Output] = []
        self.now = 0
        self.asks = 0

    def do(self, name: str, **data: object) -> int:
        """Send a command, and return the number of its answer."""
        self.asks += 1
        self.outputs += self.model.ask(name, data, self.now, self.asks)
        return self.asks

    def wait(self, ns: int) -> None:
        self.now += ns
        self.outputs += self.model.advance(self.now)

    def playing(self, chunks: int) -> _Driven:
        """Start, and wait until the middle of the chunk after this many."""
        self.do("set_prompt", prompt="a red field")
        self.do("start")
        self.wait(chunks * CHUNK + CHUNK // 2)
        return self

    def answer(self, ask: int) -> Message | None:
        """Return the answer to a command; there must be exactly one."""
        found = [
            one
            for one in self.outputs
            if isinstance(one, Message | Acknowledged) and ask in one.answers
        ]
        assert len(found) == 1, f"{len(found)} answers"
        return found[0] if isinstance(found[0], Message) else None

    def asked(self, name: str, **data: object) -> tuple[str, dict[str, object]]:
        """Send a command, wait two chunks, and return its answer."""
        ask = self.do(name, **data)
        self.wait(2 * CHUNK)
        message = self.answer(ask)
        assert message is not None
        return message.type, dict(message.data)

    @property
    def looks(self) -> list[ChunkInputs]:
        return [one.look for one in self.outputs if isinstance(one, ChunkBegun)]


def test_commands_are_answered_with_the_message_that_they_lead_to() -> None:
    driven = _Driven()
    assert driven.asked("set_prompt", prompt="a") == ("prompt_accepted", {"prompt": "a"})
    assert driven.asked("schedule_prompt", prompt="b", chunk=90) == (
        "prompt_accepted",
        {"prompt": "b"},
    )
    assert driven.asked("set_image", image="img") == ("image_accepted", {"width": 64, "height": 48})
    name, ready = driven.asked("set_conditioning", prompt="a", image="img")
    assert (name, ready) == ("conditions_ready", {"has_prompt": True, "has_image": True})
    assert driven.asked("start") == ("generation_started", {"prompt": "a", "chunk_index": 0})
    assert driven.asked("pause")[0] == "generation_paused"
    assert driven.asked("resume")[0] == "generation_resumed"
    assert driven.asked("reset") == ("generation_reset", {})
    for name, data in (
        ("set_seed", {"seed": 4}),
        ("set_sr_scale", {"sr_scale": "4x"}),
        ("set_image_strength", {}),
    ):
        ask = driven.do(name, **data)
        driven.wait(CHUNK)
        assert driven.answer(ask) is None, f"{name} leads to no message"


def test_a_refused_command_is_acknowledged_after_the_refusal_was_sent() -> None:
    driven = _Driven()
    ask = driven.do("start")
    driven.wait(CHUNK)
    assert driven.answer(ask) is None
    kinds = [one.type if isinstance(one, Message) else "acknowledged" for one in driven.outputs]
    assert kinds == ["command_error", "state", "acknowledged"]


@pytest.mark.parametrize("dialect", ["current", "2026-early"])
def test_earlier_models_only_acknowledge_and_know_no_snapshots(dialect: str) -> None:
    driven = _Driven(dialect).playing(1)
    for name in SNAPSHOT_COMMAND_NAMES:
        ask = driven.do(name, snapshot_index=0)
        driven.wait(CHUNK)
        assert driven.answer(ask) is None
    assert all(driven.answer(ask) is None for ask in range(1, driven.asks + 1))
    assert "unknown command" in str(
        [one.data for one in driven.outputs if isinstance(one, Message)]
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*COMMAND_NAMES, *SNAPSHOT_COMMAND_NAMES, "dance"]),
            st.integers(0, 2 * CHUNK),
        ),
        max_size=30,
    ),
    st.booleans(),
    st.sampled_from([0, 3 * CHUNK]),
)
def test_every_command_is_answered_exactly_once(
    commands: list[tuple[str, int]], at_chunk: bool, encoding: int
) -> None:
    driven = _Driven(delays={"at_chunk": at_chunk, "image": encoding, "prompt": encoding // 2})
    for name, wait in commands:
        driven.do(name, prompt="a", image="img", snapshot_index=0, chunk=0)
        driven.wait(wait)
    if driven.asks:
        driven.do("resume")
        driven.wait(20 * CHUNK)
        driven.do("reset")
    driven.wait(20 * CHUNK)
    for ask in range(1, driven.asks + 1):
        driven.answer(ask)


def test_a_rewind_goes_on_from_the_snapshots_chunk_and_state() -> None:
    driven = _Driven()
    driven.do("set_seed", seed=7)
    driven.do("schedule_prompt", prompt="a blue sea", chunk=6)
    driven.playing(3)
    saved = driven.do("save_snapshot", label="before the sea")
    driven.wait(50 * MS)
    message = driven.answer(saved)
    assert message is not None
    assert (message.type, message.data) == (
        "snapshot_saved",
        {"snapshot_index": 0, "chunk": 3, "label": "before the sea", "parent_id": None},
    )
    driven.do("schedule_prompt", prompt="a storm", chunk=5)
    driven.do("set_sr_scale", sr_scale="4x")
    driven.wait(5 * CHUNK)
    first = driven.looks
    assert [one.prompt for one in first] == ["a red field"] * 5 + [
        "a storm",
        "a blue sea",
        "a blue sea",
        "a blue sea",
    ]
    assert [one.sr for one in first] == ["2x"] * 4 + ["4x"] * 5
    asked = driven.do("rewind", snapshot_index=0)
    driven.wait(6 * CHUNK)
    rewound = driven.answer(asked)
    assert rewound is not None
    assert (rewound.type, rewound.data) == ("generation_rewound", {"snapshot_index": 0, "chunk": 3})
    again = driven.looks[len(first) :]
    assert [(one.chunk, one.first_frame) for one in again][:6] == [
        (chunk, 33 * chunk) for chunk in range(3, 9)
    ]
    assert [one.prompt for one in again][:6] == ["a red field"] * 3 + ["a blue sea"] * 3, (
        "what came after the save is undone"
    )
    assert {one.sr for one in again} == {"2x"}
    assert {one.seed for one in again} == {7}
    assert again[0] == first[3], "the same chunk comes out differently"


def test_a_rewind_acts_after_the_chunk_in_the_making_or_at_once_while_paused() -> None:
    driven = _Driven().playing(2)
    driven.do("save_snapshot")
    driven.wait(CHUNK)
    driven.do("rewind", snapshot_index=0)
    assert driven.looks[-1].chunk == 3
    driven.wait(CHUNK)
    assert [one.chunk for one in driven.looks] == [0, 1, 2, 3, 2]
    driven.do("pause")
    driven.wait(2 * CHUNK)
    made = len(driven.looks)
    assert driven.asked("rewind", snapshot_index=0)[1]["chunk"] == 2
    assert len(driven.looks) == made, "a rewind ends no pause"
    driven.do("resume")
    assert driven.looks[-1].chunk == 2


def test_snapshots_have_parents_and_end_with_their_take() -> None:
    driven = _Driven().playing(2)
    for label in ("a", "b"):
        driven.asked("save_snapshot", label=label)
    driven.asked("rewind", snapshot_index=0)
    driven.asked("save_snapshot", label="c")
    listed = driven.asked("list_snapshots")[1]["snapshots"]
    assert isinstance(listed, list)
    assert [(one["snapshot_index"], one["label"], one["parent_id"]) for one in listed] == [
        (0, "a", None),
        (1, "b", 0),
        (2, "c", 0),
    ]
    driven.do("reset")
    driven.wait(2 * CHUNK)
    assert driven.asked("list_snapshots") == ("snapshots_listed", {"snapshots": []})


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("rewind", {"snapshot_index": 1}, "there is no snapshot 1"),
        ("rewind", {"snapshot_index": -1}, "must not be negative"),
        ("rewind", {}, "snapshot_index is required"),
        ("rewind", {"snapshot_index": "x"}, "must be a whole number"),
        ("save_snapshot", {"label": "x" * (MAX_LABEL_CHARACTERS + 1)}, "must not be longer"),
        ("save_snapshot", {"label": 3}, "must be a text"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    name: str, data: dict[str, object], why: str
) -> None:
    driven = _Driven().playing(1)
    driven.asked("save_snapshot")
    driven.do(name, **data)
    driven.wait(2 * CHUNK)
    refused = [
        str(one.data["reason"])
        for one in driven.outputs
        if isinstance(one, Message) and one.type == "command_error"
    ]
    assert len(refused) == 1
    assert why in refused[0]
    listed = driven.asked("list_snapshots")[1]["snapshots"]
    assert isinstance(listed, list)
    assert len(listed) == 1


def test_snapshots_are_bounded_and_need_something_to_save() -> None:
    driven = _Driven()
    ask = driven.do("save_snapshot")
    driven.wait(CHUNK)
    assert driven.answer(ask) is None
    driven.playing(1)
    for _ in range(MAX_SNAPSHOTS + 3):
        driven.do("save_snapshot")
    driven.wait(CHUNK)
    listed = driven.asked("list_snapshots")[1]["snapshots"]
    assert isinstance(listed, list)
    assert len(listed) == MAX_SNAPSHOTS
