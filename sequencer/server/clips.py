"""Make clips of the video without recording it.

The frames follow from the inputs of each chunk, so a clip is rendered again.

A clip is an HLS playlist of fragmented MP4: one initialisation segment, and a segment for each
chunk, rendered when it is fetched. A recording of an entire session therefore takes no more memory
than its playlist. Clips are cut in stream time, with the accuracy of a frame.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av

from sequencer.server.model_runner import ModelRunner
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.frames import HEIGHT, WIDTH, Renderer
from sequencer.stages.wire.messages import ClipFailed, ClipReady

if TYPE_CHECKING:
    import numpy as np
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

MAX_CLIP_SECONDS = 300
"""The longest clip; a longer request is cut to this length.

A recording is as long as what it records.
"""

MAX_CLIPS = 64
"""The most clips that are kept."""

MAX_SEGMENTS_KEPT = 16
"""The most rendered segments that are kept, for repeated fetches."""

EXPECTED = 1.0
"""The announced time that a clip takes, in seconds."""


class ClipError(Exception):
    """A part of a clip could not be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Frames `first` to before `end` of a chunk, the first of which is frame `at` of the clip."""

    look: ChunkInputs
    before: ChunkInputs | None
    first: int
    end: int
    at: int


@dataclass(slots=True, kw_only=True)
class Clip:
    """A clip. It can be fetched as soon as its initialisation segment exists."""

    number: str
    segments: tuple[Segment, ...]
    opening: bytes | None = None
    failure: str = ""
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, kw_only=True)
class _Studio:
    """What renders and encodes segments, one at a time."""

    rate: Fraction
    images: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    renderer: Renderer | None = None
    known: set[str] = field(default_factory=set)

    def make(self, segment: Segment) -> tuple[bytes, bytes]:
        """Return the initialisation segment and the media segment. Raises ClipError."""
        if self.renderer is None:
            self.renderer = Renderer()
        for image, pixels in list(self.images.items()):
            if image not in self.known:
                self.known.add(image)
                self.renderer.learn(image, pixels)
        frames = self.renderer.frames(segment.look, segment.before)[segment.first : segment.end]
        try:
            return _encoded(frames, segment.at, self.rate)
        except (av.FFmpegError, ValueError) as error:
            raise ClipError(f"the clip could not be made: {error}") from error


class Clips:
    """The clips of one session. `recording` identifies the session in their URLs."""

    def __init__(self, show: ModelRunner, rate: Fraction) -> None:
        self._show = show
        self._rate = rate
        self._studio = _Studio(rate=rate)
        self._render_lock = asyncio.Lock()
        self._clips: OrderedDict[str, Clip] = OrderedDict()
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._count = 0
        self.recording = secrets.token_hex(8)

    def learn(self, image: str, pixels: NDArray[np.uint8]) -> None:
        """Store an image that chunks show."""
        self._studio.images[image] = pixels

    def ask(self, seconds: float | None, request: str) -> ClipReady | ClipFailed:
        """Return a clip of the video's last `seconds` (None: all), or why there is no clip."""
        if seconds is not None and not seconds > 0:
            return ClipFailed("duration_seconds must be above 0", request)
        chunks, end = self._show.made, self._show.screen.shown
        if not chunks or end <= chunks[0].first:
            return ClipFailed("no media generated yet", request)
        start = chunks[0].first
        if seconds is not None:
            start = max(
                start, end - max(1, round(Fraction(min(seconds, MAX_CLIP_SECONDS)) * self._rate))
            )
        ready = int((time.time() + EXPECTED) * 1000)
        first, last = (f"{float(frame / self._rate):.3f}" for frame in (start, end))
        self._clip(f"{first}-{last}", start, end)
        url = f"/clips?session_id={self.recording}&start={first}&end={last}"
        what = "recording" if seconds is None else "snap"
        return ClipReady(
            self.recording, what, float(first), float(last), float(last), ready, url, request
        )

    def _clip(self, key: str, start: int, end: int) -> None:
        """Begin to make the clip of the stream's frames `start` to before `end`, if missing."""
        known = self._clips.get(key)
        if known is not None and not known.failure:
            self._clips.move_to_end(key)
            return
        segments, at = [], 0
        chunks = self._show.made
        for made in chunks[max(0, bisect_right(chunks, start, key=lambda one: one.first) - 1) :]:
            begin, until = max(0, start - made.first), min(made.frames, end - made.first)
            if until > begin:
                segments.append(
                    Segment(look=made.look, before=made.before, first=begin, end=until, at=at)
                )
                at += until - begin
        self._count += 1
        clip = self._clips[key] = Clip(number=f"{self._count:03}", segments=tuple(segments))
        clip.task = asyncio.create_task(self._open(clip))
        while len(self._clips) > MAX_CLIPS:
            self._clips.popitem(last=False)

    async def _open(self, clip: Clip) -> None:
        try:
            async with self._render_lock:
                clip.opening, segment = await asyncio.to_thread(self._studio.make, clip.segments[0])
        except ClipError as error:
            clip.failure = str(error)
        else:
            self._keep(_segment_name(clip, 0), segment)

    def find(self, start: str, end: str) -> Clip | None:
        """Return the clip between two markers, as written in its URL."""
        return self._clips.get(f"{start}-{end}")

    def playlist(self, clip: Clip) -> str:
        """Return the playlist of a clip that can be fetched."""
        lengths = [float((one.end - one.first) / self._rate) for one in clip.segments]
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD"]
        lines += [
            f"#EXT-X-TARGETDURATION:{int(max(lengths)) + 1}",
            f'#EXT-X-MAP:URI="{self._url(_opening_name(clip))}"',
        ]
        for index, length in enumerate(lengths):
            lines += [f"#EXTINF:{length:.3f},", self._url(_segment_name(clip, index))]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    async def piece(self, name: str) -> bytes | None:
        """Return an initialisation segment or a media segment of any clip. Raises ClipError."""
        for clip in self._clips.values():
            if name == _opening_name(clip):
                return clip.opening
            number, _, index = name.removeprefix("chunk").removesuffix(".m4s").partition("_")
            if (
                number == clip.number
                and index.isdecimal()
                and len(index) < 10
                and name == _segment_name(clip, int(index))
            ):
                return await self._segment(name, clip, int(index))
        return None

    async def _segment(self, name: str, clip: Clip, index: int) -> bytes | None:
        if not 0 <= index < len(clip.segments):
            return None
        async with self._render_lock:
            if name not in self._drawn:
                self._keep(
                    name, (await asyncio.to_thread(self._studio.make, clip.segments[index]))[1]
                )
            return self._drawn[name]

    def _keep(self, name: str, segment: bytes) -> None:
        self._drawn[name] = segment
        while len(self._drawn) > MAX_SEGMENTS_KEPT:
            self._drawn.popitem(last=False)

    def _url(self, name: str) -> str:
        return f"/clips/chunks/{self.recording}/{name}"

    async def stop(self) -> None:
        """Stop making clips."""
        tasks = [one.task for one in self._clips.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _opening_name(clip: Clip) -> str:
    return f"init{clip.number}.mp4"


def _segment_name(clip: Clip, index: int) -> str:
    return f"chunk{clip.number}_{index:05}.m4s"


def _encoded(frames: NDArray[np.uint8], at: int, rate: Fraction) -> tuple[bytes, bytes]:
    """Return initialisation and media segment of frames, the first of which is frame `at`.

    Any two segments can be joined.
    """
    file = io.BytesIO()
    options = {
        "movflags": "frag_keyframe+empty_moov+default_base_moof",
        "fragment_index": str(at + 1),
    }
    with av.open(file, "w", format="mp4", options=options) as container:
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        stream = cast("VideoStream", container.add_stream(codec, rate=rate))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "sc_threshold": "0"} if codec == "libx264" else {}
        stream.gop_size = 100_000
        stream.time_base = 1 / rate
        for index, rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = index, 1 / rate
            frame.pict_type = (
                av.video.frame.PictureType.I if index == 0 else av.video.frame.PictureType.NONE
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        ticks = round(at / rate / Fraction(stream.time_base or 1 / rate))
    opening, fragment = _pieces(file.getvalue())
    return opening, _moved(fragment, ticks)


def _moved(fragment: bytes, ticks: int) -> bytes:
    """Return a fragment that begins at `ticks`, by its `tfdt` box.

    In every file that the muxer writes, time begins at 0.
    """
    position = fragment.find(b"tfdt", 0, fragment.find(b"mdat"))
    if position < 0 or fragment[position + 4] != 1:
        raise ValueError("the muxer wrote no decode time of 64 bits")
    return fragment[: position + 8] + ticks.to_bytes(8, "big") + fragment[position + 16 :]


def _pieces(data: bytes) -> tuple[bytes, bytes]:
    """Return a fragmented MP4 cut before its first fragment, without its index."""
    opening, fragments, position = bytearray(), bytearray(), 0
    while position + 8 <= len(data):
        length, kind = (
            int.from_bytes(data[position : position + 4], "big"),
            data[position + 4 : position + 8],
        )
        box = data[position : position + max(8, length)]
        if kind != b"mfra":
            (fragments if kind == b"moof" or fragments else opening).extend(box)
        position += max(8, length)
    return bytes(opening), bytes(fragments)
