"""Perform a score on a live Helios through Reactor, or in real time on the simulator.

The key comes from the environment variable REACTOR_API_KEY, or from a file (--key-file); never from
the command line. Keys during the run: space pause/resume, Enter or g NAME go, c clip, : any command
of `sequencer tell`, q q finish. Exit code 0 when every cue landed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.rehearse import (
    add_part_argument,
    add_range_arguments,
    add_reload_argument,
    argument,
    video_size,
)
from sequencer.core.errors import UsageError

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.api.sources import RunInput
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.runtime.results import PerformanceResult


def amount(text: str) -> Fraction:
    """Parse a number from 0 to 100000, exactly."""
    from sequencer.api.options import parse_amount

    return argument(parse_amount)(text)


def stage_url(text: str) -> tuple[str | None, str]:
    """Parse an address, with the stage that it is for if it is NAME=URL."""
    name, equals, url = text.partition("=")
    return (name, url) if equals and name.isidentifier() else (None, text)


def osc_input(text: str) -> Endpoint:
    """Parse where OSC is received."""
    from sequencer.runtime.osc.endpoints import parse_input

    return argument(parse_input)(text)


def osc_target(text: str) -> Endpoint:
    """Parse where OSC is sent."""
    from sequencer.runtime.osc.endpoints import parse_target

    return argument(parse_target)(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "score",
        metavar="SCORE",
        type=Path,
        nargs="?",
        help="a .score or .yaml file, a compiled .json, or a run",
    )
    parser.add_argument(
        "further",
        metavar="SCORE",
        type=Path,
        nargs="*",
        help="further scores: a set list, performed one after the other",
    )
    parser.add_argument(
        "--auto-next",
        action="store_true",
        help="in a set list: begin the next score at once, instead of waiting for Enter or a GO",
    )
    parser.add_argument(
        "--warm",
        action="store_true",
        help="in a set list: keep the session, which is billed meanwhile, and arm the next score",
    )
    parser.add_argument(
        "--warm-minutes",
        metavar="N",
        type=amount,
        help="with --warm: how long the session waits for Enter or a GO before it is ended (10)",
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        type=Path,
        help=(
            "resume a run that was killed, in its session, with the options that it was started "
            "with"
        ),
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="the run's folder (default: runs/<time>-<title>); of a set list, the folder for its "
        "runs",
    )
    where = parser.add_argument_group("the stage")
    where.add_argument(
        "--stage",
        choices=("reactor", "simulated", "vllm-omni"),
        help="where to play (default: reactor)",
    )
    where.add_argument(
        "--url",
        metavar="[STAGE=]URL",
        action="append",
        default=[],
        type=stage_url,
        dest="addresses",
        help="another address of the platform, such as the one that `sequencer serve` prints; with "
        "--stage vllm-omni the address of your server, such as ws://127.0.0.1:8091; for a score "
        "for several stages, of one of them or of all (repeatable)",
    )
    where.add_argument(
        "--local",
        action="store_true",
        help="use the session routes of a local runtime, which need no key",
    )
    where.add_argument(
        "--key-file", metavar="FILE", type=Path, help="a file that contains only the API key"
    )
    where.add_argument(
        "--wire", choices=("auto", "v0", "v1"), help="the protocol version (default: auto)"
    )
    where.add_argument(
        "--faults",
        metavar="FILE",
        type=Path,
        help="with --stage simulated: the faults to simulate (docs/faults.md)",
    )
    devices = parser.add_argument_group("MIDI")
    devices.add_argument(
        "--midi-in",
        metavar="PORT",
        help="receive MIDI from this port (default: the one in the score's clock line)",
    )
    devices.add_argument(
        "--midi-out",
        metavar="PORT",
        help="where to send MIDI: the messages of cues and rules, and the clock",
    )
    devices.add_argument(
        "--no-transport",
        action="store_true",
        help="with clock link: begin on a bar line, for sessions that do not share start and stop",
    )
    devices.add_argument(
        "--send-clock",
        action="store_true",
        help="send the score's beats as a MIDI clock to --midi-out",
    )
    osc = parser.add_argument_group("OSC")
    osc.add_argument(
        "--osc-in",
        metavar="[HOST:]PORT",
        type=osc_input,
        help="receive OSC at this UDP port (the addresses: sequencer osc)",
    )
    osc.add_argument(
        "--osc-out",
        metavar="HOST:PORT",
        type=osc_target,
        action="append",
        default=[],
        help="send the score's OSC messages and the run's state there; may be given several times",
    )
    video = parser.add_argument_group("video")
    video.add_argument(
        "--record",
        action="store_true",
        help="write the video into the run's folder, without a caption: the frames as received",
    )
    video.add_argument(
        "--video-size", metavar="WxH", type=video_size, help="the size of the video (1280x768)"
    )
    video.add_argument(
        "--watch",
        metavar="TARGET",
        help="show the video in a player: a port, udp://127.0.0.1:PORT or -",
    )
    video.add_argument(
        "--clip", metavar="SECONDS", type=int, help="fetch a clip of the last seconds at the end"
    )
    time = parser.add_argument_group("time")
    add_range_arguments(time)
    add_part_argument(time)
    time.add_argument(
        "--follow",
        action="store_true",
        help="follow wall-clock time, so that beats stay in time with music played elsewhere",
    )
    time.add_argument(
        "--offset", metavar="MS", type=int, default=0, help="show changes later (negative: earlier)"
    )
    time.add_argument(
        "--max-minutes",
        metavar="N",
        type=amount,
        help="stop after this time (default: the score's length + 5)",
    )
    time.add_argument(
        "--price", metavar="DOLLARS", type=amount, help="the hourly rate, for the status line (6)"
    )
    add_reload_argument(parser)
    operator = parser.add_argument_group("buttons and keys")
    operator.add_argument(
        "--debounce",
        metavar="MS",
        type=int,
        help="ignore what a MIDI or OSC device sends again within this time, where it would leave "
        "another section (default: 100; 0 ignores nothing)",
    )
    operator.add_argument(
        "--debounce-keys",
        metavar="MS",
        type=int,
        help="ignore a key that is pressed again, or held, within this time (default: 700)",
    )
    parser.add_argument(
        "--bundle",
        action="store_true",
        help="put journal, images and sound into one file, bundle.zip, at the end",
    )
    parser.add_argument(
        "--event",
        metavar="'WHAT@WHEN'",
        action="append",
        default=[],
        help="as in `sequencer rehearse`",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="no status line, no table: only problems"
    )
    parser.add_argument("--json", action="store_true", help="print only the report, as JSON")


def run(args: argparse.Namespace) -> int:
    """Perform one score, or several one after the other.

    Returns:
        0 if every cue landed; 1 if one did not, or if the run did not reach its end; 130 if it was
            interrupted.
    """
    from dataclasses import fields

    from sequencer.api.perform_options import check_options
    from sequencer.api.performing import VLLM_OMNI, PerformOptions, play, prepare
    from sequencer.api.sources import PartsInput
    from sequencer.cli.inputs import load_input, load_playable

    given = {
        field.name: getattr(args, field.name)
        for field in fields(PerformOptions)
        if hasattr(args, field.name)
    }
    options = PerformOptions(
        **{**given, "quiet": args.quiet or args.json},
        url=dict(args.addresses).get(None),
        urls={stage: url for stage, url in args.addresses if stage is not None},
    )
    if args.warm_minutes is not None and not args.warm:
        raise UsageError(
            "--warm-minutes limits how long a session is kept, but none is",
            "add --warm, or omit it",
        )
    if args.warm and args.stage == VLLM_OMNI:
        raise UsageError(
            f"--warm keeps a session, but a session of {VLLM_OMNI} ends with its connection",
            "omit --warm: a session on your own server begins at once",
        )
    if args.further:
        return _perform_set(args, options)
    for flag, is_given in (("--auto-next", args.auto_next), ("--warm", args.warm)):
        if is_given:
            raise UsageError(
                f"{flag} is for several scores, but one is given",
                f"omit it, or write: sequencer perform first.score second.score {flag}",
            )
    found: RunInput | None = None
    if options.resume is None and args.score is not None:
        check_options(options)
        playable = load_playable(args.score, quiet=args.quiet, part=args.part)
        if isinstance(playable, PartsInput):
            from sequencer.cli.ensembles import perform_all

            return perform_all(args, playable, options)
        if options.urls:
            named, url = next(iter(options.urls.items()))
            raise UsageError(
                f"--url {named}=… is for one of several stages, and this plays one",
                f"write --url {url}",
            )
        found = playable
    if options.resume is not None and args.score is not None and args.part is not None:
        options.score = load_input(args.score, quiet=args.quiet, keeps_chunks=True, part=args.part)
    prepared = prepare(options, lambda _: _loaded(found))
    return _report(args, asyncio.run(play(prepared)))


def _loaded(found: RunInput | None) -> RunInput:
    """Return what was loaded. Without a score, `prepare` raises before it asks for it."""
    if found is None:
        raise UsageError("give a SCORE to perform", "see: sequencer perform --help")
    return found


def _perform_set(args: argparse.Namespace, options: PerformOptions) -> int:
    from sequencer.api.set_lists import WARM_MINUTES, Warmth, describe_end, play_set, prepare_set
    from sequencer.cli import INTERRUPTED, print_error
    from sequencer.cli.inputs import load_input
    from sequencer.core.diagnostics import escape_control
    from sequencer.core.timebase import nanoseconds

    scores = [args.score, *args.further]
    minutes = WARM_MINUTES if args.warm_minutes is None else args.warm_minutes

    def print_line(text: str) -> None:
        print(f"sequencer: {escape_control(text)}", file=sys.stderr, flush=True)

    entries = prepare_set(
        options,
        scores,
        lambda path: load_input(path, quiet=args.quiet, keeps_chunks=True, part=args.part),
        print_error,
    )
    result = asyncio.run(
        play_set(
            entries,
            auto_next=args.auto_next,
            warm=Warmth(wait_limit=nanoseconds(minutes * 60)) if args.warm else None,
            finished=lambda performed: _report(args, performed),
            notify=print_line,
        )
    )
    if result.ended:
        print_line(describe_end(result, len(scores)))
    if result.was_interrupted:
        return INTERRUPTED
    return 0 if result.went_well else 1


def _report(args: argparse.Namespace, performed: PerformanceResult) -> int:
    from sequencer.cli import INTERRUPTED
    from sequencer.cli.run_files import list_files
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.report_format import as_table, verdict

    report = performed.report
    if args.json:
        print(
            json.dumps({"folder": str(performed.folder), **performed.document}, ensure_ascii=False)
        )
    elif not args.quiet:
        print(as_table(report, performed.schedule))
        print()
        print(verdict(report))
        print(list_files(performed.folder, performed.clips))
    for failure in performed.failures:
        print(
            f"sequencer: the run's folder is not complete: {escape_control(failure)}",
            file=sys.stderr,
        )
    if report.ended.startswith("interrupted"):
        print(
            (
                f"sequencer: {escape_control(report.ended)}; the session was closed, and the "
                f"results are in {performed.folder}"
            ),
            file=sys.stderr,
        )
        return INTERRUPTED
    if performed.went_well:
        return 1 if performed.failures else 0
    print(f"sequencer: the run differs from the score: {verdict(report)}", file=sys.stderr)
    return 1
