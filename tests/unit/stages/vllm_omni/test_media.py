"""The video arrives in pieces; each frame gets its chunk, as soon as its bytes are there."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from sequencer.core.errors import StageError
from sequencer.stages.vllm_omni import media
from sequencer.stages.vllm_omni.media import DecodedFrame, VideoDecoder
from tests.support.vllm_omni_server import ChunkEncoder

SIZE = (64, 48)
WAIT = 20.0


class Decoded:
    """A decoder whose frames are collected."""

    def __init__(self, frames_per_chunk: int = 3) -> None:
        self.frames: list[DecodedFrame] = []
        self.failures: list[str] = []
        self._changed = threading.Condition()
        self.decoder = VideoDecoder(self._add, self._fail, frames_per_chunk)

    def _add(self, frame: DecodedFrame) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def _fail(self, reason: str) -> None:
        with self._changed:
            self.failures.append(reason)
            self._changed.notify_all()

    def wait(self, frames: int = 0, failures: int = 0) -> None:
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.frames) >= frames and len(self.failures) >= failures, WAIT
            )


@pytest.fixture
def decoded() -> Decoded:
    return Decoded()


def pieces(chunks: int, frames: int = 3, size: tuple[int, int] = SIZE) -> list[bytes]:
    """Return the pieces of a file, and then what its encoder adds at the end."""
    encoder = ChunkEncoder(size, 24)
    found = []
    for number in range(chunks):
        encoder.add((60 * number, 20, 20), frames)
        found.append(encoder.taken())
    return [*found, encoder.close()]


def test_each_frame_has_its_chunk(decoded: Decoded) -> None:
    *chunks, end = pieces(4)
    decoded.decoder.begin_take(2)
    for number, data in enumerate(chunks):
        decoded.decoder.add(data, number, 3)
    decoded.decoder.add(end, None, 0)
    decoded.decoder.end_take()
    decoded.wait(frames=12)
    decoded.decoder.close()
    assert [one.chunk for one in decoded.frames] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [one.begins for one in decoded.frames] == [True, False, False] * 4
    assert {one.take for one in decoded.frames} == {2}
    reds = [int(one.image.to_ndarray(format="rgb24")[0, 0, 0]) for one in decoded.frames]
    assert all(abs(red - 60 * (number // 3)) < 8 for number, red in enumerate(reds))
    assert {(one.image.width, one.image.height, one.image.pts) for one in decoded.frames} == {
        (*SIZE, None)
    }
    assert decoded.failures == []


def test_frames_do_not_wait_for_the_next_chunk(decoded: Decoded) -> None:
    decoded.decoder.begin_take(1)
    first, *_ = pieces(1)
    decoded.decoder.add(first, 0, 3)
    decoded.wait(frames=2)  # this encoder keeps the last frame until the next one
    decoded.decoder.close()


def test_decoding_waits_for_frames_to_be_shown(decoded: Decoded) -> None:
    *chunks, end = pieces(8)
    decoded.decoder.begin_take(1)
    for number, data in enumerate(chunks):
        decoded.decoder.add(data, number, 3)
    decoded.decoder.add(end, None, 0)
    decoded.decoder.end_take()
    decoded.wait(frames=12)
    assert len(decoded.frames) == 12  # four chunks
    for _ in range(12):
        decoded.decoder.note_shown()
    decoded.wait(frames=24)
    decoded.decoder.close()


def test_takes_follow_each_other(decoded: Decoded) -> None:
    for take in (1, 2):
        *chunks, end = pieces(1)
        decoded.decoder.begin_take(take)
        decoded.decoder.add(chunks[0], 0, 3)
        decoded.decoder.add(end, None, 0)
        decoded.decoder.end_take()
    decoded.wait(frames=6)
    decoded.decoder.close()
    assert Counter((one.take, one.chunk) for one in decoded.frames) == {(1, 0): 3, (2, 0): 3}
    assert [one.begins for one in decoded.frames] == [True, False, False] * 2


def test_what_is_not_a_video_is_reported_once_and_the_next_take_is_shown(decoded: Decoded) -> None:
    decoded.decoder.begin_take(1)
    for number in range(3):
        decoded.decoder.add(b"\x00\x00\x00\x10ftypnone" + bytes(5000), number, 3)
    decoded.decoder.end_take()
    decoded.decoder.begin_take(2)
    decoded.decoder.add(pieces(1)[0], 0, 3)
    decoded.wait(frames=2, failures=1)
    decoded.decoder.close()
    assert len(decoded.failures) == 1
    assert {one.take for one in decoded.frames} == {2}


def test_only_mp4_is_opened(decoded: Decoded) -> None:
    decoded.decoder.begin_take(1)
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n"
    decoded.decoder.add(playlist, 0, 3)
    decoded.decoder.end_take()
    decoded.wait(failures=1)
    decoded.decoder.close()
    assert decoded.frames == []


def test_a_video_that_is_too_large_is_not_decoded(
    decoded: Decoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MAX_SIDE", 63)
    decoded.decoder.begin_take(1)
    decoded.decoder.add(pieces(1)[0], 0, 3)
    decoded.wait(failures=1)
    decoded.decoder.close()
    assert decoded.failures == ["it is 64×48, larger than 63 pixels"]


def test_what_waits_is_bounded(decoded: Decoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_WAITING_BYTES", 1000)
    decoded.decoder.begin_take(1)
    with pytest.raises(StageError, match="wait to be decoded"):
        decoded.decoder.add(bytes(1001), 0, 3)
    decoded.decoder.close()


def test_closing_ends_a_wait_and_may_be_repeated(decoded: Decoded) -> None:
    decoded.decoder.begin_take(1)
    decoded.decoder.add(pieces(1)[0], 0, 3)
    decoded.wait(frames=2)
    decoded.decoder.close()
    decoded.decoder.close()
    assert decoded.failures == []
