"""Print a score's cue sheet.

It lists every cue with its position, time, frame, chunk, snap error, what it does and its source
line.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

KINDS = ("table", "csv", "markdown", "json", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "score", metavar="SCORE", type=Path, help="a .score or .yaml file, or a compiled .json"
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=KINDS,
        help="the format (default: a table; the ending of a file sets its format)",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="in a table or Markdown: complete prompts, not only the part that changes",
    )
    parser.add_argument(
        "--part",
        metavar="STAGE",
        help="one stage of a score for several (default: the sheets of all)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write: .html, .csv, .md, .json or .txt (default: standard output)",
    )


def run(args: argparse.Namespace) -> int:
    """Write one cue sheet."""
    from sequencer.api.files import refuse_source_overwrite, write_text
    from sequencer.api.reporting import (
        SHEET_FORMATS,
        SHEET_WIDTH,
        kind_of_output,
        render_sheet,
    )
    from sequencer.cli.inputs import load_parts

    refuse_source_overwrite(args.output, args.score)
    kind = kind_of_output(args.output, "sheet", args.kind, SHEET_FORMATS, "table")
    found = load_parts(args.score, args.part)
    refuse_source_overwrite(args.output, args.score, *found.sources)
    width = (
        shutil.get_terminal_size((SHEET_WIDTH, 24)).columns if args.output is None else SHEET_WIDTH
    )
    text = render_sheet(found.compiled, kind, full=args.full, width=width)
    if args.output is None:
        print(text, end="")
    else:
        write_text(args.output, text)
        print(f"{args.output}: {found.cues} cues")
    return 0
