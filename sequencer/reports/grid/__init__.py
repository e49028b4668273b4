"""Help with the grid: tempi that lock to chunks, the phase that fits best, snap errors by section and by snap. All exact."""

from sequencer.reports.grid.phase import Alignment, BestPhase, Shift, TempoForMark, align, best_phase, shift_of
from sequencer.reports.grid.render import (
    alignment_document,
    best_phase_document,
    grid_document,
    tell_alignment,
    tell_best_phase,
    tell_grid,
)
from sequencer.reports.grid.snap_errors import Errors, by_section, errors_of
from sequencer.reports.grid.tempi import Lock, bar_locks, beat_locks, tempi_of

__all__ = [
    "Alignment",
    "BestPhase",
    "Errors",
    "Lock",
    "Shift",
    "TempoForMark",
    "align",
    "alignment_document",
    "bar_locks",
    "beat_locks",
    "best_phase",
    "best_phase_document",
    "by_section",
    "errors_of",
    "grid_document",
    "shift_of",
    "tell_alignment",
    "tell_best_phase",
    "tell_grid",
    "tempi_of",
]
