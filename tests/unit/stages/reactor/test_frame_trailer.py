"""What distinguishes a frame from the previous one: trailers of encoded frames, and their pixels
after an encoder.
"""

from __future__ import annotations

import queue
import struct
from fractions import Fraction

import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.codecs import get_decoder, get_encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from sequencer.stages.reactor.frame_trailer import (
    ATTRIBUTE,
    Metadata,
    declared,
    is_declared,
    split_trailer,
)
from sequencer.stages.reactor.repeated_frames import Repeats
from sequencer.stages.reactor.shown_chunks import Novelty
from sequencer.stages.reactor.tagged_frames import MAX_WAITING, TaggedFrames, tagged_frames

NEW, REPEATED, DIFFERENT, ALIKE = Novelty.NEW, Novelty.REPEATED, Novelty.DIFFERENT, Novelty.ALIKE


def _trailer(message: bytes) -> bytes:
    return message + struct.pack("<I", len(message)) + b"RXMT"


def test_a_trailer_is_read_and_taken_off() -> None:
    """The frame number 42, 1,000,000 µs and some bytes, as the vendor's library writes them."""
    message = bytes.fromhex("082a10c0843d1a0568656c6c6f")
    data, found = split_trailer(b"VIDEO" + _trailer(message))
    assert data == b"VIDEO"
    assert found is not None
    assert (found.number, found.time) == (42, 1_000_000)
    assert found.own is not None
    other = split_trailer(b"VIDEO" + _trailer(bytes.fromhex("082b10c0843d1a0568656c6c6f")))[1]
    assert other is not None and other.own == found.own, "the same bytes under another number"
    assert split_trailer(b"x" + _trailer(b""))[1] == Metadata()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"RXMT", id="letters only"),
        pytest.param(b"some frame", id="none"),
        pytest.param(struct.pack("<I", 100) + b"RXMT", id="longer than the frame"),
        pytest.param(_trailer(b"\x08"), id="no number after a key"),
        pytest.param(_trailer(b"\x1a\x7fabc"), id="bytes cut off"),
        pytest.param(_trailer(b"\x0b"), id="a group"),
        pytest.param(_trailer(b"\x08" + b"\xff" * 11), id="an endless number"),
    ],
)
def test_what_is_no_trailer_stays_with_the_frame(data: bytes) -> None:
    assert split_trailer(data) == (data, None)


@given(st.binary(max_size=60), st.binary(max_size=40))
def test_nothing_makes_reading_fail(frame: bytes, message: bytes) -> None:
    assert split_trailer(frame + message)[0] in (
        frame + message,
        *((frame + message)[:n] for n in range(len(frame + message))),
    )
    data, found = split_trailer(frame + _trailer(message))
    assert data == (frame + _trailer(message) if found is None else frame)


def test_support_is_declared_before_the_first_section() -> None:
    offer = (
        "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\n"
    )
    ours = declared(offer)
    assert ours.split("\r\n")[2:5] == ["t=0 0", ATTRIBUTE, "m=video 9 UDP/TLS/RTP/SAVPF 97"]
    assert is_declared(ours) and is_declared(ours.replace("\r\n", "\n"))
    assert not is_declared(offer)
    assert not is_declared(ours.replace(":1\r\n", ":2\r\n"))
    assert not is_declared(offer + ATTRIBUTE + "\r\n"), (
        "a section's own line states nothing about the session"
    )


# ---- around the decoder


def _codec(name: str) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(mimeType=f"video/{name}", clockRate=90000, payloadType=97)


def _frame(index: int, still: bool = False) -> VideoFrame:
    """Return a textured frame whose content moves by a few pixels with each frame."""
    y, x = np.mgrid[0:96, 0:160]
    moved = 0 if still else 3 * index
    luma = 128 + 50 * np.sin((x + moved) / 9) + 40 * np.sin((y - moved / 2) / 7)
    planes = np.full((144, 160), 128, np.uint8)
    planes[:96] = luma.astype(np.uint8)
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _coded(frames: list[VideoFrame], name: str, own: list[bytes] | None = None) -> list[VideoFrame]:
    """Encode and decode frames, and check their metadata; `own` gives the model's bytes, which are
    appended as trailers.
    """
    encoder, decoder = get_encoder(_codec(name)), get_decoder(_codec(name))
    tags = TaggedFrames()
    tags.is_agreed = own is not None
    out: list[VideoFrame] = []
    for index, frame in enumerate(frames):
        frame.pts, frame.time_base = index * 3750, Fraction(1, 90000)
        payloads, _ = encoder.encode(frame)
        data = b"".join(_payload(name, one) for one in payloads)
        if own is not None:
            data += _trailer(bytes([8, index + 1, 26, len(own[index])]) + own[index])
        tags.put((_codec(name), JitterFrame(data, index * 3750)))
        _, coded = tags.get()
        for one in decoder.decode(coded):
            assert isinstance(one, VideoFrame)
            found = tags.of(one)
            assert (None if found is None else found.number) == (
                None if own is None else len(out) + 1
            )
            out.append(one)
    return out


def _payload(name: str, packet: bytes) -> bytes:
    if name == "VP8":
        return VpxPayloadDescriptor.parse(packet)[1]
    from aiortc.codecs.h264 import H264PayloadDescriptor

    return H264PayloadDescriptor.parse(packet)[1]


@pytest.mark.parametrize("name", ["VP8", "H264"])
def test_frames_come_through_undamaged_with_what_was_appended(name: str) -> None:
    frames = [_frame(index) for index in range(12)]
    plain = _coded([_frame(index) for index in range(12)], name)
    tagged = _coded(frames, name, own=[bytes([index]) for index in range(12)])
    assert len(plain) == len(tagged) >= 10
    for one, other in zip(plain, tagged, strict=True):
        assert np.abs(one.to_ndarray().astype(int) - other.to_ndarray()).mean() < 1


def test_without_an_agreement_nothing_is_taken_off() -> None:
    tags = TaggedFrames()
    frame = JitterFrame(b"VIDEO" + _trailer(b""), 1)
    tags.put((None, frame))
    tags.put(None)
    assert frame.data.endswith(b"RXMT")
    assert tags.get()[1] is frame
    assert tags.get() is None


def test_frames_that_are_never_decoded_are_forgotten() -> None:
    tags = TaggedFrames()
    tags.is_agreed = True
    for index in range(MAX_WAITING + 10):
        tags.put((None, JitterFrame(b"V" + _trailer(bytes([8, 1])), index)))
    assert len(tags._found) == MAX_WAITING


def test_metadata_is_declined_where_aiortc_is_built_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without metadata nothing is declared, and frames arrive as usual."""
    import asyncio

    async def receiver() -> RTCRtpReceiver:
        connection = RTCPeerConnection()
        found = connection.addTransceiver("video", direction="recvonly").receiver
        await connection.close()
        return found

    one = asyncio.run(receiver())
    assert isinstance(tagged_frames(one), TaggedFrames), (
        "this aiortc is built in a way that is not known here"
    )
    assert tagged_frames(one) is None, "it is put there once"
    other = asyncio.run(receiver())
    monkeypatch.setattr(other, "_RTCRtpReceiver__decoder_queue", queue.SimpleQueue())
    assert tagged_frames(other) is None
    third = asyncio.run(receiver())
    monkeypatch.setattr(third, "_RTCRtpReceiver__started", True)
    assert tagged_frames(third) is None


# ---- repeats


def _row(*counts: int) -> list[int]:
    """Return the frame numbers in order, each as many times as it is sent."""
    return [index for index, count in enumerate(counts) for _ in range(count)]


@pytest.mark.parametrize("name", ["VP8", "H264"])
def test_frames_distinguish_repeats_from_motion_after_an_encoder(name: str) -> None:
    row = _row(*[1] * 20, 12, *[1] * 20, 8, 2, 1, 1)
    looks = Repeats()
    found = [looks.look(one)[0] for one in _coded([_frame(index) for index in row], name)]
    expected = [
        DIFFERENT if index == 0 or number != row[index - 1] else ALIKE
        for index, number in enumerate(row)
    ]
    assert found == expected[: len(found)]


def test_a_calm_scene_after_a_lively_one_becomes_the_usual() -> None:
    rng = np.random.default_rng(1)
    lively = [
        VideoFrame.from_ndarray(rng.integers(0, 255, (144, 160), np.uint8), format="yuv420p")
        for _ in range(20)
    ]
    looks = Repeats()
    for one in lively:
        looks.look(one)
    found = [looks.look(_frame(index))[0] for index in range(60)]
    assert found[-20:] == [DIFFERENT] * 20


def test_the_models_own_bytes_distinguish_frames_even_where_the_image_is_still() -> None:
    looks = Repeats()
    row = _row(1, 1, 1, 3, 1, 2)
    found = [
        looks.look(_frame(0, still=True), Metadata(index + 1, 1000 * index, bytes([number])))
        for index, number in enumerate(row)
    ]
    novelties = [one for one, _ in found]
    assert novelties[1:] == [
        NEW if row[index] != row[index - 1] else REPEATED for index in range(1, len(row))
    ]
    assert [skipped for _, skipped in found[1:]] == [0] * (len(row) - 1)


def test_bytes_that_are_the_same_for_many_frames_reveal_nothing() -> None:
    """Some models send bytes that change only with the chunk, for example its number."""
    looks = Repeats()
    found = [
        looks.look(_frame(index), Metadata(index + 1, 1000 * index, bytes([index // 10])))[0]
        for index in range(40)
    ]
    assert found[2:] == [DIFFERENT] * 38
    again = looks.look(_frame(39), Metadata(41, 99_000, bytes([3])))[0]
    assert again is ALIKE


def test_the_same_number_or_time_is_the_same_frame_and_gaps_are_losses() -> None:
    looks = Repeats()
    looks.look(_frame(0), Metadata(1, 10))
    assert looks.look(_frame(1), Metadata(1, 20)) == (REPEATED, 0)
    assert looks.look(_frame(2), Metadata(2, 20)) == (REPEATED, 0)
    assert looks.look(_frame(3), Metadata(6, 60)) == (DIFFERENT, 3)
    assert looks.look(_frame(4), None) == (DIFFERENT, None)
    assert looks.look(_frame(5), Metadata(9, 90)) == (DIFFERENT, None), (
        "how many came in between without a number?"
    )
