"""The frames of a live stage get the take, the score chunk and the frame number of the run."""

from __future__ import annotations

from collections.abc import Callable

from av import VideoFrame

from sequencer.runtime.live.viewed_frames import ViewedFrames
from sequencer.stages.live_frames import Belonging, LiveFrame
from sequencer.stages.protocol import ShownFrame

IMAGE = VideoFrame(16, 16, "yuv420p")


class Shown:
    """A viewer that keeps what it is shown."""

    def __init__(self) -> None:
        self.frames: list[ShownFrame] = []

    def begin(self, now: Callable[[], int], wake: Callable[[bool], object] | None = None) -> None:
        raise AssertionError("the run begins, not its frames")

    def is_wanted(self) -> bool:
        return True

    def show(self, frame: ShownFrame) -> None:
        self.frames.append(frame)

    def end(self, failure: str = "") -> None:
        raise AssertionError("the run ends, not its frames")


def live(number: int, of: Belonging | None) -> LiveFrame:
    return LiveFrame(image=IMAGE, at=number * 1000, number=number, is_dark=of is None,
                     chunk=None, of=of)  # fmt: skip


def of(take: int, chunk: int, *, begins: bool = False, is_new: bool = True) -> Belonging:
    return Belonging(take=take, chunk=chunk, begins=begins, is_new=is_new)


def test_frames_are_numbered_within_their_chunk() -> None:
    shown = Shown()
    frames = ViewedFrames(
        shown,
        take_of=lambda take: take + 1,
        score_chunk=lambda chunk, take: None if chunk > 6 else chunk + 100 * take,
        frames_of=lambda chunk: 33 if chunk % 2 else 32,
    )
    came = [
        of(1, 5),  # the connection was made within a chunk
        of(1, 5),
        of(1, 6, begins=True),
        of(1, 6),
        of(1, 6, is_new=False),
        of(1, 6),
        None,
        of(2, 6, begins=True),
        of(2, 7, begins=True),
    ]
    for number, one in enumerate(came):
        frames.take(live(number, one))
    assert [(one.take, one.chunk, one.frame, one.frames) for one in shown.frames] == [
        (2, 205, 0, 33),
        (2, 205, 1, 33),
        (2, 206, 0, 32),
        (2, 206, 1, 32),
        (2, 206, 1, 32),
        (2, 206, 2, 32),
        (0, None, 0, 0),
        (3, 306, 0, 32),
        (3, None, 0, 0),
    ]
    assert [one.at for one in shown.frames] == [number * 1000 for number in range(len(came))]
    assert not any(one.is_simulated for one in shown.frames)
