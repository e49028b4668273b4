"""Which of the compiler's words about a score that was not read whole hold whatever the unread part says.

Told beside a fault of reading is only what stays when that fault is cured. What may merely follow from it waits: a message
that goes away by itself is worse than one that comes a check later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sequencer.checking.gaps import Gap, Kind
from sequencer.errors import Diagnostic, Span
from sequencer.records import dataclass
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

UNTIMED = frozenset({"E402", "E405", "E409", "W401"})
"""Those of them that say whether there is a tempo, whatever it is."""

_OF_TIME = ("tempo", "meter", "bpm")


def lasting(diagnostics: Iterable[Diagnostic], gaps: tuple[Gap, ...], score: Score) -> Iterator[Diagnostic]:
    """Those of the compiler's diagnostics about the read part of a score that no gap can change."""
    if any(gap.kind is Kind.ANY for gap in gaps):
        return
    for one in diagnostics:
        told = _Told.of(one, score)
        if not any(_touches(told, gap) for gap in gaps):
            yield one


@dataclass(frozen=True, slots=True)
class _Told:
    """A diagnostic, with what of the score it speaks of."""

    code: str
    name: tuple[str, ...]
    places: tuple[Span, ...]
    """Its places in the score's own file."""
    sections: tuple[Section | None, ...]
    """The section of each of them."""
    is_relative: bool
    """Whether a cue that it speaks of has a place that counts from another cue."""
    is_by_file: bool

    @classmethod
    def of(cls, one: Diagnostic, score: Score) -> _Told:
        """A diagnostic looked at once, for all gaps."""
        spans = (one.span, *(related.span for related in one.related))
        places = tuple(span for span in spans if span.file == score.file)
        sections = tuple(_section_of(span, score) for span in places)
        relative = False
        if one.code in PLACED:
            around = zip(places, (score.items if section is None else section.items for section in sections), strict=True)
            items = (item for span, held in around for item in held if _holds(item.span, span))
            relative = any(isinstance(_place(item), After | AtMark) for item in items)
        clock = score.header.clock
        words = one.message.split()
        at = next((index for index, word in enumerate(words) if word in ("variable", "mark")), len(words))
        by_file = clock is not None and clock.kind is ClockKind.FILE
        return cls(one.code, tuple(words[at + 1 : at + 2]), places, sections, relative, by_file)

    def is_in(self, section: Section | None) -> bool:
        """Whether one of its places stands in a section (None: outside of sections)."""
        return any(one is section for one in self.sections)


def _touches(told: _Told, gap: Gap) -> bool:
    """Whether something might not be said if the gap were filled."""
    if any(_on_lines(span, gap) for span in told.places):
        return True
    if told.code in LOCAL:
        return False
    needs = NEEDS.get(told.code)
    if needs is None or gap.kind in needs:
        return True
    if told.is_by_file and told.code in TIMED | PLACED and gap.kind in (Kind.SECTION, Kind.HEAD, Kind.PLAY, Kind.ITEM):
        return True
    match gap.kind:
        case Kind.LET:
            return told.code in ("E306", "E307") and (not gap.has_name or gap.could_say(*told.name))
        case Kind.HEAD:
            return told.code in ("E322", "E324") or (told.code in TIMED | PLACED and told.is_in(gap.section))
        case Kind.ITEM:
            return _item_touches(told, gap)
        case _:
            return False


def _item_touches(told: _Told, gap: Gap) -> bool:
    """The same for a cue or a rule that was not read."""
    if told.code in COLLIDING:
        return gap.could_say(*_OF_TIME) or not _is_cue(gap) or (told.is_relative and told.is_in(gap.section))
    if not told.is_in(gap.section):
        return False
    if told.code == "E412":
        return gap.could_say("mark", *told.name)
    if told.code in PLACED and told.is_relative:
        return True
    return told.code in TIMED - UNTIMED and gap.could_say(*_OF_TIME)


def _is_cue(gap: Gap) -> bool:
    """Whether a gap is surely no rule: rules decide whether chunks are known before the run."""
    words = gap.text.split(maxsplit=1)
    if words and words[0] in ("at", "every"):
        return True
    has_place = gap.text.lstrip().startswith("- ") and any(f"{word}:" in gap.text for word in ("at", "every"))
    return has_place and not gap.could_say("when", "rules")


def _on_lines(span: Span, gap: Gap) -> bool:
    """Whether a span shares a line with a gap, and is not the whole section around it."""
    is_around = gap.section is not None and span == gap.section.span
    return span.line <= gap.last and gap.first <= span.end_line and not is_around


def _section_of(span: Span, score: Score) -> Section | None:
    sections = score.sections if span.file == score.file else ()
    return next((one for one in sections if one.span.line <= span.line <= one.span.end_line), None)


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
