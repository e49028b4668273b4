"""Tell a run that is going on what an operator would: go NAME, pause, resume, note C3, offset -40ms, clip 30s, finish."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="the folder of the run")
    parser.add_argument("words", metavar="WORDS", nargs=argparse.REMAINDER, help="what to tell it, such as: go exit")


def run(args: argparse.Namespace) -> int:
    """Send one command to a run."""
    from sequencer.core.errors import UsageError
    from sequencer.runtime.operator.remote import send_command

    if not args.words:
        raise UsageError("say what to tell the run", "for example: sequencer tell RUN go exit")
    answer = send_command(args.folder, " ".join(args.words))
    print(f"told: {' '.join(args.words)}" if answer is None else answer)
    return 0
