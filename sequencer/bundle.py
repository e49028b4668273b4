"""A run in one file: its journal and the bytes of its images, as a ZIP that needs nothing else to be played again.

It holds `journal.jsonl` and `images/<SHA-256>`; nothing is ever unpacked to a path that a file names, whatever stands in it is
bounded, and an image is only believed when its bytes have the digest that it is called by.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sequencer.errors import JournalError, OutputError

JOURNAL = "journal.jsonl"
LARGEST_JOURNAL = 256 * 1024 * 1024
"""Bytes; an hour of a dense run takes about ten million."""
LARGEST_IMAGE = 64 * 1024 * 1024
MOST_MEMBERS = 1000
LARGEST_DIRECTORY = 1024 * 1024
"""Bytes of an archive's directory, all of which is read before anything else is known."""
_END, _END_LENGTH, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65535
_BROKEN = (OSError, EOFError, zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, NotImplementedError, struct.error)
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


def write_bundle(path: Path, journal: bytes, images: Mapping[str, bytes]) -> None:
    """Write a bundle; `images` are bytes by SHA-256. Under a temporary name, then renamed. Raises OutputError."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, JOURNAL, journal)
            for sha256, data in sorted(images.items()):
                _add(archive, f"images/{sha256}", data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"the bundle {path} cannot be written: {error.strerror}", "is the disk full?") from None


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    archive.writestr(member, data)


def journal_in(path: Path) -> bytes:
    """The journal of a bundle. Raises JournalError."""
    return _read(path, JOURNAL, LARGEST_JOURNAL)


def image_in(path: Path, sha256: str) -> bytes:
    """An image of a bundle, by its digest. Raises JournalError where it is not there, or is not what it is called."""
    data = _read(path, f"images/{sha256}", LARGEST_IMAGE)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise JournalError(f"an image in {path} was changed: it has not the digest {sha256[:12]}…")
    return data


def images_in(path: Path) -> tuple[str, ...]:
    """The digests of the images that a bundle holds. Raises JournalError."""
    try:
        with _opened(path) as archive:
            found = [_IMAGE.match(name) for name in archive.namelist()]
    except _BROKEN as error:
        raise JournalError(f"{path} cannot be read: {error}", hint="is it a bundle?") from None
    return tuple(match[1] for match in found if match is not None)


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive, whose directory is small enough to be read. Raises JournalError, and what `_BROKEN` names."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_LENGTH - _LONGEST_COMMENT))
        tail = file.read()
    end = tail.rfind(_END)
    directory = int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
    if directory > LARGEST_DIRECTORY:
        raise JournalError(f"{path} holds more files than any bundle")
    archive = zipfile.ZipFile(path)
    if len(archive.infolist()) > MOST_MEMBERS:
        archive.close()
        raise JournalError(f"{path} holds more than {MOST_MEMBERS:,} files: that is no bundle")
    return archive


def _read(path: Path, name: str, largest: int) -> bytes:
    """A member's bytes, never more than `largest`, whatever the archive says of its size."""
    try:
        with _opened(path) as archive:
            member = archive.getinfo(name)
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise JournalError(f"{name} in {path} is packed in a way that bundles are not", hint="is it a bundle?")
            with archive.open(member) as opened:
                data = opened.read(largest + 1)
    except KeyError:
        raise JournalError(f"{path} holds no {name}", hint="is it a bundle?") from None
    except _BROKEN as error:
        raise JournalError(f"{path} cannot be read: {error}", hint="is it a bundle?") from None
    if len(data) > largest:
        raise JournalError(f"{name} in {path} is larger than {largest:,} bytes")
    return data


def bundle_of(folder: Path, images: Mapping[str, bytes]) -> Path:
    """Bundle a run's folder into `bundle.zip` inside it. Raises OutputError."""
    path = folder / "bundle.zip"
    try:
        journal = (folder / JOURNAL).read_bytes()
    except OSError as error:
        raise OutputError(f"{folder / JOURNAL} cannot be read: {error.strerror}") from None
    write_bundle(path, journal, images)
    return path
