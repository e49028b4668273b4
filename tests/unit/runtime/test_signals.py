"""The signals that end a run: the first becomes a call, a repeated one ends the program at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from sequencer.runtime.signals import closing_on_signals, ending_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Start with handlers that do nothing, and put the handlers of pytest back."""
    before = {number: signal.signal(number, lambda *_: None) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def reasons(*raised: signal.Signals) -> list[str]:
    """Return the reasons of the calls while the process receives these signals."""
    found: list[str] = []

    async def run() -> None:
        with closing_on_signals(found.append):
            for number in raised:
                signal.raise_signal(number)

    asyncio.run(run())
    return found


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGINT, "interrupted (Ctrl-C)"),
        (signal.SIGTERM, "interrupted (SIGTERM)"),
        (signal.SIGHUP, "interrupted (SIGHUP: the terminal was closed)"),
    ],
)
def test_a_signal_is_reported_with_its_name(number: signal.Signals, reason: str) -> None:
    assert reasons(number) == [reason]


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_repeated_interruption_ends_the_program(
    first: signal.Signals, second: signal.Signals
) -> None:
    with pytest.raises(KeyboardInterrupt):
        reasons(first, second)


def test_a_closed_terminal_does_not_insist() -> None:
    only = ["interrupted (SIGHUP: the terminal was closed)"]
    assert reasons(signal.SIGHUP, signal.SIGHUP, signal.SIGTERM) == only
    with pytest.raises(KeyboardInterrupt):
        reasons(signal.SIGHUP, signal.SIGTERM, signal.SIGTERM)


@pytest.mark.parametrize("fails", [False, True])
def test_the_handlers_from_before_are_put_back(fails: bool) -> None:
    before = [signal.getsignal(number) for number in ENDING]

    async def run() -> None:
        with closing_on_signals(lambda _: None):
            assert all(signal.getsignal(number) not in before for number in ENDING)
            if fails:
                raise ValueError("a run that fails")

    if fails:
        with pytest.raises(ValueError, match="a run that fails"):
            asyncio.run(run())
    else:
        asyncio.run(run())
    assert [signal.getsignal(number) for number in ENDING] == before


def test_nohup_keeps_a_run_alive() -> None:
    assert ending_signals() == ENDING
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert ending_signals() == (signal.SIGINT, signal.SIGTERM)
    assert reasons(signal.SIGHUP) == []
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_an_ignored_interruption_still_ends_a_run() -> None:
    """A shell starts background programs with SIGINT ignored, and `kill -INT` must end them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert reasons(signal.SIGINT) == ["interrupted (Ctrl-C)"]


def test_a_sleeping_loop_is_woken() -> None:
    async def run() -> float:
        closed = asyncio.Event()
        with closing_on_signals(lambda _: closed.set()):
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
            began = time.monotonic()
            await asyncio.wait_for(closed.wait(), 20)
            return time.monotonic() - began

    assert asyncio.run(run()) < 10


def test_outside_the_main_thread_no_handler_is_installed() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    during: list[object] = []

    async def run() -> None:
        with closing_on_signals(lambda _: None):
            during.extend(signal.getsignal(number) for number in ENDING)

    asyncio.run(asyncio.to_thread(asyncio.run, run()))
    assert during == before
