"""Play a score on the simulator: no key, no GPU.

Leaves a video, a timeline, a contact sheet, a report and a journal.

Time is virtual (as fast as frames can be drawn) unless --realtime is given; then the keys of
`sequencer perform` work, and `sequencer tell` reaches the run. Exit code 0 when every cue landed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sequencer.cli.run_files import list_files
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.cli.progress import LiveLine
    from sequencer.renderers.choosing import RendererChoice
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.rehearsal import Progress
    from sequencer.runtime.results import RehearsalResult

Value = TypeVar("Value")

SCORE_HELP = "a .score or .yaml file, a compiled .json, or a run to play again"


def argument(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return a parser of a value for argparse, which names the option in front of the message.

    The message contains the hint, which the parser of the command line takes out again.
    """

    def parsed(text: str) -> Value:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def video_size(text: str) -> tuple[int, int]:
    """Parse a size such as `1280x768`: even numbers from 64 to 4096."""
    from sequencer.api.options import parse_video_size

    return argument(parse_video_size)(text)


def caption_parts(text: str) -> frozenset[Part]:
    """Parse parts of a caption, such as `title,position`, or `none`."""
    from sequencer.api.options import parse_caption

    return argument(parse_caption)(text)


def add_range_arguments(parser: argparse._ActionsContainer) -> None:
    """Describe `--from` and `--to`."""
    parser.add_argument(
        "--from",
        dest="from_",
        metavar="POSITION",
        help="begin there, with what is in force there: a section (drop), a position in it "
        "('drop 9.1'), a time (90s) or a chunk (24c)",
    )
    parser.add_argument("--to", metavar="POSITION", help="end before this position")


def add_part_argument(parser: argparse._ActionsContainer) -> None:
    """Describe `--part`."""
    parser.add_argument(
        "--part",
        metavar="STAGE",
        help="play one stage of a score for several (default: all of them together)",
    )


def faults_file(text: str) -> tuple[str | None, Path]:
    """Parse a faults file, with the stage that it is for if it is NAME=FILE."""
    name, equals, file = text.partition("=")
    return (name, Path(file)) if equals and name.isidentifier() else (None, Path(text))


def add_renderer_arguments(parser: argparse._ActionsContainer, default: str) -> None:
    """Describe `--renderer` and what belongs to it."""
    parser.add_argument(
        "--renderer",
        metavar="NAME",
        default=default,
        help="what makes the frames: drawn, or helios for its open weights on this machine "
        f"(default: {default})",
    )
    add_weights_arguments(parser)


def add_weights_arguments(parser: argparse._ActionsContainer) -> None:
    """Describe what belongs to a renderer with a model."""
    parser.add_argument(
        "--weights",
        metavar="WEIGHTS",
        help="for helios: the folder of the weights, or NAME@REVISION of the Hugging Face Hub",
    )
    parser.add_argument(
        "--renderer-option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=renderer_option,
        help="for helios: size=640x384, device=cuda:0, dtype=bfloat16, offload=model, "
        "compile=yes, steps=2-2-2, gamma=0.33 (repeatable)",
    )


def renderer_option(text: str) -> tuple[str, str]:
    """Parse an option of a renderer, such as `size=640x384`."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as size=640x384")
    return name, value


def renderer_choice(args: argparse.Namespace) -> RendererChoice:
    """Return the renderer that the options choose."""
    from sequencer.renderers.choosing import RendererChoice

    return RendererChoice(
        name=args.renderer, weights=args.weights, options=dict(args.renderer_option)
    )


def add_reload_argument(parser: argparse._ActionsContainer, where: str = "") -> None:
    """Describe `--reload`; `where` is what comes before the text."""
    parser.add_argument(
        "--reload",
        metavar="MODE",
        nargs="?",
        const="offer",
        choices=("offer", "auto"),
        help=f"{where}watch the score's file, and let edits take over while the run plays: offer "
        "(the default) reports an edit, auto takes it over when it is saved",
    )


def add_arguments(
    parser: argparse.ArgumentParser, what: tuple[str, str] = ("SCORE", SCORE_HELP)
) -> None:
    """Describe the command's arguments; `what` names and explains the first."""
    parser.add_argument("score", metavar=what[0], type=Path, help=what[1])
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="the run's folder (default: runs/<time>-<title>)"
    )
    parser.add_argument(
        "--no-video", action="store_true", help="write no video: only journal, report and timeline"
    )
    parser.add_argument(
        "--video-size", metavar="WxH", type=video_size, help="the video's size (default: 1280x768)"
    )
    parser.add_argument(
        "--draft",
        action="store_true",
        help="draw small frames, which is much faster (default size: 320x192)",
    )
    parser.add_argument(
        "--caption",
        metavar="PARTS",
        type=caption_parts,
        help="what is written on the frames, joined by commas: title, section, take, position, "
        "action (the part of the prompt "
        "that changes), simulator (the whole prompt, seed, chunk and frame); or none (default: all "
        "but action)",
    )
    parser.add_argument(
        "--clean", action="store_true", help="write nothing on the frames, like --caption none"
    )
    add_renderer_arguments(parser, "drawn")
    add_range_arguments(parser)
    add_part_argument(parser)
    parser.add_argument("--realtime", action="store_true", help="play at the speed of a live run")
    if what[1] == SCORE_HELP:
        add_reload_argument(parser, "with --realtime: ")
    else:
        parser.set_defaults(reload=None)  # a run is not edited
    parser.add_argument(
        "--event",
        metavar="'WHAT@WHEN'",
        action="append",
        default=[],
        help=(
            "simulate an input: 'go exit@12c', 'note C3@jam 9.3', 'cc 20=70@verse 2/2 1', 'program "
            "5@30s' (repeatable)"
        ),
    )
    parser.add_argument(
        "--faults",
        metavar="[STAGE=]FILE",
        action="append",
        default=[],
        type=faults_file,
        help="simulate the faults in this file (docs/faults.md), on one of several stages or on "
        "all (repeatable)",
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
    """Rehearse one score.

    Returns:
        0 if every cue landed; 1 if one did not, or if the run did not reach its end; 130 if it was
            interrupted.
    """
    from sequencer.api.rehearsing import check_video_options, rehearse_input
    from sequencer.api.sources import PartsInput
    from sequencer.cli.inputs import load_playable
    from sequencer.cli.progress import LiveLine
    from sequencer.stages.simulated.faults import read_faults

    choice = renderer_choice(args)
    check_video_options(not args.no_video, args.video_size, args.caption, args.draft, choice)
    if args.no_video and args.clean:
        raise UsageError(
            "--clean applies to the video, but --no-video omits it", "omit one of the two"
        )
    if args.clean and args.caption is not None:
        raise UsageError(
            "--clean writes nothing on the frames, but --caption does", "omit one of the two"
        )
    quiet = args.quiet or args.json
    faults = {stage: read_faults(file) for stage, file in args.faults}
    found = load_playable(args.score, quiet=args.quiet, part=args.part)
    if isinstance(found, PartsInput):
        from sequencer.cli.ensembles import rehearse_all

        return rehearse_all(args, found, faults, choice)
    named = next((stage for stage in faults if stage is not None), None)
    if named is not None:
        raise UsageError(
            f"--faults {named}=… is for one of several stages, and this plays one",
            f"write --faults {dict(args.faults)[named]}",
        )
    with LiveLine("rehearsing", quiet) as line:
        rehearsed = rehearse_input(
            found,
            bundle=args.bundle,
            out=args.out,
            video=not args.no_video,
            video_size=args.video_size,
            draft=args.draft,
            from_=args.from_,
            to=args.to,
            realtime=args.realtime,
            events=args.event,
            faults=faults.get(None),
            progress=lambda moment: show_progress(line, moment),
            writing=lambda name: line.step(f"writing {name}"),
            caption=frozenset() if args.clean else args.caption,
            warn=lambda text: line.print_line(f"sequencer: {text}"),
            typed=line.type if args.realtime else None,
            reload=args.reload,
            renderer=choice,
            loading=lambda done, total, what: line.show(done, total, f"MB: loading {what}"),
        )
    return print_result(args, rehearsed)


def show_progress(line: LiveLine, moment: Progress) -> None:
    """Show the progress of a run."""
    where = " ".join(
        part for part in (moment.section or "", moment.place, moment.action or "") if part
    )
    if moment.paused:
        where = f"paused {where}"
    line.show(
        moment.chunk - moment.first,
        moment.chunks - moment.first,
        where if len(where) <= 60 else where[:59] + "…",
        at_once=moment.is_turn,
    )


def print_result(args: argparse.Namespace, rehearsed: RehearsalResult) -> int:
    """Print the report of a rehearsal and the files it left; return the exit code."""
    from sequencer.cli import INTERRUPTED
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.report_format import as_table, verdict

    report = rehearsed.report
    if args.json:
        print(
            json.dumps({"folder": str(rehearsed.folder), **rehearsed.document}, ensure_ascii=False)
        )
    elif not args.quiet:
        print(as_table(report, rehearsed.schedule))
        print()
        print(verdict(report))
        if rehearsed.folder is not None:
            print(
                list_files(
                    rehearsed.folder,
                    with_captions=bool(args.caption is None or "position" in args.caption)
                    and not args.clean,
                )
            )
    for failure in rehearsed.failures:
        print(
            f"sequencer: the run's folder is not complete: {escape_control(failure)}",
            file=sys.stderr,
        )
    if report.ended.startswith("interrupted"):
        print(
            (
                f"sequencer: {escape_control(report.ended)}; the results up to that point are "
                f"complete, in {rehearsed.folder}"
            ),
            file=sys.stderr,
        )
        return INTERRUPTED
    if rehearsed.went_well:
        return 1 if rehearsed.failures else 0
    print(f"sequencer: the run differs from the score: {verdict(report)}", file=sys.stderr)
    return 1
