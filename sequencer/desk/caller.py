"""The other end of the door: find a run that is going on, and tell it something."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from sequencer.desk.door import FILE, LONGEST, OTHERS_WORD
from sequencer.desk.words import IgnoredError
from sequencer.errors import InputError, UsageError
from sequencer.paths import is_file, partial_of

PATIENCE = 5.0
HIGHEST_PORT = 65535


def is_going_on(folder: Path) -> bool:
    """Return whether a run's folder has a door that somebody answers at: its process lives."""
    try:
        where = json.loads((folder / FILE).read_text(encoding="utf-8")[:LONGEST])
        with socket.create_connection(("127.0.0.1", int(where["port"]) % (HIGHEST_PORT + 1)), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(json.dumps({"word": str(where["word"]), "say": ""}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * LONGEST))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(answer, dict) and answer.get("error") != OTHERS_WORD


def tell(run: Path, text: str) -> str | None:
    """Tell the run in a folder (by the name it has now, or will have) what an operator says; returns what it answers.

    Raises InputError where no run is going on there, UsageError where the run does not understand, and IgnoredError where
    nothing in the run waits for it.
    """
    note = _note(run)
    try:
        with note.open(encoding="utf-8") as file:
            where = json.loads(file.read(LONGEST))
        port, word = int(where["port"]) % (HIGHEST_PORT + 1), str(where["word"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise InputError(f"{note} cannot be read", "is the run yours, and still going on?") from None
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(json.dumps({"word": word, "say": text}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(2 * LONGEST))
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
