"""The parser of the text notation: it runs Lark's LALR tables over one statement at a time."""

from __future__ import annotations

import re
from functools import cache

from sequencer.language.text.parse_tables import (
    END_TERMINAL,
    ParseTables,
    ReduceKind,
    Rule,
    load_tables,
)

BRANCH, INLINE, WRAP, WHOLE = (
    ReduceKind.BRANCH,
    ReduceKind.INLINE,
    ReduceKind.WRAP,
    ReduceKind.WHOLE,
)


class Token:
    """A token of a statement.

    `text` is at `start:end` of the source, `kind` is the name of its terminal.
    """

    __slots__ = ("end", "kind", "start", "text")
    __match_args__ = ("kind",)

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"Token({self.kind}, {self.text!r})"


class Node:
    """The tokens and nodes that a rule matched, in order. `rule` is the name of the rule."""

    __slots__ = ("children", "rule")

    def __init__(self, rule: str, children: list[Token | Node]) -> None:
        self.rule = rule
        self.children = children

    def __repr__(self) -> str:
        return f"Branch({self.rule}, {self.children})"

    @property
    def first(self) -> Token:
        """The first token of the node."""
        node: Token | Node = self
        while isinstance(node, Node):
            node = node.children[0]
        return node

    @property
    def last(self) -> Token:
        """The last token of the node."""
        node: Token | Node = self
        while isinstance(node, Node):
            node = node.children[-1]
        return node


_Value = Token | Node | list[Token | Node]


class ParseError(
    Exception
):  # internal, not a SequencerError: the statement is explained and reading continues
    """The grammar refused a text at offset `at`; it expected one of the terminals `expected`."""

    def __init__(self, at: int, expected: frozenset[str]) -> None:
        super().__init__(f"refused at {at}")
        self.at = at
        self.expected = expected


class Scan:
    """The tokens of a statement up to `at`, and the terminals that the grammar expects there."""

    __slots__ = ("at", "expected", "tokens")

    def __init__(self, tokens: list[Token], at: int, expected: frozenset[str]) -> None:
        self.tokens = tokens
        self.at = at
        self.expected = expected


class Parser:
    """Parses single statements with LALR tables.

    Its lexers are compiled when they are first needed.
    """

    def __init__(self, of: ParseTables) -> None:
        self._tables = of
        self._scanners: list[re.Pattern[str] | None] = [None] * len(of.scanners)
        self.steps = 0
        """The number of parsing steps so far: a measure of cost independent of the machine."""

    def parse(self, text: str, start: int, end: int) -> Token | Node:
        """Parse the statement `text[start:end]`.

        Args:
            text: The source text.
            start: Where the statement begins.
            end: Where it ends, without trailing white space.

        Returns:
            The node of the statement, or a token for a closing brace.

        Raises:
            ParseError: The grammar refuses the statement.
        """
        of, scanners = self._tables, self._scanners
        actions, rules, lexers = of.actions, of.rules, of.lexers
        state = of.start
        states = [state]
        values: list[_Value] = []
        at = start
        while True:
            if at < end:
                scanner = scanners[lexers[state]] or self._compile_lexer(lexers[state])
                match = scanner.match(text, at, end)
                kind = None if match is None else match.lastgroup
                if (
                    match is None or kind is None
                ):  # kind is None if only the end can follow: the scanner has no terminals
                    raise self._build_error(states, text, at)
                begin, at = match.span(kind)
            else:
                kind, begin = END_TERMINAL, end
            step = actions[state].get(kind)
            while step is not None and step < 0:
                rule = rules[-1 - step]
                size, way = rule.size, rule.way
                if way is WRAP:
                    values[-1] = [values[-1]]  # type: ignore[list-item]  # the reduce kind guarantees a token or a node
                elif way is INLINE or way is BRANCH:
                    value = _reduce(rule, values[-size:] if size else [])
                    if size:
                        del values[-size:]
                    values.append(value)
                elif way is WHOLE:
                    return values[-size]  # type: ignore[return-value]  # likewise
                if size:
                    del states[-size:]
                state = actions[states[-1]][rule.name]
                states.append(state)
                step = actions[state].get(kind)
            self.steps += 1
            if step is None:
                raise self._build_error(states, text, begin)
            values.append(Token(kind, text[begin:at], begin, at))
            state = step
            states.append(state)

    def scan(self, text: str, start: int, end: int) -> Scan:
        """Scan a statement, or the beginning of one, for an editor: it need not be complete.

        Args:
            text: The source text.
            start: Where the statement begins.
            end: Where to stop.

        Returns:
            All its tokens as far as the grammar accepts them, and what it expects after them.
        """
        actions, rules, lexers = self._tables.actions, self._tables.rules, self._tables.lexers
        states = [self._tables.start]
        tokens: list[Token] = []
        at = start
        while at < end:
            lexer = lexers[states[-1]]
            match = (self._scanners[lexer] or self._compile_lexer(lexer)).match(text, at, end)
            kind = None if match is None else match.lastgroup
            if match is None or kind is None:
                break
            stack = list(states)
            step = actions[stack[-1]].get(kind)
            while step is not None and step < 0:
                rule = rules[-1 - step]
                if rule.size:
                    del stack[-rule.size :]
                stack.append(actions[stack[-1]][rule.name])
                step = actions[stack[-1]].get(kind)
            begin, after = match.span(kind)
            if step is None or after == at:
                break
            states = [*stack, step]
            tokens.append(Token(kind, text[begin:after], begin, after))
            at = after
        return Scan(tokens, at, self._build_error(states, text, at).expected)

    def _compile_lexer(self, number: int) -> re.Pattern[str]:
        """Compile a lexer.

        It skips spaces before a terminal, except before terminals that include them.
        """
        names = [name for name in self._tables.scanners[number] if name != "BLANK"]
        spacing = self._tables.spacing
        patterns = self._tables.terminals
        first = [f"(?P<{name}>{patterns[name]})" for name in names if name in spacing]
        rest = "|".join(f"(?P<{name}>{patterns[name]})" for name in names if name not in spacing)
        found = re.compile("|".join([*first, f"[ \t]*+(?:{rest})"] if rest else first))
        self._scanners[number] = found
        return found

    def _build_error(self, states: list[int], text: str, at: int) -> ParseError:
        spaces = re.compile(r"[ \t]*").match(text, at)
        expected = frozenset(
            name
            for name in self._tables.actions[states[-1]]
            if name.isupper() and self._can_follow(states, name)
        )
        return ParseError(at if spaces is None else spaces.end(), expected)

    def _can_follow(self, states: list[int], name: str) -> bool:
        """Return whether a terminal can really follow.

        A table's row contains some that are refused a few steps later.
        """
        actions, rules = self._tables.actions, self._tables.rules
        stack = list(states)
        while True:
            step = actions[stack[-1]].get(name)
            if step is None:
                return False
            if step >= 0:
                return True
            rule = rules[-1 - step]
            if rule.size:
                del stack[-rule.size :]
            stack.append(actions[stack[-1]][rule.name])
            if name == END_TERMINAL and stack[-1] == self._tables.end:
                return True


def _reduce(rule: Rule, values: list[_Value]) -> _Value:
    """Reduce a rule: return a node with its children, or only the list of them."""
    children: list[Token | Node] = []
    for at in rule.kept:
        value = values[at]
        if not isinstance(value, list):
            children.append(value)
        elif children:
            children += value
        else:
            children = value  # lists are passed on, not shared: a long one grows in place
    return Node(rule.name, children) if rule.way is BRANCH else children


@cache
def get_parser() -> Parser:
    """Return the parser for scores. It is built once."""
    return Parser(load_tables())
