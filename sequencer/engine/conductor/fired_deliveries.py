"""Make the deliveries of what fires during a run: rules, and what an operator improvises."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import NO_SPAN
from sequencer.engine.conductor.deliveries import Delivery, kind_of
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.schedule.describe import describe_quantisation, rule_by_name
from sequencer.schedule.model import CueAct, Quantisation, RuleEntry

if TYPE_CHECKING:
    from sequencer.engine.conductor.passes import Pass
    from sequencer.engine.conductor.plan import Plan

IMPROVISED = "improvised"
"""The position, in reports, of what an operator improvised."""

_ZERO = Fraction(0)


def improvised_position(quantisation: Quantisation | None) -> str:
    """Return the position of something improvised in reports, as `improvised at next bar`."""
    if quantisation is None:
        return IMPROVISED
    return f"{IMPROVISED} at {describe_quantisation(quantisation)}"


def add_firing(
    plan: Plan,
    rule: RuleEntry,
    acts: tuple[CueAct, ...],
    current: Pass,
    *,
    chunk: int | None,
    at: int,
) -> Delivery:
    """Create a delivery for one firing of a rule at nanosecond `at`.

    It is planned for a chunk, or (None) for a position that it does not have yet. It is not
    added to `waiting`.
    """
    line = Delivery(
        number=plan.next_number(),
        time=_ZERO if chunk is None else plan.grid.boundary(chunk),
        nominal=UNPLACED if chunk is None else chunk,
        acts=acts,
        snap=plan.schedule.snap,
        place=rule_by_name(rule, plan.schedule.middle),
        section=current.stretch.section,
        scheduled_in=current,
        origin=rule.origin,
        occurrence=current.stretch.occurrence,
        version=current.version,
        rule=rule.id,
        quantisation=rule.quantisation,
        planned=chunk,
        fired=at,
        open={kind_of(act) for act in acts},
    )
    plan.lines.append(line)
    return line


def add_improvised(
    plan: Plan,
    acts: tuple[CueAct, ...],
    current: Pass,
    at: int,
    quantisation: Quantisation | None = None,
) -> Delivery:
    """Create a delivery for what an operator improvised at nanosecond `at`.

    It has no chunk yet (see `place_at`), and is not added to `waiting`.
    """
    line = Delivery(
        number=plan.next_number(),
        time=current.start,
        nominal=UNPLACED,
        acts=acts,
        snap=plan.schedule.snap,
        place=improvised_position(quantisation),
        quantisation=quantisation,
        section=current.stretch.section,
        scheduled_in=current,
        origin=NO_SPAN,
        occurrence=current.stretch.occurrence,
        version=current.version,
        fired=at,
        open={kind_of(act) for act in acts},
    )
    plan.lines.append(line)
    return line


def place_at(plan: Plan, line: Delivery, chunk: int) -> Delivery:
    """Plan a delivery without a position for a chunk."""
    line.time, line.nominal, line.planned = plan.grid.boundary(chunk), chunk, chunk
    return line
