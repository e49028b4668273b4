"""Write a file with disk space in reserve, to finish a recording even on a full disk."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

from sequencer.core.paths import exists, remove

RESERVE = 8 << 20
"""Bytes reserved beside the file, for the encoder's last frames and an index of hours of video."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class ReservedFile:
    """A seekable binary file for writing, with a second file that reserves space.

    The second file is removed when the disk is full.

    `full` is set once that has happened: the writer should then finish. A write that fails even
    then, or for another reason, raises OSError. The file can be read only through its path.
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
        """Reserve `size` bytes.

        Raises OSError if they are not available; nothing is reserved then.
        """
        if self.full or (exists(self._spare) and self._spare.stat().st_size >= size):
            return
        try:
            with self._spare.open("ab", buffering=0) as spare:
                have = spare.seek(0, io.SEEK_END)
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(spare.fileno(), have, size - have)
                else:  # this system cannot allocate: zeros reserve the space as well
                    for _ in range(have, size, 1 << 20):
                        spare.write(bytes(1 << 20))
        except OSError:
            remove(self._spare)
            raise

    def grow(self, size: int) -> None:
        """Reserve more while writing; if none is left, finish with the old reserve.

        If no more is available, the disk is treated as full.
        """
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
        """Go to a position; return it."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Close the file and release the reserve. A second call has no effect."""
        if self.closed:
            return
        self.closed = True
        remove(self._spare)
        try:
            self._file.close()
        except OSError as error:  # some file systems report only now that there was no space
            self.failed = self.failed or error
            raise

    def let_go(self) -> None:
        """Close the file as it is, after a known failure, and release the reserve."""
        try:
            self.close()
        except OSError:
            self.closed = True  # the error is kept in `failed`

    def discard(self) -> None:
        """Remove the file and its reserve, in any state."""
        if not self.closed:
            self.closed = True
            self._file.close()
        remove(self._spare)
        remove(self._path)
