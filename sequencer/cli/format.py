"""Lay a score out in the one way that the printer knows; comments stay where they stand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("score", metavar="SCORE", type=Path, help="a .score or .yaml file, rewritten in place")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the layout would change")
    parser.add_argument("--stdout", action="store_true", help="print the result instead of writing the file")
    parser.add_argument("--to", choices=("text", "yaml"), help="print the score in this notation (with -o: write it there)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write instead of the score itself")


def run(args: argparse.Namespace) -> int:
    """Format one score."""
    from sequencer.cli.scores import write_text
    from sequencer.notation import print_score, read

    score = read(args.score)
    notation = args.to or ("yaml" if args.score.suffix in (".yaml", ".yml") else "text")
    text = print_score(score, notation)
    if args.check:
        if text == score.text:
            return 0
        print(f"{args.score}: the layout would change; run: sequencer format {args.score}", file=sys.stderr)
        return 1
    if args.stdout or (args.to is not None and args.output is None):
        print(text, end="")
        return 0
    target = args.output or args.score
    if args.output is not None or text != score.text:
        write_text(target, text)
    return 0
