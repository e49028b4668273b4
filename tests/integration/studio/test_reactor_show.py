"""A show of the studio on the local server, over real WebRTC: frames, cost, GO, and a clean replay."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

import sequencer
from sequencer.api.performing import PerformOptions
from sequencer.server.app import StageServer
from sequencer.server.settings import ServerSettings
from sequencer.studio.frames import DRAWN, HEADER, NO_CHUNK, SIMULATED
from tests.support.studio_pages import ServedStudio, serving

SCORE = """\
clock 120 bpm, 4/4
seed 1

section hold until go out, max 20 bars {
  at 1 "A lamp on a table."
}

section last 1 bars {
  at 1 "A boat at a pier."
}
"""


async def receive_frames(served: ServedStudio, stamps: list[tuple[int, ...]]) -> None:
    """Receive frames as a page does, and keep their stamps."""
    socket = await served.client.ws_connect(
        f"{served.server.url}/frames", headers={"Origin": served.server.url}
    )
    await socket.send_json({"t": "key", "key": served.studio.keys.viewer})
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            stamps.append(HEADER.unpack_from(message.data))
            await socket.send_bytes(DRAWN)


@pytest.mark.slow
def test_a_show_on_a_stage_over_webrtc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    score = tmp_path / "hold.score"
    score.write_text(SCORE, encoding="utf-8")
    stamps: list[tuple[int, ...]] = []

    async def main() -> None:
        async with StageServer(ServerSettings(port=0, plain=True)) as stage:
            show = PerformOptions(stage="reactor", local=True, url=stage.url)
            async with serving(score, show) as served:
                page = await served.page()
                assert (await page.request("mode", mode="show"))["ok"]
                watching = asyncio.create_task(receive_frames(served, stamps))
                await page.wait_until(
                    lambda state: state["playback"] and state["playback"]["chunk"] >= 3
                )
                assert page.state["playback"]["stage"] == "reactor"
                assert page.state["playback"]["cost"] > 0
                assert page.state["go"]["state"] == "ready"
                assert (await page.command("go"))["ok"]
                await page.wait_until(lambda state: state["mode"] == "report")
                watching.cancel()
            statuses = {line["status"] for line in page.state["lines"]}
            assert statuses == {"landed"}
            folder = page.state["report"]["folder"]
            assert (await asyncio.to_thread(sequencer.replay, folder)).is_equal

    asyncio.run(main())
    chunks = {chunk for _, chunk, *_ in stamps} - {NO_CHUNK}
    assert {0, 1, 2} <= chunks
    assert not any(flags & SIMULATED for *_, flags in stamps)
