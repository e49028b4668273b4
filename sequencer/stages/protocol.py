"""The interface between a run and a stage: a stage takes commands and delivers events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
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
