"""Measures how fast frames are rendered, encoded, and both as in a rehearsal, side by side.

    python -m bench.pictures [--chunks 12] [--video-size 1280x768] [--goal 1.0]

Each number is the median of three passes, taken in turns. `real time` is 24 frames per second;
processor time is that of all cores together. Exits with 1 if rendering and encoding together are
slower than the goal, as a multiple of real time.
"""

from __future__ import annotations

import argparse
import hashlib
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench.findings import Bars, Findings, Row, Section, render_findings
from sequencer.runtime.recording.caption import Caption
from sequencer.runtime.recording.encoder import video_size
from sequencer.runtime.recording.video_writer import VideoWriter
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.drawn import DRAFT_SIZE
from sequencer.stages.simulated.renderer.frames import Renderer

BOTH, DRAFT = "both, as in a rehearsal", "a draft, as in a rehearsal"
FPS = 24
FRAMES = 33
PASSES = 3
CORES = 2
FULL_GOAL, DRAFT_GOAL = 6.0, 10.0
"""The least speeds on two cores, as multiples of real time."""
GOAL = 1.0
"""A rehearsal with video is faster than the show would be: that is what the README promises."""
SECTION = Section(
    "Rendering and recording",
    """
What a rehearsal renders at 640×384 and records at 1280×768 with captions: rendering only (with the
digest of each chunk), encoding only, and both as in a rehearsal, in two threads. Real time is 24
frames per second, in elapsed time. The last rows are computed from processor time, which other
programs on the machine change less: how fast two cores that do nothing else would be. A draft is
rendered at 320×192 and recorded at that size; it is measured in alternation with the full size.
""",
)
PROMPTS = (
    "a night tram in the rain, neon",
    "snow over a quiet forest, blue hour",
    "a lighthouse in golden wheat",
)


def looks(chunks: int) -> list[tuple[ChunkInputs, ChunkInputs | None]]:
    """Return a run: a new prompt every fourth chunk, an image in the second half."""
    found: list[tuple[ChunkInputs, ChunkInputs | None]] = []
    for chunk in range(chunks):
        image = "image" if chunk >= chunks // 2 else None
        look = ChunkInputs(
            seed=4271,
            prompt=PROMPTS[chunk // 4 % len(PROMPTS)],
            image=image,
            image_since=FRAMES * (chunks // 2),
            strength=0.7,
            sr="2x",
            chunk=chunk,
            first_frame=FRAMES * chunk,
            frames=FRAMES,
        )
        found.append((look, found[-1][0] if found else None))
    return found


def captions(chunk: int) -> list[Caption]:
    """Return captions with the beats of 120 bpm."""
    beats = [(FRAMES * chunk + frame) // 12 for frame in range(FRAMES)]
    return [
        Caption(
            title="Night tram",
            section="refrain",
            take="take 1",
            place=f"{beat // 4 + 1}.{beat % 4 + 1}",
        )
        for beat in beats
    ]


class Bench:
    """The measured work, on one run of `chunks` chunks."""

    def __init__(
        self, chunks: int, size: tuple[int, int], folder: Path, draft: bool = False
    ) -> None:
        self._looks = looks(chunks)
        self._size = size
        self._path = folder / ("draft.mp4" if draft else "bench.mp4")
        self._renderer = Renderer(draft=draft)
        steps = (
            np.arange(640, dtype=np.uint16)[None, :, None]
            + np.arange(384, dtype=np.uint16)[:, None, None]
        )
        self._renderer.learn(
            "image", np.broadcast_to((steps % 251).astype(np.uint8), (384, 640, 3))
        )
        self._made: list[NDArray[np.uint8]] = [self._renderer.frames(*look) for look in self._looks]
        self.digest = ""

    def render(self) -> None:
        """Render frames only, with the digest that the stage makes of each chunk."""
        for look in self._looks:
            hashlib.sha256(self._renderer.frames(*look).data).hexdigest()

    def encode(self) -> None:
        """Encode only: scaling, captions, H.264, the file."""
        self._record(self._made)

    def both(self) -> None:
        """Do both as a rehearsal does: one thread renders, one encodes."""
        waiting: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(1)

        def paint() -> None:
            for look in self._looks:
                frames = self._renderer.frames(*look)
                hashlib.sha256(frames.data).hexdigest()
                waiting.put(frames)
            waiting.put(None)

        painter = threading.Thread(target=paint, daemon=True)
        painter.start()
        self._record(_until_none(waiting))
        painter.join()

    def _record(self, chunks: Iterable[NDArray[np.uint8]]) -> None:
        video = VideoWriter(self._path, self._size, Fraction(FPS))
        for chunk, frames in enumerate(chunks):
            video.write_all(frames, captions(chunk))
        video.close()
        digest = hashlib.sha256(self._path.read_bytes()).hexdigest()
        if self.digest and digest != self.digest:
            raise SystemExit("the same frames were encoded as two different files")
        self.digest = digest


def _until_none(waiting: queue.Queue[NDArray[np.uint8] | None]) -> Iterator[NDArray[np.uint8]]:
    while (frames := waiting.get()) is not None:
        yield frames


def _timed(work: Callable[[], None], frames: int) -> tuple[float, float]:
    """Return frames per second and milliseconds of processor time per frame."""
    started_at, cpu = time.perf_counter(), time.process_time()
    work()
    return frames / (time.perf_counter() - started_at), 1000 * (time.process_time() - cpu) / frames


def measured(chunks: int, size: tuple[int, int], goal: float) -> Findings:
    """Measure speeds and costs of rendering, encoding and both, on a run of `chunks` chunks."""
    frames = FRAMES * chunks
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(chunks, size, Path(folder))
        draft = Bench(chunks, DRAFT_SIZE, Path(folder), draft=True)
        works = {
            "rendering": bench.render,
            "encoding": bench.encode,
            BOTH: bench.both,
            DRAFT: draft.both,
        }
        passes = [
            {name: _timed(work, frames) for name, work in works.items()} for _ in range(PASSES)
        ]
        bits = (Path(folder) / "bench.mp4").stat().st_size * 8 * FPS / frames
    rows: list[Row] = []
    for name in works:
        speeds = [one[name][0] / FPS for one in passes]
        least = goal if name == BOTH else None
        rows.append(
            Row(name, median(speeds), "× real time", least=least, spread=(min(speeds), max(speeds)))
        )
    cost = {name: [one[name][1] for one in passes] for name in (BOTH, DRAFT)}
    for name, what, least_speed in (
        (BOTH, "both, as in a rehearsal, on two cores that do nothing else", FULL_GOAL),
        (DRAFT, "a draft, on two cores that do nothing else", DRAFT_GOAL),
    ):
        possible = [CORES * 1000 / FPS / one for one in cost[name]]
        rows.append(
            Row(
                what,
                median(possible),
                "× real time",
                least=least_speed,
                spread=(min(possible), max(possible)),
            )
        )
    shares = [one / other for one, other in zip(cost[DRAFT], cost[BOTH], strict=True)]
    rows.append(
        Row(
            "a draft, processor time",
            median(shares),
            beside="the full size",
            spread=(min(shares), max(shares)),
        )
    )
    costs = tuple((name, median(one[name][1] for one in passes)) for name in works)
    rows += [Row(f"{name}, per frame", cost, "ms of processor time") for name, cost in costs]
    rows.append(Row("bit rate of the recording", bits / 1e6, "Mbit/s"))
    note = f"{chunks} chunks, {frames} frames; {2 * PASSES} recordings of them, all identical."
    return Findings(tuple(rows), (Bars("Cost of a frame", "ms of processor time", costs),), (note,))


def measure() -> Findings:
    """Measure rendering, encoding and both."""
    return measured(12, (1280, 768), GOAL)


def main() -> int:
    """Measure with the given options and print; return 0 if the goal is met."""
    parser = argparse.ArgumentParser(
        description="Measure how fast frames are rendered and recorded."
    )
    parser.add_argument("--chunks", type=int, default=12)
    parser.add_argument("--video-size", type=video_size, default=(1280, 768))
    parser.add_argument(
        "--goal", type=float, default=GOAL, help="× real time, rendering and encoding together"
    )
    arguments = parser.parse_args()
    findings = measured(arguments.chunks, arguments.video_size, arguments.goal)
    print(render_findings(findings))
    return int(bool(findings.missed))


if __name__ == "__main__":
    raise SystemExit(main())
