"""The diagnostics that the client shows for each file: those of all open scores that use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import attrs
from lsprotocol import types

from sequencer.core.diagnostics import Diagnostic
from sequencer.editing.looking import MAX_DIAGNOSTICS, limit_diagnostics
from sequencer.languageserver.client import Client
from sequencer.languageserver.conversions import SOURCE, convert_diagnostic
from sequencer.languageserver.documents import Document, Documents, Locator
from sequencer.languageserver.positions import View

Send = Callable[[types.PublishDiagnosticsParams], None]

_Found = dict[Diagnostic, types.Diagnostic]


class Publisher:
    """Sends the diagnostics of a file whenever those of a score that it belongs to have changed."""

    def __init__(self, documents: Documents, send: Send) -> None:
        self._documents = documents
        self._send = send
        self._found: dict[str, dict[str, _Found]] = {}
        """The diagnostics of each score, by the address of the file that they are about."""
        self._texts: dict[str, str] = {}
        """The text of each score whose diagnostics these are."""

    def publish(self, document: Document, client: Client, *, advice_follows: bool = False) -> None:
        """Send what was found about a document, and about the files that it uses.

        Args:
            document: The document. If nothing is known about it any more, what was sent before is
                removed.
            client: What the client supports.
            advice_follows: Whether advice on the prompts is being computed. Until it is there, the
                advice on unchanged lines stays, or it would disappear with every change.
        """
        before = self._found.pop(document.uri, {})
        found = self._found[document.uri] = _sort_by_file(document, self._documents, client)
        if advice_follows and document.uri in self._texts:
            own = found[document.uri]
            own |= _kept_advice(before.get(document.uri, {}), self._texts[document.uri], document)
        if document.known is not None:
            self._texts[document.uri] = document.known.look.text
        for uri in {document.uri: None} | dict.fromkeys(before) | dict.fromkeys(found):
            self._publish_file(uri, document, client)
        if document.uri not in self._documents:
            del self._found[document.uri]
            self._texts.pop(document.uri, None)

    def _publish_file(self, uri: str, document: Document, client: Client) -> None:
        merged: _Found = {}
        for found in self._found.values():
            merged |= found.get(uri, {})
        opened = self._documents.get(uri)
        file = document.file if opened is None else opened.file
        kept = tuple(merged)
        if len(kept) > MAX_DIAGNOSTICS:
            kept = limit_diagnostics(kept, file)
        shown = [merged.get(one) or _at_start(one) for one in kept]
        version = None if opened is None else opened.version
        self._send(types.PublishDiagnosticsParams(uri, shown, version))


def _at_start(one: Diagnostic) -> types.Diagnostic:
    """Return the diagnostic that counts those that are not shown."""
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    severity = types.DiagnosticSeverity.Warning
    return types.Diagnostic(start, one.message, severity, one.code, source=SOURCE)


_ADVICE = re.compile(r"W6[0-9]{2}")


def _kept_advice(before: _Found, text: str, document: Document) -> _Found:
    """Return the advice on an earlier text that is about unchanged lines."""
    view = View(text, document.text)
    return {
        replace(one, span=span): attrs.evolve(shown, range=document.text.to_range(span))
        for one, shown in before.items()
        if _ADVICE.fullmatch(one.code)
        and one.span.file == document.file
        and (span := view.to_present(one.span)) is not None
    }


def _sort_by_file(document: Document, documents: Documents, client: Client) -> dict[str, _Found]:
    """Return the diagnostics of a score by the address of the file that they are about."""
    sorted_: dict[str, _Found] = {document.uri: {}}
    if document.known is None:
        return sorted_
    locator = Locator((document.known,), documents, client)
    for one in document.known.look.diagnostics:
        uri = locator.uri(one.span.file)
        converted = convert_diagnostic(one, locator, client)
        if uri is not None and converted is not None:
            sorted_.setdefault(uri, {})[one] = converted
    return sorted_
