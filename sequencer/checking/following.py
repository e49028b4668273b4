"""Which of the compiler's words about a score that was not read whole hold whatever the unread part says.

Told beside a fault of reading is only what stays when that fault is cured. What may merely follow from it waits: a message
that goes away by itself is worse than one that comes a check later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sequencer.checking.gaps import Gap, Kind
from sequencer.errors import Diagnostic, Span
from sequencer.score import After, AtMark, ClockKind, Cue, Every, Item, Place, Score, Section

LOCAL = frozenset({"E141", "E216", "E304", "E305", "E316", "E317", "E319", "E320", "E321", "E410", "W301", "W304"})
"""What is said of statements that were read, whatever else there is."""

NEEDS: dict[str, frozenset[Kind]] = {
    "E301": frozenset({Kind.LET}),
    "E302": frozenset({Kind.LET}),
    "E303": frozenset({Kind.SCENE}),
    "E306": frozenset({Kind.USE}),
    "E307": frozenset({Kind.USE}),
    "E308": frozenset({Kind.USE, Kind.SCENE}),
    "E309": frozenset({Kind.USE, Kind.SCENE}),
    "E310": frozenset({Kind.USE, Kind.SCENE}),
    "E311": frozenset({Kind.USE, Kind.SCENE, Kind.LET}),
    "E312": frozenset({Kind.MIDDLE}),
    "E313": frozenset(),
    "E314": frozenset(),
    "E315": frozenset(),
    "E322": frozenset({Kind.SECTION}),
    "E324": frozenset({Kind.SECTION}),
    "E401": frozenset({Kind.CLOCK}),
    "E402": frozenset({Kind.CLOCK}),
    "E404": frozenset({Kind.CLOCK, Kind.GRID}),
    "E405": frozenset({Kind.CLOCK}),
    "E406": frozenset({Kind.END}),
    "E408": frozenset({Kind.CLOCK}),
    "E409": frozenset({Kind.CLOCK}),
    "E411": frozenset(),
    "E412": frozenset(),
    "E413": frozenset({Kind.CLOCK, Kind.GRID}),
    "E414": frozenset({Kind.CLOCK, Kind.GRID, Kind.END}),
    "E415": frozenset({Kind.CLOCK, Kind.GRID, Kind.END}),
    "E424": frozenset({Kind.CLOCK, Kind.GRID, Kind.SNAP, Kind.SECTION, Kind.HEAD, Kind.PLAY}),
    "E427": frozenset({Kind.CLOCK}),
    "E428": frozenset({Kind.CLOCK}),
    "W401": frozenset({Kind.CLOCK}),
    "W403": frozenset({Kind.CLOCK, Kind.GRID, Kind.SNAP, Kind.SECTION, Kind.HEAD, Kind.PLAY}),
}
"""What must be known, anywhere in the score, for a code to hold. A code that is not here waits for the whole score."""

TIMED = frozenset({"E401", "E402", "E404", "E405", "E408", "E409", "E413", "E414", "E415", "W401"})
"""Codes that rest on the time of one block: its head, and the changes of tempo and meter in it."""

PLACED = frozenset({"E401", "E404", "E411", "E412", "E413", "E414", "E415", "E424", "W403"})
"""Codes that rest on where a cue stands: one that counts from another may count from one that was not read."""

COLLIDING = frozenset({"E424", "W403"})
"""Codes that rest on the times of everything before."""

_OF_TIME = ("tempo", "meter", "bpm")


def lasting(diagnostics: Iterable[Diagnostic], gaps: tuple[Gap, ...], score: Score) -> Iterator[Diagnostic]:
    """Those of the compiler's diagnostics about the read part of a score that no gap can change."""
    for one in diagnostics:
        if not any(_touches(one, gap, score) for gap in gaps):
            yield one


def _touches(one: Diagnostic, gap: Gap, score: Score) -> bool:
    """Whether a diagnostic might not be said if the gap were filled."""
    if gap.kind is Kind.ANY or any(_on_lines(span, gap, score) for span in _places(one)):
        return True
    if one.code in LOCAL:
        return False
    needs = NEEDS.get(one.code)
    if needs is None or gap.kind in needs:
        return True
    if one.code in TIMED | PLACED and _is_by_file(score) and gap.kind in (Kind.SECTION, Kind.HEAD, Kind.PLAY, Kind.ITEM):
        return True
    match gap.kind:
        case Kind.LET:
            return one.code in ("E306", "E307") and (not gap.has_name or gap.could_say(*_name(one)))
        case Kind.HEAD:
            return one.code in ("E322", "E324") or (one.code in TIMED | PLACED and gap.section is _section_of(one.span, score))
        case Kind.ITEM:
            return _item_touches(one, gap, score)
        case _:
            return False


def _item_touches(one: Diagnostic, gap: Gap, score: Score) -> bool:
    """The same for a cue or a rule that was not read."""
    sections = [_section_of(span, score) for span in _places(one)]
    if one.code in COLLIDING:
        if gap.could_say(*_OF_TIME) or not _is_cue(gap):
            return True
        return gap.section in sections and any(_counts_from_others(span, score) for span in _places(one))
    if gap.section not in sections:
        return False
    if one.code == "E412":
        return gap.could_say("mark", *_name(one))
    if one.code in PLACED and _counts_from_others(one.span, score):
        return True
    return one.code in TIMED and one.code not in ("E402", "E405", "E409", "W401") and gap.could_say(*_OF_TIME)


def _is_cue(gap: Gap) -> bool:
    """Whether a gap is surely no rule: rules decide whether chunks are known before the run."""
    words = gap.text.split(maxsplit=1)
    return (bool(words) and words[0] in ("at", "every")) or (
        gap.text.lstrip().startswith("- ")
        and any(f"{word}:" in gap.text for word in ("at", "every"))
        and not gap.could_say("when", "rules")
    )


def _places(one: Diagnostic) -> tuple[Span, ...]:
    return (one.span, *(related.span for related in one.related))


def _on_lines(span: Span, gap: Gap, score: Score) -> bool:
    return span.file == score.file and span.line <= gap.last and gap.first <= span.end_line and _is_small(span, gap)


def _is_small(span: Span, gap: Gap) -> bool:
    """Whether a span is a statement of its own and not a whole section around the gap."""
    return gap.section is None or span != gap.section.span


def _section_of(span: Span, score: Score) -> Section | None:
    sections = score.sections if span.file == score.file else ()
    return next((one for one in sections if one.span.line <= span.line <= one.span.end_line), None)


def _name(one: Diagnostic) -> tuple[str, ...]:
    """The name that a message speaks of: `there is no variable hero`."""
    words = one.message.split()
    at = next((index for index, word in enumerate(words) if word in ("variable", "mark")), len(words))
    return tuple(words[at + 1 : at + 2])


def _is_by_file(score: Score) -> bool:
    return score.header.clock is not None and score.header.clock.kind is ClockKind.FILE


def _counts_from_others(span: Span, score: Score) -> bool:
    """Whether the cue at a span has a place that counts from another cue."""
    section = _section_of(span, score)
    items = score.items if section is None else section.items
    return any(isinstance(_place(item), After | AtMark) for item in items if _holds(item.span, span))


def _place(item: Item) -> Place | None:
    match item:
        case Cue():
            return item.place
        case Every():
            return item.start
        case _:
            return None


def _holds(outer: Span, inner: Span) -> bool:
    begin, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return begin <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= end
