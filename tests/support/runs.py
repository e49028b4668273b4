"""What the tests of stores and sweeps share."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from sequencer.runs.record import RunRecord, name_of
from sequencer.runs.store import RunStore

KEY = "3f9c" + "0" * 60
OTHER = "a1b2" + "1" * 60


def add_run(
    store: RunStore,
    key: str = KEY,
    attempt: int = 1,
    failed: str | None = None,
    text: str = "a journal",
) -> bool:
    """Add a small run to a store; return whether it is this one that is in the store."""
    partial = store.begin(key)
    partial.path.mkdir()
    (partial.path / "journal.jsonl").write_text(text)
    record = RunRecord(name=name_of(key, attempt), failed=failed, values={"seed": "3"})
    return partial.finish(record)


def kill_itself_once(tasks: Sequence[tuple[str, int]]) -> list[int]:
    """Double the numbers of tasks; a task with a path kills its worker if the path is missing."""
    results = []
    for path, number in tasks:
        if path and not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        results.append(2 * number)
    return results


def kill_itself(tasks: Sequence[int]) -> list[int]:
    """Double numbers; the number 3 always kills its worker."""
    if 3 in tasks:
        os.kill(os.getpid(), signal.SIGKILL)
    return [2 * one for one in tasks]


def refuse(tasks: Sequence[int]) -> list[int]:
    """Raise ValueError."""
    raise ValueError(f"cannot do {tasks}")


def wait_for(condition: object, seconds: float = 60.0) -> None:
    """Wait until a function about another process returns true."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)  # another process: there is no event to wait for
