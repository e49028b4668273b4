"""Render a score in the text notation: its statements, texts and comments, and the blank lines between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from enum import Enum, auto
from itertools import pairwise

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import (
    Action,
    ChangeMeter,
    ChangeTempo,
    Comment,
    Cue,
    Cut,
    Every,
    Goto,
    Header,
    Item,
    Pause,
    Pick,
    Prompt,
    PromptText,
    Resume,
    Rule,
    Scene,
    Score,
    Section,
    SendControl,
    SendNote,
    SendProgram,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    Text,
    UseImage,
)
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
        source: The score's source text, in which the lines of a text in triple quotes are looked up.
        indent: The indentation of the statement.
    """
    if not text.block or not text.parts:
        return spelling.render_quoted(text)
    for lines in (_source_lines(source, text.span), _break_lines(text)):
        block = _render_block(lines, indent)
        if _is_literal_of(block, text):
            return block
    return spelling.render_quoted(text)  # triple quotes would lose, for example, white space at its ends


def prompt_text(said: PromptText, source: str, indent: str, used: int) -> str:
    """Render a text or a pick. `used` is the width of the line so far."""
    if isinstance(said, Text):
        return render_literal(said, source, indent)
    return _render_pick(said, source, indent, used)


def _render_pick(pick: Pick, source: str, indent: str, used: int) -> str:
    options = [render_literal(option, source, indent + "    ") for option in pick.options]
    line = f"pick({' | '.join(options)})"
    if len(options) == 1 or ("\n" not in line and used + len(line) <= MAX_PICK_WIDTH):
        return line
    inner = f"\n{indent}  "
    return f"pick({inner}{f'{inner}| '.join(options)}\n{indent})"


def _render_block(lines: list[str], indent: str) -> str:
    inner = "".join(f"{indent}  {line}\n" if line else "\n" for line in lines)
    return f'"""\n{inner}{indent}"""'


def _is_literal_of(block: str, text: Text) -> bool:
    """Return whether a literal reads back as `text`."""
    faults = Diagnostics()
    read = read_text(block, Span("", 1, 1, 1, 1), faults)
    return read is not None and read.parts == text.parts


def _source_lines(source: str, span: Span) -> list[str]:
    """Return the lines of the text in triple quotes at `span` as they are in the source. Empty if there is no such text."""
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


INDENT = "  "


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


@dataclass(slots=True)
class Row:
    """A statement to be printed (its text may have several lines), the head of a block, or a closing brace.

    `span` is its position in the source; for a head and for a closing brace it is the span of the complete block.
    """

    group: Group
    depth: int
    text: str
    span: Span | None = None
    opens: bool = False
    closes: bool = False
    before: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)

    @property
    def is_placed(self) -> bool:
        """Whether it has a position in the source."""
        return self.span is not None and self.span.line > 0

    @property
    def line(self) -> int:
        """The line where it begins, from 1; 0 if it has no position."""
        span = self.span or NO_SPAN
        return span.end_line if self.closes else span.line

    @property
    def column(self) -> int:
        """The column where it begins, from 1."""
        span = self.span or NO_SPAN
        return span.end_column - 1 if self.closes else span.column


def render_rows(rows: Sequence[Row], comments: Sequence[Comment], source: str) -> str:
    """Render `rows`, with comments where they were in the source and its blank lines where they are allowed."""
    last = _attach_comments(rows, comments)
    written = source.split("\n")
    out: list[str] = []
    previous: Row | None = None
    for row in rows:
        depth = row.depth + row.closes
        gaps = [_has_blank_line_above(written, comment.span.line) for comment in row.before]
        gaps.append(row.is_placed and not row.closes and _has_blank_line_above(written, row.line))
        if previous is None or previous.opens:
            gaps[0] = False
        elif _is_separated(previous, row) and not any(gaps):
            gaps[0] = True
        for comment, gap in zip(row.before, gaps, strict=False):
            out += [""] if gap else []
            out.append(INDENT * depth + _render_comment(comment))
        out += [""] if gaps[-1] else []
        behind = "".join(f"  {_render_comment(comment)}" for comment in row.behind)
        out.append(INDENT * row.depth + row.text + behind)
        previous = row
    for comment in last:
        out += [""] if out and _has_blank_line_above(written, comment.span.line) else []
        out.append(_render_comment(comment))
    return "\n".join(out) + "\n" if out else ""


def _is_separated(previous: Row, row: Row) -> bool:
    """Return whether a blank line is required between two rows: around blocks, and between different groups."""
    if row.depth > 0 or row.closes:
        return False
    return previous.closes or row.opens or previous.group is not row.group


def _render_comment(comment: Comment) -> str:
    """Render a comment with its `#`. `##` and `#!` stay together."""
    text = comment.text.rstrip()
    return "#" if not text else f"#{text}" if text[0] in "#!" else f"# {text}"


def _has_blank_line_above(lines: list[str], line: int) -> bool:
    return 2 <= line <= len(lines) and not lines[line - 2].strip()


def _attach_comments(rows: Sequence[Row], comments: Sequence[Comment]) -> list[Comment]:
    """Attach each comment to the row it belongs to, and return the comments after the last row.

    A comment on its own line belongs to what follows, a comment after a statement to that statement. A comment inside a
    statement of several lines moves before it.
    """
    last: list[Comment] = []
    index = -1
    starts = _row_starts(rows)
    for comment in sorted(comments, key=lambda one: (one.span.line, one.span.column)):
        at = (comment.span.line, comment.span.column)
        while index + 1 < len(rows) and starts[index + 1] < at:
            index += 1
        row = rows[index] if index >= 0 else None
        if row is not None and _is_inside(row, comment):
            row.before.append(comment)
        elif row is not None and not comment.own_line:
            row.before += row.behind
            row.behind = [comment]
        elif index + 1 < len(rows):
            rows[index + 1].before.append(comment)
        else:
            last.append(comment)
    return last


def _row_starts(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return where each row begins. A row without a position gets that of the preceding row."""
    starts: list[tuple[int, int]] = []
    for row in rows:
        starts.append((row.line, row.column) if row.is_placed else starts[-1] if starts else (0, 0))
    return starts


def _is_inside(row: Row, comment: Comment) -> bool:
    """Return whether a comment is between the first and the last line of a statement."""
    span = row.span
    if span is None or row.opens or row.closes:
        return False
    return comment.span.line < span.end_line


def print_text(score: Score) -> str:
    """Render `score` in the text notation. The result reads back to an equal score.

    Raises:
        ValueError: The score was built by code and contains a value that the language cannot express.
    """
    return render_rows(_score_rows(score), score.comments, score.text)


def _score_rows(score: Score) -> list[Row]:
    """Return every row of the score, in source order if all of them have a position, otherwise in the usual order."""
    source = score.text
    kinds: list[list[list[Row]]] = [
        [[row] for row in _header_rows(score.header)],
        [[Row(Group.USE, 0, f"use {spelling.render_string(use.path)}", use.span)] for use in score.uses],
        [[Row(Group.LET, 0, f"let {let.name} = {render_literal(let.text, source, '')}", let.span)] for let in score.lets],
        [_scene_rows(scene, source) for scene in score.scenes],
        [_section_rows(section, source) for section in score.sections],
        [[Row(Group.ITEMS, 0, _render_item(item, source, ""), item.span)] for item in score.items],
    ]
    if score.play:
        kinds.append([[Row(Group.PLAY, 0, f"play {spelling.render_play(score.play)}", score.play_span)]])
    if score.end is not None:
        kinds.append([[Row(Group.END, 0, f"end {spelling.render_position(score.end)}", score.end_span)]])
    blocks = [block for kind in kinds for block in kind]
    # Nodes of one kind keep their order regardless of their spans, because the order is part of the score's meaning.
    if all(block[0].is_placed for block in blocks) and all(_is_ascending(kind) for kind in kinds):
        blocks.sort(key=lambda block: (block[0].line, block[0].column))
    return [row for block in blocks for row in block]


def _is_ascending(kind: list[list[Row]]) -> bool:
    return all((one[0].line, one[0].column) <= (two[0].line, two[0].column) for one, two in pairwise(kind))


def _header_rows(header: Header) -> list[Row]:
    values = spelling.render_header(header)
    lines = {name: f"{name} {value}" for name, value in values.items()}
    if header.title is not None:
        lines = {"title": f"score {spelling.render_string(header.title)}", **lines}
    spans = dict(header.spans)
    rows = [Row(Group.HEADER, 0, text, spans.get(name)) for name, text in lines.items()]
    if all(row.is_placed for row in rows):
        rows.sort(key=lambda row: (row.line, row.column))
    return rows


def _scene_rows(scene: Scene, source: str) -> list[Row]:
    inside: list[Row] = []
    if scene.base is not None:
        inside.append(Row(Group.SCENE, 1, f"base {render_literal(scene.base, source, INDENT)}", scene.base.span))
    if scene.follow is not None:
        inside.append(Row(Group.SCENE, 1, f"follow {render_literal(scene.follow, source, INDENT)}", scene.follow.span))
    if scene.silenced:
        inside.append(Row(Group.SCENE, 1, f"quiet {', '.join(scene.silenced)}", scene.quiet_span))
    if all(row.is_placed for row in inside):
        inside.sort(key=lambda row: (row.line, row.column))
    return [
        Row(Group.SCENE, 0, f"scene {scene.name} {{", scene.span, opens=True),
        *inside,
        Row(Group.SCENE, 0, "}", scene.span, closes=True),
    ]


def _section_rows(section: Section, source: str) -> list[Row]:
    return [
        Row(Group.SECTION, 0, f"section {section.name} {', '.join(_head(section))} {{", section.span, opens=True),
        *(Row(Group.SECTION, 1, _render_item(item, source, INDENT), item.span) for item in section.items),
        Row(Group.SECTION, 0, "}", section.span, closes=True),
    ]


def _head(section: Section) -> list[str]:
    """Return the parts of a section's head that follow the name."""
    parts: list[str] = []
    if section.duration is not None:
        parts.append(spelling.render_duration(section.duration))
    if section.until:
        parts.append("until " + " or ".join(spelling.render_trigger(one) for one in section.until))
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
        line += (", " if index else "") + _render_action(action, source, indent, len(indent) + len(line))
    return line


def _render_item_head(item: Item) -> str:
    match item:
        case Cue(place):
            return f"at {spelling.render_position(place)} "
        case Every(every, start):
            origin = "" if start is None else f"from {spelling.render_position(start)} "
            return f"every {spelling.render_duration(every)} {origin}"
        case Rule(trigger):
            return f"on {spelling.render_trigger(trigger)} -> "


def _render_action(action: Action, source: str, indent: str, used: int) -> str:
    """Render an action. `used` is the width of the line so far."""
    match action:
        case Prompt(said):
            return prompt_text(said, source, indent, used)
        case Show(scene, said):
            return scene if said is None else f"{scene} {prompt_text(said, source, indent, used + len(scene) + 1)}"
        case UseImage(path):
            return f"image {spelling.render_string(path)}"
        case SetStrength(value):
            return f"strength {spelling.render_number(value)}"
        case SetSr(sr):
            return f"sr {sr}"
        case Cut():
            return spelling.render_cut(action)
        case ChangeTempo():
            return f"tempo {spelling.render_tempo(action)}"
        case ChangeMeter(meter):
            return f"meter {meter}"
        case SendNote() | SendControl() | SendProgram():
            return f"midi {spelling.render_midi(action)}"
        case _:
            return _render_keyword_action(action)


def _render_keyword_action(action: SetMark | SetSnap | Pause | Resume | Goto) -> str:
    match action:
        case SetMark(name):
            return f"mark {name}"
        case SetSnap(snap):
            return f"snap {snap}"
        case Pause():
            return "pause"
        case Resume():
            return "resume"
        case Goto(section):
            return f"goto {section}"
