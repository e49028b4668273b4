"""Image container formats: detects them, reads the orientation, and removes other metadata.

Cameras, editors and image generators write metadata that decoders fail on: EXIF values out of
range, texts of megabytes. The pixels do not depend on it. Nothing is decoded here, and the time is
linear in the number of bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"II+\x00", "a TIFF"),
    (b"MM\x00+", "a TIFF"),
    (b"\x00\x00\x01\x00", "an ICO"),
    (b"8BPS", "a PSD"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
)
_BRANDS = {b"avif": "an AVIF", b"avis": "an AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "a HEIC"
)

_PNG_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_COLOURS = frozenset({b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"})
_WEBP_EXIF, _WEBP_XMP, _WEBP_PROFILE = 0x08, 0x04, 0x20
"""Flags of a VP8X chunk."""

SOS, EOI, COMMENT = 0xDA, 0xD9, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_JFIF, _EXIF, _PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
"""Application segments; Adobe's specifies how colours are stored."""
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")

_EXIF_HEAD = b"Exif\x00\x00"
_ORIENTATION = 0x0112
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


def format_of(data: bytes) -> str | None:
    """Return the format of an accepted image, as Pillow names it, or None for all others."""
    if data.startswith(PNG_SIGNATURE):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def other_format_of(data: bytes) -> str | None:
    """Return the name of a format that is not accepted, with its article, for a message.

    For example:

    "a GIF". None for unknown bytes.
    """
    for head, name in _OTHERS:
        if data.startswith(head):
            return name
    return _BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def without_metadata(data: bytes, orientation: int = 1, *, colours: bool = True) -> bytes:
    """Return the same image without its metadata; no pixel changes.

    Args:
        data: An image in an accepted format.
        orientation: The only EXIF value that the result contains (1 is upright: the result has no
            EXIF data then).
        colours: Whether colour profiles stay.

    Raises:
        ValueError: The format is not an accepted one.
    """
    exif = (
        b""
        if orientation == 1
        else struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    )
    match format_of(data):
        case "PNG":
            kept = _PNG_PIXELS | _PNG_COLOURS if colours else _PNG_PIXELS
            parts = [data[start:end] for kind, start, end in _png_chunks(data) if kind in kept]
            if exif:
                parts.insert(1, _png_chunk(b"eXIf", exif))
            return PNG_SIGNATURE + b"".join(parts)
        case "JPEG":
            return b"\xff\xd8" + b"".join(_bare_jpeg(data, exif, colours))
        case "WEBP":
            return _bare_webp(data, exif, colours)
        case _:
            raise ValueError("it is not a supported image")


def exif_of(data: bytes) -> bytes:
    """Return the EXIF data of an image, from its TIFF header on; empty if it has none."""
    match format_of(data):
        case "PNG":
            found = (
                data[start + 8 : end - 4]
                for kind, start, end in _png_chunks(data)
                if kind == b"eXIf"
            )
        case "JPEG":
            segments = (
                data[start + 4 : end]
                for marker, start, end in _jpeg_segments(data)
                if marker == _EXIF
            )
            found = (segment for segment in segments if segment.startswith(_EXIF_HEAD))
        case "WEBP":
            found = (
                data[start + 8 : end] for kind, start, end in _webp_chunks(data) if kind == b"EXIF"
            )
        case _:
            return b""
    return next(found, b"").removeprefix(_EXIF_HEAD)


def orientation_of(exif: bytes, xmp: bytes = b"") -> int:
    """Return an image's orientation, 1 (upright) to 8, by EXIF or else XMP; 1 if unreadable.

    Pillow's EXIF reader is not used: it raises many kinds of exceptions, and it reads a value that
    several fields share once per field, which is slow for hostile files.
    """
    endian = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if endian is not None and len(exif) >= 8:
        offset = struct.unpack_from(endian + "I", exif, 4)[0]
        if offset + 2 <= len(exif):
            count = struct.unpack_from(endian + "H", exif, offset)[0]
            for start in range(offset + 2, min(offset + 2 + 12 * count, len(exif) - 11), 12):
                tag, kind, _ = struct.unpack_from(endian + "HHI", exif, start)
                if tag == _ORIENTATION:
                    value = struct.unpack_from(
                        endian + {3: "H", 4: "I"}.get(kind, "B"), exif, start + 8
                    )[0]
                    return value if 1 <= value <= 8 else 1
    found = _XMP_ORIENTATION.search(xmp)
    return 1 if found is None else int(found[1])


def scans_of(data: bytes) -> int:
    """Return how many passes a JPEG takes to decode: one, or several if it is progressive."""
    return sum(1 for marker, _, _ in _jpeg_segments(data) if marker == SOS)


# ---- PNG


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each chunk; the last one may be truncated."""
    offset = len(PNG_SIGNATURE)
    while offset + 8 <= len(data):
        length = int.from_bytes(data[offset : offset + 4], "big")
        kind, end = data[offset + 4 : offset + 8], offset + 12 + length
        yield kind, offset, end
        if kind == b"IEND":
            return
        offset = end


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


# ---- JPEG


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment after the start of the image.

    The segment of a scan includes its entropy-coded data.

    Data after the end of the image (a phone's second image, or a video) belongs to no segment.
    """
    offset = 2
    while True:
        found = _MARKER.search(data, offset)
        if found is None:
            return
        marker, start = found[1][0], found.start()
        offset = found.end()
        if marker == EOI:
            yield marker, start, offset
            return
        offset += int.from_bytes(data[offset : offset + 2], "big")
        if marker == SOS:  # its data continues until the next marker
            following = _MARKER.search(data, offset)
            offset = len(data) if following is None else following.start()
        yield marker, start, min(offset, len(data))


def _bare_jpeg(data: bytes, exif: bytes, colours: bool) -> Iterator[bytes]:
    waiting = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + _EXIF_HEAD + exif if exif else b""
    for marker, start, end in _jpeg_segments(data):
        if waiting and marker != _JFIF:
            yield waiting
            waiting = b""
        is_profile = marker == _PROFILE and data.startswith(b"ICC_PROFILE\x00", start + 4)
        if marker in _APPLICATION:
            if marker in (_JFIF, _ADOBE) or (colours and is_profile):
                yield data[start:end]
        elif marker != COMMENT:
            yield data[start:end]


# ---- WebP


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    offset, end = (
        12,
        min(len(data), 8 + int.from_bytes(data[4:8], "little")),
    )  # data after the container is not read
    while offset + 8 <= end:
        length = int.from_bytes(data[offset + 4 : offset + 8], "little")
        following = offset + 8 + length + (length & 1)
        yield data[offset : offset + 4], offset, min(following, end)
        offset = following


def webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height from the first chunk of a WebP file; (0, 0) if it cannot be read."""
    head = data[12:30]
    if len(head) < 18:
        return 0, 0
    if head.startswith(b"VP8X"):
        return int.from_bytes(head[12:15], "little") + 1, int.from_bytes(head[15:18], "little") + 1
    if head.startswith(b"VP8L"):
        bits = int.from_bytes(head[9:13], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[14:16], "little") & 0x3FFF, int.from_bytes(
        head[16:18], "little"
    ) & 0x3FFF


def _bare_webp(data: bytes, exif: bytes, colours: bool) -> bytes:
    dropped = {b"EXIF", b"XMP "} if colours else {b"EXIF", b"XMP ", b"ICCP"}
    flags = _WEBP_EXIF | _WEBP_XMP | (0 if colours else _WEBP_PROFILE)
    parts: list[bytes] = []
    can_hold = False
    for kind, start, end in _webp_chunks(data):
        part = data[start:end]
        if kind == b"VP8X" and len(part) > 8:
            can_hold = True
            part = part[:8] + bytes((part[8] & ~flags | (_WEBP_EXIF if exif else 0),)) + part[9:]
        if kind not in dropped:
            parts.append(part)
    if can_hold and exif:
        parts.append(
            b"EXIF" + struct.pack("<I", len(exif)) + exif
        )  # an even length needs no padding
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content
