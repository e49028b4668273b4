"""Scenes and sections that are being read: their heads, and their contents up to the closing brace."""

from __future__ import annotations

import re
from dataclasses import field

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Fix, Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language import values
from sequencer.language.foreign_words import NO_COPIES_MESSAGE, SECTION_COPY, section_copy_hint
from sequencer.language.score import ChangeMeter, ChangeTempo, Cut, Duration, Item, Pick, Scene, Section, Text, Trigger
from sequencer.language.source import excerpt
from sequencer.language.text.nodes import NodeBuilder
from sequencer.language.text.parser import Node, Token
from sequencer.language.values.amounts import report_second_word

_ADVICE = re.compile(r"W\d{3}")


@dataclass(slots=True)
class OpenScene:
    """A scene whose closing brace has not been read yet."""

    name: str | None
    head: Span
    name_span: Span
    base: Text | None = None
    follow: Text | None = None
    silenced: list[str] = field(default_factory=list)
    said: dict[str, Span] = field(default_factory=dict)
    has_refused: bool = False
    """Whether one of its lines was refused: what seems to be missing may be on that line."""

    @classmethod
    def of(cls, branch: Node, nodes: NodeBuilder) -> OpenScene:
        """Return the block that `scene NAME {` opens."""
        label = branch.last
        at = nodes.span(label)
        return cls(values.read_scene_name(label.text, at, nodes.faults), nodes.node_span(branch), at)

    def is_indented(self) -> bool:
        """Return whether its lines are indented further than its head."""
        return all(span.column > self.head.column for span in self.said.values())

    def read_line(self, branch: Node, nodes: NodeBuilder) -> None:
        """Read `base`, `follow` or `quiet`."""
        span = nodes.node_span(branch)
        kind = branch.rule
        if kind == "quiet":
            self._read_quiet(branch, nodes)
            return
        if kind in self.said:
            first = Related(self.said[kind], "first said here")
            nodes.faults.error(
                "E121", f"the scene has two texts for `{kind}`", span, "keep one of them", (Fix(span, ""),), (first,)
            )
            return
        self.said[kind] = span
        words = nodes.read_prompt_text(branch.children[1])
        if isinstance(words, Pick):
            hint = "write one text; `pick` stands where the scene is shown"
            nodes.faults.error("E153", f"`{kind}` is one text", words.span, hint)
        elif kind == "base":
            self.base = words
        else:
            self.follow = words

    def _read_quiet(self, branch: Node, nodes: NodeBuilder) -> None:
        self.said.setdefault("quiet", nodes.node_span(branch))
        for token in branch.children[1:]:
            if not isinstance(token, Token) or token.kind == "COMMA":
                continue
            if _ADVICE.fullmatch(token.text):
                self.silenced.append(token.text)
            else:
                hint = "advice has codes like W601; `check` shows them"
                nodes.faults.error("E150", f"`{excerpt(token.text)}` is no code of advice", nodes.span(token), hint)

    def close(self, end: Span, faults: Diagnostics) -> Scene | None:
        """Return the complete scene, or None if a diagnostic was reported. Its closing brace is at `end`."""
        if not self.said.keys() & {"base", "follow"}:
            if not self.has_refused and self.name is not None:
                hint = 'give it a base: base "…"'
                faults.error("E122", f"the scene {self.name} has neither base nor follow", self.head, hint)
            return None
        if self.name is None:
            return None
        quiet = self.said.get("quiet", NO_SPAN)
        return Scene(self.name, self.base, self.follow, tuple(self.silenced), self.head.to(end), self.name_span, quiet)


@dataclass(slots=True)
class OpenSection:
    """A section whose closing brace has not been read yet."""

    name: str
    head: Span
    name_span: Span
    duration: Duration | None = None
    until: tuple[Trigger, ...] = ()
    most: Duration | None = None
    tempo: ChangeTempo | None = None
    meter: ChangeMeter | None = None
    cut: Cut | None = None
    items: list[Item] = field(default_factory=list)
    said: dict[str, Span] = field(default_factory=dict)

    @classmethod
    def of(cls, branch: Node, nodes: NodeBuilder) -> OpenSection:
        """Return the block that `section NAME …, … {` opens."""
        label = branch.children[1]
        token = label if isinstance(label, Token) else label.first
        at = nodes.span(token)
        name = values.read_name(token.text, at, nodes.faults, "a section")
        section = cls(token.text if name is None else name, nodes.node_span(branch), at)
        until: list[Trigger] = []
        live: Span | None = None
        for child in branch.children[2:]:
            match child:
                case Token(kind="AMOUNT"):
                    section._read_length(child, nodes)
                case Token(kind="UNTIL"):
                    live = nodes.span(child)
                case Token(kind="TRIGGER"):
                    trigger = None if section._report_missing_comma(child, nodes) else nodes.read_trigger(child)
                    until += [] if trigger is None else [trigger]
                case Token(kind="OR" | "COMMA"):
                    pass
                case _:
                    section._read_option(child, nodes)
        section.until = tuple(until)
        section._check_live(live, nodes)
        return section

    def _read_length(self, token: Token, nodes: NodeBuilder) -> None:
        copied = SECTION_COPY.fullmatch(token.text)
        if copied is not None:
            nodes.faults.error(
                "E139", NO_COPIES_MESSAGE, nodes.span(token), section_copy_hint(copied.group(1), self.name, "play ")
            )
            return
        if not self._report_missing_comma(token, nodes) and not report_second_word(
            self.name, token.text, nodes.span(token), nodes.faults
        ):
            self.duration = nodes.read_duration(token)

    def _report_missing_comma(self, token: Token, nodes: NodeBuilder) -> bool:
        """Report a missing comma after a length or a trigger. Return whether it was reported."""
        joined = values.find_option(token.text)
        if joined is None:
            return False
        word = joined.group(1)
        self.said.setdefault(word.upper(), nodes.span(token))  # the option is there, so its absence must not be reported too
        at = nodes.part_span(token, joined.start(1), joined.end(1))
        gap = nodes.part_span(token, joined.start(), joined.start())
        what = "triggers" if token.kind == "TRIGGER" else "length"
        message = f"between a section's {what} and what else is said of it stands a comma"
        nodes.faults.error("E135", message, at, f"put a comma before `{word}`", (Fix(gap, ","),))
        return True

    def is_indented(self) -> bool:
        """Return whether its lines are indented further than its head."""
        return all(item.span.column > self.head.column for item in self.items)

    def _read_option(self, node: Token | Node, nodes: NodeBuilder) -> None:
        first = node if isinstance(node, Token) else node.first
        span = nodes.span(node) if isinstance(node, Token) else nodes.node_span(node)
        kind = first.kind
        if kind in self.said:
            word = first.text.split(maxsplit=1)[0]
            related = (Related(self.said[kind], "first said here"),)
            nodes.faults.error("E136", f"the section has two of `{word}`", span, "keep one of them", related=related)
            return
        self.said[kind] = span
        match node:
            case Token(kind="CUT"):
                self.cut = nodes.read_cut(node)
            case Token():
                self.meter = nodes.read_meter(node)
            case _ if kind == "MAX":
                self.most = nodes.read_duration(node.last)
            case _:
                self.tempo = nodes.read_tempo(node, in_head=True)

    def _check_live(self, live: Span | None, nodes: NodeBuilder) -> None:
        if live is not None and "MAX" not in self.said:
            end = Span(self.head.file, self.head.end_line, self.head.end_column, self.head.end_line, self.head.end_column)
            nodes.faults.error(
                "E137",
                "a live section needs its longest length, so that there is always a way out",
                self.head,
                "add, for example: , max 32 bars",
                (Fix(end, ", max 32 bars"),),
            )
        if live is None and "MAX" in self.said:
            hint = "leave `max` out; a section of fixed length has no other"
            nodes.faults.error("E138", "`max` belongs to a live section (until …)", self.said["MAX"], hint)

    def close(self, end: Span) -> Section:
        """Return the complete section. Its closing brace is at `end`."""
        return Section(
            self.name,
            self.duration,
            tuple(self.items),
            self.until,
            self.most,
            self.tempo,
            self.meter,
            self.cut,
            self.head.to(end),
            self.name_span,
        )
