"""Find the beats of a song, for `clock file`.

It writes a beat file with the time of every beat and bar, and states how certain they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("song", metavar="SONG", type=Path, help="a sound file")
    parser.add_argument(
        "--bpm", metavar="N", help="the tempo in beats per minute, if it is known (20 to 400)"
    )
    parser.add_argument("--meter", metavar="N/N", help="the meter, such as 3/4 (4/4)")
    parser.add_argument(
        "--constant", action="store_true", help="fit one tempo to all beats, by least squares"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the beat file to write (.beats or .json); if omitted, it is printed",
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> int:
    """Find the beats of one song."""
    from sequencer.api.beats import find_and_write_beats
    from sequencer.api.options import parse_amount
    from sequencer.cli.progress import LiveLine

    output: Path | None = args.output
    with LiveLine("beats", args.quiet) as line:
        found = find_and_write_beats(
            args.song,
            output,
            bpm=None if args.bpm is None else parse_amount(args.bpm),
            meter=args.meter,
            constant=args.constant,
            force=args.force,
            progress=lambda seconds, what: line.show(round(seconds), round(seconds), what),
        )
    for sentence in found.lines:
        print(sentence, file=sys.stderr if output is None else sys.stdout)
    if output is None:
        print(found.text, end="")
    else:
        print(f'{output}: write clock file "{output.name}"')
    return 0
