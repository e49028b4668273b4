"""Place passes one after the other: each at the time, and among the takes, that precede it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.timebase import ChunkGrid, Snap, TempoMap
from sequencer.language.compiler.ir import Block, PlacedBlock, PlacedCue, Resolved
from sequencer.schedule.model import CutAct

if TYPE_CHECKING:
    from sequencer.language.compiler.place import CueBudget

BlockPlacing = Callable[
    [Block, ChunkGrid, Fraction, Fraction], tuple[PlacedBlock | None, Diagnostics]
]
"""Places a block among the takes of a grid, at a second and a quarter since the score began."""


class PassPlacer:
    """Places passes one after the other, each at the time and among the takes before it."""

    def __init__(
        self,
        resolved: Resolved,
        grid: ChunkGrid,
        placing: BlockPlacing,
        budget: CueBudget,
    ) -> None:
        """Create an object for a score's passes.

        Args:
            resolved: The score, with one block for each pass.
            grid: Its chunks, without cuts.
            placing: The function that computes the positions of a block.
            budget: The cues that may still be created.
        """
        self._resolved = resolved
        self._grid = grid
        self._placing = placing
        self._budget = budget
        self._snap = resolved.score.header.snap or Snap.NEAREST
        self._begins = self._quarter = Fraction(0)

    def place_next(self, block: Block) -> tuple[PlacedBlock | None, Diagnostics]:
        """Place the next pass; return what is wrong in it too.

        Where its chunks are depends on its own cuts, and where these are on the chunks: it is
        placed until its cuts stay where they are. Each time at least one more of them does.
        """
        grid, rounds = self._grid, 0
        while True:
            before = replace(self._budget)
            placed, own = self._placing(block, grid, self._begins, self._quarter)
            if placed is None:
                return None, own
            if grid.first is None or own.has_errors:
                found = grid
                break
            cuts = [cue for cue in placed.cues if any(isinstance(act, CutAct) for act in cue.acts)]
            found = self._with_cuts(cuts, own)
            rounds += 1
            if found == grid or own.has_errors:
                break
            if rounds > len(cuts) + 2:
                own.error(
                    "E430",
                    "these cuts depend on each other: each moves the chunks on which others are",
                    cuts[-1].span,
                    hint="write their positions in bars or in seconds",
                )
                break
            grid = found
            self._budget.left, self._budget.is_over = before.left, before.is_over
        self._grid = found
        self._begins += placed.seconds
        if placed.tempo is not None:
            self._quarter += quarters_of(placed, placed.tempo)
        return placed, own

    def _with_cuts(self, cuts: list[PlacedCue], own: Diagnostics) -> ChunkGrid:
        """Return the grid with the cuts of a pass, up to one that is before another (reported)."""
        grid = self._grid
        for cue in cuts:
            time, mode = self._begins + cue.seconds, cue.snap or self._snap
            if grid.cut_chunks and grid.snap(time, mode) < grid.cut_chunks[-1]:
                own.error(
                    "E430",
                    f"this cut snaps to a chunk before the cut before it, at chunk "
                    f"{grid.cut_chunks[-1]}, which moves the chunks after it",
                    cue.span,
                    hint="give both cuts the same snap",
                )
                return grid
            grid = grid.with_cuts([(time, mode)])
        return grid


def quarters_of(placed: PlacedBlock, tempo: TempoMap) -> Fraction:
    """Return the length of a block in quarters."""
    return tempo.quarter_at(placed.seconds) if placed.quarters is None else placed.quarters
