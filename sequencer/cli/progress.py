"""Show a long command's progress: a bar on a terminal, otherwise lines; nothing with `-q`."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sequencer.core.diagnostics import escape_control

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_INTERVAL_S = 10.0
"""Seconds between two lines without a terminal."""
MIN_TEXT_WIDTH = 30
"""Characters that always fit beside the bar."""


class LiveLine:
    """A context manager that shows progress on standard error; `quiet` shows nothing."""

    def __init__(self, what: str, quiet: bool = False) -> None:
        self._what = what
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task = 0
        self._where = ""
        self._typed = ""
        self._last = self._began = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[where]}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = int(self._bar.add_task(self._what, total=None, where=""))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):  # a terminal that was closed shows nothing any more
                self._bar.stop()

    def show(self, done: int, total: int, where: str, at_once: bool = False) -> None:
        """Show the progress and position.

        Without a terminal this prints an occasional line, or one `at_once`.
        """
        self._where = where
        shown = f"> {self._typed}" if self._typed else where
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, where=escape_control(shown))  # type: ignore[arg-type]  # a TaskID is an int
        elif at_once or self._is_due():
            self._print(f"{done}/{total}{self._time_left(done, total)} {escape_control(where)}")

    def step(self, what: str) -> None:
        """Show what is done now if its progress cannot be counted, such as a file to write."""
        self._where = what
        if self._bar is not None:
            self._bar.update(self._task, where=escape_control(what))  # type: ignore[arg-type]  # as above
            with suppress(OSError):
                self._bar.refresh()
        elif self._is_due():
            self._print(escape_control(what))

    def _is_due(self) -> bool:
        return time.monotonic() - self._last > LINE_INTERVAL_S

    def _print(self, text: str) -> None:
        """Print a line where there is no terminal, unless nothing is to be shown."""
        if not self._quiet:
            self._last = time.monotonic()
            print(f"{self._what} {text}".rstrip(), file=sys.stderr, flush=True)

    def _time_left(self, done: int, total: int) -> str:
        """Return the estimated time left, in words; empty while nothing is known."""
        if not 0 < done < total:
            return ""
        seconds = round((time.monotonic() - self._began) * (total - done) / done)
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
        return f" ({left} left)"

    def type(self, text: str) -> None:
        """Show the text that the operator is typing in place of the position.

        A long text is printed above.
        """
        if len(text) > MIN_TEXT_WIDTH:
            self.print_line(text)
            text = ""
        self._typed = text
        if self._bar is not None:
            self._bar.update(self._task, where=escape_control(f"> {text}" if text else self._where))  # type: ignore[arg-type]  # as above
            with suppress(OSError):
                self._bar.refresh()

    def print_line(self, text: str) -> None:
        """Print a line that stays, above the bar."""
        with suppress(OSError):
            if self._bar is not None:
                self._bar.console.print(
                    escape_control(text), markup=False, highlight=False, soft_wrap=True
                )
            else:
                print(escape_control(text), file=sys.stderr, flush=True)
