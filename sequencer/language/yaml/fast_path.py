"""The fast path for most of a score in YAML: cues that are written completely on one line.

A line such as `- {at: 3, show: tram, action: Now she smiles.}` is read here without PyYAML, which is given a plain word of the
same length instead. PyYAML's result decides whether the line is what it looks like: it is a cue only if the word comes back on
its own, as an item of `cues`, at the same position (and not, for example, as part of a line of a text). A score in which
anything else happens to such a word, or which contains any mistake, is read again without the fast path. The fast path
therefore changes only how long reading takes, never the result.
"""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language import values
from sequencer.language.foreign_words import NO_IMAGE_WORDS
from sequencer.language.score import Action, Cue, Position, Prompt, SetMark, SetSr, SetStrength, Show, Text, UseImage
from sequencer.language.values import strings as words
from sequencer.language.values.strings import MAX_NAME_LENGTH
from sequencer.language.yaml.nodes import Mapping, Scalar

_PLAIN = r"[^\W_][^,:#\[\]{}\"\\\n\t]*+(?<! )|\+[0-9][0-9a-z/+. ]*+(?<! )"
_QUOTED = r"\"[^\"\\\n\t#]*+\""
_KEYS = "at|every|from|when|on|show|action|prompt|image|strength|sr|cut|tempo|meter|mark|snap|goto"
_KEY_AND_VALUE = rf"(?:{_KEYS}): (?:{_PLAIN}|{_QUOTED})"
_LINE = re.compile(rf"^( *- )(\{{{_KEY_AND_VALUE}(?:, {_KEY_AND_VALUE})*\}})(?=[ \t]*(?:$|[ \t]#))", re.MULTILINE)
MAX_VALUE_LENGTH = 200
"""Longer values are read without the fast path, because only the normal path reports values that are too long."""

_PAIR = re.compile(rf"({_KEYS}): (?:({_PLAIN})|({_QUOTED}))")


def mask_simple_cues(text: str) -> tuple[str, int]:
    """Return `text` with each readable mapping replaced by a word of the same length, and the number of these mappings."""
    return _LINE.subn(lambda match: match.group(1) + "x" * (match.end() - match.start(2)), text)


def read_mapping_at(text: str, start: int, end: int, line: int, column: int) -> Mapping | None:
    """Return the mapping `text[start:end]` at `line` and `column` (from 0), or None if it contains a duplicate key."""
    mapping = Mapping(start, line, column, True)
    shift = column - start
    entries = mapping.entries
    count = 0
    for match in _PAIR.finditer(text, start, end):
        count += 1
        key, value, quoted = match.groups()
        at, behind = match.span(1)
        word = Scalar(key, line, at + shift, at, behind, None)
        at = behind + 2
        if quoted is None:
            entries[key] = (word, Scalar(value, line, at + shift, at, match.end(), None))
        else:
            entries[key] = (word, Scalar(quoted[1:-1], line, at + shift, at, match.end(), '"'))
    mapping.end, mapping.end_line, mapping.end_column = end, line, end + shift
    return mapping if len(entries) == count else None


def read_cue_at(text: str, file: str, start: int, end: int, line: int, column: int, faults: Diagnostics) -> Cue | None:
    """Return the cue `text[start:end]` if it has a position and only the usual actions, each at most once, else None.

    Mistakes are reported briefly or not at all: a score with any mistake is read again without the fast path, which reports
    them properly.
    """
    shift = column - start + 1
    number = line + 1
    place: Position | None = None
    actions: list[Action] = []
    seen: set[str] = set()
    for match in _PAIR.finditer(text, start, end):
        key, value, quoted = match.groups()
        if key in seen or len(value or "") + len(quoted or "") > MAX_VALUE_LENGTH:
            return None
        seen.add(key)
        at, behind = match.end(1) + 2 + shift, match.end() + shift
        span = Span(file, number, at, number, behind)
        if key in ("prompt", "action"):
            said = _read_text(value, quoted, span, faults)
            if said is None:
                return None
            if key == "prompt":
                actions.append(Prompt(said, span))
            elif actions and isinstance(show := actions[-1], Show) and show.action is None:
                first = show.span
                actions[-1] = Show(show.scene, said, Span(file, number, first.column, number, behind))
            else:
                return None
        elif quoted is not None:
            return None
        elif key == "at":
            place = values.read_position(value, span, faults)
        elif key == "show" and (name := values.normalise_name(value)) is not None and name not in values.RESERVED:
            actions.append(Show(name, None, span))
        else:
            action = _read_setting(key, value, span, Span(file, number, match.start(1) + shift, number, behind), faults)
            if action is None:
                return None
            actions.append(action)
    whole = Span(file, number, column + 1, number, end + shift)
    return None if place is None or not actions else Cue(place, tuple(actions), whole)


def _read_setting(key: str, value: str, span: Span, whole: Span, faults: Diagnostics) -> Action | None:
    """Read an action that sets one value: `span` is the span of the value, `whole` that of key and value."""
    match key:
        case "sr":
            sr = values.read_sr(value, span, faults)
            return None if sr is None else SetSr(sr, whole)
        case "mark":
            name = values.normalise_name(value)
            return None if name is None or len(name) > MAX_NAME_LENGTH else SetMark(name, whole)
        case "strength":
            strength = values.read_strength(value, span, faults)
            return None if strength is None else SetStrength(strength, whole)
        case "image":
            return None if value.casefold() in NO_IMAGE_WORDS else UseImage(value, span)
        case _:
            return None


def _read_text(value: str | None, quoted: str | None, span: Span, faults: Diagnostics) -> Text | None:
    inner = (value or "") if quoted is None else quoted[1:-1]
    if "{" not in inner and "}" not in inner:  # the lines read here contain no control characters and no escapes
        return Text((inner,) if inner else (), span)
    first = span.column + 1
    file, line = span.file, span.line
    return words.read_unquoted_text(inner, span, faults, lambda start, end: Span(file, line, first + start, line, first + end))
