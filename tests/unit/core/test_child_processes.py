"""Killing a process that asyncio started, and that may have ended by itself."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import pytest

from sequencer.core.child_processes import kill_process


async def started(script: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_a_process_is_killed() -> None:
    async def scenario() -> int:
        process = await started("import time; print('runs', flush=True); time.sleep(600)")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"runs\n"
        kill_process(process)
        return await process.wait()

    assert asyncio.run(scenario()) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
def test_the_exit_code_of_a_process_that_ended_by_itself_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With `Process.kill` instead, asyncio reports 255 for most of these."""

    async def scenario() -> list[int]:
        processes = [await started("raise SystemExit(7)") for _ in range(4)]
        codes = []
        for process in processes:
            assert process.stdout is not None
            await process.stdout.read()  # it has closed its output, and is about to end, or has
            kill_process(process)
            codes.append(await process.wait())
            kill_process(process)  # nothing happens to one whose end is known
        return codes

    with caplog.at_level(logging.WARNING, "asyncio"):
        codes = asyncio.run(scenario())
    assert set(codes) <= {7, -signal.SIGKILL}
    assert not caplog.records
