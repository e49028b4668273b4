"""Start the process that checks, send it what changes, and receive what it finds.

If the process ends by itself, it is started again with the present text. After several ends without
any result in between, it stays ended, and pages show why.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sequencer.core.child_processes import kill_process
from sequencer.stages.reactor.settings import KEY_VARIABLE
from sequencer.studio.check_messages import (
    PREFIX_BYTES,
    FrameError,
    Header,
    lengths,
    pack,
    unpack,
)

MAX_FAILURES = 3
"""How often the process may end without a result before it is not started again."""

RESTART_PAUSE_S = 0.5
"""Seconds before the process is started again."""

_LIMIT = 16 * 1024 * 1024
"""How many received bytes are buffered."""

_START = (
    "import sys; sys.path.append(sys.argv[1]); from sequencer.studio.check_worker import main; "
    "main()"
)
"""Finds the package where this process has it, and never in the current folder (`-P`)."""

logger = logging.getLogger(__name__)


class CheckProcess:
    """The process, and what it is to know.

    Args:
        opening: Returns the message that gives the process the present text.
        received: Is called with each message of the process.
        failed: Is called with the reason if it cannot be started any more.
    """

    def __init__(
        self,
        opening: Callable[[], tuple[Header, bytes]],
        received: Callable[[Header, bytes], None],
        failed: Callable[[str], None],
    ) -> None:
        self._opening = opening
        self._received = received
        self._failed = failed
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """The number of the process, if it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process, and again whenever it ends by itself."""
        self._task = asyncio.create_task(self._keep_running(), name="check process")

    async def _keep_running(self) -> None:
        while not self._is_stopped:
            reason = await self._run_once()
            if self._is_stopped:
                return
            self._failures += 1
            logger.error("the process that checks the score has ended: %s", reason)
            if self._failures >= MAX_FAILURES:
                self._failed(reason)
                return
            await asyncio.sleep(RESTART_PAUSE_S)

    async def _run_once(self) -> str:
        """Run the process until it ends, and return why."""
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _START, str(Path(__file__).parents[2])),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LIMIT,
                env={name: value for name, value in os.environ.items() if name != KEY_VARIABLE},
            )
        except OSError as error:
            return f"it cannot be started ({error.strerror or error})"
        self._process = process
        try:
            self.send(*self._opening())
            reason = await self._receive_all(process)
        except (FrameError, OSError, ValueError) as error:
            reason = str(error)
        finally:
            self._process = None
            kill_process(process)
            code = await process.wait()
        return reason or f"exit code {code}"

    async def _receive_all(self, process: asyncio.subprocess.Process) -> str:
        stream = process.stdout
        if stream is None:
            return "it has no output"
        while True:
            try:
                head, payload = lengths(await stream.readexactly(PREFIX_BYTES))
                header = unpack(await stream.readexactly(head))
                content = await stream.readexactly(payload)
            except asyncio.IncompleteReadError:
                return ""
            self._failures = 0
            self._received(header, content)

    def send(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        """Send a message.

        Without a process nothing is sent: it receives the text when it starts.
        """
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        process.stdin.write(pack(header, payload))

    def restart(self) -> None:
        """End the process, which is then started again: a check takes too long."""
        if self._process is not None:
            kill_process(self._process)

    async def stop(self) -> None:
        """End the process."""
        self._is_stopped = True
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 1)
            except TimeoutError:
                kill_process(process)
                await process.wait()  # asyncio reports a process whose end nobody waited for
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
