"""Handle what the operator and external devices do: rules, exits, gotos and pauses.

Input that arrives while a take is being opened is held until the take runs.
"""

from __future__ import annotations

from fractions import Fraction

from sequencer.engine.conductor.deliveries import Delivery, Status, kind_of
from sequencer.engine.conductor.dispatch import begin_cut, commit_limit, commit_up_to, send_due
from sequencer.engine.conductor.plan import Pass
from sequencer.engine.conductor.run_actions import LEAVES, RunAction
from sequencer.engine.conductor.run_state import Phase, RunState
from sequencer.engine.conductor.triggers import TriggerEvent
from sequencer.events.commands import Command, Pause, Resume
from sequencer.events.events import OperatorPause, Paused, Resumed
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import (
    ControlAct,
    CueAct,
    CutAct,
    GotoAct,
    MidiAct,
    NoteAct,
    PauseAct,
    PickAct,
    ProgramAct,
    ResumeAct,
    RuleEntry,
    Trigger,
)


def operator_pause(run: RunState, event: OperatorPause) -> list[Command]:
    """Pause or resume because the operator asked for it, without any rule."""
    return [pause(run) if event.paused else Resume()]


def pause(run: RunState) -> Command:
    """Request a pause. The model rests after the current chunk, and what is sent then acts on the very next chunk."""
    if run.pausing is None and not run.paused:
        run.pausing = run.making
    return Pause()


def paused(run: RunState, event: Paused) -> list[Command]:
    """Record that the model rests after a chunk: live acts wait until it goes on.

    A model that does not report after which chunk it rests may report the pause before that chunk is done. It then rests
    after the chunk that was being made when the pause was requested, or after the last one that is made.
    """
    asked, run.paused, run.pausing = run.pausing, True, None
    run.stalls.rest()
    if event.chunk is None:
        run.moves.paused(max(run.making - 1, run.base, run.making - 1 if asked is None else asked), event.at, is_guess=True)
    else:
        run.moves.paused(run.base + event.chunk, event.at)
    return []


def resumed(run: RunState, event: Resumed) -> list[Command]:
    """Record that the model goes on, and send what is due for the next chunk."""
    run.paused, run.pausing = False, None
    run.stalls.expect(event.at)
    said = run.making if event.chunk is None else run.base + event.chunk
    run.moves.resumed(said if said > run.making and run.can_be(said, event.at) else run.making, event.at)
    return send_due(run, event.at)


def on_trigger(run: RunState, event: TriggerEvent) -> list[Command]:
    """Apply the rules and exits of the current pass that an event fires."""
    firings = run.ear.match(event)
    return act_on(run, firings, event.at) if firings else []


def hold_until_started(run: RunState, event: TriggerEvent | OperatorPause) -> list[Command]:
    """Hold the operator's input while a take is being opened, so that nothing is lost; it takes effect once the take runs."""
    heard = event if isinstance(event, OperatorPause) else run.ear.match(event)
    if heard:
        run.held.append(heard)
    return []


def act_on(run: RunState, firings: frozenset[Trigger], at: int) -> list[Command]:
    """Apply fired triggers to the current pass: first its exit, then its rules, cuts last. Hold them while no take runs."""
    if run.phase is not Phase.PLAYING:
        run.held.append(firings)
        return []
    current = run.plan.pass_at(run.making)
    commands: list[Command] = []
    way_out = next((trigger for trigger in current.stretch.until if trigger in firings), None)
    if way_out is not None:
        place, line = firing_by_name(way_out, run.schedule.middle), current.stretch.origin.line
        move = run.moves.fired(LEAVES, "exit", place, current, line, at)
        leave(run, move, current, current.stretch.index + 1, "the live section was left")
        current = run.plan.passes[current.number]
    # A rule that cuts comes last, because nothing can be sent to the current take after its reset.
    for rule in sorted(current.stretch.rules, key=lambda one: any(isinstance(act, CutAct) for act in one.acts)):
        if rule.trigger in firings:
            commands += fire(run, rule, current, at)
    return commands + send_due(run, at)


def fire(run: RunState, rule: RuleEntry, current: Pass, at: int) -> list[Command]:
    """Apply a rule: acts on the run take effect at once, acts of the model become a delivery to a chunk within reach."""
    count = run.firings.get(rule.key, 0)
    run.firings[rule.key] = count + 1
    commands: list[Command] = []
    acts: list[CueAct] = []
    told: list[MidiAct] = []
    place, origin = firing_by_name(rule.trigger, run.schedule.middle), rule.origin.line
    for act in rule.acts:
        match act:
            case PauseAct():
                run.moves.fired("pause", "pause", place, current, origin, at)
                commands.append(pause(run))
            case ResumeAct():
                run.moves.fired("resume", "resume", place, current, origin, at)
                commands.append(Resume())
            case GotoAct():
                target = run.plan.next_stretch_named(act.section, current.stretch.index)
                move = run.moves.fired(LEAVES, f"goto {act.section}", place, current, origin, at)
                if target is None:
                    move.end(Status.SKIPPED, "that section is not played")
                else:
                    leave(run, move, current, target, f"goto {act.section}")
            case PickAct():
                acts.append(act.drawn(run.schedule.seed, count))
            case NoteAct() | ControlAct() | ProgramAct():
                told.append(act)
            case _:
                acts.append(act)
    if told:
        commands += run.sends.fired(tuple(told), current, place, origin, at)
    if acts:
        commands += run_rule(run, rule, tuple(acts), current, at)
    return commands


def run_rule(run: RunState, rule: RuleEntry, acts: tuple[CueAct, ...], current: Pass, at: int) -> list[Command]:
    """Commit what a rule shows to the first chunk within its reach, or to a coming cut if that is sooner."""
    kinds = {kind_of(act) for act in acts}
    if run.phase is Phase.CUTTING:
        run.ledger.commit(run.plan.fire(rule, acts, current, run.next_base, at), run.next_base)
        return []
    if "cut" in kinds:
        chunk = run.making if run.paused else run.making + 1
        line = run.plan.fire(rule, acts, current, chunk, at)
        commands = begin_cut(run, chunk, at)
        run.ledger.commit(line, chunk)
        return commands
    chunk = run.making + (run.schedule.lead if "prompt" in kinds and "image" not in kinds else 1)
    cut = run.plan.next_cut()
    if cut is not None:
        chunk = min(chunk, max(cut, run.making + 1))
    line = run.plan.fire(rule, acts, current, chunk, at)
    if run.follow is None and chunk >= run.plan.end_chunk():
        line.finish(Status.SKIPPED, "it fired too near the end: no chunk within reach was left")
    else:
        run.ledger.commit(line, chunk)
    return []


def leave(run: RunState, move: RunAction, current: Pass, following: int, reason: str) -> None:
    """Leave a pass at the next bar line within reach, and rebuild the plan from there."""
    reach = run.making + run.schedule.lead
    exit_at = run.plan.exit_from(current, reach)
    if exit_at is None and following == current.stretch.index + 1:
        move.end(Status.SKIPPED, "the section ends by itself before it could be left")
        return
    # A goto lands at reach too: if the pass ends sooner, its bars are counted on to a point where it can be left.
    leave_at(run, current, run.plan.exit_behind(current, reach) if exit_at is None else exit_at, following, reason)


def leave_at(
    run: RunState, current: Pass, exit_at: Fraction, following: int, reason: str, quarter: Fraction | None = None
) -> None:
    """Leave a pass at an exact nominal time; what was sent and is not in the new plan gives way to it."""

    def leaves(line: Delivery) -> bool:
        """Return whether a delivery comes after the exit and so belongs to the old plan, also to an exit taken a moment ago."""
        behind = line.pass_number == current.number and line.time >= exit_at
        return line.rule is None and (line.pass_number > current.number or behind)

    run.ledger.withdraw(run.making + 1, leaves, reason)
    run.plan.leave_pass(current, exit_at, following, reason, quarter)
    run.plan.forecast(run.making + run.schedule.lead)
    commit_up_to(run, commit_limit(run))


def leave_after_max(run: RunState, at: int) -> None:
    """While an external clock is stopped, count a live section's max on at the nominal tempo, so that it always ends."""
    follow = run.follow
    if follow is None or not follow.outer or follow.stopped_for is None:
        return
    current = run.plan.pass_at(run.making)
    clock = run.schedule.clock
    bpm = 60 if clock.counts_seconds else clock.bpm
    if not current.stretch.is_live or bpm is None:
        return
    here = follow.quarter_at(at) or 0.0
    left = (float(current.end_quarter) - here) * 60e9 / float(bpm)
    if at - follow.stopped_for < left:
        return
    quarter = Fraction(here).limit_denominator(96)
    leave_at(run, current, current.end, current.stretch.index + 1, "its max passed while the clock stood", quarter)
