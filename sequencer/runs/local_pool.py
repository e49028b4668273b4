"""The engine for this machine: a pool of processes, which is replaced when one is killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

KILLED_SECONDS = 10.0
"""How long a worker that was asked to end may take before it is killed."""


class LocalPool:
    """Opens pools of processes on this machine; `workers` is how many tasks run at once."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or usable_cores()
        self._pool: ProcessPoolExecutor | None = None

    def open(self) -> Executor:
        """Return a new pool, and end the old one."""
        self.abort()
        # `spawn` is the only method that is safe with threads on every system
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_prepare)
        return self._pool

    def is_lost(self, error: BaseException) -> bool:
        """Return whether the pool is broken: every future of it fails when one worker dies."""
        return isinstance(error, BrokenExecutor)

    @property
    def is_shared(self) -> bool:
        """Return True: a pool does not go on without one of its processes."""
        return True

    def processes(self) -> list[int]:
        """Return the numbers of the worker processes."""
        workers = () if self._pool is None else _workers_of(self._pool)
        return [one.pid for one in workers if one.pid is not None]

    def close(self) -> None:
        """End the pool, whose workers are idle."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def abort(self) -> None:
        """End the pool. Workers that are still busy are asked to end, and then killed."""
        if self._pool is None:
            return
        children = list(_workers_of(self._pool))
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None
        for child in children:
            child.terminate()
        for child in children:
            child.join(KILLED_SECONDS)
            if child.is_alive():
                child.kill()
                child.join()


def _workers_of(pool: ProcessPoolExecutor) -> tuple[BaseProcess, ...]:
    """Return the processes of a pool; none once it is broken."""
    found = getattr(pool, "_processes", None)  # Python has a public way from 3.14 on only
    return tuple(found.values()) if found else ()


def _prepare() -> None:
    """End this worker when the process that started it is gone, however that ended.

    Otherwise a worker of a killed process waits for its next task for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
