"""The third pass: one stretch for each pass of a block, with its picks drawn and its rules
numbered.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest

from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    NoteAct,
    PauseAct,
    PickAct,
    ProgramAct,
    PromptAct,
    StrengthAct,
    draw,
)
from tests.support.compiler_passes import passed

BEATS = "clock 120 bpm, 4/4\n"
TWO = (
    f'{BEATS}section a 1 bar {{\n  at 1 "A"\n}}\nsection b 2 bars {{\n  at 1 "B"\n  at 2 "C"\n}}\n'
)


@pytest.mark.parametrize(
    ("play", "expected"),
    [
        ("", [("a", 1), ("b", 1)]),
        ("play b a", [("b", 1), ("a", 1)]),
        ("play a*2 b a", [("a", 1), ("a", 2), ("b", 1), ("a", 3)]),
    ],
    ids=["none", "reversed", "repeated"],
)
def test_one_stretch_for_each_pass(play: str, expected: list[tuple[str, int]]) -> None:
    found = passed(f"{TWO}{play}\n")
    assert [(one.placed.block.name, one.occurrence) for one in found.stretches] == expected
    assert found.codes == []


def test_entries_hold_what_the_model_does_and_sends_what_external_devices_get() -> None:
    text = f'{BEATS}at 1 "A", midi program 5, strength 0.5\nat 2 midi program 6\nat 3 "B"\nend 9\n'
    (stretch,) = passed(text).stretches
    assert [(one.cue.label, one.acts) for one in stretch.entries] == [
        ("1.1", (PromptAct("A"), StrengthAct(Fraction(1, 2)))),
        ("3.1", (PromptAct("B"),)),
    ]
    assert [(one.cue.label, one.acts) for one in stretch.sends] == [
        ("1.1", (ProgramAct(5, 1),)),
        ("2.1", (ProgramAct(6, 1),)),
    ]


# ---- picks ---------------------------------------------------------------------------------------

OPTIONS = ("A", "B", "C", "D", "E", "F", "G", "H", "I")
PICK = "pick(" + " | ".join(f'"{option}"' for option in OPTIONS) + ")"


def drawn(text: str) -> list[str]:
    """Return the prompts of all entries, in the order of the stretches."""
    found = passed(text)
    assert found.codes == []
    return [
        act.text
        for one in found.stretches
        for entry in one.entries
        for act in entry.acts
        if isinstance(act, PromptAct)
    ]


def expected_draws(seed: int, *keys: tuple[str, int]) -> list[str]:
    """Return the options that `draw` selects for each key and ordinal."""
    return [OPTIONS[draw(seed, key, ordinal, len(OPTIONS))] for key, ordinal in keys]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param(f"seed 4\n{BEATS}at 2.2 {PICK}\nend 9\n", [("|1|q5", 0)], id="quarter"),
        pytest.param(f"seed 4\n{BEATS}at 2s {PICK}\nend 9\n", [("|1|s2", 0)], id="seconds"),
        pytest.param(
            f"seed 4\n{BEATS}at 1 {PICK}\nat 1 {PICK}\nend 9\n",
            [("|1|q0", 0), ("|1|q0", 1)],
            id="two-at-one-place",
        ),
        pytest.param(
            f"seed 4\n{BEATS}section a 1 bar {{\n  at 1 {PICK}\n}}\nplay a*2\n",
            [("a|1|q0", 0), ("a|2|q0", 0)],
            id="two-passes",
        ),
        pytest.param(
            f"seed 4\n{BEATS}every 4 bars {PICK}\nend 9\n",
            [("|1|q0", 0), ("|1|q16", 0)],
            id="every",
        ),
    ],
)
def test_picks_depend_on_seed_and_position(text: str, keys: list[tuple[str, int]]) -> None:
    assert drawn(text) == expected_draws(4, *keys)
    assert drawn(text.replace("seed 4\n", "seed 5\n")) == expected_draws(5, *keys)
    assert drawn(text.replace("seed 4\n", "")) == expected_draws(0, *keys)


def test_a_pick_elsewhere_changes_nothing_here() -> None:
    alone = drawn(f"{BEATS}at 5 {PICK}\nend 9\n")
    assert drawn(f'{BEATS}at 1 {PICK}\nat 3 "X"\nat 5 {PICK}\nend 9\n')[-1:] == alone


# ---- rules ---------------------------------------------------------------------------------------


def test_rules_are_numbered_through_the_score_and_named_after_their_pass() -> None:
    text = f"""{BEATS}on stop -> pause
section a 1 bar {{
  at 1 "A"
  on note C3 ch 2 -> goto a
}}
section b 1 bar {{
  at 1 "B"
}}
play a*2 b
"""
    found = passed(text)
    assert found.codes == []
    rules = [rule for one in found.stretches for rule in one.rules]
    assert [(rule.id, rule.key, rule.acts) for rule in rules] == [
        (0, "a|1|note 60 ch 2", (GotoAct("a"),)),
        (1, "a|1|stop", (PauseAct(),)),
        (2, "a|2|note 60 ch 2", (GotoAct("a"),)),
        (3, "a|2|stop", (PauseAct(),)),
        (4, "b|1|stop", (PauseAct(),)),
    ]


@pytest.mark.parametrize(
    ("actions", "acts"),
    [
        pytest.param('"X"', (PromptAct("X"),), id="prompt"),
        pytest.param('pick("X" | "Y")', (PickAct(("X", "Y"), "|1|go x"),), id="pick-is-kept"),
        pytest.param('cut seed 3, "X"', (CutAct(3), PromptAct("X")), id="cut"),
        pytest.param(
            "midi note 60 for 3 beats",
            (
                NoteAct(
                    note=60, channel=1, velocity=100, seconds=Fraction(3, 2), quarters=Fraction(3)
                ),
            ),
            id="note-in-beats",
        ),
        pytest.param(
            "midi note 60 for 2s",
            (NoteAct(note=60, channel=1, velocity=100, seconds=Fraction(2)),),
            id="note-in-seconds",
        ),
    ],
)
def test_what_a_rule_does(actions: str, acts: tuple[object, ...]) -> None:
    (stretch,) = passed(f'{BEATS}at 1 "A"\non go x -> {actions}\nend 9\n').stretches
    assert stretch.rules[0].acts == acts


def test_a_rules_draws_differ_by_firing() -> None:
    pick = PickAct(OPTIONS, "|1|go x")
    shown = [pick.drawn(4, firing) for firing in range(20)]
    assert shown == [
        PromptAct(OPTIONS[draw(4, "|1|go x", firing, len(OPTIONS))]) for firing in range(20)
    ]
    assert len(set(shown)) > 1


# ---- notes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds", "quarters"),
    [
        pytest.param(f"{BEATS}at 1 midi note 60\nend 9\n", "1/10", None, id="unwritten"),
        pytest.param(f"{BEATS}at 1 midi note 60 for 1 beat\nend 9\n", "1/2", "1", id="beat"),
        pytest.param(f"{BEATS}at 2 midi note 60 for 1 bar\nend 9\n", "2", "4", id="bar"),
        pytest.param(f"{BEATS}at 2 midi note 60 for 1c\nend 9\n", "11/8", None, id="chunk"),
        pytest.param(f"{BEATS}at 2 midi note 60 for 12f\nend 9\n", "1/2", None, id="frames"),
        pytest.param(
            f"{BEATS}at 3s midi note 60 for 1 beat\nend 9\n", "1/2", None, id="beat-from-seconds"
        ),
        pytest.param(
            f"{BEATS}at 3 tempo 60\nat 2.4 midi note 60 for 2 beats\nend 9\n",
            "3/2",
            "2",
            id="across-a-tempo",
        ),
        pytest.param(
            f"{BEATS}at 3 meter 3/8\nat 2.4 midi note 60 for 2 beats\nend 9\n",
            "3/4",
            "3/2",
            id="across-a-meter",
        ),
        pytest.param("at 0c midi note 60 for 2s\nend 9c\n", "2", None, id="without-beats"),
    ],
)
def test_how_long_a_note_sounds(text: str, seconds: str, quarters: str | None) -> None:
    found = passed(text)
    assert found.codes == []
    (send,) = found.stretches[0].sends
    (note,) = send.acts
    expected = NoteAct(
        note=60,
        channel=1,
        velocity=100,
        seconds=Fraction(seconds),
        quarters=None if quarters is None else Fraction(quarters),
    )
    assert note == expected


def test_a_note_has_no_beats_where_the_score_has_none() -> None:
    assert passed("at 0c midi note 60 for 1 beat\nend 9c\n").codes == ["E402 1:24"]


# ---- bounds --------------------------------------------------------------------------------------


def test_a_score_that_comes_to_too_many_cues_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["sequencer.language.compiler.expand"], "MAX_ENTRIES", 5)
    fits, over = passed(f"{TWO}play a b*2\n"), passed(f"{TWO}play a*2 b*2\n")
    assert (fits.codes, len(fits.stretches)) == ([], 3)
    assert (over.codes, over.stretches) == (["E416 5:1"], ())


def test_a_block_without_a_position_in_time_is_left_out() -> None:
    found = passed(
        f'{BEATS}section a 1 bar {{\n  at 1 "A"\n}}\nsection b 1 bar {{\n  at 1.7 "B"\n}}\n'
    )
    assert [len(one.entries) for one in found.stretches] == [1, 0]
