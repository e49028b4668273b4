"""The live line on a terminal, renewed several times a second; elsewhere a line now and then. Nothing with `quiet`."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from sequencer.errors import display_width, visible
from sequencer.live.lines import play_line, state_line, wait_line
from sequencer.live.standing import Standing

RENEW = 0.2
"""Seconds between two pictures of the line on a terminal."""
EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Screen:
    """Shows a `Standing` while it is entered (inside a running loop). `say` prints a line that stays."""

    def __init__(
        self,
        standing: Standing,
        now: Callable[[], int],
        typed: Callable[[], str],
        *,
        price_per_hour: float = 0.0,
        quiet: bool = False,
    ) -> None:
        self._standing = standing
        self._now = now
        self._typed = typed
        self._price = price_per_hour
        self._quiet = quiet
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty() and not quiet
        self._shown = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self._quiet:
            self._task = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._clear()

    def say(self, text: str) -> None:
        """A line that stays, above the live one. Said even when quiet: it is for what goes wrong."""
        self._clear()
        self._write(text)

    def lines(self) -> list[str]:
        """What it shows now."""
        now, width = self._now(), shutil.get_terminal_size((100, 24)).columns
        standing, room = self._standing, width - 1
        lines = [state_line(standing, now, self._price), play_line(standing, now, self._typed(), room)]
        waited = wait_line(standing, now, room)
        return [_cut(visible(line), room) for line in (*lines, *([waited] if waited else []))]

    def _write(self, text: str) -> None:
        self._put(visible(text) + "\n")

    @staticmethod
    def _put(text: str) -> None:
        """Write to standard error. Where its terminal was closed nobody reads it, and the run goes on to its proper end."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(text)
            sys.stderr.flush()

    async def _renew(self) -> None:
        if not self._is_terminal:
            await self._begun()
        while True:
            if self._is_terminal:
                self._draw()
            else:
                self._write(" | ".join(line for line in self.lines() if line))
            await asyncio.sleep(RENEW if self._is_terminal else EVERY)

    async def _begun(self) -> None:
        """Wait until the stage is being opened: a first line that nothing is connected yet would report no news."""
        for _ in range(round(EVERY / RENEW)):
            if self._standing.status != "disconnected":
                return
            await asyncio.sleep(RENEW)

    def _draw(self) -> None:
        lines = self.lines()
        self._clear()
        self._put("\n".join(lines))
        self._shown = len(lines)

    def _clear(self) -> None:
        """Take the live lines away: each is erased, and the cursor goes back to where they began."""
        if self._shown:
            self._put("\r\x1b[2K" + "\x1b[1A\x1b[2K" * (self._shown - 1))
            self._shown = 0


def _cut(line: str, width: int) -> str:
    """A line that surely fits: one that wraps could not be erased again. Characters may be two columns wide."""
    while display_width(line) > width:
        line = line[:-1]
    return line
