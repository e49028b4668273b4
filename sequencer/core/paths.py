"""Questions about paths that are answered, whatever the path: `pathlib` raises where a folder may not be searched.

Before Python 3.14 `Path.is_file` and its relatives raise PermissionError for a path in a folder that may not be searched and
OSError for a name that is too long. Here the answer is no; whoever then opens the path gets the error, and reports it.
"""

from __future__ import annotations

import errno
import os
import os.path
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize


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


def check_no_link(path: Path) -> None:
    """See that a path is no symbolic link: a stranger's could lead to any file of its reader's. Raises OSError."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


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


def as_stored(path: Path) -> Path:
    """The path with each name in the Unicode form in which the disk has it.

    `é` is one character or two, `e` and an accent: systems and archives differ, and nobody sees it. A file that is there as the
    path spells it is taken; otherwise the one whose name is the same text. The path itself where there is none.

    Raises OSError where several files have that name in different forms.
    """
    if str(path).isascii() or exists(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        step = found / part
        found = step if part.isascii() or exists(step) else found / _stored(found, part)
    return found


def _stored(folder: Path, name: str) -> str:
    """How a folder spells a name that it does not have as it is written."""
    meant = normalize("NFC", name)
    try:
        same = [one.name for one in os.scandir(folder) if not one.name.isascii() and normalize("NFC", one.name) == meant]
    except OSError:
        return name  # whoever opens it gets the reason
    if len(same) > 1:
        reason = "several files have this name in different Unicode forms, so rename all but one"
        raise OSError(errno.EINVAL, reason, str(folder / name))
    return same[0] if same else name


def exists(path: Path) -> bool:
    """Whether there is anything that can be seen."""
    return os.path.exists(path)  # noqa: PTH110  # pathlib's raises, see above
