"""A show from the studio's page on vLLM-Omni: played with its video, or refused with a reason."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

import sequencer
from sequencer.api.performing import PerformOptions
from tests.support.studio_pages import serving
from tests.support.vllm_omni_server import VllmOmniServer

SCORE = """score "Boat"
grid 3 frames @ 24 fps
at 0c "A boat."
at 4c "The boat turns."
end 8c
"""


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VLLM_API_KEY", raising=False)
    path = tmp_path / "boat.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_show_is_played_and_replays(score: Path) -> None:
    async def main() -> None:
        server = VllmOmniServer(frames=3, chunk_seconds=0.125)
        async with server.running():
            show = PerformOptions(stage="vllm-omni", url=server.url)
            async with serving(score, show) as served:
                page = await served.page()
                assert (await page.request("mode", mode="show"))["ok"]
                await page.wait_until(lambda state: state["mode"] == "show" and state["playback"])
                assert page.state["playback"]["stage"] == "vllm-omni"
                await page.wait_until(lambda state: state["mode"] == "report")
                report = page.state["report"]
                replayed = await asyncio.to_thread(sequencer.replay, report["folder"])
                assert replayed.is_equal
                written = json.loads((Path(report["folder"]) / "report.json").read_text("utf-8"))
                assert [one["landed"] for one in written["cues"]] == [0, 4]
        assert server.sessions[0].was_stopped  # an edit could have made it longer

    asyncio.run(main())


def test_what_the_stage_cannot_do_is_an_error_of_the_page(score: Path) -> None:
    score.write_text(SCORE + "on go rest -> pause\n", encoding="utf-8")

    async def main() -> None:
        server = VllmOmniServer()
        async with server.running():
            show = PerformOptions(stage="vllm-omni", url=server.url)
            async with serving(score, show) as served:
                page = await served.page()
                answer = await page.request("mode", mode="show")
                assert "vLLM-Omni cannot pause" in json.dumps(answer)
                assert page.state["mode"] == "edit"
        assert server.requests == []

    asyncio.run(main())
