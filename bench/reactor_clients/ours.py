"""Our client for the benchmarks.

The arguments are the address, the number of commands, the seconds of frames (0: none), and `record`
to encode them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from sequencer.events.codec import Event
from sequencer.events.commands import SchedulePrompt, SetImageStrength, Start
from sequencer.events.events import ChunkDone
from sequencer.stages.live_frames import LiveFrame
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import RealClock


async def measure(url: str, commands: int, seconds: float, record: bool) -> dict[str, object]:
    """Return the figures of one session."""
    clock = RealClock()
    frames = bright = 0
    done: list[ChunkDone] = []
    news = asyncio.Event()
    film = _Film() if record else None

    def seen(frame: LiveFrame) -> None:
        nonlocal frames, bright
        frames += 1
        bright += not frame.is_dark
        if film is not None and not frame.is_dark:
            film.take(frame)

    def deliver(event: Event) -> None:
        if isinstance(event, ChunkDone):
            done.append(event)
            news.set()

    stage = ReactorStage(clock, ReactorSettings(url=url, local=True), sink=seen)
    begun = time.monotonic()
    await stage.open(deliver)
    found: dict[str, object] = {"connect": time.monotonic() - begun}
    for index in range(commands):
        count = len(stage.measures().latencies)
        await stage.send([SetImageStrength(index % 2 / 2)])
        while len(stage.measures().latencies) == count:  # noqa: ASYNC110  the stage itself records the latency
            await asyncio.sleep(0.001)
    found["latencies"] = (
        [one / 1e9 for one in stage.measures().latencies[-commands:]] if commands else []
    )
    if seconds:
        await stage.send([SchedulePrompt("a red field", 0), Start()])
        await news.wait()
        before, started_at, cpu = frames, time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        found |= {
            "seen": frames - before,
            "cpu": time.process_time() - cpu,
            "wall": time.monotonic() - started_at,
        }
        due = done[-1].frames
        await asyncio.sleep(2.0)
        found |= {"frames": min(due, bright), "sent": due}
    await stage.close()
    if film is not None:
        film.close()
    return found


class _Film:
    """Encodes frames as a recording does: in a separate thread."""

    def __init__(self) -> None:
        import queue
        import threading

        self._queue: queue.Queue[LiveFrame | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def take(self, frame: LiveFrame) -> None:
        self._queue.put(frame)

    def _run(self) -> None:
        import io

        import av

        with av.open(io.BytesIO(), "w", format="matroska") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 640, 384, "yuv420p"
            stream.options = {"preset": "ultrafast"}
            while (frame := self._queue.get()) is not None:
                container.mux(stream.encode(frame.image))
            container.mux(stream.encode(None))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()


if __name__ == "__main__":
    address, number, length, *more = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(address, int(number), float(length), bool(more)))))
