"""Clips of what was shown. Nothing is recorded: the pictures follow from what each chunk was made of, so a clip is drawn again.

A clip is an HLS playlist over fragmented MP4: one opening piece and a segment for each chunk.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av

from sequencer.stages.simulated.pictures import HEIGHT, WIDTH, Renderer
from sequencer.standin.show import Made, Show
from sequencer.wire.messages import ClipFailed, ClipReady

if TYPE_CHECKING:
    from av.video.stream import VideoStream

LONGEST = 60.0
"""Seconds of the longest clip."""

MOST = 16
"""Clips that are kept."""

EXPECTED = 2.0
"""Seconds that a clip is said to take."""


@dataclass(slots=True)
class Clip:
    """A clip in the making, or made: its pieces by name."""

    start: float
    end: float
    task: asyncio.Task[None] | None = None
    pieces: dict[str, bytes] | None = None
    playlist: str = ""
    failure: str = ""


class Clips:
    """One session's clips; `recording` stands for it in their addresses."""

    def __init__(self, show: Show, rate: Fraction) -> None:
        self._show = show
        self._rate = rate
        self._images: dict[str, object] = {}
        self._clips: dict[str, Clip] = {}
        self._count = 0
        self.recording = secrets.token_hex(8)

    def learn(self, image: str, pixels: object) -> None:
        """An image that chunks show."""
        self._images[image] = pixels

    def ask(self, seconds: float | None, request: str) -> ClipReady | ClipFailed:
        """A clip of the last `seconds` (None: of everything), or why there is none."""
        now = time.monotonic()
        if seconds is not None and not 0 < seconds <= LONGEST:
            return ClipFailed(f"duration_seconds must be above 0 and at most {LONGEST:.0f}", request)
        shown = [one for one in self._show.made if one.start < now]
        if not shown:
            return ClipFailed("no media generated yet", request)
        origin = self._show.opened
        end = min(now, shown[-1].end)
        start = max(shown[0].start, end - (LONGEST if seconds is None else seconds))
        kept = [one for one in shown if one.end > start]
        self._count += 1
        clip = Clip(round(start - origin, 3), round(end - origin, 3))
        if len(self._clips) >= MOST:
            del self._clips[next(iter(self._clips))]
        self._clips[f"{clip.start:.3f}-{clip.end:.3f}"] = clip
        clip.task = asyncio.create_task(self._make(clip, f"{self._count:03}", kept))
        url = f"/clips?session_id={self.recording}&start={clip.start:.3f}&end={clip.end:.3f}"
        ready = int((time.time() + EXPECTED) * 1000)
        what = "recording" if seconds is None else "snap"
        return ClipReady(self.recording, what, clip.start, clip.end, round(now - origin, 3), ready, url, request)

    def find(self, start: str, end: str) -> Clip | None:
        """The clip between two markers, as its address has them."""
        return self._clips.get(f"{start}-{end}")

    def piece(self, name: str) -> bytes | None:
        """A piece of any clip."""
        for clip in self._clips.values():
            if clip.pieces is not None and name in clip.pieces:
                return clip.pieces[name]
        return None

    async def _make(self, clip: Clip, number: str, chunks: list[Made]) -> None:
        try:
            opening, segments = await asyncio.to_thread(_encoded, chunks, dict(self._images), self._rate)
        except (av.FFmpegError, ValueError) as error:
            clip.failure = f"the clip could not be made: {error}"
            return
        pieces = {f"init{number}.mp4": opening}
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD"]
        lengths = [float(one.look.frames / self._rate) for one in chunks]
        lines += [f"#EXT-X-TARGETDURATION:{int(max(lengths)) + 1}", f'#EXT-X-MAP:URI="{self._url(f"init{number}.mp4")}"']
        for index, (segment, length) in enumerate(zip(segments, lengths, strict=True)):
            name = f"chunk{number}_{index:05}.m4s"
            pieces[name] = segment
            lines += [f"#EXTINF:{length:.3f},", self._url(name)]
        clip.playlist = "\n".join([*lines, "#EXT-X-ENDLIST", ""])
        clip.pieces = pieces

    def _url(self, name: str) -> str:
        return f"/clips/chunks/{self.recording}/{name}"

    async def stop(self) -> None:
        """Make nothing more."""
        tasks = [one.task for one in self._clips.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _encoded(chunks: list[Made], images: dict[str, object], rate: Fraction) -> tuple[bytes, list[bytes]]:
    """The opening piece and one segment a chunk."""
    renderer = Renderer()
    for image, pixels in images.items():
        renderer.learn(image, pixels)  # type: ignore[arg-type]  # pixels, but numpy is only named where it is drawn with
    file = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(file, "w", format="mp4", options=options) as container:
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        stream = cast("VideoStream", container.add_stream(codec, rate=rate))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "sc_threshold": "0"} if codec == "libx264" else {}
        stream.gop_size = 100_000
        for made in chunks:
            for index, picture in enumerate(renderer.frames(made.look, made.before)):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pict_type = av.video.frame.PictureType.I if index == 0 else av.video.frame.PictureType.NONE
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return _pieces(file.getvalue())


def _pieces(data: bytes) -> tuple[bytes, list[bytes]]:
    """A fragmented MP4 cut before each fragment: its opening, and the fragments."""
    opening, fragments, place = bytearray(), list[bytearray](), 0
    while place + 8 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        box = data[place : place + max(8, length)]
        if kind == b"moof":
            fragments.append(bytearray())
        if kind != b"mfra":
            (fragments[-1] if fragments else opening).extend(box)
        place += max(8, length)
    return bytes(opening), [bytes(one) for one in fragments]
