"""Fuzz targets for the studio: what a page sends on its two websockets."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sequencer.core.errors import UsageError
from sequencer.runtime.operator.commands import parse_operator_command
from sequencer.studio.frames import CREDIT, DRAWN, PageError, Viewer
from sequencer.studio.requests import (
    CommandMessage,
    Edit,
    id_of,
    parse_key,
    parse_request,
)
from sequencer.studio.text_buffer import TextBuffer, read_changes
from tests.fuzz.frames import journaled
from tests.fuzz.promises import BrokenError

MAX_MESSAGE_LENGTH = 1_000
"""The longest refusal, in characters."""


def page_messages(data: bytes) -> None:
    """Receive messages of a page, one on each line: each is a request or is refused in a sentence;
    edits keep a text that can be saved, and commands are those of an operator.
    """
    buffer = TextBuffer.of('at 0c "A lamp: é, 夜, 🌧."\n')
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        text = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        parse_key(text)
        id_of(text)
        try:
            request = parse_request(text)
            match request:
                case Edit():
                    changes = [
                        {"from": one.start, "to": one.end, "text": one.text}
                        for one in request.changes
                    ]
                    buffer = buffer.changed(read_changes(changes))
                    buffer.text.encode("utf-8")
                case CommandMessage():
                    journaled(parse_operator_command(request.command)(5))
                case _:
                    pass
        except UsageError as error:
            if len(error.message) > MAX_MESSAGE_LENGTH + len(text):
                raise BrokenError(f"a refusal of {len(error.message)} characters") from None


def page_message_samples() -> Iterator[bytes]:
    """Yield a message of each kind, and some of them on lines after each other."""
    messages: tuple[dict[str, object], ...] = (
        {"t": "key", "key": "x" * 22},
        {"t": "ping", "id": 1},
        {"t": "edit", "version": 1, "changes": [{"from": 0, "to": 2, "text": "on"}]},
        {"t": "edit", "version": 2, "changes": [{"from": 18, "to": 20, "text": "🌧\ud83c"}]},
        {"t": "ask", "id": 2, "what": "hover", "version": 1, "at": 4},
        {"t": "command", "id": 3, "run": "r", "command": "note D3"},
        {"t": "command", "id": 3, "run": "r", "command": 'prompt "A lamp." at next bar'},
        {"t": "take_over", "id": 4, "run": "r", "version": 3, "where": "bar"},
        {"t": "undo", "id": 5, "run": "r"},
        {"t": "save", "id": 6, "version": 3, "name": "new.score"},
        {"t": "mode", "id": 7, "mode": "rehearse", "options": {"from": "drop 2"}},
        {"t": "lock", "id": 8, "locked": False},
        {"t": "open", "id": 9, "file": "a.score"},
        {"t": "learn", "id": 10, "pad": None},
    )
    encoded = [json.dumps(one).encode() for one in messages]
    yield from encoded
    yield b"\n".join(encoded)


def frame_answers(data: bytes) -> None:
    """Receive answers of a page to frames, each after its length: a page never has more credit
    than it began with, and anything but an answer ends it.
    """
    viewer = Viewer(lambda: None)
    viewer.credit = 0
    at = 0
    while at < len(data):
        size, answer = data[at] % 4, data[at + 1 : at + 1 + data[at] % 4]
        at += 1 + size
        try:
            viewer.answer(answer)
        except PageError:
            return
        if answer != DRAWN or not 0 <= viewer.credit <= CREDIT:
            raise BrokenError(f"{answer!r} was accepted; the credit is {viewer.credit}")


def frame_answer_samples() -> Iterator[bytes]:
    """Yield answers that are right, too many, and none."""
    yield b"\x01\x01\x01\x01"
    yield b"\x01\x01" * 4
    yield b"\x01\x02"
    yield b"\x00\x02\x01\x01"
