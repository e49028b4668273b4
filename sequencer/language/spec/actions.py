"""The rows of the actions."""

from __future__ import annotations

from typing import Any

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.osc_values import ADDRESS
from sequencer.language import values
from sequencer.language.score import (
    ChangeMeter,
    ChangeTempo,
    Cut,
    Goto,
    Pause,
    Prompt,
    Resume,
    SendControl,
    SendNote,
    SendOsc,
    SendProgram,
    SetFade,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    UseImage,
)
from sequencer.language.spec.rows import ActionSpec, Argument
from sequencer.language.spec.schema_parts import (
    CHANNEL,
    LENGTH,
    NAME,
    NOTE,
    NUMBER,
    TEMPO,
    Json,
    choose_from,
    describe_reference,
    match_pattern,
    one_or_more,
)
from sequencer.language.spec.settings import RESOLUTIONS, SNAPS
from sequencer.language.values import writing
from sequencer.language.values.strings import read_string

SAME_SEED = "same seed"
"""The value of `cut: same seed` in YAML, a cut that keeps the current seed."""


def _read_mark(text: str, span: Span, faults: Diagnostics) -> str | None:
    return values.read_name(text, span, faults, "a mark")


def _read_section(text: str, span: Span, faults: Diagnostics) -> str | None:
    return values.read_name(text, span, faults, "a section")


def _write_nothing(_: object) -> str:
    return ""


_NOTE_SCHEMA = rf"note +{NOTE}(?: +(?:ch +[0-9]+|vel +[0-9]+|for +{LENGTH}))*"
_MIDI_SCHEMA = match_pattern(
    rf"{_NOTE_SCHEMA}|cc +[0-9]+ +[0-9]+{CHANNEL}|program +[0-9]+{CHANNEL}",
    "note C3 ch 10 vel 100 for 1 beat · cc 20 64 ch 1 · program 5",
)

_OSC_ARGUMENT = r'-?[0-9]{1,10}(?:\.[0-9]{1,9})?|true|false|"(?:[^"\\]|\\["\\])*"'


def _midi_action(
    node: type[Any], example: str, schema: dict[str, Json], *reference: str
) -> ActionSpec:
    """Return the row of an action that sends MIDI; these share the keyword and the key."""
    return ActionSpec(
        node=node,
        keyword="midi",
        terminal="MIDI",
        key="midi",
        argument=Argument.PHRASE,
        read=values.read_midi,
        write=writing.render_midi,
        schema=schema,
        example=example,
        reference=reference,
        points_at_value=True,
        repeats=True,
    )


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        node=Prompt,
        keyword=None,
        terminal=None,
        key="prompt",
        argument=Argument.TEXT,
        read=None,
        write=_write_nothing,
        schema={"prompt": describe_reference("words", "A prompt, without a scene.")},
        example='"A tram stop in the rain."',
        reference=('`"…"`, `"""…"""` | the prompt',),
    ),
    ActionSpec(
        node=Show,
        keyword=None,
        terminal="NAME",
        key="show",
        argument=Argument.TEXT,
        read=None,
        write=_write_nothing,
        schema={
            "show": match_pattern(
                NAME, "The scene to show: its base, or with `action` its follow."
            ),
            "action": describe_reference(
                "words", "The action that replaces {action} in the scene's follow."
            ),
        },
        example='tram "Now she waves."',
        reference=(
            "`NAME` | the scene's `base` as the prompt",
            '`NAME "…"` | the scene\'s `follow` with this action as the prompt',
            (
                '`pick("…" \\| "…")` | one of these texts, [chosen at '
                "random](#random-choice-pick); also after a scene's name"
            ),
            (
                '`shuffle("…" \\| "…")` | the same, but [each text once]'
                "(#each-text-once-shuffle) before any is used again"
            ),
        ),
    ),
    ActionSpec(
        node=UseImage,
        keyword="image",
        terminal="IMAGE",
        key="image",
        argument=Argument.STRING,
        read=read_string,
        write=lambda action: str(action.path),
        schema={
            "image": {
                "description": "The path of an image, relative to the score's folder.",
                "type": "string",
            }
        },
        example='image "tram.png"',
        reference=(
            (
                '`image "path"` | an image to start or continue from: PNG, JPEG or WebP, in the '
                "score's folder or below it"
            ),
        ),
        points_at_value=True,
    ),
    ActionSpec(
        node=SetStrength,
        keyword="strength",
        terminal="SET_STRENGTH",
        key="strength",
        argument=Argument.VALUE,
        read=values.read_strength,
        write=lambda action: writing.render_number(action.value),
        schema={
            "strength": {
                "description": "The strength of the image on the same chunk, from 0 to 1.",
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": 1},
                    {"type": "string", "pattern": f"^(?:{NUMBER})$"},
                ],
            }
        },
        example="strength 0.8",
        reference=("`strength X` | how strongly the image of this chunk counts, 0 to 1",),
    ),
    ActionSpec(
        node=SetSr,
        keyword="sr",
        terminal="SET_SR",
        key="sr",
        argument=Argument.VALUE,
        read=values.read_sr,
        write=lambda action: str(action.sr),
        schema={"sr": choose_from(RESOLUTIONS, "Super-resolution.")},
        example="sr 4x",
        reference=("`sr off`, `2x`, `4x` | super-resolution: 640×384, 1280×768, 2560×1536",),
    ),
    ActionSpec(
        node=Cut,
        keyword="cut",
        terminal="CUT",
        key="cut",
        argument=Argument.PHRASE,
        read=None,
        write=lambda action: "" if action.seed is None else f"seed {action.seed}",
        schema={
            "cut": {
                "description": f"Ends the take and starts a new one: `seed 99`, or `{SAME_SEED}`.",
                "anyOf": [
                    {"type": "null"},
                    {"type": "string", "pattern": rf"^(?:{SAME_SEED}|seed +[0-9]+)?$"},
                ],
            }
        },
        example="cut seed 9",
        reference=("`cut`, `cut seed N` | ends the take and opens a [new one](#takes-and-cuts)",),
        is_bare=True,
        bare_value=SAME_SEED,
    ),
    ActionSpec(
        node=ChangeTempo,
        keyword="tempo",
        terminal="TEMPO",
        key="tempo",
        argument=Argument.PHRASE,
        read=values.read_tempo,
        write=writing.render_tempo,
        schema={
            "tempo": match_pattern(
                rf"{TEMPO}(?: +over +{LENGTH})?",
                "A tempo: 96, or 120 -> 132 over 4 bars.",
                number=True,
            )
        },
        example="tempo 96",
        reference=(
            "`tempo N`, `tempo N -> M over LENGTH` | changes the [tempo](#tempo-and-meter)",
        ),
    ),
    ActionSpec(
        node=ChangeMeter,
        keyword="meter",
        terminal="SET_METER",
        key="meter",
        argument=Argument.VALUE,
        read=values.read_meter,
        write=lambda action: str(action.meter),
        schema={"meter": match_pattern("[0-9]+/[0-9]+", "A meter, on a bar line: 3/4.")},
        example="meter 3/4",
        reference=("`meter M/D` | changes the meter, on beat 1",),
    ),
    ActionSpec(
        node=SetMark,
        keyword="mark",
        terminal="SET_MARK",
        key="mark",
        argument=Argument.NAME,
        read=_read_mark,
        write=lambda action: str(action.name),
        schema={"mark": match_pattern(NAME, "Names this position, for `at: mark NAME`.")},
        example="mark drop",
        reference=("`mark NAME` | names this position, for other cues of this section",),
    ),
    ActionSpec(
        node=SetSnap,
        keyword="snap",
        terminal="SET_SNAP",
        key="snap",
        argument=Argument.VALUE,
        read=values.read_snap,
        write=lambda action: str(action.snap),
        schema={"snap": choose_from(SNAPS, "The snap of this cue alone.")},
        example="snap nearest",
        reference=("`snap MODE` | snaps this cue differently",),
    ),
    ActionSpec(
        node=SetFade,
        keyword="fade",
        terminal="SET_FADE",
        key="fade",
        argument=Argument.VALUE,
        read=values.read_fade,
        write=lambda action: f"{action.chunks}c",
        schema={
            "fade": match_pattern(
                "[1-9][0-9]?c",
                "The chunks over which the prompt of this cue replaces the previous one: 2c.",
            )
        },
        example="fade 2c",
        reference=(
            "`fade Nc` | the prompt of this cue [replaces the previous one](#fades) over N chunks",
        ),
        may_name_scene=True,
    ),
    _midi_action(
        SendNote,
        "midi note C3 ch 10 vel 100 for 1 beat",
        {
            "midi": one_or_more(
                _MIDI_SCHEMA, "MIDI output at exactly this time: notes, controllers, programs."
            )
        },
        (
            "`midi note …`, `midi cc …`, `midi program …` | sends a MIDI message to external "
            "devices: [below](#midi-output)"
        ),
    ),
    _midi_action(SendControl, "midi cc 20 64 ch 1", {}),
    _midi_action(SendProgram, "midi program 5", {}),
    ActionSpec(
        node=SendOsc,
        keyword="osc",
        terminal="OSC",
        key="osc",
        argument=Argument.PHRASE,
        read=values.read_osc,
        write=writing.render_osc,
        schema={
            "osc": one_or_more(
                match_pattern(
                    rf'(?:"{ADDRESS}"|{ADDRESS})(?: +(?:{_OSC_ARGUMENT}))*',
                    "/composition/layers/2/clips/8/connect 1",
                ),
                "An OSC message at exactly this time: its address and its arguments.",
            )
        },
        example='osc "/composition/layers/2/clips/8/connect" 1',
        reference=(
            (
                '`osc "/…"`, `osc "/…" 1 0.5 "text" true` | sends an OSC message to other '
                "programs: [below](#osc-output)"
            ),
        ),
        points_at_value=True,
        repeats=True,
    ),
    ActionSpec(
        node=Pause,
        keyword="pause",
        terminal="PAUSE",
        key="pause",
        argument=Argument.NONE,
        read=None,
        write=_write_nothing,
        schema={"pause": {"description": "Pauses the model.", "enum": [None, ""]}},
        example="pause",
        reference=("`pause` | pauses the model after its current chunk",),
        only_in_rules=True,
        is_bare=True,
    ),
    ActionSpec(
        node=Resume,
        keyword="resume",
        terminal="RESUME",
        key="resume",
        argument=Argument.NONE,
        read=None,
        write=_write_nothing,
        schema={"resume": {"description": "Resumes the model.", "enum": [None, ""]}},
        example="resume",
        reference=("`resume` | lets the model continue",),
        only_in_rules=True,
        is_bare=True,
    ),
    ActionSpec(
        node=Goto,
        keyword="goto",
        terminal="GOTO",
        key="goto",
        argument=Argument.NAME,
        read=_read_section,
        write=lambda action: str(action.section),
        schema={
            "goto": match_pattern(
                NAME, "Goes to a section at the next bar line that can be reached."
            )
        },
        example="goto drop",
        reference=(
            "`goto SECTION` | continues with a section at the next bar line that can be reached",
        ),
        only_in_rules=True,
        points_at_value=True,
    ),
)
"""The actions. Messages list their words in this order."""
