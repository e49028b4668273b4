"""Print the JSON Schema of scores in YAML, for editors."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the .json to write (default: standard output)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from sequencer.api.files import write_text
    from sequencer.api.output_formats import require_ending
    from sequencer.language.yaml.schema import render_schema

    require_ending(args.output, "schema", ".json")
    if args.output is None:
        print(render_schema(), end="")
    else:
        write_text(args.output, render_schema())
    return 0
