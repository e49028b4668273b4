"""Noticing that files have changed, by asking for their times again and again: it works on every system and every disk.

Whoever uses it says which files count and how to rest in between, so that tests need neither a clock nor a disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

PAUSE = 0.3
"""Seconds between two looks: short enough to feel immediate after a save, long enough to cost nothing."""

Stamp = tuple[tuple[str, int, int], ...]
"""(path, time of the last change in nanoseconds, size) of each file; a file that is not there has −1 for both."""


def stamp(paths: Iterable[Path]) -> Stamp:
    """How some files stand now. A folder's stamp changes when a file in it comes, goes or is renamed."""
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
    """Wait until it is worth looking again."""
    time.sleep(PAUSE)


def changes(watched: Callable[[], Iterable[Path]], pause: Callable[[], None] = rest) -> Iterator[None]:
    """Yields once at the start and then after every change of what `watched` names. It never ends by itself.

    `watched` is asked anew after each yield, so that the set of files may grow and shrink with what was found in them.
    A change between the look and the yield's end is not lost: the stamp is taken before what uses it looks at the files.
    """
    while True:
        before = stamp(watched())
        yield
        known = {path for path, _, _ in before}
        fresh = [path for path in watched() if str(path) not in known]
        seen = tuple(sorted((*before, *stamp(fresh))))
        while stamp(Path(path) for path, _, _ in seen) == seen:
            pause()
