"""Text in Pillow's font: how letters that it lacks are written, and how text is measured, cut and
wrapped.
"""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from sequencer.core.fonts import TextRenderer


@pytest.fixture(scope="module")
def font() -> TextRenderer:
    return TextRenderer(16)


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("Straße", "Strasse"),
        ("Łódź"[0], "L"),
        ("a — b", "a - b"),
        ("A♭ F♯", "Ab F#"),
        ("2× ≤ 4", "2x <= 4"),
        ("a\u00a0b\tc", "a b c"),
        ("a\u200bb\x07c", "abc"),  # characters without a shape are left out
        ("ﬁ", "fi"),
        ("①", "1"),
        ("ş", "s"),  # a mark below a letter is left out
    ],
)
def test_letters_that_the_font_lacks_are_written_with_others(
    font: TextRenderer, text: str, like: str
) -> None:
    assert font.width(text) == font.width(like)
    assert pixels(font, text) == pixels(font, like)


@pytest.mark.parametrize(
    ("accented", "plain"), [("é", "e"), ("Å", "A"), ("ñ", "n"), ("e\u0301", "e")]
)
def test_accents_are_drawn_above_letters_and_add_no_width(
    font: TextRenderer, accented: str, plain: str
) -> None:
    assert font.width(accented) == font.width(plain)
    drawn, base = pixels(font, accented), pixels(font, plain)
    assert drawn != base
    assert all(
        one >= other for one, other in zip(drawn, base, strict=True)
    )  # the letter itself is still there


def test_a_drawn_text_is_as_wide_as_measured(font: TextRenderer) -> None:
    image = Image.new("L", (200, 40))
    assert font.draw(ImageDraw.Draw(image), (5, 10), "Étude, bar 9") == font.width("Étude, bar 9")
    box = image.getbbox()
    assert box is not None
    assert box[0] >= 4
    assert box[2] <= 5 + font.width("Étude, bar 9") + 1


def pixels(font: TextRenderer, text: str) -> bytes:
    image = Image.new("L", (120, 40))
    font.draw(ImageDraw.Draw(image), (4, 10), text)
    return image.tobytes()


def test_a_text_that_fits_is_not_cut(font: TextRenderer) -> None:
    assert font.shortened("rain", font.width("rain")) == "rain"


@pytest.mark.parametrize("space", [20, 40, 60, 80])
def test_a_text_is_cut_as_late_as_possible(font: TextRenderer, space: int) -> None:
    text = "rain on the tramway"
    cut = font.shortened(text, space)
    assert cut.endswith("…")
    assert text.startswith(cut[:-1])
    assert font.width(cut) <= space
    longer = text[: len(cut)].rstrip()
    assert font.width(longer + "…") > space or longer == cut[:-1]


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("", 2, [""]),
        ("rain", 2, ["rain"]),
        ("  rain \n falls ", 1, ["rain falls"]),
        ("rain falls on wires", 3, ["rain falls", "on wires"]),
    ],
)
def test_words_are_wrapped(font: TextRenderer, text: str, most: int, lines: list[str]) -> None:
    assert font.wrapped(text, font.width("rain falls"), most) == lines


def test_omitted_words_are_marked(font: TextRenderer) -> None:
    assert font.wrapped("rain falls on wires all day", font.width("rain falls …"), 2) == [
        "rain falls",
        "on wires …",
    ]


def test_a_word_that_is_too_long_is_cut(font: TextRenderer) -> None:
    (line,) = font.wrapped("extraordinarily", font.width("extra…"), 1)
    assert line == "extra…"


def test_letters_of_other_scripts_take_space_with_and_without_installed_fonts() -> None:
    assert TextRenderer(16).width("雨") > 0
    assert TextRenderer(16, with_system_fonts=True).width("a雨b") > TextRenderer(16).width("ab")
