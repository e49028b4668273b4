"""Whole sessions: each encoding, many changes, errors in the server, files of every kind."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from sequencer.cli.language_server import services
from sequencer.languageserver.client import read_client
from sequencer.languageserver.conversions import convert_diagnostic
from sequencer.languageserver.documents import Documents, Locator, advise, check, open_document
from sequencer.languageserver.positions import ClientText, Encoding, count_units
from sequencer.languageserver.settings import Settings
from tests.support.editing import SCENE, SCORES
from tests.support.editor_client import Editor, capabilities_of, connected

pytestmark = pytest.mark.asyncio

ENCODINGS = (Encoding.Utf8, Encoding.Utf16, Encoding.Utf32)
PROMPT = "𝄞 e\u0301 é 🚋 turns."


def announcing(encoding: Encoding) -> types.ClientCapabilities:
    """Return what VS Code announces, with another encoding of positions."""
    return attrs.evolve(
        capabilities_of("visual-studio-code"),
        general=types.GeneralClientCapabilities(position_encodings=[encoding]),
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_each_encoding(encoding: Encoding, newline: str, tmp_path: Path) -> None:
    text = f'{SCENE}at 0c tram "{PROMPT}" # 𝄞\nat 4c tram "{PROMPT}", trom\nend 8c\n'.replace(
        "\n", newline
    )
    client = ClientText(text, encoding)
    lines = text.split(newline)

    def at(part: str, last: bool = False) -> types.Position:
        line = next(number for number, one in enumerate(lines) if part in one)
        index = lines[line].rindex(part) if last else lines[line].index(part)
        return types.Position(line, count_units(lines[line][:index], encoding))

    async with connected(announcing(encoding), options={"advice": False}) as editor:
        assert editor.capabilities.position_encoding == encoding
        document = editor.open((tmp_path / "tram.score").as_uri(), text)
        found = (await editor.checked(document.uri))[0]
        wrong = at(", trom")
        assert found.range.start == at("trom")
        # an edit after the characters: the client changes `trom` into a mark
        start = types.Position(wrong.line, wrong.character)
        end = types.Position(wrong.line, wrong.character + len(", trom"))
        change = types.TextDocumentContentChangePartial(types.Range(start, end), ", mark here")
        editor.send_changes(document.uri, [change])
        changed = client.changed([change])
        assert changed.text == text.replace(", trom", ", mark here")
        assert await editor.codes(document.uri) == []
        hints = await editor.client.text_document_inlay_hint_async(
            types.InlayHintParams(document, types.Range(types.Position(0, 0), client.end))
        )
        new_lines = changed.text.split(newline)
        assert [one.position.character for one in hints or ()] == [
            count_units(new_lines[line], encoding) for line in (4, 5)
        ]
        edit = await editor.client.text_document_rename_async(
            types.RenameParams(document, at('tram "'), "coach")
        )
        assert edit is not None and edit.document_changes is not None
        (part,) = edit.document_changes
        assert isinstance(part, types.TextDocumentEdit)
        final = ClientText(changed.text, encoding).changed(
            [
                types.TextDocumentContentChangePartial(one.range, one.new_text)
                for one in sorted(
                    part.edits,
                    key=lambda one: (one.range.start.line, one.range.start.character),
                    reverse=True,
                )
                if isinstance(one, types.TextEdit)
            ]
        )
        assert final.text == changed.text.replace("scene tram", "scene coach").replace(
            "c tram", "c coach"
        )


async def test_versions_go_up_and_the_last_one_is_shown(tmp_path: Path) -> None:
    async with connected("neovim") as editor:
        document = editor.open((tmp_path / "tram.score").as_uri(), SCENE)
        for number in range(30):
            editor.change(
                document.uri, f"{SCENE}at {number}c {'trom' if number % 2 else 'tram'}\nend 40c\n"
            )
            if number % 10 == 0:
                await editor.client.text_document_hover_async(
                    types.HoverParams(document, types.Position(0, 7))
                )
        assert await editor.codes(document.uri) == ["E308"]
        versions = [one.version for one in editor.published if one.uri == document.uri]
        assert versions == sorted(versions, key=lambda one: one or 0) and versions[-1] == 31


async def test_yaml_and_texts_without_a_file() -> None:
    path = next(one for one in SCORES if one.suffix == ".yaml")
    async with connected("visual-studio-code") as editor:
        document = editor.open_file(path)
        assert await editor.codes(document.uri) == []
        symbols = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(document)
        )
        assert symbols
        unsaved = editor.open("untitled:Untitled-1", 'use "library.score"\nend 4c\n')
        assert "E513" in await editor.codes(unsaved.uri)
        other = editor.open("file:///compose.yaml", "services: {}\n", "yaml")
        assert await editor.codes(other.uri) == []
        position = types.Position(0, 2)
        assert (
            await editor.client.text_document_hover_async(types.HoverParams(other, position))
            is None
        )
        with pytest.raises(JsonRpcException, match="this is not a score"):
            await editor.client.text_document_rename_async(types.RenameParams(other, position, "x"))


async def test_settings_that_the_editor_starts_with(tmp_path: Path) -> None:
    whole = types.Range(types.Position(0, 0), types.Position(100, 0))
    for arguments in (
        {"options": {"hints": "none"}},
        {"options": {"score": {"hints": "none"}}},
        {"settings": {"score": {"hints": "none"}}},
    ):
        async with connected("neovim", **arguments) as editor:
            document = editor.open(
                (tmp_path / "tram.score").as_uri(), f"{SCENE}at 0c tram\nend 4c\n"
            )
            await editor.checked(document.uri)
            hints = types.InlayHintParams(document, whole)
            # the answer with the settings may come after the first check: then there is another one
            count = len(editor.published)
            while await editor.client.text_document_inlay_hint_async(hints):
                await editor.until(lambda count=count: len(editor.published) > count)  # type: ignore[misc]
                count = len(editor.published)


async def test_what_the_server_registers_and_refreshes(tmp_path: Path) -> None:
    async with connected("visual-studio-code") as editor:
        document = editor.open((tmp_path / "tram.score").as_uri(), f"{SCENE}at 0c tram\nend 4c\n")
        await editor.checked(document.uri)
        assert {one.method for one in editor.registered} == {
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        }
        await editor.until(lambda: "tokens" in editor.refreshed)


async def test_opening_a_score_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tram.score"
    path.write_text(f"{SCENE}at 0c tram\nend 4c\n", encoding="utf-8")
    async with connected("visual-studio-code", folder=tmp_path) as editor:
        document = editor.open_file(path)
        await editor.checked(document.uri)
        at = types.Position(0, 7)
        await editor.client.text_document_hover_async(types.HoverParams(document, at))
        await editor.client.text_document_rename_async(types.RenameParams(document, at, "coach"))
        assert [one.name for one in tmp_path.iterdir()] == ["tram.score"]  # noqa: ASYNC240  # a small folder
        assert path.read_text(encoding="utf-8").startswith("scene tram {")


# ---- errors in the server ------------------------------------------------------------------------

FAULTY = """
import sys
from dataclasses import replace
from sequencer.cli.language_server import services
from sequencer.languageserver.server import serve

def load(text, file, *, folder, find_unsaved):
    if "BROKEN" in text:
        raise ZeroDivisionError("a mistake in the program")
    return services().load(text, file, folder=folder, find_unsaved=find_unsaved)

sys.exit(not serve("0", replace(services(), load=load), sys.stdin.buffer, sys.stdout.buffer))
"""


async def test_the_server_survives_its_own_mistakes(tmp_path: Path) -> None:
    async with connected("neovim", command=(sys.executable, "-c", FAULTY)) as editor:
        document = editor.open((tmp_path / "tram.score").as_uri(), SCENE)
        await editor.checked(document.uri)
        editor.change(document.uri, f"# BROKEN\n{SCENE}")
        options = types.FormattingOptions(2, True)
        with pytest.raises(JsonRpcException, match=r"the check of .* has failed"):
            await editor.client.text_document_formatting_async(
                types.DocumentFormattingParams(document, options)
            )
        assert [one.type for one in editor.client.messages] == [types.MessageType.Error]
        assert "this is a bug in the language server" in editor.client.messages[0].message
        found = await editor.client.text_document_hover_async(
            types.HoverParams(document, types.Position(1, 7))
        )
        assert found is not None, "what was known before is still there"
        editor.change(document.uri, SCENE + "at 0c trom\n")
        assert await editor.codes(document.uri) == ["E308"]


async def test_requests_that_the_server_does_not_know(tmp_path: Path) -> None:
    async with connected("neovim") as editor:
        document = editor.open((tmp_path / "tram.score").as_uri(), SCENE)
        with pytest.raises(JsonRpcException, match="Method Not Found"):
            await editor.client.text_document_code_lens_async(types.CodeLensParams(document))
        with pytest.raises(JsonRpcException, match="is not defined"):
            await editor.run("score.nothing", document.uri)
        with pytest.raises(JsonRpcException, match="nothing is not a score that is open"):
            await editor.run("score.sheet")
        gone = types.TextDocumentIdentifier("file:///gone.score")
        assert (
            await editor.client.text_document_hover_async(
                types.HoverParams(gone, types.Position(0, 0))
            )
            is None
        )
        assert await editor.codes(document.uri) == []


# ---- a thousand changes --------------------------------------------------------------------------

WORDS = (
    *(
        "at 3 tram\n",
        'at 5c tram "𝄞 turns."\n',
        "scene coach {\n",
        "}\n",
        '"',
        "{action}",
        "tram",
        "trom",
    ),
    *(
        "\u2028",
        "🚋",
        "e\u0301",
        "\r\n",
        "\r",
        "\n",
        "# x\n",
        "  ",
        'use "library.score"\n',
        "\ufeff",
        "\x0b",
        "\x85",
    ),
)


def random_changes(
    text: ClientText, rng: random.Random
) -> list[types.TextDocumentContentChangePartial]:
    """Return changes as an editor makes them while somebody writes: insert, replace, remove."""
    found: list[types.TextDocumentContentChangePartial] = []
    for _ in range(rng.choice((1, 1, 1, 3))):
        line = rng.randrange(len(text.starts))
        end_line = min(line + rng.choice((0, 0, 0, 1, 2)), len(text.starts) - 1)
        start = rng.randint(0, len(text.line(line)))
        end = rng.randint(start if line == end_line else 0, len(text.line(end_line)))
        if rng.random() < 0.6:
            end_line, end = line, start
        new = rng.choice(WORDS) if rng.random() < 0.8 else ""
        part = types.Range(
            types.Position(line, count_units(text.line(line)[:start], text.encoding)),
            types.Position(end_line, count_units(text.line(end_line)[:end], text.encoding)),
        )
        change = types.TextDocumentContentChangePartial(part, new)
        found.append(change)
        text = text.changed([change])
    return found


async def ask(
    editor: Editor, document: types.TextDocumentIdentifier, rng: random.Random, text: ClientText
) -> None:
    """Send a request of any kind, at a random position. A refusal is an answer too."""
    line = rng.randrange(len(text.starts))
    at = types.Position(line, rng.randint(0, count_units(text.line(line), text.encoding)))
    part = types.Range(types.Position(0, 0), at)
    client = editor.client
    requests = (
        lambda: client.text_document_hover_async(types.HoverParams(document, at)),
        lambda: client.text_document_completion_async(types.CompletionParams(document, at)),
        lambda: client.text_document_definition_async(types.DefinitionParams(document, at)),
        lambda: client.text_document_document_highlight_async(
            types.DocumentHighlightParams(document, at)
        ),
        lambda: client.text_document_inlay_hint_async(types.InlayHintParams(document, part)),
        lambda: client.text_document_semantic_tokens_range_async(
            types.SemanticTokensRangeParams(document, part)
        ),
        lambda: client.text_document_code_action_async(
            types.CodeActionParams(document, part, types.CodeActionContext([]))
        ),
        lambda: client.text_document_selection_range_async(
            types.SelectionRangeParams(document, [at])
        ),
        lambda: client.text_document_rename_async(types.RenameParams(document, at, "coach")),
        lambda: client.text_document_document_symbol_async(types.DocumentSymbolParams(document)),
        lambda: client.text_document_folding_range_async(types.FoldingRangeParams(document)),
        lambda: client.text_document_semantic_tokens_full_async(
            types.SemanticTokensParams(document)
        ),
    )
    try:
        await rng.choice(requests)()
    except JsonRpcException as error:
        assert error.code == types.LSPErrorCodes.RequestFailed, error


def checked_once(
    uri: str, text: str, capabilities: types.ClientCapabilities
) -> list[types.Diagnostic]:
    """Return the diagnostics of one check of a text, as they are sent."""
    client = read_client(capabilities)
    documents = Documents()
    document = documents[uri] = open_document(types.TextDocumentItem(uri, "score", 1, text), client)
    known = advise(check(document, documents, services().load, Settings().hints, advice=False))
    locator = Locator((known,), documents, client)
    found = (convert_diagnostic(one, locator, client) for one in known.look.diagnostics)
    return [one for one in found if one is not None]


async def write_a_score(seed: int, encoding: Encoding, folder: Path, count: int) -> None:
    """Change a text at random, ask about it, and compare what is shown at the end with one check."""
    rng = random.Random(seed)
    (folder / "library.score").write_text(SCENE, encoding="utf-8")
    start = f'score "Trams"\nclock 120 bpm\n{SCENE}section main 8 bars {{\n  at 1 tram\n}}\n' * 2
    capabilities = announcing(encoding)
    async with connected(capabilities) as editor:
        document = editor.open((folder / "tram.score").as_uri(), start)
        text = ClientText(start, encoding)
        pending: list[asyncio.Future[None]] = []
        for number in range(count):
            changes = random_changes(text, rng)
            text = text.changed(changes)
            editor.send_changes(document.uri, changes)
            if rng.random() < 0.5:
                pending.append(asyncio.ensure_future(ask(editor, document, rng, text)))
            if number % 50 == 49:
                await asyncio.gather(*pending)
                pending.clear()
                if len(text.text) > 3_000:
                    text = ClientText(start, encoding)
                    editor.send_changes(
                        document.uri, [types.TextDocumentContentChangeWholeDocument(start)]
                    )
        await asyncio.gather(*pending)
        expected = checked_once(document.uri, text.text, capabilities)
        await editor.checked(document.uri)
        await editor.until(lambda: same(editor.diagnostics(document.uri), expected))


def same(shown: Sequence[types.Diagnostic] | None, expected: list[types.Diagnostic]) -> bool:
    def sortable(one: types.Diagnostic) -> str:
        return repr(one)

    return sorted(map(sortable, shown or ())) == sorted(map(sortable, expected))


async def test_fifty_changes_end_as_one_check_of_the_last_text(tmp_path: Path) -> None:
    await write_a_score(1, Encoding.Utf16, tmp_path, 50)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "encoding"), list(enumerate(ENCODINGS)))
async def test_a_thousand_changes_end_as_one_check_of_the_last_text(
    seed: int, encoding: Encoding, tmp_path: Path
) -> None:
    await write_a_score(seed, encoding, tmp_path, 1_000)
