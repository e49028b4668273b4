"""How two peers find each other: an offer goes to the platform, an answer is fetched, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from sequencer.errors import StageError
from sequencer.stages.reactor.platform import SIGNALLING
from sequencer.stages.reactor.session import CLIENT, Session
from sequencer.stages.reactor.stun import IceServer, read_servers

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 1.0


class Signalling:
    """The calls about one connection after the other. Each raises PlatformError or StageError."""

    def __init__(self, session: Session, local: bool) -> None:
        self._session = session
        self._local = local

    @property
    def _path(self) -> str:
        return f"{self._session.path}/transport/webrtc"

    async def ice_servers(self) -> tuple[IceServer, ...]:
        """Servers that help; none for a local runtime, which is near, while one that is far costs seconds."""
        if self._local:
            return ()
        answer = await self._session.ask("asking for ICE servers", "GET", f"{self._path}/ice_servers", headers=SIGNALLING)
        return read_servers(answer.body.get("ice_servers"))

    async def register(self) -> int:
        """A new connection's number: a dropped one is never taken up again, for older runtimes serve its old answer."""
        path = f"{self._path}/connections"
        answer = await self._session.ask("registering a connection", "POST", path, {}, SIGNALLING, again=True)
        number = answer.body.get("connection_id")
        if not isinstance(number, int):
            raise StageError("registering a connection: the answer has no number", "is --url the platform's address?")
        return number

    async def exchange(self, number: int, offer: str, mapping: Sequence[dict[str, object]], seconds: float) -> str:
        """Send the offer and wait for the answer, at most so long."""
        path = f"{self._path}/connections/{number}/sdp_params"
        body: dict[str, object] = {"sdp_offer": offer, "track_mapping": list(mapping), "client_info": CLIENT}
        if self._local:
            body["ice_servers"] = []
        await self._session.ask("sending the offer", "POST", path, body, SIGNALLING, again=False)
        deadline, pause = time.monotonic() + seconds, SHORTEST_PAUSE if self._local else 0.2
        while time.monotonic() < deadline:
            # Once: the answer is handed out a single time, and one whose way back broke is gone.
            answer = await self._session.ask("fetching the answer", "GET", path, headers=SIGNALLING, again=False)
            sdp = answer.body.get("sdp_answer")
            if isinstance(sdp, str) and sdp:
                return sdp
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.6)
        raise StageError(f"the platform did not answer the offer within {seconds:.0f} s", "try again")


def mended(answer: str) -> str:
    """An answer with what bundling lets the other side leave out: candidates and rtcp-mux stand in every section.

    Runtimes of the older kind name them in the first section only; aiortc wants them in each.
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
