"""The state of a connection: the client, its settings, and the open documents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from sequencer.editing.looking import Look
from sequencer.languageserver.checking import Checker, Listener
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import (
    Document,
    Documents,
    Known,
    Load,
    Locator,
    check_users,
)
from sequencer.languageserver.positions import View
from sequencer.languageserver.publishing import Publisher
from sequencer.languageserver.settings import SECTION, Settings, read_settings

if TYPE_CHECKING:
    from sequencer.schedule.model import Schedule

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class RefusedError(JsonRpcException):
    """A request that cannot be fulfilled, with the reason in one sentence for the user."""

    CODE = types.LSPErrorCodes.RequestFailed.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the server needs of the other packages.

    Attributes:
        load: Loads a score from its text.
        sheet: Returns the cue sheet of a schedule, as an HTML page.
        timeline: Returns the timeline of a schedule, as an HTML page; images are in the folder.
        rehearse: Returns the command line that rehearses a score and prints its report as JSON.
        take_over: Makes the run in progress of a score play another text of it, and returns a
            sentence about it. Raises SequencerError if no run does.
    """

    load: Load
    sheet: Callable[[Schedule], str]
    timeline: Callable[[Schedule, Path], str]
    rehearse: Callable[[Path], Sequence[str]]
    take_over: Callable[[Path, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What answers are computed from: a document as it is known, with the state of all others.

    An answer is computed in a thread, while the client may change documents: nothing in here
    changes.
    """

    document: Document
    known: Known
    view: View
    others: tuple[Look, ...]
    locator: Locator
    client: Client

    @property
    def look(self) -> Look:
        """What the last check found."""
        return self.known.look


class Session:
    """One connection to a client.

    Attributes:
        server: The server, which sends requests and notifications to the client.
        services: What is needed of the other packages.
        client: What the client supports.
        checker: The open documents and their checks.
        was_shut_down: Whether the client has asked the server to end.
        was_left_properly: Whether the client asked it before it left.
    """

    def __init__(self, server: LanguageServer, services: Services) -> None:
        self.server = server
        self.services = services
        self.client = Client()
        self.checker = Checker(
            services.load, Listener(found=self._found, checked=self._checked, failed=self._failed)
        )
        self.was_shut_down = False
        self.was_left_properly = True
        self._publisher = Publisher(
            self.checker.documents, server.text_document_publish_diagnostics
        )
        self._answers = ThreadPoolExecutor(2, "answer")
        self._folder: TemporaryDirectory[str] | None = None
        self._has_reported_failure = False

    @property
    def settings(self) -> Settings:
        """The settings of the user."""
        return self.checker.settings

    # ---- documents -------------------------------------------------------------------------------

    def document(self, uri: str) -> Document | None:
        """Return an open document."""
        return self.checker.documents.get(uri)

    async def known(self, uri: str) -> Snapshot | None:
        """Return what is known about a document without waiting, except for its first check."""
        document = self.document(uri)
        if document is not None and document.known is None:
            document = await self.checker.newest(uri, now=True)
        return None if document is None else self._snapshot(document)

    async def newest(self, uri: str, *, now: bool = False) -> Snapshot | None:
        """Return what is known about the present text of a document, once it is checked.

        Args:
            uri: The address of the document.
            now: Whether the check begins at once, not after a pause in typing.
        """
        document = await self.checker.newest(uri, now=now)
        return None if document is None else self._snapshot(document)

    async def newest_of_all(self, uri: str) -> Snapshot | None:
        """Return what is known about a document, once all open ones are checked, at once.

        The scores in its folder that use its file count as well, although they are not open.
        """
        for other in list(self.checker.documents):
            await self.checker.newest(other, now=True)
        document = await self.checker.newest(uri, now=True)
        if document is None:
            return None
        users = await self.answer(
            check_users,
            document,
            Documents(self.checker.documents),
            self._folder_of(document),
            self.services.load,
        )
        document = await self.checker.newest(uri, now=True)
        return None if document is None else self._snapshot(document, users)

    def _folder_of(self, document: Document) -> Path | None:
        """Return the folder that is open in the client and has a document, or None."""
        workspace = self.server.workspace
        names = [to_fs_path(one) for one in (*workspace.folders, workspace.root_uri or "")]
        folders = [Path(name) for name in names if name]
        path = document.path
        return next((one for one in folders if path and path.is_relative_to(one)), None)

    def _snapshot(self, document: Document, users: Sequence[Known] = ()) -> Snapshot | None:
        documents = Documents(self.checker.documents)
        known, view = document.known, document.view
        if known is None or view is None:
            return None
        others = [
            *(one.known for one in documents.values() if one.uri != document.uri and one.known),
            *users,
        ]
        return Snapshot(
            document=document,
            known=known,
            view=view,
            others=tuple(one.look for one in others),
            locator=Locator((known, *others), documents, self.client),
            client=self.client,
        )

    async def answer(
        self,
        function: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Compute an answer in a thread, so that the texts of the client are read meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._answers, lambda: function(*args, **kwargs))

    def temporary_folder(self) -> Path:
        """Return a folder for pages that are shown; it is deleted at the end of the connection.

        Raises OSError.
        """
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="sequencer-")
        return Path(self._folder.name)

    # ---- settings --------------------------------------------------------------------------------

    def change_settings(self, given: object) -> None:
        """Use the settings that the client sends, and report those that are not valid."""
        before = self.settings
        self.checker.settings, problems = read_settings(given, before)
        for problem in problems:
            self.show(problem, types.MessageType.Warning)
        if self.settings != before:
            self.checker.schedule_all()

    async def ask_for_settings(self) -> None:
        """Ask the client for its settings, if it answers such requests."""
        if not self.client.has_configuration:
            return
        item = types.ConfigurationItem(section=SECTION)
        found = await self.server.workspace_configuration_async(types.ConfigurationParams([item]))
        for one in found:
            self.change_settings(one)

    # ---- what is sent ----------------------------------------------------------------------------

    def show(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Show a message to the user."""
        self.server.window_show_message(types.ShowMessageParams(kind, text))

    def _found(self, document: Document) -> None:
        known = document.known
        advice_follows = (
            self.settings.advice
            and known is not None
            and not known.look.is_outdated
            and not known.look.has_advice
        )
        self._publisher.publish(document, self.client, advice_follows=advice_follows)

    def _checked(self, document: Document) -> None:
        """Ask the client to request again what it shows of a document."""
        if document.known is None:
            return
        if self.client.refreshes_hints:
            self.server.workspace_inlay_hint_refresh(None)
        if self.client.refreshes_tokens:
            self.server.workspace_semantic_tokens_refresh(None)

    def _failed(self, document: Document) -> None:
        """Report an internal error once; it is logged each time."""
        if not self._has_reported_failure:
            self._has_reported_failure = True
            self.show(
                f"{document.file} could not be checked: this is a bug in the language server, and "
                "its log has the details",
                types.MessageType.Error,
            )

    def stop(self) -> None:
        """End what is going on."""
        self.checker.stop()
        self._answers.shutdown(wait=False, cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()
