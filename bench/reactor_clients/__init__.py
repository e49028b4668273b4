"""Clients measured side by side. Each is a separate program with its own local server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import ROOT

HERE = Path(__file__).parent
SDK = ROOT / ".deps" / "reactor-sdk-1"
MISSING = "the SDK is not installed (run `.ci/setup-reactor`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client program, and the Python interpreter that runs it."""

    name: str
    program: str
    python: Path = Path(sys.executable)
    more: tuple[str, ...] = ()


OURS = Client(name="ours", program="ours.py")
RECORDING = Client(name="ours, recording", program="ours.py", more=("record",))
BARE = Client(name="aiortc alone", program="bare.py")
THEIRS = Client(name="reactor-sdk 1.13.0", program="theirs.py", python=SDK / "bin" / "python")


def has_sdk() -> bool:
    """Return whether the SDK's environment is installed."""
    return (SDK / "ready").is_file()


def _served() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.reactor_server"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    if found is None:
        raise SystemExit("the local server did not start")
    return process, found[0]


def measured(client: Client, commands: int, seconds: float) -> dict[str, Any]:
    """Run one client against a new local server, and return the figures that it prints."""
    server, url = _served()
    try:
        done = subprocess.run(
            [
                str(client.python),
                str(HERE / client.program),
                url,
                str(commands),
                str(seconds),
                *client.more,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        if done.returncode:
            raise SystemExit(f"{client.name} failed\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    finally:
        server.terminate()
        server.wait()
    return result
