"""Files of an object store (S3 and similar services), through fsspec: the extra `scale`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sequencer.core.errors import InputError, OutputError, UsageError

PROTOCOLS = ("s3", "gs", "gcs", "az", "abfs")
"""The services whose addresses are accepted."""
PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
"""What has to be installed for a service beside the extra, which brings that of S3."""
MAX_REASON = 300
"""The longest excerpt of a service's own error, in characters."""
_ADDRESS = re.compile(r"([a-z0-9]+)://([^/]*)(/.*)?\Z", re.DOTALL)
_ONE_SLASH = re.compile(rf"({'|'.join(PROTOCOLS)}):(?!//)", re.IGNORECASE)
Value = TypeVar("Value")


def is_address(text: str) -> bool:
    """Return whether a store is given as an address, not as a folder.

    Raises:
        UsageError: It begins like an address, but without `//`. A folder of such a name is written
            as `./s3:/…`.
    """
    if _ONE_SLASH.match(text) is not None:
        service, _, rest = text.partition(":")
        rest = rest.lstrip("/").rpartition("@")[2][:100]  # without keys
        raise UsageError(
            f"an address of a store begins with {service}://, not {service}:",
            f"--store {service.lower()}://{rest}",
        )
    return "://" in text


class ObjectFiles:
    """Files below an address such as `s3://bucket/folder`.

    The keys of the service come from its usual places (environment, configuration), never from the
    address.

    Raises:
        UsageError: It is not the address of such a store, or the extra is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        found = _ADDRESS.match(self.url)
        if found is None or found[1] not in PROTOCOLS or not found[2]:
            raise UsageError(
                f"{url.rpartition('@')[2][:100]} is not the address of a store",
                f"name a folder, or an address such as s3://bucket/folder ({', '.join(PROTOCOLS)})",
            )
        if "@" in found[2] or "?" in self.url or "#" in self.url:
            raise UsageError(
                f"the address of a {found[1]} store contains its bucket and folder only",
                "keys belong in the environment or the configuration of the service, such as "
                "AWS_PROFILE",
            )
        self._protocol = found[1]
        self._fs, self._root = self._open()

    def _open(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs

            fs, root = url_to_fs(self.url, use_listings_cache=False)
        except ImportError:
            more = PACKAGES.get(self._protocol)
            raise UsageError(
                f"stores at {self._protocol}:// need packages that are not installed",
                'pip install "helios-sequencer[scale]"' + (f" {more}" if more else ""),
            ) from None
        return fs, str(root).rstrip("/")

    def create(self, path: str, data: bytes) -> bool:
        """Create an object, if there is none: the service refuses the second writer."""
        try:
            with self._reporting("written", path, OutputError):
                self._fs.pipe_file(self._path(path), data, mode="create")
        except FileExistsError:
            return False
        return True

    def has_files(self) -> bool:
        """Return whether there is any object below the address."""
        return bool(self.names(""))

    def upload(self, path: str, file: Path) -> None:
        """Write an object from a file. Raises OutputError."""
        with self._reporting("written", path, OutputError):
            self._fs.put_file(str(file), self._path(path))

    def download(self, path: str, file: Path) -> bool:
        """Write an object to a file; return False if there is none. Raises InputError."""
        try:
            with self._reporting("read", path, InputError):
                self._fs.get_file(self._path(path), str(file))
        except FileNotFoundError:
            return False
        return True

    def read(self, path: str, most: int) -> bytes | None:
        """Return the content of an object."""
        try:
            with self._reporting("read", path, InputError):
                data: bytes = self._fs.cat_file(self._path(path), start=0, end=most + 1)
        except FileNotFoundError:
            return None
        if len(data) > most:
            raise InputError(f"{self.url}/{path} is larger than {most:,} bytes, the maximum")
        return data

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        with self._reporting("read", folder, InputError):
            try:
                found = self._fs.ls(self._path(folder), detail=False, refresh=True)
            except (FileNotFoundError, NotADirectoryError):
                return []
        names = (str(one).rstrip("/").rsplit("/", 1)[-1] for one in found)
        return sorted(set(names) - {""})

    def below(self, folder: str) -> list[tuple[str, float | None]]:
        """Return every object below a folder: its path from there, and its age in seconds.

        Raises InputError.
        """
        root = self._path(folder) + "/"
        with self._reporting("read", folder, InputError):
            try:
                found = self._fs.find(root, detail=True, refresh=True)
            except FileNotFoundError:
                return []
        return sorted(
            (str(path).removeprefix(root), _age(info)) for path, info in dict(found).items()
        )

    def remove(self, path: str) -> None:
        """Remove an object."""
        try:
            with self._reporting("removed", path, OutputError):
                self._fs.rm_file(self._path(path))
        except FileNotFoundError:
            return

    def _path(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _reporting(
        self, what: str, path: str, kind: Callable[[str, str], Exception]
    ) -> Iterator[None]:
        """Raise the service's own errors as errors for people.

        A file that is missing or exists is passed on.
        """
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except Exception as error:  # noqa: BLE001  # each service has its own classes
            reason = " ".join(str(error).split())[:MAX_REASON] or type(error).__name__
            raise kind(
                f"{self.url}/{path} cannot be {what}: {reason}",
                "check the address, the network, and the keys in the environment",
            ) from None


def _age(info: Any) -> float | None:
    """Return how old an object is, in seconds; None if the service does not state it."""
    for name in ("LastModified", "mtime", "updated", "last_modified"):
        when = info.get(name) if isinstance(info, dict) else None
        if isinstance(when, str):
            try:
                when = datetime.fromisoformat(when)
            except ValueError:
                continue
        if isinstance(when, datetime) and when.tzinfo is not None:
            return (datetime.now(UTC) - when).total_seconds()
    return None
