"""The extension in a real editor, VS Code for the browser: hints, a mistake and its fix, views, a
rehearsal, and what it reports if the program is missing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from editors.code_server import focus_text, go_to, missing, open_page, run_command, run_editor
from tests.support.requirements import require

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vscode")]  # one editor for all tests

PROGRAM = Path(sys.executable).with_name("sequencer")
SCORE = """\
score "A <script>alert(1)</script> night"
clock 120 bpm, 4/4

scene tram {
  base "A tram stop at night. Neon light."
  follow "The tram stop remains. {action} Neon light."
}

section intro 4 bars {
  at 1 tram
  at 3 tram "A tram comes."
}
"""
KEY_MS = 40
"""Milliseconds between two keys: suggestions appear while a line is typed."""
LINE = SCORE.split("\n").index('  at 3 tram "A tram comes."') + 1


def settings(program: Path) -> str:
    return json.dumps(
        {
            "editor.autoClosingBrackets": "never",  # what is typed is what is written
            "editor.autoClosingQuotes": "never",
            "score.command": [str(program)],
            "score.rehearseOptions": ["--no-video"],
        }
    )


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    (folder / "tram.score").write_text(SCORE, encoding="utf-8")
    (folder / "typed.score").write_text("", encoding="utf-8")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text(settings(PROGRAM), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(show: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    reason = missing()
    require(reason is None, reason or "")
    require(importlib.util.find_spec("pygls"), "the extra `editor` is needed for this test")
    home = tmp_path_factory.mktemp("home")
    with run_editor(home, {}) as address, open_page(1280, 800) as opened:
        opened.set_default_timeout(60_000)
        opened.goto(f"{address}?folder={show}")
        opened.get_by_role("treeitem", name="tram.score").first.dblclick()
        opened.locator(".view-line").first.wait_for()
        yield opened


def line_with(page: Any, text: str) -> Any:
    return page.locator(".view-line", has_text=text)


def view(page: Any, text: str) -> Any:
    """Return the content of the view that contains a text, which is in a frame of a frame."""
    frames = page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")
    return frames.locator("body", has_text=text)


def test_a_mistake_is_found_and_fixed(page: Any) -> None:
    # the spaces of a line are displayed as no-break spaces
    hint = line_with(page, "⟶\xa0c3")
    hint.wait_for()
    assert "+125" in hint.inner_text()
    go_to(page, LINE, len("  at 3 tram") + 1)
    page.keyboard.type("m")
    page.keyboard.press("Escape")
    page.locator(".squiggly-error").first.wait_for()
    page.keyboard.press("Control+.")
    page.locator(".action-widget .action", has_text="did you mean tram").wait_for()
    page.keyboard.press("Enter")
    page.locator(".squiggly-error").wait_for(state="detached")
    hint.wait_for()
    assert "tramm" not in page.locator(".view-lines").inner_text()


def test_the_views_show_the_score_and_follow_it(page: Any, show: Path) -> None:
    run_command(page, "Score: Show Timeline Beside the Text")
    timeline = view(page, "intro")
    timeline.locator("#strip").wait_for()
    assert "A <script>alert(1)</script> night" in timeline.inner_text()
    timeline.locator("#fit").wait_for()  # its script runs: without it, this button is hidden
    zoom = timeline.locator("#zoom")
    zoom.fill("7")
    assert zoom.input_value() == "7"
    go_to(page, LINE - 1, len("  at 1 tram") + 1)
    page.keyboard.type(' "It snows."')
    page.keyboard.press("Control+s")
    view(page, "It snows.").wait_for()
    assert zoom.input_value() == "7", "the page drawn again shows the same part"
    assert '"It snows."' in (show / "tram.score").read_text(encoding="utf-8")
    run_command(page, "Score: Show Cue Sheet")
    view(page, "tram.score:11").wait_for()


def test_a_rehearsal_leaves_a_run_that_is_shown(page: Any, show: Path) -> None:
    run_command(page, "Score: Rehearse")
    page.get_by_text("Every cue landed: runs/").first.wait_for()
    (run,) = (show / "runs").iterdir()
    assert run.name.endswith("-tram")
    view(page, "performed: 2 of 2 cues landed").wait_for()


def test_a_score_that_is_typed_is_what_was_typed(page: Any, show: Path) -> None:
    """Suggestions that appear do not take the key that begins a new line."""
    page.get_by_role("treeitem", name="typed.score").first.dblclick()
    page.locator(".tab.active", has_text="typed.score").wait_for()
    focus_text(page)
    for line in SCORE.rstrip().split("\n"):
        page.keyboard.type(line.lstrip(), delay=KEY_MS)
        page.keyboard.press("Enter")
    page.locator(".tab.active.dirty", has_text="typed.score").wait_for()
    page.keyboard.press("Control+s")
    page.locator(".tab.active:not(.dirty)", has_text="typed.score").wait_for()
    typed = (show / "typed.score").read_text(encoding="utf-8")
    assert [line.strip() for line in typed.split("\n")] == [
        line.strip() for line in SCORE.split("\n")
    ]


def test_a_missing_program_is_reported_with_what_to_do(page: Any, show: Path) -> None:
    nowhere = show / "nowhere" / "sequencer"
    (show / ".vscode" / "settings.json").write_text(settings(nowhere), encoding="utf-8")
    message = page.locator(".notification-toast", has_text=f"{nowhere} does not exist.")
    message.wait_for()
    message.get_by_role("button", name="How to Install").wait_for()
    message.get_by_role("button", name="Choose the Program").wait_for()
