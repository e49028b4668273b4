"""The contact sheet: a grid, at most so many pictures, evenly chosen, and that said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sequencer.errors import OutputError
from sequencer.recorder import ContactSheet
from sequencer.recorder.sheet import COLUMNS, GAP, MARGIN, MOST, THUMB_WIDTH


def filled(path: Path, chunks: int, **more: int) -> ContactSheet:
    sheet = ContactSheet(path, "Für Öre", **more)
    for chunk in range(chunks):
        frames = np.full((3, 24, 40, 3), chunk % 200 + 30, np.uint8)
        sheet.add(chunk, frames, section=f"part {chunk // 10}", prompt=f"a picture of the number {chunk}, in grey")
    return sheet


@pytest.mark.parametrize(
    ("chunks", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (7, 6, 2), (37, 6, 7), (60, 6, 10), (2000, 6, 10)]
)
def test_the_grid(tmp_path: Path, chunks: int, columns: int, rows: int) -> None:
    path = filled(tmp_path / "contact-sheet.png", chunks).save()
    assert path == tmp_path / "contact-sheet.png"
    with Image.open(path) as image:
        assert image.width == 2 * MARGIN + columns * THUMB_WIDTH + (columns - 1) * GAP
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    thumb = THUMB_WIDTH * 24 // 40
    left = pixels[:, MARGIN + THUMB_WIDTH // 2].min(axis=1)
    starts = [
        row
        for row in range(1, len(left))
        if left[row] >= 30 > left[row - 1] and (left[row : row + thumb - 2] == left[row]).all()
    ]
    assert len(starts) == rows
    assert [path.name for path in tmp_path.iterdir()] == ["contact-sheet.png"]


def test_the_pictures_of_a_long_run_are_evenly_chosen(tmp_path: Path) -> None:
    sheet = filled(tmp_path / "sheet.png", 2000)
    assert len(sheet._thumbs) < 2 * MOST
    shown = [thumb.chunk for thumb in sheet._chosen()]
    assert len(shown) == MOST
    assert shown[0] == 0
    steps = np.diff(shown)
    assert steps.max() <= 2 * steps.min()
    assert shown[-1] > 1900
    assert COLUMNS * 10 == MOST


@pytest.mark.parametrize("chunks", [59, 60, 61, 119, 120, 121, 240, 241])
def test_no_more_than_fit_and_no_fewer(tmp_path: Path, chunks: int) -> None:
    assert len(filled(tmp_path / "sheet.png", chunks)._chosen()) == min(chunks, MOST)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", most=4)
    frame = np.zeros((24, 40, 3), np.uint8)
    for chunk in range(3000):
        sheet.add(chunk, frame)
        assert len(sheet._thumbs) < 8


def test_no_chunk_no_sheet(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", "title")
    sheet.add(0, np.zeros((0, 24, 40, 3), np.uint8))
    assert sheet.save() is None
    assert not list(tmp_path.iterdir())


def test_the_same_chunks_make_the_same_sheet(tmp_path: Path) -> None:
    one, two = (filled(tmp_path / name, 9) for name in ("a.png", "b.png"))
    one.save()
    two.save()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_pictures_of_different_sizes_and_texts_of_all_sorts(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", "日本 " * 200)
    for chunk, size in enumerate([(24, 40), (40, 24), (1, 1), (3000, 3), (3, 3000)]):
        sheet.add(chunk, np.full((*size, 3), 99, np.uint8), section="—" * 99, prompt="ł\x00\n🎬 " * 99)
    assert sheet.save() is not None


def test_a_sheet_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"sheet.png cannot be written to .*nowhere"):
        filled(tmp_path / "nowhere" / "sheet.png", 2).save()
