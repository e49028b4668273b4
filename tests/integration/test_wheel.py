"""The wheel and the source distribution: what they contain; and the wheel, installed into an empty
environment in another folder, checks and rehearses a score.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support.requirements import require

ROOT = Path(__file__).parents[2]


def ran(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def build(kind: str, folder: Path) -> Path:
    """Build the `wheel` or the `sdist` in a folder."""
    built = ran(
        [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", folder, ROOT],
        folder,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


PAGE = ROOT / "sequencer" / "studio" / "page"


def page_files() -> set[str]:
    """Return the files of the studio's page, as they are named in an archive."""
    files = {path.relative_to(ROOT).as_posix() for path in PAGE.rglob("*") if path.is_file()}
    assert f"{PAGE.relative_to(ROOT).as_posix()}/vendor/codemirror.js" in files
    return files


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_grammar_and_the_catalog_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "sequencer/_grammar/score.lark" in names
    assert "sequencer/_grammar/terminals.lark" in names
    assert "sequencer/py.typed" in names
    catalog = {
        f"sequencer/core/catalog/{path.name}"
        for path in (ROOT / "sequencer" / "core" / "catalog").glob("*.md")
    }
    assert len(catalog) > 200 and catalog <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/"))]


def test_the_page_is_in_it_with_its_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert page_files() <= names
    described = metadata(wheel)
    assert described["License-Expression"] == "Apache-2.0 AND BSD-3-Clause AND MIT"
    licences = described.get_all("License-File") or []
    assert licences == ["LICENSE", "sequencer/studio/page/vendor/LICENSES.txt"]
    (folder,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
    assert {f"{folder}/licenses/{name}" for name in licences} <= names


@pytest.mark.slow
def test_the_source_distribution_has_the_page_and_what_makes_its_libraries(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert page_files() <= names
    tools = {"package.json", "package-lock.json", "build.mjs", "codemirror.js", "lit-html.js"}
    assert {f"tools/vendor/{name}" for name in tools} <= names
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.timeout(600)
def test_it_works_in_a_bare_environment(wheel: Path, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    require(uv, "uv makes the bare environment")
    home = tmp_path / "elsewhere"
    home.mkdir()
    shutil.copytree(ROOT / "scores", home / "scores")
    made = ran([str(uv), "venv", "--quiet", "--python", sys.executable, home / "env"], home)
    assert made.returncode == 0, made.stderr
    python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    installed = ran([str(uv), "pip", "install", "--quiet", "--python", python, wheel], home)
    require(
        installed.returncode == 0, f"the package index was not reached: {installed.stderr[-400:]}"
    )
    command = python.with_name("sequencer")
    checked = ran([command, "check", "scores/beats-and-sections.score"], home)
    assert checked.returncode == 0, checked.stderr
    explained = ran([command, "explain", "E204"], home)
    assert explained.returncode == 0 and "error[E204]" in explained.stdout, explained.stderr
    rehearsed = ran(
        [command, "rehearse", "scores/first.score", "--out", "run", "--video-size", "320x192"], home
    )
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert (home / "run" / "video.mp4").stat().st_size > 10_000
    replayed = ran([command, "replay", "run"], home)
    assert replayed.returncode == 0, replayed.stderr
    assert "every command is the same" in replayed.stdout
