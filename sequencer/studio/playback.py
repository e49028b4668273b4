"""Where a run is: connection, take, chunk, position, prompt, rates and cost, as `Playback`."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import Delivery
from sequencer.schedule.describe import bare
from sequencer.schedule.model import PromptAct
from sequencer.studio.protocol import Playback
from sequencer.studio.run_source import Moments, RunSource

ACTION_LENGTH = 400
"""The longest action of a prompt that is shown, in characters."""
HOUR = 3600


def playback_of(
    source: RunSource, moments: Moments, prompt_source: PromptSource, now: int
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
        prompt=status.prompt or "",
        action=bare(status.action(ACTION_LENGTH) or ""),
        prompt_from=prompt_source.name(),
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


class PromptSource:
    """Where the prompt in force comes from; searched once for each prompt.

    Args:
        source: The run.
    """

    def __init__(self, source: RunSource) -> None:
        self._source = source
        self._key: tuple[str | None, int, int] | None = None
        self._found = ""

    def name(self) -> str:
        """Return the cue, rule or improvisation: `jam 5.1`, `note D3`, `improvised`."""
        view = self._source.view
        key = (self._source.status.prompt, view.take, view.version)
        if key != self._key:
            self._key, self._found = key, self._describe()
        return self._found

    def _describe(self) -> str:
        line = self._delivery()
        if line is None:
            return ""
        if line.fired is not None:
            return line.place
        name = self._source.status.coming.name(line.section, line.occurrence)
        return f"{name} {line.place}".strip()

    def _delivery(self) -> Delivery | None:
        """Return the delivery whose prompt the model shows, if it is known."""
        prompt, view = self._source.status.prompt, self._source.view
        if not prompt:
            return None
        for chunk in range(view.chunk, -1, -1):
            slot = view.slots.get(chunk)
            for line in reversed(slot.lines if slot is not None else []):
                if any(isinstance(act, PromptAct) and act.text == prompt for act in line.acts):
                    return line
        return None
