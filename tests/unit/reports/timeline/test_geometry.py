"""The layout of a timeline: exact positions in pixels, systems, lanes, and the steps of rulers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer import compile_score, reads
from sequencer.reports.timeline.axis import Axis, Gap
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.geometry import (
    LEFT,
    MAX_CHUNK_WIDTH,
    PLOT_WIDTH,
    SYSTEM_GAP,
    TOP,
    System,
    bar_rulers,
    draw_bars,
    draw_chunks,
    heights_of,
    ruler_step,
    systems_of,
)
from sequencer.reports.timeline.plot import Plot
from sequencer.reports.timeline.style import px

SYSTEM = System(first=10, stop=30, top=0, scale=Fraction(20), axis=Axis(100))
"""Chunks 10 to 30, 20 pixels each."""


def plotted(text: str) -> Plot:
    return plot_schedule(compile_score(reads(text)))


@pytest.mark.parametrize(
    ("chunk", "x", "contained"),
    [
        (10, LEFT, True),
        (Fraction(21, 2), LEFT + 10, True),
        (30, LEFT + 400, False),
        (9, LEFT - 20, False),
    ],
)
def test_where_a_chunk_is_drawn(chunk: Fraction | int, x: int, contained: bool) -> None:
    assert SYSTEM.x(chunk) == x
    assert SYSTEM.contains(chunk) is contained
    assert SYSTEM.right == LEFT + 400


def test_positions_are_written_as_they_are_computed() -> None:
    for system in systems_of(plotted('at 0c "A."\nend 321c\n'), 200):
        for chunk in (*range(system.first - 2, system.stop + 3), Fraction(155, 3)):
            assert system.px(chunk) == px(system.x(chunk))
            assert system.px(chunk, -3) == px(system.x(chunk) - 3)


@pytest.mark.parametrize(
    ("chunk", "other", "close"),
    [
        (10, 11, False),
        (11, 11, True),
        (10, Fraction(201, 20), True),
        (10, Fraction(101, 10), False),
    ],
)
def test_positions_close_to_each_other(
    chunk: Fraction | int, other: Fraction | int, close: bool
) -> None:
    assert SYSTEM.are_close(chunk, other, 2) is close


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [
        (12, 14, (LEFT + 40, 40)),
        (0, 11, (LEFT, 20)),
        (29, 99, (LEFT + 380, 20)),
        (0, 99, (LEFT, 400)),
        (0, 10, None),
        (30, 40, None),
        (15, 15, None),
        (Fraction(23, 2), Fraction(25, 2), (LEFT + 30, 20)),
    ],
)
def test_the_part_of_a_stretch_in_a_system(
    start: Fraction | int, end: Fraction | int, box: tuple[Fraction, Fraction] | None
) -> None:
    assert SYSTEM.clip(start, end) == box


def test_a_gap_moves_what_follows() -> None:
    system = System(first=10, stop=30, top=0, scale=Fraction(20), axis=Axis(100, [Gap(12, 52)]))
    assert [system.x(chunk) for chunk in (12, 32, 52, 53)] == [
        LEFT + 40,
        LEFT + 60,
        LEFT + 80,
        LEFT + 100,
    ]
    assert system.clip(0, 60) == (Fraction(LEFT), Fraction(240))


@pytest.mark.parametrize(
    ("end", "count", "first", "scale"),
    [
        (1, 1, (0, 1), Fraction(MAX_CHUNK_WIDTH)),
        (40, 1, (0, 40), Fraction(PLOT_WIDTH, 40)),
        (41, 2, (0, 21), Fraction(PLOT_WIDTH, 21)),
        (320, 8, (0, 40), Fraction(PLOT_WIDTH, 40)),
        (321, 7, (0, 46), Fraction(PLOT_WIDTH, 46)),
        (9600, 64, (0, 150), Fraction(PLOT_WIDTH, 150)),
    ],
)
def test_systems_are_as_few_as_remain_legible(
    end: int, count: int, first: tuple[int, int], scale: Fraction
) -> None:
    systems = systems_of(plotted(f'at 0c "A."\nend {end}c\n'), 200)
    assert len(systems) == count
    assert (systems[0].first, systems[0].stop, systems[0].scale) == (*first, scale)
    assert [system.top for system in systems] == [
        TOP + index * (200 + SYSTEM_GAP) for index in range(count)
    ]


def test_only_lanes_that_are_needed_take_space() -> None:
    small = heights_of(plotted('at 0c "A."\nend 9c\n'), pictured=False)
    assert (small.band, small.chunks, small.prompts, small.scales, small.takes) == (
        0,
        26,
        57,
        134,
        153,
    )
    assert [
        small.bars,
        small.snap,
        small.images,
        small.strengths,
        small.messages,
        small.errors,
        small.run,
        small.rules,
    ] == [None] * 8
    assert (small.prompt_lines, small.rule_lines, small.whole) == (5, 0, 172)
    beats = heights_of(plotted('clock 100 bpm, 4/4\nat 1 "A."\nat 2 "B."\nend 5\n'), pictured=False)
    assert (beats.band, beats.bars, beats.snap, beats.chunks) == (0, 26, 45, 65)
    assert beats.errors is not None
    long = heights_of(plotted('at 0c "A."\nend 99c\n'), pictured=True)
    assert (long.prompt_lines, long.image_height) == (4, 48)


@pytest.mark.parametrize(
    ("scale", "least", "step"),
    [
        (100, 24, 1),
        (24, 24, 1),
        (23, 24, 2),
        (10, 24, 4),
        (5, 24, 5),
        (1, 24, 25),
        (Fraction(1, 1000), 24, 10000),
    ],
)
def test_the_step_of_numbers(scale: Fraction, least: int, step: int) -> None:
    assert ruler_step(Fraction(scale), least) == step


@pytest.mark.parametrize(
    ("scale", "step", "beats"),
    [
        (100, 1, 4),  # a bar is 2 s and a chunk 1.375 s: 145 pixels
        (16, 2, 0),  # 23 pixels: too narrow for beats, and for a number on each bar
    ],
)
def test_bars_and_beats_are_exact(scale: int, step: int, beats: int) -> None:
    (ruler,) = bar_rulers(plotted('clock 120 bpm, 4/4\nat 1 "A."\nend 5\n'), Fraction(scale))
    assert ruler.bars == tuple(Fraction(16 * bar, 11) for bar in range(4))
    assert ruler.step == step
    assert len(ruler.beats) == (4 * 3 if beats else 0)
    assert not set(ruler.bars) & set(ruler.beats)


def test_a_score_without_beats_has_no_bars() -> None:
    assert bar_rulers(plotted('at 0c "A."\nend 9c\n'), Fraction(100)) == ()


def test_the_rulers_are_drawn() -> None:
    plot = plotted('clock 120 bpm, 4/4\nat 1 "A."\nend 5\n')
    (system,) = systems_of(plot, 200)
    bars = "".join(draw_bars(system, 10, bar_rulers(plot, system.scale)))
    assert [f">{bar}</text>" in bars for bar in (1, 2, 3, 4, 5)] == [True] * 4 + [False]
    chunks = "".join(draw_chunks(system, 50, plot.grid))
    assert [f">{chunk}</text>" in chunks for chunk in (0, 1, 5, 6)] == [True, True, True, False]
