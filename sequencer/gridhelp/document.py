"""Help with the grid for machines: exact numbers as text (`"960/11"`), errors in milliseconds beside them."""

from __future__ import annotations

from typing import Any

from sequencer.gridhelp.phase import Alignment, BestPhase, Shift
from sequencer.gridhelp.sums import Errors, by_section, errors_of
from sequencer.gridhelp.tempi import Lock, bar_locks, beat_locks, tempi_of
from sequencer.schedule import Schedule
from sequencer.schedule.words import decimal
from sequencer.timebase import Snap


def grid_document(schedule: Schedule) -> dict[str, Any]:
    """Snap errors by section and by snap, and the tempi that lock."""
    return {
        "sections": [{"section": name, **_errors(errors)} for name, errors in by_section(schedule)],
        "all": _errors(errors_of(schedule)),
        "snaps": {snap.value: _errors(errors_of(schedule, snap=snap)) for snap in Snap},
        "tempi": [
            {
                "bpm": str(bpm),
                "meter": str(meter),
                "sections": list(names),
                "beat_locks": [_lock(lock) for lock in beat_locks(bpm, meter, schedule.grid)],
                "bar_locks": [_lock(lock) for lock in bar_locks(bpm, meter, schedule.grid)],
            }
            for bpm, meter, names in tempi_of(schedule)
        ],
    }


def alignment_document(alignment: Alignment) -> dict[str, Any]:
    """What puts a mark on a boundary."""
    return {
        "mark": alignment.mark,
        "seconds": str(alignment.time),
        "chunk": alignment.chunk,
        "error_ms": decimal(alignment.error * 1000, 3, trim=True),
        "now": _errors(alignment.now),
        "shift": _shift(alignment.shift),
        "tempi": [{"bpm": str(tempo.bpm), "chunk": tempo.chunk, "change": str(tempo.change)} for tempo in alignment.tempi],
    }


def best_phase_document(best: BestPhase) -> dict[str, Any]:
    """The best shifts."""
    return {"now": _errors(best.now), "least_mean": _shift(best.least_mean), "least_worst": _shift(best.least_worst)}


def _errors(errors: Errors) -> dict[str, Any]:
    return {
        "cues": errors.cues,
        "mean_ms": decimal(errors.mean * 1000, 3, trim=True),
        "worst_ms": decimal(errors.worst * 1000, 3, trim=True),
        "worst_at": errors.place,
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "later_seconds": str(shift.later),
        "delay_seconds": str(shift.delay),
        "upbeat": shift.upbeat,
        "then": _errors(shift.errors),
    }


def _lock(lock: Lock) -> dict[str, Any]:
    return {
        "bpm": str(lock.bpm),
        "beats": lock.beats,
        "chunks": lock.chunks,
        "bars": lock.bars,
        "change": str(lock.change),
    }
