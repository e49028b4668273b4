"""A text without the items of lists that are known from an earlier reading.

One plain word takes the place of consecutive items of a list, and the rest of their characters
become spaces and newlines, so that everything else keeps its position. As in `fast_path`, PyYAML's
result decides whether the items are where they appear to be: the word must come back on its own, as
an item of the same kind of list, in the same column. It is then in a list whose items begin in that
column, and so would each of the items be: what they contain is indented further, and the line after
them is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.score import Item
from sequencer.language.yaml.nodes import Scalar

WORD = "x"
"""The word that takes the place of masked items."""

Hashes = tuple[tuple[int, int], ...]
"""The (start, end) offsets of values that contain a `#`, in order."""

ListKind = tuple[str, int]
"""The key of a list (`sections`, `cues`, `rules`) and the depth of its mapping, from 1."""


class MaskedRun:
    """Consecutive items of one list that are left out.

    Lines count from 0. `start` and `end` are offsets of the lines of the items, `last` is the
    offset at which the last item ends, without the spaces, comments and empty lines after it.
    `items` is empty for sections. `hashes` are the offsets of values that contain a `#`, in
    groups that are relative to an offset. `is_found` is whether the word came back.
    """

    __slots__ = (
        "column",
        "end",
        "hashes",
        "is_found",
        "items",
        "kind",
        "last",
        "line",
        "lines",
        "start",
    )

    def __init__(self, kind: ListKind, column: int, line: int, start: int) -> None:
        self.kind = kind
        self.column = column
        self.line = line
        self.start = start
        self.end = start
        self.last = start
        self.lines = 0
        self.items: list[Item] = []
        self.hashes: list[tuple[int, Hashes]] = []
        self.is_found = False

    def find(self, word: Scalar, key: str, depth: int) -> bool:
        """Return whether a word from a list takes the place of these items, and note that."""
        if (
            word.value == WORD
            and not word.style
            and word.line == self.line
            and word.column == self.column + 2
            and self.kind == (key, depth)
        ):
            self.is_found = True
        return self.is_found

    def render(self) -> str:
        """Return what takes the place of the items: as many characters and as many newlines."""
        line = f"{' ' * self.column}- {WORD}"
        return line.ljust(self.end - self.start - self.lines) + "\n" * self.lines


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text without some items. `runs` are what is left out, by line from 0."""

    text: str
    runs: Mapping[int, MaskedRun]

    def add_hashes(self, hashes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return offsets of values with those of masked values in place of each run."""
        starts = {run.start: run for run in self.runs.values()}
        found: list[tuple[int, int]] = []
        for start, end in hashes:
            run = starts.get(start)
            if run is None:
                found.append((start, end))
            else:
                found += [
                    (at + first, at + last) for at, inner in run.hashes for first, last in inner
                ]
        return found


def mask(text: str, runs: Sequence[MaskedRun]) -> MaskedText:
    """Return a text without the items of some runs, which are in order."""
    parts: list[str] = []
    at = 0
    for run in runs:
        parts += (text[at : run.start], run.render())
        at = run.end
    parts.append(text[at:])
    return MaskedText("".join(parts), {run.line: run for run in runs})
