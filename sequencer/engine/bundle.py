"""A run in one file: its journal and the bytes of its images, as a ZIP that needs nothing else to be played again.

It holds `journal.jsonl` and `images/<SHA-256>`; nothing is ever unpacked to a path that a file names, whatever stands in it is
bounded, and an image is only believed when its bytes have the digest that it is called by.
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
"""Bytes that are read of an archive at once. Its directory, all of which is read before anything is known, is no longer."""
SMALL_JOURNAL = 16 * 1024 * 1024
MAX_DENSE = 100
"""A journal of more than `SMALL_JOURNAL` bytes is at most so many times as long as its bundle (runs: about eleven times, of
format 1 with long prompts seventy): what is read of a small file must not fill the memory. There is no other bound."""
_BROKEN = (
    *(OSError, EOFError, OverflowError, zipfile.BadZipFile, zlib.error),
    *(ValueError, RuntimeError, NotImplementedError, struct.error),
)
"""What the reader of archives raises for one that is broken, encrypted, or packed in a way that is not known."""
_IMAGE = re.compile(r"images/([0-9a-f]{64})\Z")
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Every member's time: the same run gives the same bytes."""


def is_bundle(path: Path) -> bool:
    """Whether a file is a ZIP."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def write_bundle(path: Path, journal: IO[bytes], images: Mapping[str, bytes]) -> None:
    """Write a bundle; `images` are bytes by SHA-256. Under a temporary name, then renamed. Raises OutputError."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            # its length is not known beforehand, and may be more than a plain ZIP holds
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
    """The journal of a bundle, piece by piece. Raises JournalError."""
    with _opened(path) as archive:
        yield from _read(path, archive, JOURNAL, max(SMALL_JOURNAL, path.stat().st_size * MAX_DENSE))


def image_in(path: Path, sha256: str) -> bytes:
    """An image of a bundle, by its digest. Raises JournalError where it is not there, or is not what it is called."""
    with _opened(path) as archive:
        data = b"".join(_read(path, archive, f"images/{sha256}", MAX_BUNDLED_IMAGE_BYTES))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise JournalError(f"an image in {path} was changed: it has not the digest {sha256[:12]}…")
    return data


def images_in(path: Path) -> tuple[str, ...]:
    """The digests of the images that a bundle holds. Raises JournalError."""
    with _opened(path) as archive:
        found = [_IMAGE.match(name) for name in archive.namelist()]
    return tuple(match[1] for match in found if match is not None)


class _Pieces(io.FileIO):
    """A file that is read in pieces: who asks for a large one (all of an archive's directory, above all) is refused.

    An archive says in several places how long its directory is, and readers differ in which they believe. What is asked
    for in the end is the same for all of them.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(PIECE + 1 if size is None or size < 0 else min(size, PIECE + 1)) or b""
        if len(data) > PIECE:
            raise zipfile.BadZipFile("its directory is longer than any bundle's")
        return data


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, checked: few files, each name once. What goes wrong while it is open is a JournalError."""
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
    """A member's bytes, piece by piece, at most `largest`, whatever the archive says of its size. Raises JournalError."""
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
