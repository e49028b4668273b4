"""An event loop in virtual time: sleeping costs nothing, and the next due event comes next.

For code that sleeps and times out.

There is no I/O: no sockets, and work for a thread is done at once.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from sequencer.core.timers import Timer

SECOND = 10**9
T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Does not wait: it advances the time by as much as it should have waited."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing more can happen in this loop")
        if timeout > 0:
            self.loop.nanoseconds = max(
                self.loop.nanoseconds + 1, round((self.loop.time() + timeout) * SECOND)
            )
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is an integer number of nanoseconds."""

    def __init__(self) -> None:
        self.nanoseconds = 0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Return the time in seconds, as asyncio requires."""
        return self.nanoseconds / SECOND

    def run_in_executor(  # type: ignore[override]  # a finished future is a valid result
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Call it now, in this thread, because a thread would end at an unpredictable time."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  whoever awaits it receives it
            done.set_exception(error)
        return done


class LoopClock:
    """A run's clock on a virtual loop.

    Equal deadlines fire in the order in which they were requested.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._heap: list[Timer] = []
        self._asked = 0

    def now(self) -> int:
        """Return the virtual time, in nanoseconds."""
        return self._loop.nanoseconds

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Call `action` when virtual time reaches `due`."""
        self._asked += 1
        timer = Timer(due, self._asked, action)
        heapq.heappush(self._heap, timer)
        self._loop.call_at(max(due, self.now()) / SECOND, self._fire)
        return timer

    def _fire(self) -> None:
        while self._heap and self._heap[0].due <= self.now():
            timer = heapq.heappop(self._heap)
            action, timer.action = timer.action, None
            if action is not None:
                action()

    async def idle(self, awake: asyncio.Event) -> bool:
        """Let time pass until `awake` is set."""
        await awake.wait()
        return True


class LoopTime:
    """Replaces the module `time` in modules that read the time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def monotonic(self) -> float:
        """Return the loop's time."""
        return self._loop.time()

    def time(self) -> float:
        """Return the seconds since 1970, as if it were November 2023."""
        return 1_700_000_000 + self._loop.time()


def run_virtually(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in the loop, and close the loop."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)
