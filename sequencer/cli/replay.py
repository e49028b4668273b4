"""Feed a run's journal to the conductor again and compare every command.

The first difference is reported.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "folder", metavar="RUN", type=Path, help="a run's folder, or its journal.jsonl"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Replay one journal; return 1 if it differs."""
    from sequencer.core.diagnostics import escape_control
    from sequencer.engine.replay import replay

    result = replay(args.folder)
    if args.json:
        print(
            json.dumps(
                {
                    "equal": result.is_equal,
                    "events": result.events,
                    "commands": result.commands,
                    "cut_off": result.cut_off,
                    "whole": result.is_whole,
                    "divergence": None if result.divergence is None else str(result.divergence),
                }
            )
        )
    elif result.divergence is not None:
        print(
            escape_control(f"sequencer: the replay differs\n{result.divergence}"), file=sys.stderr
        )
    else:
        print(f"{result.events} events, {result.commands} commands: every command is the same")
    if result.cut_off and not args.json:
        print("the journal's last line was cut off; it was replayed up to there", file=sys.stderr)
    elif not result.is_whole and not args.json:
        print("the run was not completed; it was replayed as far as it went", file=sys.stderr)
    return 0 if result.is_equal else 1
