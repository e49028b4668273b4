"""Format the status line from a `LiveStatus`, up to three lines for a terminal, and keep it on the screen."""

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


def state_line(standing: LiveStatus, now: int, price_per_hour: float) -> str:
    """Return connection, take, chunk and frame, bar.beat, rate, lag, clock, billed time and cost."""
    word, lasted = standing.activity(now)
    parts = [f"{WORDS.get(word, word)} {clock_time(lasted / SECOND)}"]
    if standing.upload is not None:
        parts.append(f"uploading {standing.upload}")
    if standing.take:
        chunks, at_most = standing.chunks
        of = "" if chunks is None else f"/≤{chunks}" if at_most else f"/{chunks}"
        frame = "" if word == "ended" else f" frame {int(standing.into_chunk(now) * standing.frames)}"
        parts.append(f"take {standing.take} chunk {standing.chunk}{of}{frame}")
        section, place = standing.position(now)
        where = " ".join(part for part in (section, place) if part)
        if where:
            parts.append(where)
    if standing.clock is not None:
        parts.append(f"clock {standing.clock}" + ("" if standing.bpm is None else f" {standing.bpm:.1f} bpm"))
    if standing.frames_per_second is not None:
        parts.append(f"{standing.frames_per_second:.1f} fps")
    if standing.lag_in_force is not None:
        parts.append(f"lag {standing.lag_in_force / 1e6:.0f} ms")
    if standing.offset:
        parts.append(f"offset {standing.offset / 1e6:+.0f} ms")
    billed = standing.billed_seconds(now)
    if price_per_hour and billed:
        parts.append(f"billed {clock_time(billed)} ${billed * price_per_hour / HOUR:.2f}")
    return " · ".join(parts)


def offset_line(standing: LiveStatus) -> str:
    """Return the offset and the lag in force, as an answer to the operator."""
    lag = "not known yet" if standing.lag_in_force is None else f"{standing.lag_in_force / 1e6:.0f} ms"
    return f"offset {standing.offset / 1e6:+.0f} ms, lag {lag}"


def play_line(standing: LiveStatus, now: int, typed: str, width: int) -> str:
    """Return the typed text, or what was refused, or the prompt in force and the next cue with its countdown."""
    if typed:
        return f"> {typed}"
    waiting = standing.count_in(now)
    if waiting:
        return elided(waiting, width)
    if standing.refused is not None:
        return elided(f"REFUSED {standing.refused}", width)
    following = standing.next_cue(now, max(20, int(width * SHARE)))
    ahead = ""
    if following is not None:
        left = "" if following.seconds is None else f" in {following.seconds:.1f} s" + " at the latest" * following.at_latest
        ahead = f"next {following.what} at {following.place}{left}"
    room = max(20, width - len(ahead) - 4)
    action = standing.action(room)
    prompt = "" if action is None else f"“{action}”"
    return "  ".join(part for part in (prompt, ahead) if part)


def wait_line(standing: LiveStatus, now: int, width: int) -> str:
    """Return what the current section is waiting for; empty for nothing."""
    waiting = standing.waiting(now)
    if waiting is None:
        return ""
    left = "" if waiting.seconds is None else f"in {waiting.seconds:.1f} s"
    parts = []
    if waiting.leaves:
        parts.append(f"goes on {left}".strip())
    elif waiting.exits:
        parts.append("waits for " + ", ".join(waiting.exits) + (f" (goes on by itself {left})" if left else ""))
    if waiting.rules:
        parts.append(f"rules: {', '.join(waiting.rules)}")
    return elided(" · ".join(parts), width)


RENEW = 0.2
"""Seconds between two updates on a terminal."""
LINE_INTERVAL_S = 10.0
"""Seconds between two lines without a terminal."""


class StatusScreen:
    """Shows a `LiveStatus` while it is entered (inside a running loop). `say` prints a line that stays."""

    def __init__(
        self,
        standing: LiveStatus,
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
        """Print a line that stays, above the status line. It is printed even when quiet, because it reports problems."""
        self._clear()
        self._write(text)

    def lines(self) -> list[str]:
        """Return the lines to show now."""
        now, width = self._now(), shutil.get_terminal_size((100, 24)).columns
        standing, room = self._standing, width - 1
        lines = [state_line(standing, now, self._price), play_line(standing, now, self._typed(), room)]
        waited = wait_line(standing, now, room)
        return [_cut(escape_control(line), room) for line in (*lines, *([waited] if waited else []))]

    def _write(self, text: str) -> None:
        self._put(escape_control(text) + "\n")

    @staticmethod
    def _put(text: str) -> None:
        """Write to standard error. If its terminal was closed, nobody reads it, and the run continues to its proper end."""
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
            await asyncio.sleep(RENEW if self._is_terminal else LINE_INTERVAL_S)

    async def _begun(self) -> None:
        """Wait until the stage is being opened: a first line that nothing is connected yet would be no news."""
        for _ in range(round(LINE_INTERVAL_S / RENEW)):
            if self._standing.status != "disconnected":
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
    """Cut a line to the width: a line that wraps could not be erased. Characters may be two columns wide."""
    while display_width(line) > width:
        line = line[:-1]
    return line
