"""The rules of a schedule in short words, for the limited space of a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sequencer.core.midi_notes import MiddleC, note_name
from sequencer.reports.timeline.plot import RuleNote
from sequencer.schedule.describe import (
    bare,
    describe_act,
    describe_fade,
    describe_quantisation,
    describe_rule,
    describe_trigger,
    firing_by_name,
)
from sequencer.schedule.model import (
    ControlCrossing,
    GoTrigger,
    NoteTrigger,
    OscAct,
    PickAct,
    ProgramTrigger,
    PromptAct,
    ReleaseTrigger,
    RuleAct,
    RuleEntry,
    Schedule,
    ShuffleAct,
    Stretch,
    Trigger,
    VelocityTrigger,
)
from sequencer.schedule.prompt_actions import Actions

_Key = tuple[Trigger, tuple[RuleAct, ...], object]


class RuleNotes:
    """The rules of each section of a schedule, and in `everywhere` those that all sections have.

    The rules of a section do not include the ones in `everywhere`.
    """

    def __init__(self, schedule: Schedule, actions: Actions) -> None:
        self._middle = schedule.middle
        self._actions = actions
        every = [frozenset(map(_key, stretch.rules)) for stretch in schedule.stretches]
        shared = frozenset.intersection(*every) if len(every) > 1 else frozenset[_Key]()
        self._shared = shared
        first = schedule.stretches[0].rules if schedule.stretches else ()
        self.everywhere = tuple(
            self._note(rule) for rule in _unique_rules(first) if _key(rule) in shared
        )

    def of(self, stretch: Stretch) -> tuple[RuleNote, ...]:
        """Return the exits of a section, then its rules."""
        notes = [
            self._note(rule)
            for rule in _unique_rules(stretch.rules)
            if _key(rule) not in self._shared
        ]
        if stretch.until:
            ways = " or ".join(abbreviate_trigger(one, self._middle) for one in stretch.until)
            full = " or ".join(describe_trigger(one, self._middle) for one in stretch.until)
            notes.insert(0, RuleNote(f"{ways} → leave", f"leaves the section: {full}", leaves=True))
        return tuple(notes)

    def _note(self, rule: RuleEntry) -> RuleNote:
        short = ", ".join(self._act(act) for act in rule.acts)
        full = ", ".join(describe_act(act) for act in rule.acts)
        line = f", line {rule.origin.line}" if rule.origin.line else ""
        at = ""
        if rule.quantisation is not None:
            at = f" at {describe_quantisation(rule.quantisation)}"
        return RuleNote(
            f"{abbreviate_trigger(rule.trigger, self._middle)}{at} → {short}",
            f"on {describe_rule(rule, self._middle)}{line}: {full}",
        )

    def _act(self, act: RuleAct) -> str:
        match act:
            case PromptAct():
                return describe_fade(act.fade) + bare(self._actions.of(None, act.text))
            case PickAct() | ShuffleAct():
                texts = " | ".join(bare(self._actions.of(None, text)) for text in act.texts)
                return describe_fade(act.fade) + texts
            case _:
                return abbreviate_message(describe_act(act))


def abbreviate_trigger(firing: Trigger, middle: MiddleC) -> str:
    """Return a trigger in a musician's words: `D3 ch 10`, `cc 20 > 64`, `program 5`, `go out`."""
    match firing:
        case NoteTrigger():
            return note_name(firing.note, middle) + _channel(firing.channel)
        case VelocityTrigger() | ReleaseTrigger():
            return firing_by_name(firing, middle).removeprefix("note ")
        case ControlCrossing():
            return (
                f"cc {firing.control} {'>' if firing.above else '<'} "
                f"{firing.value}{_channel(firing.channel)}"
            )
        case ProgramTrigger():
            return f"program {firing.program}{_channel(firing.channel)}"
        case GoTrigger():
            return f"go {firing.name}"
        case _:
            return describe_trigger(firing, middle)


def abbreviate_message(what: str) -> str:
    """Return a message as written in a timeline.

    For example:

    `note 36 ch 10`, `cc 20 64`, `osc /drop 1`. A note's velocity and length are shown on hover.
    """
    if not what.startswith("midi "):
        return what
    return what.removeprefix("midi ").split(" vel ", 1)[0].split(" (", 1)[0]


def protocols_of(acts: Iterable[RuleAct]) -> tuple[str, ...]:
    """Return the protocols by which messages are sent."""
    return tuple(sorted({"OSC" if isinstance(act, OscAct) else "MIDI" for act in acts}))


def abbreviate_messages(acts: Iterable[RuleAct]) -> str:
    """Return the messages of a cue."""
    return ", ".join(abbreviate_message(describe_act(act)) for act in acts)


def _channel(channel: int | None) -> str:
    return "" if channel is None else f" ch {channel}"


def _key(rule: RuleEntry) -> _Key:
    return rule.trigger, rule.acts, rule.origin


def _unique_rules(rules: Sequence[RuleEntry]) -> list[RuleEntry]:
    return list({_key(rule): rule for rule in rules}.values())
