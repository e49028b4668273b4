"""Read amounts with a unit, as both notations write them.

For example:

`8 bars`, `1/2b`, `2c`, `12.5s`, `1m30s`, `96f`.

All readers have the same shape: they take a text and its span, and return a value, or None if they
reported a diagnostic. The first pattern of each reader is a fast path for correct input; only text
that it does not match is examined further.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.timebase import TICKS_PER_BEAT
from sequencer.language.score import Duration, Unit
from sequencer.language.score_meters import BAR_BEAT_HINT, count_beats, has_beat, suggest_position
from sequencer.language.source import closest_word, excerpt, subspan

MAX_AMOUNT = 10_000_000
"""The largest number that a position or a duration may contain, in any unit."""

_EXAMPLE_BEATS_PER_BAR = 4
"""Beats per bar in an example, for a score with more than one meter."""

MAX_AMOUNT_DIGITS = len(str(MAX_AMOUNT))

MAX_DIGITS = 9
"""Maximum number of digits after a decimal point or in a fraction's denominator."""

INTEGER_UNITS = frozenset({Unit.CHUNKS, Unit.FRAMES})
"""The units that only take integers."""

_PLAIN = re.compile(r"([0-9]{1,7})(?:([bcfs])| ?(bars?|beats?))\Z")
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+)|/([0-9]+))?([ \t]*)([^\W\d_]*)\Z")
_MINUTES = re.compile(r"([0-9]+)m([0-9]+)(?:\.([0-9]+))?s\Z")
_TWO_UNITS = re.compile(
    r"([0-9]+)[ \t]*(bars?|beats?|b)[ \t,]+(?:and[ \t]+)?([0-9]+)[ \t]*(bars?|beats?|b|ticks?)\Z"
)
_BAR_BEAT = re.compile(r"([0-9]+)\.([0-9]+)\Z")

UNITS = {
    "bar": Unit.BARS,
    "bars": Unit.BARS,
    "beat": Unit.BEATS,
    "beats": Unit.BEATS,
    "b": Unit.BEATS,
    "c": Unit.CHUNKS,
    "f": Unit.FRAMES,
    "s": Unit.SECONDS,
    "ms": Unit.SECONDS,
    "m": Unit.SECONDS,
}
"""The units as they are written."""
_SCALES = {"ms": Fraction(1, 1000), "m": Fraction(60)}
_LONG_UNITS = {
    "chunk": "c",
    "chunks": "c",
    "frame": "f",
    "frames": "f",
    "fr": "f",
    "second": "s",
    "seconds": "s",
    "sec": "s",
    "secs": "s",
    "minute": "m",
    "minutes": "m",
    "min": "m",
    "mins": "m",
    "millisecond": "ms",
    "milliseconds": "ms",
    "msec": "ms",
}
AMOUNT_FORMS = {
    "a length": "write 8 bars, 4b, 1/2b, 2c, 12.5s, 350ms, 1m30s or 96f",
    "a position": "write 9, 9.3, 9.3+1/2, 9:3:240, 32b, 12.5s, 14c, 396f, +2bar or mark NAME",
}


def read_duration(text: str, span: Span, faults: Diagnostics) -> Duration | None:
    """Read a duration: `8 bars`, `8bar`, `4 beats`, `4b`, `1/2b`, `2c`, `12.5s`, `96f`.

    A duration is never zero, and chunks and frames are integers. Return None if a diagnostic was
    reported.
    """
    match = _PLAIN.match(text)
    if match is not None:
        number, short, long = match.groups()
        if whole := int(number):
            return Duration(Fraction(whole), UNITS[short or long], span)
    if text.startswith("+") and len(text) > 1:
        corrected = text[1:].lstrip()
        faults.error(
            "E220",
            "a length has no plus or minus sign",
            span,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(span, corrected),
        )
        return None
    read = read_amount(text, span, faults, "a length")
    if read is None:
        return None
    amount, unit = read
    if amount == 0:
        faults.error(
            "E212",
            "a length must be greater than zero",
            span,
            hint="write at least 1c, 1f or a part of a beat such as 1/4b",
        )
        return None
    return Duration(amount, unit, span)


def read_amount(
    text: str, span: Span, faults: Diagnostics, what: str
) -> tuple[Fraction, Unit] | None:
    """Read an amount ≥ 0 and its unit. Return None if a diagnostic was reported.

    Args:
        text: The amount as written.
        span: The span of `text`.
        faults: Collects the diagnostics.
        what: What the amount is, for messages (`a length`, `a position`).
    """
    if not check_ascii_digits(text, span, faults):
        return None
    minutes = _MINUTES.match(text)
    if minutes is not None:
        return _read_minutes(span, faults, *minutes.groups())
    match = _AMOUNT.match(text)
    if match is None:
        _report_invalid(text, span, faults, what)
        return None
    whole, decimals, under, space, unit_text = match.groups()
    at_unit = subspan(text, span, match.start(5), len(text))
    unit = _read_unit(text, space, unit_text, span=span, at_unit=at_unit, faults=faults, what=what)
    if unit is None:
        return None
    value = parse_number(whole, decimals, under, span, faults)
    if value is None:
        return None
    value *= _SCALES.get(unit_text, 1)
    if decimals is not None and unit in (Unit.BARS, Unit.BEATS):
        _report_decimals(
            text,
            value,
            unit_text,
            number=match.group(0)[: match.start(4)],
            span=span,
            faults=faults,
            what=what,
        )
        return None
    if unit in INTEGER_UNITS and (decimals is not None or under is not None):
        name, low = unit.value, int(value)
        fixes = (Fix(span, f"{max(low, 1)}{unit_text}"),)
        either = f"{low}{unit_text} or {low + 1}{unit_text}" if low else f"1{unit_text}"
        faults.error("E209", f"{name} are whole numbers", span, hint=f"write {either}", fix=fixes)
        return None
    if value > MAX_AMOUNT:
        _report_too_large(span, faults)
        return None
    return value, unit


def parse_number(
    whole: str, decimals: str | None, under: str | None, span: Span, faults: Diagnostics
) -> Fraction | None:
    """Return the exact value of the digits of `whole`, `whole.decimals` or `whole/under`.

    None if a diagnostic was reported.
    """
    if len(whole.lstrip("0")) > MAX_AMOUNT_DIGITS + (MAX_DIGITS if under is not None else 0):
        _report_too_large(span, faults)
        return None
    if max(len(decimals or ""), len(under or "")) > MAX_DIGITS:
        faults.error(
            "E213",
            f"more than {MAX_DIGITS} digits are more precise than any clock",
            span,
            hint="shorten it",
        )
        return None
    if under is not None:
        if int(under) == 0:
            faults.error(
                "E221",
                "division by zero is not possible",
                span,
                hint="write a part of a beat as 1/2 or 3/4",
            )
            return None
        value = Fraction(int(whole), int(under))
        if value > MAX_AMOUNT:
            _report_too_large(span, faults)
            return None
        return value
    if decimals is not None:
        return Fraction(int(whole + decimals), 10 ** len(decimals))
    return Fraction(int(whole))


def check_ascii_digits(text: str, span: Span, faults: Diagnostics) -> bool:
    """Return whether all digits and minus signs are ASCII.

    Characters that only look like digits or minus signs are reported, each with its ASCII
    counterpart as the fix.
    """
    if text.isascii():
        return True
    corrected = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text
    )
    dash = find_dash(text)
    if dash is not None:
        at = subspan(text, span, dash, dash + 1)
        plain = re.sub(rf"(?<=[A-Ga-g#b♯♭])[{''.join(DASHES)}](?=[0-9])", "-", corrected)
        if find_dash(plain) is None:  # a note's octave
            hint = f"write {excerpt(plain)}"
            faults.error(
                "E215",
                f"{describe_dash(text[dash])}, not a plain minus",
                at,
                hint=hint,
                fix=Fix(span, plain),
            )
            return False
        rest = corrected[dash + 1 :].lstrip()
        if dash == 0 and rest and find_dash(rest) is None:
            faults.error(
                "E215",
                f"{describe_dash(text[0])}, but numbers here are never negative",
                at,
                hint=f"write {excerpt(rest)}",
                fix=Fix(span, rest),
            )
        else:
            faults.error(
                "E215",
                f"{describe_dash(text[dash])}, which is not part of a number",
                at,
                hint=NO_RANGE_HINT,
            )
        return False
    if corrected == text:
        return True
    first = next(
        index for index, char in enumerate(text) if char.isdecimal() and not char.isascii()
    )
    at = subspan(text, span, first, first + 1)
    hint = f"write {excerpt(corrected)}"
    faults.error(
        "E215",
        f"{excerpt(text[first])} is not one of the digits 0 to 9",
        at,
        hint=hint,
        fix=Fix(span, corrected),
    )
    return False


DASHES = {
    "\u2010": "the hyphen U+2010",
    "\u2011": "the non-breaking hyphen U+2011",
    "\u2012": "the figure dash U+2012",
    "\u2013": "the en dash U+2013",
    "\u2014": "the em dash U+2014",
    "\u2015": "the horizontal bar U+2015",
    "\u2212": "the minus sign U+2212",
    "\ufe63": "the small hyphen-minus U+FE63",
    "\uff0d": "the fullwidth hyphen-minus U+FF0D",
}
"""Characters that look like a minus sign, with their names."""

NO_RANGE_HINT = "write one number: a range is not possible here"
"""The hint where such a character appears between two numbers."""


def describe_dash(char: str) -> str:
    """Return the name of a character that looks like a minus sign, for a message."""
    return f"{char} is {DASHES[char]}"


def find_dash(text: str) -> int | None:
    """Return the index of the first character that only looks like a minus sign, or None."""
    return next((index for index, char in enumerate(text) if char in DASHES), None)


_FOREIGN_UNITS = dict.fromkeys(
    ("measure", "measures", "takt", "takte", "mesures", "compases", "battute", "m."), "bars"
)
_NUMBER_WORDS = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "sixteen",
    "thirty-two",
)
_NUMBER_BY_WORD = dict(zip(_NUMBER_WORDS, (*range(1, 13), 16, 32), strict=True))


_SECOND_WORD = re.compile(r"([^\s\"=]+)([ \t]+)[0-9./]+[ \t]*(?:bars?|beats?|[bcs]|ms)\Z")


def report_second_word(name: str, text: str, span: Span, faults: Diagnostics) -> bool:
    """Report a section name of two words, `text` (at `span`) being what follows the first.

    Return whether it was reported.
    """
    match = _SECOND_WORD.match(text)
    if match is None or match.group(1) in ("for", "of", "lasting", "length", "lasts", "at"):
        return False
    if match.group(1)[0].isdigit() and not match.group(1).isalnum():
        return False
    gap = Span(span.file, span.line, span.column - 1, span.line, span.column)
    hint = f"write {excerpt(name)}-{excerpt(text)}"
    faults.error(
        "E225",
        "a name has no spaces",
        subspan(text, span, 0, match.end(1)),
        hint=hint,
        fix=Fix(gap, "-"),
    )
    return True


COMMA_MESSAGE = "a comma separates actions and cannot be part of a number or a position"


def check_decimal_comma(text: str, span: Span, faults: Diagnostics, what: str) -> bool:
    """Report a comma between digits. Return whether it was reported."""
    match = re.match(r"([0-9]+),([0-9][\w+/]*)\Z", text)
    if match is None:
        return False
    corrected = f"{match.group(1)}.{match.group(2)}"
    at = subspan(text, span, match.end(1), match.end(1) + 1)
    if (
        what == "a position"
        and match.group(2).isdigit()
        and not has_beat(int(match.group(2)[:8]), span, faults)
    ):
        second = int(match.group(2)[:8])
        joined = suggest_position(
            max(1, int(match.group(1)[:8])), max(1, second), Fraction(0), span, faults
        )
        hint, fixes = (
            (BAR_BEAT_HINT, ()) if joined is None else (f"write {joined}", (Fix(span, joined),))
        )
        faults.error("E203", COMMA_MESSAGE, at, hint=hint, fix=fixes)
        return True
    faults.error("E203", COMMA_MESSAGE, at, hint=f"write {corrected}", fix=Fix(at, "."))
    return True


def _report_too_large(span: Span, faults: Diagnostics) -> None:
    faults.error(
        "E213",
        f"this number is larger than {MAX_AMOUNT:,}, the maximum in a score",
        span,
        hint="write a smaller one",
    )


def _read_minutes(
    span: Span, faults: Diagnostics, minutes: str, seconds: str, decimals: str | None
) -> tuple[Fraction, Unit] | None:
    long = parse_number(minutes, None, None, span, faults)
    rest = None if long is None else parse_number(seconds, decimals, None, span, faults)
    if long is None or rest is None:
        return None
    if rest >= 60:
        total = long * 60 + rest
        corrected = f"{int(total // 60)}m{int(total % 60)}" + (f".{decimals}s" if decimals else "s")
        faults.error(
            "E222",
            "after minutes, seconds go up to 59",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    return long * 60 + rest, Unit.SECONDS


def _correct_amount(number: str, unit: str, what: str) -> str:
    """Return an amount in its usual spelling.

    As a position, bars are relative to the previous cue.
    """
    long = unit.startswith(("bar", "beat"))
    lead = "+" if what == "a position" and unit.startswith("bar") else ""
    return f"{lead}{number} {unit}" if long else f"{lead}{number}{unit}"


def _read_unit(
    text: str, space: str, unit: str, *, span: Span, at_unit: Span, faults: Diagnostics, what: str
) -> Unit | None:
    """Return the unit named `unit` if it has its standard spelling, otherwise None (reported)."""
    number = text[: len(text) - len(unit)].rstrip()
    if unit in UNITS:
        if not space or unit.startswith(("bar", "beat")):
            return UNITS[unit]
        corrected = number + unit
        faults.error(
            "E216",
            f"{unit} directly follows its number",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return None
    if not unit:
        whole = number.isdigit()
        bars = f"{number} bars" if number != "1" else "1 bar"
        hint = (
            f"write {bars}, {number}b, {number}c or {number}s"
            if whole
            else "write 8 bars, 4b, 1/2b, 2c or 12.5s"
        )
        fixes = (Fix(span, bars),) if whole else ()
        faults.error("E211", f"{excerpt(number)} needs a unit", span, hint=hint, fix=fixes)
        return None
    low = unit.casefold()
    if low in _LONG_UNITS or low in UNITS:
        short = _LONG_UNITS.get(low, low)
        corrected = _correct_amount(number, short, what)
        message = (
            f"the unit {unit} is written {short}"
            if low in _LONG_UNITS
            else f"units are written in lower case: {short}"
        )
        faults.error("E216", message, at_unit, hint=f"write {corrected}", fix=Fix(span, corrected))
        return None
    guess = _FOREIGN_UNITS.get(low) or closest_word(unit, [*_LONG_UNITS, "bars", "beats"])
    if guess is None:
        faults.error(
            "E210",
            f"{excerpt(unit)} is not a unit",
            at_unit,
            hint="a unit is bars, b (beats), c (chunks), s, ms or f (frames)",
        )
        return None
    short = _LONG_UNITS.get(guess, guess)
    corrected = _correct_amount(number, short, what)
    faults.error(
        "E210",
        f"{excerpt(unit)} is not a unit",
        at_unit,
        hint=f"did you mean {corrected}?",
        fix=Fix(span, corrected),
    )
    return None


def _report_decimals(
    text: str,
    value: Fraction,
    unit: str,
    *,
    number: str,
    span: Span,
    faults: Diagnostics,
    what: str,
) -> None:
    corrected = _correct_amount(str(value), unit, what)
    hint = f"write {corrected}" + (
        (
            f"; the position bar {number.split('.', maxsplit=1)[0]}, beat {number.split('.')[1]} "
            f"is {number}"
        )
        if _BAR_BEAT.match(number) and has_beat(int(number.split(".")[1]), span, faults)
        else ""
    )
    name = "bars" if unit.startswith("bar") else "beats"
    faults.error(
        "E217",
        f"parts of {name} are written as fractions, so {excerpt(text)} is ambiguous",
        span,
        hint=hint,
        fix=Fix(span, corrected),
    )


def _report_wording(text: str, span: Span, faults: Diagnostics, what: str) -> bool:
    """Report an amount in other words.

    For example:

    `eight bars`, `8 bars at 140 bpm`, `every other bar`. Return whether it was reported.
    """
    spelled = re.match(r"([a-z]+(?:-two)?)[ \t]+(?=bars?\b|beats?\b|seconds?\b|chunks?\b)", text)
    if spelled is not None and spelled.group(1) in _NUMBER_BY_WORD:
        corrected = f"{_NUMBER_BY_WORD[spelled.group(1)]} {text[spelled.end() :]}"
        faults.error(
            "E201",
            "a number is written in digits",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return True
    tempo = re.match(
        r"([0-9./]+[ \t]*(?:bars?|beats?|[bcs]))[ \t]+(?:(?:at|@)[ \t]*)?([0-9.]+)[ \t]*bpm\Z", text
    )
    if tempo is not None:
        corrected = f"{tempo.group(1)}, tempo {tempo.group(2)}"
        faults.error(
            "E240",
            "a section's tempo follows a comma and the keyword `tempo`",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return True
    again = re.match(r"([0-9./]+[ \t]*(?:bars?|beats?|[bcs]))[ \t]*[x×*][ \t]*([0-9]+)\Z", text)
    if again is not None:
        corrected = again.group(1)
        hint = f"write {corrected}; to repeat the section, use play: play NAME*{again.group(2)}"
        faults.error(
            "E201", f"{excerpt(text)} is not {what}", span, hint=hint, fix=Fix(span, corrected)
        )
        return True
    nth = re.match(r"(?:([0-9]+)(?:st|nd|rd|th)|other|second)[ \t]+(bar|beat)s?\Z", text)
    if nth is not None:
        corrected = f"{nth.group(1) or 2} {nth.group(2)}s"
        faults.error(
            "E201",
            "a length is a number and a unit",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return True
    begins = re.match(r"([0-9./]+[ \t]*(?:bars?|beats?|[bcs]))[ \t]+from[ \t]+(\S+)\Z", text)
    if begins is not None:
        corrected = begins.group(1)
        hint = (
            f"write {corrected}; its start has a key of its own: from: {excerpt(begins.group(2))}"
        )
        faults.error(
            "E201", f"{excerpt(text)} is not {what}", span, hint=hint, fix=Fix(span, corrected)
        )
        return True
    if text == "live":
        faults.error(
            "E201",
            "a live section needs `until`",
            span,
            hint="write until go out",
            fix=Fix(span, "until go out"),
        )
        return True
    return False


def _report_two_units(
    span: Span, faults: Diagnostics, first: str, *, unit: str, second: str, small: str
) -> None:
    """Report `8 bars 2 beats`. It is one amount in beats; how many beats depends on the meter."""
    message = f"an amount has one unit, but this one has two: {unit} and {small}"
    if max(len(first), len(second)) > MAX_AMOUNT_DIGITS:
        _report_too_large(span, faults)
        return
    rest = (
        Fraction(int(second), TICKS_PER_BEAT) if small.startswith("tick") else Fraction(int(second))
    )
    count = count_beats(span, faults) if unit.startswith("bar") else 1
    total = int(first) * (_EXAMPLE_BEATS_PER_BAR if count is None else count) + rest
    if count is None:
        hint = f"use beats only: with {_EXAMPLE_BEATS_PER_BAR} beats in a bar it is {total}b"
        faults.error("E214", message, span, hint=hint)
    else:
        faults.error("E214", message, span, hint=f"write {total}b", fix=Fix(span, f"{total}b"))


def _report_invalid(text: str, span: Span, faults: Diagnostics, what: str) -> None:
    """Report why this is not an amount, as specifically as possible."""
    if check_decimal_comma(text, span, faults, what):
        return
    two = _TWO_UNITS.match(text)
    if two is not None:
        first, unit, second, small = two.groups()
        _report_two_units(span, faults, first, unit=unit, second=second, small=small)
        return
    if text.startswith("-"):
        faults.error(
            "E206",
            f"{what} cannot be negative",
            span,
            hint="remove the minus sign",
            fix=Fix(span, text[1:].lstrip()),
        )
        return
    low = text.casefold()
    if low in UNITS or low in _LONG_UNITS:
        short = _LONG_UNITS.get(low, low)
        corrected = _correct_amount(
            "1", short.rstrip("s") if short.startswith(("bar", "beat")) else short, what
        )
        faults.error(
            "E211",
            f"a number is missing before {excerpt(text)}",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return
    if _report_wording(text, span, faults, what):
        return
    before = r"(?:(?:for|of|lasting|length|lasts)[ \t]+|[\[(][ \t]*)?"
    wrapped = re.match(rf"{before}([0-9][0-9./]*[ \t]*[a-z]+)[ \t]*[:\])]?\Z", text)
    if (
        wrapped is not None
        and wrapped.group(1) != text
        and read_duration(wrapped.group(1), span, Diagnostics()) is not None
    ):
        corrected = wrapped.group(1)
        faults.error(
            "E201",
            f"{excerpt(text)} is not a length",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
        return
    stages = re.match(r"(?P<length>[^,]*?)[ \t]+on[ \t]+(?P<names>\S.*)\Z", text)
    if stages is not None and read_duration(stages["length"], span, Diagnostics()) is not None:
        faults.error(
            "E201",
            f"all stages have the same lengths, so none is on {excerpt(stages['names'])}",
            span,
            hint=f"write {stages['length']}; name stages in cues: on {excerpt(stages['names'])}",
            fix=Fix(span, stages["length"]),
        )
        return
    clock = re.match(r"([0-9]+):([0-9]{2})\Z", text)
    if clock is not None:
        corrected = f"{clock.group(1)}m{clock.group(2)}s"
        faults.error(
            "E202",
            f"{text} can be a time or a bar and a beat",
            span,
            hint=f"for a length of time, write {corrected}",
            fix=Fix(span, corrected),
        )
        return
    if text.startswith(".") and text[1:2].isdigit():
        faults.error(
            "E223",
            "a number begins with a digit",
            span,
            hint=f"write 0{excerpt(text)}",
            fix=Fix(span, "0" + text),
        )
        return
    faults.error(
        "E201",
        f"{excerpt(text)} is not {what}" if text else f"{what} is missing",
        span,
        hint=AMOUNT_FORMS[what],
    )
