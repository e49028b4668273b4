"""Pauses Python's cyclic garbage collector while many objects are created and none is dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """Disable the cyclic garbage collector inside the `with` block.

    Reading and compiling create many small objects that all stay, and no cycles.

    Repeated searches for cycles cost a third of the time of reading and compiling. On exit the
    previous state is restored.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
