"""What a live run sends over OSC about itself, whenever it changes. No sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sequencer.core.osc_values import OscValue
from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import cue_report
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.osc.table import PREFIX, WARN

MIN_COUNTDOWN_INTERVAL_NS = SECOND // 4
"""The least time between two messages about the next cue, in nanoseconds."""
UNKNOWN_SECONDS = -1.0
"""The seconds until the next cue, if they are not known."""
MAX_WHAT_LENGTH = 60
"""The longest description of what a cue does, in characters."""
MAX_TEXT_BYTES = 32_000
"""The longest text in a message, in bytes of UTF-8: half of what a datagram can hold."""

Send = Callable[[str, tuple[OscValue, ...]], object]
"""Sends a message: its address and its arguments."""


class OscFeedback:
    """Watches a performance, and sends what has changed.

    It is called with every event, and `update` at least every 50 ms, for what changes with time.

    Args:
        status: What is known of the run.
        conductor: The run's conductor.
        send: Sends a message.
    """

    def __init__(self, status: LiveStatus, conductor: Conductor, send: Send) -> None:
        self._status = status
        self._conductor = conductor
        self._send = send
        self._last: dict[str, tuple[OscValue, ...]] = {}
        self._counted_at = -MIN_COUNTDOWN_INTERVAL_NS
        self._reported: set[int] = set()
        """The numbers of the cues whose landing was sent."""

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event after the conductor."""
        if isinstance(event, ChunkDone):
            self._report_landed()
        self.update(event.at)

    def warn(self, text: str) -> None:
        """Send a message for the operator."""
        self._send(WARN, (_cut(text),))

    def update(self, now: int) -> None:
        """Send what has changed by nanosecond `now`."""
        status = self._status
        self._change("status", self._describe_status(now))
        place = status.place(now)
        if place is not None:
            current, bar_beat = place
            self._change("section", current.stretch.section or "", current.stretch.occurrence)
            if bar_beat:
                bar, _, beat = bar_beat.partition(".")
                self._change("bar", int(bar), int(beat))
            self._change("chunk", status.chunk)
        if status.prompt is not None:
            self._change("prompt", _cut(status.prompt))
        lag = status.lag_in_force
        if lag is not None:
            self._change("lag", float(round(lag / 1e6)))
        if now - self._counted_at >= MIN_COUNTDOWN_INTERVAL_NS:
            self._counted_at = now
            self._count_down(now)

    def _describe_status(self, now: int) -> str:
        if self._conductor.view.phase is Phase.ARMED:
            return "armed"
        return self._status.activity(now)[0]

    def _count_down(self, now: int) -> None:
        following = self._status.next_cue(now, MAX_WHAT_LENGTH)
        if following is None:
            return
        seconds = UNKNOWN_SECONDS if following.seconds is None else round(following.seconds, 1)
        self._change("next", following.line, f"{following.place}: {following.what}", float(seconds))

    def _report_landed(self) -> None:
        view = self._conductor.view
        for line in view.deliveries:
            if line.status is not Status.LANDED or line.number in self._reported:
                continue
            self._reported.add(line.number)
            error = cue_report(line, view.grid, view.shown).error_ms or 0.0
            name = self._status.coming.name(line.section, line.occurrence)
            place = f"{name} {line.place}".strip()
            self._send(f"{PREFIX}cue", (line.origin.line, place, line.landed or 0, error))

    def _change(self, name: str, *arguments: OscValue) -> None:
        """Send a message if its arguments differ from those that were sent last."""
        if self._last.get(name) != arguments:
            self._last[name] = arguments
            self._send(f"{PREFIX}{name}", arguments)


def _cut(text: str) -> str:
    """Return a text that fits into a datagram."""
    if len(text) * 4 <= MAX_TEXT_BYTES:
        return text
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= MAX_TEXT_BYTES:
        return text
    return encoded[: MAX_TEXT_BYTES - 3].decode("utf-8", "ignore") + "…"
