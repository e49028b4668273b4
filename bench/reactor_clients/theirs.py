# mypy: ignore-errors
# The SDK lives in an environment of its own, which the type checker does not see.
"""Reactor's Python SDK for the bench: address, number of commands, seconds of frames."""

import asyncio
import json
import sys
import time

from reactor_sdk import Reactor


async def measure(url, commands, seconds):
    """The figures of one session."""
    reactor = Reactor("helios", api_url=url, local=True)
    chunks, frames = [], []

    def heard(message):
        if message["type"] == "chunk_complete":
            chunks.append(message["data"]["frames_emitted"])

    def seen(frame):
        if frame.max() > 60:
            frames.append(time.monotonic())

    reactor.on("message", heard)
    begun = time.monotonic()
    await reactor.connect()
    connect = time.monotonic() - begun
    reactor.track("main_video").on_frame(seen)
    latencies = []
    for index in range(commands):
        sent = time.monotonic()
        await reactor.send_command("set_image_strength", {"image_strength": index % 2 / 2})
        latencies.append(time.monotonic() - sent)
    await reactor.send_command("schedule_prompt", {"prompt": "a red field", "chunk": 0})
    await reactor.send_command("start", {})
    before, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    used = (time.process_time() - cpu) / (time.monotonic() - before)
    due = int(chunks[-1]) - 33
    await asyncio.sleep(2.0)
    shown = min(due, len(frames))
    await reactor.disconnect()
    reactor.close()
    return {"connect": connect, "latencies": latencies, "frames": shown, "sent": due, "cpu": used}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
