"""Generate the JSON Schema of the YAML notation from the score's own models; the result is `grammar/score.schema.json`.

Editors use it for completion and validation; the reader does not, because its own checks are more complete and its messages
better. Every member of a closed union (positions, triggers, actions) has an entry in a table here, and generating the schema
fails if one is missing. Values may be numbers where YAML converts them to numbers: a schema sees what an editor's parser made
of the file.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, Final, get_args, get_type_hints

from sequencer.core.timebase import Snap
from sequencer.language.score import (
    Action,
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    ChangeMeter,
    ChangeTempo,
    Cut,
    Goto,
    Header,
    OnControl,
    OnGo,
    OnNote,
    OnProgram,
    OnTransport,
    Pause,
    Position,
    Prompt,
    Resume,
    SendControl,
    SendNote,
    SendProgram,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    SuperResolution,
    Trigger,
    UseImage,
)
from sequencer.language.values.settings import MAX_SEED
from sequencer.language.yaml.cues import BARE_WORDS, SAME_SEED

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_URL: Final = "https://raw.githubusercontent.com/helios-sequencer/helios-sequencer/main/grammar/score.schema.json"

Json = dict[str, Any]

# The names of the language may contain letters of every script. `\w` means ASCII in the regular expressions of JSON Schema, so
# the pattern excludes what is not allowed: white space and ASCII punctuation.
_NAME = r"[^\s!-@\[-^`{-~][^\s!-,./:-@\[-^`{-~]*"
_NUMBER = r"[0-9]+(?:\.[0-9]+|/[0-9]+)?"
_LENGTH = rf"(?:{_NUMBER} ?(?:bars?|beats?)|{_NUMBER}(?:b|c|f|s|ms|m)|[0-9]+m[0-9]+(?:\.[0-9]+)?s)"
_TEMPO = rf"{_NUMBER}(?: *-> *{_NUMBER})?"
_CHANNEL = r"(?: +ch +[0-9]+)?"

POSITION_PATTERNS: dict[type, str] = {
    AtBar: r"[1-9][0-9]*(?:\.[1-9][0-9]*(?:\+[0-9]+/[0-9]+)?)?",
    AtTick: r"[1-9][0-9]*:[1-9][0-9]*:[0-9]+",
    AtOffset: rf"(?:{_NUMBER}(?:b|c|f|s|ms|m|beats?)|{_NUMBER} beats?|[0-9]+m[0-9]+(?:\.[0-9]+)?s)",
    After: rf"\+ ?{_LENGTH}",
    AtMark: rf"mark +{_NAME}(?: *\+ *{_LENGTH})?",
}
"""The pattern of each kind of position."""

TRIGGER_PATTERNS: dict[type, str] = {
    OnNote: rf"note +(?:[A-Ga-g][#b♯♭]?-?[0-9]+|[0-9]+){_CHANNEL}",
    OnControl: rf"cc +[0-9]+ *[<>] *[0-9]+{_CHANNEL}",
    OnProgram: rf"program +[0-9]+{_CHANNEL}",
    OnTransport: "start|stop|continue",
    OnGo: f"go +{_NAME}",
}
"""The pattern of each kind of trigger."""


def _pattern(pattern: str, description: str, *, number: bool = False, **more: object) -> Json:
    """Return the schema of a value that matches `pattern`; with `number` an editor's parser may have made it a number."""
    written: Json = {"type": "string", "pattern": f"^(?:{pattern})$"}
    if not number:
        return {"description": description, **written, **more}
    return {"description": description, "anyOf": [written, {"type": "number", "minimum": 0}], **more}


def _choice(values: tuple[str, ...], description: str) -> Json:
    return {"description": description, "enum": list(values)}


def _reference(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _describe_reference(name: str, description: str) -> Json:
    return {"$ref": f"#/$defs/{name}", "description": description}


def _one_or_more(item: Json, description: str) -> Json:
    return {"description": description, "anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


_SHOW: Json = _pattern(_NAME, "The scene to show: its base, or with `action` its follow.")
_ACTION: Json = _describe_reference("words", "What happens now, put in the place of {action} in the scene's follow.")
_SEED = rf"(?:{SAME_SEED}|seed +[0-9]+)?"

_MIDI: Json = _pattern(
    rf"note +(?:[A-Ga-g][#b♯♭]?-?[0-9]+|[0-9]+)(?: +(?:ch +[0-9]+|vel +[0-9]+|for +{_LENGTH}))*"
    rf"|cc +[0-9]+ +[0-9]+{_CHANNEL}|program +[0-9]+{_CHANNEL}",
    "note C3 ch 10 vel 100 for 1 beat · cc 20 64 ch 1 · program 5",
)

ACTIONS: dict[type, dict[str, Json]] = {
    Prompt: {"prompt": _describe_reference("words", "A prompt of its own.")},
    Show: {"show": _SHOW, "action": _ACTION},
    UseImage: {"image": {"description": "An image's path, from the score's folder on.", "type": "string"}},
    SetStrength: {
        "strength": {
            "description": "How strongly the image of the same chunk acts, from 0 to 1.",
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": f"^(?:{_NUMBER})$"}],
        }
    },
    SetSr: {"sr": _choice(tuple(str(one) for one in SuperResolution), "Super-resolution.")},
    Cut: {
        "cut": {
            "description": f"Ends the take and starts a new one: `seed 99`, or `{SAME_SEED}`.",
            "anyOf": [{"type": "null"}, {"type": "string", "pattern": f"^{_SEED}$"}],
        }
    },
    ChangeTempo: {
        "tempo": _pattern(rf"{_TEMPO}(?: +over +{_LENGTH})?", "A tempo: 96, or 120 -> 132 over 4 bars.", number=True)
    },
    ChangeMeter: {"meter": _pattern("[0-9]+/[0-9]+", "A meter, on a bar line: 3/4.")},
    SetMark: {"mark": _pattern(_NAME, "Names this place, for `at: mark NAME`.")},
    SetSnap: {"snap": _choice(tuple(str(one) for one in Snap), "How this cue alone goes to a chunk.")},
    SendNote: {"midi": _one_or_more(_MIDI, "What is sent to gear, at this very time: notes, controllers, programs.")},
    SendControl: {},
    SendProgram: {},
    Pause: {"pause": {"description": "Pauses the model.", "enum": [None, ""]}},
    Resume: {"resume": {"description": "Lets the model go on.", "enum": [None, ""]}},
    Goto: {"goto": _pattern(_NAME, "Goes to a section at the next bar line that can be reached.")},
}
"""The keys of each kind of action."""

RULE_ONLY_ACTIONS = (Pause, Resume, Goto)
"""The actions that are allowed only in rules."""


def _check_complete(union: object, table: dict[type, Any]) -> None:
    missing = set(get_args(union)) ^ set(table)
    if missing:
        raise ValueError(f"the schema does not fit the models: {', '.join(sorted(one.__name__ for one in missing))}")


def build_schema() -> Json:
    """Return the complete schema. Raises ValueError if the models contain something that the schema does not cover."""
    for union, table in ((Position, POSITION_PATTERNS), (Trigger, TRIGGER_PATTERNS), (Action, ACTIONS)):
        _check_complete(union, table)
    header = _header()
    names = {field.name for field in fields(Header)} - {"spans"}
    if names != {"title" if key == "score" else key for key in header}:
        raise ValueError("the schema does not fit the header")
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_URL,
        "title": "helios-sequencer score",
        "description": "A score for a real-time video model, in YAML. Every value is text, whatever it looks like.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {**header, **_structure()},
        "$defs": _definitions(),
    }


def _header() -> Json:
    hints = get_type_hints(Header)
    late = get_args(get_args(hints["late"])[0])
    middle = get_args(get_args(hints["middle"])[0])
    fixed = rf"{_NUMBER} *bpm(?: *, *[0-9]+/[0-9]+)?"
    outer = rf"(?:midi(?: +\".+\")?|link)(?: *, *[0-9]+/[0-9]+)?, *nominal +{_NUMBER}(?: *bpm)?(?: *, *[0-9]+/[0-9]+)?"
    alone = r"mtc +(?:24|25|29\.97|30)(?: +\".+\")?|file +\".+\""
    return {
        "score": _describe_reference("text", "The title."),
        "clock": _pattern(
            f"chunks|{fixed}|{outer}|{alone}",
            'Who counts: chunks · 120 bpm, 4/4 · midi "port", 4/4, nominal 120 bpm · link, … · mtc 25 · file "song.mid"',
        ),
        "grid": _pattern(rf"[0-9]+ +frames? *@ *{_NUMBER} +fps", "The model's chunks: 33 frames @ 24 fps."),
        "snap": _choice(tuple(str(one) for one in Snap), "How places go to chunks (default: nearest)."),
        "lead": _pattern("[1-9][0-9]*c", "How long before its chunk a prompt leaves at the latest (default: 2c)."),
        "late": _choice(late, "What becomes of a cue that cannot leave in time (default: shift)."),
        "seed": {
            "description": "The opening seed (default: 0).",
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
                {"type": "string", "pattern": "^[0-9]{1,10}$"},
            ],
        },
        "sr": _choice(tuple(str(one) for one in SuperResolution), "The opening super-resolution (default: 2x)."),
        "middle": _choice(middle, "The name of MIDI note 60 (default: C3)."),
    }


def _structure() -> Json:
    return {
        "use": _one_or_more({"type": "string"}, "A file whose variables and scenes are used here, or several."),
        "let": _named(_reference("text"), "Variables: {name} in a text stands for its value."),
        "scenes": _named(_reference("scene"), "Prompt families: what stays the same, written once."),
        "sections": {
            "description": "The sections, as they follow each other.",
            "type": "array",
            "items": _reference("section"),
        },
        "cues": _reference("cues"),
        "rules": _reference("rules"),
        "play": _one_or_more(
            _pattern(rf"{_NAME}(?: *\* *[0-9]+)?(?: +{_NAME}(?: *\* *[0-9]+)?)*", "Sections: intro drop*2 finale"),
            "The order of the sections; *2 plays one twice.",
        ),
        "end": _describe_reference("place", "Where a score without sections ends."),
    }


def _named(content: Json, description: str) -> Json:
    """Return the schema of a mapping from names, or of a list of such mappings."""
    mapping: Json = {"type": "object", "propertyNames": {"pattern": f"^{_NAME}$"}, "additionalProperties": content}
    return {"description": description, "anyOf": [mapping, {"type": "array", "items": mapping}]}


def _actions(in_rule: bool) -> Json:
    chosen = [keys for kind, keys in ACTIONS.items() if in_rule or kind not in RULE_ONLY_ACTIONS]
    return {key: value for keys in chosen for key, value in keys.items()}


def _do(in_rule: bool) -> Json:
    words = [word for word in BARE_WORDS if in_rule or word == "cut"]
    inner: Json = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": _actions(in_rule),
        "dependentRequired": {"action": ["show"]},
    }
    return _one_or_more({"anyOf": [{"enum": words}, inner]}, "Actions in a list: any of them more than once.")


def _item(description: str, head: Json, in_rule: bool, **more: object) -> Json:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "minProperties": 2,
        "properties": {**head, **_actions(in_rule), "do": _do(in_rule)},
        "dependentRequired": {"action": ["show"]},
        **more,
    }


def _definitions() -> Json:
    place = "|".join(POSITION_PATTERNS[kind] for kind in get_args(Position))
    trigger = "|".join(TRIGGER_PATTERNS[kind] for kind in get_args(Trigger))
    option = rf"(?:tempo +{_TEMPO}|meter +[0-9]+/[0-9]+|cut(?: +seed +[0-9]+)?|max +{_LENGTH})"
    when = _reference("trigger")
    items: Json = {"type": ["array", "null"]}
    triggers = rf"(?:{trigger})(?: +or +(?:{trigger}))*"
    return {
        "text": {
            "description": "A text. {name} is a variable, {{ and }} are braces; it stands in quotes where it begins with one.",
            "type": ["string", "number", "boolean"],
        },
        "words": {
            "description": "A text, or {pick: [text, text]}: one of them, drawn from the seed and the place.",
            "anyOf": [
                _reference("text"),
                {
                    "type": "object",
                    "required": ["pick"],
                    "additionalProperties": False,
                    "properties": {"pick": {"type": "array", "minItems": 1, "items": _reference("text")}},
                },
            ],
        },
        "place": _pattern(place, "9 · 9.3 · 9.3+1/2 · 9:3:240 · 32b · 12.5s · 14c · 396f · +2bar · mark NAME", number=True),
        "length": _pattern(_LENGTH, "8 bars · 4b · 1/2b · 2c · 12.5s · 350ms · 1m30s · 96f"),
        "trigger": _pattern(trigger, "note C3 · cc 20 > 64 · program 5 · start · stop · continue · go NAME, each with ch N"),
        "scene": {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["base"]}, {"required": ["follow"]}],
            "properties": {
                "base": _describe_reference("text", "The prompt that `show: NAME` gives."),
                "follow": _describe_reference("text", "The prompt that `show: NAME, action: …` gives, with {action} in it."),
                "quiet": _one_or_more(
                    _pattern(r"W[0-9]{3}(?:[ ,]+W[0-9]{3})*", "A code such as W601."), "Advice that is not given here."
                ),
            },
        },
        "section": {
            "type": "object",
            "required": ["section"],
            "additionalProperties": False,
            "properties": {
                "section": _pattern(
                    rf"{_NAME}(?: +{_LENGTH}| +until +{triggers})?(?: *, *{option})*",
                    "Name and length, then what is said of the whole: intro 8 bars, tempo 120 -> 132, meter 3/4, cut seed 99.",
                ),
                "until": _one_or_more(_pattern(triggers, "A trigger."), "What ends a live section."),
                "max": _describe_reference("length", "How long a live section lasts at the most."),
                "tempo": _pattern(_TEMPO, "A tempo of its own, or a ramp over its whole length.", number=True),
                "meter": ACTIONS[ChangeMeter]["meter"],
                "cut": ACTIONS[Cut]["cut"],
                "cues": _reference("cues"),
                "rules": _reference("rules"),
            },
        },
        "cues": {
            "description": "What happens when.",
            **items,
            "items": {"anyOf": [_reference("cue"), _reference("every"), _reference("rule")]},
        },
        "rules": {"description": "What happens when somebody plays or says something.", **items, "items": _reference("rule")},
        "cue": _item("At a place.", {"at": _reference("place")}, False, required=["at"]),
        "every": _item(
            "Again and again, from the start or from a place.",
            {"every": _reference("length"), "from": _reference("place")},
            False,
            required=["every"],
        ),
        "rule": _item(
            "Whenever a trigger fires.",
            {"when": when, "on": when},
            True,
            oneOf=[{"required": ["when"]}, {"required": ["on"]}],
        ),
    }


def render_schema() -> str:
    """Return the text of `grammar/score.schema.json`."""
    return json.dumps(build_schema(), ensure_ascii=False, indent=2) + "\n"
