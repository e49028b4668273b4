"""The editor of the studio's page in a browser, with a real workspace and its process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser import RunningBrowser, take_screenshot
from tests.support.studio_editor import EditorServer, serve_editor

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCORES = Path(__file__).parents[3] / "scores"
WIDE = {"viewport": {"width": 1440, "height": 900}}
INTERACTION_MS = 100
"""CodeMirror's list of completions takes no keys for 75 ms after it has opened."""


@pytest.fixture
def score(tmp_path: Path) -> Path:
    for name in ("live-set.score", "library.score"):
        shutil.copy(SCORES / name, tmp_path / name)
    return tmp_path / "live-set.score"


def line(page: Page, text: str) -> Any:
    return page.locator("#score .cm-line", has_text=text)


def put_cursor(page: Page, text: str) -> None:
    """Put the cursor after a text that is at the beginning of a line."""
    line(page, text).first.click()
    page.keyboard.press("Home")
    for _ in text.strip():
        page.keyboard.press("ArrowRight")


def is_in_editor(page: Page) -> bool:
    """Return whether the focus is in the score's text."""
    found: bool = page.evaluate("document.activeElement.closest('#score .cm-content') !== null")
    return found


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for something outside of the page."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def is_saved(server: EditorServer, path: Path) -> bool:
    return path.read_text(encoding="utf-8") == server.workspace.text


@pytest.mark.slow
def test_a_score_is_edited_checked_fixed_and_saved(browser: RunningBrowser, score: Path) -> None:
    with serve_editor(score) as server:
        page = browser.open(server.url, **WIDE)
        hint = line(page, "at 9 tram").locator(".cm-hint")
        assert hint.inner_text() == "c17 · −625 ms"
        assert "no problems" in page.locator("#summary").inner_text()
        put_cursor(page, "at 9")
        page.locator("#prompt mark", has_text="Now the rain grows stronger.").wait_for()
        assert "Chunk 18 would be 750 ms late." in page.locator("#prompt").inner_text()
        page.keyboard.type(".5")
        box = page.locator(".cm-box.error")
        box.wait_for()
        assert "so there is no 9.5" in box.inner_text()
        assert page.locator("#problems .problem").count() == 1
        take_screenshot(page, "editor-error")
        page.locator("#problems").get_by_role("button", name="Explain").click()
        page.locator(".explanation").wait_for()
        box.get_by_role("button", name="Write 10.1").click()
        page.locator(".cm-box").wait_for(state="detached")
        line(page, "at 10.1 tram").locator(".cm-hint", has_text="c19").wait_for()
        page.locator(".cm-changed").wait_for()
        page.keyboard.press("Control+s")
        wait_for(page, lambda: is_saved(server, score))
        page.locator(".cm-changed").wait_for(state="detached")
        page.keyboard.press("Control+z")
        line(page, "at 9.5 tram").wait_for()


@pytest.mark.slow
def test_two_pages_that_type_at_the_same_time_have_the_same_text(
    browser: RunningBrowser, score: Path
) -> None:
    with serve_editor(score) as server:
        pages = [browser.open(server.url, **WIDE) for _ in range(2)]
        for page, text in zip(pages, ("use", "seed"), strict=True):
            put_cursor(page, text)
        for _ in range(20):
            pages[0].keyboard.type("a")
            pages[1].keyboard.type("𝄞")
        for page in pages:
            line(page, "use" + 20 * "a").wait_for()
            line(page, "seed" + 20 * "𝄞").wait_for()
        assert "use" + 20 * "a" in server.workspace.text
        assert "seed" + 20 * "𝄞" in server.workspace.text
        server.disconnect()
        pages[0].keyboard.type("b")
        line(pages[1], "use" + 20 * "a" + "b").wait_for()
        assert 20 * "a" + "b" in server.workspace.text, "an edit is kept over a lost connection"


@pytest.mark.slow
def test_a_change_on_the_disk_is_offered(browser: RunningBrowser, score: Path) -> None:
    with serve_editor(score) as server:
        page = browser.open(server.url, **WIDE)
        put_cursor(page, "seed")
        page.keyboard.type(" ")
        score.write_text(score.read_text(encoding="utf-8") + "# theirs\n", encoding="utf-8")
        banner = page.get_by_role("alert").filter(has_text="Another program has changed")
        banner.wait_for()
        assert "# theirs" not in server.workspace.text
        page.get_by_role("button", name="Take its text").click()
        banner.wait_for(state="hidden")
        wait_for(page, lambda: is_saved(server, score))
        page.keyboard.press("Control+z")
        wait_for(page, lambda: "# theirs" not in server.workspace.text)


@pytest.mark.slow
def test_completion_and_descriptions_are_those_of_the_language(
    browser: RunningBrowser, score: Path
) -> None:
    with serve_editor(score) as server:
        page = browser.open(server.url, **WIDE)
        line(page, "at 9 tram").wait_for()
        line(page, "at 9 tram").click()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        page.keyboard.type("at 11 tr")
        option = page.locator(".cm-tooltip-autocomplete li", has_text="tram")
        option.wait_for()
        page.wait_for_timeout(INTERACTION_MS)
        page.keyboard.press("Enter")
        line(page, "at 11 tram").wait_for()
        page.locator(".cm-tooltip-autocomplete").wait_for(state="detached")
        page.keyboard.press("Tab")
        assert not is_in_editor(page), "Tab leaves the editor"
        line(page, "at 1 tram").first.locator(".k-scene").hover()
        description = page.locator(".cm-description")
        description.wait_for()
        assert description.inner_text().startswith("scene tram")
        page.get_by_role("tab", name="library.score").click()
        page.locator(".cm-line", has_text="scene tram").wait_for()


@pytest.mark.slow
def test_tab_leaves_the_editor_whatever_is_shown_in_it(
    browser: RunningBrowser, score: Path
) -> None:
    """Neither a list of completions nor the fix of a problem keeps it; Alt-Enter writes the fix."""
    with serve_editor(score) as server:
        page = browser.open(server.url, **WIDE)
        put_cursor(page, "at 9")
        page.keyboard.type(".5")
        page.locator(".cm-box.error").get_by_role("button", name="Write 10.1").wait_for()
        page.keyboard.press("Tab")
        assert not is_in_editor(page)
        line(page, "at 9.5 tram").click()
        page.keyboard.press("Alt+Enter")
        line(page, "at 10.1 tram").wait_for()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+Space")
        page.locator(".cm-tooltip-autocomplete").wait_for()
        page.keyboard.press("Tab")
        assert not is_in_editor(page)


@pytest.mark.slow
def test_a_locked_score_is_not_edited_and_space_is_not_written(
    browser: RunningBrowser, score: Path
) -> None:
    with serve_editor(score, mode="show", locked=True, revision=1) as server:
        before = server.workspace.text
        page = browser.open(server.url, **WIDE)
        page.get_by_role("tab", name="Score").click()
        line(page, "seed").click()
        page.keyboard.type("x y")
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(300)
        assert server.workspace.text == before and server.workspace.version == 1
        assert [one for one in server.requests if one["t"] == "take_over"] == []


@pytest.mark.slow
def test_a_changed_score_takes_over_with_the_text_of_the_page(
    browser: RunningBrowser, score: Path
) -> None:
    with serve_editor(score, mode="rehearse", revision=1) as server:
        page = browser.open(server.url, **WIDE)
        put_cursor(page, "seed")
        page.keyboard.type(" ")
        page.locator("#revision", has_text="1 line changed").wait_for()
        take_screenshot(page, "editor-changed")
        page.locator("#revision").get_by_role("button", name="Take over").click()
        wait_for(page, lambda: bool(server.requests))
        (request,) = server.requests
        wanted = {"t": "take_over", "run": "run", "version": server.workspace.version}
        assert request == {**wanted, "where": "bar"}


@pytest.mark.slow
def test_ten_thousand_lines_are_shown_and_edited(browser: RunningBrowser, tmp_path: Path) -> None:
    path = tmp_path / "long.score"
    cues = [f'at {bar} "A tram waits in street {bar}."\n' for bar in range(1, 10_001)]
    path.write_text("clock 120 bpm, 4/4\n" + "".join(cues) + "end 10001\n", encoding="utf-8")
    with serve_editor(path) as server:
        page = browser.open(server.url, **WIDE)
        page.locator(".cm-hint").first.wait_for(timeout=60_000)
        assert page.locator(".cm-line").count() < 300, "only what is visible is drawn"
        page.locator(".cm-content").click()
        page.keyboard.press("Control+End")
        line(page, "end 10001").wait_for()
        page.keyboard.press("Control+Home")
        page.keyboard.type("# ")
        wait_for(page, lambda: server.workspace.text.startswith("# clock"))
