"""Turn a run into a fixed score: the same show again, with the same seeds.

It keeps sections, bars and scenes; what was played by hand becomes cues where it landed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "folder", metavar="RUN", type=Path, help="a run's folder, or its journal.jsonl"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the score to write (.score or .yaml; default: standard output)",
    )
    parser.add_argument(
        "--chunks",
        action="store_true",
        help="put everything on the chunk where it landed, without sections, bars and scenes",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(args: argparse.Namespace) -> int:
    """Freeze one run."""
    from sequencer.api.files import write_text
    from sequencer.api.reporting import ScoreWriter, freeze_run
    from sequencer.core.diagnostics import escape_control

    writer = ScoreWriter(args.output, "freeze", args.force)
    score = freeze_run(args.folder, chunks=args.chunks, warn=_warn)
    text = writer.text(score)
    if args.output is None:
        print(
            escape_control(text) if sys.stdout.isatty() else text, end=""
        )  # a file is not escaped
        return 0
    write_text(args.output, text)
    cues = (*score.items, *(item for section in score.sections for item in section.items))
    print(f"{args.output}: {len(cues)} cues")
    if score.images:
        print(
            f"its images ({', '.join(image.path for image in score.images)}) are expected in "
            "its folder"
        )
    return 0


def _warn(text: str) -> None:
    from sequencer.core.diagnostics import escape_control

    print(f"sequencer: {escape_control(text)}", file=sys.stderr)
