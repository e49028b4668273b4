"""Checks and operations on paths that do not raise where `pathlib` does.

Before Python 3.14 `Path.is_file` and similar methods raise PermissionError for a path in a folder
without search permission and OSError for a name that is too long. Here the answer is False; opening
the path then raises the error, and the caller reports it.
"""

from __future__ import annotations

import errno
import os
import os.path
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize

from sequencer.core.errors import OutputError

_FULL_ERRNOS = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)
)


def is_file(path: Path) -> bool:
    """Whether the path is an accessible regular file."""
    return os.path.isfile(path)  # noqa: PTH113  # pathlib's version raises, see above


def is_folder(path: Path) -> bool:
    """Whether the path is an accessible folder."""
    return os.path.isdir(path)  # noqa: PTH112  # pathlib's version raises, see above


def remove(path: Path) -> None:
    """Remove a partially written file.

    Errors are ignored, because another error is already being raised.
    """
    with suppress(OSError):
        path.unlink(missing_ok=True)


def write_error(path: Path, error: Exception, hint: str | None = None) -> OutputError:
    """Return the error of a file or folder that cannot be written, with its cause.

    Args:
        path: The file or folder.
        error: What the system, or the library that wrote, reported.
        hint: What to do, if neither the disk is full nor a folder is missing.
    """
    number = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or str(error)
    if number in _FULL_ERRNOS:
        hint = "is the disk full?"
    elif number == errno.ENOENT and not exists(path.parent):
        reason = f"there is no folder {path.parent}"
        hint = hint or "create the folder first, or write to another one"
    return OutputError(f"{path} cannot be written: {reason}", hint)


def check_no_link(path: Path) -> None:
    """Check that a path is not a symbolic link, which could point to any of the user's files.

    Raises OSError.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def partial_of(path: Path) -> Path:
    """Return where the folder `path` is written until it is complete, under a hidden name.

    The result is next to `path`. Raises OSError.

    A path without a name of its own, such as `.`, is resolved first.
    """
    named = path if path.name else path.resolve()
    return named.with_name(f".{named.name}.partial") if named.name else named


def possible_name(text: str, most: int) -> str:
    """Return the beginning of a text that fits into a file name of at most `most` bytes.

    Bytes are counted in the local file-name encoding.
    """
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        text = text.encode("ascii", "ignore").decode("ascii")
    while len(os.fsencode(text)) > most:
        text = text[:-1]
    return text


def as_stored(path: Path) -> Path:
    """Return the path with each name in the Unicode form that the disk uses.

    `é` is one character or two, `e` and an accent: systems and archives differ, and users cannot
    see the difference. If a file exists exactly as the path spells it, that file is used; otherwise
    the file whose name is the same text. If neither exists, the path itself is returned.

    Raises:
        OSError: Several files have that name in different forms.
    """
    if str(path).isascii() or exists(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[1:] if path.anchor else path.parts:
        step = found / part
        found = step if part.isascii() or exists(step) else found / _stored(found, part)
    return found


def _stored(folder: Path, name: str) -> str:
    """Return how a folder spells a name that it does not contain as written."""
    meant = normalize("NFC", name)
    try:
        same = [
            one.name
            for one in os.scandir(folder)
            if not one.name.isascii() and normalize("NFC", one.name) == meant
        ]
    except OSError:
        return name  # opening the file raises the reason
    if len(same) > 1:
        reason = "several files have this name in different Unicode forms, so rename all but one"
        raise OSError(errno.EINVAL, reason, str(folder / name))
    return same[0] if same else name


def exists(path: Path) -> bool:
    """Whether the path exists and is accessible."""
    return os.path.exists(path)  # noqa: PTH110  # pathlib's version raises, see above


def list_files_below(top: Path) -> Callable[[str], Iterator[str]]:
    """Return a function that lists a folder below another one.

    It yields the names of files, and those of folders with `/` at the end. Hidden ones are left
    out. Of a folder that is not below `top`, or cannot be read, it yields nothing.
    """

    def list_files(folder: str) -> Iterator[str]:
        try:
            inside = (top / folder).resolve().is_relative_to(top.resolve())
            for entry in (top / folder).iterdir() if inside else ():
                if not entry.name.startswith("."):
                    yield f"{entry.name}/" if entry.is_dir() else entry.name
        except (OSError, ValueError, RuntimeError):  # circular links before Python 3.13
            return

    return list_files
