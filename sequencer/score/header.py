"""The opening lines: who counts time, on which grid, and what holds for the whole score."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.actions import Sr
from sequencer.score.origins import origin
from sequencer.timebase import Meter, Snap


class ClockKind(StrEnum):
    """Who counts time: the model's chunks, a tempo counted in the model's frames, or somebody outside."""

    CHUNKS = "chunks"
    BPM = "bpm"
    MIDI = "midi"
    LINK = "link"
    MTC = "mtc"
    FILE = "file"

    @property
    def is_outer(self) -> bool:
        """Whether time comes from outside, so that a run follows it."""
        return self in (ClockKind.MIDI, ClockKind.LINK, ClockKind.MTC)


@dataclass(frozen=True, slots=True)
class SongTime:
    """The time of a MIDI file: (quarter, bpm) and (quarter, meter) from where each holds, the first of each at quarter 0."""

    tempos: tuple[tuple[Fraction, Fraction], ...]
    meters: tuple[tuple[Fraction, Meter], ...]


@dataclass(frozen=True, slots=True)
class ClockLine:
    """`clock …`. `bpm` is the tempo, or the nominal tempo of an outer clock; None with `chunks`, `mtc` and `file`.

    `rate` is time code's frames a second as written (`25`), `file` the path of a MIDI file.
    """

    kind: ClockKind = ClockKind.CHUNKS
    bpm: Fraction | None = None
    meter: Meter = Meter(4, 4)
    port: str | None = None
    rate: str | None = None
    file: str | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class GridLine:
    """`grid 33 frames @ 24 fps`."""

    frames: int = 33
    fps: Fraction = Fraction(24)
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class Header:
    """The opening lines. A field whose line was not written has its default, and None for its span in `spans`."""

    title: str | None = None
    clock: ClockLine | None = None
    grid: GridLine | None = None
    snap: Snap | None = None
    lead: int | None = None
    late: Literal["shift", "drop"] | None = None
    seed: int | None = None
    sr: Sr | None = None
    middle: Literal["C3", "C4"] | None = None
    spans: tuple[tuple[str, Span], ...] = field(default=(), compare=False, repr=False)
    """(field, span of its statement) for each header line that was written, in source order."""
