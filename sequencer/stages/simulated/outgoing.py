"""What leaves the simulated model, in order: its messages and everything else.

The messages are in the dialect that the faults file selects.
"""

from __future__ import annotations

from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios_state import Acknowledged, Message, Output
from sequencer.stages.wire.fields import Data
from sequencer.stages.wire.helios.model_messages import HeliosEvent, write_message


class OutgoingMessages:
    """Collects what leaves the model until it is taken."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._out: list[Output] = []

    def report(
        self,
        event: HeliosEvent,
        at: int,
        *,
        chunk_frames: int | None = None,
        answers: tuple[int, ...] = (),
    ) -> None:
        """Send an event at nanosecond `at`.

        `chunk_frames` is what `chunk_complete` counts, if that is not the total.
        """
        faults = self._faults
        written = write_message(
            event, faults.dialect, scheduled=faults.scheduled_prompts, chunk_frames=chunk_frames
        )
        self.send(written, at, answers)

    def send(self, message: tuple[str, Data], at: int, answers: tuple[int, ...] = ()) -> None:
        """Send a message that is already written."""
        kind, data = message
        self._out.append(Message(at=at, type=kind, data=data, answers=answers))

    def acknowledge(self, answers: tuple[int, ...], at: int) -> None:
        """Report only that these commands have been processed."""
        if answers:
            self._out.append(Acknowledged(at, answers))

    def add(self, output: Output) -> None:
        """Add any other output of the model."""
        self._out.append(output)

    def taken(self) -> tuple[Output, ...]:
        """Return what was collected, and forget it."""
        out, self._out = tuple(self._out), []
        return out
