"""What notebooks show: one-line reprs, timelines as inline SVG without scripts, and rows for data
frames.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import sequencer
from sequencer.core import display
from sequencer.engine.conductor.report import CUE_COLUMNS as REPORT_COLUMNS
from sequencer.reports.timeline.style import style_of_svg
from sequencer.schedule.rows import CUE_COLUMNS
from tests.docs.pages import DOCS, read_page

SCORES = Path(__file__).parents[3] / "scores"
HOSTILE = """score "<script>alert(1)</script> & \\"quotes\\" ]]>"
seed 3
at 0c "<img src=x onerror=alert(2)> </svg></div><script>alert(3)</script>"
at 2c "&amp; <b>{{x}}</b> javascript:alert(4)"
end 4c
"""


def values() -> list[Any]:
    score = sequencer.read(SCORES / "night-tram.score")
    checked = sequencer.check(SCORES / "night-tram.score")
    schedule = checked.performable()
    result = sequencer.rehearse(sequencer.reads(HOSTILE), video=False)
    assert result.folder is not None
    return [
        *(score, schedule, checked, sequencer.Compilation(schedule, ()), result, result.report),
        *(
            sequencer.read_journal(result.folder),
            sequencer.replay(result.folder),
            sequencer.diff(result, result),
        ),
        sequencer.perform(
            sequencer.reads('grid 3 frames @ 24 fps\nat 0c "A boat."\nend 2c\n'), stage="simulated"
        ),
    ]


def test_a_repr_is_one_short_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in values():
        shown = repr(value)
        assert shown.isprintable()
        assert len(shown) < 200, shown
        assert shown.startswith(f"<{type(value).__name__}")
        assert str(value) == shown


def test_a_long_or_odd_title_is_cut_and_escaped() -> None:
    title = "x" * 500
    assert len(repr(sequencer.reads(f'score "{title}"\nat 0c "A."\nend 2c\n'))) < 120
    assert display.summary_repr(1, "a\nb\x1b[2J", "ended: \x1b]0;title\x07").isprintable()


def test_two_results_differ_by_what_they_contain_and_not_by_how_they_are_shown() -> None:
    one, other = (sequencer.reads(f'seed {seed}\nat 0c "A."\nend 2c\n') for seed in (1, 2))
    assert repr(one) == repr(other)
    assert one != other


# ---- HTML ----------------------------------------------------------------------------------------


def shown(value: Any) -> ET.Element:
    html = value._repr_html_()
    assert html is not None
    return ET.fromstring(html)  # noqa: S314  # our own text: that it is well-formed is the test


@pytest.mark.parametrize("score", sorted(SCORES.glob("*.score")), ids=lambda path: path.stem)
def test_the_html_of_a_schedule_is_well_formed_and_refers_to_nothing(score: Path) -> None:
    checked = sequencer.check(score)
    if checked.schedule is None or not checked.schedule.takes:
        return
    root = shown(checked.schedule)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in (
            "script",
            "a",
            "foreignObject",
            "iframe",
            "link",
            "object",
            "image",
            "use",
        )
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert "javascript:" not in value


def test_texts_are_escaped_in_schedules_and_runs() -> None:
    schedule = sequencer.compile_score(sequencer.reads(HOSTILE))
    for value in (schedule, sequencer.rehearse(schedule, video=False, save=False)):
        html = value._repr_html_()
        assert html is not None
        assert not re.search(r"<(script|img|b|iframe)\b", html)
        root = ET.fromstring(html)  # noqa: S314  # as above
        assert any("<script>alert(1)</script>" in (element.text or "") for element in root.iter())
        assert ET.fromstring(html).tag == "div"  # noqa: S314  # as above


def test_a_run_shows_what_was_performed() -> None:
    schedule = sequencer.compile_score(
        sequencer.reads('seed 1\nat 0c "A boat."\non go out -> "A coat."\nend 6c\n')
    )
    result = sequencer.rehearse(schedule, video=False, save=False, events=["go out@2c"])
    assert "performed: " in "".join(shown(result).itertext())
    assert "performed: " not in "".join(shown(schedule).itertext())


def test_the_style_applies_to_one_timeline_only() -> None:
    """The page around it has texts and classes of its own, and may show several timelines."""
    schedule = sequencer.compile_score(sequencer.read(SCORES / "live-set.score"))
    first, second = shown(schedule), shown(schedule)
    assert first.attrib["id"] != second.attrib["id"]
    styles = [element.text or "" for element in first.iter() if element.tag.endswith("style")]
    (style,) = styles
    within = f"#{first.attrib['id']} "
    selectors = [
        one for rule in re.findall(r"([^{}]+)\{[^{}]*\}", style) for one in rule.split(",")
    ]
    assert len(selectors) > 50
    assert all(one.startswith(within) for one in selectors), [
        one for one in selectors if not one.startswith(within)
    ][:3]
    assert style.replace(within, "") == style_of_svg(), "no rule is lost or changed"
    ids = [element.attrib["id"] for element in first.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert not set(ids) & {element.attrib.get("id") for element in second.iter()}
    text = schedule._repr_html_()
    assert text is not None
    for used in re.findall(r"url\(#([^)]+)\)", text):
        assert f'id="{used}"' in text


def test_without_a_renderer_a_notebook_shows_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_renderers", [])
    assert sequencer.compile_score(sequencer.reads('at 0c "A."\nend 2c\n'))._repr_html_() is None


# ---- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", sorted(SCORES.glob("*.score")), ids=lambda path: path.stem)
def test_a_schedule_has_a_row_for_each_cue_with_exact_values(score: Path) -> None:
    checked = sequencer.check(score)
    if checked.schedule is None:
        return
    schedule = checked.schedule
    rows = schedule.to_dicts()
    assert len(rows) == len(schedule.entries)
    for row, entry in zip(rows, schedule.entries, strict=True):
        assert list(row) == list(CUE_COLUMNS)
        assert isinstance(row["seconds_exact"], Fraction)
        assert row["seconds"] == float(row["seconds_exact"])
        assert row["error_ms"] == float(row["error"] * 1000)
        assert row["seconds_exact"] + row["error"] == row["chunk"] * schedule.grid.chunk
        assert (row["quarter"] is None) == (row["quarter_exact"] is None)
        assert (row["place"], row["line"]) == (entry.place, entry.origin.line)


def test_a_result_has_a_row_for_each_cue() -> None:
    result = sequencer.rehearse(
        SCORES / "live-set.score", video=False, save=False, events=["go exit@20c"]
    )
    rows = result.to_dicts()
    assert rows == result.report.to_dicts()
    assert [list(row) for row in rows] == [list(REPORT_COLUMNS)] * len(result.report.cues)
    for row, cue in zip(rows, result.report.cues, strict=True):
        assert row["status"] == cue.status.value
        assert type(row["status"]) is str
        assert all(value is None or isinstance(value, int | float | str) for value in row.values())


def test_the_page_describes_the_columns() -> None:
    text = read_page(DOCS / "api.md").text
    listed = re.findall(r"^- `(\w+)`: (.+)$", text, re.MULTILINE)
    assert listed == [*CUE_COLUMNS.items(), *REPORT_COLUMNS.items()]
