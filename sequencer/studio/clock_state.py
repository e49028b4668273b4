"""The clock of a run, and the beat that it is at, as `ClockState`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.view import RunView
from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, TransportChanged
from sequencer.studio.protocol import ClockLoss, ClockState
from sequencer.studio.run_source import Moments, RunSource

Quality = Literal["internal", "searching", "locked", "free", "stopped", "lost"]
_ZERO = Fraction(0)


@dataclass(slots=True, kw_only=True)
class ClockWatch:
    """What is known of the clock from the events of a run.

    Attributes:
        fit: The latest fit.
        lost_at: When its ticks ceased, in nanoseconds; None while they arrive.
        is_stopped: Whether its transport was stopped.
        losses: How often its ticks have ceased.
        lost_ns: For how long they had ceased, without the time since `lost_at`, in nanoseconds.
    """

    fit: ClockFitted | None = None
    lost_at: int | None = None
    is_stopped: bool = False
    losses: int = 0
    lost_ns: int = 0

    def handle(self, event: Event) -> None:
        """Handle an event of the run."""
        match event:
            case ClockFitted():
                if event.quality != "free":
                    self._find(event.at)
                elif self.lost_at is None:
                    self.lost_at = event.at
                    self.losses += 1
                self.fit = event
            case TransportChanged():
                self.is_stopped = event.what == "stop"
                self._find(event.at)
            case _:
                pass

    def _find(self, at: int) -> None:
        """Note that the clock is not lost any more."""
        if self.lost_at is not None:
            self.lost_ns += at - self.lost_at
            self.lost_at = None


def find_loss(view: RunView, watch: ClockWatch, at: int) -> ClockLoss | None:
    """Return how often and for how long the clock was lost until nanosecond `at`.

    None for a run that follows no external clock, and for Link, which runs free without other
    programs: that is no loss.
    """
    if view.clock is None or not view.clock.is_external or view.schedule.clock.kind == "link":
        return None
    still = 0 if watch.lost_at is None else max(0, at - watch.lost_at)
    return ClockLoss(times=watch.losses, seconds=round((watch.lost_ns + still) / SECOND, 1))


def clock_state(source: RunSource, moments: Moments, watch: ClockWatch, now: int) -> ClockState:
    """Return the clock of a run at nanosecond `now`."""
    view = source.view
    spec = view.schedule.clock
    follows = view.clock is not None and view.clock.is_external
    quality = _quality(source, watch) if follows else "internal"
    beat = _beat(source, moments, now)
    bpm: float | None = None
    if follows and not spec.counts_seconds:
        bpm = source.status.bpm
    elif beat is not None:
        bpm = beat.bpm
    elif not follows and spec.bpm is not None:
        bpm = float(spec.bpm)
    deviation = None if watch.fit is None or not follows else round(watch.fit.deviation / 1e6, 2)
    return ClockState(
        kind=spec.kind,
        source=source.source if follows else "",
        quality=quality,
        bpm=None if bpm is None else round(bpm, 2),
        deviation_ms=deviation,
        count_in=source.status.count_in(now),
        lost_since_at=watch.lost_at if quality == "lost" else None,
        section="" if beat is None else beat.section,
        beats_per_bar=None if beat is None else beat.beats_per_bar,
        bar=None if beat is None else beat.bar,
        beat=None if beat is None else beat.beat,
        beat_at=None if beat is None else beat.at,
        beat_ns=None if beat is None else beat.length,
    )


def _quality(source: RunSource, watch: ClockWatch) -> Quality:
    if watch.is_stopped:
        return "stopped"
    if watch.fit is None:
        return "searching"
    if watch.fit.quality == "free":
        # Link runs free without peers; of a MIDI clock or time code it means that it fell silent.
        return "free" if source.view.schedule.clock.kind == "link" else "lost"
    return watch.fit.quality


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beat:
    """A beat of the clock, or on screen: when it began and how long it lasts, in nanoseconds."""

    section: str
    beats_per_bar: int
    bar: int
    beat: int
    at: int
    length: int | None
    bpm: float | None


def _beat(source: RunSource, moments: Moments, now: int) -> _Beat | None:
    """Return the beat at `now`: of the clock that is followed, else of what is on screen."""
    view = source.view
    if view.take == 0 or source.conductor.is_finished:
        return None
    if view.clock is not None and view.clock.is_external:
        return None if view.schedule.clock.counts_seconds else _clock_beat(source, now)
    return _shown_beat(source, moments, now)


def _clock_beat(source: RunSource, now: int) -> _Beat | None:
    view = source.view
    clock = view.clock
    quarter = None if clock is None else clock.quarter_at(now)
    if clock is None or quarter is None or quarter < 0:
        return None
    current = view.passes[0]
    for one in view.passes:
        if float(one.begins_quarter) > quarter:
            break
        current = one
    inside = max(_ZERO, Fraction(quarter).limit_denominator(10**6) - current.quarter)
    found = _position(current, inside)
    if found is None:
        return None
    bar, beat, start, length = found
    begins = clock.time_of(float(current.quarter + start), 0.0)
    ends = clock.time_of(float(current.quarter + start + length), 0.0)
    at = now if begins is None else round(begins)
    lasts = None if begins is None or ends is None else round(ends - begins)
    return _Beat(
        section=_name(source, current),
        beats_per_bar=_beats(current, bar),
        bar=bar,
        beat=beat,
        at=at,
        length=lasts or None,
        bpm=None,
    )


def _shown_beat(source: RunSource, moments: Moments, now: int) -> _Beat | None:
    view, boundary = source.view, moments.boundary_at
    if boundary is None:
        return None
    grid, chunk_ns = view.grid, moments.chunk_ns
    elapsed = 0 if source.status.paused else min(now - boundary, chunk_ns)
    # Whole nanoseconds of score time, so that the same beat is found each time.
    at_model = grid.seconds_of(Fraction(view.chunk)) * SECOND
    rate = Fraction(round(grid.chunk * SECOND), chunk_ns)
    seconds = (at_model + (elapsed - moments.lag) * rate) / SECOND
    if seconds < 0:
        return None
    current = view.passes[0]
    for one in view.passes:
        if one.begins > seconds:
            break
        current = one
    stretch = current.stretch
    if stretch.tempo is None or stretch.meters is None:
        return None
    inside = stretch.tempo.quarter_at(max(_ZERO, seconds - current.start))
    found = _position(current, inside)
    if found is None:
        return None
    bar, beat, start, length = found
    begins = current.start + stretch.tempo.seconds_at(start)
    ends = current.start + stretch.tempo.seconds_at(start + length)
    return _Beat(
        section=_name(source, current),
        beats_per_bar=_beats(current, bar),
        bar=bar,
        beat=beat,
        at=round(now - (seconds - begins) * SECOND / rate),
        length=None if source.status.paused else round((ends - begins) * SECOND / rate),
        bpm=float(60 * length / (ends - begins)),
    )


def _position(current: Pass, inside: Fraction) -> tuple[int, int, Fraction, Fraction] | None:
    """Return bar, beat, the quarter at which that beat begins, and its length in quarters."""
    meters = current.stretch.meters
    if meters is None:
        return None
    position = meters.bar_beat_at(inside)
    meter = meters.at_bar(position.bar - 1)
    start = meters.bar_start(position.bar - 1) + (position.beat - 1) * meter.beat
    return position.bar, position.beat, start, meter.beat


def _beats(current: Pass, bar: int) -> int:
    meters = current.stretch.meters
    return 0 if meters is None else meters.at_bar(bar - 1).numerator


def _name(source: RunSource, current: Pass) -> str:
    return source.status.coming.name(current.stretch.section, current.stretch.occurrence)
