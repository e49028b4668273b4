"""Every feature of the language server, from outside: an editor starts it and speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from sequencer.cli.language_server import services
from sequencer.editing.looking import look
from sequencer.editing.names import Refusal
from sequencer.editing.texts import apply_edits
from sequencer.editing.tidying import format_text
from sequencer.languageserver.commands import COMMANDS
from sequencer.languageserver.features import FEATURES
from sequencer.languageserver.lifecycle import NOTIFICATIONS
from sequencer.languageserver.server import make_server
from tests.support.editing import SCENE
from tests.support.editor_client import CLIENTS, Editor, connected


def tidy(text: str) -> str:
    """Return a text as it is formatted."""
    edits = format_text(look(text, "tidy.score"))
    assert not isinstance(edits, Refusal)
    return apply_edits(text, edits)


pytestmark = pytest.mark.asyncio(loop_scope="module")

SCORE = tidy(f"""score "Trams"
clock 120 bpm, 4/4
{SCENE}section main 8 bars {{
  at 1 tram
  at 2.3 tram "It turns."
}}
""")
WRONG = SCORE.replace('at 2.3 tram "It turns."', 'at 2.3 trom "It turns."')


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CLIENTS)
async def editor(request: pytest.FixtureRequest) -> AsyncIterator[Editor]:
    async with connected(str(request.param)) as found:
        yield found


def position(text: str, part: str) -> types.Position:
    """Return where a part of a text begins."""
    at = text.index(part)
    return types.Position(text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1))


def applied(text: str, edits: list[types.TextEdit] | tuple[types.TextEdit, ...]) -> str:
    """Return a text, all of whose characters are in the basic plane, with edits applied."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def offset(at: types.Position) -> int:
        return min(starts[min(at.line, len(lines))] + at.character, len(text))

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def edits_of(edit: types.WorkspaceEdit | None) -> dict[str, list[types.TextEdit]]:
    assert edit is not None
    found = {uri: list(edits) for uri, edits in (edit.changes or {}).items()}
    for change in edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        found[change.text_document.uri] = [
            one for one in change.edits if isinstance(one, types.TextEdit)
        ]
    return found


async def test_every_request_has_its_answer() -> None:
    server, session = make_server("0", services())
    try:
        assert set(server.protocol.fm.features) == {*FEATURES, *NOTIFICATIONS}
        assert set(server.protocol.fm.commands) == set(COMMANDS)
    finally:
        session.stop()


async def test_diagnostics_and_their_fix(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "tram.score"
    document = editor.open(path.as_uri(), WRONG)
    (found,) = await editor.checked(document.uri)
    assert found.code == "E308" and found.source == "sequencer"
    assert found.severity is types.DiagnosticSeverity.Error
    assert found.range.start == position(WRONG, "trom")
    first, second = found.message.split("\n")
    assert "trom" in first and second == "hint: did you mean tram?"
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(document, found.range, types.CodeActionContext([found]))
    )
    assert actions
    fix = actions[0]
    assert isinstance(fix, types.CodeAction)
    assert (fix.title, fix.kind, fix.is_preferred) == (
        "did you mean tram?",
        types.CodeActionKind.QuickFix,
        True,
    )
    assert fix.diagnostics == (found,)
    assert applied(WRONG, edits_of(fix.edit)[document.uri]) == SCORE
    editor.change(document.uri, SCORE)
    assert await editor.codes(document.uri) == []
    editor.close(document.uri)


async def test_hints(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    await editor.checked(document.uri)
    whole = types.Range(types.Position(0, 0), types.Position(100, 0))
    hints = await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(document, whole)
    )
    assert hints
    lines = SCORE.split("\n")
    assert [(one.position.line, one.label) for one in hints] == [
        (position(SCORE, "section").line, "⟶ c0–11 · worst −250 ms"),
        (position(SCORE, "  at 1 tram").line, "⟶ c0"),
        (position(SCORE, "  at 2.3").line, "⟶ c2 · −250 ms"),
    ]
    assert all(one.position.character == len(lines[one.position.line]) for one in hints)
    tooltip = hints[2].tooltip
    if hints[2].data is not None:
        tooltip = (await editor.client.inlay_hint_resolve_async(hints[2])).tooltip
    assert tooltip == "main: bar 2.3, 0:03.000, chunk 2, 250 ms early"
    editor.close(document.uri)


async def test_hints_follow_a_change(editor: Editor, tmp_path: Path) -> None:
    """Helix requests hints once after a change, and cannot be asked to request them again."""
    document = editor.open((tmp_path / "tram.score").as_uri(), WRONG)
    await editor.checked(document.uri)
    whole = types.Range(types.Position(0, 0), types.Position(100, 0))
    params = types.InlayHintParams(document, whole)
    editor.change(document.uri, SCORE)
    announced = editor.client.capabilities
    assert announced is not None
    if get_capability(announced, "workspace.inlay_hint.refresh_support", False):
        await editor.checked(document.uri)  # it is asked to request them after that
    assert len(await editor.client.text_document_inlay_hint_async(params) or ()) == 3
    editor.close(document.uri)


async def test_hover(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    found = await editor.client.text_document_hover_async(
        types.HoverParams(document, position(SCORE, "2.3"))
    )
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    assert "The tram waits. It turns." in found.contents.value
    editor.close(document.uri)


async def test_formatting(editor: Editor, tmp_path: Path) -> None:
    untidy = SCORE.replace("  at 1 tram", "     at   1    tram")
    document = editor.open((tmp_path / "tram.score").as_uri(), untidy)
    options = types.FormattingOptions(2, True)
    edits = await editor.client.text_document_formatting_async(
        types.DocumentFormattingParams(document, options)
    )
    assert edits
    assert all(edit.range.start.line == position(untidy, "     at").line for edit in edits)
    assert "\n  at 1 tram\n" in applied(untidy, list(edits))
    editor.change(document.uri, WRONG.replace("section", "secton"))
    shown = len(editor.client.messages)
    assert not await editor.client.text_document_formatting_async(
        types.DocumentFormattingParams(document, options)
    )
    assert [one.message for one in editor.client.messages[shown:]] == [
        f"the score has errors, so it stays as it is; the first one is in line {position(WRONG, 'section').line + 1}"
    ]
    editor.close(document.uri)


async def test_renaming_over_two_files(editor: Editor, tmp_path: Path) -> None:
    library, score = tmp_path / "library.score", tmp_path / "show.score"
    library.write_text('let colour = "red"\n', encoding="utf-8")
    first = editor.open_file(library, SCENE)
    text = 'use "library.score"\nat 0c tram\nend 4c\n'
    second = editor.open_file(score, text)
    await editor.checked(second.uri)
    found = await editor.client.text_document_prepare_rename_async(
        types.PrepareRenameParams(second, position(text, "tram"))
    )
    assert isinstance(found, types.PrepareRenamePlaceholder)
    assert found.placeholder == "tram" and found.range.start == position(text, "tram")
    edit = await editor.client.text_document_rename_async(
        types.RenameParams(first, position(SCENE, "tram"), "coach")
    )
    edits = edits_of(edit)
    assert applied(SCENE, edits[first.uri]) == SCENE.replace("tram {", "coach {")
    assert applied(text, edits[second.uri]) == text.replace("0c tram", "0c coach")
    with pytest.raises(JsonRpcException, match="no scene can be called cut"):
        await editor.client.text_document_rename_async(
            types.RenameParams(first, position(SCENE, "tram"), "cut")
        )
    editor.close(first.uri)
    editor.close(second.uri)
