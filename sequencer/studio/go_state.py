"""What the GO button does now, as `GoState`."""

from __future__ import annotations

from collections.abc import Sequence

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.forecasts import ExitForecast
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.run_actions import LEAVES, RunAction
from sequencer.engine.conductor.transitions import Phase
from sequencer.schedule.model import GoTrigger, Stretch
from sequencer.studio.protocol import GoState, GoTarget
from sequencer.studio.run_source import Moments, RunSource

NO_GO = GoState(
    state="none", name="", target=None, then=None, shown_at=None, listens_at=None, listens_in=""
)
"""The state without a run, and of a score that no GO can leave."""


def go_state(source: RunSource, moments: Moments, now: int) -> GoState:
    """Return what the GO button does at nanosecond `now`."""
    view = source.view
    if source.conductor.is_finished or not _has_exit(view.passes):
        return NO_GO
    accepted = _accepted(source, moments, now)
    if accepted is not None:
        return accepted
    current = view.listening_pass
    name = exit_name(current.stretch)
    if name and view.phase not in (Phase.PLAYING, Phase.SHOWING):
        # The conductor holds a GO until the take runs; where it leads is known only then.
        return _state("ready", name=name)
    forecast = view.forecast_exit(now) if name else None
    if forecast is not None:
        return _ready(source, moments, name, forecast)
    return _not_listening(source, moments)


def exit_name(stretch: Stretch) -> str:
    """Return the first go-cue that ends a section, which a GO without a name fires; else empty."""
    return next((one.name for one in stretch.until if isinstance(one, GoTrigger)), "")


def _has_exit(passes: Sequence[Pass]) -> bool:
    return any(exit_name(one.stretch) for one in passes)


def _state(
    state: str,
    *,
    name: str = "",
    target: GoTarget | None = None,
    then: GoTarget | None = None,
    shown_at: int | None = None,
    listens_at: int | None = None,
    listens_in: str = "",
) -> GoState:
    return GoState(
        state=state,  # type: ignore[typeddict-item]  # callers pass one of its four values
        name=name,
        target=target,
        then=then,
        shown_at=shown_at,
        listens_at=listens_at,
        listens_in=listens_in,
    )


def _ready(source: RunSource, moments: Moments, name: str, forecast: ExitForecast) -> GoState:
    ends_at = _ends_at(moments, forecast)
    following = source.view.forecast_exit_after(forecast, ends_at)
    return _state(
        "ready",
        name=name,
        target=_target(source, moments, forecast),
        then=None if following is None else _target(source, moments, following),
    )


def _ends_at(moments: Moments, forecast: ExitForecast) -> int | None:
    """Return when the making of the last chunk that still leaves there ends, as expected."""
    return None if forecast.last_chunk is None else moments.begins(forecast.last_chunk + 1)


def deadline_of(moments: Moments, forecast: ExitForecast) -> int | None:
    """Return the nanosecond from which on a GO leaves later; None if it is not known."""
    limits = [one for one in (_ends_at(moments, forecast), forecast.until) if one is not None]
    return min(limits, default=None)


def _target(source: RunSource, moments: Moments, forecast: ExitForecast) -> GoTarget | None:
    if forecast.chunk is None:
        return None
    return GoTarget(
        section=_section(source, forecast.following),
        bar=forecast.bar,
        chunk=forecast.chunk,
        deadline_at=deadline_of(moments, forecast),
        error_ms=_error(source, forecast),
    )


def _error(source: RunSource, forecast: ExitForecast) -> float | None:
    """Return by how many ms the chunk begins after the bar line; None in a run that follows."""
    view = source.view
    if view.clock is not None or forecast.chunk is None:
        return None
    return round(float(view.grid.snap_error(forecast.time, forecast.chunk) * 1000), 1)


def _section(source: RunSource, stretch: Stretch | None) -> str:
    if stretch is None or stretch.section is None:
        return ""
    return source.status.coming.name(stretch.section, stretch.occurrence)


def leaving_action(source: RunSource) -> RunAction | None:
    """Return the latest exit that was taken, if it has not ended in vain."""
    for move in reversed(source.view.run_actions):
        if move.kind == LEAVES and move.status in (Status.WAITING, Status.LANDED):
            return move
    return None


def _accepted(source: RunSource, moments: Moments, now: int) -> GoState | None:
    """Return the state while a section that was left is still on screen."""
    view = source.view
    move = leaving_action(source)
    if move is None or move.pass_number >= len(view.passes):
        return None
    left = view.passes[move.pass_number]
    following = next(iter(view.passes[move.pass_number + 1 : move.pass_number + 2]), None)
    if not left.was_left:
        return None
    if following is None:
        chunk: int | None = view.end_chunk
    else:
        chunk = move.chunk if move.status is Status.LANDED else view.start_chunk(following)
    if chunk is None:
        shown = None
    else:
        shown = moments.shown(chunk)
        if shown is not None and shown <= now and view.chunk >= chunk:
            return None
    bar = _bar_left(left)
    target = (
        None
        if chunk is None
        else GoTarget(
            section="" if following is None else _section(source, following.stretch),
            bar=bar,
            chunk=chunk,
            deadline_at=None,
        )
    )
    return _state("accepted", name=exit_name(left.stretch), target=target, shown_at=shown)


def _bar_left(left: Pass) -> int | None:
    """Return the bar line at which a pass was left; None without bars."""
    meters = left.stretch.meters
    if left.left_at is None or meters is None:
        return None
    return meters.bar_beat_at(left.left_at).bar


def _not_listening(source: RunSource, moments: Moments) -> GoState:
    following = source.view.next_pass_with_exit
    if following is None:
        return _state("not-listening")
    chunk = source.view.start_chunk(following)
    return _state(
        "not-listening",
        name=exit_name(following.stretch),
        listens_at=None if chunk is None else moments.begins(chunk),
        listens_in=f"{_section(source, following.stretch)} 1.1".strip()
        if following.stretch.meters is not None
        else _section(source, following.stretch),
    )
