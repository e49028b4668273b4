"""Serve an editor over the Language Server Protocol, on standard input and output.

The editor starts the command itself and ends it. It shows diagnostics, hints, descriptions,
completion and more while a score is written. Needs the extra `editor`:
pip install "helios-sequencer[editor]"
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sequencer.cli.streams import discard
from sequencer.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from sequencer.languageserver.session import Services
    from sequencer.schedule.model import Schedule

logger = logging.getLogger(__name__)

EXTRA = 'pip install "helios-sequencer[editor]"'
"""What installs the packages that the server needs."""

NEEDED = ("pygls", "lsprotocol", "attrs", "cattrs")
"""The packages of the extra."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    from sequencer.cli import VersionAction

    parser.add_argument(
        "--stdio",
        action="store_true",
        help="speak on standard input and output, as always; some editors add this option",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="log what happens, to standard error"
    )
    parser.add_argument(
        "--version", action=VersionAction, nargs=0, help="show the version and exit"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until the editor ends the connection.

    Returns:
        0, or 1 if it ends the connection without announcing it, as the protocol demands.
    """
    try:
        from sequencer.languageserver.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in NEEDED:
            raise
        raise UsageError(
            f"the language server needs pygls, which is not installed ({error})",
            f"install it: {EXTRA}",
        ) from None
    from sequencer.core.version import package_version

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if args.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("pygls").setLevel(logging.WARNING if args.verbose else logging.ERROR)
    if sys.stdin.isatty():
        print(
            "sequencer: this command is started by an editor, which sends messages to it; "
            "Ctrl-C ends it",
            file=sys.stderr,
        )
    try:
        ended = serve(package_version(), services(), sys.stdin.buffer, _reserve_output())
    except OSError as error:
        raise InputError(
            f"standard input cannot be read: {error.strerror}",
            "an editor starts this command, and sends messages to it",
        ) from None
    return 0 if ended else 1


class _Output(io.BufferedWriter):
    """The stream to the editor. Once it cannot be written, what is sent is discarded.

    pygls would report that an error cannot be sent by sending another one. An editor that has left
    also ends the input, and so the server.
    """

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            return self._discard(error, memoryview(data).nbytes)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._discard(error, 0)

    def _discard(self, error: OSError, length: int) -> int:
        if not isinstance(error, BrokenPipeError):
            logger.error("standard output cannot be written: %s", error.strerror)
        discard(self)
        return length


def _reserve_output() -> BinaryIO:
    """Return standard output as a stream of its own, to which no other code can write.

    From now on, whatever is printed goes to standard error, also from libraries in C.
    """
    sys.stdout.flush()
    own = _Output(io.FileIO(os.dup(sys.stdout.fileno()), "wb"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.stdout = sys.stderr
    return own


def services() -> Services:
    """Return what the server needs of the other packages."""
    from sequencer.language.loader import load_text
    from sequencer.languageserver.session import Services

    return Services(
        load=load_text,
        sheet=_sheet,
        timeline=_timeline,
        rehearse=lambda path: (
            # It runs in the score's folder, from which nothing may be imported (-P).
            *(sys.executable, "-P", "-m", "sequencer", "rehearse"),
            *(str(path), "--json"),
        ),
        take_over=_take_over,
    )


def _sheet(schedule: Schedule) -> str:
    from sequencer.api.reporting import SHEET_WIDTH, render_sheet

    return render_sheet(schedule, "html", full=True, width=SHEET_WIDTH)


def _timeline(schedule: Schedule, folder: Path) -> str:
    from sequencer.api.reporting import Drawing
    from sequencer.api.sources import RunInput

    files = RunInput(schedule=schedule, sources={}, folder=folder, name="")
    return Drawing(schedule, None, files).draw("html", pictures=True, warn=logger.warning)


def _take_over(score: Path, text: str) -> str:
    """Let the run in progress of a score take over its present text, and return its answer.

    Args:
        score: The score's file. The run is searched for in its folder and in the current one.
        text: The text in the editor, with `\\n` as newlines. The run reads the file.

    Raises:
        InputError: No run of this score is in progress, or the file has another text.
        UsageError: The run does not watch its score, or the text cannot take over.
    """
    from sequencer.language.source import normalise_newlines
    from sequencer.runtime.operator.remote import runs_in_progress, send_command

    folders = dict.fromkeys((score.parent, Path.cwd()))
    running = [run for folder in folders for run in runs_in_progress(folder)]
    mine = next((run for run in running if _plays(run, score)), None)
    if mine is None:
        where = f"of {score.name} is in progress in {score.parent}"
        raise InputError(
            f"no run {where}", f"begin one there: sequencer perform {score.name} --reload"
        )
    try:
        saved = normalise_newlines(score.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{score} cannot be read: {error}", "save it once more") from None
    if saved != text:
        raise InputError(f"a run reads the file {score.name}, which has another text", "save it")
    return send_command(mine, "reload") or "the run takes over the text"


def _plays(run: Path, score: Path) -> bool:
    """Return whether a run in progress plays a score: its journal has the name of its file."""
    from sequencer.core.errors import JournalError
    from sequencer.engine.journal import read_journal

    try:
        first = next(iter(read_journal(run).sources), "")
    except JournalError:
        return False
    return Path(first).name == score.name
