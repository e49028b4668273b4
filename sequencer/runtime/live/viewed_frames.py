"""Pass the frames of a live stage to those who watch a run, with their position in the score."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sequencer.stages.protocol import FrameViewer, ShownFrame

if TYPE_CHECKING:
    from sequencer.stages.live_frames import LiveFrame


class ViewedFrames:
    """Counts the frames of each chunk as they arrive, and passes all of them to a viewer.

    Args:
        viewer: Receives the frames.
        take_of: Maps a take of the stage to that of the run.
        score_chunk: Maps a chunk and the run's take to the score chunk; None if it has none.
        frames_of: Returns the number of frames of a score chunk.
    """

    def __init__(
        self,
        viewer: FrameViewer,
        *,
        take_of: Callable[[int], int],
        score_chunk: Callable[[int, int], int | None],
        frames_of: Callable[[int], int],
    ) -> None:
        self._viewer = viewer
        self._take_of = take_of
        self._score_chunk = score_chunk
        self._frames_of = frames_of
        self._current: tuple[int, int] | None = None
        """Take and chunk, in the stage's count."""
        self._frame = 0

    def take(self, frame: LiveFrame) -> None:
        """Pass a frame on. A repeated frame has the number of the one that it repeats."""
        of = frame.of
        take, chunk = 0, None
        if of is None:
            self._current, self._frame = None, 0
        else:
            if of.begins or self._current != (of.take, of.chunk):
                self._current, self._frame = (of.take, of.chunk), 0
            elif of.is_new:
                self._frame += 1
            take = self._take_of(of.take)
            chunk = self._score_chunk(of.chunk, take)
        self._viewer.show(
            ShownFrame(
                image=frame.image,
                at=frame.at,
                take=take,
                chunk=chunk,
                frame=self._frame,
                frames=0 if chunk is None else self._frames_of(chunk),
            )
        )
