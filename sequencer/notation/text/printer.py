"""Writing a score back: the formatter of the text notation.

The layout is the one that the printer knows: a statement a line, two blanks of indentation, a blank line between unlike
things. What the author arranged stays: the order of the statements, one blank line where there were some, the lines of a
three-quoted text, comments on a line of their own and behind a statement. Printing what was printed changes nothing.
"""

from __future__ import annotations

from itertools import pairwise

from sequencer.notation import spelling
from sequencer.notation.text.layout import Group, Row, lay_out
from sequencer.notation.text.literals import literal, words
from sequencer.score import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Cue,
    Cut,
    Every,
    Goto,
    Header,
    Item,
    Pause,
    Prompt,
    Resume,
    Rule,
    Scene,
    Score,
    Section,
    SendControl,
    SendNote,
    SendProgram,
    SetMark,
    SetSr,
    SetStrength,
    Show,
    SnapHere,
    UseImage,
)

INDENT = "  "


def print_text(score: Score) -> str:
    """`score` in the text notation; it reads back to an equal score.

    Raises ValueError for a score made by code that the language cannot spell.
    """
    return lay_out(_blocks(score), score.comments, score.text)


def _blocks(score: Score) -> list[Row]:
    """Every line of the score: in the source's order where all of them have a place in it, else in the usual order."""
    source = score.text
    kinds: list[list[list[Row]]] = [
        [[row] for row in _header(score.header)],
        [[Row(Group.USE, 0, f"use {spelling.string(use.path)}", use.span)] for use in score.uses],
        [[Row(Group.LET, 0, f"let {let.name} = {literal(let.text, source, '')}", let.span)] for let in score.lets],
        [_scene(scene, source) for scene in score.scenes],
        [_section(section, source) for section in score.sections],
        [[Row(Group.ITEMS, 0, _item(item, source, ""), item.span)] for item in score.items],
    ]
    if score.play:
        kinds.append([[Row(Group.PLAY, 0, f"play {spelling.play(score.play)}", score.play_span)]])
    if score.end is not None:
        kinds.append([[Row(Group.END, 0, f"end {spelling.place(score.end)}", score.end_span)]])
    blocks = [block for kind in kinds for block in kind]
    # Nodes of one kind keep their order whatever their spans say: it is part of what the score means.
    if all(block[0].is_placed for block in blocks) and all(_ascend(kind) for kind in kinds):
        blocks.sort(key=lambda block: (block[0].line, block[0].column))
    return [row for block in blocks for row in block]


def _ascend(kind: list[list[Row]]) -> bool:
    return all((one[0].line, one[0].column) <= (two[0].line, two[0].column) for one, two in pairwise(kind))


def _header(header: Header) -> list[Row]:
    values = spelling.header(header)
    lines = {name: f"{name} {value}" for name, value in values.items()}
    if header.title is not None:
        lines = {"title": f"score {spelling.string(header.title)}", **lines}
    spans = dict(header.spans)
    rows = [Row(Group.HEADER, 0, text, spans.get(name)) for name, text in lines.items()]
    if all(row.is_placed for row in rows):
        rows.sort(key=lambda row: (row.line, row.column))
    return rows


def _scene(scene: Scene, source: str) -> list[Row]:
    inside: list[Row] = []
    if scene.base is not None:
        inside.append(Row(Group.SCENE, 1, f"base {literal(scene.base, source, INDENT)}", scene.base.span))
    if scene.follow is not None:
        inside.append(Row(Group.SCENE, 1, f"follow {literal(scene.follow, source, INDENT)}", scene.follow.span))
    if scene.silenced:
        inside.append(Row(Group.SCENE, 1, f"quiet {', '.join(scene.silenced)}", scene.quiet_span))
    if all(row.is_placed for row in inside):
        inside.sort(key=lambda row: (row.line, row.column))
    return [
        Row(Group.SCENE, 0, f"scene {scene.name} {{", scene.span, opens=True),
        *inside,
        Row(Group.SCENE, 0, "}", scene.span, closes=True),
    ]


def _section(section: Section, source: str) -> list[Row]:
    return [
        Row(Group.SECTION, 0, f"section {section.name} {', '.join(_head(section))} {{", section.span, opens=True),
        *(Row(Group.SECTION, 1, _item(item, source, INDENT), item.span) for item in section.items),
        Row(Group.SECTION, 0, "}", section.span, closes=True),
    ]


def _head(section: Section) -> list[str]:
    """What a section's head says behind the name."""
    parts: list[str] = []
    if section.duration is not None:
        parts.append(spelling.duration(section.duration))
    if section.until:
        parts.append("until " + " or ".join(spelling.trigger(one) for one in section.until))
    if section.most is not None:
        parts.append(f"max {spelling.duration(section.most)}")
    if section.tempo is not None:
        parts.append(f"tempo {spelling.tempo(section.tempo)}")
    if section.meter is not None:
        parts.append(f"meter {section.meter.meter}")
    if section.cut is not None:
        parts.append(spelling.cut(section.cut))
    return parts


def _item(item: Item, source: str, indent: str) -> str:
    line = _when(item)
    for index, action in enumerate(item.actions):
        line += (", " if index else "") + _action(action, source, indent, len(indent) + len(line))
    return line


def _when(item: Item) -> str:
    match item:
        case Cue(place):
            return f"at {spelling.place(place)} "
        case Every(every, start):
            origin = "" if start is None else f"from {spelling.place(start)} "
            return f"every {spelling.duration(every)} {origin}"
        case Rule(trigger):
            return f"on {spelling.trigger(trigger)} -> "


def _action(action: Action, source: str, indent: str, used: int) -> str:
    """An action; `used` is how much of the line is taken already."""
    match action:
        case Prompt(said):
            return words(said, source, indent, used)
        case Show(scene, said):
            return scene if said is None else f"{scene} {words(said, source, indent, used + len(scene) + 1)}"
        case UseImage(path):
            return f"image {spelling.string(path)}"
        case SetStrength(value):
            return f"strength {spelling.number(value)}"
        case SetSr(sr):
            return f"sr {sr}"
        case Cut():
            return spelling.cut(action)
        case ChangeTempo():
            return f"tempo {spelling.tempo(action)}"
        case ChangeMeter(meter):
            return f"meter {meter}"
        case SendNote() | SendControl() | SendProgram():
            return f"midi {spelling.midi(action)}"
        case _:
            return _plain(action)


def _plain(action: SetMark | SnapHere | Pause | Resume | Goto) -> str:
    match action:
        case SetMark(name):
            return f"mark {name}"
        case SnapHere(snap):
            return f"snap {snap}"
        case Pause():
            return "pause"
        case Resume():
            return "resume"
        case Goto(section):
            return f"goto {section}"
