# ruff: noqa: T201, BLE001  this script prints its result, including whatever the SDK raises
# mypy: ignore-errors
# The SDK is installed in a separate environment, which the type checker does not see.
"""Run a scene with Reactor's newer Python SDK (wire v1).

Arguments: address, `local` or `production`, an image file.
"""

import asyncio
import json
import sys
import time

from reactor_sdk import Reactor


def report(what, **data):
    print(json.dumps({"what": what, **data}), flush=True)


async def scene(url, mode, image):
    local = mode == "local"
    reactor = Reactor("helios", api_key=None if local else "rk_judge", api_url=url, local=local)
    chunks, frames, sizes, cleared = [], [], set(), []
    news = asyncio.Event()

    def on_message(message):
        report("message", type=message["type"], data=message["data"])
        if message["type"] == "chunk_complete":
            chunks.append(message["data"]["active_prompt"])
        if message["type"] == "generation_reset":
            cleared.append(message)
        news.set()

    async def until(done):
        async with asyncio.timeout(30):
            while not done():
                news.clear()
                await news.wait()

    reactor.on("message", on_message)
    reactor.on(
        "status_changed",
        lambda status: report("status", status=str(getattr(status, "value", status))),
    )
    reactor.on("runtime_message", lambda message: report("runtime", data=str(message)[:200]))
    before = time.monotonic()
    await reactor.connect()
    report("connected", seconds=time.monotonic() - before)

    def seen(frame):
        frames.append(time.monotonic())
        sizes.add(frame.shape)
        if float(frame.std()) > 10:
            bright.append(frame.shape)

    bright = []
    reactor.track("main_video").on_frame(seen)

    async def send(command, data):
        begun = time.monotonic()
        try:
            answer = await reactor.send_command(command, data)
        except Exception as error:
            report("failed", command=command, error=str(error))
        else:
            report("done", command=command, answer=answer, seconds=time.monotonic() - begun)

    schema = await reactor.request_schema()
    report("schema", paths=sorted(schema.get("paths", {})))
    file = await reactor.upload_file(image)
    await send("set_seed", {"seed": 7})
    await send("set_image_strength", {"image_strength": 0.5})
    await send("set_conditioning", {"prompt": "a red field", "image": file})
    await send("schedule_prompt", {"prompt": "a blue sea", "chunk": 4})
    await send("start", {})
    await send("start", {})
    await send("nonesuch", {})
    await send("set_sr_scale", {"sr_scale": "9x"})
    await until(lambda: len(chunks) >= 6)
    clip = await reactor.request_clip(1.0)
    report("clip", bytes=len(await reactor.download(clip)))
    report("frames", count=len(frames), bright=len(bright), sizes=sorted(map(list, sizes)))
    before = time.monotonic()
    await reactor.reconnect()
    report("reconnected", seconds=time.monotonic() - before)
    count, shown = len(chunks), len(frames)
    await until(lambda: len(chunks) >= count + 2 and len(frames) > shown + 8)
    await send("pause", {})
    await asyncio.sleep(0.6)
    await send("resume", {})
    await send("reset", {})
    await until(lambda: cleared)
    report("all", chunks=chunks)
    await reactor.disconnect()
    reactor.close()
    report("closed")


asyncio.run(scene(*sys.argv[1:]))
