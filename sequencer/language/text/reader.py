"""Read the text notation: parse statements, assemble the score, have refusals explained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Fix, Related, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language import values
from sequencer.language.score import Comment, Header, Let, Pick, Score, StageSeed, Use
from sequencer.language.score_builder import ScoreBuilder
from sequencer.language.source import UNUSUAL_SPACE, Source, check_characters
from sequencer.language.spec import SETTING_BY_FIELD, Argument, Setting
from sequencer.language.stage_names import check_stage_names
from sequencer.language.text.heads import OpenScene, OpenSection
from sequencer.language.text.nodes import NodeBuilder
from sequencer.language.text.parser import Node, ParseError, Token, get_parser
from sequencer.language.text.statements import (
    CommentToken,
    Context,
    Statement,
    StatementKind,
    StatementSplitter,
)

_WITH_PATH_OR_TITLE = (Argument.STRING, Argument.SOUND)
"""What may be longer than other values."""


class HeaderLines:
    """Collects the header, line by line."""

    def __init__(self, nodes: NodeBuilder) -> None:
        self.nodes = nodes
        self._header = Header()
        self._spans: dict[str, Span] = {}

    def header(self) -> Header:
        """Return the header read so far."""
        return replace(self._header, spans=tuple(self._spans.items()))

    def read_line(self, branch: Node) -> None:
        """Read one header line. Each may appear once."""
        span = self.nodes.node_span(branch)
        kind = branch.rule
        setting = SETTING_BY_FIELD[kind]
        if branch.last.kind == "ON_STAGES":
            self._read_stage_seed(branch, span)
            return
        if kind in self._spans:
            first = Related(self._spans[kind], "first defined here")
            self.nodes.faults.error(
                "E115",
                f"duplicate `{setting.keyword}`",
                span,
                hint="keep one of the two lines",
                fix=Fix(span, ""),
                related=(first,),
            )
            return
        self._spans[kind] = span
        faults = self.nodes.faults
        text, at = self.nodes.text_after_keyword(branch)
        if text.endswith(";"):
            bracket = Span(at.file, at.end_line, at.end_column - 1, at.end_line, at.end_column)
            faults.error(
                "E158",
                "`;` does not end a statement",
                bracket,
                hint="a new line does: remove it",
                fix=Fix(bracket, ""),
            )
        elif setting.argument in _WITH_PATH_OR_TITLE or not self.nodes.report_too_long(text, at):
            self._header = self._with_line(setting, text, at, span)

    def _read_stage_seed(self, branch: Node, span: Span) -> None:
        """Read `seed 7 on right`."""
        nodes = self.nodes
        number = branch.children[1]
        stages = nodes.read_on_stages(branch.last)
        seed = None
        if isinstance(number, Token) and not nodes.report_too_long(number.text, nodes.span(number)):
            seed = values.read_seed(number.text, nodes.span(number), nodes.faults)
        if seed is None or stages is None:
            return
        stage, *others = stages
        if others:
            hint = f"write a line for each: seed {seed} on {stage.name}"
            nodes.faults.error("E341", "this line is the seed of one stage", span, hint=hint)
            return
        for known in self._header.stage_seeds:
            if known.stage == stage:
                nodes.faults.error(
                    "E115",
                    f"duplicate seed of the stage {stage.name}",
                    span,
                    hint="keep one of the two lines",
                    fix=Fix(span, ""),
                    related=(Related(known.span, "first defined here"),),
                )
                return
        seeds = (*self._header.stage_seeds, StageSeed(stage, seed, span))
        self._header = replace(self._header, stage_seeds=seeds)

    def _with_line(self, setting: Setting, text: str, at: Span, span: Span) -> Header:
        """Return the header with one more line.

        If its value is invalid, it is reported and omitted.
        """
        value = setting.read(text, at, self.nodes.faults)
        if setting.argument is Argument.NAMES and value is not None:
            check_stage_names(value, self.nodes.faults)
        if setting.has_span and value is not None:
            value = replace(value, span=span)
        return replace(self._header, **{setting.field: value})


ITEM_RULES = frozenset({"cue", "every", "rule"})
"""The grammar rules for cues, `every` and a score's rules."""

SCENE_LINES = frozenset({"base", "follow", "quiet"})
"""The grammar rules for the lines of a scene."""


@dataclass(slots=True)
class UnknownBlock:
    """A block whose first line was refused: its contents are read for diagnostics and dropped."""

    head: Span


class ScoreAssembler:
    """Takes the statements of a text in order and assembles the score."""

    def __init__(self, nodes: NodeBuilder) -> None:
        self.nodes = nodes
        self.faults = nodes.faults
        self.header = HeaderLines(nodes)
        self.parts = ScoreBuilder()
        self.block: OpenScene | OpenSection | UnknownBlock | None = None
        self.nested = 0
        """How many blocks of other tools are open inside the section."""
        self.forgiven = 0
        """How many surplus closing braces are already explained by another diagnostic."""

    def context(self) -> Context:
        """Return the context of the next statement."""
        match self.block:
            case None:
                return Context.TOP
            case OpenScene():
                return Context.SCENE
            case OpenSection() | UnknownBlock():
                return Context.SECTION

    # ---- statements ------------------------------------------------------------------------------

    def add(self, node: Token | Node) -> None:
        """Take the parse result of a statement or of a closing brace."""
        if isinstance(node, Token):
            self._add_closing_brace(node)
            return
        kind = node.rule
        match self.block:
            case OpenSection() as section if kind in ITEM_RULES:
                item = self.nodes.read_item(node)
                if item is not None:
                    section.items.append(item)
            case OpenScene() as scene if kind in SCENE_LINES:
                scene.read_line(node, self.nodes)
            case UnknownBlock():
                self._read_in_unknown_block(node, kind)
            case OpenSection() | OpenScene():
                self._report_misplaced(node, kind)
            case None:
                self._add_at_top(node, kind)

    def _add_at_top(self, node: Node, kind: str) -> None:
        if kind in SETTING_BY_FIELD:
            self.header.read_line(node)
        elif kind in ITEM_RULES:
            item = self.nodes.read_item(node)
            if item is not None:
                self.parts.items.append(item)
        elif kind in SCENE_LINES:
            word = node.first.text
            self.faults.error(
                "E120",
                f"`{word}` belongs in a scene",
                self.nodes.node_span(node),
                hint="write it inside: scene NAME { … }",
            )
        else:
            self._add_structure(node, kind)

    def _add_structure(self, node: Node, kind: str) -> None:
        nodes, parts = self.nodes, self.parts
        span = nodes.node_span(node)
        match kind:
            case "use":
                path = nodes.read_literal(_first_token(node, 1))
                if path is not None:
                    parts.uses.append(Use(path, span=span))
            case "let":
                self._add_let(node, span)
            case "scene":
                self.block = OpenScene.of(node, nodes)
            case "section":
                self.block = OpenSection.of(node, nodes)
            case "play":
                if not self._report_duplicate("play", parts.play_span, span):
                    parts.play_span = span
                    text, at = nodes.text_after_keyword(node)
                    parts.play = values.read_play(text, at, self.faults) or ()
            case _:
                if not self._report_duplicate("end", parts.end_span, span):
                    parts.end_span = span
                    parts.end = nodes.read_position(_first_token(node, 0), "end")

    def _add_let(self, node: Node, span: Span) -> None:
        name = _first_token(node, 1)
        value = node.children[2]
        words = self.nodes.read_prompt_text(value)
        if isinstance(words, Pick):
            hint = "use pick where the variable is shown, or write one text"
            self.faults.error(
                "E153", "a variable is one text; pick belongs in an action", words.span, hint=hint
            )
        elif words is not None:
            at = self.nodes.span(name)
            label = values.read_name(name.text, at, self.faults, "a variable")
            if label is not None:
                self.parts.lets.append(Let(label, words, span, at))

    def _report_duplicate(self, word: str, earlier: Span, span: Span) -> bool:
        if earlier == NO_SPAN:
            return False
        first = Related(earlier, "first defined here")
        self.faults.error(
            "E154",
            f"duplicate `{word}`",
            span,
            hint="keep one of the two lines",
            fix=Fix(span, ""),
            related=(first,),
        )
        return True

    # ---- misplaced statements --------------------------------------------------------------------

    def _read_in_unknown_block(self, node: Node, kind: str) -> None:
        """Read a statement in a block that was not understood, only for its own diagnostics."""
        if kind in ITEM_RULES:
            self.nodes.read_item(node)
        elif kind in {"section", "scene"}:
            self.block = None
            self._add_structure(node, kind)

    def _report_misplaced(self, node: Node, kind: str) -> None:
        block = self.block
        if not isinstance(block, (OpenSection, OpenScene)):
            return
        span = self.nodes.node_span(node)
        word = "score" if kind == "title" else node.first.text.split(maxsplit=1)[0]
        inside = "section" if isinstance(block, OpenSection) else "scene"
        if kind in {"section", "scene"} or (
            span.column == 1 and kind not in ITEM_RULES | SCENE_LINES and block.is_indented()
        ):
            self._report_unclosed(block, span, f"before `{word}`", "}\n\n")
            self.forgiven += kind not in {"section", "scene"}
            self._end_block(span)
            self._add_at_top(node, kind)
        elif inside == "section" and kind in {"sr", "snap", "seed"}:
            there = "cut " if kind == "seed" else ""
            fix = Fix(
                Span(span.file, span.line, span.column, span.line, span.column), f"at 1 {there}"
            )
            self.faults.error(
                "E117",
                f"inside a section `{word}` needs a position",
                span,
                hint=f"write: at 1 {there}{word} …",
                fix=fix,
            )
        elif inside == "section" and kind in SCENE_LINES:
            self.faults.error(
                "E120",
                f"`{word}` belongs in a scene",
                span,
                hint="write it inside: scene NAME { … }",
            )
        elif inside == "scene":
            hint = "a scene contains base, follow and quiet; everything else goes outside it"
            self.faults.error("E119", f"`{word}` is not allowed in a scene", span, hint=hint)
        else:
            hint = "move it before the section, onto a line of its own"
            self.faults.error("E116", f"`{word}` is not allowed in a section", span, hint=hint)

    def _report_unclosed(
        self, block: OpenSection | OpenScene, at: Span, where: str, text: str
    ) -> None:
        insert = Fix(Span(at.file, at.line, at.column, at.line, at.column), text)
        what = "section" if isinstance(block, OpenSection) else "scene"
        name = block.name or ""
        self.faults.error(
            "E111",
            f"the {what} {name} has no closing brace",
            block.head,
            hint=f"add `}}` {where} (line {at.line})",
            fix=insert,
        )

    # ---- braces ----------------------------------------------------------------------------------

    def _add_closing_brace(self, brace: Token) -> None:
        span = self.nodes.span(brace)
        if self.nested:
            self.nested -= 1
        elif self.block is not None:
            self._end_block(span)
        elif self.forgiven:
            self.forgiven -= 1
        else:
            self.faults.error(
                "E112",
                "this closing brace has no opening brace",
                span,
                hint="remove it",
                fix=Fix(span, ""),
            )

    def _end_block(self, end: Span) -> None:
        match self.block:
            case OpenSection() as section:
                self.parts.sections.append(section.close(end))
            case OpenScene() as scene:
                whole = scene.close(end, self.faults)
                if whole is not None:
                    self.parts.scenes.append(whole)
            case _:
                pass
        self.block = None

    def handle_refusal(self, statement: Statement, opens: bool) -> None:
        """Handle a refused statement.

        `opens`: it was meant to open a block, even if its brace is missing.
        """
        if isinstance(self.block, OpenScene):
            self.block.has_refused = True
        if (
            statement.kind is StatementKind.OPEN
            and isinstance(self.block, OpenSection)
            and self._begins_foreign_block(statement)
        ):
            self.nested += 1
        elif opens or statement.kind is StatementKind.OPEN:
            if isinstance(self.block, (OpenSection, OpenScene)):
                at = self.nodes.source.span(statement.start, statement.start)
                self._report_unclosed(self.block, at, "before this line", "}\n\n")
            self.block = UnknownBlock(self.nodes.source.span(statement.start, statement.end))

    def _begins_foreign_block(self, statement: Statement) -> bool:
        """Return whether a statement opens a block of another tool, such as `loop 4 {`."""
        from sequencer.language.foreign_words import FOREIGN_WORD_HINTS

        text = self.nodes.source.text[statement.start : statement.end]
        return text.split(maxsplit=1)[0].rstrip("{").casefold() in FOREIGN_WORD_HINTS

    def finish(self, end: int) -> None:
        """Handle the end of the text."""
        match self.block:
            case OpenSection() | OpenScene() as block:
                at = self.nodes.source.span(end, end)
                newline = "" if self.nodes.source.text.endswith("\n") else "\n"
                self._report_unclosed(block, at, "at the end", f"{newline}}}\n")
                self._end_block(at)
            case _:
                self.block = None

    def build_score(self, comments: tuple[Comment, ...]) -> Score:
        """Return the complete score."""
        source = self.nodes.source
        return self.parts.build(self.header.header(), comments, source.file, source.text)


def _first_token(branch: Node, index: int) -> Token:
    child = branch.children[index]
    return child if isinstance(child, Token) else child.first


if TYPE_CHECKING:
    from sequencer.language.text.recovery import ErrorExplainer

MAX_DIAGNOSTICS = 400
"""After this many diagnostics the rest of a score is not read: the author needs the first ones."""


MAX_TOKENS = 1_500_000
"""Maximum number of tokens in a score: five times what 100,000 cues need."""


def read_text(text: str, file: str, faults: Diagnostics) -> Score:
    r"""Read a score from a text.

    Args:
        text: The text, with `\n` as newlines and without a byte order mark.
        file: The file name for diagnostics.
        faults: Collects the diagnostics.

    Returns:
        The score, without the parts for which errors were reported.
    """
    source = Source(file, text)
    if not check_characters(source, faults):
        return Score(file=file, text=text)
    with paused_collection():
        return StatementReader(source, faults, StatementSplitter(source.text)).read_score()


class StatementReader:
    """Reads the statements that a splitter finds in a source."""

    def __init__(self, source: Source, faults: Diagnostics, cutter: StatementSplitter) -> None:
        self.source = source
        self.faults = faults
        self.cutter = cutter
        self.statements = self.cutter.statements
        self.nodes = NodeBuilder(source, faults)
        self.nesting = ScoreAssembler(self.nodes)
        self.parser = get_parser()
        self.before = self.parser.steps
        self.refused = 0
        self.is_odd = not source.text.isascii() and UNUSUAL_SPACE.search(source.text) is not None
        """Whether the text contains unusual spaces anywhere, possibly only in a text literal."""
        self.explainer: ErrorExplainer | None = None

    def read_score(self) -> Score:
        """Read every statement and return the score."""
        if not self.cutter.split_next():
            end = len(self.source.text)
            hint = 'the smallest score has one line: at 0c "A paper boat drifts along a gutter."'
            self.faults.error(
                "E151", "this score is empty", self.source.span(0, min(end, 1)), hint=hint
            )
        index = 0
        while index < len(self.statements) or self.cutter.split_next():
            statement = self.statements[index]
            if self._is_limit_reached(statement):
                break
            self.read_statement(index, statement)
            index += 1
        else:
            self.nesting.finish(len(self.source.text))
        return self.nesting.build_score(locate_comments(self.source, self.cutter.remarks))

    def _is_limit_reached(self, statement: Statement) -> bool:
        """Return whether to stop before a statement (reported).

        The reason is too many errors, or a score that is far too long.
        """
        if self.parser.steps - self.before > MAX_TOKENS:
            why, hint = (
                f"{MAX_TOKENS:,} words and symbols",
                "split it with `use`, or play its sections more than once",
            )
        elif self.faults.count >= MAX_DIAGNOSTICS or self.refused >= MAX_DIAGNOSTICS:
            why, hint = f"{MAX_DIAGNOSTICS} errors", "fix the first ones"
        else:
            return False
        here = self.source.span(statement.start, statement.end)
        self.faults.error("E152", f"reading stops here, after {why}", here, hint=hint)
        return True

    def read_statement(self, index: int, statement: Statement) -> None:
        """Read one statement, and explain it if the grammar refuses it."""
        if not statement.flaws and not (self.is_odd and self._has_unusual_spaces(statement)):
            self.nodes.begin_statement(statement.start, statement.end)
            try:
                self.nesting.add(
                    self.parser.parse(self.source.text, statement.start, statement.end)
                )
            except ParseError as refusal:
                self._explain(index, statement, refusal)
        else:
            self._explain(index, statement, None)

    def _has_unusual_spaces(self, statement: Statement) -> bool:
        from sequencer.language.text.suggestion import find_unusual_spaces  # few scores need it

        return bool(find_unusual_spaces(self.source.text[statement.start : statement.end]))

    def _explain(self, index: int, statement: Statement, refusal: ParseError | None) -> None:
        from sequencer.language.text.recovery import (
            ErrorExplainer,
        )  # only a score with errors needs its many patterns

        self.refused += 1
        has_more = index + 1 < len(self.statements) or self.cutter.split_next()
        following = self.statements[index + 1] if has_more else None
        inside = self.nesting.context()
        if self.explainer is None:
            self.explainer = ErrorExplainer(self.source, self.faults)
        opens = self.explainer.explain(statement, following, inside, refusal)
        if not self.faults.has_errors:  # nothing is ever omitted silently
            span = self.source.span(statement.start, statement.end)
            self.faults.error("E102", "this statement could not be read", span)
        self.nesting.handle_refusal(statement, opens)


def locate_comments(source: Source, remarks: Iterable[CommentToken]) -> tuple[Comment, ...]:
    """Return the comments of a source from what the splitter found."""
    text = source.text
    return tuple(
        Comment(
            text[one.start + 1 : one.end].rstrip().removeprefix(" "),
            one.own_line,
            source.span(one.start, one.end),
        )
        for one in remarks
    )
