from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lsprotocol import types

from sequencer.core.diagnostics import Fix, Span
from sequencer.editing.hints import HintSetting
from sequencer.language.loader import load_text
from sequencer.languageserver import documents as documents_module
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import (
    Document,
    Documents,
    Known,
    Locator,
    advise,
    check,
    check_users,
    open_document,
)
from tests.support.editing import SCENE, texts

CLIENT = Client(versioned_edits=True)
SCORE = 'use "library.score"\nat 0c tram\nend 4c\n'


def opened(documents: Documents, path: Path, text: str, version: int = 1) -> Document:
    """Open a file with a text, and check it."""
    item = types.TextDocumentItem(path.as_uri(), "score", version, text)
    documents[item.uri] = open_document(item, CLIENT)
    return checked(documents, item.uri)


def checked(documents: Documents, uri: str) -> Document:
    document = documents[uri]
    known = check(document, documents, load_text, HintSetting.ALL, advice=False)
    found = documents[uri] = Document(
        uri=document.uri,
        language=document.language,
        version=document.version,
        text=document.text,
        file=document.file,
        path=document.path,
        known=known,
    )
    return found


def known_of(document: Document) -> Known:
    assert document.known is not None
    return document.known


def test_which_documents_are_scores() -> None:
    def is_score(uri: str, language: str, text: str = "") -> bool:
        return open_document(types.TextDocumentItem(uri, language, 1, text), CLIENT).is_score

    assert is_score("file:///a/tram.score", "score")
    assert is_score("file:///a/tram.score", "plaintext")
    assert is_score("file:///a/notes.txt", "score")
    assert is_score("untitled:1", "score")
    assert is_score("file:///a/tram.score.yaml", "yaml")
    assert is_score("file:///a/tram.yaml", "yaml", "cues: []\nseed: 1\n")
    assert is_score("untitled:1", "yaml", "cues: []\nseed: 1\n")
    assert not is_score("file:///a/compose.yaml", "yaml", "services: {}\n")
    assert not is_score("file:///a/notes.txt", "plaintext")


def test_a_text_without_a_file_is_checked_alone() -> None:
    documents = Documents()
    item = types.TextDocumentItem("untitled:1", "score", 1, SCORE)
    documents[item.uri] = open_document(item, CLIENT)
    found = known_of(checked(documents, item.uri))
    assert [one.code for one in found.look.diagnostics][:1] == ["E513"]


def test_the_unsaved_text_of_a_used_file_counts(tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text('let colour = "red"\n', encoding="utf-8")
    documents = Documents()
    score = opened(documents, tmp_path / "show.score", SCORE)
    assert "E308" in [one.code for one in known_of(score).look.diagnostics]
    used = opened(documents, library, SCENE)
    assert list(documents.users_of(used)) == [score]
    assert list(documents.users_of(score)) == []
    assert [one.code for one in known_of(checked(documents, score.uri)).look.diagnostics] == []


def test_a_file_is_found_by_another_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    documents = Documents()
    document = opened(documents, tmp_path / "link" / "a.score", SCENE)
    assert documents.at(tmp_path / "real" / "a.score") == document
    assert documents.at(tmp_path / "real" / "b.score") is None


def test_what_was_checked_keeps_its_hints_with_advice() -> None:
    documents = Documents()
    text, _ = texts()["W604 wrong"]
    item = types.TextDocumentItem("untitled:1", "score", 1, text)
    documents[item.uri] = open_document(item, CLIENT)
    known = known_of(checked(documents, item.uri))
    advised = advise(known)
    assert known.look.diagnostics == () and advised.look.diagnostics
    assert advised.hints == known.hints != ()


# ---- positions in several files ------------------------------------------------------------------


def test_edits_go_to_the_texts_that_are_open(tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text(SCENE, encoding="utf-8")
    documents = Documents()
    score = opened(documents, tmp_path / "show.score", SCORE.replace("\n", "\r\n"), 7)
    locator = Locator((known_of(score),), documents, CLIENT)
    edit = locator.edit(
        [
            Fix(Span(str(library), 1, 7, 1, 11), "coach"),
            Fix(Span(score.file, 2, 1, 2, 1), "# one\n# two\n"),
        ]
    )
    assert edit is not None and edit.document_changes is not None
    found = {
        (one.text_document.uri, one.text_document.version): one.edits[0]
        for one in edit.document_changes
        if isinstance(one, types.TextDocumentEdit)
    }
    assert found == {
        (library.as_uri(), None): types.TextEdit(
            types.Range(types.Position(0, 6), types.Position(0, 10)), "coach"
        ),
        (score.uri, 7): types.TextEdit(
            types.Range(types.Position(1, 0), types.Position(1, 0)), "# one\r\n# two\r\n"
        ),
    }


def test_an_edit_of_a_line_that_was_changed_is_not_made(tmp_path: Path) -> None:
    documents = Documents()
    score = opened(documents, tmp_path / "show.score", "at 0c cut\nend 4c\n")
    item = types.TextDocumentItem(score.uri, "score", 2, "at 1c cut\nend 4c\n")
    documents[score.uri] = open_document(item, CLIENT)
    locator = Locator((known_of(score),), documents, CLIENT)
    first, second = Span(score.file, 1, 1, 1, 3), Span(score.file, 2, 1, 2, 4)
    assert locator.edit([Fix(second, "until")]) is not None
    assert locator.edit([Fix(second, "until"), Fix(first, "on")]) is None
    assert locator.location(first) is None


def test_a_file_that_does_not_exist_has_no_location(tmp_path: Path) -> None:
    documents = Documents()
    score = opened(documents, tmp_path / "show.score", SCORE)
    locator = Locator((known_of(score),), documents, CLIENT)
    start = Span(str(tmp_path / "image.png"), 1, 1, 1, 1)
    assert locator.location(start) is None
    (tmp_path / "image.png").write_bytes(b"")
    locator = Locator((known_of(score),), documents, CLIENT)
    assert locator.location(start) == types.Location(
        (tmp_path / "image.png").as_uri(),
        types.Range(types.Position(0, 0), types.Position(0, 0)),
    )
    assert locator.uri("somewhere.score") is None


# ---- scores that are not open --------------------------------------------------------------------


def users(tmp_path: Path, top: Path | None = None) -> list[str]:
    documents = Documents()
    library = opened(documents, tmp_path / "parts" / "library.score", SCENE)
    found = check_users(library, documents, top, load_text)
    return [Path(one.look.file).relative_to(tmp_path).as_posix() for one in found]


def test_scores_that_use_a_file_are_found_beside_it_and_above(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "library.score").write_text(SCENE, encoding="utf-8")
    (parts / "a.score").write_text(SCORE, encoding="utf-8")
    (parts / "b.score").write_text("# library.score\nend 4c\n", encoding="utf-8")
    (parts / "c.txt").write_text(SCORE, encoding="utf-8")
    (parts / "d.score").write_bytes(b"\xff library.score")
    (tmp_path / "show.score.yaml").write_text(
        "use: [parts/library.score]\ncues: []\nend: 4c\n", encoding="utf-8"
    )
    assert users(tmp_path) == ["parts/a.score"]
    assert users(tmp_path, tmp_path) == ["parts/a.score", "show.score.yaml"]
    assert users(tmp_path, tmp_path / "elsewhere") == ["parts/a.score"]


def test_the_search_for_uses_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "library.score").write_text(SCENE, encoding="utf-8")
    for name in ("a", "b", "c"):
        (parts / f"{name}.score").write_text(SCORE, encoding="utf-8")
    assert len(users(tmp_path)) == 3
    monkeypatch.setattr(documents_module, "MAX_SEARCHED_FILES", 2)
    assert len(users(tmp_path)) == 2
    monkeypatch.setattr(documents_module, "MAX_SEARCHED_BYTES", len(SCORE) - 1)
    assert users(tmp_path) == []


def test_only_changed_pieces_are_read_again(tmp_path: Path) -> None:
    documents = Documents()
    first = opened(documents, tmp_path / "show.score", SCENE + "at 0c tram\nend 4c\n")
    changed = replace(first, text=first.text.changed([appended("at 2c tram\n", first)]))
    documents[first.uri] = changed
    second = checked(documents, first.uri)
    before, after = known_of(first).look.pieces, known_of(second).look.pieces
    assert before is not None and after is not None and after is not before


def appended(text: str, document: Document) -> types.TextDocumentContentChangePartial:
    end = document.text.end
    return types.TextDocumentContentChangePartial(types.Range(end, end), text)
