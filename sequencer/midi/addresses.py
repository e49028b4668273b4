"""Addresses of MIDI ports: a name or part of one, a list number, TCP, or a new virtual port."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sequencer.core.errors import SequencerError

MAX_PORT = 65535


class MidiError(SequencerError):
    """A MIDI port cannot be used: it does not exist, is ambiguous or busy, or MIDI is missing.

    It is ambiguous if several ports match; MIDI is missing if this machine has none at all.
    """


@dataclass(frozen=True, slots=True)
class Socket:
    """`tcp://HOST:PORT` connects, `tcp-listen://HOST:PORT` waits for connections.

    The bytes are raw MIDI.
    """

    host: str
    port: int
    listens: bool

    @property
    def is_here(self) -> bool:
        """Whether the connection stays on this machine."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{'tcp-listen' if self.listens else 'tcp'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Virtual:
    """`virtual:NAME`: a port that this program creates and others connect to."""

    name: str

    def __str__(self) -> str:
        return f"virtual:{self.name}"


@dataclass(frozen=True, slots=True)
class Named:
    """A port's name, part of it, or its number in the list."""

    text: str

    def __str__(self) -> str:
        return self.text


Address = Socket | Virtual | Named

_SOCKET = re.compile(r"(?P<kind>tcp|tcp-listen)://(?P<host>[^:/\s]*):(?P<port>\d{1,6})/?\Z")


def address(text: str) -> Address:
    """Parse an address. Raises MidiError with a hint what to write."""
    text = text.strip()
    if text.startswith(("tcp:", "tcp-listen:")):
        match = _SOCKET.match(text)
        if match is None or not 0 < int(match["port"]) <= MAX_PORT:
            raise MidiError(
                f"{text} is not a TCP address for MIDI",
                "write tcp://HOST:PORT or tcp-listen://HOST:PORT",
            )
        return Socket(
            match["host"] or "127.0.0.1", int(match["port"]), match["kind"] == "tcp-listen"
        )
    if text.startswith("virtual:"):
        name = text.removeprefix("virtual:").strip()
        if not name:
            raise MidiError("a virtual port needs a name", "write for example virtual:sequencer")
        return Virtual(name)
    if not text:
        raise MidiError("a MIDI port needs a name", "list the ports with: sequencer midi ports")
    return Named(text)


def choose(text: str, names: Sequence[str], what: str) -> str:
    """Return the port that `text` selects: by name, number (from 1), or unique part of a name.

    The complete name has priority over the number, and the number over a name that contains `text`.

    `what` is "input" or "output", for messages. Raises MidiError.
    """
    if text in names:
        return text
    if text.isdecimal():
        if 1 <= int(text) <= len(names):
            return names[int(text) - 1]
        raise MidiError(
            f"there is no MIDI {what} number {text}; {_known(names, what)}",
            "see: sequencer midi ports",
        )
    found = [name for name in names if text.casefold() in name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise MidiError(
            f"several MIDI {what}s have {text!r} in their names: {_listed(found)}",
            "write more of the name",
        )
    raise MidiError(
        f"no MIDI {what} is called {text!r}; {_known(names, what)}",
        "is it plugged in and switched on? sequencer midi ports",
    )


def same_port(name: str, names: Sequence[str]) -> str | None:
    """Return the present name of a port that was unplugged.

    ALSA gives a port new numbers each time it is plugged in.
    """
    if name in names:
        return name
    bare = _bare(name)
    found = [one for one in names if _bare(one) == bare]
    return found[0] if len(found) == 1 else None


def _bare(name: str) -> str:
    return re.sub(r"[\s:]*\d+:\d+\Z", "", name)


def _known(names: Sequence[str], what: str) -> str:
    return f"there are: {_listed(names)}" if names else f"there are no MIDI {what}s"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
