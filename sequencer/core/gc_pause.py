"""Python's look for garbage in cycles, put off while much is made and nothing is dropped."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """No look for cycles inside: reading and compiling make many small objects that all stay, and no cycles.

    Looking for some again and again costs a third of their time. What was on before is on again behind it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
