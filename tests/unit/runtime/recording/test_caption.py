"""Captions: any text is drawn inside the band, on the frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sequencer.core.fonts import TextRenderer, system_fonts
from sequencer.runtime.recording.caption import Caption, CaptionBand
from sequencer.runtime.recording.video_writer import VideoWriter
from tests.support.requirements import require

WIDE, TALL = 640, 384

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def grey() -> Planes:
    return (
        np.full((TALL, WIDE), 110, np.uint8),
        np.full((TALL // 2, WIDE // 2), 90, np.uint8),
        np.full((TALL // 2, WIDE // 2), 160, np.uint8),
    )


def render_caption(caption: Caption) -> Planes:
    planes = grey()
    CaptionBand(WIDE, TALL).draw_on(caption, *planes)
    return planes


def test_a_caption_stays_in_its_band() -> None:
    whole = Caption(title="Night tram", section="refrain", take="take 2", place="12.3")
    rows = CaptionBand(WIDE, TALL).rows_of(whole)
    found = render_caption(whole)
    for plane, plain, edge in zip(found, grey(), (rows, rows // 2, rows // 2), strict=True):
        assert (plane[edge:] == plain[edge:]).all()
        assert (plane[:edge] != plain[:edge]).any()
    assert rows < TALL // 8


def test_every_part_is_written_and_the_sides_stay_free() -> None:
    empty = render_caption(Caption(place=" "))[0].astype(int)
    whole = Caption(title="Night tram", section="refrain", take="take 2", place="12.3")
    lefts = []
    for part in ("title", "section", "take", "place"):
        ink = render_caption(Caption(**{part: getattr(whole, part)}))[0].astype(int) - empty
        assert ink.max() > 80
        columns = np.nonzero((ink > 60).any(axis=0))[0]
        lefts.append((int(columns.min()), int(columns.max())))
    assert lefts[0][0] >= 10
    assert lefts[3][1] <= WIDE - 10
    ink = render_caption(whole)[0].astype(int) - empty
    gaps = np.diff(np.nonzero((ink > 60).any(axis=0))[0])
    assert gaps.max() > WIDE // 4  # the middle shows the frame


def test_an_empty_caption_changes_nothing() -> None:
    assert all(
        (found == plain).all()
        for found, plain in zip(render_caption(Caption()), grey(), strict=True)
    )


@pytest.mark.parametrize(
    "action", ["Now it turns.", "Now it turns, and then it turns again, and once more. " * 4]
)
@pytest.mark.parametrize(
    "head", [Caption(title="Night tram", section="refrain", take="take 2", place="12.3"), Caption()]
)
def test_an_action_is_below_the_first_line_and_touches_neither_it_nor_the_edges(
    head: Caption, action: str
) -> None:
    caption = replace(head, action=action)
    rows = CaptionBand(WIDE, TALL).rows_of(caption)
    found, plain = render_caption(caption), grey()
    assert (found[0][rows:] == plain[0][rows:]).all()
    assert rows < TALL // 4
    pixels = found[0].astype(int)
    action_only = render_caption(Caption(action=action))[0].astype(int)
    for one in (pixels, action_only):
        ink = one > 150
        assert ink.any()
        columns = np.nonzero(ink.any(axis=0))[0]
        assert columns.min() >= 10
        assert columns.max() <= WIDE - 10
        assert not ink[rows - 4 :].any(), "the last line is whole"
    if head != Caption():
        lines = (pixels > 150).any(axis=1)
        gaps = np.diff(np.nonzero(lines)[0])
        assert (gaps > 1).any(), "there is paper between the first line and the action"


def test_the_beat_does_not_move_while_it_counts() -> None:
    one, two = (
        render_caption(Caption(title="Night tram", section="verse", take="take 1", place=position))[
            0
        ]
        for position in ("12.1", "12.4")
    )
    changed = np.nonzero((one != two).any(axis=0))[0]
    assert len(changed)
    assert changed.max() - changed.min() < 24


@given(
    st.text(max_size=80),
    st.text(max_size=300),
    st.text(max_size=40),
    st.sampled_from(["", "take 1", "take 100"]),
    st.text(max_size=12),
)
@settings(max_examples=80, deadline=None)
def test_any_text_is_taken(title: str, action: str, section: str, take: str, position: str) -> None:
    found = render_caption(
        Caption(title=title, section=section, take=take, place=position, action=action)
    )
    assert found[0].min() >= 16
    assert found[0].max() <= 236
    assert all(plane.min() >= 90 and plane.max() <= 160 for plane in found[1:])


@pytest.mark.parametrize(
    "title",
    ["Straßenbahn für Øl — „Ö“", "日本の夜", "שלום", "🎬🎬", "a\nb\tc\x00", "x" * 5000, "ﬁ ½ Ωhm"],
)
def test_titles_of_all_sorts(tmp_path: Path, title: str) -> None:
    with VideoWriter(tmp_path / "video.mp4", (320, 192)) as video:
        video.write_all(
            np.full((2, 96, 160, 3), 90, np.uint8),
            [Caption(title=title, section=title, take="take 1", place="1.1")] * 2,
        )
    with av.open(str(tmp_path / "video.mp4")) as file:
        frame = next(file.decode(video=0)).to_ndarray(format="gray")
    assert frame[:20].max() > 160
    assert frame[30:].max() < 130


def test_captions_at_the_smallest_and_at_large_sizes() -> None:
    for wide, tall in ((32, 32), (64, 2000), (4096, 64), (2560, 1536)):
        planes = (
            np.full((tall, wide), 100, np.uint8),
            np.full((tall // 2, wide // 2), 128, np.uint8),
            np.full((tall // 2, wide // 2), 128, np.uint8),
        )
        CaptionBand(wide, tall).draw_on(
            Caption(title="Night tram", section="refrain", take="take 1", place="123.4"), *planes
        )
        assert (planes[0] != 100).any()


def test_accents_are_set_above_their_letters() -> None:
    pen = TextRenderer(24)
    assert pen.width("ö") == pen.width("o")
    assert pen.width("Straße") == pen.width("Strasse")
    from PIL import Image, ImageDraw

    drawn = []
    for text in ("o", "ö", "ó"):
        mask = Image.new("L", (60, 40))
        pen.draw(ImageDraw.Draw(mask), (10, 8), text)
        drawn.append(np.asarray(mask))
    plain, dots, acute = drawn
    top = np.nonzero(plain.any(axis=1))[0].min()
    assert dots[:top].any()
    assert acute[:top].any()
    assert (dots != acute).any()
    assert (dots[top + 4 :] == plain[top + 4 :]).all()


def test_text_is_cut_where_it_does_not_fit() -> None:
    pen = TextRenderer(16)
    assert pen.shortened("short", 400) == "short"
    cut = pen.shortened("a very long title that does not fit", 120)
    assert cut.endswith("…")
    assert pen.width(cut) <= 120
    assert pen.wrapped("one two three four five six seven", 90, 2)[-1].endswith("…")
    assert pen.wrapped("", 90, 2) == [""]


def test_letters_of_other_scripts_come_from_installed_fonts_where_there_are_any() -> None:
    """System fonts are not used in the simulator's frames, whose digests must be the same on every
    machine.
    """
    require(any(font is not None for font in system_fonts(20)), "none of the fonts is installed")

    def drawn(text: str, *, with_system_fonts: bool) -> bytes:
        mask = Image.new("L", (400, 40))
        TextRenderer(20, with_system_fonts=with_system_fonts).draw(
            ImageDraw.Draw(mask), (0, 0), text
        )
        return mask.tobytes()

    assert drawn("Ночь", with_system_fonts=False) == drawn("День", with_system_fonts=False), (
        "boxes, all alike"
    )
    assert drawn("Ночь", with_system_fonts=True) != drawn("День", with_system_fonts=True)
    assert drawn("Plain text.", with_system_fonts=True) == drawn(
        "Plain text.", with_system_fonts=False
    )
    one, other = TextRenderer(20, with_system_fonts=True), TextRenderer(20)
    assert one.width("Plain text.") == other.width("Plain text.")
    assert one.width("שלום") > 0
