"""Values of `editing` as values of the protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lsprotocol import types

from sequencer.core.catalog import find as find_code
from sequencer.core.diagnostics import Diagnostic, Severity
from sequencer.core.version import HOME
from sequencer.editing.completing import CompletionItem, ItemKind
from sequencer.editing.hints import Hint
from sequencer.editing.hovering import Hover
from sequencer.editing.outline import Fold, FoldKind, Symbol, SymbolKind
from sequencer.editing.tokens import ColouredToken, TokenKind
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import Locator, for_text
from sequencer.languageserver.positions import ClientText, View, count_units

SOURCE = "sequencer"
"""Where diagnostics come from."""

# ---- diagnostics ---------------------------------------------------------------------------------

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}


def page_of_code(code: str) -> str | None:
    """Return the address of the page that explains a code, or None if it is not in the catalog."""
    if find_code(code) is None:
        return None
    return f"{HOME}/blob/main/sequencer/core/catalog/{code}.md"


def convert_diagnostic(
    one: Diagnostic, locator: Locator, client: Client
) -> types.Diagnostic | None:
    """Return a diagnostic with its hint on a line of its own.

    It is None if its position does not exist any more.
    """
    part = locator.range(one.span)
    if part is None:
        return None
    page = page_of_code(one.code) if client.code_descriptions else None
    related = [
        types.DiagnosticRelatedInformation(location, other.message)
        for other in one.related
        if (location := locator.location(other.span)) is not None
    ]
    return types.Diagnostic(
        range=part,
        message=one.message if one.hint is None else f"{one.message}\nhint: {one.hint}",
        severity=_SEVERITIES[one.severity],
        code=one.code,
        code_description=None if page is None else types.CodeDescription(page),
        source=SOURCE,
        related_information=related if related and client.related_information else None,
    )


# ---- hints and descriptions ----------------------------------------------------------------------


def convert_hint(hint: Hint, view: View, uri: str, client: Client) -> types.InlayHint | None:
    """Return a hint at the end of its line, or None if the line does not exist any more."""
    line = view.to_line(hint.line)
    if line is None or line > len(view.now.starts):
        return None
    end = count_units(view.now.line(line - 1), view.now.encoding)
    return types.InlayHint(
        position=types.Position(line - 1, end),
        label=hint.text,
        padding_left=True,
        tooltip=None if client.resolves_tooltips else hint.tooltip,
        data={"uri": uri, "line": hint.line} if client.resolves_tooltips else None,
    )


def read_hint_data(hint: types.InlayHint) -> tuple[str, int] | None:
    """Return the address of a hint's text and its line when it was checked, as sent before."""
    data = hint.data
    if not isinstance(data, Mapping):
        return None
    uri, line = data.get("uri"), data.get("line")
    return (uri, line) if isinstance(uri, str) and isinstance(line, int) else None


def convert_hover(hover: Hover, view: View, client: Client) -> types.Hover:
    """Return a description as plain text.

    For a client that only displays Markdown, it is a block of code: nothing in it is interpreted.
    """
    kind, text = types.MarkupKind.PlainText, hover.text
    if not client.plain_descriptions:
        longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        kind, text = types.MarkupKind.Markdown, f"{fence}text\n{text}\n{fence}"
    return types.Hover(types.MarkupContent(kind, text), view.to_range(hover.span))


# ---- completion ----------------------------------------------------------------------------------

_ITEM_KINDS = {
    ItemKind.KEYWORD: types.CompletionItemKind.Keyword,
    ItemKind.VALUE: types.CompletionItemKind.Value,
    ItemKind.SCENE: types.CompletionItemKind.Class,
    ItemKind.SECTION: types.CompletionItemKind.Module,
    ItemKind.VARIABLE: types.CompletionItemKind.Variable,
    ItemKind.MARK: types.CompletionItemKind.Reference,
    ItemKind.STAGE: types.CompletionItemKind.EnumMember,
    ItemKind.GO: types.CompletionItemKind.Event,
    ItemKind.FILE: types.CompletionItemKind.File,
    ItemKind.UNIT: types.CompletionItemKind.Unit,
    ItemKind.CODE: types.CompletionItemKind.Constant,
}


def convert_items(
    items: Iterable[CompletionItem], text: ClientText
) -> Iterator[types.CompletionItem]:
    """Yield items of a completion, which are shown in their order."""
    for number, item in enumerate(items):
        yield types.CompletionItem(
            label=item.label,
            kind=_ITEM_KINDS[item.kind],
            documentation=item.description or None,
            sort_text=f"{number:05}",
            filter_text=item.label,
            text_edit=types.TextEdit(text.to_range(item.edit.span), for_text(item.edit.text, text)),
        )


# ---- structure -----------------------------------------------------------------------------------

_SYMBOL_KINDS = {
    SymbolKind.FILE: types.SymbolKind.File,
    SymbolKind.VARIABLE: types.SymbolKind.Variable,
    SymbolKind.SCENE: types.SymbolKind.Class,
    SymbolKind.SECTION: types.SymbolKind.Module,
    SymbolKind.CUE: types.SymbolKind.Event,
    SymbolKind.RULE: types.SymbolKind.Function,
}


def convert_symbols(symbols: Iterable[Symbol], text: ClientText) -> Iterator[types.DocumentSymbol]:
    """Yield symbols as trees."""
    for one in symbols:
        yield types.DocumentSymbol(
            name=one.name or "…",
            kind=_SYMBOL_KINDS[one.kind],
            range=text.to_range(one.span),
            selection_range=text.to_range(one.selection),
            detail=one.detail or None,
            children=list(convert_symbols(one.children, text)),
        )


def list_symbols(
    symbols: Iterable[Symbol], text: ClientText, uri: str, container: str | None = None
) -> Iterator[types.SymbolInformation]:
    """Yield symbols as a list, for clients that do not support trees."""
    for one in symbols:
        yield types.SymbolInformation(
            location=types.Location(uri, text.to_range(one.span)),
            name=one.name or "…",
            kind=_SYMBOL_KINDS[one.kind],
            container_name=container,
        )
        yield from list_symbols(one.children, text, uri, one.name)


_FOLD_KINDS = {
    FoldKind.REGION: types.FoldingRangeKind.Region,
    FoldKind.COMMENT: types.FoldingRangeKind.Comment,
}


def convert_fold(fold: Fold) -> types.FoldingRange:
    """Return lines that can be folded."""
    return types.FoldingRange(fold.first - 1, fold.last - 1, kind=_FOLD_KINDS[fold.kind])


def convert_selections(ranges: Sequence[types.Range]) -> types.SelectionRange:
    """Return nested ranges, of which the first is the smallest; there is at least one."""
    found = types.SelectionRange(ranges[-1])
    for part in reversed(ranges[:-1]):
        found = types.SelectionRange(part, found)
    return found


# ---- colours -------------------------------------------------------------------------------------

TOKEN_TYPES = {
    TokenKind.KEYWORD: types.SemanticTokenTypes.Keyword,
    TokenKind.SECTION: types.SemanticTokenTypes.Namespace,
    TokenKind.SCENE: types.SemanticTokenTypes.Class,
    TokenKind.VARIABLE: types.SemanticTokenTypes.Variable,
    TokenKind.MARK: types.SemanticTokenTypes.Property,
    TokenKind.NUMBER: types.SemanticTokenTypes.Number,
    TokenKind.STRING: types.SemanticTokenTypes.String,
    TokenKind.TRIGGER: types.SemanticTokenTypes.Event,
    TokenKind.COMMENT: types.SemanticTokenTypes.Comment,
}
"""Types that the protocol defines, because themes have colours for them."""

LIVE = "live"
"""The modifier of words that wait for something in a run."""

LEGEND = types.SemanticTokensLegend([one.value for one in TOKEN_TYPES.values()], [LIVE])
_TYPE_NUMBERS = {kind: number for number, kind in enumerate(TOKEN_TYPES)}


def convert_tokens(tokens: Iterable[ColouredToken], text: ClientText) -> types.SemanticTokens:
    """Return tokens as numbers, five for each, the position relative to the one before."""
    data: list[int] = []
    line = column = 0
    for token in tokens:
        part = text.to_range(token.span)
        start = part.start
        if part.end.line != start.line or part.end.character <= start.character:
            continue
        if start.line != line:
            line, column, down = start.line, 0, start.line - line
        else:
            down = 0
        length = part.end.character - start.character
        data += (down, start.character - column, length, _TYPE_NUMBERS[token.kind], token.is_live)
        column = start.character
    return types.SemanticTokens([int(number) for number in data])
