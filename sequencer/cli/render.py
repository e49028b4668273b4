"""Render a score as a film with a model on this machine: no captions, with its sound.

An interrupted render, started again with the same command, continues after its last whole chunk.
Exit code 0 when every cue landed; 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sequencer.cli import rehearse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("score", metavar="SCORE", type=Path, help=rehearse.SCORE_HELP)
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="the film's folder (default: runs/film-<title>)"
    )
    rehearse.add_renderer_arguments(parser, "helios")
    parser.add_argument(
        "--video-size",
        metavar="WxH",
        type=rehearse.video_size,
        help="the video's size (default: twice the width and height of the model's frames)",
    )
    parser.add_argument(
        "--caption",
        metavar="PARTS",
        type=rehearse.caption_parts,
        default=(),
        help="what is written on the frames, as for rehearse (default: nothing)",
    )
    parser.add_argument(
        "--takes",
        action="store_true",
        help="write each take into a file of its own: take-1.mp4, take-2.mp4, …",
    )
    rehearse.add_range_arguments(parser)
    parser.add_argument(
        "--part", metavar="STAGE", help="the stage to render, of a score for several"
    )
    parser.add_argument(
        "--event",
        metavar="'WHAT@WHEN'",
        action="append",
        default=[],
        help="simulate an input, as for rehearse (repeatable)",
    )
    parser.add_argument(
        "--bundle",
        action="store_true",
        help="put journal, images and sound into one file to keep: bundle.zip",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="no progress, no table: only problems"
    )
    parser.add_argument("--json", action="store_true", help="print only the report, as JSON")


def run(args: argparse.Namespace) -> int:
    """Render one score.

    Returns:
        0 if every cue landed; 1 if one did not, or if a file is incomplete; 130 if it was
            interrupted.
    """
    from sequencer.api.rehearsing import check_video_options
    from sequencer.api.rendering import (
        chunks_folder,
        default_folder,
        render_input,
        was_interrupted,
    )
    from sequencer.cli.inputs import load_input
    from sequencer.cli.progress import LiveLine

    choice = rehearse.renderer_choice(args)
    check_video_options(True, args.video_size, args.caption, False, choice)
    found = load_input(args.score, quiet=args.quiet, keeps_chunks=True, part=args.part)
    with LiveLine("rendering", args.quiet or args.json) as line:
        rendered = render_input(
            found,
            out=args.out,
            renderer=choice,
            video_size=args.video_size,
            caption=args.caption,
            takes=args.takes,
            from_=args.from_,
            to=args.to,
            events=args.event,
            bundle=args.bundle,
            progress=lambda moment: rehearse.show_progress(line, moment),
            warn=lambda text: line.print_line(f"sequencer: {text}"),
            loading=lambda done, total, what: line.show(done, total, f"MB: loading {what}"),
            writing=lambda name: line.step(f"writing {name}"),
        )
    args.clean = False
    code = rehearse.print_result(args, rendered)
    if was_interrupted(rendered) or rendered.failures:
        kept = chunks_folder(args.out or default_folder(found))
        print(
            f"sequencer: the rendered chunks are kept in {kept}: the same command continues",
            file=sys.stderr,
        )
    return code
