"""What a page may request, by the role of its key."""

from __future__ import annotations

from sequencer.core.errors import UsageError
from sequencer.studio.protocol import Role
from sequencer.studio.requests import Ask, CommandMessage, Request

ALLOWED: dict[Role, tuple[type, ...]] = {"remote": (CommandMessage, Ask), "viewer": (Ask,)}
"""The kinds of requests of pages without the operator's key."""
QUESTIONS = frozenset({"file", "images"})
"""What such a page may ask."""
OPERATOR_COMMANDS = frozenset({"finish", "reload", "undo"})
"""Operator commands that only a page with the operator's key may give."""
HINT = "use the page of the operator"


def check_permission(role: Role, request: Request) -> None:
    """Check that a page may request something. Raises UsageError."""
    if role == "operator":
        return
    if not isinstance(request, ALLOWED[role]):
        raise UsageError("this page may not do that", HINT)
    if isinstance(request, Ask) and request.what not in QUESTIONS:
        raise UsageError("this page may not ask that", HINT)
    if isinstance(request, CommandMessage):
        words = request.command.split(maxsplit=1)
        if words and words[0] in OPERATOR_COMMANDS:
            raise UsageError(f"a remote may not {words[0]} the show", HINT)
