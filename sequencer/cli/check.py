"""Read and compile scores; print every error with its place and cure, and one line about each score that is well."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("scores", metavar="SCORE", nargs="+", type=Path, help="a .score or .yaml file")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing about scores that are well")


def run(args: argparse.Namespace) -> int:
    """Check every score; 1 when one is not well."""
    from sequencer.checking import check
    from sequencer.cli.scores import show
    from sequencer.errors import ScoreError

    well = True
    for path in args.scores:
        try:
            checked = check(path)
        except ScoreError as error:
            show(error.diagnostics, error.sources)
            well = False
            continue
        show(checked.diagnostics, checked.sources)
        if checked.errors or (args.strict and checked.warnings):
            well = False
        elif checked.schedule is not None and not args.quiet:
            from sequencer.sheet import summary_line

            print(f"{path}: {summary_line(checked.schedule)}")
    return 0 if well else 1
