"""Format scores, or convert one to the other notation; comments are kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "scores",
        metavar="SCORE",
        nargs="+",
        type=Path,
        help="a .score or .yaml file, rewritten in place by default; - is standard input, printed",
    )
    parser.add_argument(
        "--from",
        dest="origin",
        choices=("text", "yaml"),
        help="the notation of standard input, or of a file with another ending",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the format would change"
    )
    parser.add_argument("--force", action="store_true", help="with -o: overwrite an existing file")
    parser.add_argument(
        "--stdout", action="store_true", help="print the result instead of writing the file"
    )
    parser.add_argument(
        "--to",
        choices=("text", "yaml"),
        help="print the score in this notation (with -o: write it there)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the file to write instead; its ending sets the notation (.score, .yaml)",
    )


def run(args: argparse.Namespace) -> int:
    """Format scores."""
    from sequencer.core.errors import ScoreError, UsageError

    if args.output is not None and len(args.scores) > 1:
        raise UsageError("-o takes one score", "format them one after the other")
    if args.check and (args.to is not None or args.output is not None):
        raise UsageError(
            "--check compares a score with its formatted text, so it cannot be combined with "
            "--to or -o"
        )
    well = True
    for path in args.scores:
        try:
            well = _one(path, args) and well
        except ScoreError as error:
            if len(args.scores) == 1:
                raise
            print(error, file=sys.stderr)
            well = False
    return 0 if well else 1


def _one(path: Path, args: argparse.Namespace) -> bool:
    """Format one score. Return False if `--check` finds that its layout would change."""
    from sequencer.api.files import refuse_overwrite, write_text
    from sequencer.api.output_formats import agreed, format_of
    from sequencer.cli.inputs import STANDARD_INPUT, standard_input
    from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation
    from sequencer.language.notations import print_score, read, reads

    given = None if args.origin is None else Notation(args.origin)
    if path == STANDARD_INPUT:
        own = given or Notation.TEXT
        score = reads(standard_input(), file="standard input", folder=Path.cwd(), notation=own)
    else:
        own = given or NOTATION_BY_SUFFIX.get(path.suffix.lower(), Notation.TEXT)
        score = read(path, notation=given)
    notation = own if args.to is None else Notation(args.to)
    if args.output is not None:
        named = format_of(args.output, "format", NOTATION_BY_SUFFIX, notation)
        notation = named if args.to is None else agreed(args.output, args.to, notation, named)
    text = print_score(score, notation)
    if args.check:
        if text != score.text:
            print(f"{path}: the format would change; run: sequencer format {path}", file=sys.stderr)
        return text == score.text
    if args.output is None and (args.stdout or args.to is not None or path == STANDARD_INPUT):
        print(text, end="")
        return True
    if args.output is not None and not _is_same(args.output, path, text):
        refuse_overwrite(args.output, args.force)
    target = args.output or path
    if args.output is not None or text != score.text:
        write_text(target, text)
    return True


def _is_same(output: Path, path: Path, text: str) -> bool:
    """Return whether writing `output` loses nothing: it is the score or already has this text."""
    try:
        return (path.is_file() and output.samefile(path)) or output.read_text(
            encoding="utf-8"
        ) == text
    except (OSError, UnicodeDecodeError):
        return False
