"""Triggers become firings: notes get their numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.midi_notes import note_number
from sequencer.core.timebase import ChunkGrid
from sequencer.language.compiler.fixes import add_clock_fix
from sequencer.language.compiler.ir import BlockPosition, PlacedBlock, Resolved, ResolvedMidi
from sequencer.language.compiler.local_time import BlockTime, missing_tempo_message
from sequencer.language.score import (
    GridLine,
    OnControl,
    OnGo,
    OnNote,
    OnProgram,
    OnTransport,
    SendControl,
    SendMidi,
    SendNote,
    SendProgram,
    Trigger,
    Unit,
)
from sequencer.schedule.model import (
    ControlAct,
    ControlCrossing,
    GoTrigger,
    MidiAct,
    NoteAct,
    NoteTrigger,
    ProgramAct,
    ProgramTrigger,
    TransportTrigger,
)
from sequencer.schedule.model import (
    Trigger as ScheduleTrigger,
)


def number_of(written: str, middle: Literal["C3", "C4"], span: Span, faults: Diagnostics) -> int | None:
    """The number of a note that was written as a name or a number. None where it has none (told)."""
    number = note_number(written, middle)
    if number is None:
        faults.error("E312", f"{written} is no MIDI note with middle C called {middle}", span, "notes go from 0 to 127")
    return number


def schedule_trigger(trigger: Trigger, middle: Literal["C3", "C4"], faults: Diagnostics) -> ScheduleTrigger | None:
    """The firing of a trigger. None where the note has no number (told)."""
    match trigger:
        case OnNote():
            number = number_of(trigger.written, middle, trigger.span, faults)
            if number is None:
                return None
            return NoteTrigger(number, trigger.channel)
        case OnControl():
            return ControlCrossing(trigger.control, trigger.above, trigger.value, trigger.channel)
        case OnProgram():
            return ProgramTrigger(trigger.program, trigger.channel)
        case OnTransport():
            return TransportTrigger(trigger.what)
        case OnGo():
            return GoTrigger(trigger.name)


def trigger_key(firing: ScheduleTrigger) -> str:
    """A firing in one word, for the journal, for draws and for finding rules of the same trigger."""
    match firing:
        case NoteTrigger():
            return f"note {firing.note}{_channel(firing.channel)}"
        case ControlCrossing():
            return f"cc {firing.control} {'>' if firing.above else '<'} {firing.value}{_channel(firing.channel)}"
        case ProgramTrigger():
            return f"program {firing.program}{_channel(firing.channel)}"
        case TransportTrigger():
            return firing.what
        case GoTrigger():
            return f"go {firing.name}"


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


CHANNEL = 1
"""The channel where none is written."""
VELOCITY = 100
"""The velocity of a note where none is written."""
LASTS = Fraction(1, 10)
"""How long a note sounds where nothing is written, in seconds."""


def midi_act(action: SendMidi, middle: Literal["C3", "C4"], faults: Diagnostics) -> ResolvedMidi | None:
    """What an action sends. None where its note has no number (told)."""
    channel = action.channel or CHANNEL
    match action:
        case SendNote():
            number = number_of(action.written, middle, action.span, faults)
            if number is None:
                return None
            velocity = VELOCITY if action.velocity is None else action.velocity
            return ResolvedMidi(NoteAct(number, channel, velocity, LASTS), action.length, action.span)
        case SendControl():
            return ResolvedMidi(ControlAct(action.control, action.value, channel), None, action.span)
        case SendProgram():
            return ResolvedMidi(ProgramAct(action.program, channel), None, action.span)


class NoteLengths:
    """How long the notes of a block sound, written in whatever unit. A rule's beats are those of the block's beginning."""

    def __init__(self, placed: PlacedBlock, resolved: Resolved, faults: Diagnostics) -> None:
        line = resolved.score.header.grid or GridLine()
        self._local = BlockTime(
            ChunkGrid(line.frames, line.fps),
            placed.meters,
            faults,
            add_clock_fix(resolved.score),
            missing_tempo_message(resolved.score.header.clock),
        )
        self._local.tempo = placed.tempo

    @property
    def has_no_beats(self) -> bool:
        """Whether the block counts in seconds and chunks only."""
        return self._local.meters is None

    def act(self, work: ResolvedMidi, quarter: Fraction | None, seconds: Fraction) -> MidiAct:
        """The act of a place; its beginning is an exact quarter of the block, or else a time in seconds."""
        if work.length is None or not isinstance(work.act, NoteAct):
            return work.act
        spot = BlockPosition(None, seconds, Unit.SECONDS) if quarter is None else BlockPosition(quarter, None, Unit.BARS)
        there = self._local.after(spot, work.length.amount, work.length.unit, work.length.span)
        end = None if there is None else self._local.seconds_of(there, work.length.span)
        if there is None or end is None:
            return work.act
        lasts = None if quarter is None or there.quarter is None else there.quarter - quarter
        return replace(work.act, seconds=end - seconds, quarters=lasts)
