"""The pages that are connected: each receives snapshots, patches and timelines in order.

Patches are made at most every `PATCH_INTERVAL_S`, and only while pages are connected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from sequencer.studio.connection import encode
from sequencer.studio.protocol import Role
from sequencer.studio.workspace import Outgoing

if TYPE_CHECKING:
    from sequencer.studio.connection import PageConnection

PATCH_INTERVAL_S = 0.05
"""The least time between two patches, in seconds."""


class PageSource(Protocol):
    """What pages show."""

    def snapshot(self, role: Role) -> dict[str, Any]:
        """Return the whole state for a role, without `seq`."""
        ...

    def changes(self, marked: Collection[str]) -> dict[str, Any]:
        """Return the parts that changed: those that were marked, and those of the run."""
        ...

    def score(self, role: Role, *, with_text: bool) -> dict[str, Any]:
        """Return the score's state for a role."""
        ...

    async def new_plot(self) -> dict[str, Any] | None:
        """Return the timeline of the run as a message, if it changed."""
        ...

    def now(self) -> int:
        """Return the time that pages show, in nanoseconds."""
        ...


class Pages:
    """The connected pages of one studio.

    Args:
        source: What they show.
        is_changing: Returns whether the state changes with time, because a run plays.
    """

    def __init__(self, source: PageSource, is_changing: Callable[[], bool]) -> None:
        self._source = source
        self._is_changing = is_changing
        self._pages: list[PageConnection] = []
        self._seq = 0
        self._marked: set[str] = set()
        self._wake = asyncio.Event()

    def add(self, page: PageConnection) -> None:
        """Send a page that has connected the whole state; it receives every patch from then on."""
        self._pages.append(page)
        self._send_snapshot(page)

    def remove(self, page: PageConnection) -> None:
        """Forget a page."""
        if page in self._pages:
            self._pages.remove(page)

    def mark(self, *keys: str) -> None:
        """Note that parts of the state have changed, so that a patch is sent."""
        self._marked.update(keys)
        self._wake.set()

    async def publish(self) -> None:
        """Send a patch whenever something has changed. It never ends by itself."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATCH_INTERVAL_S if self._is_changing() else None):
                    await self._wake.wait()
            self._wake.clear()
            if self._pages:
                await self._send_changes()
            await asyncio.sleep(PATCH_INTERVAL_S)

    async def _send_changes(self) -> None:
        marked, self._marked = self._marked, set()
        parts = self._source.changes(marked)
        if parts:
            self._seq += 1
            self._broadcast({"t": "patch", "seq": self._seq, "at": self._source.now(), **parts})
        plot = await self._source.new_plot()
        if plot is not None:
            self.send_plot(plot)

    def _broadcast(self, patch: Mapping[str, Any]) -> None:
        texts: dict[Role, str] = {}
        for page in list(self._pages):
            if page.role not in texts:
                own = patch
                if "score" in patch:
                    score = self._source.score(page.role, with_text=False)
                    own = {**patch, "score": score}
                texts[page.role] = encode(own)
            page.send_text(texts[page.role])

    def send_snapshots(self) -> None:
        """Send all pages the whole state."""
        self._seq += 1
        self._marked.clear()
        for page in list(self._pages):
            self._send_snapshot(page)

    def _send_snapshot(self, page: PageConnection) -> None:
        page.send({"t": "snapshot", "seq": self._seq, **self._source.snapshot(page.role)})

    def send_plot(self, plot: Mapping[str, Any]) -> None:
        """Send a timeline to the pages that show one."""
        text = encode(plot)
        for page in list(self._pages):
            if page.role != "viewer":
                page.send_text(text)

    def pass_on(self, message: Outgoing) -> None:
        """Send a message of the workspace to the operators' pages that it is for."""
        for page in list(self._pages):
            is_for = page.role == "operator" and message.only in (None, page.name)
            if is_for and message.other_than != page.name:
                page.send_text(message.text)
