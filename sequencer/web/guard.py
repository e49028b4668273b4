"""The middleware of a server whose only client in browsers is its own page.

Requests that programs send, without the headers of a browser, pass if they name the right host:
what they may do is up to the application, which identifies them by a secret.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sequencer.web.connections import Connections
from sequencer.web.hosts import Hosts, is_same_origin, name_of
from sequencer.web.limits import RateLimit

OWN_SITES = ("same-origin", "none")
"""What `Sec-Fetch-Site` is for requests of our own page, and for addresses that a person typed.

`same-site` is not ours: browsers use it for pages on other ports of this machine.
"""

log = logging.getLogger("sequencer.web")


def refusal_of(request: web.Request, hosts: Hosts) -> str | None:
    """Return why a request must not be answered, in a sentence; None if it may be.

    It must name one of our hosts, and if a browser sent it, it must come from our own page. A link
    on a page elsewhere may open ours: a page that is opened by a link does nothing yet.
    """
    host = request.headers.get("Host", "")
    if not hosts.accepts(name_of(host)):
        return "this host name is not served here"
    origin = request.headers.get("Origin")
    if origin is not None and not is_same_origin(origin, host):
        return "requests from other pages are not allowed"
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in OWN_SITES and not _follows_a_link(request):
        return "requests from other sites are not allowed"
    return None


def _follows_a_link(request: web.Request) -> bool:
    """Return whether a browser opens a whole page, not a frame, in a tab."""
    headers = request.headers
    return (
        request.method == "GET"
        and headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest") == "document"
    )


def own_page_guard(hosts: Hosts, rates: RateLimit, connections: Connections) -> Middleware:
    """Return the middleware that checks each request: its rate, its host, and its page.

    Refusals are short plain texts. An exception of a handler is logged and answered with 500,
    without its text.

    Args:
        hosts: The names and addresses of the server.
        rates: The rate limit of each client address.
        connections: The TCP connections, which are not idle while a request is answered.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        with connections.request(request.transport):
            if not rates.allows(request.remote or ""):
                raise web.HTTPTooManyRequests(
                    text="too many requests", headers={"Retry-After": "1"}
                )
            if (refusal := refusal_of(request, hosts)) is not None:
                raise web.HTTPForbidden(text=refusal)
            try:
                return await handler(request)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception:
                log.exception("%s %s failed", request.method, request.path)
                raise web.HTTPInternalServerError(
                    text="the server failed to answer: this is a bug"
                ) from None

    return guard
