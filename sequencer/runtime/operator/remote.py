"""Connect `sequencer tell RUN …` with a run in progress, on the loopback interface only.

While the server is open, the run's folder contains `desk.json` with the port and a secret word, so
that only users who may read the folder can send commands. Each call is one line of JSON, and so is
its answer:

- call: ``{"word": …, "say": "go exit"}``
- accepted: ``{"told": "go exit"}``, with an ``answer`` if there is more to report
- refused: ``{"error": …, "hint": …, "code": …}``, with the exit code for `tell`
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.core.paths import is_file, partial_of, remove, write_error
from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.runtime.output.run_folder import RUNS_FOLDER

FILE = "desk.json"
MAX_CALL_BYTES = 256 * 1024
"""The longest call, in bytes: more than the longest prompt needs, however it is encoded."""
MAX_WORD_BYTES = 1024
"""More than the rest of a call has, in bytes."""
NOT_THIS_RUN = "this is not the password of the run"
"""The answer to a call with the word of another run."""
REQUEST_TIMEOUT_S = 5.0
"""Seconds in which a caller must send its line."""

MAX_CALLERS = 32
"""The most callers at once; another one disconnects the one that has waited longest."""


Handle = Callable[[str], "str | Awaitable[str | None] | None"]
"""Handles a command, at once or after a while. It may return an answer."""


class RemoteControlServer:
    """Accepts operator commands on a free port and passes each to `handle`.

    `handle` may return an answer, or an awaitable one, and raises UsageError for an invalid
    command.
    """

    def __init__(self, folder: Path, handle: Handle) -> None:
        self._path = folder / FILE
        self._handle = handle
        self._word = secrets.token_hex(16)
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.StreamWriter, None] = {}
        """The connected callers, the longest waiting first."""

    async def open(self) -> None:
        """Listen, and write the address into the run's folder. Raises OutputError."""
        try:
            self._server = await asyncio.start_server(
                self._called, "127.0.0.1", 0, limit=MAX_CALL_BYTES
            )
        except OSError as error:
            raise OutputError(
                f"commands of `sequencer tell` cannot be received: {error.strerror or error}"
            ) from None
        if not self._server.sockets:  # asyncio skips sockets that the system does not provide
            raise OutputError(
                "commands of `sequencer tell` cannot be received: no socket is available",
                "close other programs",
            )
        port = self._server.sockets[0].getsockname()[1]
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"port": port, "word": self._word}, file)
        except OSError as error:
            await self.close()
            raise write_error(self._path, error) from None

    async def close(self) -> None:
        """Stop listening and remove `desk.json`. Safe to call twice."""
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
            answer = await self._answer(line)
            writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # a caller that hangs up, sends nothing or too much must not disturb the show
        finally:
            self._callers.pop(writer, None)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            call = json.loads(line)
            json.dumps(
                call, ensure_ascii=False
            ).encode()  # JSON can encode a lone surrogate, which later code cannot
        except (ValueError, RecursionError):
            call = None
        if (
            not isinstance(call, dict)
            or not isinstance(call.get("word"), str)
            or not isinstance(call.get("say"), str)
        ):
            return {"error": "this is not a request"}
        if not hmac.compare_digest(call["word"].encode(), self._word.encode()):
            return {"error": NOT_THIS_RUN}
        try:
            answer = self._handle(call["say"])
            if isinstance(answer, Awaitable):
                answer = await answer
        except UsageError as error:
            return {"error": error.message, "hint": error.hint, "code": error.exit_code}
        return {"told": call["say"]} if answer is None else {"told": call["say"], "answer": answer}


ANSWER_TIMEOUT_S = 5.0
MAX_PORT = 65535


def is_going_on(folder: Path) -> bool:
    """Return whether the process of a run still answers at the address in the run's folder."""
    try:
        where = json.loads((folder / FILE).read_text(encoding="utf-8")[:MAX_CALL_BYTES])
        with socket.create_connection(
            ("127.0.0.1", int(where["port"]) % (MAX_PORT + 1)), ANSWER_TIMEOUT_S
        ) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.sendall(json.dumps({"word": str(where["word"]), "say": ""}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * MAX_CALL_BYTES))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("error") != NOT_THIS_RUN


def runs_in_progress(folder: Path) -> Iterator[Path]:
    """Yield the runs in a folder, and in `runs` below it, that are in progress, by final names."""
    for parent in (folder, folder / RUNS_FOLDER):
        try:
            inside = sorted(entry for entry in parent.iterdir() if is_file(entry / FILE))
        except OSError:
            continue  # it does not exist, or may not be read
        for run in inside:
            if is_going_on(run):
                final = run.name.removeprefix(".").removesuffix(".partial")
                is_partial = run == partial_of(run.with_name(final))
                yield run.with_name(final) if is_partial else run


def send_command(run: Path, text: str) -> str | None:
    """Send an operator command to the run in a folder.

    Args:
        run: The run's folder, by its present or its final name.
        text: The command.

    Returns:
        The run's answer, or None.

    Raises:
        InputError: No run is in progress there.
        UsageError: The command is not valid.
        IgnoredError: Nothing in the run waits for the command.
    """
    if len(json.dumps(text)) > MAX_CALL_BYTES - MAX_WORD_BYTES:
        raise UsageError(
            f"this command has {len(text):,} characters, which is too long",
            f"the longest prompt has {MAX_PROMPT_LENGTH:,} characters",
        )
    note = _note(run)
    try:
        with note.open(encoding="utf-8") as file:
            where = json.loads(file.read(MAX_CALL_BYTES))
        port, word = int(where["port"]) % (MAX_PORT + 1), str(where["word"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise InputError(
            f"{note} cannot be read", "is the run yours, and still in progress?"
        ) from None
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_S) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.sendall(json.dumps({"word": word, "say": text}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * MAX_CALL_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"the run in {run} does not answer: {error}", "it may have ended or been killed"
        ) from None
    if not isinstance(answer, dict):
        raise InputError(
            f"the program that answers for the run in {run} is not a run",
            "it may have ended or been killed",
        )
    if "told" not in answer:
        hint = answer.get("hint")
        kind = IgnoredError if answer.get("code") == IgnoredError.exit_code else UsageError
        raise kind(
            str(answer.get("error", "the run did not understand the command")),
            hint if isinstance(hint, str) else None,
        )
    answered = answer.get("answer")
    return answered if isinstance(answered, str) else None


def _note(run: Path) -> Path:
    for folder in (run, partial_of(run)):
        if is_file(folder / FILE):
            return folder / FILE
    raise InputError(
        f"no run is in progress in {run}", "name the folder that `sequencer perform` writes"
    )
