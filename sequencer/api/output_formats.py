"""Choose the format of every `-o FILE` by the file's ending; refuse endings without a format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

Kind = TypeVar("Kind")


def format_of(output: Path, command: str, formats: Mapping[str, Kind], default: Kind) -> Kind:
    """Return the format of an output file according to its ending.

    Args:
        output: The file to write. A device or a pipe has no ending.
        command: The command that writes it, for the message.
        formats: The formats that the command writes, by their endings in lower case, the usual one
            first.
        default: The format for a device or a pipe.

    Returns:
        The format.

    Raises:
        UsageError: The ending is missing, or the command does not write such a file.
    """
    found = formats.get(output.suffix.lower())
    if found is not None:
        return found
    if _is_stream(output):
        return default
    from sequencer.core.errors import UsageError

    endings = list(formats)
    listed = endings[0] if len(endings) == 1 else f"{', '.join(endings[:-1])} or {endings[-1]}"
    if _is_folder(output):
        raise UsageError(
            f"`sequencer {command}` cannot write {output}: it is a folder",
            f"name a file in it, which ends in {listed}: -o {output / (command + endings[0])}",
        )
    name = command if output.name == "-" else output.stem
    written = name if Path(name).suffix.lower() in formats else name + endings[0]
    raise UsageError(
        f"`sequencer {command}` cannot write {output}: the name of its file must end in {listed}",
        f"write for example: -o {output.with_name(written)}",
    )


def agreed(output: Path, option: str, wanted: Kind, named: Kind) -> Kind:
    """Return the format that `option` requests.

    Raises UsageError if the ending of the file names another.
    """
    if wanted == named:
        return wanted
    from sequencer.core.errors import UsageError

    raise UsageError(
        f"the ending of {output} is that of another format than {option}",
        "omit the option, or change the ending",
    )


def require_ending(output: Path | None, command: str, *endings: str) -> None:
    """Refuse an output file with any other ending. Raises UsageError."""
    if output is not None:
        format_of(output, command, dict.fromkeys(endings, True), default=True)


def _is_folder(path: Path) -> bool:
    try:
        return not path.name or path.is_dir()
    except OSError:
        return False


def _is_stream(path: Path) -> bool:
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except OSError:
        return False
