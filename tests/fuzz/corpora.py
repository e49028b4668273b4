"""Stored inputs:

`corpora/NAME.jsonl`, one input per line, as JSON strings whose characters represent bytes
(Latin-1).

`findings/NAME.jsonl` has the same format and contains every input that once broke something.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent


def kept(folder: str, name: str) -> list[bytes]:
    """Return the inputs of a target in `corpora` or `findings`."""
    path = HERE / folder / f"{name}.jsonl"
    if not path.is_file():
        return []
    return [
        json.loads(line).encode("latin-1") for line in path.read_text(encoding="ascii").splitlines()
    ]


def keep(folder: str, name: str, inputs: Iterable[bytes]) -> None:
    """Write the inputs without duplicates, the shortest first."""
    path = HERE / folder / f"{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [
        json.dumps(one.decode("latin-1"))
        for one in sorted(set(inputs), key=lambda one: (len(one), one))
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
