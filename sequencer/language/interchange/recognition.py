"""Recognise JSON files by their keys, without errors."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sequencer.language.interchange.imported import UnreadableError
from sequencer.language.interchange.json_input import looks_like_json, parse_json


@lru_cache(maxsize=1)
def keys_of(data: bytes) -> dict[str, Any]:
    """Return the content of a JSON object; empty for anything else. Never raises an exception.

    The readers ask for the same file in turn, so the last one is kept.
    """
    if not looks_like_json(data):
        return {}
    try:
        content = parse_json(data).content
    except UnreadableError:
        return {}
    return content if isinstance(content, dict) else {}
