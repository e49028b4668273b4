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
        "--part",
        metavar="STAGE",
        help="draw one stage of a score for several (default: a file for each, FILE-STAGE)",
    )
    parser.add_argument(
        "--no-pictures", action="store_true", help="show the names of images instead of thumbnails"
    )


def run(args: argparse.Namespace) -> int:
    """Draw one timeline."""
    from sequencer.api.files import write_text
    from sequencer.api.reporting import TIMELINE_KINDS, drawings_of, kind_of_output
    from sequencer.cli.inputs import load_parts
    from sequencer.cli.progress import LiveLine
    from sequencer.core.diagnostics import escape_control

    kind = kind_of_output(args.output, "timeline", None, TIMELINE_KINDS, "svg")
    with LiveLine("timeline:") as line:
        line.step(f"reading {args.source}")
        drawn: list[tuple[Path, int, str]] = []
        for name, drawing in drawings_of(args.source, lambda path: load_parts(path, args.part)):
            file = _file_of(args.output, name)
            line.step(f"drawing {file}")
            text = drawing.draw(
                kind,
                pictures=not args.no_pictures,
                warn=lambda message: print(
                    f"sequencer: {escape_control(message)}", file=sys.stderr
                ),
            )
            drawn.append((file, drawing.chunks, text))
    for file, chunks, text in drawn:
        write_text(file, text)
        print(f"{file}: {chunks} chunks, {len(text.encode()) // 1024 + 1} KiB")
    return 0


def _file_of(output: Path, stage: str | None) -> Path:
    """Return the file for the timeline of a stage; None is the only one."""
    return output if stage is None else output.with_name(f"{output.stem}-{stage}{output.suffix}")
