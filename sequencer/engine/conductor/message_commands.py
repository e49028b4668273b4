"""The commands that send messages to external devices."""

from __future__ import annotations

from sequencer.core.osc_values import value_of
from sequencer.events.commands import Command, SendMidi, SendOsc
from sequencer.schedule.model import ControlAct, MessageAct, NoteAct, OscAct, ProgramAct

NOTE_ON, NOTE_OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0


def send_commands(act: MessageAct, due: int, end: int) -> list[Command]:
    """Return the commands that send an act at nanosecond `due`; a note is released at `end`."""
    match act:
        case NoteAct():
            on = bytes((NOTE_ON | act.channel - 1, act.note, act.velocity))
            off = bytes((NOTE_OFF | act.channel - 1, act.note, 0))
            return [SendMidi(due, on.hex()), SendMidi(end, off.hex())]
        case ControlAct():
            return [SendMidi(due, bytes((CONTROL | act.channel - 1, act.control, act.value)).hex())]
        case ProgramAct():
            return [SendMidi(due, bytes((PROGRAM | act.channel - 1, act.program - 1)).hex())]
        case OscAct():
            values = tuple(value_of(one) for one in act.arguments)
            return [SendOsc(due=due, address=act.address, arguments=values)]
