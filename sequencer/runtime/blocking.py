"""Run a coroutine to its end from code that is not asynchronous.

This also works where a loop is running already, as in a notebook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def run_blocking(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a loop of its own and return its result.

    If this thread has a running loop, which a notebook's always has, another thread runs the
    coroutine. A KeyboardInterrupt then cancels it, and is raised once it has ended.

    Args:
        make: Makes the coroutine, in the thread that runs it.

    Returns:
        Its result.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make())
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def main() -> T:
        task = asyncio.current_task()
        if task is not None:
            running.append((asyncio.get_running_loop(), task))
        return await make()

    with ThreadPoolExecutor(1, "sequencer") as pool:
        future = pool.submit(lambda: asyncio.run(main()))
        try:
            return future.result()
        except KeyboardInterrupt:
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
            raise


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel a task that never ends by itself, and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
