"""Cues, rules and their actions as YAML: on one line where they fit, else with one key a line."""

from __future__ import annotations

from itertools import groupby

from sequencer.notation import spelling
from sequencer.notation.yaml import spelling as spell
from sequencer.notation.yaml.actions import SAME_SEED
from sequencer.score import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Cue,
    Cut,
    Every,
    Goto,
    Item,
    Pause,
    Pick,
    Prompt,
    Resume,
    Rule,
    SendControl,
    SendMidi,
    SendNote,
    SendProgram,
    SetMark,
    SetSr,
    SetStrength,
    Show,
    SnapHere,
    Text,
    UseImage,
    Words,
)

LINE = 110
"""The longest line on which a whole cue stands."""

INDENT = "  "

Pair = tuple[str, "str | Words | list[str]"]
"""A key with its value: written, a text still to be laid out, or the items of a list, written."""


def item_lines(item: Item, depth: int) -> list[str]:
    """The lines of a cue or a rule, not indented by `depth`."""
    pairs: list[Pair] = _when(item)
    if _are_keys(item.actions):
        pairs += _as_keys(item.actions)
    else:
        pairs.append(("do", _do(item.actions)))
    words = [value for _, value in pairs if isinstance(value, (Text, Pick))]
    if all(spell.is_one_line(said) for said in words):
        line = "- {" + ", ".join(f"{key}: {_inline(value)}" for key, value in pairs) + "}"
        if len(INDENT) * depth + len(line) <= LINE:
            return [line]
    lines: list[str] = []
    for key, value in pairs:
        lines += _lines(key, value, depth)
    return [("- " if number == 0 else "  ") + line for number, line in enumerate(lines)]


def _when(item: Item) -> list[Pair]:
    match item:
        case Cue(place):
            return [("at", spell.value(spelling.place(place), flow=True))]
        case Every(every, start):
            if start is None:
                return [("every", spelling.duration(every))]
            return [("every", spelling.duration(every)), ("from", spell.value(spelling.place(start), flow=True))]
        case Rule(trigger):
            return [("when", spell.value(spelling.trigger(trigger), flow=True))]


def _are_keys(actions: tuple[Action, ...]) -> bool:
    """Whether actions can stand as keys of one mapping: each kind once, and none that has no value.

    What is sent to gear is one key, whose value may be a list: so it stands together.
    """
    kinds: list[object] = []
    for sends, together in groupby(actions, lambda action: isinstance(action, SendMidi)):
        kinds += [SendMidi] if sends else [type(action) for action in together]
    return len(set(kinds)) == len(kinds) and Pause not in kinds and Resume not in kinds


def _as_keys(actions: tuple[Action, ...]) -> list[Pair]:
    """Actions as keys of one mapping."""
    pairs: list[Pair] = []
    for sends, group in groupby(actions, lambda action: isinstance(action, SendMidi)):
        together = list(group)
        if sends and len(together) > 1:
            pairs.append(("midi", [_sent(action) for action in together if isinstance(action, SendMidi)]))
        else:
            pairs += [pair for action in together for pair in _pairs(action)]
    return pairs


def _sent(action: SendMidi) -> str:
    return spell.value(spelling.midi(action), flow=True)


def _do(actions: tuple[Action, ...]) -> str | list[str]:
    """Actions as a list: whatever they are, in their order."""
    written: list[str] = []
    for action in actions:
        match action:
            case Pause():
                written.append("pause")
            case Resume():
                written.append("resume")
            case Cut(None):
                written.append("cut")
            case _:
                written.append("{" + ", ".join(f"{key}: {_inline(value)}" for key, value in _pairs(action)) + "}")
    return written[0] if len(written) == 1 else written


def _pairs(action: Action) -> list[Pair]:
    """An action as keys with values."""
    match action:
        case Prompt(said):
            return [("prompt", said)]
        case Show(scene, said):
            if said is None:
                return [("show", spell.name(scene))]
            return [("show", spell.name(scene)), ("action", said)]
        case UseImage(path):
            return [("image", spell.string(path, flow=True))]
        case SetStrength(value):
            return [("strength", spelling.number(value))]
        case SetSr(sr):
            return [("sr", str(sr))]
        case Cut(seed):
            return [("cut", SAME_SEED if seed is None else f"seed {seed}")]
        case ChangeTempo():
            return [("tempo", spell.value(spelling.tempo(action), flow=True))]
        case ChangeMeter(meter):
            return [("meter", str(meter))]
        case SendNote() | SendControl() | SendProgram():
            return [("midi", _sent(action))]
        case _:
            return [_short(action)]


def _short(action: SetMark | SnapHere | Pause | Resume | Goto) -> Pair:
    match action:
        case SetMark(name):
            return ("mark", spell.name(name))
        case SnapHere(snap):
            return ("snap", str(snap))
        case Goto(section):
            return ("goto", spell.name(section))
        case Pause():
            return ("pause", "")
        case Resume():
            return ("resume", "")


def _inline(value: str | Words | list[str]) -> str:
    """A value inside braces."""
    match value:
        case Text():
            return spell.text(value, flow=True)
        case Pick():
            return spell.pick(value)
        case str():
            return value
        case list():
            return "[" + ", ".join(value) + "]"


def _lines(key: str, value: str | Words | list[str], depth: int) -> list[str]:
    """A key with its value, on lines of their own."""
    match value:
        case Text():
            broken = spell.folded(value)
            if broken is None:
                return [f"{key}: {spell.text(value, flow=False)}"]
            return [f"{key}: >-", *(INDENT + line for line in broken)]
        case Pick(options):
            line = f"{key}: {spell.pick(value)}"
            if spell.is_one_line(value) and len(INDENT) * (depth + 1) + len(line) <= LINE:
                return [line]
            lines = [f"{key}:", f"{INDENT}pick:"]
            for option in options:
                broken = spell.folded(option)
                if broken is None:
                    lines.append(f"{INDENT * 2}- {spell.text(option, flow=False)}")
                else:
                    lines += [f"{INDENT * 2}- >-", *(INDENT * 3 + line for line in broken)]
            return lines
        case str():
            return [f"{key}: {value}"]
        case list():
            line = f"{key}: [{', '.join(value)}]"
            if len(INDENT) * (depth + 1) + len(line) <= LINE:
                return [line]
            return [f"{key}:", *(f"{INDENT}- {one}" for one in value)]
