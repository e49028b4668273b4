"""Text files line by line, with the numbers of the lines."""

from __future__ import annotations

from sequencer.language.interchange.imported import MAX_ENTRIES, UnreadableError
from sequencer.language.interchange.text_input import begin_text, decode_text

MAX_LINES = 10 * MAX_ENTRIES


def first_line(data: bytes) -> str:
    """Return the first line that is not blank; for recognition."""
    return next((line for line in begin_text(data).split("\n") if line.strip()), "")


def split_lines(data: bytes, encoding: str | None = None) -> list[tuple[int, str]]:
    """Return the lines of a file with their numbers, from 1; blank lines too.

    Raises:
        UnreadableError: The file is too large, has too many lines, or is not text.
    """
    lines = decode_text(data, encoding).split("\n")
    if len(lines) > MAX_LINES:
        raise UnreadableError(
            f"the file has {len(lines):,} lines; the maximum is {MAX_LINES:,}",
            "split it into several files",
        )
    return list(enumerate(lines, start=1))
