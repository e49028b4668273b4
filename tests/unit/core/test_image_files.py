"""Image files as cameras, editors and image generators write them: shown whatever their metadata,
or refused with a reason.
"""

from __future__ import annotations

import io
import struct
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

import sequencer
from sequencer.core.catalog import family
from sequencer.core.image_files import (
    MAX_JPEG_SCANS,
    Decoded,
    Problem,
    Refusal,
    decode,
    eight_bits,
    opened,
    prepare_upload,
    read_image,
)
from sequencer.core.image_segments import exif_of, orientation_of, scans_of, webp_size
from sequencer.core.images import (
    IMAGE_FORMATS,
    IMAGE_TYPES,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    ImageFile,
)
from sequencer.language.loader import LoadLimits, load
from sequencer.reports.timeline.thumbnails import thumbnails_of
from sequencer.server.uploads import NotTakenError, UploadSlots
from sequencer.stages.simulated.renderer.frames import as_drawn
from tests.support.image_fixtures import ODD_IMAGES, exif_with, make_image, png_with, saved

Pixels = NDArray[np.uint8]


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels.transpose(1, 0, 2), 2),
    8: np.rot90,
}


def plainly(data: bytes) -> Pixels:
    """Return an image as a model opens it: by Pillow, turned upright, in RGB.

    Raises whatever goes wrong.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as file:
            return np.asarray(ImageOps.exif_transpose(file).convert("RGB"))


@pytest.mark.parametrize("name", ODD_IMAGES)
def test_metadata_never_decides_whether_a_frame_is_shown(name: str, tmp_path: Path) -> None:
    make, orientation = ODD_IMAGES[name]
    data = make()
    found = decode(data)
    assert isinstance(found, Decoded), found
    kind = next(kind for kind, mime_type in IMAGE_TYPES.items() if mime_type == found.mime_type)
    bare = saved(make_image(), kind, **({"lossless": True} if kind == "WEBP" else {}))
    expected = _TURNS[orientation](np.asarray(Image.open(io.BytesIO(bare)).convert("RGB")))
    assert (np.asarray(found.pixels) == expected).all()
    assert (found.width, found.height) == (24, 16), "the file's own size, before it is turned"
    assert (plainly(upload_of(data)) == expected).all(), (
        "what is uploaded is opened by a plain decoder, and as upright"
    )
    score = tmp_path / "a.score"
    score.write_text('at 0c image "a.bin", "A boat."\nend 2c\n', encoding="utf-8")
    (tmp_path / "a.bin").write_bytes(data)
    reading = load(score)
    assert reading.diagnostics == ()
    assert reading.score is not None
    assert reading.score.images[0].mime_type == found.mime_type
    assert as_drawn(_pixels(data)).dtype == np.uint8


def upload_of(data: bytes) -> bytes:
    """Return the bytes that are uploaded for an image."""
    found = prepare_upload(data)
    assert isinstance(found, bytes), found
    return found


def _pixels(data: bytes) -> Pixels:
    found = opened(data)
    assert not isinstance(found, str), found
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", IMAGE_TYPES)
def test_every_orientation_in_every_format(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Nobody's business"
    data = saved(make_image(), kind, exif=exif)
    found = decode(data)
    assert isinstance(found, Decoded)
    assert (np.asarray(found.pixels) == plainly(data)).all()
    upload = upload_of(data)
    assert (plainly(upload) == plainly(data)).all()
    assert b"Nobody" in data
    assert b"Nobody" not in upload
    assert orientation_of(exif_of(upload)) == orientation


@pytest.mark.parametrize("kind", IMAGE_TYPES)
def test_what_has_no_metadata_is_uploaded_as_it_is_and_profiles_stay(kind: str) -> None:
    data = saved(make_image(), kind)
    assert upload_of(data) == data
    profile = saved(make_image(), kind, icc_profile=b"a profile" * 20)
    assert Image.open(io.BytesIO(upload_of(profile))).info["icc_profile"] == b"a profile" * 20


# ---- depth ---------------------------------------------------------------------------------------


def test_greyscale_of_16_bits_keeps_its_tones() -> None:
    tones = (np.arange(64 * 48).reshape(48, 64) * 21).astype(np.uint16)
    pixels = _pixels(saved(Image.fromarray(tones), "PNG"))
    assert (pixels == (tones >> 8).astype(np.uint8)[..., None]).all()
    assert int(pixels.max()) - int(pixels.min()) > 240


def test_what_is_transparent_in_16_bits_is_black() -> None:
    tones = np.full((4, 4), 40_000, np.uint16)
    tones[0] = 50_000
    data = png_with(b"tRNS", struct.pack(">H", 50_000), saved(Image.fromarray(tones), "PNG"))
    assert (_pixels(data)[:, 0, 0] == [0, 156, 156, 156]).all()


@pytest.mark.parametrize(
    ("mode", "values", "shown"),
    [
        ("I;16", [0, 256, 65535], [0, 1, 255]),
        ("I;16B", [0, 256, 65535], [0, 1, 255]),
        ("I", [0, 512, 65535], [0, 2, 255]),
        ("I", [0, 3], [0, 0]),
        ("I", [-100, 0, 100], [0, 127, 255]),
        ("I", [0, 1_000_000, 2_000_000], [0, 127, 255]),
        ("F", [0, 0.5, 1], [0, 127, 255]),
        ("F", [0, 100.6, 255], [0, 100, 255]),
        ("F", [-1, 0, 1], [0, 127, 255]),
        ("F", [float("nan"), float("inf"), 1.0], [0, 0, 255]),
    ],
)
def test_modes_of_more_than_8_bits(mode: str, values: list[float], shown: list[int]) -> None:
    kinds = {"I;16": "<u2", "I;16B": ">u2", "I": "=i4", "F": "=f4"}
    image = Image.frombytes(mode, (len(values), 1), np.array(values).astype(kinds[mode]).tobytes())
    assert np.asarray(eight_bits(image))[0].tolist() == shown


# ---- limits --------------------------------------------------------------------------------------


def test_one_set_of_limits_for_reading_performing_and_serving(tmp_path: Path) -> None:
    assert LoadLimits().image_bytes == MAX_IMAGE_BYTES
    assert LoadLimits().image_pixels == MAX_IMAGE_PIXELS
    served = UploadSlots(60)
    assert served.announce("a.png", MAX_IMAGE_BYTES, "image/png").reference.size == MAX_IMAGE_BYTES
    with pytest.raises(NotTakenError) as refused:
        served.announce("a.png", MAX_IMAGE_BYTES + 1, "image/png")
    assert refused.value.status == 413
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(OSError, match="not the file"):
        read_image(
            tmp_path,
            ImageFile(
                path="a.png",
                sha256="0" * 64,
                mime_type="image/png",
                width=1,
                height=1,
                size=MAX_IMAGE_BYTES + 1,
            ),
        )


def test_the_limits_that_are_documented_are_those() -> None:
    meanings = {one.code: one.explanation for one in family("images")}
    assert f"at most {MAX_IMAGE_BYTES // 1_000_000} MB" in meanings["E522"]
    assert f"at most {MAX_IMAGE_PIXELS:,} pixels" in meanings["E527"]
    assert meanings["E524"].startswith(f"{IMAGE_FORMATS} are supported")
    page = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
    assert (
        f"{MAX_IMAGE_BYTES // 1_000_000} MB, {MAX_IMAGE_PIXELS // 1_000_000} million pixels" in page
    )


@pytest.mark.parametrize("kind", IMAGE_TYPES)
def test_pixels_are_counted_before_anything_is_unpacked(kind: str) -> None:
    data = saved(Image.new("L", (300, 200)), kind)
    assert isinstance(decode(data, 60_000), Decoded)
    refused = decode(data, 59_999)
    assert isinstance(refused, Refusal)
    assert (refused.problem, refused.width, refused.height) == (Problem.TOO_MANY_PIXELS, 300, 200)
    assert "300×200" in refused.reason


@pytest.mark.parametrize("more", [{"lossless": True}, {"lossless": False}, {"exif": exif_with(6)}])
def test_the_size_of_a_webp_is_known_before_it_is_decoded(more: dict[str, object]) -> None:
    assert webp_size(saved(Image.new("RGB", (301, 17)), "WEBP", **more)) == (301, 17)


def test_a_jpeg_of_endless_scans_is_not_decoded() -> None:
    data = saved(make_image(512, 512), "JPEG", progressive=True)
    assert 5 < scans_of(data) < 20
    last = data.rindex(b"\xff\xda")
    endless = data[:last] + data[last:-2] * 5000 + data[-2:]
    assert scans_of(endless) > MAX_JPEG_SCANS
    began = time.monotonic()
    assert "scans" in str(opened(endless))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "fill",
    [b"\xff", b"\xff\xd8\xff\xe1\0\0", b"\xff\xda\0\0", b"\xff\xda\0\2\xff\xd0", b"\xff\xe1\xff"],
)
def test_odd_markers_take_no_time(fill: bytes) -> None:
    began = time.monotonic()
    decode(b"\xff\xd8\xff" + fill * (2_000_000 // len(fill)))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GIF89a\x01\x00", "a GIF"),
        (b"BM\x00\x00", "a BMP"),
        (b"II*\x00\x08", "a TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "an AVIF"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL"),
        (b"8BPS\0\1", "a PSD"),
    ],
)
def test_other_formats_are_named(data: bytes, what: str) -> None:
    assert opened(data) == f"image is {what}; PNG, JPEG and WebP are supported"


def test_a_thumbnail_of_a_photograph_with_odd_metadata(tmp_path: Path) -> None:
    data = ODD_IMAGES["a resolution of 0/0"][0]()
    (tmp_path / "a.jpg").write_bytes(data)
    score = tmp_path / "a.score"
    score.write_text('at 0c image "a.jpg", "A boat."\nend 2c\n', encoding="utf-8")
    schedule = sequencer.compile_score(sequencer.read(score))
    assert len(thumbnails_of(schedule, tmp_path)) == 1


# ---- random changes ------------------------------------------------------------------------------

SAMPLES = [
    *(make() for make, _ in ODD_IMAGES.values()),
    saved(make_image(), "JPEG", progressive=True),
    saved(make_image(), "WEBP"),
    saved(make_image().convert("P"), "PNG"),
    saved(make_image().convert("LA"), "PNG"),
    saved(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000), "PNG"),
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=6)), min_size=1, max_size=6
)


@given(st.sampled_from(SAMPLES), EDITS)
@settings(max_examples=400, deadline=5_000)
def test_changed_images_are_decoded_or_refused(
    data: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    """With bytes replaced, inserted or removed, or the end cut off, decoding gives an image or a
    reason, in bounded time.
    """
    for where, what, noise in edits:
        offset = int(where * len(data))
        gone = (len(noise), 0, 1 + len(noise), len(data))[what]
        data = data[:offset] + noise + data[offset + gone :]
    found = decode(data)
    if isinstance(found, Refusal):
        assert found.reason
        assert found.reason == opened(data)
        return
    assert found.pixels.mode == "RGB"
    assert (_pixels(upload_of(data)) == np.asarray(found.pixels)).all()
