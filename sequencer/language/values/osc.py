"""Read OSC triggers, `osc "/fader/1" > 0.5`, and messages to send, `osc "/drop" 1 "text" true`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.osc_values import (
    MAX_ADDRESS_LENGTH,
    MAX_ARGUMENTS,
    MAX_INTEGER,
    MAX_STRING_LENGTH,
    MIN_INTEGER,
    is_address,
    is_argument,
    is_within_limits,
    shortest,
)
from sequencer.language.score import Comparison, OnOsc, SendOsc
from sequencer.language.source import excerpt, subspan
from sequencer.language.values.amounts import check_ascii_digits

_TRIGGER = re.compile(r'osc(?=[ \t"]|\Z)')
_PARTS = re.compile(r'osc[ \t]*("[^"]*"?|[^\s"<>=]+)?[ \t]*(.*?)[ \t]*\Z', re.DOTALL)
_MESSAGE = re.compile(r'[ \t]*("[^"]*"?|[^\s"]+)?(?P<arguments>.*)\Z', re.DOTALL)
_ARGUMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^\s"])+', re.DOTALL)
_ARGUMENT_FORMS = "arguments are numbers, texts in double quotes, true and false"
_COMPARISON = re.compile(r"([<>=≥≤!]+|above|below)[ \t]*(\S+)?\Z")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?\Z")


def is_osc_trigger(text: str) -> bool:
    """Return whether a trigger is one on OSC messages."""
    return _TRIGGER.match(text) is not None


def read_osc_trigger(text: str, span: Span, faults: Diagnostics) -> OnOsc | None:
    """Read a complete trigger. Return None if a diagnostic was reported."""
    parts = _PARTS.match(text)
    address = read_address(parts, text, span, faults)
    if parts is None or address is None:
        return None
    if not parts.group(2):
        return OnOsc(address, None, span)
    at = subspan(text, span, *parts.span(2))
    value = _read_comparison(parts.group(2), at, faults)
    return None if value is None else OnOsc(address, value, span)


def read_osc(text: str, span: Span, faults: Diagnostics) -> SendOsc | None:
    """Read what follows `osc` in a cue or a rule. Return None if a diagnostic was reported."""
    parts = _MESSAGE.match(text)
    address = read_address(parts, text, span, faults)
    if parts is None or address is None:
        return None
    start = parts.start("arguments")
    found = [
        (one.group(), subspan(text, span, *one.span())) for one in _ARGUMENT.finditer(text, start)
    ]
    arguments = [_read_argument(written, at, faults) for written, at in found]
    if len(found) > MAX_ARGUMENTS:
        message = f"an OSC message has at most {MAX_ARGUMENTS} arguments, not {len(found)}"
        at = subspan(text, span, start, len(text.rstrip()))
        faults.error("E267", message, at, hint="send the others in a message of their own")
        return None
    read = tuple(one for one in arguments if one is not None)
    return SendOsc(address, read, span) if len(read) == len(found) else None


def _read_argument(written: str, at: Span, faults: Diagnostics) -> str | None:
    if is_argument(written):
        if is_within_limits(written):
            return shortest(written)
        _report_limit(written, at, faults)
        return None
    corrected = next(
        (one for one in _corrections(written) if is_argument(one) and is_within_limits(one)), None
    )
    faults.error(
        "E267",
        f"{excerpt(written)} is not an argument of an OSC message",
        at,
        hint=_ARGUMENT_FORMS if corrected is None else f"write {excerpt(corrected)}",
        fix=() if corrected is None else Fix(at, corrected),
    )
    return None


def _report_limit(written: str, at: Span, faults: Diagnostics) -> None:
    """Report an integer that is too large, or a text that is too long."""
    if written.startswith('"'):
        message = f"a text in an OSC message has at most {MAX_STRING_LENGTH} characters"
        faults.error("E267", message, at, hint="shorten it")
        return
    faults.error(
        "E267",
        f"an OSC integer has 32 bits: it is from {MIN_INTEGER} to {MAX_INTEGER}",
        at,
        hint=f"a decimal can be larger: write {written}.0",
        fix=Fix(at, f"{written}.0"),
    )


def _corrections(written: str) -> Iterator[str]:
    """Yield what an argument may have been meant to be."""
    bare = written.strip(",;")
    yield bare
    yield bare.lower()
    sign, number = re.match(r"([+-]?)(.*)", bare, re.DOTALL).groups()  # type: ignore[union-attr]  # matches every text
    sign = sign.replace("+", "")
    for corrected in (number, "0" + number, number + "0", number.replace(",", ".")):
        yield sign + corrected
    inner = bare.strip("\"'“”„‘’")
    if '"' not in inner and not re.match(r"[+-]?[.]?[0-9]", inner):
        yield '"' + inner.replace("\\", "\\\\") + '"'


def read_address(
    parts: re.Match[str] | None, text: str, span: Span, faults: Diagnostics
) -> str | None:
    """Read the address in group 1 of a match. Return None if a diagnostic was reported."""
    written = None if parts is None else parts.group(1)
    if parts is None or written is None:
        faults.error("E268", "`osc` is followed by an address", span, hint='write osc "/drop"')
        return None
    address = written.strip('"')
    if is_address(address):
        return address
    at = subspan(text, span, *parts.span(1))
    bare = address.strip("'“”‘’")
    corrected = next((one for one in (bare, "/" + bare) if is_address(one)), "")
    is_fixed = bool(corrected) and "'" not in corrected
    hint = (
        f'write "{excerpt(corrected)}"'
        if is_fixed
        else f"an address has at most {MAX_ADDRESS_LENGTH} characters"
        if len(address) > MAX_ADDRESS_LENGTH
        else "an address begins with / and has no spaces, quotes or # * , ? [ ] { }"
    )
    fixes: tuple[Fix, ...] = ()
    if is_fixed:
        fixes = (Fix(at, f'"{corrected}"' if written.startswith('"') else corrected),)
    faults.error(
        "E268",
        f"{excerpt(written)} is not an OSC address",
        at,
        hint=hint,
        fix=fixes,
    )
    return None


def _read_comparison(text: str, span: Span, faults: Diagnostics) -> Comparison | None:
    if not check_ascii_digits(text.replace("≥", ">").replace("≤", "<"), span, faults):
        return None
    match = _COMPARISON.match(text)
    value = None if match is None else match.group(2)
    if match is None or value is None or _NUMBER.match(value) is None:
        hint = "compare its first argument with a number, > 0.5 or < 0.5, or remove this"
        faults.error("E269", f"{excerpt(text)} is not a comparison", span, hint=hint)
        return None
    written = match.group(1)
    if written == ">":
        return Comparison(">", Fraction(value))
    if written == "<":
        return Comparison("<", Fraction(value))
    corrected = f"{'<' if written[0] in '<≤' or written in ('=<', 'below') else '>'} {value}"
    faults.error(
        "E269",
        f"values are compared with > and <, not with {written}",
        span,
        hint=f"a message triggers when its value crosses another: write {excerpt(corrected)}",
        fix=Fix(span, corrected),
    )
    return None
