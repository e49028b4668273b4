"""Places, as both notations write them: `9.3+1/2`, `9:3:240`, `32b`, `12.5s`, `14c`, `396f`, `+2bar`, `mark drop +1bar`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from sequencer.errors import Faults, Fix, Span
from sequencer.notation.amounts import LARGEST, SPELLINGS, number_of, plain_digits, read_amount, read_duration, told_comma
from sequencer.notation.guess import part, shown
from sequencer.notation.names import is_name, read_name
from sequencer.score import After, AtBar, AtMark, AtOffset, AtTick, Duration, Place, Unit
from sequencer.timebase import TICKS_PER_BEAT

_QUICK = re.compile(r"([1-9][0-9]{0,6})(?:\.([1-9][0-9]{0,2})(?:\+([1-9][0-9]{0,2})/([1-9][0-9]{0,2}))?)?\Z")
_QUICK_AFTER = re.compile(r"\+([1-9][0-9]{0,6})(?:([bcfs])|bars?)\Z")
_OFFSET = re.compile(r"([0-9]{1,7})([bcfs])\Z")
_UNIT_OF = {"b": Unit.BEATS, "c": Unit.CHUNKS, "f": Unit.FRAMES, "s": Unit.SECONDS}
_PARTS = re.compile(r"([0-9]+)(?:\.([0-9]+))?(?:([ \t]*)\+([ \t]*)([0-9]+)(?:/([0-9]+)|\.([0-9]+))?)?\Z")
_TICKS = re.compile(r"([0-9]+):([0-9]+):([0-9]+)\Z")
_CLOCK = re.compile(r"([0-9]+):([0-9]+)\Z")
_CLOCK_WITH_PARTS = re.compile(r"([0-9]{1,3}):([0-5][0-9]\.[0-9]{1,9})\Z")
_WORDED = re.compile(r"bars?[ \t]*([0-9]{1,8})(?:[ \t,]+beats?[ \t]*([0-9]{1,3}))?\Z")
_DOTS = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\Z")
_MARK = re.compile(r"mark[ \t]+([^\s+]+)(?:[ \t]*\+[ \t]*(.+))?\Z")
_UNIT_END = re.compile(r"[^\W\d_]\Z")
_NOUGHT = Fraction(0)


@lru_cache(maxsize=1024)
def _fraction(over: int, under: int = 1) -> Fraction:
    """A fraction. Scores hold few different ones, many times, and making one takes longer than finding it."""
    return Fraction(over, under)


def read_place(text: str, span: Span, faults: Faults) -> Place | None:
    """A place in any of its spellings. Whether the bar has that beat is for the compiler to say: it knows the meter."""
    match = _QUICK.match(text)
    if match is not None:
        bar, beat, over, under = match.groups()
        if over is None:
            return AtBar(int(bar), 1 if beat is None else int(beat), _NOUGHT, span)
        if int(over) < int(under):
            return AtBar(int(bar), int(beat), _fraction(int(over), int(under)), span)
    match = _OFFSET.match(text)
    if match is not None:
        number, unit = match.groups()
        return AtOffset(_fraction(int(number)), _UNIT_OF[unit], span)
    if text.startswith("+"):
        match = _QUICK_AFTER.match(text)
        if match is not None and span.end_line == span.line and span.end_column - span.column == len(text):
            number, unit = match.groups()
            at = Span(span.file, span.line, span.column + 1, span.line, span.end_column)
            return After(Duration(_fraction(int(number)), Unit.BARS if unit is None else _UNIT_OF[unit], at), span)
        return _after(text, span, faults)
    if text.startswith("mark") and not text[4:5].isalnum():
        return _mark(text, span, faults)
    return _closely(text, span, faults)


def _after(text: str, span: Span, faults: Faults) -> After | None:
    rest = text[1:].lstrip(" \t")
    start = len(text) - len(rest)
    by = read_duration(rest, part(text, span, start, len(text)), faults)
    return None if by is None else After(by, span)


def _mark(text: str, span: Span, faults: Faults) -> AtMark | None:
    match = _MARK.match(text)
    if match is None:
        back = re.match(r"mark[ \t]+[^\s+]+[ \t]*(-.*)", text)
        if back is not None:
            at = part(text, span, back.start(1), len(text))
            faults.error(
                "E206", "a place counts on from its mark, never back", at, "set the mark earlier, or write the bar itself"
            )
        else:
            faults.error(
                "E219", "a mark's name is missing or something stands behind it", span, "write mark drop, or mark drop +1bar"
            )
        return None
    name = read_name(match.group(1), part(text, span, match.start(1), match.end(1)), faults, "a mark")
    if name is None:
        return None
    if match.group(2) is None:
        return AtMark(name, None, span)
    plus = read_duration(match.group(2), part(text, span, match.start(2), len(text)), faults)
    return None if plus is None else AtMark(name, plus, span)


def _closely(text: str, span: Span, faults: Faults) -> Place | None:
    if not plain_digits(text, span, faults):
        return None
    match = _TICKS.match(text)
    if match is not None and match.group(1) == "00" and _told_time(text, span, faults):
        return None
    if match is not None:
        return _ticks(span, faults, *match.groups())
    match = _PARTS.match(text)
    if match is not None:
        return _bar(text, span, faults, match)
    if _UNIT_END.search(text) and text[:1].isdigit():
        return _offset(text, span, faults)
    _refuse(text, span, faults)
    return None


def _offset(text: str, span: Span, faults: Faults) -> AtOffset | None:
    read = read_amount(text, span, faults, "a place")
    if read is None:
        return None
    amount, unit = read
    if unit is Unit.BARS:
        cured = str(int(amount) + 1) if amount.denominator == 1 else f"+{amount} bars"
        hint = f"the place {amount} bars on from the start is bar {cured}; from the cue before it is +{amount} bars"
        faults.error("E218", "bars as a place are counted from 1 and have no unit", span, hint, (Fix(span, cured),))
        return None
    return AtOffset(amount, unit, span)


def _counts(bar: str, beat: str | None, rest: str, span: Span, faults: Faults) -> tuple[int, int] | None:
    """Bar and beat, both counted from 1. None where one is not (told); `rest` is what stands behind them."""
    number = number_of(bar, None, None, span, faults)
    dot = ":" if rest.startswith(":") else "."
    second = Fraction(1) if beat is None else number_of(beat, None, None, span, faults)
    if number is None or second is None:
        return None
    if number == 0:
        cured = "1" + ("" if beat is None else f"{dot}{max(1, int(second))}") + rest
        hint = f"bars count from 1; did you mean {cured}?" + (" (the first chunk is 0c)" if beat is None and not rest else "")
        faults.error("E204", "bar 0 does not exist", span, hint, (Fix(span, cured),))
        return None
    if second == 0:
        cured = f"{int(number)}{dot}1{rest}"
        faults.error("E205", "beat 0 does not exist", span, f"beats count from 1; did you mean {cured}?", (Fix(span, cured),))
        return None
    if max(number, second) > LARGEST:
        faults.error(
            "E213", f"this number is larger than {LARGEST:,}, the largest a score may hold", span, "write a smaller one"
        )
        return None
    return int(number), int(second)


def _bar(text: str, span: Span, faults: Faults, match: re.Match[str]) -> AtBar | None:
    bar, beat, before, behind, over, under, decimals = match.groups()
    tail = "" if over is None else text[match.end(2) if beat is not None else match.end(1) :]
    counts = _counts(bar, beat, tail, span, faults)
    if counts is None:
        return None
    if over is None:
        return AtBar(*counts, _NOUGHT, span)
    rest = number_of(over, decimals, under, part(text, span, match.start(5), len(text)), faults)
    if rest is None:
        return None
    cured = f"{counts[0]}.{counts[1]}+{rest}"
    if not 0 < rest < 1:
        at = part(text, span, match.start(5) - 1 - len(behind), len(text))
        moved = f"{counts[0]}.{counts[1] + int(rest)}" + (f"+{rest % 1}" if rest % 1 else "")
        faults.error("E224", "the part of a beat behind + is less than one beat", at, f"write {moved}", (Fix(span, moved),))
        return None
    if under is None or beat is None or before or behind:
        faults.error(
            "E224", "a part of a beat stands behind bar and beat, as a fraction", span, f"write {cured}", (Fix(span, cured),)
        )
        return None
    return AtBar(*counts, rest, span)


def _told_time(text: str, span: Span, faults: Faults) -> bool:
    """Tell hours, minutes and seconds. True when it was told."""
    hours = re.fullmatch(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[:;.]([0-9]{2}))?", text)
    if hours is None:
        return False
    seconds = int(hours.group(1)) * 3600 + int(hours.group(2)) * 60 + int(hours.group(3))
    cured = f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
    hint = f"write {cured}" + ("; a part of a second has a decimal point" if hours.group(4) not in (None, "00") else "")
    faults.error("E202", f"{shown(text)} is a time, and a time has units", span, hint, (Fix(span, cured),))
    return True


def _ticks(span: Span, faults: Faults, bar: str, beat: str, tick: str) -> AtTick | None:
    counts = _counts(bar, beat, f":{tick}", span, faults)
    ticks = None if counts is None else number_of(tick, None, None, span, faults)
    if counts is None or ticks is None:
        return None
    if ticks >= TICKS_PER_BEAT:
        more, left = divmod(int(ticks), TICKS_PER_BEAT)
        cured = f"{counts[0]}:{counts[1] + more}:{left}"
        message = f"ticks go from 0 to {TICKS_PER_BEAT - 1}: a beat has {TICKS_PER_BEAT}"
        faults.error("E208", message, span, f"write {cured}", (Fix(span, cured),))
        return None
    return AtTick(*counts, int(ticks), span)


def _refuse(text: str, span: Span, faults: Faults) -> None:
    """Say as well as can be said why this is no place."""
    if told_comma(text, span, faults):
        return
    clock = _CLOCK.match(text)
    if clock is not None:
        first, second = clock.groups()
        cured = f"{first}m{second}s" if len(second) <= 2 and int(second) < 60 else f"{first}.{second}"
        either = bool(int(first) and int(second))
        hint = f"write {first}m{second}s for a time, or {first}.{second} for a bar and a beat" if either else f"write {cured}"
        faults.error("E202", f"{shown(text)} can be a time or a bar and a beat", span, hint, (Fix(span, cured),))
        return
    precise = _CLOCK_WITH_PARTS.match(text)
    if precise is not None:
        minutes, seconds = int(precise.group(1)), precise.group(2)
        cured = f"{minutes}m{seconds}s" if minutes else f"{seconds[1:] if seconds[0] == '0' else seconds}s"
        faults.error("E202", f"{shown(text)} is a time, and a time has units", span, f"write {cured}", (Fix(span, cured),))
        return
    if _told_time(text, span, faults):
        return
    worded = _WORDED.match(text)
    if worded is not None:
        bar, beat = worded.groups()
        cured = bar if beat is None else f"{bar}.{beat}"
        faults.error("E219", "a bar is only its number", span, f"write {cured}", (Fix(span, cured),))
        return
    dots = _DOTS.match(text)
    if dots is not None:
        _three(span, faults, *dots.groups())
        return
    parts = re.fullmatch(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,2})", text)
    if parts is not None:
        cured = f"{parts.group(1)}.{parts.group(2)}"
        faults.error("E219", "bar and beat stand together, with a dot", span, f"write {cured}", (Fix(span, cured),))
        return
    if text.startswith("-"):
        hint = "a pickup is a section of its own: section upbeat 1 beat { … }"
        faults.error("E206", "a place is never before the start", span, hint)
        return
    if is_name(text) and text.casefold() not in ("bar", "bars", "beat", "beats", "chunk", "chunks"):
        faults.error("E201", f"{shown(text)} is not a place", span, f"for a mark write mark {shown(text)}")
        return
    if text[:1].isdigit() or text.startswith(".") or is_name(text):
        read_amount(text, span, faults, "a place")
        return
    faults.error("E201", f"{shown(text)} is not a place" if text else "a place is missing", span, SPELLINGS["a place"])


def _three(span: Span, faults: Faults, bar: str, beat: str, sixteenth: str) -> None:
    """`9.3.2`, as some sequencers count sixteenths."""
    fixes: tuple[Fix, ...] = ()
    hint = "bar, beat and ticks are written 9:3:240, a part of a beat 9.3+1/2"
    if sixteenth in ("1", "2", "3", "4") and len(bar) <= 7 and len(beat) <= 3:
        rest = Fraction(int(sixteenth) - 1, 4)
        cured = f"{bar}.{beat}" + (f"+{rest}" if rest else "")
        hint = f"the {_ORDINALS[sixteenth]} sixteenth of that beat is {cured}"
        fixes = (Fix(span, cured),)
    faults.error("E207", "a place has a bar and a beat, and no third number behind a dot", span, hint, fixes)


_ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth"}
