"""Limit and check HTTP requests: rates, concurrency, hosts, versions, bodies.

A faulty client must not take all resources.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sequencer.server.connections import Connections
from sequencer.server.uploads import MAX_UPLOAD_BYTES
from sequencer.stages.wire.messages import clean_text

MAX_ADDRESSES = 1024
"""The most addresses that are remembered.

Beyond that, the address whose last request is the oldest is forgotten.
"""


class RateLimit:
    """A limit for each address: `burst` requests at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """How many requests each address has left, and when that was computed."""

    def allows(self, address: str) -> bool:
        """Return whether a request may pass now. If it may, it counts."""
        now = self._now()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        passes = left >= 1
        self._left[address] = (left - 1 if passes else left, now)
        if len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        return passes


class TooManyError(Exception):
    """The limit of simultaneous operations is reached."""


class ConcurrencyLimit:
    """A limit on the number of simultaneous operations."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Occupy one of the operations while the block runs. Raises TooManyError."""
        if self.taken >= self._most:
            raise TooManyError
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


MAX_JSON_BYTES = 1024 * 1024
"""The largest JSON body in bytes; an offer is a few thousand."""

JSON_SECONDS = 10.0
"""How long a JSON body may take to arrive, in seconds."""

BODY_LIMIT = MAX_UPLOAD_BYTES + 64 * 1024

_HEADERS = (
    "Authorization, Content-Type, Reactor-API-Key, Reactor-API-Version, "
    "Reactor-API-Accept-Version, Reactor-WebRTC-Version"
)

_HEADER_NAMES = re.compile(r"[A-Za-z0-9-]{1,64}( ?, ?[A-Za-z0-9-]{1,64}){0,31}")

log = logging.getLogger("sequencer.server")


class _InjectedFaults(web.HTTPException):
    """An error response that ends a request."""

    def __init__(
        self, status: int, detail: object, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code = status
        super().__init__(
            text=json.dumps({"detail": detail}), content_type="application/json", headers=headers
        )


def fault(status: int, detail: object, **headers: str) -> web.HTTPException:
    """Return an error in the platform's format, to be raised.

    Header names are given with underscores.
    """
    return _fault(status, detail, {key.replace("_", "-"): value for key, value in headers.items()})


def _fault(status: int, detail: object, headers: Mapping[str, str]) -> web.HTTPException:
    kind = type(f"HTTP{status}", (_InjectedFaults,), {"status_code": status})
    made: web.HTTPException = kind(status, detail, headers)
    return made


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


def _host_of(header: str) -> str:
    """Return the host of `host:port`; empty if it cannot be parsed."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def middleware(hosts: Collection[str], rates: RateLimit, connections: Connections) -> Middleware:
    """Return the middleware that checks each request: its rate, host, origin and versions.

    Loopback names are allowed, and so are the name and the address that the server is bound to.
    Otherwise a page of another site could reach a server on this machine through a name of its own
    (DNS rebinding). If the server is bound to every address, literal addresses are allowed too.

    Args:
        hosts: The names and addresses of the server.
        rates: The rate limit of each client address.
        connections: The TCP connections, which are not idle while a request is answered.
    """

    def is_ours(name: str) -> bool:
        if is_loopback(name) or name in hosts:
            return True
        if not any(map(is_every_address, hosts)):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def check(request: web.Request) -> None:
        if not rates.allows(request.remote or ""):
            raise fault(429, "too many requests", Retry_After="1")
        if not is_ours(_host_of(request.headers.get("Host", ""))):
            raise fault(403, "this host name is not served here")
        origin = request.headers.get("Origin")
        if origin is None or _is_preflight(request):
            # any page may ask what it may send; a forbidden request is refused later, with an error
            # that it can read
            return
        if origin == "null":
            raise fault(403, "a page without an origin is not allowed: serve it from localhost")
        if not is_ours(_origin_host(origin)):
            raise fault(403, "this origin is not allowed")

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        with connections.request(request.transport):
            return await guarded(request, handler)

    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check(request)
            if request.method == "OPTIONS":
                return web.Response(status=204)
            _check_versions(request)
            return await handler(request)
        except web.HTTPException as error:
            if error.content_type != "application/json" and error.status >= 400:
                kept = {
                    name: error.headers[name]
                    for name in ("Allow", "Retry-After")
                    if name in error.headers
                }
                raise _fault(error.status, error.reason, kept) from None
            raise
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            raise fault(500, "the local server failed to answer: this is a bug") from None

    return guard


async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
    """Let the requesting page read every answer.

    Without these headers, the page only sees "Failed to fetch".

    The middleware decides what a page may do. A page of another site can read nothing but a
    refusal.
    """
    origin = request.headers.get("Origin")
    if origin is None or not origin.isprintable():
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    response.headers["Vary"] = "Origin"
    if _is_preflight(request):
        asked = request.headers.get("Access-Control-Request-Headers", "")
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            asked if _HEADER_NAMES.fullmatch(asked) else _HEADERS
        )
        response.headers["Access-Control-Max-Age"] = "600"


def _is_preflight(request: web.Request) -> bool:
    """Return whether a browser asks which requests a page may send, before it sends one."""
    return (
        request.method == "OPTIONS"
        and "Origin" in request.headers
        and "Access-Control-Request-Method" in request.headers
    )


def _origin_host(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if parts.scheme in ("http", "https") else ""


def _check_versions(request: web.Request) -> None:
    """Raise 426 for a client that is too old, 501 for a client that needs a newer server."""
    for name, ours in (("Reactor-API-Version", 1), ("Reactor-WebRTC-Version", 1)):
        theirs = request.headers.get(name, "").partition(".")[0]
        if not theirs.isdecimal() or len(theirs) > 9:
            continue
        if int(theirs) < ours:
            raise fault(426, f"{name} {theirs} is too old")
        if int(theirs) > ours:
            raise fault(501, f"{name} {theirs} is not supported")


async def body_of(
    request: web.Request, most: int, too_much: web.HTTPException, seconds: float
) -> bytes:
    """Return the body of a request, up to `most` bytes.

    Raises `too_much` for a longer body, 408 if it takes too long.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.content.iter_chunked(64 * 1024):
                data += piece
                if len(data) > most:
                    raise too_much
    except ConnectionError:
        raise fault(400, "the connection broke before the body was complete") from None
    except TimeoutError:
        raise fault(408, f"the body did not arrive within {seconds:.0f} s") from None
    return bytes(data)


async def json_body(request: web.Request) -> dict[str, object]:
    """Return the JSON object in the body of a request; empty for an empty body and for null."""
    too_much = fault(413, f"a body may have up to {MAX_JSON_BYTES} bytes")
    data = await body_of(request, MAX_JSON_BYTES, too_much, JSON_SECONDS)
    if not data.strip():
        return {}
    try:
        value = clean_text(
            json.loads(data)
        )  # without NaN, infinity and lone surrogates, which no later code expects
    except (ValueError, RecursionError):
        raise fault(422, [{"loc": ["body"], "msg": "not JSON", "type": "json_invalid"}]) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise fault(422, [{"loc": ["body"], "msg": "not an object", "type": "model_type"}])
    return value
