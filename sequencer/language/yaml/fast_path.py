"""The fast path for most of a score in YAML: cues that are written completely on one line.

A line such as `- {at: 3, show: tram, action: Now she smiles.}` is read here without PyYAML, which
is given a plain word of the same length instead. PyYAML's result decides whether the line is what
it looks like: it is a cue only if the word comes back on its own, as an item of `cues`, at the same
position (and not, for example, as part of a line of a text). A score in which anything else happens
to such a word, or which contains any mistake, is read again without the fast path. The fast path
therefore changes only how long reading takes, never the result.
"""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language import values
from sequencer.language.foreign_words import NO_IMAGE_WORDS
from sequencer.language.score import Action, Cue, Position, Prompt, Show, Text
from sequencer.language.spec import ACTIONS, ITEM_KEYS, RESERVED, ActionSpec, Argument
from sequencer.language.values import strings as words
from sequencer.language.yaml.nodes import Mapping, Scalar

_PLAIN = r"[^\W_][^,:#\[\]{}\"\\\n\t]*+(?<! )|\+[0-9][0-9a-z/+. ]*+(?<! )"
_QUOTED = r"\"[^\"\\\n\t#]*+\""
_ACTIONS = [row for row in ACTIONS if row.argument is not Argument.NONE and not row.repeats]
_KEYS = "|".join((*ITEM_KEYS, *(key for row in _ACTIONS for key in row.schema)))
_KEY_AND_VALUE = rf"(?:{_KEYS}): (?:{_PLAIN}|{_QUOTED})"
_LINE = re.compile(
    rf"^( *- )(\{{{_KEY_AND_VALUE}(?:, {_KEY_AND_VALUE})*\}})(?=[ \t]*(?:$|[ \t]#))", re.MULTILINE
)
_ROWS = {
    row.key: row
    for row in ACTIONS
    if row.argument in (Argument.VALUE, Argument.NAME, Argument.STRING) and not row.only_in_rules
}
"""The actions that are read here, apart from prompts."""

MAX_VALUE_LENGTH = 200
"""Longer values take the normal path, because only it reports values that are too long."""

_PAIR = re.compile(rf"({_KEYS}): (?:({_PLAIN})|({_QUOTED}))")


def mask_simple_cues(text: str) -> tuple[str, int]:
    """Return `text` with readable mappings replaced by words of equal length, and their number."""
    return _LINE.subn(lambda match: match.group(1) + "x" * (match.end() - match.start(2)), text)


def read_mapping_at(text: str, start: int, end: int, line: int, column: int) -> Mapping | None:
    """Return the mapping `text[start:end]` at `line`, `column` (from 0); None if a key repeats."""
    mapping = Mapping(start, line, column, True)
    shift = column - start
    entries = mapping.entries
    count = 0
    for match in _PAIR.finditer(text, start, end):
        count += 1
        key, value, quoted = match.groups()
        at, stop = match.span(1)
        word = Scalar(key, line, at + shift, start=at, end=stop, style=None)
        at = stop + 2
        if quoted is None:
            entries[key] = (
                word,
                Scalar(value, line, at + shift, start=at, end=match.end(), style=None),
            )
        else:
            entries[key] = (
                word,
                Scalar(quoted[1:-1], line, at + shift, start=at, end=match.end(), style='"'),
            )
    mapping.end, mapping.end_line, mapping.end_column = end, line, end + shift
    return mapping if len(entries) == count else None


def read_cue_at(
    text: str, file: str, start: int, *, end: int, line: int, column: int, faults: Diagnostics
) -> Cue | None:
    """Return the cue `text[start:end]` if it is simple, else None.

    A simple cue has a position and only the usual actions, each at most once.

    Mistakes are reported briefly or not at all: a score with any mistake is read again without the
    fast path, which reports them properly.
    """
    shift = column - start + 1
    number = line + 1
    position: Position | None = None
    actions: list[Action] = []
    seen: set[str] = set()
    for match in _PAIR.finditer(text, start, end):
        key, value, quoted = match.groups()
        if key in seen or len(value or "") + len(quoted or "") > MAX_VALUE_LENGTH:
            return None
        seen.add(key)
        at, stop = match.end(1) + 2 + shift, match.end() + shift
        span = Span(file, number, at, number, stop)
        if key in ("prompt", "action"):
            prompt_text = _read_text(value, quoted, span, faults)
            if prompt_text is None:
                return None
            if key == "prompt":
                actions.append(Prompt(prompt_text, span))
            elif actions and isinstance(show := actions[-1], Show) and show.action is None:
                first = show.span
                actions[-1] = Show(
                    show.scene, prompt_text, Span(file, number, first.column, number, stop)
                )
            else:
                return None
        elif quoted is not None:
            return None
        elif key == "at":
            position = values.read_position(value, span, faults)
        elif (
            key == "show"
            and (name := values.normalise_name(value)) is not None
            and name not in RESERVED
        ):
            actions.append(Show(name, None, span))
        else:
            row = _ROWS.get(key)
            entry = Span(file, number, match.start(1) + shift, number, stop)
            action = None if row is None else _read_row(row, value, span, entry, faults)
            if action is None:
                return None
            actions.append(action)
    whole = Span(file, number, column + 1, number, end + shift)
    return None if position is None or not actions else Cue(position, tuple(actions), whole)


def _read_row(
    row: ActionSpec, value: str, span: Span, entry: Span, faults: Diagnostics
) -> Action | None:
    """Read an action with one value.

    `span` is the span of the value, `entry` that of key and value.
    """
    if row.argument is Argument.STRING:
        read = None if value.casefold() in NO_IMAGE_WORDS else value
    else:
        read = None if row.read is None else row.read(value, span, faults)
    action: Action | None = (
        None if read is None else row.node(read, span if row.points_at_value else entry)
    )
    return action


def _read_text(
    value: str | None, quoted: str | None, span: Span, faults: Diagnostics
) -> Text | None:
    inner = (value or "") if quoted is None else quoted[1:-1]
    if (
        "{" not in inner and "}" not in inner
    ):  # the lines read here contain no control characters and no escapes
        return Text((inner,) if inner else (), span)
    first = span.column + 1
    file, line = span.file, span.line
    return words.read_unquoted_text(
        inner, span, faults, lambda start, end: Span(file, line, first + start, line, first + end)
    )
