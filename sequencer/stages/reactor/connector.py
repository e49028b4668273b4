"""Connecting to the model: from a session to a connection that understands the protocol.

It is used for the first connection and after a loss.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from av import VideoFrame

from sequencer.core.errors import StageError
from sequencer.stages.reactor.client_protocol import ClientProtocol
from sequencer.stages.reactor.connection import Connection, Hooks
from sequencer.stages.reactor.frame_trailer import Metadata
from sequencer.stages.reactor.http import ApiError
from sequencer.stages.reactor.session import Session
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.signalling import Signalling, normalise_sdp, reachable
from sequencer.stages.wire.codec import Wire
from sequencer.stages.wire.messages import Ping, TrackRequest

if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock

UNDERSTOOD_SECONDS = 3.0
"""How long a runtime may take to show that it understands the protocol version."""
MAX_CONNECTION_ATTEMPTS = 3
"""Maximum number of attempts to make the first connection."""
OLD_SERVERS = ("0.", "1.", "2.")
"""Servers that report one of these versions understand wire v0 only."""


class Connector:
    """The successive connections of one session.

    `frame` receives every frame, `broken` each connection that broke, with the reason.
    """

    def __init__(
        self,
        clock: Clock,
        settings: ReactorSettings,
        session: Session,
        *,
        talk: ClientProtocol,
        frame: Callable[[VideoFrame, Metadata | None], None],
        broken: Callable[[Connection, str], None],
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._session = session
        self._signalling = Signalling(session, settings.local)
        self._talk = talk
        self._frame = frame
        self._broken = broken
        self.connection: Connection | None = None
        """The established connection, if any."""
        self.last_ping = 0
        """When the last ping was sent, in nanoseconds of the run's clock."""

    async def first(self, trying: Callable[[str], None]) -> None:
        """Connect for the first time, in several attempts; `trying` receives a description of each.

        Raises StageError.
        """
        if self._settings.wire == "auto" and self._session.version.startswith(OLD_SERVERS):
            self._talk.wire = Wire.V0
        for attempt in range(1, MAX_CONNECTION_ATTEMPTS + 1):
            trying(
                "connecting to the model"
                if attempt == 1
                else f"connecting to the model, attempt {attempt}"
            )
            try:
                await self.meet()
            except ApiError:
                raise
            except StageError:
                if attempt == MAX_CONNECTION_ATTEMPTS:
                    raise
            else:
                return

    async def meet(self) -> None:
        """Make a connection that understands the protocol. Raises StageError."""
        await self._connect()
        self._talk.greet()
        try:
            async with asyncio.timeout(UNDERSTOOD_SECONDS):
                await self._talk.understood.wait()
        except TimeoutError:
            if self.connection is None:
                raise StageError("the connection broke at once") from None
            if self._talk.wire is Wire.V1 and self._settings.wire == "auto":
                await self.hang_up()
                self._talk.wire = Wire.V0
                await self.meet()
                return
            if self._talk.wire is Wire.V1:
                await self.hang_up()
                raise StageError(
                    "the runtime does not support protocol version v1",
                    "use --wire auto or --wire v0",
                ) from None
        settle = self._settings.settle_seconds
        await asyncio.sleep((0.0 if self._settings.local else 1.0) if settle is None else settle)
        if self.connection is None:
            raise StageError("the connection broke at once")

    async def _connect(self) -> None:
        servers = await self._signalling.ice_servers()
        servers = await reachable(servers, self._settings.gathering_seconds) if servers else ()
        hooks = Hooks(self._talk.on_frame, self._frame, lambda why: self._broken(connection, why))
        connection = Connection(self._session.tracks, hooks, servers)
        try:
            offer, mapping = await connection.offer()
            number = await self._signalling.register()
            answer = await self._signalling.exchange(
                number, offer, mapping, self._settings.connect_seconds
            )
            self._talk.begin(connection.send)
            await connection.accept(normalise_sdp(answer), self._settings.connect_seconds)
            for track in self._session.tracks:
                if track.direction == "recvonly":
                    self._talk.send(TrackRequest("resume", track.name))
            self._talk.send(Ping())
        except BaseException:
            self._talk.end()
            await connection.close()
            raise
        self.connection = connection
        self.last_ping = self._clock.now()

    def ping(self) -> None:
        """Send a ping. It does not matter if it does not arrive."""
        with contextlib.suppress(StageError):
            self._talk.send(Ping())
            self.last_ping = self._clock.now()

    def gone(self, connection: Connection) -> bool:
        """Release a connection that broke.

        Return whether it was the current one; the caller still has to close it.
        """
        if connection is not self.connection:
            return False
        self.connection = None
        self._talk.end()
        return True

    async def hang_up(self) -> None:
        """Close the current connection, if any."""
        connection, self.connection = self.connection, None
        self._talk.end()
        if connection is not None:
            await connection.close()
