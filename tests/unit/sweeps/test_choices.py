from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.errors import UsageError
from sequencer.runs.store import open_store
from sequencer.sweeps.choices import choose, latest, read_choices
from tests.support.runs import KEY, OTHER


def test_the_last_decision_of_each_person_counts(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    choose(store, "p", [KEY, OTHER], "chosen", who="Ann", note="her face")
    choose(store, "p", [KEY], "rejected", who="Bob")
    choose(store, "p", [KEY], "rejected", who="Ann")
    choose(store, "p", [OTHER], "undecided", who="Ann")
    found = read_choices(store, "p")
    assert {who: one.verdict for who, one in latest(found[KEY]).items()} == {
        "Ann": "rejected",
        "Bob": "rejected",
    }
    assert latest(found[OTHER]) == {}
    assert found[OTHER][0].note == "her face"
    assert read_choices(store, "other") == {}


def test_long_notes_and_missing_names_are_refused(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    for who, note in (("", ""), ("x" * 101, ""), ("Ann", "x" * 1001)):
        with pytest.raises(UsageError, match="a note at most"):
            choose(store, "p", [KEY], "chosen", who=who, note=note)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"key": "x", "verdict": "chosen"}', f'{{"key": "{KEY}", "verdict": "maybe"}}',
     f'{{"key": "{KEY}", "verdict": "chosen", "who": 3}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_not_a_decision_is_left_out(text: str, tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.add_document("p", "chosen/x.json", text)
    assert read_choices(store, "p") == {}
