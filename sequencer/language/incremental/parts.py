"""Parts of a score: a section, or some of the cues of a long one, and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sequencer.core.diagnostics import Diagnostic
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.language.compiler.expand import ExpandedStretch
from sequencer.language.compiler.ir import Block, PlacedBlock, PlacedCue
from sequencer.language.compiler.quantise import build_entry, build_sends
from sequencer.language.incremental.chunk_checks import ChunkSummary, summarise
from sequencer.language.score import Item, Section
from sequencer.schedule.model import CueAct, Entry, Send, Stretch


class Part:
    """What is known about a part. It is changed only by adding what was not computed yet."""

    __slots__ = (
        "block",
        "cache",
        "comparisons",
        "expanded",
        "expanding",
        "has_choices",
        "has_fades",
        "head",
        "items",
        "key",
        "landed",
        "missed",
        "names",
        "placed",
        "placing",
        "resolving",
        "used",
    )

    def __init__(self, key: tuple[int, ...], items: tuple[Item, ...], head: Block) -> None:
        self.key = key
        """The number of the piece in which the block begins, then those of the items."""
        self.items = items
        self.head = head
        """The block that it is a part of, without its cues."""
        self.block = head
        """The same with the cues of the part."""
        self.used: frozenset[str] = frozenset()
        """The variables and scenes that it uses."""
        self.missed: frozenset[str] = frozenset()
        self.names: frozenset[str] | None = None
        """The names that it depends on; None for all."""
        self.resolving: tuple[Diagnostic, ...] = ()
        self.placing: tuple[Diagnostic, ...] = ()
        self.expanding: tuple[Diagnostic, ...] = ()
        self.comparisons = 0
        self.placed: PlacedBlock | None = None
        self.expanded: ExpandedStretch | None = None
        self.has_choices = False
        self.has_fades = False
        self.landed: LandedPart | None = None
        self.cache: dict[str, Any] = {}
        """What other modules compute from it, by their names."""

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """Everything that was reported."""
        return (*self.resolving, *self.placing, *self.expanding)

    def has_head(self, head: Block) -> bool:
        """Return whether a block differs in nothing that the part depends on."""
        mine = self.head
        return (
            mine.name_span == head.name_span
            and mine.name == head.name
            and (mine.duration, mine.tempo, mine.meter, mine.cut)
            == (head.duration, head.tempo, head.meter, head.cut)
            and (mine.span == head.span or not (self.block.cut is not None or self.faults))
        )

    def place_as(self, known: Part) -> bool:
        """Place the part as it was placed before, with its own acts.

        Args:
            known: The part of the same items, when variables or scenes were different.

        Returns:
            Whether it was possible: the acts are of the same kinds, and nothing was reported.
        """
        mine, before = self.block.cues, known.block.cues
        if (
            known.placed is None
            or self.faults
            or known.faults
            or len(mine) != len(before)
            or any(
                one.span != other.span or [*map(type, one.acts)] != [*map(type, other.acts)]
                for one, other in zip(mine, before, strict=True)
            )
        ):
            return False
        acts = {cue.span: cue.acts for cue in mine}
        self.placed = replace(
            known.placed,
            block=self.block,
            cues=tuple(
                PlacedCue(
                    label=cue.label,
                    quarter=cue.quarter,
                    seconds=cue.seconds,
                    acts=acts.get(cue.span, cue.acts),
                    snap=cue.snap,
                    span=cue.span,
                    level=cue.level,
                )
                for cue in known.placed.cues
            ),
        )
        return True

    def land_as(self, known: Part) -> None:
        """Put the entries on the chunks on which they were before, if they are the same ones.

        Args:
            known: The part of the same items, when variables or scenes were different.
        """
        landed, expanded = known.landed, self.expanded
        if landed is None or expanded is None or self.faults or known.faults:
            return
        is_same = len(landed.entries) == len(expanded.entries) and all(
            (old.origin, old.offset) == (new.cue.span, new.cue.seconds)
            and [*map(type, old.acts)] == [*map(type, new.acts)]
            for old, new in zip(landed.entries, expanded.entries, strict=True)
        )
        if is_same:
            entries = zip(landed.entries, expanded.entries, strict=True)
            self.landed = copy(landed)
            self.landed.entries = tuple(with_acts(old, new.acts) for old, new in entries)


def with_acts(entry: Entry, acts: tuple[CueAct, ...]) -> Entry:
    """Return an entry with other acts."""
    return Entry(
        id=entry.id,
        place=entry.place,
        offset=entry.offset,
        quarter=entry.quarter,
        snap=entry.snap,
        chunk=entry.chunk,
        error=entry.error,
        acts=acts,
        origin=entry.origin,
    )


class LandedPart:
    """A part at a time: its entries on chunks, numbered from 0, and its messages."""

    __slots__ = ("cache", "entries", "sends", "start", "summary")

    def __init__(self, part: Part, start: Fraction, grid: ChunkGrid, snap: Snap) -> None:
        expanded = part.expanded
        self.start = start
        self.entries: tuple[Entry, ...] = ()
        self.sends: tuple[Send, ...] = ()
        if expanded is not None:
            self.entries = tuple(
                build_entry(one, number, start, grid, snap)
                for number, one in enumerate(expanded.entries)
            )
            self.sends = build_sends(expanded, 0)
        self.summary: ChunkSummary = summarise(self.entries)
        self.cache: dict[str, Any] = {}
        """What other modules compute from it, by their names: it does not depend on texts."""


class DividedBlock:
    """A block of the score with its parts, in the order of the text."""

    __slots__ = ("head", "is_ordered", "parts", "quarters", "seconds", "section")

    def __init__(self, section: Section | None, head: Block, parts: Sequence[Part]) -> None:
        self.section = section
        self.head = head
        self.parts = tuple(parts)
        placed = [part.placed for part in parts if part.placed is not None]
        self.seconds = max((one.seconds for one in placed), default=Fraction(0))
        self.quarters = placed[0].quarters if placed else None
        times = [(one.cues[0].seconds, one.cues[-1].seconds) for one in placed if one.cues]
        self.is_ordered = all(before[1] <= after[0] for before, after in pairwise(times))
        """Whether the cues of each part are before those of the next one."""

    @property
    def is_placed(self) -> bool:
        """Whether its length is known."""
        return all(part.placed is not None for part in self.parts)


class PlayedBlock:
    """A block at its time. `chunks` are the earliest and the latest one with which it begins."""

    __slots__ = ("chunks", "divided", "landed", "start")

    def __init__(self, divided: DividedBlock, start: Fraction, grid: ChunkGrid, snap: Snap) -> None:
        self.divided = divided
        self.start = start
        self.chunks = grid.with_takes_until(0).snap(start, snap), grid.snap(start, snap)
        self.landed = tuple(_landed(part, start, grid, snap) for part in divided.parts)

    def stretch(self, index: int, entries: tuple[Entry, ...], sends: tuple[Send, ...]) -> Stretch:
        """Return the only pass of the block."""
        divided = self.divided
        placed = [part.placed for part in divided.parts if part.placed is not None]
        return Stretch(
            index=index,
            section=divided.head.name,
            occurrence=1,
            start=self.start,
            seconds=divided.seconds,
            quarters=divided.quarters,
            tempo=placed[0].tempo if placed else None,
            meters=placed[0].meters if placed else None,
            entries=entries,
            rules=(),
            until=(),
            earliest=self.chunks[0],
            latest=self.chunks[1],
            soonest=self.start,
            origin=divided.head.span,
            marks=tuple(mark for one in placed for mark in one.marks),
            sends=sends,
        )


def _landed(part: Part, start: Fraction, grid: ChunkGrid, snap: Snap) -> LandedPart:
    """Return a part at a time, as it was computed before if that is still its time."""
    known = part.landed
    if known is None or known.start != start:
        known = part.landed = LandedPart(part, start, grid, snap)
    return known
