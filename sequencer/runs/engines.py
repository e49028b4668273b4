"""Find the engine that a command names: this machine, an embedded cluster, or a scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequencer.core.errors import UsageError
from sequencer.runs.executors import Engine

if TYPE_CHECKING:
    from sequencer.runs.dask_cluster import TlsFiles

LOCAL, DASK = "local", "dask"


def find_engine(on: str, workers: int | None = None, tls: TlsFiles | None = None) -> Engine:
    """Return an engine.

    Args:
        on: `local`, `dask`, or the address of a scheduler such as `tls://10.0.0.5:8786`.
        workers: How many tasks run at once; by default one for each core.
        tls: The files of the connection to a scheduler.

    Raises:
        UsageError: It is none of these, or what it needs is not installed.
    """
    if on == LOCAL:
        from sequencer.runs.local_pool import LocalPool

        return LocalPool(workers)
    from sequencer.runs.dask_cluster import DaskCluster, check_address

    if on == DASK:
        return DaskCluster(workers=workers)
    if "://" not in on:
        raise UsageError(f"--on {on[:40]} is not known", "write local, dask or tls://HOST:PORT")
    check_address(on)
    return DaskCluster(on, workers, tls)
