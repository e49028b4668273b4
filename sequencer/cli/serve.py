"""Serve the simulated Helios over Reactor's protocol.

Any Reactor client can then rehearse without a key.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

MAX_MINUTES = 1440
MAX_GRACE_SECONDS = 3600

DIALECTS = ("current", "2026-early", "1.x")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to serve at (default: this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=8080, help="the port (default 8080; 0 chooses a free one)"
    )
    parser.add_argument(
        "--faults",
        type=Path,
        metavar="FILE",
        help="a faults file: which faults to simulate, and when",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="the model to simulate; `sequencer models` lists them (default: helios)",
    )
    parser.add_argument(
        "--dialect",
        choices=DIALECTS,
        help="the model's messages and commands (default: the faults file's)",
    )
    parser.add_argument(
        "--wire", choices=("both", "v0"), default="both", help="v0: an older runtime"
    )
    parser.add_argument(
        "--fps",
        metavar="RATE",
        help="the actual frame rate, such as 24, 19.5 or 30000/1001 (default 24)",
    )
    parser.add_argument(
        "--native-size",
        action="store_true",
        help="send 1280×768 at 2x and 2560×1536 at 4x, not always 640×384",
    )
    parser.add_argument(
        "--plain", action="store_true", help="send small and simple frames, for a slow machine"
    )
    parser.add_argument(
        "--latency", type=int, default=0, metavar="MS", help="the delay of each datagram, each way"
    )
    parser.add_argument(
        "--jitter", type=int, default=0, metavar="MS", help="up to this much additional delay"
    )
    parser.add_argument(
        "--loss",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="the percentage of datagrams that are lost, each way",
    )
    parser.add_argument(
        "--refuse",
        action="append",
        default=[],
        metavar="COMMAND[:NTH]",
        help="refuse a command, or its nth occurrence",
    )
    parser.add_argument(
        "--drop-after",
        action="append",
        default=[],
        type=float,
        metavar="SECONDS",
        help=(
            "break every connection without notice, this long after the first chunk began "
            "(repeatable)"
        ),
    )
    parser.add_argument(
        "--session-minutes",
        type=float,
        default=20.0,
        metavar="N",
        help="end each session after this time, as the platform does (default 20)",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="keep a session without a client for this time, as the platform does (default 30)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import asyncio
    import logging

    from sequencer.core.errors import UsageError

    settings = _settings(args)
    if args.verbose:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        for name in ("sequencer.server", "sequencer.web"):
            logging.getLogger(name).setLevel(logging.INFO)
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"--port {settings.port} is not a port", "ports go from 0 to 65535")
    asyncio.run(_serve(args, settings))
    return 0


def _settings(args: argparse.Namespace):  # type: ignore[no-untyped-def]  # its type is only loaded when it is made
    from dataclasses import replace
    from fractions import Fraction

    from sequencer.core.errors import UsageError
    from sequencer.models.catalog import DEFAULT, NAMES, find_spec
    from sequencer.server.settings import BadNetwork, ServerSettings
    from sequencer.stages.simulated.faults import Faults, read_faults

    faults = read_faults(args.faults) if args.faults is not None else Faults()
    changes: dict[str, object] = {}
    if args.dialect is not None:
        changes["dialect"] = args.dialect
    if args.fps is not None:
        try:
            changes["fps"] = Fraction(args.fps)
        except (ValueError, ZeroDivisionError):
            raise UsageError(
                f"--fps {args.fps} is not a frame rate", "write 24, 19.5 or 30000/1001"
            ) from None
    if args.refuse:
        changes["refuse"] = [
            *(one.model_dump(exclude_unset=True) for one in faults.refuse),
            *(_refusal(one) for one in args.refuse),
        ]
    if changes:
        from pydantic import ValidationError

        try:
            faults = Faults.model_validate(
                {**faults.model_dump(by_alias=True, exclude_unset=True), **changes}
            )
        except ValidationError as error:
            raise UsageError(
                f"these options are not valid: {error.errors()[0]['msg']}",
                "see: sequencer serve --help",
            ) from None
    if not 0 <= args.loss <= 100:
        raise UsageError(f"--loss {args.loss} is not a percentage")
    if args.latency < 0 or args.jitter < 0 or any(one < 0 for one in args.drop_after):
        raise UsageError("--latency, --jitter and --drop-after cannot be negative")
    if not 0 < args.session_minutes <= MAX_MINUTES:
        raise UsageError(
            f"--session-minutes {args.session_minutes:g} is not above 0 and at most {MAX_MINUTES}"
        )
    if not 0 < args.grace <= MAX_GRACE_SECONDS:
        raise UsageError(
            f"--grace {args.grace:g} is not above 0 and at most {MAX_GRACE_SECONDS}",
            "write for example --grace 60",
        )
    if args.model is not None and args.model not in NAMES:
        raise UsageError(f"--model {args.model} is not a model", f"write one of {', '.join(NAMES)}")
    model = args.model or DEFAULT
    network = BadNetwork(latency=args.latency, jitter=args.jitter, loss=args.loss / 100)
    return replace(
        ServerSettings(),
        host=args.host,
        port=args.port,
        faults=faults,
        model=model,
        grid=find_spec(model).grid.as_chunk_grid(),
        wires=args.wire,
        native_size=args.native_size,
        plain=args.plain,
        network=network,
        drop_after=tuple(sorted(args.drop_after)),
        session_seconds=max(1, round(args.session_minutes * 60)),
        orphan_seconds=args.grace,
    )


def _refusal(text: str) -> dict[str, object]:
    command, _, nth = text.partition(":")
    from sequencer.core.errors import UsageError
    from sequencer.stages.wire.helios.commands import COMMAND_NAMES, SNAPSHOT_COMMAND_NAMES

    names = (*COMMAND_NAMES, *SNAPSHOT_COMMAND_NAMES)
    if command not in names or (nth and not nth.isdigit()):
        raise UsageError(
            f"--refuse {text} does not name a command", f"the commands are {', '.join(names)}"
        )
    return {"command": command, **({"nth": int(nth)} if nth else {})}


def report_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report errors outside of requests; in one sentence if no more connections can be accepted."""
    error = context.get("exception")
    if isinstance(error, OSError) and "accept" in str(context.get("message")):
        print(
            f"sequencer: a client cannot be accepted yet: {error.strerror}",
            file=sys.stderr,
            flush=True,
        )
    else:
        loop.default_exception_handler(context)


async def _serve(args: argparse.Namespace, settings) -> None:  # type: ignore[no-untyped-def]  # as above
    import asyncio
    import sys
    from contextlib import suppress

    from sequencer.models.catalog import find_spec
    from sequencer.runtime.signals import ending_signals
    from sequencer.server.app import StageServer

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in ending_signals():
        with suppress(
            NotImplementedError
        ):  # not available on Windows, where Ctrl-C interrupts asyncio.run itself
            loop.add_signal_handler(one, stop.set)
    loop.set_exception_handler(report_loop_error)
    spec = find_spec(settings.model)
    async with StageServer(settings) as server:
        if server.is_open_to_others:
            print(
                (
                    f"warning: {settings.host} is open to other machines: everyone who can reach "
                    "it can play, without a key\n"
                ),
                file=sys.stderr,
                flush=True,
            )
        print(
            f"A simulated {spec.title} is served at {server.url} (Ctrl-C ends it).\n\n"
            f"  sequencer perform SCORE --local --url {server.url}\n"
            f"  REACTOR_API_KEY=rk_rehearsal sequencer perform SCORE --url {server.url}\n\n"
            f"Python:      Reactor(model_name='{spec.connect}', api_url='{server.url}', "
            "local=True)\n"
            f"JavaScript:  new Reactor({{ modelName: '{spec.connect}', apiUrl: '{server.url}', "
            "local: true })",
            flush=True,
        )
        await stop.wait()
        with suppress(OSError):  # a terminal that was closed shows nothing any more
            print("shutting down: every client is notified", flush=True)
