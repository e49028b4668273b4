"""Group entries by chunk and take: what acts at each chunk, and what is in force when a take opens.

Used twice with the same rules: by the compiler at nominal times, and by the timeline of a run for
cues that landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from fractions import Fraction

from sequencer.core.images import ImageFile, Scale
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.schedule.model import (
    ChunkActs,
    CutAct,
    Entry,
    ImageAct,
    PromptAct,
    Schedule,
    Settings,
    StrengthAct,
    Stretch,
    SuperResolutionAct,
    Take,
)


@dataclass(slots=True, kw_only=True)
class _ChunkGroup:
    """What acts at one chunk, while it is being collected.

    Later entries win; `cut` is None, or the cut's seed in a tuple.
    """

    chunk: int
    prompt: str | None = None
    fade: int = 0
    image: ImageFile | None = None
    strength: Fraction | None = None
    sr: Scale | None = None
    cut: tuple[int | None] | None = None
    entries: list[int] = field(default_factory=list)

    def take_in(self, entry: Entry) -> None:
        """Add an entry that acts at this chunk, in order of exact time and source."""
        self.entries.append(entry.id)
        for act in entry.acts:
            match act:
                case PromptAct():
                    self.prompt, self.fade = act.text, act.fade
                case ImageAct():
                    self.image = act.image
                case StrengthAct():
                    self.strength = act.value
                case SuperResolutionAct():
                    self.sr = act.scale
                case CutAct():
                    self.cut = (act.seed,)

    def bundle(self) -> ChunkActs:
        """Return the result, without the cut, which belongs to the take."""
        return ChunkActs(
            chunk=self.chunk,
            prompt=self.prompt,
            image=self.image,
            strength=self.strength,
            sr=self.sr,
            entries=tuple(self.entries),
            fade=self.fade,
        )


def group_by_chunk(entries: Iterable[Entry]) -> tuple[_ChunkGroup, ...]:
    """Return what acts at each chunk, by chunk.

    `entries` are in order of exact time, then of source.
    """
    by_chunk: dict[int, _ChunkGroup] = {}
    for entry in entries:
        acting = by_chunk.get(entry.chunk)
        if acting is None:
            acting = by_chunk[entry.chunk] = _ChunkGroup(chunk=entry.chunk)
        acting.take_in(entry)
    return tuple(sorted(by_chunk.values(), key=lambda one: one.chunk))


def is_fading(bundle: ChunkActs, take: Take) -> bool:
    """Return whether a prompt fades in: not if it opens its take, nor together with an image."""
    return bundle.fade > 0 and bundle.chunk > take.start and bundle.image is None


def takes_of(entries: Sequence[Entry], seed: int, sr: Scale, first: int = 0) -> tuple[Take, ...]:
    """Return the takes of the entries, cut at every chunk that a cut snaps to.

    A cut at the first chunk only sets the seed.

    A take opens with the sr and the strength in force; the image is not repeated, unless the
    opening chunk brings one.

    Args:
        entries: The entries.
        seed: The seed of the first take.
        sr: The super-resolution of the first take.
        first: The chunk with which the first take begins.
    """
    strength: Fraction | None = None
    takes: list[Take] = []
    bundles: list[ChunkActs] = []
    opening: Settings | None = None
    start = first
    for acting in group_by_chunk(entries):
        strength = acting.strength if acting.strength is not None else strength
        sr = acting.sr if acting.sr is not None else sr
        opens = acting.cut is not None or (opening is None and acting.chunk == first)
        if opens:
            if opening is not None:
                takes.append(
                    Take(index=len(takes), start=start, opening=opening, bundles=tuple(bundles))
                )
            if acting.cut is not None and acting.cut[0] is not None:
                seed = acting.cut[0]
            start = acting.chunk
            opening = Settings(
                seed=seed, sr=sr, strength=strength, image=acting.image, prompt=acting.prompt or ""
            )
            bundles = []
        bundles.append(acting.bundle())
    takes.append(
        Take(
            index=len(takes),
            start=start,
            opening=opening or Settings(seed=seed, sr=sr, strength=strength, image=None, prompt=""),
            bundles=tuple(bundles),
        )
    )
    return tuple(takes)


def grid_with_cuts(grid: ChunkGrid, stretches: Iterable[Stretch]) -> ChunkGrid:
    """Return the grid with the cuts of stretches at their nominal times, in their order.

    Raises ValueError for a cut before an earlier one: no score has that.
    """
    grid = replace(grid, cut_times=(), cut_chunks=())
    for stretch in stretches if grid.first is not None else ():
        grid = grid.with_cuts(_cuts_of(stretch, stretch.start))
    return grid


def _cuts_of(stretch: Stretch, start: Fraction) -> Iterator[tuple[Fraction, Snap]]:
    """Yield the time and the snap of each cut of a stretch that begins at a time."""
    for entry in stretch.entries:
        if any(isinstance(act, CutAct) for act in entry.acts):
            yield start + entry.offset, entry.snap


def with_early_cuts(grid: ChunkGrid, stretch: Stretch, length: Fraction) -> ChunkGrid:
    """Return a grid with the cuts of a stretch that begins and ends as soon as possible."""
    for cut in _cuts_of(stretch, stretch.soonest) if grid.first is not None else ():
        if cut[0] < stretch.soonest + length:
            try:
                grid = grid.with_cuts([cut])
            except ValueError:
                continue  # it would be before the cut before it, and begins no take
    return grid


def soonest_grid(schedule: Schedule) -> ChunkGrid:
    """Return the grid of a run in which each live stretch is left as soon as possible."""
    grid = schedule.grid
    if grid.first is None or not any(one.is_live for one in schedule.stretches):
        return grid
    grid = grid.with_takes_until(0)
    for one, following in zip(schedule.stretches, schedule.stretches[1:], strict=False):
        grid = with_early_cuts(grid, one, following.soonest - one.soonest)
    return with_early_cuts(grid, schedule.stretches[-1], schedule.stretches[-1].seconds)
