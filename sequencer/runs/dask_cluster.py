"""The engine for a cluster of Dask: the extra `scale`.

Tasks and results are sent as pickles, so whoever reaches a scheduler can run code on its workers.
A cluster on other machines is therefore reached over TLS with client certificates only; the
embedded one makes its own certificates.
"""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from sequencer.core.errors import StageError, UsageError
from sequencer.core.paths import is_file

CONNECT_SECONDS = 30
"""How long a scheduler may take to answer."""
_ADDRESS = re.compile(r"tls://[^/@\s]+:[0-9]{1,5}\Z")
_EXTRA = 'pip install "helios-sequencer[scale]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The files of a TLS connection: the authority, and the certificate and key of this client."""

    ca: Path
    cert: Path
    key: Path


def check_address(address: str) -> None:
    """Check the address of a scheduler. Raises UsageError."""
    if _ADDRESS.fullmatch(address) is None:
        raise UsageError(
            f"{address[:100]} is not the address of a scheduler over TLS",
            "for example: --on tls://10.0.0.5:8786",
        )


class DaskCluster:
    """Opens executors of a cluster: the one at an address, or an embedded one on this machine.

    Raises:
        UsageError: The extra is not installed, or a file of the connection is missing.
    """

    def __init__(
        self, address: str | None = None, workers: int | None = None, tls: TlsFiles | None = None
    ) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError(
                "clusters need the extra scale, which is not installed", _EXTRA
            ) from None
        if address is not None:
            check_address(address)
            if tls is None:
                raise UsageError(
                    "a scheduler on the network is reached with client certificates only",
                    "add --tls-ca FILE --tls-cert FILE --tls-key FILE",
                )
            for file in (tls.ca, tls.cert, tls.key):
                if not is_file(file):
                    raise UsageError(f"there is no file {file}", "name a PEM file")
        self._distributed: Any = distributed
        self._address = address
        self._wanted = workers
        self._tls = tls
        self._client: Any = None
        self._cluster: Any = None
        self._executor: Executor | None = None
        self.workers = workers or 1

    def open(self) -> Executor:
        """Return the executor of the cluster, which replaces its own workers.

        Raises StageError if the scheduler cannot be reached.
        """
        if self._executor is None:
            self._executor = self._connect()
        return self._executor

    def _connect(self) -> Executor:
        from sequencer.runs.local_pool import usable_cores

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # lost workers are reported
        security = self._distributed.Security
        wanted = 1
        try:
            if self._address is None:
                own = security.temporary()
                with _threads_without_interrupts():
                    # the thread that is made here starts the workers, also those that replace
                    # others
                    self._cluster = self._distributed.LocalCluster(
                        n_workers=0,
                        threads_per_worker=1,
                        host="tls://127.0.0.1",
                        dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                        security=own,
                    )
                wanted = self._wanted or usable_cores()
                self._cluster.scale(wanted)
                self._client = self._distributed.Client(
                    self._cluster, security=own, timeout=CONNECT_SECONDS
                )
            else:
                assert self._tls is not None  # noqa: S101  # checked when it was made
                self._client = self._distributed.Client(
                    self._address,
                    security=security(
                        tls_ca_file=str(self._tls.ca),
                        tls_client_cert=str(self._tls.cert),
                        tls_client_key=str(self._tls.key),
                        require_encryption=True,
                    ),
                    timeout=CONNECT_SECONDS,
                )
            with suppress(TimeoutError):  # workers that were just started are still connecting
                self._client.wait_for_workers(wanted, timeout=CONNECT_SECONDS)
            threads = sum(self._client.nthreads().values())
        except (OSError, ValueError, TimeoutError) as error:
            self.close()
            where = self._address or "the embedded cluster"
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise StageError(
                f"{where} cannot be reached: {reason}",
                "check the address, the certificates, and that dask scheduler is running",
            ) from None
        if not threads:
            self.close()
            raise StageError(
                f"{self._address or 'the embedded cluster'} has no workers",
                "start one: dask worker tls://… --tls-ca-file … --tls-cert … --tls-key …",
            )
        # workers of an embedded cluster that are still starting are used too
        self.workers = wanted if self._address is None else min(threads, self._wanted or threads)
        # a run is never computed a second time by the scheduler: the store decides what is missing
        executor: Executor = self._client.get_executor(pure=False, retries=0)
        return executor

    def is_lost(self, error: BaseException) -> bool:
        """Return whether the scheduler has given a task up, after several workers died with it."""
        return isinstance(error, self._distributed.KilledWorker)

    @property
    def is_shared(self) -> bool:
        """Return False: the scheduler sends the tasks of a lost worker to others."""
        return False

    def abort(self) -> None:
        """End like `close`: tasks that are running are cancelled."""
        self.close()

    def close(self) -> None:
        """Disconnect, and end the embedded cluster."""
        if self._executor is not None:
            with suppress(Exception):  # the scheduler may be gone
                self._executor.shutdown(wait=False, cancel_futures=True)
        for one in (self._client, self._cluster):
            if one is not None:
                with suppress(Exception):  # likewise
                    one.close()
        self._executor = self._client = self._cluster = None


@contextmanager
def _threads_without_interrupts() -> Iterator[None]:
    """Have threads that are made in the block, and the processes that these start, get no SIGINT.

    A terminal sends Ctrl-C to every process of a command. Its workers are ended by the command; one
    that is interrupted itself prints a traceback. A signal mask is inherited by threads and
    processes, and holds from the first instruction of a worker.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Otherwise the first start of a worker starts this process, which unblocks SIGINT in the thread
    # (CPython 3.11 and 3.12, `ResourceTracker.ensure_running`).
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
