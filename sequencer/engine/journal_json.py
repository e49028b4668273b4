"""Write the JSON of a journal's lines.

The text is that of Python's encoder, without spaces and with all characters as they are. It takes a
third of the time, because records are flat and short, and their texts and scheduled prompts repeat.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

dumps: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Write any value."""

MAX_TEXTS = 256
"""How many texts are remembered as they are written."""
MAX_PAIRS = 16_384
"""How many scheduled prompts are remembered as they are written."""


SLICE = 64
"""How many values of a list `dumps_in_slices` writes at once."""


def dumps_in_slices(value: object) -> str:
    """Return what `dumps` returns, writing some values at a time, so that other threads can run."""
    return "".join(_slices(value))


def _slices(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for number, (key, inner) in enumerate(value.items()):
            yield f"{',' if number else '{'}{dumps(key)}:"
            yield from _slices(inner)
        yield "}"
    elif isinstance(value, list) and len(value) > SLICE:
        for start in range(0, len(value), SLICE):
            yield f"{',' if start else '['}{dumps(value[start : start + SLICE])[1:-1]}"
        yield "]"
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield "," if number else "["
            yield from _slices(inner)
        yield "]"
    else:
        yield dumps(value)


def write_record(fields: Mapping[str, Any]) -> str:
    """Return the JSON of the fields of an event or a command: what `dumps` returns."""
    parts = [
        f'"{name}":{_WRITERS.get(type(value), dumps)(value)}'
        if name != "scheduled"
        else f'"scheduled":{_write_pairs(value)}'
        for name, value in fields.items()
    ]
    return f"{{{','.join(parts)}}}"


def _write_pairs(pairs: Iterable[tuple[int, str]]) -> str:
    """Return the JSON of scheduled prompts, most of which were written with the last state too."""
    return f"[{','.join(map(_pair, pairs))}]"


_pair = lru_cache(MAX_PAIRS)(dumps)
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    int: repr,
    str: lru_cache(MAX_TEXTS)(dumps),
    bool: {False: "false", True: "true"}.__getitem__,
    type(None): lambda _: "null",
}
