"""Format the status line from a `LiveStatus`, and keep it on the screen.

It has up to three lines for a terminal.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from sequencer.core.diagnostics import display_width, escape_control
from sequencer.core.timebase import SECOND
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.output.action_excerpt import elided

WORDS = {
    "disconnected": "disconnected",
    "connecting": "connecting",
    "waiting": "waiting for a GPU",
    "ready": "ready",
}
HOUR = 3600
SHARE = 0.5
"""The share of the width that the next cue may take, beside the prompt in force."""


def clock_time(seconds: float) -> str:
    """Format a time as `1:05` or `1:01:05`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def state_line(status: LiveStatus, now: int, price_per_hour: float) -> str:
    """Return connection, take, chunk, frame, bar.beat, rate, lag, clock, billed time and cost."""
    word, lasted = status.activity(now)
    parts = [f"{WORDS.get(word, word)} {clock_time(lasted / SECOND)}"]
    if status.upload is not None:
        parts.append(f"uploading {status.upload}")
    if status.take:
        chunks, at_most = status.chunks
        of = "" if chunks is None else f"/≤{chunks}" if at_most else f"/{chunks}"
        if status.played:
            of += f" ({status.played})"
        frame = "" if word == "ended" else f" frame {int(status.into_chunk(now) * status.frames)}"
        parts.append(f"take {status.take} chunk {status.chunk}{of}{frame}")
        section, position = status.position(now)
        where = " ".join(part for part in (section, position) if part)
        if where:
            parts.append(where)
    if status.clock is not None:
        parts.append(
            f"clock {status.clock}" + ("" if status.bpm is None else f" {status.bpm:.1f} bpm")
        )
    if status.frames_per_second is not None:
        parts.append(f"{status.frames_per_second:.1f} fps")
    if status.lag_in_force is not None:
        parts.append(f"lag {status.lag_in_force / 1e6:.0f} ms")
    if status.offset:
        parts.append(f"offset {status.offset / 1e6:+.0f} ms")
    billed = status.billed_seconds(now)
    if price_per_hour and billed:
        since = (
            " since the previous score" if status.kept_at is not None and not status.take else ""
        )
        parts.append(f"billed {clock_time(billed)} ${billed * price_per_hour / HOUR:.2f}{since}")
    return " · ".join(parts)


def offset_line(status: LiveStatus) -> str:
    """Return the offset and the lag in force, as an answer to the operator."""
    lag = "not known yet" if status.lag_in_force is None else f"{status.lag_in_force / 1e6:.0f} ms"
    return f"offset {status.offset / 1e6:+.0f} ms, lag {lag}"


def play_line(status: LiveStatus, now: int, typed: str, width: int) -> str:
    """Return the typed text, what was refused, or the prompt in force and the next cue.

    The next cue comes with its countdown.
    """
    if typed:
        return f"> {typed}"
    waiting = status.count_in(now)
    if waiting:
        return elided(waiting, width)
    if status.refused is not None:
        return elided(f"REFUSED {status.refused}", width)
    following = status.next_cue(now, max(20, int(width * SHARE)))
    ahead = ""
    if following is not None:
        left = (
            ""
            if following.seconds is None
            else f" in {following.seconds:.1f} s" + " at the latest" * following.at_latest
        )
        ahead = f"next {following.what} at {following.place}{left}"
    space = max(20, width - len(ahead) - 4)
    action = status.action(space)
    prompt = "" if action is None else f"“{action}”"
    return "  ".join(part for part in (prompt, ahead) if part)


def wait_line(status: LiveStatus, now: int, width: int) -> str:
    """Return what the current section is waiting for; empty for nothing."""
    waiting = status.waiting(now)
    if waiting is None:
        return ""
    left = "" if waiting.seconds is None else f"in {waiting.seconds:.1f} s"
    parts = []
    if waiting.leaves:
        parts.append(f"continues {left}".strip())
    elif waiting.exits:
        parts.append(
            "waits for "
            + ", ".join(waiting.exits)
            + (f" (continues by itself {left})" if left else "")
        )
    if waiting.rules:
        parts.append(f"rules: {', '.join(waiting.rules)}")
    return elided(" · ".join(parts), width)


RENEW = 0.2
"""Seconds between two updates on a terminal."""
LINE_INTERVAL_S = 10.0
"""Seconds between two lines without a terminal."""


class StatusScreen:
    """Shows a `LiveStatus` while it is entered (inside a running loop).

    `print_line` prints a line that stays.
    """

    def __init__(
        self,
        status: LiveStatus,
        now: Callable[[], int],
        typed: Callable[[], str],
        *,
        price_per_hour: float = 0.0,
        quiet: bool = False,
    ) -> None:
        self._live_status = status
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
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._clear()

    def print_line(self, text: str) -> None:
        """Print a line that stays, above the status line.

        It is printed even when quiet, because it reports problems.
        """
        self._clear()
        self._write(text)

    def lines(self) -> list[str]:
        """Return the lines to show now."""
        now, width = self._now(), shutil.get_terminal_size((100, 24)).columns
        status, space = self._live_status, width - 1
        lines = [state_line(status, now, self._price), play_line(status, now, self._typed(), space)]
        waited = wait_line(status, now, space)
        return [
            _cut(escape_control(line), space) for line in (*lines, *([waited] if waited else []))
        ]

    def _write(self, text: str) -> None:
        self._put(escape_control(text) + "\n")

    @staticmethod
    def _put(text: str) -> None:
        """Write to standard error.

        If its terminal was closed, nobody reads it, and the run continues to its proper end.
        """
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
            await self._wait()

    async def _wait(self) -> None:
        """Wait until the next update: without a terminal, at the latest until the run is armed."""
        if self._is_terminal:
            await asyncio.sleep(RENEW)
            return
        was_armed = self._live_status.is_armed
        for _ in range(round(LINE_INTERVAL_S / RENEW)):
            await asyncio.sleep(RENEW)
            if self._live_status.is_armed and not was_armed:
                return

    async def _begun(self) -> None:
        """Wait until the stage is being opened.

        A first line that reports that nothing is connected yet would not be useful.
        """
        for _ in range(round(LINE_INTERVAL_S / RENEW)):
            if self._live_status.status != "disconnected":
                return
            await asyncio.sleep(RENEW)

    def _draw(self) -> None:
        lines = self.lines()
        self._clear()
        self._put("\n".join(lines))
        self._shown = len(lines)

    def _clear(self) -> None:
        """Clear the status lines: erase each, and move the cursor back to where they began."""
        if self._shown:
            self._put("\r\x1b[2K" + "\x1b[1A\x1b[2K" * (self._shown - 1))
            self._shown = 0


def _cut(line: str, width: int) -> str:
    """Cut a line to the width: a line that wraps could not be erased.

    Characters may be two columns wide.
    """
    while display_width(line) > width:
        line = line[:-1]
    return line
