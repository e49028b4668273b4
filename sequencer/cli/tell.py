"""Send an operator command to a run in progress.

Commands include go NAME, pause, resume, note C3, offset -40ms, clip 30s and finish. To improvise:
prompt TEXT, image FILE, strength 0.5, sr 4x and goto SECTION.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="the folder of the run")
    parser.add_argument(
        "words",
        metavar="WORDS",
        nargs=argparse.REMAINDER,
        help="the operator command, such as: go exit",
    )


def run(args: argparse.Namespace) -> int:
    """Send one command to a run."""
    from sequencer.core.errors import UsageError
    from sequencer.runtime.operator.remote import send_command

    if not args.words:
        raise UsageError(
            "an operator command is missing", "for example: sequencer tell RUN go exit"
        )
    answer = send_command(args.folder, " ".join(args.words))
    print(f"sent: {' '.join(args.words)}" if answer is None else answer)
    return 0
