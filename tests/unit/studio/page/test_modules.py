"""The tests of the page's modules that need no browser: `*.test.mjs` here, which node runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.requirements import require

OLDEST_NODE = (20, 19)
"""Older ones do not recognise the page's files as modules."""


def run_tests(node: str, files: list[Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, "--test", "--test-reporter=tap", *map(str, files)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def find_node() -> str:
    """Return the path of node; the test is skipped without one that is new enough."""
    node = shutil.which("node")
    version = (0, 0)
    if node is not None:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        major, minor, *_ = re.findall(r"\d+", printed.stdout)
        version = (int(major), int(minor))
    require(version >= OLDEST_NODE, "node 20.19 or later is not installed")
    return str(node)


def test_the_modules_of_the_page() -> None:
    files = sorted(Path(__file__).parent.glob("*.test.mjs"))
    assert files
    done = run_tests(find_node(), files)
    assert done.returncode == 0, "\n".join(_failures(done.stdout)) + done.stderr
    assert _count("pass", done.stdout) >= len(files) and _count("skipped", done.stdout) == 0


def test_a_failure_is_reported(tmp_path: Path) -> None:
    test = tmp_path / "wrong.test.mjs"
    test.write_text(
        'import assert from "node:assert/strict";\nimport test from "node:test";\n'
        'test("right", () => {});\ntest("wrong", () => assert.equal(1, 2));\n',
        encoding="utf-8",
    )
    done = run_tests(find_node(), [test])
    assert done.returncode == 1
    assert "not ok 2 - wrong" in _failures(done.stdout)[0]


def _failures(tap: str) -> list[str]:
    """Return the tests that failed, each with what it reports."""
    return re.findall(r"^ *not ok [^\n]*\n(?: *---.*?^ *\.\.\.\n)?", tap, re.MULTILINE | re.DOTALL)


def _count(what: str, tap: str) -> int:
    return int(re.findall(rf"^# {what} (\d+)$", tap, re.MULTILINE)[-1])
