"""A run on a local runtime begins only if the runtime serves the model of the score."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from sequencer.api.local_model import check_local_runtime
from sequencer.api.performing import PerformOptions, play, prepare
from sequencer.api.set_lists import play_set, prepare_set
from sequencer.api.sources import RunInput, input_of
from sequencer.core.errors import SequencerError, StageError
from tests.support.reactor_fixtures import local_server

TEXT = 'at 0c "A tram."\nend 3c\n'
HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def _scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("usual.score").write_text(TEXT, encoding="utf-8")
    Path("other.score").write_text(f"model longlive-2\n{TEXT}", encoding="utf-8")


def load(path: Path) -> RunInput:
    return input_of(path, "perform", lambda _: None, keeps_chunks=True)


def options_for(url: str, **more: object) -> PerformOptions:
    given = {"url": url, "local": True, "out": Path("new/run"), "quiet": True, "keys": False}
    return PerformOptions(**{**given, "signals": False, **more})  # type: ignore[arg-type]


def test_another_model_is_reported_before_anything_is_opened() -> None:
    async def perform() -> None:
        async with local_server() as one:
            options = options_for(one.url, score=Path("other.score"))
            await play(prepare(options, lambda _: load(Path("other.score"))))

    with pytest.raises(StageError, match="it has no command set_shot") as caught:
        asyncio.run(perform())
    assert caught.value.hint == "start one with this model: sequencer serve --model longlive-2"
    assert not Path("new").exists()


def test_the_model_of_every_score_of_a_set_list_is_checked_before_the_first_begins() -> None:
    finished: list[object] = []

    async def perform() -> None:
        async with local_server() as one:
            paths = [Path("usual.score"), Path("other.score")]
            entries = prepare_set(options_for(one.url), paths, load, finished.append)
            await play_set(entries, auto_next=True, finished=finished.append, notify=print)

    with pytest.raises(StageError, match="serves another model"):
        asyncio.run(perform())
    assert finished == []
    assert not Path("new").exists()


def test_a_runtime_with_the_model_of_the_score() -> None:
    async def check() -> None:
        async with local_server() as one:
            await check_local_runtime(options_for(one.url), load(Path("usual.score")).schedule)

    asyncio.run(check())


def test_a_port_where_nothing_listens() -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
    schedule = load(Path("usual.score")).schedule
    with pytest.raises(SequencerError, match="no server is running"):
        asyncio.run(check_local_runtime(options_for(f"http://{HERE}:{port}"), schedule))


def test_a_run_elsewhere_is_not_checked() -> None:
    schedule = load(Path("other.score")).schedule
    asyncio.run(check_local_runtime(options_for("no address", local=False), schedule))
