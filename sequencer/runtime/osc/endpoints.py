"""UDP endpoints as the command line has them: `9000`, `127.0.0.1:9000`, `[::1]:9000`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from sequencer.core.errors import UsageError

LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535
_ENDPOINT = re.compile(
    r"(?:(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9._-]+):)?(?P<port>[0-9]{1,5})\Z"
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a UDP port. The host of an IPv6 address has no brackets."""

    host: str
    port: int

    @property
    def is_here(self) -> bool:
        """Whether what is sent there stays on this machine."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_input(text: str) -> Endpoint:
    """Parse `[HOST:]PORT`, where messages are received. The default host is this machine.

    Raises:
        UsageError: It is something else.
    """
    return _parse(text, LOOPBACK, "write a port, such as 9000, or HOST:PORT")


def parse_target(text: str) -> Endpoint:
    """Parse `HOST:PORT`, where messages are sent.

    Raises:
        UsageError: It is something else.
    """
    return _parse(text, None, "write HOST:PORT, such as 127.0.0.1:9001")


def _parse(text: str, default: str | None, hint: str) -> Endpoint:
    found = _ENDPOINT.match(text.strip())
    host = default if found is None or found["host"] is None else found["host"].strip("[]")
    if found is None or host is None:
        raise UsageError(f"{text!r} is not an address for OSC", hint)
    port = int(found["port"])
    if not 0 < port <= MAX_PORT:
        raise UsageError(f"{text!r}: a port is a number from 1 to {MAX_PORT}", hint)
    return Endpoint(host, port)
