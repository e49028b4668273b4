"""End a run properly on Ctrl-C, SIGTERM and SIGHUP: a signal becomes an event.

An operator command also becomes an event.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):  # not available on Windows
    _NAMES[signal.SIGHUP] = "SIGHUP: the terminal was closed"
INTERRUPTED = "interrupted"
"""How the reason of a run begins that a signal ended."""
INSISTING = frozenset({signal.SIGINT, signal.SIGTERM})
"""The signals that end a run at once when they are repeated.

A terminal that is closed may send SIGHUP more than once, and its shell may add a SIGTERM: neither
means that a user is insisting.
"""


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a run or a server, without SIGHUP if `nohup` ignores it."""
    return tuple(
        number
        for number in _NAMES
        if number in INSISTING or signal.getsignal(number) is not signal.SIG_IGN
    )


@contextmanager
def closing_on_signals(close: Callable[[str], None]) -> Iterator[None]:
    """While inside, call `close(reason)` on the first signal.

    A second Ctrl-C or SIGTERM raises KeyboardInterrupt.

    It uses `signal.signal`, which works on every system. Outside the main thread, which alone
    receives signals, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    asked = insisted = False

    def caught(
        number: int, frame: FrameType | None
    ) -> None:  # the signature that `signal` requires
        nonlocal asked, insisted
        if number in INSISTING:
            if insisted:
                raise KeyboardInterrupt
            insisted = True
        if not asked:
            asked = True
            close(f"{INTERRUPTED} ({_NAMES[signal.Signals(number)]})")
        loop.call_soon_threadsafe(lambda: None)  # wakes a loop that sleeps

    before = {number: signal.signal(number, caught) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
