"""A score is performed from the studio's page in a browser, on the simulator in real time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import PHONE, RunningBrowser, take_screenshot
from tests.support.studio_browser import studio_in_thread

SCORE = """\
score "Two lamps"
grid 6 frames @ 24 fps
clock 240 bpm, 4/4
seed 7

section first 2 bars {
  at 1 "A lamp on a table."
}

section jam until go out, max 40 bars {
  at 1 "A dark hall."
  on note D3 -> "Lightning in a dark hall."
  on cc 20 > 64 -> sr 4x
}

section last 2 bars {
  at 1 "Morning light."
}
"""
"""Its chunks take a quarter of a second."""


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lamps.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


def events_of(folder: Path) -> list[dict[str, Any]]:
    """Return the events of the journal of the only run."""
    (journal,) = folder.rglob("journal.jsonl")
    records = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    return [record["event"] for record in records if "event" in record]


def kinds_of(folder: Path) -> list[str]:
    return [event["kind"] for event in events_of(folder)]


@pytest.mark.slow
def test_a_show_is_performed_with_the_keyboard_alone(browser: RunningBrowser, score: Path) -> None:
    with studio_in_thread(score) as studio:
        page = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        keyboard = page.keyboard
        show = page.get_by_role("tab", name="Show")
        show.wait_for()
        page.get_by_role("tab", name="Edit").focus()
        keyboard.press("ArrowRight")
        keyboard.press("ArrowRight")
        keyboard.press("Enter")
        page.get_by_role("tab", name="Start?").wait_for()
        keyboard.press("Enter")
        page.locator(".gobtn:is(.ready, .urgent)").wait_for()
        take_screenshot(page, "performing-ready")
        keyboard.press("a")
        page.locator(".cue-list").get_by_text("Lightning in a dark hall.").wait_for()
        keyboard.down("Space")
        keyboard.down("Space")
        keyboard.up("Space")
        page.locator(".gobtn.accepted").wait_for()
        take_screenshot(page, "performing-accepted")
        page.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
        kinds = kinds_of(score.parent)
    assert kinds.count("go") == 1
    assert kinds.count("note") == 1


@pytest.mark.slow
def test_a_phone_fires_go_and_pauses_while_the_operator_watches(
    browser: RunningBrowser, score: Path
) -> None:
    with studio_in_thread(score) as studio:
        operator = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        operator.get_by_role("button", name="Rehearse", exact=True).click()
        phone = browser.open(studio.link("remote", "/remote"), **PHONE)
        phone.locator(".gobtn:is(.ready, .urgent)").wait_for()
        take_screenshot(phone, "performing-phone")
        hold = phone.get_by_role("button", name="Hold to pause")
        box = hold.bounding_box()
        assert box is not None
        phone.mouse.move(box["x"] + 9, box["y"] + 9)
        phone.mouse.down()
        phone.get_by_role("button", name="Resume", exact=True).wait_for()
        phone.mouse.up()
        operator.locator("#transport").get_by_role("button", name="Resume").wait_for()
        phone.get_by_role("button", name="Resume", exact=True).tap()
        operator.locator("#transport").get_by_role("button", name="Pause").wait_for()
        phone.locator(".gobtn").tap()
        operator.locator(".gobtn.accepted").wait_for()
        operator.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
        kinds = kinds_of(score.parent)
    assert kinds.count("go") == 1


@pytest.mark.slow
def test_what_is_pressed_without_a_connection_is_not_sent_later(
    browser: RunningBrowser, score: Path
) -> None:
    with studio_in_thread(score) as studio:
        page = browser.open("data:,", viewport={"width": 1440, "height": 900})
        sockets: list[Any] = []

        def connect(socket: Any) -> None:
            sockets.append(socket)
            socket.connect_to_server()

        page.route_web_socket(re.compile(r"/ws$"), connect)
        page.goto(studio.link())
        page.get_by_role("button", name="Rehearse", exact=True).click()
        page.locator(".gobtn:is(.ready, .urgent)").wait_for()
        sockets[-1].close()
        page.locator("#connection").wait_for()
        for key in ("Space", "a", "p", "q", "q"):
            page.keyboard.press(key)
        page.locator("#connection").wait_for(state="hidden")
        page.locator(".gobtn:is(.ready, .urgent)").wait_for()
        page.keyboard.press("q")
        page.keyboard.press("q")
        page.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
        kinds = kinds_of(score.parent)
    assert len(sockets) >= 2
    assert not {"go", "note", "pause"} & set(kinds)


@pytest.mark.slow
def test_a_viewer_watches_a_run(browser: RunningBrowser, score: Path) -> None:
    with studio_in_thread(score) as studio:
        operator = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        operator.get_by_role("button", name="Rehearse", exact=True).click()
        viewer = browser.open(studio.link("viewer"), viewport={"width": 1440, "height": 900})
        viewer.locator(".gobtn.ready, .gobtn.urgent").wait_for()
        assert viewer.locator("#go button, #pads button").count() == 0
        viewer.keyboard.press("Space")
        viewer.keyboard.press("a")
        operator.keyboard.press("q")
        operator.keyboard.press("q")
        operator.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
        kinds = kinds_of(score.parent)
    assert "go" not in kinds and "note" not in kinds
