"""The remote control's port, the notes of a run, and what the files of a run let other users read."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sequencer.core.errors import OutputError, UsageError
from sequencer.runtime.live.run import SESSION, LiveRun
from sequencer.runtime.operator.remote import (
    FILE,
    MAX_CALL_BYTES,
    RemoteControlServer,
    send_command,
)
from sequencer.runtime.output.run_folder import RunFolder
from tests.support.requirements import require


async def _exchange(port: int, data: bytes) -> bytes:
    """Return the answer to a call; nothing if the connection is closed, also with a reset because
    not all of the call was read.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 15)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_the_door_is_on_this_machine_for_those_who_know_its_word(tmp_path: Path) -> None:
    received: list[str] = []

    async def go() -> None:
        door = RemoteControlServer(tmp_path, received.append)
        await door.open()
        note = json.loads((tmp_path / FILE).read_text())
        assert door._server is not None
        assert {one.getsockname()[0] for one in door._server.sockets} == {"127.0.0.1"}
        assert len(note["word"]) >= 32
        calls: list[object] = [
            {},
            [],
            5,
            None,
            {"word": note["word"]},
            {"word": 5, "say": "pause"},
            {"word": "", "say": "pause"},
        ]
        calls += [
            {"word": note["word"][:-1], "say": "pause"},
            {"word": "é", "say": "pause"},
            {"word": note["word"] * 2, "say": "pause"},
        ]
        for call in calls:
            assert b"error" in await _exchange(note["port"], json.dumps(call).encode() + b"\n"), (
                call
            )
        for noise in (
            b"\n",
            b"\xff\xfe\n",
            b"[" * 3000 + b"\n",
            b'{"word": "\\ud800", "say": "x"}\n',
        ):
            assert b"error" in await _exchange(note["port"], noise)
        assert await _exchange(note["port"], b"x" * (20 * MAX_CALL_BYTES) + b"\n") == b"", (
            "a call without an end is not listened to"
        )
        assert received == []
        assert b"told" in await _exchange(
            note["port"], json.dumps({"word": note["word"], "say": "pause"}).encode() + b"\n"
        )
        assert received == ["pause"]
        await door.close()
        assert not (tmp_path / FILE).exists()

    asyncio.run(go())


def test_the_doors_note_is_for_its_owner_only_and_never_follows_a_link(tmp_path: Path) -> None:
    require(os.name == "posix", "rights of this kind are POSIX's")

    async def go() -> None:
        door = RemoteControlServer(tmp_path, lambda _: None)
        before = os.umask(0)
        try:
            await door.open()
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        await door.close()
        (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
        other = RemoteControlServer(tmp_path, lambda _: None)
        with pytest.raises(OutputError):
            await other.open()
        assert not (tmp_path / "elsewhere").exists()

    asyncio.run(go())


@pytest.mark.parametrize(
    "note",
    [
        "",
        "[]",
        "5",
        '{"port": 5}',
        '{"port": 1e999, "word": "x"}',
        '{"port": "x", "word": "y"}',
        "[" * 5000,
        '{"port": -1, "word": 5}',
    ],
)
def test_a_note_that_makes_no_sense_is_reported(tmp_path: Path, note: str) -> None:
    (tmp_path / FILE).write_text(note)
    with pytest.raises(UsageError):
        send_command(tmp_path, "pause")


@pytest.mark.parametrize(
    "answer",
    [b"", b"5\n", b"[]\n", b"{}\n", b'{"error": 5, "hint": []}\n', b"\xff\n", b"[" * 3000 + b"\n"],
)
def test_an_answer_that_makes_no_sense_is_reported(tmp_path: Path, answer: bytes) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        (tmp_path / FILE).write_text(json.dumps({"port": server.getsockname()[1], "word": "x"}))
        with pytest.raises(UsageError):
            send_command(tmp_path, "pause")
        thread.join()


def test_what_a_session_can_be_taken_over_with_is_for_its_owner_only(tmp_path: Path) -> None:
    require(os.name == "posix", "rights of this kind are POSIX's")
    printed: list[str] = []
    run = LiveRun.__new__(LiveRun)
    vars(run).update(
        live=SimpleNamespace(memory=lambda: {"session": "s1"}),
        folder=SimpleNamespace(path=tmp_path, final=tmp_path),
        settings=SimpleNamespace(quiet=True),
        notify=printed.append,
    )
    before = os.umask(0)
    try:
        run._remember()
    finally:
        os.umask(before)
    note = tmp_path / SESSION
    assert json.loads(note.read_text()) == {"session": "s1"}
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert printed == []
    note.unlink()
    (tmp_path / "precious").write_text("mine")
    note.symlink_to(tmp_path / "precious")
    run._remember()
    assert (tmp_path / "precious").read_text() == "mine"
    assert len(printed) == 1


@pytest.mark.parametrize(
    "name", ["journal.jsonl", "session.json", "report.json", "video.mp4", "anything"]
)
def test_a_run_that_is_gone_on_with_holds_no_links(name: str, tmp_path: Path) -> None:
    """A resumed run is written to: a link in a folder from somebody else would let it overwrite any
    file.
    """
    require(sys.platform != "win32", "symbolic links need a right here")
    folder = tmp_path / ".run.partial"
    folder.mkdir()
    (folder / "journal.jsonl").write_text("{}")
    assert RunFolder.adopt(tmp_path / "run").path == folder
    (tmp_path / "precious").write_text("mine")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "precious")
    with pytest.raises(UsageError, match="is a link"):
        RunFolder.adopt(tmp_path / "run")
    (folder / name).unlink()
    (folder / "journal.jsonl").write_text("{}")
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    with pytest.raises(UsageError, match="is a link"):
        RunFolder.adopt(tmp_path / "run")


@pytest.mark.parametrize(
    "title",
    [
        "../../escape",
        "/absolute",
        "..",
        "a/b",
        "con\x00trol",
        ".hidden",
        "x" * 500,
        "\u202egnp",
        "a\nb",
    ],
)
def test_a_title_names_a_folder_under_runs_and_nothing_else(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = RunFolder.make(None, title)
    assert folder.path.resolve().parent == (tmp_path / "runs").resolve()
    assert len(folder.final.name) < 150
    assert folder.final.name.isprintable()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


def test_a_folder_that_is_a_link_is_not_written_into(tmp_path: Path) -> None:
    require(sys.platform != "win32", "symbolic links need a right here")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".run.partial").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        RunFolder(tmp_path / "run")
    assert not any((tmp_path / "elsewhere").iterdir())
