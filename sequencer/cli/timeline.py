"""Draw a score, or a run of it, as a timeline: an SVG image, or an HTML page to scroll and zoom."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "source",
        metavar="SCORE|RUN",
        type=Path,
        help="a .score or .yaml file, a compiled .json, a run's folder or its journal",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        required=True,
        help="where to write: a .svg image or a .html page",
    )
    parser.add_argument(
        "--no-pictures", action="store_true", help="show the names of images instead of thumbnails"
    )


def run(args: argparse.Namespace) -> int:
    """Draw one timeline."""
    from sequencer.api.files import write_text
    from sequencer.api.reporting import TIMELINE_KINDS, drawing_of, kind_of_output
    from sequencer.cli.inputs import load_input
    from sequencer.cli.progress import LiveLine
    from sequencer.core.diagnostics import escape_control

    kind = kind_of_output(args.output, "timeline", None, TIMELINE_KINDS, "svg")
    with LiveLine("timeline:") as line:
        line.step(f"reading {args.source}")
        drawing = drawing_of(args.source, load_input)
        line.step(f"drawing {args.output}")
        text = drawing.draw(
            kind,
            pictures=not args.no_pictures,
            warn=lambda message: print(f"sequencer: {escape_control(message)}", file=sys.stderr),
        )
    write_text(args.output, text)
    print(f"{args.output}: {drawing.chunks} chunks, {len(text.encode()) // 1024 + 1} KiB")
    return 0
