"""The contact sheet: one frame for each cue and cut, up to a maximum, evenly chosen, and a note
about what is omitted.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

import sequencer
from sequencer.core.errors import OutputError
from sequencer.runtime.recording.contact_sheet import (
    COLUMNS,
    GAP,
    MARGIN,
    MAX_FRAMES,
    THUMB_WIDTH,
    ContactSheet,
    Shot,
)

SCORES = Path(__file__).parents[4] / "scores"


def filled(
    path: Path, cues: int, *, most: int = MAX_FRAMES, between: int = 0, title: str = "Für Öre"
) -> ContactSheet:
    """Return a sheet of `cues` cues, each followed by `between` chunks in which nothing happens."""
    sheet = ContactSheet(path, title, most=most)
    for cue in range(cues):
        frames = np.full((3, 24, 40, 3), cue % 200 + 30, np.uint8)
        shot = Shot(
            section=f"part {cue // 10}",
            position=f"{cue}.1",
            time="0:01.4",
            action=f"A plate of the number {cue}, in grey.",
            is_cut=cue == 5,
        )
        sheet.add(cue * (between + 1), frames, partial(Shot, **asdict(shot)))
        for chunk in range(between):
            sheet.add(cue * (between + 1) + 1 + chunk, frames)
    return sheet


def shown(sheet: ContactSheet) -> list[int]:
    return [thumb.chunk for thumb in sheet._chosen(sheet._described())]


def note(sheet: ContactSheet) -> str:
    cues = sheet._described()
    return sheet._note(cues, sheet._chosen(cues))


@pytest.mark.parametrize(
    ("cues", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (7, 6, 2), (37, 6, 7), (96, 6, 16), (2000, 6, 16)],
)
def test_the_grid(tmp_path: Path, cues: int, columns: int, rows: int) -> None:
    path = filled(tmp_path / "contact-sheet.png", cues, title="").save()
    assert path == tmp_path / "contact-sheet.png"
    with Image.open(path) as image:
        assert image.width == 2 * MARGIN + columns * THUMB_WIDTH + (columns - 1) * GAP
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    thumb = THUMB_WIDTH * 24 // 40
    left = pixels[:, MARGIN + 2].min(axis=1)
    starts = [
        row
        for row in range(1, len(left))
        if left[row] >= 30 > left[row - 1] and (left[row : row + thumb - 2] == left[row]).all()
    ]
    assert len(starts) == rows
    assert [path.name for path in tmp_path.iterdir()] == ["contact-sheet.png"]


def test_every_cue_has_a_frame_and_chunks_without_one_have_none(tmp_path: Path) -> None:
    sheet = filled(tmp_path / "sheet.png", 9, between=4)
    assert shown(sheet) == list(range(0, 45, 5))
    assert note(sheet) == "45 chunks; 8 cues and 1 cut, one frame each"


def test_the_frames_of_a_long_run_are_evenly_chosen_and_the_rest_is_counted(tmp_path: Path) -> None:
    sheet = filled(tmp_path / "sheet.png", 2000, between=1)
    assert len(sheet._pictured) < 2 * MAX_FRAMES
    chosen = shown(sheet)
    assert len(chosen) == MAX_FRAMES
    assert chosen[0] == 0
    steps = np.diff(chosen)
    assert steps.max() <= 2 * steps.min()
    assert chosen[-1] > 3800
    assert COLUMNS * 16 == MAX_FRAMES
    assert (
        note(sheet) == "4,000 chunks; 96 of 1,999 cues and 1 cut, evenly chosen: 1,904 are left out"
    )


@pytest.mark.parametrize(
    "cues",
    [
        MAX_FRAMES - 1,
        MAX_FRAMES,
        MAX_FRAMES + 1,
        2 * MAX_FRAMES - 1,
        2 * MAX_FRAMES,
        2 * MAX_FRAMES + 1,
        4 * MAX_FRAMES,
        4 * MAX_FRAMES + 1,
    ],
)
def test_no_more_than_fit_and_no_fewer(tmp_path: Path, cues: int) -> None:
    assert len(shown(filled(tmp_path / "sheet.png", cues))) == min(cues, MAX_FRAMES)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", most=4)
    frame = np.zeros((24, 40, 3), np.uint8)
    for chunk in range(3000):
        sheet.add(chunk, frame, Shot)
        assert sum(1 for thumb in sheet._thumbs if thumb.image is not None) < 8


def test_what_did_not_land_has_no_frame(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png")
    frame = np.zeros((24, 40, 3), np.uint8)
    for chunk in range(6):
        sheet.add(chunk, frame, (lambda: None) if chunk % 2 else Shot)
    assert shown(sheet) == [0, 2, 4]
    assert note(sheet) == "6 chunks; 3 cues, one frame each"


def test_no_chunk_no_sheet(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", "title")
    sheet.add(0, np.zeros((0, 24, 40, 3), np.uint8), Shot)
    assert sheet.save() is None
    assert not list(tmp_path.iterdir())


def test_the_same_chunks_make_the_same_sheet(tmp_path: Path) -> None:
    one, two = (filled(tmp_path / name, 9) for name in ("a.png", "b.png"))
    one.save()
    two.save()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_frames_of_different_sizes_and_texts_of_all_sorts(tmp_path: Path) -> None:
    sheet = ContactSheet(tmp_path / "sheet.png", "日本 " * 200)
    shot = Shot(
        section="—" * 99,
        position="≈1.1" * 50,
        time="0:00.0" * 40,
        action="ł\x00\n🎬 " * 99,
        settings="x" * 500,
        is_cut=True,
    )
    for chunk, size in enumerate([(24, 40), (40, 24), (1, 1), (3000, 3), (3, 3000)]):
        sheet.add(chunk, np.full((*size, 3), 99, np.uint8), lambda: shot)
    assert sheet.save() is not None


@pytest.mark.parametrize("cues", [1, 2, 3])
@pytest.mark.parametrize(
    "title",
    ["A", "A title that is much longer than a single frame is wide, and then some more of it"],
)
def test_the_title_never_runs_into_the_note(tmp_path: Path, cues: int, title: str) -> None:
    """A narrow sheet has its note below the title.

    Drawn separately, the two never share a pixel and never leave the sheet.
    """
    whole = filled(tmp_path / "a.png", cues, title=title).drawn()
    paper = np.asarray(Image.new("RGB", whole.size, (16, 17, 20)), dtype=int)
    assert (np.asarray(whole, dtype=int)[:, : MARGIN - 1] == paper[:, : MARGIN - 1]).all()
    assert (np.asarray(whole, dtype=int)[:, -MARGIN + 2 :] == paper[:, -MARGIN + 2 :]).all()
    sheet = filled(tmp_path / "b.png", cues, title=title)
    sheet._note = lambda *_: ""  # type: ignore[method-assign]  # the same sheet without its note
    plain = sheet.drawn()
    if plain.size == whole.size:  # the note is beside the title: it does not overlap what was there
        added = np.asarray(ImageChops.difference(whole, plain)).max(axis=2) > 30
        title_ink = np.asarray(plain, dtype=int).max(axis=2) > 60
        assert not (added & title_ink)[: MARGIN + 30].any()


def test_a_sheet_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"sheet.png cannot be written to .*nowhere"):
        filled(tmp_path / "nowhere" / "sheet.png", 2).save()


# ---- contact sheets of runs ----------------------------------------------------------------------


def shots_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, *events: str
) -> tuple[list[tuple[int, Shot]], str]:
    """Return what a rehearsal writes below its frames, and the note."""
    found: list[ContactSheet] = []
    save = ContactSheet.save

    def keep(sheet: ContactSheet) -> Path | None:
        found.append(sheet)
        return save(sheet)

    monkeypatch.setattr(ContactSheet, "save", keep)
    schedule = sequencer.compile_score(sequencer.reads(text, folder=SCORES))
    sequencer.rehearse(
        schedule, folder=SCORES, out=tmp_path / "run", video_size=(64, 64), events=events
    )
    (sheet,) = found
    return [(thumb.chunk, thumb.shot) for thumb in sheet._chosen(sheet._described())], note(sheet)


SHARED = "The boat remains on the lake. {action} Soft grey light."

CUES = f"""clock 120 bpm, 4/4
grid 4 frames @ 4 fps
scene boat {{
  base "A boat on a lake. Soft grey light."
  follow "{SHARED}"
}}
section verse 2 bars {{
  at 1 boat
  at 2 boat "Now it turns."
  at 2.3 sr 4x
}}
section end 2 bars, cut seed 9 {{
  at 1 boat "Now it sinks."
}}
play verse verse end
"""


def test_a_run_has_one_frame_for_each_cue_and_cut(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shots, warnings = shots_of(monkeypatch, tmp_path, CUES)
    assert [
        (chunk, shot.section, shot.position, shot.action, shot.settings) for chunk, shot in shots
    ] == [
        (0, "verse 1/2", "1.1", "A boat on a lake.", ""),
        (2, "verse 1/2", "2.1", "Now it turns.", ""),
        (3, "verse 1/2", "2.3", "", "sr 4x"),
        (4, "verse 2/2", "1.1", "A boat on a lake.", ""),
        (6, "verse 2/2", "2.1", "Now it turns.", ""),
        (7, "verse 2/2", "2.3", "", "sr 4x"),
        (8, "end", "1.1", "Now it sinks.", "cut seed 9"),
    ]
    assert [shot.is_cut for _, shot in shots] == [False] * 6 + [True]
    assert warnings == "12 chunks; 6 cues and 1 cut, one frame each"


def test_what_a_rule_does_has_a_frame_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = CUES.replace("at 2.3 sr 4x", 'on note C3 ch 10 -> boat "Now it glows."').replace(
        "play verse verse", "play verse"
    )
    shots, _ = shots_of(monkeypatch, tmp_path, text, "note C3 ch 10@0c")
    assert [(shot.position, shot.action) for _, shot in shots][-2:] == [
        ("note 60 (C3) ch 10", "Now it glows."),
        ("1.1", "Now it sinks."),
    ]
