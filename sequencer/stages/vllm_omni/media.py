"""Decode the video of a session: fragmented MP4 that arrives in pieces, in a thread.

The pieces of a session, one after another, are one file. It is decoded while it arrives; a reader
that waits for the next piece is what the decoder reads from. Only MP4 is opened, and nothing that a
file could refer to.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
from av import VideoFrame

from sequencer.core.errors import StageError

MAX_SIDE = 4096
"""The largest width and height that is decoded, in pixels."""
MAX_WAITING_BYTES = 512 << 20
"""The most bytes of video that wait to be decoded."""
MAX_DECODED = 4
"""Decoding waits while more than this many chunks of frames wait to be shown."""
TICKS = Fraction(1, 90_000)
PROBE_BYTES = 32
"""The least that can be read ahead. More would hold frames back, and the head of a file describes
its video completely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedFrame:
    """A frame, and the chunk of the take that it belongs to. `begins` is whether it is the first.

    `chunk` is None for a frame that no chunk's metadata announced.
    """

    image: VideoFrame
    take: int
    chunk: int | None
    begins: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    data: bytes
    chunk: int | None
    frames: int


@dataclass(frozen=True, slots=True)
class _TakeBegins:
    take: int


@dataclass(frozen=True, slots=True)
class _TakeEnds:
    pass


class VideoDecoder:
    """Decodes the videos of successive takes.

    Args:
        deliver: Called with each frame, in the decoder's thread.
        failed: Called once, in that thread, with the reason if the video of a take cannot be
            decoded. What remains of that take is left out.
        frames_per_chunk: Frames of a chunk.
    """

    def __init__(
        self,
        deliver: Callable[[DecodedFrame], object],
        failed: Callable[[str], object],
        frames_per_chunk: int,
    ) -> None:
        self._deliver = deliver
        self._failed = failed
        self._most = MAX_DECODED * frames_per_chunk
        self._changed = threading.Condition()
        self._pieces: deque[_Piece | _TakeBegins | _TakeEnds] = deque()
        self._bytes = 0
        self._shown_later = 0
        """Frames that were delivered and not shown yet."""
        self._is_closed = False
        self._expected: deque[tuple[int, int]] = deque()
        """Chunks whose frames are still to come, with their number."""
        self._latest: int | None = None
        """The chunk of the latest frame."""
        self._thread = threading.Thread(target=self._work, name="decodes video", daemon=True)
        self._thread.start()

    # ---- in the loop's thread

    def begin_take(self, take: int) -> None:
        """Note that what follows is the file of another take."""
        self._put(_TakeBegins(take))

    def end_take(self) -> None:
        """Note that the file of the take is complete."""
        self._put(_TakeEnds())

    def _put(self, mark: _TakeBegins | _TakeEnds) -> None:
        with self._changed:
            self._pieces.append(mark)
            self._changed.notify_all()

    def add(self, data: bytes, chunk: int | None, frames: int) -> None:
        """Add a piece of the file with the frames of a chunk; None for the end of a file.

        Raises:
            StageError: Too much waits to be decoded.
        """
        with self._changed:
            if self._bytes + len(data) > MAX_WAITING_BYTES:
                raise StageError(
                    f"more than {MAX_WAITING_BYTES >> 20} MiB of video wait to be decoded",
                    "is this machine too slow for its size?",
                )
            self._pieces.append(_Piece(data, chunk, frames))
            self._bytes += len(data)
            self._changed.notify_all()

    def note_shown(self) -> None:
        """Note that a delivered frame was shown."""
        with self._changed:
            self._shown_later -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Stop decoding, and wait for the thread. A second call has no effect."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    # ---- in the decoder's thread

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and not self._pieces:
                    self._changed.wait()
                if self._is_closed:
                    return
                first = self._pieces.popleft()
                if isinstance(first, _Piece):  # the rest of a take that cannot be decoded
                    self._bytes -= len(first.data)
                if not isinstance(first, _TakeBegins):
                    continue
            self._expected.clear()
            self._latest = None
            try:
                self._decode_take(first.take)
            except (av.FFmpegError, StageError, ValueError, MemoryError) as error:
                with self._changed:
                    if self._is_closed:
                        return
                self._failed(error.message if isinstance(error, StageError) else str(error))

    def _decode_take(self, take: int) -> None:
        reader = _PieceReader(self)
        if not reader.has_more():
            return
        options = {"probesize": str(PROBE_BYTES), "analyzeduration": "0"}
        with av.open(reader, mode="r", format="mp4", options=options) as container:
            if not container.streams.video:
                raise StageError("it has no video")
            stream = container.streams.video[0]
            if max(stream.width, stream.height) > MAX_SIDE:
                raise StageError(
                    f"it is {stream.width}×{stream.height}, larger than {MAX_SIDE} pixels"
                )
            stream.thread_type = "SLICE"  # threads for frames would hold several of them back
            for frame in container.decode(stream):
                if max(frame.width, frame.height) > MAX_SIDE:
                    raise StageError(
                        f"a frame is {frame.width}×{frame.height}, larger than {MAX_SIDE} pixels"
                    )
                if not self._give(frame, take):
                    return

    def _give(self, frame: VideoFrame, take: int) -> bool:
        """Deliver a frame; return whether to go on."""
        with self._changed:
            while not self._is_closed and self._shown_later >= self._most:
                self._changed.wait()
            if self._is_closed:
                return False
            self._shown_later += 1
            chunk, begins = self._chunk_of_next()
        image = frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
        image.pts, image.time_base = None, TICKS
        self._deliver(DecodedFrame(image=image, take=take, chunk=chunk, begins=begins))
        return True

    def _chunk_of_next(self) -> tuple[int | None, bool]:
        """Return the chunk of the next frame, and whether it is the first one of that chunk."""
        if not self._expected:
            return None, False
        chunk, left = self._expected[0]
        begins, self._latest = chunk != self._latest, chunk
        if left <= 1:
            self._expected.popleft()
        else:
            self._expected[0] = chunk, left - 1
        return chunk, begins

    def take_piece(self) -> bytes | None:
        """Return the next piece of the take that is decoded, once there is one.

        None at its end.
        """
        with self._changed:
            while not self._is_closed and not self._pieces:
                self._changed.wait()
            if self._is_closed or isinstance(self._pieces[0], _TakeBegins):
                return None
            piece = self._pieces.popleft()
            if not isinstance(piece, _Piece):
                return None  # its end
            self._bytes -= len(piece.data)
            if piece.chunk is not None and piece.frames:
                self._expected.append((piece.chunk, piece.frames))
            return piece.data


class _PieceReader:
    """What the decoder reads from: the pieces of one take, one after another."""

    def __init__(self, decoder: VideoDecoder) -> None:
        self._decoder = decoder
        self._rest = memoryview(b"")
        self._is_over = False

    def has_more(self) -> bool:
        """Return whether there is another byte, once this is known."""
        while not self._rest and not self._is_over:
            piece = self._decoder.take_piece()
            if piece is None:
                self._is_over = True
            else:
                self._rest = memoryview(piece)
        return bool(self._rest)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if not self.has_more():
            return b""
        found, self._rest = self._rest[:size], self._rest[size:]
        return bytes(found)
