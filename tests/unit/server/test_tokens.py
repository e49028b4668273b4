"""Tokens of the local server: what a request may ask for, and what the token then permits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from sequencer.server.tokens import MAX_LIFETIME_S, AskedWronglyError, Token, Tokens


def asked(
    resources: Mapping[str, object] | None = None, **constraints: object
) -> dict[str, object]:
    return {
        "authorization_details": [
            {"type": "session", "resources": resources or {}, "constraints": constraints}
        ]
    }


def test_an_empty_request_gives_a_token_for_everything() -> None:
    _, token = Tokens(600).mint({})
    assert (token.models, token.bound, token.most_sessions, token.session_seconds) == (
        None,
        ("*",),
        None,
        None,
    )
    assert token.allows("helios")
    assert token.reaches("any session")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (asked({"models": {"all": True}}), (None, (), None, None)),
        (asked({"models": {"match": ["helios"]}}), (("helios",), (), None, None)),
        (asked({"models": {}}), ((), (), None, None)),  # naming no model permits none
        (
            asked({"models": {"all": True}, "sessions": {"bind": ["s1", "s2"]}}),
            (None, ("s1", "s2"), None, None),
        ),
        (
            asked({"models": {"all": True}}, max_sessions=2, max_session_duration_seconds=90.7),
            (None, (), 2, 90),
        ),
    ],
)
def test_details_restrict_a_token(body: dict[str, object], expected: tuple[Any, ...]) -> None:
    _, token = Tokens(600).mint(body)
    assert (token.models, token.bound, token.most_sessions, token.session_seconds) == expected


@pytest.mark.parametrize(
    "body",
    [
        {"expires_after": -1},
        {"expires_after": "600"},
        {"expires_after": True},
        {"expires_after": 1.5},
        {"authorization_details": {"type": "session"}},
        {"authorization_details": ["session"]},
        {"authorization_details": [{"type": "account"}]},
        {"authorization_details": [{"type": "session", "resources": []}]},
        {
            "authorization_details": [
                {"type": "session", "resources": {"models": {"match": "helios"}}}
            ]
        },
        {"authorization_details": [{"type": "session", "resources": {"sessions": {"bind": "s1"}}}]},
        {"authorization_details": [{"type": "session", "constraints": 3}]},
    ],
)
def test_other_requests_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(AskedWronglyError):
        Tokens(600).mint(body)


@pytest.mark.parametrize(
    ("longest", "body", "seconds"),
    [
        (600, {}, 600),
        (600, {"expires_after": 30}, 30),
        (600, {"expires_after": 9000}, 600),
        (10**6, {}, MAX_LIFETIME_S),
        (600, {"expires_after": 0}, 600),  # like none
    ],
)
def test_how_long_a_token_is_valid(
    monkeypatch: pytest.MonkeyPatch, longest: int, body: dict[str, object], seconds: int
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert Tokens(longest).mint(body)[1].expires == 1000 + seconds


def test_a_token_is_found_by_its_header_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    tokens = Tokens(600)
    name, token = tokens.mint({})
    assert [tokens.find(header) for header in (f"Bearer {name}", f"bearer  {name} ")] == [
        token,
        token,
    ]
    assert [
        tokens.find(header)
        for header in (None, "", name, f"Basic {name}", f"Bearer {name}x", "Bearer ")
    ] == [None] * 6
    now = 1599.0
    assert tokens.find(f"Bearer {name}") is token
    now = 1600.0
    assert tokens.find(f"Bearer {name}") is None


def test_every_token_can_be_invalidated_at_once() -> None:
    tokens = Tokens(600)
    names = [tokens.mint({})[0] for _ in range(3)]
    assert len(set(names)) == 3
    tokens.expire()
    assert [tokens.find(f"Bearer {name}") for name in names] == [None] * 3


@pytest.mark.parametrize(
    ("token", "session", "reaches"),
    [
        (Token(expires=0, bound=("s1",)), "s1", True),
        (Token(expires=0, bound=("s1",)), "s2", False),
        (Token(expires=0, created=["s2"]), "s2", True),
        (Token(expires=0, bound=("*",)), "s9", True),
        (Token(expires=0), "s1", False),
    ],
)
def test_which_sessions_a_token_reaches(token: Token, session: str, reaches: bool) -> None:
    assert token.reaches(session) is reaches


@pytest.mark.parametrize(
    ("models", "model", "allowed"),
    [
        (None, "helios", True),
        ((), "helios", False),
        (("helios",), "helios", True),
        (("acme/helios",), "helios", True),
        (("helios",), "acme/helios", True),
        (("other",), "helios", False),
    ],
)
def test_which_models_a_token_allows(
    models: tuple[str, ...] | None, model: str, allowed: bool
) -> None:
    assert Token(expires=0, models=models).allows(model) is allowed
