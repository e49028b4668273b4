"""The two wires as one thing: which codec a connection uses, and how a runtime finds out which one a client speaks."""

from __future__ import annotations

from enum import StrEnum

from sequencer.stages.wire import v0, v1
from sequencer.stages.wire.messages import Channel, ClientMessage, Frame, FromClient, FromServer, ServerMessage


class Wire(StrEnum):
    """A wire by its name."""

    V0 = "v0"
    V1 = "v1"

    def write_client(self, message: ClientMessage) -> Frame:
        """A client's message as a frame."""
        return v0.write_client(message) if self is Wire.V0 else v1.write_client(message)

    def write_server(self, message: ServerMessage, channel: Channel = "data") -> Frame | None:
        """A runtime's message as a frame; None for what this wire does not say. `channel` is where a `Failed` goes."""
        return v0.write_server(message) if self is Wire.V0 else v1.write_server(message, channel)

    def read_client(self, channel: Channel, payload: str | bytes) -> FromClient:
        """What a client said. Never raises."""
        return v0.read_client(channel, payload) if self is Wire.V0 else v1.read_client(channel, payload)

    def read_server(self, channel: Channel, payload: str | bytes) -> FromServer:
        """What a runtime said. Never raises. Text is v0 to either: so a runtime speaks before it has heard anything."""
        return (
            v0.read_server(channel, payload)
            if isinstance(payload, str) or self is Wire.V0
            else v1.read_server(channel, payload)
        )


def codec_for(payload: str | bytes) -> Wire:
    """The wire that a client's first frame is written in: text, or bytes that begin like JSON, are v0; all else is v1."""
    if isinstance(payload, str) or payload[:1] in (b"{", b"["):
        return Wire.V0
    return Wire.V1
