"""Write a score as YAML: cues and rules on one line if they fit, else with one key on each line."""

from __future__ import annotations

from dataclasses import field
from itertools import groupby, pairwise

from sequencer.core.diagnostics import NO_SPAN, Span
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
    Let,
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
    SendMidi,
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
from sequencer.language.yaml import quoting as spell
from sequencer.language.yaml.cues import SAME_SEED

MAX_LINE_LENGTH = 110
"""The maximum length of a line that contains a complete cue."""

INDENT = "  "

Pair = tuple[str, "str | PromptText | list[str]"]
"""A key with its value: a string that is already written, a text that is still to be formatted, or a list of written items."""


def item_lines(item: Item, depth: int) -> list[str]:
    """Return the lines of a cue or a rule, without the indentation for `depth`."""
    pairs: list[Pair] = _head_pairs(item)
    if _can_be_keys(item.actions):
        pairs += _action_keys(item.actions)
    else:
        pairs.append(("do", _action_list(item.actions)))
    words = [value for _, value in pairs if isinstance(value, (Text, Pick))]
    if all(spell.is_one_line(said) for said in words):
        line = "- {" + ", ".join(f"{key}: {_render_inline(value)}" for key, value in pairs) + "}"
        if len(INDENT) * depth + len(line) <= MAX_LINE_LENGTH:
            return [line]
    lines: list[str] = []
    for key, value in pairs:
        lines += _render_lines(key, value, depth)
    return [("- " if number == 0 else "  ") + line for number, line in enumerate(lines)]


def _head_pairs(item: Item) -> list[Pair]:
    match item:
        case Cue(place):
            return [("at", spell.quote_value(spelling.render_position(place), flow=True))]
        case Every(every, start):
            if start is None:
                return [("every", spelling.render_duration(every))]
            return [
                ("every", spelling.render_duration(every)),
                ("from", spell.quote_value(spelling.render_position(start), flow=True)),
            ]
        case Rule(trigger):
            return [("when", spell.quote_value(spelling.render_trigger(trigger), flow=True))]


def _can_be_keys(actions: tuple[Action, ...]) -> bool:
    """Return whether actions can be keys of one mapping: each kind occurs once, and each has a value.

    The actions that send MIDI share one key, whose value can be a list, so consecutive ones count as one.
    """
    kinds: list[object] = []
    for sends, together in groupby(actions, lambda action: isinstance(action, SendMidi)):
        kinds += [SendMidi] if sends else [type(action) for action in together]
    return len(set(kinds)) == len(kinds) and Pause not in kinds and Resume not in kinds


def _action_keys(actions: tuple[Action, ...]) -> list[Pair]:
    """Return actions as keys of one mapping."""
    pairs: list[Pair] = []
    for sends, group in groupby(actions, lambda action: isinstance(action, SendMidi)):
        together = list(group)
        if sends and len(together) > 1:
            pairs.append(("midi", [_render_midi(action) for action in together if isinstance(action, SendMidi)]))
        else:
            pairs += [pair for action in together for pair in _action_pairs(action)]
    return pairs


def _render_midi(action: SendMidi) -> str:
    return spell.quote_value(spelling.render_midi(action), flow=True)


def _action_list(actions: tuple[Action, ...]) -> str | list[str]:
    """Return actions as a list, which can hold any actions in any order."""
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
                written.append("{" + ", ".join(f"{key}: {_render_inline(value)}" for key, value in _action_pairs(action)) + "}")
    return written[0] if len(written) == 1 else written


def _action_pairs(action: Action) -> list[Pair]:
    """Return one action as keys with values."""
    match action:
        case Prompt(said):
            return [("prompt", said)]
        case Show(scene, said):
            if said is None:
                return [("show", spell.quote_name(scene))]
            return [("show", spell.quote_name(scene)), ("action", said)]
        case UseImage(path):
            return [("image", spell.quote_string(path, flow=True))]
        case SetStrength(value):
            return [("strength", spelling.render_number(value))]
        case SetSr(sr):
            return [("sr", str(sr))]
        case Cut(seed):
            return [("cut", SAME_SEED if seed is None else f"seed {seed}")]
        case ChangeTempo():
            return [("tempo", spell.quote_value(spelling.render_tempo(action), flow=True))]
        case ChangeMeter(meter):
            return [("meter", str(meter))]
        case SendNote() | SendControl() | SendProgram():
            return [("midi", _render_midi(action))]
        case _:
            return [_keyword_pair(action)]


def _keyword_pair(action: SetMark | SetSnap | Pause | Resume | Goto) -> Pair:
    match action:
        case SetMark(name):
            return ("mark", spell.quote_name(name))
        case SetSnap(snap):
            return ("snap", str(snap))
        case Goto(section):
            return ("goto", spell.quote_name(section))
        case Pause():
            return ("pause", "")
        case Resume():
            return ("resume", "")


def _render_inline(value: str | PromptText | list[str]) -> str:
    """Return a value as it is written inside braces."""
    match value:
        case Text():
            return spell.render_text(value, flow=True)
        case Pick():
            return spell.render_pick(value)
        case str():
            return value
        case list():
            return "[" + ", ".join(value) + "]"


def _render_lines(key: str, value: str | PromptText | list[str], depth: int) -> list[str]:
    """Return a key with its value, on lines of their own."""
    match value:
        case Text():
            broken = spell.fold_text(value)
            if broken is None:
                return [f"{key}: {spell.render_text(value, flow=False)}"]
            return [f"{key}: >-", *(INDENT + line for line in broken)]
        case Pick(options):
            line = f"{key}: {spell.render_pick(value)}"
            if spell.is_one_line(value) and len(INDENT) * (depth + 1) + len(line) <= MAX_LINE_LENGTH:
                return [line]
            lines = [f"{key}:", f"{INDENT}pick:"]
            for option in options:
                broken = spell.fold_text(option)
                if broken is None:
                    lines.append(f"{INDENT * 2}- {spell.render_text(option, flow=False)}")
                else:
                    lines += [f"{INDENT * 2}- >-", *(INDENT * 3 + line for line in broken)]
            return lines
        case str():
            return [f"{key}: {value}"]
        case list():
            line = f"{key}: [{', '.join(value)}]"
            if len(INDENT) * (depth + 1) + len(line) <= MAX_LINE_LENGTH:
                return [line]
            return [f"{key}:", *(f"{INDENT}- {one}" for one in value)]


@dataclass(slots=True)
class Row:
    """Lines that belong together: a key, a cue or the head of a section; or, without lines, the end of a block.

    `span` is the position in the source; None for lines that the printer adds.
    """

    depth: int
    lines: list[str]
    span: Span | None = None
    is_end: bool = False
    gap: bool = False
    """Whether a blank line always precedes it."""
    first: bool = False
    """Whether it is the first of its block, so that no blank line may precede it."""
    before: list[Comment] = field(default_factory=list)
    behind: list[Comment] = field(default_factory=list)

    @property
    def start(self) -> tuple[int, int]:
        """Return where it begins in the source; an end is just before the last character of its block."""
        span = self.span or NO_SPAN
        return (span.end_line, span.end_column - 1) if self.is_end else (span.line, span.column)


def print_yaml(score: Score) -> str:
    """Return `score` in YAML; reading the result gives an equal score.

    Raises:
        ValueError: The score was made by code and contains something that the language cannot express.
    """
    rows = _score_rows(score)
    last = _attach_comments(rows, score.comments)
    return _render_rows(rows, last, score.text)


# ---- rows ----------------------------------------------------------------------------------------------------------


def _score_rows(score: Score) -> list[Row]:
    groups = [
        _header_rows(score.header),
        _use_rows(score),
        _let_rows(score.lets),
        _scene_rows(score.scenes),
        _section_rows(score.sections),
        _item_rows(score.items, 0),
    ]
    closing: list[Row] = []
    if score.play:
        closing.append(Row(0, [f"play: {spelling.render_play(score.play)}"], score.play_span))
    if score.end is not None:
        closing.append(Row(0, [f"end: {spell.quote_value(spelling.render_position(score.end), flow=False)}"], score.end_span))
    rows: list[Row] = []
    for group in [*groups, closing]:
        if group and rows:
            group[0].gap = True
        rows += group
    return rows


def _header_rows(header: Header) -> list[Row]:
    values = spelling.render_header(header)
    lines = {
        name: f"{name}: {spell.quote_value(value, flow=False) if name == 'clock' else value}" for name, value in values.items()
    }
    if header.title is not None:
        lines = {"title": f"score: {spell.quote_string(header.title, flow=False)}", **lines}
    spans = dict(header.spans)
    rows = [Row(0, [line], spans.get(name)) for name, line in lines.items()]
    if all(row.span is not None for row in rows):
        rows.sort(key=lambda row: row.start)
    return rows


def _use_rows(score: Score) -> list[Row]:
    if len(score.uses) == 1:
        use = score.uses[0]
        return [Row(0, [f"use: {spell.quote_string(use.path, flow=False)}"], use.span)]
    rows = [Row(1, [f"- {spell.quote_string(use.path, flow=False)}"], use.span) for use in score.uses]
    return _block_rows("use", 0, rows)


def _block_rows(key: str, depth: int, rows: list[Row]) -> list[Row]:
    """Return rows below a key."""
    if not rows:
        return []
    rows[0].first = True
    return [Row(depth, [f"{key}:"]), *rows]


def _let_rows(lets: tuple[Let, ...]) -> list[Row]:
    twice = len({let.name for let in lets}) < len(lets)
    rows = [Row(1, _render_text_lines(spell.quote_name(let.name), let.text), let.span) for let in lets]
    if twice:  # an error in the score, not in its notation: a list can hold duplicates, a mapping cannot
        for row in rows:
            row.lines = [("  " if number else "- ") + line for number, line in enumerate(row.lines)]
    return _block_rows("let", 0, rows)


def _render_text_lines(key: str, text: Text) -> list[str]:
    """Return a key and its text, on one line or on several lines below `>-`."""
    lines = spell.fold_text(text)
    if lines is None:
        return [f"{key}: {spell.render_text(text, flow=False)}"]
    return [f"{key}: >-", *(INDENT + line for line in lines)]


def _scene_rows(scenes: tuple[Scene, ...]) -> list[Row]:
    rows: list[Row] = []
    twice = len({scene.name for scene in scenes}) < len(scenes)  # as for variables
    depth = 3 if twice else 2
    for scene in scenes:
        inside: list[Row] = []
        if scene.base is not None:
            inside.append(Row(depth, _render_text_lines("base", scene.base), scene.base.span))
        if scene.follow is not None:
            inside.append(Row(depth, _render_text_lines("follow", scene.follow), scene.follow.span))
        if scene.silenced:
            inside.append(Row(depth, [f"quiet: [{', '.join(scene.silenced)}]"], scene.quiet_span))
        if all(row.span is not None and row.span.line > 0 for row in inside):
            inside.sort(key=lambda row: row.start)
        if inside:
            inside[0].first = True
        rows += [
            Row(1, [f"{'- ' if twice else ''}{spell.quote_name(scene.name)}:"], scene.span),
            *inside,
            Row(depth, [], scene.span, is_end=True),
        ]
    return _block_rows("scenes", 0, rows)


def _section_rows(sections: tuple[Section, ...]) -> list[Row]:
    rows: list[Row] = []
    for index, section in enumerate(sections):
        lines = [f"- section: {spell.quote_value(_section_head(section), flow=False)}"]
        if section.until:
            triggers = [spell.quote_value(spelling.render_trigger(one), flow=True) for one in section.until]
            lines.append(f"  until: {triggers[0] if len(triggers) == 1 else '[' + ', '.join(triggers) + ']'}")
        if section.most is not None:
            lines.append(f"  max: {spelling.render_duration(section.most)}")
        rows.append(Row(1, lines, section.span, gap=index > 0))
        rows += _item_rows(section.items, 2)
        rows.append(Row(3, [], section.span, is_end=True))
    return _block_rows("sections", 0, rows)


def _section_head(section: Section) -> str:
    """Return the value of `section:`."""
    first = section.name if section.duration is None else f"{section.name} {spelling.render_duration(section.duration)}"
    parts = [first]
    if section.tempo is not None:
        parts.append(f"tempo {spelling.render_tempo(section.tempo)}")
    if section.meter is not None:
        parts.append(f"meter {section.meter.meter}")
    if section.cut is not None:
        parts.append(spelling.render_cut(section.cut))
    return ", ".join(parts)


def _item_rows(items: tuple[Item, ...], depth: int) -> list[Row]:
    """Return `cues` and `rules` in source order; if cues and rules alternate, all of them go in `cues`."""
    kinds = [isinstance(item, Rule) for item in items]
    turns = sum(one is not two for one, two in pairwise(kinds))
    rows: list[Row] = []
    if turns > 1:
        return _block_rows("cues", depth, [Row(depth + 1, item_lines(item, depth + 1), item.span) for item in items])
    for key, wanted in (("rules", True), ("cues", False)) if kinds and kinds[0] else (("cues", False), ("rules", True)):
        chosen = [item for item, kind in zip(items, kinds, strict=True) if kind is wanted]
        rows += _block_rows(key, depth, [Row(depth + 1, item_lines(item, depth + 1), item.span) for item in chosen])
    return rows


# ---- layout --------------------------------------------------------------------------------------------------------


def _attach_comments(rows: list[Row], comments: tuple[Comment, ...]) -> list[Comment]:
    """Assign every comment to its row, by their positions in the source, and return the comments after the last row.

    A comment on its own line belongs to what follows it; a comment after a statement belongs to that statement. A comment
    inside a statement of several lines moves before it.
    """
    placed = sorted((row for row in rows if row.span is not None and row.span.line > 0), key=lambda row: row.start)
    last: list[Comment] = []
    index = -1
    for comment in sorted(comments, key=lambda one: (one.span.line, one.span.column)):
        at = (comment.span.line, comment.span.column)
        while index + 1 < len(placed) and placed[index + 1].start < at:
            index += 1
        row = placed[index] if index >= 0 else None
        if row is not None and not comment.own_line and not _is_inside(row, comment):
            row.before += row.behind
            row.behind = [comment]
        elif row is not None and _is_inside(row, comment):
            row.before.append(comment)
        elif index + 1 < len(placed):
            placed[index + 1].before.append(comment)
        else:
            last.append(comment)
    return last


def _is_inside(row: Row, comment: Comment) -> bool:
    """Return whether a comment is between the first and the last line of something that is printed as one statement."""
    span = row.span
    if span is None or row.is_end or not row.lines or row.lines[0].endswith(":") or row.lines[0].startswith("- section"):
        return False
    return span.line < comment.span.line < span.end_line or (comment.span.line < span.end_line and comment.own_line)


def _render_rows(rows: list[Row], last: list[Comment], source: str) -> str:
    written = source.split("\n")
    out: list[str] = []
    for row in rows:
        indent = INDENT * row.depth
        comments = row.before + (row.behind if row.is_end else [])
        gaps = [_has_blank_line_above(written, comment.span.line) and comment.own_line for comment in comments]
        gaps.append(row.span is not None and not row.is_end and _has_blank_line_above(written, row.span.line))
        if not out or row.first:
            gaps[0] = False
        elif row.gap and not any(gaps):
            gaps[0] = True
        for comment, gap in zip(comments, gaps, strict=False):
            out += [""] if gap else []
            out.append(indent + _render_comment(comment))
        if row.is_end:
            continue
        out += [""] if gaps[-1] else []
        behind = "".join(f"  {_render_comment(comment)}" for comment in row.behind)
        for number, line in enumerate(row.lines):
            out.append(f"{indent}{line}{behind}" if number == 0 else indent + line)
    for comment in last:
        out += [""] if out and _has_blank_line_above(written, comment.span.line) else []
        out.append(_render_comment(comment))
    return "\n".join(out) + "\n" if out else ""


def _render_comment(comment: Comment) -> str:
    """Return a comment with its `#`; no space is added in `##` and `#!`."""
    text = comment.text.rstrip()
    return "#" if not text else f"#{text}" if text[0] in "#!" else f"# {text}"


def _has_blank_line_above(lines: list[str], line: int) -> bool:
    return 2 <= line <= len(lines) and not lines[line - 2].strip()
