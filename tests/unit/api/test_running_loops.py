"""Runs in programs with a loop of their own: asynchronous, blocking inside a running loop,
cancelled, and with a key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
from pathlib import Path

import pytest

import sequencer
from sequencer.runtime.blocking import run_blocking
from tests.support.builders import at_chunk
from tests.support.reactor_fixtures import KEY, local_server, schedule

QUICK = 'grid 3 frames @ 24 fps\nseed 1\nat 0c "A paper boat."\nend 2c\n'
LONG = 'grid 24 frames @ 24 fps\nseed 1\nat 0c "A paper boat."\nend 600c\n'


def test_a_run_is_awaited_in_a_running_loop(tmp_path: Path) -> None:
    score = sequencer.reads(QUICK)

    async def both() -> list[sequencer.PerformanceResult]:
        return await asyncio.gather(
            *(
                sequencer.perform_async(score, stage="simulated", out=tmp_path / name)
                for name in ("a", "b")
            )
        )

    for result in asyncio.run(both()):
        assert result.went_well
        assert sequencer.replay(result.folder).is_equal


def test_blocking_functions_work_where_a_loop_is_running(tmp_path: Path) -> None:
    """A notebook always has a running loop."""

    async def cell() -> tuple[bool, bool]:
        rehearsed = sequencer.rehearse(sequencer.reads(QUICK), video=False, save=False)
        performed = sequencer.perform(
            sequencer.reads(QUICK), stage="simulated", out=tmp_path / "run"
        )
        return rehearsed.went_well, performed.went_well

    assert asyncio.run(cell()) == (True, True)


def test_a_cancelled_task_ends_its_run_properly(tmp_path: Path) -> None:
    began = asyncio.Event()

    async def show() -> None:
        task = asyncio.create_task(
            sequencer.perform_async(
                sequencer.reads(LONG),
                stage="simulated",
                out=tmp_path / "run",
                warn=lambda _: began.set(),
            )
        )
        journal = tmp_path / ".run.partial" / "journal.jsonl"
        while not journal.exists() or '"chunk_done"' not in journal.read_text():  # noqa: ASYNC110  # only its journal shows the progress
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(show(), 30))
    journal = sequencer.read_journal(tmp_path / "run")
    assert journal.is_whole
    assert journal.records[-1].end == "interrupted (cancelled)"
    assert (tmp_path / "run" / "report.json").exists()


def test_the_callers_signal_handlers_stay(tmp_path: Path) -> None:
    def mine(*_: object) -> None:
        raise AssertionError

    async def show() -> object:
        task = asyncio.create_task(
            sequencer.perform_async(sequencer.reads(QUICK), stage="simulated", out=tmp_path / "run")
        )
        await asyncio.sleep(0.1)
        during = signal.getsignal(signal.SIGTERM)
        await task
        return during

    before = signal.signal(signal.SIGTERM, mine)
    try:
        assert asyncio.run(show()) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_interrupt_of_a_cell_ends_the_run_in_the_other_thread() -> None:
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def cell() -> None:
        threading.Timer(
            0.2, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        ).start()
        run_blocking(endless)

    loop = asyncio.new_event_loop()  # `asyncio.run` would take the signal for itself
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(cell())
    finally:
        loop.close()
    assert ended.is_set()


@pytest.mark.parametrize(
    "way",
    [
        "argument",
        *(pytest.param(way, marks=pytest.mark.slow) for way in ("file", "environment", "local")),
    ],
)
def test_a_key_is_used_and_appears_nowhere(
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("REACTOR_API_KEY", raising=False)
    (tmp_path / "key").write_text(f"{KEY}\n")
    given: dict[str, object] = {}
    match way:
        case "argument":
            given["key"] = KEY
        case "file":
            given["key_file"] = tmp_path / "key"
        case "environment":
            monkeypatch.setenv("REACTOR_API_KEY", KEY)
        case _:
            given["local"] = True
    plan = schedule(at_chunk(0, "a red field"), end=4)
    notices: list[str] = []

    async def show() -> sequencer.PerformanceResult:
        async with local_server() as server:
            return await sequencer.perform_async(
                plan,
                url=server.url,
                out=tmp_path / "run",
                warn=notices.append,
                price="3.5",
                **given,  # type: ignore[arg-type]
            )

    caplog.set_level(logging.DEBUG)
    result = asyncio.run(show())
    assert result.report.all_landed, result.report
    assert result.facts["measured"]["stage"] == "reactor"
    html = result._repr_html_()
    assert html is not None
    shown = [
        repr(result),
        str(result),
        html,
        json.dumps(result.to_dicts()),
        caplog.text,
        *notices,
        *capsys.readouterr(),
    ]
    shown += [path.read_text() for path in (tmp_path / "run").iterdir()]
    shown += [repr(result.facts), repr(result.document), sequencer.timeline(result, kind="html")]
    assert not any(KEY in text for text in shown)


def test_a_key_that_is_none_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REACTOR_API_KEY", raising=False)
    score = sequencer.reads(QUICK)
    with pytest.raises(
        sequencer.UsageError, match="the argument key does not contain a key"
    ) as raised:
        sequencer.perform(score, key="rk_with a space", out=tmp_path / "a")
    assert "rk_with" not in str(raised.value)
    with pytest.raises(sequencer.UsageError, match="there is no API key"):
        sequencer.perform(score, out=tmp_path / "b")
    for more in ({"key_file": "k"}, {"local": True}, {"stage": "simulated"}):
        with pytest.raises(sequencer.UsageError) as refused:
            sequencer.perform(score, key=KEY, out=tmp_path / "c", **more)
        assert KEY not in str(refused.value)
    assert list(tmp_path.iterdir()) == [], "a run that never began leaves nothing"


def test_messages_for_the_operator_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    sequencer.perform(
        sequencer.reads(QUICK), stage="simulated", out=tmp_path / "run", events=["go nowhere@1c"]
    )
    assert any(
        "go nowhere" in record.getMessage()
        for record in caplog.records
        if record.name == "sequencer"
    )
    assert capfd.readouterr().err == ""
