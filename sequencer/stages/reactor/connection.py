"""The WebRTC connection: an offer, two channels, the model's frames, and time without data.

The frames are those of the model's tracks; the time is how long the connection has been silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from av import VideoFrame

from sequencer.core.errors import StageError
from sequencer.stages.reactor.frame_trailer import Metadata, declared, is_declared
from sequencer.stages.reactor.session import Track
from sequencer.stages.reactor.signalling import IceServer
from sequencer.stages.reactor.tagged_frames import TaggedFrames, tagged_frames
from sequencer.stages.wire.messages import Channel, Frame

CLOSING_SECONDS = 3.0
"""How long closing may take, in seconds; a peer that is gone does not answer."""

_RTC = (OSError, ValueError, InvalidStateError, RuntimeError, KeyError, AssertionError)
"""What aiortc raises for descriptions that it cannot use."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Callbacks of a connection. All are called in the event loop's thread."""

    received: Callable[[Channel, str | bytes], None]
    frame: Callable[[VideoFrame, Metadata | None], None]
    """Receives a frame, and its metadata if it carries any."""
    broken: Callable[[str], None]
    """Called once, with the reason; not for a connection that was closed on this side."""


class Connection:
    """One connection from its offer to its end."""

    def __init__(
        self, tracks: Sequence[Track], hooks: Hooks, servers: Sequence[IceServer] = ()
    ) -> None:
        listed = [RTCIceServer(list(one.uris), one.username, one.password) for one in servers]
        self._pc = RTCPeerConnection(
            RTCConfiguration(iceServers=listed, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._hooks = hooks
        self._tracks = tuple(tracks)
        self._readers: set[asyncio.Task[None]] = set()
        self._open: dict[Channel, asyncio.Event] = {
            "control": asyncio.Event(),
            "data": asyncio.Event(),
        }
        self._connected = asyncio.Event()
        self._failed = asyncio.Event()
        self._is_over = False
        self._bytes = -1
        self._last_activity = time.monotonic()
        self._transceivers = [
            self._pc.addTransceiver(
                one.kind, direction="recvonly" if one.direction == "recvonly" else "sendonly"
            )
            for one in self._tracks
        ]
        receivers = [one.receiver for one in self._transceivers if one.kind == "video"]
        self._tagged = {
            receiver: tags
            for receiver in receivers
            if (tags := tagged_frames(receiver)) is not None
        }
        self._takes_metadata = len(self._tagged) == len(receivers) > 0
        # Control first: a runtime that knows a single channel keeps the last one, which is then
        # data.
        self._channels: dict[Channel, RTCDataChannel] = {
            name: self._channel(name) for name in ("control", "data")
        }
        self._pc.on("track", self._track)
        self._pc.on("connectionstatechange", self._state_changed)

    def _channel(self, name: Channel) -> RTCDataChannel:
        channel = self._pc.createDataChannel(name)
        channel.on("open", self._open[name].set)
        channel.on("message", lambda payload: self._received(name, payload))
        channel.on(
            "close", lambda: self._broken(f"the {name} channel was closed from the other side")
        )
        return channel

    # ---- negotiation

    async def offer(self) -> tuple[str, list[dict[str, object]]]:
        """Return the offer, with every candidate in it, and the map of its tracks.

        Raises StageError.
        """
        try:
            await self._pc.setLocalDescription(await self._pc.createOffer())
        except _RTC as error:
            raise StageError(f"no connection could be offered: {error}") from error
        sdp: str = self._pc.localDescription.sdp
        if "a=candidate:" not in sdp:
            raise StageError(
                "this machine has no network address that a connection could use",
                (
                    "media needs a network interface: connect to a network (a virtual interface "
                    "with an address is enough)"
                ),
            )
        mapping: list[dict[str, object]] = [
            {
                "mid": transceiver.mid,
                "name": track.name,
                "kind": track.kind,
                "direction": track.direction,
            }
            for transceiver, track in zip(self._transceivers, self._tracks, strict=True)
        ]
        return declared(sdp) if self._takes_metadata else sdp, mapping

    async def accept(self, answer: str, seconds: float) -> None:
        """Apply the answer and return when the connection is established. Raises StageError.

        Args:
            answer: The answer's session description.
            seconds: How long establishing the connection may take.
        """
        for tags in self._tagged.values():
            tags.is_agreed = self._takes_metadata and is_declared(answer)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except (
            Exception
        ) as error:  # its parser raises anything: IndexError, TypeError, StopIteration …
            reason = str(error) or type(error).__name__
            raise StageError(f"the platform's answer cannot be used: {reason}") from error
        failed = asyncio.create_task(self._failed.wait())
        established = asyncio.create_task(self._until_established())
        try:
            await asyncio.wait(
                (failed, established), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not established.done():
                why = (
                    "was refused"
                    if failed.done()
                    else f"was not established within {seconds:.0f} s"
                )
                raise StageError(f"the media connection {why}", "does a firewall block UDP?")
        finally:
            failed.cancel()
            established.cancel()
        self._last_activity = time.monotonic()

    async def _until_established(self) -> None:
        await self._connected.wait()
        for event in self._open.values():
            await event.wait()

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self._connected.set()
        elif state in ("failed", "closed"):
            self._failed.set()
            self._broken(
                "the media connection failed"
                if state == "failed"
                else "the other side closed the connection"
            )

    def _broken(self, why: str) -> None:
        self._failed.set()
        if not self._is_over:
            self._is_over = True
            self._hooks.broken(why)

    # ---- channels

    def _received(self, channel: Channel, payload: str | bytes) -> None:
        if not self._is_over:
            self._hooks.received(channel, payload)

    def send(self, frame: Frame) -> None:
        """Send a frame of the protocol now.

        Raises StageError if it cannot be sent (too large, or the channel is gone).
        """
        try:
            self._channels[frame.channel].send(frame.payload)
        except InvalidStateError:
            raise StageError(f"the {frame.channel} channel is not open") from None
        except ValueError as error:
            raise StageError(
                f"the message cannot be sent: {error}", "is a prompt too long?"
            ) from None

    async def silent_for(self) -> float:
        """Return the seconds since anything came from the other side, even an acknowledgement.

        A channel's transport acknowledges whatever is sent, so a ping shows within a round trip
        whether the other side is there.
        """
        count = 0
        for stats in (await self._pc.getStats()).values():
            count += int(getattr(stats, "bytesReceived", 0) or 0)
        if count != self._bytes:
            self._bytes = count
            self._last_activity = time.monotonic()
        return time.monotonic() - self._last_activity

    # ---- media

    def _track(self, track: MediaStreamTrack) -> None:
        if isinstance(track, RemoteStreamTrack) and track.kind == "video":
            tags = next(
                (tags for receiver, tags in self._tagged.items() if receiver.track is track), None
            )
            task = asyncio.create_task(self._read(track, tags))
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)

    async def _read(self, track: RemoteStreamTrack, tags: TaggedFrames | None) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame) and not self._is_over:
                    self._hooks.frame(frame, None if tags is None else tags.of(frame))

    # ---- end

    async def close(self) -> None:
        """Close the channels, then the connection.

        Safe to call twice, and for a connection that was never established.
        """
        self._is_over = True
        for channel in self._channels.values():
            if channel.readyState == "open":
                channel.close()
        for task in list(self._readers):
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._pc.close()
        await asyncio.gather(*self._readers, return_exceptions=True)
