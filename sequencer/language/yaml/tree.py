"""Parse YAML into a tree of nodes with source positions; every scalar is text.

A scalar is text even if it looks like a number or another type.

The tree is built from PyYAML's events, which carry marks, not by its loaders, which guess types
(`17:1` would become 1021, `off` false). libyaml is used if PyYAML has it, otherwise PyYAML's own
parser; the events are the same. What this notation does not support is reported here: tags, anchors
and aliases, keys that are not words, a second document.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.language.score import Comment, Cue, Item
from sequencer.language.source import Source, excerpt
from sequencer.language.yaml.fast_path import mask_simple_cues, read_cue_at, read_mapping_at
from sequencer.language.yaml.masking import MaskedText
from sequencer.language.yaml.nodes import BLOCK_STYLES, Mapping, Node, Scalar, Sequence
from sequencer.language.yaml.recovery import explain_yaml_error, index_of
from sequencer.language.yaml.scalars import make_parser

MAX_DEPTH = 16
"""The maximum depth of nested lists and mappings; a score needs nine."""

MAX_DIAGNOSTICS = 500
"""The number of errors of form after which parsing stops."""


ReadItem = Callable[["Mapping", bool], Item | None]
"""Reads a cue or a rule; the flag is whether it is an item of `rules`."""


def parse_tree(
    source: Source,
    faults: Diagnostics,
    read: ReadItem,
    quick: bool = False,
    masked: MaskedText | None = None,
) -> tuple[Node, list[tuple[int, int]], bool]:
    """Parse a source into a tree.

    Cues and rules make up most of a score: each is read as soon as it is parsed, while its nodes
    are at hand and before the next one is built.

    Args:
        source: The source to parse.
        faults: Receives the diagnostics.
        read: Reads a cue or a rule.
        quick: Read lines that look like complete cues without PyYAML (see `fast_path`). The result
            is then valid only if the third value returned is true.
        masked: The text without the items of lists that are known. The result is then valid only if
            all of them are found.

    Returns:
        The tree, or None if the source contains nothing, or nothing that could be read (reported);
            the (start, end) offsets, in
        order, of the values that contain a `#`, and of masked items; and whether parsing succeeded.
    """
    grower = _TreeParser(source, faults, read, quick, masked)
    tree = grower.parse_document()
    return tree, grower.hashes, grower.lines == 0 and not grower.stopped


def _find_too_deep(text: str) -> int | None:
    """Return where the list or mapping begins that is nested too deeply in `text`, or None.

    A parser reads ahead, and newer versions of libyaml limit the depth themselves: they fail before
    the event that would be one level too deep. For that reason the text before an error is checked
    again.
    """
    following = make_parser(text).get_event
    depth = 0
    try:
        while (event := following()) is not None:
            kind = event.__class__
            if kind in _STARTS:
                depth += 1
                if depth > MAX_DEPTH:
                    return int(event.start_mark.index)
            elif kind in _ENDS:
                depth -= 1
    except yaml.YAMLError:
        return None  # `text` ends where the parser stopped, so its brackets are still open
    return None


class _TreeParser:
    def __init__(
        self,
        source: Source,
        faults: Diagnostics,
        read: ReadItem,
        quick: bool,
        masked: MaskedText | None,
    ) -> None:
        self.source = source
        self.faults = faults
        self.read = read
        self.given = source.text if masked is None else masked.text
        self.runs = {} if masked is None else masked.runs
        text, self.lines = mask_simple_cues(self.given) if quick else (self.given, 0)
        self.next: Callable[[], Any] = make_parser(text).get_event
        self.stopped = False
        self.reported = 0
        self.hashes: list[tuple[int, int]] = []

    def parse_document(self) -> Node:
        """Return the tree of the first document, and report any further documents."""
        root: Node = None
        found = False
        try:
            while True:
                event = self.next()
                kind = event.__class__
                if kind is StreamEndEvent:
                    break
                if kind is DocumentStartEvent and found:
                    at = self.source.span(event.start_mark.index, event.start_mark.index + 3)
                    hint = "remove the line ---; each score has a file of its own"
                    self.faults.error(
                        "E613",
                        "a second document begins here, but a file contains one score",
                        at,
                        hint=hint,
                    )
                    break
                if kind in _NODES:
                    root = self.parse_node(event, 1)
                    found = True
                    if self.stopped:
                        break
        except yaml.YAMLError as error:
            self._handle_error(error)
        return root

    def _handle_error(self, error: yaml.YAMLError) -> None:
        if not self.stopped:
            deep = _find_too_deep(self.given[: index_of(error)])
            if deep is None:
                explain_yaml_error(error, self.source, self.faults)
            else:
                self._report_depth(deep)
        self.stopped = True

    def _report_depth(self, start: int) -> None:
        at = self.source.span(start, start + 1)
        self.faults.error(
            "E603",
            f"lists and mappings are nested more than {MAX_DEPTH} deep",
            at,
            hint="nest them less deeply",
        )
        self.stopped = True

    def parse_node(self, event: Any, depth: int) -> Node:
        """Return the value that begins with `event`."""
        kind = event.__class__
        if kind is _SCALAR:
            return self._parse_scalar(event)
        if kind is AliasEvent:
            self._report_anchor(event, f"*{event.anchor}")
            return None
        good = self._is_bare(event)
        node: Mapping | Sequence
        if depth > MAX_DEPTH:
            self._report_depth(event.start_mark.index)
            return None
        node = (
            self._parse_mapping(event, depth)
            if kind is MappingStartEvent
            else self._parse_sequence(event, depth, None)
        )
        if self.stopped and node.flow and not node.whole:
            # it includes the text after the error, so its content is not what the author meant
            return None
        return node if good else None

    def _is_bare(self, event: Any) -> bool:
        """Return whether a value has neither an anchor nor a tag (which are reported)."""
        good = event.anchor is None or self._report_anchor(event, f"&{event.anchor}")
        return good if event.tag is None else self._report_tag(event)

    def _parse_scalar(self, event: Any) -> Scalar | None:
        if (event.anchor is not None or event.tag is not None) and not self._is_bare(event):
            return None
        mark = event.start_mark
        style = event.style
        value = event.value
        scalar = Scalar(
            value, mark.line, mark.column, start=mark.index, end=event.end_mark.index, style=style
        )
        if style in BLOCK_STYLES:
            scalar.end = scalar.start + len(self.source.text[scalar.start : scalar.end].rstrip())
        if "#" in value:
            self._record_hash(scalar)
        return scalar

    def _record_hash(self, scalar: Scalar) -> None:
        start, end = scalar.start, scalar.end
        if scalar.is_block:  # a comment may follow its indicator
            newline = self.source.text.find("\n", start, end)
            start = end if newline < 0 else newline
        self.hashes.append((start, end))

    def _parse_mapping(self, start: Any, depth: int) -> Mapping:
        mark = start.start_mark
        mapping = Mapping(mark.index, mark.line, mark.column, start.flow_style)
        entries = mapping.entries
        following = self.next
        event: Any
        try:
            while True:
                event = ending = following()
                kind = event.__class__
                if kind is MappingEndEvent:
                    break
                key = (
                    self.parse_node(event, depth + 1)
                    if kind is not _SCALAR
                    else self._parse_scalar(event)
                )
                if self.stopped:
                    mapping.whole = False
                    return mapping
                event = following()
                value = (
                    self._parse_scalar(event)
                    if event.__class__ is _SCALAR
                    else self._parse_value(event, depth, key)
                )
                if value is None or value.start == value.end:  # it is empty, or it was reported
                    mapping.end = event.end_mark.index if value is None or key is None else key.end
                else:
                    mapping.end = value.end
                if key.__class__ is Scalar and (word := key.value) not in entries:
                    entries[word] = (key, value)
                else:
                    self._report_key(key, entries, mapping.end)
                if self.stopped:
                    mapping.whole = False
                    return mapping
            if mapping.flow:
                mark = ending.end_mark
                mapping.end, mapping.end_line, mapping.end_column = (
                    mark.index,
                    mark.line,
                    mark.column,
                )
        except yaml.YAMLError as error:
            self._handle_error(error)
            mapping.whole = False
        return mapping

    def _parse_value(self, event: Any, depth: int, key: Node) -> Node:
        """Return the list or mapping after a key.

        The items of `cues` and `rules` are read immediately.
        """
        listed = (
            event.__class__ is SequenceStartEvent and event.anchor is None and event.tag is None
        )
        if listed and isinstance(key, Scalar):
            if depth in ITEM_DEPTHS and key.value in ITEM_KEYS:
                return self._parse_sequence(event, depth + 1, key.value == "rules", key.value)
            if depth == 1 and key.value == "sections" and self.runs:
                return self._parse_sequence(event, depth + 1, None, key.value)
        return self.parse_node(event, depth + 1)

    def _find_run(self, item: Node, word: str, depth: int, sequence: Sequence) -> bool:
        """Return whether an item is the word that replaces masked items, and add those."""
        run = self.runs.get(item.line) if isinstance(item, Scalar) else None
        if run is None or not isinstance(item, Scalar) or not run.find(item, word, depth):
            return False
        self.hashes.append((run.start, run.end))
        if word == "sections":
            sequence.items.append(item)
        else:
            sequence.read += run.items
        sequence.end = run.last
        return True

    def _read_simple_cue(self, word: Scalar) -> Cue | None:
        """Return the simple cue that a word replaces, if it replaces one."""
        text = self.source.text
        if text[word.start] != "{" or word.end - word.start != len(word.value):
            return None
        cue = read_cue_at(
            text,
            self.source.file,
            word.start,
            end=word.end,
            line=word.line,
            column=word.column,
            faults=self.faults,
        )
        self.lines -= cue is not None
        return cue

    def _expand_placeholder(self, word: Scalar) -> Node:
        """Return the mapping that a word replaces, or the word itself."""
        text = self.source.text
        if text[word.start] != "{" or word.end - word.start != len(word.value):
            return word
        self.lines -= 1
        mapping = read_mapping_at(text, word.start, word.end, word.line, word.column)
        if mapping is None:
            self.stopped = True  # the normal path reports what is wrong with it
        return mapping

    def _parse_sequence(
        self, start: Any, depth: int, rules: bool | None, word: str = ""
    ) -> Sequence:
        """Return a list; it is a list of cues or of rules if `rules` is not None.

        `word` is the key before it, if its items may be masked.
        """
        items: list[Node] = []
        sequence = Sequence(
            items, start.start_mark.index, start.end_mark.index, start.flow_style, True
        )
        following = self.next
        try:
            while True:
                event = ending = following()
                if event.__class__ is SequenceEndEvent:
                    break
                item = self.parse_node(event, depth + 1)
                if self.runs and word and self._find_run(item, word, depth - 1, sequence):
                    continue
                if self.lines and rules is not None and isinstance(item, Scalar):
                    cue = None if rules else self._read_simple_cue(item)
                    if cue is not None:
                        sequence.read.append(cue)
                        sequence.end = item.end
                        continue
                    item = self._expand_placeholder(item)
                if rules is not None and isinstance(item, Mapping):
                    read = self.read(item, rules)
                    if read is not None:
                        sequence.read.append(read)
                else:
                    items.append(item)
                sequence.end = event.end_mark.index if item is None else item.end
                if self.stopped:
                    sequence.whole = False
                    return sequence
            if sequence.flow:
                sequence.end = ending.end_mark.index
        except yaml.YAMLError as error:
            self._handle_error(error)
            sequence.whole = False
        return sequence

    # ---- what this notation does not support -----------------------------------------------------

    def _count_diagnostic(self) -> None:
        self.reported += 1
        if self.reported >= MAX_DIAGNOSTICS:
            self.stopped = True

    def _report_anchor(self, event: Any, written: str) -> bool:
        self._count_diagnostic()
        start = event.start_mark.index
        at = self.source.span(start, start + len(written))
        hint = (
            "write the value itself, or name a text with `let`; a text that begins with * or & "
            "needs quotes"
        )
        self.faults.error(
            "E604", f"{excerpt(written)}: scores have no anchors and no aliases", at, hint=hint
        )
        return False

    def _report_tag(self, event: Any) -> bool:
        self._count_diagnostic()
        start = event.start_mark.index
        text = self.source.text
        end = start
        while end < len(text) and not text[end].isspace():
            end += 1
        at = self.source.span(start, end)
        hint = "remove it: every value is text; a text that begins with ! needs quotes"
        self.faults.error(
            "E605",
            f"{excerpt(text[start:end])}: scores have no tags",
            at,
            hint=hint,
            fix=Fix(at, ""),
        )
        return False

    def _report_key(self, key: Node, entries: dict[str, tuple[Scalar, Node]], end: int) -> None:
        """Report a key that is not valid, or a duplicate key."""
        if isinstance(key, Scalar):
            self._report_duplicate(key, entries, end)
        elif key is not None:
            self._report_key_type(key)

    def _report_key_type(self, key: Sequence | Mapping) -> None:
        self._count_diagnostic()
        span = self.source.span(key.start, max(key.end, key.start + 1))
        hint = "a text that begins with { or [ needs quotes"
        self.faults.error("E606", "there is one word before a colon", span, hint=hint)

    def _report_duplicate(
        self, key: Scalar, entries: dict[str, tuple[Scalar, Node]], end: int
    ) -> None:
        self._count_diagnostic()
        at = self.source.span(key.start, key.end)
        first = entries[key.value][0]
        related = Related(self.source.span(first.start, first.end), "first defined here")
        word = excerpt(key.value) or "nothing"
        hint = "keep one of them"
        if not _CUE_KEYS.isdisjoint(entries):
            hint += (
                "; repeated actions of one cue are written in a list: do: [{mark: a}, {mark: b}]"
            )
        if not key.value:
            hint = "something is missing between two commas or before a colon"
        fixes = (Fix(self.source.span(key.start, max(end, key.end)), ""),) if key.value else ()
        self.faults.error(
            "E602", f"duplicate `{word}`", at, hint=hint, fix=fixes, related=(related,)
        )


ITEM_KEYS = frozenset({"cues", "rules"})
ITEM_DEPTHS = frozenset({1, 3})
"""The depths at which `cues` and `rules` occur: in the top-level mapping and in a section's."""

_CUE_KEYS = frozenset({"at", "every", "when", "on"})
_SCALAR: Any = ScalarEvent
_STARTS = frozenset({MappingStartEvent, SequenceStartEvent})
_ENDS = frozenset({MappingEndEvent, SequenceEndEvent})
_NODES = frozenset({ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent})


def find_comments(source: Source, values: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """Return every comment, in order.

    `values` holds the (start, end) offsets, in order, of the values that contain a `#`.
    """
    text = source.text
    found: list[Comment] = []
    index = at = 0
    while (start := text.find("#", at)) >= 0:
        at = start + 1
        if start and not text[start - 1].isspace():
            continue
        while index < len(values) and values[index][1] <= start:
            index += 1
        if index < len(values) and values[index][0] <= start:
            at = values[index][1]
            continue
        newline = text.find("\n", start)
        at = len(text) if newline < 0 else newline
        number = source.line(start)
        begin = source.starts[number]
        own = not text[begin:start].strip()
        span = Span(source.file, number + 1, start - begin + 1, number + 1, at - begin + 1)
        found.append(Comment(text[start + 1 : at].rstrip().removeprefix(" "), own, span))
    return tuple(found)


def extend_over_comments(
    span: Span, comments: tuple[Comment, ...], before: int, least: int
) -> Span:
    """Extend the span of a section or a scene over the comments after its last line.

    These comments are on that line, or on their own lines and indented like its lines (from the
    column `least` on). `before` is the line on which the next statement begins: comments from that
    line on belong to it.
    """
    first = bisect_left(comments, span.end_line, key=lambda one: one.span.line)
    for comment in islice(comments, first, None):
        here = comment.span
        if here.line >= before:
            break
        is_trailing = (
            not comment.own_line and here.line == span.end_line and here.column >= span.end_column
        )
        below = comment.own_line and span.end_line < here.line < before and here.column >= least
        if is_trailing or below:
            span = replace(span, end_line=here.end_line, end_column=here.end_column)
    return span
