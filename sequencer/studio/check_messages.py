"""The messages between the studio and the process that checks, on its standard input and output.

A message is a JSON object of at most `MAX_HEADER_BYTES`, and bytes whose number the object has as
`bytes`. Texts and results are the bytes: nobody but their receiver decodes them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

MAX_HEADER_BYTES = 64 * 1024 * 1024
MAX_PAYLOAD_BYTES = 512 * 1024 * 1024

_LENGTHS = struct.Struct(">II")
PREFIX_BYTES = _LENGTHS.size
"""How many bytes begin a message: the lengths of its object and of its bytes."""

Header = dict[str, Any]


class FrameError(Exception):
    """What was received is not a message."""


def pack(header: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Return a message."""
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    return b"".join((_LENGTHS.pack(len(head), len(payload)), head, payload))


def lengths(prefix: bytes) -> tuple[int, int]:
    """Return the lengths of a message's object and of its bytes. Raises FrameError."""
    head, payload = _LENGTHS.unpack(prefix)
    if head > MAX_HEADER_BYTES or payload > MAX_PAYLOAD_BYTES:
        raise FrameError(f"a message of {head} and {payload} bytes is too large")
    return head, payload


def unpack(head: bytes) -> Header:
    """Return the object of a message. Raises FrameError."""
    try:
        found = json.loads(head)
    except ValueError as error:
        raise FrameError(f"a message is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise FrameError("a message is not an object")
    return found


def receive(read: Callable[[int], bytes]) -> tuple[Header, bytes] | None:
    """Read a message from a stream, or return None at its end. Raises FrameError."""
    prefix = read(PREFIX_BYTES)
    if not prefix:
        return None
    if len(prefix) < PREFIX_BYTES:
        raise FrameError("a message is incomplete")
    head_length, payload_length = lengths(prefix)
    head, payload = read(head_length), read(payload_length)
    if len(head) < head_length or len(payload) < payload_length:
        raise FrameError("a message is incomplete")
    return unpack(head), payload
