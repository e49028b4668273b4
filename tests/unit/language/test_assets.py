"""The files that a score names: what is found in them, and the code of everything else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.images import ImageFile
from sequencer.language.assets import probe_image
from sequencer.language.loader import load_text
from sequencer.language.score import Score
from tests.support.image_fixtures import make_image, saved

PNG = saved(make_image(24, 16), "PNG")


def score(text: str) -> Score:
    reading = load_text(text, "a.score")
    assert reading.score is not None, reading.diagnostics
    return reading.score


def probed(
    folder: Path,
    *paths: str,
    most_bytes: int = 10**6,
    most_pixels: int = 10**6,
    outside: bool = False,
) -> tuple[tuple[ImageFile, ...], list[str]]:
    cues = "".join(f'at {index}c image "{path}"\n' for index, path in enumerate(paths))
    faults = Diagnostics()
    found = probe_image(
        score(cues), folder, most_bytes, most_pixels=most_pixels, outside=outside, faults=faults
    )
    return found, [
        f"{one.code} {one.span.line}:{one.span.column}"
        + "".join(f" → {fix.text}" for fix in one.fixes)
        for one in faults.diagnostics
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "scores"
    (inner / "refs").mkdir(parents=True)
    (inner / "refs" / "tram.png").write_bytes(PNG)
    (inner / "named.png").write_bytes(saved(make_image(24, 16), "WEBP"))
    (inner / "empty.png").write_bytes(b"")
    (inner / "text.png").write_text("hello")
    (inner / "cut.png").write_bytes(PNG[:60])
    (inner / "a.gif").write_bytes(saved(make_image(24, 16), "GIF"))
    (tmp_path / "outside.png").write_bytes(PNG)
    (inner / "link.png").symlink_to(tmp_path / "outside.png")
    return inner


def test_an_image_is_measured_and_hashed(folder: Path) -> None:
    image = ImageFile(
        path="refs/tram.png",
        sha256=hashlib.sha256(PNG).hexdigest(),
        mime_type="image/png",
        width=24,
        height=16,
        size=len(PNG),
    )
    assert probed(folder, "refs/tram.png") == ((image,), [])


def test_the_type_of_an_image_is_that_of_its_bytes(folder: Path) -> None:
    ((image,), reported) = probed(folder, "named.png")
    assert (image.mime_type, reported) == ("image/webp", [])


def test_each_path_is_inspected_once_and_reported_at_its_first_use(folder: Path) -> None:
    found, reported = probed(folder, "gone.webp", "refs/tram.png", "gone.webp", "refs/tram.png")
    assert ([image.path for image in found], reported) == (["refs/tram.png"], ["E520 1:7"])


REFUSED: dict[str, str] = {
    "": "E520 1:7",
    "refs": "E520 1:7",
    "gone.webp": "E520 1:7",
    "refs/tran.png": 'E520 1:7 → image "refs/tram.png"',
    "refs/tram.png/a.png": "E520 1:7",
    "empty.png": "E523 1:7",
    "text.png": "E523 1:7",
    "cut.png": "E523 1:7",
    "a.gif": "E524 1:7",
    "link.png": "E521 1:7",
    "../outside.png": "E521 1:7",
}


@pytest.mark.parametrize(("path", "expected"), REFUSED.items())
def test_other_images_are_reported(folder: Path, path: str, expected: str) -> None:
    assert probed(folder, path) == ((), [expected])


def test_images_outside_the_folder_may_be_allowed(folder: Path) -> None:
    found, reported = probed(folder, "link.png", "../outside.png", outside=True)
    assert ([image.path for image in found], reported) == (["link.png", "../outside.png"], [])


@pytest.mark.parametrize(
    ("most_bytes", "most_pixels", "reported"),
    [
        (len(PNG), 24 * 16, []),
        (len(PNG) - 1, 24 * 16, ["E522 1:7"]),
        (len(PNG), 24 * 16 - 1, ["E527 1:7"]),
    ],
)
def test_images_are_limited_in_bytes_and_pixels(
    folder: Path, most_bytes: int, most_pixels: int, reported: list[str]
) -> None:
    assert (
        probed(folder, "refs/tram.png", most_bytes=most_bytes, most_pixels=most_pixels)[1]
        == reported
    )
