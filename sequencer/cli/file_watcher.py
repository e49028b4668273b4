"""Notice changed files by polling modification times, which works on every system and disk.

The caller chooses the files and how to wait in between, so that tests need neither a clock nor a
disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

PAUSE = 0.3
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


def rest() -> None:
    """Wait until the next poll."""
    time.sleep(PAUSE)


def changes(
    watched: Callable[[], Iterable[Path]], pause: Callable[[], None] = rest
) -> Iterator[None]:
    """Yield once at the start, then after every change of the watched files.

    It never ends by itself.

    A change during the caller's work is not lost, because the stamp is taken before the caller
    reads the files.

    Args:
        watched: Returns the files to watch. It is called again after each yield, so that the set
            may depend on their content.
        pause: Waits until the next poll.
    """
    while True:
        before = stamp(watched())
        yield
        known = {path for path, _, _ in before}
        fresh = [path for path in watched() if str(path) not in known]
        seen = tuple(sorted((*before, *stamp(fresh))))
        while stamp(Path(path) for path, _, _ in seen) == seen:
            pause()
