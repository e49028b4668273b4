"""Read outgoing MIDI messages, as both notations write them.

For example:

`note C3 ch 10 vel 100 for 1 beat`, `cc 20 64`, `program 5`.
"""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import (
    Duration,
    OnNote,
    OnProgram,
    SendControl,
    SendMidi,
    SendNote,
    SendProgram,
)
from sequencer.language.source import closest_word, excerpt, subspan
from sequencer.language.values.amounts import check_ascii_digits, read_duration
from sequencer.language.values.triggers import read_trigger, report_missing_space

MIDI_MESSAGES = ("note", "cc", "program")
MIDI_FORMS = (
    "write midi note C3 ch 10 vel 100 for 1 beat, midi cc 20 64 ch 1, or midi program 5 ch 1"
)

_MESSAGE_WORD = re.compile(r"\S*")
_OPTIONS = "ch|chan|channel|vel|velocity|for"
_MIDI_OPTION = re.compile(
    rf"[ \t]+({_OPTIONS})(?![^\W\d])[ \t]*(.*?)(?=[ \t]+(?:{_OPTIONS})(?![^\W\d])|[ \t]*\Z)"
)
_LONG_OPTIONS = {"chan": "ch", "channel": "ch", "velocity": "vel"}
_OTHER_MESSAGE_NAMES = {
    "control": "cc",
    "controller": "cc",
    "pc": "program",
    "prog": "program",
    "noteon": "note",
}
_COMPARED = re.compile(r"([0-9]+)[ \t]*(?:[<>=≥≤]+|to|,)[ \t]*([0-9]+)\Z")
_RANGES = {
    "ch": ("channel", 1, 16, "E233"),
    "vel": ("velocity", 1, 127, "E260"),
    "controller": ("controller", 0, 127, "E235"),
    "value": ("value", 0, 127, "E236"),
}


def read_midi(text: str, span: Span, faults: Diagnostics) -> SendMidi | None:
    """Read what follows `midi`. Return None if a diagnostic was reported.

    Channels are 1–16, programs 1–128, velocities 1–127, everything else 0–127.
    """
    if _report_wording(text, span, faults):
        return None
    match = _MESSAGE_WORD.match(text)
    kind = match.group() if match else ""
    if kind not in MIDI_MESSAGES:
        _report_unknown_message(text, kind, span, faults)
        return None
    if report_missing_space(text, span, faults, "E259"):
        return None
    first = _MIDI_OPTION.search(text)
    body = text if first is None else text[: first.start()]
    options = _read_options(text, kind, span, faults)
    if options is None:
        return None
    channel, velocity, length = options
    if not body[len(kind) :].strip(" \t"):
        faults.error("E259", f"`midi {kind}` needs a number", span, hint=MIDI_FORMS)
        return None
    if kind == "cc":
        return _read_control_message(body, channel, span, faults)
    read = read_trigger(body, subspan(text, span, 0, len(body)), faults, is_sent=True)
    match read:
        case OnNote():
            return SendNote(read.written, channel, velocity, length, span)
        case OnProgram():
            return SendProgram(read.program, channel, span)
        case _:
            return None


def _report_wording(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report a message in other words.

    For example:

    `cc20 127`, `note C3 v100`, `note 60 127`. Return whether it was reported.
    """
    for pattern, corrected, message in _WORDINGS:
        match = pattern.search(text)
        if match is not None:
            new = match.expand(corrected)
            at = subspan(text, span, *match.span())
            faults.error("E259", message, at, hint=f"write {excerpt(new)}", fix=Fix(at, new))
            return True
    return False


_MUSICAL_LENGTH = r"[0-9]+(?:/[0-9]+)?[ \t]*(?:bars?|beats?)"
_WORDINGS = (
    (
        re.compile(rf"\A(note[ \t]+\S+)[ \t]+({_MUSICAL_LENGTH})(?=[ \t]+(?:ch|vel)\b|\Z)"),
        r"\1 for \2",
        "the length of a note follows `for`",
    ),
    (
        re.compile(r"\A(cc|note|program)([0-9A-G]\S*)"),
        r"\1 \2",
        "the keyword is followed by a space",
    ),
    (
        re.compile(r"(?<=[ \t])(?:v|@)[ \t]*([0-9]{1,3})(?![\w])"),
        r"vel \1",
        "the velocity of a note follows `vel`",
    ),
    (
        re.compile(r"(?<=[ \t])(?:on[ \t]+channel|on[ \t]+ch|to[ \t]+channel)[ \t]+([0-9]+)"),
        r"ch \1",
        "the channel follows `ch`",
    ),
    (
        re.compile(r"\A(note[ \t]+[A-G0-9]\S*)[ \t]+([0-9]{1,3})(?=[ \t]|\Z)"),
        r"\1 vel \2",
        "the velocity of a note follows `vel`",
    ),
)


def _read_options(
    text: str, kind: str, span: Span, faults: Diagnostics
) -> tuple[int | None, int | None, Duration | None] | None:
    """Read channel, velocity and length, each at most once, in any order.

    Return None if a diagnostic was reported.
    """
    numbers: dict[str, int] = {}
    length: Duration | None = None
    for match in _MIDI_OPTION.finditer(text):
        word = _LONG_OPTIONS.get(match.group(1), match.group(1))
        whole = subspan(text, span, match.start(1), match.end())
        if word in numbers or (word == "for" and length is not None):
            faults.error(
                "E259",
                f"duplicate {word}",
                whole,
                hint="remove one",
                fix=_removal_fix(text, span, match),
            )
            return None
        if word != "ch" and kind != "note":
            message = (
                f"a {'controller' if kind == 'cc' else 'program'} has no "
                f"{'velocity' if word == 'vel' else 'length'}"
            )
            faults.error(
                "E259", message, whole, hint="remove it", fix=_removal_fix(text, span, match)
            )
            return None
        at = subspan(text, span, match.start(2), match.end(2)) if match.group(2) else whole
        if word == "for":
            length = read_duration(match.group(2), at, faults)
            if length is None:
                return None
            continue
        number = _read_message_number(match.group(2), at, faults, word)
        if number is None:
            return None
        numbers[word] = number
    return numbers.get("ch"), numbers.get("vel"), length


def _removal_fix(text: str, span: Span, match: re.Match[str]) -> Fix:
    return Fix(subspan(text, span, match.start(), match.end()), "")


def _read_control_message(
    body: str, channel: int | None, span: Span, faults: Diagnostics
) -> SendControl | None:
    start = len("cc") + len(body[2:]) - len(body[2:].lstrip(" \t"))
    written = body[start:].rstrip(" \t")
    at = subspan(body, span, start, start + len(written))
    compared = _COMPARED.match(written)
    if compared is not None:
        corrected = f"{compared.group(1)} {compared.group(2)}"
        message = "a controller and its value are separated by a space"
        faults.error("E259", message, at, hint=f"write cc {corrected}", fix=Fix(at, corrected))
        return None
    words = list(re.finditer(r"\S+", written))
    if len(words) != 2:
        hint = "write the controller and its value: midi cc 20 64"
        what = (
            "a controller needs a value to be sent"
            if len(words) == 1
            else "a controller takes one value"
        )
        faults.error("E259", what, at, hint=hint)
        return None
    control = _read_message_number(
        words[0].group(), subspan(written, at, *words[0].span()), faults, "controller"
    )
    value = _read_message_number(
        words[1].group(), subspan(written, at, *words[1].span()), faults, "value"
    )
    return None if control is None or value is None else SendControl(control, value, channel, span)


def _read_message_number(text: str, span: Span, faults: Diagnostics, which: str) -> int | None:
    """Read an integer in the range for `which`."""
    what, low, high, code = _RANGES[which]
    if text and not check_ascii_digits(text, span, faults):
        return None
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    more = "; velocity 0 would release the note" if which == "vel" and text == "0" else ""
    plural = "velocities" if which == "vel" else f"{what}s"
    message = f"there is no {what} {excerpt(text) or 'without a number'}"
    faults.error(code, message, span, hint=f"{plural} go from {low} to {high}{more}")
    return None


def _suggest_note(text: str, kind: str, span: Span) -> tuple[str, Span]:
    """Return the correct spelling of a note without `note`, and the span to replace.

    The spelling includes the length if that is clear.
    """
    corrected = f"note {text}"
    for pattern, better, _ in _WORDINGS:
        corrected = pattern.sub(better, corrected)
    if read_midi(corrected, span, Diagnostics()) is not None:
        return corrected, span
    return f"note {kind}", subspan(text, span, 0, len(kind))


def _report_unknown_message(text: str, kind: str, span: Span, faults: Diagnostics) -> None:
    at = subspan(text, span, 0, len(kind))
    low = kind.casefold()
    guess = _OTHER_MESSAGE_NAMES.get(low) or (
        low if low in MIDI_MESSAGES else closest_word(kind, MIDI_MESSAGES)
    )
    if guess is None and read_trigger(f"note {kind}", at, Diagnostics()) is not None:
        corrected, at = _suggest_note(text, kind, span)
        faults.error(
            "E259",
            f"{excerpt(kind)} is a note, but the keyword `note` is missing",
            at,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(at, corrected),
        )
    elif guess is not None:
        corrected = guess + text[len(kind) :]
        message = f"{excerpt(kind)} is not a MIDI message"
        faults.error(
            "E259", message, at, hint=f"did you mean {excerpt(corrected)}?", fix=Fix(at, guess)
        )
    else:
        message = (
            f"{excerpt(kind)} is not a MIDI message"
            if kind
            else "`midi` needs a note, cc or program"
        )
        faults.error("E259", message, at if kind else span, hint=MIDI_FORMS)
