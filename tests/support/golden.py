"""Golden files: a text that a test produces is compared with a file that is committed next to the
test.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

MAX_DIFFERENCES = 200
"""How many lines of difference a failed comparison shows."""

Golden = Callable[[str, str], None]
"""Compares a text with the file of that name in the folder `goldens/` next to the test:

`golden("tokens.txt", text)`.
"""


def render_difference(expected: str, found: str, path: Path) -> str:
    """Return the lines that differ between a golden file and what was found."""
    lines = list(
        difflib.unified_diff(
            expected.splitlines(keepends=True),
            found.splitlines(keepends=True),
            f"{path.name} (golden)",
            "found",
            n=2,
        )
    )
    shown = "".join(
        line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n"
        for line in lines[:MAX_DIFFERENCES]
    )
    more = (
        f"… and {len(lines) - MAX_DIFFERENCES} more lines\n" if len(lines) > MAX_DIFFERENCES else ""
    )
    return f"{path} differs; --update-golden accepts what was found\n\n{shown}{more}"
