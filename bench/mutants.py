"""Measures how many small mistakes in the code the tests detect: see docs/mutation-testing.md.

Same sources, same mutants.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench.findings import Bars, Findings, Row, Section
from bench.machine import ROOT

MUTANTS = 154
SEED = 2026
GOAL = 92.0

SECTION = Section(
    "Mutants",
    f"""
{MUTANTS} mutants of [mutation testing](mutation-testing.md), chosen with seed {SEED}, the same
number for each package. A mutant is the code with one small change; the tests that run the changed
line are run against it. The result is the share of mutants that a test detects. Equivalent mutants,
which behave as the original code does, are not counted. Each survivor and each equivalent mutant is
listed with its reason; files and lines are those of the measured commit.
""",
)


def measure() -> Findings:
    """Run the tool in a process of its own: its forks must not have imported the project."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "outcomes.json"
        command = [
            sys.executable,
            "-m",
            "tests.mutation",
            str(MUTANTS),
            "--seed",
            str(SEED),
            "--json",
            str(found),
        ]
        subprocess.run(
            command, cwd=ROOT, check=False
        )  # its exit code only reports whether the goal is reached
        return findings(json.loads(found.read_text(encoding="utf-8")))


def findings(document: dict[str, Any]) -> Findings:
    """Return the findings of a run of the tool."""
    outcomes: list[dict[str, Any]] = document["outcomes"]
    targets = list(dict.fromkeys(one["target"] for one in outcomes))
    shares = [
        (target, _share([one for one in outcomes if one["target"] == target])) for target in targets
    ]
    rows = (
        Row("mutants that a test detects", _share(outcomes), "%", least=GOAL),
        *(Row(f"{target}: mutants that a test detects", share, "%") for target, share in shares),
        Row("equivalent mutants, not counted", float(len(document["equivalent"]))),
        Row("time per mutant, median", median(one["seconds"] for one in outcomes), "s"),
    )
    survivors = [one for one in outcomes if one["by"] is None]
    notes = (
        f"{len(outcomes) - len(survivors)} of {len(outcomes)} mutants detected",
        *(f"survives: {_described(one)}" for one in survivors),
        *(f"equivalent: {_described(one)}" for one in document["equivalent"]),
    )
    return Findings(
        rows, (Bars("Mutants that a test detects", "%", tuple(shares), mark=GOAL),), notes
    )


def _share(outcomes: list[dict[str, Any]]) -> float:
    return 100 * sum(one["by"] is not None for one in outcomes) / len(outcomes)


def _described(one: dict[str, Any]) -> str:
    return f"`{one['mutant']}`: {one['reason'] or 'no test detects it yet'}"
