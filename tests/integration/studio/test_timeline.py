"""The timeline and the report in a browser, with the states of fixtures and a stopped clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser import PHONE, RunningBrowser, take_screenshot
from tools.timeline_page import serve_timeline

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIXTURES = Path(__file__).parents[2] / "data" / "studio"
WIDE = {"viewport": {"width": 1440, "height": 900}}
MARGIN = 84
"""The width of the names of the lanes, in pixels."""


def fixture(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return data


Show = Callable[..., AbstractContextManager["Page"]]


@pytest.fixture
def shown(browser: RunningBrowser) -> Show:
    """Return a function that opens the page with a state; `drawn()` reports what it shows."""

    @contextmanager
    def show(
        data: dict[str, Any], files: dict[str, str] | None = None, **options: Any
    ) -> Iterator[Page]:
        with serve_timeline(data, files) as address:
            page = browser.open(address, **{**WIDE, **options})
            try:
                page.wait_for_selector("html[data-ready]")
                yield page
            finally:
                page.context.close()

    return show


def drawn(page: Page) -> Any:
    return page.evaluate("async () => { await frame(); return drawn(); }")


def test_moving_lines_of_a_show(shown: Show) -> None:
    data = fixture("live-set.show-ready")
    playback, go = data["snapshot"]["playback"], data["snapshot"]["go"]
    with shown(data) as page:
        found = drawn(page)
        take_screenshot(page, "timeline-show")
        view, lines = found["view"], found["lines"]
        assert view["per"] == 57

        def x(chunk: float) -> float:
            return float(MARGIN + (chunk - view["left"]) * view["per"])

        made = playback["chunk"] + (data["now"] - playback["boundary_at"]) / playback["chunk_ns"]
        assert lines["made"] == pytest.approx(x(made), abs=0.01)
        seen = made - playback["lag_ms"] * 1e6 / playback["chunk_ns"]
        assert lines["seen"] == pytest.approx(x(seen), abs=0.01)
        assert lines["reach"] == pytest.approx(x(playback["chunk"] + 2))  # the lead is two chunks
        assert lines["go"] == pytest.approx(x(go["target"]["chunk"]))
        assert lines["made"] == pytest.approx(MARGIN + 0.36 * view["width"], abs=1)

        # The view follows the playhead; nothing is drawn while nothing moves.
        page.evaluate(f"setNow({data['now'] + playback['chunk_ns'] // 4})")
        moved = drawn(page)
        assert moved["view"]["left"] == pytest.approx(view["left"] + 0.25, abs=0.02)
        assert moved["lines"]["made"] == pytest.approx(lines["made"], abs=1)
        assert moved["frames"] > found["frames"]
        assert drawn(page)["frames"] == moved["frames"]
        assert moved["layers"] == found["layers"]  # the layers are wider than the view


def test_scrolling_zooming_and_following(shown: Show) -> None:
    with shown(fixture("live-set.show-ready")) as page:
        before = drawn(page)["view"]
        canvas = page.locator("#timeline canvas")
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 600, box["y"] + 100)
        page.mouse.wheel(0, 114)
        after = drawn(page)["view"]
        assert after["left"] == pytest.approx(before["left"] + 2, abs=0.02)
        assert page.evaluate("studio.ui.get('follow')") is False

        page.keyboard.down("Control")
        page.mouse.wheel(0, -320)
        page.keyboard.up("Control")
        zoomed = drawn(page)["view"]
        assert zoomed["per"] == pytest.approx(2 * after["per"])
        pointer = 600 - MARGIN
        assert zoomed["left"] + pointer / zoomed["per"] == pytest.approx(
            after["left"] + pointer / after["per"], abs=0.02
        )

        page.mouse.down()
        page.mouse.move(box["x"] + 486, box["y"] + 100, steps=4)
        page.mouse.up()
        dragged = drawn(page)["view"]
        assert dragged["left"] == pytest.approx(zoomed["left"] + 1, abs=0.06)
        assert page.evaluate("studio.ui.get('selection')") is None  # a drag is no click

        page.evaluate("studio.ui.set('zoom', 1)")
        whole = drawn(page)
        assert whole["view"]["left"] == 0
        assert whole["view"]["per"] * whole["end"] == pytest.approx(whole["view"]["width"])


def test_a_click_selects_a_cue(shown: Show) -> None:
    with shown(fixture("live-set.show-ready")) as page:
        found = drawn(page)
        view, lane = found["view"], found["lanes"]["prompt"]
        canvas = page.locator("#timeline canvas")

        def click(chunk: float) -> None:
            x = MARGIN + (chunk - view["left"]) * view["per"]
            canvas.click(position={"x": x, "y": lane["y"] + lane["h"] / 2})

        lines = {
            line["chunk"]: line["n"]
            for line in fixture("live-set.show-ready")["snapshot"]["lines"]
            if "prompt" in line["kinds"]
        }
        click(18.5)
        assert page.evaluate("studio.ui.get('selection')") == lines[17]
        click(12)
        assert page.evaluate("studio.ui.get('selection')") == lines[10]

        # A cue that is selected elsewhere comes into view.
        page.evaluate("studio.ui.set('zoom', 40)")
        page.evaluate("studio.ui.set('follow', false) || studio.ui.set('scroll', 0)")
        page.evaluate(f"studio.ui.set('selection', {lines[17]})")
        left = drawn(page)["view"]["left"]
        assert left <= 17 < left + view["width"] / drawn(page)["view"]["per"]


def test_the_box_next_to_the_pointer_stays_within_the_timeline(shown: Show) -> None:
    with shown(fixture("live-set.edit")) as page:
        lane = drawn(page)["lanes"]["prompt"]
        canvas, box = page.locator("#timeline canvas"), page.locator(".tl-box")
        panel = page.locator("#timeline").bounding_box()
        assert panel is not None
        assert box.is_hidden()
        for x in (100, 700, 1410):
            for y in (8, lane["y"] + 10, panel["height"] - 4):
                canvas.hover(position={"x": x, "y": y})
                place = box.bounding_box()
                assert place is not None
                assert place["y"] >= panel["y"]
                assert place["y"] + place["height"] <= panel["y"] + panel["height"] + 1
                assert place["x"] >= panel["x"]
                assert place["x"] + place["width"] <= panel["x"] + panel["width"] + 1
        canvas.hover(position={"x": 700, "y": lane["y"] + 10})
        text = box.inner_text()
        assert text.startswith("chunk 16 · 0:")
        assert "jam 8." in text
        assert "The woman in the yellow raincoat remains" in text  # the prompt in full
        page.mouse.move(0, 0)
        assert box.is_hidden()


def test_a_score_that_was_never_valid_has_an_empty_timeline(shown: Show) -> None:
    data = fixture("live-set.edit")
    plots, data["plots"] = data["plots"], {}
    with shown(data) as page:
        assert drawn(page) is None
        take_screenshot(page, "timeline-empty")
        for plot in plots.values():
            page.evaluate("(plot) => receive(plot)", plot)
        assert drawn(page)["blocks"] == 4


@pytest.mark.slow
def test_a_finger_scrolls_and_two_fingers_zoom(shown: Show) -> None:
    with shown(fixture("live-set.show-ready"), **PHONE) as page:
        before = drawn(page)["view"]
        session = page.context.new_cdp_session(page)
        place = page.locator("#timeline canvas").bounding_box()
        assert place is not None
        y = place["y"] + 100

        def touch(kind: str, *xs: float) -> None:
            points = [{"x": place["x"] + x, "y": y, "id": number} for number, x in enumerate(xs)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 300)
        touch("touchMove", 270)
        touch("touchMove", 243)
        touch("touchEnd")
        scrolled = drawn(page)["view"]
        assert scrolled["left"] > before["left"] + 0.3

        touch("touchStart", 200, 260)
        touch("touchMove", 180, 280)
        touch("touchMove", 170, 290)
        touch("touchEnd")
        assert drawn(page)["view"]["per"] > 1.5 * scrolled["per"]


@pytest.mark.slow
def test_reduced_motion_moves_by_whole_chunks(shown: Show) -> None:
    data = fixture("live-set.show-ready")
    with shown(data, reduced_motion="reduce") as page:
        view = drawn(page)["view"]
        page.evaluate(f"setNow({data['now'] + data['snapshot']['playback']['chunk_ns'] // 5})")
        moved = drawn(page)
        assert moved["view"]["left"] == view["left"]
        assert moved["lines"]["made"] > MARGIN + 0.36 * view["width"] + 10


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"forced_colors": "active"}])
def test_every_theme_draws_text_that_differs_from_its_background(
    shown: Show, options: dict[str, Any]
) -> None:
    """The canvas has many colours in each theme, and other ones in each."""
    with shown(fixture("night-tram.edit"), **options) as page:
        seen: list[set[tuple[int, ...]]] = []
        for theme in ("day", "night"):
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            page.evaluate("studio.ui.set('theme', document.documentElement.dataset.theme)")
            drawn(page)
            pixels = page.evaluate(
                """() => {
                  const canvas = document.createElement("canvas");
                  const drawn = document.querySelector("#timeline canvas");
                  [canvas.width, canvas.height] = [drawn.width, drawn.height];
                  const ctx = canvas.getContext("2d", { willReadFrequently: true });
                  ctx.drawImage(drawn, 0, 0);
                  const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
                  const found = new Set();
                  for (let at = 0; at < data.length; at += 4) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
                  return [...found];
                }"""
            )
            seen.append({tuple(map(int, pixel.split(","))) for pixel in pixels})
            take_screenshot(page, f"timeline-{theme}{'-forced' if options else ''}")
        for colours in seen:
            assert max(map(sum, colours)) - min(map(sum, colours)) > 500
        if not options:
            assert seen[0] != seen[1]


def test_the_report_has_a_table_of_all_cues(shown: Show) -> None:
    data = fixture("live-set.report")
    data["answers"] = {
        "file": {"url": "/journal.jsonl"},
        "freeze": {"path": "/runs/jam/frozen.score", "name": "frozen.score"},
    }
    data["snapshot"]["report"]["folder"] = "/runs/jam"
    journal = '{"helios-journal":2}\n{"n":1,"at":0,"event":{"at":0,"stage":"simulated","kind":"ready"},"d":"0"}\n'
    with shown(data, {"/journal.jsonl": journal}) as page:
        take_screenshot(page, "report")
        report = page.locator("#report")
        assert "6 of 6 as planned" in report.inner_text()
        rows = report.get_by_role("row")
        assert rows.count() == 1 + len(data["snapshot"]["lines"])
        assert report.get_by_role("columnheader").all_inner_texts() == [
            "status", "cue", "what", "time", "planned", "landed", "snap ms", "lead"
        ]  # fmt: skip
        cells = rows.filter(has_text="jam 9.1").get_by_role("cell").all_inner_texts()
        assert cells == [
            "landed",
            "jam 9.1",
            "Now the rain grows stronger.",
            "0:24.000",
            "17",
            "17",
            "−625",
            "2c",
        ]

        report.get_by_role("button", name="jam 9.1").click()
        number = next(line["n"] for line in data["snapshot"]["lines"] if line["place"] == "9.1")
        assert page.evaluate("studio.ui.get('selection')") == number

        report.get_by_role("tab", name="Cues").focus()
        page.keyboard.press("ArrowRight")
        assert "no MIDI or OSC messages" in report.inner_text()
        page.keyboard.press("ArrowRight")
        assert "The run ended: the score is over." in report.inner_text()
        page.keyboard.press("ArrowRight")
        report.get_by_role("cell", name="stage simulated").wait_for()
        assert page.evaluate("document.activeElement.id") == "report-journal"

        with page.expect_download():
            report.get_by_role("button", name="Freeze as a score").click()
        report.get_by_text("frozen.score written").wait_for()
        report.get_by_role("button", name="Save bundle").click()
        report.get_by_text("no answer to bundle").wait_for()
        assert [what for what, _ in page.evaluate("asked")] == ["file", "freeze", "file", "bundle"]


def test_a_viewer_sees_no_buttons_in_the_report(shown: Show) -> None:
    data = {**fixture("live-set.report"), "role": "viewer"}
    with shown(data) as page:
        assert page.get_by_role("button", name="Freeze as a score").count() == 0
        lanes = drawn(page)["lanes"]
        assert "error" in lanes and "flag" not in lanes
