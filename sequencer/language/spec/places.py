"""The rows of positions, triggers and statements: when something happens, and where it goes."""

from __future__ import annotations

from sequencer.core.osc_values import ADDRESS
from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    FromEnd,
    OnControl,
    OnGo,
    OnNote,
    OnOsc,
    OnProgram,
    OnRelease,
    OnTransport,
)
from sequencer.language.spec.rows import PartKind, Place, Statement, ValueSpec
from sequencer.language.spec.schema_parts import CHANNEL, LENGTH, NAME, NOTE, NUMBER, VELOCITY

POSITIONS: tuple[ValueSpec, ...] = (
    ValueSpec(
        node=AtBar,
        pattern=r"[1-9][0-9]*(?:\.[1-9][0-9]*(?:\+[0-9]+/[0-9]+)?)?",
        example="9.3+1/2",
        reference=(
            "bar | `9` | from 1",
            (
                "bar and beat | `9.3`, `9.3+1/2` | from 1; `+1/2` adds half a beat. `9.10` in 4/4 "
                "is an error, never a decimal"
            ),
        ),
    ),
    ValueSpec(
        node=AtTick,
        pattern=r"[1-9][0-9]*:[1-9][0-9]*:[0-9]+",
        example="9:3:240",
        reference=("bar, beat, tick | `9:3:240` | ticks from 0, 480 to the beat",),
    ),
    ValueSpec(
        node=AtOffset,
        pattern=rf"(?:{NUMBER}(?:b|c|f|s|ms|m|beats?)|{NUMBER} beats?|[0-9]+m[0-9]+(?:\.[0-9]+)?s)",
        example="12.5s",
        reference=(
            "beats | `32b`, `1/2b` | from 0, since the section began",
            (
                "seconds | `12.5s`, `350ms`, `1m30s` | from 0. `9:03` without a unit is an error: "
                "it could also be a bar and a"
                " beat"
            ),
            "chunks, frames | `14c`, `396f` | from 0, since the section began",
        ),
    ),
    ValueSpec(
        node=After,
        pattern=rf"\+ ?{LENGTH}",
        example="+2bar",
        reference=(
            (
                "relative | `+2 bars`, `+2bar`, `+3b`, `+1.5s`, `+4c` | from the `at` above it in "
                "the same section, otherwise"
                " from the section's start"
            ),
        ),
    ),
    ValueSpec(
        node=AtMark,
        pattern=rf"mark +{NAME}(?: *\+ *{LENGTH})?",
        example="mark drop +1bar",
        reference=(
            "mark | `mark drop`, `mark drop +1bar` | from a [mark](#actions) of the same section",
        ),
    ),
    ValueSpec(
        node=FromEnd,
        pattern=rf"end *- *{LENGTH}",
        example="end -1 bar",
        reference=(
            (
                "from the end | `end -1 bar`, `end -2.5s` | back from the end of the section, or "
                "of a score without sections (then `end` must be written)"
            ),
        ),
    ),
)
"""The kinds of positions."""

TRIGGERS: tuple[ValueSpec, ...] = (
    ValueSpec(
        node=OnNote,
        pattern=rf"note +{NOTE}(?:{CHANNEL}{VELOCITY}|{VELOCITY}{CHANNEL})",
        example="note C3 ch 10 vel >= 100",
        reference=(
            "`note D3`, `note 60` | on a note-on; velocity 0 is a note-off",
            (
                "`note D3 vel >= 100` | on a note-on with such a velocity: `>`, `<`, `>=` or `<=` "
                "and a number from 1 to 127"
            ),
        ),
    ),
    ValueSpec(
        node=OnRelease,
        pattern=rf"release +{NOTE}{CHANNEL}",
        example="release C3 ch 10",
        reference=("`release D3` | on a note-off, or a note-on with velocity 0",),
    ),
    ValueSpec(
        node=OnControl,
        pattern=rf"cc +[0-9]+ *[<>] *[0-9]+{CHANNEL}",
        example="cc 20 > 64",
        reference=(
            (
                "`cc 20 > 64`, `cc 20 < 32` | when the controller crosses the value; it must come "
                "back by 4 before it can fire"
                " again, and the first value after the start only shows where the controller is"
            ),
        ),
    ),
    ValueSpec(
        node=OnProgram,
        pattern=rf"program +[0-9]+{CHANNEL}",
        example="program 5",
        reference=("`program 5` | on a program change, counted from 1 to 128",),
    ),
    ValueSpec(
        node=OnTransport,
        pattern="start|stop|continue",
        example="stop",
        reference=(
            (
                "`start`, `stop`, `continue` | when the external clock's transport starts, stops "
                "or continues"
            ),
        ),
    ),
    ValueSpec(
        node=OnOsc,
        pattern=rf'osc +(?:"{ADDRESS}"|{ADDRESS})(?: *[<>] *{NUMBER})?',
        example='osc "/fader/1" > 0.5',
        reference=(
            (
                '`osc "/drop"` | on an OSC message with this address, unless its first argument is '
                "0 or false"
            ),
            (
                '`osc "/fader/1" > 0.5`, `< 0.5` | when the first argument crosses the value; it '
                "must come back by 0.03 before it can fire again, and the first value after the "
                "start only shows where it is"
            ),
        ),
    ),
    ValueSpec(
        node=OnGo,
        pattern=f"go +{NAME}",
        example="go drop",
        reference=("`go NAME` | when an operator gives the go cue of that name",),
    ),
)
"""The kinds of triggers."""

STATEMENTS: tuple[Statement, ...] = (
    Statement(
        keyword="use",
        place=Place.TOP,
        part=PartKind.USE,
        container="use",
        keys=(),
        example='use "library.score"',
        description="Makes the scenes and variables of another file available.",
    ),
    Statement(
        keyword="let",
        place=Place.TOP,
        part=PartKind.LET,
        container="let",
        keys=(),
        example='let light = "Wet neon light."',
        description="Defines a variable, a text that other texts contain as {NAME}.",
    ),
    Statement(
        keyword="scene",
        place=Place.TOP,
        part=PartKind.SCENE,
        container="scenes",
        keys=(),
        example="scene tram {",
        description="Defines a scene: its base is the first prompt, its follow the prompt "
        "with an action.",
    ),
    Statement(
        keyword="section",
        place=Place.TOP,
        part=PartKind.SECTION,
        container="sections",
        keys=("section",),
        example="section intro 8 bars, tempo 120, meter 4/4, cut seed 9 {",
        description="Defines a part of the score with its own positions; sections play one "
        "after the other.",
        words=(
            ("like", "Gives a section everything of another one that it does not state itself."),
            ("until", "Makes a section live: it lasts until a trigger."),
            ("or", "Separates the triggers that end a live section."),
            ("max", "Limits the length of a live section."),
        ),
    ),
    Statement(
        keyword="at",
        place=Place.ITEM,
        part=PartKind.ITEM,
        container="cues",
        keys=("at",),
        example='at 9.3 tram "Now she waves.", sr 4x',
        description="Does something at a position.",
    ),
    Statement(
        keyword="every",
        place=Place.ITEM,
        part=PartKind.ITEM,
        container="cues",
        keys=("every", "from"),
        example='every 4 bars from 5 tram "Now she waves."',
        description="Does something repeatedly until the end of the section.",
        words=(("from", "The position of the first repetition."),),
    ),
    Statement(
        keyword="on",
        place=Place.ITEM,
        part=PartKind.ITEM,
        container="rules",
        keys=("when", "on"),
        example='on note C3 ch 10 -> tram "Lightning flashes."',
        description="Does something whenever a trigger fires. Before actions, names the stages "
        "that do them.",
    ),
    Statement(
        keyword="play",
        place=Place.TOP,
        part=PartKind.PLAY,
        container="play",
        keys=(),
        example="play intro drop*2 finale",
        description="Sets the order in which the sections are played.",
    ),
    Statement(
        keyword="end",
        place=Place.TOP,
        part=PartKind.END,
        container="end",
        keys=(),
        example="end 12c",
        description="Sets the end of a score without sections.",
    ),
    Statement(
        keyword="base",
        place=Place.SCENE,
        part=PartKind.SCENE,
        container=None,
        keys=("base",),
        example='base "A woman waits at a tram stop. {light}"',
        description="The prompt of a scene that is shown by its name alone.",
    ),
    Statement(
        keyword="follow",
        place=Place.SCENE,
        part=PartKind.SCENE,
        container=None,
        keys=("follow",),
        example='follow "The woman waits on. {action} {light}"',
        description="The prompt of a scene that is shown with an action, in the position "
        "of {action}.",
    ),
    Statement(
        keyword="quiet",
        place=Place.SCENE,
        part=PartKind.SCENE,
        container=None,
        keys=("quiet",),
        example="quiet W601, W602",
        description="Disables pieces of advice for the scene.",
    ),
)
"""The other statements; messages list their words in this order, after those of the settings."""
