"""The state of files, to notice by polling that they changed: it works on every system and disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

POLL_SECONDS = 0.3
"""Seconds between two polls: seems immediate after a save, and uses no noticeable time."""

Stamp = tuple[tuple[str, int, int], ...]
"""(path, last change in nanoseconds, size) of each file; −1 for both if it does not exist."""


def stamp(paths: Iterable[Path]) -> Stamp:
    """Return the present state of some files.

    A folder's stamp changes when a file in it is added, removed or renamed.
    """
    found: list[tuple[str, int, int]] = []
    for path in sorted(set(paths)):
        try:
            state = path.stat()
        except OSError:
            found.append((str(path), -1, -1))
        else:
            found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)
