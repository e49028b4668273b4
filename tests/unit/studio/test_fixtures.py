"""The fixtures with which the page is developed are what runs give now."""

from __future__ import annotations

import json

import pytest

from tests.support.golden import render_difference
from tests.support.studio_runs import FOLDER, fixtures


def test_the_fixtures_of_the_page_are_up_to_date(request: pytest.FixtureRequest) -> None:
    found = fixtures()
    if request.config.getoption("--update-golden"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path in FOLDER.glob("*.*.json"):
            if path.name not in found:
                path.unlink()
        for name, text in found.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
    assert sorted(path.name for path in FOLDER.glob("*.*.json")) == sorted(found)
    for name, text in found.items():
        path = FOLDER / name
        there = path.read_text(encoding="utf-8")
        assert there == text, render_difference(there, text, path)


def test_the_fixtures_show_what_their_names_promise() -> None:
    states = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["snapshot"]
        for path in FOLDER.glob("*.*.json")
    }
    assert states["live-set.show-ready"]["go"]["state"] == "ready"
    assert states["live-set.show-accepted"]["go"]["state"] == "accepted"
    assert states["live-set.show-not-listening"]["go"]["state"] == "not-listening"
    warning = states["live-set.show-warning"]
    assert [alert["id"] for alert in warning["alerts"]] == ["clock-lost", "refused-3"]
    assert warning["next"]["status"] == "refused"
    assert states["live-set.rehearse"]["revisions"][-1]["state"] == "offered"
    assert states["live-set.report"]["report"]["summary"]["cues"] == 6
