"""Help with the grid: tempi that lock to chunks, the best phase, and snap errors.

Snap errors are given by section and by snap. All values are exact.
"""

from sequencer.reports.grid.phase import (
    Alignment,
    BestPhase,
    Shift,
    TempoForMark,
    align,
    best_phase,
    shift_of,
)
from sequencer.reports.grid.render import (
    alignment_document,
    best_phase_document,
    grid_document,
    render_alignment,
    render_best_phase,
    render_grid,
)
from sequencer.reports.grid.snap_errors import SnapErrors, by_section, errors_of
from sequencer.reports.grid.tempi import LockedTempo, bar_locks, beat_locks, tempi_of

__all__ = [
    "Alignment",
    "BestPhase",
    "LockedTempo",
    "Shift",
    "SnapErrors",
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
    "render_alignment",
    "render_best_phase",
    "render_grid",
    "shift_of",
    "tempi_of",
]
