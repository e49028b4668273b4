"""What a client supports, of what changes the answers of the server."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability

from sequencer.languageserver.positions import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a client supports. The defaults are those of a client that supports nothing."""

    encoding: Encoding | str = Encoding.Utf16
    related_information: bool = False
    code_descriptions: bool = False
    versioned_edits: bool = False
    action_literals: bool = False
    symbol_trees: bool = False
    plain_descriptions: bool = True
    resolves_tooltips: bool = False
    refreshes_hints: bool = False
    refreshes_tokens: bool = False
    registers_watchers: bool = False
    registers_configuration: bool = False
    has_configuration: bool = False
    shows_documents: bool = False
    shows_progress: bool = False


def read_client(capabilities: types.ClientCapabilities) -> Client:
    """Return what a client supports.

    Args:
        capabilities: What it announced when it connected.
    """

    def has(name: str) -> bool:
        return bool(get_capability(capabilities, name, False))

    resolved = get_capability(capabilities, "text_document.inlay_hint.resolve_support.properties")
    formats = get_capability(capabilities, "text_document.hover.content_format")
    return Client(
        encoding=ServerCapabilitiesBuilder.choose_position_encoding(capabilities),
        related_information=has("text_document.publish_diagnostics.related_information"),
        code_descriptions=has("text_document.publish_diagnostics.code_description_support"),
        versioned_edits=has("workspace.workspace_edit.document_changes"),
        action_literals=has("text_document.code_action.code_action_literal_support"),
        symbol_trees=has("text_document.document_symbol.hierarchical_document_symbol_support"),
        plain_descriptions=not formats or types.MarkupKind.PlainText in formats,
        resolves_tooltips="tooltip" in (resolved or ()),
        refreshes_hints=has("workspace.inlay_hint.refresh_support"),
        refreshes_tokens=has("workspace.semantic_tokens.refresh_support"),
        registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        has_configuration=has("workspace.configuration"),
        shows_documents=has("window.show_document.support"),
        shows_progress=has("window.work_done_progress"),
    )
