"""Write a score as YAML: cues and rules on one line if they fit, else with one key on each line."""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import itemgetter

from sequencer.core.diagnostics import Span
from sequencer.language.layout import INDENT, Inner, Row, attach_comments, render_rows
from sequencer.language.score import (
    ALL_STAGES,
    Action,
    Cue,
    Every,
    Header,
    Item,
    Let,
    Pick,
    Prompt,
    PromptText,
    Rule,
    Scene,
    Score,
    Section,
    Show,
    SoundLine,
    Text,
    Trigger,
)
from sequencer.language.spec import ACTION_BY_NODE, SETTINGS, STAGES_KEY, ActionSpec, Argument
from sequencer.language.values import writing as spelling
from sequencer.language.yaml import quoting as spell

MAX_LINE_LENGTH = 110
"""The maximum length of a line that contains a complete cue."""

Pair = tuple[str, "str | PromptText | list[str]"]
"""A key with its value: a written string, a text still to be formatted, or written items."""


def item_lines(item: Item, depth: int) -> list[str]:
    """Return the lines of a cue or a rule, without the indentation for `depth`."""
    pairs: list[Pair] = _head_pairs(item)
    if item.stages:
        names = [spell.quote_name(one.name) for one in item.stages]
        pairs.append((STAGES_KEY, names[0] if len(names) == 1 else names))
    if _can_be_keys(item.actions):
        pairs += _action_keys(item.actions)
    else:
        pairs.append(("do", _action_list(item.actions)))
    words = [value for _, value in pairs if isinstance(value, (Text, Pick))]
    if all(spell.is_one_line(text) for text in words):
        line = "- {" + ", ".join(f"{key}: {_render_inline(value)}" for key, value in pairs) + "}"
        if len(INDENT) * depth + len(line) <= MAX_LINE_LENGTH:
            return [line]
    lines: list[str] = []
    for key, value in pairs:
        lines += _render_lines(key, value, depth)
    return [("- " if number == 0 else "  ") + line for number, line in enumerate(lines)]


def _trigger(on: Trigger) -> str:
    return spell.quote_value(spelling.render_trigger(on, in_quotes=False), flow=True)


def _head_pairs(item: Item) -> list[Pair]:
    match item:
        case Cue(position):
            return [("at", spell.quote_value(spelling.render_position(position), flow=True))]
        case Every(every, start):
            if start is None:
                return [("every", spelling.render_duration(every))]
            return [
                ("every", spelling.render_duration(every)),
                ("from", spell.quote_value(spelling.render_position(start), flow=True)),
            ]
        case Rule(trigger):
            head: list[Pair] = [
                (
                    "when",
                    _trigger(trigger),
                )
            ]
            if item.at is not None:
                head.append(("at", spelling.render_quantisation(item.at)))
            return head


def _can_be_keys(actions: tuple[Action, ...]) -> bool:
    """Return whether actions can be keys of one mapping: each kind once, each with a value.

    The value of the key of a message can be a list, so consecutive messages of one key count as
    one.
    """
    kinds: list[object] = []
    for key, together in groupby(actions, _message_key):
        kinds += [type(action) for action in together] if key is None else [key]
    has_values = all(
        ACTION_BY_NODE[type(action)].argument is not Argument.NONE for action in actions
    )
    return has_values and len(set(kinds)) == len(kinds)


def _message_key(action: Action) -> str | None:
    """Return the key of an action of which a cue can have several; None for any other."""
    row = ACTION_BY_NODE[type(action)]
    return row.key if row.repeats else None


def _action_keys(actions: tuple[Action, ...]) -> list[Pair]:
    """Return actions as keys of one mapping."""
    pairs: list[Pair] = []
    for key, group in groupby(actions, _message_key):
        together = list(group)
        if key is not None and len(together) > 1:
            rows = [(ACTION_BY_NODE[type(action)], action) for action in together]
            pairs.append((key, [_render_argument(row, action) for row, action in rows]))
        else:
            pairs += [pair for action in together for pair in _action_pairs(action)]
    return pairs


def _action_list(actions: tuple[Action, ...]) -> str | list[str]:
    """Return actions as a list, which can hold any actions in any order."""
    written: list[str] = []
    for action in actions:
        row = ACTION_BY_NODE[type(action)]
        if row.is_bare and not row.write(action):
            written.append(row.key)
        else:
            written.append(
                "{"
                + ", ".join(
                    f"{key}: {_render_inline(value)}" for key, value in _action_pairs(action)
                )
                + "}"
            )
    return written[0] if len(written) == 1 else written


def _action_pairs(action: Action) -> list[Pair]:
    """Return one action as keys with values."""
    match action:
        case Prompt(text):
            return [("prompt", text)]
        case Show(scene, text):
            if text is None:
                return [("show", spell.quote_name(scene))]
            return [("show", spell.quote_name(scene)), ("action", text)]
        case _:
            row = ACTION_BY_NODE[type(action)]
            return [(row.key, _render_argument(row, action))]


def _render_argument(row: ActionSpec, action: Action) -> str:
    written = row.write(action) or row.bare_value
    match row.argument:
        case Argument.NAME:
            return spell.quote_name(written)
        case Argument.STRING:
            return spell.quote_string(written, flow=True)
        case _:
            return spell.quote_value(written, flow=True)


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
            if (
                spell.is_one_line(value)
                and len(INDENT) * (depth + 1) + len(line) <= MAX_LINE_LENGTH
            ):
                return [line]
            lines = [f"{key}:", f"{INDENT}{value.keyword}:"]
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


def print_yaml(score: Score) -> str:
    """Return `score` in YAML; reading the result gives an equal score.

    Raises:
        ValueError: The score was made by code and contains something that the language cannot
            express.
    """
    rows = _score_rows(score)
    placed = sorted(((row.start, row) for row in rows if row.has_position), key=itemgetter(0))
    last = attach_comments(placed, score.comments)
    return render_rows(rows, last, score.text, keep_all_gaps=False)


def _row(depth: int, lines: list[str], span: Span | None = None) -> Row:
    return Row(depth=depth, lines=lines, span=span, inner=Inner.AFTER_FIRST_LINE)


# ---- rows ----------------------------------------------------------------------------------------


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
        closing.append(_row(0, [f"play: {spelling.render_play(score.play)}"], score.play_span))
    if score.end is not None:
        closing.append(
            _row(
                0,
                [f"end: {spell.quote_value(spelling.render_position(score.end), flow=False)}"],
                score.end_span,
            )
        )
    rows: list[Row] = []
    for group in [*groups, closing]:
        if group and rows:
            group[0].gap = True
        rows += group
    return rows


def _header_rows(header: Header) -> list[Row]:
    spans = dict(header.spans)
    rows: list[Row] = []
    for setting in SETTINGS:
        value = getattr(header, setting.field)
        if setting.field == "seed" and header.stage_seeds:
            first = spans.get("seed", header.stage_seeds[0].span)
            rows.append(_row(0, [f"seed: {_render_seeds(header)}"], first))
        elif value is not None:
            if isinstance(value, SoundLine):
                written = _render_sound(value)
            elif setting.argument is Argument.STRING:
                written = spell.quote_string(setting.write(value), flow=False)
            else:
                written = spell.quote_value(setting.write(value), flow=False)
            rows.append(_row(0, [f"{setting.keyword}: {written}"], spans.get(setting.field)))
    if all(row.span is not None for row in rows):
        rows.sort(key=lambda row: row.start)
    return rows


def _render_seeds(header: Header) -> str:
    """Return the seeds of stages as a mapping; `all` is the seed of all others."""
    seeds = [(spell.quote_name(one.stage.name), one.seed) for one in header.stage_seeds]
    if header.seed is not None:
        seeds.insert(0, (ALL_STAGES, header.seed))
    return "{" + ", ".join(f"{name}: {seed}" for name, seed in seeds) + "}"


def _render_sound(sound: SoundLine) -> str:
    if not sound.start:
        return spell.quote_string(sound.path, flow=False)
    start = spell.quote_value(spelling.render_sound_start(sound), flow=True)
    return f"{{file: {spell.quote_string(sound.path, flow=True)}, from: {start}}}"


def _use_rows(score: Score) -> list[Row]:
    if len(score.uses) == 1:
        use = score.uses[0]
        return [_row(0, [f"use: {spell.quote_string(use.path, flow=False)}"], use.span)]
    rows = [
        _row(1, [f"- {spell.quote_string(use.path, flow=False)}"], use.span) for use in score.uses
    ]
    return _block_rows("use", 0, rows)


def _block_rows(key: str, depth: int, rows: list[Row]) -> list[Row]:
    """Return rows below a key."""
    if not rows:
        return []
    rows[0].first = True
    return [Row(depth=depth, lines=[f"{key}:"]), *rows]


def _let_rows(lets: tuple[Let, ...]) -> list[Row]:
    twice = len({let.name for let in lets}) < len(lets)
    rows = [
        _row(1, _render_text_lines(spell.quote_name(let.name), let.text), let.span) for let in lets
    ]
    if (
        twice
    ):  # an error in the score, not in its notation: a list can hold duplicates, a mapping cannot
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
            inside.append(_row(depth, _render_text_lines("base", scene.base), scene.base.span))
        if scene.follow is not None:
            inside.append(
                _row(depth, _render_text_lines("follow", scene.follow), scene.follow.span)
            )
        if scene.silenced:
            inside.append(_row(depth, [f"quiet: [{', '.join(scene.silenced)}]"], scene.quiet_span))
        if all(row.span is not None and row.span.line > 0 for row in inside):
            inside.sort(key=lambda row: row.start)
        if inside:
            inside[0].first = True
        rows += [
            Row(
                depth=1,
                lines=[f"{'- ' if twice else ''}{spell.quote_name(scene.name)}:"],
                span=scene.span,
            ),
            *inside,
            Row(depth=depth - 1, lines=[], span=scene.span, is_end=True),
        ]
    return _block_rows("scenes", 0, rows)


def _section_rows(sections: tuple[Section, ...]) -> list[Row]:
    rows: list[Row] = []
    for index, section in enumerate(sections):
        lines = [f"- section: {spell.quote_value(_section_head(section), flow=False)}"]
        if section.until:
            triggers = [_trigger(one) for one in section.until]
            lines.append(
                f"  until: {triggers[0] if len(triggers) == 1 else '[' + ', '.join(triggers) + ']'}"
            )
        if section.most is not None:
            lines.append(f"  max: {spelling.render_duration(section.most)}")
        if section.like is not None:
            lines.append(f"  like: {spell.quote_name(section.like)}")
        rows.append(Row(depth=1, lines=lines, span=section.span, gap=index > 0))
        rows += _item_rows(section.items, 2)
        rows.append(Row(depth=2, lines=[], span=section.span, is_end=True))
    return _block_rows("sections", 0, rows)


def _section_head(section: Section) -> str:
    """Return the value of `section:`."""
    first = (
        section.name
        if section.duration is None
        else f"{section.name} {spelling.render_duration(section.duration)}"
    )
    parts = [first]
    if section.tempo is not None:
        parts.append(f"tempo {spelling.render_tempo(section.tempo)}")
    if section.meter is not None:
        parts.append(f"meter {section.meter.meter}")
    if section.cut is not None:
        parts.append(spelling.render_cut(section.cut))
    return ", ".join(parts)


def _item_rows(items: tuple[Item, ...], depth: int) -> list[Row]:
    """Return `cues` and `rules` in source order; if these alternate, all items go in `cues`."""
    kinds = [isinstance(item, Rule) for item in items]
    turns = sum(one is not two for one, two in pairwise(kinds))
    rows: list[Row] = []
    if turns > 1:
        return _block_rows(
            "cues",
            depth,
            [_row(depth + 1, item_lines(item, depth + 1), item.span) for item in items],
        )
    for key, wanted in (
        (("rules", True), ("cues", False))
        if kinds and kinds[0]
        else (("cues", False), ("rules", True))
    ):
        chosen = [item for item, kind in zip(items, kinds, strict=True) if kind is wanted]
        rows += _block_rows(
            key, depth, [_row(depth + 1, item_lines(item, depth + 1), item.span) for item in chosen]
        )
    return rows
