"""Write and read bundles: a run in one ZIP file, which holds everything that is needed to replay it.

A bundle holds the journal as `journal.jsonl` and the images as `images/<SHA-256>`. Nothing is ever extracted to a path that
the archive names, every size is limited whatever the archive declares, and an image is accepted only if its bytes have the
digest in its name.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sequencer.core.errors import JournalError, OutputError
from sequencer.core.images import MAX_IMAGE_BYTES
from sequencer.core.paths import remove

JOURNAL = "journal.jsonl"
MAX_BUNDLED_IMAGE_BYTES = MAX_IMAGE_BYTES
MAX_MEMBERS = 1000
PIECE = 1024 * 1024
"""The number of bytes read from an archive at a time. An archive's directory, which has to be read before anything else is
known, must not be longer.
"""
SMALL_JOURNAL = 16 * 1024 * 1024
MAX_DENSE = 100
"""A journal of more than `SMALL_JOURNAL` bytes is at most this many times as long as its bundle, so that a small file cannot
fill the memory.

The ratio of real runs is about eleven, and seventy in format 1 with long prompts. The length of a journal has no other limit.
"""
_BROKEN = (
    *(OSError, EOFError, OverflowError, zipfile.BadZipFile, zlib.error),
    *(ValueError, RuntimeError, NotImplementedError, struct.error),
)
"""The exceptions that `zipfile` raises for an archive that is broken, encrypted or compressed with an unknown method."""
_IMAGE = re.compile(r"images/([0-9a-f]{64})\Z")
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The timestamp of every member, fixed so that the same run gives the same bytes."""


def is_bundle(path: Path) -> bool:
    """Return whether a file is a ZIP archive."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def write_bundle(path: Path, journal: IO[bytes], images: Mapping[str, bytes]) -> None:
    """Write a bundle to a temporary file, then rename it.

    Args:
        path: The bundle to write.
        journal: The journal, open for reading.
        images: The images' bytes by SHA-256.

    Raises:
        OutputError: The bundle cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            # The length of the journal is not known in advance and may exceed what a ZIP without ZIP64 can hold.
            with archive.open(_member(JOURNAL), "w", force_zip64=True) as member:
                shutil.copyfileobj(journal, member, PIECE)
            for sha256, data in sorted(images.items()):
                archive.writestr(_member(f"images/{sha256}"), data)
        partial.replace(path)
    except OSError as error:
        remove(partial)
        raise OutputError(f"the bundle {path} cannot be written: {error.strerror}", "is the disk full?") from None


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def journal_pieces(path: Path) -> Iterator[bytes]:
    """Yield the journal of a bundle in pieces. Raises JournalError."""
    with _opened(path) as archive:
        yield from _read(path, archive, JOURNAL, max(SMALL_JOURNAL, path.stat().st_size * MAX_DENSE))


def image_in(path: Path, sha256: str) -> bytes:
    """Return an image of a bundle by its digest.

    Raises:
        JournalError: The image is missing, or its bytes do not have this digest.
    """
    with _opened(path) as archive:
        data = b"".join(_read(path, archive, f"images/{sha256}", MAX_BUNDLED_IMAGE_BYTES))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise JournalError(f"an image in {path} was changed: it has not the digest {sha256[:12]}…")
    return data


def images_in(path: Path) -> tuple[str, ...]:
    """Return the digests of the images in a bundle. Raises JournalError."""
    with _opened(path) as archive:
        found = [_IMAGE.match(name) for name in archive.namelist()]
    return tuple(match[1] for match in found if match is not None)


class _Pieces(io.FileIO):
    """A file that refuses large reads, above all of an archive's complete directory.

    An archive states the length of its directory in several places, and readers differ in which one they use. The size that
    is requested in the end is the same for all of them.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(PIECE + 1 if size is None or size < 0 else min(size, PIECE + 1)) or b""
        if len(data) > PIECE:
            raise zipfile.BadZipFile("its directory is longer than any bundle's")
        return data


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive and check that it has few members and no duplicate names. Turn its errors into JournalErrors."""
    try:
        with _Pieces(path) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > MAX_MEMBERS:
                raise JournalError(f"{path} holds more than {MAX_MEMBERS:,} files: that is no bundle")
            if len(set(names)) != len(names):
                raise JournalError(f"{path} holds two files of one name: that is no bundle")
            yield archive
    except _BROKEN as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise JournalError(f"{path} cannot be read: {reason}", hint="is it a bundle?") from None


def _read(path: Path, archive: zipfile.ZipFile, name: str, largest: int) -> Iterator[bytes]:
    """Yield a member's bytes in pieces, at most `largest`, whatever size the archive declares. Raises JournalError."""
    if name not in archive.namelist():
        raise JournalError(f"{path} holds no {name}", hint="is it a bundle?")
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise JournalError(f"{name} in {path} is packed in a way that bundles are not", hint="is it a bundle?")
    left = largest
    with archive.open(member) as opened:
        while piece := opened.read(min(left + 1, PIECE)):
            left -= len(piece)
            if left < 0:
                raise JournalError(f"{name} in {path} is larger than {largest:,} bytes", hint="is it a bundle?")
            yield piece


def bundle_of(folder: Path, images: Mapping[str, bytes]) -> Path:
    """Bundle a run's folder into `bundle.zip` inside it. Raises OutputError."""
    path = folder / "bundle.zip"
    try:
        journal = (folder / JOURNAL).open("rb")
    except OSError as error:
        raise OutputError(f"{folder / JOURNAL} cannot be read: {error.strerror}") from None
    with journal:
        write_bundle(path, journal, images)
    return path
