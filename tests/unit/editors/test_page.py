"""How the extension for VS Code prepares the pages of `sequencer` for a view: `src/page.ts`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sequencer.language.compiler import compile_score
from sequencer.language.notations import read
from sequencer.reports.cue_sheet.html import as_html
from sequencer.reports.cue_sheet.rows import sheet_of
from sequencer.reports.timeline import timeline_html
from tests.support.requirements import require

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
PREPARE = """
import { readFileSync } from "node:fs";
const { page, view } = JSON.parse(readFileSync(0, "utf8"));
const { preparePage } = await import(process.argv[1]);
process.stdout.write(preparePage(page, view));
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled module."""
    require(
        shutil.which("node") is not None and (EXTENSION / "node_modules" / "esbuild").is_dir(),
        "node and .ci/setup-vscode are needed for this test",
    )
    path = tmp_path_factory.mktemp("page") / "page.mjs"
    esbuild = EXTENSION / "node_modules" / ".bin" / "esbuild"
    subprocess.run(
        [esbuild, EXTENSION / "src" / "page.ts", f"--outfile={path}", "--log-level=error"],
        timeout=60,
        check=True,
    )
    return path


def run(module: Path, page: str, **view: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "--input-type=module", "-e", PREPARE, str(module)],
        input=json.dumps({"page": page, "view": {"nonce": "abc", "dark": False, **view}}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def prepared(module: Path, page: str, **view: Any) -> str:
    done = run(module, page, **view)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def timeline() -> str:
    return timeline_html(compile_score(read(ROOT / "scores" / "live-set.score")))


@cache
def sheet() -> str:
    return as_html(sheet_of(compile_score(read(ROOT / "scores" / "live-set.score"))))


def policy_of(page: str) -> dict[str, str]:
    """Return the page's policy; it has one, before anything that the policy is about."""
    (found,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert page.index(found) < page.index("<style")
    return {
        name: " ".join(values) for name, *values in (part.split() for part in found.split("; "))
    }


@pytest.mark.parametrize("make", [timeline, sheet])
def test_a_page_loads_nothing_and_only_its_own_script_runs(module: Path, make: Any) -> None:
    page = prepared(module, make())
    assert policy_of(page) == {
        "default-src": "'none'",
        "script-src": "'nonce-abc'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert page.count("<script") == page.count('<script nonce="abc">')
    assert page.count("<script") == make().count("<script") + 1, "one keeps what is in view"
    assert "<base" not in page


def test_a_run_may_play_its_video_from_its_own_folder_only(module: Path) -> None:
    media = {"base": "https://view/run&1/", "source": "https://view"}
    page = prepared(module, timeline(), media=media)
    policy = policy_of(page)
    assert policy["media-src"] == policy["base-uri"] == "https://view"
    assert '<base href="https://view/run&#38;1/">' in page


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("make", [timeline, sheet])
def test_the_colours_are_those_of_the_editor(module: Path, make: Any, dark: bool) -> None:
    page = prepared(module, make(), dark=dark)
    assert "prefers-color-scheme" not in page
    assert ("@media all" in page, "@media not all" in page) == (dark, not dark)


def test_a_problem_is_shown_above_the_page_as_text(module: Path) -> None:
    page = prepared(module, sheet(), problem='x.score:1:1: error: <b title="$&">')
    assert re.search(
        r"<body[^>]*><p role=\"status\"[^>]*>x\.score:1:1: error: &#60;b title=&#34;\$&#38;&#34;&#62;</p>",
        page,
    )


def test_a_page_with_another_script_is_refused(module: Path) -> None:
    page = timeline().replace("</body>", "<script>alert(1)</script></body>")
    done = run(module, page)
    assert done.returncode != 0
    assert "not one that this version" in done.stderr
