"""Addresses given by the platform and which may be called; texts without secrets. Pure.

The platform chooses where a presigned address or a segment of a clip is, possibly on another host.
Input from outside must not make this machine call its own services or its neighbours (a router, a
cloud's metadata service). Therefore, apart from the platform's own site, only encrypted addresses
of public hosts are called. A runtime on this machine may refer to itself by any name of this
machine, but only its own port is called.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Return the scheme, host and port of an address. Raises ValueError if it is not valid."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("neither http nor https, or no host")
    return parts.scheme, parts.hostname.rstrip(".").lower(), parts.port or _PORTS[parts.scheme]


def is_same_origin(url: str, base: str) -> bool:
    """Whether an address is the platform's own, the only one that may receive authorisation."""
    try:
        return origin(url) == origin(base)
    except ValueError:
        return False


def may_be_called(url: str, base: str) -> bool:
    """Whether an address that came from the platform at `base` may be called.

    Names are not resolved here.
    """
    try:
        scheme, host, port = origin(url)
        parts = urlsplit(url)
        _, home, home_port = origin(base)
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if is_same_origin(url, base):
        return True
    if is_this_machine(home) and is_this_machine(host):
        return port == home_port
    return scheme == "https" and _is_public(host)


def is_this_machine(host: str) -> bool:
    """Whether a host, a name or a literal address, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(host: str) -> bool:
    """Whether a host is public: a literal address, or a name not known to be private.

    A literal address must be a public one; a name must have several parts.
    """
    if ":" in host or _is_literal(host):
        return is_public_address(host)
    labels = host.split(".")
    if len(labels) < 2 or labels[-1] in (
        "localhost",
        "local",
        "internal",
        "lan",
        "home",
        "arpa",
        "intranet",
        "corp",
    ):
        return False
    return not labels[-1].isdecimal() and not labels[-1].startswith(
        "0x"
    )  # 127.1 and 0x7f.1 are addresses to some resolvers


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_WORLD = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses that are allocated for public use."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as networks without IPv4 write them (RFC 6052)."""


def is_public_address(address: str) -> bool:
    """Whether a literal address, or one that a name resolved to, is public.

    An IPv6 address that only wraps an IPv4 address (translated, or 6to4) is public if that address
    is.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = (
            ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
            if found in _TRANSLATED
            else found.sixtofour
        )
        if wrapped is None:
            return found in _WORLD and found.is_global
        found = wrapped
    return found.is_global and not found.is_multicast


_SECRETS = (
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"), "(token)"),
    (re.compile(r"\brk_[\w-]+"), "(key)"),
    (re.compile(r"((?:https?:/)?/[^\s\"'<>?]+)\?[^\s\"'<>]+"), r"\1?…"),
)


def redact(text: str) -> str:
    """Return a text without anything that looks like a key, a token, or an address signature."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
