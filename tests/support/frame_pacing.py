"""Computes a sender's pacer: which frame is sent at each tick of its clock, given when a model made
its chunks. No real time.

A pacer sends one frame at each tick, first in, first out. With nothing new to send it repeats its
last frame (`repeats`), or sends nothing. The code is independent of what the stage assumes about a
pacer.
"""

from __future__ import annotations

import random
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.stages.reactor.shown_chunks import ChunkFrameCounter, Novelty

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A frame that is sent: when (ns), its chunk, its index in the chunk, and whether it was sent
    before.
    """

    at: int
    chunk: int
    index: int
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a model: when its frames are passed to the pacer (ns), and when it is reported."""

    frames: tuple[int, ...]
    reported: int
    rests: bool = False
    """Whether the model paused before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that makes `frames` per chunk at `fps`; before each chunk in `rests` it pauses for
    that many seconds.

    With `streams` each frame is passed on when it is made; otherwise a chunk's frames are passed on
    together when the last is made. A model that is faster than `playout` waits until the chunk
    before the one that it has made is being sent.
    """

    fps: Fraction
    frames: int = 33
    rests: dict[int, Fraction] | None = None
    streams: bool = False
    begins: int = 2 * SECOND
    playout: Fraction = Fraction(24)

    def chunks(self, count: int) -> Iterator[Chunk]:
        """Yield the first chunks of a take."""
        at = Fraction(self.begins)
        free = Fraction(0)
        """When the last chunk passed on will have been sent."""
        for number in range(count):
            at += (self.rests or {}).get(number, 0) * SECOND
            step = SECOND / self.fps
            length = self.frames * SECOND / self.playout
            made = max(at + self.frames * step, free - length)
            at = made - self.frames * step
            free = max(made, free) + length
            frames = [
                int(at + (index + 1) * step) if self.streams else int(made)
                for index in range(self.frames)
            ]
            yield Chunk(tuple(frames), int(made), number in (self.rests or {}))
            at = made


def paced(
    chunks: Sequence[Chunk],
    fps: Fraction,
    repeats: bool,
    seconds: int,
    phase: Fraction = Fraction(1, 3),
) -> list[Sent]:
    """Return what a pacer sends at `fps`; its ticks are shifted against the model's by `phase` of a
    tick.
    """
    queue = [
        (at, number, index)
        for number, chunk in enumerate(chunks)
        for index, at in enumerate(chunk.frames)
    ]
    sent: list[Sent] = []
    tick = 0
    while True:
        now = int((tick + phase) * SECOND / fps)
        tick += 1
        if now > seconds * SECOND:
            return sent
        if queue and queue[0][0] <= now:
            _, number, index = queue.pop(0)
            sent.append(Sent(at=now, chunk=number, index=index, is_repeat=False))
        elif sent and repeats:
            sent.append(Sent(at=now, chunk=sent[-1].chunk, index=sent[-1].index, is_repeat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A frame as it arrives, what is known about it, and how many were lost before it if that can
    be determined.
    """

    sent: Sent
    at: int
    novelty: Novelty
    lost: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A network:

    `delay` and up to `jitter` ns of latency, and a share `loss` of frames lost, chosen by `seed`.
    """

    delay: int = 60_000_000
    jitter: int = 0
    loss: float = 0.0
    seed: int = 1


def arriving(
    sent: Sequence[Sent], way: Way, metadata: bool, still: Container[int] = (), flickers: int = 0
) -> Iterator[Seen]:
    """Yield what arrives and what is known about it: from metadata, or from comparing images.

    In the chunks of `still` nothing moves. The first `flickers` repeats of a frame look different,
    as an encoder improves them.
    """
    chance = random.Random(way.seed)
    latest = lost = row = 0
    for one in sent:
        row = row + 1 if one.is_repeat else 0
        latest = max(latest, one.at + way.delay + chance.randint(0, way.jitter))
        if chance.random() < way.loss:
            lost += 1
            continue
        if metadata:
            yield Seen(
                sent=one,
                at=latest,
                novelty=Novelty.REPEATED if one.is_repeat else Novelty.NEW,
                lost=lost,
            )
        else:
            moves = one.chunk not in still or (one.index == 0 and one.chunk - 1 not in still)
            alike = row > flickers or not moves
            yield Seen(
                sent=one,
                at=latest,
                novelty=Novelty.ALIKE if alike else Novelty.DIFFERENT,
                lost=None,
            )
        lost = 0


def errors(chunks: Sequence[Chunk], seen: Sequence[Seen], delay: int = 5_000_000) -> dict[int, int]:
    """Count what arrives, and return how many ticks after its first frame each chunk was detected.

    Reports take `delay` ns.

    A chunk that was never detected is missing; one that was detected before its first frame ever
    came has a very large error.
    """
    shown = ChunkFrameCounter(len(chunks[0].frames))
    reports = [
        (chunk.reported + delay, number, (number + 1) * len(chunk.frames))
        for number, chunk in enumerate(chunks)
    ]
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
        chunk = shown.frame(False, one.at, one.sent.at * 90_000 // SECOND, one.novelty, one.lost)
        if chunk is not None:
            assert chunk not in found
            found[chunk] = number_of[one.sent.at] - first[chunk] if chunk in first else 10**6
    return found
