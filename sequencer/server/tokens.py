"""Simulated keys and tokens: any plausible key is accepted.

Its tokens are checked as strictly as on the platform.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sequencer.server.settings import model_name

MAX_LIFETIME_S = 6 * 3600
"""The longest lifetime of a token, in seconds."""


@dataclass(slots=True, kw_only=True)
class Token:
    """What a token permits.

    `models` None means all; `bound` are sessions that it can reach besides those that it created.
    """

    expires: float
    models: tuple[str, ...] | None = None
    bound: tuple[str, ...] = ()
    most_sessions: int | None = None
    session_seconds: int | None = None
    created: list[str] = field(default_factory=list)

    def reaches(self, session: str) -> bool:
        """Return whether the token can reach this session."""
        return session in self.created or session in self.bound or "*" in self.bound

    def allows(self, model: str) -> bool:
        """Return whether the token may create sessions of this model.

        Both may be named with or without the account.
        """
        return self.models is None or model_name(model) in map(model_name, self.models)


class AskedWronglyError(ValueError):
    """A request for a token is not valid; the message states why."""


class Tokens:
    """Creates and keeps tokens, for as long as the server runs."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._minted: dict[str, Token] = {}

    def mint(self, asked: Mapping[str, object]) -> tuple[str, Token]:
        """Return a token for the body of a token request (an empty body requests all permissions).

        Raises AskedWronglyError.
        """
        seconds = asked.get("expires_after") or self._seconds
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
            raise AskedWronglyError("expires_after must be a positive whole number")
        token = Token(expires=time.time() + min(seconds, self._seconds, MAX_LIFETIME_S))
        details = asked.get("authorization_details") or []
        if not isinstance(details, list):
            raise AskedWronglyError("authorization_details must be a list")
        for detail in details:
            _restrict(token, detail)
        if not details:
            token.bound = ("*",)
        name = "eyJ" + ".".join(secrets.token_urlsafe(size) for size in (24, 48, 32))
        self._minted = {jwt: one for jwt, one in self._minted.items() if one.expires > time.time()}
        self._minted[name] = token
        return name, token

    def find(self, header: str | None) -> Token | None:
        """Return the token of an `Authorization` header; None if it is not valid.

        A token is not valid if it is not a token of this server, or has expired.
        """
        kind, _, jwt = (header or "").partition(" ")
        token = self._minted.get(jwt.strip()) if kind.lower() == "bearer" else None
        return token if token is not None and token.expires > time.time() else None

    def expire(self) -> None:
        """Invalidate every token now."""
        self._minted.clear()


def _restrict(token: Token, detail: object) -> None:
    if not isinstance(detail, Mapping) or detail.get("type") != "session":
        raise AskedWronglyError("each of authorization_details must be of type session")
    resources, constraints = _map(detail, "resources"), _map(detail, "constraints")
    models, sessions = _map(resources, "models"), _map(resources, "sessions")
    if not models.get("all"):
        match = models.get("match") or []
        if not isinstance(match, list):
            raise AskedWronglyError("models.match must be a list")
        token.models = (*(token.models or ()), *map(str, match))
    bind = sessions.get("bind") or []
    if not isinstance(bind, list):
        raise AskedWronglyError("sessions.bind must be a list")
    token.bound = (*token.bound, *map(str, bind))
    most, seconds = constraints.get("max_sessions"), constraints.get("max_session_duration_seconds")
    token.most_sessions = int(most) if isinstance(most, int | float) else token.most_sessions
    token.session_seconds = (
        int(seconds) if isinstance(seconds, int | float) else token.session_seconds
    )


def _map(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise AskedWronglyError(f"{key} must be an object")
    return found
