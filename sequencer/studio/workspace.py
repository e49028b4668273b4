"""The score that is open: its text, the edits of the pages, its file, and what checks find.

How the studio uses it::

    workspace = Workspace.open(path)          # or Workspace.untitled(folder, text)
    workspace.listener = send_to_pages        # called with each `Outgoing`
    workspace.on_state = patch_the_score      # called when `state()` has changed
    await workspace.start()
    …
    workspace.edit(page, version, changes)                     # message `edit`
    answer = await workspace.ask(page, "hover", {"at": 12})    # message `ask`
    answer = await workspace.save(version, overwrite=False)    # message `save`
    edited = await workspace.schedule_for(version)             # a run begins, or an edit takes over
    for message in workspace.latest(): …                       # for a page that connects
    await workspace.stop()

Edits. The server orders them. An edit of a page is accepted only if it is based on the present
version; each accepted one makes the next version and is sent to all other pages as `text`, and to
its page as `text` with `accepted`. A page that was overtaken receives the other edit, moves its own
one past it, and sends it again: so all pages have the same text once nothing is under way. Of an
edit that cannot be applied at all, its page is sent the reason and the whole text.

Checks run in a process of their own (`check_worker`), after a pause in typing. Their results come
as JSON and are passed on without being read: the process of the show never waits for them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.file_stamps import POLL_SECONDS, stamp
from sequencer.language.loader import Notation
from sequencer.studio.check_messages import Header
from sequencer.studio.check_process import CheckProcess
from sequencer.studio.protocol import ScoreState
from sequencer.studio.score_file import ChangedOnDiskError, ScoreFile, create, open_score, reread
from sequencer.studio.score_file import save as save_file
from sequencer.studio.text_buffer import Change, TextBuffer, difference, read_changes

if TYPE_CHECKING:
    from sequencer.runtime.operator.reload_control import EditedScore
    from sequencer.schedule.ensemble import EnsembleSchedule

PAUSE_S = 0.1
"""How long nothing is typed before a check, in seconds, …"""

MAX_PAUSE_S = 1.0
"""… or twice as long as the last check took, up to this time."""

ANSWER_LIMIT_S = 10.0
"""How long a page waits for an answer, in seconds."""

CHECK_LIMIT_S = 60.0
"""How long a check may take, in seconds, before its process is ended and started again."""

UNTITLED = "untitled.score"
"""What a score without a file is called."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message for pages: its kind, and its JSON, which is sent as it is.

    `only` names the page that receives it, `other_than` the one that does not; by default all pages
    receive it.
    """

    kind: str
    text: str
    only: str | None = None
    other_than: str | None = None


class Workspace:
    """The open score.

    Args:
        file: Its file as it was read; None for a score without one.
        folder: The folder of its images and used files, and where it is saved first.
        text: Its text, if it has no file.
    """

    def __init__(self, file: ScoreFile | None, folder: Path, text: str = "") -> None:
        self.file = file
        self.folder = folder
        self.version = 1
        self.listener: Callable[[Outgoing], None] = lambda message: None
        self.on_state: Callable[[], None] = lambda: None
        self._buffer = TextBuffer.of(text if file is None else file.text)
        self._saved = self._buffer if file is not None else TextBuffer.of("")
        self._on_disk: ScoreFile | None = None
        """The file as another program has changed it, while there are unsaved edits."""
        self._was_removed = False
        self._process = CheckProcess(self._opening, self._received, self._process_failed)
        self._watched: tuple[Path, ...] = ()
        self._seen: dict[str, tuple[int, int]] = {}
        """The state of the files when they were looked at last, …"""
        self._known: dict[str, tuple[int, int]] = {}
        """… and that which was acted on."""
        self._latest: dict[str, Outgoing] = {}
        self._check_ms = 0.0
        self._check: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._poll: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._requests = 0
        self._saving = asyncio.Lock()
        self.title = ""
        """The title in the last valid text."""
        self.checked_version = 0
        """The version that was checked last, …"""
        self.is_valid = False
        """… and whether it has no errors."""

    @classmethod
    def open(cls, path: Path) -> Workspace:
        """Open the file of a score. Raises SequencerError if it cannot be read."""
        file = open_score(path)
        return cls(file, file.path.parent)

    @classmethod
    def untitled(cls, folder: Path, text: str = "") -> Workspace:
        """Return a score that has no file yet."""
        return cls(None, folder, text)

    async def start(self) -> None:
        """Start checking, and noticing changes on the disk."""
        self._process.start()
        self._poll = asyncio.create_task(self._watch(), name="watch the score")

    async def stop(self) -> None:
        """End what was started."""
        for timer in (self._check, self._limit):
            if timer is not None:
                timer.cancel()
        if self._poll is not None:
            self._poll.cancel()
            with suppress(asyncio.CancelledError):
                await self._poll
        await self._process.stop()
        for waiting in self._answers.values():
            waiting.cancel()

    # ---- state -----------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The text, with `\\n` as newlines."""
        return self._buffer.text

    @property
    def name(self) -> str:
        """The name of the file in messages and in the positions of diagnostics."""
        return UNTITLED if self.file is None else str(self.file.path)

    @property
    def notation(self) -> Notation:
        """The notation."""
        return Notation.TEXT if self.file is None else self.file.notation

    @property
    def is_dirty(self) -> bool:
        """Whether there are edits that are not saved."""
        return self._buffer != self._saved or self._was_removed

    def state(self, revision: int = 0, *, with_text: bool = False) -> ScoreState:
        """Return what a page shows about the score.

        Args:
            revision: The version of the score that a run plays, 0 without one.
            with_text: Whether to add the text, for a page that connects.
        """
        found = ScoreState(
            file="" if self.file is None else self.file.path.name,
            title=self.title,
            notation=self.notation.value,
            version=self.version,
            revision=revision,
            dirty=self.is_dirty,
            changed_on_disk=self._on_disk is not None or self._was_removed,
        )
        if with_text:
            found["text"] = self._buffer.text
        return found

    def latest(self) -> list[Outgoing]:
        """Return the last results of checks, for a page that connects."""
        return list(self._latest.values())

    # ---- edits -----------------------------------------------------------------------------------

    def edit(self, page: str, version: int, changes: object) -> bool:
        """Apply an edit of a page.

        Args:
            page: The page.
            version: The version of the text that the page has changed.
            changes: The changes, as in the message.

        Returns:
            Whether it was accepted. An edit of an earlier version is not: its page has been sent
            what it missed.
        """
        if version != self.version:
            if not 0 < version < self.version:
                self._send_whole(page, UsageError("the page has another text than the studio"))
            return False
        try:
            read = read_changes(changes)
            buffer = self._buffer.changed(read)
        except UsageError as error:
            self._send_whole(page, error)
            return False
        self._apply(buffer, read, page)
        return True

    def _apply(self, buffer: TextBuffer, changes: tuple[Change, ...], page: str | None) -> None:
        """Make a text the present one, and send what has changed."""
        self._buffer = buffer
        self.version += 1
        edit = [one.to_json() for one in changes]
        self._process.send({"do": "edit", "version": self.version, "changes": edit})
        message = {"t": "text", "version": self.version, "changes": edit}
        self._send(message, other_than=page)
        if page is not None:
            self._send({**message, "changes": [], "accepted": True}, only=page)
        if self._on_disk is not None and self._on_disk.text == buffer.text:
            self._adopt(self._on_disk)
        self.on_state()
        self._schedule_check()

    def _send_whole(self, page: str, error: UsageError) -> None:
        """Send a page the text, and why its edit was not applied."""
        self._send(
            {
                "t": "text",
                "version": self.version,
                "changes": [],
                "text": self._buffer.text,
                "error": {"message": error.message, "hint": error.hint or ""},
            },
            only=page,
        )

    def _send(
        self, message: Mapping[str, Any], *, only: str | None = None, other_than: str | None = None
    ) -> None:
        text = json.dumps(message, separators=(",", ":"))
        self.listener(Outgoing(kind=message["t"], text=text, only=only, other_than=other_than))

    # ---- the file --------------------------------------------------------------------------------

    async def save(
        self, version: int, *, overwrite: bool = False, name: str | None = None
    ) -> dict[str, Any]:
        """Save the present text.

        Args:
            version: The version that the page has; a later one of another page is saved, too.
            overwrite: Whether a change of the file by another program is lost.
            name: The name of a new file, if the score has none: in its folder.

        Returns:
            The version that was saved, and the name of the file.

        Raises:
            ChangedOnDiskError: Another program has changed the file, or removed it.
            SequencerError: It cannot be saved.
        """
        if version > self.version:
            raise UsageError("the page has another text than the studio", "load the page again")
        async with self._saving:
            saved, buffer, file = self.version, self._buffer, self.file
            if file is None:
                if name is None:
                    raise UsageError("the score has no file yet", "give it a name")
                new = await asyncio.to_thread(create, self.folder, name, buffer.text)
            else:
                try:
                    new = await asyncio.to_thread(save_file, file, buffer.text, overwrite=overwrite)
                except ChangedOnDiskError:
                    await self._look_at_disk()
                    raise
            is_renamed = file is None
            self._adopt(new)
            if is_renamed:
                self._process.send(*self._opening())
        self.on_state()
        return {"version": saved, "file": new.path.name}

    def _adopt(self, file: ScoreFile) -> None:
        """Take a file as the one that is open: what it has is saved."""
        self.file = file
        self._saved = TextBuffer.of(file.text)
        self._on_disk = None
        self._was_removed = False

    async def _watch(self) -> None:
        """Look at the files at regular intervals."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            await self.poll()

    async def poll(self) -> None:
        """Look at the files once. A change counts when they were the same in two looks."""
        stamps = await asyncio.to_thread(stamp, self._paths())
        now = {path: (time, size) for path, time, size in stamps}
        was, self._seen = self._seen, now
        for path, found in now.items():
            self._known.setdefault(path, found)
        changed = {path for path, found in now.items() if self._known[path] != found}
        if not changed or now != was or self._saving.locked():
            return
        self._known = now
        own = None if self.file is None else str(self.file.path)
        if own in changed:
            await self._look_at_disk()
        if changed - {own}:
            self._process.send({"do": "check", "version": self.version, "again": True})

    def _paths(self) -> tuple[Path, ...]:
        return self._watched if self.file is None else (self.file.path, *self._watched)

    async def _look_at_disk(self) -> None:
        """Take over what another program saved, or offer it if there are unsaved edits."""
        file = self.file
        if file is None:
            return
        try:
            found = await asyncio.to_thread(reread, file)
        except SequencerError as error:
            logger.warning("%s", error)
            return
        if file is not self.file:
            return
        if found is None:
            self._was_removed = True
        elif found.data == file.data:
            self._on_disk, self._was_removed = None, False
        elif not self.is_dirty or found.text == self._buffer.text:
            buffer = TextBuffer.of(found.text)
            changes = difference(self._buffer, buffer)
            self._adopt(found)
            if changes:
                self._apply(buffer, changes, None)
        else:
            self._on_disk, self._was_removed = found, False
        self.on_state()

    def changes_on_disk(self) -> list[dict[str, Any]]:
        """Return the changes that make the present text that of the file on the disk.

        A page that takes it edits its text with them, so that the operator can undo it.

        Raises:
            UsageError: The file has not changed.
        """
        if self._on_disk is None:
            raise UsageError("the file on the disk has not changed")
        buffer = TextBuffer.of(self._on_disk.text)
        return [one.to_json() for one in difference(self._buffer, buffer)]

    def replace(self, text: str) -> None:
        """Make another text the present one, for all pages, whose operators can undo it."""
        buffer = TextBuffer.of(text)
        changes = difference(self._buffer, buffer)
        if changes:
            self._apply(buffer, changes, None)

    # ---- checks ----------------------------------------------------------------------------------

    def _opening(self) -> tuple[Header, bytes]:
        header = {
            "do": "open",
            "version": self.version,
            "file": self.name,
            "folder": str(self.folder),
        }
        self._start_limit()
        return header, self._buffer.data

    def _schedule_check(self) -> None:
        """Check after a pause."""
        if self._check is not None:
            self._check.cancel()
        pause = min(max(PAUSE_S, 2 * self._check_ms / 1000), MAX_PAUSE_S)
        self._check = asyncio.get_running_loop().call_later(pause, self.check_now)

    def check_now(self) -> None:
        """Check the present text without a pause."""
        if self._check is not None:
            self._check.cancel()
            self._check = None
        self._start_limit()
        self._process.send({"do": "check", "version": self.version})

    def _start_limit(self) -> None:
        """End the process if it finds nothing within the limit."""
        if self._limit is None:
            loop = asyncio.get_running_loop()
            self._limit = loop.call_later(CHECK_LIMIT_S, self._took_too_long)

    def _took_too_long(self) -> None:
        self._limit = None
        logger.error("a check took longer than %.0f s", CHECK_LIMIT_S)
        self._process.restart()

    def _received(self, header: Header, content: bytes) -> None:
        """Pass on what the process found."""
        match header["is"]:
            case "answer":
                waiting = self._answers.pop(header["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(json.loads(content))
            case "checked":
                if self._limit is not None:
                    self._limit.cancel()
                    self._limit = None
                self._check_ms = header["ms"]
                self._watched = tuple(Path(name) for name, _, _ in header["files"])
                for name, time, size in header["files"]:
                    self._known.setdefault(name, (time, size))
                self.checked_version, self.is_valid = header["version"], header["valid"]
                if header["title"] != self.title:
                    self.title = header["title"]
                    self.on_state()
                self._publish("checked", content)
            case "plot":
                self._publish("plot", content)
            case _:
                self._process_failed(header["reason"])

    def _publish(self, kind: str, content: bytes) -> None:
        message = Outgoing(kind=kind, text=content.decode("ascii"))
        self._latest[kind] = message
        self.listener(message)

    def _process_failed(self, reason: str) -> None:
        """Report that the text could not be checked."""
        logger.error("%s could not be checked: %s", self.name, reason)
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result({"error": {"message": "the check has failed", "hint": ""}})
        self._answers.clear()
        self._send(
            {
                "t": "check_failed",
                "version": self.version,
                "error": {
                    "message": "the score could not be checked: this is a bug in the studio",
                    "hint": "the log has the details; the text is not affected, and can be saved",
                },
            }
        )

    # ---- answers ---------------------------------------------------------------------------------

    async def ask(self, page: str, what: str, fields: Mapping[str, Any]) -> Any:
        """Answer a page's question about the text; `asking` lists them.

        Args:
            page: The page. A later question of the same kind replaces one that waits.
            what: What is asked. Besides those of `asking`, `on_disk`: see `changes_on_disk`.
            fields: Its fields.

        Raises:
            SequencerError: It has no answer, was replaced by a later one, or takes too long.
        """
        if what == "on_disk":
            return {"changes": self.changes_on_disk()}
        self._requests += 1
        request = self._requests
        waiting = asyncio.get_running_loop().create_future()
        self._answers[request] = waiting
        self._process.send(
            {"do": "ask", "id": request, "page": page, "what": what, "fields": dict(fields)}
        )
        try:
            found = await asyncio.wait_for(waiting, ANSWER_LIMIT_S)
        except TimeoutError:
            raise UsageError("the answer takes too long", "try again") from None
        finally:
            self._answers.pop(request, None)
        if "error" in found:
            raise UsageError(found["error"]["message"], found["error"]["hint"] or None)
        return found["answer"]

    # ---- runs ------------------------------------------------------------------------------------

    async def schedule_for(self, version: int) -> EditedScore | EditedStages:
        """Compile the present text in a thread, for a run that begins or takes it over.

        Args:
            version: The version that the page shows. A later one is not compiled instead.

        Returns:
            The schedule, or those of its stages, with the texts of all its files; or its problems.

        Raises:
            UsageError: The text has been changed since.
        """
        if version != self.version:
            raise UsageError("the text has been changed since", "check it, and try again")
        return await asyncio.to_thread(compile_text, self._buffer.text, self.name, self.folder)


@dataclass(frozen=True, slots=True)
class EditedStages:
    """A valid text for several stages: their schedules, and the texts of its files by name."""

    ensemble: EnsembleSchedule
    sources: Mapping[str, str]


def compile_text(text: str, file: str, folder: Path) -> EditedScore | EditedStages:
    """Read and compile a text. A score with errors is a result, not an exception.

    Args:
        text: The text.
        file: The name of its file, which determines the notation.
        folder: The folder of its images and used files.
    """
    from sequencer.api.reloading import edited_score
    from sequencer.language.check import check_text

    checked = check_text(text, file, advice=False, folder=folder)
    if checked.ensemble is not None:
        return EditedStages(checked.ensemble, checked.sources)
    return edited_score(checked, folder / Path(file).name)
