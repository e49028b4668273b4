"""The deliveries of a run on several stages: equal ones are one line, which names its stages.

Equal are deliveries that differ at most in what is measured on each stage. As soon as they differ
in more, for example because one of them was lost, each has a line of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sequencer.studio.protocol import Line

_MEASURED = frozenset({"n", "error_ms", "fired_chunk", "lead"})
"""What may differ between stages in one line, which has the values of its first stage."""

_Member = tuple[int, int]
"""A delivery: the number of its stage, and its own number on that stage."""


class StageLines:
    """The lines of all stages.

    Args:
        names: The names of the stages.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._lines: dict[_Member, Line] = {}
        self._groups: dict[tuple[Any, ...], set[_Member]] = defaultdict(set)
        self._made: dict[tuple[Any, ...], dict[int, Line]] = {}
        """The lines that were made of each group, by their numbers."""
        self._numbers: dict[_Member, int] = {}
        """The number of the line of each delivery."""
        self._by_number: dict[int, Line] = {}

    def lines(self) -> list[Line]:
        """Return all lines, by their numbers."""
        return sorted(self._by_number.values(), key=lambda line: line["n"])

    def line(self, number: int) -> Line | None:
        """Return a line by its number; None if there is none."""
        return self._by_number.get(number)

    def number_of(self, stage: str, number: int) -> int | None:
        """Return the number of the line of a delivery; None if there is no such delivery."""
        return self._numbers.get((self._names.index(stage), number))

    def change(
        self, stage: str, lines: Iterable[Line], gone: Iterable[int] = ()
    ) -> tuple[list[Line], list[int]]:
        """Note deliveries of a stage that changed.

        Args:
            stage: The name of the stage.
            lines: Its deliveries that changed or were added.
            gone: The numbers of those that no longer exist.

        Returns:
            The lines that changed or were added, and the numbers of those that no longer exist.
        """
        index = self._names.index(stage)
        changed: dict[tuple[Any, ...], None] = {}
        for number in gone:
            self._remove((index, number), changed)
        for line in lines:
            member = (index, line["n"])
            self._remove(member, changed)
            self._lines[member] = line
            key = _key(line)
            self._groups[key].add(member)
            changed[key] = None
        before = {n: line for key in changed for n, line in self._made.pop(key, {}).items()}
        after: dict[int, Line] = {}
        for key in changed:
            if key in self._groups:
                self._made[key] = self._make(key)
                after |= self._made[key]
        for number in before:
            self._by_number.pop(number, None)
        self._by_number |= after
        return (
            [line for number, line in after.items() if before.get(number) != line],
            [number for number in before if number not in after],
        )

    def _remove(self, member: _Member, changed: dict[tuple[Any, ...], None]) -> None:
        line = self._lines.pop(member, None)
        if line is None:
            return
        self._numbers.pop(member, None)
        key = _key(line)
        changed[key] = None
        self._groups[key].discard(member)
        if not self._groups[key]:
            del self._groups[key]

    def _make(self, key: tuple[Any, ...]) -> dict[int, Line]:
        """Return the lines of a group: one, unless a stage has equal deliveries more than once."""
        by_stage: dict[int, list[int]] = defaultdict(list)
        for index, number in sorted(self._groups[key]):
            by_stage[index].append(number)
        found: dict[int, Line] = {}
        for turn in range(max(len(numbers) for numbers in by_stage.values())):
            members = [(at, own[turn]) for at, own in by_stage.items() if turn < len(own)]
            number = self._number(*members[0])
            line: Line = {**self._lines[members[0]], "n": number}
            if len(members) < len(self._names):
                line["stages"] = [self._names[index] for index, _ in members]
            found[number] = line
            for member in members:
                self._numbers[member] = number
        return found

    def _number(self, index: int, number: int) -> int:
        """Return a number that no other delivery has. Those of run actions remain negative."""
        return number * len(self._names) + (index if number >= 0 else -index)


def _key(line: Line) -> tuple[Any, ...]:
    """Return what is equal in the deliveries of one line."""
    return tuple(
        tuple(value) if isinstance(value, list) else value
        for name, value in line.items()
        if name not in _MEASURED
    )
