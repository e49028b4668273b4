"""Sweeps on clusters of Dask over TLS: a worker is killed in the middle, and nothing is lost."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.core.errors import UsageError
from sequencer.runs.dask_cluster import DaskCluster, TlsFiles, check_address
from tests.support.requirements import require
from tests.support.runs import wait_for
from tests.support.sweeps import environment, start_sweep, sweep, write_plan

pytestmark = pytest.mark.timeout(600)  # Dask's processes take a minute to start on a busy machine
VIDEOS = "seed: 1..6\nrenderer: draft\nsize: 128x80\n"


@pytest.fixture
def installed() -> None:
    require(
        importlib.util.find_spec("distributed"), "distributed is not installed: .ci/setup-scale"
    )
    require(sys.platform == "linux", "workers are killed on Linux only")


def certificates(folder: Path) -> TlsFiles:
    """Make a certificate that is its own authority, for everybody of a test."""
    import distributed

    security: Any = distributed.Security
    made = security.temporary()
    files = TlsFiles(ca=folder / "ca.pem", cert=folder / "cert.pem", key=folder / "key.pem")
    files.ca.write_text(str(made.tls_ca_file))
    files.cert.write_text(str(made.tls_client_cert))
    files.key.write_text(str(made.tls_client_key))
    return files


class Cluster:
    """A scheduler and two workers, each in a process of its own, as a user starts them."""

    def __init__(self, folder: Path, tls: TlsFiles) -> None:
        self._folder = folder
        self._tls = ["--tls-ca-file", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key]
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self._start(
            *("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", file),
        )
        wait_for(lambda: file.exists() and file.read_text().endswith("}"), 240)
        self.address = str(json.loads(file.read_text())["address"])
        self.workers = [self.add_worker(name) for name in ("one", "two")]

    def _start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + str(arguments[0])]
            + [str(one) for one in (*arguments[1:], *self._tls)],
            cwd=self._folder,
            env=environment(self._folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def add_worker(self, name: str) -> subprocess.Popen[bytes]:
        return self._start(
            *("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--host", "tls://127.0.0.1", "--name", name),
        )

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path, installed: None) -> Iterator[tuple[Cluster, TlsFiles]]:
    tls = certificates(tmp_path)
    made = Cluster(tmp_path, tls)
    yield made, tls
    made.end()


def states(folder: Path) -> list[dict[str, Any]]:
    shown = sweep(folder, "show", "plan.yaml", "--store", "store", "--json")
    assert shown.returncode == 0, shown.stderr
    found: list[dict[str, Any]] = json.loads(shown.stdout)["rows"]
    return found


def complete(folder: Path) -> dict[str, int]:
    """Return what identifies the record of each run that is complete."""
    return {
        path.parent.name: path.stat().st_mtime_ns
        for path in (folder / "store" / "runs").glob("*/[0-9a-f]*/run.json")
    }


@pytest.mark.slow
def test_a_worker_of_a_cluster_is_killed(tmp_path: Path, cluster: tuple[Cluster, TlsFiles]) -> None:
    made, tls = cluster
    plan = write_plan(tmp_path, VIDEOS)
    process = start_sweep(
        tmp_path,
        *("run", plan.name, "--store", "store", "--on", made.address, "--json"),
        *("--tls-ca", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key),
    )
    wait_for(lambda: len(complete(tmp_path)) >= 2 or process.poll() is not None, 240)
    before = complete(tmp_path)
    made.workers[0].send_signal(signal.SIGKILL)
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    # a row whose result was lost with its worker is asked for again: the store has it
    assert json.loads(output)["complete"] == 6
    assert before.items() <= complete(tmp_path).items()
    found = states(tmp_path)
    assert [one["state"] for one in found] == ["complete"] * 6
    assert [one["attempts"] for one in found] == [1] * 6
    for one in found:
        assert sequencer.replay(tmp_path / one["folder"]).is_equal
    again = sweep(
        tmp_path,
        *("run", plan.name, "--store", "store", "--on", made.address, "--json"),
        *("--tls-ca", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key),
    )
    assert json.loads(again.stdout)["played"] == 0


@pytest.mark.slow
def test_an_interrupted_cluster_prints_no_traceback(tmp_path: Path, installed: None) -> None:
    plan = write_plan(tmp_path, "seed: 1..40\nrenderer: draft\nsize: 128x80\n")
    process = start_sweep(
        tmp_path, "run", plan.name, "--store", "store", "--on", "dask", "--workers", "2"
    )
    wait_for(lambda: len(complete(tmp_path)) >= 1 or process.poll() is not None, 240)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers too
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 130, errors
    assert errors.strip().splitlines()[-1].startswith("sequencer: interrupted; what is complete")
    assert "Traceback" not in errors
    assert "Process Dask" not in errors


@pytest.mark.slow
def test_an_embedded_cluster(tmp_path: Path, installed: None) -> None:
    plan = write_plan(tmp_path, "seed: 1..60\nrenderer: none\n")
    ran = sweep(
        tmp_path,
        *("run", plan.name, "--store", "store", "--on", "dask", "--workers", "2", "--json"),
        timeout=250,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert json.loads(ran.stdout)["complete"] == 60


@pytest.mark.slow
def test_a_scheduler_with_another_authority_is_refused(
    tmp_path: Path, cluster: tuple[Cluster, TlsFiles]
) -> None:
    made, _ = cluster
    plan = write_plan(tmp_path, VIDEOS)
    other = tmp_path / "other"
    other.mkdir()
    tls = certificates(other)
    ran = sweep(
        tmp_path,
        *("run", plan.name, "--store", "store", "--on", made.address),
        *("--tls-ca", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key),
        timeout=250,
    )
    assert ran.returncode == 1
    assert "cannot be reached" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert complete(tmp_path) == {}


def test_only_tls_is_accepted() -> None:
    check_address("tls://10.0.0.5:8786")
    for wrong in ("tcp://10.0.0.5:8786", "tls://", "tls://host", "tls://u:p@h:1", "10.0.0.5:8786"):
        with pytest.raises(UsageError, match="not the address of a scheduler over TLS"):
            check_address(wrong)


def test_a_scheduler_needs_certificates(tmp_path: Path, installed: None) -> None:
    with pytest.raises(UsageError, match="client certificates only"):
        DaskCluster("tls://127.0.0.1:1")
    missing = TlsFiles(ca=tmp_path / "a", cert=tmp_path / "b", key=tmp_path / "c")
    with pytest.raises(UsageError, match="there is no file"):
        DaskCluster("tls://127.0.0.1:1", tls=missing)


def test_without_the_extra_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="need the extra scale") as caught:
        DaskCluster()
    assert caught.value.hint == 'pip install "helios-sequencer[scale]"'
