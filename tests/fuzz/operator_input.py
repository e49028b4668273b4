"""Fuzz targets for operator input: scripted events, keys, and remote control calls."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Self, cast
from unittest import mock

from sequencer.core.errors import UsageError
from sequencer.runtime.live.stages import load_session
from sequencer.runtime.operator import remote as caller
from sequencer.runtime.operator.commands import parse_operator_command
from sequencer.runtime.operator.keyboard import KeyInterpreter
from sequencer.runtime.operator.remote import (
    FILE,
    MAX_CALL_BYTES,
    RemoteControlServer,
    send_command,
)
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.stages.reactor.settings import ReactorSettings, find_key
from tests.fuzz.frames import journaled
from tests.fuzz.promises import BrokenError, text_of


def operator_message(data: bytes) -> None:
    """Parse words into an event that a journal accepts, or a UsageError.

    Keys and remote control calls never raise. Every call is answered, and without the run's
    password no command is handled.
    """
    text = text_of(data)
    try:
        journaled(parse_scripted_event(text).at(3))
    except UsageError as error:
        str(error)
    typing = KeyInterpreter()
    for one in (text, *filter(None, map(typing.feed, text))):
        try:
            journaled(parse_operator_command(one)(5))
        except UsageError:
            continue
    _loop().run_until_complete(_call(data, text))


async def _call(data: bytes, text: str) -> None:
    """Send the bytes, and a valid call with the text, to a run that handles commands at once and to
    one that handles them after a while.
    """
    handled: list[str] = []

    def handle(command: str) -> str | None:
        handled.append(command)
        parse_operator_command(command)(1)
        return command if len(handled) > 1 else None

    async def handle_later(command: str) -> str | None:
        await asyncio.sleep(0)
        return handle(command)

    for server in (
        RemoteControlServer(Path("nowhere"), handle),
        RemoteControlServer(Path("nowhere"), handle_later),
    ):
        handled.clear()
        answer = await _answer_of(server, data)
        if handled or "error" not in answer:
            raise BrokenError("a command was handled without the password of the run")
        call = json.dumps({"word": server._word, "say": text}).encode()
        for number in (1, 2):  # the second is answered with a text
            answer = await _answer_of(server, call)
            if len(handled) != number:
                raise BrokenError(f"{len(handled)} of {number} commands were handled")
            expected = {"told": text} | ({"answer": text} if number == 2 else {})
            if "error" not in answer and answer != expected:
                raise BrokenError(f"the answer is {answer}")


async def _answer_of(server: RemoteControlServer, line: bytes) -> dict[str, Any]:
    """Return what the server answers to a caller that sends these bytes and hangs up."""
    reader, writer = asyncio.StreamReader(limit=MAX_CALL_BYTES), _Writer()
    reader.feed_data(line)
    reader.feed_eof()
    await server._called(reader, cast(asyncio.StreamWriter, writer))
    if not writer.is_closed:
        raise BrokenError("the connection is open after the answer")
    answer: dict[str, Any] = json.loads(writer.written)
    return answer


class _Writer:
    """A connection that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    async def drain(self) -> None:
        return

    def close(self) -> None:
        self.is_closed = True


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def words() -> Iterator[bytes]:
    yield from (
        b"go exit",
        b"note C3",
        b"note 60 ch 10 vel 90",
        b"release C3",
        b'osc /drop 1 0.5 "a" true',
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


# ---- files for other processes -------------------------------------------------------------------


@cache
def _folder() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    kept = tempfile.TemporaryDirectory(prefix="fuzz-notes-")
    return kept, Path(kept.name)


def note(data: bytes) -> None:
    """Call a run.

    The first line is the file with which the run announces itself, the rest is the answer of its
    server.

    The same bytes are also used as a key file, as an address of the platform, and as the saved
    session of a run that broke off.
    """
    folder = _folder()[1]
    first, _, rest = data.partition(b"\n")
    (folder / FILE).write_bytes(first)
    with mock.patch.object(caller, "socket", _Answering(rest)):
        try:
            answered = send_command(folder, "go on")
        except UsageError as error:
            str(error)
        else:
            if answered is not None:
                answered.encode("utf-8", "surrogatepass")
    (folder / "key").write_bytes(data)
    try:
        str(find_key({}, folder / "key"))
    except UsageError as error:
        if data and len(data) > 6 and text_of(data) in str(error):
            raise BrokenError("a key is revealed in an error") from None
    for local in (True, False):
        try:
            ReactorSettings(url=text_of(data), local=local).base()
        except UsageError as error:
            str(error)
    try:
        session, uploads = load_session(text_of(data))
    except ValueError:
        return
    journaled_session = json.dumps([session, *map(str, uploads)])
    journaled_session.encode()


class _Answering:
    """Replaces the `socket` module of the caller: every connection answers with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def create_connection(self, address: tuple[str, int], timeout: float) -> _Answering:
        if address[0] != "127.0.0.1" or not 0 <= address[1] <= 65535:
            raise BrokenError(f"{address} was called")
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def settimeout(self, seconds: float) -> None:
        return

    def sendall(self, data: bytes) -> None:
        return

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._answer)


def notes() -> Iterator[bytes]:
    """Yield announcements, answers, keys, addresses, and saved sessions."""
    yield b'{"port": 5004, "word": "a"}\n{"told": "go on"}\n'
    yield b'{"port": 5004, "word": "a"}\n{"error": "no", "hint": "write go"}\n'
    yield b'{"port": 5004, "word": "a"}\n{"told": "clip", "answer": "yes"}\n'
    yield b"rk_live_0123456789abcdef\n"
    yield b"https://api.reactor.inc/"
    yield b"http://[::1]:8080"
    yield b'{"session": "s1", "uploads": {"00": {"id": "u", "name": "a.png", "mime_type": "image/png", "size": 5}}}'
