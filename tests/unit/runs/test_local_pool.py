from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.runs.local_pool import LocalPool, usable_cores
from tests.support.requirements import require
from tests.support.runs import wait_for

KILLED = """
import os, sys, time
from sequencer.runs.local_pool import LocalPool

if __name__ == "__main__":
    pool = LocalPool(1)
    print(pool.open().submit(os.getpid).result(), flush=True)
    time.sleep(600)
"""


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")  # a process that ended and waits for its parent is not
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(os.name != "posix", reason="processes are killed with SIGKILL on Unix only")
def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(KILLED)
    process = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    assert is_running(worker)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    wait_for(lambda: not is_running(worker))


def test_an_aborted_pool_has_no_workers_left() -> None:
    require(os.name == "posix", "a process is looked for by its number on Unix only")
    pool = LocalPool(1)
    worker = pool.open().submit(os.getpid).result()
    assert is_running(worker)
    pool.abort()
    assert not is_running(worker)
    pool.abort()
    pool.close()


def test_there_is_a_core() -> None:
    assert LocalPool().workers == usable_cores() >= 1
