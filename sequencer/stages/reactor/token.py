"""The token: made from the key, for one model and one session only, kept in memory, renewed a minute before it expires."""

from __future__ import annotations

import asyncio
import time

from sequencer.errors import StageError
from sequencer.stages.reactor.hidden import Secret
from sequencer.stages.reactor.platform import Platform
from sequencer.stages.reactor.settings import ReactorSettings

RENEWED_BEFORE = 60.0
"""Seconds before its end at which a token is made anew."""

LONGEST = 6 * 3600
LONGEST_TOKEN = 8192
"""Characters; it travels in a header."""
MARGIN = 300
"""Seconds that a token is asked to live longer than its session."""


class Token:
    """Gives the headers that prove who asks; none in local mode, where nobody wants to know."""

    def __init__(self, platform: Platform, settings: ReactorSettings) -> None:
        self._platform = platform
        self._settings = settings
        self._jwt: Secret | None = None
        self._expires = 0.0
        self._session = settings.adopt
        self._lock = asyncio.Lock()

    def bind(self, session: str) -> None:
        """From here on this session is all that a new token needs to reach."""
        self._session = session

    async def headers(self) -> dict[str, str]:
        """Headers for one call. Raises PlatformError where no token can be had, StageError where there is no key."""
        if self._settings.local:
            return {}
        async with self._lock:
            if self._jwt is None or time.time() > self._expires - RENEWED_BEFORE:
                await self._mint()
        jwt = self._jwt
        return {} if jwt is None else {"Authorization": f"Bearer {jwt.reveal()}"}

    def forget(self) -> None:
        """It was not accepted any more: the next call makes a new one."""
        self._jwt = None

    async def _mint(self) -> None:
        key = self._settings.checked_key()
        seconds = min(LONGEST, self._settings.session_seconds + MARGIN)
        body = {"authorization_details": [self._scope()], "expires_after": seconds}
        answer = await self._platform.ask(
            "getting a token", "POST", "/tokens", body, {"Reactor-API-Key": key.reveal()}, again=True
        )
        jwt, expires = answer.body.get("jwt"), answer.body.get("expires_at")
        if not isinstance(jwt, str) or not jwt or not jwt.isascii() or not jwt.isprintable() or len(jwt) > LONGEST_TOKEN:
            raise StageError("getting a token: the answer holds none", "is --url the platform's address?")
        self._jwt = Secret(jwt)
        known = isinstance(expires, int | float) and not isinstance(expires, bool)
        self._expires = float(expires) if known else time.time() + seconds  # type: ignore[arg-type]  # known says so

    def _scope(self) -> dict[str, object]:
        """The narrowest that serves: one session of the model, or the session that there is already."""
        if self._session is not None:
            return {"type": "session", "resources": {"models": {"all": True}, "sessions": {"bind": [self._session]}}}
        return {
            "type": "session",
            "resources": {"models": {"match": [self._settings.model]}},
            "constraints": {"max_sessions": 1, "max_session_duration_seconds": self._settings.session_seconds},
        }
