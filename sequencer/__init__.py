"""The score sequencer for real-time video models.

>>> import sequencer
>>> score = sequencer.reads('seed 42\nat 0c "A paper boat drifts along a gutter."\nend 4c\n')
>>> schedule = sequencer.compile_score(score)
>>> schedule.end
4
>>> rehearsed = sequencer.rehearse(schedule, video=False, save=False)
>>> rehearsed.report.all_landed
True

Names are loaded when they are first used (PEP 562), so that the two halves can live apart: a score is read and checked where
no network or media library is installed, a compiled schedule is performed where lark is not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequencer.checking import Checked, check
    from sequencer.compiler import Compilation, compile_score
    from sequencer.conductor import Conductor, CueReport, Report, Status
    from sequencer.errors import (
        Diagnostic,
        InputError,
        JournalError,
        OutputError,
        ScheduleError,
        ScoreError,
        SequencerError,
        Span,
        StageError,
        UsageError,
    )
    from sequencer.journal import Journal, read_journal
    from sequencer.notation import print_score, read, reads
    from sequencer.rehearsal import Rehearsed, rehearse
    from sequencer.replaying import Replay, replay
    from sequencer.schedule import Schedule
    from sequencer.score import Score

_HOMES = {
    "sequencer.checking": ("Checked", "check"),
    "sequencer.compiler": ("Compilation", "compile_score"),
    "sequencer.conductor": ("Conductor", "CueReport", "Report", "Status"),
    "sequencer.errors": (
        "Diagnostic",
        "InputError",
        "JournalError",
        "OutputError",
        "ScheduleError",
        "ScoreError",
        "SequencerError",
        "Span",
        "StageError",
        "UsageError",
    ),
    "sequencer.journal": ("Journal", "read_journal"),
    "sequencer.notation": ("print_score", "read", "reads"),
    "sequencer.rehearsal": ("Rehearsed", "rehearse"),
    "sequencer.replaying": ("Replay", "replay"),
    "sequencer.schedule": ("Schedule",),
    "sequencer.score": ("Score",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Checked",
    "Compilation",
    "Conductor",
    "CueReport",
    "Diagnostic",
    "InputError",
    "Journal",
    "JournalError",
    "OutputError",
    "Rehearsed",
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
