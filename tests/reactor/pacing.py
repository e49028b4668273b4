"""A sender's pacer, computed: which frame leaves at each tick of its clock, given when a model made its chunks. No clock runs.

A pacer sends one frame at each tick, first in, first out. With nothing new to send it sends its last frame once more
(`repeats`), or nothing. It is written apart from what the stage assumes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.stages.reactor.shown import Novelty, ShownChunks

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame that leaves: when (ns), which chunk it is of, its place there, and whether it left before."""

    at: int
    chunk: int
    index: int
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a model: when its frames are handed to the pacer (ns), and when it is reported."""

    frames: tuple[int, ...]
    reported: int
    rests: bool = False
    """Whether the model rested before it."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that makes `frames` in a chunk at `fps`; before the chunks in `rests` it rests so many seconds.

    `streams` hands each frame over when it is made, else a chunk's frames are handed over together when the last is made.
    """

    fps: Fraction
    frames: int = 33
    rests: dict[int, Fraction] | None = None
    streams: bool = False
    begins: int = 2 * SECOND

    def chunks(self, count: int) -> Iterator[Chunk]:
        """The first chunks of a take."""
        at = Fraction(self.begins)
        for number in range(count):
            at += (self.rests or {}).get(number, 0) * SECOND
            step = SECOND / self.fps
            made = at + self.frames * step
            frames = [int(at + (index + 1) * step) if self.streams else int(made) for index in range(self.frames)]
            yield Chunk(tuple(frames), int(made), number in (self.rests or {}))
            at = made


def paced(chunks: Sequence[Chunk], fps: Fraction, repeats: bool, seconds: int, phase: Fraction = Fraction(1, 3)) -> list[Sent]:
    """What leaves a pacer at `fps`; its ticks are shifted against the model's by `phase` of a tick."""
    queue = [(at, number, index) for number, chunk in enumerate(chunks) for index, at in enumerate(chunk.frames)]
    sent: list[Sent] = []
    tick = 0
    while True:
        now = int((tick + phase) * SECOND / fps)
        tick += 1
        if now > seconds * SECOND:
            return sent
        if queue and queue[0][0] <= now:
            _, number, index = queue.pop(0)
            sent.append(Sent(now, number, index, is_repeat=False))
        elif sent and repeats:
            sent.append(Sent(now, sent[-1].chunk, sent[-1].index, is_repeat=True))


def told_apart(one: Sent) -> Novelty:
    """What metadata tells of a frame."""
    return Novelty.REPEATED if one.is_repeat else Novelty.NEW


def looked_at(one: Sent) -> Novelty:
    """What pictures tell of a frame, where they move."""
    return Novelty.ALIKE if one.is_repeat else Novelty.DIFFERENT


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame as it arrives, and what is known of it."""

    sent: Sent
    at: int
    novelty: Novelty
    skipped: int | None = None


def errors(shown: ShownChunks, chunks: Sequence[Chunk], seen: Sequence[Seen], behind: int = 0) -> dict[int, int]:
    """Give reports and frames to `shown` in the order of their times: by how many frames each chunk was found too late.

    Reports take `behind` ns to arrive. A chunk that was never found is missing.
    """
    reports = [(chunk.reported + behind, number, (number + 1) * len(chunk.frames)) for number, chunk in enumerate(chunks)]
    ticks = sorted({one.sent.at for one in seen})
    number_of = {at: number for number, at in enumerate(ticks)}
    first: dict[int, int] = {}
    for one in seen:
        if not one.sent.is_repeat:
            first.setdefault(one.sent.chunk, number_of[one.sent.at])
    found: dict[int, int] = {}
    shown.started(0)
    for one in seen:
        while reports and reports[0][0] <= one.at:
            when, number, total = reports.pop(0)
            shown.done(number, total, when)
            if number + 1 < len(chunks) and chunks[number + 1].rests:
                shown.rested()
        chunk = shown.frame(False, one.at, one.sent.at * 90_000 // SECOND, one.novelty, one.skipped)
        if chunk is not None:
            assert chunk not in found
            found[chunk] = number_of[one.sent.at] - first[chunk] if chunk in first else 10**6
    return found
