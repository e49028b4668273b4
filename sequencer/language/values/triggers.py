"""Read triggers, as both notations write them.

For example:

`note D3 ch 10`, `cc 20 > 64`, `start`, `go exit`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.midi_notes import MAX_NOTE, note_number
from sequencer.language.score import (
    Comparison,
    OnControl,
    OnGo,
    OnNote,
    OnProgram,
    OnRelease,
    OnTransport,
    Trigger,
)
from sequencer.language.source import closest_word, excerpt, subspan
from sequencer.language.values.amounts import check_ascii_digits
from sequencer.language.values.comparisons import read_velocity
from sequencer.language.values.osc import is_osc_trigger, read_osc_trigger
from sequencer.language.values.strings import is_name, read_name

TRIGGER_KINDS = ("note", "release", "cc", "program", "start", "stop", "continue", "osc", "go")
TRIGGER_FORMS = (
    'write note C3, release C3, cc 20 > 64, program 5, start, stop, continue, osc "/drop" or go '
    "NAME"
)

RESERVED_GO_CUE = "or"
SUGGESTED_GO_CUE = "or-else"
"""The only invalid name of a go-cue, because it separates triggers, and a name to suggest."""

TWO_LENGTHS_MESSAGE = "a section has a length, or lasts until a trigger, not both"

_LENGTH = re.compile(r"[0-9]+(?:[./][0-9]+)?[ \t]*(?:bars?|beats?|chunks?|seconds?|ms|[bcsf])")
_TRIGGER_PREFIX = re.compile(r"(?:midi[ \t]+|incoming[ \t]+)(note|release|cc|program)(?=[ \t])")
_MISSING_SPACE = re.compile(r"(note|cc|program)(?=[A-G0-9])")
_KEY_PRESS = re.compile(r"(?:key|keypress|press|button)[ \t]+([^\W\d]\w*)\Z")
_OPTION_WITHOUT_SPACE = re.compile(
    r"(?<=[ \t])(ch|chan|channel|vel|velocity)(?:[ \t]*[=:#.][ \t]*)?(?<![ \t])([0-9]{1,3})(?![\w])"
)
_NOTE_LENGTH_WORDS = re.compile(
    r"[ \t]*(?:length|len|duration|dur|lasting|lasts|over|during)[ \t]+([0-9].*)"
)
_TRIGGER_WORD = re.compile(r"\S+")
_VELOCITY = re.compile(
    r"[ \t]+((?:vel|velocity)(?![^\W\d]).*?)(?=[ \t]+(?:ch|chan|channel)(?![^\W\d])|[ \t]*\Z)"
)
_CHANNEL = re.compile(r"[ \t]+(?:ch|chan|channel)\b[ \t]*(.*)\Z")
_CONTROL = re.compile(r"([^\s<>=]+)[ \t]*(>=|<=|=>|=<|==|!=|[<>=≥≤]|above|below)?[ \t]*(\S+)?\Z")
_OTHER_TRIGGER_NAMES = {
    "control": "cc",
    "controller": "cc",
    "pc": "program",
    "prog": "program",
    "resume": "continue",
    "noteoff": "release",
    "note-off": "release",
    "off": "release",
}

_SECTION_OPTION = re.compile(r"[ \t]+(cut|tempo|meter|max|until)(?![\w\-])")
_GO_NAME = re.compile(r"(?<!\S)go[ \t]+(?!\w+[ \t]+(?:[0-9]|seed\b))\S+")
"""A go-cue with its name.

`go max 8 bars` does not match: `max` is the option there, and the name is missing.
"""


def find_option(text: str) -> re.Match[str] | None:
    """Find the first option (`max 8 bars`, `cut`) after a length or triggers without a comma.

    Group 1 of the match is the option's keyword. `until go cut` does not match, because `cut` is
    the go-cue's name there.
    """
    names = [match.span() for match in _GO_NAME.finditer(text)]
    return next(
        (
            one
            for one in _SECTION_OPTION.finditer(text)
            if not any(start < one.start(1) < end for start, end in names)
        ),
        None,
    )


def report_length_with_until(
    text: str, span: Span, faults: Diagnostics, *, has_maximum: bool
) -> bool:
    """Report a length, or `live`, before `until`, which takes its place. Return whether it was.

    Args:
        text: What is where a section's length belongs, such as `8 bars until go out`.
        span: The span of `text`.
        faults: Where it is reported.
        has_maximum: Whether the section has a maximum length.
    """
    joined = find_option(text)
    if joined is None or joined.group(1) != "until":
        return False
    length, until = text[: joined.start()], text[joined.start(1) :]
    if length[:1].isdigit():
        message, code = TWO_LENGTHS_MESSAGE, "E136"
    else:
        message, code = f"{excerpt(length)} is not a length, and `until` needs none", "E131"
    maximum = length if _LENGTH.fullmatch(length) else "32 bars"
    corrected = until if has_maximum else f"{until}, max {maximum}"
    faults.error(
        code,
        message,
        subspan(text, span, 0, joined.start()),
        hint=f"write {excerpt(corrected)}",
        fix=Fix(span, corrected),
    )
    return True


def read_trigger(
    text: str, span: Span, faults: Diagnostics, is_sent: bool = False
) -> Trigger | None:
    """Read a complete trigger. Return None if a diagnostic was reported.

    Channels are 1–16, programs 1–128; notes, controllers and controller values are 0–127.

    Args:
        text: The trigger as written.
        span: The span of `text`.
        faults: Collects the diagnostics.
        is_sent: Whether the note is sent rather than received. A sent note has a length.
    """
    if is_osc_trigger(text):
        return read_osc_trigger(text, span, faults)
    word = _TRIGGER_WORD.match(text)
    kind = word.group() if word else ""
    end = len(kind)
    match kind:
        case "start" | "stop" | "continue":
            if end == len(text):
                return OnTransport(kind, span)
            _report_extra_text(text, end, kind, span=span, faults=faults)
            return None
        case "go":
            return _read_go(text, span, faults)
        case "note" | "release" | "cc" | "program":
            return _read_midi_trigger(kind, text, end, span=span, faults=faults, is_sent=is_sent)
        case _:
            _report_unknown_trigger(text, kind, span, faults)
            return None


def _read_midi_trigger(
    kind: str, text: str, start: int, *, span: Span, faults: Diagnostics, is_sent: bool
) -> Trigger | None:
    velocity: Comparison | None = None
    loudness = _VELOCITY.search(text) if kind == "note" and not is_sent else None
    if loudness is not None:
        velocity = read_velocity(loudness.group(1), subspan(text, span, *loudness.span(1)), faults)
        if velocity is None:
            return None
        gap = " " * (loudness.end() - loudness.start())
        text = (text[: loudness.start()] + gap + text[loudness.end() :]).rstrip(" \t")
    if report_missing_space(text, span, faults, "E238"):
        return None
    body, channel = text, None
    found = _CHANNEL.search(text)
    if found is not None:
        channel = _read_trigger_number(
            found.group(1),
            subspan(text, span, found.start(1), len(text)),
            faults,
            what="channel",
            low=1,
            high=16,
            code="E233",
        )
        if channel is None:
            return None
        body = text[: found.start()]
    value = body[start:].strip(" \t")
    if not value:
        faults.error("E238", f"`{kind}` needs a number", span, hint=TRIGGER_FORMS)
        return None
    offset = body.index(value, start)
    at = subspan(text, span, offset, offset + len(value))
    match kind:
        case "note":
            note = _read_note(value, at, channel, span=span, faults=faults, is_sent=is_sent)
            return None if note is None else replace(note, velocity=velocity)
        case "release":
            note = _read_note(value, at, channel, span=span, faults=faults, is_sent=is_sent)
            return None if note is None else OnRelease(note.written, note.channel, span)
        case "cc":
            return _read_control_trigger(value, at, channel, span, faults)
        case _:
            changed = re.fullmatch(r"change[ \t]+([0-9]+)", value)
            if changed is not None:
                corrected = changed.group(1)
                faults.error(
                    "E234",
                    "a program is only a number",
                    at,
                    hint=f"write program {corrected}",
                    fix=Fix(at, corrected),
                )
                return None
            program = _read_trigger_number(
                value, at, faults, what="program", low=1, high=128, code="E234"
            )
            return None if program is None else OnProgram(program, channel, span)


def report_missing_space(text: str, span: Span, faults: Diagnostics, code: str) -> bool:
    """Report an option with no space before its number.

    For example:

    `ch10`, `ch=10`, `vel:100`. Return whether it was reported.
    """
    glued = _OPTION_WITHOUT_SPACE.search(text)
    if glued is None:
        return False
    corrected = f"{glued.group(1)} {glued.group(2)}"
    at = subspan(text, span, *glued.span())
    faults.error(
        code,
        f"{glued.group(1)} is followed by a space",
        at,
        hint=f"write {corrected}",
        fix=Fix(at, corrected),
    )
    return True


def _read_note(
    written: str, at: Span, channel: int | None, *, span: Span, faults: Diagnostics, is_sent: bool
) -> OnNote | None:
    if " " in written or "\t" in written:
        _report_extra_text(
            written,
            written.replace("\t", " ").index(" "),
            "a note",
            span=at,
            faults=faults,
            is_sent=is_sent,
        )
        return None
    if not check_ascii_digits(written, at, faults):
        return None
    if written.isdigit():
        number = _read_trigger_number(
            written, at, faults, what="note", low=0, high=MAX_NOTE, code="E232"
        )
        return None if number is None else OnNote(str(number), channel, None, span)
    if note_number(written, "C3") is not None or note_number(written, "C4") is not None:
        return OnNote(written, channel, None, span)
    fixes: tuple[Fix, ...] = ()
    name = re.match(r"([A-Ha-h])([#b♯♭]?|is|es|s)(-?[0-9]{1,3})\Z", written)
    if name is None:
        hint = (
            "a note is a letter from A to G, perhaps # or b, and its octave: C3, F#2, Bb-1; or a "
            "number from 0 to 127"
        )
    elif name.group(1) in "Hh":
        corrected = "B" + name.group(3)
        hint, fixes = (
            f"the note German musicians call H is written {corrected}",
            (Fix(at, corrected),),
        )
    elif name.group(2) in ("is", "es", "s"):
        corrected = name.group(1).upper() + ("#" if name.group(2) == "is" else "b") + name.group(3)
        hint, fixes = f"write {corrected}", (Fix(at, corrected),)
    else:
        hint = "MIDI's notes go from C-2 to G8 where middle C is C3, from C-1 to G9 where it is C4"
    faults.error("E231", f"there is no note {excerpt(written)}", at, hint=hint, fix=fixes)
    return None


def _read_control_trigger(
    written: str, at: Span, channel: int | None, span: Span, faults: Diagnostics
) -> OnControl | None:
    match = _CONTROL.match(written)
    if match is None:
        faults.error(
            "E237",
            f"{excerpt(written)} is not a comparison for a controller",
            at,
            hint="write cc 20 > 64, or cc 20 < 64",
        )
        return None
    number_text, operator, value_text = match.groups()
    number = _read_trigger_number(
        number_text,
        subspan(written, at, 0, match.end(1)),
        faults,
        what="controller",
        low=0,
        high=127,
        code="E235",
    )
    if number is None:
        return None
    if operator is None or value_text is None:
        hint = f"a controller triggers when it crosses a value: write cc {number} > 64"
        fixes = (Fix(at, f"{number} > 64"),) if operator is None and value_text is None else ()
        faults.error("E237", "a controller needs > or < and a value", at, hint=hint, fix=fixes)
        return None
    value = _read_trigger_number(
        value_text,
        subspan(written, at, match.start(3), match.end(3)),
        faults,
        what="value",
        low=0,
        high=127,
        code="E236",
    )
    if value is None:
        return None
    if operator not in "<>":
        corrected = {
            "=>": ">",
            ">=": ">",
            "≥": ">",
            "above": ">",
            "=<": "<",
            "<=": "<",
            "≤": "<",
            "below": "<",
        }.get(operator, ">")
        nudge = {">=": -1, "=>": -1, "≥": -1, "<=": 1, "=<": 1, "≤": 1, "==": -1, "=": -1}.get(
            operator, 0
        )
        near = min(127, max(0, value + nudge))
        hint = (
            f"a controller triggers when it crosses a value: write cc {number} {corrected} {near}"
        )
        faults.error(
            "E237",
            f"controllers are compared with > and <, not with {operator}",
            at,
            hint=hint,
            fix=Fix(at, f"{number} {corrected} {near}"),
        )
        return None
    return OnControl(number, operator == ">", value, channel, span)


def _read_go(text: str, span: Span, faults: Diagnostics) -> OnGo | None:
    name = text[2:].strip(" \t")
    arrow = name.find("->")
    if arrow >= 0:  # only in YAML: the grammar of the text notation separates them
        at = subspan(text, span, text.index("->"), len(text))
        corrected = name[arrow + 2 :].strip()
        keys = (
            f"{{when: go {excerpt(name[:arrow].strip())}, "
            f"{excerpt(corrected.replace(' ', ': ', 1))}}}"
        )
        hint = f"the actions of a rule have keys of their own: {keys}"
        faults.error("E610", "a trigger and its action are two keys", at, hint=hint)
        return None
    if not name:
        faults.error(
            "E239",
            "`go` needs the name of a go-cue",
            span,
            hint="write go and a name of your own: go exit",
        )
        return None
    start = text.index(name, 2)
    at = subspan(text, span, start, start + len(name))
    if name.startswith('"') and is_name(name.strip('"')):
        bare = name.strip('"')
        faults.error(
            "E239",
            "the name of a go-cue is written without quotes",
            at,
            hint=f"write {bare}",
            fix=Fix(at, bare),
        )
        return None
    if name == RESERVED_GO_CUE:
        message = f"`{name}` joins two triggers, so it cannot be the name of a go-cue"
        faults.error(
            "E239",
            message,
            at,
            hint=f"choose another name: {SUGGESTED_GO_CUE}",
            fix=Fix(at, SUGGESTED_GO_CUE),
        )
        return None
    read = read_name(name, at, faults, "a go-cue")
    return None if read is None else OnGo(read, span)


def _read_trigger_number(
    text: str, span: Span, faults: Diagnostics, *, what: str, low: int, high: int, code: str
) -> int | None:
    """Read an integer from `low` to `high`."""
    if not check_ascii_digits(text, span, faults):
        return None
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    plural = "values" if what == "value" else f"{what}s"
    faults.error(
        code,
        f"there is no {what} {excerpt(text) or 'without a number'}",
        span,
        hint=f"{plural} go from {low} to {high}",
    )
    return None


def _report_extra_text(
    text: str, end: int, kind: str, *, span: Span, faults: Diagnostics, is_sent: bool = False
) -> None:
    at = subspan(text, span, end, len(text))
    lasts = _NOTE_LENGTH_WORDS.fullmatch(text[end:])
    if lasts is not None and is_sent:
        corrected = f" for {lasts.group(1)}"
        faults.error(
            "E238",
            "the length of a note follows `for`",
            at,
            hint=f"write{excerpt(corrected)}",
            fix=Fix(at, corrected),
        )
        return
    faults.error(
        "E238",
        f"{kind} takes no more values, found {excerpt(text[end:].strip())}",
        at,
        hint="remove it",
        fix=Fix(at, ""),
    )


def _report_unknown_trigger(text: str, kind: str, span: Span, faults: Diagnostics) -> None:
    at = subspan(text, span, 0, len(kind))
    if _LENGTH.fullmatch(text):
        message = f"{excerpt(text)} is a length, not a trigger"
        faults.error(
            "E230", message, span, hint=f"remove it here, and give the section max {excerpt(text)}"
        )
        return
    if note_number(kind, "C3") is not None and not kind.isdigit():
        faults.error(
            "E230",
            f"{excerpt(kind)} is a note, not a trigger",
            at,
            hint=f"write note {kind}",
            fix=Fix(at, f"note {kind}"),
        )
        return
    spoken = _TRIGGER_PREFIX.match(text)
    if spoken is not None:
        corrected = spoken.group(1) + text[spoken.end() :]
        fix = (Fix(subspan(text, span, 0, spoken.end()), spoken.group(1)),)
        faults.error(
            "E230",
            f"{excerpt(spoken.group())} is not a trigger",
            at,
            hint=f"write {excerpt(corrected)}",
            fix=fix,
        )
        return
    glued = _MISSING_SPACE.match(text)
    if glued is not None:
        corrected = f"{glued.group(1)} {text[glued.end(1) :]}"
        fix = (Fix(subspan(text, span, 0, len(text)), corrected),)
        faults.error(
            "E230",
            f"{glued.group(1)} is followed by a space",
            at,
            hint=f"write {excerpt(corrected)}",
            fix=fix,
        )
        return
    pressed = _KEY_PRESS.match(text)
    if pressed is not None:
        corrected = f"go {pressed.group(1)}"
        message = f"{kind} is not a trigger: keys trigger go-cues"
        faults.error(
            "E230", message, span, hint=f"write {excerpt(corrected)}", fix=Fix(span, corrected)
        )
        return
    low = kind.casefold()
    guess = _OTHER_TRIGGER_NAMES.get(low) or (
        low if low in TRIGGER_KINDS else closest_word(kind, TRIGGER_KINDS)
    )
    if guess is not None:
        corrected = guess + text[len(kind) :]
        faults.error(
            "E230",
            f"{excerpt(kind)} is not a trigger",
            at,
            hint=f"did you mean {excerpt(corrected)}?",
            fix=Fix(at, guess),
        )
    elif is_name(kind) and kind == text:
        hint = f"a go-cue is written go {excerpt(kind)}; a note, note C3"
        faults.error(
            "E230", f"{excerpt(kind)} is not a trigger", at, hint=hint, fix=Fix(at, f"go {kind}")
        )
    else:
        faults.error(
            "E230", f"{excerpt(kind) or 'nothing'} is not a trigger", at, hint=TRIGGER_FORMS
        )
