"""Read values, texts, lists and mappings from YAML nodes and report mistakes, for all readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import Pick, PromptText, StageName, Text
from sequencer.language.source import excerpt
from sequencer.language.values import read_stage_name, read_stages
from sequencer.language.values import strings as words
from sequencer.language.yaml.nodes import (
    BLOCK_STYLES,
    Mapping,
    Node,
    Scalar,
    Sequence,
    make_locator,
    scalar_span,
    value_span,
)
from sequencer.language.yaml.unknown_keys import KeyReporter

CHOICE_KEYS = ("pick", "shuffle")
"""The keys of a random choice."""

MAX_VALUE_LENGTH = 200
"""The longest position, duration, number or trigger, in characters."""

Value = TypeVar("Value")
ReadValue = Callable[[str, Span, Diagnostics], Value]
"""One of the value readers that both notations share."""

_SPECIAL_CHARACTERS = re.compile("[{}\n\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
"""Characters that need closer inspection: a text without them is taken verbatim."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


_KEY_BELOW = re.compile(r"\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)([\w-]+):(?=\s|\Z)")
_NAMED_BLOCKS = frozenset({"let", "scenes"})
"""Keys whose value is a block of keys that the author names."""


class FieldReader(KeyReporter):
    """Reads the nodes of one source's tree."""

    __slots__ = ()

    # ---- spans -----------------------------------------------------------------------------------

    # ---- scalars ---------------------------------------------------------------------------------

    def read(self, node: Node, key: Scalar, reader: ReadValue[Value]) -> Value | None:
        """Return the result of `reader` for a scalar."""
        if node.__class__ is not Scalar:
            self._report_not_single(node, key)
            return None
        if len(node.value) > MAX_VALUE_LENGTH:
            message = f"this is longer than {MAX_VALUE_LENGTH} characters, the maximum for a value"
            self.faults.error("E149", message, self.node_span(node), hint="shorten it")
            return None
        return reader(node.value, value_span(node, self.source), self.faults)

    def _report_not_single(self, node: Node, key: Scalar) -> None:
        """Report a list or a mapping where a single value is expected."""
        if node is None or isinstance(node, Scalar):
            return
        span = self.source.span(node.start, max(node.end, node.start + 1))
        what = "a list" if isinstance(node, Sequence) else "a mapping"
        joined = _join_parts(key.value, node)
        if joined is not None and node.end > node.start:
            message = f"`{excerpt(key.value)}` takes one value, found {what}"
            fixes = (Fix(span, joined),) if node.flow else ()
            self.faults.error(
                "E607", message, span, hint=f"write {key.value}: {excerpt(joined, 60)}", fix=fixes
            )
            return
        shape = _EXAMPLE_VALUES.get(key.value)
        hint = (
            "write the value alone"
            if shape is None
            else f"write it in one line, for example {key.value}: {shape}"
        )
        self.faults.error(
            "E607", f"`{excerpt(key.value)}` takes one value, found {what}", span, hint=hint
        )

    def read_stages(self, node: Node, key: Scalar) -> tuple[StageName, ...] | None:
        """Return the names of stages, one or several with commas between them, or a list."""
        if not isinstance(node, Sequence):
            return self.read(node, key, read_stages)
        if not node.items and node.whole:
            self.report_no_value(key)
            return None
        found = [self.read(item, key, read_stage_name) for item in node.items]
        kept = tuple(one for one in found if one is not None)
        return kept if kept and len(kept) == len(found) else None

    def read_scalar(self, node: Node, key: Scalar) -> Scalar | None:
        """Return the node if it is a scalar that is not empty."""
        if not isinstance(node, Scalar):
            self._report_not_single(node, key)
            return None
        if node.is_empty:
            self.report_no_value(key)
            return None
        return node

    def report_no_value(self, key: Scalar) -> None:
        """Report a key without a value."""
        at = self.key_span(key)
        following = _KEY_BELOW.search(self.source.text, key.start)
        indent = at.column - 1
        hint = "write its value, or remove it"
        is_below = (
            following is not None
            and len(following.group(1)) == indent
            and ("\n" not in self.source.text[key.start : following.start()])
        )
        if (
            following is not None
            and is_below
            and (key.value in _NAMED_BLOCKS or following.group(2) in ("base", "follow"))
        ):
            hint += "; lines that belong to it are indented further"
        self.faults.error("E622", f"`{excerpt(key.value)}` has no value", at, hint=hint)

    def read_string(self, node: Node, key: Scalar) -> str | None:
        """Return a title or a path: one line in which braces have no meaning."""
        scalar = self.read_scalar(node, key)
        if scalar is None:
            return None
        value = scalar.value.strip(" \t\n") if scalar.is_block else scalar.value
        found = _UNPRINTABLE.search(value)
        if found is None:
            return value
        if found.group() == "\n":
            self.faults.error(
                "E275",
                "this must be on one line",
                self.node_span(scalar),
                hint="write it on one line",
            )
        else:
            message = f"the control character U+{ord(found.group()):04X} is not allowed in a text"
            self.faults.error("E274", message, self.node_span(scalar), hint="remove it")
        return None

    # ---- texts -----------------------------------------------------------------------------------

    def read_text(self, node: Node, key: Scalar) -> Text | None:
        """Return a text with its variables."""
        if node.__class__ is not Scalar:
            if isinstance(node, Mapping) and node.flow and self._report_unquoted_variable(node):
                return None
            self._report_not_single(node, key)
            return None
        scalar: Scalar = node
        style = scalar.style
        if not style:
            if scalar.start == scalar.end:
                self.report_no_value(key)
                return None
            if scalar.value[0] in words.CURLY and scalar.value[-1] in words.CURLY:
                self._report_curly_quotes(scalar)
                return None
        value = scalar.value
        start, end = scalar.start, scalar.end
        several = self.source.text.find("\n", start, end) >= 0
        if (
            not several
            and _SPECIAL_CHARACTERS.search(value) is None
            and len(value) <= words.MAX_TEXT_LENGTH
            and style not in BLOCK_STYLES
        ):
            line, column = scalar.line + 1, scalar.column + 1
            return Text(
                (value,) if value else (), Span(self.file, line, column, line, column + end - start)
            )
        several = several or scalar.is_block
        return words.read_unquoted_text(
            value,
            scalar_span(scalar, self.source),
            self.faults,
            make_locator(scalar, self.source),
            several,
        )

    def _report_curly_quotes(self, scalar: Scalar) -> None:
        span = self.node_span(scalar)
        inner = scalar.value.strip(words.CURLY).replace("\\", "\\\\").replace('"', '\\"')
        hint = 'texts are written in plain quotes: "'
        self.faults.error(
            "E107", "these quotes are typographic", span, hint=hint, fix=Fix(span, f'"{inner}"')
        )

    def _report_unquoted_variable(self, node: Mapping) -> bool:
        """Report `{name}`, which YAML takes for a mapping."""
        first = next(iter(node.entries.values()), None)
        if (
            len(node.entries) != 1
            or first is None
            or not isinstance(first[1], Scalar)
            or not first[1].is_empty
        ):
            return False
        span = self.node_span(node)
        if any(
            one.code == "E618" and one.span.line == span.line for one in self.faults.diagnostics
        ):
            return True  # the text after it made PyYAML stop, and was reported together with it
        corrected = f'"{self.source.text[node.start : node.end]}"'
        self.faults.error(
            "E618",
            "a text that begins with { needs quotes",
            span,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(span, corrected),
        )
        return True

    def read_prompt_text(self, node: Node, key: Scalar) -> PromptText | None:
        """Return a text, or the choice in `{pick: [text, …]}` or `{shuffle: [text, …]}`."""
        keyword = find_choice(node)
        if keyword is None or not isinstance(node, Mapping):
            return self.read_text(node, key)
        word, options = node.entries[keyword]
        self.report_unknown_keys(node, (keyword,), "a random choice")
        found = [self.read_text(option, word) for option in self.read_items(options, word)]
        kept = tuple(option for option in found if option is not None)
        if not found:
            if isinstance(options, Sequence):  # another node was reported by `read_items`
                self.report_no_value(word)
            return None
        if len(kept) < len(found):
            return None
        return Pick(kept, self.node_span(node), keyword == "shuffle")

    # ---- lists and mappings ----------------------------------------------------------------------

    def read_items(self, node: Node, key: Scalar, wants_dashes: bool = False) -> list[Node]:
        """Return a list's items; a single value is a list of one (reported if `wants_dashes`)."""
        if isinstance(node, Sequence):
            return node.items
        if node is None:
            return []
        if isinstance(node, Scalar) and node.is_empty:
            self.report_no_value(key)
            return []
        if wants_dashes:
            at = self.source.span(node.start, node.start + 1)
            hint = "write a dash and a space before each item: - {…}"
            self.faults.error(
                "E608",
                f"`{excerpt(key.value)}` is a list",
                at,
                hint=hint,
                fix=self._dash_fixes(node, key),
            )
        return [node]

    def _dash_fixes(self, node: Node, key: Scalar) -> tuple[Fix, ...]:
        """Return the fixes that put a dash before a block and indent its other lines to match."""
        if not isinstance(node, Mapping) or node.flow or not node.whole:
            return ()
        lines = range(
            self.source.line(node.start), self.source.line(max(node.start, node.end - 1)) + 1
        )
        if lines.start <= self.source.line(key.start):
            return ()
        first = self.source.span(node.start, node.start)
        others = (
            self.source.span(self.source.starts[line], self.source.starts[line])
            for line in lines[1:]
        )
        return (Fix(first, "- "), *(Fix(at, "  ") for at in others))

    def read_mapping(self, node: Node, key: Scalar, example: str) -> Mapping | None:
        """Return the node if it is a mapping, else report it."""
        if isinstance(node, Mapping):
            return node
        if isinstance(node, Scalar) and node.is_empty:
            self.report_no_value(key)
        elif node is not None:
            span = self.node_span(node)
            self.faults.error(
                "E609",
                f"`{excerpt(key.value)}` contains keys with values",
                span,
                hint=f"write it as {example}",
            )
        return None


def find_choice(node: Node) -> str | None:
    """Return the keyword of the random choice in a node, or None if it is none."""
    if not isinstance(node, Mapping):
        return None
    return next((word for word in CHOICE_KEYS if word in node.entries), None)


def _join_parts(word: str, node: Sequence | Mapping) -> str | None:
    """Return a clock or a trigger that is split into parts, on one line.

    For example:

    `{bpm: 120, meter: 3/4}` becomes `120 bpm, 3/4`.
    """
    if isinstance(node, Sequence):
        pieces = [one.value for one in node.items if isinstance(one, Scalar)]
        return ", ".join(pieces) if word == "clock" and len(pieces) == len(node.items) > 1 else None
    scalars = {
        name: value.value
        for name, (_, value) in node.entries.items()
        if isinstance(value, Scalar) and value.value
    }
    if word in ("when", "on", "midi", "osc") and len(scalars) == len(node.entries) == 1:
        return " ".join(*scalars.items())
    if (
        word != "clock"
        or len(scalars) != len(node.entries)
        or not scalars.keys() <= {"bpm", "tempo", "meter", "time", "signature"}
    ):
        return None
    bpm = (
        next((scalars[one] for one in ("bpm", "tempo") if one in scalars), "120")
        .removesuffix("bpm")
        .strip()
    )
    meter = next((scalars[one] for one in ("meter", "time", "signature") if one in scalars), None)
    return f"{bpm} bpm" + ("" if meter is None else f", {meter}")


_EXAMPLE_VALUES = {
    "midi": "note C3",
    "osc": "/drop 1",
    "clock": "120 bpm, 4/4",
    "grid": "33 frames @ 24 fps",
    "when": "note C3",
    "on": "note C3",
    "at": "9.3",
    "every": "4 bars",
    "tempo": "120",
    "meter": "3/4",
    "section": "intro 8 bars",
    "image": "refs/tram.png",
}
"""Example values of some keys, for hints."""
