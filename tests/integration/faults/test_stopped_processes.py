"""Real processes that stop, are killed, or lose their network: the report states what happened, no
show plays extra chunks.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.engine.journal import read_journal
from sequencer.events.events import ChunkDone
from sequencer.language.compiler import compile_score
from tests.support.builders import at_chunk, on_chunks
from tests.support.reactor_fixtures import Run, perform
from tests.support.requirements import require

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent like this on Unix")

CHUNKS = 16
FAST = ("--fps", "96", "--plain")
"""A chunk takes a third of a second, a quarter of what it takes in the score."""
SCORE = (
    "seed 1\n"
    + "".join(f'at {chunk}c "Prompt {chunk}."\n' for chunk in range(0, CHUNKS, 4))
    + f"end {CHUNKS}c\n"
)
STOPPED = 7.0
"""Seconds: longer than the shortest stall (four of the score's chunks) and than a client waits for
a keep-alive (four).
"""

Before = Sequence[str]


@contextmanager
def process(*words: str | Path, before: Before = (), cwd: Path) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [*before, sys.executable, "-u", "-m", "sequencer", *map(str, words)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


@contextmanager
def served(
    cwd: Path, *words: str, before: Before = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with process("serve", "--port", "0", *FAST, *words, before=before, cwd=cwd) as server:
        assert server.stdout is not None
        found = re.search(r"http://[0-9.]+:\d+", server.stdout.readline())
        assert found is not None
        yield server, found[0]


def performing(
    folder: Path, url: str, name: str, *, before: Before = ()
) -> AbstractContextManager[subprocess.Popen[str]]:
    score = folder / "show.score"
    score.write_text(SCORE)
    return process(
        "perform",
        score,
        "--local",
        "--url",
        url,
        "--out",
        folder / name,
        "-q",
        before=before,
        cwd=folder,
    )


def chunks_of(folder: Path, name: str) -> int:
    """Return the number of chunks that have been reported to a run in progress."""
    journal = folder / f".{name}.partial" / "journal.jsonl"
    return journal.read_text().count('"kind":"chunk_done"') if journal.exists() else 0


def wait_for_chunks(running: subprocess.Popen[str], folder: Path, name: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while chunks_of(folder, name) < count:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)  # the other process gives no event to wait for


def report_of(folder: Path, name: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / name / "report.json").read_text())
    replayed = sequencer.replay(folder / name)
    assert replayed.is_equal
    assert replayed.is_whole
    return report


@pytest.mark.slow
def test_a_server_or_a_client_that_stops_for_a_while(tmp_path: Path) -> None:
    """Tests both at the same time, in two shows, because each takes several seconds."""
    with (
        served(tmp_path) as (frozen, frozen_url),
        served(tmp_path) as (_, other_url),
        performing(tmp_path, frozen_url, "server") as first,
        performing(tmp_path, other_url, "client") as second,
    ):
        wait_for_chunks(first, tmp_path, "server", 3)
        wait_for_chunks(second, tmp_path, "client", 3)
        os.kill(frozen.pid, signal.SIGSTOP)
        os.kill(second.pid, signal.SIGSTOP)
        time.sleep(STOPPED)
        os.kill(frozen.pid, signal.SIGCONT)
        os.kill(second.pid, signal.SIGCONT)
        _, of_first = first.communicate(timeout=90)
        _, of_second = second.communicate(timeout=90)

    # The server was stopped: the show takes that much longer, has as many chunks as the score, and
    # all of them are shown.
    report = report_of(tmp_path, "server")
    assert (first.returncode, report["chunks"], report["summary"]["chunks_beyond"]) == (
        1,
        CHUNKS,
        0,
    ), of_first
    assert "stalled once" in of_first
    assert [cue["landed"] for cue in report["cues"]] == [cue["planned"] for cue in report["cues"]]
    (stall,) = report["stalls"]
    assert stall["seconds"] >= STOPPED - 1
    assert stall["chunks_made"] <= 2, "a model that was stopped has made nothing meanwhile"
    done = [
        one.event.chunk
        for one in read_journal(tmp_path / "server").records
        if isinstance(one.event, ChunkDone)
    ]
    assert max(done) <= CHUNKS, "the model made the one after the last, and no more"
    assert any("the connection was lost" in note for note in report["notes"])

    # The client was stopped: the model continued without it.
    report = report_of(tmp_path, "client")
    assert (second.returncode, report["chunks"]) == (1, CHUNKS), of_second
    assert "this process did not run for" in of_second
    (seconds,) = report["stopped_seconds"]
    assert seconds >= STOPPED - 1
    assert len(report["stalls"]) == 1
    assert report["all_landed"], "prompts are with the model long before their chunks"


def test_a_server_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    plan = compile_score(on_chunks(at_chunk(0, "One."), at_chunk(14, "Two."), end=CHUNKS))

    async def scenario(server: subprocess.Popen[str], url: str) -> Run:
        async def kill() -> None:
            while not journal.exists() or journal.read_text().count('"kind":"chunk_done"') < 3:  # noqa: ASYNC110  # polls a file
                await asyncio.sleep(0.05)
            server.kill()

        _, run = await asyncio.gather(
            kill(),
            perform(
                url,
                plan,
                journal=journal,
                frames_per_chunk=33,
                grace_seconds=1.5,
                silence_seconds=1.0,
            ),
        )
        return run

    with served(tmp_path) as (server, url):
        run = asyncio.run(scenario(server, url))
    report = run.outcome.report
    assert "the connection could not be re-established within 2 s" in report.ended
    assert "no server is running at" in report.ended
    assert (report.ended_well, report.went_as_written) == (False, False)
    assert run.trouble is not None, "that the session could not be closed is reported"
    assert sequencer.replay(journal).is_whole


@pytest.fixture
def network() -> Iterator[tuple[Before, Before]]:
    """Create two network namespaces connected by a cable; yield the command prefix that runs a
    program in each.
    """
    require(
        sys.platform == "linux" and os.geteuid() == 0,
        "network namespaces are made by root on Linux",
    )
    here, there = f"seq{os.getpid()}a", f"seq{os.getpid()}b"

    def ip(*words: str) -> None:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        require(done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}")

    try:
        ip("netns", "add", here)
        ip("netns", "add", there)
        ip(
            "-n",
            here,
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            there,
        )
        for name, address in ((here, "10.77.1.1/24"), (there, "10.77.1.2/24")):
            ip("-n", name, "addr", "add", address, "dev", "cable")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "cable", "up")
        yield ("ip", "netns", "exec", here), ("ip", "netns", "exec", there)
    finally:
        for name in (here, there):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@pytest.mark.slow
def test_a_cable_that_is_pulled_for_a_while(network: tuple[Before, Before], tmp_path: Path) -> None:
    here, there = network
    with (
        served(tmp_path, "--host", "10.77.1.1", before=here) as (_, url),
        performing(tmp_path, url, "run", before=there) as running,
    ):
        wait_for_chunks(running, tmp_path, "run", 3)
        subprocess.run([*there, "ip", "link", "set", "cable", "down"], check=True)
        time.sleep(STOPPED)
        subprocess.run([*there, "ip", "link", "set", "cable", "up"], check=True)
        _, errors = running.communicate(timeout=90)
    report = report_of(tmp_path, "run")
    assert running.returncode == 1, errors
    assert "Traceback" not in errors
    assert (report["ended_well"], report["chunks"], report["measured"]["losses"]) == (
        True,
        CHUNKS,
        1,
    )
    (stall,) = report["stalls"]
    assert stall["chunks_made"] > 5, "the model went on"
    assert report["all_landed"]
