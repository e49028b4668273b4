"""Compile a score by parts: what an earlier compilation found out about a part is used again.

A part is the cues of one section, or some of a long one, as the pieces of the text divide them. It
is resolved, placed and expanded by the compiler's own passes, as a block of its own. Its result is
used again as long as nothing changed that it depends on: its text, the settings of its section and
of the score, and the variables and scenes that it names. A score in which parts depend on each
other is compiled as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, groupby, pairwise

from sequencer.core.diagnostics import MAX_COMPARISONS, MAX_KEPT, Diagnostic, Diagnostics, Fix, Span
from sequencer.core.gc_pause import paused_collection
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.midi_notes import MiddleC
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.core.wide_numbers import MAX_TIME_BITS, ordering
from sequencer.language.compiler import TIMELESS_CODES
from sequencer.language.compiler.carried_state import warn_repeated_picks
from sequencer.language.compiler.expand import expand_block
from sequencer.language.compiler.fixes import add_clock_fix
from sequencer.language.compiler.ir import Block, Resolved, ResolvedPrompt
from sequencer.language.compiler.midi import NoteLengths
from sequencer.language.compiler.model_checks import grid_of
from sequencer.language.compiler.place import MAX_ENTRIES, BlockPlacer, CueBudget
from sequencer.language.compiler.quantise import build_schedule
from sequencer.language.compiler.resolve import Resolver
from sequencer.language.compiler.stages import names_stages
from sequencer.language.compiler.validate import check_collisions, check_schedule
from sequencer.language.incremental.chunk_checks import summarise
from sequencer.language.incremental.lines import PIECE_BITS
from sequencer.language.incremental.parts import DividedBlock, Part, PlayedBlock
from sequencer.language.score import (
    After,
    AtBar,
    AtOffset,
    AtTick,
    ClockLine,
    Cue,
    Every,
    Item,
    Position,
    Rule,
    Score,
    Section,
)
from sequencer.schedule.document import MAX_BARS, MAX_CHUNKS, bars
from sequencer.schedule.model import Entry, Schedule, Send, Stretch

_DEPENDENT_CODES = frozenset({"E402", "E406", "E410", "E411", "E412", "E416", "E417"})
"""Codes of mistakes that a block reports once, or that other parts of the block can remove."""


SMALL_PIECE = 16
"""The most items of a piece that is joined with others."""

JOINED_PIECES = 32
"""How many small pieces one after another make a part, on average."""


class _DependentError(Exception):  # internal: the score is compiled as a whole instead
    """The parts of the score depend on each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every part of a score depends on."""

    file: str
    clock: ClockLine
    grid: ChunkGrid
    snap: Snap
    seed: int
    middle: MiddleC
    images: tuple[ImageFile, ...]
    end: Position | None
    clock_fix: tuple[Fix, ...]
    end_span: Span


class PartCompilation:
    """A score that was compiled by parts. Its schedule is built when it is asked for."""

    def __init__(
        self,
        *,
        score: Score,
        surroundings: Surroundings,
        contents: Mapping[str, object],
        divided: Sequence[DividedBlock],
        known: Mapping[tuple[int, ...], Part],
    ) -> None:
        """Create a compilation whose parts are resolved, placed and expanded."""
        self.score = score
        self.surroundings = surroundings
        self.contents = contents
        """What each variable and each scene contains, by name."""
        self.divided = tuple(divided)
        self.known = known
        """The parts, by their keys."""
        self.blocks: tuple[PlayedBlock, ...] = ()
        self.dropped = 0
        self.end = 0
        self.diagnostics: tuple[Diagnostic, ...] = ()
        self.is_valid = False

    @property
    def parts(self) -> Iterator[Part]:
        """All parts, in the order of the text."""
        for block in self.divided:
            yield from block.parts

    def schedule(self, find_span: Callable[[Span], Span] = lambda span: span) -> Schedule:
        """Return the schedule, which is valid only if `is_valid`.

        Args:
            find_span: Returns the span of a cue from that of the score.
        """
        with paused_collection():
            stretches = tuple(self._stretches(find_span))
            schedule = build_schedule(self.score, self.surroundings.grid, stretches)
        sound = schedule.sound
        if sound is not None:
            schedule = replace(schedule, sound=replace(sound, origin=find_span(sound.origin)))
        return schedule

    def _stretches(self, find_span: Callable[[Span], Span]) -> Iterator[Stretch]:
        ids = sends = 0
        for index, block in enumerate(self.blocks):
            entries = [entry for one in block.landed for entry in one.entries]
            messages = [send for one in block.landed for send in one.sends]
            if not block.divided.is_ordered:
                entries.sort(key=lambda one: ordering(one.offset))
                messages.sort(key=lambda one: ordering(one.offset))
            stretch = block.stretch(
                index,
                tuple(
                    Entry(
                        id=number,
                        place=one.place,
                        offset=one.offset,
                        quarter=one.quarter,
                        snap=one.snap,
                        chunk=one.chunk,
                        error=one.error,
                        acts=one.acts,
                        origin=find_span(one.origin),
                    )
                    for number, one in enumerate(entries, ids)
                ),
                tuple(
                    Send(
                        id=number,
                        place=one.place,
                        offset=one.offset,
                        quarter=one.quarter,
                        acts=one.acts,
                        origin=find_span(one.origin),
                    )
                    for number, one in enumerate(messages, sends)
                ),
            )
            yield replace(stretch, origin=find_span(stretch.origin))
            ids += len(entries)
            sends += len(messages)


def compile_parts(
    score: Score, find_line: Callable[[int], int], before: PartCompilation | None
) -> PartCompilation | None:
    """Compile a score by parts.

    Args:
        score: The score, with the spans of a reading by pieces.
        find_line: Returns the actual line of a line.
        before: The compilation of an earlier version.

    Returns:
        The compilation, or None if the score has to be compiled as a whole.
    """
    if not _is_divisible(score):
        return None
    try:
        with paused_collection():
            return _PartCompiler(score, find_line, before).compile()
    except _DependentError:
        return None


def _is_divisible(score: Score) -> bool:
    """Return whether each section is played once and ends at a known time."""
    grid = score.header.grid
    sections = score.sections
    return (
        score.song is None
        and not score.play
        and (grid is None or grid.as_chunk_grid().first is None)
        and not (sections and (score.items or score.end is not None))
        and bool(sections or score.items)
        and isinstance(score.end, AtBar | AtTick | AtOffset | None)
        and all(section.like is None and not section.until for section in sections)
        and len({section.name for section in sections}) == len(sections)
        and not names_stages(score)
    )


class PartResolver(Resolver):
    """Resolves a score part by part."""

    def resolve_part(
        self, section: Section | None, items: tuple[Item, ...], faults: Diagnostics
    ) -> Block:
        """Return the block of one part, with what is wrong in it in `faults`."""
        self.faults = faults
        self.vocabulary.start_part(faults)
        own = self._resolve_items(items)
        if section is None:
            return Block.whole_score(cues=own[0], rules=(), span=Span(self.score.file, 1, 1, 1, 1))
        return self._resolve_section(section, own, ())

    def resolve_head(self, section: Section | None) -> Block:
        """Return the block of a section, or of the score, without its cues."""
        return self.resolve_part(section, (), Diagnostics())


class _PartCompiler:
    def __init__(
        self, score: Score, find_line: Callable[[int], int], before: PartCompilation | None
    ) -> None:
        header = score.header
        self.score = score
        self.faults = Diagnostics()
        self.resolver = PartResolver(score, self.faults, find_line)
        self.resolving = self.faults.diagnostics_in_order
        """What is wrong with the variables and scenes."""
        self.used = frozenset(self.resolver.vocabulary.used)
        self.missed = frozenset(self.resolver.vocabulary.missed)
        self.contents = self.resolver.vocabulary.contents()
        self.surroundings = Surroundings(
            file=score.file,
            clock=header.clock or ClockLine(),
            grid=grid_of(header).as_chunk_grid(),
            snap=header.snap or Snap.NEAREST,
            seed=header.seed or 0,
            middle=header.middle or "C3",
            images=score.images,
            end=score.end,
            clock_fix=add_clock_fix(score),
            end_span=score.end_span,
        )
        self.resolved = Resolved(score=score, blocks=(), order=(), images=self.resolver.images)
        self.old: Mapping[tuple[int, ...], Part] = {}
        self.old_blocks: Mapping[int, DividedBlock] = {}
        self.changed: frozenset[str] = frozenset()
        """The names whose contents changed."""
        if before is not None and before.surroundings == self.surroundings:
            self.old = before.known
            names = before.contents.keys() | self.contents.keys()
            self.changed = frozenset(
                name for name in names if before.contents.get(name) != self.contents.get(name)
            )
            self.old_blocks = {id(block.section): block for block in before.divided}
        self.known: dict[tuple[int, ...], Part] = {}

    def compile(self) -> PartCompilation:
        """Return the compilation."""
        score = self.score
        divided = (
            [self._compile_block(section, section.items) for section in score.sections]
            if score.sections
            else [self._compile_block(None, score.items)]
        )
        found = PartCompilation(
            score=score,
            surroundings=self.surroundings,
            contents=self.contents,
            divided=divided,
            known=self.known,
        )
        self._land(found)
        self._check(found)
        return found

    # ---- parts -----------------------------------------------------------------------------------

    def _compile_block(self, section: Section | None, items: tuple[Item, ...]) -> DividedBlock:
        known = self.old_blocks.get(id(section))
        if (
            known is not None
            and section is not None
            and known.section is section
            and all(map(self._is_current, known.parts))
        ):
            self._keep(known.parts)
            return known
        head = self.resolver.resolve_head(section)
        number = 0 if section is None else section.name_span.line >> PIECE_BITS
        groups = _divide(items)
        if len(groups) > 1:
            parts = [
                self._find_part(section, head, (number, *key), group, is_first=index == 0)
                for index, (key, group) in enumerate(groups)
            ]
            if _are_independent(parts):
                self._keep(parts)
                return DividedBlock(section, head, parts)
        whole = (number, *(one for key, _ in groups for one in key), -1)
        part = self._find_part(section, head, whole, items, is_first=True)
        self._keep((part,))
        return DividedBlock(section, head, (part,))

    def _keep(self, parts: Sequence[Part]) -> None:
        self.known.update((part.key, part) for part in parts)

    def _is_current(self, part: Part) -> bool:
        """Return whether no name changed that a part depends on."""
        return part.names.isdisjoint(self.changed) if part.names is not None else not self.changed

    def _find_part(
        self,
        section: Section | None,
        head: Block,
        key: tuple[int, ...],
        items: tuple[Item, ...],
        *,
        is_first: bool,
    ) -> Part:
        """Return a part, as it was compiled before if it depends on nothing that changed."""
        known = self.old.get(key)
        if known is not None and not (known.items == items and known.has_head(head)):
            known = None
        if known is not None and self._is_current(known):
            return known
        part = Part(key, items, head)
        if any(isinstance(item, Rule) for item in items):
            raise _DependentError
        self._resolve(part, section, is_first=is_first)
        if known is None or not part.place_as(known):
            self._put_at_times(part)
        self._expand(part)
        if known is not None:  # only names changed: texts, and nearly never times
            part.land_as(known)
        return part

    def _resolve(self, part: Part, section: Section | None, *, is_first: bool) -> None:
        faults = Diagnostics()
        vocabulary = self.resolver.vocabulary
        block = self.resolver.resolve_part(section, part.items, faults)
        part.block = block if is_first else replace(block, cut=None)
        part.used, part.missed = frozenset(vocabulary.used), frozenset(vocabulary.missed)
        part.resolving = faults.diagnostics_in_order
        part.comparisons = faults.comparisons
        if not part.resolving and not part.missed:
            part.names = part.used
        prompts = [act for cue in block.cues for act in cue.acts if isinstance(act, ResolvedPrompt)]
        part.has_choices = any(act.choice is not None for act in prompts)
        part.has_fades = any(act.fade is not None for act in prompts)

    def _put_at_times(self, part: Part) -> None:
        faults = Diagnostics()
        budget = CueBudget()
        part.placed = BlockPlacer(
            part.block,
            self.resolved,
            self.surroundings.grid,
            clock=self.surroundings.clock,
            faults=faults,
            budget=budget,
        ).place()
        if budget.is_over:
            raise _DependentError
        part.placing = faults.diagnostics_in_order
        part.comparisons += faults.comparisons

    def _expand(self, part: Part) -> None:
        if part.placed is None:
            return
        faults = Diagnostics()
        part.expanded = expand_block(
            part.placed,
            1,
            self.surroundings.seed,
            first_rule=0,
            lengths=NoteLengths(part.placed, self.resolved, faults),
            decks={},
        )
        part.expanding = faults.diagnostics_in_order

    # ---- chunks ----------------------------------------------------------------------------------

    def _land(self, found: PartCompilation) -> None:
        """Put the blocks in sequence, and their entries on chunks."""
        grid, snap = self.surroundings.grid, self.surroundings.snap
        blocks: list[PlayedBlock] = []
        start = Fraction(0)
        entries = last = 0
        for divided in found.divided:
            if not divided.is_placed:
                continue
            block = PlayedBlock(divided, start, grid, snap)
            blocks.append(block)
            start += divided.seconds
            if start.denominator.bit_length() > MAX_TIME_BITS:
                raise _DependentError
            for one in block.landed:
                entries += len(one.entries) + len(one.sends)
                last = max(last, one.summary.last)
        if entries > MAX_ENTRIES:
            raise _DependentError
        found.blocks = tuple(blocks)
        found.end = max(grid.chunks_until(start), last + 1)

    def _check(self, found: PartCompilation) -> None:
        """Collect the diagnostics, and those that can only be known on chunks."""
        parts = tuple(found.parts)
        unused = self._find_unused(parts)
        diagnostics = [
            *self.resolving,
            *chain.from_iterable(part.resolving for part in parts),
            *unused.diagnostics_in_order,
            *chain.from_iterable(part.placing for part in parts),
            *chain.from_iterable(part.expanding for part in parts),
        ]
        errors = [one for one in diagnostics if one.is_error]
        validating = Diagnostics()
        if not errors:
            self._validate(found, validating)
        elif (
            all(one.code in TIMELESS_CODES for one in errors)
            and found.end <= MAX_CHUNKS
            and not _are_clean(found)
        ):
            check_collisions(found.schedule(), self._whole(found), validating)
        diagnostics += validating.diagnostics_in_order
        compared = self.faults.comparisons + sum(part.comparisons for part in parts)
        if len(diagnostics) >= MAX_KEPT or compared > MAX_COMPARISONS:
            raise _DependentError  # how many diagnostics are kept depends on the whole score
        found.diagnostics = tuple(diagnostics)
        found.is_valid = not any(one.is_error for one in diagnostics)

    def _find_unused(self, parts: Sequence[Part]) -> Diagnostics:
        """Return the warnings about variables and scenes that no part uses."""
        faults = Diagnostics()
        vocabulary = self.resolver.vocabulary
        vocabulary.start_part(faults)
        vocabulary.used.update(self.used, *(part.used for part in parts))
        vocabulary.missed.update(self.missed, *(part.missed for part in parts))
        vocabulary.warn_unused()
        return faults

    def _validate(self, found: PartCompilation, faults: Diagnostics) -> None:
        """Check a schedule without errors so far, all of it only if a part needs that."""
        parts = tuple(found.parts)
        is_short = found.end <= MAX_CHUNKS and all(
            bars(block.stretch(0, (), ())) <= MAX_BARS for block in found.blocks
        )
        is_checked = (
            is_short
            and self.score.header.model is None
            and _are_clean(found)
            and _opens_with_prompt(found)
            and not any(part.has_fades for part in parts)
            and (
                not self.surroundings.clock.kind.is_external
                or (
                    self.score.header.sound is None
                    and not any(one.summary.cuts for block in found.blocks for one in block.landed)
                )
            )
        )
        has_choices = any(part.has_choices for part in parts)
        if is_checked and not has_choices:
            return
        resolved = self._whole(found)
        if not is_checked:
            check_schedule(found.schedule(), resolved, faults)
        if has_choices and not faults.has_errors:
            expanded = tuple(part.expanded for part in parts if part.expanded is not None)
            warn_repeated_picks(resolved.blocks, expanded, faults)

    def _whole(self, found: PartCompilation) -> Resolved:
        """Return the resolved score, with the cues of all parts."""
        blocks = tuple(
            replace(
                block.head,
                cues=tuple(cue for part in block.parts for cue in part.block.cues),
            )
            for block in found.divided
        )
        return replace(self.resolved, blocks=blocks, order=tuple(range(len(blocks))))


def _divide(items: tuple[Item, ...]) -> list[tuple[tuple[int, ...], tuple[Item, ...]]]:
    """Divide items by the pieces that they were read from.

    Small pieces are joined, up to one whose number is a multiple of `JOINED_PIECES`: a piece more
    or less in the middle changes no other part. A piece that begins with a position relative to the
    cue before it belongs to the one before.
    """
    groups: list[tuple[tuple[int, ...], tuple[Item, ...]]] = []
    key: list[int] = []
    joined: list[Item] = []
    size = 0
    for number, found in groupby(items, key=lambda item: item.span.line >> PIECE_BITS):
        group = tuple(found)
        is_large = size > SMALL_PIECE or len(group) > SMALL_PIECE
        if key and (is_large or number % JOINED_PIECES == 0) and not _begins_relative(group):
            groups.append((tuple(key), tuple(joined)))
            key, joined = [], []
        key.append(number)
        joined += group
        size = len(group)
    if key:
        groups.append((tuple(key), tuple(joined)))
    return groups


def _begins_relative(items: Sequence[Item]) -> bool:
    for item in items:
        match item:
            case Cue(place=place):
                return isinstance(place, After)
            case Every(start=After()):
                return True
            case _:
                pass
    return False


def _are_independent(parts: Sequence[Part]) -> bool:
    """Return whether the parts of a block can be compiled one by one."""
    marks = [name for part in parts for cue in part.block.cues for name, _ in cue.marks]
    times = [
        (part.placed.cues[0].seconds, part.placed.cues[-1].seconds)
        for part in parts
        if part.placed is not None and part.placed.cues
    ]
    is_strict = all(before[1] < after[0] for before, after in pairwise(times))
    return (
        len(set(marks)) == len(marks)
        and (is_strict or not any(part.has_choices for part in parts))
        and not any(cue.tempos or cue.meters for part in parts for cue in part.block.cues)
        and all(part.placed is not None for part in parts)
        and not any(
            one.code in _DEPENDENT_CODES or one.span.line >> PIECE_BITS not in part.key[index > 0 :]
            for index, part in enumerate(parts)
            for one in part.faults
        )
    )


def _are_clean(found: PartCompilation) -> bool:
    """Return whether no chunk has two acts of one kind, or a strength or a cut alone."""
    landed = [one for block in found.blocks for one in block.landed if one.entries]
    if not all(one.summary.is_clean for one in landed):
        return False
    if not all(block.divided.is_ordered for block in found.blocks):
        return False
    last = -1
    for index, one in enumerate(landed):
        if one.summary.first <= last:  # parts that share a chunk are checked together
            group = [
                other for other in landed[: index + 1] if other.summary.last >= one.summary.first
            ]
            if not summarise(chain.from_iterable(other.entries for other in group)).is_clean:
                return False
        last = max(last, one.summary.last)
    return True


def _opens_with_prompt(found: PartCompilation) -> bool:
    """Return whether a prompt lands on the first chunk of the score."""
    first = next((one for block in found.blocks for one in block.landed if one.entries), None)
    return first is not None and first.summary.first == 0 and first.summary.opens_with_prompt
