"""Run all benchmarks or the named ones.

Usage:

`python -m bench [--write] [NAME …]`; `--write` updates the page of measurements.

Each is a module of this package with a `SECTION` (its text on the page) and `measure()`. Some have
options of their own: `python -m bench.clock --help`.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from typing import Protocol, cast

from bench import page
from bench.findings import Findings, Section, render_findings
from bench.machine import stamp

NAMES = (
    "reading",
    "growth",
    "editing",
    "rehearsal",
    "pictures",
    "clock",
    "wire",
    "video",
    "replaying",
    "reloading",
    "ensembles",
    "studio",
    "studio_page",
    "studio_input",
    "simulation",
    "sweeps",
    "soak",
    "helios",
    "mutants",
)
"""The benchmarks, in the order in which they run and appear on the page."""


class Bench(Protocol):
    """What every benchmark module has."""

    SECTION: Section

    def measure(self) -> Findings:
        """Measure."""
        ...


def bench(name: str) -> Bench:
    """Return the benchmark of this name."""
    return cast("Bench", import_module(f"bench.{name}"))


def sections() -> dict[str, Section]:
    """Return the text of each benchmark for the page."""
    return {name: bench(name).SECTION for name in NAMES}


def main() -> int:
    """Run the benchmarks; return 2 for an unknown name, else 1 if a goal was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (default: all)"
    )
    parser.add_argument(
        "--write", action="store_true", help="update these sections of docs/measurements.md"
    )
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        print(
            f"unknown benchmark {unknown[0]}; the benchmarks are {', '.join(NAMES)}",
            file=sys.stderr,
        )
        return 2
    chosen = [name for name in NAMES if name in arguments.names] or list(NAMES)
    sections_found = sections()  # all modules can be imported before the first measurement
    missed = 0
    began = time.monotonic()
    for number, name in enumerate(chosen, 1):
        print(
            f"── {number}/{len(chosen)} {name} ({time.monotonic() - began:.0f} s so far)",
            flush=True,
        )
        at, then = stamp(), time.monotonic()
        findings = bench(name).measure()
        print(render_findings(findings), end="\n\n", flush=True)
        missed += len(findings.missed)
        if arguments.write:  # at once: a result is on the page even if a later benchmark fails
            results = {**page.kept(), name: page.Result(at, time.monotonic() - then, findings)}
            page.keep(results, NAMES)
            page.write(page.kept(), sections_found)
            for path, svg in getattr(
                bench(name), "charts", dict
            )().items():  # some modules draw a chart of their own
                path.write_text(svg, encoding="utf-8", newline="\n")
    print(f"{missed} goals missed, {time.monotonic() - began:.0f} s")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
