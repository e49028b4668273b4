"""Make the server and run it: on two streams, until the client closes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from sequencer.languageserver.commands import COMMANDS, run_command
from sequencer.languageserver.features import FEATURES, OPTIONS
from sequencer.languageserver.lifecycle import NOTIFICATIONS
from sequencer.languageserver.session import RefusedError, Services, Session

NAME = "sequencer"

Steps = Generator[tuple[Callable[..., Any], tuple[Any, ...], None], None, None]


class _Protocol(LanguageServerProtocol):
    """The protocol without the documents that pygls keeps.

    It divides texts at characters that are not ends of lines in the protocol (U+2028, for example),
    and it changes the positions that it is given.
    """

    def _pass_on(self, method: str, params: Any) -> Steps:
        yield self.fm.features[method], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Steps:
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Steps:
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Steps:
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CLOSE, params)


def make_server(version: str, services: Services) -> tuple[LanguageServer, Session]:
    """Return a server, and the state of its connection.

    Args:
        version: The version that the server announces.
        services: What it needs of the other packages.
    """
    server = LanguageServer(
        NAME, version, protocol_cls=_Protocol, converter_factory=default_converter
    )
    session = Session(server, services)
    for method, handler in {**NOTIFICATIONS, **FEATURES}.items():
        server.feature(method, OPTIONS.get(method))(partial(handler, session))
    for name in COMMANDS:
        server.command(name)(_command(session, name))
    return server, session


def _command(session: Session, name: str) -> Callable[..., Any]:
    # pygls reads the signature to convert the arguments: it has to be that of a plain function
    async def run(*arguments: Any) -> Any:
        return await run_command(session, name, arguments)

    return run


def serve(version: str, services: Services, stdin: BinaryIO, stdout: BinaryIO) -> bool:
    """Serve one client until it ends the connection.

    Args:
        version: The version that the server announces.
        services: What it needs of the other packages.
        stdin: Where the messages of the client come from.
        stdout: Where messages to the client go. Nothing else may be written to it.

    Returns:
        Whether the client has ended the connection as the protocol demands, or was itself ended.
    """
    logging.getLogger("pygls").addFilter(_is_no_refusal)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_no_refusal)
    server, session = make_server(version, services)
    try:
        server.start_io(stdin, stdout)
    finally:
        session.stop()
    return session.was_left_properly


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """Return whether a message is to be logged: a refusal is an answer, not an error."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, RefusedError)
