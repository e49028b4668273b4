"""The answers to the requests of a client.

Most answers come from what the last check found and never wait for one: positions are those of
the lines that have not changed since. Two kinds of request need the present text. Formatting,
renaming and the uses of a name let its check begin at once. What a client shows until the next
change (symbols, folds, hints in some clients) waits for the check that is due anyway.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lsprotocol import types

from sequencer.core.diagnostics import Span
from sequencer.core.paths import list_files_below
from sequencer.editing.actions import CodeAction, find_actions
from sequencer.editing.completing import complete
from sequencer.editing.hovering import hover as describe
from sequencer.editing.names import (
    Occurrence,
    Refusal,
    find_definitions,
    find_highlights,
    find_references,
)
from sequencer.editing.names import prepare_rename as check_renaming
from sequencer.editing.names import rename as rename_everywhere
from sequencer.editing.outline import find_folds, find_selections, find_symbols
from sequencer.editing.tidying import format_text
from sequencer.editing.tokens import find_tokens
from sequencer.languageserver import conversions
from sequencer.languageserver.commands import offered_commands
from sequencer.languageserver.documents import for_text
from sequencer.languageserver.session import RefusedError, Session, Snapshot

# ---- hints, descriptions and completion ----------------------------------------------------------


async def inlay_hints(
    session: Session, params: types.InlayHintParams
) -> list[types.InlayHint] | None:
    """Return the hints of a part of a text.

    A client that does not let itself be asked to request them again (Helix, Emacs) would show those
    from before a change until the next one: for it, they wait for the check that is due.
    """
    uri = params.text_document.uri
    is_asked_again = session.client.refreshes_hints
    snapshot = await (session.known(uri) if is_asked_again else session.newest(uri))
    return None if snapshot is None else await session.answer(_hints, snapshot, params.range)


def _hints(snapshot: Snapshot, part: types.Range) -> list[types.InlayHint]:
    found = (
        conversions.convert_hint(one, snapshot.view, snapshot.document.uri, snapshot.client)
        for one in snapshot.known.hints
    )
    return [one for one in found if one and part.start.line <= one.position.line <= part.end.line]


async def resolve_hint(session: Session, hint: types.InlayHint) -> types.InlayHint:
    """Add the tooltip to a hint."""
    data = conversions.read_hint_data(hint)
    document = None if data is None else session.document(data[0])
    if data is not None and document is not None and document.known is not None:
        tooltips = {one.line: one.tooltip for one in document.known.hints}
        hint.tooltip = tooltips.get(data[1])
    return hint


async def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    """Describe what is at a position."""
    snapshot = await session.known(params.text_document.uri)
    return None if snapshot is None else await session.answer(_hover, snapshot, params.position)


def _hover(snapshot: Snapshot, position: types.Position) -> types.Hover | None:
    at = snapshot.view.to_read_position(position)
    found = None if at is None else describe(snapshot.look, at)
    return (
        None if found is None else conversions.convert_hover(found, snapshot.view, snapshot.client)
    )


async def completion(session: Session, params: types.CompletionParams) -> types.CompletionList:
    """Return what can be written at a position."""
    snapshot = await session.known(params.text_document.uri)
    items = [] if snapshot is None else await session.answer(_items, snapshot, params.position)
    return types.CompletionList(is_incomplete=False, items=items)


def _items(snapshot: Snapshot, position: types.Position) -> list[types.CompletionItem]:
    text = snapshot.document.text
    at = text.to_position(position)
    path = snapshot.document.path
    files = None if path is None else list_files_below(path.parent)
    found = complete(snapshot.look, text.normalised, at, files)
    return list(conversions.convert_items(found, text))


# ---- names ---------------------------------------------------------------------------------------


async def definition(
    session: Session, params: types.DefinitionParams
) -> list[types.Location] | None:
    """Return where a name is defined, or the file that a path names."""
    snapshot = await session.known(params.text_document.uri)
    return (
        None if snapshot is None else await session.answer(_definitions, snapshot, params.position)
    )


def _definitions(snapshot: Snapshot, position: types.Position) -> list[types.Location]:
    at = snapshot.view.to_read_position(position)
    return [] if at is None else _locations(snapshot, find_definitions(snapshot.look, at))


async def references(
    session: Session, params: types.ReferenceParams
) -> list[types.Location] | None:
    """Return where a name is used, in all open scores and in those that use the same file."""
    snapshot = await session.newest_of_all(params.text_document.uri)
    if snapshot is None:
        return None
    return await session.answer(
        _references, snapshot, params.position, params.context.include_declaration
    )


def _references(
    snapshot: Snapshot, position: types.Position, with_definitions: bool
) -> list[types.Location]:
    at = snapshot.view.to_read_position(position)
    if at is None:
        return []
    found = find_references(snapshot.look, at, snapshot.others, definitions=with_definitions)
    return _locations(snapshot, found)


def _locations(snapshot: Snapshot, spans: tuple[Span, ...]) -> list[types.Location]:
    found = (snapshot.locator.location(span) for span in spans)
    return [one for one in found if one is not None]


async def highlights(
    session: Session, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    """Return where the name at a position is in the same text."""
    snapshot = await session.known(params.text_document.uri)
    return (
        None if snapshot is None else await session.answer(_highlights, snapshot, params.position)
    )


def _highlights(snapshot: Snapshot, position: types.Position) -> list[types.DocumentHighlight]:
    at = snapshot.view.to_read_position(position)
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(part, kinds.Write if one.is_definition else kinds.Read)
        for one in (() if at is None else find_highlights(snapshot.look, at))
        if (part := snapshot.view.to_range(one.span)) is not None
    ]


async def prepare_rename(
    session: Session, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder:
    """Return the name that can be renamed at a position."""
    snapshot = await session.newest(params.text_document.uri, now=True)
    found = (
        Refusal(_NO_SCORE)
        if snapshot is None
        else check_renaming(snapshot.look, snapshot.document.text.to_position(params.position))
    )
    if isinstance(found, Refusal) or snapshot is None:
        raise RefusedError(found.reason if isinstance(found, Refusal) else _NO_SCORE)
    return types.PrepareRenamePlaceholder(_present_range(snapshot, found), found.name)


_NO_SCORE = "this is not a score"


def _present_range(snapshot: Snapshot, name: Occurrence) -> types.Range:
    return snapshot.document.text.to_range(name.span)


async def rename(session: Session, params: types.RenameParams) -> types.WorkspaceEdit:
    """Return the edits that rename what is at a position, in all scores that have the name."""
    snapshot = await session.newest_of_all(params.text_document.uri)
    if snapshot is None:
        raise RefusedError(_NO_SCORE)
    return await session.answer(_rename, snapshot, params.position, params.new_name)


def _rename(snapshot: Snapshot, position: types.Position, new: str) -> types.WorkspaceEdit:
    at = snapshot.document.text.to_position(position)
    found = rename_everywhere(snapshot.look, at, new, snapshot.others)
    if isinstance(found, Refusal):
        raise RefusedError(found.reason)
    edit = snapshot.locator.edit(found)
    if edit is None:
        raise RefusedError("the text has changed: try again")
    return edit


# ---- edits ---------------------------------------------------------------------------------------


async def code_actions(
    session: Session, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    """Return what can be done in a part of a text: fixes first, commands last."""
    snapshot = await session.known(params.text_document.uri)
    if snapshot is None or not session.client.action_literals:
        return None
    only = params.context.only
    wanted = None if only is None else tuple(f"{getattr(kind, 'value', kind)}." for kind in only)
    found = await session.answer(_actions, snapshot, params.range)
    found += offered_commands(snapshot.document.uri)
    return [one for one in found if wanted is None or f"{one.kind}.".startswith(wanted)]


def _actions(snapshot: Snapshot, part: types.Range) -> list[types.CodeAction]:
    selection = snapshot.view.range_in_read(part, snapshot.look.file)
    if selection is None:
        return []
    converted = (_action(snapshot, one) for one in find_actions(snapshot.look, selection))
    return [one for one in converted if one is not None]


def _action(snapshot: Snapshot, action: CodeAction) -> types.CodeAction | None:
    edit = snapshot.locator.edit(action.edits)
    if edit is None:
        return None
    about = (
        None
        if action.diagnostic is None
        else conversions.convert_diagnostic(action.diagnostic, snapshot.locator, snapshot.client)
    )
    return types.CodeAction(
        title=action.title,
        kind=action.kind.value,
        diagnostics=None if about is None else [about],
        is_preferred=action.is_preferred or None,
        edit=edit,
    )


async def formatting(
    session: Session, params: types.DocumentFormattingParams
) -> list[types.TextEdit] | None:
    """Return the edits that format a text. A text with errors stays as it is, with a message."""
    snapshot = await session.newest(params.text_document.uri, now=True)
    found = (
        Refusal(_NO_SCORE) if snapshot is None else await session.answer(format_text, snapshot.look)
    )
    if isinstance(found, Refusal) or snapshot is None:
        session.show(
            found.reason if isinstance(found, Refusal) else _NO_SCORE, types.MessageType.Warning
        )
        return None
    text = snapshot.document.text
    return [types.TextEdit(text.to_range(one.span), for_text(one.text, text)) for one in found]


# ---- structure -----------------------------------------------------------------------------------


async def symbols(
    session: Session, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    """Return the parts of a score."""
    snapshot = await session.newest(params.text_document.uri)
    return None if snapshot is None else await session.answer(_symbols, snapshot)


def _symbols(snapshot: Snapshot) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
    found, text = find_symbols(snapshot.look), snapshot.document.text
    if snapshot.client.symbol_trees:
        return list(conversions.convert_symbols(found, text))
    return list(conversions.list_symbols(found, text, snapshot.document.uri))


async def folds(
    session: Session, params: types.FoldingRangeParams
) -> list[types.FoldingRange] | None:
    """Return what can be folded."""
    snapshot = await session.newest(params.text_document.uri)
    if snapshot is None:
        return None
    return [
        conversions.convert_fold(one) for one in await session.answer(find_folds, snapshot.look)
    ]


async def selections(
    session: Session, params: types.SelectionRangeParams
) -> list[types.SelectionRange] | None:
    """Return the ranges around each position, each within the next."""
    snapshot = await session.known(params.text_document.uri)
    if snapshot is None:
        return None
    return await session.answer(
        lambda: [_selection(snapshot, position) for position in params.positions]
    )


def _selection(snapshot: Snapshot, position: types.Position) -> types.SelectionRange:
    at = snapshot.view.to_read_position(position)
    spans = () if at is None else find_selections(snapshot.look, at)
    ranges = [part for span in spans if (part := snapshot.view.to_range(span)) is not None]
    return conversions.convert_selections(ranges or [types.Range(position, position)])


async def tokens(
    session: Session, params: types.SemanticTokensParams
) -> types.SemanticTokens | None:
    """Return what each word of a text is."""
    snapshot = await session.known(params.text_document.uri)
    return None if snapshot is None else await session.answer(_tokens, snapshot)


async def tokens_of_part(
    session: Session, params: types.SemanticTokensRangeParams
) -> types.SemanticTokens | None:
    """Return what each word of a part of a text is."""
    snapshot = await session.known(params.text_document.uri)
    part = params.range
    if snapshot is None:
        return None
    return await session.answer(_tokens, snapshot, part.start.line + 1, part.end.line + 1)


def _tokens(snapshot: Snapshot, first: int = 1, last: int | None = None) -> types.SemanticTokens:
    text = snapshot.document.text
    changed = None if snapshot.view.is_current else text.normalised
    return conversions.convert_tokens(find_tokens(snapshot.look, changed, first, last), text)


Handler = Callable[[Session, Any], Awaitable[Any]]

FEATURES: Mapping[str, Handler] = {
    types.TEXT_DOCUMENT_CODE_ACTION: code_actions,
    types.TEXT_DOCUMENT_COMPLETION: completion,
    types.TEXT_DOCUMENT_DEFINITION: definition,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: highlights,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: symbols,
    types.TEXT_DOCUMENT_FOLDING_RANGE: folds,
    types.TEXT_DOCUMENT_FORMATTING: formatting,
    types.TEXT_DOCUMENT_HOVER: hover,
    types.TEXT_DOCUMENT_INLAY_HINT: inlay_hints,
    types.INLAY_HINT_RESOLVE: resolve_hint,
    types.TEXT_DOCUMENT_PREPARE_RENAME: prepare_rename,
    types.TEXT_DOCUMENT_REFERENCES: references,
    types.TEXT_DOCUMENT_RENAME: rename,
    types.TEXT_DOCUMENT_SELECTION_RANGE: selections,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: tokens,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: tokens_of_part,
}
"""What answers each request."""

OPTIONS: Mapping[str, Any] = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        [
            types.CodeActionKind.QuickFix,
            types.CodeActionKind.Refactor,
            types.CodeActionKind.Source,
        ]
    ),
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(
        trigger_characters=[" ", '"', "{", "/"]
    ),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: conversions.LEGEND,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: conversions.LEGEND,
}
"""What the server announces about a request, apart from that it answers it."""
