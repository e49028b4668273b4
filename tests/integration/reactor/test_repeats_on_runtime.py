"""Our client on Reactor's own runtime of version 3, which repeats frames: each chunk is found where
it begins.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import numpy as np
import pytest
from av import VideoFrame

from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.repeated_frames import Repeats
from sequencer.stages.reactor.shown_chunks import Novelty
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import FRAMES, Run, perform, schedule
from tests.support.vendor_runtimes import runtime_3

CHUNKS = 24
BITS, MARKED, HEIGHT = 12, 48, 192
"""How the test model draws a frame's number: bits, rows, and the height of a frame."""


def _number_on(frame: VideoFrame) -> int:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * frame.height].reshape(
        frame.height, plane.line_size
    )
    wide, high = frame.width // BITS, MARKED * frame.height // HEIGHT
    return sum(
        1 << bit
        for bit in range(BITS)
        if rows[8 : high - 8, bit * wide + 4 : (bit + 1) * wide - 4].mean() > 128
    )


async def _play(metadata: str) -> Run:
    """Play a score on a model that is slower than its playout, and pause it twice."""
    async with runtime_3(repeats=metadata) as url:
        plan = schedule(at_chunk(0, "a red field"), at_chunk(12, "a blue sea"), end=CHUNKS)
        return await perform(
            url, plan, script=["pause@5c", "resume@4.5s", "pause@15c", "resume@10.5s"]
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metadata", "declared", "by"),
    [
        pytest.param("each", True, Novelty.REPEATED, id="reported by metadata"),
        pytest.param("each", False, Novelty.ALIKE, id="metadata declined"),
        pytest.param("same", True, Novelty.ALIKE, id="metadata that reveals nothing"),
        pytest.param("none", True, None, id="nothing is repeated"),
    ],
)
def test_each_chunk_is_found_on_the_vendors_runtime(
    monkeypatch: pytest.MonkeyPatch, metadata: str, declared: bool, by: Novelty | None
) -> None:
    seen: Counter[tuple[bool, Novelty]] = Counter()
    look_before = Repeats.look

    def look(self: Repeats, frame: VideoFrame, found: Metadata | None = None) -> Any:
        known = look_before(self, frame, found)
        seen[found is not None, known[0]] += 1
        return known

    monkeypatch.setattr(Repeats, "look", look)
    if not declared:
        monkeypatch.setattr("sequencer.stages.reactor.connection.tagged_frames", lambda _: None)
    run = asyncio.run(_play(metadata))
    assert run.landings == [("0c", 0), ("12c", 12)]
    arrived = declared and metadata != "none"
    assert {one for one, _ in seen if one is not arrived} <= {False}, (
        "frames without metadata among those with it"
    )
    if by is None:
        assert not seen[False, Novelty.ALIKE]
    else:
        assert seen[arrived, by] > 60, f"nothing was repeated to speak of: {seen}"
    first: dict[int, int] = {}
    errors: dict[int, int] = {}
    for index, one in enumerate([one for one in run.frames if not one.is_dark]):
        first.setdefault(_number_on(one.image) // FRAMES, index)
        if one.chunk is not None:
            errors[one.chunk] = index - first.get(one.chunk, 10**6)
    assert set(errors) >= set(range(CHUNKS - 2)), errors
    assert max(abs(error) for error in errors.values()) <= 1, errors
