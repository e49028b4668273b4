"""JSON files of other programs with unusual numbers and texts in valid structures.

Bytes changed at random are rarely JSON, so that the readers would seldom get beyond the syntax.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.fuzz.targets import TARGETS

TRIED = 60
"""Number of changed documents of each kind."""

NUMBERS = [
    *(0, 0.0001, 1, 1.375, 0.6875, 0.68750001, 2.0625, 33, 99, 1e5, 999_999.9, 1_000_000),
    *(4.0999999999999, 1 / 3, 24, 23.976, -1, 1e9),
]
TEXTS = [
    *("", "  ", "\n", "a\0b", "x" * 100, "{a}", "\\", '"', "${x}", "A | B", "--neg x", "cut"),
    *("e\u0301", "\u202e", "漢", "a.png", "\ud800", "x" * 20_001, "{line}"),
]


def changed(value: Any, chance: random.Random) -> Any:
    """Return a value with some of its parts changed, doubled or left out."""
    match value:
        case dict():
            return {
                key: changed(part, chance) for key, part in value.items() if chance.random() > 0.02
            }
        case list():
            parts = [changed(part, chance) for part in value]
            if parts and chance.random() < 0.3:
                parts += [changed(chance.choice(value), chance) for _ in range(3)]
            return parts
        case bool() | None:
            return value
        case int() | float():
            return chance.choice(NUMBERS) if chance.random() < 0.4 else value
        case _:
            return chance.choice(TEXTS) if chance.random() < 0.15 else value


@pytest.mark.parametrize("name", ["film-director", "scope", "deforum", "parseq", "ltx-director"])
def test_unusual_values(name: str) -> None:
    chance = random.Random(name)
    target = TARGETS[name]
    documents = [json.loads(seed) for seed in target.seeds() if seed[:1] in b"[{"]
    for _ in range(TRIED):
        data = json.dumps(changed(chance.choice(documents), chance)).encode()
        try:
            target.run(data)
        except Exception as error:
            error.add_note(f"the input of {name}: {data!r}")
            raise
