"""Triggers, as both notations write them: `note D3 ch 10`, `cc 20 > 64`, `program 5`, `start`, `go exit`."""

from __future__ import annotations

import re

from sequencer.errors import Faults, Fix, Span
from sequencer.notation.amounts import plain_digits
from sequencer.notation.guess import nearest, part, shown
from sequencer.notation.names import is_name, read_name
from sequencer.notes import HIGHEST_NOTE, note_number
from sequencer.score import OnControl, OnGo, OnNote, OnProgram, OnTransport, Trigger

WORDS = ("note", "cc", "program", "start", "stop", "continue", "go")
SPELLINGS = "write note C3, cc 20 > 64, program 5, start, stop, continue or go NAME"

NOT_A_GO_CUE = "or"
OTHER_GO_CUE = "or-else"
"""The only name that no go-cue can have, for it stands between triggers; and one that it may have in its place."""

_LENGTH = re.compile(r"[0-9]+(?:[./][0-9]+)?[ \t]*(?:bars?|beats?|chunks?|seconds?|ms|[bcsf])")
_SPOKEN = re.compile(r"(?:midi[ \t]+|incoming[ \t]+)(note|cc|program)(?=[ \t])")
_GLUED = re.compile(r"(note|cc|program)(?=[A-G0-9])")
_PRESSED = re.compile(r"(?:key|keypress|press|button)[ \t]+([^\W\d]\w*)\Z")
_GLUED_OPTION = re.compile(r"(?<=[ \t])(ch|chan|channel|vel|velocity)(?:[ \t]*[=:#.][ \t]*)?(?<![ \t])([0-9]{1,3})(?![\w])")
_LASTS = re.compile(r"[ \t]*(?:length|len|duration|dur|lasting|lasts|over|during)[ \t]+([0-9].*)")
_WORD = re.compile(r"\S+")
_CHANNEL = re.compile(r"[ \t]+(?:ch|chan|channel)\b[ \t]*(.*)\Z")
_CONTROL = re.compile(r"([^\s<>=]+)[ \t]*(>=|<=|=>|=<|==|!=|[<>=≥≤]|above|below)?[ \t]*(\S+)?\Z")
_OTHER_NAMES = {"control": "cc", "controller": "cc", "pc": "program", "prog": "program", "resume": "continue"}

_OPTION = re.compile(r"[ \t]+(cut|tempo|meter|max|until)(?![\w\-])")
_GO_NAME = re.compile(r"(?<!\S)go[ \t]+(?!\w+[ \t]+(?:[0-9]|seed\b))\S+")
"""A go-cue with its name. In `go max 8 bars` there is none: `max` is the option, and the name is missing."""


def find_option(text: str) -> re.Match[str] | None:
    """The first option (`max 8 bars`, `cut`) that follows a section's length or triggers without a comma: its word is group 1.

    In `until go cut` there is none: `cut` is the go-cue's name.
    """
    names = [match.span() for match in _GO_NAME.finditer(text)]
    return next((one for one in _OPTION.finditer(text) if not any(start < one.start(1) < end for start, end in names)), None)


def read_trigger(text: str, span: Span, faults: Faults, is_sent: bool = False) -> Trigger | None:
    """A whole trigger. Channels are 1–16, programs 1–128, notes, controllers and their values 0–127.

    `is_sent` is for a note that is sent and not listened for: that one has a length.
    """
    word = _WORD.match(text)
    kind = word.group() if word else ""
    end = len(kind)
    match kind:
        case "start" | "stop" | "continue":
            if end == len(text):
                return OnTransport(kind, span)
            _too_much(text, end, kind, span, faults)
            return None
        case "go":
            return _go(text, span, faults)
        case "note" | "cc" | "program":
            return _from_midi(kind, text, end, span, faults, is_sent)
        case _:
            _unknown(text, kind, span, faults)
            return None


def _from_midi(kind: str, text: str, start: int, span: Span, faults: Faults, is_sent: bool) -> Trigger | None:
    if told_glued(text, span, faults, "E238"):
        return None
    body, channel = text, None
    found = _CHANNEL.search(text)
    if found is not None:
        channel = _number(found.group(1), part(text, span, found.start(1), len(text)), faults, "channel", 1, 16, "E233")
        if channel is None:
            return None
        body = text[: found.start()]
    value = body[start:].strip(" \t")
    if not value:
        faults.error("E238", f"{kind} what? A number is missing", span, SPELLINGS)
        return None
    offset = body.index(value, start)
    at = part(text, span, offset, offset + len(value))
    match kind:
        case "note":
            return _note(value, at, channel, span, faults, is_sent)
        case "cc":
            return _control(value, at, channel, span, faults)
        case _:
            changed = re.fullmatch(r"change[ \t]+([0-9]+)", value)
            if changed is not None:
                cured = changed.group(1)
                faults.error("E234", "a program has only its number", at, f"write program {cured}", (Fix(at, cured),))
                return None
            program = _number(value, at, faults, "program", 1, 128, "E234")
            return None if program is None else OnProgram(program, channel, span)


def told_glued(text: str, span: Span, faults: Faults, code: str) -> bool:
    """Tell `ch10`, `ch=10`, `vel:100`: a word that its number stands too close to. True when it was told."""
    glued = _GLUED_OPTION.search(text)
    if glued is None:
        return False
    cured = f"{glued.group(1)} {glued.group(2)}"
    at = part(text, span, *glued.span())
    faults.error(code, f"behind {glued.group(1)} stands a blank", at, f"write {cured}", (Fix(at, cured),))
    return True


def _note(written: str, at: Span, channel: int | None, span: Span, faults: Faults, is_sent: bool) -> OnNote | None:
    if " " in written or "\t" in written:
        _too_much(written, written.replace("\t", " ").index(" "), "a note", at, faults, is_sent)
        return None
    if not plain_digits(written, at, faults):
        return None
    if written.isdigit():
        number = _number(written, at, faults, "note", 0, HIGHEST_NOTE, "E232")
        return None if number is None else OnNote(str(number), channel, span)
    if note_number(written, "C3") is not None or note_number(written, "C4") is not None:
        return OnNote(written, channel, span)
    fixes: tuple[Fix, ...] = ()
    name = re.match(r"([A-Ha-h])([#b♯♭]?|is|es|s)(-?[0-9]{1,3})\Z", written)
    if name is None:
        hint = "a note is a letter from A to G, perhaps # or b, and its octave: C3, F#2, Bb-1; or a number from 0 to 127"
    elif name.group(1) in "Hh":
        cured = "B" + name.group(3)
        hint, fixes = f"the note German musicians call H is written {cured}", (Fix(at, cured),)
    elif name.group(2) in ("is", "es", "s"):
        cured = name.group(1).upper() + ("#" if name.group(2) == "is" else "b") + name.group(3)
        hint, fixes = f"write {cured}", (Fix(at, cured),)
    else:
        hint = "MIDI's notes go from C-2 to G8 where middle C is C3, from C-1 to G9 where it is C4"
    faults.error("E231", f"there is no note {shown(written)}", at, hint, fixes)
    return None


def _control(written: str, at: Span, channel: int | None, span: Span, faults: Faults) -> OnControl | None:
    match = _CONTROL.match(written)
    if match is None:
        faults.error("E237", f"{shown(written)} is no comparison of a controller", at, "write cc 20 > 64, or cc 20 < 64")
        return None
    number_text, sign, value_text = match.groups()
    number = _number(number_text, part(written, at, 0, match.end(1)), faults, "controller", 0, 127, "E235")
    if number is None:
        return None
    if sign is None or value_text is None:
        hint = f"a controller fires as it crosses a value: write cc {number} > 64"
        fixes = (Fix(at, f"{number} > 64"),) if sign is None and value_text is None else ()
        faults.error("E237", "a controller needs > or < and a value", at, hint, fixes)
        return None
    value = _number(value_text, part(written, at, match.start(3), match.end(3)), faults, "value", 0, 127, "E236")
    if value is None:
        return None
    if sign not in "<>":
        cured = {"=>": ">", ">=": ">", "≥": ">", "above": ">", "=<": "<", "<=": "<", "≤": "<", "below": "<"}.get(sign, ">")
        nudge = {">=": -1, "=>": -1, "≥": -1, "<=": 1, "=<": 1, "≤": 1, "==": -1, "=": -1}.get(sign, 0)
        near = min(127, max(0, value + nudge))
        hint = f"a controller fires as it crosses a value: write cc {number} {cured} {near}"
        faults.error(
            "E237", f"controllers are compared with > and <, not with {sign}", at, hint, (Fix(at, f"{number} {cured} {near}"),)
        )
        return None
    return OnControl(number, sign == ">", value, channel, span)


def _go(text: str, span: Span, faults: Faults) -> OnGo | None:
    name = text[2:].strip(" \t")
    arrow = name.find("->")
    if arrow >= 0:  # only in YAML: the grammar of the text notation parts them
        at = part(text, span, text.index("->"), len(text))
        cured = name[arrow + 2 :].strip()
        keys = f"{{when: go {shown(name[:arrow].strip())}, {shown(cured.replace(' ', ': ', 1))}}}"
        hint = f"what a rule does has keys of its own: {keys}"
        faults.error("E610", "a trigger and what it does are two keys", at, hint)
        return None
    if not name:
        faults.error("E239", "go what? The operator's word is missing", span, "write go and a name of your own: go exit")
        return None
    start = text.index(name, 2)
    at = part(text, span, start, start + len(name))
    if name.startswith('"') and is_name(name.strip('"')):
        bare = name.strip('"')
        faults.error("E239", "the name of a go-cue has no quotes", at, f"write {bare}", (Fix(at, bare),))
        return None
    if name == NOT_A_GO_CUE:
        message = f"`{name}` stands between two triggers, so no go-cue is called that"
        faults.error("E239", message, at, f"choose another name: {OTHER_GO_CUE}", (Fix(at, OTHER_GO_CUE),))
        return None
    read = read_name(name, at, faults, "an operator's word")
    return None if read is None else OnGo(read, span)


def _number(text: str, span: Span, faults: Faults, what: str, low: int, high: int, code: str) -> int | None:
    """A whole number from `low` to `high`."""
    if not plain_digits(text, span, faults):
        return None
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    plural = "values" if what == "value" else f"{what}s"
    faults.error(code, f"there is no {what} {shown(text) or 'without a number'}", span, f"{plural} go from {low} to {high}")
    return None


def _too_much(text: str, end: int, kind: str, span: Span, faults: Faults, is_sent: bool = False) -> None:
    at = part(text, span, end, len(text))
    lasts = _LASTS.fullmatch(text[end:])
    if lasts is not None and is_sent:
        cured = f" for {lasts.group(1)}"
        faults.error("E238", "how long a note sounds stands behind for", at, f"write{shown(cured)}", (Fix(at, cured),))
        return
    faults.error(
        "E238", f"{kind} takes nothing more, but here stands {shown(text[end:].strip())}", at, "leave it out", (Fix(at, ""),)
    )


def _unknown(text: str, kind: str, span: Span, faults: Faults) -> None:
    at = part(text, span, 0, len(kind))
    if _LENGTH.fullmatch(text):
        message = f"{shown(text)} is a length, not a trigger"
        faults.error("E230", message, span, f"take it out here, and give the section max {shown(text)}")
        return
    if note_number(kind, "C3") is not None and not kind.isdigit():
        faults.error("E230", f"{shown(kind)} is a note, not a trigger", at, f"write note {kind}", (Fix(at, f"note {kind}"),))
        return
    spoken = _SPOKEN.match(text)
    if spoken is not None:
        cured = spoken.group(1) + text[spoken.end() :]
        fix = (Fix(part(text, span, 0, spoken.end()), spoken.group(1)),)
        faults.error("E230", f"{shown(spoken.group())} is not a trigger", at, f"write {shown(cured)}", fix)
        return
    glued = _GLUED.match(text)
    if glued is not None:
        cured = f"{glued.group(1)} {text[glued.end(1) :]}"
        fix = (Fix(part(text, span, 0, len(text)), cured),)
        faults.error("E230", f"behind {glued.group(1)} stands a blank", at, f"write {shown(cured)}", fix)
        return
    pressed = _PRESSED.match(text)
    if pressed is not None:
        cured = f"go {pressed.group(1)}"
        message = f"{kind} is not a trigger: keys say an operator's words"
        faults.error("E230", message, span, f"write {shown(cured)}", (Fix(span, cured),))
        return
    low = kind.casefold()
    guess = _OTHER_NAMES.get(low) or (low if low in WORDS else nearest(kind, WORDS))
    if guess is not None:
        cured = guess + text[len(kind) :]
        faults.error("E230", f"{shown(kind)} is not a trigger", at, f"did you mean {shown(cured)}?", (Fix(at, guess),))
    elif is_name(kind) and kind == text:
        hint = f"an operator's word is written go {shown(kind)}; a note, note C3"
        faults.error("E230", f"{shown(kind)} is not a trigger", at, hint, (Fix(at, f"go {kind}"),))
    else:
        faults.error("E230", f"{shown(kind) or 'nothing'} is not a trigger", at, SPELLINGS)
