"""Messages with a missing or wrong field, and uploads that can no longer be used."""

from __future__ import annotations

import pytest

from sequencer.core.errors import UsageError
from sequencer.events.commands import SetImage
from sequencer.events.events import CommandRefused
from sequencer.stages.simulated.faults import reads_faults
from sequencer.stages.simulated.faulty_channel import FaultyChannel
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import Message, UploadedImage
from sequencer.stages.wire.helios.commands import write_command
from sequencer.stages.wire.helios.model_messages import HeliosReader


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", {"b": 2}),
        (", value: -1", {"a": -1, "b": 2}),
        (", value: soon", {"a": "soon", "b": 2}),
        (", value: 'null'", {"a": None, "b": 2}),
    ],
)
def test_one_field_is_missing_or_holds_something_else(value: str, found: dict[str, object]) -> None:
    link = FaultyChannel(
        reads_faults(f"messages:\n  - {{do: spoil, type: state, nth: 2, field: a{value}}}\n")
    )
    original = Message(at=5, type="state", data={"a": 1, "b": 2})
    assert link.carry(original) == (original,)
    (spoilt,) = link.carry(original)
    assert (spoilt.at, spoilt.data) == (5, found)


@pytest.mark.parametrize(
    "text",
    ["do: spoil", "do: lose, field: a", "do: delay, value: 3", "do: spoil, field: a, by: 3s"],
)
def test_fields_and_spoiling_go_together(text: str) -> None:
    with pytest.raises(UsageError, match=r"field:|by:"):
        reads_faults(f"messages:\n  - {{type: state, {text}}}\n")


def test_an_upload_can_be_used_for_so_long() -> None:
    model = HeliosModel(reads_faults("uploads_last: 10s\n"))
    model.uploaded("i", UploadedImage(8, 6), 1_000_000_000)
    reader = HeliosReader()
    refused = []
    for second in (2, 11, 12):
        name, data = write_command(SetImage("i"))
        outputs = [
            *model.receive(name, data, second * 10**9),
            *model.advance(second * 10**9 + 500_000_000),
        ]
        events = [
            event
            for one in outputs
            if isinstance(one, Message)
            for event in reader.read(one.type, one.data, one.at)
        ]
        refused += [event.reason for event in events if isinstance(event, CommandRefused)]
    assert refused == ["the upload has expired"]
