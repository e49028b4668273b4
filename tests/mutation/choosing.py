"""Chooses the tests that can detect a mutant: those that run the changed code, fastest first, in
batches.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.mutation.contexts import CONTEXTS, ROOT, digest
from tests.mutation.mutants import Mutant

BATCHES = (2.0, 6.0, 12.0)
"""Seconds of tests in the first, second and later processes.

The first few tests detect most mutants, so the first has few.
"""

FILES = 4
"""Maximum number of test files in the first batch, because pytest loads each of them."""

LIMIT = 20.0
"""Maximum seconds of tests per mutant, not counting the batch from `SHOWS`."""

SHOWS = "tests/simulation/test_simulation.py"
"""The first batch of simulated runs, which checks more than any other test.

It comes last, in addition to `LIMIT`.
"""


@dataclass(frozen=True, slots=True)
class MeasuredTest:
    """A test that passes: its pytest id, its duration, and which lines of which modules it runs.

    A module that has changed since the measurement has no lines, because their numbers would mean
    something else.
    """

    name: str
    seconds: float
    lines: dict[str, frozenset[int] | None]

    @property
    def file(self) -> str:
        """The file that contains the test."""
        return self.name.split("::", 1)[0]

    def runs(self, file: str, lines: frozenset[int] | None) -> bool:
        """Return whether the test runs any of these lines of a module, as far as is known.

        None: any line of it.
        """
        if file not in self.lines:
            return False
        ran = self.lines[file]
        return lines is None or ran is None or not lines.isdisjoint(ran)


@dataclass(frozen=True, slots=True)
class Batch:
    """The tests for one process."""

    tests: tuple[MeasuredTest, ...]

    @property
    def seconds(self) -> float:
        """Duration of the tests if they pass."""
        return sum(test.seconds for test in self.tests)


def read_tests(folder: Path = CONTEXTS, root: Path = ROOT) -> list[MeasuredTest]:
    """Return all tests that passed when they were measured and whose files still exist."""
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
    """Return the test files that were not measured yet, or that have changed since."""
    found: list[str] = []
    for path in sorted(tests):
        name = path.relative_to(root).as_posix()
        cached = folder / f"{name}.json"
        if not cached.is_file() or json.loads(cached.read_text(encoding="utf-8"))[
            "digest"
        ] != digest(path.read_bytes()):
            found.append(name)
    return found


def choose_tests(
    mutant: Mutant, source: str, tests: Iterable[MeasuredTest], root: Path = ROOT
) -> list[MeasuredTest]:
    """Return the tests that run the mutant's statement, fastest first.

    If the statement runs at import, these are the tests that run anything of its module, followed
    by those of the modules that import it, because a constant can be used without running a line of
    its module.
    """
    all_ = list(tests)
    lines = lines_of(mutant.line, source)
    chosen = _by_seconds(test for test in all_ if test.runs(mutant.file, lines))
    if lines is not None:
        return chosen
    known = {test.name for test in chosen}
    importers = importers_of(mutant.file, root)
    return chosen + _by_seconds(
        test for test in all_ if test.name not in known and not importers.isdisjoint(test.lines)
    )


def _by_seconds(tests: Iterable[MeasuredTest]) -> list[MeasuredTest]:
    return sorted(tests, key=lambda test: (test.seconds, test.name))


@cache
def importers_of(file: str, root: Path) -> frozenset[str]:
    """Return the project files that import from a module, including its package's `__init__.py`."""
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found: set[str] = set()
    for path in (root / file.partition("/")[0]).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if f"from {module} import" in text or f"import {module}" in text:
            found.add(path.relative_to(root).as_posix())
    return frozenset(found)


def lines_of(line: int, source: str) -> frozenset[int] | None:
    """Return the lines of the innermost statement around a line, without its nested block.

    None if it runs at import.

    The head of a function contains its defaults, which affect the complete function.
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
    """Return the first and the last line of a statement, a case or a handler."""
    match node:
        case ast.match_case():
            return node.pattern.lineno, node.body[-1].end_lineno or node.pattern.lineno
        case ast.stmt() | ast.ExceptHandler():
            return node.lineno, node.end_lineno or node.lineno
        case _:
            return None


def batches(tests: Iterable[MeasuredTest]) -> Iterator[Batch]:
    """Yield the tests in batches, up to the limit.

    A batch has no two files of the same name, because pytest refuses them.
    """
    all_ = list(tests)
    shows = [test for test in all_ if test.file == SHOWS][:1]
    waiting = [test for test in all_ if test.file != SHOWS]
    spent = 0.0
    for number in range(len(waiting)):
        batch, waiting = _split(
            waiting, BATCHES[min(number, len(BATCHES) - 1)], FILES if number == 0 else len(waiting)
        )
        if not batch.tests or (spent and spent + batch.seconds > LIMIT):
            break
        yield batch
        spent += batch.seconds
    if shows:
        yield Batch(tuple(shows))


def _split(
    tests: list[MeasuredTest], most: float, most_files: int
) -> tuple[Batch, list[MeasuredTest]]:
    """Return a batch of the first tests within these limits (at least one test), and the tests that
    are left.
    """
    chosen: list[MeasuredTest] = []
    left: list[MeasuredTest] = []
    files: dict[str, str] = {}
    seconds = 0.0
    for test in tests:
        name = Path(test.file).name
        fits = not chosen or (
            seconds + test.seconds <= most and (name in files or len(files) < most_files)
        )
        if fits and files.setdefault(name, test.file) == test.file:
            chosen.append(test)
            seconds += test.seconds
        else:
            left.append(test)
    return Batch(tuple(chosen)), left
