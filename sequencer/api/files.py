"""Read the text files that arguments name, and write results.

Results are written completely or not at all, and never over their own source.
"""

from __future__ import annotations

from pathlib import Path

from sequencer.core.errors import InputError, OutputError, UsageError
from sequencer.core.paths import exists, is_file, is_folder, remove, write_error

MAX_SCHEDULE_BYTES = 256 * 1024 * 1024
"""The largest compiled schedule that is read, in bytes."""


def read_text(path: Path) -> str:
    """Read a text file. Raises InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SCHEDULE_BYTES + 1)
        if len(data) > MAX_SCHEDULE_BYTES:
            raise InputError(f"{path} is larger than {MAX_SCHEDULE_BYTES:,} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text (UTF-8)") from None


def refuse_overwrite(output: Path, force: bool) -> None:
    """Refuse to overwrite an existing file. Raises UsageError, unless `force`."""
    if is_file(output) and not force:
        raise UsageError(
            f"{output} already exists", "choose another name, or use --force to overwrite it"
        )


def refuse_source_overwrite(output: Path | None, *sources: Path | str) -> None:
    """Refuse to overwrite the files that a result is made from. Raises UsageError."""
    for source in sources:
        if (
            output is not None
            and is_file(output)
            and is_file(Path(source))
            and output.samefile(source)
        ):
            raise UsageError(
                f"{output} is the input, which would be overwritten",
                "write to another file with -o",
            )


def write_text(path: Path, text: str) -> None:
    """Write a complete file, or nothing: under a temporary name, then renamed.

    A device or a pipe is written directly.

    The bytes of a file name that are not UTF-8, which Python keeps as lone surrogates, are written
    as `\\udc…`.
    """
    try:
        if is_folder(path) or not path.name:
            raise OutputError(f"{path} is a folder", "name a file")
        if exists(path) and not is_file(path):
            path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
            return
    except OSError as error:
        raise write_error(path, error) from None
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        partial.replace(path)
    except OSError as error:
        remove(partial)
        raise write_error(path, error) from None
