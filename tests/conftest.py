"""Shared by all tests: golden files, and requirements that may be missing on one machine but not in the complete test run."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

REQUIRE_ALL = "SEQUENCER_REQUIRE_ALL"
"""If set to 1, everything must be installed: a test fails instead of being skipped for a missing tool."""

MOST_DIFFERENCES = 200
"""How many lines of difference a failed comparison shows."""

Golden = Callable[[str, str], None]
"""Compares a text with the file of that name in the folder `goldens/` next to the test: `golden("tokens.txt", text)`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`, which writes golden files instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing with them")


HEAVY = ("versions", "fuzz", "simulation")
"""Folders whose tests use a core for minutes, …"""
REAL_TIME = ("soak", "midi", "reactor", "live", "faults_injected")
"""… and folders whose tests run in real time, over real connections or with real MIDI devices."""


def _turn(item: pytest.Item) -> int:
    """Return which part of the run a test belongs to: 0 heavy, 1 in real time, 2 all others."""
    folders = item.path.parts
    if any(room in folders for room in HEAVY):
        return 0
    return 1 if any(room in folders for room in REAL_TIME) or item.path.name == "test_link.py" else 2


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the real-time tests in one process, one after another, after the heavy ones.

    The other process runs all the rest; when it is done, nothing delays the real-time tests any more.
    """
    items.sort(key=_turn)
    for item in items:
        if _turn(item) < 2:
            item.add_marker(pytest.mark.xdist_group("realtime"))


def require(condition: object, reason: str) -> None:
    """Skip the test if `condition` is false, or fail if everything is required (SEQUENCER_REQUIRE_ALL=1)."""
    if condition:
        return
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{REQUIRE_ALL}=1, but: {reason}", pytrace=False)
    pytest.skip(reason)


def _difference(expected: str, found: str, path: Path) -> str:
    lines = list(
        difflib.unified_diff(
            expected.splitlines(keepends=True), found.splitlines(keepends=True), f"{path.name} (golden)", "found", n=2
        )
    )
    shown = "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in lines[:MOST_DIFFERENCES])
    more = f"… and {len(lines) - MOST_DIFFERENCES} more lines\n" if len(lines) > MOST_DIFFERENCES else ""
    return f"{path} differs; --update-golden accepts what was found\n\n{shown}{more}"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare texts with files in `goldens/` next to the test; with `--update-golden` the files are written instead."""
    folder = request.path.parent / "goldens"
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        path = folder / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != text.encode():
                path.write_bytes(text.encode())
        elif not path.is_file():
            pytest.fail(f"{path} does not exist; --update-golden writes it\n\n{text[:2000]}", pytrace=False)
        else:
            expected = path.read_bytes().decode()
            if expected != text:
                pytest.fail(_difference(expected, text, path), pytrace=False)

    return compare
