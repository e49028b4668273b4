"""An editor for the tests of the language server: it starts the server as a process, opens and
changes texts, and waits for what the server sends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES

COMMAND = (sys.executable, "-m", "sequencer", "language-server")
PATIENCE_S = 30.0

HELIX = Path(__file__).with_name("helix.json")
"""What Helix 25 announces, from `helix-lsp/src/client.rs`: pytest-lsp has no file for it."""

CLIENTS = ("visual-studio-code", "neovim", "helix")


def capabilities_of(client: str) -> types.ClientCapabilities:
    """Return what an editor announces."""
    if client != "helix":
        return client_capabilities(client)
    announced = json.loads(HELIX.read_text(encoding="utf-8"))
    return get_converter().structure(announced, types.ClientCapabilities)


class Editor:
    """An editor with a connection to a server."""

    def __init__(self) -> None:
        self.client = LanguageClient(converter_factory=default_converter)
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.refreshed: list[str] = []
        self.registered: list[types.Registration] = []
        self.settings: dict[str, Any] | None = None
        self.capabilities: types.ServerCapabilities = types.ServerCapabilities()
        self._changed = asyncio.Condition()
        features: dict[str, Callable[[Any], Any]] = {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: self._publish,
            types.WORKSPACE_INLAY_HINT_REFRESH: lambda _: self.refreshed.append("hints"),
            types.WORKSPACE_SEMANTIC_TOKENS_REFRESH: lambda _: self.refreshed.append("tokens"),
            types.CLIENT_REGISTER_CAPABILITY: self._register,
            types.WORKSPACE_CONFIGURATION: self._configuration,
        }
        for method, feature in {**DEFAULT_CLIENT_FEATURES, **features}.items():
            self.client.feature(method)(_noticed(feature, self) if method in features else feature)

    async def notice(self) -> None:
        """Let those who wait look at what has come."""
        async with self._changed:
            self._changed.notify_all()

    def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.published.append(params)

    def _register(self, params: types.RegistrationParams) -> None:
        self.registered += params.registrations

    def _configuration(self, params: types.ConfigurationParams) -> list[Any]:
        return [(self.settings or {}).get(str(item.section)) for item in params.items]

    # ---- texts -----------------------------------------------------------------------------------

    def open(self, uri: str, text: str, language: str = "score") -> types.TextDocumentIdentifier:
        """Open a text."""
        self.texts[uri], self.versions[uri] = text, 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )
        return types.TextDocumentIdentifier(uri)

    def open_file(self, path: Path, text: str | None = None) -> types.TextDocumentIdentifier:
        """Open a file, also with a text that is not saved."""
        language = "score" if path.suffix == ".score" else "yaml"
        found = path.read_bytes().decode() if text is None else text
        return self.open(path.as_uri(), found, language)

    def change(self, uri: str, text: str) -> int:
        """Replace a text, and return its new version."""
        self.texts[uri] = text
        return self.send_changes(uri, [types.TextDocumentContentChangeWholeDocument(text)])

    def send_changes(
        self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> int:
        """Send changes of a text, and return its new version."""
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(identifier, list(changes))
        )
        return self.versions[uri]

    def close(self, uri: str) -> None:
        """Close a text."""
        del self.texts[uri]
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    # ---- waiting ---------------------------------------------------------------------------------

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something that the server sends makes a condition true."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(is_so)

    def diagnostics(self, uri: str) -> Sequence[types.Diagnostic] | None:
        """Return the diagnostics that the editor shows for a file."""
        return next((one.diagnostics for one in reversed(self.published) if one.uri == uri), None)

    async def checked(self, uri: str) -> Sequence[types.Diagnostic]:
        """Wait for the diagnostics of the present version of a text."""
        version = self.versions[uri]
        await self.until(
            lambda: any(one.uri == uri and one.version == version for one in self.published)
        )
        return self.diagnostics(uri) or ()

    async def codes(self, uri: str) -> list[str | int | None]:
        """Wait for the diagnostics of the present version of a text, and return their codes."""
        return [one.code for one in await self.checked(uri)]

    async def run(self, command: str, *arguments: Any) -> Any:
        """Run a command of the server."""
        return await self.client.workspace_execute_command_async(
            types.ExecuteCommandParams(command, list(arguments))
        )


def _noticed(feature: Callable[[Any], Any], editor: Editor) -> Callable[[Any], Any]:
    async def handle(params: Any) -> Any:
        answer = feature(params)
        await editor.notice()
        return answer

    return handle


@asynccontextmanager
async def connected(
    client: str | types.ClientCapabilities = "visual-studio-code",
    *,
    options: object = None,
    settings: dict[str, Any] | None = None,
    command: Sequence[str] = COMMAND,
    folder: Path | None = None,
) -> AsyncIterator[Editor]:
    """Start a server, connect an editor with it, and end both.

    Args:
        client: The name of an editor, or what it announces.
        options: The settings that the editor starts the server with.
        settings: The settings that the editor has.
        command: The command that starts the server.
        folder: The folder that is opened in the editor.
    """
    editor = Editor()
    editor.settings = settings
    await editor.client.start_io(*command)
    try:
        announced = capabilities_of(client) if isinstance(client, str) else client
        result = await editor.client.initialize_session(
            types.InitializeParams(
                capabilities=announced,
                initialization_options=options,
                root_uri=None if folder is None else folder.as_uri(),
            )
        )
        editor.capabilities = result.capabilities
        yield editor
    finally:
        async with asyncio.timeout(PATIENCE_S):
            await editor.client.shutdown_session()
            await editor.client.stop()  # type: ignore[no-untyped-call]
