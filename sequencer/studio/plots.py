"""Timelines as JSON for the page; `docs/studio-protocol.md` describes the format."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.engine.conductor.machine import Conductor
from sequencer.media.score_sounds import ScoreSound
from sequencer.media.waveforms import PEAKS_PER_SECOND
from sequencer.reports.timeline.exits import exits_of
from sequencer.reports.timeline.from_progress import plot_progress
from sequencer.reports.timeline.from_run import plot_run
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.plot import (
    Band,
    Flag,
    HeldValue,
    MessageMark,
    Plot,
    RuleNote,
    bars_of,
    marks_of,
)
from sequencer.reports.timeline.waveform import Waveform
from sequencer.schedule.model import Schedule

PLOT_INTERVAL_NS = 1_000_000_000
"""How long at least between two plots of a run in progress, in nanoseconds."""
MAX_AT_ONCE = 500
"""The most deliveries whose timeline is made without a thread: it takes about 25 ms."""
MAX_EXITS = 400
"""The most exits of a section that are listed."""
LEVELS = 255
"""The value of the loudest peak of a sound."""
STEP_DENOMINATOR = 10**6
"""The precision of bar lines in a section whose tempo changes gradually, in parts of a chunk."""


def schedule_plot(
    schedule: Schedule,
    thumbnails: Mapping[str, str] | None = None,
    sound: ScoreSound | None = None,
) -> dict[str, Any]:
    """Return the timeline of a score, as it is planned, as JSON.

    Args:
        schedule: The compiled score.
        thumbnails: Small images as `data:` URLs, by the digests of the images.
        sound: Its sound, if it is drawn.
    """
    return plot_json(_with_sound(plot_schedule(schedule), sound), schedule, thumbnails)


def progress_plot(
    conductor: Conductor,
    thumbnails: Mapping[str, str] | None = None,
    sound: ScoreSound | None = None,
) -> dict[str, Any]:
    """Return the timeline of a run in progress, as it was performed and is planned, as JSON."""
    plot = _with_sound(plot_progress(conductor), sound)
    return plot_json(plot, conductor.view.schedule, thumbnails)


def finished_plot(
    conductor: Conductor,
    thumbnails: Mapping[str, str] | None = None,
    sound: ScoreSound | None = None,
) -> dict[str, Any]:
    """Return the timeline of a finished run, as it was performed, as JSON."""
    return plot_json(_with_sound(plot_run(conductor), sound), conductor.view.schedule, thumbnails)


class ProgressPlots:
    """The timeline of a run in progress, made anew only where it changed.

    Args:
        conductor: The run.
        sound: Its sound, if it is drawn.
        thumbnails: Small images as `data:` URLs, by the digests of the images.
    """

    def __init__(
        self,
        conductor: Conductor,
        thumbnails: Mapping[str, str] | None = None,
        sound: ScoreSound | None = None,
    ) -> None:
        self.conductor = conductor
        self.thumbnails: Mapping[str, str] = thumbnails or {}
        self._sound = sound
        self._made_at: int | None = None
        self._made_of: tuple[Any, ...] = ()

    def plot(self, now: int) -> dict[str, Any] | None:
        """Return the timeline if it changed since the last one, at most once a second.

        Args:
            now: The time of the run's clock, in nanoseconds.

        Returns:
            The timeline as JSON; None if it has not changed, or the last one is too recent.
        """
        if not self._is_due(now):
            return None
        return progress_plot(self.conductor, self.thumbnails, self._sound)

    async def plot_in_thread(self, now: int) -> dict[str, Any] | None:
        """Return what `plot` returns, without delaying the run of a long score.

        The timeline of ten thousand cues takes half a second. It is made in a thread while the run
        goes on; what changes meanwhile is in the next one.
        """
        if not self._is_due(now):
            return None
        if len(self.conductor.view.deliveries) <= MAX_AT_ONCE:
            return progress_plot(self.conductor, self.thumbnails, self._sound)
        state = self._made_of
        try:
            return await asyncio.to_thread(
                progress_plot, self.conductor, self.thumbnails, self._sound
            )
        except (LookupError, ValueError, RuntimeError):
            if plan_state(self.conductor) == state:
                raise
            self._made_of = ()  # the plan was rebuilt while it was read
            return None

    def _is_due(self, now: int) -> bool:
        """Return whether a timeline has to be made, and note that it is."""
        if self._made_at is not None and now - self._made_at < PLOT_INTERVAL_NS:
            return False
        state = plan_state(self.conductor)
        if state == self._made_of:
            return False
        self._made_at, self._made_of = now, state
        return True


def plan_state(conductor: Conductor) -> tuple[Any, ...]:
    """Return a value that changes whenever the timeline of a run does.

    The status of its cues does not count: the page receives that as lines.
    """
    view = conductor.view
    passes = tuple((one.stretch.index, one.version, one.start, one.end) for one in view.passes)
    moved = tuple(
        (line.number, line.chunk, line.landed, line.is_final)
        for line in view.deliveries
        if line.fired is not None or (line.chunk is not None and line.chunk != line.planned)
    )
    return (
        passes,
        view.grid.cut_chunks,
        view.version,
        len(view.deliveries),
        moved,
        sum(1 for line in view.deliveries if line.is_final and line.landed is None),
        len(view.sent_messages),
        view.pass_at(view.chunk).number,
        view.can_fade,
    )


def plot_json(
    plot: Plot, schedule: Schedule, thumbnails: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a timeline as JSON.

    Args:
        plot: The timeline.
        schedule: The score, whose snap decides where its live sections are left.
        thumbnails: Small images as `data:` URLs, by the digests of the images.
    """
    grid, shown = plot.grid, thumbnails or {}
    return {
        "title": plot.title,
        "subtitle": plot.subtitle,
        "performed": plot.performed,
        "end": plot.end,
        "lead": schedule.lead,
        "grid": {
            "chunk": _ratio(grid.chunk),
            "frames": grid.frames,
            "fps": _ratio(grid.fps),
            "first": grid.first,
            "cuts": list(grid.cut_chunks),
        },
        "bands": [_band(band, grid, schedule.snap) for band in plot.bands],
        "everywhere": [_rule(rule) for rule in plot.everywhere],
        "takes": [_held(one) for one in plot.takes],
        "prompts": [_prompt(one) for one in plot.prompts],
        "images": [{**_held(one), **_thumbnail(one, shown)} for one in plot.images],
        "thumbnails": {
            one.key: shown[one.key] for one in plot.images if one.key and one.key in shown
        },
        "strengths": [_held(one) for one in plot.strengths],
        "sr": [_held(one) for one in plot.scales],
        "flags": [_flag(one) for one in plot.flags],
        "messages": [_message(one) for one in plot.messages],
        "sound": None if plot.sound is None else _sound(plot.sound),
        "gaps": [[gap.start, gap.end, gap.which] for gap in plot.axis.gaps],
    }


def _with_sound(plot: Plot, sound: ScoreSound | None) -> Plot:
    return plot if sound is None else replace(plot, sound=Waveform.of(sound))


def _ratio(value: Fraction | int) -> list[int]:
    fraction = Fraction(value)
    return [fraction.numerator, fraction.denominator]


def _band(band: Band, grid: ChunkGrid, snap: Snap) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": band.name,
        "section": band.stretch.section or "",
        "tint": band.tint,
        "start": _ratio(band.start),
        "end": _ratio(band.end),
        "caption": band.caption,
        "live": band.stretch.is_live,
        "open_from": band.open_from,
        "earliest": band.earliest,
        "latest": band.latest,
        "line": band.stretch.origin.line,
        "rules": [_rule(rule) for rule in band.rules],
        "bars": _bars(band, grid),
        "marks": [[name, _ratio(at)] for name, at in marks_of(band, grid)],
    }
    if band.stretch.is_live:
        found["exits"] = [
            [one.bar, one.chunk, round(float(one.error * 1000), 1)]
            for one, _ in zip(exits_of(band, grid, snap), range(MAX_EXITS), strict=False)
        ]
    return found


def _bars(band: Band, grid: ChunkGrid) -> list[dict[str, Any]]:
    """Return the bars of a band as groups of bars of one length and one meter."""
    meters = band.stretch.meters
    if meters is None:
        return []
    lines = list(bars_of(band, grid))
    if not lines:
        return []
    steps = [after - at for (_, at), (_, after) in pairwise(lines)]
    groups: list[dict[str, Any]] = []
    index = 0
    while index < len(lines):
        bar, at = lines[index]
        meter = meters.at_bar(bar - 1)
        step = steps[index] if index < len(steps) else None
        count = 1
        while (
            index + count < len(lines)
            and steps[index + count - 1] == step
            and (index + count == len(lines) - 1 or steps[index + count] == step)
            and meters.at_bar(bar - 1 + count) == meter
        ):
            count += 1
        length = step if step is not None else _last_bar(band, grid, at)
        groups.append(
            {
                "bar": bar,
                "at": _short_ratio(at),
                "length": _short_ratio(length),
                "count": count,
                "beats": meter.numerator,
            }
        )
        index += count
    return groups


def _last_bar(band: Band, grid: ChunkGrid, at: Fraction) -> Fraction:
    """Return the length of the last bar of a band, which may be cut short by its end."""
    meters, tempo = band.stretch.meters, band.stretch.tempo
    if meters is None or tempo is None:
        return band.end - at
    start = grid.seconds_of(band.start)
    quarter = tempo.quarter_at(grid.seconds_of(at) - start)
    bar = meters.bar_beat_at(quarter).bar
    return grid.chunks_at(start + tempo.seconds_at(meters.bar_start(bar))) - at


def _short_ratio(value: Fraction) -> list[int]:
    """Return a fraction as JSON; one with a huge denominator, which only a ramp has, is rounded."""
    if value.denominator > STEP_DENOMINATOR:
        value = Fraction(round(value * STEP_DENOMINATOR), STEP_DENOMINATOR)
    return _ratio(value)


def _rule(rule: RuleNote) -> dict[str, Any]:
    return {"short": rule.short, "full": rule.full, "leaves": rule.leaves}


def _held(one: HeldValue) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "short": one.short, "full": one.full}


def _prompt(one: HeldValue) -> dict[str, Any]:
    found: dict[str, Any] = {**_held(one), "tint": one.tint}
    if one.shortest != one.short:
        found["shortest"] = one.shortest
    if one.fade:
        found |= {"fade": one.fade, "under": one.under}
    return found


def _thumbnail(one: HeldValue, shown: Mapping[str, str]) -> dict[str, str]:
    return {"image": one.key} if one.key in shown else {}


def _flag(flag: Flag) -> dict[str, Any]:
    """Return a flag, without what is as usual."""
    found: dict[str, Any] = {
        "n": flag.number,
        "line": flag.line,
        "label": flag.label,
        "section": flag.section,
        "chunk": flag.chunk,
    }
    if flag.exact is not None:
        found["exact"] = _ratio(flag.exact)
    if flag.error is not None:
        found["error_ms"] = round(float(flag.error * 1000), 1)
    if flag.fate != "planned":
        found["fate"] = flag.fate
    if flag.planned is not None and flag.planned != flag.chunk:
        found["planned"] = flag.planned
    if flag.landed is not None:
        found["landed"] = flag.landed
    if flag.fired:
        found["fired"] = True
    if flag.what:
        found["what"] = flag.what
    return found


def _message(mark: MessageMark) -> dict[str, Any]:
    found: dict[str, Any] = {
        "at": _ratio(mark.at),
        "short": mark.short,
        "full": mark.full,
        "protocols": list(mark.protocols),
    }
    if mark.was_left_out:
        found["left_out"] = True
    return found


def _sound(sound: Waveform) -> dict[str, Any]:
    """Return a waveform; each peak is a byte, and all of them are Base64."""
    peaks = bytes(round(max(0.0, min(1.0, peak)) * LEVELS) for peak in sound.peaks)
    return {
        "label": sound.label,
        "full": sound.full,
        "start": _ratio(sound.start),
        "per_second": PEAKS_PER_SECOND,
        "peaks": base64.b64encode(peaks).decode(),
    }
