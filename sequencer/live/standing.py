"""Where a live run stands: everything that the live line shows, told by events only. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from sequencer.conductor import Conductor, Phase
from sequencer.conductor.lines import Line
from sequencer.events import (
    ChunkDone,
    ChunkShown,
    ClockFitted,
    ClockMoved,
    Command,
    Event,
    Lost,
    OffsetChanged,
    Paused,
    Ready,
    Refused,
    Restored,
    Resumed,
    SessionEnded,
    StageStatus,
    Started,
    StateReported,
    WasReset,
)
from sequencer.runs.captions import Teller
from sequencer.timebase import SECOND

NEARLY = 0.05
"""A beat that has only just begun is not counted any more."""
MEASURED = 9
"""Over how many chunks the rate is measured."""


@dataclass(frozen=True, slots=True)
class NextCue:
    """What comes next: where in the score, what it does, and in how many seconds (about)."""

    place: str
    what: str
    seconds: float


class Standing:
    """Hears every event; answers what an operator wants to know. All times are nanoseconds of the run's clock."""

    def __init__(self, conductor: Conductor, began: int) -> None:
        self._conductor = conductor
        self._teller = Teller(conductor)
        self.status: str = "disconnected"
        self.status_since = began
        self.prompt: str | None = None
        self.refused: str | None = None
        self.upload: str | None = None
        """Which image is being uploaded, and how far it is."""
        self.paused = False
        self._seconds = conductor.run.schedule.clock.kind == "mtc"
        self.clock: str | None = None
        self.bpm: float | None = None
        self.offset = 0
        """By how much pictures are shown later than the clock says, in nanoseconds."""
        self.ahead: Callable[[], float | None] = _unknown
        """Asked while a run waits for its clock: in how many quarters it will begin, where the clock tells."""
        self.lag: int | None = None
        """From a chunk's report to its first frame, in nanoseconds."""
        self.billed_from: int | None = None
        self._billed_until: int | None = None
        self._first: int | None = None
        self._seen = False
        self._boundary: int | None = None
        self._done: deque[tuple[int, int]] = deque(maxlen=MEASURED)
        self._reported: dict[int, int] = {}

    def hear(  # noqa: PLR0912  # one case for each kind of event
        self, event: Event, commands: Sequence[Command], conductor: Conductor
    ) -> None:
        """Take an event in (the shape of a performance's watcher)."""
        match event:
            case StageStatus():
                self._enter(event.status, event.at)
            case Ready() | Restored():
                self._enter("ready", event.at)
            case Lost():
                self._enter("connecting", event.at)
            case SessionEnded():
                self._enter("disconnected", event.at)
            case OffsetChanged():
                self.offset = event.offset
            case Started():
                self._first = event.at if self._first is None else self._first
                self._boundary = event.at
                self._done.clear()
            case WasReset():
                self.prompt = None
                self._reported.clear()
                self._done.clear()
            case ChunkDone():
                self._chunk_done(event)
            case ChunkShown() if conductor.run.is_of_this_take(event.take):
                self._seen = True
                reported = self._reported.pop(event.chunk, None)
                if reported is not None:
                    self.lag = event.at - reported
            case Refused():
                self.refused = f"{event.command}: {event.reason}"
            case StateReported():
                self.refused = None
                self.prompt = event.prompt or self.prompt
            case Paused():
                self.paused = True
            case Resumed():
                self.paused, self._boundary = False, event.at
                self._done.clear()
            case ClockFitted():
                self.clock = event.quality
                self.bpm = None if self._seconds else event.quarters_per_ns * 60 * SECOND
            case ClockMoved():
                self.clock = {"start": "running", "continue": "running", "stop": "stopped"}[event.what]
            case _:
                pass

    def uploading(self, path: str, sent: int, size: int) -> None:
        """An image is on its way to the stage: so many of its bytes have left."""
        self.upload = None if sent >= size else f"{path} {100 * sent // max(1, size)} %"

    def _enter(self, status: str, at: int) -> None:
        if status != self.status:
            self.status, self.status_since = status, at
        if status == "ready" and self.billed_from is None:
            self.billed_from = at
        if status == "disconnected" and self.billed_from is not None:
            self._billed_until = at

    def _chunk_done(self, event: ChunkDone) -> None:
        self.prompt = event.prompt or self.prompt
        self._boundary = event.at
        self._reported[event.chunk] = event.at
        if event.frames:
            self._done.append((event.at, event.frames))

    # ---- answers ---------------------------------------------------------------------------------------------------

    @property
    def lag_in_force(self) -> int | None:
        """From a chunk's beginning to its first frame, as a following run takes it off; else what was measured last."""
        follow = self._conductor.run.follow
        return self.lag if follow is None else follow.lag

    def count_in(self, now: int) -> str:
        """What is waited for before the first picture, in bars and beats where that can be told; empty behind it."""
        run = self._conductor.run
        if run.phase is Phase.ARMED:
            ahead = self.ahead()
            if ahead is not None:
                return f"armed: begins in {self._in_beats(ahead)}"
            if self.clock in ("locked", "free") and self.bpm is not None:
                return f"armed: the clock ticks at {self.bpm:.1f} bpm; waiting for its Start"
            return "armed: waiting for the clock"
        if self._seen or self._first is None or run.follow is None or run.phase is not Phase.PLAYING:
            return ""
        left = (self._first + run.follow.lag - now) / SECOND
        if left <= 0:
            return ""
        bpm = self.bpm or run.schedule.clock.bpm
        return f"first picture in {left:.1f} s" if bpm is None else f"first picture in {self._in_beats(left * float(bpm) / 60)}"

    def _in_beats(self, quarters: float) -> str:
        """`1 bar 2 beats`, rounded up to the beat that comes."""
        meter = self._conductor.run.schedule.clock.meter
        bars, beats = divmod(ceil(max(0.0, quarters) / float(meter.beat) - NEARLY), meter.numerator)
        parts = [f"{bars} bar" + ("s" if bars != 1 else "")] if bars else []
        if beats or not bars:
            parts.append(f"{beats} beat" + ("s" if beats != 1 else ""))
        return " ".join(parts)

    @property
    def take(self) -> int:
        """Which take plays, from 1; 0 before the first."""
        return self._conductor.run.takes

    @property
    def chunk(self) -> int:
        """The score chunk being made."""
        return self._conductor.making

    @property
    def chunks(self) -> int:
        """How many score chunks there are, as things stand."""
        return self._conductor.run.plan.end_chunk()

    @property
    def frames(self) -> int:
        """Frames in a chunk."""
        return self._conductor.run.schedule.grid.frames

    @property
    def frames_per_second(self) -> float | None:
        """The rate at which frames were made over the last chunks."""
        if len(self._done) < 2 or self._done[-1][0] <= self._done[0][0]:
            return None
        (first, before), (last, after) = self._done[0], self._done[-1]
        return (after - before) * SECOND / (last - first)

    def chunk_seconds(self) -> float:
        """How long a chunk lasts: measured, else as the score says."""
        grid, rate = self._conductor.run.schedule.grid, self.frames_per_second
        return float(grid.chunk) if rate is None else grid.frames / rate

    def into_chunk(self, now: int) -> float:
        """How much of the chunk in the making has passed, from 0 to 1."""
        if self._boundary is None or self.paused:
            return 0.0
        return max(0.0, min(1.0, (now - self._boundary) / SECOND / self.chunk_seconds()))

    def position(self, now: int) -> tuple[str, str]:
        """Section and bar.beat (either may be empty)."""
        if self.take == 0:
            return "", ""
        frames = self._conductor.run.schedule.grid.frames
        current, place = self._teller.position(self.chunk, min(frames - 1, int(self.into_chunk(now) * frames)))
        return current.stretch.section or "", place

    def next_cue(self, now: int) -> NextCue | None:
        """The next cue that has not begun to act."""
        making = self.chunk
        ahead = [line for line in self._conductor.run.plan.lines if not line.is_final and _at(line) > making]
        if not ahead or self.take == 0:
            return None
        line = min(ahead, key=lambda one: (_at(one), one.number))
        chunks = _at(line) - making - self.into_chunk(now)
        place = line.place if line.section is None else f"{line.section} {line.place}"
        return NextCue(place, ", ".join(str(act.kind) for act in line.acts), max(0.0, chunks * self.chunk_seconds()))

    def billed_seconds(self, now: int) -> float:
        """How long the session has been ready: what is billed, paused or not."""
        if self.billed_from is None:
            return 0.0
        return ((self._billed_until or now) - self.billed_from) / SECOND


def _unknown() -> None:
    """Most clocks do not tell when they will begin."""
    return


def _at(line: Line) -> int:
    return line.chunk if line.chunk is not None else line.nominal
