"""Puts statements together: header, blocks, order. Tells what stands where it cannot."""

from __future__ import annotations

from sequencer.errors import NOWHERE, Fix, Related, Span
from sequencer.notation import values
from sequencer.notation.parts import Parts
from sequencer.notation.text.blocks import OpenScene, OpenSection
from sequencer.notation.text.grammar import Branch, Token
from sequencer.notation.text.header import LINES, HeaderLines
from sequencer.notation.text.lines import Context, Kind, Statement
from sequencer.notation.text.nodes import Nodes
from sequencer.records import dataclass
from sequencer.score import Comment, Let, Pick, Score, Use

ITEMS = frozenset({"cue", "every", "rule"})
"""The rules that are cues and rules."""

SCENE_LINES = frozenset({"base", "follow", "quiet"})
"""The rules of a scene's lines."""


@dataclass(slots=True)
class OpenUnknown:
    """A block whose first line was refused: what stands in it is read, told, and dropped."""

    head: Span


class Nesting:
    """Takes the statements of a text in order and keeps what they say."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.faults = nodes.faults
        self.header = HeaderLines(nodes)
        self.parts = Parts()
        self.block: OpenScene | OpenSection | OpenUnknown | None = None
        self.forgiven = 0
        """How many closing braces too many are already explained."""

    def context(self) -> Context:
        """Where the next statement stands."""
        match self.block:
            case None:
                return Context.TOP
            case OpenScene():
                return Context.SCENE
            case OpenSection() | OpenUnknown():
                return Context.SECTION

    # ---- statements ------------------------------------------------------------------------------------------------

    def take(self, node: Token | Branch) -> None:
        """Take what the grammar made of a statement, or of a closing brace."""
        if isinstance(node, Token):
            self._close(node)
            return
        kind = node.rule
        match self.block:
            case OpenSection() as section if kind in ITEMS:
                item = self.nodes.item(node)
                if item is not None:
                    section.items.append(item)
            case OpenScene() as scene if kind in SCENE_LINES:
                scene.take(node, self.nodes)
            case OpenUnknown():
                self._in_unknown(node, kind)
            case OpenSection() | OpenScene():
                self._misplaced(node, kind)
            case None:
                self._at_top(node, kind)

    def _at_top(self, node: Branch, kind: str) -> None:
        if kind in LINES:
            self.header.take(node)
        elif kind in ITEMS:
            item = self.nodes.item(node)
            if item is not None:
                self.parts.items.append(item)
        elif kind in SCENE_LINES:
            word = node.first.text
            self.faults.error(
                "E120", f"`{word}` belongs to a scene", self.nodes.over(node), "write it inside: scene NAME { … }"
            )
        else:
            self._structure(node, kind)

    def _structure(self, node: Branch, kind: str) -> None:
        nodes, parts = self.nodes, self.parts
        span = nodes.over(node)
        match kind:
            case "use":
                path = nodes.literal(_token(node, 1))
                if path is not None:
                    parts.uses.append(Use(path, span=span))
            case "let":
                self._let(node, span)
            case "scene":
                self.block = OpenScene.of(node, nodes)
            case "section":
                self.block = OpenSection.of(node, nodes)
            case "play":
                if not self._said_twice("play", parts.play_span, span):
                    parts.play_span = span
                    text, at = nodes.behind(node)
                    parts.play = values.read_play(text, at, self.faults) or ()
            case _:
                if not self._said_twice("end", parts.end_span, span):
                    parts.end_span = span
                    parts.end = nodes.place(_token(node, 0), "end")

    def _let(self, node: Branch, span: Span) -> None:
        name = _token(node, 1)
        value = node.children[2]
        words = self.nodes.words(value)
        if isinstance(words, Pick):
            hint = "draw where the variable is shown, or write one text"
            self.faults.error("E153", "a variable is one text; pick stands among actions", words.span, hint)
        elif words is not None:
            at = self.nodes.span(name)
            label = values.read_name(name.text, at, self.faults, "a variable")
            if label is not None:
                self.parts.lets.append(Let(label, words, span, at))

    def _said_twice(self, word: str, earlier: Span, span: Span) -> bool:
        if earlier == NOWHERE:
            return False
        first = Related(earlier, "first said here")
        self.faults.error("E154", f"`{word}` is said twice", span, "keep one of the two lines", (Fix(span, ""),), (first,))
        return True

    # ---- out of place ----------------------------------------------------------------------------------------------

    def _in_unknown(self, node: Branch, kind: str) -> None:
        """What stands in a block that was not understood is read for its own faults only."""
        if kind in ITEMS:
            self.nodes.item(node)
        elif kind in {"section", "scene"}:
            self.block = None
            self._structure(node, kind)

    def _misplaced(self, node: Branch, kind: str) -> None:
        block = self.block
        if not isinstance(block, (OpenSection, OpenScene)):
            return
        span = self.nodes.over(node)
        word = "score" if kind == "title" else node.first.text.split(maxsplit=1)[0]
        inside = "section" if isinstance(block, OpenSection) else "scene"
        if kind in {"section", "scene"} or (span.column == 1 and kind not in ITEMS | SCENE_LINES and block.is_indented()):
            self._unclosed(block, span, f"before `{word}`", "}\n\n")
            self.forgiven += kind not in {"section", "scene"}
            self._end_block(span)
            self._at_top(node, kind)
        elif inside == "section" and kind in {"sr", "snap", "seed"}:
            there = "cut " if kind == "seed" else ""
            fix = Fix(Span(span.file, span.line, span.column, span.line, span.column), f"at 1 {there}")
            self.faults.error("E117", f"inside a section `{word}` needs a place", span, f"write: at 1 {there}{word} …", (fix,))
        elif inside == "section" and kind in SCENE_LINES:
            self.faults.error("E120", f"`{word}` belongs to a scene", span, "write it inside: scene NAME { … }")
        elif inside == "scene":
            hint = "a scene holds base, follow and quiet; everything else stands outside of it"
            self.faults.error("E119", f"`{word}` cannot stand in a scene", span, hint)
        else:
            hint = "put it in front of the section, on a line of its own"
            self.faults.error("E116", f"`{word}` cannot stand in a section", span, hint)

    def _unclosed(self, block: OpenSection | OpenScene, at: Span, where: str, text: str) -> None:
        insert = Fix(Span(at.file, at.line, at.column, at.line, at.column), text)
        what = "section" if isinstance(block, OpenSection) else "scene"
        name = block.name or ""
        self.faults.error(
            "E111", f"the {what} {name} has no closing brace", block.head, f"put `}}` {where} (line {at.line})", (insert,)
        )

    # ---- braces ----------------------------------------------------------------------------------------------------

    def _close(self, brace: Token) -> None:
        span = self.nodes.span(brace)
        if self.block is not None:
            self._end_block(span)
        elif self.forgiven:
            self.forgiven -= 1
        else:
            self.faults.error("E112", "this brace closes nothing", span, "leave it out", (Fix(span, ""),))

    def _end_block(self, end: Span) -> None:
        match self.block:
            case OpenSection() as section:
                self.parts.sections.append(section.section(end))
            case OpenScene() as scene:
                whole = scene.scene(end, self.faults)
                if whole is not None:
                    self.parts.scenes.append(whole)
            case _:
                pass
        self.block = None

    def refused(self, statement: Statement, opens: bool) -> None:
        """A statement was refused. `opens`: it was meant to open a block, though its brace may be missing."""
        if isinstance(self.block, OpenScene):
            self.block.has_refused = True
        if opens or statement.kind is Kind.OPEN:
            if isinstance(self.block, (OpenSection, OpenScene)):
                at = self.nodes.source.span(statement.start, statement.start)
                self._unclosed(self.block, at, "before this line", "}\n\n")
            self.block = OpenUnknown(self.nodes.source.span(statement.start, statement.end))

    def finish(self, end: int) -> None:
        """The text is over."""
        match self.block:
            case OpenSection() | OpenScene() as block:
                at = self.nodes.source.span(end, end)
                newline = "" if self.nodes.source.text.endswith("\n") else "\n"
                self._unclosed(block, at, "at the end", f"{newline}}}\n")
                self._end_block(at)
            case _:
                self.block = None

    def score(self, comments: tuple[Comment, ...]) -> Score:
        """The whole."""
        source = self.nodes.source
        return self.parts.score(self.header.header(), comments, source.file, source.text)


def _token(branch: Branch, index: int) -> Token:
    child = branch.children[index]
    return child if isinstance(child, Token) else child.first
