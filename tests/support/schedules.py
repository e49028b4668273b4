"""A schedule that contains every kind of part, and functions that change single fields of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from sequencer.core.diagnostics import Span
from sequencer.core.images import ImageFile
from sequencer.core.sounds import SoundTrack
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
    OscAct,
    OscCrossing,
    OscTrigger,
    PauseAct,
    PickAct,
    ProgramAct,
    ProgramTrigger,
    PromptAct,
    Quantisation,
    ReleaseTrigger,
    ResumeAct,
    RuleEntry,
    Schedule,
    Send,
    ShuffleAct,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
    TransportTrigger,
    VelocityTrigger,
)
from sequencer.schedule.takes import takes_of

Path = tuple[str | int, ...]
"""Names of fields and indices of tuples, from the outside in."""

_Value = TypeVar("_Value")

IMAGE = ImageFile(
    path="a.png", sha256="a" * 64, mime_type="image/png", width=640, height=384, size=1000
)


def span(line: int) -> Span:
    """Return a span for a part of the schedule."""
    return Span("t.score", line, 1, line, 9)


def _entry(
    number: int, quarter: int | None, seconds: int, chunk: int, *acts: Any, start: int = 0
) -> Entry:
    error = ChunkGrid().snap_error(Fraction(start + seconds), chunk)
    at = None if quarter is None else Fraction(quarter)
    return Entry(
        id=number,
        place=f"p{number}",
        offset=Fraction(seconds),
        quarter=at,
        snap=Snap.NEAREST,
        chunk=chunk,
        error=error,
        acts=acts,
        origin=span(number + 1),
    )


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
        _entry(
            0,
            0,
            0,
            0,
            PromptAct("A."),
            ImageAct(IMAGE),
            StrengthAct(Fraction(1, 2)),
            SuperResolutionAct("4x"),
        ),
        _entry(1, None, 4, 3, CutAct(9), PromptAct("B.")),
    ),
    rules=(),
    origin=span(1),
    marks=(Mark("m", Fraction(2), Fraction(4)),),
    sends=(
        Send(
            id=0,
            place="s0",
            offset=Fraction(1),
            quarter=Fraction(2),
            acts=(
                NoteAct(
                    note=60, channel=1, velocity=100, seconds=Fraction(1, 2), quarters=Fraction(1)
                ),
            ),
            origin=span(4),
        ),
        Send(
            id=1,
            place="s1",
            offset=Fraction(3),
            quarter=None,
            acts=(ControlAct(control=20, value=64, channel=2), ProgramAct(5, 3)),
            origin=span(5),
        ),
    ),
)
LIVE = Stretch(
    index=1,
    section="live",
    occurrence=2,
    start=Fraction(6),
    seconds=Fraction(10),
    quarters=Fraction(16),
    tempo=TempoMap.of(
        [
            TempoChange(quarter=Fraction(0), bpm=Fraction(120)),
            TempoChange(quarter=Fraction(12), bpm=Fraction(60)),
        ]
    ),
    meters=MeterMap.of([(0, Meter(4, 4)), (3, Meter(2, 4))]),
    entries=(_entry(2, 2, 1, 5, PromptAct("C."), start=6),),
    rules=(
        RuleEntry(
            id=0,
            key="k0",
            trigger=NoteTrigger(60, 1),
            acts=(PickAct(("X.", "Y."), "k0"), PauseAct()),
            origin=span(7),
            quantisation=Quantisation(2, "bars"),
        ),
        RuleEntry(
            id=1,
            key="k1",
            trigger=ControlCrossing(control=20, above=True, value=64, channel=2),
            acts=(ResumeAct(), GotoAct("plain")),
            origin=span(8),
            quantisation=Quantisation(1, "beats"),
        ),
        RuleEntry(
            id=2,
            key="k2",
            trigger=ProgramTrigger(5, 3),
            acts=(ProgramAct(6, 4), OscAct("/out", ("1", '"a"'))),
            origin=span(9),
            quantisation=Quantisation(4, "bars"),
        ),
        RuleEntry(
            id=3,
            key="k3",
            trigger=TransportTrigger("stop"),
            acts=(PromptAct("D."),),
            origin=span(10),
            quantisation=Quantisation(1, "bars"),
        ),
    ),
    until=(
        GoTrigger("out"),
        NoteTrigger(61, 2),
        VelocityTrigger(note=62, lowest=1, highest=20, channel=3),
        ReleaseTrigger(63, 4),
        OscTrigger("/drop"),
        OscCrossing(address="/fader", above=True, value=Fraction(1, 2)),
    ),
    earliest=4,
    latest=4,
    soonest=Fraction(6),
    origin=span(6),
)


def _whole() -> Schedule:
    stretches = (PLAIN, LIVE)
    entries = [entry for one in stretches for entry in one.entries]
    clock = ClockSpec(
        kind="midi", bpm=Fraction(120), meter=Meter(4, 4), port="port", rate="25", file="song.mid"
    )
    takes = takes_of(entries, 4, "2x")
    return Schedule(
        title="T",
        grid=ChunkGrid(),
        clock=clock,
        snap=Snap.NEAREST,
        lead=2,
        late="shift",
        seed=4,
        sr="2x",
        stretches=stretches,
        takes=takes,
        end=12,
        sound=SoundTrack(path="song.wav", start=Fraction(5, 2), origin=span(1)),
    )


WHOLE = _whole()
"""An ordinary stretch and a live one, with every act and every trigger of the first version."""

LATER_RULES = (
    RuleEntry(
        id=4,
        key="k4",
        trigger=GoTrigger("later"),
        acts=(ShuffleAct(("X.", "Y."), "k4"),),
        origin=span(11),
        quantisation=Quantisation(1, "bars"),
    ),
)
"""Rules with the acts and triggers that were added later."""

EVERYTHING = replace(WHOLE, stretches=(PLAIN, replace(LIVE, rules=(*LIVE.rules, *LATER_RULES))))
"""The same, with those that were added later."""


def fields_of(value: object, path: Path = ()) -> Iterator[tuple[Path, object, str]]:
    """Yield every field of a value and of its contents: its path, the object that has it, and its
    name.
    """
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
