"""The schedule: where the reading side and the running side meet.

`acts` and `firings` are what happens and what it waits for, `model` the schedule made of them, `document` its JSON and digest.
"""

from sequencer.schedule.acts import (
    ChooseProgram,
    CueAct,
    CutTake,
    GotoSection,
    MidiAct,
    MoveControl,
    PauseModel,
    PickPrompt,
    PlayNote,
    ResumeModel,
    RuleAct,
    ShowImage,
    ShowPrompt,
    Strength,
    SuperResolution,
    draw,
)
from sequencer.schedule.firings import ControlCrossing, Firing, GoWord, NoteOn, ProgramChange, TransportMove
from sequencer.schedule.model import FORMAT, Bundle, ClockSpec, Entry, Mark, RuleEntry, Schedule, Send, Settings, Stretch, Take

__all__ = [
    "FORMAT",
    "Bundle",
    "ChooseProgram",
    "ClockSpec",
    "ControlCrossing",
    "CueAct",
    "CutTake",
    "Entry",
    "Firing",
    "GoWord",
    "GotoSection",
    "Mark",
    "MidiAct",
    "MoveControl",
    "NoteOn",
    "PauseModel",
    "PickPrompt",
    "PlayNote",
    "ProgramChange",
    "ResumeModel",
    "RuleAct",
    "RuleEntry",
    "Schedule",
    "Send",
    "Settings",
    "ShowImage",
    "ShowPrompt",
    "Strength",
    "Stretch",
    "SuperResolution",
    "Take",
    "TransportMove",
    "draw",
]
