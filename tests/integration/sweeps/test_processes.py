"""Two sweeps at once, killed workers, a killed sweep, a full disk: nothing is lost, and nothing that
is complete is played again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.runs.store import open_store
from sequencer.runtime.recording.reserved_file import RESERVE
from tests.support.requirements import require
from tests.support.runs import wait_for
from tests.support.sweeps import environment, start_sweep, sweep, write_plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are killed on Unix only"),
]
QUICK = "seed: 1..40\nrenderer: none\n"
VIDEOS = "seed: 1..6\nrenderer: draft\nsize: 128x80\n"
LONG = """\
grid 6 frames @ 24 fps
let light = "In blue light."
at 0c "A boat drifts. {light}"
end 24c
"""


def states(folder: Path) -> list[dict[str, Any]]:
    shown = sweep(folder, "show", "plan.yaml", "--store", "store", "--json")
    assert shown.returncode == 0, shown.stderr
    found: list[dict[str, Any]] = json.loads(shown.stdout)["rows"]
    return found


def assert_complete(folder: Path, count: int) -> None:
    """Check that every row is complete, that each run replays, and that nothing else is left."""
    found = states(folder)
    assert [one["state"] for one in found] == ["complete"] * count
    for one in found:
        assert sequencer.replay(folder / one["folder"]).is_equal
    store = open_store(str(folder / "store"))
    assert store.names() == {one["key"] for one in found}, "there are no second attempts"


def inodes(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what identifies the record of each run that is complete."""
    return {
        path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (folder / "store" / "runs").glob("*/[0-9a-f]*/run.json")
    }


def children_of(number: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == number and b"spawn_main" in command:
            found.append(int(path.parent.name))
    return found


def test_two_sweeps_at_once_share_the_work(tmp_path: Path) -> None:
    write_plan(tmp_path, QUICK)
    arguments = ("run", "plan.yaml", "--store", "store", "--json", "--workers", "1")
    both = [start_sweep(tmp_path, *arguments) for _ in range(2)]
    results = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    reports = [json.loads(output) for output, _ in results]
    assert [one["complete"] for one in reports] == [40, 40]
    assert sum(one["played"] for one in reports) == 40
    assert_complete(tmp_path, 40)


def test_a_killed_worker_loses_no_row_and_repeats_none_that_is_complete(tmp_path: Path) -> None:
    require(sys.platform == "linux", "the worker is found in /proc")
    write_plan(tmp_path, VIDEOS, score=LONG)
    process = start_sweep(
        tmp_path, "run", "plan.yaml", "--store", "store", "--workers", "1", "--json"
    )
    wait_for(lambda: len(inodes(tmp_path)) >= 1)
    before = inodes(tmp_path)
    (worker,) = children_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors.count("a worker was killed") == 1
    assert json.loads(output)["complete"] == 6
    assert before.items() <= inodes(tmp_path).items()
    assert_complete(tmp_path, 6)


def test_a_killed_sweep_goes_on_when_the_same_command_runs_again(tmp_path: Path) -> None:
    require(os.name == "posix", "a process is killed with SIGKILL on Unix only")
    write_plan(tmp_path, VIDEOS, score=LONG)
    arguments = ("run", "plan.yaml", "--store", "store", "--workers", "1", "--json")
    process = start_sweep(tmp_path, *arguments)
    wait_for(lambda: len(inodes(tmp_path)) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    before = inodes(tmp_path)
    assert 2 <= len(before) < 6
    again = sweep(tmp_path, *arguments)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["played"] == 6 - len(before)
    assert before.items() <= inodes(tmp_path).items()
    assert_complete(tmp_path, 6)
    cleaned = sweep(tmp_path, "clean", "--store", "store", "--older", "0")
    assert cleaned.returncode == 0, cleaned.stderr
    assert list((tmp_path / "store").rglob("*.partial")) == []
    assert inodes(tmp_path).items() >= before.items()


def test_an_interrupted_sweep_keeps_what_is_complete(tmp_path: Path) -> None:
    require(os.name == "posix", "signals are sent like this on Unix")
    write_plan(tmp_path, VIDEOS, score=LONG)
    arguments = ("run", "plan.yaml", "--store", "store", "--workers", "1")
    process = start_sweep(tmp_path, *arguments)
    wait_for(lambda: len(inodes(tmp_path)) >= 1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers too
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert all(one["state"] in ("complete", "missing") for one in states(tmp_path))
    assert list((tmp_path / "store").rglob("*.partial")) == []
    assert sweep(tmp_path, *arguments).returncode == 0
    assert_complete(tmp_path, 6)


def test_a_full_disk_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    write_plan(tmp_path, VIDEOS, score=LONG)
    assert sweep(tmp_path, "run", "plan.yaml", "--store", "measured", "--row", "1").returncode == 0
    size = sum(path.stat().st_size for path in (tmp_path / "measured").rglob("*"))
    small = tmp_path / "store"
    small.mkdir()
    mounted = (
        subprocess.run(
            [
                "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={RESERVE + int(2.6 * size)}",
                "tmpfs",
                str(small),
            ],
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
    arguments = ("run", "plan.yaml", "--store", "store", "--workers", "1")
    try:
        ran = sweep(tmp_path, *arguments)
        assert ran.returncode == 1
        assert "could not be saved" in ran.stderr
        assert "Traceback" not in ran.stderr
        found = states(tmp_path)
        complete = [one for one in found if one["state"] == "complete"]
        assert 0 < len(complete) < 6, "the disk is neither too small nor large enough"
        assert {one["state"] for one in found} == {"complete", "missing"}
        for one in complete:
            assert sequencer.replay(tmp_path / one["folder"]).is_equal
        assert list(small.rglob("*.partial")) == []
        subprocess.run(["mount", "-o", "remount,size=100m", str(small)], check=True)
        before = inodes(tmp_path)
        assert sweep(tmp_path, *arguments).returncode == 0
        assert before.items() <= inodes(tmp_path).items()
        assert_complete(tmp_path, 6)
    finally:
        subprocess.run(["umount", str(small)], check=True)


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from sequencer.cli import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def test_files_that_cannot_be_written_leave_the_rows_missing(tmp_path: Path) -> None:
    require(os.name == "posix", "file size limits are a Unix matter")
    write_plan(tmp_path, "seed: 1..2\nrenderer: draft\n", score=LONG)
    (tmp_path / "limited.py").write_text(LIMITED)
    arguments = ["sweep", "run", "plan.yaml", "--store", "store"]
    ran = subprocess.run(
        [sys.executable, "limited.py", *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "could not be saved" in ran.stderr, ran.stderr
    assert "Traceback" not in ran.stderr
    assert [one["state"] for one in states(tmp_path)] == ["missing"] * 2
