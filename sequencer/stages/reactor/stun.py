"""Which of the servers that help peers to meet are there at all. One that is not costs five seconds if nobody looks first."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COOKIE = 0x2112A442
HEADER = 20


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server, as WebRTC wants it."""

    uris: tuple[str, ...]
    username: str | None = None
    password: str | None = None


def read_servers(listed: object) -> tuple[IceServer, ...]:
    """The servers of an `ice_servers` answer; what makes no sense in it is left out."""
    found = []
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, Mapping):
            continue
        uris = one.get("uris")
        proof = one.get("credentials")
        proof = proof if isinstance(proof, Mapping) else {}
        names = tuple(uri for uri in (uris if isinstance(uris, list) else ()) if isinstance(uri, str))
        if names:
            name, word = proof.get("username"), proof.get("password")
            found.append(IceServer(names, name if isinstance(name, str) else None, word if isinstance(word, str) else None))
    return tuple(found)


def _address(uri: str) -> tuple[str, int, bool] | None:
    """Host, port, and whether it is reached over UDP; None for what cannot be read."""
    scheme, _, rest = uri.partition(":")
    where, _, query = rest.partition("?")
    if scheme not in ("stun", "turn", "stuns", "turns"):
        return None
    host, _, port = where.rpartition(":") if ":" in where and not where.endswith("]") else (where, "", "")
    number = int(port) if port.isdigit() else (5349 if scheme.endswith("s") else 3478)
    return host.strip("[]"), number, scheme in ("stun", "turn") and "transport=tcp" not in query


class _Probe(asyncio.DatagramProtocol):
    """Asks once, and again, for a sign of life."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self._id = secrets.token_bytes(12)

    @property
    def question(self) -> bytes:
        """A STUN binding request."""
        return b"\x00\x01\x00\x00" + COOKIE.to_bytes(4, "big") + self._id

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        if len(data) >= HEADER and data[8:HEADER] == self._id:
            self.answered.set()


async def _answers(uri: str) -> None:
    """Come back when a server has answered. Raises OSError where it cannot."""
    address = _address(uri)
    if address is None:
        raise OSError("not an address")
    host, port, datagrams = address
    if not datagrams:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        return
    transport, probe = await asyncio.get_running_loop().create_datagram_endpoint(_Probe, remote_addr=(host, port))
    try:
        while True:
            transport.sendto(probe.question)
            try:
                async with asyncio.timeout(0.25):
                    await probe.answered.wait()
            except TimeoutError:
                continue
            return
    finally:
        transport.close()


async def reachable(servers: Sequence[IceServer], seconds: float) -> tuple[IceServer, ...]:
    """The servers, and of each the addresses, that answer within `seconds`. All are asked at once."""

    async def check(uri: str) -> str | None:
        try:
            async with asyncio.timeout(seconds):
                await _answers(uri)
        except (OSError, TimeoutError, UnicodeError):
            return None
        return uri

    found = []
    for server, answers in zip(
        servers, await asyncio.gather(*(asyncio.gather(*map(check, one.uris)) for one in servers)), strict=True
    ):
        uris = tuple(uri for uri in answers if uri is not None)
        if uris:
            found.append(IceServer(uris, server.username, server.password))
    return tuple(found)
