"""The state of one session with the server, which is one take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sequencer.core.timebase import SECOND

if TYPE_CHECKING:
    from sequencer.core.errors import StageError
    from sequencer.stages.vllm_omni.connection import Connection
    from sequencer.stages.vllm_omni.prompts import TakePrompts
    from sequencer.stages.vllm_omni.settings import VllmOmniSettings

UNANSWERED_PINGS = 3
"""How many pings may be unanswered before the connection is lost."""


class Session:
    """The state of one session.

    Args:
        number: The number of the session, from 1.
        wanted: The number of chunks that were asked for.
        prompts: The prompts of the take.
    """

    def __init__(self, number: int, wanted: int, prompts: TakePrompts) -> None:
        self.number = number
        self.wanted = wanted
        self.prompts = prompts
        self.connection: Connection | None = None
        self.is_accepted = False
        """Whether the server has answered `session.start`."""
        self.is_ending = False
        """Whether it ends after the chunk that is being made."""
        self.is_last_chunk = False
        """Whether the chunk whose metadata arrived last is the one that it ends after."""
        self.is_stopping = False
        """Whether its end was requested."""
        self.is_done = False
        self.done = asyncio.Event()
        """Set when the server has reported the end."""
        self.failure: StageError | None = None
        """Why the connection was closed here."""
        self.error = ""
        """The latest error that the server reported."""
        self.chunks = 0
        """The number of chunks that were made."""
        self.frames = 0
        """The number of frames of these chunks."""
        self.pinged_at = 0
        """When a ping was sent, in nanoseconds."""
        self._received_at = 0
        self._since = 0
        self._within = 0.0

    def received(self, at: int) -> None:
        """Note that a message arrived at a nanosecond."""
        self._received_at = at

    def expect(self, at: int, seconds: float) -> None:
        """Expect progress within so many seconds of a nanosecond."""
        self._since, self._within = at, seconds
        self._received_at = max(self._received_at, at)

    def needs_ping(self, now: int, settings: VllmOmniSettings) -> bool:
        """Return whether nothing was received for so long that the server is asked."""
        silent = now - max(self._received_at, self.pinged_at)
        return self.is_accepted and silent > settings.ping_seconds * SECOND

    def trouble(self, now: int, settings: VllmOmniSettings) -> str | None:
        """Return what is wrong if nothing has happened for too long."""
        if now - self._since > self._within * SECOND:
            what = "made no chunk" if self.is_accepted else "did not answer session.start"
            return f"the server {what} within {self._within:g} s"
        silent = (now - self._received_at) / SECOND
        if self.is_accepted and silent > (1 + UNANSWERED_PINGS) * settings.ping_seconds:
            return f"nothing was received from the server for {silent:.0f} s"
        return None

    def describe_error(self) -> str:
        """Return the latest error of the server, as the end of a sentence."""
        return f": {self.error}" if self.error else ""
