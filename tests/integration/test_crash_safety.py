"""Full disks, unwritable folders, Ctrl-C, a truncated journal: nothing that is half written is
taken for complete.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sequencer
from tests.support.requirements import require

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "scores" / "first.score"


def command(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sequencer", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    ran = command("rehearse", FIRST, "--no-video", "--out", out)
    assert ran.returncode == 2
    assert "already exists" in ran.stderr
    assert leftovers(out) == ["mine.txt"]


def test_a_folder_that_another_run_writes_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".run.partial").mkdir()
    ran = command("rehearse", FIRST, "--no-video", "--out", tmp_path / "run")
    assert ran.returncode == 2
    assert "another run is writing it" in ran.stderr
    assert leftovers(tmp_path) == [".run.partial"]


def test_a_position_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = command("rehearse", FIRST, "--no-video", "--out", file / "run")
    assert ran.returncode == 1
    assert "cannot be created" in ran.stderr
    assert "Traceback" not in ran.stderr


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))
from sequencer.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("limit", [2_000, 40_000, 400_000])
def test_a_full_disk_leaves_nothing_that_looks_whole(limit: int, tmp_path: Path) -> None:
    require(os.name == "posix", "file size limits are a Unix matter")
    program = LIMITED.replace("MOST", str(limit))
    ran = subprocess.run(
        [sys.executable, "-c", program, "rehearse", str(FIRST), "--out", str(tmp_path / "run")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "cannot be written" in ran.stderr
    assert not (tmp_path / "run").exists()


def test_the_disk_fills_up_for_real(tmp_path: Path) -> None:
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if sys.platform == "linux"
        else None
    )
    require(
        mounted is not None and mounted.returncode == 0,
        "a small disk can only be mounted by root on Linux",
    )
    try:
        ran = command("rehearse", FIRST, "--out", tmp_path / "run")
        assert ran.returncode == 1
        assert "Traceback" not in ran.stderr
        assert "disk" in ran.stderr
        assert not (tmp_path / "run").exists()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_what_was_made(number: signal.Signals, tmp_path: Path) -> None:
    require(os.name == "posix", "signals are sent like this on Unix")
    out = tmp_path / "run"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "sequencer",
            "rehearse",
            str(FIRST),
            "--realtime",
            "--no-video",
            "--out",
            str(out),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = tmp_path / ".run.partial" / "journal.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and '"started"' in journal.read_text()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)  # another process: there is no event to wait for
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "interrupted" in errors
    assert "complete" in errors
    replayed = sequencer.replay(out)
    assert replayed.is_equal
    assert replayed.is_whole
    assert (out / "report.json").exists()
    assert not (tmp_path / ".run.partial").exists()


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_journal_that_was_cut_off_replays_up_to_there(cut: int, tmp_path: Path) -> None:
    out = tmp_path / "run"
    sequencer.rehearse(sequencer.compile_score(sequencer.read(FIRST)), out=out, video=False)
    journal = out / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-cut])
    ran = command("replay", out)
    assert ran.returncode == 0, ran.stderr
    assert "cut off" in ran.stderr or cut == 1
    assert "Traceback" not in ran.stderr


def test_a_journal_killed_anywhere_replays_up_to_there(tmp_path: Path) -> None:
    out = tmp_path / "run"
    sequencer.rehearse(sequencer.compile_score(sequencer.read(FIRST)), out=out, video=False)
    data = (out / "journal.jsonl").read_bytes()
    header = data.index(b"\n") + 1
    for end in range(header, len(data), 61):
        part = tmp_path / "part.jsonl"
        part.write_bytes(data[:end])
        replayed = sequencer.replay(part)
        assert replayed.is_equal, (end, replayed.divergence)
