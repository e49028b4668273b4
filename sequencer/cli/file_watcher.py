"""Notice changed files by polling modification times, which works on every system and disk.

The caller chooses the files and how to wait in between, so that tests need neither a clock nor a
disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sequencer.core.file_stamps import POLL_SECONDS, stamp


def rest() -> None:
    """Wait until the next poll."""
    time.sleep(POLL_SECONDS)


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
