"""Our client for the bench: address, number of commands, seconds of frames, and `record` where they are encoded too."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from sequencer.clocks import RealClock
from sequencer.events import ChunkDone, Event, PromptAccepted, SchedulePrompt, SetImageStrength, Start
from sequencer.stages.reactor import LiveFrame, ReactorSettings, ReactorStage


async def measure(url: str, commands: int, seconds: float, record: bool) -> dict[str, object]:
    """The figures of one session."""
    clock = RealClock()
    frames: list[LiveFrame] = []
    events: list[Event] = []
    news = asyncio.Event()
    film = _Film() if record else None

    def seen(frame: LiveFrame) -> None:
        if not frame.is_dark:
            frames.append(frame)
            if film is not None:
                film.take(frame)

    def deliver(event: Event) -> None:
        events.append(event)
        news.set()

    stage = ReactorStage(clock, ReactorSettings(url=url, local=True), sink=seen)
    begun = time.monotonic()
    await stage.open(deliver)
    connect = time.monotonic() - begun
    for index in range(commands):
        count = len(stage.measures().latencies)
        await stage.send([SetImageStrength(index % 2 / 2)])
        while len(stage.measures().latencies) == count:  # noqa: ASYNC110  the shortest wait that the loop knows
            await asyncio.sleep(0)
    latencies = [one / 1e9 for one in stage.measures().latencies[-commands:]]
    await stage.send([SchedulePrompt("a red field", 0), Start()])
    while not any(isinstance(one, PromptAccepted) for one in events):
        news.clear()
        await news.wait()
    before, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    used = (time.process_time() - cpu) / (time.monotonic() - before)
    done = [one for one in events if isinstance(one, ChunkDone)]
    await asyncio.sleep(2.0)
    due = done[-1].frames - 33
    shown = min(due, len(frames))
    await stage.close()
    if film is not None:
        film.close()
    return {"connect": connect, "latencies": latencies, "frames": shown, "sent": due, "cpu": used}


class _Film:
    """Encodes frames as a recording does: in a thread beside the loop."""

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
                container.mux(stream.encode(frame.picture))
            container.mux(stream.encode(None))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()


if __name__ == "__main__":
    address, number, length, *more = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(address, int(number), float(length), bool(more)))))
