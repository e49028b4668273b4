"""Check HTTP requests: their rate, host, origin, versions and bodies.

Refusals have the platform's format.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sequencer.server.uploads import MAX_UPLOAD_BYTES
from sequencer.stages.wire.messages import clean_text
from sequencer.web.bodies import BodyError, BodyTooLargeError, read_body
from sequencer.web.connections import Connections
from sequencer.web.hosts import Hosts, name_of, name_of_origin
from sequencer.web.limits import RateLimit

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


def middleware(hosts: Hosts, rates: RateLimit, connections: Connections) -> Middleware:
    """Return the middleware that checks each request: its rate, host, origin and versions.

    Pages may be served from any port of this machine: developers of clients serve them themselves.

    Args:
        hosts: The names and addresses of the server.
        rates: The rate limit of each client address.
        connections: The TCP connections, which are not idle while a request is answered.
    """

    def check(request: web.Request) -> None:
        if not rates.allows(request.remote or ""):
            raise fault(429, "too many requests", Retry_After="1")
        if not hosts.accepts(name_of(request.headers.get("Host", ""))):
            raise fault(403, "this host name is not served here")
        origin = request.headers.get("Origin")
        if origin is None or _is_preflight(request):
            # any page may ask what it may send; a forbidden request is refused later, with an error
            # that it can read
            return
        if origin == "null":
            raise fault(403, "a page without an origin is not allowed: serve it from localhost")
        if not hosts.accepts(name_of_origin(origin)):
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
    try:
        return await read_body(request, most, seconds)
    except BodyTooLargeError:
        raise too_much from None
    except BodyError as error:
        raise fault(error.status, str(error)) from None


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
