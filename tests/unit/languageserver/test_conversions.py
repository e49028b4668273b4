from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from lsprotocol import types

from sequencer.core.catalog import every
from sequencer.core.diagnostics import Diagnostic, Related, Severity, Span
from sequencer.core.version import HOME
from sequencer.editing.hints import Hint
from sequencer.editing.hovering import Hover
from sequencer.editing.tokens import ColouredToken, TokenKind, find_tokens
from sequencer.language.loader import load_text
from sequencer.languageserver import conversions
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import Documents, Locator, check, open_document
from sequencer.languageserver.positions import ClientText, Encoding, View
from tests.support.editing import ROOT, texts
from tests.unit.languageserver.test_positions import encodings
from tests.unit.languageserver.test_positions import texts as random_texts

EVERYTHING = Client(related_information=True, code_descriptions=True, versioned_edits=True)
TEXT = 'at 0c "𝄞 a"\nend 4c\n'


def locator(text: str = TEXT, client: Client = EVERYTHING) -> Locator:
    documents = Documents()
    item = types.TextDocumentItem("untitled:1", "score", 1, text)
    document = documents["untitled:1"] = open_document(item, client)
    known = check(document, documents, load_text, "all", advice=False)  # type: ignore[arg-type]
    return Locator((known,), documents, client)


def span(line: int, column: int, end: int) -> Span:
    return Span("untitled:1.score", line, column, line, end)


def converted(one: Diagnostic, client: Client = EVERYTHING) -> types.Diagnostic:
    found = conversions.convert_diagnostic(one, locator(client=client), client)
    assert found is not None
    return found


def test_a_diagnostic_has_everything_that_the_client_supports() -> None:
    one = Diagnostic(
        code="E308",
        message="there is no scene trom",
        span=span(1, 7, 10),
        hint="did you mean tram?",
        related=(Related(span(2, 1, 4), "the end"), Related(Span("gone", 1, 1, 1, 2), "gone")),
    )
    found = converted(one)
    assert found == types.Diagnostic(
        range=types.Range(types.Position(0, 6), types.Position(0, 10)),
        message="there is no scene trom\nhint: did you mean tram?",
        severity=types.DiagnosticSeverity.Error,
        code="E308",
        code_description=types.CodeDescription(f"{HOME}/blob/main/sequencer/core/catalog/E308.md"),
        source="sequencer",
        related_information=[
            types.DiagnosticRelatedInformation(
                types.Location(
                    "untitled:1", types.Range(types.Position(1, 0), types.Position(1, 3))
                ),
                "the end",
            )
        ],
    )
    plain = converted(one, Client())
    assert plain.code_description is None and plain.related_information is None


@pytest.mark.parametrize(("severity", "expected"), [("error", 1), ("warning", 2), ("note", 3)])
def test_each_severity_has_its_number(severity: str, expected: int) -> None:
    one = Diagnostic(code="W501", message="m", span=span(1, 1, 2), severity=Severity(severity))
    found = converted(one)
    assert found.severity is not None and found.severity.value == expected
    assert (found.code, found.message) == ("W501", "m")
    assert found.code_description is not None


def test_a_diagnostic_about_a_whole_file_is_at_its_beginning() -> None:
    found = converted(Diagnostic(code="E502", message="m", span=span(0, 0, 0)))
    assert found.range == types.Range(types.Position(0, 0), types.Position(0, 0))


def test_the_page_of_every_code_is_in_the_repository() -> None:
    for code in every():
        page = conversions.page_of_code(code.code)
        assert page is not None
        assert (ROOT / page.removeprefix(f"{HOME}/blob/main/")).is_file()
    assert conversions.page_of_code("E999") is None


# ---- hints and descriptions ----------------------------------------------------------------------


def test_a_hint_is_at_the_end_of_its_line_in_each_encoding() -> None:
    for encoding, end in ((Encoding.Utf8, 14), (Encoding.Utf16, 12), (Encoding.Utf32, 11)):
        client = Client(encoding=encoding)
        view = View(TEXT, ClientText(TEXT.replace("\n", "\r\n"), encoding))
        found = conversions.convert_hint(Hint(1, "⟶ c0", "main"), view, "uri", client)
        assert found is not None
        assert found.position == types.Position(0, end)
        assert (found.label, found.tooltip, found.data) == ("⟶ c0", "main", None)


def test_a_client_that_resolves_tooltips_gets_them_later() -> None:
    view = View(TEXT, ClientText("# new\n" + TEXT))
    client = Client(resolves_tooltips=True)
    found = conversions.convert_hint(Hint(1, "⟶ c0", "main"), view, "uri", client)
    assert found is not None and found.tooltip is None
    assert found.position.line == 1
    assert conversions.read_hint_data(found) == ("uri", 1)
    others: list[types.LSPAny] = [None, [], {"uri": 1, "line": 1}, {"uri": "uri"}]
    for data in others:
        found.data = data
        assert conversions.read_hint_data(found) is None


def test_a_hint_of_a_line_that_was_changed_is_left_out() -> None:
    view = View(TEXT, ClientText(TEXT.replace("0c", "1c")))
    assert conversions.convert_hint(Hint(1, "⟶ c0", ""), view, "uri", Client()) is None


def test_a_description_is_plain_text_or_a_block_of_code() -> None:
    view = View(TEXT, ClientText(TEXT))
    hover = Hover(span(1, 1, 3), "a *tram*\n````\n<b>")
    plain = conversions.convert_hover(hover, view, Client())
    assert plain.contents == types.MarkupContent(types.MarkupKind.PlainText, hover.text)
    code = conversions.convert_hover(hover, view, Client(plain_descriptions=False))
    assert code.contents == types.MarkupContent(
        types.MarkupKind.Markdown, f"`````text\n{hover.text}\n`````"
    )


# ---- colours -------------------------------------------------------------------------------------


def decoded(data: tuple[int, ...] | list[int]) -> list[tuple[int, int, int, str, bool]]:
    """Return line, character, length, type and modifier of each token."""
    found: list[tuple[int, int, int, str, bool]] = []
    line = character = 0
    for at in range(0, len(data), 5):
        down, right, length, kind, modifiers = data[at : at + 5]
        line, character = line + down, (0 if down else character) + right
        found.append(
            (line, character, length, conversions.LEGEND.token_types[kind], bool(modifiers))
        )
    return found


def test_tokens_are_relative_to_the_one_before() -> None:
    tokens = find_tokens(locator()._looks[0])
    found = conversions.convert_tokens(tokens, ClientText(TEXT))
    assert decoded(list(found.data)) == [
        (0, 0, 2, "keyword", False),
        (0, 3, 1, "number", False),
        (0, 4, 1, "keyword", False),
        (0, 6, 6, "string", False),
        (1, 0, 3, "keyword", False),
        (1, 4, 1, "number", False),
        (1, 5, 1, "keyword", False),
    ]


def test_a_live_token_has_the_modifier() -> None:
    token = ColouredToken(Span("", 1, 1, 1, 3), TokenKind.TRIGGER, is_live=True)
    (found,) = decoded(list(conversions.convert_tokens([token], ClientText("on")).data))
    assert found == (0, 0, 2, "event", True)


@given(random_texts(), encodings)
def test_tokens_are_in_order_and_do_not_overlap(text: str, encoding: Encoding) -> None:
    client = ClientText(text, encoding)
    place = locator(text, Client(encoding=encoding))
    tokens = decoded(list(conversions.convert_tokens(find_tokens(place._looks[0]), client).data))
    for one, other in pairwise(tokens):
        assert (one[0], one[1] + one[2]) <= (other[0], other[1])
    for line, character, length, _, _ in tokens:
        assert length > 0
        end = client.to_client(client.to_position(types.Position(line, 10**6)))
        assert character + length <= end.character


def test_every_kind_has_a_type_that_the_protocol_defines() -> None:
    known = {one.value for one in types.SemanticTokenTypes}
    assert set(conversions.TOKEN_TYPES) == set(TokenKind)
    assert set(conversions.LEGEND.token_types) <= known
    assert len(set(conversions.LEGEND.token_types)) == len(TokenKind)


# ---- structure -----------------------------------------------------------------------------------


def test_selections_are_nested() -> None:
    ranges = [
        types.Range(types.Position(0, 3), types.Position(0, 4)),
        types.Range(types.Position(0, 0), types.Position(0, 9)),
    ]
    found = conversions.convert_selections(ranges)
    assert found.range == ranges[0]
    assert found.parent is not None and found.parent.range == ranges[1]
    assert found.parent.parent is None


@pytest.mark.parametrize("name", sorted(name for name in texts() if name.endswith(".score")))
def test_every_diagnostic_of_the_examples_is_converted(name: str) -> None:
    text, _ = texts()[name]
    place = locator(text)
    for one in place._looks[0].diagnostics:
        assert conversions.convert_diagnostic(one, place, EVERYTHING) is not None
