"""A runtime that repeats frames, over real WebRTC: our local server with a pacer like that of the
vendor's runtime.

At each tick of its own clock it sends the next frame, or the last one again if there is no new one.
Every new frame has its number drawn on it, large enough to survive the encoder, so that received
frames can be identified. With metadata the sender appends a trailer to each encoded frame; a repeat
has its original's bytes under a new number.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from aiortc.codecs import get_encoder
from av import VideoFrame

from sequencer.server.peer import Peer
from sequencer.server.video_source import PLAIN_WIDTH, TimedFrame, VideoSource, YuvFrame
from sequencer.stages.reactor.frame_trailer import declared, is_declared

TICK = 1 / 24
BITS = 12
WIDE = PLAIN_WIDTH // BITS
HIGH = 32


def marked(frame: YuvFrame, number: int) -> YuvFrame:
    """Return an image with a number drawn on it."""
    copy = frame.copy()
    for bit in range(BITS):
        copy[:HIGH, bit * WIDE : (bit + 1) * WIDE] = 215 if number >> bit & 1 else 40
    return copy


def number_on(frame: VideoFrame) -> int:
    """Return the number that is drawn on a received frame."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * frame.height].reshape(
        frame.height, plane.line_size
    )
    inner = [
        rows[8 : HIGH - 8, bit * WIDE + 4 : (bit + 1) * WIDE - 4].mean() for bit in range(BITS)
    ]
    return sum(1 << bit for bit, mean in enumerate(inner) if mean > 128)


class RepeatingScreen(VideoSource):
    """Sends a frame at each tick: the next one, else the last one again."""

    def __init__(self, rate: Fraction, is_plain: bool = False) -> None:
        super().__init__(rate, is_plain)
        self._waiting: deque[tuple[int, YuvFrame]] = deque()
        self._last: tuple[int, YuvFrame] | None = None
        self._darkens = False
        self._numbered = 0
        self.repeated = 0

    def show(self, frames: tuple[YuvFrame, ...], at: float) -> int:
        before = self.shown + len(self._waiting)
        for frame in frames:
            self._waiting.append((self._numbered, marked(frame, self._numbered)))
            self._numbered += 1
        return before

    def darken(self) -> None:
        self._darkens = True

    async def _run(self) -> None:
        due = time.monotonic()
        while True:
            if self._waiting:
                self._last = self._waiting.popleft()
                self.shown += 1
                self.is_dark = False
            elif self._darkens:
                self._last, self._darkens, self.is_dark = None, False, True
            elif self._last is not None:
                self.repeated += 1
            if self._last is not None:
                self._give(TimedFrame(due, self._last[1]))
            elif self.is_dark:
                self._give(TimedFrame(due, self._dark.pixels))
            due += TICK
            await asyncio.sleep(max(0.0, due - time.monotonic()))


def tagging(encoder: Any) -> Any:
    """Make an encoder append a trailer to each frame from now on."""
    encode = encoder.encode
    count = 0

    def encode_and_tag(frame: VideoFrame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        nonlocal count
        payloads, timestamp = encode(frame, force_keyframe)
        count += 1
        own = struct.pack("<I", number_on(frame))
        numbers = b"\x08" + _varint(count) + b"\x10" + _varint(time.monotonic_ns() // 1000)
        message = numbers + b"\x1a" + bytes([len(own)]) + own
        return [
            *payloads[:-1],
            payloads[-1] + message + struct.pack("<I", len(message)) + b"RXMT",
        ], timestamp

    encoder.encode = encode_and_tag
    return encoder


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def set_up(monkeypatch: pytest.MonkeyPatch, metadata: bool) -> None:
    """Let local servers repeat frames; with `metadata` they append trailers if the client declares
    that it removes them.
    """
    monkeypatch.setattr("sequencer.server.model_runner.VideoSource", RepeatingScreen)
    if not metadata:
        return
    agreed: list[bool] = []
    answer_before = Peer.answer
    encoder_before = get_encoder

    async def answer(self: Peer, offer: str, mapping: Any) -> str:
        found = await answer_before(self, offer, mapping)
        agreed.append(is_declared(offer))
        return declared(found) if agreed[-1] else found

    def encoder(codec: Any) -> Any:
        assert agreed
        return tagging(encoder_before(codec)) if agreed[-1] else encoder_before(codec)

    monkeypatch.setattr(Peer, "answer", answer)
    monkeypatch.setattr("aiortc.rtcrtpsender.get_encoder", encoder)
