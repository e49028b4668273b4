"""Kill a process that asyncio started."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Protocol


class ChildProcess(Protocol):
    """What `asyncio.subprocess.Process` has of this."""

    @property
    def pid(self) -> int:
        """The number of the process."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, or None while asyncio does not know that it has ended."""

    def kill(self) -> None:
        """End it at once."""


def kill_process(process: ChildProcess) -> None:
    """Kill a process that may have ended by itself a moment ago.

    `asyncio.subprocess.Process.kill` asks the system whether the process has ended, and so takes
    the exit code from the thread in which asyncio waits for it; asyncio then prints "Unknown child
    process" and reports 255 (CPython 3.11 to 3.13, `Popen.send_signal`). Nothing is asked here.
    """
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.kill(process.pid, signal.SIGKILL)
