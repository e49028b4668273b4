"""Write, check, rehearse and perform scores for real-time video models.

>>> import sequencer
>>> score = sequencer.reads('seed 42\nat 0c "A paper boat drifts along a gutter."\nend 4c\n')
>>> schedule = sequencer.compile_score(score)
>>> schedule.end
4
>>> rehearsed = sequencer.rehearse(schedule, video=False, save=False)
>>> rehearsed.report.all_landed
True

Names are loaded on first use (PEP 562), so that each half works without the libraries of the other: a score can be read and
checked without network and media libraries, and a compiled schedule can be performed without lark.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequencer.api.runs import rehearse
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
    from sequencer.language.compiler import Compilation, compile_score
    from sequencer.language.notations import print_score, read, reads
    from sequencer.language.score import Score
    from sequencer.runtime.rehearsal import RehearsalResult
    from sequencer.schedule.model import Schedule

_HOMES = {
    "sequencer.language.check": ("CheckResult", "check"),
    "sequencer.language.compiler": ("Compilation", "compile_score"),
    "sequencer.engine.conductor": ("Conductor", "CueReport", "Report", "Status"),
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
    "sequencer.engine.journal": ("Journal", "read_journal"),
    "sequencer.language.notations": ("print_score", "read", "reads"),
    "sequencer.api.runs": ("rehearse",),
    "sequencer.runtime.rehearsal": ("RehearsalResult",),
    "sequencer.engine.replay": ("Replay", "replay"),
    "sequencer.schedule": ("Schedule",),
    "sequencer.language.score": ("Score",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CheckResult",
    "Compilation",
    "Conductor",
    "CueReport",
    "Diagnostic",
    "InputError",
    "Journal",
    "JournalError",
    "OutputError",
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
    "check",
    "compile_score",
    "print_score",
    "read",
    "read_journal",
    "reads",
    "rehearse",
    "replay",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
