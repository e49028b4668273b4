"""Make the image of the extension that the documentation shows: `python -m editors.screenshot`.

It opens a score in VS Code for the browser, waits for the hints, makes a mistake, and opens the
menu with its fix. `editors/code_server.py` lists what has to be installed.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from editors.code_server import go_to, missing, open_page, run_editor
from editors.vsix import ROOT

OUTPUT = ROOT / "docs" / "pictures" / "vscode.png"
WIDTH, HEIGHT, SCALE = 1040, 770, 1.5
COLOURS = 256
"""Colours of the image: an editor has few, and the file is a third as large."""

SETTINGS: Mapping[str, Any] = {
    "breadcrumbs.enabled": False,
    "editor.fontSize": 14,
    "editor.lightbulb.enabled": "off",
    "editor.lineHeight": 22,
    "editor.matchBrackets": "never",
    "editor.minimap.enabled": False,
    "editor.overviewRulerBorder": False,
    "editor.padding.top": 8,
    "editor.renderLineHighlight": "none",
    "editor.scrollbar.horizontal": "hidden",
    "editor.scrollbar.vertical": "hidden",
    "editor.scrollBeyondLastLine": False,
    "explorer.openEditors.visible": 0,
    "window.menuBarVisibility": "hidden",
    "window.title": "${activeEditorShort}",
    "workbench.activityBar.location": "hidden",
    "workbench.colorTheme": "Light Modern",
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
}

SCORE = """\
score "Night tram"
clock 120 bpm, 4/4

scene tram {
  base "A woman in a yellow raincoat waits at a tram stop. Wet neon light. Locked-off medium shot."
  follow "The woman remains at the tram stop. {action} Wet neon light. Locked-off medium shot."
}

section intro 8 bars {
  at 1 tram
  at 3 tram "Now she opens a red umbrella."
  at 5.3 tram "Suddenly a tram glides in."
  at 7 sr 4x
}

section ride 8 bars, tempo 120 -> 132 {
  at 1 tram "She steps aboard; the doors slide shut."
  every 4 bars from 3 tram shuffle("Light streaks pass." | "She smiles.")
}

section jam until go out, max 16 bars {
  at 1 tram "Now everything is still and quiet."
  on note D3 ch 10 -> tram "Now lightning flashes."
}

section finale 4 bars {
  at 1 tram "She folds the umbrella."
  at 3 tram "She walks away."
}
"""
MISTAKE = ('  at 3 tram "She walks away."', len("  at 3 tram") + 1, "m")
"""The line, and the column at which something is typed, and what."""


def take(folder: Path, program: str) -> Image.Image:
    """Return the image. `program` is the path of `sequencer`, with the extra `editor`."""
    scores = folder / "scores"
    scores.mkdir()
    (scores / "night-tram.score").write_text(SCORE, encoding="utf-8")
    settings = {**SETTINGS, "score.command": [program]}
    home = folder / "home"
    with run_editor(home, settings) as address, open_page(WIDTH, HEIGHT, SCALE) as page:
        page.goto(f"{address}?folder={scores}")
        page.get_by_role("treeitem", name="night-tram.score").first.dblclick()
        page.locator(".view-line", has_text="⟶").first.wait_for()
        page.keyboard.press("Control+b")
        text, column, typed = MISTAKE
        go_to(page, SCORE.split("\n").index(text) + 1, column)
        page.keyboard.type(typed)
        page.keyboard.press("Escape")  # the list of completions
        page.locator(".squiggly-error").first.wait_for()
        page.keyboard.press("Control+.")
        page.locator(".action-widget .action").first.wait_for()
        return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))


def main(argv: Sequence[str] | None = None) -> int:
    """Write the image, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m editors.screenshot", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", default=OUTPUT)
    parser.add_argument(
        "--program", metavar="FILE", type=Path, default=Path(sys.executable).with_name("sequencer")
    )
    args = parser.parse_args(argv)
    if (reason := missing()) is not None:
        print(reason, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        image = take(Path(folder), str(args.program.absolute()))
    few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(args.output, optimize=True)
    print(f"{args.output}: {args.output.stat().st_size // 1024 + 1} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
