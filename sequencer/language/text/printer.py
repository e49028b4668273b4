"""Render a score in the text notation: statements, texts, comments, and blank lines between."""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import pairwise

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.layout import INDENT, Inner, Row, Start, attach_comments, render_rows
from sequencer.language.score import (
    Action,
    Cue,
    Every,
    Header,
    Item,
    Pick,
    Prompt,
    PromptText,
    Rule,
    Scene,
    Score,
    Section,
    SendOsc,
    Show,
    Text,
)
from sequencer.language.spec import ACTION_BY_NODE, SETTINGS, Argument
from sequencer.language.values import writing as spelling
from sequencer.language.values.strings import read_text

TEXT_WIDTH = 100
"""Line width of a text in triple quotes whose author did not break it into lines."""

MAX_PICK_WIDTH = 120
"""A pick that would extend beyond this column is printed with one option per line."""

_QUOTE = re.compile(r'"(?="|\Z)')


def render_literal(text: Text, source: str, indent: str) -> str:
    """Render a text with its quotes.

    Args:
        text: The text.
        source: The score's source text, in which the lines of a text in triple quotes are looked
            up.
        indent: The indentation of the statement.
    """
    if not text.block or not text.parts:
        return spelling.render_quoted(text)
    for lines in (_source_lines(source, text.span), _break_lines(text)):
        block = _render_block(lines, indent)
        if _is_literal_of(block, text):
            return block
    return spelling.render_quoted(
        text
    )  # triple quotes would lose, for example, white space at its ends


def prompt_text(text: PromptText, source: str, indent: str, used: int) -> str:
    """Render a text or a pick. `used` is the width of the line so far."""
    if isinstance(text, Text):
        return render_literal(text, source, indent)
    return _render_pick(text, source, indent, used)


def _render_pick(pick: Pick, source: str, indent: str, used: int) -> str:
    options = [render_literal(option, source, indent + "    ") for option in pick.options]
    word = pick.keyword
    line = f"{word}({' | '.join(options)})"
    if len(options) == 1 or ("\n" not in line and used + len(line) <= MAX_PICK_WIDTH):
        return line
    inner = f"\n{indent}  "
    return f"{word}({inner}{f'{inner}| '.join(options)}\n{indent})"


def _render_block(lines: list[str], indent: str) -> str:
    inner = "".join(f"{indent}  {line}\n" if line else "\n" for line in lines)
    return f'"""\n{inner}{indent}"""'


def _is_literal_of(block: str, text: Text) -> bool:
    """Return whether a literal reads back as `text`."""
    faults = Diagnostics()
    read = read_text(block, Span("", 1, 1, 1, 1), faults)
    return read is not None and read.parts == text.parts


def _source_lines(source: str, span: Span) -> list[str]:
    """Return the lines of the text in triple quotes at `span` as they are in the source.

    Empty if there is no such text.
    """
    if span.line < 1 or not source:
        return []
    lines = source.split("\n")[span.line - 1 : span.end_line]
    if not lines:
        return []
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    written = "\n".join(lines)
    if len(written) < 6 or not (written.startswith('"""') and written.endswith('"""')):
        return []
    return [line.strip(" \t") for line in written[3:-3].strip(" \t\n").split("\n")]


def _break_lines(text: Text) -> list[str]:
    """Break a text for triple quotes into lines."""
    content = _QUOTE.sub(r"\\\"", spelling.render_content(text).replace("\\", "\\\\"))
    return spelling.wrap_text(content, TEXT_WIDTH)


class Group(Enum):
    """What a line belongs to. A blank line separates different groups."""

    HEADER = auto()
    USE = auto()
    LET = auto()
    SCENE = auto()
    SECTION = auto()
    ITEMS = auto()
    PLAY = auto()
    END = auto()


Grouped = tuple[Group, Row]


def print_text(score: Score) -> str:
    """Render `score` in the text notation. The result reads back to an equal score.

    Raises:
        ValueError: The score was built by code and contains a value that the language cannot
            express.
    """
    grouped = _score_rows(score)
    for (group, previous), (next_group, row) in pairwise(grouped):
        opens = previous.inner is Inner.NONE and not previous.is_end
        row.first = opens
        around = previous.is_end or row.inner is Inner.NONE or group is not next_group
        row.gap = around and row.depth == 0 and not row.is_end
    rows = [row for _, row in grouped]
    last = attach_comments(list(zip(_row_starts(rows), rows, strict=True)), score.comments)
    return render_rows(rows, last, score.text, keep_all_gaps=True)


def _row_starts(rows: list[Row]) -> list[Start]:
    """Return where each row begins. A row without a position gets that of the preceding row."""
    starts: list[Start] = []
    for row in rows:
        starts.append(row.start if row.has_position else starts[-1] if starts else (0, 0))
    return starts


def _statement(group: Group, depth: int, text: str, span: Span | None) -> Grouped:
    return group, Row(depth=depth, lines=[text], span=span, inner=Inner.ALL)


def _block(group: Group, head: str, inside: list[Grouped], span: Span) -> list[Grouped]:
    return [
        (group, Row(depth=0, lines=[f"{head} {{"], span=span)),
        *inside,
        (group, Row(depth=0, lines=["}"], span=span, is_end=True)),
    ]


def _score_rows(score: Score) -> list[Grouped]:
    """Return the score's rows, in source order if all have a position, else in the usual order."""
    source = score.text
    kinds: list[list[list[Grouped]]] = [
        [[row] for row in _header_rows(score.header)],
        [
            [_statement(Group.USE, 0, f"use {spelling.render_string(use.path)}", use.span)]
            for use in score.uses
        ],
        [
            [
                _statement(
                    Group.LET,
                    0,
                    f"let {let.name} = {render_literal(let.text, source, '')}",
                    let.span,
                )
            ]
            for let in score.lets
        ],
        [_scene_rows(scene, source) for scene in score.scenes],
        [_section_rows(section, source) for section in score.sections],
        [
            [_statement(Group.ITEMS, 0, _render_item(item, source, ""), item.span)]
            for item in score.items
        ],
    ]
    if score.play:
        kinds.append(
            [
                [
                    _statement(
                        Group.PLAY, 0, f"play {spelling.render_play(score.play)}", score.play_span
                    )
                ]
            ]
        )
    if score.end is not None:
        kinds.append(
            [
                [
                    _statement(
                        Group.END, 0, f"end {spelling.render_position(score.end)}", score.end_span
                    )
                ]
            ]
        )
    blocks = [block for kind in kinds for block in kind]
    # Nodes of one kind keep their order regardless of their spans, because the order is part of the
    # score's meaning.
    if all(block[0][1].has_position for block in blocks) and all(
        _is_ascending(kind) for kind in kinds
    ):
        blocks.sort(key=lambda block: block[0][1].start)
    return [row for block in blocks for row in block]


def _is_ascending(kind: list[list[Grouped]]) -> bool:
    return all(one[0][1].start <= two[0][1].start for one, two in pairwise(kind))


def _header_rows(header: Header) -> list[Grouped]:
    spans = dict(header.spans)
    rows: list[Grouped] = []
    for setting in SETTINGS:
        value = getattr(header, setting.field)
        if value is not None:
            written = setting.write(value)
            quoted = (
                spelling.render_string(written) if setting.argument is Argument.STRING else written
            )
            rows.append(
                _statement(Group.HEADER, 0, f"{setting.keyword} {quoted}", spans.get(setting.field))
            )
    rows += [
        _statement(Group.HEADER, 0, f"seed {one.seed} on {one.stage.name}", one.span)
        for one in header.stage_seeds
    ]
    if all(row.has_position for _, row in rows):
        rows.sort(key=lambda grouped: grouped[1].start)
    return rows


def _scene_rows(scene: Scene, source: str) -> list[Grouped]:
    inside: list[Grouped] = []
    if scene.base is not None:
        inside.append(
            _statement(
                Group.SCENE,
                1,
                f"base {render_literal(scene.base, source, INDENT)}",
                scene.base.span,
            )
        )
    if scene.follow is not None:
        inside.append(
            _statement(
                Group.SCENE,
                1,
                f"follow {render_literal(scene.follow, source, INDENT)}",
                scene.follow.span,
            )
        )
    if scene.silenced:
        inside.append(
            _statement(Group.SCENE, 1, f"quiet {', '.join(scene.silenced)}", scene.quiet_span)
        )
    if all(row.has_position for _, row in inside):
        inside.sort(key=lambda grouped: grouped[1].start)
    return _block(Group.SCENE, f"scene {scene.name}", inside, scene.span)


def _section_rows(section: Section, source: str) -> list[Grouped]:
    items = [
        _statement(Group.SECTION, 1, _render_item(item, source, INDENT), item.span)
        for item in section.items
    ]
    return _block(Group.SECTION, f"section {', '.join(_head(section))}", items, section.span)


def _head(section: Section) -> list[str]:
    """Return the parts of a section's head: first its name and length, then its options."""
    first = [section.name]
    if section.duration is not None:
        first.append(spelling.render_duration(section.duration))
    if section.until:
        first.append("until " + " or ".join(spelling.render_trigger(one) for one in section.until))
    if section.like is not None:
        first.append(f"like {section.like}")
    parts = [" ".join(first)]
    if section.most is not None:
        parts.append(f"max {spelling.render_duration(section.most)}")
    if section.tempo is not None:
        parts.append(f"tempo {spelling.render_tempo(section.tempo)}")
    if section.meter is not None:
        parts.append(f"meter {section.meter.meter}")
    if section.cut is not None:
        parts.append(spelling.render_cut(section.cut))
    return parts


def _render_item(item: Item, source: str, indent: str) -> str:
    line = _render_item_head(item)
    for index, action in enumerate(item.actions):
        line += (", " if index else "") + _render_action(
            action, source, indent, len(indent) + len(line)
        )
    return line


def _render_item_head(item: Item) -> str:
    stages = f"on {spelling.render_stages(item.stages)} " if item.stages else ""
    return f"{_render_item_begin(item)}{stages}"


def _render_item_begin(item: Item) -> str:
    match item:
        case Cue(position):
            return f"at {spelling.render_position(position)} "
        case Every(every, start):
            origin = "" if start is None else f"from {spelling.render_position(start)} "
            return f"every {spelling.render_duration(every)} {origin}"
        case Rule(trigger):
            at = "" if item.at is None else f" at {spelling.render_quantisation(item.at)}"
            return f"on {spelling.render_trigger(trigger)}{at} -> "


def _render_action(action: Action, source: str, indent: str, used: int) -> str:
    """Render an action. `used` is the width of the line so far."""
    match action:
        case Prompt(text):
            return prompt_text(text, source, indent, used)
        case Show(scene, text):
            return (
                scene
                if text is None
                else f"{scene} {prompt_text(text, source, indent, used + len(scene) + 1)}"
            )
        case _:
            row = ACTION_BY_NODE[type(action)]
            argument = row.write(action)
            if isinstance(action, SendOsc):
                argument = spelling.render_osc(action, in_quotes=True)
            if row.argument is Argument.STRING:
                argument = spelling.render_string(argument)
            return f"{row.keyword} {argument}" if argument else f"{row.keyword}"
