"""The wire, measured beside Reactor's own SDKs: connect, command to answer, frames, CPU. Everything on this machine, one run.

Each client drives a stand-in of its own in a process of its own, so that what is measured is the client. Needs
`.ci/setup-reactor` for the SDKs; without them only our own figures are shown.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
JUDGES = ROOT / "bench" / "reactor_clients"

COMMANDS = 200
"""Commands that are timed one after the other."""

SECONDS = 10.0
"""How long frames are counted."""

MOST = 1.3
"""The goal: our median from command to answer, as a multiple of the SDK's."""


def _served() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-m", "bench.reactor_server"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    return process, found[0]


def _measured(python: Path, client: str, *more: str) -> dict[str, Any]:
    """One client against a fresh server: what it says, with the server's count of frames beside it."""
    server, url = _served()
    try:
        done = subprocess.run(
            [str(python), str(JUDGES / client), url, str(COMMANDS), str(SECONDS), *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        if done.returncode:
            raise SystemExit(f"{client} failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    finally:
        server.terminate()
        server.wait()
    return said


def _line(name: str, said: dict[str, Any]) -> str:
    latencies = sorted(said["latencies"])
    answers = "no answers in wire v0"
    if latencies:
        p99 = latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))]
        answers = f"answer {statistics.median(latencies) * 1000:6.2f} ms median, {p99 * 1000:6.2f} ms p99"
    return (
        f"{name:28} connect {said['connect']:5.2f} s   {answers}   "
        f"frames {said['frames']:4} of {said['sent']:4}   CPU {said['cpu'] * 100:5.1f} %"
    )


def main() -> int:
    """Measure; 1 where the goal was missed."""
    ours = _measured(Path(sys.executable), "ours.py")
    recording = _measured(Path(sys.executable), "ours.py", "record")
    print(_line("ours", ours))
    print(_line("ours, recording", recording))
    newer = ROOT / ".deps" / "reactor-sdk-1"
    if not (newer / "ready").is_file():
        print("the SDKs are not there (.ci/setup-reactor brings them): nothing to compare with")
        return 0
    theirs = _measured(newer / "bin" / "python", "theirs.py")
    print(_line("reactor-sdk 1.13.0", theirs))
    ratio = statistics.median(ours["latencies"]) / statistics.median(theirs["latencies"])
    print(f"command to answer: {ratio:.2f} times the SDK's median (goal: at most {MOST})")
    print(f"frames received of those sent: {ours['frames'] / max(1, ours['sent']) * 100:.1f} % (goal: 100 %)")
    return int(ratio > MOST or ours["frames"] < ours["sent"])


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
