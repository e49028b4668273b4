"""The structure of a text: symbols, what can be folded, and selections that grow step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.hints import ARROW, describe_landings, find_landings, find_origins
from sequencer.editing.looking import Look
from sequencer.editing.nodes import nodes_of, span_of
from sequencer.editing.texts import Position, clip, contains, line_text, span_at, text_of, word_at
from sequencer.language.loader import Notation
from sequencer.language.score import Item, Rule, Score, Section

MAX_NAME_LENGTH = 60
"""How many characters of a cue its symbol shows."""


class SymbolKind(StrEnum):
    """What a symbol stands for."""

    FILE = "used file"
    VARIABLE = "variable"
    SCENE = "scene"
    SECTION = "section"
    CUE = "cue"
    RULE = "rule"


Details = Callable[[Span], str]
"""Returns what is shown next to the name of a cue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A part of a score: its span, and the span to select when it is chosen, which is in it."""

    kind: SymbolKind
    name: str
    detail: str
    span: Span
    selection: Span
    children: tuple[Symbol, ...] = ()


class FoldKind(StrEnum):
    """What is folded."""

    REGION = "region"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines that can be folded into the first one; both numbers count from 1."""

    first: int
    last: int
    kind: FoldKind


def find_symbols(known: Look, *, cues: bool = True) -> tuple[Symbol, ...]:
    """Return the parts of a text in the order of their positions, also of a text with errors.

    Args:
        known: What is known about the text.
        cues: Whether to return cues and rules, too. Without them it takes no time.
    """
    score = known.score
    if score is None:
        return ()
    details = _details(known) if cues else None
    found = [
        Symbol(kind=SymbolKind.FILE, name=use.path, detail="use", span=use.span, selection=use.span)
        for use in score.uses
    ]
    found += [
        Symbol(
            kind=SymbolKind.VARIABLE,
            name=let.name,
            detail=_shorten(text_of(known.source, let.text.span)),
            span=_around(let.span, let.name_span),
            selection=let.name_span,
        )
        for let in score.lets
    ]
    found += [
        Symbol(
            kind=SymbolKind.SCENE,
            name=scene.name,
            detail="",
            span=_around(scene.span, scene.name_span),
            selection=scene.name_span,
        )
        for scene in score.scenes
    ]
    found += [_section_symbol(known, section, details) for section in score.sections]
    if details is not None:
        found += [_item_symbol(known, item, details) for item in score.items]
    if known.loaded.score is None:
        found = [_clip(known, one) for one in found]
    return tuple(sorted(found, key=lambda one: (one.span.line, one.span.column)))


def _clip(known: Look, symbol: Symbol) -> Symbol:
    """Return a symbol without what was only read because the text has errors."""
    return replace(
        symbol,
        span=clip(known.source, symbol.span),
        selection=clip(known.source, symbol.selection),
        children=tuple(_clip(known, one) for one in symbol.children),
    )


def _details(known: Look) -> Details:
    """Return a function that finds the chunks of a cue, also in a text that now has errors."""
    if known.valid is None:
        return lambda span: ""
    landings = find_landings(known.valid.schedule, known.file)
    origin_of = find_origins(known)

    def describe(span: Span) -> str:
        found = landings.get(origin_of(span))
        return "" if found is None else describe_landings(found).removeprefix(ARROW)

    return describe


def _section_symbol(known: Look, section: Section, details: Details | None) -> Symbol:
    return Symbol(
        kind=SymbolKind.SECTION,
        name=section.name,
        detail="live" if section.is_live else "",
        span=_around(section.span, section.name_span),
        selection=section.name_span,
        children=()
        if details is None
        else tuple(_item_symbol(known, item, details) for item in section.items),
    )


def _item_symbol(known: Look, item: Item, details: Details) -> Symbol:
    return Symbol(
        kind=SymbolKind.RULE if isinstance(item, Rule) else SymbolKind.CUE,
        name=_shorten(text_of(known.source, item.span)),
        detail=details(item.span),
        span=item.span,
        selection=item.span,
    )


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_NAME_LENGTH else line[: MAX_NAME_LENGTH - 1] + "…"


def _around(span: Span, inner: Span) -> Span:
    """Return a span that contains another one: in YAML a name may be before its block."""
    if span.line == 0 or contains(span, inner):
        return span if span.line else inner
    first, last = sorted(
        (span, inner), key=lambda one: (one.line, one.column, one.end_line, one.end_column)
    )
    end = max((first.end_line, first.end_column), (last.end_line, last.end_column))
    return Span(first.file, first.line, first.column, *end)


# ---- folding -------------------------------------------------------------------------------------


def find_folds(known: Look) -> tuple[Fold, ...]:
    """Return what can be folded: blocks, statements and texts of several lines, runs of comments.

    Of several that begin on one line, the longest is returned.
    """
    score = known.score
    if score is None:
        return ()
    longest: dict[int, Fold] = {}
    for span in _folded_spans(score):
        last = span.end_line - (span.end_column == 1)
        if span.line and last > span.line:
            fold = Fold(span.line, last, FoldKind.REGION)
            if span.line not in longest or longest[span.line].last < last:
                longest[span.line] = fold
    for fold in _comment_runs(known, score):
        longest.setdefault(fold.first, fold)
    return tuple(longest[line] for line in sorted(longest))


def _folded_spans(score: Score) -> Iterator[Span]:
    for node in nodes_of(score):
        span = span_of(node)
        if span.file == score.file:
            yield span
    yield score.play_span
    yield score.end_span


def _comment_runs(known: Look, score: Score) -> Iterator[Fold]:
    lines = [one.span.line for one in score.comments if one.own_line]
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at] != lines[at - 1] + 1:
            if at - start > 1 and lines[at - 1] <= len(known.source.starts):
                yield Fold(lines[start], lines[at - 1], FoldKind.COMMENT)
            start = at


# ---- selecting -----------------------------------------------------------------------------------


def find_selections(known: Look, at: Position) -> tuple[Span, ...]:
    """Return the spans around a position, each within the next: word, text, action, cue, section.

    The last one is the complete text.
    """
    source = known.source
    found = {span_at(source, 0, len(source.text))}
    word = word_at(source, at)
    found |= set() if word is None else {word}
    if 1 <= at.line <= len(source.starts) and line_text(source, at.line).strip():
        line = line_text(source, at.line)
        edge = " \t-" if known.notation is Notation.YAML else " \t"  # the dashes of a list
        start = source.starts[at.line - 1] + len(line) - len(line.lstrip(edge))
        found.add(span_at(source, start, source.starts[at.line - 1] + len(line.rstrip())))
    score = known.score
    if score is not None:
        nodes = {span_of(node) for node in nodes_of(score)} - {NO_SPAN}
        found |= nodes if known.loaded.score is not None else {clip(source, one) for one in nodes}
    around = sorted(
        (one for one in found if one.file == known.file and at.is_in(one)),
        key=lambda one: (
            one.end_line - one.line,
            one.end_column - one.column if one.line == one.end_line else 0,
            -one.line,
        ),
    )
    chain: list[Span] = []
    for span in around:
        if not chain or (contains(span, chain[-1]) and span != chain[-1]):
            chain.append(span)
    return tuple(chain)
