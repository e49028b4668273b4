"""Where cues land, at the end of their lines: chunk, snap error, passes, takes.

Times are those of the schedule, with every live section at its maximum. After a live section the
time depends on when it is left: then the earliest and the latest chunk are shown. Late is positive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from fractions import Fraction

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import ChunkGrid
from sequencer.core.wide_numbers import ordering
from sequencer.editing.looking import Look, Valid
from sequencer.language.incremental.checking import PieceCheck
from sequencer.language.incremental.compiling import PartCompilation
from sequencer.schedule.describe import (
    bar_beat_of,
    clock_time,
    decimal,
    describe_pass,
    milliseconds,
)
from sequencer.schedule.model import CutAct, Entry, Schedule, Send, Stretch
from sequencer.schedule.takes import soonest_grid

ARROW = "⟶ "
"""What every hint begins with."""

MAX_PASSES = 3
"""How many passes a hint lists; if there are more, it ends with their number."""

MAX_TOOLTIP_LINES = 40
"""How many passes a tooltip lists."""

NOTICEABLE = Fraction(1, 10)
"""The snap error, in seconds, from which on `HintSetting.OFF` shows a hint."""

MAX_COMPARED_LINES = 2_000
"""How many changed lines are compared to find the unchanged ones between them."""


class HintSetting(StrEnum):
    """Which hints are shown."""

    ALL = "all"
    OFF = "off by 100 ms or more"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hint:
    """A text for the end of a line, which counts from 1. The tooltip has a line for each pass."""

    line: int
    text: str
    tooltip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a cue lands in one pass of its section.

    `time` is exact, in seconds since the score began. After a live section it is the latest one,
    `chunk` the latest chunk, and `error` is None, because it depends on the exit.
    """

    stretch: Stretch
    entry: Entry
    passes: int
    time: Fraction
    earliest: int
    chunk: int
    error: Fraction | None
    take: int | None
    """The number of the take that it begins, from 1."""


def find_landings(schedule: Schedule, file: str) -> dict[Span, list[Landing]]:
    """Return where the cues of a file land, by the span of the cue, in the order of the passes."""
    found: dict[Span, list[Landing]] = {}
    passes = Counter(stretch.section for stretch in schedule.stretches)
    takes = {take.start: take.index + 1 for take in schedule.takes}
    is_known, soonest = True, soonest_grid(schedule)
    for stretch in schedule.stretches:
        for entry in stretch.entries:
            if entry.origin.file == file and entry.origin.line:
                cuts = any(isinstance(act, CutAct) for act in entry.acts)
                early = soonest.snap(stretch.soonest + entry.offset, entry.snap)
                found.setdefault(entry.origin, []).append(
                    Landing(
                        stretch=stretch,
                        entry=entry,
                        passes=passes[stretch.section],
                        time=stretch.start + entry.offset,
                        earliest=entry.chunk if is_known else early,
                        chunk=entry.chunk,
                        error=entry.error if is_known else None,
                        take=takes.get(entry.chunk) if cuts else None,
                    )
                )
        is_known = is_known and not stretch.is_live
    return found


def find_hints(known: Look, setting: HintSetting = HintSetting.ALL) -> tuple[Hint, ...]:
    """Return the hints of a text, in the order of the lines.

    While the text has errors, they are those of its last valid version, on the lines that have not
    changed since.

    Args:
        known: What is known about the text.
        setting: Which hints to return.
    """
    if known.valid is None or setting is HintSetting.NONE:
        return ()
    hints = _hints_of(known.valid, known.file, setting)
    if not known.is_outdated:
        return hints
    lines = unchanged_lines(known.valid.text, known.text)
    return tuple(
        Hint(lines[hint.line], hint.text, hint.tooltip) for hint in hints if hint.line in lines
    )


def unchanged_lines(before: str, after: str) -> dict[int, int]:
    """Return the new number of each line of a text that is also in a later version of it."""
    old, new = before.split("\n"), after.split("\n")
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    found = {line: line for line in range(1, start + 1)}
    middle, other = old[start : len(old) - end], new[start : len(new) - end]
    if len(middle) + len(other) <= MAX_COMPARED_LINES:
        for block in SequenceMatcher(None, middle, other, autojunk=False).get_matching_blocks():
            for at in range(block.size):
                found[start + block.a + at + 1] = start + block.b + at + 1
    shift = len(new) - len(old)
    found |= {line: line + shift for line in range(len(old) - end + 1, len(old) + 1)}
    return found


def find_origins(known: Look) -> Callable[[Span], Span]:
    """Return a function that finds the span in the last valid text of a part of the text.

    It returns a span of no cue for what has changed since.
    """
    if known.valid is None or not known.is_outdated:
        return lambda span: span
    before = {new: old for old, new in unchanged_lines(known.valid.text, known.text).items()}

    def find(span: Span) -> Span:
        first, last = before.get(span.line), before.get(span.end_line)
        if first is None or last is None or last - first != span.end_line - span.line:
            return NO_SPAN
        return Span(span.file, first, span.column, last, span.end_column)

    return find


# ---- one schedule --------------------------------------------------------------------------------


def _hints_of(valid: Valid, file: str, setting: HintSetting) -> tuple[Hint, ...]:
    from sequencer.editing.part_hints import find_hints_of_parts  # it uses this module

    checked = valid.checked
    if isinstance(checked, PieceCheck) and isinstance(checked.compilation, PartCompilation):
        lines = checked.load.reading.lines
        return find_hints_of_parts(checked.compilation, lines, file, setting)
    schedule = valid.schedule
    landings = find_landings(schedule, file)
    hints = [
        *cue_hints(schedule, file, setting, landings),
        *section_hints(schedule, file, setting, landings),
    ]
    by_line: dict[int, list[Hint]] = {}
    for hint in hints:
        by_line.setdefault(hint.line, []).append(hint)
    return tuple(join_hints(by_line[line]) for line in sorted(by_line))


def cue_hints(
    schedule: Schedule,
    file: str,
    setting: HintSetting,
    landings: Mapping[Span, Sequence[Landing]],
) -> list[Hint]:
    """Return the hints of cues, each with the last line of its cue."""
    heads = {stretch.origin for stretch in schedule.stretches if stretch.section is not None}
    hints = [
        Hint(span.end_line, describe_landings(found), _tooltip(map(describe_landing, found)))
        for span, found in landings.items()
        if span not in heads and (setting is HintSetting.ALL or _is_off(found))
    ]
    if setting is HintSetting.ALL:
        hints += _send_hints(schedule, file, set(landings))
    return hints


def join_hints(hints: Sequence[Hint]) -> Hint:
    """Return one hint for a line with several statements, as in a block on one line."""
    if len(hints) == 1:
        return hints[0]
    texts = [hint.text.removeprefix(ARROW) for hint in hints]
    return Hint(hints[0].line, ARROW + " │ ".join(texts), "\n".join(hint.tooltip for hint in hints))


def _is_off(landings: Iterable[Landing]) -> bool:
    return any(one.error is not None and abs(one.error) >= NOTICEABLE for one in landings)


def signed_milliseconds(error: Fraction) -> str:
    """Return a snap error as `+125 ms` or `−250 ms`; empty if it is less than half of one."""
    text = milliseconds(error, 0)
    return "" if text.strip("+-") == "0" else f"{text.replace('-', '−')} ms"


def describe_landings(landings: Sequence[Landing]) -> str:
    """Return the hint for a cue: its chunks, and how far they are from its exact times."""
    if len(landings) <= MAX_PASSES:
        each = [_describe_chunk(one, with_error=True) for one in landings]
        if len(each) == 1 or any("·" in one for one in each):
            return ARROW + ", ".join(each)
        return ARROW + " ".join(each)
    first = " ".join(_describe_chunk(one, with_error=False) for one in landings[:MAX_PASSES])
    return f"{ARROW}{first} … {len(landings)} in all{_describe_worst(landings)}"


def _describe_chunk(one: Landing, *, with_error: bool) -> str:
    chunk = f"c{one.chunk}" if one.earliest == one.chunk else f"c{one.earliest}…{one.chunk}"
    error = "" if one.error is None or not with_error else signed_milliseconds(one.error)
    take = "" if one.take is None or not with_error else f"take {one.take}"
    return " · ".join(part for part in (chunk, error, take) if part)


def _describe_worst(landings: Iterable[Landing]) -> str:
    errors = [one.error for one in landings if one.error is not None]
    worst = max(errors, key=lambda error: ordering(abs(error)), default=Fraction(0))
    shown = signed_milliseconds(worst)
    return f", worst {shown}" if shown else ""


def describe_landing(one: Landing, grid: ChunkGrid | None = None) -> str:
    """Return a line of the tooltip: pass, bar and beat, time, chunk, error and take.

    With a grid also the exact frame at the time.
    """
    name = describe_pass(one.stretch.section, one.stretch.occurrence, one.passes)
    bar = bar_beat_of(one.stretch, one.entry.quarter, one.entry.offset)
    if one.error is None:
        span = (
            f"chunk {one.earliest}"
            if one.earliest == one.chunk
            else (f"chunks {one.earliest} to {one.chunk}, depending on the exit of a live section")
        )
        parts = [f"bar {bar}" if bar else "", span]
    else:
        error = signed_milliseconds(one.error)
        frame = "" if grid is None else decimal(grid.frame_at(one.time), 2, trim=True)
        parts = [
            f"bar {bar}" if bar else "",
            clock_time(one.time),
            f"frame {frame}" if frame else "",
            f"chunk {one.chunk}",
            _describe_lateness(one.error, error) if error else "exact",
        ]
    parts.append("" if one.take is None else f"begins take {one.take}")
    return f"{name}: " + ", ".join(part for part in parts if part)


def _describe_lateness(error: Fraction, shown: str) -> str:
    return f"{shown.lstrip('+−')} {'late' if error > 0 else 'early'}"


def _tooltip(lines: Iterable[str]) -> str:
    every = list(lines)
    more = len(every) - MAX_TOOLTIP_LINES
    return "\n".join(every[:MAX_TOOLTIP_LINES] + ([f"and {more} more"] if more > 0 else []))


def _send_hints(schedule: Schedule, file: str, others: set[Span]) -> Iterator[Hint]:
    """Yield the hints of cues that only send something to external devices, at exact times."""
    found: dict[Span, list[tuple[Stretch, Send, bool]]] = {}
    passes = Counter(stretch.section for stretch in schedule.stretches)
    is_known = True
    for stretch in schedule.stretches:
        for send in stretch.sends:
            if send.origin.file == file and send.origin.line and send.origin not in others:
                found.setdefault(send.origin, []).append((stretch, send, is_known))
        is_known = is_known and not stretch.is_live
    for span, sends in found.items():
        times = [clock_time(one.start + send.offset) for one, send, exact in sends if exact]
        shown = ", ".join(times[:MAX_PASSES])
        more = f" … {len(sends)} in all" if len(sends) > MAX_PASSES else ""
        lines = (
            f"{describe_pass(one.section, one.occurrence, passes[one.section])}: "
            + (f"exact, {clock_time(one.start + send.offset)}" if exact else "exact")
            for one, send, exact in sends
        )
        yield Hint(
            span.end_line, f"{ARROW}exact{', ' if shown else ''}{shown}{more}", _tooltip(lines)
        )


def section_hints(
    schedule: Schedule,
    file: str,
    setting: HintSetting,
    landings: Mapping[Span, Sequence[Landing]],
) -> Iterator[Hint]:
    """Yield the hints of the lines on which sections begin: their chunks and the worst error.

    The cut in a section's head is a cue that comes from the whole section.
    """
    found: dict[Span, list[tuple[Stretch, int, bool]]] = {}
    following = [*(stretch.latest for stretch in schedule.stretches[1:]), schedule.end]
    is_known = True
    for stretch, end in zip(schedule.stretches, following, strict=True):
        if stretch.section is not None and stretch.origin.file == file and stretch.origin.line:
            found.setdefault(stretch.origin, []).append((stretch, end, is_known))
        is_known = is_known and not stretch.is_live
    for span, stretches in found.items():
        errors = [
            entry.error for one, _, is_exact in stretches if is_exact for entry in one.entries
        ]
        worst = max(errors, key=lambda error: ordering(abs(error)), default=Fraction(0))
        if setting is HintSetting.OFF and abs(worst) < NOTICEABLE:
            continue
        each = [describe_chunks(one, end) for one, end, _ in stretches]
        more = f" … {len(each)} passes" if len(each) > MAX_PASSES else ""
        shown = signed_milliseconds(worst)
        error = f" · worst {shown}" if shown else ""
        takes = [f"take {one.take}" for one in landings.get(span, ()) if one.take is not None]
        error += f" · {', '.join(takes[:MAX_PASSES])}" if takes else ""
        lines = (
            f"{describe_pass(one.section, one.occurrence, len(stretches))}: "
            f"{'from ' if exact else 'at the latest from '}{clock_time(one.start)}, chunks {chunks}"
            for (one, _, exact), chunks in zip(stretches, each, strict=True)
        )
        yield Hint(
            span.line, f"{ARROW}{', '.join(each[:MAX_PASSES])}{more}{error}", _tooltip(lines)
        )


def describe_chunks(stretch: Stretch, end: int) -> str:
    """Return the chunks of a pass: `c0–11`, `c4…26–37` after a live section, `c6–38 at most`."""
    first = f"{stretch.earliest}…" if stretch.earliest != stretch.latest else ""
    last = f"–{end - 1}" if end - 1 > stretch.latest else ""
    return f"c{first}{stretch.latest}{last}{' at most' if stretch.is_live else ''}"
