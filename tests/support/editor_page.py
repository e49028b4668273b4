"""The configurations that the page about editors shows, and what they need to run in a test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.docs.pages import DOCS, ROOT, Page, read_page


def blocks_of(section: str, info: str) -> list[str]:
    """Return the blocks of a section of `docs/editors.md` that are marked with `info`."""
    page = read_page(DOCS / "editors.md")
    text = page.sections()[section]
    return [block.text for block in Page(page.path, text).blocks() if block.info == info]


def environment_in(home: Path) -> dict[str, str]:
    """Return the environment of a user whose files are in `home` and who has activated ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    found = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**kept, "HOME": str(home), "PATH": found}


def run_commands(commands: str, environment: Mapping[str, str]) -> None:
    """Run commands of the page in the folder of the project."""
    subprocess.run(
        ["/bin/sh", "-eu", "-c", commands], cwd=ROOT, env=environment, check=True, timeout=100
    )
