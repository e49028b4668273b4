"""A schedule that contains every kind of part, and functions that change single fields of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from sequencer.core.diagnostics import Span
from sequencer.core.images import ImageFile
from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoChange, TempoMap
from sequencer.schedule.model import (
    ClockSpec,
    ControlAct,
    ControlCrossing,
    CutAct,
    Entry,
    GotoAct,
    GoTrigger,
    ImageAct,
    Mark,
    NoteAct,
    NoteTrigger,
    PauseAct,
    PickAct,
    ProgramAct,
    ProgramTrigger,
    PromptAct,
    ResumeAct,
    RuleEntry,
    Schedule,
    Send,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
    TransportTrigger,
)
from sequencer.schedule.takes import takes_of

Path = tuple[str | int, ...]
"""Names of fields and indices of tuples, from the outside in."""

_Value = TypeVar("_Value")

IMAGE = ImageFile("a.png", "a" * 64, "image/png", 640, 384, 1000)


def span(line: int) -> Span:
    """Return a span for a part of the schedule."""
    return Span("t.score", line, 1, line, 9)


def _entry(number: int, quarter: int | None, seconds: int, chunk: int, *acts: Any, start: int = 0) -> Entry:
    error = ChunkGrid().snap_error(Fraction(start + seconds), chunk)
    at = None if quarter is None else Fraction(quarter)
    return Entry(number, f"p{number}", Fraction(seconds), at, Snap.NEAREST, chunk, error, acts, span(number + 1))


PLAIN = Stretch(
    index=0,
    section="plain",
    occurrence=1,
    start=Fraction(0),
    seconds=Fraction(6),
    quarters=Fraction(12),
    tempo=TempoMap.constant(Fraction(120)),
    meters=MeterMap.of([(0, Meter(4, 4)), (2, Meter(3, 4))]),
    entries=(
        _entry(0, 0, 0, 0, PromptAct("A."), ImageAct(IMAGE), StrengthAct(Fraction(1, 2)), SuperResolutionAct("4x")),
        _entry(1, None, 4, 3, CutAct(9), PromptAct("B.")),
    ),
    rules=(),
    origin=span(1),
    marks=(Mark("m", Fraction(2), Fraction(4)),),
    sends=(
        Send(0, "s0", Fraction(1), Fraction(2), (NoteAct(60, 1, 100, Fraction(1, 2), Fraction(1)),), span(4)),
        Send(1, "s1", Fraction(3), None, (ControlAct(20, 64, 2), ProgramAct(5, 3)), span(5)),
    ),
)
LIVE = Stretch(
    index=1,
    section="live",
    occurrence=2,
    start=Fraction(6),
    seconds=Fraction(10),
    quarters=Fraction(16),
    tempo=TempoMap.of([TempoChange(Fraction(0), Fraction(120)), TempoChange(Fraction(12), Fraction(60))]),
    meters=MeterMap.of([(0, Meter(4, 4)), (3, Meter(2, 4))]),
    entries=(_entry(2, 2, 1, 5, PromptAct("C."), start=6),),
    rules=(
        RuleEntry(0, "k0", NoteTrigger(60, 1), (PickAct(("X.", "Y."), "k0"), PauseAct()), span(7)),
        RuleEntry(1, "k1", ControlCrossing(20, True, 64, 2), (ResumeAct(), GotoAct("plain")), span(8)),
        RuleEntry(2, "k2", ProgramTrigger(5, 3), (ProgramAct(6, 4),), span(9)),
        RuleEntry(3, "k3", TransportTrigger("stop"), (PromptAct("D."),), span(10)),
    ),
    until=(GoTrigger("out"), NoteTrigger(61, 2)),
    earliest=4,
    latest=4,
    soonest=Fraction(6),
    origin=span(6),
)


def _whole() -> Schedule:
    stretches = (PLAIN, LIVE)
    entries = [entry for one in stretches for entry in one.entries]
    clock = ClockSpec("midi", Fraction(120), Meter(4, 4), "port", "25", "song.mid")
    takes = takes_of(entries, 4, "2x")
    return Schedule("T", ChunkGrid(), clock, Snap.NEAREST, 2, "shift", 4, "2x", stretches, takes, 12)


WHOLE = _whole()
"""An ordinary stretch and a live one, with every act and every trigger."""


def fields_of(value: object, path: Path = ()) -> Iterator[tuple[Path, object, str]]:
    """Yield every field of a value and of its contents: its path, the object that has it, and its name."""
    if is_dataclass(value):
        for one in fields(value):
            yield (*path, one.name), value, one.name
            yield from fields_of(getattr(value, one.name), (*path, one.name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from fields_of(item, (*path, index))


def at(value: object, path: Path) -> Any:
    """Return the value at a path."""
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)  # type: ignore[index]  # tuples, by the path
    return value


def changed(value: _Value, path: Path, new: object) -> _Value:
    """Return the value with another value at a path."""
    if not path:
        return new  # type: ignore[return-value]  # a test may put any type there
    step, *rest = path
    inner = changed(at(value, (step,)), tuple(rest), new)
    if isinstance(step, int):
        assert isinstance(value, tuple)
        return (*value[:step], inner, *value[step + 1 :])  # type: ignore[return-value]  # a tuple again
    return replace(value, **{step: inner})  # type: ignore[type-var]  # a frozen record


def something_else(value: object) -> object:
    """Return another value of the same kind; None if only its contents can be changed."""
    match value:
        case bool():
            return not value
        case Snap():
            return Snap.CEIL if value is not Snap.CEIL else Snap.FLOOR
        case str():
            return f"{value}x"
        case int() | Fraction():
            return value + 1
        case None:
            return Fraction(77)
        case tuple():
            return (*value, value[0]) if value else None
        case Span():
            return span(value.line + 50)
        case MeterMap():
            return MeterMap.of([(0, Meter(9, 8))])
        case TempoMap():
            return TempoMap.constant(Fraction(77))
        case _:
            return None  # its own fields are changed one by one
