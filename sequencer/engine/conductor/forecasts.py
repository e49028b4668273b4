"""Forecast what the conductor would do with input that arrives now, for those who display a run.

The functions compute with the same rules as the handlers, and change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from sequencer.engine.conductor.deliveries import Delivery, kind_of
from sequencer.engine.conductor.exits import find_exit
from sequencer.engine.conductor.message_output import AHEAD
from sequencer.engine.conductor.operator_input import issued_until
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.engine.conductor.takeover import bar_line
from sequencer.engine.conductor.transitions import Phase
from sequencer.schedule.model import CutAct, GoTrigger, Stretch

if TYPE_CHECKING:
    from sequencer.engine.conductor.passes import Pass
    from sequencer.engine.conductor.run_state import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitForecast:
    """Where the current pass is left if an exit of it fires now.

    Attributes:
        following: The stretch that then begins; None if the run ends there.
        bar: The bar line of the current pass at which it begins; None without bars.
        time: The same in nominal score seconds.
        chunk: The score chunk with which it begins; None if a stopped clock leaves it open.
        last_chunk: The last score chunk during whose making an exit still leaves here; None if
            only the clock decides.
        until: In a run that follows a clock, the nanosecond from which on an exit leaves later;
            None in a fixed run.
    """

    following: Stretch | None
    bar: int | None
    time: Fraction
    chunk: int | None
    last_chunk: int | None
    until: int | None


def forecast_exit(run: RunState, at: int) -> ExitForecast | None:
    """Return where the current pass is left if its exit fires at nanosecond `at`.

    None while no take plays, for a pass that is not live, and for one that ends by itself before
    it could be left.
    """
    if run.phase is not Phase.PLAYING:
        return None
    return _exit_from(run, run.making + run.schedule.lead, issued_until(run, at))


def forecast_exit_after(
    run: RunState, now: ExitForecast, ends_at: int | None
) -> ExitForecast | None:
    """Return where an exit leaves once it is too late for another forecast.

    Args:
        run: The run.
        now: The forecast of now.
        ends_at: The nanosecond at which the making of `now.last_chunk` is expected to end, if it
            is known.
    """
    if run.phase is not Phase.PLAYING:
        return None
    reach = run.making + run.schedule.lead
    is_by_clock = now.until is not None and (ends_at is None or now.until < ends_at)
    if now.last_chunk is not None and not is_by_clock:
        reach = max(reach, _making_of_input(run, now.last_chunk + 1) + run.schedule.lead)
    moment = now.until if is_by_clock else ends_at
    passed = None if now.until is None or moment is None else issued_until(run, moment)
    return _exit_from(run, reach, passed)


def _exit_from(run: RunState, reach: int, passed: int | None) -> ExitForecast | None:
    plan = run.plan
    current = plan.pass_at(run.making)
    if not current.stretch.is_live:
        return None
    time = find_exit(plan, current, reach, passed)
    if time is None:
        return None
    following = plan.following(current)
    stretch = plan.schedule.stretches[following] if following < plan.beyond else None
    quarter, meters = bar_line(current, time), current.stretch.meters
    bar = None if quarter is None or meters is None else meters.bar_beat_at(quarter).bar
    landing, until = _landing(run, current, quarter, time)
    chunk = landing
    if plan.follow is None and stretch is None:
        chunk = plan.grid.with_takes_until(run.making, time).chunks_until(time)  # no later cuts
    elif plan.follow is not None and stretch is not None and _opens_take(stretch):
        # The first chunk of a take may be shorter, and is shown so much sooner.
        chunk, _ = _landing(run, current, quarter, time, later=plan.follow.lacking)
    last = None if landing is None else landing - run.schedule.lead
    if last is not None and _making_of_input(run, last) > last:
        last -= 1
    return ExitForecast(
        following=stretch,
        bar=bar,
        time=time,
        chunk=chunk,
        last_chunk=last,
        until=until,
    )


def _making_of_input(run: RunState, making: int) -> int:
    """Return during which score chunk an operator's input counts that arrives during another one.

    While the chunk before a cut is made, the model is reset, and input waits for the new take.
    """
    while run.plan.last_cut_by(making + 1) == making + 1:
        making += 1
    return making


def _opens_take(stretch: Stretch) -> bool:
    """Return whether a section begins with a cut."""
    return any(
        isinstance(act, CutAct)
        for entry in stretch.entries
        if not entry.offset
        for act in entry.acts
    )


def _landing(
    run: RunState, current: Pass, quarter: Fraction | None, time: Fraction, later: float = 0.0
) -> tuple[int | None, int | None]:
    """Return the score chunk of a position, and until when a clock lets it be reached.

    The chunk is that of `later` nanoseconds after the position.
    """
    plan, follow = run.plan, run.plan.follow
    if follow is None:
        return plan.chunk_at(time), None
    due = follow.time_of(float(current.quarter_of(quarter, time)), float(time))
    if due is None:
        return None, None
    until = ceil(due) - AHEAD if issued_until(run, 0) is not None else None
    return follow.chunk_at(due + later, plan.schedule.snap), until


def next_pass_with_exit(run: RunState, listening: Pass) -> Pass | None:
    """Return the first later pass that an operator's `go` ends."""
    return next(
        (
            one
            for one in run.plan.passes[listening.number + 1 :]
            if any(isinstance(trigger, GoTrigger) for trigger in one.stretch.until)
        ),
        None,
    )


def soonest_exit(run: RunState, current: Pass) -> Fraction | None:
    """Return the first nominal score time at which a live pass to come can be left.

    An exit can fire as soon as the first chunk of the pass is being made.

    Returns:
        The time; None if it is not known, or if the pass ends by itself before that.
    """
    chunk = start_chunk(run, current)
    if chunk is None or not current.stretch.is_live:
        return None
    return find_exit(run.plan, current, chunk + run.schedule.lead)


def start_chunk(run: RunState, current: Pass) -> int | None:
    """Return the score chunk with which a pass of the plan begins; None if it is not known."""
    chunk = run.plan.start_of(current.number)
    return None if chunk is None or chunk >= UNPLACED else chunk


def due_chunk(run: RunState, line: Delivery) -> int | None:
    """Return the score chunk during whose making the first command of a delivery is due at last.

    A prompt is sent `lead` chunks ahead; earlier if nothing can change it any more. Everything
    else, and a prompt that comes with an image, is sent during the chunk before. What belongs to a
    later take is sent when that is opened, or after that.

    Returns:
        The chunk; None if it is not known, or if the delivery opens the take.
    """
    chunk = line.chunk if line.chunk is not None else line.nominal
    if chunk >= UNPLACED or chunk <= run.base:
        return None
    kinds = {kind_of(act) for act in line.acts}
    slot = run.ledger.slots.get(chunk)
    with_image = "image" in kinds or (slot is not None and slot.image is not None)
    ahead = run.schedule.lead if "prompt" in kinds and not with_image else 1
    cut = run.plan.last_cut_by(chunk)
    return max(run.base if cut is None else cut, chunk - ahead)
