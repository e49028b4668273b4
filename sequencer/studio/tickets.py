"""Files that a page may fetch: each has a ticket, which is requested over the page's websocket.

The key of a page is never part of an address, and a `<video>` element cannot send one. A ticket is
valid for one file, for as long as the page that requested it is connected: a browser fetches a
video in many requests, so that a ticket for one request would not be enough.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

MAX_TICKETS = 64
"""The most tickets of one page; with the next one, its oldest ends."""
TICKET_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a ticket stands for: a file, its media type, and whether it is saved as `filename`."""

    path: Path
    content_type: str
    filename: str | None = None


class Tickets:
    """The tickets of all pages. A page is any object; it is compared by identity."""

    def __init__(self) -> None:
        self._of_pages: dict[int, dict[str, Ticket]] = {}

    def issue(
        self, page: object, path: Path, content_type: str, filename: str | None = None
    ) -> str:
        """Return the address of a file for a page.

        Args:
            page: The page's connection.
            path: The file.
            content_type: Its media type.
            filename: The name under which a browser saves it; None to show it.
        """
        tickets = self._of_pages.setdefault(id(page), {})
        name = secrets.token_urlsafe(TICKET_BYTES)
        tickets[name] = Ticket(path=path, content_type=content_type, filename=filename)
        while len(tickets) > MAX_TICKETS:
            del tickets[next(iter(tickets))]
        return f"/files/{name}"

    def find(self, name: str) -> Ticket | None:
        """Return what a ticket stands for, or None if it is not valid (any more)."""
        for tickets in self._of_pages.values():
            if name in tickets:
                return tickets[name]
        return None

    def end(self, page: object) -> None:
        """End all tickets of a page that is no longer connected."""
        self._of_pages.pop(id(page), None)
