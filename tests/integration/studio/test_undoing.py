"""An edit takes over in the page and is undone, by its button and by its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sequencer
from tests.support.browser import RunningBrowser, take_screenshot
from tests.support.studio_browser import studio_in_thread

SCORE = """\
score "Two lamps"
grid 6 frames @ 24 fps
clock 240 bpm, 4/4
seed 7

section jam until go out, max 90 bars {
  at 1 "A dark hall."
  at 80 "Morning light."
}
"""
"""Its chunks take a quarter of a second, its bars a second."""
PLAYED, EDITED = "Morning light.", "Evening light."


class Timeline:
    """What the timeline of a page has received last."""

    def __init__(self) -> None:
        self.plot: dict[str, Any] = {}

    def watch(self, socket: Any) -> None:
        socket.on("framereceived", self._receive)

    def _receive(self, frame: str | bytes) -> None:
        if isinstance(frame, str) and '"t":"plot"' in frame.replace(" ", "")[:20]:
            message = json.loads(frame)
            if message["live"]:
                self.plot = message["plot"]

    def shows(self, text: str) -> bool:
        return any(text in one["full"] for one in self.plot.get("prompts", ()))


def put_over(page: Any, before: str, after: str) -> None:
    """Select the prompt of a line in the editor, and type another."""
    page.locator("#score .cm-line", has_text=before).click()
    page.keyboard.press("Home")  # the first character that is no space
    for _ in 'at 80 "':
        page.keyboard.press("ArrowRight")
    for _ in before:
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.type(after)


def wait_for_timeline(page: Any, timeline: Timeline, text: str) -> None:
    for _ in range(400):
        if timeline.shows(text):
            return
        page.wait_for_timeout(50)  # Playwright receives messages meanwhile
    raise AssertionError(f"the timeline does not show {text!r}")


@pytest.mark.slow
def test_a_revision_is_undone_by_its_button_and_by_its_key(
    browser: RunningBrowser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    score = tmp_path / "lamps.score"
    score.write_text(SCORE, encoding="utf-8")
    timeline = Timeline()
    with studio_in_thread(score) as studio:
        page = browser.open("data:,", viewport={"width": 1440, "height": 900})
        page.on("websocket", timeline.watch)
        page.goto(studio.link())
        page.get_by_role("button", name="Rehearse", exact=True).click()
        page.locator(".gobtn:is(.ready, .urgent)").wait_for()
        wait_for_timeline(page, timeline, PLAYED)
        undo = page.get_by_role("button", name="Undo revision")
        assert undo.is_disabled()
        for how in ("button", "key"):
            put_over(page, PLAYED, EDITED)
            strip = page.locator("#revision")
            strip.get_by_text("1 line changed").wait_for()
            page.keyboard.press("Control+Enter")
            strip.get_by_text("plays").wait_for()
            wait_for_timeline(page, timeline, EDITED)
            assert EDITED in studio.studio.workspace.text
            take_screenshot(page, f"undoing-{how}")
            if how == "button":
                undo.click()
            else:
                page.keyboard.press("Tab")  # letters are typed while the editor has the focus
                page.keyboard.press("u")
            page.locator("#score .cm-line", has_text=PLAYED).wait_for()
            page.locator("#score .cm-line", has_text=EDITED).wait_for(state="detached")
            wait_for_timeline(page, timeline, PLAYED)
            assert not timeline.shows(EDITED)
            assert studio.studio.workspace.text == SCORE
        page.keyboard.press("q")
        page.keyboard.press("q")
        page.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
    (journal,) = tmp_path.rglob("journal.jsonl")
    records = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    asked = [one["event"] for one in records if one.get("event", {}).get("kind") == "reload"]
    assert [one["version"] for one in asked] == [2, 1, 2, 1]
    assert {one["where"] for one in asked} == {"bar"}
    assert sequencer.replay(journal.parent).is_equal
