"""Compile a score to its chunk-indexed schedule: JSON that can be performed without the score."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("score", metavar="SCORE", type=Path, help="a .score or .yaml file")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the .json to write (default: standard output)",
    )


def run(args: argparse.Namespace) -> int:
    """Compile one score."""
    from sequencer.api.files import refuse_source_overwrite, write_text
    from sequencer.api.output_formats import require_ending
    from sequencer.cli.inputs import load_input
    from sequencer.schedule.document import digest, to_json

    refuse_source_overwrite(args.output, args.score)
    require_ending(args.output, "compile", ".json")
    found = load_input(args.score)
    refuse_source_overwrite(args.output, args.score, *found.sources)
    text = to_json(found.schedule)
    if args.output is None:
        print(text, end="")
    else:
        write_text(args.output, text)
        print(
            f"{args.output}: {len(found.schedule.entries)} cues, {found.schedule.end} chunks, "
            f"digest {digest(found.schedule)[:12]}"
        )
    return 0
