"""Determine what is unknown about a score because a statement could not be read.

Each reading error is located in the text, and the statement around it shows what may be missing: a
clock, a section, a cue. When in doubt, more is assumed to be missing than really is: the compiler's
diagnostics about the rest are shown only if no gap could change them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache

from sequencer.core.diagnostics import Diagnostic, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.loader import LoadResult, Notation
from sequencer.language.score import (
    After,
    AtMark,
    ClockKind,
    Cue,
    Every,
    FromEnd,
    Item,
    Position,
    Score,
    Section,
)
from sequencer.language.source import Source
from sequencer.language.spec import (
    ACTION_KEYWORDS,
    PART_BY_WORD,
    RESERVED,
    STATEMENT_KEYWORDS,
    PartKind,
)
from sequencer.language.text.foreign_statements import FOREIGN_KEYWORDS
from sequencer.language.text.statements import Statement, split_statements
from sequencer.language.text.statements import StatementKind as Layout
from sequencer.language.values.strings import NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadPart:
    """Something that could not be read.

    `text` is on the lines `first` to `last` of the score's file.

    `section` is the section that contains it, or None outside of sections.
    """

    kind: PartKind
    text: str
    first: int
    last: int
    section: Section | None = None
    is_long: bool = False
    """Whether there is too much unread text to search it for words: it could contain anything."""

    @property
    def has_name(self) -> bool:
        """Whether a `let` of the text notation contains its name; in YAML it always does."""
        return re.match(r"\s*let\b(?!\s+[^\W\d])", self.text) is None

    def can_contain(self, *words: str) -> bool:
        """Return whether the text may contain one of these words, possibly misspelled."""
        return self.kind is PartKind.ANY or self.is_long or _can_contain(self.text, words)


MAX_SEARCH_LENGTH = 8_000
"""Length of unread text, in characters, beyond which searching it for words costs too much."""

MIN_SIMILARITY = 0.55
"""Minimum similarity of words that may be misspellings of each other; lower than to suggest."""

MIN_KEYWORD_SIMILARITY = 0.7
"""Minimum similarity of a word to a keyword for it to identify an unread statement's kind."""

MIN_WORD_LENGTH = 3
"""Shorter words resemble too many others."""

_WORD = re.compile(NAME)


@lru_cache(maxsize=4_096)
def _can_contain(text: str, words: tuple[str, ...]) -> bool:
    words_used = {word.casefold() for word in _WORD.findall(text)}
    return any(
        get_close_matches(word.casefold(), words_used, n=1, cutoff=MIN_SIMILARITY) for word in words
    )


_UNLOCATED_CODES = frozenset({"E106", "E112", "E146", "E148", "E152", "E502", "E506"})
"""Codes after which nothing is known, neither what is missing nor where it was."""

_YAML_VALUE_CODES = re.compile(
    r"E1(?!0[5-9]|10|46|48|52)\d\d|E2(?!72|03)\d\d|E5[123]\d|E602|E61[012]|E62[0-2]"
)
"""Codes of YAML errors that are confined to one value: the tree around them was read correctly."""


def unread_parts(reading: LoadResult) -> tuple[UnreadPart, ...]:
    """Return what the errors in a load result leave unknown about the score in its `part`."""
    score = reading.part
    errors = [one for one in reading.diagnostics if one.is_error]
    if score is None or reading.dropped or any(one.code in _UNLOCATED_CODES for one in errors):
        return (UnreadPart(kind=PartKind.ANY, text="", first=0, last=0),)
    inside = [one for one in errors if one.span.file == score.file]
    found = (
        []
        if len(inside) == len(errors)
        else [UnreadPart(kind=PartKind.USE, text="", first=0, last=0)]
    )
    if reading.notation is Notation.YAML:
        found += _unread_in_yaml(inside, score)
    else:
        found += _unread_in_text(inside, score)
    if sum(len(gap.text) for gap in found) > MAX_SEARCH_LENGTH:
        found = [replace(gap, is_long=True) for gap in found]
    return tuple(found)


def _missing_kinds(word: str, rest: str = "") -> frozenset[PartKind | None]:
    """Return what may be missing if a statement that begins with `word` and `rest` was not read."""
    exact = PART_BY_WORD.get(word)
    if word in PART_BY_WORD:
        return frozenset({exact})
    if word in FOREIGN_KEYWORDS:
        pattern, corrected = FOREIGN_KEYWORDS[word]
        return frozenset(
            {
                PART_BY_WORD[corrected.split(maxsplit=1)[0]]
                if re.fullmatch(pattern, rest)
                else PartKind.ANY
            }
        )
    if word in ACTION_KEYWORDS:
        return frozenset({PartKind.ITEM})
    if (
        len(word) < MIN_WORD_LENGTH
        or word in RESERVED
        or not get_close_matches(word, PART_BY_WORD, n=1, cutoff=MIN_KEYWORD_SIMILARITY)
    ):
        return frozenset({PartKind.ANY})
    return frozenset(
        PART_BY_WORD[one]
        for one in get_close_matches(word, PART_BY_WORD, n=len(PART_BY_WORD), cutoff=MIN_SIMILARITY)
    )


def _section_at(line: int, score: Score) -> Section | None:
    return next((one for one in score.sections if one.span.line <= line <= one.span.end_line), None)


# ---- text ----------------------------------------------------------------------------------------


def _unread_in_text(errors: Iterable[Diagnostic], score: Score) -> Iterator[UnreadPart]:
    source = Source(score.file, score.text)
    statements = split_statements(score.text)[0]
    for one in errors:
        statement = _find_statement(one, source, statements)
        if statement is None:
            yield UnreadPart(kind=PartKind.ANY, text="", first=0, last=0)
            continue
        first = source.line(statement.start) + 1
        last = max(
            source.line(statement.end) + 1,
            one.span.end_line,
            *(fix.span.end_line for fix in one.fixes),
            0,
        )
        text = "\n".join(score.text.split("\n")[first - 1 : last])
        section = _section_at(first, score)
        word = re.match(r"[^\W\d][\w\-]*", text.lstrip())
        is_block = statement.kind is Layout.OPEN and (
            word is None or word.group() not in ("section", "scene")
        )
        if one.code == "E111" or is_block:  # it is uncertain which block contains which statements
            yield UnreadPart(kind=PartKind.ANY, text="", first=0, last=0)
            continue
        kinds: frozenset[PartKind | None] = frozenset({PartKind.ANY})
        if word is not None:
            kinds = _missing_kinds(word.group(), text.lstrip()[word.end() :])
        for line in text.split("\n")[
            1:
        ]:  # a surplus comma or arrow joins the next statement to this one
            kinds |= {
                PART_BY_WORD[begin]
                for begin in line.split(maxsplit=1)[:1]
                if begin in STATEMENT_KEYWORDS
            }
        if one.code in ("E119", "E120", "E121", "E122"):
            kinds |= {PartKind.SCENE}
        if one.code in ("E117", "E143"):  # the statement lacks its position, or its quotes
            kinds |= {PartKind.ITEM}
        if section is not None:
            head = section.span.line == first
            kinds = (
                kinds - {PartKind.SECTION} | {PartKind.HEAD} if head else kinds | {PartKind.ITEM}
            )
        yield from (
            UnreadPart(kind=kind, text=text, first=first, last=last, section=section)
            for kind in kinds
            if kind is not None
        )


def _find_statement(
    one: Diagnostic, source: Source, statements: list[Statement]
) -> Statement | None:
    """Return the statement that contains an error."""
    if not 1 <= one.span.line <= len(source.starts):
        return None
    at = source.starts[one.span.line - 1] + one.span.column - 1
    return next(
        (statement for statement in statements if statement.start <= at <= statement.end), None
    )


# ---- YAML ----------------------------------------------------------------------------------------

_LINE = re.compile(r"(?P<indent> *)(?P<dash>-(?= |\Z))?(?P<rest>.*)", re.DOTALL)
_KEY = re.compile(r"[\s\-{]*[\"']?(?P<word>[^\W\d][\w\-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of YAML: its number, its indentation, whether it begins a list item, and its text."""

    number: int
    indent: int
    is_item: bool
    text: str

    @classmethod
    def of(cls, number: int, text: str) -> _Line | None:
        """Return the line, or None if it is blank or a comment."""
        if not text.strip() or text.lstrip().startswith("#"):
            return None
        match = _LINE.match(text)
        indent = 0 if match is None else len(match["indent"])
        return cls(
            number=number,
            indent=indent,
            is_item=match is not None and match["dash"] is not None,
            text=text,
        )

    @property
    def word(self) -> str:
        """Its first word, which is a key in valid YAML."""
        match = _KEY.match(self.text)
        return "" if match is None else match["word"]

    @property
    def in_braces(self) -> bool:
        """Whether it opens a mapping or a list in braces."""
        return re.match(r"[\s\-]*(?:[\w\-]+:\s*)?[\[{]", self.text) is not None

    def contains(self, other: _Line) -> bool:
        """Return whether `other`, a later line, is inside what begins on this line."""
        return self.indent < other.indent or (
            self.indent == other.indent and other.is_item and not self.is_item
        )


def _unread_in_yaml(errors: Iterable[Diagnostic], score: Score) -> Iterator[UnreadPart]:
    lines = score.text.split("\n")
    for one in errors:
        path = (
            _enclosing_lines(lines, one.span.line) if _YAML_VALUE_CODES.fullmatch(one.code) else ()
        )
        if not path or (path[0].in_braces and path[0].text.lstrip()[0] in "[{"):
            yield UnreadPart(kind=PartKind.ANY, text="", first=0, last=0)
            continue
        innermost = path[-1]
        last = max(_find_last_line(lines, innermost), one.span.end_line)
        text = "\n".join(lines[innermost.number - 1 : last])
        section = _section_at(one.span.line, score)
        kinds = _missing_yaml_kinds(path, section)
        for line in lines[
            innermost.number : last
        ]:  # a line without its colon continues the line above
            here = _Line.of(0, line)
            if here is not None and (len(path) == 1 or here.indent == 0) and not here.is_item:
                kinds |= _missing_kinds(here.word) if here.indent == 0 else {PartKind.ANY}
        for kind in kinds:
            if kind is not None:
                yield UnreadPart(
                    kind=kind, text=text, first=innermost.number, last=last, section=section
                )


def _missing_yaml_kinds(
    path: tuple[_Line, ...], section: Section | None
) -> frozenset[PartKind | None]:
    """Return what may be missing if something under these keys was not read."""
    top = _missing_kinds(path[0].word)
    if top != {PartKind.SECTION}:
        return top
    if section is None:
        return frozenset({PartKind.SECTION})
    inner = path[2] if len(path) > 2 else None
    if inner is None or any(one.in_braces for one in path[:-1]):
        in_one = path[min(1, len(path) - 1)].in_braces
        return frozenset(
            {PartKind.HEAD, PartKind.ITEM, PartKind.ANY} if in_one else {PartKind.HEAD}
        )
    if inner.word in ("cues", "rules"):
        return frozenset({PartKind.ITEM})
    known = inner.word in ("section", "until", "max", "tempo", "meter", "cut")
    return frozenset({PartKind.HEAD}) if known else frozenset({PartKind.HEAD, PartKind.ITEM})


def _enclosing_lines(lines: list[str], line: int) -> tuple[_Line, ...]:
    """Return the lines that contain a line, outermost first, and the line itself last."""
    found: list[_Line] = []
    for number in range(line, 0, -1):
        here = _Line.of(number, lines[number - 1]) if number <= len(lines) else None
        if here is not None and (not found or here.contains(found[-1])):
            found.append(here)
            if here.indent == 0 and not here.is_item:
                break
    return tuple(reversed(found))


def _find_last_line(lines: list[str], begin: _Line) -> int:
    """Return the last line of what begins on a line."""
    last = begin.number
    for number in range(begin.number + 1, len(lines) + 1):
        here = _Line.of(number, lines[number - 1])
        if here is not None and not begin.contains(here) and (":" in here.text or here.is_item):
            break
        last = number if here is not None else last
    return last


LOCAL_CODES = frozenset(
    {"E141", "E216", "E304", "E305", "E316", "E317", "E319", "E320", "E321", "E410", "W301", "W304"}
)
"""Codes about statements that were read, valid regardless of the rest of the score."""

REQUIRED_KINDS: dict[str, frozenset[PartKind]] = {
    "E301": frozenset({PartKind.LET}),
    "E302": frozenset({PartKind.LET}),
    "E303": frozenset({PartKind.SCENE}),
    "E306": frozenset({PartKind.USE}),
    "E307": frozenset({PartKind.USE}),
    "E308": frozenset({PartKind.USE, PartKind.SCENE}),
    "E309": frozenset({PartKind.USE, PartKind.SCENE}),
    "E310": frozenset({PartKind.USE, PartKind.SCENE}),
    "E311": frozenset({PartKind.USE, PartKind.SCENE, PartKind.LET}),
    "E312": frozenset({PartKind.MIDDLE}),
    "E313": frozenset(),
    "E314": frozenset(),
    "E315": frozenset(),
    "E322": frozenset({PartKind.SECTION}),
    "E324": frozenset({PartKind.SECTION}),
    "E401": frozenset({PartKind.CLOCK}),
    "E402": frozenset({PartKind.CLOCK}),
    "E404": frozenset({PartKind.CLOCK, PartKind.GRID}),
    "E405": frozenset({PartKind.CLOCK}),
    "E406": frozenset({PartKind.END}),
    "E408": frozenset({PartKind.CLOCK}),
    "E409": frozenset({PartKind.CLOCK}),
    "E411": frozenset(),
    "E412": frozenset(),
    "E413": frozenset({PartKind.CLOCK, PartKind.GRID}),
    "E414": frozenset({PartKind.CLOCK, PartKind.GRID, PartKind.END}),
    "E415": frozenset({PartKind.CLOCK, PartKind.GRID, PartKind.END}),
    "E424": frozenset(
        {
            PartKind.CLOCK,
            PartKind.GRID,
            PartKind.SNAP,
            PartKind.SECTION,
            PartKind.HEAD,
            PartKind.PLAY,
        }
    ),
    "E427": frozenset({PartKind.CLOCK}),
    "E428": frozenset({PartKind.CLOCK}),
    "W401": frozenset({PartKind.CLOCK}),
    "W403": frozenset(
        {
            PartKind.CLOCK,
            PartKind.GRID,
            PartKind.SNAP,
            PartKind.SECTION,
            PartKind.HEAD,
            PartKind.PLAY,
        }
    ),
}
"""What must be known, anywhere in the score, for a code to be valid.

Codes that are not listed need the complete score.
"""

TIME_CODES = frozenset(
    {"E401", "E402", "E404", "E405", "E408", "E409", "E413", "E414", "E415", "W401"}
)
"""Codes that depend on a block's time: its head, and the changes of tempo and meter in it."""

POSITION_CODES = frozenset(
    {
        *("E401", "E404", "E411", "E412", "E413", "E414", "E415"),
        *("E424", "W403"),
    }
)
"""Codes that depend on the position of a cue.

A relative position may count from a cue that was not read.
"""

COLLISION_CODES = frozenset({"E424", "W403"})
"""Codes that depend on the times of everything before."""

TEMPO_EXISTENCE_CODES = frozenset({"E402", "E405", "E409", "W401"})
"""The timed codes that only depend on whether there is a tempo, not on its value."""

_TIME_WORDS = ("tempo", "meter", "bpm")


def unaffected_diagnostics(
    diagnostics: Iterable[Diagnostic], gaps: tuple[UnreadPart, ...], score: Score
) -> Iterator[Diagnostic]:
    """Yield the compiler's diagnostics about the read part of a score that no gap can change."""
    if any(gap.kind is PartKind.ANY for gap in gaps):
        return
    for one in diagnostics:
        analysed = _AnalysedDiagnostic.analyse(one, score)
        if not any(_is_affected(analysed, gap) for gap in gaps):
            yield one


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnalysedDiagnostic:
    """A diagnostic, with the parts of the score that it is about."""

    code: str
    name: tuple[str, ...]
    own_spans: tuple[Span, ...]
    """Its spans in the score's own file."""
    sections: tuple[Section | None, ...]
    """The section of each of them."""
    is_relative: bool
    """Whether a cue that it is about has a position relative to another cue."""
    is_by_file: bool

    @classmethod
    def analyse(cls, one: Diagnostic, score: Score) -> _AnalysedDiagnostic:
        """Return a diagnostic, analysed once for all gaps."""
        spans = (one.span, *(related.span for related in one.related))
        own_spans = tuple(span for span in spans if span.file == score.file)
        sections = tuple(_section_of(span, score) for span in own_spans)
        relative = False
        if one.code in POSITION_CODES:
            around = zip(
                own_spans,
                (score.items if section is None else section.items for section in sections),
                strict=True,
            )
            items = (item for span, held in around for item in held if _contains(item.span, span))
            relative = any(
                isinstance(_written_position(item), After | AtMark | FromEnd) for item in items
            )
        clock = score.header.clock
        words = one.message.split()
        at = next(
            (index for index, word in enumerate(words) if word in ("variable", "mark")), len(words)
        )
        by_file = clock is not None and clock.kind is ClockKind.FILE
        return cls(
            code=one.code,
            name=tuple(words[at + 1 : at + 2]),
            own_spans=own_spans,
            sections=sections,
            is_relative=relative,
            is_by_file=by_file,
        )

    def is_in(self, section: Section | None) -> bool:
        """Return whether one of its spans is in a section (None: outside of sections)."""
        return any(one is section for one in self.sections)


def _is_affected(analysed: _AnalysedDiagnostic, gap: UnreadPart) -> bool:
    """Return whether a diagnostic might disappear if the gap were filled."""
    if any(_is_on_lines(span, gap) for span in analysed.own_spans):
        return True
    if analysed.code in LOCAL_CODES:
        return False
    needs = REQUIRED_KINDS.get(analysed.code)
    if needs is None or gap.kind in needs:
        return True
    if (
        analysed.is_by_file
        and analysed.code in TIME_CODES | POSITION_CODES
        and gap.kind in (PartKind.SECTION, PartKind.HEAD, PartKind.PLAY, PartKind.ITEM)
    ):
        return True
    match gap.kind:
        case PartKind.LET:
            return analysed.code in ("E306", "E307") and (
                not gap.has_name or gap.can_contain(*analysed.name)
            )
        case PartKind.HEAD:
            return analysed.code in ("E322", "E324") or (
                analysed.code in TIME_CODES | POSITION_CODES and analysed.is_in(gap.section)
            )
        case PartKind.ITEM:
            return _is_affected_by_item(analysed, gap)
        case _:
            return False


def _is_affected_by_item(analysed: _AnalysedDiagnostic, gap: UnreadPart) -> bool:
    """Return the same for a cue or a rule that was not read."""
    if analysed.code in COLLISION_CODES:
        return (
            gap.can_contain(*_TIME_WORDS)
            or not _is_cue(gap)
            or (analysed.is_relative and analysed.is_in(gap.section))
        )
    if not analysed.is_in(gap.section):
        return False
    if analysed.code == "E412":
        return gap.can_contain("mark", *analysed.name)
    if analysed.code in POSITION_CODES and analysed.is_relative:
        return True
    return analysed.code in TIME_CODES - TEMPO_EXISTENCE_CODES and gap.can_contain(*_TIME_WORDS)


def _is_cue(gap: UnreadPart) -> bool:
    """Return whether a gap is certainly not a rule.

    Rules decide whether chunks are known before the run.
    """
    words = gap.text.split(maxsplit=1)
    if words and words[0] in ("at", "every"):
        return True
    has_position = gap.text.lstrip().startswith("- ") and any(
        f"{word}:" in gap.text for word in ("at", "every")
    )
    return has_position and not gap.can_contain("when", "rules")


def _is_on_lines(span: Span, gap: UnreadPart) -> bool:
    """Return whether a span shares a line with a gap and is not the complete section around it."""
    is_around = gap.section is not None and span == gap.section.span
    return span.line <= gap.last and gap.first <= span.end_line and not is_around


def _section_of(span: Span, score: Score) -> Section | None:
    sections = score.sections if span.file == score.file else ()
    return next((one for one in sections if one.span.line <= span.line <= one.span.end_line), None)


def _written_position(item: Item) -> Position | None:
    match item:
        case Cue():
            return item.place
        case Every():
            return item.start
        case _:
            return None


def _contains(containing: Span, inner: Span) -> bool:
    begin, end = (containing.line, containing.column), (containing.end_line, containing.end_column)
    return begin <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= end
