"""The HTTP client for all requests to the platform.

Errors describe what went wrong and suggest a fix.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from sequencer.core.errors import StageError
from sequencer.stages.reactor.environment import Proxies, tls_context
from sequencer.stages.reactor.safety import (
    is_public_address,
    is_same_origin,
    is_this_machine,
    may_be_called,
    origin,
    redact,
)
from sequencer.stages.reactor.settings import KEY_VARIABLE, is_loopback
from sequencer.stages.wire.messages import clean_text

MAX_RETRY_AFTER_S = 30.0
"""The longest Retry-After that is waited for, in seconds; a longer one is reported instead."""
_WORTH_REPORTING = 1.0
"""Waits longer than this, in seconds, are reported to the operator."""

CALL_TIMEOUT_S = 30.0
"""Seconds that one call may take in total.

An answer that comes one byte at a time never exceeds another limit.
"""
SLOWEST_UPLOAD = 64 * 1024
"""Bytes per second: an upload may take the time that this rate needs beyond `CALL_TIMEOUT_S`."""

MAX_REQUESTS = 4
"""Maximum number of times a request is sent: the first and its retries (`_should_retry` has the
rule).

Uploads (`uploads.MAX_UPLOAD_ATTEMPTS`) and first connections (`connector.MAX_CONNECTION_ATTEMPTS`)
have limits of their own.
"""

MAX_RESPONSE_BYTES = 16 * 1024 * 1024
_PACKED = ("", "identity", "gzip", "deflate")
MAX_DIGITS = 19

_VERSIONS = {"Reactor-API-Version": "1", "Reactor-API-Accept-Version": "1"}
SIGNALLING = {"Reactor-WebRTC-Version": "1.0"}
"""The header of calls about a connection."""


class ApiError(StageError):
    """The platform refused a request, or could not be reached.

    `status` is the HTTP status, 0 if there was no response.
    """

    def __init__(
        self, message: str, hint: str | None, status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response: `body` is its JSON object, empty if it has none."""

    status: int
    body: Mapping[str, Any]
    text: str = ""
    retry_after: float | None = None


_HINTS: dict[int, tuple[str, str | None]] = {
    401: (
        "the key or the token was not accepted",
        f"check {KEY_VARIABLE}: is it complete, and still valid?",
    ),
    402: (
        "the account has no credits left",
        "add credits in Reactor's dashboard, then perform again",
    ),
    403: (
        "the key does not give access to this",
        "does the key belong to the account that created the session?",
    ),
    404: (
        "it does not exist",
        "is the address right, the model's name too, and the session still alive?",
    ),
    409: (
        "something else is running there",
        (
            "a local runtime plays one session at a time: end the other one, or take it over with "
            "--resume"
        ),
    ),
    413: ("it is too large", "use a smaller file"),
    422: (
        "the request was not understood",
        "this program and the platform disagree about the protocol; is there a newer version?",
    ),
    426: (
        "this program's protocol is too old for the platform",
        "install a newer version of helios-sequencer",
    ),
    429: (
        "too many sessions or requests at once",
        "an account may run 5 sessions: end one, or wait a little",
    ),
    501: (
        "the platform does not know this version of the protocol",
        "the server must be updated, or another --url used",
    ),
    503: ("it is not ready", "wait a little: a model that is being loaded takes minutes"),
}


class _Masked(logging.Filter):
    """Keeps secret addresses (presigned URLs) out of the HTTP client's own log.

    Only their host is logged.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._shown(one) for one in record.args)
        return True

    @staticmethod
    def _shown(value: object) -> object:
        if isinstance(value, httpx.URL):
            return f"{value.scheme}://{value.host}/…"
        return value


class ApiClient:
    """The client of one address, `base`."""

    def __init__(
        self,
        base: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 10.0,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.base = base
        self._notice = notice or (lambda _: None)
        trusts = transport is None and not is_loopback(base)
        context = tls_context(trusts)
        proxies = Proxies(base) if trusts else None
        self._proxy = None if proxies is None else proxies.variable
        self._is_closed = False
        self._resolves = transport is None
        """Whether host names are resolved: not where another transport replaces the network."""
        self._mask = _Masked()
        self._logger = logging.getLogger("httpx")
        self._logger.addFilter(self._mask)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=min(5.0, timeout)),
            transport=transport,
            verify=context,
            mounts=None if proxies is None else proxies.transports(context),
            trust_env=False,
            follow_redirects=False,
            headers={"Accept-Encoding": "gzip, deflate"},
            limits=httpx.Limits(max_connections=8),
        )

    async def ask(
        self,
        what: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        retry_safe: bool | None = None,
    ) -> Response:
        """Send a request and return the response.

        429 and 503 are waited for as the platform asks, up to `MAX_RETRY_AFTER_S`; other 5xx are
        repeated if that is safe.

        Args:
            what: The request in words (“making a session”), for messages.
            method: The HTTP method.
            path: The path below `base`.
            body: The JSON object to send, if any.
            headers: Additional headers, such as the one that authorises the request.
            retry_safe: Whether the request may safely be repeated if there was no response; by
                default GET, PUT and DELETE may.

        Raises:
            ApiError: The request was refused, or there was no response.
        """
        safe = method in ("GET", "PUT", "DELETE") if retry_safe is None else retry_safe
        tries = 0
        while True:
            tries += 1
            try:
                return await self._once(what, method, path, body, headers)
            except ApiError as error:
                if tries >= MAX_REQUESTS or not _should_retry(error, safe):
                    raise
                wait = (
                    error.retry_after if error.retry_after is not None else 0.25 * 2 ** (tries - 1)
                )
                if wait > _WORTH_REPORTING:
                    self._notice(
                        f"{error.message}; trying again in {_span(wait)}, as the platform asks"
                    )
                await asyncio.sleep(wait)

    def _check_open(self, what: str) -> None:
        if self._is_closed:
            raise ApiError(f"{what}: the run is over", None)

    async def _once(
        self,
        what: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str] | None,
    ) -> Response:
        self._check_open(what)
        try:
            request = self._client.build_request(
                method,
                self.base + path,
                json=None if body is None else dict(body),
                headers={**_VERSIONS, **(headers or {})},
            )
            async with asyncio.timeout(CALL_TIMEOUT_S):
                response = await self._client.send(request, stream=True)
                try:
                    data = await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise unreachable(what, self.base, httpx.ReadTimeout(""), self._proxy) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(what, self.base, error, self._proxy) from None
        answer = Response(
            status=response.status_code,
            body=_object(data),
            text=data.decode("utf-8", "replace"),
            retry_after=_retry_after(response),
        )
        if answer.status >= 400:
            raise refused(what, answer)
        return answer

    async def put(self, url: str, data: bytes, mime_type: str, progress: Any = None) -> int:
        """PUT bytes to a presigned address and return the HTTP status.

        The address needs no other authorisation.

        Args:
            url: The presigned address.
            data: The bytes.
            mime_type: Their media type.
            progress: Called with the number of bytes sent and the total.

        Raises:
            ApiError: There was no response. Its text does not contain the address.
        """

        async def pieces() -> Any:
            step = 64 * 1024
            for offset in range(0, len(data), step):
                yield data[offset : offset + step]
                if progress is not None:
                    progress(min(len(data), offset + step), len(data))

        headers = {"Content-Type": mime_type, "Content-Length": str(len(data))}
        self._check_open("uploading")
        await self._check_called("uploading", url)
        try:
            request = self._client.build_request("PUT", url, content=pieces(), headers=headers)
            async with asyncio.timeout(CALL_TIMEOUT_S + len(data) / SLOWEST_UPLOAD):
                response = await self._client.send(request, stream=True)
                await response.aclose()
        except TimeoutError:
            raise unreachable("uploading", self.base, httpx.WriteTimeout("")) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable("uploading", self.base, error) from None
        return response.status_code

    async def _check_called(self, what: str, url: str) -> None:
        """Check an address that the platform gave, and what its name resolves to.

        Raises ApiError.
        """
        if not may_be_called(url, self.base):
            raise ApiError(f"{what}: the platform gave an address that is not allowed here", None)
        host = origin(url)[1]
        if self._resolves and not is_same_origin(url, self.base) and not is_this_machine(host):
            try:
                found = await asyncio.get_running_loop().getaddrinfo(host, None)
            except OSError:
                return  # the call itself reports it, in its own words
            except UnicodeError:
                found = []  # a name that cannot be resolved
            if not found or not all(is_public_address(str(where[0])) for *_, where in found):
                raise ApiError(
                    f"{what}: the platform gave an address that is not allowed here", None
                )

    async def fetch(
        self,
        what: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        most: int = MAX_RESPONSE_BYTES,
    ) -> tuple[int, bytes, float | None]:
        """GET up to `most` bytes and return (status, bytes, Retry-After).

        Authorisation is only sent to the platform's own site. Raises ApiError, also for an address
        that must not be called.
        """
        self._check_open(what)
        await self._check_called(what, url)
        try:
            proof = {**_VERSIONS, **(headers or {})} if is_same_origin(url, self.base) else {}
            response = await self._client.send(
                self._client.build_request("GET", url, headers=proof), stream=True
            )
            try:
                data = await _read(response, most)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(what, self.base, error, self._proxy) from None
        return response.status_code, data, _retry_after(response)

    async def close(self) -> None:
        """Close every connection; later requests fail because the run is over."""
        self._is_closed = True
        self._logger.removeFilter(self._mask)
        await self._client.aclose()


def _should_retry(error: ApiError, safe: bool) -> bool:
    """Return whether a request is sent again.

    It always is after 429 and 503; after no response or another 5xx, only if that is safe.
    """
    if error.retry_after is not None and error.retry_after > MAX_RETRY_AFTER_S:
        return False
    if error.status in (429, 503):
        return True
    return safe and (error.status == 0 or (error.status >= 500 and error.status != 501))


async def _read(response: httpx.Response, most: int = MAX_RESPONSE_BYTES) -> bytes:
    # With several layers of compression a few bytes become gigabytes in one piece, and other
    # codings have no limit on how much a byte expands to.
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in _PACKED:
        raise httpx.DecodingError("compressed in a way that was not requested")
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > most:
            raise httpx.DecodingError("the answer is too large")
    return bytes(data)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = clean_text(
            json.loads(data, parse_int=_whole)
        )  # only finite numbers and complete characters
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _whole(digits: str) -> int:
    """Return an integer that a float can hold. Raises ValueError."""
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number of the platform has too many digits")
    return int(digits)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After: a number, or the time until a date.

    The time is measured by the platform's own clock if it sends that.
    """
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        at = _date(text)
        if at is None:
            return None
        seconds = (
            at - (_date(response.headers.get("Date", "")) or datetime.now(UTC))
        ).total_seconds()
    return max(0.0, seconds)


def _date(text: str) -> datetime | None:
    """Parse an HTTP date; None if it is not valid."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _span(seconds: float) -> str:
    """Describe a waiting time."""
    if not seconds < 86_400:
        return "a day or more"
    return f"{seconds:.0f} s" if seconds < 1800 else f"{seconds / 60:.0f} min"


def refused(what: str, answer: Response) -> ApiError:
    """Return the error for a response with a status of 400 or more."""
    reason, hint = _HINTS.get(
        answer.status,
        ("the platform has an internal error", "try again; if it persists, report it to Reactor")
        if answer.status >= 500
        else ("it was refused", None),
    )
    if answer.status in (429, 503) and answer.retry_after is not None:
        hint = f"{hint}; the platform asks to try again in {_span(answer.retry_after)}"
    detail = _detail(answer.body.get("detail"))
    return ApiError(
        f"{what}: {reason} (HTTP {answer.status}{detail})", hint, answer.status, answer.retry_after
    )


def _detail(detail: object) -> str:
    if isinstance(detail, list):  # how FastAPI reports what was wrong with a body
        detail = "; ".join(
            str(one.get("msg", one)) if isinstance(one, Mapping) else str(one) for one in detail[:3]
        )
    if not isinstance(detail, str) or not detail:
        return ""
    text = "".join(char if char.isprintable() else " " for char in detail[:300])
    return f": {redact(text)}"


def unreachable(what: str, base: str, error: Exception, proxy: str | None = None) -> ApiError:
    """Return the error for a request without a response.

    Only the error's kind is reported: a library's text could contain an address. `proxy` is the
    environment variable that names the proxy of the request.
    """
    host = urlsplit(base).hostname or base
    text = str(error).lower()
    local = is_loopback(base)
    hint: str | None
    match error:
        case httpx.ProxyError():
            reason, hint = (
                f"the proxy that {proxy or 'the environment'} names does not connect to {host}",
                "check that variable, and the proxy itself",
            )
        case httpx.ConnectError() | httpx.ConnectTimeout() if proxy is not None and not _is_of_tls(
            text
        ):
            reason = f"{host} cannot be reached through the proxy that {proxy} names"
            hint = (
                f"check {proxy}, and the network; hosts to reach without a proxy go into NO_PROXY"
            )
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            reason, hint = f"{host} does not answer", "check the network"
        case httpx.TimeoutException():
            reason, hint = f"{host} took too long to answer", "check the network, then try again"
        case httpx.ConnectError() if _is_of_tls(text):
            reason = f"the connection to {host} is not safe: its certificate was not accepted"
            hint = "check the date of this machine, and whether there is a proxy in between"
        case httpx.ConnectError() if any(
            one in text for one in ("name or service", "nodename", "getaddrinfo", "resolution")
        ):
            reason, hint = (
                f"{host} is unknown: the name was not found",
                "check the network and the spelling of --url",
            )
        case httpx.ConnectError() if local:
            reason, hint = (
                f"no server is running at {base}",
                "start one: `sequencer serve`, or a local runtime; then try again",
            )
        case httpx.ConnectError():
            reason, hint = f"{host} cannot be reached", "check the network"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            reason, hint = "the platform gave an address that is not valid", None
        case _:
            reason, hint = (
                f"the connection to {host} broke ({type(error).__name__})",
                "check the network, then try again",
            )
    return ApiError(f"{what}: {reason}", hint)


def _is_of_tls(text: str) -> bool:
    """Whether an error's text, in lower case, is about a certificate."""
    return "certificate" in text or "ssl" in text or "tls" in text
