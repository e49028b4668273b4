"""Where cues land, at the end of their lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.editing.hints import HintSetting, find_hints, unchanged_lines
from sequencer.editing.looking import Look, look
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file
from tests.support.golden import Golden

HEAD = f"clock 120 bpm, 4/4\n{SCENE}"


def shown(known: Look, setting: HintSetting = HintSetting.ALL) -> list[str]:
    """Return the lines that have hints, each with its hint."""
    lines = known.text.split("\n")
    return [f"{lines[one.line - 1].strip()} {one.text}" for one in find_hints(known, setting)]


def hints_of(body: str, setting: HintSetting = HintSetting.ALL) -> list[str]:
    known = look(HEAD + body, "a.score", advice=False)
    assert known.schedule is not None, known.diagnostics
    return shown(known, setting)


def test_an_exact_cue_shows_its_chunk_and_another_one_also_its_error() -> None:
    assert hints_of('at 1 tram\nat 2.3 tram "It turns."\nend 5\n') == [
        "at 1 tram ⟶ c0",
        'at 2.3 tram "It turns." ⟶ c2 · −250 ms',
    ]


def test_a_section_that_is_played_twice() -> None:
    body = 'section drop 8 bars {\n  at 1 tram\n  at 3 tram "It goes."\n}\nplay drop*2\n'
    assert hints_of(body) == [
        "section drop 8 bars { ⟶ c0–11, c12–23 · worst +625 ms",
        "at 1 tram ⟶ c0, c12 · +500 ms",
        'at 3 tram "It goes." ⟶ c3 · +125 ms, c15 · +625 ms',
    ]


def test_a_repeating_cue_is_summed_up() -> None:
    body = "at 1 tram\nevery 4 bars from 3 tram\nend 25\n"
    assert hints_of(body)[1] == ("every 4 bars from 3 tram ⟶ c3 c9 c15 … 6 in all, worst +625 ms")


def test_after_a_live_section_only_a_range_of_chunks_is_known() -> None:
    body = (
        "section jam until go out, max 16 bars {\n  at 1 tram\n}\n"
        'section outro 4 bars {\n  at 1 tram "It goes."\n}\n'
    )
    assert hints_of(body) == [
        "section jam until go out, max 16 bars { ⟶ c0–22 at most",
        "at 1 tram ⟶ c0",
        "section outro 4 bars { ⟶ c3…23–29",
        'at 1 tram "It goes." ⟶ c3…23',
    ]


def test_midi_is_exact_and_shows_its_time() -> None:
    body = "at 1 tram, midi cc 20 0\nat 2.3 midi cc 20 64\nevery 1 bar midi cc 21 1\nend 5\n"
    assert hints_of(body) == [
        "at 1 tram, midi cc 20 0 ⟶ c0",
        "at 2.3 midi cc 20 64 ⟶ exact, 0:03.000",
        "every 1 bar midi cc 21 1 ⟶ exact, 0:00.000, 0:02.000, 0:04.000 … 4 in all",
    ]


def test_a_cut_shows_the_take_that_it_begins() -> None:
    body = 'at 1 tram\nat 8 cut, "A boat."\nend 12\n'
    assert hints_of(body)[1] == 'at 8 cut, "A boat." ⟶ c10 · −250 ms · take 2'
    section = "section a 8 bars {\n  at 1 tram\n}\nsection b 8 bars, cut seed 9 {\n  at 1 tram\n}\n"
    assert (
        hints_of(section)[2] == "section b 8 bars, cut seed 9 { ⟶ c12–23 · worst +500 ms · take 2"
    )


def test_several_cues_on_one_line_share_a_hint() -> None:
    body = 'section a 8 bars { at 1 tram; at 3 tram "It goes." }\n'
    (only,) = hints_of(body)
    assert only.endswith("⟶ c0 │ c3 · +125 ms │ c0–11 · worst +125 ms")


def test_the_tooltip_has_a_line_for_each_pass() -> None:
    body = "section drop 8 bars {\n  at 3 tram\n  at 1 tram\n}\nplay drop*2\n"
    known = look(HEAD + body, "a.score", advice=False)
    hint = find_hints(known)[1]
    assert hint.tooltip.split("\n") == [
        "drop 1/2: bar 3.1, 0:04.000, chunk 3, 125 ms late",
        "drop 2/2: bar 3.1, 0:20.000, chunk 15, 625 ms late",
    ]


def test_a_tooltip_is_limited() -> None:
    known = look(HEAD + "at 1 tram\nevery 1 bar from 2 tram\nend 200\n", "a.score", advice=False)
    lines = find_hints(known)[1].tooltip.split("\n")
    assert (len(lines), lines[-1]) == (41, "and 158 more")


def test_settings() -> None:
    body = 'at 1 tram, midi cc 1 1\nat 3.1 tram "It goes."\nat 2 midi cc 1 2\nend 5\n'
    assert hints_of(body, HintSetting.OFF) == ['at 3.1 tram "It goes." ⟶ c3 · +125 ms']
    assert hints_of(body, HintSetting.NONE) == []
    section = "section a 8 bars {\n  at 1 tram\n}\n"
    assert hints_of(section, HintSetting.OFF) == []


def test_the_hints_of_the_last_valid_text_stay_on_lines_that_did_not_change() -> None:
    text = HEAD + 'at 1 tram\nat 2.3 tram "It turns."\nat 3 tram\nend 5\n'
    known = look(text, "a.score", advice=False)
    wrong = text.replace("at 2.3 tram", "# new\n\nat 2.3 trom trom")
    assert shown(look(wrong, "a.score", advice=False, previous=known)) == [
        "at 1 tram ⟶ c0",
        "at 3 tram ⟶ c3 · +125 ms",
    ]
    assert shown(look(wrong, "a.score", advice=False)) == []


def test_a_schedule_of_chunks_has_no_bars() -> None:
    known = look('at 0c "A boat."\nat 5.7s "A tram."\nend 8c\n', advice=False)
    assert [one.tooltip for one in find_hints(known)] == [
        "score: 0:00.000, chunk 0, exact",
        "score: 0:05.700, chunk 4, 200 ms early",
    ]


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_example_score(path: Path, golden: Golden) -> None:
    known = look_at_file(path)
    hints = find_hints(known)
    lines = known.text.split("\n")
    text = "".join(
        f"{lines[one.line - 1].strip()[:60]} {one.text}\n"
        + "".join(f"    {line}\n" for line in one.tooltip.split("\n")[:3])
        for one in hints
    )
    golden(f"hints-{path.name}.txt", text)
    assert len({one.line for one in hints}) == len(hints)


def test_both_notations_have_the_same_hints() -> None:
    for name in ("night-tram", "live-set"):
        texts_ = [
            [one.text for one in find_hints(look_at_file(path))]
            for path in SCORES
            if path.stem == name
        ]
        assert texts_[0] == texts_[1] and len(texts_) == 2


@SOME_OR_EVERY
def test_every_text_has_hints_on_its_lines(found: FindLooks) -> None:
    for name, known in found().items():
        lines = known.text.count("\n") + 1
        assert all(1 <= one.line <= lines for one in find_hints(known)), name


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_lines_are_unchanged_only_if_they_are_equal(before: list[str], after: list[str]) -> None:
    found = unchanged_lines("\n".join(before), "\n".join(after))
    pairs = sorted(found.items())
    old, new = before or [""], after or [""]
    assert all(old[one - 1] == new[other - 1] for one, other in pairs)
    assert [other for _, other in pairs] == sorted(set(found.values()))
    if before == after:
        assert len(found) == len(old)
