"""Write the trigger of a MIDI or OSC message into a rule, or into the `until` of a section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.midi_notes import MiddleC, note_name, note_number
from sequencer.editing.looking import Look
from sequencer.editing.names import Refusal
from sequencer.editing.texts import bounds_of, span_at
from sequencer.language.loader import Notation
from sequencer.language.score import OnControl, OnNote, OnOsc, OnRelease, Rule, Score, Trigger
from sequencer.language.values.triggers import read_trigger
from sequencer.language.values.writing import render_trigger
from sequencer.language.yaml.quoting import quote_value

MIDDLE_VALUE = 64
"""The value that a controller has to cross, if the trigger before was not one of a controller."""

_CONTROL_MESSAGE = re.compile(r"cc\s+(?P<control>\d+)(?:\s*=?\s*\d+)?(?P<channel>\s+ch\s+\d+)?\Z")
_OSC_MESSAGE = re.compile(r"osc\s+(?P<address>\"[^\"]*\"|\S+)(?:\s+[^<>=\s]\S*)*\Z")


def learn(known: Look, line: int, message: str, old: str = "") -> tuple[Fix, ...] | Refusal:
    """Return the edits that make a trigger of the score the one of a message.

    All triggers of the score that are the same as the one of the line are replaced, and all of the
    same controller: they are one pad. A comparison with a velocity, with the value of a controller
    or with an OSC argument is kept, unless the message has one of its own.

    Args:
        known: What is known about the text, as it is now.
        line: The line of the rule, or of the section that the trigger leaves; from 1.
        message: A trigger, such as `note D3 ch 10`, or a message: `cc 20 93`, `osc /drop 0.5`.
        old: The trigger that it replaces, or `cc 20`. It may be omitted if the line has only one.

    Returns:
        The edits, or the reason why they cannot be made.
    """
    if known.score is None:
        return Refusal("the score cannot be read")
    middle = known.score.header.middle or "C3"
    every = [(lines, one, _identity(one, middle)) for lines, one in _triggers(known.score)]
    here = list(dict.fromkeys(identity for lines, _, identity in every if line in lines))
    if len(here) > 1:
        wanted = _read(_as_trigger(old.strip(), None))
        named = None if isinstance(wanted, str) else _identity(wanted, middle)
        here = [identity for identity in here if identity == named]
    if not here:
        return Refusal(f"line {line} has no such trigger: the score was changed since")
    edits: list[Fix] = []
    for _, one, identity in every:
        if identity == here[0]:
            new = _read(_as_trigger(message.strip(), one))
            if isinstance(new, str):
                return Refusal(new)
            edit = _edit(known, one, _as_written(one, new, middle))
            if isinstance(edit, Refusal):
                return edit
            edits.append(edit)
    return tuple(edits)


def _identity(trigger: Trigger, middle: MiddleC) -> tuple[object, ...]:
    """Return what makes two triggers one pad, also if they are written differently."""
    match trigger:
        case OnNote(written, channel, velocity):
            return "note", note_number(written, middle), channel, velocity
        case OnRelease(written, channel):
            return "release", note_number(written, middle), channel
        case OnControl(control=control, channel=channel):
            return "cc", control, channel
        case _:
            return (_without_span(trigger),)


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


def _as_trigger(message: str, before: Trigger | None) -> str:
    """Return the trigger of a message of a controller, or of an OSC message with arguments."""
    control = _CONTROL_MESSAGE.match(message)
    if control is not None:
        sign, value = ">", MIDDLE_VALUE
        if isinstance(before, OnControl):
            sign, value = ">" if before.above else "<", before.value
        return f"cc {control['control']} {sign} {value}{control['channel'] or ''}"
    osc = _OSC_MESSAGE.match(message)
    return message if osc is None else f"osc {osc['address']}"


def _as_written(before: Trigger, new: Trigger, middle: MiddleC) -> Trigger:
    """Return a trigger with the comparison of the one before, and notes as names where it did."""
    match before, new:
        case OnNote(written, _, comparison), OnNote(number, _, own):
            is_name = number.isdigit() and not written.isdigit()
            name = note_name(int(number), middle) if is_name else number
            return replace(new, written=name, velocity=own or comparison)
        case OnOsc(value=comparison), OnOsc(value=None):
            return replace(new, value=comparison)
        case _:
            return new


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
