"""Every feature of the language server, from outside: an editor starts it and speaks to it."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
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
from sequencer.runtime.operator.remote import RemoteControlServer
from tests.support.editing import SCENE, with_cursor
from tests.support.editor_client import CLIENTS, Editor, connected
from tests.support.image_fixtures import make_image, saved
from tests.unit.languageserver.test_conversions import decoded


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


# ---- names ---------------------------------------------------------------------------------------

PIXEL = saved(make_image(), "PNG")
SHOW = 'use "library.score"\nlet colour = "red"\nat 0c tram "It is {colour}."\nat 2c image "a.png"\nend 4c\n'


async def test_definitions(editor: Editor, tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text(SCENE, encoding="utf-8")
    (tmp_path / "a.png").write_bytes(PIXEL)
    document = editor.open((tmp_path / "show.score").as_uri(), SHOW)
    start = types.Position(0, 0)
    for part, uri, expected in (
        ("tram", library.as_uri(), position(SCENE, "tram")),
        ("colour}", document.uri, position(SHOW, "colour =")),
        ("library", library.as_uri(), start),
        ("a.png", (tmp_path / "a.png").as_uri(), start),
    ):
        found = await editor.client.text_document_definition_async(
            types.DefinitionParams(document, position(SHOW, part))
        )
        assert isinstance(found, list | tuple)
        (location,) = found
        assert isinstance(location, types.Location)
        assert (location.uri, location.range.start) == (uri, expected), part
    nothing = await editor.client.text_document_definition_async(
        types.DefinitionParams(document, position(SHOW, "end"))
    )
    assert not nothing
    editor.close(document.uri)


async def test_references_and_highlights(editor: Editor, tmp_path: Path) -> None:
    """Also in a score that is not open."""
    library, other = tmp_path / "library.score", tmp_path / "other.score"
    library.write_text(SCENE, encoding="utf-8")
    other.write_text('use "library.score"\nat 0c tram\nend 2c\n', encoding="utf-8")
    (tmp_path / "a.png").write_bytes(PIXEL)
    document = editor.open((tmp_path / "show.score").as_uri(), SHOW)
    opened = editor.open_file(library)
    await editor.checked(document.uri)
    found = await editor.client.text_document_references_async(
        types.ReferenceParams(
            types.ReferenceContext(include_declaration=False), opened, position(SCENE, "tram")
        )
    )
    assert {(one.uri, one.range.start.line) for one in found or ()} == {
        (document.uri, 2),
        (other.as_uri(), 1),
    }
    highlights = await editor.client.text_document_document_highlight_async(
        types.DocumentHighlightParams(document, position(SHOW, "colour}"))
    )
    assert [(one.range.start.line, one.kind) for one in highlights or ()] == [
        (1, types.DocumentHighlightKind.Write),
        (2, types.DocumentHighlightKind.Read),
    ]
    edit = await editor.client.text_document_rename_async(
        types.RenameParams(opened, position(SCENE, "tram"), "coach")
    )
    assert set(edits_of(edit)) == {document.uri, opened.uri, other.as_uri()}
    editor.close(document.uri)
    editor.close(opened.uri)


# ---- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "label"),
    [
        ("at 0c tr|", "tram"),
        ("sec|", "section"),
        ('at 0c "{col|', "colour"),
        ('at 0c image "pic|', "pictures/"),
        ('at 0c image "pictures/|', "a.png"),
        ("end 4|", "c"),
    ],
)
async def test_completion(editor: Editor, tmp_path: Path, marked: str, label: str) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(PIXEL)
    (tmp_path / "pictures" / ".hidden.png").write_bytes(PIXEL)
    text, at = with_cursor(f'let colour = "red"\n{SCENE}{marked}')
    document = editor.open((tmp_path / "show.score").as_uri(), text)
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(document, types.Position(at.line - 1, at.column - 1))
    )
    assert isinstance(found, types.CompletionList)
    items = {one.label: one for one in found.items}
    assert label in items and ".hidden.png" not in items
    edit = items[label].text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.range.end == types.Position(at.line - 1, at.column - 1)
    assert applied(text, [edit]).endswith(label)
    editor.close(document.uri)


# ---- structure and colours -----------------------------------------------------------------------


async def test_symbols(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    found = await editor.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(document)
    )
    cues = ["at 1 tram", 'at 2.3 tram "It turns."']
    names = [one.name for one in found or ()]
    if found and isinstance(found[0], types.DocumentSymbol):
        assert names == ["tram", "main"]
        section = found[1]
        assert isinstance(section, types.DocumentSymbol)
        assert [one.name for one in section.children or ()] == cues
        assert [one.detail for one in section.children or ()] == ["c0", "c2 · −250 ms"]
    else:
        assert names == ["tram", "main", *cues]
    editor.close(document.uri)


async def test_folds_and_selections(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    folds = await editor.client.text_document_folding_range_async(
        types.FoldingRangeParams(document)
    )
    scene, section = position(SCORE, "scene").line, position(SCORE, "section").line
    assert [(one.start_line, one.end_line) for one in folds or ()] == [
        (scene, scene + 3),
        (section, section + 3),
    ]
    (selection,) = (
        await editor.client.text_document_selection_range_async(
            types.SelectionRangeParams(document, [position(SCORE, "turns")])
        )
        or ()
    )
    lines = SCORE.split("\n")
    texts: list[str] = []
    one: types.SelectionRange | None = selection
    while one is not None:
        if one.range.start.line == one.range.end.line:
            line = lines[one.range.start.line]
            texts.append(line[one.range.start.character : one.range.end.character])
        one = one.parent
    assert texts[0] == "turns" and 'at 2.3 tram "It turns."' in texts
    editor.close(document.uri)


async def test_tokens(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    whole = await editor.client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(document)
    )
    line = position(SCORE, "at 2.3").line
    part = await editor.client.text_document_semantic_tokens_range_async(
        types.SemanticTokensRangeParams(
            document, types.Range(types.Position(line, 0), types.Position(line, 80))
        )
    )
    assert whole is not None and part is not None
    tokens = decoded(list(whole.data))
    assert decoded(list(part.data)) == [one for one in tokens if one[0] == line] != []
    assert (line, position(SCORE, 'tram "').character, 4, "class", False) in tokens
    # a text that has changed since it was checked has its colours at once
    editor.change(document.uri, f"# new\n{SCORE}")
    moved = await editor.client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(document)
    )
    assert moved is not None
    assert decoded(list(moved.data)) == [
        (0, 0, 5, "comment", False),
        *((down + 1, *rest) for down, *rest in tokens),
    ]
    editor.close(document.uri)


# ---- actions and commands ------------------------------------------------------------------------


async def titles_at(
    editor: Editor,
    document: types.TextDocumentIdentifier,
    at: types.Position,
    only: list[types.CodeActionKind | str] | None = None,
) -> list[str]:
    return [one.title for one in await all_actions_at(editor, document, at, only)]


async def actions_at(
    editor: Editor,
    document: types.TextDocumentIdentifier,
    at: types.Position,
    only: list[types.CodeActionKind | str] | None = None,
) -> list[types.CodeAction]:
    found = await all_actions_at(editor, document, at, only)
    return [one for one in found if isinstance(one, types.CodeAction)]


async def all_actions_at(
    editor: Editor,
    document: types.TextDocumentIdentifier,
    at: types.Position,
    only: list[types.CodeActionKind | str] | None,
) -> list[types.CodeAction | types.Command]:
    """Return the actions; lsprotocol reads those with a command as commands."""
    found = await editor.client.text_document_code_action_async(
        types.CodeActionParams(
            document, types.Range(at, at), types.CodeActionContext([], only=only)
        )
    )
    return list(found or ())


async def test_actions_of_each_kind(editor: Editor, tmp_path: Path) -> None:
    twice = WRONG.replace("at 1 tram", "at 1 trom")
    document = editor.open((tmp_path / "tram.score").as_uri(), twice)
    await editor.checked(document.uri)
    at = position(twice, "trom")
    found = await actions_at(editor, document, at)
    titles = [one.title for one in found]
    assert titles[:2] == ["did you mean tram?", "fix all 2 errors E308 in this score"]
    fixed = applied(twice, edits_of(found[1].edit)[document.uri])
    assert fixed == SCORE
    offered = await titles_at(editor, document, at, ["source"])
    assert offered == [title for title, _ in COMMANDS.values()]
    assert {one.kind for one in await actions_at(editor, document, at, ["quickfix"])} == {
        "quickfix"
    }
    assert await titles_at(editor, document, at, ["source.organizeImports"]) == []
    editor.change(document.uri, SCORE)
    await editor.checked(document.uri)
    changes = await actions_at(editor, document, position(SCORE, "120"), ["refactor"])
    assert changes and all("bpm" in one.title for one in changes)
    editor.close(document.uri)


async def test_the_cue_sheet_and_the_timeline(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    for command, part in (("score.sheet", "It turns."), ("score.timeline", "<svg")):
        shown = len(editor.client.shown_documents), len(editor.client.messages)
        answer = await editor.run(command, document.uri)
        file = Path(answer["file"])
        assert part in file.read_text(encoding="utf-8")  # noqa: ASYNC240  # a small file
        documents = editor.client.shown_documents[shown[0] :]
        messages = editor.client.messages[shown[1] :]
        if documents:
            assert [(one.uri, one.external) for one in documents] == [(file.as_uri(), True)]
        else:
            assert [str(file) in one.message for one in messages] == [True]
    editor.change(document.uri, WRONG)
    with pytest.raises(JsonRpcException, match="the score has errors; the first one is in line"):
        await editor.run("score.sheet", document.uri)
    with pytest.raises(JsonRpcException, match="is not a score that is open"):
        await editor.run("score.sheet", "file:///nowhere.score")
    editor.close(document.uri)


async def test_each_stage_has_a_page(editor: Editor, tmp_path: Path) -> None:
    text = 'stages left, right\nat 0c "A."\nat 1c on right "Rain."\nend 3c\n'
    document = editor.open((tmp_path / "two.score").as_uri(), text)
    for command in ("score.sheet", "score.timeline"):
        answer = await editor.run(command, document.uri)
        left, right = (Path(file).read_text(encoding="utf-8") for file in answer["files"])  # noqa: ASYNC240  # small files
        assert "Untitled · left" in left and "Rain." not in left
        assert "Untitled · right" in right and "Rain." in right
    editor.close(document.uri)


async def test_a_rehearsal(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "boat.score"
    text = 'score "Boat"\nat 0c "A boat."\nend 2c\n'
    document = editor.open_file(path, text)
    with pytest.raises(JsonRpcException, match="save the score first"):
        await editor.run("score.rehearse", document.uri)
    path.write_text(text, encoding="utf-8")
    answer = await editor.run("score.rehearse", document.uri)
    folder = Path(answer["folder"])
    assert answer["code"] == 0 and folder.parent == tmp_path / "runs"
    assert (folder / "journal.jsonl").is_file() and (folder / "timeline.html").is_file()
    assert str(folder) in editor.client.messages[-1].message
    editor.change(document.uri, text + "# another text\n")
    with pytest.raises(JsonRpcException, match="a rehearsal plays the saved file"):
        await editor.run("score.rehearse", document.uri)
    editor.close(document.uri)


async def test_no_run_takes_over_a_text(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "tram.score"
    document = editor.open_file(path, SCORE)
    with pytest.raises(
        JsonRpcException, match=r"no run of tram\.score is in progress in .*\nhint: begin one there"
    ):
        await editor.run("score.takeOver", document.uri)
    run = tmp_path / "runs" / "now"
    run.mkdir(parents=True)
    server = RemoteControlServer(run, lambda _: None)
    await server.open()
    try:
        with pytest.raises(JsonRpcException, match=r"no run of tram\.score is in progress in"):
            await editor.run("score.takeOver", document.uri)  # a run without a journal
    finally:
        await server.close()
    editor.close(document.uri)


async def test_a_run_takes_over_a_text(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "tram.score"
    text = 'clock 240 bpm, 4/4\nsection a 60 bars {\n  at 1 "A tram stop."\n}\n'
    path.write_text(text, encoding="utf-8")
    document = editor.open_file(path, text)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sequencer", "rehearse", "tram.score", "--realtime", "--reload"),
        *("--no-video", "--quiet", "--out", "runs/now"),
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await asyncio.to_thread(_wait_for_start, tmp_path)
        edited = text.replace("}", '  at 50 "A tram comes."\n}')
        editor.change(document.uri, edited)
        with pytest.raises(JsonRpcException, match="has another text\nhint: save it"):
            await editor.run("score.takeOver", document.uri)
        path.write_text(edited, encoding="utf-8")
        answer = await editor.run("score.takeOver", document.uri)
        assert answer["answer"].startswith("version 2 of the score takes over at a ")
        assert editor.client.messages[-1].message == answer["answer"]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
    editor.close(document.uri)


def _wait_for_start(folder: Path) -> None:
    """Return when the run in a folder has started; its journal shows it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for journal in folder.glob("runs/*/journal.jsonl"):
            if '"started"' in journal.read_text(encoding="utf-8"):
                return
        time.sleep(0.05)
    pytest.fail(f"no run has started: {list(folder.rglob('*'))}")


# ---- files and settings --------------------------------------------------------------------------


async def test_files_that_change_on_the_disk(editor: Editor, tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    document = editor.open(
        (tmp_path / "show.score").as_uri(), 'use "library.score"\nat 0c tram\nend 4c\n'
    )
    assert "E501" in await editor.codes(document.uri)
    library.write_text(SCENE, encoding="utf-8")
    changed = types.FileEvent(library.as_uri(), types.FileChangeType.Created)
    editor.published.clear()
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
    assert await editor.codes(document.uri) == []
    library.write_text("scene other {\n", encoding="utf-8")
    editor.published.clear()
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))
    assert await editor.codes(document.uri) == ["W101"]
    await editor.until(lambda: bool(editor.diagnostics(library.as_uri())))
    editor.close(document.uri)
    await editor.until(lambda: editor.diagnostics(library.as_uri()) == ())


async def test_settings(editor: Editor, tmp_path: Path) -> None:
    document = editor.open((tmp_path / "tram.score").as_uri(), SCORE)
    await editor.checked(document.uri)
    whole = types.InlayHintParams(
        document, types.Range(types.Position(0, 0), types.Position(100, 0))
    )

    async def lines_with(settings: dict[str, object]) -> int:
        editor.settings = {"score": settings}
        editor.published.clear()
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"score": settings})
        )
        await editor.checked(document.uri)
        return len(await editor.client.text_document_inlay_hint_async(whole) or ())

    assert await lines_with({"hints": "none"}) == 0
    assert await lines_with({"hints": "off by 100 ms or more"}) == 2
    shown = len(editor.client.messages)
    assert await lines_with({"hints": "all", "advice": "maybe"}) == 3
    assert [one.message for one in editor.client.messages[shown:]] == [
        'score.advice is "maybe"; it can be true or false'
    ]
    editor.close(document.uri)


# ---- which test is about which feature -----------------------------------------------------------

TESTED_BY = {
    types.TEXT_DOCUMENT_CODE_ACTION: test_diagnostics_and_their_fix,
    types.TEXT_DOCUMENT_COMPLETION: test_completion,
    types.TEXT_DOCUMENT_DEFINITION: test_definitions,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: test_references_and_highlights,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: test_symbols,
    types.TEXT_DOCUMENT_FOLDING_RANGE: test_folds_and_selections,
    types.TEXT_DOCUMENT_FORMATTING: test_formatting,
    types.TEXT_DOCUMENT_HOVER: test_hover,
    types.TEXT_DOCUMENT_INLAY_HINT: test_hints,
    types.INLAY_HINT_RESOLVE: test_hints,
    types.TEXT_DOCUMENT_PREPARE_RENAME: test_renaming_over_two_files,
    types.TEXT_DOCUMENT_REFERENCES: test_references_and_highlights,
    types.TEXT_DOCUMENT_RENAME: test_renaming_over_two_files,
    types.TEXT_DOCUMENT_SELECTION_RANGE: test_folds_and_selections,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: test_tokens,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: test_tokens,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: test_settings,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: test_files_that_change_on_the_disk,
    types.TEXT_DOCUMENT_DID_SAVE: test_files_that_change_on_the_disk,
    "score.sheet": test_the_cue_sheet_and_the_timeline,
    "score.timeline": test_the_cue_sheet_and_the_timeline,
    "score.rehearse": test_a_rehearsal,
    "score.takeOver": test_a_run_takes_over_a_text,
}
"""The test of each request, notification and command."""

BY_EVERY_TEST = {
    types.INITIALIZE,
    types.INITIALIZED,
    types.SHUTDOWN,
    types.EXIT,
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
}
"""What every test sends."""


async def test_every_feature_has_a_test() -> None:
    assert set(TESTED_BY) == {*FEATURES, *NOTIFICATIONS, *COMMANDS} - BY_EVERY_TEST
    for name, test in TESTED_BY.items():
        sent = re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name).replace("/", "_")
        source = inspect.getsource(test)  # type: ignore[arg-type]  # mypy joins their types to `function`
        if name in COMMANDS:
            assert f'"{name}"' in source, name
        elif name != types.TEXT_DOCUMENT_CODE_ACTION:
            assert f"editor.client.{sent}" in source, name


async def test_every_capability_is_a_feature_with_a_test(editor: Editor) -> None:
    """What the server announces is what it answers, so nothing announced is without a test."""
    announced = {
        field.name
        for field in attrs.fields(types.ServerCapabilities)
        if getattr(editor.capabilities, field.name) not in (None, False)
    }
    features = {
        "position_encoding": None,  # test_encodings.py
        "workspace": None,  # folders, which pygls keeps
        "text_document_sync": types.TEXT_DOCUMENT_DID_SAVE,
        "completion_provider": types.TEXT_DOCUMENT_COMPLETION,
        "hover_provider": types.TEXT_DOCUMENT_HOVER,
        "definition_provider": types.TEXT_DOCUMENT_DEFINITION,
        "references_provider": types.TEXT_DOCUMENT_REFERENCES,
        "document_highlight_provider": types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT,
        "document_symbol_provider": types.TEXT_DOCUMENT_DOCUMENT_SYMBOL,
        "code_action_provider": types.TEXT_DOCUMENT_CODE_ACTION,
        "document_formatting_provider": types.TEXT_DOCUMENT_FORMATTING,
        "rename_provider": types.TEXT_DOCUMENT_RENAME,
        "folding_range_provider": types.TEXT_DOCUMENT_FOLDING_RANGE,
        "selection_range_provider": types.TEXT_DOCUMENT_SELECTION_RANGE,
        "semantic_tokens_provider": types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        "inlay_hint_provider": types.TEXT_DOCUMENT_INLAY_HINT,
        "execute_command_provider": "score.sheet",
    }
    assert announced == set(features)
    assert {one for one in features.values() if one is not None} <= set(TESTED_BY)
