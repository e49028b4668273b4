"""aiortc alone, for the benchmark: connects in the simplest way and only decodes the video.

The arguments are those of the other clients: address, number of commands (none are timed), seconds
of frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import httpx
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

COMMANDS: tuple[tuple[str, object], ...] = (
    ("schedule_prompt", {"prompt": "a red field", "chunk": 0}),
    ("start", {}),
)
HEADERS = {
    "Reactor-API-Version": "1",
    "Reactor-API-Accept-Version": "1",
    "Reactor-WebRTC-Version": "1.0",
}


async def measure(url: str, seconds: float) -> dict[str, object]:
    """Return the figures of one session."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    video = pc.addTransceiver("video", direction="recvonly")
    control = pc.createDataChannel("control")
    channel = pc.createDataChannel("data")
    is_open, made = asyncio.Event(), asyncio.Event()
    frames = 0
    readers: list[asyncio.Task[None]] = []
    channel.on("open", is_open.set)

    def on_message(message: str) -> None:
        if '"chunk_complete"' in message:
            made.set()

    async def read(track: MediaStreamTrack) -> None:
        nonlocal frames
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                frames += 1

    def send_message(scope: str, name: str, data: object) -> None:
        channel.send(json.dumps({"scope": scope, "data": {"type": name, "data": data}}))

    channel.on("message", on_message)
    pc.on("track", lambda track: readers.append(asyncio.create_task(read(track))))
    begun = time.monotonic()
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as web:
        session = (await web.post("/start_session", json={})).json()["session_id"]
        path = f"/sessions/{session}/transport/webrtc/connections"
        path = f"{path}/{(await web.post(path, json={})).json()['connection_id']}/sdp_params"
        await pc.setLocalDescription(await pc.createOffer())
        mapping = [
            {"mid": video.mid, "name": "main_video", "kind": "video", "direction": "recvonly"}
        ]
        await web.post(
            path,
            json={
                "sdp_offer": pc.localDescription.sdp,
                "track_mapping": mapping,
                "ice_servers": [],
            },
        )
        while (answer := await web.get(path)).status_code != httpx.codes.OK:  # noqa: ASYNC110  the other side takes its time
            await asyncio.sleep(0.05)
        await pc.setRemoteDescription(RTCSessionDescription(answer.json()["sdp_answer"], "answer"))
        await is_open.wait()
        found: dict[str, object] = {"connect": time.monotonic() - begun, "latencies": []}
        send_message("runtime", "ping", {})
        control.send(
            json.dumps(
                {"type": "notification", "event": "resume_track", "data": {"name": "main_video"}}
            )
        )
        for name, data in COMMANDS:
            send_message("application", name, data)
        await made.wait()
        before, started_at, cpu = frames, time.monotonic(), time.process_time()
        for _ in range(round(seconds)):
            await asyncio.sleep(1)
            send_message("runtime", "ping", {})
        found |= {
            "seen": frames - before,
            "cpu": time.process_time() - cpu,
            "wall": time.monotonic() - started_at,
        }
        await web.post("/stop_session", json={})
        if not found["seen"]:
            raise SystemExit("no frame was received")
    await pc.close()
    await asyncio.gather(*readers, return_exceptions=True)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], float(sys.argv[3])))))
