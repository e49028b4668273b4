"""Play a score on the embedded stage: no key, no GPU. Leaves a video, a timeline, a contact sheet, a report and a journal.

Time is virtual (as fast as pictures can be drawn) unless --realtime is given; then the keys of `sequencer perform` work, and
`sequencer tell` reaches the run. Exit code 0 when every cue landed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.run_files import list_files

if TYPE_CHECKING:
    from sequencer.cli.progress import LiveLine
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.rehearsal import Progress, RehearsalResult

MIN_VIDEO_SIZE, MAX_VIDEO_SIZE = 64, 4096
SCORE_HELP = "a .score or .yaml file, a compiled .json, or a run to play again"


def video_size(text: str) -> tuple[int, int]:
    """Parse a size such as `1280x768`: even numbers from 64 to 4096."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 1280x768")
    width, height = int(parts[0]), int(parts[1])
    if any(side % 2 or not MIN_VIDEO_SIZE <= side <= MAX_VIDEO_SIZE for side in (width, height)):
        raise argparse.ArgumentTypeError(f"{text}: both sides must be even and from {MIN_VIDEO_SIZE} to {MAX_VIDEO_SIZE}")
    return width, height


def caption_parts(text: str) -> frozenset[Part]:
    """Parse parts of a caption, such as `title,position`, or `none`."""
    from sequencer.runtime.output.captioned_video import PARTS

    if text.strip().lower() == "none":
        return frozenset()
    wanted = [part.strip().lower() for part in text.split(",")]
    for part in wanted:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(
                f"{part!r} is not a part of a caption: these are {', '.join(PARTS)}; or none alone"
            )
    return frozenset(part for part in PARTS if part in wanted)


def add_arguments(parser: argparse.ArgumentParser, what: tuple[str, str] = ("SCORE", SCORE_HELP)) -> None:
    """Describe the command's arguments; `what` names and explains the first."""
    parser.add_argument("score", metavar=what[0], type=Path, help=what[1])
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run's folder (default: runs/<time>-<title>)")
    parser.add_argument("--no-video", action="store_true", help="leave out the pictures: only journal, report and timeline")
    parser.add_argument("--video-size", metavar="WxH", type=video_size, help="the video's size (default: 1280x768)")
    parser.add_argument(
        "--caption",
        metavar="PARTS",
        type=caption_parts,
        help="what is written on the frames, joined by commas: title, section, take, position, action (the part of the prompt "
        "that changes), simulator (the whole prompt, seed, chunk and frame); or none (default: all but action)",
    )
    parser.add_argument("--clean", action="store_true", help="write nothing on the frames, as --caption none")
    parser.add_argument("--realtime", action="store_true", help="play at the speed of a live run")
    parser.add_argument(
        "--event",
        metavar="'WHAT@WHEN'",
        action="append",
        default=[],
        help="feed something in: 'go exit@12c', 'note C3@jam 9.3', 'cc 20=70@verse 2/2 1', 'program 5@30s' (repeatable)",
    )
    parser.add_argument("--faults", metavar="FILE", type=Path, help="let things go wrong as this file says (docs/faults.md)")
    parser.add_argument("--bundle", action="store_true", help="put journal and images into one file to keep: bundle.zip")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no table: only what went wrong")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, nothing else")


def run(args: argparse.Namespace) -> int:
    """Rehearse one score.

    Returns:
        0 if every cue landed; 1 if one did not, or if the run did not reach its end; 130 if it was interrupted.
    """
    from sequencer.api.runs import rehearse
    from sequencer.cli.inputs import load_input
    from sequencer.cli.progress import LiveLine
    from sequencer.core.errors import UsageError
    from sequencer.runtime.output.captioned_video import DEFAULT_PARTS
    from sequencer.runtime.rehearsal import DEFAULT_SIZE
    from sequencer.stages.simulated.faults import read_faults

    for option, is_given in (
        ("--video-size", args.video_size),
        ("--caption", args.caption is not None),
        ("--clean", args.clean),
    ):
        if args.no_video and is_given:
            raise UsageError(f"{option} is about the video, and --no-video leaves it out", "leave one of the two out")
    if args.clean and args.caption is not None:
        raise UsageError("--clean writes nothing on the frames, and --caption writes something", "leave one of the two out")
    caption = frozenset() if args.clean else DEFAULT_PARTS if args.caption is None else args.caption
    quiet = args.quiet or args.json
    faults = None if args.faults is None else read_faults(args.faults)
    found = load_input(args.score, quiet=args.quiet)
    with LiveLine("rehearsing", quiet) as line:
        rehearsed = rehearse(
            found.schedule,
            sources=found.sources,
            images=found.image,
            bundle=args.bundle,
            out=args.out,
            video=not args.no_video,
            size=args.video_size or DEFAULT_SIZE,
            realtime=args.realtime,
            events=args.event,
            faults=faults,
            watch=lambda moment: _show(line, moment),
            caption=caption,
            warn=lambda text: line.say(f"sequencer: {text}"),
            typed=line.type if args.realtime else None,
        )
    return _tell(args, rehearsed)


def _show(line: LiveLine, moment: Progress) -> None:
    where = " ".join(part for part in (moment.section or "", moment.place, moment.action or "") if part)
    if moment.paused:
        where = f"paused {where}"
    line.show(moment.chunk, moment.chunks, where if len(where) <= 60 else where[:59] + "…", at_once=moment.is_turn)


def _tell(args: argparse.Namespace, rehearsed: RehearsalResult) -> int:
    from sequencer.cli import INTERRUPTED
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.report_format import as_table, verdict

    report = rehearsed.report
    if args.json:
        print(json.dumps({"folder": str(rehearsed.folder), **rehearsed.document}, ensure_ascii=False))
    elif not args.quiet:
        print(as_table(report, rehearsed.schedule))
        print()
        print(verdict(report))
        if rehearsed.folder is not None:
            print(
                list_files(
                    rehearsed.folder, with_captions=bool(args.caption is None or "position" in args.caption) and not args.clean
                )
            )
    for failure in rehearsed.failures:
        print(f"sequencer: the run's folder is not complete: {escape_control(failure)}", file=sys.stderr)
    if report.ended.startswith("interrupted"):
        print(
            f"sequencer: {escape_control(report.ended)}; what was made up to there is whole, in {rehearsed.folder}",
            file=sys.stderr,
        )
        return INTERRUPTED
    if rehearsed.went_well:
        return 1 if rehearsed.failures else 0
    print(f"sequencer: the run did not go as written: {verdict(report)}", file=sys.stderr)
    return 1
