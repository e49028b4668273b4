"""From bytes to text: what a file must be before it can be a score."""

from __future__ import annotations

from pathlib import Path

from sequencer.errors import NOWHERE, Faults, Span
from sequencer.notation.guess import nearest
from sequencer.notation.source import normal
from sequencer.paths import is_folder


def load_bytes(path: Path, shown: str, most: int, faults: Faults, at: Span = NOWHERE) -> bytes | None:
    """The bytes of a score's file. None when they cannot be had (told, at `at` where another file asked for it)."""
    where = Span(shown, 0, 0, 0, 0) if at == NOWHERE else at
    try:
        size = path.stat().st_size
        if is_folder(path):
            faults.error("E503", f"{shown} is a folder, not a score", where, "name a file in it")
            return None
        if size > most:
            faults.error("E502", f"{shown} is larger than {most:,} bytes, the most that is read", where, "split it with `use`")
            return None
        with path.open("rb") as file:
            data = file.read(most + 1)  # a device has no size and no end
    except FileNotFoundError:
        faults.error("E501", f"there is no file {shown}", where, _nearest_file(path))
        return None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        faults.error("E503", f"{shown} could not be read: {reason}", where)
        return None
    if len(data) > most:  # it grew, or it is no plain file
        faults.error("E502", f"{shown} is larger than {most:,} bytes, the most that is read", where, "split it with `use`")
        return None
    return data


def _nearest_file(path: Path) -> str | None:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())[:1000]
    except OSError:
        return None
    meant = nearest(path.name, names)
    return None if meant is None else f"did you mean {meant}?"


def decode(data: bytes, file: str, faults: Faults) -> str | None:
    """The text of a score's bytes, newlines plain and without a byte order mark. None when it is no UTF-8 (told)."""
    guess = _other_encoding(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        at = Span(file, line, column, line, column + 1)
        byte = data[error.start]
    else:
        if guess is None:
            return normal(text)
        at, byte = Span(file, 1, 1, 1, 2), 0
    if guess is not None:
        faults.error("E505", f"this file is {guess}, not UTF-8", Span(file, 1, 1, 1, 2), "save it as UTF-8")
    elif b"\x00" in data[:8192]:
        hint = "a score is plain UTF-8 text"
        faults.error("E506", "this is not a text file: it holds zero bytes", at, hint)
    else:
        hint = "save the file as UTF-8; it may be in an older encoding such as Latin-1"
        faults.error("E504", f"this is not UTF-8: the byte 0x{byte:02X} cannot stand here", at, hint)
    return None


def _other_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32, when the bytes look like it."""
    head = data[:4096]
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    pairs = len(head) // 2
    if pairs >= 4:
        for first in (0, 1):
            if head[first::2].count(0) > pairs * 0.7 and head[1 - first :: 2].count(0) < pairs * 0.1:
                return "UTF-16"
    return None
