"""What is sent to gear, as both notations write it: `note C3 ch 10 vel 100 for 1 beat`, `cc 20 64 ch 1`, `program 5`."""

from __future__ import annotations

import re

from sequencer.errors import Faults, Fix, Span
from sequencer.notation.amounts import plain_digits, read_duration
from sequencer.notation.guess import nearest, part, shown
from sequencer.notation.triggers import read_trigger, told_glued
from sequencer.score import Duration, OnNote, OnProgram, SendControl, SendMidi, SendNote, SendProgram

WORDS = ("note", "cc", "program")
SPELLINGS = "write midi note C3 ch 10 vel 100 for 1 beat, midi cc 20 64 ch 1, or midi program 5 ch 1"

_WORD = re.compile(r"\S*")
_OPTIONS = "ch|chan|channel|vel|velocity|for"
_OPTION = re.compile(rf"[ \t]+({_OPTIONS})(?![^\W\d])[ \t]*(.*?)(?=[ \t]+(?:{_OPTIONS})(?![^\W\d])|[ \t]*\Z)")
_LONG = {"chan": "ch", "channel": "ch", "velocity": "vel"}
_OTHER_NAMES = {"control": "cc", "controller": "cc", "pc": "program", "prog": "program", "noteon": "note"}
_COMPARED = re.compile(r"([0-9]+)[ \t]*(?:[<>=≥≤]+|to|,)[ \t]*([0-9]+)\Z")
_RANGES = {
    "ch": ("channel", 1, 16, "E233"),
    "vel": ("velocity", 1, 127, "E260"),
    "controller": ("controller", 0, 127, "E235"),
    "value": ("value", 0, 127, "E236"),
}


def read_midi(text: str, span: Span, faults: Faults) -> SendMidi | None:
    """What stands behind `midi`. Channels are 1–16, programs 1–128, velocities 1–127, all else 0–127."""
    if _told_wording(text, span, faults):
        return None
    match = _WORD.match(text)
    kind = match.group() if match else ""
    if kind not in WORDS:
        _unknown(text, kind, span, faults)
        return None
    if told_glued(text, span, faults, "E259"):
        return None
    first = _OPTION.search(text)
    body = text if first is None else text[: first.start()]
    options = _options(text, kind, span, faults)
    if options is None:
        return None
    channel, velocity, length = options
    if not body[len(kind) :].strip(" \t"):
        faults.error("E259", f"midi {kind} what? A number is missing", span, SPELLINGS)
        return None
    if kind == "cc":
        return _control(body, channel, span, faults)
    read = read_trigger(body, part(text, span, 0, len(body)), faults, is_sent=True)
    match read:
        case OnNote():
            return SendNote(read.written, channel, velocity, length, span)
        case OnProgram():
            return SendProgram(read.program, channel, span)
        case _:
            return None


def _told_wording(text: str, span: Span, faults: Faults) -> bool:
    """Tell what is sent in other words: `cc20 127`, `note C3 v100`, `note 60 127`, `note C3 on channel 10`."""
    for pattern, cured, message in _WORDINGS:
        match = pattern.search(text)
        if match is not None:
            new = match.expand(cured)
            at = part(text, span, *match.span())
            faults.error("E259", message, at, f"write {shown(new)}", (Fix(at, new),))
            return True
    return False


_WORDINGS = (
    (
        re.compile(r"\A(note[ \t]+\S+)[ \t]+([0-9]+(?:/[0-9]+)?[ \t]*(?:bars?|beats?))(?=[ \t]+(?:ch|vel)\b|\Z)"),
        r"\1 for \2",
        "how long a note sounds stands behind for",
    ),
    (re.compile(r"\A(cc|note|program)([0-9A-G]\S*)"), r"\1 \2", "a blank stands behind the word"),
    (re.compile(r"(?<=[ \t])(?:v|@)[ \t]*([0-9]{1,3})(?![\w])"), r"vel \1", "how loud a note is stands behind vel"),
    (
        re.compile(r"(?<=[ \t])(?:on[ \t]+channel|on[ \t]+ch|to[ \t]+channel)[ \t]+([0-9]+)"),
        r"ch \1",
        "a channel stands behind ch",
    ),
    (
        re.compile(r"\A(note[ \t]+[A-G0-9]\S*)[ \t]+([0-9]{1,3})(?=[ \t]|\Z)"),
        r"\1 vel \2",
        "how loud a note is stands behind vel",
    ),
)


def _options(text: str, kind: str, span: Span, faults: Faults) -> tuple[int | None, int | None, Duration | None] | None:
    """Channel, velocity and length, each at most once, in any order. None where one of them was told."""
    numbers: dict[str, int] = {}
    length: Duration | None = None
    for match in _OPTION.finditer(text):
        word = _LONG.get(match.group(1), match.group(1))
        whole = part(text, span, match.start(1), match.end())
        if word in numbers or (word == "for" and length is not None):
            faults.error("E259", f"{word} stands here twice", whole, "leave one out", (_left_out(text, span, match),))
            return None
        if word != "ch" and kind != "note":
            message = f"a {'controller' if kind == 'cc' else 'program'} has no {'velocity' if word == 'vel' else 'length'}"
            faults.error("E259", message, whole, "leave it out", (_left_out(text, span, match),))
            return None
        at = part(text, span, match.start(2), match.end(2)) if match.group(2) else whole
        if word == "for":
            length = read_duration(match.group(2), at, faults)
            if length is None:
                return None
            continue
        number = _number(match.group(2), at, faults, word)
        if number is None:
            return None
        numbers[word] = number
    return numbers.get("ch"), numbers.get("vel"), length


def _left_out(text: str, span: Span, match: re.Match[str]) -> Fix:
    return Fix(part(text, span, match.start(), match.end()), "")


def _control(body: str, channel: int | None, span: Span, faults: Faults) -> SendControl | None:
    start = len("cc") + len(body[2:]) - len(body[2:].lstrip(" \t"))
    written = body[start:].rstrip(" \t")
    at = part(body, span, start, start + len(written))
    compared = _COMPARED.match(written)
    if compared is not None:
        cured = f"{compared.group(1)} {compared.group(2)}"
        message = "between a controller and the value that is sent stands a blank"
        faults.error("E259", message, at, f"write cc {cured}", (Fix(at, cured),))
        return None
    words = list(re.finditer(r"\S+", written))
    if len(words) != 2:
        hint = "write the controller and its value: midi cc 20 64"
        what = "a controller needs a value to be sent" if len(words) == 1 else "a controller takes one value"
        faults.error("E259", what, at, hint)
        return None
    control = _number(words[0].group(), part(written, at, *words[0].span()), faults, "controller")
    value = _number(words[1].group(), part(written, at, *words[1].span()), faults, "value")
    return None if control is None or value is None else SendControl(control, value, channel, span)


def _number(text: str, span: Span, faults: Faults, which: str) -> int | None:
    """A whole number in the range of what it is."""
    what, low, high, code = _RANGES[which]
    if text and not plain_digits(text, span, faults):
        return None
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    more = "; velocity 0 would let go of the note" if which == "vel" and text == "0" else ""
    plural = "velocities" if which == "vel" else f"{what}s"
    message = f"there is no {what} {shown(text) or 'without a number'}"
    faults.error(code, message, span, f"{plural} go from {low} to {high}{more}")
    return None


def _as_note(text: str, kind: str, span: Span) -> tuple[str, Span]:
    """How a note without its word is written, with its length where that is clear, and the span to put it at."""
    cured = f"note {text}"
    for pattern, better, _ in _WORDINGS:
        cured = pattern.sub(better, cured)
    if read_midi(cured, span, Faults()) is not None:
        return cured, span
    return f"note {kind}", part(text, span, 0, len(kind))


def _unknown(text: str, kind: str, span: Span, faults: Faults) -> None:
    at = part(text, span, 0, len(kind))
    low = kind.casefold()
    guess = _OTHER_NAMES.get(low) or (low if low in WORDS else nearest(kind, WORDS))
    if guess is None and read_trigger(f"note {kind}", at, Faults()) is not None:
        cured, at = _as_note(text, kind, span)
        faults.error("E259", f"{shown(kind)} is a note, and `note` is missing", at, f"write {shown(cured)}", (Fix(at, cured),))
    elif guess is not None:
        cured = guess + text[len(kind) :]
        message = f"{shown(kind)} is nothing that is sent to gear"
        faults.error("E259", message, at, f"did you mean {shown(cured)}?", (Fix(at, guess),))
    else:
        message = f"{shown(kind)} is nothing that is sent to gear" if kind else "midi what? A note, cc or program is missing"
        faults.error("E259", message, at if kind else span, SPELLINGS)
