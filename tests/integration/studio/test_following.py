"""A show in the page follows the MIDI clock of another process, which falls silent and comes back."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

import sequencer
from tests.support.browser import RunningBrowser, take_screenshot
from tests.support.studio_browser import studio_in_thread
from tools.midi_clock import run_clock

BPM = 240
SCORE = """\
score "Two lamps"
grid 6 frames @ 24 fps
clock midi "tcp-listen://127.0.0.1:PORT", 4/4, nominal 240 bpm
seed 7

section first 2 bars {
  at 1 "A lamp on a table."
}

section jam until go out, max 80 bars {
  at 1 "A dark hall."
  on note D3 -> "Lightning in a dark hall."
}

section last 2 bars {
  at 1 "Morning light."
}
"""
"""Its chunks take a quarter of a second."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.mark.slow
def test_a_show_follows_the_midi_clock_of_another_process(
    browser: RunningBrowser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    port = free_port()
    score = tmp_path / "lamps.score"
    score.write_text(SCORE.replace("PORT", str(port)), encoding="utf-8")
    with studio_in_thread(score) as studio, run_clock(port, BPM) as clock:
        page = browser.open(studio.link(), viewport={"width": 1440, "height": 900})
        page.get_by_role("tab", name="Show").click()
        page.get_by_role("tab", name="Start?").click()
        facts = page.get_by_label("Clock")
        facts.get_by_text("LOCKED").wait_for(timeout=30_000)
        facts.get_by_text(re.compile(r"^(239|240)\.\d bpm$")).wait_for()
        facts.get_by_text("deviation").wait_for()
        page.locator(".gobtn:is(.ready, .urgent)").wait_for()
        deviation = re.search(r"deviation\s+([\d.]+) ms", facts.inner_text())
        assert deviation is not None
        assert float(deviation[1]) < 60e3 / BPM / 2, "half a beat"
        bar = page.locator("#clock .pos").inner_text()
        assert re.fullmatch(r"\d+\.[1-4]", bar), bar
        take_screenshot(page, "following-locked")

        page.keyboard.press("a")
        page.locator(".cue-list").get_by_text("Lightning in a dark hall.").wait_for()

        clock.write("stop")
        page.locator("#alerts").get_by_text("Clock lost").wait_for(timeout=30_000)
        facts.get_by_text("CLOCK LOST").wait_for()
        take_screenshot(page, "following-lost")
        clock.write("go")
        facts.get_by_text("LOCKED").wait_for(timeout=30_000)
        page.locator("#alerts").get_by_text("Clock lost").wait_for(state="detached")

        page.keyboard.press("Space")
        page.locator(".gobtn.accepted").wait_for()
        page.get_by_role("tab", name="Report", selected=True).wait_for(timeout=60_000)
        lost = page.locator("#report .sum > div", has_text="clock lost")
        assert re.search(r"once\s+for \d+\.\d s", lost.inner_text()), lost.inner_text()
        assert page.locator("#report .sum > div", has_text="billed").count() == 0
        take_screenshot(page, "following-report")
    (journal,) = tmp_path.rglob("journal.jsonl")
    records = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    events = [record["event"] for record in records if "event" in record]
    kinds = [event["kind"] for event in events]
    assert kinds.count("go") == 1
    assert kinds.count("note") == 1
    assert {"locked", "free"} <= {one["quality"] for one in events if one["kind"] == "clock_fit"}
    assert sequencer.replay(journal.parent).is_equal
