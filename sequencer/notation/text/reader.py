"""From a text to a `Score`.

The text is cut into statements (`lines`), each goes through the grammar, and what comes out is put together (`nesting`). A
statement that the grammar refuses is explained (`slips`) and left out, and reading goes on behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequencer.collection import paused_collection
from sequencer.errors import Faults
from sequencer.notation.source import ODD_BLANK, Source, check_characters
from sequencer.notation.text.grammar import Refused, parser
from sequencer.notation.text.lines import Cutter, Statement
from sequencer.notation.text.nesting import Nesting
from sequencer.notation.text.nodes import Nodes
from sequencer.score import Comment, Score

if TYPE_CHECKING:
    from sequencer.notation.text.slips import Slips

MOST_FAULTS = 400
"""After so many faults the rest of a score is not read: whoever made it needs the first ones."""


MOST_TOKENS = 1_500_000
"""How many words and signs (the grammar's tokens) a score may have: five times what 100,000 cues need."""


def read_text(text: str, file: str, faults: Faults) -> Score:
    """The score that `text` says. Faults are told, and what they touch is left out; `text` has plain newlines and no BOM."""
    source = Source(file, text)
    if not check_characters(source, faults):
        return Score(file=file, text=text)
    with paused_collection():
        return _Reader(source, faults).score()


class _Reader:
    def __init__(self, source: Source, faults: Faults) -> None:
        self.source = source
        self.faults = faults
        self.cutter = Cutter(source.text)
        self.statements = self.cutter.statements
        self.nodes = Nodes(source, faults)
        self.nesting = Nesting(self.nodes)
        self.parser = parser()
        self.before = self.parser.steps
        self.refused = 0
        self.is_odd = not source.text.isascii() and ODD_BLANK.search(source.text) is not None
        """Whether blanks that are no plain ones stand anywhere, in a text perhaps."""
        self.slips: Slips | None = None

    def score(self) -> Score:
        """Read every statement."""
        if not self.cutter.more():
            end = len(self.source.text)
            hint = 'the smallest score has one line: at 0c "A paper boat drifts along a gutter."'
            self.faults.error("E151", "this score is empty", self.source.span(0, min(end, 1)), hint)
        index = 0
        while index < len(self.statements) or self.cutter.more():
            statement = self.statements[index]
            if self._is_enough(statement):
                break
            self._read(index, statement)
            index += 1
        else:
            self.nesting.finish(len(self.source.text))
        return self.nesting.score(self._comments())

    def _is_enough(self, statement: Statement) -> bool:
        """Whether to stop in front of a statement (told): after too many faults, or in a score that is far too long."""
        if self.parser.steps - self.before > MOST_TOKENS:
            why, cure = f"{MOST_TOKENS:,} words and signs", "split it with `use`, or play its sections more than once"
        elif self.faults.count >= MOST_FAULTS or self.refused >= MOST_FAULTS:
            why, cure = f"{MOST_FAULTS} faults", "cure the first ones"
        else:
            return False
        here = self.source.span(statement.start, statement.end)
        self.faults.error("E152", f"reading stops here, after {why}", here, cure)
        return True

    def _read(self, index: int, statement: Statement) -> None:
        """Read one statement, and explain it where the grammar refuses it."""
        if not statement.flaws and not (self.is_odd and self._has_odd_blanks(statement)):
            self.nodes.begin(statement.start, statement.end)
            try:
                self.nesting.take(self.parser.parse(self.source.text, statement.start, statement.end))
            except Refused as refusal:
                self._explain(index, statement, refusal)
        else:
            self._explain(index, statement, None)

    def _has_odd_blanks(self, statement: Statement) -> bool:
        from sequencer.notation.text.mending import odd_blanks  # hardly any score has one

        return bool(odd_blanks(self.source.text[statement.start : statement.end]))

    def _explain(self, index: int, statement: Statement, refusal: Refused | None) -> None:
        from sequencer.notation.text.slips import Slips  # only a faulty score pays for the many patterns of slips

        self.refused += 1
        has_more = index + 1 < len(self.statements) or self.cutter.more()
        following = self.statements[index + 1] if has_more else None
        inside = self.nesting.context()
        if self.slips is None:
            self.slips = Slips(self.source, self.faults)
        opens = self.slips.explain(statement, following, inside, refusal)
        if not self.faults.has_errors:  # nothing is ever left out in silence
            span = self.source.span(statement.start, statement.end)
            self.faults.error("E102", "this statement could not be read", span)
        self.nesting.refused(statement, opens)

    def _comments(self) -> tuple[Comment, ...]:
        text = self.source.text
        return tuple(
            Comment(
                text[one.start + 1 : one.end].rstrip().removeprefix(" "), one.own_line, self.source.span(one.start, one.end)
            )
            for one in self.cutter.remarks
        )
