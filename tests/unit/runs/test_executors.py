from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from sequencer.runs.executors import Work, WorkerLostError
from sequencer.runs.local_pool import LocalPool
from tests.support.requirements import require
from tests.support.runs import kill_itself, kill_itself_once, refuse


class Threads:
    """An engine of threads, which lose no worker."""

    is_shared = False

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers
        self.ended: list[str] = []
        self._pool = ThreadPoolExecutor(workers)

    def open(self) -> Executor:
        return self._pool

    def is_lost(self, error: BaseException) -> bool:
        return False

    def close(self) -> None:
        self.ended.append("closed")
        self._pool.shutdown()

    def abort(self) -> None:
        self.ended.append("aborted")
        self._pool.shutdown(cancel_futures=True)


def double(tasks: Sequence[int]) -> list[int]:
    return [2 * one for one in tasks]


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_every_task_has_its_result(batch: int) -> None:
    found: dict[int, Any] = {}
    engine = Threads()
    Work(
        tasks=range(50), function=double, engine=engine, handle=found.__setitem__, batch=batch
    ).run()
    assert found == {one: 2 * one for one in range(50)}
    assert engine.ended == ["closed"]


def test_no_tasks_are_no_work() -> None:
    engine = Threads()
    Work(tasks=[], function=double, engine=engine, handle=lambda *_: None).run()
    assert engine.ended == ["closed"]


def test_what_the_function_raises_ends_the_work() -> None:
    engine = Threads()
    with pytest.raises(ValueError, match="cannot do"):
        Work(tasks=range(3), function=refuse, engine=engine, handle=lambda *_: None).run()
    assert engine.ended == ["aborted"]


def test_what_the_handler_raises_ends_the_work() -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    engine = Threads()
    with pytest.raises(KeyboardInterrupt):
        Work(tasks=range(3), function=double, engine=engine, handle=stop).run()
    assert engine.ended == ["aborted"]


@pytest.mark.parametrize("batch", [1, 5])
def test_scarce_tasks_run_so_many_at_once(batch: int) -> None:
    class Counting(Threads):
        """Completes the futures by hand, in the order in which they were sent."""

        def __init__(self) -> None:
            super().__init__(8)
            self.scarce_at_once: list[int] = []
            self.sent: list[tuple[Future[list[int]], Sequence[int]]] = []
            self._lock = Lock()

        def open(self) -> Executor:
            return self  # type: ignore[return-value]  # it has what is used of one

        def submit(
            self, function: Callable[[Sequence[int]], list[int]], tasks: Sequence[int]
        ) -> Future[list[int]]:
            future: Future[list[int]] = Future()
            running = [one for sent, group in self.sent if not sent.done() for one in group]
            self.scarce_at_once.append(sum(one % 2 for one in [*running, *tasks]))
            self.sent.append((future, tasks))
            self._pool.submit(lambda: future.set_result(function(tasks)))
            return future

    found: dict[int, Any] = {}
    engine = Counting()
    Work(
        tasks=range(40),
        function=double,
        engine=engine,
        handle=found.__setitem__,
        batch=batch,
        is_scarce=lambda one: one % 2 == 1,
        most_scarce=3,
    ).run()
    assert len(found) == 40
    assert max(engine.scarce_at_once) <= 3


class TestProcesses:
    """Pools of real processes, of which some are killed."""

    @pytest.fixture(autouse=True)
    def signals(self) -> None:
        require(os.name == "posix", "workers are killed with SIGKILL on Unix only")

    def test_a_killed_worker_loses_no_task(self, tmp_path: Path) -> None:
        tasks = [(str(tmp_path / "killed") if one == 4 else "", one) for one in range(8)]
        found: dict[int, Any] = {}
        losses: list[str] = []
        Work(
            tasks=tasks,
            function=kill_itself_once,
            engine=LocalPool(2),
            handle=lambda task, result: found.__setitem__(task[1], result),
            handle_loss=lambda: losses.append("lost"),
        ).run()
        assert losses == ["lost"]
        assert found == {one: 2 * one for one in range(8)}
        assert (tmp_path / "killed").exists()

    def test_a_task_that_kills_every_worker_is_given_up_alone(self) -> None:
        found: dict[int, Any] = {}
        Work(
            tasks=range(8),
            function=kill_itself,
            engine=LocalPool(2),
            handle=found.__setitem__,
            batch=2,
        ).run()
        assert isinstance(found.pop(3), WorkerLostError)
        assert found == {one: 2 * one for one in range(8) if one != 3}
