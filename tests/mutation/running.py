"""Runs one mutant after another against its tests, each in a process forked from one that has
already loaded the libraries.

The fork has not imported the project: it imports the project with the mutant in place of its
module, so that changes of tables and classes take effect as well as changes of functions. The files
of the project are never modified. Processes that a test starts run without the mutant.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest

from tests.mutation.choosing import Batch, MeasuredTest, batches
from tests.mutation.mutants import Mutant

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    *("hypothesis", "numpy", "pydantic", "lark", "yaml", "rich"),
    *("PIL.Image", "av", "aiortc", "aiohttp.web", "httpx", "mido"),
)
"""Slow imports of the project and its tests."""

PATIENCE = 30.0
"""Seconds added to four times the duration of the tests without a mutant.

After that time the mutant counts as detected.
"""

MEMORY = 6 * 2**30
"""Maximum bytes of memory for a mutant."""

REAL_TIME = ("soak", "unit/midi", "integration/live", "integration/reactor", "unit/stages/reactor")
"""Test folders that can fail on a busy machine: if such a test detects a mutant, it must do so
twice.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a mutant.

    `by` is the test that failed, or why it counts as detected without one. None: it survived.
    """

    target: str
    mutant: Mutant
    by: str | None
    tests: int
    seconds: float


class _Finder(MetaPathFinder):
    """Loads one module from a different source."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self.module = module
        self.path = path
        self.source = source

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Return the mutated module, and None for all others."""
        if fullname != self.module:
            return None
        folders = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        loader = _Loader(fullname, str(self.path), self.source)
        return spec_from_file_location(
            fullname, self.path, loader=loader, submodule_search_locations=folders
        )


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, mutated: str) -> None:
        super().__init__(name, path)
        self.mutated = mutated

    def get_code(self, fullname: str) -> CodeType:
        """Return the mutant's code, bypassing all caches."""
        return compile(self.mutated, self.path, "exec", dont_inherit=True)


class _Chosen:
    """A plugin that keeps the chosen tests in their order, and records which failed."""

    def __init__(self, names: Sequence[str]) -> None:
        self.turns = {name: turn for turn, name in enumerate(names)}
        self.failed: list[str] = []
        self.passed: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep only the chosen tests, fastest first."""
        items[:] = sorted(
            (one for one in items if one.nodeid in self.turns),
            key=lambda one: self.turns[one.nodeid],
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the test as failed or passed."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)


def load_libraries() -> None:
    """Import slow modules once, before any fork."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert not any(name.split(".")[0] == "sequencer" for name in sys.modules), (
        "a fork must import the project itself"
    )


def module_of(file: str) -> str:
    """Return the module's name: `sequencer/stages/wire/__init__.py` is `sequencer.stages.wire`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def run_mutant(target: str, mutant: Mutant, source: str, tests: Sequence[MeasuredTest]) -> Outcome:
    """Run the tests until one of them fails."""
    began = time.monotonic()
    ran = 0
    excused: set[str] = set()
    for batch in batches(tests):
        by: str | None = "again"
        while by is not None:
            left = Batch(tuple(test for test in batch.tests if test.name not in excused))
            by = run_batch(left, mutant, source) if left.tests else None
            if (
                by is None
                or not _in_real_time(by)
                or run_batch(_only(by, left), mutant, source) is not None
            ):
                break
            excused.add(by)
        ran += len(batch.tests)
        if by is not None:
            return Outcome(
                target=target, mutant=mutant, by=by, tests=ran, seconds=time.monotonic() - began
            )
    return Outcome(
        target=target, mutant=mutant, by=None, tests=ran, seconds=time.monotonic() - began
    )


def _in_real_time(test: str) -> bool:
    return any(test.startswith(f"tests/{folder}/") for folder in REAL_TIME)


def _only(name: str, batch: Batch) -> Batch:
    return Batch(tuple(test for test in batch.tests if test.name == name))


def run_batch(
    batch: Batch, mutant: Mutant | None, source: str, *, all_of_them: bool = False
) -> str | None:
    """Run tests in a fork.

    Return the first that fails, or the reason if no test reported a failure; None if all pass.

    With `all_of_them`, it continues after a failure and returns each test that failed, one per
    line.
    """
    folder = tempfile.mkdtemp(prefix="mutation-")
    answer = Path(folder) / "answer.json"
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _be_a_fork(batch, mutant, source, Path(folder), answer, all_of_them=all_of_them)
    try:
        if not _ends_in_time(child, PATIENCE + 4 * batch.seconds):
            return "timed out"
        if not answer.exists():
            return "the process ended"
        found = json.loads(answer.read_text(encoding="utf-8"))
        usage_error = found.get("code") == pytest.ExitCode.USAGE_ERROR
        if "error" in found or (usage_error and mutant is None):
            raise RuntimeError(f"the tests could not be run: {found}")
        if usage_error:  # either a mistake in the call, or the mutant breaks `tests/conftest.py`
            run_batch(batch, None, source)  # raises RuntimeError if it is a mistake in the call
        if found["failed"]:
            return "\n".join(found["failed"]) if all_of_them else str(found["failed"][0])
        passes = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        return None if found["code"] in passes else f"pytest ended with {found['code']}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ends_in_time(child: int, seconds: float) -> bool:
    """Wait for a process. If it takes too long, end it and all processes that it started."""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                return True
            time.sleep(0.01)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _be_a_fork(
    batch: Batch,
    mutant: Mutant | None,
    source: str,
    folder: Path,
    answer: Path,
    *,
    all_of_them: bool,
) -> None:
    """Run the tests and end the process, whatever happens."""
    code = 1
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        if mutant is not None:
            path = ROOT / mutant.file
            sys.meta_path.insert(0, _Finder(module_of(mutant.file), path, mutant.mutated(source)))
        _same_examples()
        chosen = _Chosen([test.name for test in batch.tests])
        os.chdir(ROOT)
        options = [
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            "--timeout",
            "120",
            f"--basetemp={folder}/tests",
        ]
        options += [
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
        ]  # the libraries are loaded before pytest starts
        options += [] if all_of_them else ["-x"]
        files = sorted({test.file for test in batch.tests})
        code = int(pytest.main(["-c", "pyproject.toml", *options, *files], plugins=[chosen]))
        answer.write_text(json.dumps({"code": code, "failed": chosen.failed}), encoding="utf-8")
    except Exception:  # noqa: BLE001 - the waiting process must learn of any exception
        answer.write_text(json.dumps({"error": traceback.format_exc()}), encoding="utf-8")
    finally:
        os._exit(code)


def _same_examples() -> None:
    """Make Hypothesis try the same examples for each mutant."""
    import hypothesis

    hypothesis.settings.register_profile("mutation", derandomize=True, database=None)
    hypothesis.settings.load_profile("mutation")
