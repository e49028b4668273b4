"""A pytest plugin that measures once, with coverage.py, which test runs which lines, and the cache
for the result.

`python -m pytest -p mutation.contexts` writes into the folder that the environment variable
MUTATION_CONTEXTS names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[2]
VARIABLE = "MUTATION_CONTEXTS"
CONTEXTS = ROOT / ".mutants" / "contexts"
"""The cache folder, with one file per test file. Git ignores it."""


class Recorder:
    """Runs one coverage measurement for the complete session and switches its context with each
    test.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}
        self.passed: set[str] = set()
        self.measurement = coverage.Coverage(
            data_file=None, source=[str(ROOT / "sequencer")], config_file=False, messages=False
        )
        self.measurement.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give each test its own context, which includes its fixtures."""
        self.measurement.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.measurement.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record durations and passed tests, because only a test that passes can detect a mutant."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write what each test ran, one file per test file.

        After an interruption the results count as incomplete.
        """
        self.measurement.stop()
        data = self.measurement.get_data()
        lines: dict[str, dict[str, list[int]]] = {}
        for file in sorted(data.measured_files()):
            name = Path(file).relative_to(ROOT).as_posix()
            for line, contexts in sorted(data.contexts_by_lineno(file).items()):
                for context in contexts:
                    if context in self.passed:
                        lines.setdefault(context, {}).setdefault(name, []).append(line)
        sources = {
            name: digest((ROOT / name).read_bytes())
            for name in {file for ran in lines.values() for file in ran}
        }
        files: dict[str, dict[str, object]] = {}
        for test in sorted(self.seconds):
            ran = {"seconds": round(self.seconds[test], 4), "lines": lines.get(test, {})}
            files.setdefault(test.split("::", 1)[0], {})[test] = ran
        for file, tests in files.items():
            path = self.folder / f"{file}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = exitstatus not in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
            document = {
                "digest": digest((ROOT / file).read_bytes()) if whole else "",
                "sources": sources,
                "tests": tests,
            }
            path.write_text(json.dumps(document), encoding="utf-8")


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def pytest_configure(config: pytest.Config) -> None:
    """Start measuring before the tests are collected."""
    config.pluginmanager.register(Recorder(Path(os.environ[VARIABLE])), "mutation-contexts")
