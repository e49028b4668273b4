"""Fuzz targets for bundles: real archives, and archives built from a recipe so that their contents
are examined too.

An archive that can be read gives what was packed, within the bounds. Everything else is an error,
and nothing is ever written.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest import mock

from sequencer.api.sources import load_input
from sequencer.core.errors import JournalError, SequencerError
from sequencer.engine import bundle
from sequencer.engine.bundle import (
    JOURNAL,
    image_in,
    images_in,
    is_bundle,
    journal_pieces,
    write_bundle,
)
from sequencer.engine.journal import read_journal
from tests.fuzz.documents import short_journals
from tests.fuzz.promises import BrokenError

SMALL = 8192
"""Maximum bytes of one file of a bundle here.

The bound is the same as usual, but short inputs reach it.
"""

NAMES = (
    JOURNAL,
    f"images/{hashlib.sha256(b'x').hexdigest()}",
    f"images/{'0' * 64}",
    "../escaped",
    "/etc/escaped",
    "C:\\escaped",
    "images/../../escaped",
    f"{JOURNAL}\0.png",
    "images/",
    "\udcff.png",
)
"""Names that a recipe chooses from. Others are spelled out in the recipe."""


class _Folder:
    """A folder for the file that is read, and a guard that records every write, creation, move and
    link.
    """

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="fuzz-bundles-")
        self.path = Path(self._kept.name) / "run.zip"
        self.broken: list[str] = []
        self.watching = False
        sys.addaudithook(self._seen)

    def _seen(self, event: str, what: tuple[object, ...]) -> None:
        if not self.watching:
            return
        if event == "open":
            path, mode, flags = what
            writes = isinstance(flags, int) and bool(
                flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            )
            if writes and "__pycache__" not in str(path):
                self.broken.append(f"opened {path!r} for writing ({mode})")
        elif event in _CHANGES:
            self.broken.append(f"{event}{what!r}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        self.watching = True
        try:
            yield
        finally:
            self.watching = False
        if self.broken:
            raise BrokenError(self.broken.pop())


_CHANGES = frozenset({
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.utime"),
    *("shutil.copyfile", "shutil.move", "shutil.rmtree", "shutil.unpack_archive"),
    *("subprocess.Popen", "os.system", "socket.connect"),
})  # fmt: skip


@cache
def _folder() -> _Folder:
    return _Folder()


def archive(data: bytes) -> None:
    """Read an archive.

    An input that begins with `P` (as archives do) is an archive; every other input is a recipe.
    """
    folder = _folder()
    made = data if data[:1] == b"P" else built(data)
    folder.path.write_bytes(made)
    with (
        mock.patch.multiple(
            bundle, MAX_BUNDLED_IMAGE_BYTES=SMALL, PIECE=SMALL, SMALL_JOURNAL=SMALL, MAX_DENSE=4
        ),
        folder.watched(),
    ):
        _read(folder.path)


def _read(path: Path) -> None:
    is_bundle(path)
    try:
        journal = b"".join(journal_pieces(path))
    except JournalError as error:
        str(error)
    else:
        if len(journal) > max(SMALL, 4 * path.stat().st_size):
            raise BrokenError(f"a journal of {len(journal)} bytes was read")
    try:
        images = images_in(path)
    except JournalError:
        images = ()
    if len(set(images)) != len(images):
        raise BrokenError("one image is listed twice")
    for sha256 in (*images[:8], "0" * 64):
        try:
            data = image_in(path, sha256)
        except JournalError as error:
            str(error)
            continue
        if hashlib.sha256(data).hexdigest() != sha256 or len(data) > SMALL:
            raise BrokenError(f"{sha256} gave {len(data)} other bytes")
    try:
        read_journal(path)
        found = load_input(path)
    except SequencerError as error:
        str(error)
        return
    for image in found.schedule.images[:4]:
        try:
            found.image(image)
        except (SequencerError, OSError) as error:
            str(error)


# ---- recipes -------------------------------------------------------------------------------------


def built(recipe: bytes) -> bytes:
    """Return an archive built from a recipe.

    Each file is six bytes (name, packing, flags, kind, lies, length) and its content.

    Checksums and lengths are right unless the recipe asks for a lie, so that the code after those
    checks is reached. The first byte of the recipe chooses how the archive ends.
    """
    ending, offset = recipe[:1] or b"\0", 1
    files, directory = b"", b""
    count = 0
    while offset + 6 <= len(recipe) and count < 1200:
        which, packing, flags, kind, faults, length = recipe[offset : offset + 6]
        content = recipe[offset + 6 : offset + 6 + length]
        offset += 6 + length
        name = (
            NAMES[which % len(NAMES)].encode("utf-8", "surrogateescape")
            if which < 128
            else content[: which % 32]
        )
        whole = _content(kind, content)
        local, entry = _packed(name, whole, packing, flags=flags, faults=faults, at=len(files))
        files += local
        directory += entry
        count += 1
    return _ended(files, directory, count, ending[0])


def _content(kind: int, content: bytes) -> bytes:
    """Return the content of a file: from the recipe, a journal, zeros of any length, or what a name
    in `NAMES` promises.
    """
    match kind % 5:
        case 1:
            journals = short_journals()
            return journals[kind // 5 % len(journals)]
        case 2:
            return b"\0" * (SMALL * (kind // 5 % 6))
        case 3:
            return b"x"
        case 4:
            return content * (kind // 5)
        case _:
            return content


METHODS = (0, 8, 12, 14, 9, 93, 99, 65535)


def _packed(
    name: bytes, content: bytes, packing: int, *, flags: int, faults: int, at: int
) -> tuple[bytes, bytes]:
    """Return a file's local header with its content, and its entry in the directory."""
    method = METHODS[packing % 16] if packing % 16 < len(METHODS) else packing % 2 * 8
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush() if method == 8 else content
    bits = (flags & 1) | (flags & 2) << 2 | (flags & 4) << 9 | (flags & 8) << 3
    sum_, size, small = zlib.crc32(content), len(content), len(packed)
    fields = [sum_, small, size, at]
    if faults & 1:
        fields[0] ^= 1
    if faults & 2:
        fields[1] = 0xFFFFFFF0
    if faults & 4:
        fields[2] = 3 if faults & 8 else 0xFFFFFFF0
    if faults & 16:
        fields[3] = 0xFFFFFFFE if faults & 8 else 0
    extra = b""
    if faults & 32:  # zip64: the values in the extra field count
        fields[1:4] = [0xFFFFFFFF] * 3
        far = 2**64 - 1 if faults & 8 else 2**63 if faults & 64 else at
        extra = struct.pack("<HHQQQ", 1, 24, 2**63 if faults & 128 else size, small, far)
    link = 0o120777 << 16 if flags & 128 else 0
    local = (
        struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", 20, bits, method, 0, 33, sum_, small, size, len(name), 0
        )
        + name
        + packed
    )
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, bits, method, 0, 33, fields[0], fields[1], fields[2],
        *(len(name), len(extra), 0, 0, 0, link, fields[3]),
    )  # fmt: skip
    return local, entry + name + extra


def _ended(files: bytes, directory: bytes, count: int, ending: int) -> bytes:
    """Return the complete archive.

    Its end may name another directory, be in zip64 form, appear twice, or be missing.
    """
    size, at = len(directory), len(files)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, at, 0)
    match ending % 8:
        case 1:
            end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 65535, 65535, 100, at, 0)
        case 2:
            long = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
            end = long + struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1) + end
        case 3:
            end = end[:4] + b"PK\5\6" + end[8:]
        case 4:
            end = end[:20] + struct.pack("<H", 5) + b"PK\5\6!"
        case 5:
            end = struct.pack(
                "<4sHHHHIIH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, 0xFFFFFFF0, at, 0
            )
        case 6:
            end = b""
        case _:
            pass
    return files + directory + end


def archives() -> Iterator[bytes]:
    """Yield a real bundle, and recipes of each kind."""
    journal = short_journals()[1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.zip"
        write_bundle(path, io.BytesIO(journal), {hashlib.sha256(b"x").hexdigest(): b"x"})
        yield path.read_bytes()

    def file(
        name: int,
        packing: int = 1,
        flags: int = 0,
        *,
        kind: int = 0,
        faults: int = 0,
        content: bytes = b"",
    ) -> bytes:
        return bytes((name, packing, flags, kind, faults, len(content))) + content

    for number in range(len(short_journals())):
        yield b"\0" + file(0, kind=1 + 5 * number) + file(1, kind=3)
    yield b"\0" + b"".join(file(name, kind=1) for name in range(len(NAMES)))
    yield b"\0" + file(0, kind=5 * 5 + 2) + file(2, kind=5 * 5 + 2)
    yield b"\0" + file(0, kind=1) * 2
    for packing in range(len(METHODS)):
        yield b"\0" + file(0, packing, kind=1)
    for flag in (1, 2, 4, 8, 128):
        yield b"\0" + file(0, flags=flag, kind=1)
    for fault in (1, 2, 4, 12, 16, 24, 32, 40, 96, 160):
        yield b"\0" + file(0, kind=1, faults=fault) + file(1, kind=3, faults=fault)
    for ending in range(1, 8):
        yield bytes((ending,)) + file(0, kind=1) + file(1, kind=3)
    yield b"\2" + file(200, content=b"\xff\xfe\x80name") * 40
