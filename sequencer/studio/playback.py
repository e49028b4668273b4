"""Where a run is: connection, take, chunk, position, prompt, rates and cost, as `Playback`."""

from __future__ import annotations

from sequencer.studio.protocol import Playback, ShownPrompt
from sequencer.studio.run_source import Moments, RunSource

HOUR = 3600


def playback_of(
    source: RunSource, moments: Moments, prompts: list[ShownPrompt], now: int
) -> Playback:
    """Return where a run is at nanosecond `now`."""
    view, status = source.view, source.status
    activity, lasted = status.activity(now)
    chunks, at_most = status.chunks
    boundary = moments.boundary_at
    section, position = status.position(now if boundary is None else boundary)
    billed = status.billed_seconds(now)
    price, lag = source.price_per_hour, status.lag_in_force
    rate = status.frames_per_second
    return Playback(
        status=_status(source, activity),
        since_at=now - lasted,
        phase=view.phase.value,
        take=view.take,
        seed=view.seed if view.take else None,
        chunk=view.chunk,
        chunks=chunks,
        at_most=at_most,
        frames=view.grid.frames_of(view.chunk),
        section=section,
        position=position,
        paused=status.paused,
        boundary_at=boundary,
        chunk_ns=moments.chunk_ns,
        frame_rate=None if rate is None else round(rate, 2),
        prompts=prompts,
        refused=status.refused or "",
        upload=status.upload or "",
        lag_ms=None if lag is None else round(lag / 1e6, 1),
        offset_ms=status.offset / 1e6,
        billed_s=float(int(billed)),
        cost=round(int(billed) * price / HOUR, 2) if price else None,
        stage=source.stage,
        real_time=source.real_time,
        folder=source.folder,
    )


def _status(source: RunSource, activity: str) -> str:
    """Return what the run is doing; a run that waits for its clock is armed."""
    is_armed = activity == "ready" and source.view.phase.value == "armed"
    return "armed" if is_armed else activity
