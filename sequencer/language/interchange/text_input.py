"""The bytes of a file as text."""

from __future__ import annotations

import codecs

from sequencer.language.interchange.imported import MAX_FILE_BYTES, UnreadableError
from sequencer.language.source import normalise_newlines

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MAX_QUOTED = 60
"""How much of a file a message quotes, in characters."""


def decode_text(data: bytes, encoding: str | None = None) -> str:
    r"""Return the text of a file, with `\n` as newlines and without a byte order mark.

    Args:
        data: The file's bytes.
        encoding: The encoding if there is no byte order mark. Default: UTF-8.

    Raises:
        UnreadableError: The file is too large, or not text in this encoding.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_FILE_BYTES:,} bytes", "is it the right file?"
        )
    named = next((name for mark, name in _MARKS if data.startswith(mark)), encoding or "utf-8")
    try:
        return normalise_newlines(data.decode(named))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        raise UnreadableError(
            f"this is not {named} text",
            "save the file as UTF-8, or name its encoding, for example: --encoding cp1252",
            line=before.count(b"\n") + 1,
            column=error.start - (before.rfind(b"\n") + 1) + 1,
        ) from None


def begin_text(data: bytes, most: int = 4096) -> str:
    """Return the beginning of a file as text, to recognise it. Never raises an exception."""
    start = data[:most]
    named = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    return normalise_newlines(start.decode(named, "replace")).removeprefix("\ufeff")


def quote(text: str) -> str:
    """Return a text as messages show it: in quotes, on one line, shortened."""
    shown = "".join(char if char.isprintable() else "�" for char in text[: MAX_QUOTED + 1])
    return f'"{shown[:MAX_QUOTED]}{"…" * (len(shown) > MAX_QUOTED)}"'
