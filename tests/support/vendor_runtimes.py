"""Reactor's own runtimes with the small model of `tests/integration/reactor/judges`:

2.10.1 (protocol v0) and 3.10.0 (v1).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx

from tests.support.reactor_fixtures import JUDGES, part

MODEL = JUDGES / "runtime_model"
RECORDING = "  recording: {enabled: true, chunk_seconds: 1}\n"
"""Added to the manifest of runtime 3.10.0 for clips, below `runtime:`."""


class _Stun(asyncio.DatagramProtocol):
    """Answers the runtimes' STUN requests: otherwise 2.10.1 waits for seconds, and 3.10.0 asks a
    public server.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 20:
            return
        address = struct.unpack("!I", socket.inet_aton(addr[0]))[0] ^ 0x2112A442
        mapped = struct.pack("!HHBBHI", 0x20, 8, 0, 1, addr[1] ^ 0x2112, address)
        answer = b"\x01\x01" + struct.pack("!H", len(mapped)) + data[4:20] + mapped
        self._transport.sendto(answer, addr)  # type: ignore[attr-defined]  # a datagram transport


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


async def _wait_until_ready(
    url: str, state: str, process: asyncio.subprocess.Process, log: Path
) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/health")).json().get("state") == state:
                    return
            assert process.returncode is None, f"the runtime ended at once\n{_end_of(log)}"
            await asyncio.sleep(0.2)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def runtime_2() -> AsyncIterator[str]:
    """Run runtime 2.10.1 on a free port of loopback; yield its address."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Stun, local_addr=("127.0.0.1", 0))
    stun = transport.get_extra_info("sockname")[1]
    port = _free_port()
    command = ("-m", "reactor_runtime.serve", "run", "--host", "127.0.0.1", "--port", str(port))
    try:
        async with _serving(
            "reactor-runtime",
            (*command, "--stun-server", f"stun:127.0.0.1:{stun}"),
            port,
            state="READY",
            variables={},
        ) as url:
            yield url
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def runtime_3(
    *, repeats: str | None = None, record: bool = False, model: Path = MODEL, **variables: str
) -> AsyncIterator[str]:
    """Run runtime 3.10.0 on a free port of loopback; yield its address.

    `repeats` is the model's variable of that name. `record` enables the recorder, from which clips
    are cut. `model` is the folder of the application. `variables` are further environment variables of the runtime. Without HOST it would
    listen on every interface.
    """
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Stun, local_addr=("127.0.0.1", 0))
    port = _free_port()
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "STUN_SERVERS": f"stun:127.0.0.1:{transport.get_extra_info('sockname')[1]}",
        **({} if repeats is None else {"REPEATS": repeats}),
        **variables,
    }
    try:
        async with _serving(
            "reactor-runtime-3",
            ("-m", "reactor_runtime.serve"),
            port,
            state="available",
            variables=settings,
            manifest=RECORDING if record else "",
            model=model,
        ) as url:
            yield url
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def _serving(
    environment: str,
    command: tuple[str, ...],
    port: int,
    *,
    state: str,
    variables: Mapping[str, str],
    manifest: str = "",
    model: Path = MODEL,
) -> AsyncIterator[str]:
    python = part(environment) / "bin" / "python"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "model"
        shutil.copytree(model, work, ignore=shutil.ignore_patterns("__pycache__"))
        with (work / "reactor.yaml").open("a") as file:
            file.write(manifest)
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                str(python),
                *command,
                cwd=work,
                env={
                    **os.environ,
                    "REACTOR_RECORDINGS_DIR": str(Path(folder) / "recordings"),
                    **variables,
                },
                stdout=output,
                stderr=output,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            await _wait_until_ready(url, state, process, log)
            yield url
        finally:
            await _end(process)
