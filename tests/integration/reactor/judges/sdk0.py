# ruff: noqa: T201  this script prints its result, including whatever the SDK raises
# mypy: ignore-errors
# The SDK is installed in a separate environment, which the type checker does not see.
"""Run a scene with Reactor's older Python SDK (wire v0).

Arguments: address, `local` or `production`, an image file.
"""

import asyncio
import json
import sys
import time

import reactor_sdk.reactor
from reactor_sdk import Reactor
from reactor_sdk.utils.tokens import fetch_jwt_token


def report(what, **data):
    print(json.dumps({"what": what, **data}), flush=True)


async def scene(url, mode, image):
    local = mode == "local"
    if local:
        reactor_sdk.reactor.LOCAL_API_URL = url
    reactor = Reactor("helios", api_key=None if local else "rk_judge", api_url=url, local=local)
    chunks, frames, bright, sizes, cleared = [], [], [], set(), []
    news = asyncio.Event()

    def on_message(message, *more):
        report("message", type=message["type"], data=message["data"])
        if message["type"] == "chunk_complete":
            chunks.append(message["data"]["active_prompt"])
        if message["type"] == "generation_reset":
            cleared.append(message)
        news.set()

    def changed(status):
        report("status", status=status.value)
        news.set()

    def seen(frame):
        frames.append(time.monotonic())
        sizes.add(frame.shape)
        if float(frame.std()) > 10:
            bright.append(frame.shape)
        news.set()

    async def until(done):
        async with asyncio.timeout(30):
            while not done():
                news.clear()
                await news.wait()

    reactor.on("message", on_message)
    reactor.on("runtime_message", lambda *message: report("runtime", data=str(message)[:200]))
    reactor.on("status_changed", changed)
    reactor.set_frame_callback(seen)
    before = time.monotonic()
    await reactor.connect()
    await until(lambda: reactor.get_status().value == "ready")
    report("connected", seconds=time.monotonic() - before)
    file = await reactor.upload_file(image)
    await reactor.send_command("set_seed", {"seed": 7})
    await reactor.send_command("set_image_strength", {"image_strength": 0.5})
    await reactor.send_command("set_conditioning", {"prompt": "a red field", "image": file})
    await asyncio.sleep(0.4)
    await reactor.send_command("schedule_prompt", {"prompt": "a blue sea", "chunk": 4})
    await reactor.send_command("start", {})
    await reactor.send_command("start", {})
    await reactor.send_command("nonesuch", {})
    await reactor.send_command("set_sr_scale", {"sr_scale": "9x"})
    await until(lambda: len(chunks) >= 6)
    clip = await reactor.request_clip(1.0)
    jwt = None if local else await fetch_jwt_token(api_key="rk_judge", api_url=url)
    data = await reactor.download_clip_as_file(clip, jwt=jwt)
    report("clip", bytes=len(data))
    report("frames", count=len(frames), bright=len(bright), sizes=sorted(map(list, sizes)))
    await reactor.disconnect(recoverable=True)
    before = time.monotonic()
    await reactor.reconnect()
    await until(lambda: reactor.get_status().value == "ready")
    report("reconnected", seconds=time.monotonic() - before)
    count, shown = len(chunks), len(frames)
    await until(lambda: len(chunks) >= count + 2 and len(frames) > shown + 8)
    await reactor.send_command("pause", {})
    await asyncio.sleep(0.6)
    await reactor.send_command("resume", {})
    await reactor.send_command("reset", {})
    await until(lambda: cleared)
    report("all", chunks=chunks)
    await reactor.disconnect()
    report("closed")


asyncio.run(scene(*sys.argv[1:]))
