"""What a check found about a text, as messages for the page.

Everything here runs in the process that checks. Positions in messages are UTF-16 code units of the
text that was checked, or lines that count from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from sequencer.core.diagnostic_json import diagnostic_json
from sequencer.core.diagnostics import Diagnostic, Fix, Severity
from sequencer.core.paths import as_stored
from sequencer.core.wide_numbers import for_display, ordering
from sequencer.editing.hints import find_hints
from sequencer.editing.looking import Look
from sequencer.editing.outline import Symbol, find_symbols
from sequencer.schedule.describe import describe_clock, describe_pass
from sequencer.schedule.model import Entry, Schedule, Stretch
from sequencer.studio.text_buffer import Change, TextBuffer

MAX_SYMBOLS = 2_000
"""How many symbols a message has at most; `ask symbols` returns all of them."""


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A version of the text, and what is known about it."""

    version: int
    buffer: TextBuffer
    look: Look


def checked_message(checked: CheckedText, ms: float) -> dict[str, Any]:
    """Return the message `checked`.

    Args:
        checked: What was found.
        ms: How long the check took, in milliseconds.
    """
    look = checked.look
    return {
        "t": "checked",
        "version": checked.version,
        "diagnostics": [diagnostic_message(one, checked) for one in look.diagnostics],
        "hints": [{"line": one.line, "text": one.text} for one in find_hints(look)],
        "symbols": symbol_messages(checked, cues=False)[:MAX_SYMBOLS],
        "summary": summarise(look),
        "ms": round(ms, 1),
    }


def diagnostic_message(one: Diagnostic, checked: CheckedText) -> dict[str, Any]:
    """Return a diagnostic as in `check --json`, with positions for the page.

    `from` and `to` are those of its span, None in another file. `edits` are the changes of all its
    fixes, None if it has no fix in this text.
    """
    found = diagnostic_json(one)
    is_here = one.span.file == checked.look.file and one.span.line > 0
    start, end = checked.buffer.bounds(one.span) if is_here else (None, None)
    return {**found, "from": start, "to": end, "edits": edits_of(one.fixes, checked)}


def edits_of(fixes: Iterable[Fix], checked: CheckedText) -> list[dict[str, Any]] | None:
    """Return fixes as changes in order, or None if one of them is not in the text."""
    found: list[Change] = []
    for fix in fixes:
        if fix.span.file != checked.look.file or fix.span.line < 1:
            return None
        start, end = checked.buffer.bounds(fix.span)
        found.append(Change(start, end, fix.text))
    found.sort(key=lambda one: (one.start, one.end))
    if any(one.end > other.start for one, other in pairwise(found)):
        return None
    return [one.to_json() for one in found] or None


def symbol_messages(checked: CheckedText, *, cues: bool) -> list[dict[str, Any]]:
    """Return the parts of a score, with or without its cues and rules."""
    return list(_symbols(find_symbols(checked.look, cues=cues), checked))


def _symbols(symbols: Iterable[Symbol], checked: CheckedText) -> Iterator[dict[str, Any]]:
    for one in symbols:
        start, end = checked.buffer.bounds(one.selection)
        yield {
            "kind": one.kind.value,
            "name": one.name,
            "detail": one.detail,
            "line": one.selection.line,
            "from": start,
            "to": end,
            "children": list(_symbols(one.children, checked)),
        }


# ---- summary -------------------------------------------------------------------------------------


def summarise(look: Look) -> dict[str, Any]:
    """Return the summary of a text: what is wrong, its length, its chunks, snap errors, its clock.

    Of a text with errors, length, chunks, errors and clock are those of the last valid one, if
    there was one (`outdated`), otherwise None. Times are in seconds, snap errors in milliseconds;
    late is positive.
    """
    counts = dict.fromkeys(Severity, 0)
    for one in look.diagnostics:
        counts[one.severity] += 1
    found: dict[str, Any] = {
        "valid": not look.is_outdated,
        "outdated": look.is_outdated and look.valid is not None,
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "notes": counts[Severity.NOTE],
        "score": None,
    }
    if look.valid is not None:
        found["score"] = summarise_schedule(look.valid.schedule)
    return found


def summarise_schedule(schedule: Schedule) -> dict[str, Any]:
    """Return the length, the chunks, the snap errors and the clock of a schedule."""
    grid, clock = schedule.grid, schedule.clock
    total, count, worst = Fraction(0), 0, None
    for stretch, entry in _known_entries(schedule):
        total += for_display(abs(entry.error))
        count += 1
        if worst is None or ordering(abs(entry.error)) > ordering(abs(worst[1].error)):
            worst = stretch, entry
    return {
        "seconds": float(grid.boundary(schedule.end)),
        "at_most": any(one.is_live for one in schedule.stretches),
        "chunks": schedule.end,
        "chunk_seconds": float(grid.chunk),
        "cues": len(schedule.entries),
        "average_ms": None if not count else float(total / count * 1000),
        "worst": None if worst is None else _worst(schedule, *worst),
        "clock": {
            "kind": clock.kind,
            "text": describe_clock(schedule),
            "bpm": None if clock.bpm is None else float(clock.bpm),
            "port": clock.port,
        },
    }


def _known_entries(schedule: Schedule) -> Iterator[tuple[Stretch, Entry]]:
    """Yield the cues whose time does not depend on when a live section is left."""
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            yield stretch, entry
        if stretch.is_live:
            return


def _worst(schedule: Schedule, stretch: Stretch, entry: Entry) -> dict[str, Any]:
    passes = sum(one.section == stretch.section for one in schedule.stretches)
    name = describe_pass(stretch.section, stretch.occurrence, passes)
    return {
        "ms": float(entry.error * 1000),
        "place": f"{name} {entry.place}".strip() if stretch.section else entry.place,
        "line": entry.origin.line,
    }


def title_of(look: Look) -> str:
    """Return the title of the last valid text; empty without one."""
    return "" if look.valid is None else look.valid.schedule.title or ""


# ---- files ---------------------------------------------------------------------------------------


def files_of(look: Look, folder: Path | None) -> set[Path]:
    """Return the other files that a text depends on, whose changes may change what is found."""
    found = {Path(name) for name in look.file_names if name != look.file}
    score: Any = look.loaded.score or look.loaded.part
    if folder is not None and score is not None:
        named = [image.path for image in score.images]
        header = score.header
        if header.sound is not None:
            named.append(header.sound.path)
        if header.clock is not None and header.clock.file is not None:
            named.append(header.clock.file)
        found |= {_stored(folder / name) for name in named}
    return found


def _stored(path: Path) -> Path:
    try:
        return as_stored(path)
    except (OSError, ValueError):
        return path


def dump(message: Mapping[str, Any]) -> bytes:
    """Return the JSON of a message, in ASCII: file names may have characters that are not text."""
    return json.dumps(message, separators=(",", ":")).encode("ascii")
