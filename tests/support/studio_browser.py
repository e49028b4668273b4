"""A studio for a browser: it serves in a thread of its own, because Playwright has a loop in this one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sequencer.studio.protocol import Role
from sequencer.studio.studio import Studio
from tests.support.studio_pages import serving


@dataclass(frozen=True, slots=True)
class StudioInThread:
    """A studio that serves in another thread."""

    studio: Studio
    url: str

    def link(self, role: Role = "operator", path: str = "/") -> str:
        """Return the address of a page with its key."""
        return f"{self.url}{path}#{self.studio.keys.of(role)}"


@contextmanager
def studio_in_thread(score: Path) -> Iterator[StudioInThread]:
    """Serve a score until the block ends."""
    started: Future[StudioInThread] = Future()
    stopping: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        stopping.append((asyncio.get_running_loop(), stop))
        async with serving(score) as served:
            started.set_result(StudioInThread(served.studio, served.server.url))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="studio")
    thread.start()
    try:
        yield started.result(60)
    finally:
        for loop, stop in stopping:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stop.set)
        thread.join()
