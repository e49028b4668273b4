"""Find the position of each cue of a block, following relative positions and marks back."""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush

from sequencer.core.diagnostics import Diagnostics, Fix, Related, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.compiler.ir import BlockPosition, ResolvedCue
from sequencer.language.compiler.local_time import NOT_MUSICAL_CODE, BlockTime, find_block_end
from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    Duration,
    FromEnd,
    Position,
)

_PENDING = object()


@dataclass(frozen=True, slots=True)
class MarkDefinition:
    """The cue that sets a mark, and where that is written."""

    cue: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEnd:
    """The end of a block as it is written: a length of a section, or a position of a score."""

    name: str | None
    """The section's name; None for a score without sections."""
    duration: Duration | None
    position: Position | None
    is_live: bool


class PositionResolver:
    """Finds the positions of a block's cues in its local time, each once.

    Positions that cannot be found are reported.
    """

    def __init__(
        self,
        cues: tuple[ResolvedCue, ...],
        local: BlockTime,
        faults: Diagnostics,
        end: WrittenEnd | None = None,
    ) -> None:
        self._cues = cues
        self._local = local
        self._faults = faults
        self._end = end
        self._inherited = {id(cue.place) for cue in cues if cue.level}
        self.marks = self._find_marks()
        """The cue of each mark."""
        self._positions: list[BlockPosition | object | None] = [_PENDING] * len(cues)
        self._bases = self._find_bases()
        self.last_at = max(
            (index for index, cue in enumerate(cues) if cue.every is None), default=None
        )
        """The last `at`, from which a relative `end` is counted."""
        self._from_end: frozenset[int] | None = None
        self._previews = False
        self._missing: list[int] = []
        """The cues for which a preview found no position."""
        self._latest: list[tuple[Fraction, int]] = []
        """The musical positions that previews found, the latest first: (−quarter, cue)."""
        self._refused: set[Span] = set()
        """Positions relative to a position in seconds that were already reported."""

    def forget_missing(self) -> None:
        """Forget the positions not found while meters and tempo were being determined.

        They are then found or reported.
        """
        for index in self._missing:
            self._positions[index] = _PENDING
        self._missing.clear()

    # ---- while meters and tempo are being determined ---------------------------------------------

    def preview(self, index: int) -> BlockPosition | None:
        """Return the position of a cue as far as meters and tempo are known.

        If there is none, a later search reports why.

        Only a position relative to one in seconds, which depends on the tempo and the meters, is
        reported immediately.
        """
        own = Diagnostics()
        reported, self._faults, self._previews = self._faults, own, True
        try:
            with self._local.redirect_diagnostics(own):
                block_position = self.resolve(index)
        finally:
            self._faults, self._previews = reported, False
        for one in own.diagnostics:
            # The end of the block may be in seconds: the position counted from it has to change.
            is_from_end = one.code == NOT_MUSICAL_CODE and self.is_counted_from_end(index)
            span = self._cues[index].position_span if is_from_end else one.span
            if one.code == NOT_MUSICAL_CODE and span not in self._refused:
                self._refused.add(span)
                reported.error(one.code, one.message, span, hint=one.hint)
        return block_position

    def forget_after(self, quarter: Fraction) -> int:
        """Forget the missing positions and those after a quarter at which the meter changes.

        Return how many.
        """
        count = len(self._missing)
        self.forget_missing()
        while self._latest and -self._latest[0][0] > quarter:
            self._positions[heappop(self._latest)[1]] = _PENDING
            count += 1
        return count

    def _store(self, index: int, block_position: BlockPosition | None) -> None:
        self._positions[index] = block_position
        if not self._previews:
            return
        if block_position is None:
            self._missing.append(index)
        elif block_position.quarter is not None:
            heappush(self._latest, (-block_position.quarter, index))

    def _find_marks(self) -> dict[str, MarkDefinition]:
        marks: dict[str, MarkDefinition] = {}
        for index, cue in enumerate(self._cues):
            for name, span in cue.marks:
                if name in marks:
                    first = Related(marks[name].span, "first set here")
                    self._faults.error(
                        "E410",
                        f"the mark {name} is already set",
                        span,
                        hint="give it another name",
                        related=(first,),
                    )
                else:
                    marks[name] = MarkDefinition(index, span)
        return marks

    def _find_bases(self) -> list[int | None]:
        """Return each cue's base for its relative position: the previous `at` in source order."""
        bases: list[int | None] = []
        previous: int | None = None
        for index, cue in enumerate(self._cues):
            if index and cue.level != self._cues[index - 1].level:
                previous = None  # the `at` above it is in another section
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
            case FromEnd():
                return self._find_dependency_of_end()
            case _:
                return None

    def _find_dependency_of_end(self) -> int | None:
        """Return the cue whose position must be known before the end of a score."""
        match None if self._end is None else self._end.position:
            case After():
                return self.last_at
            case AtMark(name=name):
                marked = self.marks.get(name)
                return None if marked is None else marked.cue
            case _:
                return None

    def is_counted_from_end(self, index: int) -> bool:
        """Return whether the position of a cue depends on the end of its block."""
        if self._from_end is None:
            self._from_end = self._find_counted_from_end()
        return index in self._from_end

    def _find_counted_from_end(self) -> frozenset[int]:
        """Return the cues whose positions depend on the end, each looked at once."""
        known = {
            index: True for index, cue in enumerate(self._cues) if isinstance(cue.place, FromEnd)
        }
        for index in range(len(self._cues)) if known else ():
            chain: list[int] = []
            at: int | None = index
            while at is not None and at not in known:
                known[at] = False  # also for a cycle, which is reported elsewhere
                chain.append(at)
                at = self._find_dependency(at)
            if at is not None and known[at]:
                known.update(dict.fromkeys(chain, True))
        return frozenset(index for index, depends in known.items() if depends)

    def resolve(self, index: int) -> BlockPosition | None:
        """Return the position of a cue, or None (reported).

        Follows relative positions and marks without recursion.
        """
        need = self._find_dependency(index)
        if self._positions[index] is _PENDING and (
            need is None or self._positions[need] is not _PENDING
        ):
            position = self._cues[
                index
            ].place  # nearly every cue: what it counts from is already known
            found = (
                self._local.start
                if position is None
                else self.resolve_position(position, self._bases[index])
            )
            self._store(index, found)
            return found
        chain: list[int] = []
        on_chain: set[int] = set()
        at: int | None = index
        while at is not None and self._positions[at] is _PENDING:
            if at in on_chain:
                circle = self._cues[at]
                self._faults.error(
                    "E411",
                    "these positions depend on each other in a cycle",
                    circle.position_span,
                    hint="give one of them a bar or a time",
                )
                self._store(at, None)
                break
            on_chain.add(at)
            chain.append(at)
            at = self._find_dependency(at)
        for one in reversed(chain):
            if self._positions[one] is _PENDING:
                position = self._cues[one].place
                self._store(
                    one,
                    self._local.start
                    if position is None
                    else self.resolve_position(position, self._bases[one]),
                )
        block_position = self._positions[index]
        return block_position if isinstance(block_position, BlockPosition) else None

    def resolve_position(self, position: Position, base: int | None) -> BlockPosition | None:
        """Return a written position, counted from the cue `base` if it is relative.

        The result is None if it does not exist (reported).
        """
        match position:
            case AtBar() | AtTick() | AtOffset():
                return self._local.locate(position)
            case After():
                start = self._local.start if base is None else self._resolve_cue(base)
                return (
                    None
                    if start is None
                    else self._local.advance(
                        start, position.by.amount, position.by.unit, position.span
                    )
                )
            case AtMark():
                marked = self.marks.get(position.name)
                if marked is None:
                    self._report_unknown_mark(position)
                    return None
                block_position = self._resolve_cue(marked.cue)
                if block_position is None or position.plus is None:
                    return block_position
                return self._local.advance(
                    block_position, position.plus.amount, position.plus.unit, position.span
                )
            case FromEnd():
                return self._count_back(position)

    def _count_back(self, position: FromEnd) -> BlockPosition | None:
        """Return a position that is counted back from the end of the block."""
        if self._end is None:
            return None
        end = self._find_end(position, self._end)
        if end is None:
            return None
        if id(position) in self._inherited:  # it may be before the start of a shorter section
            return self._local.advance(end, -position.by.amount, position.by.unit, position.span)
        return self._local.count_back(end, position.by, position.span, self._end.name)

    def _find_end(self, position: FromEnd, end: WrittenEnd) -> BlockPosition | None:
        if end.is_live:
            self._faults.error(
                "E417",
                f"{end.name} is a live section: its end is not known before its trigger fires",
                position.span,
                hint="write a position from its start, such as +1 bar",
            )
            return None
        if end.duration is not None:
            return find_block_end(end.duration, self._local)
        if end.position is None or isinstance(end.position, FromEnd):
            if end.name is None and end.position is None:
                self._faults.error(
                    "E417",
                    "the end of this score is not written",
                    position.span,
                    hint="add a line with its end: end 64c",
                )
            return None
        return self.resolve_position(end.position, self.last_at)

    def _resolve_cue(self, index: int) -> BlockPosition | None:
        block_position = self._positions[index]
        if block_position is _PENDING:
            return self.resolve(index)
        return block_position if isinstance(block_position, BlockPosition) else None

    def _report_unknown_mark(self, position: AtMark) -> None:
        guess = self._faults.nearest(position.name, self.marks)
        hint = (
            f"set it in an `at`: at 5 mark {position.name}"
            if guess is None
            else f"did you mean {guess}?"
        )
        self._faults.error(
            "E412",
            f"there is no mark {position.name} in this section",
            position.span,
            hint=hint,
            fix=_mark_fix(position, guess),
        )


def _mark_fix(position: AtMark, guess: str | None) -> tuple[Fix, ...]:
    if guess is None or position.span.line != position.span.end_line:
        return ()
    return (Fix(position.span, f"mark {guess}"),) if position.plus is None else ()
