"""No text in a timeline overlaps another or leaves the page or its box, by the metrics of a font,
for random scores.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from sequencer.core.errors import ScoreError
from sequencer.language.compiler import compile_score
from sequencer.language.notations import read, reads
from sequencer.reports.timeline import timeline_svg
from sequencer.reports.timeline.text_metrics import width_of
from sequencer.schedule.model import Schedule
from tests.support.builders import play
from tests.support.example_scores import schedules_of
from tests.support.requirements import require
from tests.support.text_boxes import boxes_of, faults_of, font, measured

SCORES = Path(__file__).parents[4] / "scores"

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # shrinking a large score takes minutes; the message names the texts
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAMES = st.one_of(
    st.sampled_from(
        [
            "i",
            "W",
            "intro",
            "MMMMMMMM",
            "einleitung-mit-langem-namen",
            "вступление",
            "夜の電車",
            "Ωμέγα",
            "ñandú",
        ]
    ),
    st.text("abWMilÉж夜", min_size=1, max_size=24).map(lambda text: f"s{text}"),
)
SENTENCES = st.lists(
    st.sampled_from(
        [
            "Now it turns.",
            "A boat.",
            "Donaudampfschifffahrtsgesellschaft.",
            "夜の電車が雨の街を走る。",
            "Ночной трамвай.",
            "WWW MMM WWW.",
            "שלום עולם.",
            "नमस्ते दुनिया।",
            "👩‍👩‍👧 family.",
            "One two three four five six seven eight nine ten eleven.",
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)


@st.composite
def scores(draw: st.DrawFn) -> str:
    """Draw a score with sections of all lengths, also live ones, with rules, cuts, messages, and
    names in any script.
    """
    tempo, meter = (
        draw(st.sampled_from(["60", "97", "120", "174", "300"])),
        draw(st.sampled_from(["4/4", "7/8", "3/4"])),
    )
    lines = [
        f'score "{draw(SENTENCES)}"',
        f"clock {tempo} bpm, {meter}",
        f"snap {draw(st.sampled_from(['nearest', 'ceil', 'floor']))}",
    ]
    names = draw(st.lists(NAMES, min_size=1, max_size=7, unique=True))
    played = []
    for index, name in enumerate(names):
        bars = draw(st.sampled_from([4, 5, 8, 17, 64, 150]))
        live = draw(st.booleans())
        words = f"until go out{index} or note C3, max {bars} bars" if live else f"{bars} bars"
        cut = (
            f", cut seed {draw(st.integers(0, 10**9))}" if draw(st.booleans()) and not live else ""
        )
        lines.append(f"section {name} {words}{cut} {{")
        lines.append(f'  at 1 "{draw(SENTENCES)}", sr {draw(st.sampled_from(["off", "2x", "4x"]))}')
        for bar in sorted(
            draw(st.sets(st.sampled_from(range(5, bars + 1, 4)), max_size=8)) if bars > 4 else ()
        ):
            more = draw(
                st.sampled_from(["", ", midi cc 20 64", ", midi note C1 ch 10, midi program 5"])
            )
            lines.append(f'  at {bar} "{draw(SENTENCES)}"{more}')
        if draw(st.booleans()):
            lines.append("  every 1 beat midi note D1 ch 10")
        rules = range(draw(st.sampled_from([0, 0, 1, 3, 9])))
        lines += [f'  on note {30 + rule} -> "{draw(SENTENCES)}"' for rule in rules]
        lines.append("}")
        played += [name] * draw(st.integers(1, 2))
    if draw(st.booleans()):
        lines += ["on go rest -> pause", "on go on -> resume"]
    return "\n".join([*lines, "play " + " ".join(played)]) + "\n"


def compiled(text: str) -> Schedule:
    """Compile a drawn score, or draw another one: in fast, short sections two prompts can snap to
    one chunk (E424).
    """
    try:
        return compile_score(reads(text))
    except ScoreError as error:
        assume({fault.code for fault in error.diagnostics if fault.is_error} != {"E424"})
        raise


@SETTINGS
@given(scores())
def test_no_text_of_a_score_overlaps_or_is_clipped(text: str) -> None:
    assert faults_of(timeline_svg(compiled(text))) == []


@settings(SETTINGS, max_examples=12)
@given(scores(), st.integers(0, 30), st.integers(1, 60))
def test_no_text_of_a_run_overlaps_or_is_clipped(text: str, first: int, second: int) -> None:
    played = play(compiled(text), f"go out0@{first}c", f"note 33@{second}c", f"note C3@{second}c")
    assert faults_of(timeline_svg(played.schedule, played.conductor)) == []


@pytest.mark.parametrize("path", sorted(SCORES.glob("*.score")), ids=lambda path: path.stem)
def test_no_text_of_the_scores_overlaps_or_is_clipped(path: Path) -> None:
    for schedule in schedules_of(read(path)):
        assert faults_of(timeline_svg(schedule)) == []


def two_hundred() -> Schedule:
    lines = [
        "clock 120 bpm, 4/4",
        "section verse 100 bars {",
        *(f'  at {bar} "Bird {bar}."' for bar in range(1, 101)),
        "}",
    ]
    lines += [
        "section end 100 bars, cut {",
        *(f'  at {bar} "Horse {bar}.", midi cc 20 {bar}' for bar in range(1, 101)),
        "}",
    ]
    return compile_score(reads("\n".join([*lines, "play verse end"]) + "\n"))


def test_no_text_of_two_hundred_cues_overlaps_or_is_clipped() -> None:
    assert faults_of(timeline_svg(two_hundred())) == []


def test_faults_are_found() -> None:
    """The check itself works: it reports texts that overlap, leave the page, or leave their box."""
    svg = timeline_svg(compile_score(read(SCORES / "live-set.score")))
    assert len(boxes_of(svg)) > 60
    (title,) = [box for box in boxes_of(svg) if box.text == "Jam at the stop"]
    moved = svg.replace(f'x="78" y="36">{title.text}', f'x="78" y="50">{title.text}')
    assert any("overlap" in fault for fault in faults_of(moved))
    assert any(
        "leaves the page" in fault
        for fault in faults_of(svg.replace('x="78" y="36"', 'x="1200" y="36"'))
    )
    longer = svg.replace(
        "Now the rain grows stronger.</text>", f"{'Now the rain grows stronger. ' * 4}</text>"
    )
    assert any("leaves its box" in fault for fault in faults_of(longer))


@pytest.mark.parametrize("bold", [False, True])
def test_the_widths_are_those_of_the_font_or_more(bold: bool) -> None:
    require(font(bold) is not None, "DejaVu Sans is not installed")
    for code in (
        *range(0x20, 0x7F),
        *range(0xC0, 0x17F),
        *range(0x391, 0x3CA),
        *range(0x410, 0x450),
        *range(0x5D0, 0x5EB),
    ):
        char = chr(code)
        assert measured(char, 1000, bold) <= float(width_of(char, 1000, bold=bold)) + 0.5, char
    for char in "…–—·×→−“”‘’≈•°«»¡¿ßæøœ":
        assert measured(char, 1000, bold) <= float(width_of(char, 1000, bold=bold)) + 0.5, char
