"""Compiling by parts: what a change affects is compiled again, and nothing else."""

from __future__ import annotations

import pytest

from sequencer.editing.looking import Look, look
from sequencer.language.incremental.compiling import PartCompilation
from tests.support.compared_checks import READ, assert_same, read_whole

HEAD = """clock 120 bpm, 4/4
let light = "Soft light."
scene tram {
  base "A tram waits. {light}"
  follow "The tram waits. {action}"
}
scene cafe {
  base "A cafe at night. Wide shot."
}
"""
SECTIONS = (
    'section a 2 bars {\n  at 1 tram\n  at 2 tram "It turns."\n}\n'
    'section b 2 bars {\n  at 1 cafe\n  at 2 "A road. Wide shot."\n}\n'
    'section c 2 bars {\n  at 1 "A lamp. Wide shot."\n  at 2 "A lamp turns on."\n}\n'
)
LONG = "".join(f'  at {number} "A road past post {number}."\n' for number in range(1, 200))
WITH_CUT = f"section long 300 bars, cut seed 3 {{\n{LONG}}}\n{SECTIONS}"
FLAT = HEAD + "at 1 tram\nat 1.2 sr 2x\n" + LONG.replace("at 1 ", "at 1.4 ") + "end 300\n"


def parts_of(known: Look) -> dict[tuple[int, ...], object]:
    """Return the parts of a score that was compiled by parts."""
    compilation = getattr(known.checked, "compilation", None)
    assert isinstance(compilation, PartCompilation)
    return {key: part.placed for key, part in compilation.known.items()}


def change(text: str, old: str, new: str) -> tuple[Look, Look]:
    """Return what is known before and after a change, which is compared with a whole check."""
    assert text.count(old) == 1
    before = look(text, "a.score", READ)
    whole = look(text, "a.score", read_whole)
    assert_same(before, whole)
    after = look(text.replace(old, new), "a.score", READ, previous=before)
    assert_same(after, look(text.replace(old, new), "a.score", read_whole, previous=whole))
    return before, after


@pytest.mark.parametrize(
    ("text", "old", "new", "compiled"),
    [
        pytest.param(HEAD + SECTIONS, "A lamp turns", "A lamp moves", 1, id="a text"),
        pytest.param(HEAD + SECTIONS, "clock 120", "# a comment\nclock 120", 0, id="a comment"),
        pytest.param(HEAD + SECTIONS, "A tram waits.", "A tram stops.", 1, id="a scene"),
        pytest.param(HEAD + SECTIONS, "Soft light", "Hard light", 1, id="a variable in a scene"),
        pytest.param(HEAD + SECTIONS, "120 bpm", "100 bpm", 3, id="the clock"),
        pytest.param(HEAD + SECTIONS, "a 2 bars", "a 3 bars", 1, id="a length"),
        pytest.param(HEAD + SECTIONS, "scene cafe", "scene bistro", 1, id="a name that is missing"),
        pytest.param(
            HEAD + SECTIONS, "at 2 tram", "at 2.4+3/4 tram", 1, id="the chunk of the next section"
        ),
        pytest.param(HEAD + SECTIONS, "at 1 tram", "at 1.3 tram", 1, id="a late first prompt"),
        pytest.param(
            HEAD + WITH_CUT, "past post 199.", "past the last post.", 2, id="the end of a long one"
        ),
        pytest.param(HEAD + WITH_CUT, ", cut seed 3", "", 4, id="the head of a long one"),
        pytest.param(FLAT, "past post 150.", "past the door.", 1, id="without sections"),
        pytest.param(FLAT, "at 150 ", "at 3.2 ", 1, id="a cue that is not in order"),
        pytest.param(FLAT, "end 300", "end 250", 4, id="the end of the score"),
    ],
)
def test_what_is_compiled_again(text: str, old: str, new: str, compiled: int) -> None:
    before, after = map(parts_of, change(text, old, new))
    known = {id(placed) for placed in before.values()}
    assert sum(id(placed) not in known for placed in after.values()) == compiled


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at 150 ", "at 150 mark m, "),
        ("at 150 ", "at 150 tempo 100, "),
        ("at 150 ", "at 400 "),
        ("at 150 ", "at 1 fade 2c, "),
        ("at 150 ", "at 149 "),
        ("at 150 ", "at +1b "),
        ("at 150 ", "at mark x "),
        ("at 150 ", "at end -1 bar "),
        ("at 150 ", "every 2 bars from 150 "),
        ('at 150 "', 'at 150 pick("A." | "B.")\nat 150.2 "'),
        ("end 300", "end 9.9"),
        ("end 300\n", ""),
        ("clock 120 bpm, 4/4\n", ""),
    ],
)
def test_a_long_score_whose_parts_may_depend_on_each_other(old: str, new: str) -> None:
    change(FLAT, old, new)


@pytest.mark.parametrize(
    "added", ["play a*2 b\n", "on go x -> tram\n", "section d like a {\n}\n", "end 9\n"]
)
def test_a_score_that_is_compiled_as_a_whole(added: str) -> None:
    text = HEAD + SECTIONS + added
    known = look(text, "a.score", READ)
    assert not isinstance(getattr(known.checked, "compilation", None), PartCompilation)
    assert_same(known, look(text, "a.score", read_whole))
