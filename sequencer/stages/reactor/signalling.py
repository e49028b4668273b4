"""Signalling: STUN and TURN servers, and the calls that exchange an offer and an answer.

Which ICE servers are reachable is checked first: an unreachable one would cost five seconds.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sequencer.core.errors import StageError
from sequencer.stages.reactor.http import SIGNALLING
from sequencer.stages.reactor.session import CLIENT, Session

COOKIE = 0x2112A442
HEADER = 20


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server, as WebRTC expects it."""

    uris: tuple[str, ...]
    username: str | None = None
    password: str | None = None


def read_servers(listed: object) -> tuple[IceServer, ...]:
    """Return the servers of an `ice_servers` answer; invalid parts of it are left out."""
    found = []
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, Mapping):
            continue
        uris = one.get("uris")
        proof = one.get("credentials")
        proof = proof if isinstance(proof, Mapping) else {}
        names = tuple(
            uri for uri in (uris if isinstance(uris, list) else ()) if isinstance(uri, str)
        )
        if names:
            name, word = proof.get("username"), proof.get("password")
            found.append(
                IceServer(
                    names,
                    name if isinstance(name, str) else None,
                    word if isinstance(word, str) else None,
                )
            )
    return tuple(found)


def _address(uri: str) -> tuple[str, int, bool] | None:
    """Return host, port, and whether the server uses UDP; None for an unreadable address."""
    scheme, _, rest = uri.partition(":")
    where, _, query = rest.partition("?")
    if scheme not in ("stun", "turn", "stuns", "turns"):
        return None
    host, _, port = (
        where.rpartition(":") if ":" in where and not where.endswith("]") else (where, "", "")
    )
    number = int(port) if port.isdigit() else (5349 if scheme.endswith("s") else 3478)
    return host.strip("[]"), number, scheme in ("stun", "turn") and "transport=tcp" not in query


class _Probe(asyncio.DatagramProtocol):
    """Sends requests to a server and notes whether it answers."""

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
    """Return when a server has answered. Raises OSError if it cannot be reached."""
    address = _address(uri)
    if address is None:
        raise OSError("not an address")
    host, port, datagrams = address
    if not datagrams:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        return
    transport, probe = await asyncio.get_running_loop().create_datagram_endpoint(
        _Probe, remote_addr=(host, port)
    )
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
    """Return the servers, and of each the addresses, that answer within `seconds`.

    All are checked at once.
    """

    async def check(uri: str) -> str | None:
        try:
            async with asyncio.timeout(seconds):
                await _answers(uri)
        except (OSError, TimeoutError, UnicodeError):
            return None
        return uri

    found = []
    for server, answers in zip(
        servers,
        await asyncio.gather(*(asyncio.gather(*map(check, one.uris)) for one in servers)),
        strict=True,
    ):
        uris = tuple(uri for uri in answers if uri is not None)
        if uris:
            found.append(IceServer(uris, server.username, server.password))
    return tuple(found)


MIN_POLL_INTERVAL_S = 0.05
MAX_POLL_INTERVAL_S = 1.0


class Signalling:
    """The calls about successive connections. Each raises ApiError or StageError."""

    def __init__(self, session: Session, local: bool) -> None:
        self._session = session
        self._local = local

    @property
    def _path(self) -> str:
        return f"{self._session.path}/transport/webrtc"

    async def ice_servers(self) -> tuple[IceServer, ...]:
        """Return the ICE servers.

        A local runtime is near and needs none, and a distant server costs seconds.
        """
        if self._local:
            return ()
        answer = await self._session.ask(
            "requesting ICE servers", "GET", f"{self._path}/ice_servers", headers=SIGNALLING
        )
        return read_servers(answer.body.get("ice_servers"))

    async def register(self) -> int:
        """Return a new connection's number.

        A dropped one is never reused: older runtimes would serve its old answer.
        """
        path = f"{self._path}/connections"
        answer = await self._session.ask(
            "registering a connection", "POST", path, {}, SIGNALLING, retry_safe=True
        )
        number = answer.body.get("connection_id")
        if not isinstance(number, int):
            raise StageError(
                "registering a connection: the answer has no number",
                "is --url the platform's address?",
            )
        return number

    async def exchange(
        self, number: int, offer: str, mapping: Sequence[dict[str, object]], seconds: float
    ) -> str:
        """Send the offer and wait for the answer, at most `seconds`."""
        path = f"{self._path}/connections/{number}/sdp_params"
        body: dict[str, object] = {
            "sdp_offer": offer,
            "track_mapping": list(mapping),
            "client_info": CLIENT,
        }
        if self._local:
            body["ice_servers"] = []
        await self._session.ask(
            "sending the offer", "POST", path, body, SIGNALLING, retry_safe=False
        )
        deadline, pause = time.monotonic() + seconds, MIN_POLL_INTERVAL_S if self._local else 0.2
        while time.monotonic() < deadline:
            # Without repeating: the answer is delivered only once, and if it is lost on its way it
            # is gone.
            answer = await self._session.ask(
                "fetching the answer", "GET", path, headers=SIGNALLING, retry_safe=False
            )
            sdp = answer.body.get("sdp_answer")
            if isinstance(sdp, str) and sdp:
                return sdp
            await asyncio.sleep(pause)
            pause = min(MAX_POLL_INTERVAL_S, pause * 1.6)
        raise StageError(
            f"the platform did not answer the offer within {seconds:.0f} s", "try again"
        )


def normalise_sdp(answer: str) -> str:
    """Return an answer with what bundling allows to be left out.

    These are candidates and rtcp-mux in every section.

    Older runtimes put them in the first section only; aiortc expects them in each.
    """
    head, *sections = answer.replace("\r\n", "\n").rstrip("\n").split("\nm=")
    parts = [("m=" + one).split("\n") for one in sections]
    if not parts:
        return answer
    first = parts[0]
    shared = [line for line in first if line.startswith(("a=candidate:", "a=end-of-candidates"))]
    multiplexed = any(line == "a=rtcp-mux" for line in first)
    for part in parts[1:]:
        if not any(line.startswith("a=candidate:") for line in part):
            part.extend(shared)
        if multiplexed and not part[0].startswith("m=application") and "a=rtcp-mux" not in part:
            part.append("a=rtcp-mux")
    return "\r\n".join([*head.split("\n"), *(line for part in parts for line in part), ""])
