"""Read the lines of a journal in pieces: a line's length is limited, a journal's is not."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from sequencer.core.errors import JournalError

MAX_LINE_BYTES = 64 * 1024 * 1024
"""The longest record that is read, in bytes.

A journal's total length has no limit, because it is read in pieces.
"""
MAX_HEADER_BYTES = 256 * 1024 * 1024
"""The longest first line, in bytes: it holds a schedule as long as a compiled file may be.

No run begins with a longer one.
"""
PIECE = 1024 * 1024
"""The number of bytes that are read from a file at a time."""


def pieces_of(file: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces. Raises OSError."""
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def lines_of(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, bytes, whether a newline ends it) for every line.

    Git and some editors change line ends to CRLF, or put a byte order mark before a text. Neither
    changes a record, so if the first line ends in CR, a CR at the end of any line is removed, and
    so is the mark.

    Raises:
        JournalError: A line is too long.
    """
    number, length = 1, 0
    begun: list[bytes] = []
    has_crs = False
    for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            line = b"".join((*begun, end)) if begun else end
            _check_length(number, len(line))
            if number == 1:
                has_crs = line.endswith(b"\r")
                line = line.removeprefix(codecs.BOM_UTF8)
            yield number, line.removesuffix(b"\r") if has_crs else line, True
            number, length = number + 1, 0
            begun.clear()
        if rest:
            begun.append(rest)
            length += len(rest)
            _check_length(number, length)
            if number == 1 and begun[0].lstrip()[:1] not in (b"{", codecs.BOM_UTF8[:1]):
                break  # not a journal: the rest of the file does not matter
    if begun:
        yield number, b"".join(begun), False


def _check_length(number: int, length: int) -> None:
    longest = MAX_HEADER_BYTES if number == 1 else MAX_LINE_BYTES
    if length > longest:
        raise JournalError(f"this line is longer than {longest:,} bytes", number)


def end_of_last_line(file: IO[bytes]) -> int:
    """Return where the last complete line of a file ends, searching from the end of the file."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - PIECE)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0
