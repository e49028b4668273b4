"""The fast path reads lines written as this version writes them; the slow path reads all others.

Both give the same result.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sequencer.core.errors import JournalError
from sequencer.engine.journal import Record, _chain, _quickly, _thoroughly, parse_journal

JOURNALS = sorted((Path(__file__).parents[2] / "data" / "journals").glob("*.jsonl"))
BEFORE = "0123456789abcdef"
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.0,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "7",
    "ready",
    [],
    [[1, "x"]],
    {},
    [3],
)


def sealed(body: str) -> bytes:
    line = body.encode("utf-8", "surrogatepass")
    return line[:-1] + f',"d":"{_chain(BEFORE, line)}"}}'.encode()


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def bodies() -> list[str]:
    """Return one line of each kind that the journals contain."""
    found: dict[str, str] = {}
    for path in JOURNALS:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            value = json.loads(line)
            value.pop("d")
            what = value.get("event") or value.get("command")
            found.setdefault("end" if what is None else what["kind"], written(value))
    return list(found.values())


Read = tuple[Record, str, Iterable[str]]
"""A record, the digest after it, and the texts it defines."""


def thoroughly(line: bytes, number: int) -> Read | str:
    try:
        read = _thoroughly(2, line, True, number, BEFORE)
    except JournalError as error:
        return error.message
    assert read is not None
    return read


def same(quick: Read | None, thorough: Read | str) -> bool:
    """Return whether the fast path, if it read the line, agrees with the slow path.

    Compares `repr`, because NaN != NaN.
    """
    return quick is None or repr(quick) == repr(thorough)


def changed(value: Any, chance: random.Random) -> Any:
    """Return a record with one odd change."""
    value = json.loads(written(value))
    node: dict[str, Any] = value
    for key in ("event", "command"):
        if isinstance(value.get(key), dict) and chance.random() < 0.7:
            node = value[key]
    key = chance.choice(list(node))
    match chance.randrange(4):
        case 0:
            del node[key]
        case 1:
            node[chance.choice(("event", "command", "end", "at", "n", "extra"))] = chance.choice(
                ODD
            )
        case _:
            node[key] = chance.choice(ODD)
    return value


@pytest.mark.parametrize(
    "body", bodies(), ids=lambda body: json.loads(body).get("event", {}).get("kind", body[:40])
)
def test_every_kind_is_read_quickly_and_the_same(body: str) -> None:
    number = json.loads(body)["n"]
    quick = _quickly(2, sealed(body), number, BEFORE)
    assert quick is not None
    assert quick == thoroughly(sealed(body), number)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_odd_is_never_read_quickly_as_something_else(seed: int) -> None:
    chance = random.Random(seed)
    refused = 0
    for body in bodies():
        for _ in range(40):
            number = json.loads(body)["n"]
            line = sealed(written(changed(json.loads(body), chance)))
            quick, thorough = _quickly(2, line, number, BEFORE), thoroughly(line, number)
            assert same(quick, thorough), line
            refused += isinstance(thorough, str)
    assert refused > 100


@pytest.mark.parametrize(
    "body",
    [
        '{"n":1,"n":2,"at":0,"end":"x"}',
        '{"n":2,"n":1,"at":0,"end":"x"}',
        '{"n":1,"at":0,"event":{"at":0,"at":5,"kind":"lost","kind":"restored"}}',
        '{"n":1,"at":0,"event":{"at":0,"kind":"go","name":"\\ud800"}}',
        '{"n":1,"at":0,"event":{"at":0,"kind":"go","name":"\ud800"}}',
        '{"n":1,"at":0,"event":{"at":0,"kind":"clip","seconds":1' + "0" * 5000 + "}}",
        '{"n":1,"at":0,"event":{"at":0,"kind":"go","name":"x"},"command":{"kind":"start"}}',
        '{"n":1,"at":0,"event":null,"command":{"kind":"start"}}',
        '{"n":1,"at":0,"event":{"at":0,"kind":"go","name":"x"},"command":7}',
        '{"n":1,"at":true,"end":"x"}',
        '{"n":1,"at":0,"texts":null,"end":"x"}',
        '{"n":1,"at":0,"texts":["a","b"],"end":"x"}',
        '{"n":1,"at":0,"texts":["a",7],"end":"x"}',
        ' {"n":1,"at":0,"end":"x"}',
        '[{"n":1,"at":0,"end":"x"}',
        "{" * 5000,
    ],
)
def test_what_only_people_write(body: str) -> None:
    line = sealed(body)
    assert same(_quickly(2, line, 1, BEFORE), thoroughly(line, 1))


def test_nothing_follows_the_digest() -> None:
    """Content that no digest covers could be changed unnoticed."""
    text = JOURNALS[0].read_text(encoding="utf-8")
    lines = text.splitlines()
    lines[3] = lines[3][:-1] + ',"at":5}'
    with pytest.raises(JournalError, match="the chain of digests is broken here"):
        parse_journal(("\n".join(lines) + "\n").encode())
