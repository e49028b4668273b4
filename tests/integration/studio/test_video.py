"""The video, the output and the sound of the studio's page, in a browser, with runs in real time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.browser import run_test_browser, take_screenshot
from tests.support.sound_fixtures import RATE, write_wav
from tests.support.studio_pages import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMEOUT_S = 30.0
FRAMES, FPS, START = 12, 24, 2
SCORE = f"""\
score "A long lamp"
sound "tone.wav" from {START}s
grid {FRAMES} frames @ {FPS} fps
seed 7
at 0c "A lamp on a table."
at 2c "A lamp on a table; it flickers."
end 400c
"""

SOUND_IS_IN_TIME = f"""() => {{
  const chip = document.querySelector("#video .chip").textContent.match(/chunk (\\d+), frame (\\d+)/);
  const audio = document.querySelector("#video audio");
  if (chip === null || audio.paused) return false;
  const video = (Number(chip[1]) * {FRAMES} + Number(chip[2]) - 1) / {FPS} + {START};
  return Math.abs(audio.currentTime - video) < 0.3;
}}"""
IS_DRAWN = """() => {
  const canvas = document.querySelector("canvas.frame");
  if (canvas === null || canvas.width !== 640) return false;
  const [r, g, b] = canvas.getContext("2d").getImageData(320, 192, 1, 1).data;
  return r + g + b > 0;
}"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a studio in a thread of its own; return the page's address with its key."""
    samples = (8000 * np.sin(np.arange(RATE * 60) * 0.06)).astype(np.int16)
    write_wav(folder / "tone.wav", samples)
    score = folder / "lamp.score"
    score.write_text(SCORE, encoding="utf-8")
    ready, ends = threading.Event(), threading.Event()
    address: list[str] = []

    async def main() -> None:
        async with serving(score) as one:
            address.append(f"{one.server.url}/PATH#{one.studio.keys.of('operator')}")
            ready.set()
            await asyncio.to_thread(ends.wait)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield address[0]
    finally:
        ends.set()
        thread.join(30)


@pytest.mark.slow
def test_the_page_shows_a_rehearsal_with_its_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with run_test_browser(ignored=MISSING) as browser, served(tmp_path) as address:
        page = browser.open(address.replace("PATH", ""), viewport={"width": 1440, "height": 900})
        page.get_by_role("tab", name="Rehearse").click()
        wait_until(page, IS_DRAWN)
        wait_until(page, "document.querySelector('#video .chip.rt').innerText === 'simulator'")
        wait_until(page, SOUND_IS_IN_TIME)
        take_screenshot(page, "video")

        page.locator("#video .sound").get_by_role("button", name="Sound off").click()
        wait_until(page, "document.querySelector('#video audio').paused")
        page.locator("#video .sound").get_by_role("button", name="Sound on").click()
        wait_until(page, SOUND_IS_IN_TIME)

        page.get_by_role("button", name="Pause").click()
        wait_until(page, "document.querySelector('#video .chip.rt').innerText === 'paused'")
        wait_until(page, "document.querySelector('#video audio').paused")

        output = page.context.new_page()  # it shares the key of the page
        output.goto(address.replace("PATH", "output?line"))
        wait_until(output, IS_DRAWN)  # the frame that is shown, though nothing moves
        assert output.locator(".line .num").first.inner_text() == ""
        check_full_screen(output)
        take_screenshot(output, "output")
        output.close()


MISSING = (r"404 \(Not Found\)",)


def wait_until(page: Page, condition: str) -> None:
    """Wait for a condition in JavaScript. Playwright's own way is refused by the page's policy."""
    deadline = time.monotonic() + TIMEOUT_S
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def check_full_screen(page: Page) -> None:
    """Check that F enters and leaves full screen."""
    page.keyboard.press("f")
    wait_until(page, "document.fullscreenElement !== null")
    page.keyboard.press("F")
    wait_until(page, "document.fullscreenElement === null")
