from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from sequencer.studio import check_process
from sequencer.studio.check_messages import Header
from sequencer.studio.check_process import CheckProcess
from sequencer.studio.text_buffer import TextBuffer

TEXT = 'at 0c "A tram waits."\nend 9c\n'


class Studio:
    """What the process is started with, and what comes from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.received: asyncio.Queue[Header] = asyncio.Queue()
        self.failures: asyncio.Queue[str] = asyncio.Queue()
        self.process = CheckProcess(self.opening, self.receive, self.failures.put_nowait)

    def opening(self) -> tuple[Header, bytes]:
        header = {"do": "open", "version": 1, "file": "a.score", "folder": str(self.folder)}
        return header, TextBuffer.of(TEXT).data

    def receive(self, header: Header, content: bytes) -> None:
        self.received.put_nowait(header)


def test_the_process_finds_nothing_in_the_current_folder_to_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a stranger runs')\n")
    (tmp_path / "sequencer").mkdir()
    (tmp_path / "sequencer" / "__init__.py").write_text("raise SystemExit('a stranger runs')\n")
    monkeypatch.chdir(tmp_path)

    async def test() -> None:
        studio = Studio(tmp_path)
        studio.process.start()
        assert (await asyncio.wait_for(studio.received.get(), 60))["is"] == "checked"
        await studio.process.stop()
        assert studio.process.pid is None

    asyncio.run(test())


def test_a_process_that_cannot_run_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(check_process, "RESTART_PAUSE_S", 0)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))

    async def test() -> None:
        studio = Studio(tmp_path)
        studio.process.start()
        reason = await asyncio.wait_for(studio.failures.get(), 60)
        assert "cannot be started" in reason
        studio.process.send({"do": "check", "version": 1})  # has no effect
        await studio.process.stop()

    asyncio.run(test())
    assert caplog.text.count("has ended") == check_process.MAX_FAILURES


def test_the_key_of_a_model_is_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REACTOR_API_KEY", "rk_secret")
    started: dict[str, Any] = {}

    async def refuse(*args: Any, **options: Any) -> None:
        started.update(options)
        raise OSError("not in this test")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    monkeypatch.setattr(check_process, "RESTART_PAUSE_S", 0)

    async def test() -> None:
        studio = Studio(tmp_path)
        studio.process.start()
        await asyncio.wait_for(studio.failures.get(), 60)
        await studio.process.stop()

    asyncio.run(test())
    assert "PATH" in started["env"] and "REACTOR_API_KEY" not in started["env"]
