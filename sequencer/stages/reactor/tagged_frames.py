"""Frame metadata on its way around aiortc's decoder: taken off each encoded frame, and found again by the decoded one.

aiortc offers no way to see a frame before it is decoded. Its receivers hand encoded frames to their decoder's thread through a
queue; a queue of our own in its place sees each one first. This depends on how aiortc is built inside, so it is checked, and
where anything about it has changed, metadata is not asked for: then frames come without trailers, and are told apart by their
pictures (`repeats`).
"""

from __future__ import annotations

import queue
from typing import Any

from aiortc import RTCRtpReceiver
from av import VideoFrame

from sequencer.stages.reactor.frame_trailer import Metadata, split_trailer

MAX_WAITING = 256
"""Frames whose metadata waits for them to be decoded; those that never are, are forgotten."""

_QUEUE = "_RTCRtpReceiver__decoder_queue"
_STARTED = "_RTCRtpReceiver__started"


class TaggedFrames(queue.Queue[Any]):
    """The queue before a decoder. Filled and asked in the loop's own thread, emptied in the decoder's."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[int, Metadata] = {}
        self.is_agreed = False
        """Whether the other side appends trailers. Until then frames pass as they are."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Take a task for the decoder in: the codec and an encoded frame, or None at the end."""
        if self.is_agreed and isinstance(item, tuple):
            self._take_off(item[-1])
        super().put(item, block, timeout)

    def _take_off(self, frame: Any) -> None:
        data, stamp = getattr(frame, "data", None), getattr(frame, "timestamp", None)
        if not isinstance(data, bytes) or not isinstance(stamp, int):
            return
        frame.data, metadata = split_trailer(data)
        if metadata is not None:
            self._found[stamp] = metadata
            if len(self._found) > MAX_WAITING:
                del self._found[next(iter(self._found))]

    def of(self, frame: VideoFrame) -> Metadata | None:
        """What was appended to a frame that is decoded now, if anything."""
        return None if frame.pts is None else self._found.pop(frame.pts, None)


def tagged_frames(receiver: RTCRtpReceiver) -> TaggedFrames | None:
    """Put our queue before a receiver's decoder; None where aiortc is not built in the way that this needs."""
    if type(getattr(receiver, _QUEUE, None)) is not queue.Queue or getattr(receiver, _STARTED, None) is not False:
        return None
    ours = TaggedFrames()
    setattr(receiver, _QUEUE, ours)
    return ours
