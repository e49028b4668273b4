"""Read and build OSC 1.0 packets with python-osc. The only module that imports it.

Bundles are taken apart here: python-osc calls itself for each bundle within a bundle, so that one
datagram could exhaust Python's stack, and it logs the types that it does not know.

Source: the Open Sound Control 1.0 specification, https://opensoundcontrol.stanford.edu/spec-1_0.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from sequencer.core.osc_values import OscValue

MAX_DATAGRAM_BYTES = 65_507
"""The longest payload of a UDP datagram over IPv4, in bytes."""
MAX_BUNDLE_DEPTH = 8
"""How deep bundles may contain bundles."""
MAX_MESSAGES = 1_000
"""The most messages in a packet."""
_BUNDLE = b"#bundle\x00"
_TIME_TAG_BYTES = 8
_SIZE_BYTES = 4
_IMMEDIATELY = 1
_NTP_EPOCH_OFFSET_S = 2_208_988_800
"""Seconds from 1900-01-01, where time tags begin, to 1970-01-01."""
_KNOWN_TYPES = frozenset("ihfdsbrmtTFN[]")
"""The type tags that python-osc can read; it skips others, with a line on standard error."""


class PacketError(ValueError):
    """A datagram is not an OSC packet."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a packet: its address, its arguments as they are, and when it is due.

    `due` is in seconds since 1970-01-01; None means at once.
    """

    address: str
    arguments: tuple[object, ...]
    due: float | None = None


def read_packet(data: bytes) -> tuple[Message, ...]:
    """Return the messages of a datagram, in the order in which they appear.

    Raises:
        PacketError: It is not an OSC packet, or larger than the limits.
    """
    found = []
    for one in _messages(data, None, 0):
        found.append(one)
        if len(found) > MAX_MESSAGES:
            raise PacketError(f"a packet has at most {MAX_MESSAGES:,} messages")
    return tuple(found)


def _messages(data: bytes, due: float | None, depth: int) -> Iterator[Message]:
    if not data.startswith(_BUNDLE):
        yield _read_message(data, due)
        return
    if depth >= MAX_BUNDLE_DEPTH:
        raise PacketError(f"bundles are nested more than {MAX_BUNDLE_DEPTH} deep")
    at = len(_BUNDLE) + _TIME_TAG_BYTES
    if len(data) < at:
        raise PacketError("a bundle has no time tag")
    due = _read_time(data[len(_BUNDLE) : at])
    while at < len(data):
        if len(data) - at < _SIZE_BYTES:
            raise PacketError("a bundle ends within an element")
        (size,) = struct.unpack_from(">I", data, at)
        at += _SIZE_BYTES
        if size > len(data) - at:
            raise PacketError("an element of a bundle is longer than the bundle")
        yield from _messages(data[at : at + size], due, depth + 1)
        at += size


def _read_time(tag: bytes) -> float | None:
    (value,) = struct.unpack(">Q", tag)
    return None if value == _IMMEDIATELY else value / 2**32 - _NTP_EPOCH_OFFSET_S


def _read_message(data: bytes, due: float | None) -> Message:
    if not data.startswith(b"/"):
        raise PacketError("neither a message nor a bundle")
    try:
        address, at = osc_types.get_string(data, 0)
        tags = osc_types.get_string(data, at)[0] if at < len(data) else ","
        unknown = set(tags[1:]) - _KNOWN_TYPES
        if unknown:
            raise PacketError(f"an argument of {address} has a type that is not supported")
        return Message(address, tuple(OscMessage(data).params), due)
    # what python-osc raises itself, and what Python raises for numbers and texts that are cut off
    except (ParseError, osc_types.ParseError, UnicodeDecodeError, struct.error) as error:
        raise PacketError("this message is damaged") from error
    except (ValueError, OverflowError, IndexError, TypeError) as error:
        if isinstance(error, PacketError):
            raise
        raise PacketError("an argument of this message is damaged") from error


def build_message(address: str, arguments: Sequence[OscValue]) -> bytes:
    """Return the datagram of a message.

    An int becomes `i`, a float `f`, a str `s`, True and False `T` and `F`. A null character in a
    string, which would end it, becomes U+FFFD, and so does half of a surrogate pair.
    """
    builder = OscMessageBuilder(address)
    for one in arguments:
        builder.add_arg(_printable(one) if isinstance(one, str) else one)
    return bytes(builder.build().dgram)


def _printable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
