"""docs/security.md names tests in each line, and all of them exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_line_of_the_threat_model_has_its_tests() -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and line != "| line | test |"
    ]
    assert len(rows) > 35
    for row in rows:
        named = re.findall(r"`([^`]*\btest_\w+)`", row.rsplit(" | ", 1)[1])
        assert named, f"no test is named beside: {row}"
        path = None
        for one in named:
            file, _, name = one.rpartition("::")
            if file:
                path = ROOT / file if "/" in file else ROOT / "tests" / "security" / file
            assert path is not None
            assert path.is_file(), path
            assert f"def {name}(" in path.read_text(encoding="utf-8"), (
                f"{path.name} holds no {name}"
            )


def test_every_security_test_is_named_in_the_threat_model() -> None:
    for path in (ROOT / "tests" / "security").glob("test_*.py"):
        if path != Path(__file__):
            for name in re.findall(
                r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE
            ):
                assert name in PAGE, f"docs/security.md does not mention {path.name}::{name}"
