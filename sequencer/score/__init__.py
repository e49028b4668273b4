"""The score: what an author wrote, as frozen nodes that know no syntax.

Both notations read into these nodes and one printer writes them back. Every node carries the `Span` it came from; spans
(and comments, and how a number was spelled) do not take part in equality, so two scores are equal when they say the same.
Nothing here is resolved: variables, scenes, marks and places are names and numbers as written; the compiler resolves them.

From the small to the whole: `texts`, `places`, `triggers`, `actions`, `blocks`, `header`, `whole`.
"""

from sequencer.score.actions import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Cut,
    Goto,
    Pause,
    Prompt,
    Resume,
    SendControl,
    SendMidi,
    SendNote,
    SendProgram,
    SetMark,
    SetSr,
    SetStrength,
    Show,
    SnapHere,
    Sr,
    UseImage,
)
from sequencer.score.blocks import Cue, Every, Item, Let, PlayItem, Rule, Scene, Section, Use
from sequencer.score.header import ClockKind, ClockLine, GridLine, Header, SongTime
from sequencer.score.places import After, AtBar, AtMark, AtOffset, AtTick, Duration, Place, Unit
from sequencer.score.texts import Pick, Text, Variable, Words
from sequencer.score.triggers import OnControl, OnGo, OnNote, OnProgram, OnTransport, Trigger
from sequencer.score.whole import Comment, Score

__all__ = [
    "Action",
    "After",
    "AtBar",
    "AtMark",
    "AtOffset",
    "AtTick",
    "ChangeMeter",
    "ChangeTempo",
    "ClockKind",
    "ClockLine",
    "Comment",
    "Cue",
    "Cut",
    "Duration",
    "Every",
    "Goto",
    "GridLine",
    "Header",
    "Item",
    "Let",
    "OnControl",
    "OnGo",
    "OnNote",
    "OnProgram",
    "OnTransport",
    "Pause",
    "Pick",
    "Place",
    "PlayItem",
    "Prompt",
    "Resume",
    "Rule",
    "Scene",
    "Score",
    "Section",
    "SendControl",
    "SendMidi",
    "SendNote",
    "SendProgram",
    "SetMark",
    "SetSr",
    "SetStrength",
    "Show",
    "SnapHere",
    "SongTime",
    "Sr",
    "Text",
    "Trigger",
    "Unit",
    "Use",
    "UseImage",
    "Variable",
    "Words",
]
