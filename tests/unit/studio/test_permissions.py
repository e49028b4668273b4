"""What pages may request, by the role of their key."""

from __future__ import annotations

from typing import cast, get_args

import pytest
from pydantic import BaseModel

from sequencer.core.errors import UsageError
from sequencer.studio.permissions import check_permission
from sequencer.studio.protocol import Role
from sequencer.studio.requests import Ask, CommandMessage, Request

ROLES: tuple[Role, ...] = ("operator", "remote", "viewer")


def request_of(kind: type[BaseModel]) -> Request:
    made = kind.model_construct(t="x", id=1, what="links", run="r", command="pause", version=1)
    return cast("Request", made)


@pytest.mark.parametrize("kind", get_args(Request), ids=lambda kind: kind.__name__)
def test_an_operator_may_request_everything_and_others_what_is_listed(
    kind: type[BaseModel],
) -> None:
    allowed: list[str] = []
    for role in ROLES:
        try:
            check_permission(role, request_of(kind))
        except UsageError:
            continue
        allowed.append(role)
    expected = {"CommandMessage": ["operator", "remote"]}
    assert allowed == expected.get(kind.__name__, ["operator"])


@pytest.mark.parametrize("role", ["remote", "viewer"])
def test_pages_without_the_operators_key_ask_only_for_files_and_images(role: Role) -> None:
    for what in ("file", "images"):
        check_permission(role, Ask(t="ask", id=1, what=what))
    for what in ("links", "scores", "hover", "freeze", "bundle", "prompt", ""):
        with pytest.raises(UsageError):
            check_permission(role, Ask(t="ask", id=1, what=what))


@pytest.mark.parametrize("command", ["finish", " finish", "finish ", "reload", "undo at bar"])
def test_a_remote_cannot_end_or_change_the_show(command: str) -> None:
    with pytest.raises(UsageError, match="may not"):
        check_permission("remote", CommandMessage(t="command", id=1, run="r", command=command))
