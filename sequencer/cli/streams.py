"""Make the standard streams safe to use under any shell, daemon or GUI: none ends a show."""

from __future__ import annotations

import io
import os
import sys


def prepare() -> None:
    """Make the standard streams usable. Streams that other code has replaced are not changed."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that cannot show a character must not end a run
    if (
        sys.stderr is sys.__stderr__
        and isinstance(sys.stderr, io.TextIOWrapper)
        and not isinstance(sys.stderr, _Lasting)
    ):
        sys.stderr = _Lasting(
            sys.stderr.buffer,
            encoding=sys.stderr.encoding,
            errors="backslashreplace",
            newline="\n",
            line_buffering=True,
        )


def _open_closed() -> None:
    """Reopen the streams that are closed, so that no file takes the number of one.

    Output is discarded, as with `>/dev/null`: a show is played whether or not anybody can read
    about it. Reading fails, because there is no input.
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
    """Standard error that never fails: once it has no reader or no space, output is discarded."""

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
    """Redirect a stream and its buffer to the null device, so that no flush at exit fails."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[attr-defined]  # streams of tests have none
    except (OSError, ValueError, AttributeError):
        return  # without a number, it holds nothing that Python would flush
