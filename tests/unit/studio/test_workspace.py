from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.paths import remove
from sequencer.runtime.operator.reload_control import EditedScore
from sequencer.studio.score_file import ChangedOnDiskError
from sequencer.studio.text_buffer import TextBuffer, read_changes
from sequencer.studio.workspace import EditedStages, Outgoing, Workspace, compile_text

TEXT = 'clock 120 bpm, 4/4\nat 1 "A tram waits."\nat 3 "It goes."\nend 9\n'


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within_limit() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(within_limit())


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def change(start: int, end: int, text: str) -> dict[str, Any]:
    return {"from": start, "to": end, "text": text}


class Pages:
    """Pages of a workspace: the messages that each of them receives, in order."""

    def __init__(self, workspace: Workspace, *names: str) -> None:
        self.inboxes: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        self.states = 0
        self.has_received = asyncio.Event()
        workspace.listener = self._receive
        workspace.on_state = self._count

    def _receive(self, message: Outgoing) -> None:
        for name, inbox in self.inboxes.items():
            if message.only in (None, name) and message.other_than != name:
                inbox.append(json.loads(message.text))
        self.has_received.set()

    def _count(self) -> None:
        self.states += 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "tram.score"
    found.write_text(TEXT)
    return found


def test_an_edit_is_sent_to_all_other_pages(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one", "two")
        assert workspace.edit("one", 1, [change(22, 23, "2")])
        assert workspace.text == TEXT.replace("at 1", "at 2")
        assert workspace.state(with_text=True) == {
            "file": "tram.score",
            "title": "",
            "notation": "text",
            "text": workspace.text,
            "version": 2,
            "revision": 0,
            "dirty": True,
            "changed_on_disk": False,
        }
        assert pages.inboxes["two"] == [
            {"t": "text", "version": 2, "changes": [change(22, 23, "2")]}
        ]
        assert pages.inboxes["one"] == [
            {"t": "text", "version": 2, "changes": [], "accepted": True}
        ]
        assert workspace.edit("two", 2, [change(22, 23, "1")])
        assert not workspace.state()["dirty"], "the text is that of the file again"
        assert pages.states == 2

    run(test)


def test_an_edit_of_an_earlier_version_is_not_applied(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one", "two")
        workspace.edit("one", 1, [change(22, 23, "2")])
        assert not workspace.edit("two", 1, [change(0, 0, "# ")])
        assert workspace.version == 2
        assert len(pages.inboxes["two"]) == 1, "it has what it missed, and sends its edit again"
        assert workspace.edit("two", 2, [change(0, 0, "# ")])

    run(test)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_page_with_another_text_receives_the_whole_text(path: Path, version: int) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one", "two")
        assert not workspace.edit("one", version, [change(0, 0, "x")])
        (message,) = pages.inboxes["one"]
        assert message["text"] == TEXT and message["version"] == 1
        assert "another text" in message["error"]["message"]
        assert pages.inboxes["two"] == []

    run(test)


def test_an_edit_that_cannot_be_applied_is_answered_with_the_text(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one")
        for changes in ([change(0, 999, "")], [change(0, 0, "\r")], "x"):
            assert not workspace.edit("one", 1, changes)
        assert [one["text"] for one in pages.inboxes["one"]] == [TEXT] * 3
        assert workspace.version == 1

    run(test)


class Page:
    """A page in the test: what was accepted, and one edit under way, as a word and where it is."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = TextBuffer.of(text)
        self.version = 1
        self.wanted: tuple[int, int, str] | None = None
        self.sent: tuple[int, list[dict[str, Any]]] | None = None

    def make(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the edit that is under way, for the present text."""
        assert self.wanted is not None
        start, length, text = self.wanted
        start = min(start, len(self.text))
        end = min(start + length, len(self.text))
        self.sent = self.version, [change(start, end, text)]
        return self.sent

    def receive(self, message: dict[str, Any]) -> None:
        assert "text" not in message, message
        assert message["version"] == self.version + 1, "no version is left out"
        changes = message["changes"]
        if message.get("accepted"):
            assert self.sent is not None and self.sent[0] == self.version
            changes = self.sent[1]
            self.sent = self.wanted = None
        self.text = self.text.changed(read_changes(changes))
        self.version = message["version"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(["write", "send", "receive"]),
        st.tuples(st.integers(0, 60), st.integers(0, 3), st.sampled_from(["", "x", "é\n", "ab"])),
    ),
    max_size=60,
)


@given(STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_two_pages_that_edit_at_the_same_time_end_with_the_same_text(
    steps: list[tuple[str, str, tuple[int, int, str]]],
) -> None:
    async def test() -> None:
        workspace = Workspace.untitled(Path(), "one\ntwo\n")
        inboxes = Pages(workspace, "one", "two").inboxes
        pages = {name: Page(name, workspace.text) for name in inboxes}

        def act(page: Page, what: str, edit: tuple[int, int, str]) -> None:
            if what == "write":
                page.wanted = page.wanted or edit
            elif what == "send" and page.wanted is not None:
                if page.sent is None or page.sent[0] != page.version:
                    workspace.edit(page.name, *page.make())
            elif what == "receive" and inboxes[page.name]:
                page.receive(inboxes[page.name].pop(0))

        for name, what, edit in steps:
            act(pages[name], what, edit)
        for _ in range(3):  # each may be overtaken by the other
            for page in pages.values():
                while inboxes[page.name]:
                    act(page, "receive", (0, 0, ""))
                act(page, "send", (0, 0, ""))
        for page in pages.values():
            while inboxes[page.name]:
                act(page, "receive", (0, 0, ""))
            assert page.wanted is None, "every edit was accepted"
            assert page.text.text == workspace.text
            assert page.version == workspace.version

    run(test)


def test_the_text_is_saved(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        workspace.edit("one", 1, [change(0, 0, "# é\n")])
        assert await workspace.save(2) == {"version": 2, "file": "tram.score"}
        assert read(path) == "# é\n" + TEXT
        assert not workspace.state()["dirty"]
        with pytest.raises(UsageError, match="another text"):
            await workspace.save(3)

    run(test)


def test_a_change_on_the_disk_is_offered_if_there_are_edits(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one")
        workspace.edit("one", 1, [change(0, 0, "# ours\n")])
        write(path, TEXT + "# theirs\n")
        for _ in range(3):
            await workspace.poll()
        write(path, TEXT + "# theirs, later\n")
        with pytest.raises(ChangedOnDiskError):
            await workspace.save(2)
        assert workspace.state()["changed_on_disk"]
        assert workspace.text == "# ours\n" + TEXT
        answer = await workspace.ask("one", "on_disk", {})
        assert workspace.edit("one", 2, answer["changes"])
        assert workspace.text == TEXT + "# theirs, later\n"
        assert workspace.state()["changed_on_disk"] is False
        assert workspace.state()["dirty"] is False
        with pytest.raises(UsageError, match="has not changed"):
            await workspace.ask("one", "on_disk", {})
        assert pages.states

    run(test)


def test_a_change_on_the_disk_is_taken_over_if_there_are_no_edits(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one")
        await workspace.poll()
        write(path, TEXT + "# theirs\n")
        await workspace.poll()
        assert workspace.text == TEXT, "another program may still be writing"
        await workspace.poll()
        assert workspace.text == TEXT + "# theirs\n"
        end = len(TEXT)
        assert pages.inboxes["one"] == [
            {"t": "text", "version": 2, "changes": [change(end, end, "# theirs\n")]}
        ]
        assert not workspace.state()["dirty"]
        await workspace.save(2)

    run(test)


def test_a_file_that_was_removed_is_reported_and_can_be_written_again(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        await workspace.poll()
        remove(path)
        await workspace.poll()
        await workspace.poll()
        state = workspace.state()
        assert state["changed_on_disk"] and state["dirty"]
        with pytest.raises(ChangedOnDiskError, match="removed"):
            await workspace.save(1)
        await workspace.save(1, overwrite=True)
        assert read(path) == TEXT
        assert not workspace.state()["changed_on_disk"]

    run(test)


def test_a_score_without_a_file_is_saved_under_a_name(tmp_path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.untitled(tmp_path)
        workspace.edit("one", 1, [change(0, 0, TEXT)])
        with pytest.raises(UsageError, match="no file yet"):
            await workspace.save(2)
        write(tmp_path / "taken.score", "")
        with pytest.raises(OutputError, match="already exists"):
            await workspace.save(2, name="taken.score")
        assert await workspace.save(2, name="new.score") == {"version": 2, "file": "new.score"}
        assert read(tmp_path / "new.score") == TEXT
        assert workspace.state()["file"] == "new.score"

    run(test)


def test_the_text_is_compiled_for_a_run(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        at = TEXT.index("3 ")
        workspace.edit("one", 1, [change(at, at + 1, "4")])
        with pytest.raises(UsageError, match="changed since"):
            await workspace.schedule_for(1)
        found = await workspace.schedule_for(2)
        assert isinstance(found, EditedScore)
        assert found.schedule is not None and found.problems == ()
        assert found.sources == {str(path): workspace.text}
        workspace.edit("one", 2, [change(at, at + 1, "0")])
        found = await workspace.schedule_for(3)
        assert isinstance(found, EditedScore)
        assert found.schedule is None
        assert "tram.score:3:4: " in found.problems[0]

    run(test)


def test_a_score_without_a_prompt_is_not_compiled_for_a_run(tmp_path: Path) -> None:
    found = compile_text("at 0c sr 4x\nend 2c\n", "untitled.score", tmp_path)
    assert isinstance(found, EditedScore)
    assert found.schedule is None and "prompt" in found.problems[0]


def test_a_score_for_several_stages_is_compiled_for_all(tmp_path: Path) -> None:
    text = 'stages left, right\nat 0c "A tram."\nat 1c on right "Rain."\nend 3c\n'
    found = compile_text(text, "untitled.score", tmp_path)
    assert isinstance(found, EditedStages)
    assert found.ensemble.names == ("left", "right")
    assert found.sources == {"untitled.score": text}


async def until(pages: Pages, page: str, kind: str) -> dict[str, Any]:
    """Wait for a message of a kind, and return it; the messages up to it are removed."""
    while True:
        inbox = pages.inboxes[page]
        while inbox:
            message = inbox.pop(0)
            if message["t"] == kind:
                return message
        pages.has_received.clear()
        await pages.has_received.wait()


def test_a_score_is_checked_by_its_process(path: Path) -> None:
    async def test() -> None:
        write(path.parent / "library.score", 'let tram = "A tram"\n')
        write(path, 'use "library.score"\nat 0c "{tram} waits."\nend 9c\n')
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one")
        await workspace.start()
        try:
            checked = await until(pages, "one", "checked")
            assert checked["version"] == 1 and checked["diagnostics"] == []
            assert [one.kind for one in workspace.latest()][:1] == ["checked"]
            at = workspace.text.index("tram} waits") + 1
            answer = await workspace.ask("one", "hover", {"at": at})
            assert "A tram" in answer["text"]
            with pytest.raises(UsageError, match="cannot be asked"):
                await workspace.ask("one", "nothing", {})
            assert workspace.edit("one", 1, [change(at, at + 1, "c")])
            checked = await until(pages, "one", "checked")
            assert checked["version"] == 2 and not workspace.is_valid
            assert [one["code"] for one in checked["diagnostics"]] == ["E307"]
            write(path.parent / "library.score", 'let tram = "A"\nlet tcam = "B"\n')
            for _ in range(3):
                await workspace.poll()
            checked = await until(pages, "one", "checked")
            assert checked["diagnostics"] == [], "a file that it uses was changed"
        finally:
            await workspace.stop()

    run(test)


def test_a_process_that_ends_is_started_again(path: Path) -> None:
    async def test() -> None:
        workspace = Workspace.open(path)
        pages = Pages(workspace, "one")
        await workspace.start()
        try:
            await until(pages, "one", "checked")
            workspace.edit("one", 1, [change(0, 0, "# edited\n")])
            workspace._process.restart()
            checked = await until(pages, "one", "checked")
            assert checked["version"] == 2
        finally:
            await workspace.stop()
        assert workspace._process.pid is None

    run(test)
