"""E520–E527: the images of a score."""

from __future__ import annotations

import struct
import zlib

from sequencer.core.catalog.record import Code, Example, File, code


def png(width: int, height: int) -> bytes:
    """Return a black PNG of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    row = b"\0" * ((width + 7) // 8 + 1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _small() -> bytes:
    return png(64, 48)


def _wide() -> bytes:
    return png(9_000, 6_000)


def _heavy() -> bytes:
    return _small() + b"\0" * 20_000_000


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
GOOD = 'at 0c image "tram.png", "A tram waits at an empty stop."\n'
TRAM = File("tram.png", _small)


def _image(path: str) -> str:
    return GOOD.replace("tram.png", path)


CODES: tuple[Code, ...] = (
    code(
        "E520",
        "an image that is not there",
        "Paths count from the folder that the score lies in.",
        _image("trma.png"),
        GOOD,
        files=(TRAM,),
    ),
    code(
        "E521",
        "an image outside of the score's folder",
        "A score that came by mail must not show what else lies on your disk, so its images lie in its folder or below.",
        _image("../tram.png"),
        GOOD,
        files=(TRAM,),
    ),
    code(
        "E522",
        "an image file that is too large",
        "An image is uploaded before its chunk, and the model works at 640×384: 20 MB are the most.",
        Example(_image("large.png"), files=(File("large.png", _heavy),)),
        GOOD,
        files=(TRAM,),
    ),
    code(
        "E523",
        "not an image",
        """The bytes decide, not the name: this file is empty, broken, or something else. Odd metadata (EXIF, texts, a second
        picture) is never the reason: it is not used.""",
        _image("notes.png"),
        GOOD,
        files=(File("notes.png", b"buy milk\n"), TRAM),
    ),
    code(
        "E524",
        "an image of another kind",
        """PNG, JPEG and WebP are taken, by `check`, `perform` and `serve` alike. A phone's HEIC has to be exported as one of
        them.""",
        _image("tram.gif"),
        GOOD,
        files=(File("tram.gif", GIF), TRAM),
    ),
    code(
        "E525",
        "backslashes in a path",
        "Folders stand apart by /, so that a score works on every system.",
        _image("refs\\\\tram.png"),
        _image("refs/tram.png"),
        files=(File("refs/tram.png", _small),),
    ),
    code(
        "E526",
        "an image that cannot be read",
        "The system does not let it be read; the message has the system's reason.",
        Example(_image("t" * 300 + ".png"), shown=_image("tttt… (300 letters).png")),
        GOOD,
        files=(TRAM,),
    ),
    code(
        "E527",
        "an image with too many pixels",
        "A small file can hold a huge picture. 50,000,000 pixels are the most; the model works at 640×384.",
        _image("wide.png"),
        GOOD,
        files=(File("wide.png", _wide), TRAM),
    ),
)
