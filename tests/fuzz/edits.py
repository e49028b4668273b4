"""Build journals and schedules from recorded ones by a few edits, so that most inputs can still be
read.

An input that begins with `{` is used as it is. Any other input is a recipe: a byte chooses the
document, and edits of five bytes each follow: the operation, the position (two bytes), and another
position or a value (two bytes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

ODD: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        7,
        127,
        128,
        255,
        2**31,
        2**53 + 1,
        2**63,
        10**30,
        1.5,
        -0.0,
        1e308,
    ),
    *(
        "",
        "0",
        "-1",
        "1/3",
        "1e999",
        "9" * 40,
        "a",
        "a\x1b[2Jb",
        "\u202e",
        "\ud800",
        "a" * 300,
        "start",
        "landed",
        "following",
    ),
    *(
        [],
        {},
        [0],
        {"kind": "prompt", "text": "A."},
        "prompt",
        "cut",
        "image",
        "chunk_done",
        "woke",
        "ready",
        "2x",
        "4x",
        "off",
    ),
)
"""Replacement values. One of them is a lone surrogate, because JSON can encode it."""

MOST_EDITS = 40


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from _paths(value[number], (*path, number))


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


def edited(recipe: bytes, documents: Sequence[Any]) -> Any:
    """Return a document with the recipe's edits.

    `documents` are JSON values, which are not modified.
    """
    document = json.loads(json.dumps(documents[recipe[0] % len(documents)]))
    paths = list(_paths(document))
    for start in range(1, min(len(recipe), 5 * MOST_EDITS) - 4, 5):
        what, where, other = (
            recipe[start],
            *(int.from_bytes(recipe[start + at : start + at + 2]) for at in (1, 3)),
        )
        path = paths[where % len(paths)]
        try:
            inside, key = _at(document, path[:-1]), path[-1]
            match what % 6:
                case 0 | 1:
                    inside[key] = deepcopy(
                        ODD[other % len(ODD)]
                    )  # a later edit may put something into it
                case 2:
                    inside[key] = json.loads(json.dumps(_at(document, paths[other % len(paths)])))
                case 3:
                    del inside[key]
                case 4 if isinstance(inside, list) and isinstance(key, int):
                    inside.insert(key, json.loads(json.dumps(inside[other % len(inside)])))
                case 5 if isinstance(inside, list) and isinstance(key, int):
                    other %= len(inside)
                    inside[key], inside[other] = inside[other], inside[key]
                case _:
                    inside[key] = other if isinstance(inside[key], int) else str(other)
        except (KeyError, IndexError, TypeError, ZeroDivisionError):
            continue  # an earlier edit removed this position
    return document


def recipes(documents: Sequence[Any]) -> Iterator[bytes]:
    """Yield seeds: each document unchanged, and with each kind of edit once."""
    for number in range(len(documents)):
        yield bytes((number,))
        for what in range(7):
            yield bytes((number, what, 0, 20 + 9 * what, 0, 3 * what))
