"""The interface between a run and a stage: a stage takes commands and delivers events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame
    from numpy.typing import NDArray

    from sequencer.events.codec import Event
    from sequencer.events.commands import ModelCommand, Upload

Deliver = Callable[["Event"], None]
"""How a stage delivers an event, stamped with the run's clock.

Call it in the event loop's thread.
"""


@dataclass(frozen=True, slots=True)
class ChunkFrames:
    """The frames of one chunk.

    `frames` has shape (count, height, width, 3), RGB, 8 bits. `chunk` counts within the take.

    `still` is the middle frame without captions, where the stage writes captions on its frames.
    """

    chunk: int
    frames: NDArray[np.uint8]
    still: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """One frame of the video that a stage shows, and where it belongs.

    Attributes:
        image: RGB, shape (height, width, 3), 8 bits, to which nobody writes again; or the frame as
            a decoder returns it.
        at: When it is shown, in nanoseconds of the run's clock. A stage that knows this in advance
            delivers the frame up to `MAX_AHEAD` earlier.
        take: The take of the run, from 1; 0 if it is not known.
        chunk: The score chunk; None for a frame that belongs to no chunk of the score.
        frame: The number of the frame in its chunk, from 0.
        frames: The number of frames of its chunk; 0 if it is not known.
        is_simulated: Whether the simulator drew it.
    """

    image: NDArray[np.uint8] | VideoFrame
    at: int
    take: int
    chunk: int | None
    frame: int
    frames: int
    is_simulated: bool = False


MAX_AHEAD = 250_000_000
"""The most nanoseconds by which a frame is delivered before it is shown."""


class FrameViewer(Protocol):
    """Receives the frames of a run for those who watch it, if anybody does.

    Every method may be called from any thread, and returns at once.
    """

    def begin(self, now: Callable[[], int], wake: Callable[[bool], object] | None = None) -> None:
        """Note that a run begins: frames of the run before it are no longer shown.

        Args:
            now: Returns the nanosecond of the run's clock, in any thread.
            wake: Called, from any thread, when frames are wanted again; its argument is whether
                nobody watched before: then the frame that is shown now is delivered too. A run
                that passes None delivers every frame, wanted or not.
        """
        ...

    def is_wanted(self) -> bool:
        """Return whether anybody can receive another frame now."""
        ...

    def show(self, frame: ShownFrame) -> None:
        """Show a frame. It is dropped if there are too many."""
        ...

    def end(self, failure: str = "") -> None:
        """Note that no more frames come: the last one continues to be shown.

        Args:
            failure: Why frames cannot be drawn; empty if the run is over.
        """
        ...


class Stage(Protocol):
    """A Helios model that can be played: connect, send, close.

    Everything it reports arrives as events through `Deliver`.
    """

    async def open(self, deliver: Deliver) -> None:
        """Connect and begin to deliver; a `Ready` event follows.

        Raises StageError if the stage cannot be reached.
        """
        ...

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Send commands that are due together, in order, without waiting for answers.

        Refusals arrive as events.
        """
        ...

    async def close(self) -> None:
        """End the session. Safe to call twice and after failures."""
        ...
