"""The standard streams, whatever the shell, a daemon or a GUI made of them: none of them ends a show."""

from __future__ import annotations

import io
import os
import sys


def prepare() -> None:
    """Make the standard streams usable. Nothing is changed about streams that something else has put in place."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character must not end a run
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper) and not isinstance(sys.stderr, _Lasting):
        sys.stderr = _Lasting(
            sys.stderr.buffer, encoding=sys.stderr.encoding, errors="backslashreplace", newline="\n", line_buffering=True
        )


def _open_closed() -> None:
    """Open what was closed of the streams, so that no file is opened in the place of one.

    What is written goes nowhere, as with `>/dev/null`: a show is played whether or not anybody can read about it. What is
    read fails: nothing was there to be read.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY)  # the lowest free number, which is this one
        stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # it stays open
        setattr(sys, name, stream)


class _Lasting(io.TextIOWrapper):
    """Standard error that never fails: when nobody can read it any more, or it has no room, it leads nowhere from then on."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            discard(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            discard(self)


def discard(stream: object) -> None:
    """Lead a stream nowhere, what it still holds too, so that Python does not fail to flush it at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]  # streams of tests have none
    except (OSError, ValueError, AttributeError):
        return  # it has no number, so it holds nothing that Python would flush
