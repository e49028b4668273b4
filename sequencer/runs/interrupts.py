"""Ctrl-C and SIGTERM end a run properly: they come as an event, like anything an operator does. A second one insists."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@contextmanager
def closing_on_signals(close: Callable[[str], None]) -> Iterator[None]:
    """While inside, the first Ctrl-C or SIGTERM calls `close(reason)`; another one raises KeyboardInterrupt.

    Plain `signal.signal`, which works on every system. Does nothing outside of the main thread, where signals never come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    asked = False

    def caught(number: int, frame: FrameType | None) -> None:  # the shape that signal asks for
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        close(f"interrupted ({_NAMES[signal.Signals(number)]})")
        loop.call_soon_threadsafe(lambda: None)  # wakes a loop that sleeps

    before = {number: signal.signal(number, caught) for number in _NAMES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
