"""Write and read bundles: a run in one ZIP file, with everything needed to replay it.

A bundle holds the journal as `journal.jsonl`, the images as `images/<SHA-256>` and the sound as
`sounds/<SHA-256>`. Nothing is ever extracted to a path that the archive names, every size is
limited whatever the archive declares, and an image or a sound is accepted only if its bytes have
the digest in its name.
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
from sequencer.core.sounds import MAX_SOUND_BYTES

JOURNAL = "journal.jsonl"
MAX_BUNDLED_IMAGE_BYTES = MAX_IMAGE_BYTES
MAX_MEMBERS = 1000
PIECE = 1024 * 1024
"""The number of bytes read from an archive at a time.

An archive's directory, which has to be read before anything else is known, must not be longer.
"""
SMALL_JOURNAL = 16 * 1024 * 1024
MAX_DENSE = 100
"""How many times as long as its bundle a journal over `SMALL_JOURNAL` bytes may be.

So a small file cannot fill the memory.

The ratio of real runs is about eleven, and seventy in format 1 with long prompts. The length of a
journal has no other limit.
"""
_BROKEN = (
    *(OSError, EOFError, OverflowError, zipfile.BadZipFile, zlib.error),
    *(ValueError, RuntimeError, NotImplementedError, struct.error),
)
"""Exceptions that `zipfile` raises for broken or encrypted archives or unknown compression."""
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


def write_bundle(
    path: Path,
    journal: IO[bytes],
    images: Mapping[str, bytes],
    sound: tuple[str, Path] | None = None,
) -> None:
    """Write a bundle to a temporary file, then rename it.

    Args:
        path: The bundle to write.
        journal: The journal, open for reading.
        images: The images' bytes by SHA-256.
        sound: SHA-256 and file of the sound that was played with the run, if there was one.

    Raises:
        OutputError: The bundle cannot be written, or the sound is no longer the same file.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            # The length of the journal is not known in advance and may exceed what a ZIP without
            # ZIP64 can hold.
            with archive.open(_member(JOURNAL), "w", force_zip64=True) as member:
                shutil.copyfileobj(journal, member, PIECE)
            for sha256, data in sorted(images.items()):
                archive.writestr(_member(f"images/{sha256}"), data)
            if sound is not None:
                _write_sound(archive, *sound)
        partial.replace(path)
    except OutputError:
        remove(partial)
        raise
    except OSError as error:
        remove(partial)
        raise OutputError(
            f"the bundle {path} cannot be written: {error.strerror}", "is the disk full?"
        ) from None


def _write_sound(archive: zipfile.ZipFile, sha256: str, file: Path) -> None:
    """Copy a sound file into a bundle, in pieces. Raises OutputError if it has changed."""
    digest = hashlib.sha256()
    try:
        source = file.open("rb")
    except OSError as error:
        raise OutputError(f"{file.name} cannot be bundled: {error.strerror}") from None
    # Sound hardly becomes smaller by compression, which would take minutes for a long file.
    with (
        source,
        archive.open(
            _member(f"sounds/{sha256}", zipfile.ZIP_STORED), "w", force_zip64=True
        ) as member,
    ):
        while piece := source.read(PIECE):
            digest.update(piece)
            member.write(piece)
    if digest.hexdigest() != sha256:
        raise OutputError(
            f"{file.name} has changed since the run began: it cannot be bundled",
            "run the score again",
        )


def _member(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.compress_type = compression
    member.external_attr = 0o600 << 16
    return member


def journal_pieces(path: Path) -> Iterator[bytes]:
    """Yield the journal of a bundle in pieces. Raises JournalError."""
    with _opened(path) as archive:
        compressed = path.stat().st_size
        if JOURNAL in archive.namelist():  # the other files of the archive do not count
            compressed = min(compressed, archive.getinfo(JOURNAL).compress_size)
        yield from _read(path, archive, JOURNAL, max(SMALL_JOURNAL, compressed * MAX_DENSE))


def image_in(path: Path, sha256: str) -> bytes:
    """Return an image of a bundle by its digest.

    Raises:
        JournalError: The image is missing, or its bytes do not have this digest.
    """
    with _opened(path) as archive:
        data = b"".join(_read(path, archive, f"images/{sha256}", MAX_BUNDLED_IMAGE_BYTES))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise JournalError(f"an image in {path} was changed: its digest is not {sha256[:12]}…")
    return data


def copy_sound(path: Path, sha256: str, target: IO[bytes]) -> None:
    """Copy the sound of a bundle into an open file, in pieces.

    Raises:
        JournalError: The sound is missing, or its bytes do not have this digest.
        OSError: The file cannot be written.
    """
    digest = hashlib.sha256()
    with _opened(path) as archive:
        for piece in _read(path, archive, f"sounds/{sha256}", MAX_SOUND_BYTES):
            digest.update(piece)
            target.write(piece)
    if digest.hexdigest() != sha256:
        raise JournalError(f"the sound in {path} was changed: its digest is not {sha256[:12]}…")


def images_in(path: Path) -> tuple[str, ...]:
    """Return the digests of the images in a bundle. Raises JournalError."""
    with _opened(path) as archive:
        found = [_IMAGE.match(name) for name in archive.namelist()]
    return tuple(match[1] for match in found if match is not None)


class _Pieces(io.FileIO):
    """A file that refuses large reads, above all of an archive's complete directory.

    An archive states the length of its directory in several places, and readers differ in which one
    they use. The size that is requested in the end is the same for all of them.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(PIECE + 1 if size is None or size < 0 else min(size, PIECE + 1)) or b""
        if len(data) > PIECE:
            raise zipfile.BadZipFile("its directory is longer than any bundle's")
        return data


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive and check that it has few members and no duplicate names.

    Turn its errors into JournalErrors.
    """
    try:
        with _Pieces(path) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > MAX_MEMBERS:
                raise JournalError(
                    f"{path} contains more than {MAX_MEMBERS:,} files, so it is not a bundle"
                )
            if len(set(names)) != len(names):
                raise JournalError(
                    f"{path} contains two files of the same name, so it is not a bundle"
                )
            yield archive
    except _BROKEN as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise JournalError(f"{path} cannot be read: {reason}", hint="is it a bundle?") from None


def _read(path: Path, archive: zipfile.ZipFile, name: str, largest: int) -> Iterator[bytes]:
    """Yield a member's bytes in pieces, at most `largest`, whatever size the archive declares.

    Raises JournalError.
    """
    if name not in archive.namelist():
        raise JournalError(f"{path} does not contain {name}", hint="is it a bundle?")
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise JournalError(
            f"{name} in {path} is compressed in a way that bundles do not use",
            hint="is it a bundle?",
        )
    left = largest
    with archive.open(member) as opened:
        while piece := opened.read(min(left + 1, PIECE)):
            left -= len(piece)
            if left < 0:
                raise JournalError(
                    f"{name} in {path} is larger than {largest:,} bytes", hint="is it a bundle?"
                )
            yield piece


def bundle_of(
    folder: Path, images: Mapping[str, bytes], sound: tuple[str, Path] | None = None
) -> Path:
    """Bundle a run's folder into `bundle.zip` inside it. Raises OutputError."""
    path = folder / "bundle.zip"
    try:
        journal = (folder / JOURNAL).open("rb")
    except OSError as error:
        raise OutputError(f"{folder / JOURNAL} cannot be read: {error.strerror}") from None
    with journal:
        write_bundle(path, journal, images, sound)
    return path
