"""The frames of a live stage, as those who record and show them receive them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from av import VideoFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """A frame's chunk and its take. `begins` is whether the chunk is shown from this frame on.

    `is_new` is False for a frame that was repeated because the sender had no new one.
    """

    take: int
    chunk: int
    begins: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFrame:
    """A frame as it arrived.

    `at` is in nanoseconds; `number` counts from 0 over the entire session; `chunk` is the chunk of
    the take that is shown from this frame on (None if no new one begins). `image.pts` is in 1/90000
    s.

    `of` is the chunk and take that the frame belongs to; None for a frame that the model did not
    make, such as the dark frame that is sent when the model has none.
    """

    image: VideoFrame
    at: int
    number: int
    is_dark: bool
    chunk: int | None
    of: Belonging | None = None


FrameSink = Callable[[LiveFrame], None]
"""Receives each frame as it arrives, in the event loop's thread.

Pass the frame on at once and encode it elsewhere.
"""
