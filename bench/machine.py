"""The machine and version of a measurement, in general words that identify no site or person."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The date, the version and the machine of a measurement."""

    date: str
    commit: str
    machine: str
    load: str
    """The load average of the machine when the benchmark began."""


def stamp() -> Stamp:
    """Return the stamp of a benchmark that begins now."""
    return Stamp(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        commit=_commit(),
        machine=machine(),
        load=_load(),
    )


def machine() -> str:
    """Return cores, processor, system and Python version."""
    cores = os.cpu_count() or 1
    return (
        f"{cores} core{'s' * (cores > 1)} of {_processor()}, {_system()}, Python "
        f"{platform.python_version()}"
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    named = found[1].strip() if found else platform.processor()
    return re.sub(r"\((?:R|TM)\)", "", named) or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError, AttributeError):
        return f"{platform.system()} {platform.release()}".strip()


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except (OSError, AttributeError):
        return ""


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607  as found
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _commit() -> str:
    """Return the commit and whether the measured code has changed since; empty if not known."""
    commit = _git("rev-parse", "--short=10", "HEAD")
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", "sequencer", "bench", "grammar"
    )
    return f"{commit} with changes" if commit and changed else commit
