"""The hints of a score that was checked by parts: those of a part are used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sequencer.core.wide_numbers import ordering
from sequencer.editing.hints import (
    Hint,
    HintSetting,
    cue_hints,
    find_landings,
    join_hints,
    section_hints,
)
from sequencer.language.compiler.quantise import build_schedule
from sequencer.language.incremental.compiling import PartCompilation
from sequencer.language.incremental.lines import PIECE_BITS, Lines
from sequencer.language.incremental.parts import LandedPart, PlayedBlock
from sequencer.schedule.model import Entry, Schedule, Take


def find_hints_of_parts(
    found: PartCompilation, lines: Lines, file: str, setting: HintSetting
) -> tuple[Hint, ...]:
    """Return the hints of a valid score, in the order of the lines.

    Args:
        found: The compiled score.
        lines: Its actual lines.
        file: Its file.
        setting: Which hints to return.
    """
    empty = replace(build_schedule(found.score, found.surroundings.grid, ()), end=found.end)
    takes = _find_takes(found, empty.takes[0])
    by_line: dict[int, Hint] = {}
    for block in found.blocks:
        for landed in block.landed:
            for hint in _hints_of_part(
                block, landed, empty, takes=takes, file=file, setting=setting
            ).at(lines):
                by_line[hint.line] = hint
    for hint in _hints_of_sections(found, empty, takes, file, setting):
        line = lines.line(hint.line)
        moved = Hint(line, hint.text, hint.tooltip)
        before = by_line.get(line)
        by_line[line] = moved if before is None else join_hints((before, moved))
    return tuple([by_line[line] for line in sorted(by_line)])


def _find_takes(found: PartCompilation, first: Take) -> dict[int, Take]:
    """Return the takes by their first chunks, only with what a hint needs."""
    cuts = {cut for block in found.blocks for one in block.landed for cut in one.summary.cuts}
    starts = sorted(cuts | {0})
    return {start: replace(first, index=index, start=start) for index, start in enumerate(starts)}


def _hints_of_part(
    block: PlayedBlock,
    landed: LandedPart,
    empty: Schedule,
    *,
    takes: Mapping[int, Take],
    file: str,
    setting: HintSetting,
) -> _PartHints:
    """Return the hints of the cues of a part."""
    begun = tuple(takes[cut] for cut in landed.summary.cuts)
    numbers = tuple(take.index for take in begun)
    known: _PartHints | None = landed.cache.get(setting)
    if known is None or known.numbers != numbers:
        stretch = block.stretch(0, landed.entries, landed.sends)
        schedule = replace(empty, stretches=(stretch,), takes=begun)
        landings = find_landings(schedule, file)
        hints = _join_lines(cue_hints(schedule, file, setting, landings))
        known = landed.cache[setting] = _PartHints(numbers, hints)
    return known


class _PartHints:
    """The hints of a part, with their actual lines as long as no piece moves."""

    __slots__ = ("hints", "moved", "numbers", "pieces", "starts")

    def __init__(self, numbers: tuple[int, ...], hints: Sequence[Hint]) -> None:
        self.numbers = numbers
        """The numbers of the takes that begin in it."""
        self.hints = hints
        self.pieces = sorted({hint.line >> PIECE_BITS for hint in hints})
        self.starts: list[int] = []
        self.moved: Sequence[Hint] = ()

    def at(self, lines: Lines) -> Sequence[Hint]:
        """Return the hints with actual lines."""
        starts = [lines.start(piece) for piece in self.pieces]
        if starts != self.starts:
            line = lines.line
            self.moved = [Hint(line(one.line), one.text, one.tooltip) for one in self.hints]
            self.starts = starts
        return self.moved


def _join_lines(hints: Sequence[Hint]) -> Sequence[Hint]:
    by_line: dict[int, list[Hint]] = {}
    for hint in hints:
        by_line.setdefault(hint.line, []).append(hint)
    return [join_hints(found) for found in by_line.values()]


def _hints_of_sections(
    found: PartCompilation,
    empty: Schedule,
    takes: Mapping[int, Take],
    file: str,
    setting: HintSetting,
) -> Sequence[Hint]:
    """Return the hints of the lines on which sections begin.

    Of its entries, a section needs only the cut in its head and those with the largest errors.
    """
    stretches = tuple(
        block.stretch(
            index,
            tuple(entry for landed in block.landed for entry in _needed_entries(landed, block)),
            (),
        )
        for index, block in enumerate(found.blocks)
    )
    schedule = replace(empty, stretches=stretches, takes=tuple(takes.values()))
    return list(section_hints(schedule, file, setting, find_landings(schedule, file)))


def _needed_entries(landed: LandedPart, block: PlayedBlock) -> Sequence[Entry]:
    known: Sequence[Entry] | None = landed.cache.get("needed")
    if known is None:
        entries = landed.entries
        worst = max(entries, key=lambda one: ordering(abs(one.error)), default=None)
        head = block.divided.head.span
        known = landed.cache["needed"] = [
            one for one in entries if one is worst or one.origin == head
        ]
    return known
