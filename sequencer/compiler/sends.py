"""What is sent to gear: notes get their numbers, and their lengths in seconds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from sequencer.compiler.cures import with_clock
from sequencer.compiler.local import LocalTime, lacks_of
from sequencer.compiler.placed import PlacedBlock, Spot
from sequencer.compiler.resolved import Resolved, Sending
from sequencer.compiler.triggers import number_of
from sequencer.errors import Faults
from sequencer.schedule import ChooseProgram, MidiAct, MoveControl, PlayNote
from sequencer.score import GridLine, SendControl, SendMidi, SendNote, SendProgram, Unit
from sequencer.timebase import ChunkGrid

CHANNEL = 1
"""The channel where none is written."""
VELOCITY = 100
"""The velocity of a note where none is written."""
LASTS = Fraction(1, 10)
"""How long a note sounds where nothing is written, in seconds."""


def sending(action: SendMidi, middle: Literal["C3", "C4"], faults: Faults) -> Sending | None:
    """What an action sends. None where its note has no number (told)."""
    channel = action.channel or CHANNEL
    match action:
        case SendNote():
            number = number_of(action.written, middle, action.span, faults)
            if number is None:
                return None
            velocity = VELOCITY if action.velocity is None else action.velocity
            return Sending(PlayNote(number, channel, velocity, LASTS), action.length, action.span)
        case SendControl():
            return Sending(MoveControl(action.control, action.value, channel), None, action.span)
        case SendProgram():
            return Sending(ChooseProgram(action.program, channel), None, action.span)


class Lengths:
    """How long the notes of a block sound, written in whatever unit. A rule's beats are those of the block's beginning."""

    def __init__(self, placed: PlacedBlock, resolved: Resolved, faults: Faults) -> None:
        line = resolved.score.header.grid or GridLine()
        self._local = LocalTime(
            ChunkGrid(line.frames, line.fps),
            placed.meters,
            faults,
            with_clock(resolved.score),
            lacks_of(resolved.score.header.clock),
        )
        self._local.tempo = placed.tempo

    @property
    def has_no_beats(self) -> bool:
        """Whether the block counts in seconds and chunks only."""
        return self._local.meters is None

    def act(self, work: Sending, quarter: Fraction | None, seconds: Fraction) -> MidiAct:
        """The act of a place; its beginning is an exact quarter of the block, or else a time in seconds."""
        if work.length is None or not isinstance(work.act, PlayNote):
            return work.act
        spot = Spot(None, seconds, Unit.SECONDS) if quarter is None else Spot(quarter, None, Unit.BARS)
        there = self._local.after(spot, work.length.amount, work.length.unit, work.length.span)
        end = None if there is None else self._local.seconds_of(there, work.length.span)
        if there is None or end is None:
            return work.act
        lasts = None if quarter is None or there.quarter is None else there.quarter - quarter
        return replace(work.act, seconds=end - seconds, quarters=lasts)
