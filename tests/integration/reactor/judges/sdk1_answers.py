# ruff: noqa: T201, BLE001  this script prints its result, including whatever the SDK raises
# mypy: ignore-errors
# The SDK is installed in a separate environment, which the type checker does not see.
"""Print the answers that Reactor's newer Python SDK receives from a model of 1.x, including
snapshots and a complete recording.

Arguments: address, `local` or `production`, the model's name, an image file, the output file of the
recording.
"""

import asyncio
import json
import sys

from reactor_sdk import Reactor


def report(what, **data):
    print(json.dumps({"what": what, **data}), flush=True)


async def scene(url, mode, model, image, recording):
    local = mode == "local"
    reactor = Reactor(model, api_key=None if local else "rk_judge", api_url=url, local=local)
    chunks, resets = [], []
    news = asyncio.Event()

    def on_message(message):
        report("message", type=message["type"], data=message["data"])
        if message["type"] == "chunk_complete":
            chunks.append(int(message["data"]["chunk_index"]))
        news.set()

    async def until(done):
        async with asyncio.timeout(30):
            while not done():
                news.clear()
                await news.wait()

    async def send(command, data):
        try:
            answer = await reactor.send_command(command, data)
        except Exception as error:
            report("failed", command=command, error=str(error))
        else:
            report("answer", command=command, answer=answer)

    reactor.on("message", on_message)
    await reactor.connect()
    reactor.track("main_video").on_frame(lambda frame: resets.append(frame.shape))
    schema = await reactor.request_schema()
    report("schema", schema=schema)
    file = await reactor.upload_file(image)
    await send("set_prompt", {"prompt": "a red field"})
    await send("set_image", {"image": file})
    await send("set_seed", {"seed": 3})
    await send("start", {})
    await send("start", {})
    await until(lambda: len(chunks) >= 2)
    await send("save_snapshot", {"label": "red"})
    await send("schedule_prompt", {"prompt": "a storm", "chunk": chunks[-1] + 2})
    await until(lambda: len(chunks) >= 6)
    await send("list_snapshots", {})
    await send("rewind", {"snapshot_index": 0})
    await send("rewind", {"snapshot_index": 5})
    count = len(chunks)
    await until(lambda: len(chunks) >= count + 3)
    await send("pause", {})
    report("chunks", chunks=chunks)
    await asyncio.sleep(1.0)
    clip = await reactor.request_recording()
    await reactor.download(clip, recording)
    report("recording", kind=clip.kind, start=clip.start_marker, end=clip.end_marker)
    await send("reset", {})
    await reactor.disconnect()
    reactor.close()
    report("closed")


asyncio.run(scene(*sys.argv[1:]))
