"""Run a `sequencer` command and record its resources every few seconds.

Usage:

`soak_probe.py FILE SECONDS COMMAND …`.

Each line of FILE is JSON: seconds since the beginning, resident memory in kB, open files, threads,
and tasks of the event loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sequencer.cli import main

PAGE = os.sysconf("SC_PAGE_SIZE") // 1024 if hasattr(os, "sysconf") else 4


def held(loop: asyncio.AbstractEventLoop | None) -> dict[str, int]:
    """Return the resources of this process now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "kb": pages * PAGE,
        "files": len(os.listdir("/proc/self/fd")) - 1,  # noqa: PTH208  the folder changes while it is listed
        "threads": threading.active_count(),
        "tasks": 0 if loop is None else len(asyncio.all_tasks(loop)),
    }


def _probed() -> int:
    path, seconds, *command = sys.argv[1:]
    loops: list[asyncio.AbstractEventLoop] = []
    run = asyncio.run

    def known(work: Coroutine[Any, Any, Any], **how: Any) -> Any:
        async def inside() -> Any:
            loops.append(asyncio.get_running_loop())
            return await work

        return run(inside(), **how)

    asyncio.run = known  # type: ignore[assignment]  # like the original, but records its loop
    over = threading.Event()
    began = time.monotonic()

    def sample() -> None:
        with Path(path).open("w", encoding="ascii") as file:
            while not over.wait(float(seconds)):
                try:
                    now = held(loops[-1] if loops else None)
                except RuntimeError:
                    continue  # tasks were created or ended while they were counted
                file.write(json.dumps({"at": round(time.monotonic() - began, 1), **now}) + "\n")
                file.flush()

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        return main(command)
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(_probed())
