"""Track the state of a live run, as the status line shows it, from its events alone. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import ceil

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConnectionLost,
    ConnectionRestored,
    OffsetChanged,
    Paused,
    Ready,
    ResetDone,
    Resumed,
    SessionEnded,
    StageStatus,
    Started,
    StateReported,
    TransportChanged,
)
from sequencer.runtime.output.captioned_video import CaptionBuilder
from sequencer.runtime.upcoming import Coming, NextCue, Waiting
from sequencer.sync.chunk_boundaries import BoundaryFeed

NEARLY = 0.05
"""The part of a beat, just begun, that no longer counts in the countdown."""
MEASURED = 9
"""The number of chunks over which the rate is measured."""


class LiveStatus:
    """Handles every event; answers the operator's questions.

    All times are nanoseconds of the run's clock.
    """

    def __init__(self, conductor: Conductor, began: int) -> None:
        self.follow(conductor)
        self.status: str = "disconnected"
        self.status_since = began
        self.prompt: str | None = None
        self._prompt_before: str | None = None
        self.refused: str | None = None
        self.upload: str | None = None
        """The image that is being uploaded, and its progress."""
        self.paused = False
        self._seconds = conductor.view.schedule.clock.kind == "mtc"
        self.clock: str | None = None
        self.bpm: float | None = None
        self.offset = 0
        """How much later than the clock frames are shown, in nanoseconds."""
        self.ahead: Callable[[], float | None] = _unknown
        """Called while a run waits for its clock: returns how many quarters remain, if known.

        The run begins after that many quarters.
        """
        self.playing_since: int | None = None
        """When the first take began."""
        self._paused_since = began
        self._over_since: int | None = None
        grid = conductor.view.schedule.grid
        self._boundaries = BoundaryFeed(grid.chunk, lacks=grid.lacks)
        self.billed_from: int | None = None
        self.kept_at: int | None = None
        """When the run before ended, whose session this one has taken over; None if there is none.

        The session has been billed since.
        """
        self._billed_until: int | None = None
        self._seen = False
        self._boundary: int | None = None
        self._done: deque[tuple[int, int]] = deque(maxlen=MEASURED)

    def follow(self, conductor: Conductor) -> None:
        """Show the position of this conductor from now on."""
        self._conductor = conductor
        self._caption_builder = CaptionBuilder(conductor)
        self.coming = Coming(conductor)

    def handle(  # noqa: PLR0912  # one case for each kind of event
        self, event: Event, commands: Sequence[Command], conductor: Conductor
    ) -> None:
        """Handle an event as a performance's watcher."""
        self._boundaries.feed(event)
        if self._conductor.is_finished and self._over_since is None:
            self._over_since = event.at
        match event:
            case StageStatus():
                self._enter(event.status, event.at)
            case Ready() | ConnectionRestored():
                self._enter("ready", event.at)
            case ConnectionLost():
                self._enter("connecting", event.at)
            case SessionEnded():
                self._enter("disconnected", event.at)
            case OffsetChanged():
                self.offset = event.offset
            case Started():
                self.playing_since = event.at if self.playing_since is None else self.playing_since
                self._boundary = event.at
                self._done.clear()
            case ResetDone():
                self.prompt = self._prompt_before = None
                self._done.clear()
            case ChunkDone():
                self._chunk_done(event)
            case ChunkShown() if conductor.view.is_of_this_take(event.take):
                self._seen = True
            case CommandRefused():
                self.refused = f"{event.command}: {event.reason}"
            case StateReported():
                self.refused = None
                self._shows(event.prompt)
            case Paused():
                self.paused, self._paused_since = True, event.at
            case Resumed():
                self.paused, self._boundary = False, event.at
                self._done.clear()
            case ClockFitted():
                self.clock = event.quality
                self.bpm = None if self._seconds else event.quarters_per_ns * 60 * SECOND
            case TransportChanged():
                self.clock = {"start": "running", "continue": "running", "stop": "stopped"}[
                    event.what
                ]
            case _:
                pass

    def uploading(self, path: str, sent: int, size: int) -> None:
        """Show the progress of an image upload, in bytes."""
        self.upload = None if sent >= size else f"{path} {100 * sent // max(1, size)} %"

    def _enter(self, status: str, at: int) -> None:
        if status != self.status:
            self.status, self.status_since = status, at
        if status == "ready" and self.billed_from is None:
            self.billed_from = at
        if (
            self.billed_from is not None
        ):  # a run that is resumed in its session begins disconnected, but is billed
            self._billed_until = at if status == "disconnected" else None

    def _chunk_done(self, event: ChunkDone) -> None:
        self._shows(event.prompt)
        self._boundary = event.at
        if event.frames:
            self._done.append((event.at, event.frames))

    def _shows(self, prompt: str | None) -> None:
        """Note the prompt that the model reports as in force."""
        if prompt and prompt != self.prompt:
            self._prompt_before, self.prompt = self.prompt, prompt

    # ---- answers ---------------------------------------------------------------------------------

    @property
    def lag_in_force(self) -> int | None:
        """The nanoseconds from the start of a chunk's generation to its first frame shown.

        The median of the latest chunks; None before a frame was seen. A run that follows a clock
        compensates for it.
        """
        follow = self._conductor.view.clock
        measured = self._boundaries.follower.lag
        return (measured or None) if follow is None else follow.lag

    def activity(self, now: int) -> tuple[str, int]:
        """Return what the run is doing, in a word, and for how many nanoseconds.

        Until the run plays, this is the state of its connection.
        """
        if self.status != "ready":
            return self.status, now - self.status_since
        if self.paused and self._over_since is None:
            return "paused", now - self._paused_since
        if self._over_since is not None:
            return "ended", now - self._over_since
        if (
            self.playing_since is not None
            and self._boundary is not None
            and self._conductor.view.is_stalled(now)
        ):
            return "stalled", now - self._boundary
        return (
            (self.status, now - self.status_since)
            if self.playing_since is None
            else ("playing", now - self.playing_since)
        )

    def action(self, space: int) -> str | None:
        """Return the part of the prompt in force that changed with it.

        It has at most `space` characters.
        """
        return (
            None
            if self.prompt is None
            else self.coming.action(self._prompt_before, self.prompt, space)
        )

    @property
    def is_armed(self) -> bool:
        """Whether the run is set up, and begins at a GO."""
        run = self._conductor.view
        return run.phase is Phase.ARMED and run.waits_for_go

    def count_in(self, now: int) -> str:
        """Return what the first frame is waiting for; empty once it is seen.

        The wait is in bars and beats if that is known.
        """
        run = self._conductor.view
        if self.is_armed:
            return "armed: Enter or GO begins it"
        if run.phase is Phase.ARMED:
            ahead = self.ahead()
            if ahead is not None:
                return f"armed: begins in {self._in_beats(ahead)}"
            if self.clock in ("locked", "free") and self.bpm is not None:
                return f"armed: the clock ticks at {self.bpm:.1f} bpm; waiting for its Start"
            return "armed: waiting for the clock"
        if (
            self._seen
            or self.playing_since is None
            or run.clock is None
            or run.phase is not Phase.PLAYING
        ):
            return ""
        left = (self.playing_since + run.clock.lag - now) / SECOND
        if left <= 0:
            return ""
        bpm = self.bpm or run.schedule.clock.bpm
        return (
            f"first frame in {left:.1f} s"
            if bpm is None
            else f"first frame in {self._in_beats(left * float(bpm) / 60)}"
        )

    def _in_beats(self, quarters: float) -> str:
        """Format quarters as `1 bar 2 beats`, rounded up to the next beat."""
        meter = self._conductor.view.schedule.clock.meter
        bars, beats = divmod(ceil(max(0.0, quarters) / float(meter.beat) - NEARLY), meter.numerator)
        parts = [f"{bars} bar" + ("s" if bars != 1 else "")] if bars else []
        if beats or not bars:
            parts.append(f"{beats} beat" + ("s" if beats != 1 else ""))
        return " ".join(parts)

    @property
    def boundary_at(self) -> int | None:
        """When the chunk that is being made began, in nanoseconds; None before the first take."""
        return self._boundary

    @property
    def has_seen_frames(self) -> bool:
        """Whether a frame of the run was seen."""
        return self._seen

    @property
    def take(self) -> int:
        """The number of the current take, from 1; 0 before the first."""
        return self._conductor.view.take

    @property
    def chunk(self) -> int:
        """The score chunk being generated."""
        return self._conductor.making

    @property
    def played(self) -> str:
        """The range of the score that the run plays; empty for the whole score."""
        played = self._conductor.view.played
        return "" if played is None else str(played)

    @property
    def chunks(self) -> tuple[int | None, bool]:
        """The number of score chunks, None if unknown, and whether that is only a maximum."""
        return self.coming.chunks()

    @property
    def frames(self) -> int:
        """The number of frames in a chunk."""
        return self._conductor.view.schedule.grid.frames

    @property
    def frames_per_second(self) -> float | None:
        """The rate at which frames were generated over the last chunks."""
        if len(self._done) < 2 or self._done[-1][0] <= self._done[0][0]:
            return None
        (first, before), (last, after) = self._done[0], self._done[-1]
        return (after - before) * SECOND / (last - first)

    def chunk_seconds(self) -> float:
        """Return the length of a chunk: as measured, otherwise as the score defines it."""
        grid, rate = self._conductor.view.schedule.grid, self.frames_per_second
        return float(grid.chunk) if rate is None else grid.frames / rate

    def into_chunk(self, now: int) -> float:
        """Return the elapsed part of the current chunk, from 0 to 1."""
        if self._boundary is None or self.paused:
            return 0.0
        grid = self._conductor.view.grid
        length = self.chunk_seconds() * grid.frames_of(self.chunk) / grid.frames
        return max(0.0, min(1.0, (now - self._boundary) / SECOND / length))

    def position(self, now: int) -> tuple[str, str]:
        """Return the section, with its pass number, and bar.beat (either may be empty).

        The pass number is included if the section has several passes.
        """
        found = self.place(now)
        if found is None:
            return "", ""
        current, bar_beat = found
        return self.coming.name(current.stretch.section, current.stretch.occurrence), bar_beat

    def place(self, now: int) -> tuple[Pass, str] | None:
        """Return the pass that plays, and bar.beat (empty without beats); None while none plays."""
        if self.take == 0 or self._conductor.is_finished:
            return None
        frames = self._conductor.view.grid.frames_of(self.chunk)
        return self._caption_builder.position(
            self.chunk, min(frames - 1, int(self.into_chunk(now) * frames))
        )

    def next_cue(self, now: int, space: int) -> NextCue | None:
        """Return the next cue not yet in effect, described in at most `space` characters."""
        return self.coming.next_cue(
            now, self.into_chunk(now), self.chunk_seconds(), self.prompt, space
        )

    def waiting(self, now: int) -> Waiting | None:
        """Return what the current section waits for; None for nothing or before the first take."""
        if self.take == 0 or self._conductor.is_finished:
            return None
        return self.coming.waiting(now, self.into_chunk(now), self.chunk_seconds())

    def billed_seconds(self, now: int) -> float:
        """Return how long the session has been ready: this is billed, paused or not."""
        if self.billed_from is None:
            return 0.0
        return ((self._billed_until or now) - self.billed_from) / SECOND


def _unknown() -> None:
    """Return None: most clocks do not know when they will begin."""
    return
