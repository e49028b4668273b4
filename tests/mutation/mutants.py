"""Mutants of a module: each is its source with one small change, of the kind that a programmer
makes by mistake.

The changes are found in the syntax tree and applied to the text, so a mutant can be shown as a
diff. Annotations, docstrings, `if TYPE_CHECKING:`, `__all__`, `Literal[…]`, decorators, raised
errors and messages are not changed: mypy checks types, and a wrong word in a message does not
change what is played.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
"""Each comparison as it is written, and its replacements."""

ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}
"""Each arithmetic operator as it is written, and its replacement."""

SWAPPED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "floor": "ceil",
    "ceil": "floor",
    "sorted": "list",
}
"""Functions that are easily confused."""

MESSAGES = {"error", "warn", "Diagnostic"}
"""Calls whose texts are messages. Each call whose name ends with `Error` is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of a file.

    `start` and `end` are offsets into its UTF-8 bytes; `line` and `column` count from 1.
    """

    file: str
    line: int
    column: int
    kind: str
    start: int
    end: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.kind}"

    def mutated(self, source: str) -> str:
        """Return the file's text with the change."""
        data = source.encode()
        return (data[: self.start] + self.text.encode() + data[self.end :]).decode()

    def diff(self, source: str) -> list[str]:
        """Return the lines that differ: `-` before the change, `+` after it."""
        lines = difflib.unified_diff(
            source.splitlines(), self.mutated(source).splitlines(), n=0, lineterm=""
        )
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@cache
def find_mutants(file: str, source: str) -> tuple[Mutant, ...]:
    """Return all mutants of a file, from top to bottom.

    A few are not valid Python, see `is_valid`.
    """
    found = {
        (one.start, one.end, one.text): one
        for one in _Finder(file, source).found(ast.parse(source))
    }
    return tuple(found[key] for key in sorted(found))


def is_valid(mutant: Mutant, source: str) -> bool:
    """Return whether a mutant compiles and differs from its source in more than formatting."""
    try:
        return ast.dump(ast.parse(mutant.mutated(source))) != _dumped(source)
    except (SyntaxError, ValueError):
        return False


@cache
def _dumped(source: str) -> str:
    return ast.dump(ast.parse(source))


class _Finder:
    """Walks the syntax tree of one file."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self.data = source.encode()
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    # ---- traversal -------------------------------------------------------------------------------

    def found(self, node: ast.AST) -> Iterator[Mutant]:
        """Yield the mutants of a node and of everything inside it."""
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return
        yield from self._of(node)
        for child in self._children(node):
            yield from self.found(child)

    def _children(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the children of a node that are code that runs and not a message."""
        left_alone: set[int] = set()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                left_alone |= {id(node.returns), *(id(one) for one in node.decorator_list)}
                left_alone |= (
                    {id(one) for one in node.type_params} if hasattr(node, "type_params") else set()
                )
            case ast.ClassDef():
                left_alone |= {id(one) for one in (*node.bases, *node.decorator_list)}
            case ast.arg() | ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Raise():
                return
            case ast.Subscript() if _name(node.value) == "Literal":
                return
            case ast.AnnAssign():
                left_alone.add(id(node.annotation))
            case ast.Assign() if any(
                isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
            ):
                return
            case ast.Call() if _name(node.func) in MESSAGES or _name(node.func).endswith("Error"):
                left_alone |= {
                    id(one)
                    for one in (*node.args, *(word.value for word in node.keywords))
                    if _is_text(one)
                }
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            if id(child) in left_alone or (isinstance(child, ast.Expr) and _is_text(child.value)):
                continue
            yield child

    def _of(self, node: ast.AST) -> Iterator[Mutant]:  # noqa: PLR0912  one branch per kind of node, like a table
        match node:
            case ast.Compare():
                yield from self._comparison(node)
            case ast.BoolOp():
                yield from self._junction(node)
            case ast.BinOp() if (
                type(node.op) in ARITHMETIC and not _is_text(node.left) and not _is_text(node.right)
            ):
                was, becomes = ARITHMETIC[type(node.op)]
                yield from self._between(node.left, node.right, was, becomes)
            case ast.AugAssign() if type(node.op) in ARITHMETIC and not _is_text(node.value):
                was, becomes = ARITHMETIC[type(node.op)]
                yield from self._between(node.target, node.value, f"{was}=", f"{becomes}=")
                yield self._change(node, "pass", "statement removed")
            case ast.UnaryOp(op=ast.Not() | ast.USub()):
                yield self._change(node, self._text(node.operand), "not or minus removed")
            case ast.If() | ast.While() | ast.IfExp():
                yield from self._condition(node.test)
            case ast.comprehension():
                for test in node.ifs:
                    yield from self._condition(test)
                    yield self._change(test, "True", "filter removed")
            case ast.match_case() if node.guard is not None:
                yield from self._condition(node.guard)
            case ast.Constant():
                yield from self._constant(node)
            case ast.Call():
                yield from self._call(node)
            case ast.stmt():
                yield from self._statement(node)
            case _:
                pass

    # ---- expressions -----------------------------------------------------------------------------

    def _comparison(self, node: ast.Compare) -> Iterator[Mutant]:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            was, all_ = COMPARISONS[type(operator)]
            for becomes in all_:
                yield from self._between(left, right, was, becomes)
            left = right

    def _junction(self, node: ast.BoolOp) -> Iterator[Mutant]:
        was, becomes = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from self._between(left, right, was, becomes)
        for number, value in enumerate(node.values):
            if number == 0:
                start, end = self._at(value)[0], self._at(node.values[1])[0]
            else:
                start, end = self._at(node.values[number - 1])[1], self._at(value)[1]
            if _balanced(self.data[start:end]):
                yield self._mutant(start, end, "", f"an operand of {was} removed")

    def _condition(self, test: ast.expr) -> Iterator[Mutant]:
        if not isinstance(test, ast.Compare | ast.UnaryOp | ast.Constant):
            yield self._change(test, f"(not ({self._text(test)}))", "condition negated")

    def _constant(self, node: ast.Constant) -> Iterator[Mutant]:
        match node.value:
            case True | False:
                yield self._change(node, str(not node.value), f"{node.value} to {not node.value}")
            case int() as number:
                yield self._change(node, str(number + 1), f"{self._text(node)} to {number + 1}")
            case float() as real:
                yield self._change(node, repr(real * 2 + 1), "another number")
            case str() as text if text and self._text(node).startswith(('"', "'")):
                yield self._change(node, repr(f"{text}~"), "another text")
            case _:
                pass

    def _call(self, node: ast.Call) -> Iterator[Mutant]:
        name = _name(node.func)
        if (
            isinstance(node.func, ast.Name)
            and name in SWAPPED
            and not (name == "sorted" and node.keywords)
        ):
            yield self._change(node.func, SWAPPED[name], f"{name} to {SWAPPED[name]}")
        for word in node.keywords:
            if word.arg is not None:
                yield from self._without(node, word)

    def _without(self, node: ast.Call, word: ast.keyword) -> Iterator[Mutant]:
        start, end = self._at(word)
        rest = self.data[end : self._at(node)[1]]
        following = rest.lstrip()
        if following.startswith(b","):
            end += len(rest) - len(following) + 1
        yield self._mutant(start, end, "", f"{word.arg}= removed")

    # ---- statements ------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> Iterator[Mutant]:
        match node:
            case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()):
                text = "yield" if isinstance(node.value, ast.Yield) else "pass"
                yield self._change(node, text, "statement removed")
            case (
                ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Delete() | ast.Raise()
            ):
                yield self._change(node, "pass", "statement removed")
            case ast.Return(value=ast.expr() as value) if not (
                isinstance(value, ast.Constant) and value.value is None
            ):
                yield self._change(node, "return None", "None returned")
            case ast.Return(value=None):
                yield self._change(node, "pass", "return removed")
            case ast.Break():
                yield self._change(node, "continue", "break to continue")
            case ast.Continue():
                yield self._change(node, "break", "continue to break")
            case _:
                pass

    # ---- text ------------------------------------------------------------------------------------

    def _at(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[
            node.end_lineno - 1
        ] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        start, end = self._at(node)
        return self.data[start:end].decode()

    def _change(self, node: ast.expr | ast.stmt, text: str, kind: str) -> Mutant:
        return self._mutant(*self._at(node), text, kind)

    def _mutant(self, start: int, end: int, text: str, kind: str) -> Mutant:
        line = self.data.count(b"\n", 0, start) + 1
        column = len(self.data[self.starts[line - 1] : start].decode()) + 1
        return Mutant(
            file=self.file, line=line, column=column, kind=kind, start=start, end=end, text=text
        )

    def _between(self, left: ast.expr, right: ast.expr, was: str, becomes: str) -> Iterator[Mutant]:
        """Replace the operator between two operands, unless a comment precedes it.

        Parentheses do not matter.
        """
        start, end = self._at(left)[1], self._at(right)[0]
        between = self.data[start:end]
        position = between.find(was.encode())
        if position >= 0 and b"#" not in between[:position]:
            yield self._mutant(
                start + position,
                start + position + len(was.encode()),
                becomes,
                f"{was} to {becomes}",
            )


def _balanced(text: bytes) -> bool:
    return text.count(b"(") == text.count(b")") and b"#" not in text


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
