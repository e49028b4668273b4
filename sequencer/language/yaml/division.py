"""Divide a score in YAML into parts by its lines and their indentation, without parsing it.

The parts are those that most scores have: the items of `sections`, the cues and rules in them, and
whatever is between them. The division is a guess: PyYAML decides later whether an item is where it
appears to be (see `masking`). It only has to make sure that all lines of an item except the first
are indented further than its dash, and that the next line which is neither empty nor a comment is
not.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.spec import HEADER_KEYS, STRUCTURE_KEYS
from sequencer.language.yaml.masking import ListKind

_TOP_KEYS = "|".join(map(re.escape, dict.fromkeys((*HEADER_KEYS, *STRUCTURE_KEYS))))
_TOP_LINE = re.compile(rf"\n(?=(?:{_TOP_KEYS})[ \t]*:)")
_TOP_LIST = re.compile(r"(sections|cues|rules):[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NAMED = re.compile(r"(?:scenes|let):[ \t]*(?:#[^\n]*)?\n")
_SECTION_LIST = re.compile(r"\n( +)(cues|rules):[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_FIRST_DASH = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\n)*+( *)- ")
_FIRST_KEY = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\n)*+( +)[^ #\n]")

GROUP_ITEMS = 64
"""How many items outside of sections are in one part, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Whole lines of a text: offsets, and what they appear to be.

    `kind` is the list that a section, a cue, or several cues are items of, None for anything else.
    `column`, from 0, is that of the dashes.
    """

    start: int
    end: int
    kind: ListKind | None = None
    column: int = 0


def divide_text(text: str) -> list[Part]:
    """Return the parts of a text in order: sections, groups of cues or rules, and the rest."""
    starts = [0, *(match.start() + 1 for match in _TOP_LINE.finditer(text))]
    parts: list[Part] = []
    for start, end in pairwise([*starts, len(text)]):
        if start < end:
            parts += _divide_top(text, start, end)
    return parts


def _divide_top(text: str, start: int, end: int) -> Iterator[Part]:
    """Yield the parts of a key of a score and its value."""
    head = _TOP_LIST.match(text, start, end)
    first = None if head is None else _FIRST_DASH.match(text, head.end(), end)
    if head is None or first is None:
        yield from _divide_names(text, start, end)
        return
    kind, column = (head.group(1), 1), len(first.group(1))
    yield Part(start=start, end=first.start(1))
    begin = start = first.start(1)
    is_item = True
    dash = " " * column + "- "
    line_starts = [match.start() + 1 for match in _line_pattern(column).finditer(text, start, end)]
    for following in [*line_starts, end]:
        if not is_item:
            yield Part(start=start, end=following)
            begin = following
        elif kind[0] == "sections" or following == end or _ends_group(text[start:following]):
            yield Part(start=begin, end=following, kind=kind, column=column)
            begin = following
        is_next = text.startswith(dash, following)
        if is_item and not is_next and begin < following < end:
            yield Part(start=begin, end=following, kind=kind, column=column)
            begin = following
        is_item, start = is_next, following


def _divide_names(text: str, start: int, end: int) -> Iterator[Part]:
    """Yield a key and its value, with variables and scenes as parts of their own."""
    head = _NAMED.match(text, start, end)
    first = None if head is None else _FIRST_KEY.match(text, head.end(), end)
    if first is not None:
        for match in _line_pattern(len(first.group(1))).finditer(text, first.start(1) - 1, end):
            yield Part(start=start, end=match.start() + 1)
            start = match.start() + 1
    yield Part(start=start, end=end)


def _ends_group(item: str) -> bool:
    """Return whether a group of items ends with an item.

    That depends on the item alone, so a new one does not change the groups after it.
    """
    return zlib.crc32(item.encode("utf-8", "surrogatepass")) % GROUP_ITEMS == 0


def divide_part(text: str, part: Part) -> list[Part]:
    """Return the cues and rules of a part of `divide_text`, and what is between them, in order."""
    if part.kind is None:
        return [part]
    if part.kind[0] != "sections":
        return list(_find_items(text, part.start, part.end, part.kind, part.column))
    found: list[Part] = []
    at = search = part.start
    while (head := _SECTION_LIST.search(text, search, part.end)) is not None:
        first = _FIRST_DASH.match(text, head.end(), part.end)
        search = head.end() - 1
        if first is None or len(first.group(1)) < len(head.group(1)):
            continue
        kind = head.group(2), 3
        if at < first.start(1):
            found.append(Part(start=at, end=first.start(1)))
        for item in _find_items(text, first.start(1), part.end, kind, len(first.group(1))):
            at = item.start
            if item.kind is None:
                break
            found.append(item)
            at = item.end
        search = max(at - 1, part.start)
    if at < part.end:
        found.append(Part(start=at, end=part.end))
    return found


def join_parts(parts: Iterable[Part], ranges: Sequence[tuple[int, int]]) -> list[Part]:
    """Return parts, those joined that one of the ranges of offsets is in."""
    found: list[Part] = []
    for part in parts:
        if any(start < part.start < end for start, end in ranges) and found:
            found[-1] = Part(start=found[-1].start, end=part.end)
        else:
            found.append(part)
    return found


def _find_items(text: str, start: int, end: int, kind: ListKind, column: int) -> Iterator[Part]:
    """Yield the items of a list, the first of which begins at `start`, and other lines."""
    dash = " " * column + "- "
    current: ListKind | None = kind
    for match in _line_pattern(column).finditer(text, start, end):
        at = match.start() + 1
        yield Part(start=start, end=at, kind=current, column=column)
        current = kind if text.startswith(dash, at) else None
        start = at
    yield Part(start=start, end=end, kind=current, column=column)


@lru_cache(maxsize=64)
def _line_pattern(column: int) -> re.Pattern[str]:
    """Return what matches lines that are indented up to a column and contain something."""
    return re.compile(rf"\n {{0,{column}}}(?=[^ #\n])")
