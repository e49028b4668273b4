"""Read comparisons in triggers: `vel >= 100` of a note."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import Comparison
from sequencer.language.source import excerpt
from sequencer.language.values.amounts import check_ascii_digits

Operator = Literal[">", "<", ">=", "<="]

_VELOCITY = re.compile(r"(?:velocity|vel)[ \t]*([^\s\w]+|[^\W\d]+)?[ \t]*(\S.*)?\Z")
_PLAIN: dict[str, Operator] = {">": ">", "<": "<", ">=": ">=", "<=": "<="}
_OTHER: dict[str | None, Operator] = {
    "≥": ">=",
    "=>": ">=",
    "≤": "<=",
    "=<": "<=",
    "above": ">",
    "over": ">",
    "below": "<",
    "under": "<",
}
"""Other spellings of the operators; everything else probably means `>=`."""


def read_velocity(text: str, span: Span, faults: Diagnostics) -> Comparison | None:
    """Read `vel >= 100`. Return None if a diagnostic was reported."""
    if not check_ascii_digits(text.replace("≥", ">").replace("≤", "<"), span, faults):
        return None
    match = _VELOCITY.match(text)
    written, value = match.groups() if match is not None else (None, None)
    if value is None or not re.fullmatch(r"[0-9]{1,9}", value):
        faults.error(
            "E229",
            "a velocity is compared with a number",
            span,
            hint="write vel >= 100",
            fix=Fix(span, "vel >= 100") if value is None else (),
        )
        return None
    operator = _PLAIN.get(written or "")
    if operator is None:
        corrected = f"vel {_OTHER.get(written, '>=')} {value}"
        faults.error(
            "E229",
            "velocities are compared with >, <, >= or <=",
            span,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(span, corrected),
        )
        return None
    comparison = Comparison(operator, Fraction(int(value)))
    lowest, highest = comparison.velocities
    if lowest > highest:
        faults.error(
            "E229",
            f"no note has {excerpt(text)}",
            span,
            hint="velocities go from 1 to 127: write, for example, vel >= 100",
        )
        return None
    return comparison
