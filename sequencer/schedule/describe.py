"""A schedule's parts in words and plain numbers: acts, triggers, times, errors. Used wherever a schedule is shown.

Every number is rounded from its exact fraction (halves away from zero); no float takes part.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from sequencer.core.midi_notes import note_name
from sequencer.core.timebase import TempoMap
from sequencer.schedule.model import (
    ControlAct,
    ControlCrossing,
    CutAct,
    GotoAct,
    GoTrigger,
    ImageAct,
    NoteAct,
    NoteTrigger,
    PauseAct,
    PickAct,
    ProgramAct,
    ProgramTrigger,
    PromptAct,
    ResumeAct,
    RuleAct,
    Schedule,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
    TransportTrigger,
    Trigger,
)


def decimal(value: Fraction, places: int, *, trim: bool = False) -> str:
    """A fraction as a decimal, rounded to `places`; with `trim` without trailing zeros."""
    over, under = abs(value.numerator), value.denominator
    whole = (2 * over * 10**places + under) // (2 * under)  # whole numbers: a page of numbers is written many times as fast
    sign = "-" if value < 0 and whole else ""
    head, tail = divmod(whole, 10**places)
    text = f"{sign}{head}.{tail:0{places}d}" if places else f"{sign}{head}"
    return text.rstrip("0").rstrip(".") if trim and places else text


def number(value: Fraction) -> str:
    """A fraction as people write it: a decimal where it is a short one (`97.5`), else a fraction (`960/11`)."""
    short = decimal(value, 4, trim=True)
    return short if Fraction(short) == value else str(value)


def clock_time(seconds: Fraction, places: int = 3) -> str:
    """Seconds as `0:39.875`, or `1:00:39.875` from an hour on; negative ones with a minus."""
    text = decimal(abs(seconds), places)
    head, _, tail = text.partition(".")
    minutes, rest = divmod(int(head), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 and Fraction(text) else ""
    shown = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{sign}{shown}.{tail}" if tail else f"{sign}{shown}"


def milliseconds(seconds: Fraction, places: int = 1) -> str:
    """A signed time in milliseconds, without its unit: `+187.5`, `-62.5`, `0.0`."""
    text = decimal(seconds * 1000, places)
    return f"+{text}" if seconds > 0 and Fraction(text) else text


def describe_act(act: RuleAct) -> str:
    """What an act does, on one line; prompts whole and in quotation marks."""
    match act:
        case PromptAct():
            return f"prompt “{act.text}”"
        case PickAct():
            return "one of " + " | ".join(f"“{text}”" for text in act.texts)
        case ImageAct():
            return f"image {act.image.path}"
        case StrengthAct():
            return f"strength {number(act.value)}"
        case SuperResolutionAct():
            return f"sr {act.scale}"
        case CutAct():
            return "cut" if act.seed is None else f"cut seed {act.seed}"
        case PauseAct():
            return "pause"
        case ResumeAct():
            return "resume"
        case GotoAct():
            return f"goto {act.section}"
        case NoteAct():
            return f"midi note {act.note} ch {act.channel} vel {act.velocity} for {number(act.seconds * 1000)} ms"
        case ControlAct():
            return f"midi cc {act.control} {act.value} ch {act.channel}"
        case ProgramAct():
            return f"midi program {act.program} ch {act.channel} ({act.program - 1} on the wire)"


def describe_trigger(firing: Trigger, middle: Literal["C3", "C4"]) -> str:
    """What fires, with the MIDI numbers that are listened for: what a device must send. Note 60 is called `middle`."""
    match firing:
        case NoteTrigger():
            return f"note {firing.note} ({note_name(firing.note, middle)}){_channel(firing.channel)}"
        case ControlCrossing():
            return f"cc {firing.control} {'>' if firing.above else '<'} {firing.value}{_channel(firing.channel)}"
        case ProgramTrigger():
            return f"program {firing.program} ({firing.program - 1} on the wire){_channel(firing.channel)}"
        case TransportTrigger():
            return firing.what
        case GoTrigger():
            return f"go {firing.name}"


def firing_by_name(firing: Trigger, middle: Literal["C3", "C4"]) -> str:
    """Return what fires as an operator writes it: `note D3 ch 10`, `cc 20 > 64`, `program 5`, `go out`."""
    match firing:
        case NoteTrigger():
            return f"note {note_name(firing.note, middle)}{_channel(firing.channel)}"
        case ProgramTrigger():
            return f"program {firing.program}{_channel(firing.channel)}"
        case _:
            return describe_trigger(firing, middle)


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


def tempo_in_words(tempo: TempoMap) -> str:
    """The tempi of a stretch in order, `120 → 132 bpm` for a ramp."""
    found: list[str] = []
    for segment in tempo.segments:
        first, last = number(60 / segment.first), number(60 / segment.last)
        if not found or found[-1].rsplit(" ", 1)[-1] != first:
            found.append(first)
        if last != first:
            found[-1] += f" → {last}"
    return ", ".join(found) + " bpm"


def meter_in_words(stretch: Stretch) -> str:
    """The meters of a stretch in order; empty where there are no beats."""
    return "" if stretch.meters is None else ", ".join(dict.fromkeys(str(meter) for _, meter in stretch.meters.changes))


def length_in_words(stretch: Stretch) -> str:
    """How long a stretch is as a musician says it: `8 bars`, `1 bar 2 beats`; in seconds where there are no beats."""
    if stretch.meters is None or stretch.quarters is None:
        return f"{decimal(stretch.seconds, 3, trim=True)} s"
    end = stretch.meters.bar_beat_at(stretch.quarters)
    beats = end.beat - 1 + end.rest
    parts = [f"{end.bar - 1} bar{'' if end.bar == 2 else 's'}"] if end.bar > 1 else []
    if beats:
        parts.append(f"{number(beats)} beat{'' if beats == 1 else 's'}")
    return " ".join(parts) or "nothing"


def bar_beat_of(stretch: Stretch, quarter: Fraction | None, offset: Fraction) -> str:
    """Where a cue stands, as `bar.beat`; with `≈` where its place is a time and falls inside of a beat; empty without beats."""
    if stretch.meters is None or stretch.tempo is None:
        return ""
    if quarter is not None:
        return str(stretch.meters.bar_beat_at(quarter))
    # The inverse of a ramp is only nearly exact, and a fraction of a beat with nine digits helps nobody.
    near = Fraction(round(stretch.tempo.quarter_at(offset) * 960), 960)
    place = stretch.meters.bar_beat_at(near)
    if stretch.tempo.seconds_at(near) == offset and place.rest.denominator <= 16:
        return str(place)
    return f"≈{place.bar}.{place.beat}" + (f"+{decimal(place.rest, 2)[1:]}" if place.rest else "")


def describe_pass(section: str | None, occurrence: int, passes: int) -> str:
    """A section's name, with the number of its pass where it is played more than once: `drop 2/2`."""
    name = "score" if section is None else section
    return f"{name} {occurrence}/{passes}" if passes > 1 else name


def bare(action: str) -> str:
    """An action (see `actions`) without the ellipses at its ends, for where everything shown is one."""
    return action.removeprefix("… ").removesuffix(" …")


def describe_clock(schedule: Schedule) -> str:
    """What a schedule is counted on: clock, grid, snap, lead, seed and sr, as the header of a score says them."""
    clock = schedule.clock
    beats = "" if clock.bpm is None else f"{number(clock.bpm)} bpm {clock.meter}"
    port = "" if clock.port is None else f" “{clock.port}”"
    who = {
        "chunks": "clock chunks",
        "bpm": beats,
        "midi": f"MIDI clock{port}, nominal {beats}",
        "link": f"Link, nominal {beats}",
        "mtc": f"MIDI time code{port}, {clock.rate} frames a second",
        "file": f"the time of {clock.file}, from {beats}",
    }
    grid = schedule.grid
    return " · ".join(
        (
            who[clock.kind],
            f"{grid.frames} frames @ {number(grid.fps)} fps = {number(grid.chunk)} s a chunk",
            f"snap {schedule.snap}",
            f"lead {schedule.lead}c",
            f"seed {schedule.seed}",
            f"sr {schedule.sr}",
        )
    )
