"""Fuzz target for what a server of vLLM-Omni sends. No byte leaves the process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest import mock

from sequencer.core.errors import StageError
from sequencer.events.codec import Event
from sequencer.events.commands import Reset, SchedulePrompt, Start
from sequencer.events.events import ChunkDone, ResetDone, SessionEnded
from sequencer.stages.vllm_omni import stage as stage_module
from sequencer.stages.vllm_omni.connection import Media
from sequencer.stages.vllm_omni.messages import ChunkMetadata, ServerMessage, read_message
from sequencer.stages.vllm_omni.settings import VllmOmniSettings
from sequencer.stages.vllm_omni.stage import VllmOmniStage
from sequencer.sync.run_clock import RealClock
from tests.fuzz.frames import journaled
from tests.fuzz.promises import BrokenError, text_of

RESET = "RESET"
"""A line in place of a message: the conductor sends a reset."""


class _Connection:
    """Receives the lines of an input; a chunk's metadata is followed by its video."""

    def __init__(self, lines: list[str], reset: Any) -> None:
        self._lines = lines
        self._reset = reset

    async def send(self, text: str) -> None:
        json.loads(text)

    async def receive(self) -> AsyncIterator[ServerMessage | Media]:
        for line in self._lines:
            await asyncio.sleep(0)
            if line == RESET:
                await self._reset()
                continue
            found = read_message(line)
            yield found
            if isinstance(found, ChunkMetadata):
                yield Media(found, b"")
        raise StageError("the connection was closed")

    async def close(self) -> None:
        pass


def _connections(connection: _Connection) -> Any:
    made = mock.Mock()
    made.model = mock.AsyncMock(return_value="served")
    made.session = mock.AsyncMock(return_value=connection)
    made.close = mock.AsyncMock()
    return made


def server_messages(data: bytes) -> None:
    """Play a take on a server that sends the lines of the input.

    Every event can be written to a journal, chunks are counted without a gap, and the run ends
    once.
    """
    events: list[Event] = []

    async def play() -> None:
        settings = VllmOmniSettings(
            address="ws://127.0.0.1:1/v1/realtime/video", frames_per_chunk=3, stop_seconds=0.001
        )
        stage = VllmOmniStage(RealClock(), settings, chunks_of_take=lambda: 4)
        connection = _Connection(text_of(data).split("\n"), lambda: stage.send([Reset()]))
        shown = mock.Mock(count=0, close=mock.AsyncMock())
        with (
            mock.patch.object(stage_module, "Connections", return_value=_connections(connection)),
            mock.patch.object(stage_module, "ShownFrames", return_value=shown),
        ):
            await stage.open(events.append)
            prompts = [
                SchedulePrompt("a", 0),
                SchedulePrompt("b", 1),
                SchedulePrompt("c", 3, fade=1),
            ]
            await stage.send([*prompts, Start()])
            for _ in range(2 * len(data.split(b"\n")) + 20):
                await asyncio.sleep(0)
            await stage.close()

    asyncio.run(play())
    for event in events:
        journaled(event)
    _check_order(events)


def _check_order(events: list[Event]) -> None:
    due = 0
    for number, event in enumerate(events):
        if isinstance(event, ChunkDone):
            if event.chunk != due:
                raise BrokenError(f"chunk {event.chunk} was reported where {due} was due")
            due += 1
        elif isinstance(event, ResetDone):
            due = 0
        elif isinstance(event, SessionEnded) and number != len(events) - 1:
            raise BrokenError("something was reported after the end of the session")


def server_message_samples() -> Iterator[bytes]:
    """Yield what servers send, as the documentation describes it."""

    def chunk(index: int, *started: str) -> dict[str, Any]:
        return {
            "type": "video.chunk_metadata", "kind": "media", "generation_chunk_index": index,
            "num_frames": 3, "byte_length": 0, "started_event_ids": list(started),
        }  # fmt: skip

    start: dict[str, Any] = {"type": "video.start", "request_id": "r", "format": "m4s"}
    done = {"type": "session.done", "chunks": 4, "stopped": False}
    queued = {"type": "session.interaction.queued", "event_id": "take-1-1"}
    failed = {
        "type": "error",
        "code": "interaction_failed",
        "event_id": "take-1-1",
        "message": "no",
    }
    takes: list[list[dict[str, Any] | str]] = [
        [start, chunk(0), queued, chunk(1, "take-1-1"), chunk(2), chunk(3), done],
        [start, chunk(0), failed, RESET, chunk(1), {**done, "stopped": True}],
        [start, {"type": "session.pong"}, chunk(0), chunk(2), {"type": "error", "message": "x"}],
        [{"type": "error", "message": "Model mismatch"}],
    ]
    for take in takes:
        yield "\n".join(one if isinstance(one, str) else json.dumps(one) for one in take).encode()
