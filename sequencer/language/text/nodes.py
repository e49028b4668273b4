"""Build a score's nodes from the grammar's tokens: texts, actions, cues, rules."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import Any

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.language import values
from sequencer.language.scene_names import read_scene_name
from sequencer.language.score import (
    Action,
    AtNext,
    ChangeMeter,
    ChangeTempo,
    Cue,
    Cut,
    Duration,
    Every,
    Item,
    Pick,
    Position,
    Prompt,
    PromptText,
    Rule,
    Show,
    StageName,
    Text,
    Trigger,
)
from sequencer.language.source import Source, excerpt
from sequencer.language.spec import ACTION_BY_NODE, ACTION_BY_TERMINAL, ActionSpec, Argument
from sequencer.language.text.parser import Node, Token
from sequencer.language.values import strings as words

MAX_VALUE_LENGTH = 200
"""Maximum length of a position, duration, number or trigger, in characters."""

_STAGES_AFTER_TRIGGER = re.compile(rf"(?<=[ \t])on[ \t]+{values.NAME}\Z")

TEXT_KINDS = frozenset({"TEXT", "BLOCK"})
"""The kinds of tokens that are texts."""


class NodeBuilder:
    """Builds nodes from the tokens of one source, statement by statement."""

    def __init__(self, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.faults = faults
        self.line = 1
        self.before = -1
        self.one_line = False
        self.start = self.end = 0

    # ---- spans -----------------------------------------------------------------------------------

    def begin_statement(self, start: int, end: int) -> None:
        """Set the bounds of the next statement.

        Spans inside a statement of one line are then simple sums.
        """
        self.start, self.end = start, end
        starts = self.source.starts
        line = bisect_right(starts, start)
        self.line = line + self.source.shift
        self.before = starts[line - 1] - 1
        self.one_line = line == len(starts) or end < starts[line]

    def span_at(self, start: int, end: int) -> Span:
        """Return the span of `text[start:end]` of the source, inside the current statement."""
        if self.one_line:
            return Span(
                self.source.file, self.line, start - self.before, self.line, end - self.before
            )
        return self.source.span(start, end)

    def span(self, token: Token) -> Span:
        """Return the span of a token."""
        return self.span_at(token.start, token.end)

    def part_span(self, token: Token, start: int, end: int | None = None) -> Span:
        """Return the span of a token's `text[start:end]`."""
        return self.span_at(token.start + start, token.end if end is None else token.start + end)

    def statement_span(self) -> Span:
        """Return the span of the current statement."""
        return self.span_at(self.start, self.end)

    def node_span(self, branch: Node) -> Span:
        """Return the span of a node."""
        return self.span_at(branch.first.start, branch.last.end)

    # ---- values ----------------------------------------------------------------------------------

    def text_after_word(self, token: Token, word: str) -> tuple[str, Span]:
        """Return what follows a token's first word, with its span: `at 9.3` gives `9.3`."""
        value = token.text[len(word) :].lstrip(" \t")
        return value, self.span_at(token.end - len(value), token.end)

    def report_too_long(self, text: str, span: Span) -> bool:
        """Report a text that is far too long to be a value. Return whether it was reported."""
        if len(text) <= MAX_VALUE_LENGTH:
            return False
        message = f"this is longer than {MAX_VALUE_LENGTH} characters, the maximum for a value"
        self.faults.error("E149", message, span, hint="shorten it; a text needs quotes")
        return True

    def read_position(self, token: Token, word: str) -> Position | None:
        """Read the position after a token's first word (`at`, `from`, `end`).

        Return None if a diagnostic was reported.
        """
        text, span = self.text_after_word(token, word)
        if self.report_too_long(text, span):
            return None
        if text[-1] == ":":
            colon = Span(span.file, span.line, span.end_column - 1, span.line, span.end_column)
            self.faults.error(
                "E125",
                "a position is not followed by a colon",
                colon,
                hint="remove it",
                fix=Fix(colon, ""),
            )
            return None
        return values.read_position(text, span, self.faults)

    def read_duration(self, token: Token, word: str = "") -> Duration | None:
        """Read the duration in a token, after its first `word`.

        Return None if a diagnostic was reported.
        """
        text, span = self.text_after_word(token, word)
        return (
            None
            if self.report_too_long(text, span)
            else values.read_duration(text, span, self.faults)
        )

    def read_trigger(self, token: Token) -> Trigger | None:
        """Read the trigger in a token. Return None if a diagnostic was reported."""
        span = self.span(token)
        return (
            None
            if self.report_too_long(token.text, span)
            else values.read_trigger(token.text, span, self.faults)
        )

    # ---- texts -----------------------------------------------------------------------------------

    def read_text(self, token: Token, word: int = 0) -> Text | None:
        """Read the text in a token, after its first `word` characters.

        Return None if a diagnostic was reported.
        """
        if word == 0:
            return words.read_text(token.text, self.span(token), self.faults)
        return words.read_text(token.text[word:], self.part_span(token, word), self.faults)

    def read_prompt_text(self, node: Token | Node) -> PromptText | None:
        """Read a text, or a pick with its options. Return None if a diagnostic was reported."""
        if isinstance(node, Token):
            return self.read_text(node)
        options = [
            self.read_text(token)
            for token in node.children
            if isinstance(token, Token) and token.kind in TEXT_KINDS
        ]
        kept = tuple(option for option in options if option is not None)
        if len(kept) < len(options):
            return None
        return Pick(kept, self.node_span(node), node.first.kind == "SHUFFLE")

    def read_literal(self, token: Token, word: int = 0) -> str | None:
        """Read a text that is not a prompt (path, title): it has escapes, but braces are plain."""
        literal = token.text[word:].lstrip(" \t")
        return words.read_string(
            literal, self.span_at(token.end - len(literal), token.end), self.faults
        )

    def text_after_keyword(self, branch: Node) -> tuple[str, Span]:
        """Return what follows a statement's first word, with its span."""
        start = branch.first.end
        text = self.source.text[start : branch.last.end]
        value = text.strip(" \t\n")
        start += len(text) - len(text.lstrip(" \t\n"))
        return value, self.span_at(start, start + len(value))

    # ---- statements ------------------------------------------------------------------------------

    def read_cue(self, branch: Node) -> Cue | None:
        """Read `at POSITION action, …`."""
        head = branch.children[0]
        position = self.read_position(head, "at") if isinstance(head, Token) else None
        stages, rest = self._read_stages(branch.children[1:])
        actions = self.read_actions(rest, False)
        if position is None or stages is None:
            return None
        return Cue(position, actions, self.statement_span(), stages)

    def read_every(self, branch: Node) -> Every | None:
        """Read `every DUR [from POSITION] action, …`."""
        head = branch.first
        step = self.read_duration(head, "every")
        start = None
        rest = branch.children[1:]
        good = True
        if rest and isinstance(rest[0], Token) and rest[0].kind == "FROM":
            start = self.read_position(rest[0], "from")
            good = start is not None
            rest = rest[1:]
        stages, rest = self._read_stages(rest)
        actions = self.read_actions(rest, False)
        if not good or step is None or stages is None:
            return None
        return Every(step, start, actions, self.statement_span(), stages)

    def read_rule(self, branch: Node) -> Rule | None:
        """Read `on TRIGGER -> action, …`."""
        name = branch.children[1]
        trigger, at, is_good = None, None, True
        if isinstance(name, Token):
            trigger, at, is_good = self._read_rule_head(name)
        stages, rest = self._read_stages(branch.children[2:])
        actions = self.read_actions(rest, True)
        if trigger is None or not is_good or stages is None:
            return None
        return Rule(trigger, actions, at, self.statement_span(), stages)

    def _read_stages(
        self, children: list[Token | Node]
    ) -> tuple[tuple[StageName, ...] | None, list[Token | Node]]:
        """Read the stages in front of actions, and return them and the actions.

        Without stages they are empty; None if a diagnostic was reported.
        """
        first = children[0] if children else None
        if not isinstance(first, Token) or first.kind != "ON_STAGES":
            return (), children
        return self.read_on_stages(first), children[1:]

    def read_on_stages(self, token: Token) -> tuple[StageName, ...] | None:
        """Read `on left, right`. Return None if a diagnostic was reported."""
        return values.read_on_stages(token.text, self.span(token), self.faults)

    def _read_rule_head(self, token: Token) -> tuple[Trigger | None, AtNext | None, bool]:
        """Read a trigger, and where the rule lands; the last value is False if that is invalid."""
        if self._report_stages_in_trigger(token):
            return None, None, False
        parts = values.split_quantisation(token.text)
        if parts is None:
            return self.read_trigger(token), None, True
        written, place, offset = parts
        span = self.part_span(token, 0, len(written))
        if self.report_too_long(token.text, self.span(token)):
            return None, None, False
        trigger = values.read_trigger(written, span, self.faults)
        at = values.read_quantisation(place, self.part_span(token, offset), self.faults)
        return trigger, at, at is not None

    def _report_stages_in_trigger(self, token: Token) -> bool:
        """Report `on note C3 on left -> …`. Return whether it was reported."""
        found = _STAGES_AFTER_TRIGGER.search(token.text)
        if found is None:
            return False
        head = token.text[: found.start()].rstrip()
        self.faults.error(
            "E341",
            "the stages of a rule come after its arrow",
            self.part_span(token, found.start(), found.end()),
            hint=f"write: on {excerpt(head)} -> {excerpt(found.group())} …",
        )
        return True

    def read_item(self, branch: Node) -> Item | None:
        """Read a cue, an `every` or a rule."""
        match branch.rule:
            case "cue":
                return self.read_cue(branch)
            case "every":
                return self.read_every(branch)
            case _:
                return self.read_rule(branch)

    # ---- actions ---------------------------------------------------------------------------------

    def read_actions(self, children: list[Token | Node], in_rule: bool) -> tuple[Action, ...]:
        """Read actions separated by commas, in order. Invalid actions are reported and omitted."""
        found: list[Action] = []
        comma: Token | None = None
        for child in children:
            if isinstance(child, Token) and child.kind == "COMMA":
                comma = child
                continue
            if (
                found
                and isinstance(child, Token)
                and child.kind == "SET_SEED"
                and found[-1] == Cut(None)
            ):
                self._report_comma_before_seed(found.pop(), child)
                continue
            action = self.read_action(child)
            if action is None:
                continue
            if (
                comma is not None
                and isinstance(action, Prompt)
                and found
                and _has_no_action(found[-1])
            ):
                self._report_comma_before_action(comma, found[-1], action)
            if not in_rule and ACTION_BY_NODE[type(action)].only_in_rules:
                self._report_rule_action(action)
            found.append(action)
        return tuple(found)

    def _report_comma_before_action(self, comma: Token, show: Action, prompt: Prompt) -> None:
        gap = Span(
            show.span.file,
            show.span.end_line,
            show.span.end_column,
            prompt.span.line,
            prompt.span.column,
        )
        name = show.scene if isinstance(show, Show) else ""
        self.faults.error(
            "E124",
            "these are two prompts for one chunk: a scene and a text",
            self.span(comma),
            hint=f'remove the comma, so that the text is the scene\'s action: {name} "…"',
            fix=Fix(gap, " "),
            related=(Related(show.span, "here the scene is a prompt of its own"),),
        )

    def _report_comma_before_seed(self, cut: Action, seed: Token) -> None:
        at = self.span(seed)
        gap = Span(at.file, cut.span.end_line, cut.span.end_column, at.line, at.column)
        hint = f"write cut {' '.join(seed.text.split())}"
        self.faults.error(
            "E133", "there is no comma between `cut` and its seed", at, hint=hint, fix=Fix(gap, " ")
        )

    def _report_rule_action(self, action: Action) -> None:
        row = ACTION_BY_NODE[type(action)]
        word = row.keyword or ""
        hint = f"write a rule for it: on go out -> {word} {row.write(action)}".rstrip()
        self.faults.error(
            "E141", f"{word} needs a trigger: it belongs in a rule", action.span, hint=hint
        )

    def read_action(self, node: Token | Node) -> Action | None:
        """Read one action. Return None if a diagnostic was reported."""
        if not isinstance(node, Token):
            return self._read_compound_action(node)
        span = self.span(node)
        match node.kind:
            case "SAY":
                quote = node.text.index('"')
                action = self.read_text(node, quote)
                scene = self._read_scene_name(node.text[:quote].rstrip(" \t"), node)
                return None if action is None or scene is None else Show(scene, action, span)
            case "TEXT" | "BLOCK":
                text = words.read_text(node.text, span, self.faults)
                return None if text is None else Prompt(text, span)
            case "SET_SEED":
                self._report_seed(node, span)
                return None
            case "CUT":
                return self.read_cut(node)
            case kind:
                return self._read_row(ACTION_BY_TERMINAL[kind], node, span)

    def _read_scene_name(self, name: str, token: Token) -> str | None:
        """Read the name of a scene at the beginning of `token`."""
        return (
            name
            if name.isascii()
            else read_scene_name(name, self.part_span(token, 0, len(name)), self.faults)
        )

    def _read_row(self, row: ActionSpec, token: Token, span: Span) -> Action | None:
        """Read an action that is one token, as its row describes it."""
        word = row.keyword or ""
        action: Action
        value: Any
        if row.read is None:
            action = row.node(span)
            return action
        if row.argument is Argument.STRING:
            value = self.read_literal(token, len(word))
        else:
            text, at = self.text_after_word(token, word)
            value = None if self.report_too_long(text, at) else row.read(text, at, self.faults)
        if value is None:
            return None
        action = (
            replace(value, span=span) if row.argument is Argument.PHRASE else row.node(value, span)
        )
        return action

    def _report_seed(self, token: Token, span: Span) -> None:
        self.faults.error(
            "E133",
            "the model reads its seed only when a take starts",
            span,
            hint=f"start a new take with it: cut {' '.join(token.text.split())}",
            fix=Fix(Span(span.file, span.line, span.column, span.line, span.column), "cut "),
        )

    def _read_compound_action(self, branch: Node) -> Action | None:
        match branch.rule:
            case "show":
                head = branch.first
                action = None
                if len(branch.children) > 1:
                    action = self.read_prompt_text(branch.children[1])
                    if action is None:
                        return None
                scene = self._read_scene_name(head.text, head)
                return None if scene is None else Show(scene, action, self.node_span(branch))
            case "pick":
                pick = self.read_prompt_text(branch)
                return None if pick is None else Prompt(pick, pick.span)
            case _:
                return self.read_tempo(branch)

    def read_cut(self, token: Token) -> Cut | None:
        """Read `cut`, `cut seed N`."""
        span = self.span(token)
        return (
            None
            if self.report_too_long(token.text, span)
            else values.read_cut(token.text, span, self.faults)
        )

    def read_meter(self, token: Token) -> ChangeMeter | None:
        """Read `meter 3/4`."""
        text, at = self.text_after_word(token, "meter")
        meter = None if self.report_too_long(text, at) else values.read_meter(text, at, self.faults)
        return None if meter is None else ChangeMeter(meter, self.span(token))

    def read_tempo(self, branch: Node, in_head: bool = False) -> ChangeTempo | None:
        """Read `tempo 120 -> 132 over 4 bars`."""
        text, at = self.text_after_keyword(branch)
        change = (
            None
            if self.report_too_long(text, at)
            else values.read_tempo(text, at, self.faults, in_head)
        )
        return None if change is None else replace(change, span=self.node_span(branch))


def _has_no_action(action: Action) -> bool:
    return isinstance(action, Show) and action.action is None
