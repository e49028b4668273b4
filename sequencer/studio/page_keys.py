"""The keys of the studio's pages: who may do what.

A key is in the fragment of a page's address, which browsers never send, and is the first message on
each websocket. Cookies would be received by every other program that serves on this machine.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from sequencer.studio.protocol import Role

KEY_BYTES = 16
"""The length of a key: 128 bits cannot be guessed over a network."""
MAX_KEY_LENGTH = 64
"""The longest text that is compared, in characters."""


def _new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKeys:
    """One key for each role, new for each process. They are never shown in a representation."""

    operator: str = field(default_factory=_new_key, repr=False)
    remote: str = field(default_factory=_new_key, repr=False)
    viewer: str = field(default_factory=_new_key, repr=False)

    def of(self, role: Role) -> str:
        """Return the key of a role."""
        return {"operator": self.operator, "remote": self.remote, "viewer": self.viewer}[role]

    def find_role(self, key: str) -> Role | None:
        """Return the role of a key, or None. The time that it takes does not depend on the key."""
        given = key[:MAX_KEY_LENGTH].encode("utf-8", "replace")
        found: Role | None = None
        roles: tuple[Role, ...] = ("operator", "remote", "viewer")
        for role in roles:
            if hmac.compare_digest(given, self.of(role).encode()):
                found = role
        return found
