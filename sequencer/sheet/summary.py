"""A schedule in one line: what `check` prints about a score that is well."""

from __future__ import annotations

from fractions import Fraction

from sequencer.schedule import Entry, Schedule
from sequencer.schedule.words import decimal, milliseconds, pass_in_words
from sequencer.timebase import for_display, ordering


def summary_line(schedule: Schedule) -> str:
    """Length, takes, cues, sections and rules, and the snap errors: their mean and the worst with its place."""
    if not schedule.entries:
        return "well; there is nothing to play in it, only what other scores can use"
    at_most = any(stretch.is_live for stretch in schedule.stretches)
    seconds = decimal(schedule.grid.boundary(schedule.end), 1)
    parts = [f"{'at most ' if at_most else ''}{_count(schedule.end, 'chunk')} ({seconds} s)"]
    if len(schedule.takes) > 1:
        parts.append(_count(len(schedule.takes), "take"))
    parts.append(_count(len(schedule.entries), "cue"))
    sends = sum(len(send.acts) for stretch in schedule.stretches for send in stretch.sends)
    if sends:
        parts.append(f"{_count(sends, 'message')} for gear")
    sections = {stretch.section for stretch in schedule.stretches if stretch.section is not None}
    if sections:
        played = f" in {_count(len(schedule.stretches), 'pass', 'es')}" if len(schedule.stretches) > len(sections) else ""
        parts.append(f"{_count(len(sections), 'section')}{played}")
    rules = {(rule.origin, rule.trigger) for stretch in schedule.stretches for rule in stretch.rules}
    if rules:
        parts.append(_count(len(rules), "rule"))
    return ", ".join(parts) + _errors(schedule)


def _errors(schedule: Schedule) -> str:
    """The snap errors of the cues whose time is known: those in front of the first exit of a live section."""
    known: list[tuple[str, Entry]] = []
    for stretch in schedule.stretches:
        name = pass_in_words(stretch.section, stretch.occurrence, 1)
        known += [(f"{name} {entry.place}" if stretch.section else entry.place, entry) for entry in stretch.entries]
        if stretch.is_live:
            break
    if not known:
        return ""
    place, worst = max(known, key=lambda pair: ordering(abs(pair[1].error)))
    if worst.error == 0:
        return "; every cue stands exactly on a chunk"
    mean = sum((for_display(abs(entry.error)) for _, entry in known), Fraction(0)) / len(known)
    line = f", line {worst.origin.line}" if worst.origin.line else ""
    return f"; snap error {decimal(mean * 1000, 0)} ms on average, {milliseconds(worst.error, 0)} ms at worst ({place}{line})"


def _count(amount: int, what: str, plural: str = "s") -> str:
    return f"{amount:,} {what}{'' if amount == 1 else plural}"
