"""The file of the score that is open: reading it, noticing changes, and saving it.

Nothing but this file is ever written. It is replaced as a whole, so that a full disk or a crash
leaves the old one, and it keeps its permissions, its newlines and its byte order mark.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.errors import InputError, OutputError, ScoreError, UsageError
from sequencer.core.paths import remove
from sequencer.language.loader import (
    NOTATION_BY_SUFFIX,
    LoadLimits,
    Notation,
    decode_score,
    load_bytes,
    suggest_file,
)

_MARK = b"\xef\xbb\xbf"

MAX_NAME_BYTES = 200
"""The longest name of a new file, in bytes: temporary files add a few to it."""

MAX_NAME_LENGTH = 40
"""How many characters of a file's name are in that of its temporary file."""

_FORBIDDEN = frozenset('/\\:*?"<>|')
"""Characters that some systems do not allow in a file's name, or that are a folder's."""


class ChangedOnDiskError(OutputError):
    """The file is not the one that was read: another program has changed or removed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFile:
    """A file as it was last read or saved.

    Attributes:
        path: The file, as it was named.
        target: The file without links: what is written.
        data: Its bytes.
        text: Its text, with `\\n` as newlines and without a byte order mark.
    """

    path: Path
    target: Path
    data: bytes
    text: str

    @property
    def notation(self) -> Notation:
        """The notation, by the file's extension."""
        return NOTATION_BY_SUFFIX[self.path.suffix.lower()]

    @property
    def newline(self) -> bytes:
        """The newline that most of its lines end with."""
        windows = self.data.count(b"\r\n")
        others = {
            b"\r\n": windows,
            b"\n": self.data.count(b"\n") - windows,
            b"\r": self.data.count(b"\r") - windows,
        }
        return max((b"\n", b"\r\n", b"\r"), key=lambda one: others[one])

    def encode(self, text: str) -> bytes:
        """Return the bytes of another text, with this file's newlines and byte order mark."""
        data = text.encode("utf-8")
        if self.newline != b"\n":
            data = data.replace(b"\n", self.newline)
        return (_MARK if self.data.startswith(_MARK) else b"") + data


def open_score(path: Path) -> ScoreFile:
    """Read the file of a score.

    Raises:
        InputError: It does not exist, or cannot be read.
        UsageError: Its name is not that of a score.
        ScoreError: It is not a text in UTF-8, or too large.
    """
    if not path.suffix and not os.path.lexists(path):
        raise InputError(f"there is no folder or score {path}", suggest_file(path))
    if path.suffix.lower() not in NOTATION_BY_SUFFIX:
        raise UsageError(
            f"{path} is not the name of a score", "the name of a score file ends in .score or .yaml"
        )
    try:
        target = path.resolve(strict=True)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", suggest_file(path)) from None
    except (OSError, RuntimeError) as error:  # before Python 3.13 circular links raise RuntimeError
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be read: {reason}") from None
    faults = Diagnostics()
    data = load_bytes(path, str(path), LoadLimits().bytes, faults)
    text = None if data is None else decode_score(data, str(path), faults)
    if data is None or text is None:
        raise ScoreError(faults.diagnostics, {})
    return ScoreFile(path=path, target=target, data=data, text=text)


def reread(file: ScoreFile) -> ScoreFile | None:
    """Return the file as it is on the disk now, or None if it does not exist any more.

    Raises the errors of `open_score` if it cannot be read.
    """
    if not os.path.lexists(file.path):  # a link to nothing exists, too
        return None
    found = open_score(file.path)
    return file if found.data == file.data and found.target == file.target else found


def save(file: ScoreFile, text: str, *, overwrite: bool = False) -> ScoreFile:
    """Replace a file's text.

    Args:
        file: The file as it was last read or saved.
        text: The new text.
        overwrite: Whether a change that another program made meanwhile is lost.

    Returns:
        The file as it is now.

    Raises:
        ChangedOnDiskError: It was changed or removed since.
        OutputError: It cannot be written, or it is a link that leads out of its folder.
    """
    target = _find_target(file)
    if not overwrite:
        _check_unchanged(file)
    data = file.encode(text)
    if len(data) > LoadLimits().bytes:
        raise OutputError(
            f"{file.path} would be larger than {LoadLimits().bytes:,} bytes, the maximum",
            "split it with `use`",
        )
    _replace(target, data, file.path)
    return replace(file, target=target, data=data, text=text)


def _find_target(file: ScoreFile) -> Path:
    """Return the file to write. A link is followed within its folder only."""
    try:
        target = file.path.resolve()
        folder = file.path.parent.resolve()
    except (OSError, RuntimeError) as error:  # before Python 3.13 circular links raise RuntimeError
        raise OutputError(f"{file.path} cannot be written: {error}") from None
    if not target.is_relative_to(folder):
        raise OutputError(
            f"{file.path} is a link to a file in another folder, which is not written",
            f"open the file itself: sequencer studio {target}",
        )
    if target != file.target:
        raise OutputError(
            f"{file.path} leads to another file than the one that was opened",
            "end the studio, and open the score again",
        )
    return target


def _check_unchanged(file: ScoreFile) -> None:
    try:
        found = file.target.read_bytes()
    except FileNotFoundError:
        raise ChangedOnDiskError(
            f"{file.path.name} was removed from the disk", "save again to write it"
        ) from None
    except OSError as error:
        raise OutputError(f"{file.path} cannot be read: {error.strerror}") from None
    if found != file.data:
        raise ChangedOnDiskError(
            f"another program has changed {file.path.name}",
            "take its text, or save again to overwrite it",
        )


def _replace(target: Path, data: bytes, shown: Path) -> None:
    """Write a file completely or not at all."""
    partial: Path | None = None
    try:
        mode = _mode_of(target)
        partial = target.with_name(f".{target.name[:MAX_NAME_LENGTH]}.{token_hex(4)}.partial")
        with partial.open("xb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        if mode is not None:
            partial.chmod(mode)
        partial.replace(target)
    except OSError as error:
        if partial is not None:
            remove(partial)
        raise OutputError(
            f"{shown} cannot be written: {error.strerror or error}",
            "the file is as before; the text is still in the studio",
        ) from None


def _mode_of(target: Path) -> int | None:
    """Return the permissions of a file, or None if it does not exist."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


def create(folder: Path, name: str, text: str) -> ScoreFile:
    """Write a new file, of a score that had none.

    Args:
        folder: The folder.
        name: The file's name, without a folder; it ends in `.score` or `.yaml`.
        text: The text.

    Returns:
        The file.

    Raises:
        UsageError: The name is not one for a score.
        OutputError: A file of this name exists, or it cannot be written.
    """
    if (
        not name
        or name.startswith(".")
        or not name.isprintable()
        or _FORBIDDEN & set(name)
        or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES
        or Path(name).suffix.lower() not in NOTATION_BY_SUFFIX
    ):
        raise UsageError(
            f"{name!r} is not a name for a score",
            "write a name without a folder that ends in .score or .yaml",
        )
    path = folder / name
    data = text.encode("utf-8")
    try:
        with path.open("xb") as new:
            new.write(data)
    except FileExistsError:
        raise OutputError(f"{path} already exists", "choose another name") from None
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}",
            "the text is still in the studio",
        ) from None
    return ScoreFile(path=path, target=path.resolve(), data=data, text=text)
