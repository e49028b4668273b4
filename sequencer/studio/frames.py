"""Serve the frames of a run to the pages that show them, as JPEG on the websocket `/frames`.

Each frame is encoded once for all pages, in a thread of its own, and only if a page can receive it.
Nothing is queued for a page: it may have `CREDIT` frames that it has not drawn yet, and receives
the newest frame as soon as it has drawn one of them. A slow page therefore misses frames, but shows
no old ones, and does not slow down others.

A message to the page is `HEADER`, big-endian, followed by a JPEG file:

| bytes | type | contents |
|---|---|---|
| 0–1 | u16 | the take of the run, 0 if it is not known |
| 2–5 | u32 | the score chunk, `NO_CHUNK` for a frame that belongs to none |
| 6–7 | u16 | the number of the frame in its chunk, from 0 |
| 8–15 | u64 | when the frame is shown, in nanoseconds of the run's clock |
| 16–19 | 2 × u16 | the width and height of the image |
| 20–21 | u16 | the number of frames of the chunk, 0 if it is not known |
| 22–23 | u16 | flags: 1 for a frame that the simulator drew |

The page answers each with the byte `DRAWN`, and sends nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic_ns

import av
from aiohttp import WSCloseCode, WSMsgType, web
from PIL import Image

from sequencer.core.timebase import SECOND
from sequencer.stages.protocol import MAX_AHEAD, ShownFrame

HEADER = struct.Struct(">HIHQHHHH")
"""Take, chunk, frame, time, width, height, frames of the chunk, and flags of a frame."""

NO_CHUNK = 0xFFFF_FFFF
"""The chunk of a frame that belongs to no chunk of the score."""

SIMULATED = 1
"""The flag of a frame that the simulator drew."""

DRAWN = b"\x01"
"""What the page sends for each frame that it has drawn."""

CREDIT = 2
"""The most frames on their way to a page."""

LEAD_NS = 40_000_000
"""How long before its time a frame is sent, if the stage delivers it that early: a page that has
it in time draws it exactly then."""

MAX_WAITING = 16
"""The most frames that wait for their time. Stages deliver them up to `MAX_AHEAD` early."""

MAX_VIEWERS = 16
"""The most pages that are served at once."""

STALLED_S = 10.0
"""Seconds within which a page must draw a frame, and within which its connection must take one."""

QUALITY = 80
"""Pillow's quality of the JPEG files."""

MAX_PIXELS = 0xFFFF
"""The most pixels of a side of a frame: what the header, and JPEG, can represent."""


class PageError(Exception):
    """A page sent something that it must not send. The message is the reason for closing."""


def write_header(frame: ShownFrame, width: int, height: int) -> bytes:
    """Return the header of a frame; numbers that are too large are replaced by the largest."""
    return HEADER.pack(
        min(frame.take, 0xFFFF),
        NO_CHUNK if frame.chunk is None else min(frame.chunk, NO_CHUNK - 1),
        min(frame.frame, 0xFFFF),
        max(0, frame.at),
        width,
        height,
        min(frame.frames, 0xFFFF),
        SIMULATED if frame.is_simulated else 0,
    )


def encode_jpeg(
    frame: ShownFrame, quality: int = QUALITY, max_size: tuple[int, int] | None = None
) -> tuple[bytes, int, int]:
    """Encode a frame.

    Args:
        frame: The frame.
        quality: Pillow's quality, 1 to 95.
        max_size: The largest (width, height) in pixels; a larger frame is scaled down to fit.

    Returns:
        The JPEG file, its width and its height.
    """
    image = frame.image
    if isinstance(image, av.VideoFrame):
        width, height = _fitted(image.width, image.height, max_size)
        shown = Image.fromarray(image.to_ndarray(format="rgb24", width=width, height=height))
    else:
        shown = Image.fromarray(image)
        size = _fitted(shown.width, shown.height, max_size)
        if size != shown.size:
            shown = shown.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    file = io.BytesIO()
    shown.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return file.getvalue(), shown.width, shown.height


def _fitted(width: int, height: int, max_size: tuple[int, int] | None) -> tuple[int, int]:
    """Return the largest size with the same proportions that fits."""
    most_wide, most_high = max_size or (MAX_PIXELS, MAX_PIXELS)
    share = min(1.0, most_wide / width, most_high / height)
    return (
        (width, height)
        if share == 1
        else (max(1, round(width * share)), max(1, round(height * share)))
    )


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A message to the pages. `number` counts the frames that were encoded, from 1."""

    number: int
    message: bytes


class Viewer:
    """A page that receives frames. All its methods belong to the event loop."""

    def __init__(self, changed: Callable[[], object]) -> None:
        """`changed` is called whenever the page can receive a frame again, or no longer."""
        self._changed = changed
        self._awake = asyncio.Event()
        self._offered: EncodedFrame | None = None
        self._sent = 0
        """The number of the newest frame that was sent."""
        self._ends: str | None = None
        self.credit = CREDIT
        """How many frames may be sent now."""
        self.drawn = 0
        """How many frames the page has drawn."""

    def offer(self, frame: EncodedFrame) -> None:
        """Replace the frame that is sent next."""
        self._offered = frame
        self._awake.set()

    def withdraw(self) -> None:
        """Do not send the frame that was offered: a newer one is being encoded."""
        self._offered = None

    def end(self, reason: str) -> None:
        """Send no more frames, for this reason."""
        self._ends = reason
        self._awake.set()

    def answer(self, data: object) -> None:
        """Receive what the page sent.

        Raises:
            PageError: It is not an answer to a frame.
        """
        if data != DRAWN or not isinstance(data, bytes):
            raise PageError("a page sends only one byte, 1, for each frame that it has drawn")
        if self.credit >= CREDIT:
            raise PageError("a page cannot have drawn more frames than were sent")
        self.drawn += 1
        self.credit += 1
        self._awake.set()
        self._changed()

    async def next(self) -> bytes:
        """Wait for a frame that was not sent yet, and for the page to have drawn an earlier one.

        Raises:
            PageError: The page has drawn no frame within `STALLED_S`, or frames have ended.
        """
        while True:
            self._awake.clear()
            if self._ends is not None:
                raise PageError(self._ends)
            if self.credit < 1:
                try:
                    async with asyncio.timeout(STALLED_S):
                        await self._awake_with_credit()
                except TimeoutError:
                    raise PageError(f"no frame was drawn within {STALLED_S:.0f} s") from None
                continue
            if self._offered is not None and self._offered.number > self._sent:
                self.credit -= 1
                self._sent = self._offered.number
                self._changed()
                return self._offered.message
            await self._awake.wait()

    async def _awake_with_credit(self) -> None:
        while self.credit < 1 and self._ends is None:
            await self._awake.wait()
            self._awake.clear()


class FrameHub:
    """Encodes the frames of a run and offers them to all viewers. It is a `FrameViewer`.

    The run's side may be called from any thread; viewers are added and removed in one event loop.

    Args:
        quality: Pillow's quality of the JPEG files, 1 to 95.
        max_size: The largest (width, height) in pixels that is sent; None for the stage's own size.
        warn: Called from the thread that encodes if that fails, once, with a sentence for people.
    """

    def __init__(
        self,
        *,
        quality: int = QUALITY,
        max_size: tuple[int, int] | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        self._quality = quality
        self._max_size = max_size
        self._warn = warn
        self._changed = threading.Condition()
        self._waiting: deque[ShownFrame] = deque()
        self._latest: ShownFrame | None = None
        """The frame that is shown now, or was shown last."""
        self._is_encoded = False
        self._newest: EncodedFrame | None = None
        """What was made of it, if `_is_encoded`."""
        self._count = 0
        self._run = 0
        """Counts runs: a frame that was being encoded when another run begins is dropped."""
        self._now: Callable[[], int] = monotonic_ns
        self._wake: Callable[[bool], object] | None = None
        self._viewers: set[Viewer] = set()
        self._has_viewers = False
        self._is_wanted = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self.dropped = 0
        """Frames that were not shown, because nobody could receive them or others were newer."""
        self.failure = ""
        """Why frames are no longer shown, in a sentence for people; empty while they are."""

    # ---- the run's side, in any thread

    def begin(self, now: Callable[[], int], wake: Callable[[bool], object] | None = None) -> None:
        """Note that a run begins; see `FrameViewer.begin`."""
        with self._changed:
            self._now, self._wake = now, wake
            self._run += 1
            self.failure = ""
            self._forget()
            self._changed.notify_all()

    def is_wanted(self) -> bool:
        """Return whether a page can receive another frame now."""
        return self._is_wanted

    def show(self, frame: ShownFrame) -> None:
        """Show a frame when its time has come. It is dropped if too many wait."""
        with self._changed:
            if not self._has_viewers:
                self._waiting.clear()
                if self._wake is None:  # nobody could draw it again
                    self._latest, self._is_encoded = frame, False
                return
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(frame)
            self._changed.notify_all()

    def end(self, failure: str = "") -> None:
        """Note that no more frames come: the last one continues to be shown."""
        with self._changed:
            self._wake = None
        if failure:
            self._fail(failure)

    def _forget(self) -> None:
        self._waiting.clear()
        self._latest, self._newest, self._is_encoded = None, None, False

    # ---- viewers, in the event loop

    def add(self) -> Viewer | None:
        """Add a viewer, which receives the frame that is shown now; None if there are too many."""
        if len(self._viewers) >= MAX_VIEWERS or self._is_closed:
            return None
        self._loop = asyncio.get_running_loop()
        viewer = Viewer(self._update)
        self._viewers.add(viewer)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="page frames", daemon=True)
            self._thread.start()
        self._update()
        with self._changed:
            newest = self._newest if self._is_encoded else None
        if newest is not None:
            viewer.offer(newest)
        return viewer

    def remove(self, viewer: Viewer) -> None:
        """Remove a viewer. Without viewers nothing is encoded, and stages draw nothing."""
        self._viewers.discard(viewer)
        self._update()

    def _update(self) -> None:
        """Find out whether frames are wanted, and wake the run and the thread if they are again."""
        with self._changed:
            had_viewers, was_wanted = self._has_viewers, self._is_wanted
            self._has_viewers = bool(self._viewers)
            self._is_wanted = any(viewer.credit > 0 for viewer in self._viewers)
            wake = self._wake
            if not self._has_viewers and wake is not None:
                self._forget()
            is_wanted_again = self._is_wanted and not was_wanted
            has_newer = not self._is_encoded
            if is_wanted_again:
                self._changed.notify_all()
            else:
                wake = None
        if is_wanted_again and has_newer:
            for viewer in self._viewers:
                viewer.withdraw()
        if wake is not None:
            wake(not had_viewers)

    def close(self) -> None:
        """End the thread and every viewer, from any thread; it blocks for one frame at most."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._call(self._loop, self._end_viewers)
        if self._thread is not None:
            self._thread.join()

    def _end_viewers(self) -> None:
        for viewer in self._viewers:
            viewer.end("the studio ends")

    # ---- in the thread that encodes

    def _work(self) -> None:
        while True:
            with self._changed:
                frame = self._due()
                if self._is_closed:
                    return
                run = self._run
            if frame is None:
                continue
            try:
                jpeg, width, height = encode_jpeg(frame, self._quality, self._max_size)
                message = write_header(frame, width, height) + jpeg
            except Exception as error:  # noqa: BLE001  the show goes on without its page, which learns why
                self._fail(f"a frame cannot be encoded: {type(error).__name__}: {error}")
                continue
            with self._changed:
                if run != self._run or frame is not self._latest:
                    continue
                self._count += 1
                self._newest, self._is_encoded = EncodedFrame(self._count, message), True
                newest, loop = self._newest, self._loop
            self._call(loop, partial(self._offer, newest))

    def _due(self) -> ShownFrame | None:
        """Return the frame to encode, or wait until something changes."""
        now, pause = self._now(), None
        while self._waiting:
            early = self._waiting[0].at - LEAD_NS - now
            if 0 < early <= MAX_AHEAD:
                pause = early / SECOND
                break
            self.dropped += self._latest is not None and not self._is_encoded
            self._latest, self._is_encoded = self._waiting.popleft(), False
        if self._latest is not None and not self._is_encoded and self._is_wanted:
            return self._latest
        if not self._is_closed:
            self._changed.wait(pause)
        return None

    def _fail(self, reason: str) -> None:
        with self._changed:
            is_first, self.failure = not self.failure, reason
            self._latest, self._is_encoded = None, False
        if is_first and self._warn is not None:
            self._warn(reason)

    @staticmethod
    def _call(loop: asyncio.AbstractEventLoop | None, act: Callable[[], object]) -> None:
        """Call a function in the event loop, if it still runs."""
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed: nobody watches any more
                loop.call_soon_threadsafe(act)

    def _offer(self, frame: EncodedFrame) -> None:
        for viewer in self._viewers:
            viewer.offer(frame)


async def serve_frames(socket: web.WebSocketResponse, hub: FrameHub) -> None:
    """Send frames to a page until it leaves, breaks the rules, or no longer draws them.

    Args:
        socket: The page's websocket, prepared and authenticated. Compression must be off: JPEG
            files do not become smaller, and each page would compress them again.
        hub: The source of the frames.
    """
    viewer = hub.add()
    if viewer is None:
        await _close(socket, WSCloseCode.TRY_AGAIN_LATER, "too many pages show the video already")
        return
    sending = asyncio.create_task(_send(socket, viewer))
    try:
        async for message in socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                break
            viewer.answer(message.data)
    except PageError as error:
        await _close(socket, WSCloseCode.POLICY_VIOLATION, str(error))
    finally:
        hub.remove(viewer)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending


async def _send(socket: web.WebSocketResponse, viewer: Viewer) -> None:
    """Send each frame that the viewer can receive; close the socket when it no longer can."""
    try:
        while True:
            message = await viewer.next()
            async with asyncio.timeout(STALLED_S):
                await socket.send_bytes(message)
    except PageError as error:
        await _close(socket, WSCloseCode.POLICY_VIOLATION, str(error))
    except TimeoutError:
        await _close(
            socket, WSCloseCode.POLICY_VIOLATION, f"no frame was received within {STALLED_S:.0f} s"
        )
    except ConnectionError:
        return  # the page has left, which its reader notices


async def _close(socket: web.WebSocketResponse, code: WSCloseCode, reason: str) -> None:
    """Close a socket with a reason, of which a websocket carries at most 123 bytes."""
    await socket.close(code=code, message=reason.encode()[:123], drain=False)
