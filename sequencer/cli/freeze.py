"""Turn a run into a fixed score, with everything on the chunk where it really landed: the same show again, seed and all."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run's folder, or its journal.jsonl")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the score to write (.score or .yaml; default: standard output)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace) -> int:
    """Freeze one run."""
    from sequencer.cli.inputs import refuse_overwrite, write_text
    from sequencer.cli.output_formats import format_of
    from sequencer.core.diagnostics import escape_control
    from sequencer.engine.journal import read_journal
    from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation
    from sequencer.language.notations import print_score
    from sequencer.reports.freeze import freeze

    notation = Notation.TEXT
    if args.output is not None:
        notation = format_of(args.output, "freeze", NOTATION_BY_SUFFIX, Notation.TEXT)
        refuse_overwrite(args.output, args.force)
    score = freeze(read_journal(args.folder))
    text = print_score(score, notation)
    if args.output is None:
        print(escape_control(text) if sys.stdout.isatty() else text, end="")  # a file is not escaped
        return 0
    write_text(args.output, text)
    print(f"{args.output}: {len(score.items)} cues")
    if score.images:
        print(f"its images ({', '.join(image.path for image in score.images)}) are looked for beside it")
    return 0
