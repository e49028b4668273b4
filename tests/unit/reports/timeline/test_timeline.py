"""The timeline as SVG and HTML page: what it shows, that it is well-formed, escaped, bounded and
reproducible.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.engine.journal import read_journal
from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.timeline import timeline_html, timeline_svg
from sequencer.reports.timeline.from_run import plot_run
from sequencer.reports.timeline.from_schedule import plot_schedule
from sequencer.reports.timeline.geometry import (
    MAX_CHUNKS_IN_SINGLE_SYSTEM,
    WIDTH,
    heights_of,
    systems_of,
)
from sequencer.reports.timeline.plot import bars_of, beats_of
from sequencer.reports.timeline.style import escape_xml, max_tooltip_length, px, truncate, wrap
from sequencer.reports.timeline.text_metrics import width_of
from sequencer.reports.timeline.thumbnails import thumbnails_of
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import read_faults
from tests.support.builders import Played, play
from tests.support.example_scores import schedules_of
from tests.support.golden import Golden

SCORES = Path(__file__).parents[4] / "scores"
SVG = "{http://www.w3.org/2000/svg}"

HOSTILE = """score "</title></style><script>alert(1)</script> & \\"co\\" 👩‍👩‍👧"
clock 97 bpm, 7/8
snap ceil
section a 4 bars {
  at 1 "</script><img src=x onerror=alert(1)> ]]> <!-- & 'q' \\"Q\\" {{brace}}"
  at 3 "שלום עולם, prompt מימין לשמאל \u202e reversed"
}
section b 2 bars, cut { at 1 "👩‍👩‍👧 日本語の長い文章がここにあります。とても長いので折り返しが必要です。" }
"""


def of(name: str) -> Schedule:
    return compile_score(read(SCORES / f"{name}.score"))


def texts(svg: str) -> str:
    """Return every text of an SVG timeline, tooltips included."""
    root = ET.fromstring(svg)  # noqa: S314  # our own output
    return "\n".join(
        element.text or ""
        for element in root.iter()
        if element.tag in (f"{SVG}text", f"{SVG}title")
    )


def an_hour(passes: int = 24) -> Schedule:
    """Return about an hour, 2,783 chunks with 24 passes: ramps, cuts, other meters, a cue every few
    bars.
    """
    every = (
        'every {} from 3 pick("A plain. Now mist rises from the grass." | "A plain. Now birds pass '
        'over the hills.")'
    )
    lines = [
        "clock 120 bpm, 4/4",
        'section a 32 bars { at 1 "A plain at dawn."\n '
        + every.format("4 bars")
        + "\n at 9 sr 4x\n at 17 sr 2x\n}",
        'section b 32 bars, tempo 120 -> 140, cut seed 9 { at 1 "A pass."\n '
        + every.format("4 bars")
        + "\n}",
        'section c 24 bars, meter 3/4 { at 1 "A harbour."\n ' + every.format("2 bars") + "\n}",
        "play " + " ".join(["a b c"] * passes),
    ]
    return compile_score(reads("\n".join(lines) + "\n"))


@pytest.fixture(scope="module")
def jam(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, Path]:
    """Return a run of the live set that leaves the jam at chunk 16, with its journal."""
    journal = tmp_path_factory.mktemp("jam") / "journal.jsonl"
    events = ("note D3 ch 10@9c", "cc 20=10@1c", "cc 20=90@10c", "note E3@12c", "go out@14c")
    return play(of("live-set"), *events, journal=journal), journal


# ---- SVG -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["first", "night-tram", "live-set"])
def test_timelines_of_scores(golden: Golden, name: str) -> None:
    golden(f"{name}.svg", timeline_svg(of(name)))


def test_the_timeline_of_a_run(golden: Golden, jam: tuple[Played, Path]) -> None:
    golden("live-set-run.svg", timeline_svg(jam[0].schedule, jam[0].conductor))


def test_the_page_of_a_run(golden: Golden, jam: tuple[Played, Path]) -> None:
    golden("live-set-run.html", timeline_html(jam[0].schedule, jam[0].conductor))


@pytest.mark.parametrize("path", sorted(SCORES.glob("*.score")), ids=lambda path: path.stem)
def test_every_score_has_an_svg_and_a_page(path: Path) -> None:
    for schedule in schedules_of(read(path)):
        svg, html = timeline_svg(schedule), timeline_html(schedule)
        shown = texts(svg)
        for stretch in schedule.stretches:
            assert stretch.section is None or stretch.section in shown
        for take in schedule.takes:
            assert f"seed {take.opening.seed}" in shown
            for bundle in take.bundles:
                if bundle.prompt is not None:
                    assert escape_xml(bundle.prompt) in svg
                    assert escape_xml(bundle.prompt) in html
        assert svg == timeline_svg(schedule)
        assert html == timeline_html(schedule)


def test_nothing_in_a_timeline_is_outside_of_it() -> None:
    for name in ("first", "night-tram", "tempo-and-meter"):
        root = ET.fromstring(timeline_svg(of(name)))  # noqa: S314  # our own output
        height = float(root.attrib["height"])
        assert float(root.attrib["width"]) == WIDTH
        for element in root.iter(f"{SVG}rect"):
            if (
                "x" in element.attrib
                and "width" in element.attrib
                and "%" not in element.attrib["width"]
            ):
                assert float(element.attrib["x"]) + float(element.attrib["width"]) <= WIDTH
        for element in root.iter(f"{SVG}text"):
            assert float(element.attrib["x"]) <= WIDTH
            assert float(element.attrib["y"]) <= height


class _Page(HTMLParser):
    """Collects what a browser reads from a page: its tags, its text, and its tooltips."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs), attrs
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_hostile_texts_stay_texts() -> None:
    schedule = compile_score(reads(HOSTILE))
    svg, html = timeline_svg(schedule), timeline_html(schedule)
    texts_found = texts(svg)
    root = ET.fromstring(svg)  # noqa: S314  # our own output
    assert {element.tag.removeprefix(SVG) for element in root.iter()}.isdisjoint(
        {"script", "image", "img", "a", "foreignObject"}
    )
    page = _Page()
    page.feed(html)
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    for entry in schedule.entries:
        for act in entry.acts:
            if act.kind == "prompt":
                assert act.text in texts_found
                assert any(act.text in title for title in page.titles)
    assert schedule.title is not None
    assert schedule.title in "".join(page.text)


def test_characters_that_xml_forbids_do_not_break_the_drawing() -> None:
    assert (
        escape_xml("a\x00b\x0b<&>\"'\ud800\uffff")
        == "a\ufffdb\ufffd&lt;&amp;&gt;&quot;&#x27;\ufffd\ufffd"
    )


def test_a_page_loads_nothing() -> None:
    html = timeline_html(of("night-tram"))
    assert "default-src 'none'" in html
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\(", html)
    assert not re.search(
        r"https?://(?!www\.w3\.org)|@import|url\((?!#)", timeline_svg(of("night-tram"))
    )


# ---- size ----------------------------------------------------------------------------------------


def test_an_hour_is_bounded_and_legible() -> None:
    schedule = an_hour()
    assert schedule.end > 2600
    svg, html = timeline_svg(schedule), timeline_html(schedule)
    assert len(svg.encode()) < 1_500_000
    assert len(html.encode()) < 1_500_000
    ET.fromstring(svg)  # noqa: S314  # our own output
    plot = plot_schedule(schedule)
    systems = systems_of(plot, heights_of(plot, pictured=False).whole)
    assert all(system.scale >= 20 for system in systems)
    assert [system.first for system in systems][1:] == [system.stop for system in systems][:-1]
    assert systems[-1].stop == schedule.end


def test_a_whole_day_is_bounded_too() -> None:
    schedule = compile_score(
        reads('at 0c "A plain."\nevery 4c from 4c pick("A hill." | "A lake.")\nend 62832c\n')
    )
    svg = timeline_svg(schedule)
    assert len(svg.encode()) < 6_000_000
    assert len(timeline_html(schedule).encode()) < 20_000_000
    assert max_tooltip_length(len(schedule.entries)) < 100


@pytest.mark.parametrize(
    "end",
    [1, 2, 4, MAX_CHUNKS_IN_SINGLE_SYSTEM, MAX_CHUNKS_IN_SINGLE_SYSTEM + 1, 81, 500, 2600, 70_000],
)
def test_systems_cover_every_chunk_once(end: int) -> None:
    plot = plot_schedule(compile_score(reads(f'at 0c "A."\nend {end}c\n')))
    systems = systems_of(plot, 200)
    assert systems[0].first == 0
    assert systems[-1].stop == end
    assert all(one.stop == other.first for one, other in pairwise(systems))
    assert all(system.right <= WIDTH for system in systems)
    assert len(systems) <= 64


# ---- what is shown -------------------------------------------------------------------------------


def test_bars_are_at_their_exact_positions() -> None:
    schedule = of("tempo-and-meter")
    for band, stretch in zip(plot_schedule(schedule).bands, schedule.stretches, strict=True):
        bars = list(bars_of(band, schedule.grid))
        assert bars[0] == (1, stretch.start / schedule.grid.chunk)
        assert [bar for bar, _ in bars] == list(range(1, len(bars) + 1))
        ends = (stretch.start + stretch.seconds) / schedule.grid.chunk
        assert all(at < ends for _, at in bars)
        assert stretch.meters is not None
        assert stretch.tempo is not None
        for bar, at in bars:
            assert at * schedule.grid.chunk - stretch.start == stretch.tempo.seconds_at(
                stretch.meters.bar_start(bar - 1)
            )
        assert set(beats_of(band, schedule.grid)).isdisjoint(at for _, at in bars)


@pytest.mark.parametrize("tempo", ["", "  at 4 tempo 90\n"])
def test_bars_and_beats_of_changing_meters(tempo: str) -> None:
    """With a steady tempo they are computed in another way than with several tempi."""
    schedule = compile_score(
        reads(
            'clock 97.3 bpm, 7/8\nsection a 11 bars {\n  at 1 "A boat."\n'
            f"  at 3 meter 3/4\n{tempo}  at 8 meter 5/8\n}}\nplay a*2\n"
        )
    )
    for band, stretch in zip(plot_schedule(schedule).bands, schedule.stretches, strict=True):
        meters, tempi = stretch.meters, stretch.tempo
        assert meters is not None
        assert tempi is not None
        bars: list[Fraction] = []
        beats: list[Fraction] = []
        for bar in range(11):
            for beat in range(meters.at_bar(bar).numerator):
                quarter = meters.quarter_of(bar + 1, beat + 1)
                at = (stretch.start + tempi.seconds_at(quarter)) / schedule.grid.chunk
                (beats if beat else bars).append(at)
        assert list(bars_of(band, schedule.grid)) == list(enumerate(bars, 1))
        assert list(beats_of(band, schedule.grid)) == beats


def test_lanes_show_what_is_in_force() -> None:
    plot = plot_schedule(of("night-tram"))
    assert [(held.start, held.end, held.short) for held in plot.scales] == [
        (0, 9, "2x"),
        (9, 12, "4x"),
        (12, 29, "2x"),
    ]
    assert [(held.start, held.end) for held in plot.takes] == [(0, 23), (23, 29)]
    assert [(held.start, held.end) for held in plot.images] == [(0, 23)]
    assert [(held.start, held.end, held.short) for held in plot.strengths] == [(0, 23, "0.8")], (
        "it ends with its image, which the cut ends"
    )
    assert all(one.end == other.start for one, other in pairwise(plot.prompts))
    assert plot.prompts[-1].end == plot.end


def test_a_live_section_is_open_from_its_earliest_exit() -> None:
    intro, jam, outro = plot_schedule(of("live-set")).bands
    assert (intro.open_from, jam.open_from, outro.open_from) == (None, 9, None)
    assert outro.caption.startswith("begins at chunk 9…29")
    assert "url(#open)" in timeline_svg(of("live-set"))
    open_flags = [flag for flag in plot_schedule(of("live-set")).flags if flag.error is None]
    assert [flag.chunk for flag in open_flags] == [29]


def test_a_run_shows_what_was_performed(jam: tuple[Played, Path]) -> None:
    played, _ = jam
    plot = plot_run(played.conductor)
    assert plot.end == played.outcome.report.chunks
    assert [band.name for band in plot.bands] == ["intro", "jam", "outro"]
    assert plot.bands[1].end == plot.bands[2].start == 16
    assert "left at chunk 16" in plot.bands[1].caption
    fired = [flag for flag in plot.flags if flag.fired]
    assert sorted(flag.landed or 0 for flag in fired) == [11, 11, 14]
    assert [flag.fate for flag in plot.flags if flag.landed is None] == ["aside"]
    assert [held.start for held in plot.prompts] == [0, 6, 11, 14, 16]
    assert [(held.start, held.short) for held in plot.scales] == [(0, "2x"), (11, "4x")]
    for flag in plot.flags:
        if flag.exact is not None and flag.error is not None:
            assert flag.exact * plot.grid.chunk + flag.error == flag.chunk * plot.grid.chunk


def test_what_landed_late_is_drawn_from_where_it_was_planned(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text("drops:\n  - {chunk: 6, for: 6s}\n", encoding="utf-8")
    played = play(of("night-tram"), faults=read_faults(faults))
    plot = plot_run(played.conductor)
    (late,) = [flag for flag in plot.flags if flag.fate == "later"]
    assert late.planned == 9, "what acts at once could not be sent while the connection was lost"
    assert late.landed is not None
    assert late.landed > 9
    assert late.error == late.landed * plot.grid.chunk - 13
    assert plot.error_scale == plot.grid.chunk
    assert "landed later than planned" in texts(timeline_svg(played.schedule, played.conductor))
    assert f"--x:9;--w:{late.landed - 9}" in timeline_html(played.schedule, played.conductor)


def test_what_was_refused_is_lost(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text(
        "refuse:\n  - {command: set_sr_scale, nth: 2, reason: not now}\n", encoding="utf-8"
    )
    played = play(of("night-tram"), faults=read_faults(faults))
    (lost,) = [flag for flag in plot_run(played.conductor).flags if flag.fate == "lost"]
    assert "not now" in lost.full
    assert lost.landed is None
    assert "4x" not in {held.short for held in plot_run(played.conductor).scales}


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 12),
    st.sampled_from(["go out", "go again", "note D3 ch 10", "note E3", "go rest"]),
    st.integers(1, 30),
)
def test_whatever_operators_do_a_run_can_be_drawn(first: int, what: str, second: int) -> None:
    events = [f"{what}@{first}c", f"go on@{first + 2}c", f"go out@{second}c"]
    played = play(of("live-set"), *events)
    svg = timeline_svg(played.schedule, played.conductor)
    ET.fromstring(svg)  # noqa: S314  # our own output
    plot = plot_run(played.conductor)
    starts = [band.start for band in plot.bands]
    assert starts == sorted(starts)
    assert all(0 <= band.start <= band.end <= plot.end for band in plot.bands)
    assert all(
        held.start < held.end <= plot.end for held in (*plot.prompts, *plot.scales, *plot.takes)
    )


# ---- images --------------------------------------------------------------------------------------


def test_images_are_shown_small_where_they_are_there(tmp_path: Path) -> None:
    schedule = of("image-swap")
    thumbnails = thumbnails_of(schedule, SCORES)
    assert set(thumbnails) == {image.sha256 for image in schedule.images}
    svg = timeline_svg(schedule, None, thumbnails)
    images = list(ET.fromstring(svg).iter(f"{SVG}image"))  # noqa: S314  # our own output
    assert [image.attrib["href"] for image in images] == [
        thumbnails[image.sha256] for image in schedule.images
    ]
    assert timeline_html(schedule, None, thumbnails).count("<img ") == 2
    assert thumbnails == thumbnails_of(schedule, SCORES)
    assert thumbnails_of(schedule, tmp_path) == {}
    (tmp_path / "images").mkdir()
    for image in schedule.images:
        (tmp_path / image.path).write_bytes(b"something else")
    assert thumbnails_of(schedule, tmp_path) == {}
    assert "harbour.png" in texts(timeline_svg(schedule))


# ---- text and fonts ------------------------------------------------------------------------------


@given(st.text(max_size=200), st.integers(1, 400), st.integers(1, 5))
def test_wrapped_text_keeps_to_its_box(text: str, space: int, lines: int) -> None:
    found = wrap(text, space, lines)
    assert len(found) <= lines
    assert all(width_of(line) <= space for line in found)
    flat = " ".join(text.split())
    if width_of(flat) <= space:
        assert found == ([flat] if flat else [])
    assert width_of(truncate(text, space)) <= space
    assert width_of(truncate(text, space, 21, bold=True), 21, bold=True) <= space


@given(
    st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=30),
    st.integers(70, 400),
)
def test_no_word_is_broken_between_two_lines(words: list[str], space: int) -> None:
    found = " ".join(wrap(" ".join(words), space, 100)).split()
    assert found == words


def test_ideographs_may_be_broken_anywhere_and_words_beside_them_may_not() -> None:
    lines = wrap("夜の電車が雨の街を走る。neon light", 60, 9)
    assert len(lines) > 2
    assert "".join(lines).replace(" ", "") == "夜の電車が雨の街を走る。neonlight"
    assert "neon" in lines[-2] + lines[-1]


def test_lengths_are_written_short() -> None:
    assert [px(Fraction(1, 3)), px(2), px(Fraction(-7, 2)), px(Fraction(999, 100))] == [
        "0.3",
        "2",
        "-3.5",
        "10",
    ]


# ---- the command ---------------------------------------------------------------------------------


def test_a_score_and_a_run_are_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], jam: tuple[Played, Path]
) -> None:
    played, journal = jam
    assert main(["timeline", str(SCORES / "night-tram.score"), "-o", str(tmp_path / "a.svg")]) == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("<image ") == 1
    assert (
        main(
            [
                "timeline",
                str(SCORES / "night-tram.score"),
                "--no-pictures",
                "-o",
                str(tmp_path / "b.html"),
            ]
        )
        == 0
    )
    assert "<img" not in (tmp_path / "b.html").read_text(encoding="utf-8")
    for source, target in ((journal, "c.svg"), (journal.parent, "d.svg")):
        assert main(["timeline", str(source), "-o", str(tmp_path / target)]) == 0
        assert (tmp_path / target).read_text(encoding="utf-8") == timeline_svg(
            played.schedule, played.conductor
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.html", "c.svg", "d.svg"]
    assert read_journal(journal).is_whole
    capsys.readouterr()


def test_a_run_that_broke_off_is_drawn_as_far_as_it_went(
    tmp_path: Path, jam: tuple[Played, Path]
) -> None:
    lines = jam[1].read_bytes().splitlines(keepends=True)
    for kept in (1, 5, len(lines) // 2):
        (tmp_path / "journal.jsonl").write_bytes(b"".join(lines[:kept]) + lines[kept][:20])
        assert main(["timeline", str(tmp_path), "-o", str(tmp_path / "a.svg")]) == 0
        ET.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))  # noqa: S314  # our own output


def test_what_cannot_be_drawn_or_written_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = str(SCORES / "first.score")
    assert main(["timeline", score, "-o", str(tmp_path / "a.png")]) == 2
    assert "must end in .svg, .html or .htm" in capsys.readouterr().err
    assert main(["timeline", score, "-o", str(tmp_path / "no" / "a.svg")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main(["timeline", str(tmp_path), "-o", str(tmp_path / "a.svg")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert main(["timeline", score]) == 2
