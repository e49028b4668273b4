"""The page of measurements has a section for every benchmark. The numbers are not tested."""

from __future__ import annotations

import importlib.util
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

from bench import page, video, wire
from bench.__main__ import NAMES, bench, sections
from bench.charts import drawn, goals
from bench.findings import Bars, Findings, Lines, Row, Section, render_findings
from bench.machine import Stamp, machine
from bench.reactor_clients import Client
from bench.timing import paired
from tests.docs.pages import DOCS, ROOT, read_page

STAMP = Stamp(
    date="2026-01-02",
    commit="0123456789",
    machine="2 cores of Something, Python 3.11.7",
    load="0.1",
)
SECTIONS = {"one": Section("One", "About one."), "two": Section("Two", "About two.")}


def result(*rows: Row, charts: tuple[Bars | Lines, ...] = ()) -> page.Result:
    return page.Result(STAMP, 3.0, Findings(rows, charts, ("A note.",)))


# ---- the current page ----------------------------------------------------------------------------


def test_every_bench_has_its_section_and_no_section_is_without_one() -> None:
    titles = [bench(name).SECTION.title for name in NAMES]
    assert list(read_page(DOCS / "measurements.md").sections()) == titles
    assert len(set(titles)) == len(titles)


def test_every_module_that_measures_is_a_bench() -> None:
    modules = {
        path.stem
        for path in (ROOT / "bench").glob("*.py")
        if "\nSECTION = Section(" in path.read_text(encoding="utf-8")
    }
    assert modules == set(NAMES)
    assert all(importlib.util.find_spec(f"bench.{name}") is not None for name in NAMES)


def test_something_was_measured_of_each() -> None:
    kept = page.kept()
    assert set(kept) == set(NAMES)
    assert all(one.findings.rows for one in kept.values())


def test_the_page_is_what_was_kept() -> None:
    files = page.made(page.kept(), sections())
    for path, text in files.items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name}: run `python -m bench NAME --write`"
        )
    assert set(page.IMAGES_FOLDER.glob("measured-*.svg")) == set(files) - {page.PAGE}


def test_it_names_no_path() -> None:
    text = (DOCS / "measurements.md").read_text(encoding="utf-8") + (
        DOCS / "measurements.json"
    ).read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    assert "core" in machine()


# ---- how the page is made ------------------------------------------------------------------------


def test_one_bench_anew_leaves_the_others_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    page.keep({"one": result(Row("a", 1.0)), "gone": result(Row("b", 2.0))}, SECTIONS, file)
    assert set(page.kept(file)) == {"one"}
    before = page.made(page.kept(file), SECTIONS)[page.PAGE]
    page.keep(
        {**page.kept(file), "two": result(Row("c", 3.0, "ms", spread=(2.5, 3.5)))}, SECTIONS, file
    )
    after = page.made(page.kept(file), SECTIONS)[page.PAGE]
    assert "## Two\n\nAbout two.\n\nNot measured yet." in before
    assert "| c | 3 ms (2.50 to 3.50) |  |  |  |" in after
    assert before.partition("## Two")[0] == after.partition("## Two")[0]


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    charts = (
        Bars("B", "ms", (("x", 1.5),), mark=2.0),
        Lines(title="L", across="s", up="MB", lines=(("y", ((0.0, 1.0), (1.0, 2.0))),)),
    )
    whole = {
        "one": result(
            Row("a", 1.25, "×", beside="b", least=1, spread=(1.0, 1.5)),
            Row("c", None, why="no"),
            charts=charts,
        )
    }
    file = tmp_path / "kept.json"
    page.keep(whole, SECTIONS, file)
    assert page.kept(file) == whole
    json.loads(file.read_text(encoding="utf-8"), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("row", "reached", "verdict"),
    [
        (Row("a", 2.0, least=1), True, "reached"),
        (Row("a", 0.9, least=1), False, "missed: 10% short"),
        (Row("a", 1.3, most=1.3), True, "reached"),
        (Row("a", 2.6, most=1.3), False, "missed: 100% over"),
        (Row("a", 0.0, most=0), True, "reached"),
        (Row("a", 1.0, most=0), False, "missed"),
        (Row("a", 0.0, least=100), False, "missed: 100% short"),
        (Row("a", float("inf"), most=1), False, "missed"),
        (Row("a", float("nan"), most=1), None, ""),
        (
            Row("a", None, most=1, why="the SDK is not there"),
            None,
            "not measured: the SDK is not there",
        ),
        (Row("a", 5.0), None, ""),
    ],
)
def test_goals_are_judged(row: Row, reached: bool | None, verdict: str) -> None:
    assert row.is_reached is reached
    assert row.verdict == verdict
    assert bool(Findings((row,)).missed) is (reached is False)
    assert verdict in render_findings(Findings((row,)))
    assert (
        "| a | " in (text := page.made({"one": result(row)}, SECTIONS)[page.PAGE])
    ) and verdict in text


@pytest.mark.parametrize(("one", "row"), [(wire, "median"), (video, "received and analysed")])
@pytest.mark.parametrize("is_there", [True, False])
def test_without_the_sdk_its_rows_report_it(
    one: ModuleType, row: str, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()

    def measured(client: Client, commands: int, seconds: float) -> dict[str, object]:
        asked.add(client.name)
        result: dict[str, object] = {"connect": 0.5, "latencies": [0.001] * commands}
        return result | {"seen": 24, "cpu": 0.1, "wall": 1.0, "frames": 24, "sent": 24}

    monkeypatch.setattr(one, "has_sdk", lambda: is_there)
    monkeypatch.setattr(one, "measured", measured)
    found = one.measure().rows
    beside = [each for each in found if each.beside.startswith("reactor-sdk") and row in each.name]
    assert beside
    assert all((each.value is not None) is is_there for each in beside)
    assert is_there or all("setup-reactor" in each.verdict for each in beside)
    assert any(name.startswith("reactor-sdk") for name in asked) is is_there


def test_what_was_timed_in_turns_is_compared_turn_by_turn() -> None:
    pair = paired([2.0, 30.0, 4.0], [1.0, 10.0, 1.0])
    assert (pair.ours, pair.theirs, pair.ratio, pair.spread) == (2.0, 1.0, 3.0, (2.0, 4.0))


@pytest.mark.parametrize(
    "text",
    [
        drawn(Bars("What <it> costs", "ms & more", (("a", 0.0), ("b", 12.5)), mark=5.0)),
        drawn(Bars("Nothing", "ms", ())),
        drawn(
            Lines(
                title="Memory",
                across="%",
                up="MB",
                lines=(("a", ((0.0, 1.0), (100.0, 2000.0))), ("b", ((0.0, 0.0), (50.0, 0.0)))),
            )
        ),
        goals(
            [
                ("a", Row("a", 2.0, least=1)),
                ("b", Row("b", 0.0, most=1)),
                ("c", Row("c", None, most=1, why="no")),
            ]
        ),
    ],
)
def test_charts_are_svg_for_light_and_dark(text: str) -> None:
    root = ET.fromstring(text)  # noqa: S314  our own text
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme:dark" in text
    assert "nan" not in text
