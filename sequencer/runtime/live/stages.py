"""Adapt the stages to live runs: each adds what the status line and the report need."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import StageError
from sequencer.events.codec import Event
from sequencer.events.commands import ModelCommand, Upload
from sequencer.events.events import ConnectionLost, ConnectionRestored, Ready, SessionEnded
from sequencer.schedule.model import Schedule
from sequencer.stages.kept_session import KeptSession, ModelHandover
from sequencer.stages.protocol import Deliver, FrameViewer
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import (
    FrameSink,
    ImageBytes,
    SimulatedSettings,
    SimulatedStage,
)
from sequencer.stages.vllm_omni.stage import VllmOmniStage
from sequencer.stages.wire.messages import Reference
from sequencer.sync.run_clock import Clock

if TYPE_CHECKING:
    from sequencer.stages.reactor.clips import Clip


class SimulatedLive:
    """The simulator in real time: for learning to perform without a key."""

    def __init__(
        self,
        clock: Clock,
        schedule: Schedule,
        faults: Faults,
        *,
        images: ImageBytes,
        frame_sink: FrameSink | None = None,
        score_chunk: Callable[[int], int] | None = None,
        viewer: FrameViewer | None = None,
        take_and_chunk: Callable[[int], tuple[int, int | None]] | None = None,
        adopt: ModelHandover | None = None,
    ) -> None:
        self._stage = SimulatedStage(
            clock,
            settings=SimulatedSettings(schedule.grid, faults, schedule.model),
            frame_sink=frame_sink,
            images=images,
            score_chunk=score_chunk,
            viewer=viewer,
            take_and_chunk=take_and_chunk,
            adopt=adopt,
        )
        self._name = "disconnected"
        self._losses = 0

    async def open(self, deliver: Deliver) -> None:
        """Connect and begin to deliver events."""
        self._name = "connecting"

        def through(event: Event) -> None:
            match event:
                case Ready() | ConnectionRestored():
                    self._name = "ready"
                case ConnectionLost():
                    self._name, self._losses = "connecting", self._losses + 1
                case SessionEnded():
                    self._name = "disconnected"
                case _:
                    pass
            deliver(event)

        await self._stage.open(through)

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Send commands to the stage."""
        await self._stage.send(commands)

    async def close(self) -> None:
        """End the session."""
        self._name = "disconnected"
        await self._stage.close()

    def live_status(self) -> tuple[str, str]:
        """Return the state of the connection."""
        return self._name, ""

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report."""
        return {"stage": "simulated", "losses": self._losses}

    async def clip(self, seconds: int) -> Clip:
        """Raise StageError: only the platform makes clips."""
        raise StageError(
            f"the simulator keeps no recording from which to take a clip of {seconds} s",
            "record the entire run with --record",
        )

    def memory(self) -> None:
        """Return None: the session ends with its process."""
        return

    def keep(self) -> KeptSession | None:
        """Keep the session for the next run; None if it is over."""
        return self._stage if self._stage.keep() else None


class ReactorLive:
    """A live Helios through Reactor."""

    def __init__(self, stage: ReactorStage) -> None:
        self._stage = stage

    def live_status(self) -> tuple[str, str]:
        """Return the state of the connection."""
        return self._stage.status.name, self._stage.status.detail

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report.

        Times are in milliseconds, the billed time in seconds.
        """
        measures = self._stage.measures()
        latencies = sorted(measures.latencies)
        facts: dict[str, Any] = {
            "stage": "reactor",
            "wire": measures.wire,
            "frames_received": measures.frames,
            "frames_per_second": round(measures.fps, 3),
            "lag_ms": round(measures.lag / 1e6, 1),
            "billed_seconds": round(measures.billed / 1e9, 1),
            "losses": measures.losses,
        }
        if latencies:
            facts["command_to_answer_ms"] = {
                "median": round(latencies[len(latencies) // 2] / 1e6, 1),
                "p99": round(
                    latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)] / 1e6, 1
                ),
            }
        if self._stage.closing_trouble is not None:
            facts["closing_trouble"] = self._stage.closing_trouble
        return facts

    async def clip(self, seconds: int) -> Clip:
        """Return the platform's MP4 of the last seconds."""
        return await self._stage.clip(float(seconds))

    def memory(self) -> dict[str, Any]:
        """Return the session's id and its uploads."""
        uploads = {sha256: asdict(reference) for sha256, reference in self._stage.uploads.items()}
        return {"session": self._stage.session_id, "uploads": uploads}

    def keep(self) -> KeptSession | None:
        """Keep the session for the next run; None if it is over."""
        return self._stage if self._stage.keep() else None


class VllmOmniLive:
    """A Helios on vLLM-Omni."""

    def __init__(self, stage: VllmOmniStage) -> None:
        self._stage = stage

    def live_status(self) -> tuple[str, str]:
        """Return the state of the connection."""
        return self._stage.status, ""

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report."""
        return self._stage.facts()

    async def clip(self, seconds: int) -> Clip:
        """Raise StageError: only Reactor's platform makes clips."""
        raise StageError(
            f"vLLM-Omni keeps no recording from which to take a clip of {seconds} s",
            "record the entire run with --record",
        )

    def memory(self) -> None:
        """Return None: the session ends with its connection."""
        return

    def keep(self) -> None:
        """Return None: a session of vLLM-Omni ends with its connection."""
        return


def load_session(text: str) -> tuple[str, dict[str, Reference]]:
    """Parse the session and the uploads that `memory` returned, from their JSON.

    Raises ValueError.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("session"), str)
        or not value["session"]
    ):
        raise ValueError("it names no session")
    uploads = value.get("uploads")
    if not isinstance(uploads, dict):
        raise ValueError("it names no uploads")  # noqa: TRY004  # the text is not valid, whatever the reason
    try:
        return value["session"], {
            str(sha256): Reference(**reference) for sha256, reference in uploads.items()
        }
    except TypeError:
        raise ValueError("its uploads cannot be read") from None
