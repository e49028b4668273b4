"""When the open texts are checked: after a pause in typing, in a thread, one at a time.

A check has two steps. The first finds errors and warnings, then hints and names. The second adds
the advice on prompts, which takes as long again, once nothing was typed for a while. What a check
finds about a text that has changed in the meantime is discarded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter

from sequencer.languageserver.documents import (
    PREPARATIONS,
    Document,
    Documents,
    Known,
    Load,
    advise,
    check,
)
from sequencer.languageserver.settings import Settings

PAUSE_S = 0.1
"""How long a text is not checked after a change, in seconds, …"""

MAX_PAUSE_S = 1.0
"""… or twice as long as the last check took, up to this time."""

ADVICE_PAUSE_S = 0.4
"""How long nothing is typed before advice is computed, in seconds."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Job:
    """The state of the checks of one document.

    `is_done` is set while the last check was of the present text. `is_wanted` ends the pause before
    a check.
    """

    changed_at: float
    task: asyncio.Task[None] | None = None
    seconds: float = 0.0
    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    is_wanted: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Listener:
    """What is called when something is found.

    Attributes:
        found: Called after each step, and with a document that was closed or is no score any more,
            about which nothing is known then.
        checked: Called after the first step, once hints and names are there too.
        failed: Called with a document whose check raised an exception.
    """

    found: Callable[[Document], None]
    checked: Callable[[Document], None]
    failed: Callable[[Document], None]


class Checker:
    """Keeps the open documents, and checks each of them after it has changed."""

    def __init__(self, load: Load, listener: Listener) -> None:
        self.documents = Documents()
        self.settings = Settings()
        self._load = load
        self._listener = listener
        self._jobs: dict[str, _Job] = {}
        self._thread = ThreadPoolExecutor(1, "check")

    # ---- changes ---------------------------------------------------------------------------------

    def open(self, document: Document) -> None:
        """Add a document that was opened, and check it at once."""
        self.documents[document.uri] = document
        self._changed(document, pause=0)

    def change(self, document: Document) -> None:
        """Replace a document by a later version."""
        self.documents[document.uri] = document
        self._changed(document)

    def close(self, uri: str) -> None:
        """Remove a document. From now on the file itself counts for scores that use it."""
        document = self.documents.pop(uri, None)
        job = self._jobs.pop(uri, None)
        if document is None or job is None:
            return
        if job.task is not None:
            job.task.cancel()
        job.is_done.set()  # nobody waits for a check that does not come
        self._listener.found(replace(document, known=None))
        for user in list(self.documents.users_of(document)):
            self.schedule(user)

    def _changed(self, document: Document, pause: float | None = None) -> None:
        self.schedule(document, pause)
        for user in list(self.documents.users_of(document)):
            self.schedule(user)

    def schedule(self, document: Document, pause: float | None = None) -> None:
        """Check a document after a pause, by default the one after a change."""
        loop = asyncio.get_running_loop()
        job = self._jobs.setdefault(document.uri, _Job(changed_at=loop.time()))
        if job.task is not None:
            job.task.cancel()
        job.changed_at = loop.time()
        job.is_done.clear()
        if pause is None:
            pause = min(max(PAUSE_S, 2 * job.seconds), MAX_PAUSE_S)
        job.task = loop.create_task(self._run(document.uri, job, pause))

    def schedule_all(self) -> None:
        """Check all documents again, for example with other settings."""
        for document in list(self.documents.values()):
            self.schedule(document)

    # ---- waiting ---------------------------------------------------------------------------------

    async def newest(self, uri: str, *, now: bool = False) -> Document | None:
        """Wait for the check of the present text of a document.

        Args:
            uri: The address of the document.
            now: Whether the pause before the check ends.

        Returns:
            The document, or None if it is not open, or not a score.

        Raises:
            RuntimeError: The check of the present text has failed.
        """
        while (document := self.documents.get(uri)) is not None:
            job = self._jobs[uri]
            if job.is_done.is_set():
                if document.known is not None and not document.is_current:
                    raise RuntimeError(f"the check of {document.file} has failed")
                return document if document.known is not None else None
            if now:
                job.is_wanted.set()
            await job.is_done.wait()
        return None

    # ---- checks ----------------------------------------------------------------------------------

    async def _run(self, uri: str, job: _Job, pause: float) -> None:
        """Wait and check a document: both steps. A change of the document cancels it."""
        if pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(job.is_wanted.wait(), pause)
        try:
            known = await self._check(uri, job)
            if known is not None:
                await self._prepare(uri, known)
                if self.settings.advice:
                    await self._advise(uri, job, known)
        except Exception:
            logger.exception("the check of %s failed", uri)
            if uri in self.documents:
                self._listener.failed(self.documents[uri])
        finally:
            if asyncio.current_task() is job.task:
                job.is_done.set()

    async def _check(self, uri: str, job: _Job) -> Known | None:
        """Run the first step. Return what was found, or None if the text is not a score."""
        loop = asyncio.get_running_loop()
        while True:
            documents = Documents(self.documents)
            document = documents[uri]
            known = None
            if document.is_score:
                started = perf_counter()
                known = await loop.run_in_executor(
                    self._thread,
                    lambda document=document, documents=documents: check(  # type: ignore[misc]
                        document, documents, self._load, self.settings.hints, advice=False
                    ),
                )
                job.seconds = perf_counter() - started
                logger.info("checked %s in %.3f s", document.file, job.seconds)
            if known is None or self._is_up_to_date(known, documents):
                break
        job.is_wanted.clear()
        self._store(document, known)
        job.is_done.set()
        return known

    async def _prepare(self, uri: str, known: Known) -> None:
        """Compute hints and names, and let the client request them."""
        for step in PREPARATIONS:  # a change comes between two steps
            await asyncio.get_running_loop().run_in_executor(self._thread, step, known)
        self._listener.checked(self.documents[uri])

    def _is_up_to_date(self, known: Known, read: Documents) -> bool:
        """Return whether no file that a check has read was changed since."""
        return all(
            now is None or before is None or now.text is before.text
            for path in known.paths.values()
            for now, before in [(self.documents.at(path), read.at(path))]
        )

    async def _advise(self, uri: str, job: _Job, known: Known) -> None:
        """Run the second step. A score with errors gets no advice."""
        if known.look.is_outdated:
            return
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0, job.changed_at + ADVICE_PAUSE_S - loop.time()))
        advised = await loop.run_in_executor(self._thread, advise, known)
        self._store(self.documents[uri], advised)

    def _store(self, document: Document, known: Known | None) -> None:
        """Keep what was found about a document, and report it."""
        found = replace(document, known=known)
        self.documents[document.uri] = found
        self._listener.found(found)

    def stop(self) -> None:
        """End all checks."""
        for job in self._jobs.values():
            if job.task is not None:
                job.task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
