"""What the targets share: how a broken promise is told, and bytes as text."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


class BrokenError(AssertionError):
    """A promise that a target holds besides the common one was broken."""


def text_of(data: bytes) -> str:
    """The text that an input stands for."""
    return data.decode("utf-8", "replace")
