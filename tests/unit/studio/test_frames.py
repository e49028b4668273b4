"""Frames for pages: the header, the encoder, credit, and frames that are dropped."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from av import VideoFrame
from PIL import Image

from sequencer.stages.protocol import ShownFrame
from sequencer.studio import frames
from sequencer.studio.frames import (
    CREDIT,
    DRAWN,
    HEADER,
    LEAD_NS,
    MAX_VIEWERS,
    MAX_WAITING,
    NO_CHUNK,
    EncodedFrame,
    FrameHub,
    PageError,
    Viewer,
    encode_jpeg,
    serve_frames,
    write_header,
)

TIMEOUT_S = 20.0
WIDE, HIGH = 64, 48


def frame(
    number: int = 0, *, at: int = 0, image: Any = None, chunk: int | None = 11, take: int = 1
) -> ShownFrame:
    if image is None:
        image = np.full((HIGH, WIDE, 3), number % 256, np.uint8)
    return ShownFrame(
        image=image, at=at, take=take, chunk=chunk, frame=number, frames=33, is_simulated=True
    )


class TestHeader:
    def test_has_24_bytes_in_the_order_of_the_protocol(self) -> None:
        header = write_header(frame(4, at=0x0102030405060708, take=3), 640, 384)
        assert header == bytes.fromhex("00030000000b000401020304050607080280018000210001")

    def test_numbers_that_do_not_fit_are_replaced_by_the_largest(self) -> None:
        large = frame(10**9, take=10**9, chunk=10**12)
        assert HEADER.unpack(write_header(large, 1, 1))[:3] == (0xFFFF, NO_CHUNK - 1, 0xFFFF)

    def test_a_frame_without_a_chunk(self) -> None:
        assert HEADER.unpack(write_header(frame(chunk=None), 1, 1))[1] == NO_CHUNK


class TestEncoder:
    def test_rgb(self) -> None:
        image = np.zeros((HIGH, WIDE, 3), np.uint8)
        image[:, : WIDE // 2] = 220, 40, 30
        jpeg, width, height = encode_jpeg(frame(image=image))
        with Image.open(io.BytesIO(jpeg)) as decoded:
            assert (decoded.format, decoded.size) == ("JPEG", (WIDE, HIGH))
            seen = np.asarray(decoded)[8, 8]
        assert (width, height) == (WIDE, HIGH)
        assert np.allclose(seen, (220, 40, 30), atol=6)

    def test_a_decoded_frame_has_the_same_colours(self) -> None:
        image = np.full((HIGH, WIDE, 3), (220, 40, 30), np.uint8)
        decoded = VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        jpeg, width, height = encode_jpeg(frame(image=decoded))
        with Image.open(io.BytesIO(jpeg)) as seen:
            assert np.allclose(np.asarray(seen)[8, 8], (220, 40, 30), atol=8)
        assert (width, height) == (WIDE, HIGH)

    @pytest.mark.parametrize("is_decoded", [False, True])
    def test_larger_frames_are_scaled_to_fit(self, is_decoded: bool) -> None:
        image: Any = np.zeros((96, 200, 3), np.uint8)
        if is_decoded:
            image = VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        jpeg, width, height = encode_jpeg(frame(image=image), max_size=(100, 80))
        with Image.open(io.BytesIO(jpeg)) as decoded:
            assert decoded.size == (width, height) == (100, 48)

    def test_higher_quality_takes_more_bytes(self) -> None:
        noise = np.random.default_rng(1).integers(0, 256, (HIGH, WIDE, 3), np.uint8)
        low, high = (encode_jpeg(frame(image=noise), quality)[0] for quality in (40, 90))
        assert len(low) < len(high)


class TestCredit:
    def test_a_page_may_not_answer_more_often_than_frames_were_sent(self) -> None:
        viewer = Viewer(lambda: None)
        with pytest.raises(PageError, match="cannot have drawn more frames than were sent"):
            viewer.answer(DRAWN)

    @pytest.mark.parametrize("data", ["\x01", b"", b"\x00", b"\x01\x01", "", "drawn", b"x" * 4000])
    def test_a_page_sends_nothing_else(self, data: bytes | str) -> None:
        viewer = Viewer(lambda: None)
        viewer.credit = 0
        with pytest.raises(PageError, match="only one byte, 1"):
            viewer.answer(data)

    def test_two_frames_are_sent_and_then_only_the_newest(self) -> None:
        async def scenario() -> None:
            viewer = Viewer(lambda: None)
            sent = []
            for number in range(1, 6):
                viewer.offer(EncodedFrame(number, bytes([number])))
                if viewer.credit:
                    sent.append(await viewer.next())
            viewer.answer(DRAWN)
            sent.append(await viewer.next())
            assert sent == [b"\x01", b"\x02", b"\x05"]
            assert viewer.credit == 0

        run(scenario())

    def test_the_same_frame_is_not_sent_twice(self) -> None:
        async def scenario() -> None:
            viewer = Viewer(lambda: None)
            viewer.offer(EncodedFrame(1, b"1"))
            await viewer.next()
            waiting = asyncio.ensure_future(viewer.next())
            viewer.answer(DRAWN)
            viewer.offer(EncodedFrame(1, b"1"))
            await asyncio.sleep(0)
            assert not waiting.done()
            viewer.offer(EncodedFrame(2, b"2"))
            assert await waiting == b"2"

        run(scenario())

    def test_a_page_that_draws_nothing_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def scenario() -> None:
            viewer = Viewer(lambda: None)
            viewer.credit = 0
            with pytest.raises(PageError, match="no frame was drawn within"):
                await viewer.next()

        monkeypatch.setattr(frames, "STALLED_S", 0.01)
        run(scenario())


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            await scenario

    asyncio.run(limited())


@asynccontextmanager
async def serving(hub: FrameHub) -> AsyncIterator[Callable[[], Awaitable[Page]]]:
    """Serve frames as the studio does; returns a function that opens a page."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await serve_frames(socket, hub)
        return socket

    app = web.Application()
    app.router.add_get("/frames", handle)
    async with TestClient(TestServer(app)) as client:
        try:
            yield lambda: _opened(client)
        finally:
            hub.close()


async def _opened(client: TestClient[Any, Any]) -> Page:
    return Page(await client.ws_connect("/frames", max_msg_size=0))


class Page:
    """The page's side of a connection."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> int:
        """Return the number of the next frame."""
        data = await self.socket.receive_bytes()
        with Image.open(io.BytesIO(data[HEADER.size :])) as image:
            assert image.size == HEADER.unpack_from(data)[4:6]
        return int(HEADER.unpack_from(data)[2])

    async def draw(self) -> None:
        await self.socket.send_bytes(DRAWN)

    async def reason(self) -> tuple[int, str]:
        """Return why the server closed the connection."""
        while True:
            message = await self.socket.receive()
            if message.type is WSMsgType.CLOSE:
                return message.data, message.extra or ""
            assert message.type is WSMsgType.BINARY, message


class TestServing:
    def test_a_page_sees_the_latest_frame_at_once_and_then_each_that_it_draws(self) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            hub.begin(lambda: 0)
            hub.show(frame(1))
            hub.show(frame(2))
            async with serving(hub) as opened:
                page = await opened()
                assert await page.receive() == 2
                await page.draw()
                for number in (3, 4, 5):
                    hub.show(frame(number))
                    assert await page.receive() == number
                    await page.draw()

        run(scenario())

    def test_a_frame_is_encoded_once_for_all_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        count = 0

        def counted(*arguments: Any) -> tuple[bytes, int, int]:
            nonlocal count
            count += 1
            return encode_jpeg(*arguments)

        async def scenario() -> None:
            hub = FrameHub()
            hub.begin(lambda: 0)
            hub.show(frame(1))
            async with serving(hub) as opened:
                pages = [await opened() for _ in range(3)]
                assert [await page.receive() for page in pages] == [1, 1, 1]
                hub.show(frame(2))
                assert [await page.receive() for page in pages] == [2, 2, 2]
            assert count == 2

        monkeypatch.setattr(frames, "encode_jpeg", counted)
        run(scenario())

    def test_a_page_that_never_answers_does_not_hold_up_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            hub.begin(lambda: 0)
            async with serving(hub) as opened:
                silent, page = await opened(), await opened()
                for number in range(30):
                    hub.show(frame(number))
                    assert await page.receive() == number
                    await page.draw()
                assert [await silent.receive() for _ in range(CREDIT)] == [0, 1]
                code, reason = await silent.reason()
                assert (code, reason) == (1008, "no frame was drawn within 0 s")
                hub.show(frame(30))
                assert await page.receive() == 30

        monkeypatch.setattr(frames, "STALLED_S", 0.3)
        run(scenario())

    def test_nothing_is_wanted_or_encoded_while_no_page_can_receive(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        encoded: list[int] = []

        def noted(one: ShownFrame, *rest: Any) -> tuple[bytes, int, int]:
            encoded.append(one.frame)
            return encode_jpeg(one, *rest)

        async def scenario() -> None:
            hub = FrameHub()
            woken: list[bool] = []
            hub.begin(lambda: 0, woken.append)
            assert not hub.is_wanted()
            hub.show(frame(0))
            async with serving(hub) as opened:
                page = await opened()
                await until(hub.is_wanted)
                assert woken == [True]
                for number in (1, 2):
                    hub.show(frame(number))
                    assert await page.receive() == number
                await until(lambda: not hub.is_wanted())
                for number in range(3, 9):
                    hub.show(frame(number))
                await page.draw()
                assert await page.receive() == 8
                assert woken == [True, False]
                await page.socket.close()
                await until(lambda: not hub._viewers)
                assert not hub.is_wanted()
                assert hub._latest is None  # the run draws the frame that is shown for the next one
                await opened()
                await until(lambda: woken == [True, False, True])
            assert encoded == [1, 2, 8]

        monkeypatch.setattr(frames, "encode_jpeg", noted)
        run(scenario())

    def test_frames_wait_for_their_time(self) -> None:
        async def scenario() -> None:
            now = [0]
            hub = FrameHub()
            hub.begin(lambda: now[0], lambda is_first: None)
            async with serving(hub) as opened:
                page = await opened()
                await until(hub.is_wanted)
                hub.show(frame(1, at=LEAD_NS))
                hub.show(frame(2, at=LEAD_NS + 100_000_000))
                assert await page.receive() == 1
                await page.draw()
                now[0] = 100_000_000
                assert await page.receive() == 2

        run(scenario())

    def test_few_frames_wait(self) -> None:
        async def scenario() -> None:
            now = [0]
            hub = FrameHub()
            hub.begin(lambda: now[0], lambda is_first: None)
            async with serving(hub) as opened:
                page = await opened()
                await until(hub.is_wanted)
                for number in range(MAX_WAITING + 5):
                    hub.show(frame(number, at=200_000_000 + number))
                assert hub.dropped == 5
                now[0] = 10**9
                hub.show(frame(99, at=10**9))
                assert await page.receive() == 99

        run(scenario())

    @pytest.mark.parametrize("data", ["hello", b"", b"\x02", b"\x01\x01"])
    def test_anything_else_ends_the_connection_with_a_reason(self, data: bytes | str) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            hub.begin(lambda: 0)
            hub.show(frame(1))
            async with serving(hub) as opened:
                page = await opened()
                await page.receive()
                if isinstance(data, str):
                    await page.socket.send_str(data)
                else:
                    await page.socket.send_bytes(data)
                assert await page.reason() == (
                    WSCloseCode.POLICY_VIOLATION,
                    "a page sends only one byte, 1, for each frame that it has drawn",
                )
                await until(lambda: not hub._viewers)

        run(scenario())

    def test_too_many_pages(self) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            async with serving(hub) as opened:
                for _ in range(MAX_VIEWERS):
                    await opened()
                page = await opened()
                code, reason = await page.reason()
                assert code == WSCloseCode.TRY_AGAIN_LATER
                assert reason == "too many pages show the video already"

        run(scenario())

    def test_another_run_does_not_show_frames_of_the_one_before(self) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            hub.begin(lambda: 0)
            hub.show(frame(1))
            hub.end()
            async with serving(hub) as opened:
                page = await opened()
                assert await page.receive() == 1  # it stays until another run begins
                await page.draw()
                hub.begin(lambda: 0)
                later = await opened()
                hub.show(frame(2))
                assert await page.receive() == await later.receive() == 2

        run(scenario())

    def test_a_failure_is_reported_once_and_ends_nothing(self) -> None:
        async def scenario() -> None:
            warnings: list[str] = []
            hub = FrameHub(warn=warnings.append)
            hub.begin(lambda: 0)
            async with serving(hub) as opened:
                page = await opened()
                await until(hub.is_wanted)
                broken = np.zeros((4, 4, 7), np.uint8)
                hub.show(frame(1, image=broken))
                await until(lambda: bool(warnings))
                hub.show(frame(2, image=broken))
                hub.show(frame(3))
                assert await page.receive() == 3
                assert len(warnings) == 1
                assert warnings[0].startswith("a frame cannot be encoded: ")
                assert hub.failure == warnings[0]
                hub.end("frames cannot be drawn: MemoryError")
                assert len(warnings) == 1

        run(scenario())

    def test_closing_ends_the_pages_and_the_thread(self) -> None:
        async def scenario() -> None:
            hub = FrameHub()
            async with serving(hub) as opened:
                page = await opened()
                await until(hub.is_wanted)
                thread = hub._thread
                assert thread is not None
                hub.close()
                assert not thread.is_alive()
                assert await page.reason() == (1008, "the studio ends")

        run(scenario())


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until a condition is met."""
    while not condition():  # noqa: ASYNC110  what is waited for sets no event
        await asyncio.sleep(0.001)
