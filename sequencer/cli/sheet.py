"""Print a score's cue sheet: every cue with its place, time, frame, chunk, snap error, what it does and its source line."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

KINDS = ("table", "csv", "markdown", "json", "html")
_FORMATS = {".html": "html", ".htm": "html", ".csv": "csv", ".md": "markdown", ".json": "json", ".txt": "table"}
WIDTH_OF_FILES = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("score", metavar="SCORE", type=Path, help="a .score or .yaml file, or a compiled .json")
    parser.add_argument(
        "--as", dest="kind", choices=KINDS, help="what to print (default: a table; a file's ending names its own format)"
    )
    parser.add_argument(
        "--full", action="store_true", help="in a table or Markdown: whole prompts, not only the part that changes"
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
    from sequencer.cli.inputs import load_input, refuse_source_overwrite, write_text
    from sequencer.cli.output_formats import agreed, format_of
    from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
    from sequencer.reports.cue_sheet.html import as_html
    from sequencer.reports.cue_sheet.rows import sheet_of
    from sequencer.reports.cue_sheet.terminal import as_table

    refuse_source_overwrite(args.output, args.score)
    kind = args.kind or "table"
    if args.output is not None:
        named = format_of(args.output, "sheet", _FORMATS, kind)
        kind = named if args.kind is None else agreed(args.output, args.kind, args.kind, named)
    found = load_input(args.score)
    refuse_source_overwrite(args.output, args.score, *found.sources)
    sheet = sheet_of(found.schedule)
    match kind:
        case "csv":
            text = as_csv(sheet)
        case "markdown":
            text = as_markdown(sheet, full=args.full)
        case "json":
            text = as_json(sheet)
        case "html":
            text = as_html(sheet)
        case _:
            width = shutil.get_terminal_size((WIDTH_OF_FILES, 24)).columns if args.output is None else WIDTH_OF_FILES
            text = as_table(sheet, width, full=args.full)
    if args.output is None:
        print(text, end="")
    else:
        write_text(args.output, text)
        print(f"{args.output}: {len(sheet.rows)} cues")
    return 0
