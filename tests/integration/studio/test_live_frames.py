"""Frames of real runs on a real websocket: their stamps agree with the journal, and a page does not
change the run.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web
from PIL import Image

import sequencer
from sequencer.api.performing import PerformOptions, play, prepare
from sequencer.api.sources import input_of
from sequencer.engine.journal import read_journal
from sequencer.events.codec import Event
from sequencer.events.events import ChunkShown, FramesRendered
from sequencer.runtime.operator.remote import send_command
from sequencer.runtime.rehearsal import rehearse
from sequencer.runtime.results import PerformanceResult
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.renderer.frames import Renderer
from sequencer.studio.frames import DRAWN, HEADER, NO_CHUNK, SIMULATED, FrameHub, serve_frames

TIMEOUT_S = 60.0
FRAMES = 12
SCORE = f"""score "Fast"
grid {FRAMES} frames @ 24 fps
seed 7
at 0c "A red door in a white wall."
at 2c "The red door opens."
at 3c cut seed 9, "A blue door in a white wall."
end 7c
"""
FAULTS = Faults.model_validate({"fps": 48, "delays": {"shown": "200ms", "connect": "10ms"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page received: the header of a frame."""

    take: int
    chunk: int
    frame: int
    at: int
    frames: int
    flags: int


@asynccontextmanager
async def served(hub: FrameHub) -> AsyncIterator[str]:
    """Serve frames; return the address of the websocket."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=64)
        await socket.prepare(request)
        await serve_frames(socket, hub)
        return socket

    app = web.Application()
    app.router.add_get("/frames", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/frames"
    finally:
        hub.close()
        await runner.cleanup()


async def receive(page: ClientWebSocketResponse) -> Seen:
    """Return the header of the next frame, and answer that it was drawn."""
    data = await page.receive_bytes()
    take, chunk, frame, at, width, height, frames, flags = HEADER.unpack_from(data)
    with Image.open(io.BytesIO(data[HEADER.size :])) as image:
        assert image.size == (width, height) == (640, 384)
    await page.send_bytes(DRAWN)
    return Seen(take=take, chunk=chunk, frame=frame, at=at, frames=frames, flags=flags)


async def performed(
    folder: Path,
    viewer: FrameHub | None,
    *,
    record: bool = False,
    events: tuple[str, ...] = (),
) -> PerformanceResult:
    options = PerformOptions(
        score=sequencer.reads(SCORE),
        stage="simulated",
        faults=FAULTS,
        out=folder,
        record=record,
        event=list(events),
        quiet=True,
        keys=False,
        signals=False,
        warn=lambda _: None,
    )
    prepared = prepare(options, lambda source: input_of(source, "perform"))
    return await play(prepared, viewer=viewer)


def events_of(folder: Path) -> list[Event]:
    journal = read_journal(folder / "journal.jsonl")
    return [record.event for record in journal.records if record.event is not None]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await scenario()

    asyncio.run(limited())


PAUSE = ("pause@4c",)


def is_last(seen: list[Seen], folder: Path) -> bool:
    """Return whether the last frame before the pause was received, however slow the machine is."""
    return bool(seen) and seen[-1].frame == FRAMES - 1 and seen[-1].chunk == paused_after(folder)


def paused_after(folder: Path) -> int | None:
    """Return the score chunk after which the run whose folder is in this one is paused."""
    for path in folder.rglob("journal.jsonl"):
        for line in path.read_text().splitlines():
            if '"kind":"paused"' in line:
                return 3 + int(json.loads(line)["event"]["chunk"])
    return None


def check_stamps(seen: list[Seen], events: list[Event]) -> None:
    """Check the headers of frames against the journal of the run."""
    assert [one.at for one in seen] == sorted({one.at for one in seen})
    seen = [one for one in seen if one.chunk != NO_CHUNK]  # made before the cut was in force
    places = [(one.chunk, one.frame) for one in seen]
    assert places == sorted(set(places))
    assert all(0 <= one.frame < FRAMES == one.frames for one in seen)
    assert all(one.flags == SIMULATED for one in seen)
    shown = {(event.take, event.chunk): event.at for event in events if type(event) is ChunkShown}
    for one in seen:
        take, base = (1, 0) if one.chunk < 3 else (2, 3)
        assert one.take == take
        chunk = one.chunk - base
        assert shown.get((take, chunk - 1), 0) < one.at
        if one.frame == 0:
            assert one.at <= shown[take, chunk]
        if (take, chunk + 1) in shown:
            assert one.at <= shown[take, chunk + 1]


@pytest.mark.parametrize("record", [False, True])
def test_a_page_sees_the_run_with_the_stamps_of_its_journal(tmp_path: Path, record: bool) -> None:
    seen: list[Seen] = []

    async def scenario() -> None:
        hub = FrameHub()
        async with served(hub) as url:
            playing = asyncio.create_task(
                performed(tmp_path / "run", hub, record=record, events=PAUSE)
            )
            async with ClientSession() as session, session.ws_connect(url, max_msg_size=0) as page:
                while not is_last(seen, tmp_path):
                    seen.append(await receive(page))
            await asyncio.to_thread(send_command, tmp_path / "run", "finish")
            await playing

    run(scenario)
    events = events_of(tmp_path / "run")
    check_stamps(seen, events)
    assert any(isinstance(event, FramesRendered) for event in events) is record


def test_without_a_page_nothing_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a frame is drawn")

    monkeypatch.setattr(Renderer, "begin", fail)
    hub = FrameHub()
    result = asyncio.run(performed(tmp_path / "run", hub))
    assert result.report.all_landed
    assert hub.failure == ""
    assert hub._latest is None


def test_a_page_that_is_opened_later_sees_the_frame_that_is_shown(tmp_path: Path) -> None:
    """Also while the run is paused, though nothing was drawn for it before."""
    seen: list[Seen] = []

    async def scenario() -> None:
        hub = FrameHub()
        async with served(hub) as url:
            playing = asyncio.create_task(performed(tmp_path / "run", hub, events=PAUSE))
            while await asyncio.to_thread(paused_after, tmp_path) is None:
                assert not playing.done()
            assert hub._latest is None
            opened_at = 0
            # A frame is sent some time before it is shown: only after that it is the one to see.
            while not is_last(seen, tmp_path) or opened_at < seen[-1].at:
                opened_at = hub._now()
                await look_once(url, seen)
            await look_once(url, seen)
            await asyncio.to_thread(send_command, tmp_path / "run", "finish")
            await playing

    run(scenario)
    assert seen[-1] == seen[-2]


async def look_once(url: str, seen: list[Seen]) -> None:
    """Open a page for one frame."""
    async with ClientSession() as session, session.ws_connect(url, max_msg_size=0) as page:
        seen.append(await receive(page))


def test_a_rehearsal_in_real_time_shows_its_frames(tmp_path: Path) -> None:
    seen: list[Seen] = []

    async def scenario() -> None:
        hub = FrameHub()
        schedule = sequencer.compile_score(sequencer.reads(SCORE))
        rehearsing = partial(
            rehearse,
            schedule,
            out=tmp_path / "run",
            realtime=True,
            faults=FAULTS,
            events=[parse_scripted_event(PAUSE[0])],
            viewer=hub,
        )
        async with served(hub) as url:
            playing = asyncio.ensure_future(asyncio.to_thread(rehearsing))
            async with ClientSession() as session, session.ws_connect(url, max_msg_size=0) as page:
                while not is_last(seen, tmp_path):
                    seen.append(await receive(page))
            await asyncio.to_thread(send_command, tmp_path / "run", "finish")
            await playing

    run(scenario)
    check_stamps(seen, events_of(tmp_path / "run"))
