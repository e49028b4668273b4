"""What the server does when a client connects or leaves, and opens, changes or closes texts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from sequencer.languageserver.client import read_client
from sequencer.languageserver.documents import open_document, resolve
from sequencer.languageserver.session import Session

logger = logging.getLogger(__name__)

WATCHED = (
    "**/*.{score,yaml,yml,mid,midi,beats,png,jpg,jpeg,webp,wav,flac,aif,aiff,mp3,m4a,ogg,opus}"
)
"""The files that a score may use: other scores, clock files, images and sounds."""


def initialize(session: Session, params: types.InitializeParams) -> None:
    """Read what the client supports, and the settings that it starts the server with."""
    session.client = read_client(params.capabilities)
    name = "a client" if params.client_info is None else params.client_info.name
    logger.info("connected with %s, positions in %s", name, session.client.encoding)
    session.change_settings(params.initialization_options)


async def initialized(session: Session, _params: types.InitializedParams) -> None:
    """Ask the client for what it does not send unasked."""
    registrations: list[types.Registration] = []
    if session.client.registers_watchers:
        watcher = types.FileSystemWatcher(WATCHED)
        registrations.append(
            types.Registration(
                "watched files",
                types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                types.DidChangeWatchedFilesRegistrationOptions([watcher]),
            )
        )
    if session.client.registers_configuration:
        registrations.append(
            types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION)
        )
    if registrations:
        try:
            await session.server.client_register_capability_async(
                types.RegistrationParams(registrations)
            )
        except JsonRpcException as error:  # it is served all the same, without these notifications
            logger.warning("the client refuses to register: %s", error.message)
    await session.ask_for_settings()


async def changed_configuration(
    session: Session, params: types.DidChangeConfigurationParams
) -> None:
    """Use the settings that have changed."""
    if session.client.has_configuration:
        await session.ask_for_settings()
    else:
        session.change_settings(params.settings)


def opened(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Check a text that was opened."""
    session.checker.open(open_document(params.text_document, session.client))


def changed(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Check a text that has changed, after a pause."""
    document = session.document(params.text_document.uri)
    if document is not None:
        text = document.text.changed(params.content_changes)
        version = params.text_document.version
        session.checker.change(replace(document, text=text, version=version))


def saved(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """Check a text that was saved: the files that it uses may have changed."""
    document = session.document(params.text_document.uri)
    if document is not None:
        session.checker.schedule(document)


def closed(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a text that was closed."""
    session.checker.close(params.text_document.uri)


def changed_files(session: Session, params: types.DidChangeWatchedFilesParams) -> None:
    """Check the scores again that may use a file that was changed on the disk."""
    paths = [Path(name) for one in params.changes if (name := to_fs_path(one.uri)) is not None]
    changed = [resolve(path) for path in paths if session.checker.documents.at(path) is None]
    for document in list(session.checker.documents.values()):
        folder = None if document.path is None else resolve(document.path.parent)
        if folder is not None and any(path.is_relative_to(folder) for path in changed):
            session.checker.schedule(document)


def shut_down(session: Session, _params: None) -> None:
    """End what is going on; the client ends the connection after it."""
    session.was_shut_down = True
    session.stop()


def left(session: Session, _params: None) -> None:
    """Keep whether the client has ended the connection as it should."""
    session.was_left_properly = session.was_shut_down


Handler = Callable[..., Awaitable[None] | None]

NOTIFICATIONS: Mapping[str, Handler] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.SHUTDOWN: shut_down,
    types.EXIT: left,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: changed_configuration,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: changed_files,
    types.TEXT_DOCUMENT_DID_OPEN: opened,
    types.TEXT_DOCUMENT_DID_CHANGE: changed,
    types.TEXT_DOCUMENT_DID_SAVE: saved,
    types.TEXT_DOCUMENT_DID_CLOSE: closed,
}
"""What handles each notification of a client."""
