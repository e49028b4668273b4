"""Frame metadata around aiortc's decoder.

It is removed from each encoded frame, and attached to the decoded one.

aiortc offers no way to see a frame before it is decoded. Its receivers pass encoded frames to their
decoder's thread through a queue; a queue of our own in its place sees each one first. This depends
on aiortc's internals, so it is checked, and if anything about them has changed, metadata is not
requested: then frames come without trailers, and are compared by their images (`repeated_frames`).
"""

from __future__ import annotations

import queue
from typing import Any

from aiortc import RTCRtpReceiver
from av import VideoFrame

from sequencer.stages.reactor.frame_trailer import Metadata, split_trailer

MAX_WAITING = 256
"""Frames whose metadata is kept until they are decoded; those that never are, are forgotten."""

_QUEUE = "_RTCRtpReceiver__decoder_queue"
_STARTED = "_RTCRtpReceiver__started"


class TaggedFrames(queue.Queue[Any]):
    """The queue of a decoder.

    Filled and queried in the event loop's thread, emptied in the decoder's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[int, Metadata] = {}
        self.is_agreed = False
        """Whether the other side appends trailers. Until then frames pass unchanged."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Queue a task for the decoder: the codec and an encoded frame, or None at the end."""
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
        """Return what was appended to a frame that has just been decoded, if anything."""
        return None if frame.pts is None else self._found.pop(frame.pts, None)


def tagged_frames(receiver: RTCRtpReceiver) -> TaggedFrames | None:
    """Replace the queue of a receiver's decoder by ours; None if aiortc is built differently."""
    if (
        type(getattr(receiver, _QUEUE, None)) is not queue.Queue
        or getattr(receiver, _STARTED, None) is not False
    ):
        return None
    ours = TaggedFrames()
    setattr(receiver, _QUEUE, ours)
    return ours
