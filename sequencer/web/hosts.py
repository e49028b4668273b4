"""Names and addresses: which lead to this server, and which page is the server's own."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback name or address, which only this machine can reach."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_every_address(host: str) -> bool:
    """Return whether a literal address is the wildcard address of this machine."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_unspecified


def name_of(header: str) -> str:
    """Return the host of `host:port`, the value of a header `Host`; empty if it is not valid."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def name_of_origin(origin: str) -> str:
    """Return the host of a web page's origin, the value of a header `Origin`; empty for others."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if parts.scheme in ("http", "https") else ""


class Hosts:
    """The names and addresses by which a server may be reached.

    Loopback names always lead to it, and so do the names that are added: the host that it is bound
    to, as written and as numbers. Any other name in a request may be one that a page elsewhere has
    pointed at this machine, to reach the server from a visitor's browser (DNS rebinding). If the
    server is bound to every address, literal addresses are accepted too.
    """

    def __init__(self, *names: str) -> None:
        self.names = {name.strip("[]").lower() for name in names}

    def add(self, *names: str) -> None:
        """Add names or literal addresses."""
        self.names |= {name.strip("[]").lower() for name in names}

    def accepts(self, name: str) -> bool:
        """Return whether a name or a literal address, without a port, leads to this server."""
        if is_loopback(name) or name in self.names:
            return True
        if not any(map(is_every_address, self.names)):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def is_same_origin(origin: str, host: str) -> bool:
    """Return whether a page was served under the name and port that its request is sent to.

    Only meaningful if `host` has been accepted: in a rebinding attack both are the attacker's. The
    scheme is not compared: behind a proxy with TLS the page's is `https`, and the server does not
    know it.

    Args:
        origin: The value of the header `Origin`, as `http://127.0.0.1:8080`.
        host: The value of the header `Host`, as `127.0.0.1:8080`.
    """
    scheme, separator, authority = origin.partition("://")
    if not separator or scheme not in ("http", "https"):
        return False
    port = {"http": ":80", "https": ":443"}[scheme]
    return authority.lower().removesuffix(port) == host.lower().removesuffix(port)
