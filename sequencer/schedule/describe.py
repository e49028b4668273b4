"""Describe a schedule's parts in words and decimal numbers: acts, triggers, times and errors.

Every part of the program that shows a schedule uses these functions. Every number is rounded from
its exact fraction (halves away from zero), without floats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from sequencer.core.display import counted
from sequencer.core.midi_notes import MiddleC, note_name
from sequencer.core.timebase import ChunkGrid, TempoMap
from sequencer.schedule.model import (
    ClockSpec,
    ControlAct,
    ControlCrossing,
    CutAct,
    GotoAct,
    GoTrigger,
    ImageAct,
    MessageAct,
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
    RuleAct,
    RuleEntry,
    Schedule,
    ShuffleAct,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
    TransportTrigger,
    Trigger,
    VelocityTrigger,
)

MAX_VELOCITY = 127


def decimal(value: Fraction, places: int, *, trim: bool = False) -> str:
    """Return a fraction as a decimal, rounded to `places` digits.

    With `trim`, trailing zeros are removed.
    """
    return _decimal_of_ratio(value.numerator, value.denominator, places, trim=trim)


def _decimal_of_ratio(over: int, under: int, places: int, *, trim: bool = False) -> str:
    """Return `decimal` of over / under, which need not be in lowest terms."""
    is_negative, over = over < 0, abs(over)
    whole = (2 * over * 10**places + under) // (
        2 * under
    )  # integers: many times as fast for a page of numbers
    sign = "-" if is_negative and whole else ""
    head, tail = divmod(whole, 10**places)
    text = f"{sign}{head}.{tail:0{places}d}" if places else f"{sign}{head}"
    return text.rstrip("0").rstrip(".") if trim and places else text


def number(value: Fraction) -> str:
    """Return a fraction as a short decimal if it is one (`97.5`), else as `960/11`."""
    short = decimal(value, 4, trim=True)
    return short if Fraction(short) == value else str(value)


def clock_time(seconds: Fraction, places: int = 3) -> str:
    """Return seconds as `0:39.875`, or as `1:00:39.875` from an hour on.

    Negative seconds have a minus sign.
    """
    text = _decimal_of_ratio(abs(seconds.numerator), seconds.denominator, places)
    head, _, tail = text.partition(".")
    minutes, rest = divmod(int(head), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds.numerator < 0 and _is_not_zero(text) else ""
    shown = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{sign}{shown}.{tail}" if tail else f"{sign}{shown}"


def milliseconds(seconds: Fraction, places: int = 1) -> str:
    """Return a signed time in milliseconds, without its unit: `+187.5`, `-62.5`, `0.0`."""
    text = _decimal_of_ratio(seconds.numerator * 1000, seconds.denominator, places)
    return f"+{text}" if seconds.numerator > 0 and _is_not_zero(text) else text


def _is_not_zero(text: str) -> bool:
    """Return whether a decimal has a digit other than 0."""
    return bool(text.strip("0."))


def describe_act(act: RuleAct) -> str:
    """Return what an act does, on one line; prompts in full and in quotation marks."""
    match act:
        case PromptAct():
            return f"{describe_fade(act.fade) or 'prompt '}“{act.text}”"
        case PickAct() | ShuffleAct():
            texts = " | ".join(f"“{text}”" for text in act.texts)
            which = "one" if isinstance(act, PickAct) else "the next"
            return f"{describe_fade(act.fade)}{which} of {texts}"
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
        case NoteAct() | ControlAct() | ProgramAct() | OscAct():
            return _describe_message(act)


def _describe_message(act: MessageAct) -> str:
    match act:
        case NoteAct():
            return (
                f"midi note {act.note} ch {act.channel} vel {act.velocity} for "
                f"{number(act.seconds * 1000)} ms"
            )
        case ControlAct():
            return f"midi cc {act.control} {act.value} ch {act.channel}"
        case ProgramAct():
            return f"midi program {act.program} ch {act.channel} ({act.program - 1} on the wire)"
        case OscAct():
            return " ".join(("osc", act.address, *act.arguments))


def count_messages(acts: Iterable[MessageAct]) -> tuple[str, ...]:
    """Return how many messages there are, for each kind of receiver that gets any."""
    by_receiver = Counter("OSC" if isinstance(act, OscAct) else "MIDI" for act in acts)
    midi, osc = by_receiver["MIDI"], by_receiver["OSC"]
    return (
        *((f"{counted(midi, 'message')} to MIDI devices",) if midi else ()),
        *((counted(osc, "OSC message"),) if osc else ()),
    )


def describe_fade(chunks: int) -> str:
    """Return what precedes a prompt that fades in: `fade 2c to `; empty if it does not."""
    return f"fade {chunks}c to " if chunks else ""


def describe_trigger(firing: Trigger, middle: MiddleC) -> str:
    """Return a trigger with its MIDI numbers, which are what a device must send.

    `middle` is the name of note 60.
    """
    match firing:
        case NoteTrigger():
            return (
                f"note {firing.note} ({note_name(firing.note, middle)}){_channel(firing.channel)}"
            )
        case VelocityTrigger():
            name = note_name(firing.note, middle)
            loud = describe_velocity(firing)
            return f"note {firing.note} ({name}){_channel(firing.channel)} {loud}"
        case ReleaseTrigger():
            name = note_name(firing.note, middle)
            return f"release {firing.note} ({name}){_channel(firing.channel)}"
        case ControlCrossing():
            return (
                f"cc {firing.control} {'>' if firing.above else '<'} "
                f"{firing.value}{_channel(firing.channel)}"
            )
        case ProgramTrigger():
            return (
                f"program {firing.program} ({firing.program - 1} on the "
                f"wire){_channel(firing.channel)}"
            )
        case TransportTrigger():
            return firing.what
        case OscTrigger() | OscCrossing():
            return describe_osc(firing)
        case GoTrigger():
            return f"go {firing.name}"


def firing_by_name(firing: Trigger, middle: MiddleC) -> str:
    """Return a trigger as an operator writes it.

    For example:

    `note D3 ch 10`, `cc 20 > 64`, `program 5`, `go out`.
    """
    match firing:
        case NoteTrigger():
            return f"note {note_name(firing.note, middle)}{_channel(firing.channel)}"
        case VelocityTrigger():
            name = note_name(firing.note, middle)
            return f"note {name}{_channel(firing.channel)} {describe_velocity(firing)}"
        case ReleaseTrigger():
            return f"release {note_name(firing.note, middle)}{_channel(firing.channel)}"
        case ProgramTrigger():
            return f"program {firing.program}{_channel(firing.channel)}"
        case _:
            return describe_trigger(firing, middle)


def describe_velocity(firing: VelocityTrigger) -> str:
    """Return which velocities fire a trigger: `vel >= 100`, `vel <= 20`."""
    if firing.highest == MAX_VELOCITY:
        return f"vel >= {firing.lowest}"
    return f"vel <= {firing.highest}"


def describe_osc(firing: OscTrigger | OscCrossing) -> str:
    """Return a trigger on OSC messages: `osc /drop`, `osc /fader/1 > 0.5`."""
    if isinstance(firing, OscTrigger):
        return f"osc {firing.address}"
    return f"osc {firing.address} {'>' if firing.above else '<'} {number(firing.value)}"


def describe_quantisation(quantisation: Quantisation) -> str:
    """Return where a quantised rule lands: `next bar`, `next 2 bars`, `next beat`."""
    if quantisation.count == 1:
        return f"next {quantisation.unit.removesuffix('s')}"
    return f"next {quantisation.count} {quantisation.unit}"


def describe_rule(rule: RuleEntry, middle: MiddleC) -> str:
    """Return a rule's trigger with its MIDI numbers, and where it lands if it is quantised."""
    return describe_trigger(rule.trigger, middle) + _at(rule)


def rule_by_name(rule: RuleEntry, middle: MiddleC) -> str:
    """Return the same with the trigger as an operator writes it: `note D3 at next bar`."""
    return firing_by_name(rule.trigger, middle) + _at(rule)


def _at(rule: RuleEntry) -> str:
    at = rule.quantisation
    return "" if at is None else f" at {describe_quantisation(at)}"


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


MAX_TEMPI = 12
"""How many tempi of a stretch are named; with more, the slowest and the fastest."""


def tempo_in_words(tempo: TempoMap) -> str:
    """Return the tempi of a stretch in order, with `120 → 132 bpm` for a ramp.

    If there are many, as in the beats of a song, return `104.17 to 110.91 bpm (60 tempi)`.
    """
    if len(tempo.segments) > MAX_TEMPI:
        paces = [pace for one in tempo.segments for pace in (one.first, one.last)]
        low, high = (decimal(60 / pace, 2, trim=True) for pace in (max(paces), min(paces)))
        return f"{low} to {high} bpm ({len(tempo.segments)} tempi)"
    found: list[str] = []
    for segment in tempo.segments:
        first, last = number(60 / segment.first), number(60 / segment.last)
        if not found or found[-1].rsplit(" ", 1)[-1] != first:
            found.append(first)
        if last != first:
            found[-1] += f" → {last}"
    return ", ".join(found) + " bpm"


def meter_in_words(stretch: Stretch) -> str:
    """Return the meters of a stretch in order; empty if there are no beats."""
    return (
        ""
        if stretch.meters is None
        else ", ".join(dict.fromkeys(str(meter) for _, meter in stretch.meters.changes))
    )


def length_in_words(stretch: Stretch) -> str:
    """Return the length of a stretch as a musician states it.

    For example:

    `8 bars`, `1 bar 2 beats`; in seconds if there are no beats.
    """
    if stretch.meters is None or stretch.quarters is None:
        return f"{decimal(stretch.seconds, 3, trim=True)} s"
    end = stretch.meters.bar_beat_at(stretch.quarters)
    beats = end.beat - 1 + end.rest
    parts = [f"{end.bar - 1} bar{'' if end.bar == 2 else 's'}"] if end.bar > 1 else []
    if beats:
        parts.append(f"{number(beats)} beat{'' if beats == 1 else 's'}")
    return " ".join(parts) or "nothing"


def bar_beat_of(stretch: Stretch, quarter: Fraction | None, offset: Fraction) -> str:
    """Return the position of a cue as `bar.beat`; empty without beats.

    A position that is given as a time and falls inside a beat begins with `≈`.
    """
    if stretch.meters is None or stretch.tempo is None:
        return ""
    if quarter is not None:
        return str(stretch.meters.bar_beat_at(quarter))
    # The inverse of a ramp is not perfectly exact, and nobody needs a fraction of a beat with nine
    # digits.
    near = Fraction(round(stretch.tempo.quarter_at(offset) * 960), 960)
    position = stretch.meters.bar_beat_at(near)
    if stretch.tempo.seconds_at(near) == offset and position.rest.denominator <= 16:
        return str(position)
    return f"≈{position.bar}.{position.beat}" + (
        f"+{decimal(position.rest, 2)[1:]}" if position.rest else ""
    )


def describe_pass(section: str | None, occurrence: int, passes: int) -> str:
    """Return a section's name, with the number of its pass if it is played more than once.

    For example:

    `drop 2/2`.
    """
    name = "score" if section is None else section
    return f"{name} {occurrence}/{passes}" if passes > 1 else name


def bare(action: str) -> str:
    """Return an action (see `prompt_actions`) without ellipses at its ends.

    This suits places that show only actions.
    """
    return action.removeprefix("… ").removesuffix(" …")


def _about(clock: ClockSpec) -> str:
    """Return the first tempo of a file, which is rarely a short number, and its meter."""
    return "" if clock.bpm is None else f"{decimal(clock.bpm, 2, trim=True)} bpm {clock.meter}"


def describe_grid(grid: ChunkGrid) -> str:
    """Return the grid as a score has it: `12 frames @ 16 fps, first 9`."""
    first = "" if grid.first is None else f", first {grid.first}"
    return f"{grid.frames} frames @ {number(grid.fps)} fps{first}"


def describe_clock(schedule: Schedule) -> str:
    """Return a schedule's basis: clock, grid, snap, lead, seed and sr.

    The terms are those of a score's header.
    """
    clock = schedule.clock
    beats = "" if clock.bpm is None else f"{number(clock.bpm)} bpm {clock.meter}"
    port = "" if clock.port is None else f" “{clock.port}”"
    who = {
        "chunks": "clock chunks",
        "bpm": beats,
        "midi": f"MIDI clock{port}, nominal {beats}",
        "link": f"Link, nominal {beats}",
        "mtc": f"MIDI time code{port}, {clock.rate} frames per second",
        "file": f"the time of {clock.file}, from {_about(clock)}",
    }
    grid, track = schedule.grid, schedule.sound
    start = "" if track is None or not track.start else f" from {number(track.start)} s"
    return " · ".join(
        (
            who[clock.kind],
            *(() if track is None else (f"sound {track.path}{start}",)),
            f"{describe_grid(grid)} = {number(grid.chunk)} s per chunk",
            f"snap {schedule.snap}",
            f"lead {schedule.lead}c",
            f"seed {schedule.seed}",
            f"sr {schedule.sr}",
        )
    )
