"""A common interface to the protocol versions, and how a runtime detects the one in use.

It detects which one a client uses.
"""

from __future__ import annotations

from enum import StrEnum

from sequencer.stages.wire import v0, v1
from sequencer.stages.wire.messages import (
    Channel,
    ClientMessage,
    Frame,
    FromClient,
    FromServer,
    ServerMessage,
)


class Wire(StrEnum):
    """A protocol version by its name."""

    V0 = "v0"
    V1 = "v1"

    def write_client(self, message: ClientMessage) -> Frame:
        """Return a client's message as a frame."""
        return v0.write_client(message) if self is Wire.V0 else v1.write_client(message)

    def write_server(self, message: ServerMessage, channel: Channel = "data") -> Frame | None:
        """Return a runtime's message as a frame; None if this version lacks it.

        `channel` is that of an `ErrorReply`.
        """
        return v0.write_server(message) if self is Wire.V0 else v1.write_server(message, channel)

    def read_client(self, channel: Channel, payload: str | bytes) -> FromClient:
        """Read a client's frame. Never raises."""
        return (
            v0.read_client(channel, payload)
            if self is Wire.V0
            else v1.read_client(channel, payload)
        )

    def read_server(self, channel: Channel, payload: str | bytes) -> FromServer:
        """Read a runtime's frame.

        Never raises. Text is always v0: a runtime uses it before it has received anything.
        """
        return (
            v0.read_server(channel, payload)
            if isinstance(payload, str) or self is Wire.V0
            else v1.read_server(channel, payload)
        )


def codec_for(payload: str | bytes) -> Wire:
    """Return the version of a client's first frame: v0 for text or JSON bytes, else v1.

    JSON bytes are bytes that begin like JSON.
    """
    if isinstance(payload, str) or payload[:1] in (b"{", b"["):
        return Wire.V0
    return Wire.V1
