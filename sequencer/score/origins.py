"""Where a node came from: the field that every node of a score ends with."""

from __future__ import annotations

from dataclasses import field

from sequencer.errors import NOWHERE, Span


def origin() -> Span:
    """A dataclass field for a `Span`. It takes no part in equality: two nodes are equal when they say the same."""
    return field(default=NOWHERE, compare=False, repr=False)
