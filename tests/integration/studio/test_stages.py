"""Scores for several stages, over the studio's websockets and in a browser."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sequencer.studio.frames import HEADER
from tests.support.browser import RunningBrowser, take_screenshot
from tests.support.studio_browser import studio_in_thread
from tests.support.studio_pages import ServedStudio, serving

SCORE = """\
score "Two screens"
stages left, right
together realign 4c
clock 120 bpm, 4/4
seed 3
section jam until go on, max 64 bars {
  at 1 "A tram stop at night."
  at 2 on right "Now rain begins."
  on note D3 -> on right "Now a tram arrives."
}
section end 2 bars {
  at 1 on left "Now the lamps go out."
}
"""
SHORT = """\
score "Two screens"
stages left, right
clock 120 bpm, 4/4
seed 3
at 1 "A tram stop at night."
at 2 on right "Now rain begins."
end 4
"""


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "screens.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


async def frame_of(served: ServedStudio, stage: str) -> tuple[Any, ...]:
    """Return the header of the first frame of a stage that belongs to the score."""
    socket = await served.client.ws_connect(
        f"{served.server.url}/frames?stage={stage}", headers={"Origin": served.server.url}
    )
    await socket.send_json({"t": "key", "key": served.studio.keys.viewer})
    data = await asyncio.wait_for(socket.receive_bytes(), 60)
    await socket.close()
    return HEADER.unpack_from(data)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_score_for_several_stages_has_a_lane_for_each(score: Path) -> None:
    async def main() -> None:
        async with serving(score) as served:
            page = await served.page()
            plot = (await page.wait_for("plot"))["plot"]
            assert [one["name"] for one in plot["stages"]] == ["left", "right"]
            checked = next(one for one in page.received if one["t"] == "checked")
            assert checked["diagnostics"] == []
            assert page.state["alerts"] == page.state["notes"] == []

    asyncio.run(main())


def test_a_rehearsal_at_once_reports_all_stages(score: Path) -> None:
    score.write_text(SHORT, encoding="utf-8")

    async def main() -> None:
        async with serving(score) as served:
            page = await served.page()
            assert (await page.request("mode", mode="rehearse", options={"real_time": False}))["ok"]
            state = await page.wait_until(lambda one: one["mode"] == "report")
            assert state["stages"] == ["left", "right"]
            stages = {line["place"]: line.get("stages") for line in state["lines"]}
            assert stages == {"1.1": None, "2.1": ["right"]}
            report = state["report"]
            assert {"left/video.mp4", "right/video.mp4"} <= set(report["files"])
            assert [one["lost"] for one in report["ensemble"]["stages"]] == [False, False]
            video = await page.request("ask", what="file", name="right/video.mp4")
            async with served.client.get(served.server.url + video["answer"]["url"]) as response:
                assert response.headers["Content-Type"] == "video/mp4"
            refused = await page.request("ask", what="file", name="right/../../screens.score")
            assert not refused["ok"]
            bundled = await page.request("ask", what="bundle")
            assert "cannot be bundled" in bundled["error"]["message"]

    asyncio.run(main())


@pytest.mark.slow
def test_a_show_on_two_stages_is_played_from_the_page(score: Path) -> None:
    async def main() -> None:
        async with serving(score) as served:
            page = await served.page()
            assert (await page.request("mode", mode="show"))["ok"]
            state = await page.wait_until(lambda one: one["mode"] == "show")
            assert state["stages"] == ["left", "right"]
            assert {pad["id"] for pad in state["pads"]} == {"note D3", "go on"}
            for stage in ("left", "right"):
                _, _, _, _, width, height, *_ = await frame_of(served, stage)
                assert width > 0 < height
            answer = await page.command("note D3")
            assert answer["ok"], answer
            assert (await page.command("go on"))["ok"]
            await page.wait_until(lambda one: one["mode"] == "report")
            lines = page.state["lines"]
            fired = {one["fired"]: one.get("stages") for one in lines if one["fired"]}
            assert fired == {"note D3": ["right"], "go on": None}
            ended = [one for one in lines if one["section"] == "end"]
            assert [one["stages"] for one in ended] == [["left"]]
            folder = Path(page.state["report"]["folder"])
            records = read_lines(folder / "journal.jsonl")
            assert {record.get("s") for record in records[1:]} >= {None, "left", "right"}
            refused = await page.request("ask", what="freeze")
            assert "several stages" in refused["error"]["message"]

    asyncio.run(main())


@pytest.mark.slow
def test_edits_do_not_take_over_on_several_stages(score: Path) -> None:
    async def main() -> None:
        async with serving(score) as served:
            page = await served.page()
            assert (await page.request("mode", mode="rehearse"))["ok"]
            state = await page.wait_until(lambda one: one["mode"] == "rehearse")
            answer = await page.request(
                "take_over", run=state["run"], version=state["score"]["version"]
            )
            assert "several stages" in answer["error"]["message"]
            assert (await page.command("finish"))["ok"]
            await page.wait_until(lambda one: one["mode"] == "report")

    asyncio.run(main())


@pytest.mark.slow
def test_the_page_shows_a_video_for_each_stage(score: Path, browser: RunningBrowser) -> None:
    with studio_in_thread(score) as studio:
        page = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        transport = page.locator("#transport")
        transport.get_by_role("button", name="Rehearse", exact=True).click(timeout=60_000)
        page.get_by_label("Video right").wait_for(timeout=60_000)
        assert page.locator("#video figcaption").all_text_contents() == ["left", "right"]
        page.locator("#left").get_by_role("tab", name="Cues").click()
        page.get_by_text("on right:").first.wait_for(timeout=60_000)
        page.get_by_text("seen now: chunk").wait_for(timeout=60_000)
        take_screenshot(page, "studio-stages")
        page.keyboard.press("Space")
        page.locator("[data-mode=report]").wait_for(timeout=60_000)
        page.get_by_role("tab", name="Stages").click()
        page.get_by_role("cell", name="jam 1.1").wait_for()


@pytest.mark.slow
def test_the_videos_of_a_report_play_in_time(score: Path, browser: RunningBrowser) -> None:
    score.write_text(SHORT, encoding="utf-8")
    with studio_in_thread(score) as studio:
        page = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        page.get_by_role("button", name="Rehearse at once").click(timeout=60_000)
        page.get_by_label("Recorded video right").wait_for(timeout=120_000)
        videos = page.locator("#video video")
        assert videos.count() == 2
        videos.first.evaluate("(one) => { one.currentTime = 2; }")
        second = videos.nth(1).element_handle()
        assert second is not None
        while second.evaluate("(one) => Math.abs(one.currentTime - 2) > 0.01 || one.seeking"):
            page.wait_for_timeout(50)
        assert second.evaluate("(one) => one.paused")
        videos.first.evaluate("(one) => one.play()")
        while second.evaluate("(one) => one.paused || one.currentTime < 2.5"):
            page.wait_for_timeout(50)
        times = videos.evaluate_all("(all) => all.map((one) => one.currentTime)")
        assert abs(times[0] - times[1]) < 0.5
