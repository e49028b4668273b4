"""`perform --stage simulated` whose process is stopped for a while: nothing is made meanwhile, and
the report records it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from sequencer.engine.journal import read_journal
from sequencer.events.events import ChunkDone

SCORE = """score "Stopped"
seed 3
at 0c "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
at 4c "The paper boat drifts on. Now it turns once. Grey light. Low close shot, fixed."
end 7c
"""
SECOND = 1_000_000_000
CHUNK = 1.375
STOPPED = 8.0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")
def test_chunks_that_nobody_made_are_not_made_up(tmp_path: Path) -> None:
    score, run = tmp_path / "stopped.score", tmp_path / "run"
    score.write_text(SCORE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "sequencer",
        "perform",
        str(score),
        "--stage",
        "simulated",
        "--out",
        str(run),
        "--json",
    ]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_the_show(tmp_path, running)
        running.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED)
        running.send_signal(signal.SIGCONT)
        out, printed = running.communicate(timeout=60)
    finally:
        running.kill()
    report = json.loads(out)
    assert running.returncode == 1, "the show differs from the score"
    assert "this process did not run for" in printed
    (stopped,) = report["stopped_seconds"]
    assert stopped == pytest.approx(STOPPED, abs=1.5)
    (stall,) = report["stalls"]
    assert stall["chunks_made"] == 1
    assert stall["seconds"] == pytest.approx(STOPPED + CHUNK, abs=CHUNK)
    times = [
        one.event.at / SECOND
        for one in read_journal(run).records
        if isinstance(one.event, ChunkDone)
    ]
    assert len(times) >= 7
    assert min(later - earlier for earlier, later in pairwise(times)) > CHUNK / 2, "no burst"


def wait_for_the_show(folder: Path, running: subprocess.Popen[str]) -> None:
    """Wait until the run in `folder` has its journal, and then until some chunks are made."""
    deadline = time.monotonic() + 60
    while not any(folder.glob("**/journal.jsonl")):
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(3 * CHUNK)
