"""Ctrl-C, SIGTERM and SIGHUP end a run properly: they come as an event, like anything that an operator does."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):  # Windows has none
    _NAMES[signal.SIGHUP] = "SIGHUP: the terminal was closed"
INSISTING = frozenset({signal.SIGINT, signal.SIGTERM})
"""The signals that end a run at once when they come again. A terminal that is closed may send SIGHUP more than once, and its
shell may add a SIGTERM: none of that is anybody's impatience."""


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end what runs here; SIGHUP is not among them where `nohup` has made it ignored."""
    return tuple(number for number in _NAMES if number in INSISTING or signal.getsignal(number) is not signal.SIG_IGN)


@contextmanager
def closing_on_signals(close: Callable[[str], None]) -> Iterator[None]:
    """While inside, the first signal calls `close(reason)`; a second Ctrl-C or SIGTERM raises KeyboardInterrupt.

    Plain `signal.signal`, which works on every system. Does nothing outside of the main thread, where signals never come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    asked = insisted = False

    def caught(number: int, frame: FrameType | None) -> None:  # the shape that signal asks for
        nonlocal asked, insisted
        if number in INSISTING:
            if insisted:
                raise KeyboardInterrupt
            insisted = True
        if not asked:
            asked = True
            close(f"interrupted ({_NAMES[signal.Signals(number)]})")
        loop.call_soon_threadsafe(lambda: None)  # wakes a loop that sleeps

    before = {number: signal.signal(number, caught) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
