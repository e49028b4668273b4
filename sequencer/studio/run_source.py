"""What the studio reads of a run: its conductor, its status, and facts that do not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.engine.conductor.transitions import Phase
from sequencer.runtime.live.status import LiveStatus

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.engine.conductor.view import RunView as ConductorView
    from sequencer.runtime.live.run import LiveRun


def _none() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """A run, as the studio reads it.

    Attributes:
        conductor: The conductor of the run.
        status: The status of the run; it has to receive each event before the studio does.
        stage: The stage, as `simulator` or `reactor`.
        real_time: Whether the run plays in real time.
        folder: The name of the run's folder; empty if nothing is kept.
        price_per_hour: What an hour of the session costs; 0 without a price.
        source: The name of the device that the clock comes from; empty for none.
        failures: Returns a sentence for each part of the output that could not be written.
    """

    conductor: Conductor
    status: LiveStatus
    stage: str = "simulator"
    real_time: bool = True
    folder: str = ""
    price_per_hour: float = 0.0
    source: str = ""
    failures: Callable[[], Sequence[str]] = _none

    @classmethod
    def of_live_run(cls, run: LiveRun, stage: str) -> RunSource:
        """Return the source of a live run on a stage."""
        settings = run.settings
        return cls(
            conductor=run.performance.conductor,
            status=run.live_status,
            stage=stage,
            folder=run.folder.final.name,
            price_per_hour=float(settings.price_per_hour),
            source=settings.schedule.clock.port or "",
            failures=lambda: failures_of(run),
        )

    @property
    def view(self) -> ConductorView:
        """The view of the conductor."""
        return self.conductor.view


def failures_of(run: LiveRun) -> Sequence[str]:
    """Return what of a run's output could not be written so far, one sentence each."""
    journal = run.performance.journal_failure
    return [*run.failures, *([] if journal is None else [f"the journal: {journal}"])]


class Moments:
    """When chunks begin and are shown, by the latest chunk boundary and the measured rate."""

    def __init__(self, source: RunSource) -> None:
        self._source = source

    @property
    def boundary_at(self) -> int | None:
        """When the chunk that is being made began; None before the first take."""
        return self._source.status.boundary_at

    @property
    def chunk_ns(self) -> int:
        """How long a chunk takes now, in nanoseconds."""
        return round(self._source.status.chunk_seconds() * SECOND)

    @property
    def lag(self) -> int:
        """From the beginning of a chunk to its first frame, in nanoseconds.

        Until it is measured: the time to make a chunk, because a frame cannot be seen before.
        """
        measured = self._source.status.lag_in_force
        return self.chunk_ns if measured is None else measured

    def begins(self, chunk: int) -> int | None:
        """Return when the making of a score chunk begins (or began); None if it is not known.

        A model that is paused, or that is stalled, has no time for it.
        """
        view, boundary = self._source.view, self.boundary_at
        is_known = view.phase in (Phase.PLAYING, Phase.CUTTING, Phase.SHOWING)
        if boundary is None or not is_known:
            return None
        if chunk > view.chunk and self._source.status.paused:
            return None
        return boundary + round(chunks_between(view.grid, view.chunk, chunk) * self.chunk_ns)

    def shown(self, chunk: int) -> int | None:
        """Return when the first frame of a score chunk is shown (or was); None if unknown."""
        seen = self._source.view.shown.get(chunk)
        if seen is not None:
            return seen
        begins = self.begins(chunk)
        return None if begins is None else begins + self.lag


def chunks_between(grid: ChunkGrid, first: int, last: int) -> float:
    """Return how many full chunks of frames are between the beginnings of two score chunks."""
    if grid.first is None:
        return float(last - first)
    return (grid.first_frame(last) - grid.first_frame(first)) / grid.frames
