"""The clock of a run: the order of timers, jumps of virtual time, and the wait of real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from sequencer.sync.run_clock import RealClock, VirtualClock


def idle(clock: VirtualClock | RealClock, awake: bool = False) -> bool:
    async def once() -> bool:
        event = asyncio.Event()
        if awake:
            event.set()
        return await clock.idle(event)

    return asyncio.run(once())


def test_virtual_time_jumps_from_timer_to_timer() -> None:
    clock, fired = VirtualClock(100), list[tuple[str, int]]()

    def fire(name: str) -> None:
        fired.append((name, clock.now()))

    for due, name in ((300, "c"), (200, "a"), (200, "b"), (50, "late")):
        clock.call_at(due, partial(fire, name))
    assert clock.now() == 100
    assert [idle(clock) for _ in range(5)] == [True] * 4 + [False]
    assert fired == [("late", 100), ("a", 200), ("b", 200), ("c", 300)]


def test_time_does_not_move_without_a_timer() -> None:
    clock = VirtualClock(7)
    assert not idle(clock, awake=True)
    assert clock.now() == 7


def test_a_cancelled_timer_is_not_waited_for() -> None:
    clock, fired = VirtualClock(), list[int]()
    clock.call_at(100, partial(fired.append, 1)).cancel()
    clock.call_at(200, partial(fired.append, 2))
    assert idle(clock)
    assert (clock.now(), fired) == (200, [2])
    clock.call_at(300, partial(fired.append, 3)).cancel()
    assert not idle(clock)
    assert clock.now() == 200


def test_a_timer_may_add_another_one_at_the_same_time() -> None:
    clock, fired = VirtualClock(), list[str]()

    def first() -> None:
        fired.append("first")
        clock.call_at(clock.now(), partial(fired.append, "second"))

    clock.call_at(10, first)
    assert [idle(clock), idle(clock), idle(clock)] == [True, True, False]
    assert (clock.now(), fired) == (10, ["first", "second"])


def test_real_time_is_monotonic_time() -> None:
    before = time.monotonic_ns()
    assert before <= RealClock().now() <= time.monotonic_ns()


def test_real_time_continues_after_a_restart_of_the_system() -> None:
    later = time.monotonic_ns() + 10**15
    assert RealClock(after=later).now() > later


@pytest.mark.parametrize("due", [-1, 0, 2_000_000])
def test_a_real_timer_fires_when_it_is_due(due: int) -> None:
    clock, fired = RealClock(), list[int]()
    at = clock.now() + due
    clock.call_at(at, lambda: fired.append(clock.now()))
    assert idle(clock)
    assert len(fired) == 1
    assert fired[0] >= at


def test_an_event_ends_the_wait_before_a_timer() -> None:
    clock, fired = RealClock(), list[int]()
    clock.call_at(clock.now() + 3600 * 10**9, partial(fired.append, 1))
    assert idle(clock, awake=True)
    assert not fired


def test_without_timers_real_time_waits_for_an_event() -> None:
    assert waits(lambda awake: RealClock().idle(awake))


def waits(work: Callable[[asyncio.Event], Awaitable[object]]) -> bool:
    async def once() -> bool:
        awake = asyncio.Event()
        task = asyncio.ensure_future(work(awake))
        await asyncio.sleep(0)
        waiting = not task.done()
        awake.set()
        await task
        return waiting

    return asyncio.run(once())
