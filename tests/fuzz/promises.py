"""Code that the fuzz targets share: the error for a violated property, and bytes as text."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


class BrokenError(AssertionError):
    """A property that a target has in addition to the common one does not hold."""


def text_of(data: bytes) -> str:
    """Return the text that an input represents."""
    return data.decode("utf-8", "replace")
