"""The grammar's parser: found in the wheel or in the repository, built when it is first needed."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path

from lark import Lark, Token, Tree
from lark.common import LexerConf
from lark.lexer import ContextualLexer

Branch = Tree[Token]
"""A parse tree's node: `data` names the rule, `children` are tokens and branches."""

WHOLE = "score"
"""The start rule for a whole score."""

STATEMENTS = "statements"
"""The start rule for a run of statements whose nesting is not checked."""


class _QuickLexer(ContextualLexer):
    """Lark's contextual lexer without its look for colliding terminals: that takes seconds, and a test does it."""

    def __init__(self, conf: LexerConf, states: dict[int, Collection[str]], always_accept: Collection[str] = ()) -> None:
        conf.skip_validation = True
        super().__init__(conf, states, always_accept)


def grammar_folder() -> Traversable:
    """Where `score.lark` lies: in the installed package, or at the top of the repository."""
    packed = files("sequencer") / "_grammar"
    if (packed / "score.lark").is_file():
        return packed
    return Path(__file__).resolve().parents[2] / "grammar"


def build(start: tuple[str, ...], strict: bool = False) -> Lark:
    """A parser for these start rules. `strict` refuses terminals that collide (it needs `interegular`)."""
    plugins = {} if strict else {"ContextualLexer": _QuickLexer}
    with as_file(grammar_folder()) as folder:
        return Lark.open(
            str(folder / "score.lark"),
            parser="lalr",
            lexer="contextual",
            start=list(start),
            strict=strict,
            maybe_placeholders=False,
            _plugins=plugins,
        )


@cache
def parser() -> Lark:
    """The parser that reads scores, for runs of statements. Built once."""
    return build((STATEMENTS,))
