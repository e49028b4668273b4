"""Frame metadata: what a runtime appends to an encoded frame.

The client must have declared that it removes it.

A trailer is a protobuf message, its length (four bytes, little-endian) and four letters, after the
codec's own bytes::

    [encoded frame][message][length][RXMT]

    message: 1 frame number, 2 time in microseconds, 3 the model's own bytes

Reading never raises: a frame that does not end in a valid trailer is a frame without metadata.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

ATTRIBUTE = "a=x-reactor-frame-metadata:1"
"""The line of a session description that declares support, with the version after the colon.

It is before the first section.
"""

MAGIC = b"RXMT"
FRAMING = 8
"""Bytes after the message: its length and the letters."""

_MASK = (1 << 64) - 1
_MAX_VARINT = 10
"""Bytes of the longest number."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The contents of a frame's trailer; 0 and None for fields that it does not have.

    `number` counts the frames that the sender sent with metadata, from 1, counting a repeated frame
    again; `time` is when it sent the frame, in microseconds. `own` is a digest of the model's
    bytes, which are the same for a repeated frame and its original.
    """

    number: int = 0
    time: int = 0
    own: bytes | None = None


def is_declared(description: str) -> bool:
    """Whether a session description declares support, in the version that is read here."""
    head = description.replace("\r\n", "\n").split("\nm=", 1)[0]
    return ATTRIBUTE in head.split("\n")


def declared(description: str) -> str:
    """Return a session description that declares support.

    The line goes before the first section.
    """
    end = "\r\n" if "\r\n" in description else "\n"
    head, section, rest = description.partition(f"{end}m=")
    return f"{head}{end}{ATTRIBUTE}{section}{rest}"


def split_trailer(data: bytes) -> tuple[bytes, Metadata | None]:
    """Return an encoded frame without its trailer, and the trailer's contents.

    A frame without a trailer is returned unchanged.
    """
    if len(data) < FRAMING or data[-4:] != MAGIC:
        return data, None
    size = int.from_bytes(data[-FRAMING:-4], "little")
    start = len(data) - FRAMING - size
    if start < 0:
        return data, None
    found = _read(data[start:-FRAMING])
    return (data, None) if found is None else (data[:start], found)


def _read(message: bytes) -> Metadata | None:
    """Read the message; None if it is not valid. Unknown fields are skipped."""
    number = time = at = 0
    own: bytes | None = None
    while at < len(message):
        key, at = _varint(message, at)
        value, raw = 0, b""
        match key & 7:
            case 0:
                value, at = _varint(message, at)
            case 1:
                at += 8
            case 2:
                size, at = _varint(message, at)
                if at < 0 or size > len(message) - at:
                    return None
                raw, at = message[at : at + size], at + size
            case 5:
                at += 4
            case _:
                return None
        if at < 0 or at > len(message) or key >> 3 == 0:
            return None
        match key:
            case 0x08:
                number = value
            case 0x10:
                time = value
            case 0x1A:
                own = blake2b(raw, digest_size=16).digest() if raw else None
            case _:
                pass
    return Metadata(number, time, own)


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number and the position after it; -1 as the position if the number is not valid."""
    value = 0
    if at < 0:
        return 0, -1
    for index, byte in enumerate(message[at : at + _MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & _MASK, at + index + 1
    return 0, -1
