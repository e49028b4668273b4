"""When texts are checked. A score that contains the word STOP is loaded only once it is released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import pytest_asyncio
from lsprotocol import types

from sequencer.language.loader import LoadResult, load_text
from sequencer.languageserver import checking
from sequencer.languageserver.checking import Checker, Listener
from sequencer.languageserver.client import Client
from sequencer.languageserver.documents import Document, FindUnsaved, open_document
from sequencer.languageserver.positions import ClientText
from sequencer.languageserver.settings import Settings
from tests.support.editing import SCENE, texts

pytestmark = pytest.mark.asyncio

PATIENCE_S = 30
VALID = 'at 0c "A boat."\nend 4c\n'
STOP = f"# STOP\n{VALID}"
BROKEN = f"# BROKEN\n{VALID}"
WITH_ADVICE, _ = texts()["W604 wrong"]


class Harness:
    """A checker with what it reports, and a loader that can be stopped."""

    def __init__(self) -> None:
        self.found: list[tuple[int, list[str]]] = []
        self.checked: list[int] = []
        self.failed: list[int] = []
        self.loaded: list[str] = []
        self.is_loading = Event()
        self.release = Event()
        self.checker = Checker(
            self.load,
            Listener(
                found=self._found,
                checked=lambda one: self.checked.append(one.version),
                failed=lambda one: self.failed.append(one.version),
            ),
        )

    def load(
        self, text: str, file: str, *, folder: Path | None, find_unsaved: FindUnsaved
    ) -> LoadResult:
        self.loaded.append(text)
        if "BROKEN" in text:
            raise ZeroDivisionError("a mistake in the program")
        if "STOP" in text:
            self.is_loading.set()
            assert self.release.wait(PATIENCE_S)
        return load_text(text, file, folder=folder, find_unsaved=find_unsaved)

    def _found(self, document: Document) -> None:
        known = document.known
        codes = [] if known is None else [one.code for one in known.look.diagnostics]
        self.found.append((document.version, codes))

    def open(self, text: str, path: Path | None = None) -> str:
        uri = "untitled:1" if path is None else path.as_uri()
        self.checker.open(open_document(types.TextDocumentItem(uri, "score", 1, text), Client()))
        return uri

    def change(self, uri: str, text: str) -> None:
        document = self.checker.documents[uri]
        self.checker.change(replace(document, text=ClientText(text), version=document.version + 1))

    async def loading(self) -> None:
        """Wait until the stopped score is being loaded."""
        assert await asyncio.to_thread(self.is_loading.wait, PATIENCE_S)

    async def ended(self, uri: str) -> None:
        """Wait until both steps of a check have ended."""
        task = self.checker._jobs[uri].task
        assert task is not None
        await asyncio.wait_for(task, PATIENCE_S)

    async def codes(self, uri: str) -> list[str]:
        document = await asyncio.wait_for(self.checker.newest(uri, now=True), PATIENCE_S)
        assert document is not None and document.known is not None
        return [one.code for one in document.known.look.diagnostics]


@pytest_asyncio.fixture
async def harness() -> AsyncIterator[Harness]:
    harness = Harness()
    harness.checker.settings = Settings(advice=False)
    yield harness
    harness.release.set()
    harness.checker.stop()


async def test_a_result_of_an_earlier_version_is_discarded(harness: Harness) -> None:
    uri = harness.open(STOP)
    await harness.loading()
    harness.change(uri, f"{VALID}at 0c boat\n")
    harness.release.set()
    assert await harness.codes(uri) == ["E308"]
    await harness.ended(uri)
    assert harness.found == [(2, ["E308"])] and harness.checked == [2]


async def test_what_is_known_stays_while_a_check_goes_on(harness: Harness) -> None:
    uri = harness.open(VALID)
    assert await harness.codes(uri) == []
    harness.change(uri, STOP)
    waiting = asyncio.ensure_future(harness.checker.newest(uri, now=True))
    await harness.loading()
    document = harness.checker.documents[uri]
    assert document.version == 2 and not document.is_current
    assert document.known is not None and document.known.look.text == VALID
    assert not waiting.done()
    harness.release.set()
    newest = await asyncio.wait_for(waiting, PATIENCE_S)
    assert newest is not None and newest.is_current


async def test_texts_that_change_again_before_the_check_are_not_checked(harness: Harness) -> None:
    uri = harness.open(VALID)
    await harness.codes(uri)
    for number in range(20):
        harness.change(uri, f"# {number}\n{VALID}")
        await asyncio.sleep(0)
    await harness.codes(uri)
    assert harness.loaded == [VALID, f"# 19\n{VALID}"]


async def test_a_failed_check_is_reported_and_the_next_one_works(harness: Harness) -> None:
    uri = harness.open(VALID)
    await harness.codes(uri)
    harness.change(uri, BROKEN)
    with pytest.raises(RuntimeError, match=r"the check of untitled:1\.score has failed"):
        await harness.codes(uri)
    assert harness.failed == [2]
    harness.change(uri, VALID + "\n")
    assert await harness.codes(uri) == []


async def test_a_first_check_that_fails_leaves_nothing_known(harness: Harness) -> None:
    uri = harness.open(BROKEN)
    assert await asyncio.wait_for(harness.checker.newest(uri), PATIENCE_S) is None


async def test_a_document_that_is_closed_is_not_waited_for(harness: Harness) -> None:
    uri = harness.open(STOP)
    await harness.loading()
    waiting = asyncio.ensure_future(harness.checker.newest(uri))
    await asyncio.sleep(0)
    harness.checker.close(uri)
    assert await asyncio.wait_for(waiting, PATIENCE_S) is None
    harness.checker.close(uri)
    harness.release.set()
    assert harness.found == [(1, [])], "what was shown is removed"


async def test_a_change_of_a_used_file_checks_its_users(harness: Harness, tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text(SCENE, encoding="utf-8")
    score = harness.open('use "library.score"\nat 0c tram\nend 4c\n', tmp_path / "show.score")
    assert await harness.codes(score) == []
    used = harness.open(SCENE.replace("tram {", "coach {"), library)
    assert await harness.codes(score) == ["E308"]
    harness.change(used, SCENE)
    assert await harness.codes(score) == []
    harness.change(used, SCENE.replace("tram {", "coach {"))
    assert await harness.codes(score) == ["E308"]
    harness.checker.close(used)
    assert await harness.codes(score) == [], "the file itself counts again"


async def test_a_used_file_that_changes_during_a_check_is_read_again(
    harness: Harness, tmp_path: Path
) -> None:
    """The check does not know yet that it uses the file, so the change does not begin another."""
    library = tmp_path / "library.score"
    library.write_text(SCENE, encoding="utf-8")
    used = harness.open(SCENE, library)
    await harness.codes(used)
    score = harness.open(
        '# STOP\nuse "library.score"\nat 0c tram\nend 4c\n', tmp_path / "show.score"
    )
    await harness.loading()
    harness.change(used, SCENE.replace("tram {", "coach {"))
    harness.release.set()
    assert await harness.codes(score) == ["E308"]


async def test_advice_comes_in_a_second_step(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ADVICE_PAUSE_S", 0)
    harness.checker.settings = Settings()
    uri = harness.open(WITH_ADVICE)
    assert await harness.codes(uri) == []
    await harness.ended(uri)
    assert [codes != [] for _, codes in harness.found] == [False, True]
    assert harness.checked == [1], "hints are the same in both steps"


async def test_a_change_before_the_second_step_prevents_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ADVICE_PAUSE_S", PATIENCE_S)
    harness.checker.settings = Settings()
    uri = harness.open(WITH_ADVICE)
    await harness.codes(uri)
    monkeypatch.setattr(checking, "ADVICE_PAUSE_S", 0)
    harness.change(uri, VALID)
    assert await harness.codes(uri) == []
    await harness.ended(uri)
    assert [version for version, _ in harness.found] == [1, 2, 2]


async def test_a_text_that_is_no_score_is_not_checked(harness: Harness) -> None:
    item = types.TextDocumentItem("file:///compose.yaml", "yaml", 1, "services: {}\n")
    harness.checker.open(open_document(item, Client()))
    assert await asyncio.wait_for(harness.checker.newest(item.uri), PATIENCE_S) is None
    harness.change(item.uri, 'cues:\n  - {at: 0c, prompt: "A boat."}\nend: 2c\n')
    assert await harness.codes(item.uri) == []
    harness.change(item.uri, "services: {}\n")
    assert await asyncio.wait_for(harness.checker.newest(item.uri), PATIENCE_S) is None
    assert len(harness.loaded) == 1


async def test_settings_check_everything_again(harness: Harness) -> None:
    uri = harness.open(VALID)
    await harness.codes(uri)
    harness.checker.schedule_all()
    await harness.codes(uri)
    assert harness.loaded == [VALID, VALID]
