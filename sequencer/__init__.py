"""Write, check, rehearse and perform scores for real-time video models.

>>> import sequencer
>>> score = sequencer.reads('seed 42\\nat 0c "A paper boat drifts along a gutter."\\nend 4c\\n')
>>> schedule = sequencer.compile_score(score)
>>> schedule
<Schedule: 4 chunks (5.5 s), 1 cue>
>>> rehearsed = sequencer.rehearse(schedule, video=False, save=False)
>>> rehearsed.report.all_landed
True

Names are loaded on first use (PEP 562), so that each half works without the libraries of the other:
a score can be read and checked without network and media libraries, and a compiled schedule can be
performed without lark.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sequencer.core.display import register_html_renderer
from sequencer.core.version import package_version

if TYPE_CHECKING:
    from sequencer.api.beats import FoundBeats, beats
    from sequencer.api.ensembles import rehearse_ensemble
    from sequencer.api.evolving import Evolved, evolve, evolve_async
    from sequencer.api.exporting import export
    from sequencer.api.importing import import_
    from sequencer.api.language_model import LanguageModelError
    from sequencer.api.performing import perform, perform_async
    from sequencer.api.rehearsing import rehearse
    from sequencer.api.rendering import render
    from sequencer.api.reporting import diff, freeze, sheet, timeline
    from sequencer.core.diagnostics import Diagnostic, Span
    from sequencer.core.errors import (
        InputError,
        JournalError,
        OutputError,
        ScheduleError,
        ScoreError,
        SequencerError,
        StageError,
        UsageError,
    )
    from sequencer.engine.conductor.deliveries import Status
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.engine.conductor.report import CueReport, Report
    from sequencer.engine.journal import Journal, read_journal
    from sequencer.engine.replay import Replay, replay
    from sequencer.language.check import CheckResult, check
    from sequencer.language.compiler import Compilation, compile_ensemble, compile_score
    from sequencer.language.notations import print_score, read, reads
    from sequencer.language.score import Score
    from sequencer.reports.diff import Comparison
    from sequencer.runtime.results import EnsembleResult, PerformanceResult, RehearsalResult
    from sequencer.schedule.ensemble import EnsembleSchedule
    from sequencer.schedule.model import Schedule

    __version__: str
    """The version of the package, from its metadata."""

_HOMES = {
    "sequencer.api.beats": ("FoundBeats", "beats"),
    "sequencer.api.evolving": ("Evolved", "evolve", "evolve_async"),
    "sequencer.api.exporting": ("export",),
    "sequencer.api.importing": ("import_",),
    "sequencer.api.language_model": ("LanguageModelError",),
    "sequencer.api.performing": ("perform", "perform_async"),
    "sequencer.api.ensembles": ("rehearse_ensemble",),
    "sequencer.api.rehearsing": ("rehearse",),
    "sequencer.api.rendering": ("render",),
    "sequencer.api.reporting": ("diff", "freeze", "sheet", "timeline"),
    "sequencer.core.diagnostics": ("Diagnostic", "Span"),
    "sequencer.core.errors": (
        "InputError",
        "JournalError",
        "OutputError",
        "ScheduleError",
        "ScoreError",
        "SequencerError",
        "StageError",
        "UsageError",
    ),
    "sequencer.engine.conductor.deliveries": ("Status",),
    "sequencer.engine.conductor.machine": ("Conductor",),
    "sequencer.engine.conductor.report": ("CueReport", "Report"),
    "sequencer.engine.journal": ("Journal", "read_journal"),
    "sequencer.engine.replay": ("Replay", "replay"),
    "sequencer.language.check": ("CheckResult", "check"),
    "sequencer.language.compiler": ("Compilation", "compile_ensemble", "compile_score"),
    "sequencer.language.notations": ("print_score", "read", "reads"),
    "sequencer.language.score": ("Score",),
    "sequencer.reports.diff": ("Comparison",),
    "sequencer.runtime.results": ("EnsembleResult", "PerformanceResult", "RehearsalResult"),
    "sequencer.schedule.ensemble": ("EnsembleSchedule",),
    "sequencer.schedule.model": ("Schedule",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CheckResult",
    "Comparison",
    "Compilation",
    "Conductor",
    "CueReport",
    "Diagnostic",
    "EnsembleResult",
    "EnsembleSchedule",
    "Evolved",
    "FoundBeats",
    "InputError",
    "Journal",
    "JournalError",
    "LanguageModelError",
    "OutputError",
    "PerformanceResult",
    "RehearsalResult",
    "Replay",
    "Report",
    "Schedule",
    "ScheduleError",
    "Score",
    "ScoreError",
    "SequencerError",
    "Span",
    "StageError",
    "Status",
    "UsageError",
    "__version__",
    "beats",
    "check",
    "compile_ensemble",
    "compile_score",
    "diff",
    "evolve",
    "evolve_async",
    "export",
    "freeze",
    "import_",
    "perform",
    "perform_async",
    "print_score",
    "read",
    "read_journal",
    "reads",
    "rehearse",
    "rehearse_ensemble",
    "render",
    "replay",
    "sheet",
    "timeline",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is not None:
        value = getattr(import_module(home), name)
    elif name == "__version__":
        value = package_version()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _render_html(value: object) -> str | None:
    """Draw a value for a notebook. What draws it is loaded when a notebook first shows one."""
    from sequencer.api.display import render_html

    return render_html(value)


register_html_renderer(_render_html)
