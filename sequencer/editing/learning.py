"""Write the trigger of a MIDI or OSC message into a rule, or into the `until` of a section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.editing.looking import Look
from sequencer.editing.names import Refusal
from sequencer.editing.texts import bounds_of, span_at
from sequencer.language.loader import Notation
from sequencer.language.score import OnControl, OnNote, OnOsc, Rule, Score, Trigger
from sequencer.language.values.triggers import read_trigger
from sequencer.language.values.writing import render_trigger
from sequencer.language.yaml.quoting import quote_value

MIDDLE_VALUE = 64
"""The value that a controller has to cross, if the trigger before was not one of a controller."""

_CONTROL_MESSAGE = re.compile(r"cc\s+(?P<control>\d+)(?:\s*=?\s*\d+)?(?P<channel>\s+ch\s+\d+)?\Z")
_OSC_MESSAGE = re.compile(r"osc\s+(?P<address>\"[^\"]*\"|\S+)(?:\s+[^<>=\s]\S*)*\Z")


def learn(known: Look, line: int, message: str, old: str = "") -> Fix | Refusal:
    """Return the edit that makes a trigger of the score the one of a message.

    A comparison with a velocity, with the value of a controller or with an OSC argument is kept
    from the trigger before, unless the message has one of its own.

    Args:
        known: What is known about the text, as it is now.
        line: The line of the rule, or of the section that the trigger leaves; from 1.
        message: A trigger, such as `note D3 ch 10`, or a message: `cc 20 93`, `osc /drop 0.5`.
        old: The trigger that it replaces. It may be omitted if the line has only one.

    Returns:
        The edit, or the reason why it cannot be made.
    """
    if known.score is None:
        return Refusal("the score cannot be read")
    before = _read(old) if old else None
    if isinstance(before, str):
        return Refusal(before)
    on_line = [one for lines, one in _triggers(known.score) if line in lines]
    found = [one for one in on_line if before is None or _without_span(one) == before]
    if not found:
        return Refusal(f"line {line} has no such trigger: the score was changed since")
    if len(found) > 1:
        return Refusal(f"line {line} has several triggers")
    wanted = _read(_as_trigger(message.strip(), found[0]))
    if isinstance(wanted, str):
        return Refusal(wanted)
    return _edit(known, found[0], _keep_comparison(found[0], wanted))


def _triggers(score: Score) -> Iterator[tuple[range, Trigger]]:
    """Yield the triggers of rules and sections, each with the lines by which it is found."""
    for items in (score.items, *(section.items for section in score.sections)):
        for item in items:
            if isinstance(item, Rule):
                yield range(item.span.line, item.span.end_line + 1), item.trigger
    for section in score.sections:
        for trigger in section.until:
            first = min(section.span.line, section.name_span.line)
            yield range(first, max(first, trigger.span.end_line) + 1), trigger


def _read(text: str) -> Trigger | str:
    """Return a trigger without its span, or what is wrong with it."""
    faults = Diagnostics()
    found = read_trigger(text.strip(), Span("", 1, 1, 1, len(text) + 1), faults)
    if found is None:
        return faults.diagnostics[0].message
    return _without_span(found)


def _without_span(trigger: Trigger) -> Trigger:
    return replace(trigger, span=Span("", 0, 0, 0, 0))


def _as_trigger(message: str, before: Trigger) -> str:
    """Return the trigger of a message of a controller, or of an OSC message with arguments."""
    control = _CONTROL_MESSAGE.match(message)
    if control is not None:
        sign, value = ">", MIDDLE_VALUE
        if isinstance(before, OnControl):
            sign, value = ">" if before.above else "<", before.value
        return f"cc {control['control']} {sign} {value}{control['channel'] or ''}"
    osc = _OSC_MESSAGE.match(message)
    return message if osc is None else f"osc {osc['address']}"


def _keep_comparison(before: Trigger, wanted: Trigger) -> Trigger:
    match before, wanted:
        case OnNote(velocity=comparison), OnNote(velocity=None):
            return replace(wanted, velocity=comparison)
        case OnOsc(value=comparison), OnOsc(value=None):
            return replace(wanted, value=comparison)
        case _:
            return wanted


def _edit(known: Look, before: Trigger, wanted: Trigger) -> Fix | Refusal:
    """Return the edit of the text. A value of YAML is quoted where it has to be."""
    if known.notation is Notation.TEXT:
        return Fix(before.span, render_trigger(wanted))
    source = known.source
    written = render_trigger(wanted, in_quotes=False)
    plain = quote_value(written, flow=True) == written
    start, end = bounds_of(source, before.span)
    quote = source.text[start - 1 : start]
    if quote in ('"', "'") and source.text[end : end + 1] == quote:
        return Fix(span_at(source, start - 1, end + 1), quote_value(written, flow=True))
    if not plain:
        is_whole = re.search(r":[ \t]+\Z", source.text[:start]) is not None and re.match(
            r"[ \t]*(?:[,}\]\n]|\Z|[ \t]#)", source.text[end:]
        )
        if not is_whole:
            return Refusal(f"write {written} yourself: it needs quotes here")
    return Fix(before.span, quote_value(written, flow=True))
