"""Questions about paths that are answered, whatever the path: `pathlib` raises where a folder may not be searched.

Before Python 3.14 `Path.is_file` and its relatives raise PermissionError for a path in a folder that may not be searched and
OSError for a name that is too long. Here the answer is no; whoever then opens the path gets the error, and reports it.
"""

from __future__ import annotations

import os
import os.path
from contextlib import suppress
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is a regular file that can be seen."""
    return os.path.isfile(path)  # noqa: PTH113  # pathlib's raises, see above


def is_folder(path: Path) -> bool:
    """Whether there is a folder that can be seen."""
    return os.path.isdir(path)  # noqa: PTH112  # pathlib's raises, see above


def remove(path: Path) -> None:
    """Remove what was left half written; what cannot be removed stays, for another error is already on its way."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """Where the folder `path` is written until it is whole: beside it, under a hidden name. Raises OSError.

    A path without a name of its own, such as `.`, is looked up first.
    """
    named = path if path.name else path.resolve()
    return named.with_name(f".{named.name}.partial") if named.name else named


def possible_name(text: str, most: int) -> str:
    """The beginning of a text that a file's name can hold: at most so many bytes, in the encoding of file names here."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        text = text.encode("ascii", "ignore").decode("ascii")
    while len(os.fsencode(text)) > most:
        text = text[:-1]
    return text


def exists(path: Path) -> bool:
    """Whether there is anything that can be seen."""
    return os.path.exists(path)  # noqa: PTH110  # pathlib's raises, see above
