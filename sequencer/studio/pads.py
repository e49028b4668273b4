"""What the operator can trigger: rules, exits and go-cues, as `Pad`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sequencer.core.midi_notes import note_name
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.expected_input import list_triggers
from sequencer.engine.conductor.run_actions import LEAVES, RunAction
from sequencer.events.codec import Event
from sequencer.events.events import ControlChanged
from sequencer.schedule.describe import firing_by_name, number
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    OscCrossing,
    OscTrigger,
    ProgramTrigger,
    ReleaseTrigger,
    RuleEntry,
    Schedule,
    TransportTrigger,
    Trigger,
    VelocityTrigger,
)
from sequencer.schedule.prompt_actions import Actions, actions_of
from sequencer.studio.labels import acts_label, joined_labels
from sequencer.studio.protocol import Pad
from sequencer.studio.run_source import RunSource

PadKind = Literal["go", "note", "program", "cc", "osc", "transport"]


@dataclass(slots=True, kw_only=True)
class _PadPlan:
    """What the score has for one pad: its triggers, and the rules that they fire."""

    key: str
    triggers: list[Trigger] = field(default_factory=list)
    rules: dict[str, RuleEntry] = field(default_factory=dict)
    """The rules, by their keys and lines."""
    sections: list[str] = field(default_factory=list)
    stretches: set[int] = field(default_factory=set)
    left: list[str] = field(default_factory=list)
    """The sections that it ends."""
    line: int = 0


class Pads:
    """The pads of a run, and what its operator did with them.

    They are in the order of the lines of the score: first the rules, then the exits, so that the
    first pads do not end a section.
    """

    def __init__(self, source: RunSource) -> None:
        self._source = source
        self._version = 0
        self._plans: list[_PadPlan] = []
        self._labels: dict[str, str] = {}
        self._sections: set[str] = set()
        self._values: dict[int, int] = {}
        """The last value of each controller."""
        self._seen: dict[str, int] = {}
        """How often each pad had fired at the last look."""
        self._last_at: dict[str, int] = {}

    def handle(self, event: Event) -> bool:
        """Handle an event of the run; return whether a pad may have changed."""
        if isinstance(event, ControlChanged):
            self._values[event.control] = event.value
        changed = False
        for plan in self._current_plans():
            fired = self._fired(plan)
            if fired != self._seen.get(plan.key, 0):
                self._seen[plan.key] = fired
                self._last_at[plan.key] = event.at
                changed = True
        return changed or isinstance(event, ControlChanged)

    def pads(self) -> list[Pad]:
        """Return the pads as they are now."""
        view = self._source.view
        current = view.listening_pass.stretch
        awaited = set(list_triggers(current)) if not self._source.conductor.is_finished else set()
        plans = self._current_plans()
        return [self._pad(plan, awaited) for plan in plans]

    def _current_plans(self) -> list[_PadPlan]:
        view = self._source.view
        if view.version != self._version:
            self._version = view.version
            self._plans = _plans_of(view.schedule)
            actions = actions_of(view.schedule)
            self._labels = {plan.key: _label(plan, actions) for plan in self._plans}
            self._sections = {one.section or "" for one in view.schedule.stretches}
        return self._plans

    def _pad(self, plan: _PadPlan, awaited: set[Trigger]) -> Pad:
        schedule, first = self._source.view.schedule, plan.triggers[0]
        command, after = _command(first, schedule)
        crossings = [one for one in plan.triggers if isinstance(one, ControlCrossing)]
        fired = self._fired(plan)
        line = self._latest(plan) if fired else None
        move = self._latest_move(plan) if fired else None
        return Pad(
            id=plan.key,
            label=self._labels[plan.key],
            trigger=_trigger(plan, schedule),
            command=command,
            after=after,
            kind=_kind(first),
            sections=[] if set(plan.sections) == self._sections else plan.sections,
            leaves=bool(plan.left),
            listening=any(one in awaited for one in plan.triggers),
            thresholds=sorted({one.value for one in crossings}),
            value=self._values.get(crossings[0].control) if crossings else None,
            fired=fired,
            last_at=self._last_at.get(plan.key),
            last_chunk=_chunk_of(line, move),
            line=plan.line,
        )

    def _fired(self, plan: _PadPlan) -> int:
        firings = self._source.view.firings
        keys = {rule.key for rule in plan.rules.values()}
        count = sum(firings.get(key, 0) for key in keys)
        if not plan.left:
            return count
        middle = self._source.view.schedule.middle
        names = {firing_by_name(one, middle) for one in plan.triggers}
        return count + sum(
            1
            for move in self._source.view.run_actions
            if move.kind == LEAVES and move.what == "exit" and move.place in names
        )

    def _latest(self, plan: _PadPlan) -> Delivery | None:
        if not plan.rules:
            return None
        ids = {rule.id for rule in plan.rules.values()}
        return next(
            (
                line
                for line in reversed(self._source.view.deliveries)
                if line.fired is not None and line.rule in ids
            ),
            None,
        )

    def _latest_move(self, plan: _PadPlan) -> RunAction | None:
        middle = self._source.view.schedule.middle
        names = {firing_by_name(one, middle) for one in plan.triggers}
        return next(
            (move for move in reversed(self._source.view.run_actions) if move.place in names), None
        )


def _chunk_of(line: Delivery | None, move: RunAction | None) -> int | None:
    if line is not None:
        return line.landed if line.landed is not None else line.chunk
    return None if move is None else move.chunk


def _plans_of(schedule: Schedule) -> list[_PadPlan]:
    """Return the pads of a score: those of its rules by line, then those of its exits."""
    found: dict[str, _PadPlan] = {}
    for stretch in schedule.stretches:
        section = stretch.section or ""
        for rule in stretch.rules:
            plan = _plan(found, "rule", rule.trigger)
            plan.rules.setdefault(f"{rule.key}\0{rule.origin.line}", rule)
            plan.line = plan.line or rule.origin.line
            _note(plan, rule.trigger, section, stretch.index)
        for trigger in stretch.until:
            plan = _plan(found, "exit", trigger)
            plan.line = plan.line or stretch.origin.line
            if section not in plan.left:
                plan.left.append(section)
            _note(plan, trigger, section, stretch.index)
    merged: dict[str, _PadPlan] = {}
    for plan in found.values():
        same = merged.setdefault(plan.key, plan)
        if same is not plan:  # one trigger that fires a rule in one section and ends another
            same.triggers += [one for one in plan.triggers if one not in same.triggers]
            same.rules |= plan.rules
            same.left += [one for one in plan.left if one not in same.left]
            same.sections += [one for one in plan.sections if one not in same.sections]
    return sorted(merged.values(), key=lambda one: (bool(one.left), one.line))


def _plan(found: dict[str, _PadPlan], what: str, trigger: Trigger) -> _PadPlan:
    key = _key(trigger)
    return found.setdefault(f"{what}\0{key}", _PadPlan(key=key))


def _note(plan: _PadPlan, trigger: Trigger, section: str, index: int) -> None:
    if trigger not in plan.triggers:
        plan.triggers.append(trigger)
    if section not in plan.sections:
        plan.sections.append(section)
    plan.stretches.add(index)


def _key(trigger: Trigger) -> str:
    """Return what makes two triggers one pad: all thresholds of a controller are one fader."""
    match trigger:
        case ControlCrossing():
            return f"cc {trigger.control} {trigger.channel or ''}".strip()
        case _:
            return firing_by_name(trigger, "C3")


def _kind(trigger: Trigger) -> PadKind:
    match trigger:
        case GoTrigger():
            return "go"
        case ControlCrossing():
            return "cc"
        case ProgramTrigger():
            return "program"
        case OscTrigger() | OscCrossing():
            return "osc"
        case TransportTrigger():
            return "transport"
        case NoteTrigger() | VelocityTrigger() | ReleaseTrigger():
            return "note"


def _command(trigger: Trigger, schedule: Schedule) -> tuple[str, str]:
    """Return the operator command that fires a trigger, and what follows a controller's value."""
    match trigger:
        case ControlCrossing():
            return f"cc {trigger.control}=", _channel(trigger.channel)
        case VelocityTrigger():
            name = note_name(trigger.note, schedule.middle)
            loud = (trigger.lowest + trigger.highest) // 2
            return f"note {name}{_channel(trigger.channel)} vel {loud}", ""
        case OscCrossing():
            beyond = trigger.value + (1 if trigger.above else -1)
            return f"osc {trigger.address} {number(beyond)}", ""
        case _:
            return firing_by_name(trigger, schedule.middle), ""


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


def _trigger(plan: _PadPlan, schedule: Schedule) -> str:
    """Return the trigger as an operator writes it, without the thresholds of a controller."""
    first = plan.triggers[0]
    if isinstance(first, ControlCrossing):
        return f"cc {first.control}{_channel(first.channel)}"
    return firing_by_name(first, schedule.middle)


def _label(plan: _PadPlan, actions: Actions) -> str:
    rules = sorted(plan.rules.values(), key=_threshold)
    labels = [acts_label(actions, rule.acts) for rule in rules]
    if plan.left:
        labels.append(f"leave {_listed(plan.left)}".strip())
    return joined_labels(labels)


def _threshold(rule: RuleEntry) -> int:
    return rule.trigger.value if isinstance(rule.trigger, ControlCrossing) else 0


def _listed(names: Sequence[str]) -> str:
    return " or ".join(name for name in names if name)
