"""Every scalar of a YAML text with the keys that lead to it, also of a text with errors.

An editor needs the position of each word, also while a line is being written. The parser stops at
the first error; this module leaves the line out that causes it, and tries again.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.source import Source, replace_unprintable
from sequencer.language.yaml.nodes import BLOCK_STYLES

MAX_REFUSED_LINES = 30
"""How many lines are left out, one after the other; each costs as much as parsing once."""

_UNREADABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_NEWLINE = re.compile(r"[^\n]")
_WITHOUT_COLON = re.compile(r"[ \-]*[\w\-]+\s*")
_CONTINUED = re.compile(r"quoted scalar|flow (?:mapping|sequence)|simple key")
"""Errors whose cause is where the value begins; of others it is where the parser stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarToken:
    """A key or a value: its offsets, with quotes, and the keys of the mappings around it.

    The last key of a value's `path` is its own.
    """

    start: int
    end: int
    style: str | None
    path: tuple[str, ...]
    is_key: bool

    @property
    def is_block(self) -> bool:
        """Whether it is written with `|` or `>`."""
        return self.style in BLOCK_STYLES


def make_parser(text: str) -> Any:
    """Return PyYAML's parser; it and its events are not typed well enough to avoid Any."""
    if yaml.__with_libyaml__:
        from yaml import _yaml

        return _yaml.CParser(text)
    return yaml.Loader(text)


def make_parsable(text: str) -> str:
    """Return a text of the same length without the characters at which PyYAML stops."""
    return _UNREADABLE.sub("\ufffd", replace_unprintable(text))


@dataclass(frozen=True, slots=True)
class YamlScan:
    """The scalars of a text, and what cannot be parsed.

    `refused` has the (start, end) offsets of the lines that are left out. `text` has spaces in
    their place, so everything else is where it was.
    """

    scalars: tuple[ScalarToken, ...]
    refused: tuple[tuple[int, int], ...]
    text: str


def scan_yaml(text: str) -> YamlScan:
    """Return the scalars of a text, without the lines that cause errors of YAML.

    Args:
        text: The text, with `\\n` as newlines.
    """
    source = Source("", make_parsable(text))
    left = source.text
    refused: set[int] = set()
    scan = _Scan(left)
    while scan.stopped is not None:
        lines = _lines_to_refuse(source, scan, refused, left)
        if not lines or len(refused) == MAX_REFUSED_LINES:
            first = source.starts[source.line(min(scan.stopped, len(left)))]
            kept = tuple(one for one in scan.found if one.end <= first)
            rest = [number for number, start in enumerate(source.starts) if start >= first]
            return _result(source, kept, {*refused, *rest})
        tries = [(line, _without_line(source, left, line)) for line in lines]
        scans = [_Scan(tried) for _, tried in tries]
        best = max(range(len(tries)), key=lambda at: (scans[at].reach, -at))
        (line, left), scan = tries[best], scans[best]
        refused.add(line)
    return _result(source, tuple(scan.found), refused)


def _without_line(source: Source, left: str, line: int) -> str:
    start, end = _bounds(source, line)
    # in a comment, because a text in several lines would continue after an empty line
    return f"{left[:start]}#{_spaces_for(left[start + 1 : end])}{left[end:]}"


def _result(source: Source, found: tuple[ScalarToken, ...], refused: set[int]) -> YamlScan:
    left = source.text
    ranges = [_bounds(source, line) for line in sorted(refused)]
    for start, end in ranges:
        left = left[:start] + _spaces_for(left[start:end]) + left[end:]
    return YamlScan(found, tuple(one for one in ranges if one[0] < one[1]), left)


def _lines_to_refuse(source: Source, scan: _Scan, refused: set[int], left: str) -> list[int]:
    """Return the lines that may cause the error of a scan, the most likely one first."""
    line = source.line(min(scan.stopped or 0, len(left)))
    start, _ = _bounds(source, line)
    quoted = [one for one in scan.found if one.end > start and one.style in ('"', "'")]
    if quoted and source.line(quoted[0].start) < line:
        line = source.line(quoted[0].start)  # its closing quote is missing
    above = [
        number
        for number in range(line, -1, -1)
        if number not in refused and left[slice(*_bounds(source, number))].strip()
    ]
    if len(above) > 1 and _WITHOUT_COLON.fullmatch(left[slice(*_bounds(source, above[1]))]):
        return above[1:2]  # a word that is read as one with the key below it
    if len(above) > 1 and _indent(source, above[1]) > _indent(source, above[0]):
        return above[:2]  # a line that is indented too far makes the next one wrong
    return above[:1]


def _indent(source: Source, line: int) -> int:
    text = source.text[slice(*_bounds(source, line))]
    return len(text) - len(text.lstrip(" "))


def _bounds(source: Source, line: int) -> tuple[int, int]:
    """Return the offsets of a line and of the next one."""
    end = source.starts[line + 1] if line + 1 < len(source.starts) else len(source.text)
    return source.starts[line], end


def _spaces_for(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)


class _Open:
    """A list or a mapping that has not ended; `key` is the key of a mapping whose value follows."""

    __slots__ = ("flow_start", "is_key", "is_mapping", "key")

    def __init__(self, is_mapping: bool, is_key: bool, flow_start: int | None) -> None:
        self.is_mapping = is_mapping
        self.is_key = is_key
        self.flow_start = flow_start
        self.key: str | None = None

    @property
    def wants_key(self) -> bool:
        """Whether a key follows."""
        return self.is_mapping and self.key is None


class _Scan:
    """The scalars of a text up to its first error, and the offset of what causes that error."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[ScalarToken] = []
        self.stopped: int | None = None
        self._open: list[_Open] = []
        try:
            self._read(make_parser(text).get_event)
        except yaml.YAMLError as error:
            # a bracket that is not closed continues over lines that are not meant to be in it
            brackets = [one.flow_start for one in self._open if one.flow_start is not None]
            self.stopped = min([_cause_of(error), *brackets])

    @property
    def reach(self) -> int:
        """How far the text could be parsed."""
        return len(self.text) + 1 if self.stopped is None else self.stopped

    def _read(self, following: Any) -> None:
        open_ = self._open
        while (event := following()).__class__ is not StreamEndEvent:
            kind = event.__class__
            around = open_[-1] if open_ else None
            is_key = around is not None and around.wants_key
            if kind in _ENDS:
                ended = open_.pop()
                if open_:
                    open_[-1].key = "" if ended.is_key else None
            elif kind in _STARTS:
                flow = event.start_mark.index if event.flow_style else None
                open_.append(_Open(kind is MappingStartEvent, is_key, flow))
            elif kind in _WORDS:
                if kind is ScalarEvent and event.start_mark.index < event.end_mark.index:
                    path = tuple(one.key for one in open_ if one.key is not None)
                    self._add(event, path, is_key)
                if around is not None:
                    around.key = (event.value if kind is ScalarEvent else "") if is_key else None

    def _add(self, event: Any, path: tuple[str, ...], is_key: bool) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in BLOCK_STYLES:
            end = start + len(self.text[start:end].rstrip())
        self.found.append(
            ScalarToken(
                start=start,
                end=end,
                style=event.style or None,
                path=path,
                is_key=is_key,
            )
        )


_STARTS = frozenset({MappingStartEvent, SequenceStartEvent})
_ENDS = frozenset({MappingEndEvent, SequenceEndEvent})
_WORDS = frozenset({ScalarEvent, AliasEvent})


def _cause_of(error: yaml.YAMLError) -> int:
    """Return the offset of the line that causes an error."""
    mark = getattr(error, "problem_mark", None)
    if _CONTINUED.search(getattr(error, "context", None) or ""):
        mark = getattr(error, "context_mark", None) or mark
    return 0 if mark is None else int(mark.index)
