"""Chunks go to the video source in the order in which they were made, however unevenly they are
shown.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from itertools import pairwise
from typing import Any, cast

import pytest

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.server import model_runner
from sequencer.server.model_runner import ModelRunner, SessionListener
from sequencer.server.video_source import Painter
from sequencer.stages.simulated.faults import Delays, Faults
from sequencer.stages.simulated.helios_state import ChunkInputs, ChunkMade, hash64

CHUNKS = 12
JITTER = SECOND // 5


class _PlainPainter:
    is_plain = True


async def _shown() -> list[int]:
    """Make chunks at the same time, each shown up to a fifth of a second later, and return the
    order in which they are.
    """
    faults = Faults(seed=3, delays=Delays(shown=0, shown_jitter=JITTER))
    runner = ModelRunner(
        faults, ChunkGrid(), cast("SessionListener", None), cast("Painter", _PlainPainter())
    )
    painted: Future[Any] = Future()
    painted.set_result(())
    for chunk in range(CHUNKS):
        runner._painting = painted
        runner._made(
            ChunkMade(
                0,
                1,
                ChunkInputs(
                    seed=1,
                    prompt="a",
                    image=None,
                    image_since=0,
                    strength=0.0,
                    sr="2x",
                    chunk=chunk,
                    first_frame=33 * chunk,
                    frames=33,
                ),
            )
        )
    await asyncio.gather(*runner._tasks)
    return [one.look.chunk for one in runner.made]


def test_a_chunk_is_never_shown_before_the_one_made_before_it() -> None:
    delays = [hash64(3, "shown", 1, chunk) % (JITTER + 1) for chunk in range(CHUNKS)]
    assert delays != sorted(delays), "by their own delays they would arrive in the other order"
    assert asyncio.run(_shown()) == list(range(CHUNKS))


def test_two_chunks_are_not_shown_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sleeps that end at the same time end in any order, so the least distance between chunks is
    what keeps it.
    """
    assert model_runner.BETWEEN > 0
    moments: list[float] = []

    async def note(_made: object, _before: object, _painting: object, at: float) -> None:
        moments.append(at)

    monkeypatch.setattr(ModelRunner, "_show", lambda _self, *given: note(*given))
    asyncio.run(_shown())
    assert all(later - sooner >= model_runner.BETWEEN * 0.99 for sooner, later in pairwise(moments))
