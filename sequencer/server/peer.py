"""One client's connection: WebRTC answered, two channels, the screen's track, and the wire that its first frame speaks."""

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
from sequencer.server.settings import TRACK, StandInSettings
from sequencer.server.video_source import ScreenTrack, VideoSource
from sequencer.stages.wire.codec import Wire, codec_for
from sequencer.stages.wire.messages import Channel, FromClient, Malformed, ModelMessage, ServerMessage, TrackRequest

log = logging.getLogger("sequencer.server")

CONNECT_SECONDS = 30.0
"""A connection that is not up so long after its offer is dropped."""

MAX_CHANNELS = 8
"""Data channels of one connection; every client needs one or two."""


LEGACY_CONNECTION = 1001
"""What the flat routes of older clients stand for: they have one channel only, and know nothing of tracks that begin paused."""


class Owner(Protocol):
    """Whose connection it is: a session."""

    def opened(self, peer: Peer) -> None:
        """Channels stand."""
        ...

    def on_message(self, peer: Peer, message: FromClient) -> None:
        """The client said something."""
        ...

    def gone(self, peer: Peer) -> None:
        """The connection is over."""
        ...


class BadOfferError(ValueError):
    """An offer that cannot be answered."""


class Peer:
    """One connection from its offer to its end."""

    def __init__(
        self, owner: Owner, number: int, screen: VideoSource, settings: StandInSettings, relay: NetworkFaultRelay | None
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
        self._last_heard = time.monotonic()
        self._is_offered = False
        self._early: list[Sequence[Mapping[str, object]]] = []
        self._opened = asyncio.Event()
        self._is_over = False
        self._watch: asyncio.Task[None] | None = None
        self._pc.on("datachannel", self._channel)
        self._pc.on("connectionstatechange", self._state_changed)

    # ---- signalling

    async def answer(self, offer: str, mapping: Sequence[Mapping[str, object]]) -> str:
        """The answer to an offer. Raises BadOfferError.

        Browsers hide their addresses behind names (….local) that take multicast to resolve. Nobody has to: where a browser is
        shows when it knocks, so its candidates are left out.
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
        except Exception as error:  # aiortc raises whatever its parser stumbled over
            raise BadOfferError(f"the offer cannot be answered: {error}") from error
        self._watch = asyncio.create_task(self._watch_over())
        answer: str = self._pc.localDescription.sdp
        return answer if self._relay is None else await self._relay.open(answer)

    def _attach(self, mapping: Sequence[Mapping[str, object]]) -> None:
        mids = [str(one.get("mid")) for one in mapping if one.get("name") == TRACK]
        for transceiver in self._pc.getTransceivers():
            if transceiver.kind != "video" or (mids and transceiver.mid not in mids) or self._track is not None:
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
        """Candidates that trickle in. Where a relay stands between, nobody needs them.

        That they were the last is not passed on: the notice can overtake them, and what comes behind it would not count.
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
                continue  # TCP, or something newer: the others will do
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
        self._last_heard = time.monotonic()
        if self.wire is None:
            self.wire = Wire.V0 if self._settings.wires == "v0" else codec_for(payload)
        message = self.wire.read_client(channel, payload)
        match message:
            case TrackRequest(do="resume", name=name) if name == TRACK and self._track is not None:
                self._track.resume()
            case TrackRequest(do="pause", name=name) if name == TRACK and self._track is not None:
                self._track.pause()
            case Malformed() if self._settings.wires == "v0" and isinstance(payload, bytes):
                log.debug("connection %d speaks a wire that is not spoken here", self.number)
            case _:
                self._owner.on_message(self, message)

    def say(self, message: ServerMessage, channel: Channel = "data") -> None:
        """Tell the client, in its wire (in v0 while it has said nothing), if it is there."""
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
        """Drop a connection that never came up, and a client that has fallen silent."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._opened.wait()
        except TimeoutError:
            await self.close()
            return
        self._last_heard = time.monotonic()
        while True:
            silent = time.monotonic() - self._last_heard
            if silent > self._settings.silence_seconds:
                log.info("connection %d was silent for %.1f s and is dropped", self.number, silent)
                await self.close()
                return
            await asyncio.sleep(max(0.05, self._settings.silence_seconds - silent))

    def mute(self) -> None:
        """Let the way break without a word; only where a relay stands between."""
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
    """JSON with every whole number a double, as it comes out of a protobuf struct."""
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
