"""The frames of the simulator for those who watch a run: which one is next, and when it is drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic_ns

import numpy as np
import pytest

from sequencer.stages.protocol import MAX_AHEAD, ShownFrame
from sequencer.stages.simulated.frame_feed import MAX_CHUNKS, FrameFeed, ShownChunk, ShownChunks
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.frames import Renderer

FRAME = 40_000_000
MILLISECOND = 1_000_000
TIMEOUT_S = 20.0


def look(chunk: int, frames: int = 5, prompt: str = "A tram.") -> ChunkInputs:
    return ChunkInputs(
        seed=1,
        prompt=prompt,
        image=None,
        image_since=0,
        strength=0.5,
        sr="off",
        chunk=chunk,
        first_frame=chunk * frames,
        frames=frames,
    )


def shown(chunk: int, at: int, frames: int = 5, before: ChunkInputs | None = None) -> ShownChunk:
    return ShownChunk(
        look=look(chunk, frames),
        before=before,
        take=1,
        chunk=chunk + 10,
        text_chunk=chunk + 10,
        at=at,
        frame_ns=FRAME,
    )


def numbers(found: tuple[ShownChunk, int] | None) -> tuple[int, int] | None:
    return None if found is None else (found[0].look.chunk, found[1])


class TestShownChunks:
    def test_frames_follow_each_other_and_late_ones_are_left_out(self) -> None:
        chunks = ShownChunks()
        chunks.add(shown(0, 1000))
        chunks.add(shown(1, 1000 + 5 * FRAME))
        assert numbers(chunks.next_frame(None, 0)) == (0, 0)
        assert numbers(chunks.next_frame(1000, 0)) == (0, 1)
        assert numbers(chunks.next_frame(1000, 1000 + 3 * FRAME)) == (0, 3)
        assert numbers(chunks.next_frame(1000 + 4 * FRAME, 0)) == (1, 0)
        assert numbers(chunks.next_frame(1000, 1000 + 6 * FRAME + 1)) == (1, 1)

    def test_the_last_frame_stays(self) -> None:
        chunks = ShownChunks()
        chunks.add(shown(0, 1000))
        assert numbers(chunks.next_frame(None, 10**15)) == (0, 4)
        assert chunks.next_frame(1000 + 4 * FRAME, 10**15) is None

    def test_nothing_is_shown_before_the_first_chunk(self) -> None:
        assert ShownChunks().next_frame(None, 5) is None

    def test_a_chunk_that_begins_early_replaces_the_rest_of_the_one_before(self) -> None:
        chunks = ShownChunks()
        chunks.add(shown(0, 0))
        chunks.add(shown(1, 2 * FRAME))
        assert numbers(chunks.next_frame(FRAME, 0)) == (1, 0)

    def test_few_chunks_are_kept(self) -> None:
        chunks = ShownChunks()
        for chunk in range(MAX_CHUNKS + 3):
            chunks.add(shown(chunk, chunk * 5 * FRAME))
        assert numbers(chunks.next_frame(None, 0)) == (3, 0)
        chunks.drop_shown(6 * 5 * FRAME)
        assert numbers(chunks.next_frame(None, 0)) == (6, 0)


class Watcher:
    """A viewer that keeps what it is shown."""

    def __init__(self, *, is_wanted: bool) -> None:
        self.frames: list[ShownFrame] = []
        self.wake: Callable[[bool], object] | None = None
        self.failures: list[str] = []
        self._is_wanted = is_wanted
        self._changed = threading.Condition()

    def begin(self, now: Callable[[], int], wake: Callable[[bool], object] | None = None) -> None:
        self.wake = wake

    def is_wanted(self) -> bool:
        return self._is_wanted

    def show(self, frame: ShownFrame) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def end(self, failure: str = "") -> None:
        with self._changed:
            self.failures.append(failure)
            self._changed.notify_all()

    def arrive(self) -> None:
        """Somebody begins to watch."""
        self._is_wanted = True
        assert self.wake is not None
        self.wake(True)

    def leave(self) -> None:
        self._is_wanted = False

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, TIMEOUT_S)


class TestFrameFeed:
    def test_draws_what_the_renderer_draws_with_stamps(self) -> None:
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(lambda: 1000 + 9 * FRAME, watcher)
        feed.open()
        first = shown(0, 1000)
        feed.add(first)
        feed.add(shown(1, 1000 + 5 * FRAME, before=first.look))
        watcher.wait(lambda: bool(watcher.frames) and watcher.frames[-1].frame == 4)
        feed.close()
        last = watcher.frames[-1]
        assert (last.take, last.chunk, last.frame, last.frames) == (1, 11, 4, 5)
        assert last.at == 1000 + 9 * FRAME
        assert last.is_simulated
        drawn = Renderer().draw(look(1), first.look, 11).frames[4]
        assert isinstance(last.image, np.ndarray)
        assert np.array_equal(last.image, drawn)
        assert watcher.failures == [""]

    def test_nothing_is_drawn_until_somebody_watches(self) -> None:
        watcher = Watcher(is_wanted=False)
        feed = FrameFeed(lambda: 1000 + 2 * FRAME, watcher)
        feed.open()
        feed.add(shown(0, 1000))
        assert feed._renderer is None
        watcher.arrive()
        watcher.wait(lambda: bool(watcher.frames))
        feed.close()
        assert watcher.frames[0].frame == 2

    def test_whoever_comes_after_the_last_frame_sees_it(self) -> None:
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(lambda: 10**12, watcher)
        feed.open()
        feed.add(shown(0, 1000))
        watcher.wait(lambda: len(watcher.frames) == 1)
        watcher.leave()
        watcher.arrive()
        watcher.wait(lambda: len(watcher.frames) == 2)
        feed.close()
        assert [frame.frame for frame in watcher.frames] == [4, 4]

    def test_frames_are_not_drawn_too_early(self) -> None:
        watcher = Watcher(is_wanted=True)
        now = [0]
        feed = FrameFeed(lambda: now[0], watcher)
        feed.open()
        feed.add(shown(0, MAX_AHEAD, frames=2))
        watcher.wait(lambda: len(watcher.frames) == 1)
        now[0] = FRAME
        watcher.wait(lambda: len(watcher.frames) == 2)
        feed.close()
        assert [frame.at for frame in watcher.frames] == [MAX_AHEAD, MAX_AHEAD + FRAME]

    def test_frames_that_were_drawn_already_are_used(self) -> None:
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(lambda: 0, watcher)
        drawn = np.arange(2 * 3, dtype=np.uint8).reshape(2, 1, 1, 3)
        feed.open()
        chunk = shown(0, 0, frames=2)
        feed.add(ShownChunk(look=chunk.look, before=None, take=1, chunk=0, text_chunk=0, at=0,
                            frame_ns=MILLISECOND, drawn=drawn))  # fmt: skip
        watcher.wait(lambda: len(watcher.frames) == 2)
        feed.close()
        assert [frame.image.tolist() for frame in watcher.frames] == [  # type: ignore[union-attr]  # arrays
            [[[0, 1, 2]]],
            [[[3, 4, 5]]],
        ]

    def test_nothing_arrives_while_the_connection_is_lost(self) -> None:
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(monotonic_ns, watcher)
        feed.open()
        feed.set_connected(False)
        feed.add(shown(0, 0))
        assert not watcher.frames
        feed.set_connected(True)
        watcher.wait(lambda: bool(watcher.frames))
        feed.close()

    def test_a_failure_ends_the_frames_with_its_reason(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise MemoryError("out of memory")

        monkeypatch.setattr(Renderer, "begin", fail)
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(lambda: 0, watcher)
        feed.open()
        feed.add(shown(0, 0))
        watcher.wait(lambda: bool(watcher.failures))
        feed.close()
        assert watcher.failures == ["frames cannot be drawn: MemoryError: out of memory"]

    def test_a_chunk_without_frames_is_not_shown(self) -> None:
        watcher = Watcher(is_wanted=True)
        feed = FrameFeed(lambda: 0, watcher)
        feed.open()
        feed.add(shown(0, 0, frames=0))
        feed.add(shown(1, 0, frames=1))
        watcher.wait(lambda: bool(watcher.frames))
        feed.close()
        assert [frame.chunk for frame in watcher.frames] == [11]
