"""Write a score, or a run of it, in the format of another program.

Video editors, audio editors, subtitles, chapters, and other models. A score is exported as planned,
a run with each cue on the chunk where it landed.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
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
        "--as",
        dest="kind",
        metavar="KIND",
        help="the format, such as otio; if omitted, what the output's ending names",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write; if omitted, the text is printed",
    )
    parser.add_argument(
        "--part",
        metavar="STAGE",
        help="the stage to export, of a score for several",
    )
    parser.add_argument(
        "--start-tc",
        metavar="TC",
        help="edl, otio: the time code at the beginning (01:00:00:00)",
    )
    parser.add_argument(
        "--interpolate-time",
        type=int,
        metavar="N",
        help="helios: how many chunks each prompt lasts (the most that fits)",
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="otio, chapters: the recording (that of the run)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def run(args: argparse.Namespace) -> int:
    """Export one score or run."""
    from sequencer.api.exporting import export_source
    from sequencer.cli.inputs import load_input
    from sequencer.core.diagnostics import escape_control

    output: Path | None = args.output
    found = export_source(
        args.source,
        kind=args.kind,
        output=output,
        start_tc=args.start_tc,
        interpolate_time=args.interpolate_time,
        video=args.video,
        force=args.force,
        load=partial(load_input, part=args.part),
        part=args.part,
    )
    if output is None:
        print(escape_control(found.text) if sys.stdout.isatty() else found.text, end="")
        print(found.summary, file=sys.stderr)
    else:
        print(f"{output}: {found.summary}")
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0
