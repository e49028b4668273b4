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
    parser.add_argument(
        "--part",
        metavar="STAGE",
        help="compile one stage of a score for several (default: all of them, in one document)",
    )


def run(args: argparse.Namespace) -> int:
    """Compile one score."""
    from sequencer.api.files import refuse_source_overwrite, write_text
    from sequencer.api.output_formats import require_ending
    from sequencer.cli.inputs import load_parts
    from sequencer.schedule.document import digest, to_json
    from sequencer.schedule.ensemble import EnsembleSchedule

    refuse_source_overwrite(args.output, args.score)
    require_ending(args.output, "compile", ".json")
    found = load_parts(args.score, args.part)
    refuse_source_overwrite(args.output, args.score, *found.sources)
    compiled = found.compiled
    if isinstance(compiled, EnsembleSchedule):
        text, sha256 = compiled.to_json(), compiled.digest()
        cues, chunks = sum(len(one.entries) for one in compiled.schedules), compiled.reference.end
        what = f"{len(compiled.parts)} stages, {cues} cues"
    else:
        text, sha256 = to_json(compiled), digest(compiled)
        what, chunks = f"{len(compiled.entries)} cues", compiled.end
    if args.output is None:
        print(text, end="")
    else:
        write_text(args.output, text)
        print(f"{args.output}: {what}, {chunks} chunks, digest {sha256[:12]}")
    return 0
