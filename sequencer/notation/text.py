"""The text notation: from a text to a `Score`.

The text is cut into statements (`lines`), runs of them go through the grammar, and what comes out is put together here. A
statement that the grammar refuses is explained (`slips`) and left out, and reading goes on behind it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from lark.exceptions import UnexpectedInput

from sequencer.errors import Faults
from sequencer.notation.expected import position
from sequencer.notation.grammar import STATEMENTS, parser
from sequencer.notation.lines import Kind, cut
from sequencer.notation.nesting import Nesting
from sequencer.notation.nodes import Nodes
from sequencer.notation.slips import Slips
from sequencer.notation.source import Source, check_characters
from sequencer.score import Comment, Score

RUN = 64
"""How many statements go through the grammar at once."""

MOST_FAULTS = 500
"""After so many faulty statements the rest is not read."""


def read_text(text: str, file: str, faults: Faults) -> Score:
    """The score that `text` says. Faults are told, and what they touch is left out; `text` has plain newlines and no BOM."""
    source = Source(file, text)
    if not check_characters(source, faults):
        return Score(file=file, text=text)
    with _no_collection():
        return _Reader(source, faults).score()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Reading makes many small objects and no cycles: looking for cycles among them costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Reader:
    def __init__(self, source: Source, faults: Faults) -> None:
        self.source = source
        self.faults = faults
        self.statements, self.remarks = cut(source.text)
        self.nodes = Nodes(source, faults)
        self.nesting = Nesting(self.nodes)
        self.slips = Slips(source, faults)
        self.faulty = 0

    def score(self) -> Score:
        """Read every statement."""
        if not self.statements:
            end = len(self.source.text)
            hint = 'the smallest score has one line: at 0c "A paper boat drifts along a gutter."'
            self.faults.error("E151", "this score is empty", self.source.span(0, min(end, 1)), hint)
        at = 0
        while at < len(self.statements) and self.faulty < MOST_FAULTS:
            at = self._run(at)
        if at < len(self.statements):
            here = self.source.span(self.statements[at].start, self.statements[at].end)
            self.faults.error("E152", f"reading stops here, after {MOST_FAULTS} faulty statements", here, "cure the first ones")
        else:
            self.nesting.finish(len(self.source.text))
        return self.nesting.score(self._comments())

    def _run(self, at: int) -> int:
        """Read a run of statements from `at`; gives where to go on."""
        stop = at
        most = min(at + RUN, len(self.statements))
        while stop < most and not self.statements[stop].flaws:
            stop += 1
        if stop > at:
            bad = self._parse(at, stop)
            if bad is None:
                return stop
            if bad > at and self._parse(at, bad) is not None:
                for index in range(at, bad):
                    self._one(index)
            stop = bad
        self._one(stop)
        return stop + 1

    def _one(self, index: int) -> None:
        """Read one statement by itself, and explain it where the grammar refuses it."""
        statement = self.statements[index]
        if not statement.flaws and self._parse(index, index + 1) is None:
            return
        self.faulty += 1
        following = self.statements[index + 1] if index + 1 < len(self.statements) else None
        inside = self.nesting.block is not None
        self.nesting.refused(statement, self.slips.explain(statement, following, inside))

    def _parse(self, at: int, stop: int) -> int | None:
        """Take the statements from `at` to before `stop`, or give the number of one that the grammar refuses."""
        start = self.statements[at].start
        end = self.statements[stop - 1].end
        try:
            tree = parser().parse(self.source.text[start:end] + "\n", start=STATEMENTS)
        except UnexpectedInput as error:
            return self._culprit(at, stop, start + position(error))
        self.nodes.base = start
        self.nodes.line = self.source.line(start)
        for child in tree.children:
            self.nesting.take(child)
        return None

    def _culprit(self, at: int, stop: int, where: int) -> int:
        """The statement that holds the character at `where`, or the one before a brace that came too early."""
        low, high = at, stop - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.statements[middle].start <= where:
                low = middle
            else:
                high = middle - 1
        early = where <= self.statements[low].start and (
            self.statements[low].kind is Kind.CLOSE or self.source.text[self.statements[low - 1].end - 1] in ",>"
        )
        return low - 1 if early and low > at else low

    def _comments(self) -> tuple[Comment, ...]:
        text = self.source.text
        return tuple(
            Comment(
                text[one.start + 1 : one.end].rstrip().removeprefix(" "), one.own_line, self.source.span(one.start, one.end)
            )
            for one in self.remarks
        )
