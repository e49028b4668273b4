"""Handle what the operator and external devices do: rules, exits, gotos and pauses.

Input that arrives while a take is being opened is held until the take runs.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sequencer.engine.conductor.deliveries import ActKind, Delivery, Status, kind_of
from sequencer.engine.conductor.dispatch import begin_cut, commit_limit, commit_up_to, send_due
from sequencer.engine.conductor.exits import find_exit, find_exit_beyond_end
from sequencer.engine.conductor.fired_deliveries import add_firing
from sequencer.engine.conductor.message_output import AHEAD
from sequencer.engine.conductor.musical_lines import find_line
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.run_actions import LEAVES, RunAction
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.conductor.triggers import TriggerEvent
from sequencer.engine.revisions import EXITS_AFTER_THE_CLOCK
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Pause, Resume
from sequencer.events.events import Improvised, OperatorPause, Paused, Resumed
from sequencer.schedule.describe import firing_by_name
from sequencer.schedule.model import (
    ControlAct,
    CueAct,
    CutAct,
    GotoAct,
    MessageAct,
    NoteAct,
    OscAct,
    PauseAct,
    PickAct,
    ProgramAct,
    ResumeAct,
    RuleEntry,
    ShuffleAct,
    Trigger,
)


def operator_pause(run: RunState, event: OperatorPause) -> list[Command]:
    """Pause or resume because the operator asked for it, without any rule."""
    return [pause(run) if event.paused else Resume()]


def pause(run: RunState) -> Command:
    """Request a pause.

    The model rests after the current chunk, and what is sent then acts on the very next chunk.
    """
    if run.playing.pause_requested_in is None and not run.playing.is_paused:
        run.playing.pause_requested_in = run.making
    return Pause()


def paused(run: RunState, event: Paused) -> list[Command]:
    """Record that the model rests after a chunk: live acts wait until it goes on.

    A model that does not report after which chunk it rests may report the pause before that chunk
    is done. It then rests after the chunk that was being made when the pause was requested, or
    after the last one that is made.
    """
    asked, run.playing.is_paused, run.playing.pause_requested_in = (
        run.playing.pause_requested_in,
        True,
        None,
    )
    run.stalls.rest()
    if event.chunk is None:
        run.actions.paused(
            max(run.making - 1, run.base, run.making - 1 if asked is None else asked),
            event.at,
            is_guess=True,
        )
    else:
        run.actions.paused(run.base + event.chunk, event.at)
    return []


def resumed(run: RunState, event: Resumed) -> list[Command]:
    """Record that the model goes on, and send what is due for the next chunk."""
    run.playing.is_paused, run.playing.pause_requested_in = False, None
    run.stalls.expect(event.at)
    chunk = run.making if event.chunk is None else run.base + event.chunk
    run.actions.resumed(
        chunk if chunk > run.making and run.can_be(chunk, event.at) else run.making, event.at
    )
    return send_due(run, event)


def on_trigger(run: RunState, event: TriggerEvent) -> list[Command]:
    """Apply the rules and exits of the current pass that an event fires."""
    firings = run.triggers.match(event)
    return act_on(run, firings, event) if firings else []


def hold_until_started(
    run: RunState, event: TriggerEvent | OperatorPause | Improvised
) -> list[Command]:
    """Hold the operator's input while a take is opened; it takes effect once the take runs."""
    found = event if isinstance(event, OperatorPause | Improvised) else run.triggers.match(event)
    if found:
        run.held_input.append(found)
    return []


def act_on(run: RunState, firings: frozenset[Trigger], event: Event) -> list[Command]:
    """Apply fired triggers to the current pass: first its exit, then its rules, cuts last.

    Hold them while no take runs.
    """
    if run.phase is not Phase.PLAYING:
        run.held_input.append(firings)
        return []
    current = run.plan.pass_at(run.making)
    commands: list[Command] = []
    way_out = next((trigger for trigger in current.stretch.until if trigger in firings), None)
    if way_out is not None:
        trigger, line = firing_by_name(way_out, run.schedule.middle), current.stretch.origin.line
        move = run.actions.fired(LEAVES, "exit", trigger, current=current, line=line, at=event.at)
        leave(
            run,
            move,
            current,
            following=run.plan.following(current),
            reason="the live section was left",
            at=event.at,
        )
        current = run.plan.passes[current.number]
    # A rule that cuts comes last, because nothing can be sent to the current take after its reset.
    for rule in sorted(
        current.stretch.rules, key=lambda one: any(isinstance(act, CutAct) for act in one.acts)
    ):
        if rule.trigger in firings:
            commands += fire(run, rule, current, event)
    return commands + send_due(run, event)


def fire(run: RunState, rule: RuleEntry, current: Pass, event: Event) -> list[Command]:
    """Apply a rule: run actions take effect at once, model acts become a delivery within reach."""
    count = run.rule_firings.get(rule.key, 0)
    run.rule_firings[rule.key] = count + 1
    commands: list[Command] = []
    acts: list[CueAct] = []
    messages: list[MessageAct] = []
    trigger, origin = firing_by_name(rule.trigger, run.schedule.middle), rule.origin.line
    for act in rule.acts:
        match act:
            case PauseAct():
                run.actions.fired(
                    "pause", "pause", trigger, current=current, line=origin, at=event.at
                )
                commands.append(pause(run))
            case ResumeAct():
                run.actions.fired(
                    "resume", "resume", trigger, current=current, line=origin, at=event.at
                )
                commands.append(Resume())
            case GotoAct():
                target = run.plan.next_stretch_named(act.section, current)
                move = run.actions.fired(
                    LEAVES,
                    f"goto {act.section}",
                    trigger,
                    current=current,
                    line=origin,
                    at=event.at,
                )
                if target is None:
                    move.end(Status.SKIPPED, "that section is not played")
                else:
                    leave(
                        run,
                        move,
                        current,
                        following=target,
                        reason=f"goto {act.section}",
                        at=event.at,
                    )
            case PickAct() | ShuffleAct():
                acts.append(act.drawn(run.schedule.seed, count))
            case NoteAct() | ControlAct() | ProgramAct() | OscAct():
                messages.append(act)
            case _:
                acts.append(act)
    if messages:
        commands += run.messages.fired(tuple(messages), current, trigger, origin, event.at)
    if acts:
        commands += run_rule(run, rule, tuple(acts), current, event)
    return commands


def run_rule(
    run: RunState, rule: RuleEntry, acts: tuple[CueAct, ...], current: Pass, event: Event
) -> list[Command]:
    """Commit what a rule shows to the first chunk within reach, or to a coming cut if sooner.

    What a quantised rule shows waits for a bar line or beat.
    """
    if rule.quantisation is not None:
        launch(run, add_firing(run.plan, rule, acts, current, chunk=None, at=event.at), current)
        return []
    return commit_fired(
        run,
        acts,
        event,
        lambda chunk: add_firing(run.plan, rule, acts, current, chunk=chunk, at=event.at),
    )


def commit_fired(
    run: RunState,
    acts: tuple[CueAct, ...],
    event: Event,
    make: Callable[[int], Delivery],
    *,
    later: int = 0,
) -> list[Command]:
    """Commit some acts to the first chunk within reach, or to a coming cut if that is sooner.

    Args:
        run: The run, in which a take plays or is being cut.
        acts: What the delivery does.
        event: The event that is being handled.
        make: Returns the delivery that is planned for a chunk.
        later: How many chunks later than the first one within reach.
    """
    kinds = {kind_of(act) for act in acts}
    if run.phase is Phase.CUTTING:
        run.ledger.commit(make(run.cutting.next_base), run.cutting.next_base)
        return []
    if "cut" in kinds:
        chunk = run.making if run.playing.is_paused else run.making + 1
        line = make(chunk)
        commands = begin_cut(run, chunk, event)
        run.ledger.commit(line, chunk)
        return commands
    chunk = _reach_of(run, kinds, later)
    line = make(chunk)
    if run.sync is None and chunk >= run.plan.end_chunk():
        line.finish(Status.SKIPPED, "it fired too near the end: no chunk within reach was left")
    else:
        run.ledger.commit(line, chunk)
    return []


def launch(run: RunState, line: Delivery, current: Pass) -> None:
    """Let a firing of a quantised rule wait for its first bar line or beat within reach."""
    found = None
    if line.quantisation is not None:
        found = find_line(
            run.plan, current, line.quantisation, launch_reach(run, line), run.ledger.now
        )
    if found is None:
        line.nominal = launch_reach(run, line)
        line.finish(Status.SKIPPED, "it fired too near the end: no bar line or beat was left")
        return
    line.scheduled_in, line.quarter, line.time = found.current, found.quarter, found.time
    run.plan.launch(line)


def launch_reach(run: RunState, line: Delivery) -> int:
    """Return the first score chunk that a firing of a rule can reach."""
    if run.phase is Phase.CUTTING:
        return run.cutting.next_base
    if not run.is_running:
        return run.base
    return _reach_of(run, line.kinds)


def _reach_of(run: RunState, kinds: set[ActKind], later: int = 0) -> int:
    """Return the first score chunk of a running take that acts of these kinds can reach.

    A prompt needs the lead, unless it comes with an image, or opens the take of a coming cut.
    """
    if "cut" in kinds:
        return run.making + 1
    chunk = run.making + (run.schedule.lead if "prompt" in kinds and "image" not in kinds else 1)
    chunk += later
    cut = run.plan.next_cut()
    return chunk if cut is None else min(chunk, max(cut, run.making + 1))


def leave(
    run: RunState, move: RunAction, current: Pass, *, following: int, reason: str, at: int
) -> None:
    """Leave a pass at the next bar line within reach after nanosecond `at`; rebuild the plan."""
    reach, passed = run.making + run.schedule.lead, issued_until(run, at)
    exit_at = find_exit(run.plan, current, reach, passed)
    if exit_at is None and following == run.plan.following(current):
        is_leaving = run.actions.is_leaving(move)
        reason = (
            "it was about to be left"
            if is_leaving
            else "the section ends by itself before it could be left"
        )
        move.end(Status.SKIPPED, reason)
        return
    run.actions.leaves(move)
    # A goto lands at reach too: if the pass ends sooner, its bars are counted on to a point where
    # it can be left.
    leave_at(
        run,
        current,
        find_exit_beyond_end(run.plan, current, reach, passed) if exit_at is None else exit_at,
        following=following,
        reason=reason,
    )


def issued_until(run: RunState, at: int) -> int | None:
    """Return up to when messages are issued at nanosecond `at`, if the run follows a clock.

    In a fixed run they wait for chunks, as exits do, so this is None. Earlier revisions left
    sections where they could be reached, also where the clock had already been: while the model
    rests or makes a slow chunk, the clock goes on.
    """
    return at + AHEAD if run.sync is not None and run.revision >= EXITS_AFTER_THE_CLOCK else None


def leave_at(
    run: RunState,
    current: Pass,
    exit_at: Fraction,
    *,
    following: int,
    reason: str,
    quarter: Fraction | None = None,
) -> None:
    """Leave a pass at an exact nominal time; what was sent but is not in the new plan gives way."""

    def leaves(line: Delivery) -> bool:
        """Return whether a delivery comes after the exit and so belongs to the old plan.

        This also applies to an exit taken a moment ago.
        """
        is_after = line.pass_number == current.number and line.time >= exit_at
        return line.fired is None and (line.pass_number > current.number or is_after)

    run.ledger.withdraw(run.making + 1, leaves, reason)
    run.plan.leave_pass(current, exit_at, following, reason, quarter)
    run.plan.forecast(run.making + run.schedule.lead)
    commit_up_to(run, commit_limit(run))


def leave_when_max_passed(run: RunState, at: int) -> None:
    """While an external clock is stopped, count a live section's max on at the nominal tempo.

    So the section always ends.
    """
    follow = run.sync
    if follow is None or not follow.is_external or follow.stopped_for is None:
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
    leave_at(
        run,
        current,
        current.end,
        following=run.plan.following(current),
        reason="its max passed while the clock was stopped",
        quarter=quarter,
    )
