"""Proxies and certificates from the environment.

They are read so that a mistake is reported in a sentence that names the variable.

The HTTP client reads the same variables, but raises whatever error a mistake in them causes. The
value of a variable is never shown: a proxy's address may contain a password.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from sequencer.core.errors import StageError
from sequencer.core.paths import is_folder

_SOCKS = ("socks5", "socks5h")
_KINDS = ("http", "https", *_SOCKS)
_NEEDED = "socksio"
"""The package that the HTTP client needs for SOCKS proxies."""
_WRITE = (
    "write http://HOST:PORT, or unset the variable; hosts to reach without a proxy go into NO_PROXY"
)


class Proxies:
    """The proxies for calls to `base` and to public addresses.

    Raises StageError for a proxy that cannot be used.
    """

    def __init__(self, base: str) -> None:
        found: Mapping[str, Any] = getproxies()
        here = urlsplit(base)
        entries = [part.strip() for part in str(found.get("no") or "").split(",")]
        exempt = bool(here.hostname) and bool(proxy_bypass(here.netloc.rpartition("@")[2]))
        self.variable: str | None = None
        """The variable that names the proxy for the platform's address; None if called directly."""
        self._proxies: dict[str, httpx.Proxy | None] = {}
        for scheme in dict.fromkeys((here.scheme, "https")):
            kind = scheme if found.get(scheme) else "all"
            if not found.get(kind) or "*" in entries:
                continue
            try:
                self._proxies[f"{scheme}://"] = _proxy(str(found[kind]), _variable(f"{kind}_proxy"))
            except StageError:
                if not exempt:
                    raise
                continue
            if scheme == here.scheme and not exempt:
                self.variable = _variable(f"{kind}_proxy")
        if self._proxies:
            self._proxies |= dict.fromkeys(_exempt(entries))

    def transports(self, context: ssl.SSLContext) -> dict[str, httpx.AsyncBaseTransport | None]:
        """Return the HTTP client's `mounts`: how each kind of address is reached.

        None means directly.
        """
        return {
            pattern: None
            if proxy is None
            else httpx.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False)
            for pattern, proxy in self._proxies.items()
        }


def _variable(name: str) -> str:
    """Return how a variable is written in this environment.

    Lower case has priority, as everywhere.
    """
    return next(
        (one for one in (name, name.upper()) if os.environ.get(one)),
        f"{name} (of the system's settings)",
    )


def _proxy(value: str, variable: str) -> httpx.Proxy:
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        is_address = (
            bool(parts.hostname)
            and not any(char.isspace() for char in address)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        is_address, parts = False, urlsplit("")
    if not is_address:
        raise StageError(
            f"the environment variable {variable} does not contain the address of a proxy", _WRITE
        )
    if parts.scheme.lower() not in _KINDS:
        kind = "".join(char for char in parts.scheme if char.isalnum())[:20]
        raise StageError(
            (
                f"the environment variable {variable} names a proxy of the kind {kind!r}, which is "
                "not supported"
            ),
            _WRITE,
        )
    if parts.scheme.lower() in _SOCKS and find_spec(_NEEDED) is None:
        raise StageError(
            (
                f"the environment variable {variable} names a SOCKS proxy, for which the Python "
                f"package {_NEEDED} is missing"
            ),
            f"install it with: python -m pip install {_NEEDED}; or {_WRITE}",
        )
    try:
        return httpx.Proxy(address)
    except (httpx.InvalidURL, ValueError):
        raise StageError(
            f"the environment variable {variable} does not contain the address of a proxy", _WRITE
        ) from None


def _exempt(entries: Iterable[str]) -> list[str]:
    """Return the patterns of hosts that are called directly.

    Entries that cannot be host names are left out.
    """
    found: list[str] = []
    for entry in entries:
        host = entry.removeprefix("[").removesuffix("]")
        if not host:
            continue
        if host.count(":") > 1:
            pattern = f"all://[{host}]"
        elif host.lower() == "localhost" or all(
            part.isdecimal() for part in host.partition(":")[0].split(".")
        ):
            pattern = f"all://{host}"
        else:
            pattern = f"all://*{host}"
        try:
            httpx.URL(pattern)
        except httpx.InvalidURL:
            continue
        found.append(pattern)
    return found


def tls_context(trusts_environment: bool) -> ssl.SSLContext:
    """Return the context that TLS connections are checked with.

    Args:
        trusts_environment: Whether `SSL_CERT_FILE` and `SSL_CERT_DIR` are read.

    Raises:
        StageError: A variable names a file or folder that cannot be used.
    """
    file, folder = (
        os.environ.get(name) if trusts_environment else None
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")
    )
    if file:
        _readable(Path(file), "SSL_CERT_FILE")
    elif folder and not is_folder(Path(folder)):
        raise StageError(
            f"the environment variable SSL_CERT_DIR names {folder}, which is not a folder",
            "correct the variable, or unset it",
        )
    keys = os.environ.get("SSLKEYLOGFILE")
    if keys:
        try:
            with Path(keys).open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise StageError(
                (
                    f"the environment variable SSLKEYLOGFILE names {keys}, which cannot be "
                    f"written: {error.strerror}"
                ),
                "correct the variable, or unset it",
            ) from None
    try:
        return httpx.create_ssl_context(trust_env=trusts_environment)
    except ssl.SSLError:
        if not file:
            raise
        raise StageError(
            f"the environment variable SSL_CERT_FILE names {file}, which contains no certificates",
            "correct the variable, or unset it",
        ) from None


def _readable(file: Path, variable: str) -> None:
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        raise StageError(
            (
                f"the environment variable {variable} names {file}, which cannot be read: "
                f"{error.strerror}"
            ),
            "correct the variable, or unset it",
        ) from None
