"""The session: made, watched and ended over HTTP, with its token, its billed time and warnings.

The warnings come before the session's limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sequencer.core.errors import StageError
from sequencer.core.secrets import Secret
from sequencer.core.timebase import SECOND
from sequencer.stages.reactor.http import ApiClient, ApiError, Response
from sequencer.stages.reactor.settings import ReactorSettings

if TYPE_CHECKING:
    from sequencer.sync.run_clock import Clock

WARNINGS = (120, 30)
"""Seconds before the session's end at which a warning is given."""


class SessionTime:
    """The time of one session on the run's clock.

    `limit` is in seconds; `notice` receives the warnings.
    """

    def __init__(
        self,
        clock: Clock,
        limit: float,
        notice: Callable[[str], None],
        *,
        made_at: int | None = None,
        kept_at: int | None = None,
    ) -> None:
        """Note a session that is not made yet.

        Args:
            clock: The run's clock.
            limit: How many seconds it may last.
            notice: Receives the warnings.
            made_at: When it was made, if an earlier run has left it, in nanoseconds.
            kept_at: When that run ended: what is billed from then on belongs to this one.
        """
        self._clock = clock
        self._limit = limit
        self._notice = notice
        self._made_at, self._kept_at = made_at, kept_at
        self._made: int | None = None
        self._billed_from: int | None = None
        self._closed: int | None = None
        self._warned: set[int] = set()

    def begin(self) -> None:
        """Note that the session was made or adopted: from now on it is billed."""
        now = self._clock.now()
        self._made = now if self._made_at is None else self._made_at
        self._billed_from = now if self._kept_at is None else self._kept_at

    @property
    def made_at(self) -> int:
        """When the session was made, in nanoseconds."""
        return self._clock.now() if self._made is None else self._made

    def end(self) -> None:
        """Note that the session is closed; later time is not billed."""
        if self._closed is None:
            self._closed = self._clock.now()

    @property
    def billed(self) -> int:
        """Nanoseconds for which the run is billed, to the session's end, or until now."""
        if self._billed_from is None:
            return 0
        return (self._clock.now() if self._closed is None else self._closed) - self._billed_from

    def warn(self) -> None:
        """Give the warnings that are due, each once."""
        if self._made is None:
            return
        left = self._limit - (self._clock.now() - self._made) / SECOND
        for before in WARNINGS:
            if left <= before and before not in self._warned and before < self._limit:
                self._warned.add(before)
                self._notice(
                    f"the session's limit of {self._limit / 60:.0f} min comes in "
                    f"{max(0, left):.0f} s"
                )


RENEWED_BEFORE = 60.0
"""Seconds before its expiry at which a token is renewed."""

MAX_SESSION_S = 6 * 3600
MAX_TOKEN_LENGTH = 8192
"""Characters; the token travels in a header."""
MARGIN = 300
"""Seconds by which a token is requested to outlive its session."""


class Token:
    """Provides the headers that authorise requests; none in local mode.

    Local mode needs no authorisation.
    """

    def __init__(self, platform: ApiClient, settings: ReactorSettings) -> None:
        self._platform = platform
        self._settings = settings
        self._jwt: Secret | None = None
        self._expires = 0.0
        self._session = settings.adopt
        self._lock = asyncio.Lock()

    def bind(self, session: str) -> None:
        """Restrict new tokens to this session from now on."""
        self._session = session

    async def headers(self) -> dict[str, str]:
        """Return the headers for one call.

        Raises ApiError if a token cannot be had, StageError without a key.
        """
        if self._settings.local:
            return {}
        async with self._lock:
            if self._jwt is None or time.time() > self._expires - RENEWED_BEFORE:
                await self._mint()
        jwt = self._jwt
        return {} if jwt is None else {"Authorization": f"Bearer {jwt.reveal()}"}

    def forget(self) -> None:
        """Drop the token, which was no longer accepted: the next call requests a new one."""
        self._jwt = None

    async def _mint(self) -> None:
        key = self._settings.checked_key()
        seconds = min(MAX_SESSION_S, self._settings.session_seconds + MARGIN)
        body = {"authorization_details": [self._scope()], "expires_after": seconds}
        answer = await self._platform.ask(
            "getting a token",
            "POST",
            "/tokens",
            body,
            {"Reactor-API-Key": key.reveal()},
            retry_safe=True,
        )
        jwt, expires = answer.body.get("jwt"), answer.body.get("expires_at")
        if (
            not isinstance(jwt, str)
            or not jwt
            or not jwt.isascii()
            or not jwt.isprintable()
            or len(jwt) > MAX_TOKEN_LENGTH
        ):
            raise StageError(
                "getting a token: the answer contains none", "is --url the platform's address?"
            )
        self._jwt = Secret(jwt)
        known = isinstance(expires, int | float) and not isinstance(expires, bool)
        self._expires = float(expires) if known else time.time() + seconds  # type: ignore[arg-type]  # `known` has checked it

    def _scope(self) -> dict[str, object]:
        """Return the narrowest sufficient scope: one session of the model, or the existing one."""
        if self._session is not None:
            return {
                "type": "session",
                "resources": {"models": {"all": True}, "sessions": {"bind": [self._session]}},
            }
        return {
            "type": "session",
            "resources": {"models": {"match": [self._settings.model]}},
            "constraints": {
                "max_sessions": 1,
                "max_session_duration_seconds": self._settings.session_seconds,
            },
        }


OVER = ("CLOSED", "INACTIVE", "TERMINATED", "CLOSING")
"""Final states."""

BUSY = 409
"""The HTTP status with which a local runtime refuses a request that its state does not allow."""

CLOSING = ("CLOSING", "READY")
"""States of a local runtime that accepts a new session soon, or now."""

CLOSING_SECONDS = 15.0
"""How long a local runtime's previous session may take to close."""

CLIENT = {"sdk_version": "1.0", "sdk_type": "helios-sequencer"}


@dataclass(frozen=True, slots=True)
class Track:
    """A track as the platform describes it.

    `direction` is the client's: `recvonly` is what the model sends.
    """

    name: str
    kind: str
    direction: str


class Session:
    """One session. Every call carries a valid token."""

    def __init__(self, platform: ApiClient, token: Token, settings: ReactorSettings) -> None:
        self._platform = platform
        self._token = token
        self._settings = settings
        self.id = ""
        self.tracks: tuple[Track, ...] = ()
        self.version = ""
        """The version that the server reports, if it reports one."""
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether there is a session that has to be closed."""
        return self._is_open

    async def open(
        self, waiting: Callable[[str], None], made: Callable[[], None] = lambda: None
    ) -> None:
        """Make or adopt a session and wait until it accepts a connection.

        Args:
            waiting: Receives the platform's state while it is waited for.
            made: Called when the session exists: from then on it is billed.

        Raises:
            ApiError: The platform refused a request, or did not answer.
            StageError: The session is over, or no GPU was free in time.
        """
        if self._settings.local:
            body = await self._open_local()
        elif self._settings.adopt is not None:
            self.id = self._settings.adopt
            body = {}
        else:
            body = await self._create()
        self._is_open = True
        self._token.bind(self.id)
        made()
        self._describe(body if self._settings.local else await self._wait(waiting))

    @property
    def path(self) -> str:
        """The session's path, its id quoted so that it is one segment whatever it contains.

        Raises StageError.
        """
        if not self.id.strip("."):
            raise StageError(
                f"{self.id!r} is not the name of a session", "is --url the platform's address?"
            )
        return f"/sessions/{quote(self.id, safe='')}"

    async def _open_local(self) -> Mapping[str, Any]:
        if self._settings.adopt is not None:
            answer = await self.ask("finding the session", "GET", "/session")
            self.id = str(answer.body.get("session_id", ""))
            state = str(answer.body.get("state", "")).upper()
            if (
                not answer.body.get("capabilities")
                or state in OVER
                or self.id != self._settings.adopt
            ):
                raise StageError("the session of the run is over", "perform the score again")
        else:
            answer = await self._start_local()
            self.id = str(answer.body.get("session_id", ""))
        return answer.body

    async def _start_local(self) -> Response:
        """Start a local runtime's session.

        A runtime of version 3 answers the end of a session before it has closed it.
        """
        deadline = time.monotonic() + CLOSING_SECONDS
        while True:
            try:
                return await self.ask("starting a session", "POST", "/start_session", {})
            except ApiError as error:
                if (
                    error.status != BUSY
                    or time.monotonic() > deadline
                    or not await self._is_closing()
                ):
                    raise
            await asyncio.sleep(0.2)

    async def _is_closing(self) -> bool:
        """Whether a local runtime is closing its session, or has closed it since a refusal.

        The refusal is that of another session.
        """
        try:
            body = (await self.ask("finding the session", "GET", "/session")).body
        except ApiError:
            return False  # the earlier refusal counts, not this one
        return str(body.get("state", "")).upper() in CLOSING

    async def _create(self) -> Mapping[str, Any]:
        body = {
            "model": {"name": self._settings.model},
            "client_info": CLIENT,
            "supported_transports": [{"protocol": "webrtc", "version": "1.0"}],
        }
        answer = await self.ask("creating a session", "POST", "/sessions", body)
        self.id = str(answer.body.get("session_id", ""))
        if not self.id:
            raise StageError(
                "creating a session: the answer names none", "is --url the platform's address?"
            )
        return answer.body

    async def _wait(self, waiting: Callable[[str], None]) -> Mapping[str, Any]:
        deadline, pause = time.monotonic() + self._settings.waiting_seconds, 0.2
        while True:
            body = (await self.ask("requesting the session", "GET", self.path)).body
            state = str(body.get("state", "")).upper()
            if state in OVER:
                self._is_open = False
                raise StageError(
                    f"the session is {state} before it began"
                    if self._settings.adopt is None
                    else "the session of the run is over",
                    "perform the score again; if this persists, the model is not available now",
                )
            if body.get("selected_transport") and body.get("capabilities"):
                return body
            if time.monotonic() > deadline:
                raise StageError(
                    (
                        f"no GPU was free for {self._settings.waiting_seconds:.0f} s (the session "
                        f"is {state or 'in no state'})"
                    ),
                    "try again later",
                )
            waiting(state)
            await asyncio.sleep(pause)
            pause = min(10.0, pause * 2)

    def _describe(self, body: Mapping[str, Any]) -> None:
        capabilities = body.get("capabilities")
        capabilities = capabilities if isinstance(capabilities, Mapping) else {}
        listed = capabilities.get("tracks")
        self.tracks = tuple(
            Track(
                str(one.get("name", "")),
                str(one.get("kind", "video")),
                str(one.get("direction", "recvonly")),
            )
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, Mapping)
        ) or (Track("main_video", "video", "recvonly"),)
        server = body.get("server_info")
        self.version = str(server.get("server_version", "")) if isinstance(server, Mapping) else ""

    async def state(self) -> str:
        """Return the session's state as the platform spells it, in upper case. Raises ApiError."""
        path = "/session" if self._settings.local else self.path
        body = (await self.ask("requesting the session", "GET", path)).body
        if self._settings.local and not body.get("capabilities"):
            return "CLOSED"
        return str(body.get("state", "")).upper()

    async def is_ours(self) -> bool:
        """Whether ending the session ends no other one: a local runtime has only one at a time."""
        if not self._settings.local:
            return True
        try:
            body = (await self.ask("finding the session", "GET", "/session")).body
        except ApiError:
            return True  # ending it explains what is wrong
        return bool(body.get("capabilities")) and body.get("session_id") == self.id

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
        """Send a request with a token, renewing it once if it is no longer accepted.

        Raises ApiError.
        """
        try:
            proof = await self._token.headers()
            return await self._platform.ask(
                what, method, path, body, {**proof, **(headers or {})}, retry_safe=retry_safe
            )
        except ApiError as error:
            if error.status != 401 or self._settings.local or "getting a token" in error.message:
                raise
            self._token.forget()
        proof = await self._token.headers()
        return await self._platform.ask(
            what, method, path, body, {**proof, **(headers or {})}, retry_safe=retry_safe
        )

    async def close(self) -> None:
        """Close the session.

        Raises ApiError if this fails: then it may continue to run, and cost, until its timeout.
        """
        if not self._is_open:
            return
        try:
            if self._settings.local:
                await self.ask("ending the session", "POST", "/stop_session", {}, retry_safe=True)
            else:
                await self.ask("ending the session", "DELETE", self.path)
        except ApiError as error:
            if error.status not in (400, 404, 409):  # over already
                raise
        self._is_open = False

    def forget(self) -> None:
        """Mark the session as over: there is nothing left to close."""
        self._is_open = False
