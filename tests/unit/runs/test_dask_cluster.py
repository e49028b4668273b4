from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Thread

import pytest

from sequencer.runs.dask_cluster import _threads_without_interrupts

BLOCKED = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


@pytest.mark.skipif(os.name != "posix", reason="only Unix has signal masks")
def test_workers_get_no_interrupts() -> None:
    found: list[str] = []

    def start() -> None:
        ran = subprocess.run(
            [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
        )
        found.append(ran.stdout.strip())

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with _threads_without_interrupts():
        thread = Thread(target=start)
        thread.start()
    thread.join()
    assert found == ["True"]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
