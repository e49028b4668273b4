"""What hands and callers say: words, keys, calls at the door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from fuzz.frames import journaled
from fuzz.promises import text_of

from sequencer.desk.door import Door
from sequencer.desk.typing import Typing
from sequencer.desk.words import said
from sequencer.errors import UsageError


def desk(data: bytes) -> None:
    """Words make an event that a journal takes, or a UsageError; keys and calls at the door never raise."""
    text = text_of(data)
    typing = Typing()
    for one in (text, *filter(None, map(typing.feed, text))):
        try:
            journaled(said(one)(5))
        except UsageError:
            continue
    door = Door(Path("nowhere"), _heard)
    json.dumps(door._answer(data), ensure_ascii=False).encode()
    word = json.dumps({"word": door._word, "say": text}).encode()
    json.dumps(door._answer(word), ensure_ascii=False).encode()


def _heard(words: str) -> None:
    said(words)(1)


def words() -> Iterator[bytes]:
    yield from (
        b"go exit",
        b"note C3",
        b"note 60 ch 10 vel 90",
        b"cc 20=70",
        b"cc 20 70 ch 3",
        b"program 5",
        b"pause",
        b"resume",
        b"start",
        b"offset -40ms",
        b"clip 30s",
        b"finish",
        b":note C3\r",
        b"g exit\r",
        b"qq",
        b'{"word": "a", "say": "go exit"}',
    )
