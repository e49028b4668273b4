"""`python -m tests.mutation`: change one thing in the code, run the tests that use it, and list
what no test detects.

`make mutants N=200` calls it. The exit code is 1 if the share of detected mutants is below the
goal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from tests.mutation.choosing import Batch, MeasuredTest, choose_tests, read_tests, stale_files
from tests.mutation.contexts import CONTEXTS, VARIABLE
from tests.mutation.mutants import Mutant
from tests.mutation.running import Outcome, load_libraries, run_batch, run_mutant
from tests.mutation.sampling import ROOT, TARGETS, Mark, all_at, mark_of, read_marks, sample

GOAL = 92.0
"""Required percentage of detected mutants, among those that are not equivalent."""

LEFT_OUT = ("docs", "fuzz", "mutation", "unit/runtime/recording", "soak", "compatibility")
"""Folders of tests that are slow, or that use the mutated packages only indirectly."""

LEFT_OUT_FILES = (
    "test_wheel.py",
    "test_browser_sdk.py",
    "test_python_sdks.py",
    "test_vendor_runtimes.py",
    "test_repeats_on_runtime.py",
    "test_long_shows.py",
    "test_long_journals.py",
)
"""Tests of programs that run beside ours, and tests of very long runs."""


def files_of_tests() -> list[Path]:
    """Return the tests that run against mutants."""
    return [
        path
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if not path.relative_to(ROOT / "tests")
        .as_posix()
        .startswith(tuple(f"{folder}/" for folder in LEFT_OUT))
        and path.name not in LEFT_OUT_FILES
    ]


def measure(files: Sequence[str]) -> None:
    """Run tests once and cache which lines each of them runs, one folder at a time so that it can
    be interrupted.
    """
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(Path(file).parent.as_posix(), []).append(file)
    environment = {**os.environ, VARIABLE: str(CONTEXTS), "PYTHONPATH": str(ROOT)}
    for folder, some in folders.items():
        sys.stderr.write(f"measuring what {folder} runs\n")
        options = [
            "-q",
            "-n0",
            "-p",
            "tests.mutation.contexts",
            "-p",
            "no:cacheprovider",
            "--timeout",
            "120",
        ]
        command = [sys.executable, "-m", "pytest", *options, *some]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)


def run(
    mutants: Iterable[tuple[str, Mutant]], report: Callable[[str], object] = lambda _: None
) -> tuple[list[Outcome], list[tuple[Outcome, Mark]]]:
    """Return the outcomes of mutants, and the undetected ones that are marked.

    Equivalent ones are only in the second list.
    """
    tests = read_tests()
    marks = read_marks()
    sources: dict[str, str] = {}
    outcomes: list[Outcome] = []
    marked: list[tuple[Outcome, Mark]] = []
    load_libraries()
    try:
        for target, mutant in mutants:
            source = sources.setdefault(
                mutant.file, (ROOT / mutant.file).read_text(encoding="utf-8")
            )
            mark = mark_of(mutant, source, marks)
            if mark is not None and mark.equivalent:
                marked.append(
                    (Outcome(target=target, mutant=mutant, by=None, tests=0, seconds=0.0), mark)
                )
                continue
            chosen = choose_tests(mutant, source, tests)
            outcome = run_mutant(target, mutant, source, chosen)
            outcomes.append(outcome)
            if outcome.by is None and mark is not None:
                marked.append((outcome, mark))
            fate = (
                f"detected by {outcome.by}"
                if outcome.by
                else f"SURVIVED {outcome.tests} of {len(chosen)} tests"
            )
            report(f"{mutant}: {fate} ({outcome.seconds:.1f} s)")
            if outcome.by is None:
                report("\n".join(f"    {line}" for line in mutant.diff(source)))
    except KeyboardInterrupt:
        report("interrupted: only the mutants above count")
    return _without_false_alarms(outcomes, tests, sources, report), marked


def _without_false_alarms(
    outcomes: list[Outcome],
    tests: Iterable[MeasuredTest],
    sources: dict[str, str],
    report: Callable[[str], object],
) -> list[Outcome]:
    """Return the outcomes, repeating a mutant if the test that detected it also fails without a
    mutant.
    """
    by_name = {test.name: test for test in tests}
    folders: dict[str, list[MeasuredTest]] = {}
    for name in sorted(
        {outcome.by for outcome in outcomes if outcome.by is not None} & by_name.keys()
    ):
        folders.setdefault(Path(by_name[name].file).parent.as_posix(), []).append(by_name[name])
    failed: set[str] = set()
    for some in folders.values():
        failed |= set(
            (run_batch(Batch(tuple(some)), None, "", all_of_them=True) or "").splitlines()
        )
    if not failed:
        return outcomes
    report(f"fail without a mutant too, and do not count: {', '.join(sorted(failed))}")
    sound = [test for name, test in by_name.items() if name not in failed]
    return [
        run_mutant(
            one.target,
            one.mutant,
            sources[one.mutant.file],
            choose_tests(one.mutant, sources[one.mutant.file], sound),
        )
        if one.by in failed
        else one
        for one in outcomes
    ]


def share(outcomes: Sequence[Outcome]) -> float:
    """Return the percentage of mutants that were detected."""
    return 100 * sum(one.by is not None for one in outcomes) / len(outcomes) if outcomes else 100.0


def summary(outcomes: Sequence[Outcome], marked: Sequence[tuple[Outcome, Mark]]) -> str:
    """Return a line for each target, and one for the total."""
    lines = []
    for target in TARGETS:
        some = [one for one in outcomes if one.target == target]
        if some:
            lines.append(
                f"  {target:<10} {sum(one.by is not None for one in some)}/{len(some)} "
                f"detected ({share(some):.0f} %)"
            )
    equivalent = sum(mark.equivalent for _, mark in marked)
    detected = sum(one.by is not None for one in outcomes)
    seconds = median(one.seconds for one in outcomes) if outcomes else 0.0
    lines.append(
        f"{detected} of {len(outcomes)} mutants detected: {share(outcomes):.1f} %, goal {GOAL:.0f} "
        "%;"
        f" {equivalent} equivalent ones left out; {seconds:.1f} s for one, median"
    )
    return "\n".join(lines)


def as_json(outcomes: Sequence[Outcome], marked: Sequence[tuple[Outcome, Mark]]) -> str:
    """Return the result of each mutant as JSON, with the reasons of the marked ones."""
    reasons = {one.mutant: mark.reason for one, mark in marked}
    document = {
        "outcomes": [_row(one, reasons.get(one.mutant)) for one in outcomes],
        "equivalent": [_row(one, mark.reason) for one, mark in marked if mark.equivalent],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _row(one: Outcome, reason: str | None) -> dict[str, object]:
    seconds = round(one.seconds, 2)
    return {
        "mutant": str(one.mutant),
        "target": one.target,
        "by": one.by,
        "tests": one.tests,
        "seconds": seconds,
        "reason": reason,
    }


def main(arguments: list[str] | None = None) -> int:
    """Choose mutants, run them, and list the results."""
    parser = argparse.ArgumentParser(
        "mutation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("count", nargs="?", type=int, default=100, help="how many mutants (100)")
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed and sources: the same mutants (0)"
    )
    parser.add_argument(
        "--target",
        action="append",
        choices=tuple(TARGETS),
        help="only this package; may be repeated",
    )
    parser.add_argument(
        "--at",
        metavar="FILE[:LINE[-LINE]]",
        help="all mutants of a file or of some of its lines instead",
    )
    parser.add_argument("--measure", action="store_true", help="measure anew what every test runs")
    parser.add_argument(
        "--no-measure", action="store_true", help="use what was measured, though tests have changed"
    )
    parser.add_argument("--list", action="store_true", help="only print the mutants")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes")
    options = parser.parse_args(arguments)
    try:
        chosen = (
            all_at(options.at)
            if options.at
            else sample(options.count, options.seed, tuple(options.target or TARGETS))
        )
    except ValueError as error:
        parser.error(str(error))
    if options.list:
        sys.stdout.writelines(f"{mutant}\n" for _, mutant in chosen)
        return 0
    if not options.no_measure:
        files = files_of_tests()
        measure(
            [path.relative_to(ROOT).as_posix() for path in files]
            if options.measure
            else stale_files(files)
        )

    def report(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    outcomes, marked = run(chosen, report)
    report(summary(outcomes, marked))
    if options.json is not None:
        options.json.write_text(as_json(outcomes, marked), encoding="utf-8")
    return int(share(outcomes) < GOAL)


if __name__ == "__main__":
    sys.exit(main())
