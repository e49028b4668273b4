"""The connection of one client.

It consists of:

WebRTC signalling, two data channels, the video track, and the protocol of its first frame.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError
from aiortc.sdp import candidate_from_sdp

from sequencer.server.network_faults import NetworkFaultRelay, without_candidates
from sequencer.server.settings import TRACK, ServerSettings
from sequencer.server.video_source import ScreenTrack, VideoSource
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.messages import (
    Channel,
    FromClient,
    Malformed,
    ModelMessage,
    ServerMessage,
    TrackRequest,
)

log = logging.getLogger("sequencer.server")

CONNECT_SECONDS = 30.0
"""A connection that is not open this many seconds after its offer is dropped."""

MAX_CHANNELS = 8
"""The most data channels of one connection; every client needs one or two."""


LEGACY_CONNECTION = 1001
"""The number for the flat routes of older clients.

These clients have only one channel and do not know tracks that begin paused.
"""


class Owner(Protocol):
    """The owner of a connection: a session."""

    def opened(self, peer: Peer) -> None:
        """Handle a connection whose data channel is open."""
        ...

    def on_message(self, peer: Peer, message: FromClient) -> None:
        """Handle a message from the client."""
        ...

    def gone(self, peer: Peer) -> None:
        """Handle the end of the connection."""
        ...


class BadOfferError(ValueError):
    """An offer cannot be answered."""


class Peer:
    """One connection from its offer to its end."""

    def __init__(
        self,
        owner: Owner,
        number: int,
        screen: VideoSource,
        settings: ServerSettings,
        relay: NetworkFaultRelay | None,
    ) -> None:
        self._owner = owner
        self._settings = settings
        self._relay = relay
        self._screen = screen
        self.number = number
        self.wire: Wire | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._channels: dict[Channel, RTCDataChannel] = {}
        self._channel_count = 0
        self._track: ScreenTrack | None = None
        self._last_received = time.monotonic()
        self._is_offered = False
        self._early: list[Sequence[Mapping[str, object]]] = []
        self._opened = asyncio.Event()
        self._is_over = False
        self._watch: asyncio.Task[None] | None = None
        self._pc.on("datachannel", self._channel)
        self._pc.on("connectionstatechange", self._state_changed)

    # ---- signalling

    async def answer(self, offer: str, mapping: Sequence[Mapping[str, object]]) -> str:
        """Return the answer to an offer. Raises BadOfferError.

        Browsers hide their addresses behind names (….local) that need multicast to resolve. These
        candidates are left out, because they are not needed: the address of a browser is known as
        soon as its first packet arrives.
        """
        if self._relay is not None or ".local " in offer:
            offer = without_candidates(offer)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            self._attach(mapping)
            self._is_offered = True
            for found in self._early:
                await self.candidates(found)
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except Exception as error:  # aiortc raises whatever error occurs in its parser
            raise BadOfferError(f"the offer cannot be answered: {error}") from error
        self._watch = asyncio.create_task(self._watch_over())
        answer: str = self._pc.localDescription.sdp
        return answer if self._relay is None else await self._relay.open(answer)

    def _attach(self, mapping: Sequence[Mapping[str, object]]) -> None:
        mids = [str(one.get("mid")) for one in mapping if one.get("name") == TRACK]
        for transceiver in self._pc.getTransceivers():
            if (
                transceiver.kind != "video"
                or (mids and transceiver.mid not in mids)
                or self._track is not None
            ):
                transceiver.direction = "inactive"
                continue
            codecs = RTCRtpSender.getCapabilities("video").codecs
            wanted = [one for name in ("VP8", "rtx", "H264") for one in codecs if one.name == name]
            transceiver.setCodecPreferences(wanted)
            self._track = ScreenTrack(self._screen)
            if self.number == LEGACY_CONNECTION:
                self._track.resume()
            transceiver.sender.replaceTrack(self._track)
            transceiver.direction = "sendonly"

    async def candidates(self, found: Sequence[Mapping[str, object]]) -> None:
        """Add candidates that arrive one by one. With a relay they are not needed.

        The notice that they were the last is not passed on: it can overtake candidates, and those
        that follow it would be ignored.
        """
        if self._relay is not None or self._is_over:
            return
        if not self._is_offered:
            self._early.append(found)
            return
        for one in found:
            text = str(one.get("candidate") or "").removeprefix("candidate:")
            if not text or ".local " in text:
                continue
            try:
                candidate = candidate_from_sdp(text)
            except (AssertionError, ValueError, IndexError, KeyError):
                continue  # TCP, or something newer: the other candidates are sufficient
            candidate.sdpMid = str(one["sdp_mid"]) if one.get("sdp_mid") is not None else None
            index = one.get("sdp_mline_index")
            candidate.sdpMLineIndex = int(index) if isinstance(index, int | float) else None
            if candidate.sdpMid is None and candidate.sdpMLineIndex is None:
                candidate.sdpMLineIndex = 0
            try:
                await self._pc.addIceCandidate(candidate)
            except (InvalidStateError, ValueError) as error:
                log.debug("connection %d: a candidate cannot be used: %s", self.number, error)

    # ---- the connection

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        log.debug("connection %d is %s", self.number, state)
        if state in ("failed", "closed"):
            self._end()

    def _channel(self, channel: RTCDataChannel) -> None:
        self._channel_count += 1
        if self._channel_count > MAX_CHANNELS:
            channel.close()
            return
        name: Channel = "control" if channel.label == "control" else "data"
        self._channels[name] = channel
        channel.on("message", lambda payload: self._received(name, payload))
        channel.on("close", self._channel_closed)
        if name == "data" and not self._opened.is_set():
            self._opened.set()
            self._owner.opened(self)

    def _channel_closed(self) -> None:
        if self._pc.connectionState in ("failed", "closed"):
            self._end()

    def _received(self, channel: Channel, payload: str | bytes) -> None:
        self._last_received = time.monotonic()
        if self.wire is None:
            self.wire = Wire.V0 if self._settings.wires == "v0" else codec_for(payload)
        message = self.wire.read_client(channel, payload)
        match message:
            case TrackRequest(do="resume", name=name) if name == TRACK and self._track is not None:
                self._track.resume()
            case TrackRequest(do="pause", name=name) if name == TRACK and self._track is not None:
                self._track.pause()
            case Malformed() if self._settings.wires == "v0" and isinstance(payload, bytes):
                log.debug(
                    "connection %d uses a protocol version that is not supported", self.number
                )
            case _:
                self._owner.on_message(self, message)

    def send(self, message: ServerMessage, channel: Channel = "data") -> None:
        """Send a message to the client, if connected, in its protocol.

        The protocol is v0 before the client's first frame.
        """
        wire = self.wire or Wire.V0
        if wire is Wire.V0 and self._settings.doubles and isinstance(message, ModelMessage):
            message = replace(message, data=_doubled(message.data))
        frame = wire.write_server(message, channel)
        if frame is None:
            return
        into = self._channels.get(frame.channel) or self._channels.get("data")
        if into is None or into.readyState != "open":
            return
        try:
            into.send(frame.payload)
        except (InvalidStateError, ConnectionError) as error:
            log.debug("connection %d: %s", self.number, error)

    async def _watch_over(self) -> None:
        """Drop a connection that never opened, or a client that has fallen silent."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._opened.wait()
        except TimeoutError:
            await self.close()
            return
        self._last_received = time.monotonic()
        while True:
            silent = time.monotonic() - self._last_received
            if silent > self._settings.silence_seconds:
                log.info("connection %d was silent for %.1f s and is dropped", self.number, silent)
                await self.close()
                return
            await asyncio.sleep(max(0.05, self._settings.silence_seconds - silent))

    def mute(self) -> None:
        """Let the connection break silently; only possible with a relay."""
        if self._relay is not None:
            self._relay.mute()

    def _end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self._track is not None:
            self._track.stop()
        self._owner.gone(self)

    async def close(self) -> None:
        """Close the connection. Safe to call twice."""
        self._end()
        watch, self._watch = self._watch, None
        if watch is not None and watch is not asyncio.current_task():
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        await self._pc.close()
        if self._relay is not None:
            self._relay.close()


def _doubled(value: Any) -> Any:
    """Return JSON with every integer as a double, as in a protobuf struct."""
    match value:
        case bool():
            return value
        case int():
            return float(value)
        case Mapping():
            return {key: _doubled(one) for key, one in value.items()}
        case list() | tuple():
            return [_doubled(one) for one in value]
        case _:
            return value
