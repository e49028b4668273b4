"""The data of the cue sheet: parts with their cues, and rules with the parts they apply in.

A part is one pass of a section.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from sequencer.core.diagnostics import Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.core.wide_numbers import for_display, ordering
from sequencer.schedule.describe import (
    bar_beat_of,
    count_messages,
    decimal,
    describe_act,
    describe_pass,
    describe_rule,
    describe_trigger,
    length_in_words,
    meter_in_words,
    milliseconds,
    tempo_in_words,
)
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.in_force import InForce, find_in_force
from sequencer.schedule.model import (
    CutAct,
    Entry,
    PickAct,
    PromptAct,
    RuleAct,
    RuleEntry,
    Schedule,
    Send,
    ShuffleAct,
    Stretch,
)
from sequencer.schedule.overview import overview
from sequencer.schedule.prompt_actions import Actions, actions_of
from sequencer.schedule.rewording import shortest_action
from sequencer.schedule.takes import soonest_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cue.

    `seconds` is its exact time since the score began or, where `after` names a live part, since the
    exit of that part. `chunk` is its score chunk. For a cue after a live part, `chunk` is the
    latest one and `earliest` differs; `frame` and `error` (signed seconds, positive is late) are
    None, because both depend on the exit of the live part; and `error_at_latest` is the error if
    the live part lasts its maximum. `brief` holds the acts with only the part of a prompt that
    changes, `briefest` also leaves out what only rewords the previous prompt.
    """

    number: int
    place: str
    bar_beat: str
    after: str | None
    seconds: Fraction
    frame: Fraction | None
    chunk: int
    earliest: int
    snap: Snap
    error: Fraction | None
    error_at_latest: Fraction
    take: int
    acts: tuple[str, ...]
    brief: tuple[str, ...]
    briefest: tuple[str, ...]
    origin: Span
    is_message: bool = False
    """Whether it is a message to an external device.

    A message is sent at its exact time, has no number and is not bound to a chunk.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule: its trigger, its acts, and the parts in which it applies."""

    number: int
    trigger: str
    acts: tuple[str, ...]
    brief: tuple[str, ...]
    parts: tuple[str, ...]
    everywhere: bool
    origin: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One pass of one section (or an entire score without sections), with its cues.

    `seconds` and `after` are its start as in `Row`. It plays from chunk `chunk` (from `earliest` at
    the earliest, if it follows a live part) to before `end`, which for a live part is the latest
    possible end. `left_earliest` is None unless it is live and something follows. `until` describes
    what ends a live part.
    """

    name: str
    section: str | None
    occurrence: int
    length: str
    tempo: str
    meter: str
    after: str | None
    seconds: Fraction
    duration: Fraction
    chunk: int
    earliest: int
    end: int
    left_earliest: int | None
    until: tuple[str, ...]
    rows: tuple[Row, ...]
    in_force: tuple[str, ...] = ()
    """What earlier parts left in force, where it is not that of the score's start."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A complete cue sheet."""

    schedule: Schedule
    parts: tuple[Part, ...]
    rules: tuple[RuleRow, ...]

    @property
    def title(self) -> str:
        """The score's title, or a default."""
        return self.schedule.title or "Untitled"

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every cue and every message to a device, in order."""
        return tuple(row for part in self.parts for row in part.rows)


def sheet_of(schedule: Schedule) -> Sheet:
    """Return the cue sheet of a schedule."""
    passes = Counter(stretch.section for stretch in schedule.stretches)
    starts = [take.start for take in schedule.takes]
    parts: list[Part] = []
    left: tuple[str, Fraction] | None = None
    shown: str | None = None
    take = 0
    actions = actions_of(schedule)
    states = find_in_force(schedule)
    early = soonest_grid(schedule)
    for index, stretch in enumerate(schedule.stretches):
        following = schedule.stretches[index + 1] if index + 1 < len(schedule.stretches) else None
        name = describe_pass(stretch.section, stretch.occurrence, passes[stretch.section])
        after, zero = (None, Fraction(0)) if left is None else left
        rows: list[Row] = []
        for entry in stretch.entries:
            while take + 1 < len(starts) and starts[take + 1] <= entry.chunk:
                take += 1
            if any(isinstance(act, CutAct) for act in entry.acts):
                shown = None
            rows.append(
                _cue_row(
                    schedule,
                    stretch,
                    entry,
                    after=after,
                    early=early,
                    zero=zero,
                    take=take,
                    brief=_describe_changes(entry.acts, actions, shown),
                    briefest=_describe_shortest_changes(entry.acts, actions, shown),
                )
            )
            shown = next((act.text for act in entry.acts if isinstance(act, PromptAct)), shown)
        rows += [
            _send_row(schedule, stretch, send, after=after, zero=zero, take=take)
            for send in stretch.sends
        ]
        rows.sort(key=lambda row: row.seconds)  # a cue comes before the messages of the same time
        parts.append(
            Part(
                name=name,
                section=stretch.section,
                occurrence=stretch.occurrence,
                length=length_in_words(stretch),
                tempo="" if stretch.tempo is None else tempo_in_words(stretch.tempo),
                meter=meter_in_words(stretch),
                after=after,
                seconds=stretch.start - zero,
                duration=stretch.seconds,
                chunk=stretch.latest,
                earliest=stretch.earliest,
                end=schedule.end if following is None else following.latest,
                left_earliest=following.earliest
                if stretch.is_live and following is not None
                else None,
                until=tuple(describe_trigger(one, schedule.middle) for one in stretch.until),
                rows=tuple(rows),
                in_force=_carried_words(states[0][0], *states[index]),
            )
        )
        if stretch.is_live:
            left = (name, stretch.start + stretch.seconds)
    return Sheet(schedule, tuple(parts), _rule_rows(schedule, passes, actions))


def _carried_words(first: InForce, before: InForce, start: InForce) -> tuple[str, ...]:
    """Return what a part has from earlier ones, where it differs from the score's beginning.

    What the part sets itself at its start is in its rows.
    """
    pairs = zip(first.settings, before.settings, start.settings, strict=True)
    return tuple(
        one.words
        for other, one, kept in pairs
        if one.words and one is kept and one.words != other.words
    )


def _cue_row(
    schedule: Schedule,
    stretch: Stretch,
    entry: Entry,
    *,
    after: str | None,
    early: ChunkGrid,
    zero: Fraction,
    take: int,
    brief: tuple[str, ...],
    briefest: tuple[str, ...],
) -> Row:
    time = stretch.start + entry.offset
    return Row(
        number=entry.id + 1,
        place=entry.place,
        bar_beat=bar_beat_of(stretch, entry.quarter, entry.offset),
        after=after,
        seconds=time - zero,
        frame=schedule.grid.frame_at(time) if after is None else None,
        chunk=entry.chunk,
        earliest=entry.chunk
        if after is None
        else early.snap(stretch.soonest + entry.offset, entry.snap),
        snap=entry.snap,
        error=entry.error if after is None else None,
        error_at_latest=entry.error,
        take=take + 1,
        acts=tuple(describe_act(act) for act in entry.acts),
        brief=brief,
        briefest=briefest,
        origin=entry.origin,
    )


def _send_row(
    schedule: Schedule,
    stretch: Stretch,
    send: Send,
    *,
    after: str | None,
    zero: Fraction,
    take: int,
) -> Row:
    time = stretch.start + send.offset
    chunk = schedule.grid.chunk_at(time)
    acts = tuple(describe_act(act) for act in send.acts)
    return Row(
        number=0,
        place=send.place,
        bar_beat=bar_beat_of(stretch, send.quarter, send.offset),
        after=after,
        seconds=time - zero,
        frame=schedule.grid.frame_at(time) if after is None else None,
        chunk=chunk,
        earliest=chunk,
        snap=schedule.snap,
        error=None,
        error_at_latest=Fraction(0),
        take=take + 1,
        acts=acts,
        brief=acts,
        briefest=acts,
        origin=send.origin,
        is_message=True,
    )


def _describe_changes(
    acts: Iterable[RuleAct], actions: Actions, shown: str | None = None
) -> tuple[str, ...]:
    """Describe acts, with only the part of each prompt that changes.

    `shown` is the prompt in force before.
    """
    found: list[str] = []
    for act in acts:
        match act:
            case PromptAct():
                found.append(describe_act(replace(act, text=actions.of(shown, act.text))))
            case PickAct() | ShuffleAct():
                texts = tuple(actions.of(shown, text) for text in act.texts)
                found.append(describe_act(replace(act, texts=texts)))
            case _:
                found.append(describe_act(act))
    return tuple(found)


def _describe_shortest_changes(
    acts: Iterable[RuleAct], actions: Actions, shown: str | None
) -> tuple[str, ...]:
    return tuple(
        describe_act(
            replace(act, text=shortest_action(actions, shown, act.text))
            if isinstance(act, PromptAct)
            else act
        )
        for act in acts
    )


def _rule_rows(
    schedule: Schedule, passes: Counter[str | None], actions: Actions
) -> tuple[RuleRow, ...]:
    """Return every rule once, however many passes it applies in."""
    found: dict[tuple[str, Span, tuple[str, ...], tuple[str, ...]], list[Stretch]] = {}
    for stretch in schedule.stretches:
        for rule in stretch.rules:
            found.setdefault(_describe_rule(rule, schedule, actions), []).append(stretch)
    return tuple(
        RuleRow(
            number=index + 1,
            trigger=trigger,
            acts=acts,
            brief=brief,
            parts=tuple(
                describe_pass(one.section, one.occurrence, passes[one.section]) for one in stretches
            ),
            everywhere=len(stretches) == len(schedule.stretches),
            origin=origin,
        )
        for index, ((trigger, origin, acts, brief), stretches) in enumerate(found.items())
    )


def _describe_rule(
    rule: RuleEntry, schedule: Schedule, actions: Actions
) -> tuple[str, Span, tuple[str, ...], tuple[str, ...]]:
    trigger = describe_rule(rule, schedule.middle)
    return (
        trigger,
        rule.origin,
        tuple(describe_act(act) for act in rule.acts),
        _describe_changes(rule.acts, actions),
    )


def describe_origin(origin: Span) -> str:
    """Return `file:line` of a cue; empty for a cue made by code."""
    return (
        f"{origin.file}:{origin.line}"
        if origin.line and origin.file
        else f"line {origin.line}"
        if origin.line
        else ""
    )


def summary_line(schedule: Schedule) -> str:
    """Return length, takes, cues, sections and rules, and the mean and worst snap errors.

    The worst snap error comes with its position.
    """
    if not schedule.entries:
        return "valid; it has nothing to play, only definitions for other scores"
    at_most = any(stretch.is_live for stretch in schedule.stretches)
    seconds = decimal(schedule.grid.boundary(schedule.end), 1)
    parts = [f"{'at most ' if at_most else ''}{_format_count(schedule.end, 'chunk')} ({seconds} s)"]
    if len(schedule.takes) > 1:
        parts.append(_format_count(len(schedule.takes), "take"))
    parts.append(_format_count(len(schedule.entries), "cue"))
    parts += count_messages(
        act for stretch in schedule.stretches for send in stretch.sends for act in send.acts
    )
    parts += _count_sections(schedule)
    rules = {
        (rule.origin, rule.trigger) for stretch in schedule.stretches for rule in stretch.rules
    }
    if rules:
        parts.append(_format_count(len(rules), "rule"))
    return ", ".join(parts) + _describe_errors(schedule)


def _describe_errors(schedule: Schedule) -> str:
    """Describe the snap errors of the cues before the first exit of a live section.

    Only the times of these cues are known.
    """
    known: list[tuple[str, Entry]] = []
    for stretch in schedule.stretches:
        name = describe_pass(stretch.section, stretch.occurrence, 1)
        known += [
            (f"{name} {entry.place}" if stretch.section else entry.place, entry)
            for entry in stretch.entries
        ]
        if stretch.is_live:
            break
    if not known:
        return ""
    position, worst = max(known, key=lambda pair: ordering(abs(pair[1].error)))
    if worst.error == 0:
        return "; every cue is exactly on a chunk"
    mean = sum((for_display(abs(entry.error)) for _, entry in known), Fraction(0)) / len(known)
    line = f", line {worst.origin.line}" if worst.origin.line else ""
    return (
        f"; snap error {decimal(mean * 1000, 0)} ms on average, {milliseconds(worst.error, 0)} ms "
        f"at worst ({position}{line})"
    )


def _format_count(amount: int, what: str, plural: str = "s") -> str:
    return f"{amount:,} {what}{'' if amount == 1 else plural}"


def ensemble_summary(ensemble: EnsembleSchedule) -> str:
    """Return what all stages have in common, the takes, cues and rules of each, and snap errors."""
    first = ensemble.reference
    at_most = any(stretch.is_live for stretch in first.stretches)
    seconds = decimal(first.grid.boundary(first.end), 1)
    length = f"{_format_count(first.end, 'chunk')} ({seconds} s)"
    common = [_format_count(len(ensemble.parts), "stage")]
    common.append(f"{'at most ' if at_most else ''}{length}")
    common += _count_sections(first)
    if ensemble.realign is not None:
        common.append(f"aligned every {_format_count(ensemble.realign, 'chunk')}")
    return "; ".join(
        (", ".join(common), *(_summarise_part(name, part) for name, part in ensemble.parts))
    ) + _describe_errors(overview(ensemble))


def _summarise_part(name: str, schedule: Schedule) -> str:
    parts = [_format_count(len(schedule.entries), "cue")]
    if len(schedule.takes) > 1:
        parts.insert(0, _format_count(len(schedule.takes), "take"))
    rules = {
        (rule.origin, rule.trigger) for stretch in schedule.stretches for rule in stretch.rules
    }
    if rules:
        parts.append(_format_count(len(rules), "rule"))
    return f"{name}: {', '.join(parts)}"


def _count_sections(schedule: Schedule) -> list[str]:
    """Return the number of sections, and of passes if there are more; nothing without sections."""
    sections = {stretch.section for stretch in schedule.stretches if stretch.section is not None}
    if not sections:
        return []
    played = (
        f" in {_format_count(len(schedule.stretches), 'pass', 'es')}"
        if len(schedule.stretches) > len(sections)
        else ""
    )
    return [f"{_format_count(len(sections), 'section')}{played}"]
