"""A runtime that repeats frames, over real WebRTC: each chunk is found where it begins, however
frames are distinguished.
"""

from __future__ import annotations

import asyncio

import pytest

from sequencer.stages.live_frames import LiveFrame
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import FRAMES, Run, faults, local_server, perform, schedule
from tests.support.repeating_runtime import RepeatingScreen, number_on, set_up

CHUNKS = 24


def _play() -> tuple[Run, int]:
    """Play with a slow model (19.5 frames a second, sent at 24) that is paused twice."""

    async def play() -> tuple[Run, int]:
        async with local_server(faults=faults("fps: 19.5\n")) as served:
            plan = schedule(at_chunk(0, "a red field"), at_chunk(12, "a blue sea"), end=CHUNKS)
            script = ["pause@5c", "resume@4.5s", "pause@15c", "resume@10.5s"]
            run = await perform(served.url, plan, script=script)
            assert served.session is not None
            screen = served.session.show.screen
            assert isinstance(screen, RepeatingScreen)
            return run, screen.repeated

    return asyncio.run(play())


def _errors(frames: list[LiveFrame]) -> dict[int, int]:
    """Return how many frames after its first one each chunk was found, counted in frames that
    arrived.
    """
    first: dict[int, int] = {}
    found: dict[int, int] = {}
    bright = [one for one in frames if not one.is_dark]
    for index, one in enumerate(bright):
        first.setdefault(number_on(one.image) // FRAMES, index)
        if one.chunk is not None:
            found[one.chunk] = index
    return {chunk: index - first[chunk] for chunk, index in found.items() if chunk in first}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metadata", "able"),
    [(True, True), (True, False), (False, True)],
    ids=["metadata", "declined", "frames"],
)
def test_each_chunk_is_found_though_frames_are_repeated(
    monkeypatch: pytest.MonkeyPatch, metadata: bool, able: bool
) -> None:
    set_up(monkeypatch, metadata)
    if not able:  # as if aiortc had another structure
        monkeypatch.setattr("sequencer.stages.reactor.connection.tagged_frames", lambda _: None)
    run, repeated = _play()
    assert run.outcome.report.all_landed
    assert repeated > 60, "nothing was repeated to speak of"
    errors = _errors(run.frames)
    assert set(errors) >= set(range(CHUNKS - 2)), errors
    assert max(abs(error) for error in errors.values()) <= 1, errors
