"""Perform a score on a live Helios through Reactor, or in real time on the embedded stage.

The key comes from the environment variable REACTOR_API_KEY, or from a file (--key-file); never from the command line.
Keys while it runs: space pause/resume, g NAME go, c clip, : anything that `sequencer tell` can say, q q finish.
Exit code 0 when every cue landed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sequencer.cli.inputs import RunInput
    from sequencer.engine.journal import Journal
    from sequencer.runtime.live.run import LiveResult, LiveSettings
    from sequencer.runtime.output.run_folder import RunFolder

REACTOR, SIMULATED = "reactor", "simulated"
VIDEO_SIZE = (1280, 768)
PRICE = Fraction(6)
"""The public price of a Helios session, in dollars per hour."""


def amount(text: str) -> Fraction:
    """Parse a number from 0 to 100000, exactly."""
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 100000")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from sequencer.cli.rehearse import video_size

    parser.add_argument(
        "score", metavar="SCORE", type=Path, nargs="?", help="a .score or .yaml file, a compiled .json, or a run"
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        type=Path,
        help="go on with a run that was killed, in its session, with the options that it was started with",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run's folder (default: runs/<time>-<title>)")
    where = parser.add_argument_group("the stage")
    where.add_argument("--stage", choices=(REACTOR, SIMULATED), help="where to play (default: reactor)")
    where.add_argument("--url", help="another address of the platform, such as the one that `sequencer serve` prints")
    where.add_argument("--local", action="store_true", help="speak a local runtime's session routes, which need no key")
    where.add_argument("--key-file", metavar="FILE", type=Path, help="a file that holds the API key and nothing else")
    where.add_argument("--wire", choices=("auto", "v0", "v1"), help="the wire's version (default: auto)")
    where.add_argument("--faults", metavar="FILE", type=Path, help="with --stage simulated: what goes wrong (docs/faults.md)")
    gear = parser.add_argument_group("gear")
    gear.add_argument("--midi-in", metavar="PORT", help="hear this MIDI port (default: the one in the score's clock line)")
    gear.add_argument("--midi-out", metavar="PORT", help="where to send MIDI: what cues and rules say, and the clock")
    gear.add_argument(
        "--no-transport",
        action="store_true",
        help="with clock link: begin by itself, on a bar line, beside others that share no start and stop",
    )
    gear.add_argument("--send-clock", action="store_true", help="send the score's beats as a MIDI clock to --midi-out")
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument(
        "--record",
        action="store_true",
        help="write the video into the run's folder, without a caption: the frames as they came",
    )
    pictures.add_argument("--video-size", metavar="WxH", type=video_size, help="its size (1280x768)")
    pictures.add_argument("--watch", metavar="TARGET", help="show the picture to a player: a port, udp://127.0.0.1:PORT or -")
    pictures.add_argument("--clip", metavar="SECONDS", type=int, help="fetch a clip of the last seconds at the end")
    time = parser.add_argument_group("time")
    time.add_argument("--follow", action="store_true", help="follow wall time: beats stay with music that plays beside")
    time.add_argument("--offset", metavar="MS", type=int, default=0, help="show changes later (or, negative, earlier)")
    time.add_argument("--max-minutes", metavar="N", type=amount, help="stop after so long (default: the score's length + 5)")
    time.add_argument("--price", metavar="DOLLARS", type=amount, help="the hourly rate, for the status line (6)")
    parser.add_argument("--bundle", action="store_true", help="put journal and images into one file, bundle.zip, at the end")
    parser.add_argument("--event", metavar="'WHAT@WHEN'", action="append", default=[], help="as `sequencer rehearse` has it")
    parser.add_argument("-q", "--quiet", action="store_true", help="no status line, no table: only what went wrong")
    parser.add_argument("--json", action="store_true", help="print the report as JSON, nothing else")


def run(args: argparse.Namespace) -> int:
    """Perform one score.

    Returns:
        0 if every cue landed; 1 if one did not, or if the run did not reach its end; 130 if it was interrupted.
    """
    from sequencer.cli.inputs import RunInput, load_input
    from sequencer.cli.resume_options import resume_options
    from sequencer.core.errors import UsageError
    from sequencer.engine.journal import read_journal
    from sequencer.runtime.output.run_folder import RunFolder

    if args.score is None and args.resume is None:
        raise UsageError("give a SCORE to perform, or --resume RUN", "see: sequencer perform --help")
    broken_off = None
    if args.resume is not None:
        folder = RunFolder.adopt(args.resume)
        _check_over(folder)
        broken_off = read_journal(folder.path)
        resume_options(args, folder, broken_off)
        told = broken_off.header.get("settings", {})
        args.url = args.url or _address(told.get("url"), args.resume)
        _check_flags(args)
        written = Path(next(iter(broken_off.sources), ""))
        found = RunInput(broken_off.schedule, broken_off.sources, written.parent, folder.final.name)
    else:
        _check_flags(args)
        args.stage = args.stage or REACTOR
        found = load_input(args.score, quiet=args.quiet)
        schedule = found.schedule
        if args.offset and not (args.follow or schedule.clock.is_outer or schedule.has_timed_sends):
            message = "--offset moves places against a clock or gear, and this run has neither"
            raise UsageError(message, "add --follow, or leave --offset out")
        folder = RunFolder.make(args.out, found.schedule.title or "run")
    return _tell(args, asyncio.run(_perform(args, found, folder, broken_off)))


def _check_over(folder: RunFolder) -> None:
    """Check that a run is not in progress: two processes would write its journal. Raises InputError if it is."""
    from sequencer.core.errors import InputError
    from sequencer.runtime.operator.remote import is_going_on

    if is_going_on(folder.path):
        raise InputError(f"the run in {folder.final} is still going on", f"to end it: sequencer tell {folder.final} finish")


def _address(url: object, run: Path) -> str | None:
    """Return the address at which a run played, from its journal. The key is sent there, and a journal may come from anybody.

    Raises:
        InputError: The address is neither the platform's usual one nor on this machine.
    """
    from sequencer.core.errors import InputError
    from sequencer.stages.reactor.settings import PRODUCTION, is_loopback

    if url is None or (isinstance(url, str) and (url == PRODUCTION or is_loopback(url))):
        return url
    raise InputError(
        f"the journal in {run} says that it played at {str(url)[:200]!r}, where your key would be sent",
        "if that is right, say it yourself: --url ADDRESS",
    )


def _check_flags(args: argparse.Namespace) -> None:
    """Check that every given option has a meaning together with the others. Raises UsageError for the first that has none."""
    from sequencer.core.errors import UsageError
    from sequencer.runtime.operator.commands import MAX_OFFSET

    def given(*flags: str) -> str | None:
        return next((flag for flag in flags if getattr(args, flag[2:].replace("-", "_")) not in (None, False, 0)), None)

    simulated = given("--url", "--local", "--key-file", "--wire", "--watch", "--clip", "--price")
    if args.stage == SIMULATED and simulated is not None:
        message = f"{simulated} is for a stage at the other end of a wire, and --stage simulated plays in this process"
        raise UsageError(message, f"leave {simulated} out, or --stage simulated")
    if args.stage != SIMULATED and args.faults is not None:
        raise UsageError("--faults lets the embedded stage go wrong", "add --stage simulated, or leave --faults out")
    if abs(args.offset) > MAX_OFFSET:
        raise UsageError(f"--offset {args.offset} is further than {MAX_OFFSET} ms", "write for example --offset -40")
    if args.local and args.key_file is not None:
        raise UsageError("--local needs no key, so --key-file is not read", "leave one of the two out")
    if args.video_size is not None and not args.record:
        raise UsageError("--video-size is that of the video, and none is written", "add --record, or leave --video-size out")


def _settings(args: argparse.Namespace, found: RunInput) -> LiveSettings:
    from sequencer.api.scripted_events import read_event
    from sequencer.cli.resume_options import remembered
    from sequencer.runtime.live.run import LiveSettings

    return LiveSettings(
        schedule=found.schedule,
        sources=found.sources,
        following=True if args.follow else None,
        offset_ms=args.offset,
        most_minutes=args.max_minutes,
        script=tuple(read_event(one, found.schedule) for one in args.event),
        price_per_hour=(PRICE if args.price is None else args.price) if args.stage == REACTOR else Fraction(0),
        clip_at_end=args.clip,
        quiet=args.quiet or args.json,
        images=found.image,
        bundle=args.bundle,
        told={
            "stage": args.stage,
            "local": args.local,
            "wire": args.wire or "auto",
            "record": args.record,
            "url": args.url,
            **({"no_transport": True} if args.no_transport else {}),
            **({"options": options} if (options := remembered(args)) else {}),
        },
    )


async def _perform(args: argparse.Namespace, found: RunInput, folder: RunFolder, broken_off: Journal | None) -> LiveResult:
    from sequencer.core.errors import SequencerError
    from sequencer.runtime.live.assembly import LiveOptions, LiveRunBuilder
    from sequencer.runtime.live.run import remove_run_folder

    wishes = LiveOptions(
        stage=args.stage,
        url=args.url,
        local=args.local,
        key_file=args.key_file,
        wire=args.wire or "auto",
        faults=args.faults,
        record=args.record,
        video_size=args.video_size or VIDEO_SIZE,
        watch=args.watch,
        midi_in=args.midi_in,
        midi_out=args.midi_out,
        send_clock=args.send_clock,
        transport=not args.no_transport,
    )
    run = None
    try:
        run = LiveRunBuilder(wishes, _settings(args, found), folder, found.image, broken_off).run
        return await run.play()
    except SequencerError:
        if broken_off is None and (run is None or run.performance.conductor.run.takes == 0):
            remove_run_folder(folder)
        raise


def _tell(args: argparse.Namespace, performed: LiveResult) -> int:
    from sequencer.cli import INTERRUPTED
    from sequencer.cli.run_files import list_files
    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.output.report_format import as_table, verdict

    report = performed.report
    if args.json:
        print(json.dumps({"folder": str(performed.folder), **performed.document}, ensure_ascii=False))
    elif not args.quiet:
        print(as_table(report, performed.schedule))
        print()
        print(verdict(report))
        print(list_files(performed.folder, performed.clips))
    for failure in performed.failures:
        print(f"sequencer: the run's folder is not complete: {escape_control(failure)}", file=sys.stderr)
    if report.ended.startswith("interrupted"):
        print(
            f"sequencer: {escape_control(report.ended)}; the session was closed, and what was made is in {performed.folder}",
            file=sys.stderr,
        )
        return INTERRUPTED
    if performed.went_well:
        return 1 if performed.failures else 0
    print(f"sequencer: the run did not go as written: {verdict(report)}", file=sys.stderr)
    return 1
