"""Generate the JSON Schema of YAML scores, `grammar/score.schema.json`, from the language table.

Editors use it for completion and validation; the reader does not, because its own checks are more
complete and its messages better.
"""

from __future__ import annotations

import json
from typing import Final

from sequencer.language.spec import (
    ACTION_BY_KEY,
    ACTIONS,
    POSITIONS,
    SETTINGS,
    STAGES_KEY,
    TRIGGERS,
)
from sequencer.language.spec.schema_parts import (
    LANDING,
    LENGTH,
    NAME,
    TEMPO,
    Json,
    describe_reference,
    match_pattern,
    one_or_more,
    refer_to,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_URL: Final = "https://raw.githubusercontent.com/helios-sequencer/helios-sequencer/main/grammar/score.schema.json"


def build_schema() -> Json:
    """Return the complete schema."""
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_URL,
        "title": "helios-sequencer score",
        "description": "A score for a real-time video model, in YAML. Every value is read as text.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {**{row.keyword: row.schema for row in SETTINGS}, **_structure()},
        "$defs": _definitions(),
    }


def _structure() -> Json:
    return {
        "use": one_or_more(
            {"type": "string"}, "One or several files whose variables and scenes are used here."
        ),
        "let": _named(refer_to("text"), "Variables: {name} in a text is replaced by its value."),
        "scenes": _named(refer_to("scene"), "Prompt families: what stays the same, written once."),
        "sections": {
            "description": "The sections, in order.",
            "type": "array",
            "items": refer_to("section"),
        },
        "cues": refer_to("cues"),
        "rules": refer_to("rules"),
        "play": one_or_more(
            match_pattern(
                rf"(?:\(* *{NAME}(?: *\* *[0-9]+)?(?: *\)(?:\*[0-9]+)?)*(?: +|$))+",
                "Sections and groups: intro (verse drop*2)*2 finale",
            ),
            "The order of the sections; *2 plays a section or a group twice.",
        ),
        "end": describe_reference("place", "Where a score without sections ends."),
    }


def _named(content: Json, description: str) -> Json:
    """Return the schema of a mapping from names, or of a list of such mappings."""
    mapping: Json = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME}$"},
        "additionalProperties": content,
    }
    return {"description": description, "anyOf": [mapping, {"type": "array", "items": mapping}]}


def _actions(in_rule: bool) -> Json:
    return {
        key: value
        for row in ACTIONS
        if in_rule or not row.only_in_rules
        for key, value in row.schema.items()
    }


def _do(in_rule: bool) -> Json:
    words = [row.key for row in ACTIONS if row.is_bare and (in_rule or not row.only_in_rules)]
    inner: Json = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": _actions(in_rule),
        "dependentRequired": {"action": ["show"]},
    }
    return one_or_more(
        {"anyOf": [{"enum": words}, inner]},
        "A list of actions, in which an action may occur more than once.",
    )


def _item(description: str, head: Json, in_rule: bool, **more: object) -> Json:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "minProperties": 2,
        "properties": {
            **head,
            STAGES_KEY: one_or_more(
                match_pattern(rf"{NAME}(?: *, *{NAME})*", "The name of a stage."),
                "The stages that do it; all, if there is no such key.",
            ),
            **_actions(in_rule),
            "do": _do(in_rule),
        },
        "dependentRequired": {"action": ["show"]},
        **more,
    }


def _definitions() -> Json:
    position = "|".join(row.pattern for row in POSITIONS)
    trigger = "|".join(row.pattern for row in TRIGGERS)
    option = rf"(?:tempo +{TEMPO}|meter +[0-9]+/[0-9]+|cut(?: +seed +[0-9]+)?|max +{LENGTH})"
    when = refer_to("trigger")
    items: Json = {"type": ["array", "null"]}
    triggers = rf"(?:{trigger})(?: +or +(?:{trigger}))*"
    return {
        "text": {
            "description": (
                "A text. {name} is a variable, {{ and }} are braces; a text that begins with one "
                "needs quotes."
            ),
            "type": ["string", "number", "boolean"],
        },
        "words": {
            "description": (
                "A text, or {pick: [text, text]}: one of them, chosen by the seed and the "
                "position; {shuffle: [text, text]} uses each once before any is used again."
            ),
            "anyOf": [
                refer_to("text"),
                *(
                    {
                        "type": "object",
                        "required": [word],
                        "additionalProperties": False,
                        "properties": {
                            word: {"type": "array", "minItems": 1, "items": refer_to("text")}
                        },
                    }
                    for word in ("pick", "shuffle")
                ),
            ],
        },
        "place": match_pattern(
            position,
            (
                "9 · 9.3 · 9.3+1/2 · 9:3:240 · 32b · 12.5s · 14c · 396f · +2bar · mark NAME · "
                "end -1 bar"
            ),
            number=True,
        ),
        "length": match_pattern(LENGTH, "8 bars · 4b · 1/2b · 2c · 12.5s · 350ms · 1m30s · 96f"),
        "trigger": match_pattern(
            trigger,
            "note C3 · note C3 vel >= 100 · release C3 · cc 20 > 64 · program 5 · start · stop · "
            "continue · osc /drop · go NAME, each with ch N",
        ),
        "landing": match_pattern(
            LANDING, "Where the rule lands: next bar · next 2 bars · next beat."
        ),
        "scene": {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["base"]}, {"required": ["follow"]}],
            "properties": {
                "base": describe_reference("text", "The prompt that `show: NAME` shows."),
                "follow": describe_reference(
                    "text", "The prompt that `show: NAME, action: …` shows, with {action} in it."
                ),
                "quiet": one_or_more(
                    match_pattern(r"W[0-9]{3}(?:[ ,]+W[0-9]{3})*", "A code such as W601."),
                    "Advice that is not reported here.",
                ),
            },
        },
        "section": {
            "type": "object",
            "required": ["section"],
            "additionalProperties": False,
            "properties": {
                "section": match_pattern(
                    rf"{NAME}(?: +{LENGTH}| +until +{triggers})?(?: +like +{NAME})?"
                    rf"(?: *, *{option})*",
                    (
                        "Name and length, then other settings: intro 8 bars, tempo 120 -> 132, "
                        "meter 3/4, cut seed 99."
                    ),
                ),
                "like": match_pattern(
                    NAME, "A section from which this one has what it does not state itself."
                ),
                "until": one_or_more(
                    match_pattern(triggers, "A trigger."), "What ends a live section."
                ),
                "max": describe_reference("length", "The maximum length of a live section."),
                "tempo": match_pattern(
                    TEMPO, "A tempo of its own, or a ramp over its entire length.", number=True
                ),
                "meter": ACTION_BY_KEY["meter"].schema["meter"],
                "cut": ACTION_BY_KEY["cut"].schema["cut"],
                "cues": refer_to("cues"),
                "rules": refer_to("rules"),
            },
        },
        "cues": {
            "description": "Cues: actions and their positions.",
            **items,
            "items": {"anyOf": [refer_to("cue"), refer_to("every"), refer_to("rule")]},
        },
        "rules": {
            "description": "Rules: actions and their triggers.",
            **items,
            "items": refer_to("rule"),
        },
        "cue": _item("Actions at a position.", {"at": refer_to("place")}, False, required=["at"]),
        "every": _item(
            "Repeated actions, from the start or from a position.",
            {"every": refer_to("length"), "from": refer_to("place")},
            False,
            required=["every"],
        ),
        "rule": _item(
            "Actions on a trigger.",
            {"when": when, "on": when, "at": refer_to("landing")},
            True,
            oneOf=[{"required": ["when"]}, {"required": ["on"]}],
        ),
    }


def render_schema() -> str:
    """Return the text of `grammar/score.schema.json`."""
    return json.dumps(build_schema(), ensure_ascii=False, indent=2) + "\n"
