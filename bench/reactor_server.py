"""A benchmark server: answers at once, prints its address, counts sent frames at `/counted`."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from sequencer.server.app import StageServer
from sequencer.server.settings import ServerSettings
from sequencer.stages.simulated.faults import reads_faults


async def _serve() -> None:
    stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
    faults = reads_faults("delays: {answer: 0ms, connect: 0ms, shown: 0ms}\n")
    async with StageServer(ServerSettings(port=0, faults=faults)) as server:
        print(f"serving at {server.url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
