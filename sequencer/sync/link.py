"""Ableton Link as an external clock.

Optional: Link and its bindings are GPL, so only `helios-sequencer[link]` installs them.

`LinkFeed` is pure: it takes states of a Link session and returns events. `LiveLink` polls the
session during a run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from sequencer.core.errors import SequencerError
from sequencer.events.codec import Event
from sequencer.events.events import ClockFitted, TransportChanged, TransportLocated

POLL_INTERVAL_S = 0.02
"""How often, in seconds, the session is polled."""
FIT_INTERVAL_NS = 500_000_000
"""Maximum nanoseconds between two `ClockFitted` events …"""
MOVED = 2_000_000
"""… which are also sent at once if a time two quarters ahead has moved by more than this."""
AHEAD = 2.0
JUMPED = 0.25
"""If the beat differs from the expected one by more quarters than this, the session has jumped."""
SLOWEST, FASTEST = 1.0, 10_000.0
"""Quarters per minute; Link's own range is narrower.

States of a session with any other tempo are ignored.
"""
FARTHEST = 1e12
"""So are states whose beat is further than this many quarters from 0."""
EXTRA = "pip install 'helios-sequencer[link]' (LinkPython-extern; Ableton Link itself is GPL)"


class LinkError(SequencerError):
    """Ableton Link cannot be used on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state of a Link session at nanosecond `at`.

    It has its beat (in quarters), its tempo, whether it plays, and the number of peers.
    """

    at: int
    beat: float
    bpm: float
    playing: bool
    peers: int

    @property
    def makes_sense(self) -> bool:
        """Whether the numbers are plausible for music: they come from anybody on the network."""
        return SLOWEST <= self.bpm <= FASTEST and -FARTHEST <= self.beat <= FARTHEST


class LinkFeed:
    """Turns states of a session into clock events. `quantum` is a bar, in quarters.

    With `transport` the score's beat 0 is the bar line at which the session began to play. Without
    it (for peers that do not share start and stop) it is the first bar line after polling began and
    `held` became False.
    """

    def __init__(self, quantum: float = 4.0, transport: bool = True) -> None:
        self._quantum = quantum
        self._transport = transport
        self._origin: float | None = None
        self._moving = False
        self._began = False
        self._last_fit: ClockFitted | None = None
        self.latest: Moment | None = None
        self.held = False
        """Whether the score must not begin yet, whatever the session does."""

    def handle(self, now: Moment) -> tuple[Event, ...]:
        """Return the events of a state of the session; a state that is not plausible is ignored."""
        if not now.makes_sense:
            return ()
        self.latest = now
        wanted = not self.held and (now.playing or not self._transport)
        if not wanted:
            self._origin = None
            if not self._moving:
                return ()
            self._moving = False
            return (TransportChanged(now.at, "stop"),)
        if self._origin is None:
            self._origin = self._bar_line(now)
        quarter = now.beat - self._origin
        if not self._moving:
            if quarter < 0:
                return ()  # it plays from the next bar line on
            jump = (TransportLocated(now.at, 0.0),) if self._began else ()
            self._moving = self._began = True
            return (*jump, TransportChanged(now.at, "start"), *self._fitted(now, quarter))
        last_fit = self._last_fit
        if last_fit is None:
            return self._fitted(now, quarter)
        expected = last_fit.quarter + (now.at - last_fit.time) * last_fit.quarters_per_ns
        if abs(expected - quarter) > JUMPED:
            return (TransportLocated(now.at, max(0.0, quarter)), *self._fitted(now, quarter))
        foretold = last_fit.time + (quarter + AHEAD - last_fit.quarter) / last_fit.quarters_per_ns
        moved = abs(foretold - (now.at + AHEAD * 60e9 / now.bpm)) > MOVED
        if (
            not moved
            and last_fit.quality == _quality(now)
            and now.at - last_fit.at < FIT_INTERVAL_NS
        ):
            return ()
        return self._fitted(now, quarter)

    @property
    def ahead(self) -> float | None:
        """In how many quarters the score begins; None while nobody plays, and once it has begun."""
        if self.latest is None or self._origin is None or self._moving:
            return None
        return max(0.0, self._origin - self.latest.beat)

    def _bar_line(self, now: Moment) -> float:
        """Return the bar line at which the score begins: the next, or one that just passed.

        A bar line may just have passed because states arrive late.
        """
        return (
            ceil(now.beat / self._quantum - POLL_INTERVAL_S * 2 * now.bpm / 60 / self._quantum)
            * self._quantum
        )

    def _fitted(self, now: Moment, quarter: float) -> tuple[Event, ...]:
        self._last_fit = ClockFitted(
            now.at, quarter, now.at, now.bpm / 60e9, 100_000.0, _quality(now)
        )
        return (self._last_fit,)


def _quality(now: Moment) -> Any:
    return "locked" if now.peers else "free"


class LiveLink:
    """A Link session that is joined during a run.

    `notify` gets a sentence when peers join or leave.
    """

    def __init__(
        self,
        nominal_bpm: float,
        feed: LinkFeed,
        deliver: Callable[[Event], None],
        notify: Callable[[str], None],
        quantum: float = 4.0,
    ) -> None:
        self._bpm = nominal_bpm
        self._quantum = quantum
        self._feed = feed
        self._deliver = deliver
        self._notify = notify
        self._session: Any = None
        self._looking: asyncio.TimerHandle | None = None
        self._peers = -1

    def open(self) -> None:
        """Join the session on this network, in the running loop.

        Raises LinkError if Link is not installed.
        """
        try:
            import link  # type: ignore[import-not-found, unused-ignore]  # comes with the extra, and has no types
        except ImportError as error:
            raise LinkError("Ableton Link is not installed", EXTRA) from error
        self._session = link.Link(self._bpm)
        self._session.startStopSyncEnabled = True
        self._session.enabled = True
        self._look(asyncio.get_running_loop())

    def close(self) -> None:
        """Leave the session. Can be called twice."""
        if self._looking is not None:
            self._looking.cancel()
        session, self._session = self._session, None
        if session is not None:
            session.enabled = False

    def moment(self) -> Moment:
        """Return the state of the session now."""
        session = self._session
        state = session.captureAppSessionState()
        before = time.monotonic_ns()
        micros = session.clock().micros()
        at = (
            before + time.monotonic_ns()
        ) // 2  # Link has a clock of its own: both are read together
        beat = float(state.beatAtTime(micros, self._quantum))
        return Moment(
            at=at,
            beat=beat,
            bpm=float(state.tempo()),
            playing=bool(state.isPlaying()),
            peers=int(session.numPeers()),
        )

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._session is None:
            return
        now = self.moment()
        if now.peers != self._peers:
            self._peers = now.peers
            self._notify(
                f"Link: {now.peers} other{'' if now.peers == 1 else 's'}, {now.bpm:.2f} bpm"
            )
        for event in self._feed.handle(now):
            self._deliver(event)
        self._looking = loop.call_later(POLL_INTERVAL_S, self._look, loop)
