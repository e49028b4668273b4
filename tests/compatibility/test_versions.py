"""The oldest allowed dependencies, other Python versions, known vulnerabilities, and the reports of
scripts that cannot run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.requirements import REQUIRE_ALL, require

ROOT = Path(__file__).parents[2]
NOT_TRIED = 77


def _script(*command: str, seconds: int, **changes: str) -> subprocess.CompletedProcess[str]:
    require(shutil.which("bash") is not None and sys.platform != "win32", "the scripts want bash")
    environment = {key: value for key, value in os.environ.items() if key != REQUIRE_ALL}
    return subprocess.run(
        ["bash", *command],
        cwd=ROOT,
        env={**environment, **changes},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("job", ["lowest", "3.12", "newest"])
def test_other_versions(job: str) -> None:
    done = _script(".ci/versions", job, seconds=1400)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == NOT_TRIED:
        assert last.startswith("not tried: ")
        assert job != "lowest", f"the lowest versions could not be tried: {last}"
        pytest.skip(last)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"\d{3,} passed", done.stdout)


def test_what_cannot_be_tried_is_reported(tmp_path: Path) -> None:
    done = _script(
        ".ci/versions",
        "lowest",
        seconds=60,
        PYTHON=str(tmp_path / "no-python"),
        VERSIONS_HOME=str(tmp_path),
    )
    assert done.returncode == NOT_TRIED
    assert "not tried: " in done.stdout
    assert "passed" not in done.stdout


@pytest.mark.slow
def test_a_python_that_is_not_available_is_reported(tmp_path: Path) -> None:
    done = _script(".ci/versions", "3.999", seconds=200, VERSIONS_HOME=str(tmp_path))
    assert done.returncode == NOT_TRIED
    assert (
        done.stdout.strip().splitlines()[-1]
        == "not tried: there is no Python 3.999 here, and none could be installed"
    )


def test_an_unknown_scope_is_rejected(tmp_path: Path) -> None:
    done = _script(".ci/versions", "3.11", "half", seconds=60, VERSIONS_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "pure or nothing, not half" in done.stdout


def test_an_unknown_job_is_rejected(tmp_path: Path) -> None:
    done = _script(".ci/versions", "oldest", seconds=60, VERSIONS_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "lowest, newest or a version of Python" in done.stdout


def test_a_database_that_cannot_be_reached_is_not_a_pass(tmp_path: Path) -> None:
    """Use a copy of the script, so that .deps is not modified.

    Its pip-audit fails as it does without a network.
    """
    for name, program in (
        ("silent", "exit 1"),
        ("broken", "echo 'requests.exceptions.ConnectionError: Max retries exceeded' >&2; exit 1"),
        ("slow", "sleep 60"),
    ):
        done = _audit(tmp_path / name, program)
        assert done.returncode == NOT_TRIED, done.stdout
        assert done.stdout.strip().splitlines()[-1].startswith("not reachable: ")
        assert "0 known" not in done.stdout
        assert "pass" not in done.stdout.lower()


def test_known_vulnerabilities_are_listed_and_counted(tmp_path: Path) -> None:
    vulnerability = '{"id": "PYSEC-1", "fix_versions": ["2.0"]}'
    answer = '{"dependencies": [{"name": "lark", "version": "1.0", "vulns": [%s]}, {"name": "av", "version": "1", "vulns": []}]}'
    done = _audit(
        tmp_path / "known", f"echo '{answer % vulnerability}' > .deps/audit/found.json; exit 1"
    )
    assert done.returncode == 1
    assert "lark 1.0: PYSEC-1 (fixed in 2.0)" in done.stdout
    assert "1 known vulnerabilities in 2 packages" in done.stdout
    done = _audit(tmp_path / "none", f"echo '{answer % ''}' > .deps/audit/found.json; exit 0")
    assert done.returncode == 0
    assert "0 known vulnerabilities in 2 packages" in done.stdout
    skipped = '{"dependencies": [{"name": "lark", "skip_reason": "not found"}]}'
    done = _audit(tmp_path / "skipped", f"echo '{skipped}' > .deps/audit/found.json; exit 0")
    assert done.returncode == NOT_TRIED, "nothing was looked up, so nothing is known"


def _audit(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script in its own folder, with this program in place of pip-audit."""
    require(shutil.which("bash") is not None and sys.platform != "win32", "the scripts want bash")
    binaries = folder / ".deps" / "audit" / "venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "pip-audit").write_text(f"#!/bin/sh\n{program}\n")
    (binaries / "pip-audit").chmod(0o755)
    (binaries / "python").symlink_to(sys.executable)
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "audit", folder / ".ci" / "audit")
    shutil.copy(ROOT / "requirements.lock", folder / "requirements.lock")
    environment = {**os.environ, "AUDIT_SECONDS": "2"}
    return subprocess.run(
        ["bash", ".ci/audit"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_package_of_the_lock_is_looked_up(tmp_path: Path) -> None:
    _audit(tmp_path / "all", "exit 1")
    listed = (tmp_path / "all" / ".deps" / "audit" / "packages.txt").read_text().split()
    locked = re.findall(
        r"^([A-Za-z0-9._-]+==\S+?)(?=[ ;\\]|$)",
        (ROOT / "requirements.lock").read_text(),
        re.MULTILINE,
    )
    assert set(listed) == set(locked)
    assert len(listed) > 40
