"""Sections that are like others: what they have from them, and what they replace."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.diagnostics import Severity
from sequencer.language.check import CheckResult, check_text
from sequencer.language.compiler import compile_score
from sequencer.language.loader import Notation
from sequencer.language.notations import print_score, reads
from sequencer.schedule.document import digest
from sequencer.schedule.model import Schedule, Stretch

CLOCK = "clock 120 bpm, 4/4\n"
CHORUS = """section chorus 4 bars, tempo 100, cut seed 3 {
  at 1 mark top, "One.", midi note C3, midi cc 20 64
  at 3 "Two.", sr 4x
  on go x -> "X."
  on go y -> "Y."
}
"""


def checked(text: str) -> CheckResult:
    return check_text(CLOCK + text, "a.score", advice=False)


def stretch_of(text: str, name: str) -> Stretch:
    result = checked(text)
    assert result.schedule is not None, result.diagnostics
    return next(one for one in result.schedule.stretches if one.section == name)


def cues_of(stretch: Stretch) -> list[tuple[str, list[str]]]:
    """Return position, and what the cue does, without its quotes."""
    from sequencer.schedule.describe import describe_act

    return [(one.place, [describe_act(act) for act in one.acts]) for one in stretch.entries]


def test_everything_is_inherited() -> None:
    chorus = stretch_of(f"{CHORUS}section last like chorus {{\n}}\n", "chorus")
    last = stretch_of(f"{CHORUS}section last like chorus {{\n}}\n", "last")
    assert (last.seconds, last.tempo, last.quarters) == (chorus.seconds, chorus.tempo, Fraction(16))
    assert cues_of(last) == cues_of(chorus)
    assert [one.name for one in last.marks] == ["top"]
    assert [(one.trigger, one.acts) for one in last.rules] == [
        (one.trigger, one.acts) for one in chorus.rules
    ]
    assert [[act.kind for act in one.acts] for one in last.sends] == [["midi_note", "midi_cc"]]


def test_own_cues_replace_the_same_kinds_at_the_same_exact_time() -> None:
    own = """section last like chorus, tempo 90 {
  at mark top +2 bars "Mine.", midi note D3
  at 1 midi note D3
  at 2 "New."
  on go x -> "Z."
}
"""
    last = stretch_of(CHORUS + own, "last")
    assert cues_of(last) == [
        ("1.1", ["cut seed 3"]),
        ("1.1", ["prompt “One.”"]),
        ("2.1", ["prompt “New.”"]),
        ("3.1", ["sr 4x"]),
        ("3.1", ["prompt “Mine.”"]),
    ]
    sends = [(one.place, [act.kind for act in one.acts]) for one in last.sends]
    assert sends == [("1.1", ["midi_cc"]), ("1.1", ["midi_note"]), ("3.1", ["midi_note"])]
    assert last.tempo is not None
    assert last.tempo.segments[0].first == Fraction(60, 90)
    assert [one.acts[0].text for one in last.rules] == ["Z.", "Y."]  # type: ignore[union-attr]  # prompts


def test_a_repetition_of_every_is_replaced_too() -> None:
    text = """section a 4 bars {
  at 1 "One."
  every 1 bar from 2 sr 4x
}
section b like a {
  at 3 sr off
}
"""
    assert cues_of(stretch_of(text, "b"))[1:] == [
        ("2.1", ["sr 4x"]), ("3.1", ["sr off"]), ("4.1", ["sr 4x"]),
    ]  # fmt: skip


def test_a_snap_of_its_own_is_that_of_the_replaced_cue() -> None:
    text = """section a 4 bars {
  at 1 "One."
  at 2.2 sr 4x, snap ceil
}
section b like a {
  at 2.2 snap floor
}
"""
    (first, second) = stretch_of(text, "b").entries
    assert (first.snap, second.snap) == ("nearest", "floor")


def test_inherited_cues_beyond_the_end_are_listed() -> None:
    result = checked(CHORUS + "section short 2 bars like chorus {\n}\n")
    assert result.schedule is not None
    assert [(one.code, one.span.line, one.severity) for one in result.diagnostics] == [
        ("W306", 4, Severity.NOTE)
    ]
    assert result.warnings == ()
    assert [one.code for one in result.notes] == ["W306"]
    assert cues_of(result.schedule.stretches[1])[-1] == ("1.1", ["prompt “One.”"])


def test_relative_positions_count_from_own_cues() -> None:
    text = CHORUS + 'section last like chorus {\n  at +1 bar "Mine."\n}\n'
    assert ("2.1", ["prompt “Mine.”"]) in cues_of(stretch_of(text, "last"))


def test_a_mark_of_its_own_replaces_the_inherited_one() -> None:
    text = """section a 4 bars {
  at 1 "One."
  at 2 mark m, sr off
  at mark m +1 bar sr 4x
}
section b like a {
  at 3 mark m
}
"""
    assert cues_of(stretch_of(text, "b"))[-1] == ("4.1", ["sr 4x"])


def test_like_of_a_like_and_live_sections() -> None:
    text = """section a until go out, max 8 bars {
  at 1 "One."
}
section b like a, max 4 bars {
  at 1 "Two."
}
section c like b {
  at 2 "Three."
}
section d 2 bars like c {
}
"""
    assert [one.seconds for one in (stretch_of(text, "b"), stretch_of(text, "c"))] == [8, 8]
    assert stretch_of(text, "c").is_live
    assert not stretch_of(text, "d").is_live
    assert cues_of(stretch_of(text, "d")) == [
        ("1.1", ["prompt “Two.”"]), ("2.1", ["prompt “Three.”"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('section a like a {\n  at 1 "A."\n}\n', "E318", 2),
        ('section a like b {\n  at 1 "A."\n}\nsection b like a {\n}\n', "E318", 2),
        ('section a 4 bars {\n  at 1 "A."\n}\nsection b like aa {\n}\n', "E322", 5),
        ('section a 4 bars {\n  at 1 "A."\n}\nsection b like a, max 2 bars {\n}\n', "E138", 5),
        (
            'section a 4 bars {\n  at 1 "A."\n}\nsection b until go x like a {\n}\n',
            "E137",
            5,
        ),
    ],
)
def test_mistakes_are_reported(text: str, code: str, line: int) -> None:
    errors = checked(text).errors
    assert (errors[0].code, errors[0].span.line) == (code, line)
    assert len({(one.code, one.span) for one in errors}) == len(errors)


def test_a_mistake_in_an_inherited_cue_is_reported_once() -> None:
    text = 'section a 4 bars {\n  at 1 "A."\n  at 2.7 "B."\n}\nsection b like a {\n}\n'
    assert [one.code for one in checked(text).errors] == ["E401"]


def test_a_section_that_others_are_like_need_not_be_played() -> None:
    text = 'section a 4 bars {\n  at 1 "A."\n}\nsection b like a {\n}\nplay b\n'
    assert checked(text).diagnostics == ()


def test_both_notations_keep_it() -> None:
    text = CLOCK + CHORUS + "section last 2 bars like chorus, tempo 90 {\n}\n"
    score = reads(text)
    assert "section last 2 bars like chorus, tempo 90 {" in print_score(score, Notation.TEXT)
    in_yaml = print_score(score, Notation.YAML)
    assert "like: chorus" in in_yaml
    for again in (reads(in_yaml, notation=Notation.YAML), reads(in_yaml.replace(
        "last 2 bars, tempo 90\n    like: chorus", "last 2 bars like chorus, tempo 90"
    ), notation=Notation.YAML)):  # fmt: skip
        assert again == score
        assert digest(compile_score(again)) == digest(compile_score(score))


def test_choices_without_repeats_are_those_of_each_section() -> None:
    text = CLOCK + (
        'section a 4 bars {\n  at 1 shuffle("A." | "B." | "C.")\n}\nsection b like a {\n}\nplay a*3 b*3\n'
    )
    schedule: Schedule = compile_score(reads(text))
    shown = [one.acts[0].text for one in schedule.entries]  # type: ignore[union-attr]  # prompts
    assert sorted(shown[:3]) == sorted(shown[3:]) == ["A.", "B.", "C."]


def test_inherited_cues_before_the_start_are_listed() -> None:
    text = """section a 4 bars {
  at 1 "A."
  at end -3 bars "B."
  at +6b "C."
  every 1 bar from end -3 bars sr off
}
section b 2 bars like a {
}
"""
    result = checked(text)
    assert [(one.code, one.span.line) for one in result.diagnostics] == [("W306", 4)]
    assert cues_of(stretch_of(text, "b")) == [
        ("1.1", ["prompt “A.”"]),
        ("1.1", ["sr off"]),
        ("1.3", ["prompt “C.”"]),
        ("2.1", ["sr off"]),
    ]


def test_inherited_tempi_from_the_end() -> None:
    text = """section a 4 bars {
  at 1 "A."
  at end -3 bars tempo 60
  at end -1 bar tempo 90
}
section b 2 bars like a {
}
section c 3 bars like a {
  at 3 tempo 180
}
"""
    tempi = {}
    for name in "abc":
        tempo = stretch_of(text, name).tempo
        assert tempo is not None
        tempi[name] = [f"{one.quarter}: {60 / one.first}" for one in tempo.segments]
    assert tempi == {
        "a": ["0: 120", "4: 60", "12: 90"],
        "b": ["0: 120", "4: 90"],  # the first is before its start
        "c": ["0: 60", "8: 180"],  # the second is replaced by its own
    }
