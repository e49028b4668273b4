"""Faults planted in the engine, one at a time, to prove that the invariants find them.

Each patches only what its name describes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import count
from typing import Any

import pytest

from sequencer.core.timebase import SECOND, ChunkGrid, Snap
from sequencer.engine.conductor import dispatch as sending
from sequencer.engine.conductor import machine, musical_lines, operator_input
from sequencer.engine.conductor import message_output as sends
from sequencer.engine.conductor import show_end as showing
from sequencer.engine.conductor import take_setup as opening
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import MessageOutput
from sequencer.engine.conductor.operator_input import run_rule
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.report import CueReport, cue_report
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.take_start import started_before
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.conductor.triggers import TriggerMatcher
from sequencer.engine.journal import JournalWriter
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Command,
    SchedulePrompt,
    SetConditioning,
    SetImage,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Upload,
)
from sequencer.events.events import ChunkShown, ProgramChanged, StateReported
from sequencer.language.compiler.ir import PlacedCue, ResolvedMessage
from sequencer.language.compiler.place import CueExpander
from sequencer.language.compiler.prompts import Vocabulary
from sequencer.midi.clock_generator import STOP
from sequencer.midi.send_queue import Outbox
from sequencer.runtime.live import attachments as clock_sending
from sequencer.runtime.live.attachments import ClockSenderTask
from sequencer.runtime.loop import Performance
from sequencer.stages.protocol import Deliver, Stage
from sequencer.stages.simulated.stage import SimulatedStage
from tests.simulation import playing as simulation_playing
from tests.simulation.planted_wide import WIDE

Plant = Callable[[pytest.MonkeyPatch], None]

expand = import_module("sequencer.language.compiler.expand")
quantise = import_module("sequencer.language.compiler.quantise")
"""Modules, because the package has functions with the same names."""


def _around(patch: pytest.MonkeyPatch, owner: Any, name: str, change: Callable[..., Any]) -> None:
    """Replace a function by one that returns `change(original result, *arguments)`."""
    original = getattr(owner, name)
    patch.setattr(owner, name, lambda *arguments: change(original(*arguments), *arguments))


def a_cue_dropped(patch: pytest.MonkeyPatch) -> None:
    original = sending.commit

    def commit(run: RunState, line: Delivery) -> None:
        if line.number % 5 == 3:
            run.plan.lines = [one for one in run.plan.lines if one is not line]
        else:
            original(run, line)

    patch.setattr(sending, "commit", commit)
    patch.setattr(opening, "commit", commit)


def a_prompt_sent_late(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.prompts_due

    def prompts_due(self: Ledger, base: int, making: int, started: bool, at: int) -> list[Command]:
        held = {chunk for chunk in self._touched if started and chunk > making + 1}
        self._touched -= held
        commands = original(self, base, making, started, at)
        self._touched |= held
        return commands

    patch.setattr(Ledger, "prompts_due", prompts_due)


def a_setting_sent_late(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.live_due
    patch.setattr(
        Ledger, "live_due", lambda self, base, making, at: original(self, base, making - 1, at)
    )


def a_prompt_sent_twice(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Ledger, "prompts_due", lambda commands, *_: [*commands, *commands[:1]])


def the_opening_order_swapped(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Ledger, "opening", lambda commands, *_: [*commands[1:], commands[0]])


def a_committed_cue_moved(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.chunk_done

    def done(self: Ledger, chunk: int, prompt: str | None, at: int) -> None:
        original(self, chunk, prompt, at)
        later = [line for line in self.committed_from(chunk + 3) if line.status is Status.SENT]
        if later and chunk % 4 == 1:
            position = later[0].chunk or 0
            self.slots[position].remove(later[0])
            self.commit(later[0], position + 1)

    patch.setattr(Ledger, "chunk_done", done)


class _Unclosed:
    """A stage that is never closed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def open(self, deliver: Deliver) -> None:
        await self._stage.open(deliver)

    async def send(self, commands: Sequence[Upload | Any]) -> None:
        await self._stage.send(commands)

    async def close(self) -> None:
        pass


def a_session_left_open(patch: pytest.MonkeyPatch) -> None:
    original = Performance.__init__

    def init(self: Performance, schedule: Any, stage: Stage, *rest: Any, **named: Any) -> None:
        original(self, schedule, _Unclosed(stage), *rest, **named)

    patch.setattr(Performance, "__init__", init)


def an_image_without_its_prompt(patch: pytest.MonkeyPatch) -> None:
    def alone(commands: list[Command], *_: object) -> list[Command]:
        return [
            SetImage(one.image) if isinstance(one, SetConditioning) else one for one in commands
        ]

    _around(patch, Ledger, "_live_of", alone)


def an_image_with_the_prompt_before(patch: pytest.MonkeyPatch) -> None:
    original = Ledger._live_of

    def live(self: Ledger, slot: Any, chunk: int, *rest: Any) -> list[Command]:
        before = self.active_at(chunk - 1)
        commands = original(self, slot, chunk, *rest)
        return [
            replace(one, prompt=before or one.prompt) if isinstance(one, SetConditioning) else one
            for one in commands
        ]

    patch.setattr(Ledger, "_live_of", live)


def a_stale_state_believed(patch: pytest.MonkeyPatch) -> None:
    def believe(run: RunState, event: StateReported) -> list[Command]:
        run.awaits_state = event.started
        return started_before(run, event) if event.started else []

    patch.setattr(
        RunState, "checks_transitions", False
    )  # an invariant must find it, not the table of transitions
    patch.setitem(machine.HANDLERS, (Phase.OPENING, StateReported), believe)


def a_report_that_hides_failures(patch: pytest.MonkeyPatch) -> None:
    def false_report(line: Delivery, *rest: Any) -> CueReport:
        cue = cue_report(line, *rest)
        if cue.status is Status.SKIPPED:
            return cue
        return replace(
            cue, status=Status.LANDED, landed=cue.planned if cue.landed is None else cue.landed
        )

    patch.setattr(machine, "cue_report", false_report)


def a_report_that_hides_lateness(patch: pytest.MonkeyPatch) -> None:
    def false_report(line: Delivery, *rest: Any) -> CueReport:
        cue = cue_report(line, *rest)
        return replace(cue, landed=cue.planned if cue.landed is not None else None)

    patch.setattr(machine, "cue_report", false_report)


def a_prompt_beyond_reach_not_overwritten(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Ledger, "withdraw", lambda _, ledger, *__: ledger._left.clear())


def a_cuts_seed_forgotten(patch: pytest.MonkeyPatch) -> None:
    def forget(commands: list[Command], _ledger: Ledger, chunk: int, *_: object) -> list[Command]:
        return [SetSeed(0) if isinstance(one, SetSeed) and chunk else one for one in commands]

    _around(patch, Ledger, "opening", forget)


def super_resolution_not_sent_again(patch: pytest.MonkeyPatch) -> None:
    def forget(commands: list[Command], _ledger: Ledger, chunk: int, *_: object) -> list[Command]:
        return [one for one in commands if not (isinstance(one, SetSrScale) and chunk)]

    _around(patch, Ledger, "opening", forget)


def a_journal_that_leaves_out_commands(patch: pytest.MonkeyPatch) -> None:
    original = JournalWriter.command
    number = count()

    def command(self: JournalWriter, at: int, command: Command) -> None:
        if next(number) % 7 != 6:
            original(self, at, command)

    patch.setattr(JournalWriter, "command", command)


def a_prompt_for_the_past(patch: pytest.MonkeyPatch) -> None:
    original = Ledger.prompts_due

    def past(self: Ledger, base: int, making: int, started: bool, at: int) -> list[Command]:
        found: list[Command] = []
        for one in original(self, base, making, started, at):
            late = isinstance(one, SchedulePrompt) and started
            found.append(
                replace(one, chunk=max(0, making - base))
                if late and isinstance(one, SchedulePrompt)
                else one
            )
        return found

    patch.setattr(Ledger, "prompts_due", past)


def a_refusal_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    def fine(run: RunState, flight: Any, event: Any) -> list[Command]:
        for line in run.ledger.slots[flight.chunk].lines:
            line.landed = flight.chunk
            line.finish(Status.LANDED)
        return []

    from sequencer.engine.conductor import playback as playing

    patch.setattr(playing, "retry", fine)


def a_firing_lost(patch: pytest.MonkeyPatch) -> None:
    def lose(run: RunState, rule: Any, acts: Any, current: Any, event: Event) -> list[Command]:
        return (
            [] if run.rule_firings[rule.key] % 2 == 0 else run_rule(run, rule, acts, current, event)
        )

    patch.setattr(operator_input, "run_rule", lose)


def a_show_that_ends_a_chunk_early(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Plan, "end_chunk", lambda end, *_: end - 1)


def a_resting_model_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RunState, "may_be_paused", property(lambda _run: False))


def a_beat_foretold_too_late(patch: pytest.MonkeyPatch) -> None:
    _around(patch, ClockSync, "time_of", lambda time, *_: None if time is None else time + 3e9)


def a_run_that_ends_with_its_last_report(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RunState, "ends_when_shown", property(lambda _run: False))


def a_run_that_ends_with_the_first_frame_of_its_last_chunk(patch: pytest.MonkeyPatch) -> None:
    def ends_at(run: RunState) -> int:
        return run.shown.get(run.making - 1, run.showing.last_reported_at + SECOND * 10)

    patch.setattr(showing, "_ends_at", ends_at)


def frames_of_the_take_before_not_noticed(patch: pytest.MonkeyPatch) -> None:
    original = RunState.score_chunk

    def only_this(self: RunState, chunk: int, take: int | None = None) -> int | None:
        return original(self, chunk, take) if self.is_of_this_take(take) else None

    patch.setattr(RunState, "score_chunk", only_this)


def a_shown_chunk_counted_twice(patch: pytest.MonkeyPatch) -> None:
    original = SimulatedStage._deliver_event

    def deliver_event(self: SimulatedStage, event: Event) -> None:
        ahead = isinstance(event, ChunkShown) and event.chunk > 2
        original(
            self,
            replace(event, chunk=event.chunk + 1)
            if ahead and isinstance(event, ChunkShown)
            else event,
        )

    patch.setattr(SimulatedStage, "_deliver_event", deliver_event)


def a_clock_that_stops_with_the_last_report(patch: pytest.MonkeyPatch) -> None:
    original = ClockSenderTask.__call__

    def call(
        self: ClockSenderTask, event: Event, commands: Sequence[Command], conductor: Conductor
    ) -> None:
        original(self, event, commands, conductor)
        if conductor.phase is Phase.SHOWING:
            self._sender.stop(event.at)

    patch.setattr(ClockSenderTask, "__call__", call)


def a_note_not_released_before_the_stop(patch: pytest.MonkeyPatch) -> None:
    def stop_first(messages: list[bytes], *_: object) -> list[bytes]:
        return [STOP, *messages[:-1]] if messages[-1:] == [STOP] else messages

    _around(patch, Outbox, "take", stop_first)
    patch.setattr(MessageOutput, "_by_the_end", lambda _self, due, end: max(due + 1, end))


def a_note_that_sounds_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "release", lambda _self: [])
    patch.setattr(MessageOutput, "_by_the_end", lambda _self, due, end: max(due + 1, end))


# ---- what the engine alone cannot find: its compiler and its plan agree --------------------------


def a_scenes_action_in_lower_case(patch: pytest.MonkeyPatch) -> None:
    original = Vocabulary._fill

    def fill(
        self: Vocabulary, text: Any, action: str | None, *rest: Any, **named: Any
    ) -> str | None:
        return original(self, text, action.lower() if action else action, *rest, **named)

    patch.setattr(Vocabulary, "_fill", fill)


def a_program_change_ignored(patch: pytest.MonkeyPatch) -> None:
    _around(
        patch,
        TriggerMatcher,
        "match",
        lambda fired, _, event: frozenset() if isinstance(event, ProgramChanged) else fired,
    )


def a_midi_message_a_second_late(patch: pytest.MonkeyPatch) -> None:
    _around(
        patch,
        sends,
        "send_commands",
        lambda found, *_: [replace(one, due=one.due + SECOND) for one in found],
    )


def a_cue_a_chunk_late(patch: pytest.MonkeyPatch) -> None:
    def late(cues: Any, unfolding: CueExpander, _cue: Any, _position: Any, length: Any) -> Any:
        chunk = unfolding._local.grid.chunk
        for one in cues:
            is_sent = isinstance(one, PlacedCue) and any(
                isinstance(act, ResolvedMessage) for act in one.acts
            )
            is_late = (
                0 < one.seconds < length - chunk and not is_sent
            )  # a note's length is counted from its own position
            yield (
                replace(one, seconds=one.seconds + chunk)
                if is_late and isinstance(one, PlacedCue)
                else one
            )

    _around(patch, CueExpander, "cues_of", late)


def a_nearest_chunk_taken_upwards(patch: pytest.MonkeyPatch) -> None:
    original = ChunkGrid.snap
    patch.setattr(
        ChunkGrid,
        "snap",
        lambda self, seconds, mode: original(
            self, seconds, Snap.CEIL if mode is Snap.NEAREST else mode
        ),
    )


def a_strength_that_outlasts_its_image(patch: pytest.MonkeyPatch) -> None:
    def keep(commands: list[Command], ledger: Ledger, *_: object) -> list[Command]:
        found = [one for one in commands if isinstance(one, SetImageStrength)]
        sent = ledger.__dict__.setdefault("sent_before", [])
        sent += found
        return [sent[0] if isinstance(one, SetImageStrength) else one for one in commands]

    _around(patch, Ledger, "opening", keep)
    _around(patch, Ledger, "_live_of", keep)


def a_random_choice_off_by_one(patch: pytest.MonkeyPatch) -> None:
    _around(
        patch, expand, "draw", lambda drawn, _seed, _key, _ordinal, choices: (drawn + 1) % choices
    )


def a_goto_to_another_pass(patch: pytest.MonkeyPatch) -> None:
    def other(index: int | None, plan: Plan, *_: object) -> int | None:
        return None if index is None else (index + 1) % len(plan.schedule.stretches)

    _around(patch, Plan, "next_stretch_named", other)


def a_clock_that_stops_a_quarter_early(patch: pytest.MonkeyPatch) -> None:
    _around(patch, clock_sending, "end_of", lambda end, *_: end - 1)
    _around(patch, simulation_playing, "end_of", lambda end, *_: end - 1)


def a_last_chunk_that_nobody_sees(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Plan, "end_chunk", lambda end, *_: max(1, end - 1))
    original = quantise.Schedule

    def shorter(**fields: Any) -> Any:
        return original(**{**fields, "end": max(1, fields["end"] - 1)})

    patch.setattr(quantise, "Schedule", shorter)


def a_launch_a_line_late(patch: pytest.MonkeyPatch) -> None:
    original = musical_lines.find_line

    def find_line(plan: Plan, current: Any, every: Any, reach: int, after: int) -> Any:
        found = original(plan, current, every, reach, after)
        is_bar = found is not None and every.unit == "bars"
        return original(plan, current, every, reach + 2, after) if is_bar else found

    patch.setattr(operator_input, "find_line", find_line)


def a_beat_counted_in_pairs(patch: pytest.MonkeyPatch) -> None:
    original = musical_lines._beat_start
    patch.setattr(musical_lines, "_beat_start", lambda meters, index: original(meters, index * 2))


def a_launch_lost_with_its_section(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Plan, "_move_launched", lambda *_: None)


def a_launch_for_a_chunk_out_of_reach(patch: pytest.MonkeyPatch) -> None:
    _around(patch, operator_input, "launch_reach", lambda chunk, *_: chunk - 1)


BY_ORACLE: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        a_scenes_action_in_lower_case,
        a_program_change_ignored,
        a_midi_message_a_second_late,
        a_cue_a_chunk_late,
        a_nearest_chunk_taken_upwards,
        a_strength_that_outlasts_its_image,
        a_random_choice_off_by_one,
        a_goto_to_another_pass,
        a_clock_that_stops_a_quarter_early,
        a_last_chunk_that_nobody_sees,
        a_launch_a_line_late,
        a_beat_counted_in_pairs,
        a_launch_lost_with_its_section,
        a_launch_for_a_chunk_out_of_reach,
    )
}
"""Those that only the oracle can find."""

PLANTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        a_cue_dropped,
        a_prompt_sent_late,
        a_setting_sent_late,
        a_prompt_sent_twice,
        the_opening_order_swapped,
        a_committed_cue_moved,
        a_session_left_open,
        an_image_without_its_prompt,
        an_image_with_the_prompt_before,
        a_stale_state_believed,
        a_report_that_hides_failures,
        a_report_that_hides_lateness,
        a_prompt_beyond_reach_not_overwritten,
        a_cuts_seed_forgotten,
        super_resolution_not_sent_again,
        a_journal_that_leaves_out_commands,
        a_prompt_for_the_past,
        a_refusal_taken_for_success,
        a_firing_lost,
        a_show_that_ends_a_chunk_early,
        a_resting_model_not_waited_for,
        a_beat_foretold_too_late,
        a_run_that_ends_with_its_last_report,
        a_run_that_ends_with_the_first_frame_of_its_last_chunk,
        frames_of_the_take_before_not_noticed,
        a_shown_chunk_counted_twice,
        a_clock_that_stops_with_the_last_report,
        a_note_not_released_before_the_stop,
        a_note_that_sounds_on,
        *WIDE,
    )
} | BY_ORACLE
"""The faults by name; the names are subjects of sentences: "a cue dropped"."""
