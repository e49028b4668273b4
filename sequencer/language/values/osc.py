"""Read OSC triggers: `osc "/drop"`, `osc "/fader/1" > 0.5`."""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.osc_values import is_address
from sequencer.language.score import Comparison, OnOsc
from sequencer.language.source import excerpt, subspan
from sequencer.language.values.amounts import check_ascii_digits

_TRIGGER = re.compile(r'osc(?=[ \t"]|\Z)')
_PARTS = re.compile(r'osc[ \t]*("[^"]*"?|[^\s"<>=]+)?[ \t]*(.*?)[ \t]*\Z', re.DOTALL)
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
    corrected = "/" + address
    is_fixed = is_address(corrected)
    hint = (
        f'write "{excerpt(corrected)}"'
        if is_fixed
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
