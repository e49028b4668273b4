"""Print the JSON Schema of scores in YAML, for editors."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the .json to write (default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    from sequencer.cli.inputs import write_text
    from sequencer.cli.output_formats import require_ending
    from sequencer.language.yaml.schema import schema_text

    require_ending(args.output, "schema", ".json")
    if args.output is None:
        print(schema_text(), end="")
    else:
        write_text(args.output, schema_text())
    return 0
