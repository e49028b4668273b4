"""Scenes and sections being read: their heads, and their contents up to the closing brace."""

from __future__ import annotations

import re
from dataclasses import field

from sequencer.core.diagnostics import NO_SPAN, Diagnostics, Fix, Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language import values
from sequencer.language.scene_names import read_scene_name
from sequencer.language.score import (
    ChangeMeter,
    ChangeTempo,
    Cut,
    Duration,
    Item,
    Pick,
    Scene,
    Section,
    Text,
    Trigger,
)
from sequencer.language.source import excerpt
from sequencer.language.text.nodes import NodeBuilder
from sequencer.language.text.parser import Node, Token
from sequencer.language.values.amounts import report_second_word
from sequencer.language.values.settings import COPY_MESSAGE, SECTION_COPY

_ADVICE = re.compile(r"W\d{3}")


@dataclass(slots=True, kw_only=True)
class OpenScene:
    """A scene whose closing brace has not been read yet."""

    name: str | None
    head: Span
    name_span: Span
    base: Text | None = None
    follow: Text | None = None
    silenced: list[str] = field(default_factory=list)
    given: dict[str, Span] = field(default_factory=dict)
    has_refused: bool = False
    """Whether one of its lines was refused: what seems to be missing may be on that line."""

    @classmethod
    def of(cls, branch: Node, nodes: NodeBuilder) -> OpenScene:
        """Return the block that `scene NAME {` opens."""
        label = branch.last
        at = nodes.span(label)
        return cls(
            name=read_scene_name(label.text, at, nodes.faults),
            head=nodes.node_span(branch),
            name_span=at,
        )

    def is_indented(self) -> bool:
        """Return whether its lines are indented further than its head."""
        return all(span.column > self.head.column for span in self.given.values())

    def read_line(self, branch: Node, nodes: NodeBuilder) -> None:
        """Read `base`, `follow` or `quiet`."""
        span = nodes.node_span(branch)
        kind = branch.rule
        if kind == "quiet":
            self._read_quiet(branch, nodes)
            return
        if kind in self.given:
            first = Related(self.given[kind], "first defined here")
            nodes.faults.error(
                "E121",
                f"the scene has two texts for `{kind}`",
                span,
                hint="keep one of them",
                fix=Fix(span, ""),
                related=(first,),
            )
            return
        self.given[kind] = span
        words = nodes.read_prompt_text(branch.children[1])
        if isinstance(words, Pick):
            hint = "write one text; use `pick` where the scene is shown"
            nodes.faults.error("E153", f"`{kind}` takes one text", words.span, hint=hint)
        elif kind == "base":
            self.base = words
        else:
            self.follow = words

    def _read_quiet(self, branch: Node, nodes: NodeBuilder) -> None:
        self.given.setdefault("quiet", nodes.node_span(branch))
        for token in branch.children[1:]:
            if not isinstance(token, Token) or token.kind == "COMMA":
                continue
            if _ADVICE.fullmatch(token.text):
                self.silenced.append(token.text)
            else:
                hint = "advice codes look like W601; `check` prints them"
                nodes.faults.error(
                    "E150",
                    f"`{excerpt(token.text)}` is not an advice code",
                    nodes.span(token),
                    hint=hint,
                )

    def close(self, end: Span, faults: Diagnostics) -> Scene | None:
        """Return the complete scene, or None if a diagnostic was reported.

        Its closing brace is at `end`.
        """
        if not self.given.keys() & {"base", "follow"}:
            if not self.has_refused and self.name is not None:
                hint = 'give it a base: base "…"'
                faults.error(
                    "E122",
                    f"the scene {self.name} has neither base nor follow",
                    self.head,
                    hint=hint,
                )
            return None
        if self.name is None:
            return None
        quiet = self.given.get("quiet", NO_SPAN)
        return Scene(
            name=self.name,
            base=self.base,
            follow=self.follow,
            silenced=tuple(self.silenced),
            span=self.head.to(end),
            name_span=self.name_span,
            quiet_span=quiet,
        )


@dataclass(slots=True, kw_only=True)
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
    like: str | None = None
    like_span: Span = NO_SPAN
    items: list[Item] = field(default_factory=list)
    given: dict[str, Span] = field(default_factory=dict)

    @classmethod
    def of(cls, branch: Node, nodes: NodeBuilder) -> OpenSection:
        """Return the block that `section NAME …, … {` opens."""
        label = branch.children[1]
        token = label if isinstance(label, Token) else label.first
        at = nodes.span(token)
        name = values.read_name(token.text, at, nodes.faults, "a section")
        section = cls(
            name=token.text if name is None else name, head=nodes.node_span(branch), name_span=at
        )
        until: list[Trigger] = []
        live: Span | None = None
        for child in branch.children[2:]:
            match child:
                case Token(kind="AMOUNT"):
                    has_maximum = any(_first_kind(one) == "MAX" for one in branch.children)
                    section._read_length(child, nodes, has_maximum)
                case Token(kind="UNTIL"):
                    live = nodes.span(child)
                case Token(kind="TRIGGER"):
                    trigger = (
                        None
                        if section._report_missing_comma(child, nodes)
                        else nodes.read_trigger(child)
                    )
                    until += [] if trigger is None else [trigger]
                case Token(kind="OR" | "COMMA" | "LIKE"):
                    pass
                case Token(kind="LABEL"):
                    section.like_span = nodes.span(child)
                    section.like = values.read_name(
                        child.text, section.like_span, nodes.faults, "a section"
                    )
                case _:
                    section._read_option(child, nodes)
        section.until = tuple(until)
        section._check_live(live, nodes)
        return section

    def _read_length(self, token: Token, nodes: NodeBuilder, has_maximum: bool) -> None:
        copied = SECTION_COPY.fullmatch(token.text)
        if copied is not None:
            span = nodes.span(token)
            nodes.faults.error(
                "E139",
                COPY_MESSAGE,
                span,
                hint=f"write section {excerpt(self.name)} like {excerpt(copied.group(1))}",
                fix=Fix(span, f"like {copied.group(1)}"),
            )
            return
        span = nodes.span(token)
        if values.report_length_with_until(token.text, span, nodes.faults, has_maximum=has_maximum):
            self.given.setdefault("UNTIL", span)
        elif not self._report_missing_comma(token, nodes) and not report_second_word(
            self.name, token.text, span, nodes.faults
        ):
            self.duration = nodes.read_duration(token)

    def _report_missing_comma(self, token: Token, nodes: NodeBuilder) -> bool:
        """Report a missing comma after a length or a trigger. Return whether it was reported."""
        joined = values.find_option(token.text)
        if joined is None:
            return False
        word = joined.group(1)
        self.given.setdefault(
            word.upper(), nodes.span(token)
        )  # the option is there, so its absence must not be reported too
        at = nodes.part_span(token, joined.start(1), joined.end(1))
        gap = nodes.part_span(token, joined.start(), joined.start())
        what = "triggers" if token.kind == "TRIGGER" else "length"
        message = f"a section's {what} and its other settings are separated by a comma"
        nodes.faults.error(
            "E135", message, at, hint=f"add a comma before `{word}`", fix=Fix(gap, ",")
        )
        return True

    def is_indented(self) -> bool:
        """Return whether its lines are indented further than its head."""
        return all(item.span.column > self.head.column for item in self.items)

    def _read_option(self, node: Token | Node, nodes: NodeBuilder) -> None:
        first = node if isinstance(node, Token) else node.first
        span = nodes.span(node) if isinstance(node, Token) else nodes.node_span(node)
        kind = first.kind
        if kind in self.given:
            word = first.text.split(maxsplit=1)[0]
            related = (Related(self.given[kind], "first defined here"),)
            nodes.faults.error(
                "E136",
                f"the section has two of `{word}`",
                span,
                hint="keep one of them",
                related=related,
            )
            return
        self.given[kind] = span
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
        if self.like_span != NO_SPAN or "UNTIL" in self.given:
            return  # it may inherit what is missing, or that is reported already
        if live is not None and "MAX" not in self.given:
            end = Span(
                self.head.file,
                self.head.end_line,
                self.head.end_column,
                self.head.end_line,
                self.head.end_column,
            )
            nodes.faults.error(
                "E137",
                "a live section needs a maximum length, so that it always ends",
                self.head,
                hint="add, for example: , max 32 bars",
                fix=Fix(end, ", max 32 bars"),
            )
        if live is None and self.duration is not None and "MAX" in self.given:
            hint = "remove `max`; a section of fixed length does not need it"
            nodes.faults.error(
                "E138", "`max` belongs to a live section (until …)", self.given["MAX"], hint=hint
            )

    def close(self, end: Span) -> Section:
        """Return the complete section. Its closing brace is at `end`."""
        return Section(
            name=self.name,
            duration=self.duration,
            items=tuple(self.items),
            until=self.until,
            most=self.most,
            tempo=self.tempo,
            meter=self.meter,
            cut=self.cut,
            like=self.like,
            like_span=self.like_span,
            span=self.head.to(end),
            name_span=self.name_span,
        )


def _first_kind(child: Token | Node) -> str:
    return child.kind if isinstance(child, Token) else child.first.kind
