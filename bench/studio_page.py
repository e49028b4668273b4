"""Measures how fast the studio's timeline scrolls and zooms with many cues, in Chromium.

    python -m bench.studio_page

The browser draws without a graphics card here, as on the machine of the tests. It draws at most 60
frames per second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.findings import Findings, Row, Section, render_findings
from sequencer.language.check import check_text
from sequencer.studio.plots import schedule_plot
from tools import browser
from tools.timeline_page import serve_timeline

if TYPE_CHECKING:
    from playwright.sync_api import Page

CUES = 10_000
GOAL = 30
"""The least frames per second."""
FRAMES = 90
SECTION = Section(
    "The timeline of the studio",
    f"""
How many frames per second the page draws of a score with {CUES:,} cues while it scrolls and zooms,
in Chromium without a graphics card, at 1440×900. No browser draws more than 60.
""",
)
SCROLLS = (
    ("scrolling at the scale of a show", 57.0, 8),
    ("scrolling with 300 cues in view", 3.0, 8),
    ("scrolling with 3,000 cues in view", 0.3, 8),
)
"""What is measured, the width of a chunk, and the pixels of each step."""

_SCROLL = """async ([per, pixels, frames]) => {
  const { ui } = studio;
  const { view, end } = drawn();
  ui.set("zoom", (per * end) / view.width);
  ui.set("scroll", end / 3);
  await frame();
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await next();
  const before = performance.now();
  const first = drawn().frames;
  for (let index = 0; index < frames; index += 1) {
    ui.set("scroll", ui.get("scroll") + pixels / per);
    await next();
  }
  return ((drawn().frames - first) * 1000) / (performance.now() - before);
}"""
_ZOOM = """async (frames) => {
  const { ui } = studio;
  ui.set("zoom", 1);
  await frame();
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await next();
  const before = performance.now();
  const first = drawn().frames;
  for (let index = 0; index < frames; index += 1) {
    ui.set("zoom", ui.get("zoom") * 1.07);
    await next();
  }
  return ((drawn().frames - first) * 1000) / (performance.now() - before);
}"""


def score(cues: int) -> str:
    """Return a score with a prompt in each bar."""
    lines = [f'at {bar} "A boat drifts past buoy {bar}. Grey light."' for bar in range(1, cues + 1)]
    return "\n".join(["clock 120 bpm, 4/4", *lines, f"end {cues + 1}"])


def state(cues: int) -> dict[str, Any]:
    """Return what the page shows: the score in edit mode."""
    schedule = check_text(score(cues), "bench.score", advice=False).schedule
    assert schedule is not None
    plot = {"t": "plot", "revision": 1, "live": False, "plot": schedule_plot(schedule)}
    snapshot = {"seq": 1, "run": "", "mode": "edit", "lines": [], "pads": [], "revisions": []}
    return {"now": 0, "snapshot": {**snapshot, "report": None}, "plots": [plot]}


def measure() -> Findings:
    """Measure, unless there is no browser."""
    missing = browser.missing()
    names = [name for name, _, _ in SCROLLS] + ["zooming from the whole score to a show"]
    if missing is not None:
        return Findings(
            rows=tuple(Row(name, None, "fps", least=GOAL, why=missing) for name in names)
        )
    with serve_timeline(state(CUES)) as address, browser.run_browser() as running:
        page: Page = running.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        found = [page.evaluate(_SCROLL, [per, pixels, FRAMES]) for _, per, pixels in SCROLLS]
        found.append(page.evaluate(_ZOOM, FRAMES))
    rows = zip(names, found, strict=True)
    return Findings(rows=tuple(Row(name, value, "fps", least=GOAL) for name, value in rows))


def main() -> None:
    """Print the results."""
    print(render_findings(measure()))


if __name__ == "__main__":
    main()
