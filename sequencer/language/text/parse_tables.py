"""Load the parse tables that Lark generates from the grammar, in a form that loads in 1 ms.

`grammar/score.lark` defines the language. Lark compiles it into an LALR table and a lexer for each
of the table's states. That takes a quarter of a second, so the result is stored next to the grammar
(`score.table.json`) with the digest of its source files. If the digest does not match the grammar,
the tables are rebuilt and kept in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from lark import Lark

FORMAT = 1
"""The format version of the table's document."""

STATEMENT_RULE = "statement"
"""The start rule for one statement. The tables are built for it."""

SCORE_RULE = "score"
"""The start rule for a complete score."""

END_TERMINAL = "$END"
"""The terminal name of the end of the input."""

SPACE_TERMINAL_PRIORITY = 10
"""The priority of terminals that include the preceding white space."""

GRAMMAR_FILES = ("score.lark", "terminals.lark")
TABLE = "score.table.json"


class ReduceKind(Enum):
    """What a rule does with its children."""

    BRANCH = "branch"
    INLINE = "inline"
    """Passes a list of them to the parent rule."""
    WRAP = "wrap"
    """Wraps its only child, a token or a node, in a list."""
    HAND_ON = "hand on"
    """Passes on its only child, which is a list."""
    WHOLE = "whole"
    """The start rule: its first child is the statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the grammar. It has `size` children and keeps those whose indices are in `kept`."""

    name: str
    size: int
    kept: tuple[int, ...]
    way: ReduceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseTables:
    """An LALR table with its lexers.

    `actions[state][name]` is the next state, or −1 − the number of the rule to reduce by.
    `lexers[state]` is an index into `scanners`, each of which lists the names of terminals in the
    order in which they are tried. `end` is the accepting state.
    """

    terminals: dict[str, str]
    spacing: frozenset[str]
    scanners: tuple[tuple[str, ...], ...]
    lexers: tuple[int, ...]
    actions: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    start: int
    end: int


def grammar_folder() -> Path:
    """Return the folder of `score.lark`: in the installed package, or in the repository."""
    package = Path(__file__).resolve().parents[2]
    packed = package / "_grammar"
    return packed if (packed / GRAMMAR_FILES[0]).is_file() else package.parent / "grammar"


def source_digest(folder: Path) -> str:
    """Return the SHA-256 digest (hex) of the grammar's files."""
    whole = hashlib.sha256()
    for name in GRAMMAR_FILES:
        whole.update((folder / name).read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


@cache
def load_tables() -> ParseTables:
    """Return the tables of the installed grammar. They are read once."""
    folder = grammar_folder()
    try:
        document = json.loads((folder / TABLE).read_bytes())
    except (OSError, ValueError):
        document = {}
    if document.get("format") != FORMAT or document.get("grammar") != source_digest(folder):
        document = build_tables()
    return read_document(document)


# ---- building ------------------------------------------------------------------------------------


def build_lark_parser(start: tuple[str, ...], strict: bool = False) -> Lark:
    """Return Lark's own parser for the given start rules.

    Args:
        start: The names of the start rules.
        strict: Whether terminals that collide are an error (this needs `interegular`).
    """
    from lark import Lark
    from lark.lexer import ContextualLexer

    class Unchecked(ContextualLexer):
        """Lark's contextual lexer, without its slow check for colliding terminals (tests do it)."""

        def __init__(self, conf: Any, *args: Any, **options: Any) -> None:
            conf.skip_validation = True
            super().__init__(conf, *args, **options)

    plugins = {} if strict else {"ContextualLexer": Unchecked}
    return Lark.open(
        str(grammar_folder() / GRAMMAR_FILES[0]),
        parser="lalr",
        lexer="contextual",
        start=list(start),
        strict=strict,
        maybe_placeholders=False,
        _plugins=plugins,
    )


def build_tables() -> dict[str, Any]:
    """Build the tables' document with Lark.

    States and rules are numbered so that the result is reproducible.
    """
    from lark.parsers.lalr_analysis import Shift

    lark = build_lark_parser((STATEMENT_RULE,))
    parser: Any = lark.parser
    table = parser.parser._parse_table
    numbers = _number_states(table.states, table.start_states[STATEMENT_RULE], Shift)
    rules = {
        rule
        for row in table.states.values()
        for action, rule in row.values()
        if action is not Shift
    }
    ordered = sorted(
        rules,
        key=lambda rule: (str(rule.origin.name), [str(symbol.name) for symbol in rule.expansion]),
    )
    index = {rule: at for at, rule in enumerate(ordered)}
    scanners: list[list[str]] = []
    lexers: list[int] = []
    actions: list[dict[str, int]] = []
    for state in numbers:
        names = [str(terminal.name) for terminal in parser.lexer.lexers[state].terminals]
        if names not in scanners:
            scanners.append(names)
        lexers.append(scanners.index(names))
        row = table.states[state]
        steps = {
            str(name): numbers[arg] if action is Shift else -1 - index[arg]
            for name, (action, arg) in row.items()
        }
        actions.append(dict(sorted(steps.items())))
    used = sorted({name for names in scanners for name in names})
    by_name = {str(terminal.name): terminal for terminal in lark.terminals}
    return {
        "format": FORMAT,
        "grammar": source_digest(grammar_folder()),
        "start": numbers[table.start_states[STATEMENT_RULE]],
        "end": numbers[table.end_states[STATEMENT_RULE]],
        "terminals": {name: by_name[name].pattern.to_regexp() for name in used},
        "spacing": [name for name in used if by_name[name].priority == SPACE_TERMINAL_PRIORITY],
        "scanners": scanners,
        "rules": [
            [str(rule.origin.name), [str(symbol.name) for symbol in rule.expansion]]
            for rule in ordered
        ],
        "states": [[lexer, row] for lexer, row in zip(lexers, actions, strict=True)],
    }


def _number_states(states: dict[Any, dict[Any, Any]], start: Any, shift: Any) -> dict[Any, int]:
    """Assign numbers to the states in the order of reaching them, with names sorted."""
    numbers = {start: 0}
    waiting = deque([start])
    while waiting:
        row = states[waiting.popleft()]
        for _, (action, arg) in sorted(row.items(), key=lambda pair: str(pair[0])):
            if action is shift and arg not in numbers:
                numbers[arg] = len(numbers)
                waiting.append(arg)
    return numbers


def read_document(document: dict[str, Any]) -> ParseTables:
    """Return the tables stored in a document."""
    return ParseTables(
        terminals=document["terminals"],
        spacing=frozenset(document["spacing"]),
        scanners=tuple(tuple(names) for names in document["scanners"]),
        lexers=tuple(lexer for lexer, _ in document["states"]),
        actions=tuple(row for _, row in document["states"]),
        rules=tuple(_build_rule(name, symbols) for name, symbols in document["rules"]),
        start=document["start"],
        end=document["end"],
    )


def _build_rule(name: str, symbols: list[str]) -> Rule:
    """Return a rule, given the names of its symbols.

    Terminals whose names begin with `_` are not kept.
    """
    kept = tuple(
        at for at, symbol in enumerate(symbols) if not (symbol[0] == "_" and symbol.isupper())
    )
    way = ReduceKind.BRANCH
    if name == STATEMENT_RULE:
        way = ReduceKind.WHOLE
    elif name.startswith("_"):
        only = symbols[0] if len(symbols) == len(kept) == 1 else None
        way = (
            ReduceKind.INLINE
            if only is None
            else ReduceKind.HAND_ON
            if only.startswith("_")
            else ReduceKind.WRAP
        )
    return Rule(name=name, size=len(symbols), kept=kept, way=way)


def to_json(document: dict[str, Any]) -> str:
    """Render the document as text, with one rule or state per line."""
    parts = [f" {json.dumps(key)}: {_render_lines(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _render_lines(value: Any) -> str:
    if isinstance(value, list):
        return (
            "[\n"
            + ",\n".join(f"  {json.dumps(one, separators=(',', ':'))}" for one in value)
            + "\n ]"
        )
    return json.dumps(value, indent=2).replace("\n", "\n ")
