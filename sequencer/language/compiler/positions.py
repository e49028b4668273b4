"""Find the position of each cue of a block: relative positions and marks are followed back to what they count from."""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.compiler.ir import BlockPosition, ResolvedCue
from sequencer.language.compiler.local_time import NOT_MUSICAL_CODE, BlockTime
from sequencer.language.score import After, AtBar, AtMark, AtOffset, AtTick, Position

_PENDING = object()


@dataclass(frozen=True, slots=True)
class MarkDefinition:
    """The cue that sets a mark, and where that is written."""

    cue: int
    span: Span


class PositionResolver:
    """Finds the positions of a block's cues in its local time, each once. Positions that cannot be found are reported."""

    def __init__(self, cues: tuple[ResolvedCue, ...], local: BlockTime, faults: Diagnostics) -> None:
        self._cues = cues
        self._local = local
        self._faults = faults
        self.marks = self._find_marks()
        """The cue of each mark."""
        self._spots: list[BlockPosition | object | None] = [_PENDING] * len(cues)
        self._bases = self._find_bases()
        self._previews = False
        self._missing: list[int] = []
        """The cues for which a preview found no position."""
        self._latest: list[tuple[Fraction, int]] = []
        """The musical positions that previews found, the latest first: (−quarter, cue)."""
        self._refused: set[Span] = set()
        """Positions relative to a position in seconds that were already reported."""

    def forget_missing(self) -> None:
        """Forget the positions not found while meters and tempo were being determined, so that they are found or reported."""
        for index in self._missing:
            self._spots[index] = _PENDING
        self._missing.clear()

    # ---- while the meters are being determined -----------------------------------------------------------------------

    def preview(self, index: int) -> BlockPosition | None:
        """Return the position of a cue as far as meters and tempo are known. If there is none, a later search reports why.

        Only a position relative to one in seconds, which depends on the tempo and the meters, is reported immediately.
        """
        own = Diagnostics()
        reported, self._faults, self._previews = self._faults, own, True
        try:
            with self._local.redirect_diagnostics(own):
                spot = self.resolve(index)
        finally:
            self._faults, self._previews = reported, False
        for one in own.diagnostics:
            if one.code == NOT_MUSICAL_CODE and one.span not in self._refused:
                self._refused.add(one.span)
                reported.error(one.code, one.message, one.span, one.hint)
        return spot

    def forget_after(self, quarter: Fraction) -> int:
        """Forget the missing positions and those after a quarter at which the meter changes. Return how many."""
        count = len(self._missing)
        self.forget_missing()
        while self._latest and -self._latest[0][0] > quarter:
            self._spots[heappop(self._latest)[1]] = _PENDING
            count += 1
        return count

    def _store(self, index: int, spot: BlockPosition | None) -> None:
        self._spots[index] = spot
        if not self._previews:
            return
        if spot is None:
            self._missing.append(index)
        elif spot.quarter is not None:
            heappush(self._latest, (-spot.quarter, index))

    def _find_marks(self) -> dict[str, MarkDefinition]:
        marks: dict[str, MarkDefinition] = {}
        for index, cue in enumerate(self._cues):
            for name, span in cue.marks:
                if name in marks:
                    first = Related(marks[name].span, "first set here")
                    self._faults.error(
                        "E410", f"the mark {name} is set already", span, "give it another name", related=(first,)
                    )
                else:
                    marks[name] = MarkDefinition(index, span)
        return marks

    def _find_bases(self) -> list[int | None]:
        """Return for each cue the cue that its relative position counts from: the previous `at` in source order."""
        bases: list[int | None] = []
        previous: int | None = None
        for index, cue in enumerate(self._cues):
            bases.append(previous)
            if cue.every is None:
                previous = index
        return bases

    def _find_dependency(self, index: int) -> int | None:
        """Return the cue whose position must be known before that of this one."""
        match self._cues[index].place:
            case After():
                return self._bases[index]
            case AtMark(name=name):
                marked = self.marks.get(name)
                return None if marked is None else marked.cue
            case _:
                return None

    def resolve(self, index: int) -> BlockPosition | None:
        """Return the position of a cue, or None (reported). Follows relative positions and marks without recursion."""
        need = self._find_dependency(index)
        if self._spots[index] is _PENDING and (need is None or self._spots[need] is not _PENDING):
            place = self._cues[index].place  # nearly every cue: what it counts from is already known
            found = self._local.start if place is None else self.resolve_position(place, self._bases[index])
            self._store(index, found)
            return found
        chain: list[int] = []
        on_chain: set[int] = set()
        at: int | None = index
        while at is not None and self._spots[at] is _PENDING:
            if at in on_chain:
                circle = self._cues[at]
                self._faults.error(
                    "E411",
                    "these places depend on each other in a circle",
                    circle.position_span,
                    "give one of them a bar or a time",
                )
                self._store(at, None)
                break
            on_chain.add(at)
            chain.append(at)
            at = self._find_dependency(at)
        for one in reversed(chain):
            if self._spots[one] is _PENDING:
                place = self._cues[one].place
                self._store(one, self._local.start if place is None else self.resolve_position(place, self._bases[one]))
        spot = self._spots[index]
        return spot if isinstance(spot, BlockPosition) else None

    def resolve_position(self, place: Position, base: int | None) -> BlockPosition | None:
        """Return a written position, counted from the cue `base` if it is relative, or None if it does not exist (reported)."""
        match place:
            case AtBar() | AtTick() | AtOffset():
                return self._local.locate(place)
            case After():
                start = self._local.start if base is None else self._resolve_cue(base)
                return None if start is None else self._local.advance(start, place.by.amount, place.by.unit, place.span)
            case AtMark():
                marked = self.marks.get(place.name)
                if marked is None:
                    self._report_unknown_mark(place)
                    return None
                spot = self._resolve_cue(marked.cue)
                if spot is None or place.plus is None:
                    return spot
                return self._local.advance(spot, place.plus.amount, place.plus.unit, place.span)

    def _resolve_cue(self, index: int) -> BlockPosition | None:
        spot = self._spots[index]
        if spot is _PENDING:
            return self.resolve(index)
        return spot if isinstance(spot, BlockPosition) else None

    def _report_unknown_mark(self, place: AtMark) -> None:
        guess = self._faults.nearest(place.name, self.marks)
        hint = f"set it in an `at`: at 5 mark {place.name}" if guess is None else f"did you mean {guess}?"
        self._faults.error("E412", f"there is no mark {place.name} in this section", place.span, hint, _mark_fix(place, guess))


def _mark_fix(place: AtMark, guess: str | None) -> tuple[Fix, ...]:
    if guess is None or place.span.line != place.span.end_line:
        return ()
    return (Fix(place.span, f"mark {guess}"),) if place.plus is None else ()
