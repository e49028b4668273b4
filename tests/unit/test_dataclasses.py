"""The arguments of a dataclass with more than three fields have names where it is constructed.

Otherwise a call such as `Block(None, None, False, ...)` does not show which value is which, and a
field that is added or moved changes the meaning of calls without an error.
"""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("sequencer", "tests", "bench", "website")
MAX_POSITIONAL = 3

_NODE = (
    "a node of the syntax tree: the parts of its statement in the order in which they are written, "
    "then its span, as in every other node; the readers construct one for each statement"
)
EXEMPT: dict[str, str] = {
    "sequencer/events/events.py::*": "events have few fields, begin with `at`, and are constructed "
    "for every message of the model, in all parts of the engine and its tests",
    "sequencer/stages/wire/messages.py::*": "the messages of the protocol, constructed for each "
    "message on the connection and written in the order of the protocol's fields",
    "sequencer/core/diagnostics.py::Span": "constructed for every token of a score; its "
    "`__init__` is written by hand because the time to check a score depends on it",
    "sequencer/core/timebase.py::ChunkGrid": "constructed in the order of the language: frames, fps "
    "and first; only its own methods give it cuts",
    "sequencer/language/score.py::GridLine": _NODE,
    "sequencer/language/score.py::AtBar": _NODE,
    "sequencer/language/score.py::AtTick": _NODE,
    "sequencer/language/score.py::ChangeTempo": _NODE,
    "sequencer/language/score.py::Cue": _NODE,
    "sequencer/language/score.py::Every": _NODE,
    "sequencer/language/score.py::Let": _NODE,
    "sequencer/language/score.py::OnControl": _NODE,
    "sequencer/language/score.py::OnNote": _NODE,
    "sequencer/language/score.py::Rule": _NODE,
    "sequencer/language/score.py::SendControl": _NODE,
    "sequencer/language/score.py::SendNote": _NODE,
    "sequencer/language/score.py::SoundLine": _NODE,
    "sequencer/language/score.py::Use": _NODE,
    "tests/unit/core/test_lazy_dataclass.py::*": "the classes of the tests of the decorator",
}
"""Dataclasses with more positional fields (`*`: all of a module), with the reason."""


def _decorator(node: ast.ClassDef) -> ast.expr | None:
    for decorator in node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(function) in {"dataclass", "dataclasses.dataclass"}:
            return decorator
    return None


def _positional_fields(node: ast.ClassDef) -> list[str]:
    """Return the fields of a dataclass's own that can be given by position."""
    decorator = _decorator(node)
    if decorator is None or "kw_only=True" in ast.unparse(decorator):
        return []
    names: list[str] = []
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        annotation = ast.unparse(statement.annotation)
        if annotation.endswith("KW_ONLY"):
            break
        value = "" if statement.value is None else ast.unparse(statement.value)
        if "ClassVar" not in annotation and "init=False" not in value:
            names.append(statement.target.id)
    return names


def too_many(source: str) -> list[str]:
    """Return the names of the dataclasses in a module that have too many positional fields."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and len(_positional_fields(node)) > MAX_POSITIONAL
    ]


@cache
def found() -> list[str]:
    """Return these dataclasses of the repository, as `path::name`."""
    return [
        f"{path.relative_to(ROOT).as_posix()}::{name}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in too_many(path.read_text(encoding="utf-8"))
    ]


def test_arguments_have_names() -> None:
    wrong = [name for name in found() if not any(fnmatch(name, each) for each in EXEMPT)]
    assert not wrong, f"add kw_only=True, or a reason to EXEMPT: {wrong}"


def test_every_exemption_is_needed() -> None:
    unused = [each for each in EXEMPT if not any(fnmatch(name, each) for name in found())]
    assert not unused


@pytest.mark.parametrize(
    ("decorator", "names"),
    [
        ("@dataclass", ["A"]),
        ("@dataclass(slots=True)", ["A"]),
        ("@dataclasses.dataclass(frozen=True)", ["A"]),
        ("@dataclass(frozen=True, kw_only=True)", []),
        ("@total_ordering", []),
    ],
)
def test_fields_are_counted(decorator: str, names: list[str]) -> None:
    four = f"{decorator}\nclass A:\n    a: int\n    b: int\n    c: int\n"
    assert too_many(f"{four}    d: int\n") == names
    assert too_many(f"{four}    d: ClassVar[int] = 1\n") == []
    assert too_many(f"{four}    d: int = field(init=False)\n") == []
    assert too_many(f"{four}    _: KW_ONLY\n    d: int\n") == []
