"""Read positions, as both notations write them.

For example:

`9.3+1/2`, `9:3:240`, `32b`, `12.5s`, `14c`, `396f`, `+2bar`, `mark drop`, `end -1 bar`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import TICKS_PER_BEAT
from sequencer.language.score import (
    After,
    AtBar,
    AtMark,
    AtOffset,
    AtTick,
    Duration,
    FromEnd,
    Position,
    Unit,
)
from sequencer.language.score_meters import BAR_BEAT_HINT, has_beat, suggest_position
from sequencer.language.source import excerpt, subspan
from sequencer.language.values.amounts import (
    AMOUNT_FORMS,
    DASHES,
    MAX_AMOUNT,
    check_ascii_digits,
    check_decimal_comma,
    parse_number,
    read_amount,
    read_duration,
)
from sequencer.language.values.strings import is_name, read_name

_COMMON_POSITION = re.compile(
    r"([1-9][0-9]{0,6})(?:\.([1-9][0-9]{0,2})(?:\+([1-9][0-9]{0,2})/([1-9][0-9]{0,2}))?)?\Z"
)
_COMMON_AFTER = re.compile(r"\+([1-9][0-9]{0,6})(?:([bcfs])|bars?)\Z")
_OFFSET = re.compile(r"([0-9]{1,7})([bcfs])\Z")
_UNIT_OF = {"b": Unit.BEATS, "c": Unit.CHUNKS, "f": Unit.FRAMES, "s": Unit.SECONDS}
_PARTS = re.compile(
    r"([0-9]+)(?:\.([0-9]+))?(?:([ \t]*)\+([ \t]*)([0-9]+)(?:/([0-9]+)|\.([0-9]+))?)?\Z"
)
_TICKS = re.compile(r"([0-9]+):([0-9]+):([0-9]+)\Z")
_CLOCK = re.compile(r"([0-9]+):([0-9]+)\Z")
_CLOCK_WITH_PARTS = re.compile(r"([0-9]{1,3}):([0-5][0-9]\.[0-9]{1,9})\Z")
_BAR_IN_WORDS = re.compile(r"bars?[ \t]*([0-9]{1,8})(?:[ \t,]+beats?[ \t]*([0-9]{1,3}))?\Z")
_DOTS = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\Z")
_MARK = re.compile(r"mark[ \t]+([^\s+]+)(?:[ \t]*\+[ \t]*(.+))?\Z")
_FROM_END = re.compile(
    rf"end(?:[ \t]*(?P<mark>[+\-{''.join(DASHES)}])(?P<by>.*)|(?![\w\-]).*)?\Z", re.DOTALL
)
_RANGE = re.compile(rf"([1-9][0-9]{{0,6}})[ \t]*[-{''.join(DASHES)}][ \t]*([1-9][0-9]{{0,2}})\Z")
_UNIT_END = re.compile(r"[^\W\d_]\Z")
_ZERO = Fraction(0)


@lru_cache(maxsize=1024)
def _cached_fraction(over: int, under: int = 1) -> Fraction:
    """Return a cached fraction.

    Scores repeat a few values many times, and a lookup is faster than a construction.
    """
    return Fraction(over, under)


def read_position(text: str, span: Span, faults: Diagnostics) -> Position | None:
    """Read a position in any of its spellings. Return None if a diagnostic was reported.

    Whether the bar has that beat is left to the compiler, which knows the meter.
    """
    match = _COMMON_POSITION.match(text)
    if match is not None:
        bar, beat, over, under = match.groups()
        if over is None:
            return AtBar(int(bar), 1 if beat is None else int(beat), _ZERO, span)
        if int(over) < int(under):
            return AtBar(int(bar), int(beat), _cached_fraction(int(over), int(under)), span)
    match = _OFFSET.match(text)
    if match is not None:
        number, unit = match.groups()
        return AtOffset(_cached_fraction(int(number)), _UNIT_OF[unit], span)
    if text.startswith("+"):
        match = _COMMON_AFTER.match(text)
        if (
            match is not None
            and span.end_line == span.line
            and span.end_column - span.column == len(text)
        ):
            number, unit = match.groups()
            at = Span(span.file, span.line, span.column + 1, span.line, span.end_column)
            return After(
                Duration(
                    _cached_fraction(int(number)), Unit.BARS if unit is None else _UNIT_OF[unit], at
                ),
                span,
            )
        return _read_after(text, span, faults)
    if text.startswith("mark") and not text[4:5].isalnum():
        return _read_mark(text, span, faults)
    if text.startswith("end"):
        match = _FROM_END.match(text)
        if match is not None:
            return _read_from_end(text, span, faults, match)
    return _read_other_position(text, span, faults)


def _read_after(text: str, span: Span, faults: Diagnostics) -> After | None:
    rest = text[1:].lstrip(" \t")
    start = len(text) - len(rest)
    by = read_duration(rest, subspan(text, span, start, len(text)), faults)
    return None if by is None else After(by, span)


def _read_mark(text: str, span: Span, faults: Diagnostics) -> AtMark | None:
    match = _MARK.match(text)
    if match is None:
        back = re.match(r"mark[ \t]+[^\s+]+[ \t]*(-.*)", text)
        if back is not None:
            at = subspan(text, span, back.start(1), len(text))
            faults.error(
                "E206",
                "a position is counted forward from its mark, never back",
                at,
                hint="set the mark earlier, or write the bar",
            )
        else:
            faults.error(
                "E219",
                "the name of a mark is missing, or something follows it",
                span,
                hint="write mark drop, or mark drop +1bar",
            )
        return None
    name = read_name(
        match.group(1), subspan(text, span, match.start(1), match.end(1)), faults, "a mark"
    )
    if name is None:
        return None
    if match.group(2) is None:
        return AtMark(name, None, span)
    plus = read_duration(match.group(2), subspan(text, span, match.start(2), len(text)), faults)
    return None if plus is None else AtMark(name, plus, span)


def _read_from_end(
    text: str, span: Span, faults: Diagnostics, match: re.Match[str]
) -> FromEnd | None:
    """Read `end -1 bar`."""
    dash, rest = match.group("mark"), (match.group("by") or "").strip(" \t")
    example = "end -1 bar"
    if not rest:
        at_end = Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)
        faults.error(
            "E280",
            "nothing happens at the end itself: a position is counted back from it",
            span,
            hint=f"write {example}, or end -2s",
            fix=Fix(at_end, " -1 bar") if text == "end" else (),
        )
        return None
    if dash != "-":
        corrected = f"end -{rest}"
        message = (
            "nothing happens after the end: a position is counted back from it"
            if dash == "+"
            else f"`{dash}` is not a minus"
        )
        faults.error(
            "E280", message, span, hint=f"write {excerpt(corrected)}", fix=Fix(span, corrected)
        )
        return None
    start = len(text) - len(text[match.start("by") :].lstrip(" \t"))
    by = read_duration(rest, subspan(text, span, start, len(text)), faults)
    return None if by is None else FromEnd(by, span)


def _read_other_position(text: str, span: Span, faults: Diagnostics) -> Position | None:
    if _report_range(text, span, faults) or not check_ascii_digits(text, span, faults):
        return None
    match = _TICKS.match(text)
    if match is not None and match.group(1) == "00" and _report_time(text, span, faults):
        return None
    if match is not None:
        return _read_ticks(span, faults, *match.groups())
    match = _PARTS.match(text)
    if match is not None:
        return _read_bar(text, span, faults, match)
    if _UNIT_END.search(text) and text[:1].isdigit():
        return _read_offset(text, span, faults)
    _report_invalid(text, span, faults)
    return None


def _read_offset(text: str, span: Span, faults: Diagnostics) -> AtOffset | None:
    read = read_amount(text, span, faults, "a position")
    if read is None:
        return None
    amount, unit = read
    if unit is Unit.BARS:
        corrected = str(int(amount) + 1) if amount.denominator == 1 else f"+{amount} bars"
        hint = (
            f"{amount} bars after the start is bar {corrected}; {amount} bars after the previous "
            f"cue is +{amount} bars"
        )
        faults.error(
            "E218",
            "bars in a position are counted from 1 and have no unit",
            span,
            hint=hint,
            fix=Fix(span, corrected),
        )
        return None
    return AtOffset(amount, unit, span)


def _read_bar_and_beat(
    bar: str,
    beat: str | None,
    rest: Fraction,
    *,
    ticks: int | None,
    span: Span,
    faults: Diagnostics,
) -> tuple[int, int] | None:
    """Read bar and beat, both counted from 1. None if one is invalid (reported).

    `rest` (a part of a beat) or `ticks` follows them in the position.
    """
    number = parse_number(bar, None, None, span, faults)
    second = Fraction(1) if beat is None else parse_number(beat, None, None, span, faults)
    if number is None or second is None:
        return None
    if (number == 0 or second == 0) and max(number, second) <= MAX_AMOUNT:
        of, code = ("bar", "E204") if number == 0 else ("beat", "E205")
        corrected = _spell_suggestion(
            max(1, int(number)), max(1, int(second)), rest, ticks=ticks, span=span, faults=faults
        )
        if beat is None and not rest:
            corrected = "1"
        hint = f"{of}s count from 1; " + (
            BAR_BEAT_HINT if corrected is None else f"did you mean {corrected}?"
        )
        hint += " (the first chunk is 0c)" if beat is None and not rest else ""
        faults.error(
            code,
            f"{of} 0 does not exist",
            span,
            hint=hint,
            fix=() if corrected is None else (Fix(span, corrected),),
        )
        return None
    if max(number, second) > MAX_AMOUNT:
        faults.error(
            "E213",
            f"this number is larger than {MAX_AMOUNT:,}, the maximum in a score",
            span,
            hint="write a smaller one",
        )
        return None
    return int(number), int(second)


def _spell_suggestion(
    bar: int, beat: int, rest: Fraction, *, ticks: int | None, span: Span, faults: Diagnostics
) -> str | None:
    """Spell a position for a suggestion, with ticks if `ticks` is given.

    Return None if the meter there is not known.
    """
    whole, rest = divmod(rest, 1)
    more, left = divmod(ticks or 0, TICKS_PER_BEAT)
    corrected = suggest_position(bar, beat + int(whole) + more, rest, span, faults)
    return (
        corrected if ticks is None or corrected is None else f"{corrected.replace('.', ':')}:{left}"
    )


def _read_bar(text: str, span: Span, faults: Diagnostics, match: re.Match[str]) -> AtBar | None:
    bar, beat, before, suffix, over, under, decimals = match.groups()
    rest: Fraction | None = _ZERO
    if over is not None:
        rest = parse_number(
            over, decimals, under, subspan(text, span, match.start(5), len(text)), faults
        )
    if rest is None:
        return None
    counts = _read_bar_and_beat(bar, beat, rest, ticks=None, span=span, faults=faults)
    if counts is None:
        return None
    if over is None:
        return AtBar(*counts, _ZERO, span)
    corrected = _spell_suggestion(*counts, rest, ticks=None, span=span, faults=faults)
    hint, fixes = (
        (BAR_BEAT_HINT, ())
        if corrected is None
        else (f"write {corrected}", (Fix(span, corrected),))
    )
    if not 0 < rest < 1:
        at = subspan(text, span, match.start(5) - 1 - len(suffix), len(text))
        faults.error(
            "E224", "the part of a beat after + is less than one beat", at, hint=hint, fix=fixes
        )
        return None
    if under is None or beat is None or before or suffix:
        faults.error(
            "E224",
            "a part of a beat follows bar and beat, as a fraction",
            span,
            hint=hint,
            fix=fixes,
        )
        return None
    return AtBar(*counts, rest, span)


def _report_time(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report a time in hours, minutes and seconds. Return whether it was reported."""
    hours = re.fullmatch(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[:;.]([0-9]{2}))?", text)
    if hours is None:
        return False
    seconds = int(hours.group(1)) * 3600 + int(hours.group(2)) * 60 + int(hours.group(3))
    corrected = f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
    hint = f"write {corrected}" + (
        "; a part of a second has a decimal point" if hours.group(4) not in (None, "00") else ""
    )
    faults.error(
        "E202",
        f"{excerpt(text)} is a time, and a time needs units",
        span,
        hint=hint,
        fix=Fix(span, corrected),
    )
    return True


def _read_ticks(span: Span, faults: Diagnostics, bar: str, beat: str, tick: str) -> AtTick | None:
    ticks = parse_number(tick, None, None, span, faults)
    counts = (
        None
        if ticks is None
        else _read_bar_and_beat(bar, beat, _ZERO, ticks=int(ticks), span=span, faults=faults)
    )
    if counts is None or ticks is None:
        return None
    if ticks >= TICKS_PER_BEAT:
        corrected = _spell_suggestion(*counts, _ZERO, ticks=int(ticks), span=span, faults=faults)
        message = f"ticks go from 0 to {TICKS_PER_BEAT - 1}: a beat has {TICKS_PER_BEAT}"
        hint, fixes = (
            (BAR_BEAT_HINT, ())
            if corrected is None
            else (f"write {corrected}", (Fix(span, corrected),))
        )
        faults.error("E208", message, span, hint=hint, fix=fixes)
        return None
    return AtTick(*counts, int(ticks), span)


def _report_range(text: str, span: Span, faults: Diagnostics) -> bool:
    """Report `5-3`: bar and beat if the bar has that beat, otherwise a range of bars.

    Return whether it was reported.
    """
    match = _RANGE.match(text)
    if match is None:
        return False
    bar, beat = match.groups()
    if has_beat(int(beat), span, faults):
        corrected, message, hint = (
            f"{bar}.{beat}",
            "bar and beat are joined by a dot",
            f"write {bar}.{beat}",
        )
    else:
        corrected, message = bar, "a cue has one position, not a range"
        hint = f"write {bar}; bar {beat} needs a cue of its own"
    faults.error("E219", message, span, hint=hint, fix=Fix(span, corrected))
    return True


def _report_colon(text: str, span: Span, faults: Diagnostics, first: str, second: str) -> None:
    """Report two numbers with a colon: a time, or bar and beat if the bar has that beat."""
    minutes, seconds = int(first[:8]), int(second[:8])
    message = f"{excerpt(text)} can be a time or a bar and a beat"
    if len(second) > 2 or len(first) > 7:
        faults.error(
            "E202",
            message,
            span,
            hint="a time is written 1m30s, a bar and a beat 9.3, with ticks 9:3:240",
        )
        return
    if seconds >= 60:
        time = f"{minutes + seconds // 60}m{seconds % 60}s"
        faults.error("E202", message, span, hint=f"write {time} for a time", fix=Fix(span, time))
        return
    time = f"{first}m{second}s"
    hint = f"write {time}"
    if minutes and has_beat(seconds, span, faults):
        hint += f" for a time, or {minutes}.{seconds} for a bar and a beat"
    else:
        message = f"{excerpt(text)} is a time, and a time needs units"
    faults.error("E202", message, span, hint=hint, fix=Fix(span, time))


def _report_invalid(text: str, span: Span, faults: Diagnostics) -> None:
    """Report why this is not a position, as specifically as possible."""
    if check_decimal_comma(text, span, faults, "a position"):
        return
    clock = _CLOCK.match(text)
    if clock is not None:
        _report_colon(text, span, faults, *clock.groups())
        return
    precise = _CLOCK_WITH_PARTS.match(text)
    if precise is not None:
        minutes, seconds = int(precise.group(1)), precise.group(2)
        corrected = (
            f"{minutes}m{seconds}s"
            if minutes
            else f"{seconds[1:] if seconds[0] == '0' else seconds}s"
        )
        faults.error(
            "E202",
            f"{excerpt(text)} is a time, and a time needs units",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return
    if _report_time(text, span, faults):
        return
    worded = _BAR_IN_WORDS.match(text)
    if worded is not None:
        bar, beat = worded.groups()
        number = bar if beat is None else suggest_position(int(bar), int(beat), _ZERO, span, faults)
        hint, fixes = (
            (BAR_BEAT_HINT, ()) if number is None else (f"write {number}", (Fix(span, number),))
        )
        faults.error("E219", "a bar is written as its number alone", span, hint=hint, fix=fixes)
        return
    dots = _DOTS.match(text)
    if dots is not None:
        _report_sixteenths(span, faults, *dots.groups())
        return
    parts = re.fullmatch(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,2})", text)
    if parts is not None:
        joined = suggest_position(int(parts.group(1)), int(parts.group(2)), _ZERO, span, faults)
        hint, fixes = (
            (BAR_BEAT_HINT, ()) if joined is None else (f"write {joined}", (Fix(span, joined),))
        )
        faults.error("E219", "bar and beat are joined by a dot", span, hint=hint, fix=fixes)
        return
    if text.startswith("-"):
        hint = "a pickup is a section of its own: section upbeat 1 beat { … }"
        faults.error("E206", "a position cannot be before the start", span, hint=hint)
        return
    if is_name(text) and text.casefold() not in ("bar", "bars", "beat", "beats", "chunk", "chunks"):
        faults.error(
            "E201",
            f"{excerpt(text)} is not a position",
            span,
            hint=f"for a mark write mark {excerpt(text)}",
        )
        return
    if text[:1].isdigit() or text.startswith(".") or is_name(text):
        read_amount(text, span, faults, "a position")
        return
    faults.error(
        "E201",
        f"{excerpt(text)} is not a position" if text else "a position is missing",
        span,
        hint=AMOUNT_FORMS["a position"],
    )


def _report_sixteenths(
    span: Span, faults: Diagnostics, bar: str, beat: str, sixteenth: str
) -> None:
    """Report `9.3.2`, the notation of some sequencers for sixteenths."""
    fixes: tuple[Fix, ...] = ()
    hint = "bar, beat and ticks are written 9:3:240, a part of a beat 9.3+1/2"
    if sixteenth in ("1", "2", "3", "4") and len(bar) <= 7 and len(beat) <= 3:
        rest = Fraction(int(sixteenth) - 1, 4)
        corrected = suggest_position(max(1, int(bar)), max(1, int(beat)), rest, span, faults)
        if corrected is not None:
            hint = f"the {_ORDINALS[sixteenth]} sixteenth of that beat is {corrected}"
            fixes = (Fix(span, corrected),)
    faults.error(
        "E207",
        "a position has a bar and a beat, and no third number after a dot",
        span,
        hint=hint,
        fix=fixes,
    )


_ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth"}
