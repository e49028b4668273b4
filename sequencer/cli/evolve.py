"""Ask a language model for follow-up actions of a scene, or for prompts that follow another.

Every answer is checked with the prompt advice, and shown; none is sent to a video model.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("score", metavar="SCORE", type=Path, help="a score")
    parser.add_argument("scene", metavar="SCENE", nargs="?", help="a scene of the score's own file")
    parser.add_argument("--prompt", metavar="TEXT", help="a prompt to follow, in place of a scene")
    parser.add_argument(
        "--count", metavar="N", type=int, default=5, help="how many answers to ask for (default: 5)"
    )
    parser.add_argument("--url", metavar="URL", help="the endpoint; default: SEQUENCER_LLM_URL")
    parser.add_argument(
        "--model", metavar="NAME", help="the language model; default: SEQUENCER_LLM_MODEL"
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="add the answers to the score, as comments above the scene",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and print what is accepted."""
    from sequencer.api.evolving import Question
    from sequencer.core.diagnostics import escape_control

    question = Question.of(
        args.score,
        args.scene,
        prompt=args.prompt,
        count=args.count,
        url=args.url,
        model=args.model,
        write=args.write,
    )
    found = question.written(question.ask())
    for cue in found.cues:
        print(escape_control(cue))
    for one in found.refused:
        print(
            escape_control(f"sequencer: not accepted: {one.answer!r}: {one.reason}"),
            file=sys.stderr,
        )
    if args.write and found.cues:
        print(f"{args.score}: {len(found.cues)} suggestions above the scene {args.scene}")
    if len(found.cues) < args.count:
        print(
            f"sequencer: {len(found.cues)} of {args.count} answers were accepted", file=sys.stderr
        )
        return 1
    return 0
