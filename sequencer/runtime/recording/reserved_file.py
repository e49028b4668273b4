"""A file that keeps some room in reserve, so that on a full disk what was begun can still be finished."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

from sequencer.core.paths import exists, remove

RESERVE = 8 << 20
"""Bytes that are set aside beside the file: enough for the encoder's last frames and the index of hours of video."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class ReservedFile:
    """A seekable binary file for writing, with a second one beside it that takes up room and goes when the disk is full.

    `full` is set once that has happened: whoever writes should come to an end. A write that fails even then, or for
    another reason, raises OSError. Read back through its path only.
    """

    def __init__(self, path: Path, reserve: int = RESERVE) -> None:
        self.name = str(path)
        self.full = False
        self.failed: OSError | None = None
        self.closed = False
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._spare = path.with_name(path.name + ".reserve")
        try:
            self.reserve(reserve)
        except OSError:
            self._file.close()
            self.discard()
            raise

    def reserve(self, size: int) -> None:
        """Take up `size` bytes. Raises OSError where they are not to be had; nothing is reserved then."""
        if self.full or (exists(self._spare) and self._spare.stat().st_size >= size):
            return
        try:
            with self._spare.open("ab", buffering=0) as spare:
                have = spare.seek(0, io.SEEK_END)
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(spare.fileno(), have, size - have)
                else:  # no such call on this system: zeros take up the room just as well
                    for _ in range(have, size, 1 << 20):
                        spare.write(bytes(1 << 20))
        except OSError:
            remove(self._spare)
            raise

    def grow(self, size: int) -> None:
        """Reserve more while writing; where that is not to be had the disk counts as full, with the old reserve to end in."""
        try:
            self.reserve(size)
        except OSError:
            self.full = True

    def write(self, data: bytes) -> int:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._put(view) :]
            except OSError as error:
                if error.errno not in _FULL or self.full:
                    self.failed = self.failed or error
                    raise
                self.full = True
                remove(self._spare)
        return len(data)

    def _put(self, data: memoryview) -> int:
        return self._file.write(data) or 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; returns it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place where the next byte goes."""
        return self._file.tell()

    def seekable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """True."""
        return True

    def close(self) -> None:
        """Close the file and give the reserve back. Twice is once."""
        if self.closed:
            return
        self.closed = True
        remove(self._spare)
        try:
            self._file.close()
        except OSError as error:  # some file systems say only now that there was no room
            self.failed = self.failed or error
            raise

    def let_go(self) -> None:
        """Close the file as it stands, after a failure that is known already; the reserve goes."""
        try:
            self.close()
        except OSError:
            self.closed = True  # kept in `failed`

    def discard(self) -> None:
        """Remove the file and its reserve, in whatever state they are."""
        if not self.closed:
            self.closed = True
            self._file.close()
        remove(self._spare)
        remove(self._path)
