"""Serve the studio: a page to edit, rehearse, perform and report a score.

It prints the page's address with its key. Without a SCORE, the page offers those of the folder. The
stage, MIDI and OSC options are those of `sequencer perform`; a rehearsal always plays on the
simulator.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.cli.perform import amount, osc_input, osc_target
from sequencer.cli.serve import report_loop_error

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions

MAX_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "score",
        metavar="SCORE|FOLDER",
        type=Path,
        nargs="?",
        default=Path(),
        help="a .score or .yaml file, or a folder with scores (default: the working directory)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to serve at (default: this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=8090, help="the port (default 8090; 0 chooses a free one)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the default browser")
    where = parser.add_argument_group("the stage of a show")
    where.add_argument(
        "--stage",
        choices=("reactor", "simulated", "vllm-omni"),
        default="simulated",
        help="where a show plays (default: the simulator in this process)",
    )
    where.add_argument(
        "--url", help="another address of the platform, or that of your vLLM-Omni server (ws://…)"
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
        "--record", action="store_true", help="write the video of each run into its folder"
    )
    where.add_argument(
        "--price", metavar="DOLLARS", type=amount, help="the hourly rate of the stage (6)"
    )
    devices = parser.add_argument_group("devices")
    devices.add_argument("--midi-in", metavar="PORT", help="receive MIDI from this port")
    devices.add_argument("--midi-out", metavar="PORT", help="where to send MIDI")
    devices.add_argument(
        "--osc-in", metavar="[HOST:]PORT", type=osc_input, help="receive OSC at this UDP port"
    )
    devices.add_argument(
        "--osc-out",
        metavar="HOST:PORT",
        type=osc_target,
        action="append",
        default=[],
        help="send OSC there; may be given several times",
    )
    devices.add_argument(
        "--debounce",
        metavar="MS",
        type=int,
        help="ignore what a device sends again within this time, where it would leave another "
        "section (default: 100)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import asyncio
    import logging

    from sequencer.core.errors import UsageError

    if not 0 <= args.port <= MAX_PORT:
        raise UsageError(f"--port {args.port} is not a port", "ports go from 0 to 65535")
    _check_show(args)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    asyncio.run(_serve(args, folder=_folder_of(args.score)))
    return 0


def _folder_of(path: Path) -> Path | None:
    """Return the folder that a path names, absolute; None if it does not name one.

    Raises UsageError: It was removed since this shell entered it.
    """
    from sequencer.core.errors import UsageError

    if not path.is_dir():
        return None
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise UsageError(
            f"the folder {path} cannot be used: {error.strerror}", "change into another folder"
        ) from None


def _show_of(args: argparse.Namespace) -> PerformOptions:
    from sequencer.api.performing import PerformOptions

    return PerformOptions(
        stage=args.stage,
        url=args.url,
        local=args.local,
        key_file=args.key_file,
        record=args.record,
        price=args.price,
        midi_in=args.midi_in,
        midi_out=args.midi_out,
        osc_in=args.osc_in,
        osc_out=args.osc_out,
        debounce=args.debounce,
    )


def _check_show(args: argparse.Namespace) -> None:
    """Check, as `perform` does, that a show could begin on the stage. Raises SequencerError."""
    import os

    from sequencer.api.perform_options import check_options
    from sequencer.stages.reactor.settings import find_key

    check_options(_show_of(args))
    if args.stage == "reactor" and not args.local:
        find_key(os.environ, args.key_file)


async def _serve(args: argparse.Namespace, *, folder: Path | None) -> None:
    import asyncio
    from contextlib import nullcontext, suppress

    from sequencer.core.diagnostics import escape_control
    from sequencer.runtime.signals import ending_signals
    from sequencer.studio.app import StudioServer
    from sequencer.studio.opening import opened_in_browser
    from sequencer.studio.studio import Studio, StudioSettings
    from sequencer.studio.workspace import Workspace

    path: Path = args.score
    workspace = Workspace.open(path) if folder is None else Workspace.untitled(folder)
    folder = folder or path.parent
    show = _show_of(args)

    def print_line(text: object) -> None:
        print(escape_control(str(text)), file=sys.stderr, flush=True)

    studio = Studio(StudioSettings(folder=folder, show=show, print_line=print_line), workspace)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report_loop_error)
    for one in ending_signals():
        with suppress(NotImplementedError):  # Windows, where Ctrl-C interrupts asyncio.run itself
            loop.add_signal_handler(one, stop.set)
    async with StudioServer(studio, args.host, args.port) as server:
        await studio.start()
        try:
            if server.is_open_to_others:
                print_line(
                    f"warning: {args.host} is open to other machines, and the connection is not "
                    "encrypted: use it only in a network that you trust"
                )
            print(f"The studio is at {server.page_url('/', studio.keys.operator)}", flush=True)
            print("(Ctrl-C ends it. The address contains the key: do not pass it on.)", flush=True)
            url = server.page_url("/", studio.keys.operator)
            with opened_in_browser(url) if args.open else nullcontext(True) as has_opened:
                if not has_opened:
                    print_line("sequencer: no browser was found; open the address by hand")
                await stop.wait()
        finally:
            await studio.stop()
