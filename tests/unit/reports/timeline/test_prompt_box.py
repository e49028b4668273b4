"""A prompt of the SVG timeline: a straight edge, or a slanted one where it fades in."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from sequencer.reports.timeline.plot import HeldValue
from sequencer.reports.timeline.prompt_box import EDGE, JOINT, PromptBox

HELD = HeldValue(start=4, end=10, short="It turns.", full="The tram. It turns.", tint=2)
BOX = PromptBox(
    held=HELD,
    left=Fraction(100),
    width=Fraction(300),
    top=50,
    height=60,
    lines=4,
    starts=True,
    fade=(Fraction(100), Fraction(100)),
)
FADING = replace(BOX, held=replace(HELD, fade=2, under=1), fade=(Fraction(100), Fraction(200)))


def drawn(box: PromptBox) -> str:
    return "".join(box.draw())


def text_positions(svg: str) -> list[str]:
    return re.findall(r'<text class="\w+" x="([\d.]+)"', svg)


def test_without_a_fade_the_edge_is_straight() -> None:
    svg = drawn(BOX)
    assert "<path" not in svg
    assert f'<rect class="g2" width="{EDGE}"' in svg
    assert "<title>chunk 4: The tram. It turns.</title>" in svg
    assert text_positions(svg) == ["8"]


def test_the_edge_of_a_fade_rises_from_its_start_to_its_end() -> None:
    svg = drawn(FADING)
    assert f'<svg x="{100 - JOINT}" y="50" width="{300 + JOINT}" height="60">' in svg
    assert f'<path class="h1" d="M0 0H{100 + JOINT}L{JOINT} 60H0Z"/>' in svg
    assert f'<path class="g2" d="M{100 + JOINT} 0L{JOINT} 60h' in svg
    assert '<rect class="g2"' not in svg
    assert "chunk 4, fades in over 2 chunks: The tram. It turns." in svg


def test_the_text_begins_after_the_fade_if_it_fits_there() -> None:
    assert all(float(x) > 100 + JOINT for x in text_positions(drawn(FADING)))
    whole = replace(FADING, fade=(Fraction(100), Fraction(400)))
    assert text_positions(drawn(whole)) == [str(JOINT + 8)]


def test_a_fade_that_began_in_an_earlier_system_goes_on() -> None:
    later = replace(FADING, starts=False, fade=(Fraction(-100), Fraction(150)))
    assert '<svg x="100" y="50"' in drawn(later)
    assert '<path class="h1" d="M0 0H50L-200 60H0Z"/>' in drawn(later)


def test_a_fade_that_was_over_before_this_system_is_not_drawn() -> None:
    over = replace(FADING, starts=False, fade=(Fraction(-100), Fraction(100)))
    assert "<path" not in drawn(over)


@pytest.mark.parametrize(("width", "thickness"), [(0, 3), (80, 5), (800, 40)])
def test_the_edge_is_as_thick_as_a_straight_one(width: int, thickness: int) -> None:
    box = replace(FADING, fade=(Fraction(100), Fraction(100 + width)), width=Fraction(900))
    found = re.search(r"60h([\d.]+)L", drawn(box))
    assert found is not None or width == 0
    if found is not None:
        assert abs(float(found[1]) - thickness) <= 0.5
