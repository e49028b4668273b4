"""What a timeline shows in addition to prompts: rules and pads, MIDI, snap errors, gaps, and where
sections were left.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.timeline import timeline_html, timeline_svg
from sequencer.reports.timeline.axis import (
    CHUNKS_AFTER_EVENT,
    CHUNKS_BEFORE_EVENT,
    GAP_WIDTH,
    MIN_COMPRESSED_CHUNKS,
    Axis,
    Gap,
    gaps_of,
)
from sequencer.reports.timeline.from_run import plot_run
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.legend import legend_of
from sequencer.runtime.output.report_format import as_json, as_table
from sequencer.schedule.model import Schedule
from tests.support.builders import play
from tests.support.text_boxes import SVG

SCORES = Path(__file__).parents[4] / "scores"


def of(name: str) -> Schedule:
    return compile_score(read(SCORES / f"{name}.score"))


def texts(svg: str) -> str:
    """Return the text of an SVG timeline, without tooltips."""
    root = ET.fromstring(svg)  # noqa: S314  # our own output
    return "\n".join(
        "".join(span.text or "" for span in [one, *one.iter(f"{SVG}tspan")])
        for one in root.iter(f"{SVG}text")
    )


def written(page: str) -> str:
    """Return the text of a page, without its tags."""
    return unescape(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2].partition("<script>")[0]))


# ---- actions -------------------------------------------------------------------------------------


def test_prompts_show_the_part_that_changes() -> None:
    short = [held.short for held in plot_schedule(of("live-set")).prompts]
    assert short == [
        "A woman in a yellow raincoat waits at a tram stop on an empty street.",
        "Now everything stands still and quiet.",
        "Now the rain grows stronger.",
        "Now she folds the umbrella and walks away.",
    ]


# ---- rules and pads ------------------------------------------------------------------------------


def test_rules_and_pads_of_each_section_are_shown_with_what_they_do() -> None:
    plot = plot_schedule(of("live-set"))
    intro, jam, outro = plot.bands
    assert [rule.short for rule in jam.rules] == [
        "C3 or program 5 or go out → leave",
        "D3 ch 10 → Now lightning flashes; her reflection appears in the glass.",
        "E3 → Now a cat crosses the rails. | Now a paper flies past.",
        "cc 20 > 64 → sr 4x",
        "cc 20 < 32 → sr off",
        "go again → goto intro",
    ]
    assert [rule.leaves for rule in jam.rules] == [True] + [False] * 5
    assert intro.rules == outro.rules == ()
    assert [rule.short for rule in plot.everywhere] == ["go rest → pause", "go on → resume"]
    played = play(of("live-set"), "go out@14c")
    for svg, page in (
        (timeline_svg(of("live-set")), timeline_html(of("live-set"))),
        (
            timeline_svg(played.schedule, played.conductor),
            timeline_html(played.schedule, played.conductor),
        ),
    ):
        for rule in (*jam.rules, *plot.everywhere):
            assert rule.short in written(page)
        assert "D3 ch 10 → Now lightning flashes" in texts(svg)
        assert "in every section: go rest → pause · go on → resume" in texts(svg)


def test_a_rule_of_the_only_section_is_shown_in_it() -> None:
    plot = plot_schedule(compile_score(reads('at 0c "A boat."\non note C3 -> sr 4x\nend 9c\n')))
    assert [rule.short for rule in plot.bands[0].rules] == ["C3 → sr 4x"]
    assert plot.everywhere == ()


def test_more_rules_than_fit_are_counted() -> None:
    rules = "\n".join(f'  on note {note} -> "Light {note}."' for note in range(30, 50))
    schedule = compile_score(
        reads(f'clock 120 bpm, 4/4\nsection a 32 bars {{\n  at 1 "A boat."\n{rules}\n}}\n')
    )
    assert "15 more" in texts(timeline_svg(schedule))
    assert "11 more" in written(timeline_html(schedule))
    assert "Light 49." in timeline_html(schedule), "on pointing, all of them are shown"


# ---- MIDI ----------------------------------------------------------------------------------------


def test_midi_has_a_lane_in_the_page_and_in_the_svg() -> None:
    schedule = of("lights")
    sends = sum(len(stretch.sends) for stretch in schedule.stretches)
    svg, page = timeline_svg(schedule), timeline_html(schedule)
    assert page.count('<i class="tick"') == sends
    assert ">MIDI</div>" in page
    assert "MIDI" in texts(svg).split("\n")
    assert "cc 20 32 ch 1" in texts(svg)
    assert "note 36 ch 10" in written(page)
    assert "gear" not in texts(svg) + written(page)


def test_a_run_shows_the_messages_that_it_sent() -> None:
    played = play(of("lights"))
    page = timeline_html(played.schedule, played.conductor)
    assert page.count('<i class="tick"') == len(played.conductor.view.sent_messages)


# ---- snap errors ---------------------------------------------------------------------------------


def test_snap_errors_have_numbers_and_a_scale() -> None:
    schedule = of("night-tram")
    page, plot = timeline_html(schedule), plot_schedule(schedule)
    numbers = re.findall(r'<i class="error (late|early)" style="--x:[\d.]+">([+−]\d+)</i>', page)
    errors = [flag.error for flag in plot.flags if flag.error]
    assert len(numbers) == len(errors)
    for (side, text), error in zip(numbers, errors, strict=True):
        assert (side == "late") == (error > 0) == text.startswith("+")
        assert abs(int(text.replace("−", "-")) - error * 1000) <= Fraction(1, 2)
    most = round(plot.error_scale * 1000 + Fraction(1, 10**6))
    assert f'<i class="most">+{most} ms</i><i class="least">−{most} ms</i>' in page
    assert f"± {most} ms" in texts(timeline_svg(schedule))


# ---- the legend ----------------------------------------------------------------------------------


def test_the_legend_of_page_and_svg_names_what_occurs() -> None:
    played = play(of("live-set"), "note D3 ch 10@9c", "go out@14c")
    for plot, svg, page in (
        (
            plot_schedule(of("live-set")),
            timeline_svg(of("live-set")),
            timeline_html(of("live-set")),
        ),
        (
            plot_run(played.conductor),
            timeline_svg(played.schedule, played.conductor),
            timeline_html(played.schedule, played.conductor),
        ),
    ):
        entries = [text for _, _, text in legend_of(plot)]
        assert len(entries) >= 4
        for text in entries:
            assert text in texts(svg)
            assert text in written(page)
    fixed = compile_score(reads('at 0c "A boat."\nend 4c\n'))
    assert legend_of(plot_schedule(fixed)) == ()


# ---- strength ------------------------------------------------------------------------------------


def test_a_strength_is_in_force_as_long_as_the_image_that_captured_it() -> None:
    text = (
        'at 0c "A boat.", strength 0.3\nat 2c image "images/tram-stop.png"\nat 4c strength 0.9\n'
        'at 6c image "images/harbour.png"\nat 9c cut, "A ship."\nat 11c image '
        '"images/tram-stop.png"\nend 14c\n'
    )
    plot = plot_schedule(compile_score(reads(text, folder=SCORES)))
    assert [(held.start, held.end, held.short) for held in plot.strengths] == [
        (2, 6, "0.3"),
        (6, 9, "0.9"),
        (11, 14, "0.9"),
    ]
    assert [(held.start, held.end) for held in plot.images] == [(2, 6), (6, 9), (11, 14)]


def test_a_strength_without_an_image_is_not_shown() -> None:
    assert (
        plot_schedule(compile_score(reads('at 0c "A boat.", strength 0.3\nend 4c\n'))).strengths
        == ()
    )


# ---- gaps ----------------------------------------------------------------------------------------

LONG = """clock 120 bpm, 4/4
section intro 4 bars {
  at 1 "A boat."
}
section jam until go out, max 500 bars {
  at 1 "A jam."
  at 9 "It goes on."
}
section outro 4 bars {
  at 1 "The end."
}
"""


def test_a_live_section_is_not_drawn_as_repeated_empty_bars() -> None:
    schedule = compile_score(reads(LONG))
    assert schedule.end > 700
    plot = plot_schedule(schedule)
    assert plot.axis.length < 40
    svg, page = timeline_svg(schedule), timeline_html(schedule)
    assert svg.count(">chunk</text>") == 1, "one system"
    assert svg.count(">jam</tspan>") == 1
    bars = [
        int(one) for one in re.findall(r'<i class="num bar s\d+" style="[^"]+">(\d+)</i>', page)
    ]
    assert len(bars) < 40
    assert "chunks without events, omitted" in texts(svg)
    for gap in plot.axis.gaps:
        assert f"+{gap.chunks}" in texts(svg)
        assert f">+{gap.chunks}</i>" in page
    # Chunks in which something happens are never omitted.
    for flag in plot.flags:
        assert not plot.axis.hides(flag.chunk)
        assert flag.exact is None or not plot.axis.hides(flag.exact)


def test_a_fixed_section_is_drawn_whole() -> None:
    plot = plot_schedule(compile_score(reads('at 0c "A boat."\nend 300c\n')))
    assert plot.axis.gaps == ()
    assert plot.axis.length == 300


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), max_size=5),
    st.lists(st.fractions(0, 700, max_denominator=7), max_size=12),
)
def test_an_axis_rises_and_leaves_out_nothing_that_happens(
    spans: list[tuple[int, int]], happens: list[Fraction]
) -> None:
    live: list[tuple[Fraction, Fraction]] = []
    at = 0
    for apart, length in spans:
        live.append((Fraction(at + apart), Fraction(at + apart + length)))
        at += apart + length
    end = at + 10
    gaps = gaps_of(live, happens)
    axis = Axis(end, gaps)
    assert axis.length == end - sum(gap.chunks - GAP_WIDTH for gap in gaps)
    positions = sorted({*happens, *map(Fraction, range(0, end + 1))})
    drawn = [axis.at(position) for position in positions if position <= end]
    assert all(one < other for one, other in pairwise(drawn))
    assert axis.at(end) == axis.length
    for gap in gaps:
        assert gap.chunks >= MIN_COMPRESSED_CHUNKS
        assert any(
            one <= gap.start - CHUNKS_AFTER_EVENT and gap.end + CHUNKS_BEFORE_EVENT <= other
            for one, other in live
        )
        assert not any(
            gap.start - CHUNKS_AFTER_EVENT < position < gap.end + CHUNKS_BEFORE_EVENT
            for position in happens
        )
    for unit in range(axis.length + 1):
        chunk = axis.chunk_at(unit)
        assert chunk is None or axis.at(chunk) == unit
    shown = [axis.chunk_at(unit) for unit in range(axis.length)]
    expected = [chunk for chunk in range(end) if not axis.hides(chunk)]
    assert [chunk for chunk in shown if chunk is not None] == expected


def test_an_axis_without_gaps_is_the_chunks_themselves() -> None:
    axis = Axis(9, (Gap(2, 8),))
    assert [axis.at(chunk) for chunk in (0, 2, 5, 8, 9)] == [0, 2, 3, 4, 5]
    assert [axis.chunk_at(unit) for unit in range(6)] == [0, 1, 2, None, 8, 9]


# ---- where a section was left --------------------------------------------------------------------


@pytest.mark.parametrize("snap", ["nearest", "ceil", "floor"])
@pytest.mark.parametrize("event", ["go out@9c", "note C3@13c", "go again@8c", "program 5@20c"])
@pytest.mark.parametrize("tempo", [97, 120, 133])
def test_timeline_report_and_table_agree_on_the_chunk_at_which_a_section_was_left(
    snap: str, event: str, tempo: int
) -> None:
    text = (
        (SCORES / "live-set.score")
        .read_text(encoding="utf-8")
        .replace("clock 120", f"snap {snap}\nclock {tempo}")
    )
    played = play(compile_score(reads(text, folder=SCORES)), event)
    report = played.conductor.report()
    (move,) = [move for move in report.moves if move.what in ("exit", "goto intro")]
    assert move.chunk is not None
    assert (
        str(move.chunk) in as_table(report, played.conductor.view.schedule).splitlines()[-1].split()
    )
    assert as_json(report, {})["moves"][0]["chunk"] == move.chunk
    captions = [band.caption for band in plot_run(played.conductor).bands]
    assert [caption for caption in captions if "left at" in caption] == [
        f"live, left at chunk {move.chunk}"
    ]
    # The SVG abbreviates the caption where the section is narrow; the tooltip has all of it.
    assert f"left at chunk {move.chunk}</title>" in timeline_svg(played.schedule, played.conductor)
    assert f"left at chunk {move.chunk}" in written(
        timeline_html(played.schedule, played.conductor)
    )


def test_a_section_that_was_not_left_reports_it() -> None:
    played = play(of("live-set"), "finish@12c")
    caption = plot_run(played.conductor).bands[1].caption
    assert caption == "live, not left before the run ended"
    whole = play(of("live-set"))
    assert plot_run(whole.conductor).bands[1].caption == "live, 16 bars · 120 bpm · 4/4 in full"
