"""Split a text into statements, before the grammar looks at any of them.

A statement ends at a newline (unless it follows `,` or `->`, or is inside `pick(…)`) or at a
closing brace; inside braces also at a `;` that another statement or the closing brace follows.
Texts and comments are skipped as a unit, so that nothing inside them is mistaken for layout. Flaws
that are found on the way (such as a text without its closing quote) are recorded on the statement,
for the messages.
"""

from __future__ import annotations

import re
from enum import Enum

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.values.strings import CURLY

_DELIMITERS = re.compile(
    r'"""[^"\\]*+(?:(?:\\[\s\S]|"(?!""))[^"\\]*+)*+(?P<shut>"""|\Z)?'
    r'|"(?P<inner>[^"\\\n]*+(?:\\.[^"\\\n]*+)*+)(?P<quote>")?'
    r"|(?P<comment>(?<!\S)#[^\n]*)"
    r"|(?P<newline>\n)"
    rf"|(?P<curly>[{CURLY}][^\n{CURLY}\"]*[{CURLY}\"]?)"
    r"|(?P<semicolon>;)"
    r"|[{}()]"
)
_FIRST_OF_DELIMITERS = re.compile(rf'["#\n;{{}}(){CURLY}]')
"""The characters that delimiters begin with: `re` finds one of a set far sooner than a pattern."""
_OTHER = rf'[^"#(){{}}{CURLY}\n]*+'
_QUOTED = rf'"(?!"")[^"\\\n]*+"{_OTHER}'
_PLAIN = re.compile(
    rf"[ \t]*+(?P<body>(?=[^\s(){{}}#]){_OTHER}(?:{_QUOTED}|\({_OTHER}(?:{_QUOTED})*+\){_OTHER})*+)"
    r"(?P<comment>(?<=[ \t])#[^\n]*)?\n"
)
"""A statement that is one complete line, with its comment. Nearly every line is one."""
_STATEMENT = re.compile(
    r"[ \t]*(?:(?:at|every|end|from)[ \t]+[\d+\-]|at[ \t]+(?:mark\b|end[ \t]*-)"
    r"|(?:section|scene|let|play|use|score|clock|grid)[ \t]+[^\W\d\"]"
    r"|on[ \t]+(?:note|release|cc|program|start|stop|continue|osc|go)\b|(?:base|follow)[ \t]*\"|\})"
)
_BLOCK = re.compile(r"(?:section|scene)\b")
_MORE_ON_LINE = re.compile(r"[ \t]*(?!#)[^\s]")
"""What follows a `;` that separates statements. At the end of a line it is a mistake."""
_SEPARATED = re.compile(r'[^";]*+(?:"[^"]*+"[^";]*+)*+;')
"""A line with a `;` outside its texts."""
_LAST_ON_LINE = re.compile(r"[ \t]*(?:(?<!\S)#[^\n]*)?(?:\n|\Z)")


class StatementKind(Enum):
    """The kind of a stretch of text, judged by its layout alone."""

    PLAIN = "plain"
    OPEN = "open"
    CLOSE = "close"


class Context(Enum):
    """What contains a statement. A block that was not understood counts as a section."""

    TOP = "top"
    SCENE = "scene"
    SECTION = "section"


class QuoteError(Enum):
    """What is wrong with the quotes and brackets of a statement."""

    UNCLOSED = "unclosed"
    UNCLOSED_BLOCK = "unclosed block"
    CURLY = "curly"
    PAREN = "paren"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement as `text[start:end]`.

    An opening statement ends with its brace, a closing statement is only the brace.
    """

    start: int
    end: int
    kind: StatementKind
    flaws: tuple[tuple[QuoteError, int, int], ...] = ()
    """(flaw, start, end) for each flaw, in order."""


@dataclass(frozen=True, slots=True)
class CommentToken:
    """A comment as `text[start:end]`, including its `#`."""

    start: int
    end: int
    own_line: bool


MAX_RUN_LINES = 64
"""Maximum number of one-line statements taken in one run."""


class StatementSplitter:
    """Splits a text lazily.

    `statements` and `remarks` (comments) contain what was found so far, in order.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.statements: list[Statement] = []
        self.remarks: list[CommentToken] = []
        self.flaws: list[tuple[QuoteError, int, int]] = []
        self.start = 0
        self.line = 0
        self.goes_on = False
        self.braces = 0
        self.parens = 0
        self.depth = 0
        """How many blocks are open."""
        self.comment = -1
        self.at = 0
        self.is_over = False

    def split_next(self) -> bool:
        """Continue to the next statement and return True, or to the text's end and return False."""
        known = len(self.statements)
        while not self.is_over and len(self.statements) == known:
            self.at = self._take_simple_lines(self.at)
            match = self._find_delimiter(self.at)
            if match is None:
                self._end_statement(len(self.text))
                self.is_over = True
            else:
                self.at = match.end()
                self._handle_delimiter(match)
        return len(self.statements) > known

    def _find_delimiter(self, at: int) -> re.Match[str] | None:
        """Return the first match of `_DELIMITERS` from `at` on."""
        first = _FIRST_OF_DELIMITERS.search(self.text, at)
        return None if first is None else _DELIMITERS.search(self.text, first.start())

    def _take_simple_lines(self, at: int) -> int:
        """Take a run of one-line statements from `at` if one begins there and nothing is pending.

        Return where to continue.
        """
        text = self.text
        if (
            at != self.line
            or self.start != at
            or self.parens
            or self.braces
            or self.goes_on
            or self.flaws
        ):
            return at
        for _ in range(MAX_RUN_LINES):
            match = _PLAIN.match(text, at)
            if match is None:
                return at
            start, end = match.span("body")
            while text[end - 1] in " \t":
                end -= 1
            last = text[end - 1]
            if (
                self.depth
                and text.find(";", start, end - 1) >= 0
                and _SEPARATED.match(text, start, end - 1)
            ):
                return at
            if last == "," or (last == ">" and text[end - 2] == "-"):
                return at
            comment = match.start("comment")
            if comment >= 0:
                self.remarks.append(CommentToken(comment, match.end("comment"), False))
            self.statements.append(Statement(start=start, end=end, kind=StatementKind.PLAIN))
            at = self.start = self.line = match.end()
        return at

    def _handle_delimiter(self, match: re.Match[str]) -> None:
        """Handle a mark: a quote, a bracket, a comment, a newline."""
        group = match.lastgroup
        if group == "newline":
            self._handle_newline(match.start())
        elif group == "quote":
            pass
        elif group == "shut":
            if not match.group("shut"):
                self.flaws.append((QuoteError.UNCLOSED_BLOCK, match.start(), match.end()))
        elif group == "semicolon":
            self._handle_semicolon(match.start())
        elif group == "comment":
            self.comment = match.start()
            own = not self.text[self.line : match.start()].strip()
            self.remarks.append(CommentToken(match.start(), match.end(), own))
        elif group == "inner":
            self.flaws.append((QuoteError.UNCLOSED, match.start(), match.end()))
        elif group == "curly":
            self.flaws.append((QuoteError.CURLY, match.start(), match.end()))
        elif match.group()[0] == '"':
            self.flaws.append((QuoteError.UNCLOSED_BLOCK, match.start(), match.end()))
        else:
            self._handle_bracket(match.group(), match.start())

    def _handle_semicolon(self, at: int) -> None:
        """End the statement before a `;` that separates it from another one in the same block."""
        if self.depth == 0 or self.parens > 0 or self.braces > 0:
            return
        if _MORE_ON_LINE.match(self.text, at + 1):
            self._end_statement(at)
            self.start = at + 1

    def _find_content_end(self, end: int, least: int) -> int:
        """Return the end of the content before `end`, without a comment and white space."""
        if self.comment >= 0:
            end = self.comment
            self.comment = -1
        while end > least and self.text[end - 1] in " \t\n":
            end -= 1
        return end

    def _handle_newline(self, at: int) -> None:
        end = self._find_content_end(at, max(self.start, self.line))
        following = self.line = at + 1
        self._skip_to_statement(end)
        if self.start >= end:
            self.start = following
            return
        self._end_line(end, following)

    def _end_line(self, end: int, following: int) -> None:
        last = self.text[end - 1]
        if last not in " \t\n":
            self.goes_on = last == "," or (last == ">" and self.text[end - 2] == "-")
        if (self.parens > 0 or self.goes_on) and not _STATEMENT.match(self.text, following):
            return
        while self.text[end - 1] in " \t\n":
            end -= 1
        if self.parens > 0:
            self.flaws.append((QuoteError.PAREN, end, end))
        self._add_statement(end, StatementKind.PLAIN)
        self.start = following

    def _handle_bracket(self, bracket: str, at: int) -> None:
        if bracket == "(":
            self.parens += 1
        elif bracket == ")":
            self.parens -= 1
        elif bracket == "{":
            self._skip_to_statement(at)
            if _BLOCK.match(self.text, self.start) or _LAST_ON_LINE.match(self.text, at + 1):
                self._add_statement(at + 1, StatementKind.OPEN)
                self.start = at + 1
            else:
                self.braces += 1
        elif self.braces > 0:
            self.braces -= 1
        else:
            self._end_statement(at)
            self.start = at
            self._add_statement(at + 1, StatementKind.CLOSE)
            self.start = at + 1

    def _skip_to_statement(self, most: int) -> None:
        """Move the start to the first character of the statement."""
        while self.start < most and self.text[self.start] in " \t\n":
            self.start += 1

    def _end_statement(self, end: int) -> None:
        """End the statement before `end`, if there is one."""
        end = self._find_content_end(end, self.start)
        if end > self.start:
            if self.parens > 0:
                self.flaws.append((QuoteError.PAREN, end, end))
            self._add_statement(end, StatementKind.PLAIN)

    def _add_statement(self, end: int, kind: StatementKind) -> None:
        self._skip_to_statement(end)
        self.statements.append(
            Statement(start=self.start, end=end, kind=kind, flaws=tuple(self.flaws))
        )
        if kind is StatementKind.OPEN:
            self.depth += 1
        elif kind is StatementKind.CLOSE:
            self.depth = max(0, self.depth - 1)
        self.flaws.clear()
        self.goes_on = False
        self.braces = self.parens = 0


def begins_statement(text: str, at: int) -> bool:
    """Return whether the line beginning at `at` looks like a statement, not a text's middle."""
    return _STATEMENT.match(text, at) is not None


def split_statements(text: str) -> tuple[list[Statement], list[CommentToken]]:
    """Return the statements and the comments of a complete `text`, in order.

    Never fails: every text can be split.
    """
    cutter = StatementSplitter(text)
    while cutter.split_next():
        pass
    return cutter.statements, cutter.remarks
