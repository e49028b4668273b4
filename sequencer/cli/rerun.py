"""Play a run again on the simulator.

The prompts, images, seeds and SR are the same, on the chunks where they landed.

`sequencer perform RUN` does the same on a live Helios.
"""

from __future__ import annotations

import argparse

from sequencer.cli import rehearse
from sequencer.core.paths import exists


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    rehearse.add_arguments(parser, what=("RUN", "a run's folder, journal or bundle"))


def run(args: argparse.Namespace) -> int:
    """Rehearse what a run showed."""
    from sequencer.core.errors import InputError, UsageError
    from sequencer.engine.journal import find_run

    if not exists(find_run(args.score)):
        raise InputError(
            f"there is no run {args.score}", "name a run's folder, its journal.jsonl or a bundle"
        )
    if args.score.suffix in (".score", ".yaml", ".yml"):
        raise UsageError(f"{args.score} is a score", f"to play it: sequencer rehearse {args.score}")
    return rehearse.run(args)
