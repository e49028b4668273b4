"""The other end of the door: find a run that is going on, and tell it something."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from sequencer.desk.door import FILE, LONGEST
from sequencer.errors import UsageError

PATIENCE = 5.0


def tell(run: Path, text: str) -> None:
    """Tell the run in a folder (by the name it has now, or will have) what an operator says.

    Raises UsageError where no run is going on there, or where the run does not understand.
    """
    note = _note(run)
    try:
        where = json.loads(note.read_text(encoding="utf-8"))
        port, word = int(where["port"]), str(where["word"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{note} cannot be read", "is the run yours, and still going on?") from None
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(json.dumps({"word": word, "say": text}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline(LONGEST))
    except (OSError, ValueError) as error:
        raise UsageError(f"the run in {run} does not answer: {error}", "it may have ended, or was killed") from None
    if "told" not in answer:
        raise UsageError(str(answer.get("error", "the run did not understand")), answer.get("hint"))


def _note(run: Path) -> Path:
    for folder in (run, run.with_name(f".{run.name}.partial")):
        if (folder / FILE).is_file():
            return folder / FILE
    raise UsageError(f"no run is going on in {run}", "name the folder that `sequencer perform` writes")
