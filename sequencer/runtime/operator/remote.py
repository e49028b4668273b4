"""The door of a run that is going on: takes what `sequencer tell RUN …` says, on the loopback interface only.

The run's folder holds `desk.json` while the door is open: the port and a word that only those can know who may read the
folder. Each call is one line of JSON each way: ``{"word": …, "say": "go exit"}`` → ``{"told": "go exit"}`` (with an
``answer``, where there is more to say) or ``{"error": …, "hint": …, "code": …}`` with the exit code for `tell`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.core.paths import is_file, partial_of, remove
from sequencer.runtime.operator.commands import IgnoredError

FILE = "desk.json"
MAX_CALL_BYTES = 4096
"""The longest call, in bytes."""
NOT_THIS_RUN = "this is not the run's word"
"""The answer to a call that names the word of another run."""
REQUEST_TIMEOUT_S = 5.0
"""Seconds that a caller may take to say its line."""

MAX_CALLERS = 32
"""Callers at once; one more makes the longest waiting one go."""


class RemoteControlServer:
    """Opens on a free port; `hear(text)` gets what is said, may answer, and raises UsageError for what makes no sense."""

    def __init__(self, folder: Path, hear: Callable[[str], str | None]) -> None:
        self._path = folder / FILE
        self._hear = hear
        self._word = secrets.token_hex(16)
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.StreamWriter, None] = {}
        """Those that are being listened to, the longest waiting first."""

    async def open(self) -> None:
        """Listen, and say where in the run's folder. Raises OutputError."""
        try:
            self._server = await asyncio.start_server(self._called, "127.0.0.1", 0, limit=MAX_CALL_BYTES)
        except OSError as error:
            raise OutputError(f"`sequencer tell` cannot be listened for: {error.strerror or error}") from None
        if not self._server.sockets:  # asyncio passes over sockets that the system does not give
            raise OutputError("`sequencer tell` cannot be listened for: the system gives no socket", "close other programs")
        port = self._server.sockets[0].getsockname()[1]
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"port": port, "word": self._word}, file)
        except OSError as error:
            await self.close()
            raise OutputError(f"{self._path} cannot be written: {error.strerror}") from None

    async def close(self) -> None:
        """Close the door and take the note away. Safe to call twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        remove(self._path)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers[writer] = None
        if len(self._callers) > MAX_CALLERS:
            longest = next(iter(self._callers))
            del self._callers[longest]
            longest.transport.abort()
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                line = await reader.readline()
            writer.write(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # a caller that hangs up, is silent or shouts is not our trouble: the show goes on
        finally:
            self._callers.pop(writer, None)
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            call = json.loads(line)
            json.dumps(call, ensure_ascii=False).encode()  # JSON can spell half a character, and nothing behind this can
        except (ValueError, RecursionError):
            call = None
        if not isinstance(call, dict) or not isinstance(call.get("word"), str) or not isinstance(call.get("say"), str):
            return {"error": "this is not a call"}
        if not hmac.compare_digest(call["word"].encode(), self._word.encode()):
            return {"error": NOT_THIS_RUN}
        try:
            answer = self._hear(call["say"])
        except UsageError as error:
            return {"error": error.message, "hint": error.hint, "code": error.exit_code}
        return {"told": call["say"]} if answer is None else {"told": call["say"], "answer": answer}


ANSWER_TIMEOUT_S = 5.0
MAX_PORT = 65535


def is_going_on(folder: Path) -> bool:
    """Return whether a run's folder has a door that somebody answers at: its process lives."""
    try:
        where = json.loads((folder / FILE).read_text(encoding="utf-8")[:MAX_CALL_BYTES])
        with socket.create_connection(("127.0.0.1", int(where["port"]) % (MAX_PORT + 1)), ANSWER_TIMEOUT_S) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.sendall(json.dumps({"word": str(where["word"]), "say": ""}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * MAX_CALL_BYTES))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("error") != NOT_THIS_RUN


def send_command(run: Path, text: str) -> str | None:
    """Tell the run in a folder (by the name it has now, or will have) what an operator says; returns what it answers.

    Raises InputError where no run is going on there, UsageError where the run does not understand, and IgnoredError where
    nothing in the run waits for it.
    """
    note = _note(run)
    try:
        with note.open(encoding="utf-8") as file:
            where = json.loads(file.read(MAX_CALL_BYTES))
        port, word = int(where["port"]) % (MAX_PORT + 1), str(where["word"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise InputError(f"{note} cannot be read", "is the run yours, and still going on?") from None
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_S) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.sendall(json.dumps({"word": word, "say": text}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * MAX_CALL_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"the run in {run} does not answer: {error}", "it may have ended, or was killed") from None
    if not isinstance(answer, dict):
        raise InputError(f"what answers for the run in {run} is no run", "it may have ended, or was killed")
    if "told" not in answer:
        hint = answer.get("hint")
        kind = IgnoredError if answer.get("code") == IgnoredError.exit_code else UsageError
        raise kind(str(answer.get("error", "the run did not understand")), hint if isinstance(hint, str) else None)
    said = answer.get("answer")
    return said if isinstance(said, str) else None


def _note(run: Path) -> Path:
    for folder in (run, partial_of(run)):
        if is_file(folder / FILE):
            return folder / FILE
    raise InputError(f"no run is going on in {run}", "name the folder that `sequencer perform` writes")
