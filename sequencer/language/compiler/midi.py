"""Convert written triggers and messages to those of the schedule: note names become numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.midi_notes import MiddleC, note_number
from sequencer.language.compiler.fixes import add_clock_fix
from sequencer.language.compiler.ir import BlockPosition, PlacedBlock, Resolved, ResolvedMessage
from sequencer.language.compiler.local_time import BlockTime, missing_tempo_message
from sequencer.language.compiler.model_checks import grid_of
from sequencer.language.score import (
    OnControl,
    OnGo,
    OnNote,
    OnOsc,
    OnProgram,
    OnRelease,
    OnTransport,
    SendControl,
    SendMessage,
    SendNote,
    SendOsc,
    SendProgram,
    Trigger,
    Unit,
)
from sequencer.schedule.describe import describe_osc, describe_velocity
from sequencer.schedule.model import (
    ControlAct,
    ControlCrossing,
    GoTrigger,
    MessageAct,
    NoteAct,
    NoteTrigger,
    OscAct,
    OscCrossing,
    OscTrigger,
    ProgramAct,
    ProgramTrigger,
    ReleaseTrigger,
    TransportTrigger,
    VelocityTrigger,
)
from sequencer.schedule.model import (
    Trigger as ScheduleTrigger,
)


def parse_note_number(written: str, middle: MiddleC, span: Span, faults: Diagnostics) -> int | None:
    """Return the number of a note written as name or number; None if it is invalid (reported)."""
    number = note_number(written, middle)
    if number is None:
        faults.error(
            "E312",
            f"{written} is not a MIDI note if middle C is called {middle}",
            span,
            hint="notes go from 0 to 127",
        )
    return number


def schedule_trigger(
    trigger: Trigger, middle: MiddleC, faults: Diagnostics
) -> ScheduleTrigger | None:
    """Return a written trigger's schedule trigger; None if its note has no number (reported)."""
    match trigger:
        case OnNote():
            number = parse_note_number(trigger.written, middle, trigger.span, faults)
            if number is None:
                return None
            if trigger.velocity is None:
                return NoteTrigger(number, trigger.channel)
            lowest, highest = trigger.velocity.velocities
            return VelocityTrigger(
                note=number, lowest=lowest, highest=highest, channel=trigger.channel
            )
        case OnRelease():
            number = parse_note_number(trigger.written, middle, trigger.span, faults)
            return None if number is None else ReleaseTrigger(number, trigger.channel)
        case OnControl():
            return ControlCrossing(
                control=trigger.control,
                above=trigger.above,
                value=trigger.value,
                channel=trigger.channel,
            )
        case OnProgram():
            return ProgramTrigger(trigger.program, trigger.channel)
        case OnTransport():
            return TransportTrigger(trigger.what)
        case OnOsc():
            if trigger.value is None:
                return OscTrigger(trigger.address)
            above = trigger.value.operator == ">"
            return OscCrossing(address=trigger.address, above=above, value=trigger.value.value)
        case OnGo():
            return GoTrigger(trigger.name)


def trigger_key(firing: ScheduleTrigger) -> str:
    """Return a trigger as a string, for the journal, random choices and finding its rules."""
    match firing:
        case NoteTrigger():
            return f"note {firing.note}{_channel_suffix(firing.channel)}"
        case VelocityTrigger():
            loud = describe_velocity(firing)
            return f"note {firing.note}{_channel_suffix(firing.channel)} {loud}"
        case ReleaseTrigger():
            return f"release {firing.note}{_channel_suffix(firing.channel)}"
        case ControlCrossing():
            return (
                f"cc {firing.control} {'>' if firing.above else '<'} "
                f"{firing.value}{_channel_suffix(firing.channel)}"
            )
        case ProgramTrigger():
            return f"program {firing.program}{_channel_suffix(firing.channel)}"
        case TransportTrigger():
            return firing.what
        case OscTrigger() | OscCrossing():
            return describe_osc(firing)
        case GoTrigger():
            return f"go {firing.name}"


def _channel_suffix(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


DEFAULT_CHANNEL = 1
"""The default channel."""
DEFAULT_VELOCITY = 100
"""The default velocity of a note."""
DEFAULT_NOTE_LENGTH_S = Fraction(1, 10)
"""The default length of a note, in seconds."""


def message_act(
    action: SendMessage, middle: MiddleC, faults: Diagnostics
) -> ResolvedMessage | None:
    """Return the act of an action that sends a message, or None if its note has no number."""
    if isinstance(action, SendOsc):
        return ResolvedMessage(OscAct(action.address, action.arguments), None, action.span)
    channel = action.channel or DEFAULT_CHANNEL
    match action:
        case SendNote():
            number = parse_note_number(action.written, middle, action.span, faults)
            if number is None:
                return None
            velocity = DEFAULT_VELOCITY if action.velocity is None else action.velocity
            return ResolvedMessage(
                NoteAct(
                    note=number, channel=channel, velocity=velocity, seconds=DEFAULT_NOTE_LENGTH_S
                ),
                action.length,
                action.span,
            )
        case SendControl():
            return ResolvedMessage(
                ControlAct(control=action.control, value=action.value, channel=channel),
                None,
                action.span,
            )
        case SendProgram():
            return ResolvedMessage(ProgramAct(action.program, channel), None, action.span)


class NoteLengths:
    """Computes the lengths of a block's notes, in any unit.

    In a rule, beats are those at the beginning of the block.
    """

    def __init__(self, placed: PlacedBlock, resolved: Resolved, faults: Diagnostics) -> None:
        line = grid_of(resolved.score.header)
        self._local = BlockTime(
            # The lengths of notes count chunks that are not the first of a take.
            replace(line.as_chunk_grid(), first=None),
            placed.meters,
            faults,
            add_clock_fix(resolved.score),
            missing_tempo_message(resolved.score.header.clock),
        )
        self._local.tempo = placed.tempo

    @property
    def has_no_beats(self) -> bool:
        """Whether the block counts only in seconds and chunks."""
        return self._local.meters is None

    def build_act(
        self, work: ResolvedMessage, quarter: Fraction | None, seconds: Fraction
    ) -> MessageAct:
        """Return the act at a position, given as the block's exact quarter or else in seconds."""
        if work.length is None or not isinstance(work.act, NoteAct):
            return work.act
        position = (
            BlockPosition(None, seconds, Unit.SECONDS)
            if quarter is None
            else BlockPosition(quarter, None, Unit.BARS)
        )
        there = self._local.advance(
            position, work.length.amount, work.length.unit, work.length.span
        )
        end = None if there is None else self._local.seconds_of(there, work.length.span)
        if there is None or end is None:
            return work.act
        lasts = None if quarter is None or there.quarter is None else there.quarter - quarter
        return replace(work.act, seconds=end - seconds, quarters=lasts)
