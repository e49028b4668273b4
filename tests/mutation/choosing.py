"""Which tests can detect a mutant: those that run what it changes, the quickest first, in batches."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mutation.contexts import CONTEXTS, ROOT, digest
from mutation.mutants import Mutant

BATCHES = (2.0, 6.0, 12.0)
"""Seconds of tests in one process: most mutants are detected by the first few tests, so a process begins with few."""

FILES = 4
"""Of how many files the first of these batches is: pytest loads each of them."""

LIMIT = 20.0
"""Seconds of tests for one mutant in all, …"""

SHOWS = "tests/simulation/test_simulation.py"
"""… beside the first batch of simulated shows, which looks at more than any other test and comes last."""


@dataclass(frozen=True, slots=True)
class MeasuredTest:
    """A test that passes: its id for pytest, how long it takes, and which lines of which modules it runs.

    A module that has changed since has no lines: their numbers would mean something else.
    """

    name: str
    seconds: float
    lines: dict[str, frozenset[int] | None]

    @property
    def file(self) -> str:
        """The file that it is in."""
        return self.name.split("::", 1)[0]

    def runs(self, file: str, lines: frozenset[int] | None) -> bool:
        """Whether it runs any of these lines of a module, as far as is known; None: anything of it."""
        if file not in self.lines:
            return False
        ran = self.lines[file]
        return lines is None or ran is None or not lines.isdisjoint(ran)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tests for one process."""

    tests: tuple[MeasuredTest, ...]

    @property
    def seconds(self) -> float:
        """How long they take where they pass."""
        return sum(test.seconds for test in self.tests)


def read_tests(folder: Path = CONTEXTS, root: Path = ROOT) -> list[MeasuredTest]:
    """All tests that were measured and that passed then, as long as their files are there."""
    same: dict[tuple[str, str], bool] = {}

    def is_same(file: str, found: str) -> bool:
        if (file, found) not in same:
            path = root / file
            same[file, found] = path.is_file() and digest(path.read_bytes()) == found
        return same[file, found]

    tests: list[MeasuredTest] = []
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if not (root / path.relative_to(folder).with_suffix("")).is_file():
            continue
        for name, ran in document["tests"].items():
            lines = {
                file: frozenset(numbers) if is_same(file, document["sources"][file]) else None
                for file, numbers in ran["lines"].items()
            }
            if lines:
                tests.append(MeasuredTest(name, ran["seconds"], lines))
    return tests


def stale_files(tests: Iterable[Path], folder: Path = CONTEXTS, root: Path = ROOT) -> list[str]:
    """The files of tests that were not measured yet, or that have changed since."""
    found: list[str] = []
    for path in sorted(tests):
        name = path.relative_to(root).as_posix()
        cached = folder / f"{name}.json"
        if not cached.is_file() or json.loads(cached.read_text(encoding="utf-8"))["digest"] != digest(path.read_bytes()):
            found.append(name)
    return found


def choose_tests(mutant: Mutant, source: str, tests: Iterable[MeasuredTest], root: Path = ROOT) -> list[MeasuredTest]:
    """The tests that run the mutant's statement, the quickest first.

    Where the statement runs at import, these are the tests that run anything of its module, and then those of the modules that
    import it: a constant is used without a line of its module being run.
    """
    all_ = list(tests)
    lines = lines_of(mutant.line, source)
    chosen = _by_seconds(test for test in all_ if test.runs(mutant.file, lines))
    if lines is not None:
        return chosen
    known = {test.name for test in chosen}
    importers = importers_of(mutant.file, root)
    return chosen + _by_seconds(test for test in all_ if test.name not in known and not importers.isdisjoint(test.lines))


def _by_seconds(tests: Iterable[MeasuredTest]) -> list[MeasuredTest]:
    return sorted(tests, key=lambda test: (test.seconds, test.name))


@cache
def importers_of(file: str, root: Path) -> frozenset[str]:
    """The files of the project that import from a module, its package's front included."""
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found: set[str] = set()
    for path in (root / file.partition("/")[0]).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if f"from {module} import" in text or f"import {module}" in text:
            found.add(path.relative_to(root).as_posix())
    return frozenset(found)


def lines_of(line: int, source: str) -> frozenset[int] | None:
    """The lines of the innermost statement around a line, without the block in it. None where it runs at import.

    The head of a function has defaults, which matter to all of the function.
    """
    found: range | None = None
    nodes: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while nodes:
        node, inside = nodes.pop()
        for child in ast.iter_child_nodes(node):
            ends = _ends(child)
            if ends is None or line not in (all_ := range(ends[0], ends[1] + 1)):
                continue
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            body = getattr(child, "body", None)
            head = range(ends[0], max(ends[0], body[0].lineno - 1) + 1) if body else all_
            if is_function:
                found = all_
            elif inside:
                found = head if line in head else all_
            nodes.append((child, inside or is_function))
    return None if found is None else frozenset(found)


def _ends(node: ast.AST) -> tuple[int, int] | None:
    """The first and the last line of a statement, a case or a handler."""
    match node:
        case ast.match_case():
            return node.pattern.lineno, node.body[-1].end_lineno or node.pattern.lineno
        case ast.stmt() | ast.ExceptHandler():
            return node.lineno, node.end_lineno or node.lineno
        case _:
            return None


def batches(tests: Iterable[MeasuredTest]) -> Iterator[Batch]:
    """The tests in batches, up to the limit. Two files of the same name cannot be in one batch: pytest refuses them."""
    all_ = list(tests)
    shows = [test for test in all_ if test.file == SHOWS][:1]
    waiting = [test for test in all_ if test.file != SHOWS]
    spent = 0.0
    for number in range(len(waiting)):
        batch, waiting = _split(waiting, BATCHES[min(number, len(BATCHES) - 1)], FILES if number == 0 else len(waiting))
        if not batch.tests or (spent and spent + batch.seconds > LIMIT):
            break
        yield batch
        spent += batch.seconds
    if shows:
        yield Batch(tuple(shows))


def _split(tests: list[MeasuredTest], most: float, most_files: int) -> tuple[Batch, list[MeasuredTest]]:
    """The first tests that take so many seconds, or one that takes longer, from so many files; and those that are left."""
    chosen: list[MeasuredTest] = []
    left: list[MeasuredTest] = []
    files: dict[str, str] = {}
    seconds = 0.0
    for test in tests:
        name = Path(test.file).name
        fits = not chosen or (seconds + test.seconds <= most and (name in files or len(files) < most_files))
        if fits and files.setdefault(name, test.file) == test.file:
            chosen.append(test)
            seconds += test.seconds
        else:
            left.append(test)
    return Batch(tuple(chosen)), left
