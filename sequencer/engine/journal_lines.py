"""The lines of a journal, read piece by piece: a line has a bound, a journal has none."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from sequencer.core.errors import JournalError

MAX_LINE_BYTES = 64 * 1024 * 1024
"""The longest record, in bytes, that is read. The length of a whole journal has no bound: it is read piece by piece."""
MAX_HEADER_BYTES = 256 * 1024 * 1024
"""The longest first line: it holds the whole schedule, which is as long as a compiled file may be. No run begins with more."""
PIECE = 1024 * 1024
"""Bytes of a file that are read at once."""


def pieces_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece. Raises OSError."""
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def lines_of(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """(number, bytes, whether a newline ends it) of every line. Raises JournalError for one that is too long.

    Git and some editors change line ends to CRLF, or put a byte order mark before a text. Neither changes a record, so where
    the first line ends in CR, a CR at the end of any line is left out, and so is the mark.
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
                break  # no journal: the rest of the file is of no interest
    if begun:
        yield number, b"".join(begun), False


def _check_length(number: int, length: int) -> None:
    longest = MAX_HEADER_BYTES if number == 1 else MAX_LINE_BYTES
    if length > longest:
        raise JournalError(f"this line is longer than {longest:,} bytes", number)


def end_of_last_line(file: IO[bytes]) -> int:
    """Where the last whole line of a file ends, searched from the end of the file."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - PIECE)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0
