"""One `at` becomes one placed cue, one `every` as many as the block has room for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sequencer.compiler.cures import later_end, longer
from sequencer.compiler.local import MUSICAL, LocalTime, number
from sequencer.compiler.placed import PlacedCue, Spot
from sequencer.compiler.resolved import Block, ResolvedCue
from sequencer.errors import Faults, Fix
from sequencer.score import Duration, Place
from sequencer.timebase import is_before

MOST_CUES = 200_000
"""How many cues one block may come to, its `every`s unfolded."""


class Unfolding:
    """Unfolds the cues of one block, whose maps are laid out. `end_place` is the written end of a score without sections."""

    def __init__(self, block: Block, end_place: Place | None, local: LocalTime, faults: Faults) -> None:
        self._block = block
        self._end_place = end_place
        self._local = local
        self._faults = faults

    def cues_of(self, cue: ResolvedCue, spot: Spot | None, length: Fraction) -> Iterator[PlacedCue]:
        """The placed cues of one `at` or `every` that begins at `spot`, in a block of `length` seconds."""
        seconds = None if spot is None else self._local.seconds_of(spot, cue.span)
        if spot is None or seconds is None:
            return
        if not is_before(seconds, length):
            self._past_the_end(cue, spot, length)
        elif cue.every is None:
            yield PlacedCue(self._local.label(spot), spot.quarter, seconds, cue.acts, cue.snap, cue.span)
        else:
            yield from self._repeat(cue, cue.every, spot, length)

    def _repeat(self, cue: ResolvedCue, step: Duration, first: Spot, length: Fraction) -> Iterator[PlacedCue]:
        """The placed cues of an `every`: multiples of its step from its first place, so that nothing adds up."""
        last = self._local.after(first, step.amount * MOST_CUES, step.unit, step.span)
        beyond = None if last is None else self._local.seconds_of(last, step.span)
        if beyond is None:
            return
        if beyond < length:
            self._faults.error("E414", f"this `every` comes to more than {MOST_CUES:,} cues", step.span, "write a longer one")
            return
        previous: Fraction | None = None
        for count in range(MOST_CUES):
            there = self._local.after(first, step.amount * count, step.unit, step.span) if count else first
            seconds = None if there is None else self._local.seconds_of(there, step.span)
            if there is None or seconds is None or not is_before(seconds, length):
                return
            if previous is not None and seconds - previous < self._local.grid.chunk and cue.is_for_the_model:
                shortest = "1c" if self._faults.is_full else self._shortest(step)
                self._faults.error(
                    "E413",
                    f"this `every` is denser than a chunk ({number(self._local.grid.chunk)} s)",
                    step.span,
                    f"the model changes at chunk boundaries only; write a longer one, at least {shortest}",
                    (Fix(step.span, shortest),),
                )
                return
            yield PlacedCue(self._local.label(there), there.quarter, seconds, cue.acts, cue.snap, cue.span)
            previous = seconds

    def _shortest(self, step: Duration) -> str:
        """A step that is a chunk long wherever it stands: whole beats at the fastest tempo, or one chunk."""
        if step.unit not in MUSICAL or self._local.tempo is None or self._local.meters is None:
            return "1c"
        fastest = min(min(one.first, one.last) for one in self._local.tempo.segments)
        beat = min(meter.beat for _, meter in self._local.meters.changes)
        return f"{-(-self._local.grid.chunk // (fastest * beat))}b"

    def _past_the_end(self, cue: ResolvedCue, spot: Spot, length: Fraction) -> None:
        if self._faults.is_full:  # the rest would be worked out for nothing
            self._faults.error("E415", "this place lies at or behind the end", cue.where)
            return
        what = "the score" if self._block.name is None else f"the section {self._block.name}"
        ends = f"{number(length)} s"
        fix: Fix | None = None
        if self._block.duration is not None:
            fix = longer(self._block.duration, spot, self._local)
            if self._local.meters is not None and self._local.tempo is not None:
                amount, unit = self._block.duration.amount, self._block.duration.unit
                ends = f"{number(amount)} {unit}" if amount != 1 else f"1 {unit.removesuffix('s')}"
        elif self._end_place is not None:
            fix = later_end(self._end_place, spot, self._local)
        make = "make it longer" if fix is None else f"make it longer ({fix.text})"
        self._faults.error(
            "E415",
            f"this place lies at or behind the end of {what} ({ends})",
            cue.where,
            f"{make}, or give the cue an earlier place",
            () if fix is None else (fix,),
        )
