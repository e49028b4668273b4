"""Read where a quantised rule lands, as both notations write it: `next bar`, `next 2 bars`."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import AtNext, Unit
from sequencer.language.source import closest_word, excerpt
from sequencer.language.values.amounts import check_ascii_digits
from sequencer.schedule.model import MAX_QUANTISATION

FORMS = "next bar, next 2 bars, next beat"

_SEPARATOR = re.compile(r"[ \t]+at(?=[ \t]+(\S))")
_NEXT = re.compile(r"next[ \t]+(?:([0-9]+)[ \t]*)?(bars?|beats?)\Z")
_MEANT = re.compile(
    r"(?:the[ \t]+)?(?:next|nearest|following|every|each|on)?[ \t]*(?:the[ \t]+)?(?:next[ \t]+)?"
    r"([0-9]+)?[ \t]*(bars?|beats?|measures?|downbeats?|barlines?|bar[ \t]+lines?|quarters?|b)\Z"
)
_UNITS = {"be": Unit.BEATS, "b": Unit.BEATS, "qu": Unit.BEATS}


def split_quantisation(text: str) -> tuple[str, str, int] | None:
    """Split `note C3 at next bar` into the trigger, where it lands, and the offset of that.

    Return None if there is only a trigger. A go-cue may be called `at`.
    """
    found = None
    for match in _SEPARATOR.finditer(text):
        if text[: match.start()].rstrip(" \t") != "go":
            found = match
    if found is None:
        return None
    start = found.start(1)
    return text[: found.start()], text[start:], start


def read_quantisation(text: str, span: Span, faults: Diagnostics) -> AtNext | None:
    """Read what follows `at` in a rule. Return None if a diagnostic was reported."""
    if not check_ascii_digits(text, span, faults):
        return None
    match = _NEXT.match(text)
    if match is None:
        _report(text, span, faults)
        return None
    count = match.group(1) or "1"
    if len(count) > len(str(MAX_QUANTISATION)) or not 1 <= int(count) <= MAX_QUANTISATION:
        faults.error(
            "E228",
            f"a rule cannot land on every {excerpt(count)} {match.group(2)}",
            span,
            hint=f"the number goes from 1 to {MAX_QUANTISATION}: write next 4 bars",
        )
        return None
    return AtNext(int(count), Unit.BARS if match.group(2)[1] == "a" else Unit.BEATS, span)


def _report(text: str, span: Span, faults: Diagnostics) -> None:
    meant = _MEANT.match(text)
    message = f"{excerpt(text) or 'nothing'} is not a position for a rule"
    if meant is None and closest_word(text.split(maxsplit=1)[0] if text else "", ("next",)):
        meant = _MEANT.match(text.partition(" ")[2].strip(" \t"))
    if meant is None:
        hint = f"a rule has no position of its own, but it can land on a bar line: {FORMS}"
        faults.error("E228", message, span, hint=hint)
        return
    unit = "beat" if meant.group(2)[:2] in _UNITS else "bar"
    count = int((meant.group(1) or "1")[:4])
    corrected = f"next {unit}" if count <= 1 else f"next {min(count, MAX_QUANTISATION)} {unit}s"
    faults.error("E228", message, span, hint=f"write {corrected}", fix=Fix(span, corrected))
