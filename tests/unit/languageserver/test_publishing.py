from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lsprotocol import types

from sequencer.editing.hints import HintSetting
from sequencer.editing.looking import MAX_DIAGNOSTICS
from sequencer.language.loader import load_text
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import Document, Documents, advise, check, open_document
from sequencer.languageserver.positions import ClientText
from sequencer.languageserver.publishing import Publisher
from tests.support.editing import SCENE, texts

CLIENT = Client()
USER = 'use "library.score"\nat 0c tram\nend 4c\n'
WITH_ADVICE, _ = texts()["W604 wrong"]


class Screen:
    """A publisher, and what the client shows."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.shown: dict[str, list[str | int | None]] = {}
        self.sent: list[types.PublishDiagnosticsParams] = []
        self.publisher = Publisher(self.documents, self._send)

    def _send(self, params: types.PublishDiagnosticsParams) -> None:
        self.sent.append(params)
        self.shown[params.uri] = [one.code for one in params.diagnostics]

    def open(self, path: Path, text: str) -> Document:
        item = types.TextDocumentItem(path.as_uri(), "score", 1, text)
        self.documents[item.uri] = open_document(item, CLIENT)
        return self.check(item.uri)

    def check(self, uri: str, *, advice_follows: bool = False) -> Document:
        document = self.documents[uri]
        known = check(document, self.documents, load_text, HintSetting.ALL, advice=False)
        self.documents[uri] = found = replace(document, known=known)
        self.publisher.publish(found, CLIENT, advice_follows=advice_follows)
        return found

    def change(self, uri: str, text: str) -> None:
        document = self.documents[uri]
        self.documents[uri] = replace(document, text=ClientText(text), version=document.version + 1)

    def close(self, document: Document) -> None:
        del self.documents[document.uri]
        self.publisher.publish(replace(document, known=None), CLIENT)


def test_a_used_file_shows_what_its_users_find(tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text("scene tram {\n", encoding="utf-8")
    screen = Screen()
    first = screen.open(tmp_path / "a.score", USER)
    found = screen.shown[library.as_uri()]
    assert found
    second = screen.open(tmp_path / "b.score", USER)
    assert screen.shown[library.as_uri()] == found, "the same is shown once"
    screen.close(first)
    assert screen.shown[library.as_uri()] == found
    opened = screen.open(library, "scene tram {\n")
    assert screen.shown[library.as_uri()] == found
    screen.close(opened)
    screen.close(second)
    assert screen.shown == {uri: [] for uri in screen.shown}


def test_the_version_is_that_of_the_open_text(tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text("scene tram {\n", encoding="utf-8")
    screen = Screen()
    document = screen.open(tmp_path / "a.score", USER)
    assert {one.uri: one.version for one in screen.sent} == {
        document.uri: 1,
        library.as_uri(): None,
    }


def test_the_diagnostics_of_a_file_have_a_limit(tmp_path: Path) -> None:
    screen = Screen()
    many = "".join(f"at {chunk}c tram\n" for chunk in range(MAX_DIAGNOSTICS + 100))
    screen.open(tmp_path / "a.score", many)
    shown = screen.sent[-1].diagnostics
    assert len(shown) == MAX_DIAGNOSTICS
    assert "more problems were found" in shown[-1].message and shown[-1].code == "W501"


def test_advice_on_unchanged_lines_stays_until_there_is_new_one(tmp_path: Path) -> None:
    screen = Screen()
    document = screen.open(tmp_path / "a.score", WITH_ADVICE)
    assert document.known is not None and screen.shown[document.uri] == []
    advised = replace(document, known=advise(document.known))
    screen.documents[document.uri] = advised
    screen.publisher.publish(advised, CLIENT)
    before = screen.sent[-1].diagnostics
    assert before and all(str(one.code).startswith("W6") for one in before)
    for number in (1, 2):  # also if the new advice has not come between two changes
        screen.change(document.uri, "# new\n" * number + WITH_ADVICE)
        screen.check(document.uri, advice_follows=True)
        after = screen.sent[-1].diagnostics
        assert [(one.code, one.range.start.line) for one in after] == [
            (one.code, one.range.start.line + number) for one in before
        ]
    lines = WITH_ADVICE.split("\n")
    lines[before[0].range.start.line] += " # changed"
    screen.change(document.uri, "\n".join(lines))
    screen.check(document.uri, advice_follows=True)
    assert len(screen.sent[-1].diagnostics) < len(before)
    screen.check(document.uri)
    assert screen.sent[-1].diagnostics == []


def test_what_several_scores_report_about_one_file_has_the_same_limit(tmp_path: Path) -> None:
    """The diagnostics of each score are put into the file, as if they were about it."""
    screen = Screen()
    count = MAX_DIAGNOSTICS
    path = tmp_path / "library.score"
    path.write_text(SCENE, encoding="utf-8")
    for name in ("a", "b"):
        text = "".join(f"at {chunk}c {name}\n" for chunk in range(count))
        document = screen.open(tmp_path / f"{name}.score", USER + text)
        assert document.known is not None
        shown = screen.publisher._found[document.uri].setdefault(path.as_uri(), {})
        shown |= screen.publisher._found[document.uri][document.uri]
        screen.publisher._publish_file(path.as_uri(), document, CLIENT)
    found = screen.sent[-1]
    assert found.uri == path.as_uri() and len(found.diagnostics) == MAX_DIAGNOSTICS
    assert "more problems were found" in found.diagnostics[-1].message
