"""Clips and recordings: limited to what was shown, in stream time, frame by frame, and complete."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import av
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from sequencer.server import clips as module
from sequencer.server.app import StageServer
from sequencer.server.clips import MAX_CLIP_SECONDS, Clips
from sequencer.server.model_runner import ModelRunner, ShownChunk
from sequencer.server.session import Session
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.frames import Renderer
from sequencer.stages.wire.messages import ClipFailed, ClipReady
from tests.support.reactor_fixtures import FRAMES, faults, local_server

RATE = Fraction(24)


def _look(chunk: int, frames: int = FRAMES) -> ChunkInputs:
    return ChunkInputs(
        seed=1,
        prompt=f"prompt {chunk}",
        image=None,
        image_since=0,
        strength=0.0,
        sr="2x",
        chunk=chunk,
        first_frame=frames * chunk,
        frames=frames,
    )


class _Stream:
    """A stream that was shown up to a given frame."""

    def __init__(self, chunks: int, shown: int, frames: int = FRAMES) -> None:
        self.made = [
            ShownChunk(
                look=_look(one, frames),
                before=_look(one - 1, frames) if one else None,
                first=frames * one,
                frames=frames,
            )
            for one in range(chunks)
        ]
        self.screen = SimpleNamespace(shown=shown)

    def clips(self) -> Clips:
        return Clips(cast("ModelRunner", self), RATE)


def _ready(answer: ClipReady | ClipFailed) -> ClipReady:
    assert isinstance(answer, ClipReady), answer
    return answer


async def _fetched(clips: Clips, ready: ClipReady) -> tuple[list[float], NDArray[np.uint8]]:
    """Return when each frame of a clip is due, and the frames, as a client fetches them."""
    query = dict(re.findall(r"(start|end)=([\d.]+)", ready.playlist_url))
    clip = clips.find(query["start"], query["end"])
    assert clip is not None
    assert clip.task is not None
    await clip.task
    assert not clip.failure
    playlist = clips.playlist(clip)
    opening = re.search(r'URI="([^"]+)"', playlist)
    assert opening is not None
    urls = [opening[1], *(line for line in playlist.splitlines() if line.startswith("/"))]
    pieces = [await clips.piece(url.rsplit("/", 1)[1]) for url in urls]
    assert all(pieces)
    with av.open(io.BytesIO(b"".join(cast("list[bytes]", pieces))), "r") as file:
        frames = list(file.decode(video=0))
    lengths = sum(float(one) for one in re.findall(r"#EXTINF:([\d.]+)", playlist))
    assert abs(lengths - len(frames) / 24) < 0.01
    times = [float((frame.pts or 0) * (frame.time_base or 0)) for frame in frames]
    return times, np.stack([frame.to_ndarray(format="rgb24") for frame in frames])


@pytest.mark.parametrize(
    ("seconds", "first", "last"),
    [
        (0.5, 8, 20),
        (1 / 24, 19, 20),
        (0.75, 2, 20),
        (20 / 24, 0, 20),
        (30.0, 0, 20),
        (1e9, 0, 20),
        (float("inf"), 0, 20),
    ],
)
def test_a_clip_holds_the_last_seconds_as_far_as_there_are_any(
    seconds: float, first: int, last: int
) -> None:
    """Chunks of eight frames, of which twenty frames were shown: half of the last chunk was shown."""

    async def go() -> None:
        clips = _Stream(chunks=3, shown=20).clips()
        ready = _ready(clips.ask(seconds, ""))
        assert (ready.start, ready.end) == (round(first / 24, 3), round(last / 24, 3))
        times, frames = await _fetched(clips, ready)
        assert [round(24 * one) for one in times] == list(range(last - first))
        renderer = Renderer()
        drawn = np.concatenate(
            [renderer.frames(_look(one), _look(one - 1) if one else None) for one in range(3)]
        )
        for index in range(0, last - first, 5):
            errors = [np.abs(frames[index].astype(int) - one).mean() for one in drawn]
            assert int(np.argmin(errors)) == first + index, "another frame than was shown"
        await clips.stop()

    asyncio.run(go())


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("-inf")])
def test_a_clip_of_no_length_is_refused(seconds: float) -> None:
    answer = _Stream(chunks=3, shown=20).clips().ask(seconds, "r1")
    assert answer == ClipFailed("duration_seconds must be above 0", "r1")


def test_nothing_shown_is_no_clip() -> None:
    for stream in (_Stream(chunks=0, shown=0), _Stream(chunks=2, shown=0)):
        for seconds in (1.0, None):
            assert stream.clips().ask(seconds, "") == ClipFailed("no media generated yet", "")


def test_a_clip_has_a_limit_and_a_recording_has_none() -> None:
    async def go() -> None:
        chunks = 2000
        stream = _Stream(chunks=chunks, shown=33 * chunks - 5, frames=33)
        clips = stream.clips()
        longest = _ready(clips.ask(1000.0, ""))
        assert round(longest.end - longest.start, 2) == MAX_CLIP_SECONDS
        recording = _ready(clips.ask(None, ""))
        assert (recording.what, recording.start) == ("recording", 0.0)
        assert recording.end == round((33 * chunks - 5) / 24, 3)
        clip = list(clips._clips.values())[-1]
        assert len(clip.segments) == chunks
        assert sum(one.end - one.first for one in clip.segments) == 33 * chunks - 5
        await clips.stop()

    asyncio.run(go())


def test_asking_twice_for_one_clip_takes_no_pieces_from_the_first() -> None:
    async def go() -> None:
        clips = _Stream(chunks=3, shown=20).clips()
        first, second = (_ready(clips.ask(0.5, "")) for _ in range(2))
        assert first.playlist_url == second.playlist_url
        assert len(clips._clips) == 1
        await _fetched(clips, first)
        assert await clips.piece("chunk001_00099.m4s") is None
        assert await clips.piece("chunk001_0000².m4s") is None
        await clips.stop()

    asyncio.run(go())


def test_a_clip_that_cannot_be_made_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("planted")

    async def go() -> None:
        async with (
            local_server() as server,
            httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
        ):
            session = await _playing(client, server)
            monkeypatch.setattr(module, "_encoded", broken)
            ready = _ready(session.clips.ask(0.1, ""))
            while (answer := await client.get(ready.playlist_url)).status_code == 202:
                assert answer.headers["Retry-After"] == "1"
                await asyncio.sleep(0.05)
            assert answer.status_code == 410
            assert "planted" in answer.json()["detail"]

    asyncio.run(go())


async def _playing(
    client: httpx.AsyncClient, server: StageServer, shown: int = 2 * FRAMES
) -> Session:
    await client.post("/start_session", json={})
    session = server.session
    assert session is not None
    session.show.command("set_prompt", {"prompt": "a red field"})
    session.show.command("start", {})
    await _until_shown(session, shown)
    return session


async def _until_shown(session: Session, frames: int) -> None:
    async with asyncio.timeout(30):
        while session.show.screen.shown < frames:  # noqa: ASYNC110  the screen notifies only watchers
            await asyncio.sleep(0.02)


@pytest.mark.slow
def test_a_pause_does_not_shorten_a_clip_nor_count_in_a_recording() -> None:
    async def go() -> None:
        async with (
            local_server() as server,
            httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
        ):
            session = await _playing(client, server, 4 * FRAMES)
            session.show.command("pause", {})
            await asyncio.sleep(1.5)
            at_rest = session.show.screen.shown
            clip = _ready(session.clips.ask(1.0, ""))
            assert round((clip.end - clip.start) * 24) == 24
            assert clip.end == round(at_rest / 24, 3)
            session.show.command("resume", {})
            await _until_shown(session, at_rest + FRAMES)
            clip = _ready(session.clips.ask(1.0, ""))
            times, _ = await _fetched(session.clips, clip)
            assert len(times) == 24
            assert max(late - early for early, late in itertools.pairwise(times)) < 0.05, (
                "a hole where the pause was"
            )
            shown = session.show.screen.shown
            recording = _ready(session.clips.ask(None, ""))
            times, _ = await _fetched(session.clips, recording)
            assert shown <= len(times) <= shown + 2
            assert recording.start == 0.0

    asyncio.run(go())


def test_what_is_made_is_shown_to_its_end_when_the_model_is_reset() -> None:
    """A reset clears the model; frames that are waiting for their time are still shown, and are in
    clips.
    """

    async def go() -> None:
        slow = faults("fps: 8\n")
        async with (
            local_server(faults=slow) as server,
            httpx.AsyncClient(base_url=server.url, trust_env=False) as client,
        ):
            session = await _playing(client, server, FRAMES + 2)
            session.show.command("reset", {})
            await _until_shown(session, 2 * FRAMES)
            firsts = [(one.first, one.end) for one in session.show.made]
            assert all(end == first for (_, end), (first, _) in itertools.pairwise(firsts)), (
                "the stream has a hole"
            )

    asyncio.run(go())


def test_what_is_fetched_again_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    encode = module._encoded

    def counted(frames: NDArray[np.uint8], at: int, rate: Fraction) -> tuple[bytes, bytes]:
        drawn.append(at)
        return encode(frames, at, rate)

    monkeypatch.setattr(module, "_encoded", counted)

    async def go() -> None:
        clips = _Stream(chunks=3, shown=20).clips()
        ready = _ready(clips.ask(None, ""))
        for _ in range(2):
            await _fetched(clips, ready)
        assert drawn == [0, FRAMES, 2 * FRAMES]
        await clips.stop()

    asyncio.run(go())
