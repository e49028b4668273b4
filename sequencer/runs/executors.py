"""Work through many tasks on any executor of the standard library, and survive killed workers.

An engine opens executors: `local_pool` has the one for this machine, `dask_cluster` that for a
cluster. A task whose worker is killed is tried again; a task that loses its worker too often is
given up, and the others go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

MAX_LOSSES = 3
"""How often the worker of a task may be lost before the task is given up."""

MAX_POSTPONED = 1_000
"""How many scarce tasks are passed over to find one that can run now."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Opens executors, and knows the errors that mean a lost worker."""

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        ...

    def open(self) -> Executor:
        """Return an executor that works, a new one if the last one is broken."""
        ...

    def is_lost(self, error: BaseException) -> bool:
        """Return whether an error of a future means that its worker was lost."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether one lost worker breaks all futures of the executor."""
        ...

    def close(self) -> None:
        """End the executor, which has nothing to do any more."""
        ...

    def abort(self) -> None:
        """End the executor and its workers at once."""
        ...


class WorkerLostError(Exception):
    """The workers of a task were killed, as often as it is tried."""


@dataclass(slots=True)
class _Tried(Generic[Task]):
    task: Task
    losses: int = 0


@dataclass(kw_only=True)
class Work(Generic[Task, Result]):
    """Tasks, the function that does them, and who receives the results.

    Attributes:
        tasks: The tasks, each used once. They are made when they are needed.
        function: Does several tasks and returns a result for each. It is called in a worker, so it
            must be a function of a module. An exception that it raises ends all work.
        engine: Where it is called.
        handle: Called with a task and its result, or with `WorkerLostError` if it was given up.
        handle_loss: Called when a worker was lost, before its tasks are tried again.
        batch: How many tasks are sent at once.
        is_scarce: Whether a task needs something of which there is only so much.
        most_scarce: How many such tasks run at once; None for any number.
    """

    tasks: Iterable[Task]
    function: Callable[[Sequence[Task]], Sequence[Result]]
    engine: Engine
    handle: Callable[[Task, Result | WorkerLostError], object]
    handle_loss: Callable[[], object] = lambda: None
    batch: int = 1
    is_scarce: Callable[[Task], bool] = lambda _: False
    most_scarce: int | None = None
    _running: dict[Future[Sequence[Result]], list[_Tried[Task]]] = field(
        init=False, default_factory=dict
    )
    _source: Iterator[Task] = field(init=False, default_factory=lambda: iter(()))
    _waiting: deque[_Tried[Task]] = field(init=False, default_factory=deque)
    _alone: deque[_Tried[Task]] = field(init=False, default_factory=deque)
    """Tasks that were running when a worker was lost: each is tried again alone, so that a task
    that kills its worker does not take others with it."""

    def run(self) -> None:
        """Do all tasks.

        Raises:
            Exception: What `function` or `handle` raised.
        """
        self._source = iter(self.tasks)
        try:
            executor = self.engine.open()
            while True:
                self._submit(executor)
                if not self._running:
                    break
                finished, _ = wait(self._running, return_when=FIRST_COMPLETED)
                if self._collect(finished):
                    self.handle_loss()
                    if self.engine.is_shared:
                        self._collect(wait(self._running).done)
                    executor = self.engine.open()
        except BaseException:
            self.engine.abort()
            raise
        self.engine.close()

    def _submit(self, executor: Executor) -> None:
        if self._alone:
            if not self._running:
                self._send(executor, [self._alone.popleft()])
            return
        while len(self._running) < 2 * self.engine.workers:
            batch = self._next_batch()
            if not batch or not self._send(executor, batch):
                return

    def _next_batch(self) -> list[_Tried[Task]]:
        """Return the next tasks that may run now; none if there are none, or all have to wait."""
        free = self._free_slots()
        batch: list[_Tried[Task]] = []
        postponed: list[_Tried[Task]] = []
        while len(batch) < self.batch and len(postponed) < MAX_POSTPONED:
            one = self._next()
            if one is None:
                break
            if free is None or not self.is_scarce(one.task):
                batch.append(one)
            elif free > 0:
                free -= 1
                batch.append(one)
            else:
                postponed.append(one)
        self._waiting.extendleft(reversed(postponed))
        return batch

    def _next(self) -> _Tried[Task] | None:
        if self._waiting:
            return self._waiting.popleft()
        for task in self._source:
            return _Tried(task)
        return None

    def _free_slots(self) -> int | None:
        if self.most_scarce is None:
            return None
        running = sum(self.is_scarce(one.task) for batch in self._running.values() for one in batch)
        return self.most_scarce - running

    def _send(self, executor: Executor, batch: list[_Tried[Task]]) -> bool:
        """Send a batch; return False if the executor is broken, so that nothing was sent."""
        try:
            future = executor.submit(self.function, [one.task for one in batch])
        except Exception as error:
            if not self.engine.is_lost(error) or not self._running:
                raise
            self._waiting.extendleft(reversed(batch))
            return False
        self._running[future] = batch
        return True

    def _collect(self, finished: Iterable[Future[Sequence[Result]]]) -> bool:
        """Pass results on; return whether a worker was lost."""
        lost = False
        for future in finished:
            batch = self._running.pop(future)
            error = future.exception()
            if error is None:
                for one, result in zip(batch, future.result(), strict=True):
                    self.handle(one.task, result)
            elif self.engine.is_lost(error):
                lost = True
                self._count_losses(batch)
            else:
                raise error
        return lost

    def _count_losses(self, batch: Sequence[_Tried[Task]]) -> None:
        for one in batch:
            one.losses += 1
            if one.losses >= MAX_LOSSES:
                self.handle(one.task, WorkerLostError())
            else:
                self._alone.append(one)
