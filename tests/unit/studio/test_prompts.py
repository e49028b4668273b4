from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.editing.looking import Look, look
from sequencer.editing.texts import Position
from sequencer.language.loader import load_text
from sequencer.studio.prompts import changed_parts, describe_prompt
from sequencer.studio.text_buffer import TextBuffer

SCORES = Path(__file__).parents[3] / "scores"
LIVE = (SCORES / "live-set.score").read_text(encoding="utf-8")


def known(text: str = LIVE, before: Look | None = None) -> Look:
    return look(text, "live-set.score", partial(load_text, folder=SCORES), previous=before)


def marked(found: dict[str, Any], index: int = 0) -> list[str]:
    prompt = found["prompts"][index]
    data = TextBuffer.of(prompt["text"]).data
    return [data[2 * start : 2 * end].decode("utf-16-le") for start, end in prompt["changed"]]


def test_a_cue_has_its_whole_prompt_with_what_it_changes() -> None:
    found = describe_prompt(known(), Position(16, 4))
    assert found is not None
    assert (found["title"], found["line"], found["outdated"]) == ("jam 9.1 · chunk 17", 16, False)
    assert marked(found) == ["Now the rain grows stronger."]
    assert len(found["prompts"][0]["text"]) > 100
    landing = found["landing"]
    assert landing == {
        "chunk": 17,
        "earliest": 17,
        "error_ms": -625.0,
        "bar": "Bar 9.1",
        "section": "jam",
        "seconds": 24.0,
        "chunk_at": 23.375,
        "neighbour": {"chunk": 18, "error_ms": 750.0},
    }


def test_a_live_section_has_its_exits() -> None:
    found = describe_prompt(known(), Position(16, 4))
    assert found is not None
    assert [one["bar"] for one in found["exits"]] == list(range(2, 18))
    assert found["exits"][7] == {"bar": 9, "chunk": 17, "error_ms": -625.0}
    assert found["live"] == "jam (until note C3 or program 5 or go out)"
    intro = describe_prompt(known(), Position(11, 4))
    assert intro is not None and intro["exits"] == []


def test_a_cue_after_a_live_section_has_no_exact_time() -> None:
    line = next(number for number, one in enumerate(LIVE.split("\n"), 1) if "umbrella" in one)
    found = describe_prompt(known(), Position(line, 5))
    assert found is not None
    landing = found["landing"]
    assert landing["error_ms"] is None and landing["neighbour"] is None
    assert landing["earliest"] < landing["chunk"]


def test_a_rule_has_all_prompts_that_it_may_send() -> None:
    line = next(number for number, one in enumerate(LIVE.split("\n"), 1) if "pick(" in one)
    found = describe_prompt(known(), Position(line, 5))
    assert found is not None
    assert [one["label"] for one in found["prompts"]] == ["pick: 1 of 2", "pick: 2 of 2"]
    assert marked(found, 0) == ["Now a cat crosses the rails."]
    assert found["landing"] is None and found["title"].startswith("on note E3")


def test_each_pass_of_a_section_can_be_chosen() -> None:
    text = LIVE.replace("play intro jam outro", "play intro intro jam outro")
    assert text != LIVE
    first = describe_prompt(known(text), Position(11, 4))
    second = describe_prompt(known(text), Position(11, 4), 1)
    last = describe_prompt(known(text), Position(11, 4), 99)
    assert first is not None and second is not None and first["passes"] == 2
    assert first["landing"]["chunk"] < second["landing"]["chunk"]
    assert last == second


def test_a_text_with_errors_shows_the_last_valid_prompt() -> None:
    valid = known()
    broken = known(LIVE.replace('at 1 tram "Now everything', 'at 99x tram "Now everything'), valid)
    assert broken.is_outdated
    found = describe_prompt(broken, Position(16, 4))
    assert found is not None and found["outdated"] and found["title"] == "jam 9.1 · chunk 17"
    assert describe_prompt(broken, Position(15, 4)) is None, "this line has changed"


@pytest.mark.parametrize("line", [1, 13, 999])
def test_a_line_without_a_cue_has_no_prompt(line: int) -> None:
    assert describe_prompt(known(), Position(line, 1)) is None


def test_a_cue_without_a_prompt_shows_the_one_in_force() -> None:
    text = 'clock 120 bpm, 4/4\nat 1 "A tram."\nat 3 sr 4x\nend 9\n'
    found = describe_prompt(look(text, "a.score"), Position(3, 1))
    assert found is not None
    assert found["prompts"] == [
        {"label": "unchanged by this cue", "text": "A tram.", "changed": []}
    ]
    assert found["acts"] == ["sr 4x"]


def test_positions_of_what_has_changed_count_utf_16_code_units() -> None:
    before, text = "𝄞 A tram waits. It rains.", "𝄞 A tram waits. It  snows.\nMore."
    (first, *_), data = changed_parts(before, text), TextBuffer.of(text).data
    assert data[2 * first[0] : 2 * first[1]].decode("utf-16-le") == "It  snows."


@given(st.text("aB. \n𝄞", max_size=30), st.text("aB. \n𝄞", max_size=30))
def test_what_has_changed_is_in_the_text_and_in_order(before: str, text: str) -> None:
    at = 0
    for start, end in changed_parts(before, text):
        assert at <= start < end <= len(TextBuffer.of(text))
        at = end
