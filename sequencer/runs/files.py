"""Small files of a store: created complete, and never overwritten."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import Protocol

from sequencer.core.errors import InputError, OutputError
from sequencer.core.paths import exists, is_folder, remove, write_error

OTHER_FOLDER = "choose another folder with --store"


def store_error(path: Path, error: OSError) -> OutputError:
    """Return the error of a file or folder of a store that cannot be written."""
    if error.errno == errno.ENOENT:
        # every missing folder is made, so the file system of the one that exists refuses
        parent = next((one for one in path.absolute().parents if exists(one)), path.parent)
        return OutputError(
            f"{path} cannot be written: no folder can be created in {parent}", OTHER_FOLDER
        )
    return write_error(path, error, OTHER_FOLDER)


class Files(Protocol):
    """Files by their path below a root, with `/` between folders."""

    @property
    def url(self) -> str:
        """The root, for messages. It contains no secret."""
        ...

    def has_files(self) -> bool:
        """Return whether there is anything below the root. Raises InputError."""
        ...

    def create(self, path: str, data: bytes) -> bool:
        """Create a file with all of its content, if there is none.

        Returns:
            Whether it was created: False if the file exists.

        Raises:
            OutputError: It cannot be written.
        """
        ...

    def read(self, path: str, most: int) -> bytes | None:
        """Return the content of a file of at most `most` bytes; None if there is none.

        Raises InputError if it cannot be read or is larger.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the files and folders in a folder. Raises InputError."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, if it exists. Raises OutputError."""
        ...


class DiskFiles:
    """Files in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def url(self) -> str:
        """The folder."""
        return str(self.root)

    def has_files(self) -> bool:
        """Return whether the folder exists."""
        return is_folder(self.root)

    def create(self, path: str, data: bytes) -> bool:
        """Create a file: it is written under another name, and then linked to its own."""
        final = self.root / path
        partial = final.with_name(f".{final.name}.{secrets.token_hex(8)}.partial")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return _link(partial, final)
        except OSError as error:
            raise store_error(final, error) from None
        finally:
            remove(partial)

    def read(self, path: str, most: int) -> bytes | None:
        """Return the content of a file."""
        file = self.root / path
        try:
            with file.open("rb") as opened:
                data = opened.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
        if len(data) > most:
            raise InputError(f"{file} is larger than {most:,} bytes, the maximum")
        return data

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        try:
            return sorted(os.listdir(self.root / folder))  # noqa: PTH208  # names only: iterdir makes a path of each of thousands
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise InputError(
                f"{self.root / folder} cannot be read: {error.strerror or error}"
            ) from None

    def remove(self, path: str) -> None:
        """Remove a file."""
        try:
            (self.root / path).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.root / path} cannot be removed: {error.strerror or error}"
            ) from None


def _link(partial: Path, final: Path) -> bool:
    """Give a complete file its name, unless that exists; return whether it was given."""
    try:
        os.link(partial, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without links: the name is reserved, then replaced
        try:
            final.open("xb").close()
        except FileExistsError:
            return False
        partial.replace(final)
    return True
