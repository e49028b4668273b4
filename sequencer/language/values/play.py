"""Read the order of sections: `play intro (verse chorus)*2 outro`."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import PlayGroup, PlayItem, PlayPart
from sequencer.language.source import excerpt, make_locator, subspan
from sequencer.language.values.strings import NAME, is_name, read_name

MAX_PASSES = 10_000
MAX_GROUP_DEPTH = 8
"""How deeply groups may be nested."""

_PASS = re.compile(rf"({NAME})(?:[ \t]*\*[ \t]*([0-9]{{1,20}}))?\Z")
_NAMES = re.compile(r"[^\W\d]\w*(?:-\w+)*(?:[ \t]+[^\W\d]\w*(?:-\w+)*)*+", re.ASCII)
_SEPARATED_COUNT = re.compile(rf"({NAME})[ \t]+[x×*][ \t]+([0-9]{{1,20}})(?![\w-])")
_COUNT_BEFORE_NAME = re.compile(
    rf"(?<!\S)([0-9]{{1,20}})[ \t]*(?:[x×*]|times\b)[ \t]+({NAME})(?=\s|\Z)"
)
_GROUPS = re.compile(r"[()]")
_GROUP_TOKEN = re.compile(
    r"(?P<open>\()|(?P<shut>\)(?:[ \t]*[x×*][ \t]*[0-9]{1,20}(?![\w-])|\*[^\s()]*)?)"
    rf"|(?P<name>{NAME}[ \t]+[x×*][ \t]+[0-9]{{1,20}}(?![\w-])|[^\s()]+)"
)
_GROUP_END = re.compile(r"\)(?:\*([0-9]{1,20}))?\Z")
_LIST_SYNTAX = re.compile(r"[\[\]()]|->|→|=>|;|\bthen\b")
_PASSES = re.compile(r"[^\s,*]+(?:[ \t]*\*[ \t]*[^\s,*]*)?|,|\*\S*")


def _are_passes(words: list[str]) -> bool:
    """Return whether each word is the name of a section, with or without a count."""
    return all(_PASS.fullmatch(word) and is_name(word.partition("*")[0]) for word in words)


def read_play(text: str, span: Span, faults: Diagnostics) -> tuple[PlayPart, ...] | None:
    """Read a play order: `intro (verse drop*2)*2 finale`.

    Return None if a diagnostic was reported.
    """
    locate = make_locator(text, span)
    if _NAMES.fullmatch(text):  # fast path for the most common order: only names
        return tuple(
            PlayItem(match.group(), 1, locate(*match.span())) for match in re.finditer(r"\S+", text)
        )
    if _GROUPS.search(text) is not None:
        is_list = _report_list_with_groups(text, span, faults)
        return None if is_list else _GroupReader(text, span, faults).read()
    return _read_ungrouped(text, span, faults)


def _read_ungrouped(text: str, span: Span, faults: Diagnostics) -> tuple[PlayPart, ...] | None:
    """Read an order without groups."""
    items: list[PlayPart] = []
    locate = make_locator(text, span)
    listed = re.sub(r"[\[\]()]|[ \t]*(?:->|→|=>|,|;|>|\bthen\b)[ \t]*", " ", text).split()
    if (
        _LIST_SYNTAX.search(text) is not None
        and _are_passes(listed)
        and not _are_passes(text.split())
    ):  # `then` may be a name
        corrected = " ".join(listed)
        faults.error(
            "E255",
            "the names in play are written without commas, arrows and brackets",
            span,
            hint=f"write {excerpt(corrected, 60)}",
            fix=Fix(span, corrected),
        )
        return None
    before = _COUNT_BEFORE_NAME.search(text)
    if before is not None and not _is_count(before.group(1)):
        _report_count(before.group(2), before.group(1), locate(*before.span()), faults)
        return None
    if before is not None:
        corrected = f"{before.group(2)}*{before.group(1)}"
        at = locate(*before.span())
        faults.error(
            "E255",
            "the number of passes follows the section's name",
            at,
            hint=f"write {corrected}",
            fix=Fix(at, corrected),
        )
        return None
    apart = list(_SEPARATED_COUNT.finditer(text))
    for match in apart:
        if not _is_count(match.group(2)):
            _report_count(match.group(1), match.group(2), locate(*match.span()), faults)
            continue
        corrected = f"{match.group(1)}*{match.group(2)}"
        at = locate(*match.span())
        faults.error(
            "E255",
            f"{excerpt(match.group())} is not a section to play",
            at,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(at, corrected),
        )
    if apart:
        return None
    for match in _PASSES.finditer(text):
        at = locate(*match.span())
        if match.group() == ",":
            faults.error(
                "E255",
                "the names in play are written without commas",
                at,
                hint="remove the comma",
                fix=Fix(at, ""),
            )
            continue
        item = read_pass(match.group(), at, faults)
        if item is not None:
            items.append(item)
    if not items and not faults.has_errors:
        faults.error(
            "E255",
            "play needs the name of a section",
            span,
            hint="write play intro drop*2 finale, or remove the line",
        )
    return tuple(items) if items else None


def _report_list_with_groups(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report commas, arrows and square brackets among groups. Return whether it was reported."""
    plain = re.sub(r"[ \t]*(?:->|→|=>|,|;|\bthen\b)[ \t]*", " ", text)
    plain = plain.replace("[", "(").replace("]", ")")
    if plain == text:
        return False
    corrected = re.sub(r"\( ", "(", re.sub(r"[ \t]+", " ", plain)).replace(" )", ")").strip()
    own = Diagnostics()
    if _GroupReader(corrected, span, own).read() is None:
        return False
    faults.error(
        "E255",
        "the names in play are written without commas, arrows and square brackets",
        span,
        hint=f"write {excerpt(corrected, 60)}",
        fix=Fix(span, corrected),
    )
    return True


class _GroupReader:
    """Reads an order with groups: `intro (verse chorus)*2`."""

    def __init__(self, text: str, span: Span, faults: Diagnostics) -> None:
        self._text = text
        self._faults = faults
        self._locate = make_locator(text, span)
        self._opened: list[tuple[int, list[PlayPart]]] = []
        self._items: list[PlayPart] = []
        self._is_good = True

    def read(self) -> tuple[PlayPart, ...] | None:
        """Return the parts, or None if a diagnostic was reported."""
        for match in _GROUP_TOKEN.finditer(self._text):
            match match.lastgroup:
                case "open":
                    self._opened.append((match.start(), self._items))
                    self._items = []
                    if len(self._opened) > MAX_GROUP_DEPTH:
                        message = f"groups are nested at most {MAX_GROUP_DEPTH} deep"
                        self._report(message, *match.span(), "write the inner order in full")
                        return None
                case "shut":
                    self._close(match)
                case _:
                    self._read_name(match)
            if not self._is_good:
                return None
        if self._opened:
            start, _ = self._opened[-1]
            corrected = self._text + ")" * len(self._opened)
            fix = Fix(self._locate(len(self._text), len(self._text)), ")" * len(self._opened))
            hint = f"write {excerpt(corrected, 60)}"
            self._report("this group has no closing bracket", start, start + 1, hint, fix)
            return None
        return tuple(self._items)

    def _report(
        self, message: str, start: int, end: int, hint: str, fix: Fix | tuple[Fix, ...] = ()
    ) -> None:
        self._is_good = False
        self._faults.error("E255", message, self._locate(start, end), hint=hint, fix=fix)

    def _read_name(self, match: re.Match[str]) -> None:
        text, at = match.group(), self._locate(*match.span())
        apart = _SEPARATED_COUNT.fullmatch(text)
        if apart is not None and _is_count(apart.group(2)):
            corrected = f"{apart.group(1)}*{apart.group(2)}"
            hint = f"write {excerpt(corrected)}"
            message = f"{excerpt(text)} is not a section to play"
            self._report(message, *match.span(), hint, Fix(at, corrected))
            return
        item = read_pass(text, at, self._faults)
        if item is None:
            self._is_good = False
        else:
            self._items.append(item)

    def _close(self, match: re.Match[str]) -> None:
        """Read `)` or `)*2`."""
        whole = match.group()
        if not self._opened:
            fix = Fix(self._locate(match.start(), match.start() + 1), "")
            message = "this closing bracket has no opening bracket"
            self._report(message, match.start(), match.start() + 1, "remove it", fix)
            return
        start, enclosing = self._opened.pop()
        if not self._items:
            self._report(
                "this group is empty",
                start,
                match.end(),
                "name its sections: (verse chorus)*2, or remove it",
                Fix(self._locate(start, match.end()), "") if enclosing else (),
            )
            return
        end = _GROUP_END.match(whole)
        if end is None or not _is_count(end.group(1) or "1"):
            self._report_group_count(match, whole)
            return
        span = self._locate(start, match.end())
        enclosing.append(PlayGroup(tuple(self._items), int(end.group(1) or 1), span))
        self._items = enclosing

    def _report_group_count(self, match: re.Match[str], whole: str) -> None:
        number = re.search(r"[0-9]+", whole)
        times = "2" if number is None else number.group()
        if not _is_count(times):
            times = "1" if int(times) < 1 else str(MAX_PASSES)
            message = f"a group is played 1 to {MAX_PASSES:,} times"
        else:
            message = "the number of times directly follows the group"
        fix = Fix(self._locate(*match.span()), f")*{times}")
        self._report(message, *match.span(), f"write )*{times}", fix)


def read_pass(text: str, span: Span, faults: Diagnostics) -> PlayItem | None:
    """Read one section of a play order: `drop`, `drop*2` (twice in total)."""
    match = _PASS.match(text)
    if match is not None:
        written, times = match.groups()
        name = read_name(written, subspan(text, span, 0, len(written)), faults, "a section")
        if name is None:
            return None
        if times is None:
            return PlayItem(name, 1, span)
        if _is_count(times):
            return PlayItem(name, int(times), span)
        _report_count(name, times, span, faults)
        return None
    swapped = re.match(
        rf"([0-9]{{1,20}})[x×*]?({NAME})\Z|({NAME})[ \t]*[x×*][ \t]*([0-9]{{1,20}})\Z", text
    )
    first = re.match(NAME, text)
    name, times = "drop" if first is None else first.group(), "2"
    if swapped is not None:
        name, times = swapped.group(2) or swapped.group(3), swapped.group(1) or swapped.group(4)
        if not _is_count(times):
            _report_count(name, times, span, faults)
            return None
    fixes = (Fix(span, f"{name}*{times}"),) if swapped else ()
    faults.error(
        "E255",
        f"{excerpt(text)} is not a section to play",
        span,
        hint=f"write a name, or {name}*{times}",
        fix=fixes,
    )
    return None


def _is_count(times: str) -> bool:
    return 1 <= int(times) <= MAX_PASSES


def _report_count(name: str, times: str, span: Span, faults: Diagnostics) -> None:
    """Report a number of repetitions that is out of range."""
    bound = "1" if int(times) < 1 else str(MAX_PASSES)
    message = f"a section is played 1 to {MAX_PASSES:,} times, not {int(times):,}"
    faults.error(
        "E255", message, span, hint=f"write {name}*{bound}", fix=Fix(span, f"{name}*{bound}")
    )
