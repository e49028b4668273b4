"""Read the names of stages, and when they wait for each other."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.score import StageName, Together
from sequencer.language.source import excerpt, subspan
from sequencer.language.values.amounts import check_ascii_digits
from sequencer.language.values.strings import read_name
from sequencer.schedule.ensemble import MAX_REALIGN_CHUNKS, MAX_STAGES

_NAMES = re.compile(r"[^,]+|(?<=,)(?=,|\Z)|\A(?=,|\Z)")
_REALIGN = re.compile(r"realign[ \t]+([0-9]{1,9})c\Z")
_REALIGN_WITHOUT_UNIT = re.compile(
    r"(?:realign(?:[ \t]+every)?|every)?[ \t]*([0-9]{1,9})(?:[ \t]*c(?:hunks?)?)?\Z"
)


def read_stages(text: str, span: Span, faults: Diagnostics) -> tuple[StageName, ...] | None:
    """Read the names in `stages left, middle, right`."""
    words = text.split()
    if "," not in text and len(words) > 1:
        corrected = ", ".join(_without_and(words))
        faults.error(
            "E341",
            "the names of stages are separated by commas",
            span,
            hint=f"write {excerpt(corrected, 60)}",
            fix=Fix(span, corrected),
        )
        return None
    found: list[StageName] = []
    for match in _NAMES.finditer(text):
        word = match.group().strip()
        start = match.start() + match.group().find(word)
        at = subspan(text, span, start, start + len(word)) if word else span
        name = read_stage_name(word, at, faults)
        if name is None:
            return None
        found.append(name)
    if len(found) > MAX_STAGES:
        faults.error(
            "E341",
            f"these are {len(found)} stages; a score can have {MAX_STAGES}",
            span,
            hint="split the score",
        )
        return None
    return tuple(found)


def _without_and(words: list[str]) -> list[str]:
    """Return names without what else than commas is written between them."""
    kept = [word for word in words if word.casefold() not in ("and", "&", "+")]
    return kept or words


def read_stage_name(text: str, span: Span, faults: Diagnostics) -> StageName | None:
    """Read the name of one stage."""
    name = read_name(text, span, faults, "a stage")
    return None if name is None else StageName(name, span)


def read_on_stages(text: str, span: Span, faults: Diagnostics) -> tuple[StageName, ...] | None:
    """Read `on left, right`, in front of actions."""
    if text.endswith(","):
        comma = subspan(text, span, len(text) - 1, len(text))
        faults.error(
            "E341",
            "there is no comma between the stages and the first action",
            comma,
            hint="remove it",
            fix=Fix(comma, ""),
        )
        return None
    names = text.removeprefix("on").lstrip()
    start = len(text) - len(names)
    return read_stages(names, subspan(text, span, start, len(text)), faults)


def read_together(text: str, span: Span, faults: Diagnostics) -> Together | None:
    """Read when all stages wait for each other: `start`, `realign 16c`."""
    if text == "start":
        return Together(None, span)
    if not check_ascii_digits(text, span, faults):
        return None
    match = _REALIGN.match(text)
    if match is not None and 1 <= int(match.group(1)) <= MAX_REALIGN_CHUNKS:
        return Together(int(match.group(1)), span)
    meant = _REALIGN_WITHOUT_UNIT.match(text)
    if meant is None:
        faults.error(
            "E342",
            f"{excerpt(text) or 'nothing'} does not state when all stages wait for each other",
            span,
            hint="write start (they only start together), or, for example, realign 16c",
        )
    elif 1 <= int(meant.group(1)) <= MAX_REALIGN_CHUNKS:
        corrected = f"realign {int(meant.group(1))}c"
        faults.error(
            "E342",
            "the stages are aligned after a number of chunks",
            span,
            hint=f"write {corrected}",
            fix=Fix(span, corrected),
        )
    else:
        faults.error(
            "E342",
            f"the stages are aligned every 1 to {MAX_REALIGN_CHUNKS:,} chunks",
            span,
            hint="write, for example, realign 16c",
        )
    return None
