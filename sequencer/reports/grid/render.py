"""Render the help with the grid as text for the terminal and as JSON documents."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sequencer.core.timebase import Snap
from sequencer.reports.grid.phase import Alignment, BestPhase, Shift
from sequencer.reports.grid.snap_errors import SnapErrors, by_section, errors_of
from sequencer.reports.grid.tempi import LockedTempo, bar_locks, beat_locks, tempi_of
from sequencer.schedule.describe import (
    MAX_TEMPI,
    clock_time,
    decimal,
    describe_grid,
    milliseconds,
    number,
)
from sequencer.schedule.model import Schedule


def render_grid(schedule: Schedule) -> str:
    """Render the snap errors by section and with other snaps, and tempi that lock to chunks."""
    lines = ["snap errors:"]
    sections = by_section(schedule)
    names = ["score" if name is None else name for name, _ in sections]
    width = max((len(name) for name in [*names, "all together"]), default=0)
    whole = errors_of(schedule)
    rows = [(name, errors) for name, (_, errors) in zip(names, sections, strict=True)]
    rows += [("all together", whole)] if len(rows) > 1 else []
    lines += [f"  {name:<{width}}  {_render_errors(errors)}" for name, errors in rows] or [
        "  no cue has a time of its own"
    ]
    lines.append("with another snap:")
    for snap in Snap:
        name = f"{snap} (now)" if snap is schedule.snap else str(snap)
        lines.append(
            f"  {name:<{max(width, len('nearest (now)'))}}  "
            f"{_render_errors(errors_of(schedule, snap=snap), placed=False)}"
        )
    lines += _render_tempi(schedule)
    return "\n".join(lines)


def render_alignment(alignment: Alignment, schedule: Schedule) -> str:
    """Render what puts a mark on a boundary: a shift, or another tempo."""
    head = f"{alignment.mark} is at {clock_time(alignment.time)}"
    if alignment.error == 0:
        return f"{head}, exactly on chunk {alignment.chunk}"
    lines = [f"{head}: chunk {alignment.chunk}, {milliseconds(alignment.error)} ms off"]
    lines += _render_shift("by its phase", alignment.shift, alignment.now)
    for tempo in alignment.tempi:
        lines.append(
            f"  by the tempo: {format_tempo(tempo.bpm)} bpm instead of "
            f"{number(schedule.clock.bpm or tempo.bpm)} "
            f"({_format_percent(tempo.change)}) puts it on chunk {tempo.chunk}"
        )
    return "\n".join(lines)


def render_best_phase(best: BestPhase) -> str:
    """Render the phases with the least mean and least worst error, with errors before and after."""
    if best.now.cues == 0:
        return "no cue has a time of its own: there is no phase to find"
    lines = [f"phase now: {_render_errors(best.now)}"]
    if best.least_mean.later == 0 and best.least_worst.later == 0:
        return "\n".join([*lines, "  no other phase is better"])
    if best.least_mean.later == best.least_worst.later:
        return "\n".join(
            [*lines, *_render_shift("best, on average and at worst", best.least_mean, best.now)]
        )
    lines += _render_shift("least on average", best.least_mean, best.now)
    lines += _render_shift("least at worst", best.least_worst, best.now)
    return "\n".join(lines)


def format_tempo(bpm: Fraction) -> str:
    """Return a tempo as a score writes it; a fraction is followed by its decimal value."""
    shown = number(bpm)
    return f"{shown} (= {decimal(bpm, 3)})" if "/" in shown else shown


def _render_shift(what: str, shift: Shift, now: SnapErrors) -> list[str]:
    if shift.later == 0:
        return [f"  {what}: as it is"]
    mean = f"mean {_format_ms(now.mean)} → {_format_ms(shift.errors.mean)} ms"
    worst = f"worst {_format_ms(abs(now.worst))} → {_format_ms(abs(shift.errors.worst))} ms"
    lines = [
        f"  {what}: everything {milliseconds(shift.later)[1:]} ms later; all cues: {mean}, {worst}"
    ]
    upbeat = "" if shift.upbeat is None else f"play first: {shift.upbeat}, or "
    return [*lines, f"    {upbeat}start the model {_format_ms(shift.delay)} ms after the music"]


def _format_ms(seconds: Fraction) -> str:
    return decimal(seconds * 1000, 0)


def _render_errors(errors: SnapErrors, *, placed: bool = True) -> str:
    if errors.cues == 0:
        return "no cues"
    where = f" ({errors.place})" if placed and errors.place and errors.worst else ""
    cues = f"{errors.cues} cue{'' if errors.cues == 1 else 's'}: "
    return (
        f"{cues}mean {_format_ms(errors.mean)} ms, worst {milliseconds(errors.worst, 0)} ms{where}"
    )


def _render_tempi(schedule: Schedule) -> list[str]:
    grid = schedule.grid
    assumed = describe_grid(grid)
    found = tempi_of(schedule)
    if not found:
        return []
    if grid.first is not None:
        reason = "none, because the first chunk of each take is shorter"
        return [f"tempi that lock to chunks: {reason}"]
    if len(found) > MAX_TEMPI:  # a song as it was played: each beat has its own tempo
        reason = f"none for a song with {len(found)} tempi"
        advice = "where a snap error matters, move the cue to another beat"
        return [f"tempi that lock to chunks: {reason}; {advice}"]
    lines = [f"tempi that lock to chunks, at {assumed} (at another true rate they do not):"]
    for bpm, meter, names in found:
        more = "" if len(names) <= 4 else f" and {len(names) - 4} more"
        lines.append(f"  {format_tempo(bpm)} bpm {meter} ({', '.join(names[:4])}{more})")
        bpms: set[Fraction] = set()
        for lock in (*beat_locks(bpm, meter, grid), *bar_locks(bpm, meter, grid)):
            if lock.bpm not in bpms:
                bpms.add(lock.bpm)
                lines.append(f"    {_render_lock(lock)}")
    return lines


def _render_lock(lock: LockedTempo) -> str:
    amount = (
        f"{lock.beats} beat{'' if lock.beats == 1 else 's'} = {lock.chunks} "
        f"chunk{'' if lock.chunks == 1 else 's'}"
    )
    downbeat = (
        "every bar begins on a chunk"
        if lock.bars == 1
        else f"every {_ordinal(lock.bars)} bar begins on a chunk"
    )
    change = (
        "as it is"
        if lock.change == 0
        else f"{format_tempo(lock.bpm)} bpm ({_format_percent(lock.change)})"
    )
    return f"{change}: {amount}, {downbeat}"


def _format_percent(change: Fraction) -> str:
    shown = decimal(change * 100, 2, trim=True)
    return f"+{shown} %" if change > 0 else f"{shown} %"


def _ordinal(count: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{count}{'th' if count % 100 in (11, 12, 13) else endings.get(count % 10, 'th')}"


def grid_document(schedule: Schedule) -> dict[str, Any]:
    """Return the snap errors by section and by snap, and the tempi that lock to chunks."""
    return {
        "sections": [
            {"section": name, **_errors_as_json(errors)} for name, errors in by_section(schedule)
        ],
        "all": _errors_as_json(errors_of(schedule)),
        "snaps": {snap.value: _errors_as_json(errors_of(schedule, snap=snap)) for snap in Snap},
        "tempi": [
            {
                "bpm": str(bpm),
                "meter": str(meter),
                "sections": list(names),
                "beat_locks": [
                    _lock_as_json(lock) for lock in beat_locks(bpm, meter, schedule.grid)
                ],
                "bar_locks": [_lock_as_json(lock) for lock in bar_locks(bpm, meter, schedule.grid)],
            }
            for bpm, meter, names in (tempi_of(schedule) if schedule.grid.first is None else ())
        ],
    }


def alignment_document(alignment: Alignment) -> dict[str, Any]:
    """Return what puts a mark on a boundary."""
    return {
        "mark": alignment.mark,
        "seconds": str(alignment.time),
        "chunk": alignment.chunk,
        "error_ms": decimal(alignment.error * 1000, 3, trim=True),
        "now": _errors_as_json(alignment.now),
        "shift": _shift_as_json(alignment.shift),
        "tempi": [
            {"bpm": str(tempo.bpm), "chunk": tempo.chunk, "change": str(tempo.change)}
            for tempo in alignment.tempi
        ],
    }


def best_phase_document(best: BestPhase) -> dict[str, Any]:
    """Return the best shifts."""
    return {
        "now": _errors_as_json(best.now),
        "least_mean": _shift_as_json(best.least_mean),
        "least_worst": _shift_as_json(best.least_worst),
    }


def _errors_as_json(errors: SnapErrors) -> dict[str, Any]:
    return {
        "cues": errors.cues,
        "mean_ms": decimal(errors.mean * 1000, 3, trim=True),
        "worst_ms": decimal(errors.worst * 1000, 3, trim=True),
        "worst_at": errors.place,
    }


def _shift_as_json(shift: Shift) -> dict[str, Any]:
    return {
        "later_seconds": str(shift.later),
        "delay_seconds": str(shift.delay),
        "upbeat": shift.upbeat,
        "then": _errors_as_json(shift.errors),
    }


def _lock_as_json(lock: LockedTempo) -> dict[str, Any]:
    return {
        "bpm": str(lock.bpm),
        "beats": lock.beats,
        "chunks": lock.chunks,
        "bars": lock.bars,
        "change": str(lock.change),
    }
