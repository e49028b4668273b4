"""How often one address may ask, and how much may go on at once: a client that runs wild must not take the whole machine."""

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
"""Addresses that are remembered; the one that was heard of longest ago is forgotten."""


class RateLimit:
    """`burst` requests at once from each address, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What each address has left, and when that was reckoned."""

    def allows(self, address: str) -> bool:
        """Whether a request that comes now may pass; it counts if so."""
        now = self._now()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        passes = left >= 1
        self._left[address] = (left - 1 if passes else left, now)
        if len(self._left) > MAX_ADDRESSES:
            self._left.popitem(last=False)
        return passes


class TooManyError(Exception):
    """As many as may go on at once do already."""


class ConcurrencyLimit:
    """A number of things that may go on at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place while the block runs. Raises TooManyError."""
        if self.taken >= self._most:
            raise TooManyError
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


MAX_JSON_BYTES = 1024 * 1024
"""Bytes of the largest JSON body; an offer is a few thousand."""

JSON_SECONDS = 10.0
"""How long a JSON body may take to come."""

BODY_LIMIT = MAX_UPLOAD_BYTES + 64 * 1024

_HEADERS = (
    "Authorization, Content-Type, Reactor-API-Key, Reactor-API-Version, Reactor-API-Accept-Version, Reactor-WebRTC-Version"
)

_HEADER_NAMES = re.compile(r"[A-Za-z0-9-]{1,64}( ?, ?[A-Za-z0-9-]{1,64}){0,31}")

log = logging.getLogger("sequencer.server")


class _InjectedFaults(web.HTTPException):
    """An answer that ends a request."""

    def __init__(self, status: int, detail: object, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        super().__init__(text=json.dumps({"detail": detail}), content_type="application/json", headers=headers)


def fault(status: int, detail: object, **headers: str) -> web.HTTPException:
    """An error as the platform writes it; raise it. Header names are given with underscores."""
    return _fault(status, detail, {key.replace("_", "-"): value for key, value in headers.items()})


def _fault(status: int, detail: object, headers: Mapping[str, str]) -> web.HTTPException:
    kind = type(f"HTTP{status}", (_InjectedFaults,), {"status_code": status})
    made: web.HTTPException = kind(status, detail, headers)
    return made


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as only this machine reaches it."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_every_address(host: str) -> bool:
    """Whether a literal address stands for every address of this machine."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_unspecified


def _host_of(header: str) -> str:
    """The host of `host:port`, without either where it cannot be read."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def middleware(hosts: Collection[str], rates: RateLimit, connections: Connections) -> Middleware:
    """The guard of a server that is known as `hosts`, and lets everybody ask as often as `rates` allow.

    Loopback names are let in, and the name and address that it is bound to; a page on another host could otherwise reach a
    server on this machine through a name of its own (DNS rebinding). Bound to every address, literal addresses are let in.
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
            return  # any page may ask what it may send: what it then sends is refused, in words that it can read
        if origin == "null":
            raise fault(403, "a page without an origin is not let in: serve it from localhost")
        if not is_ours(_origin_host(origin)):
            raise fault(403, "this origin is not let in")

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
                kept = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
                raise _fault(error.status, error.reason, kept) from None
            raise
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            raise fault(500, "the stand-in failed to answer: this is a bug") from None

    return guard


async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
    """Let the page that asked read the answer, whatever it is: without these headers it sees no more than "Failed to fetch".

    What a page may do is `guard`'s business. To the page of another site the only answer is a refusal.
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
        response.headers["Access-Control-Allow-Headers"] = asked if _HEADER_NAMES.fullmatch(asked) else _HEADERS
        response.headers["Access-Control-Max-Age"] = "600"


def _is_preflight(request: web.Request) -> bool:
    """Whether a browser asks what a page may send, before it sends it."""
    return request.method == "OPTIONS" and "Origin" in request.headers and "Access-Control-Request-Method" in request.headers


def _origin_host(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if parts.scheme in ("http", "https") else ""


def _check_versions(request: web.Request) -> None:
    """426 for a client that is too old, 501 for one that wants more than is here."""
    for name, ours in (("Reactor-API-Version", 1), ("Reactor-WebRTC-Version", 1)):
        theirs = request.headers.get(name, "").partition(".")[0]
        if not theirs.isdecimal() or len(theirs) > 9:
            continue
        if int(theirs) < ours:
            raise fault(426, f"{name} {theirs} is too old")
        if int(theirs) > ours:
            raise fault(501, f"{name} {theirs} is not spoken here")


async def body_of(request: web.Request, most: int, too_much: web.HTTPException, seconds: float) -> bytes:
    """What came with a request, up to `most` bytes; `too_much` is raised for more, 408 for one that takes too long."""
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.content.iter_chunked(64 * 1024):
                data += piece
                if len(data) > most:
                    raise too_much
    except ConnectionError:
        raise fault(400, "the connection broke before the body was whole") from None
    except TimeoutError:
        raise fault(408, f"the body did not come within {seconds:.0f} s") from None
    return bytes(data)


async def json_body(request: web.Request) -> dict[str, object]:
    """The JSON object that came with a request; empty for none and for null."""
    too_much = fault(413, f"a body may have up to {MAX_JSON_BYTES} bytes")
    data = await body_of(request, MAX_JSON_BYTES, too_much, JSON_SECONDS)
    if not data.strip():
        return {}
    try:
        value = clean_text(json.loads(data))  # no number that is none, no half of a character: nobody behind this expects any
    except (ValueError, RecursionError):
        raise fault(422, [{"loc": ["body"], "msg": "not JSON", "type": "json_invalid"}]) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise fault(422, [{"loc": ["body"], "msg": "not an object", "type": "model_type"}])
    return value
