# mypy: ignore-errors
# The SDK has its own environment, which the type checker does not see.
"""Reactor's Python SDK for the benchmarks.

The arguments are the address, the number of commands, and the seconds of frames (0: none).
"""

import asyncio
import json
import sys
import time

from reactor_sdk import Reactor


async def measure(url, commands, seconds):
    """Return the figures of one session."""
    reactor = Reactor("helios", api_url=url, local=True)
    chunks, frames = [], [0, 0]
    news = asyncio.Event()

    def on_message(message):
        if message["type"] == "chunk_complete":
            chunks.append(message["data"]["frames_emitted"])
            news.set()

    def seen(frame):
        frames[0] += 1
        frames[1] += bool(frame[::24, ::24].max() > 60)

    reactor.on("message", on_message)
    begun = time.monotonic()
    await reactor.connect()
    found = {"connect": time.monotonic() - begun}
    reactor.track("main_video").on_frame(seen)
    latencies = []
    for index in range(commands):
        sent = time.monotonic()
        await reactor.send_command("set_image_strength", {"image_strength": index % 2 / 2})
        latencies.append(time.monotonic() - sent)
    found["latencies"] = latencies
    if seconds:
        await reactor.send_command("schedule_prompt", {"prompt": "a red field", "chunk": 0})
        await reactor.send_command("start", {})
        await news.wait()
        before, started_at, cpu = frames[0], time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        found |= {
            "seen": frames[0] - before,
            "cpu": time.process_time() - cpu,
            "wall": time.monotonic() - started_at,
        }
        due = int(chunks[-1])
        await asyncio.sleep(2.0)
        found |= {"frames": min(due, frames[1]), "sent": due}
    await reactor.disconnect()
    reactor.close()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
