"""What is shown of all stages at once: every cue, rule and take, each once, in order."""

from __future__ import annotations

from sequencer.language.compiler import compile_ensemble
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from sequencer.schedule.overview import overview, stages_of_cues
from tests.support.schedules import WHOLE

HEAD = "clock 120 bpm, 4/4\nstages left, right\n"


def shown(text: str) -> Schedule:
    return overview(compile_ensemble(reads(HEAD + text)))


def test_cues_of_all_stages_in_order() -> None:
    found = shown('at 1 "A."\nat 9 on right "C."\nat 5 on left "B."\nend 13\n')
    assert [(one.id, one.place, one.origin.line) for one in found.entries] == [
        *((0, "1.1", 3), (1, "5.1", 5), (2, "9.1", 4))
    ]


def test_a_choice_of_several_stages_is_one_cue() -> None:
    text = "seed 7 on right\n" + 'at 1 "A."\nevery 1 bar from 2 pick("b" | "c" | "d")\nend 9\n'
    assert [one.place for one in shown(text).entries] == [f"{bar}.1" for bar in range(1, 9)]


def test_rules_and_takes() -> None:
    found = shown(
        'at 1 "A."\nat 5 on right cut, "B."\nat 9 on left cut, "C."\nend 13\n'
        'on go x -> on left "X."\non go y -> "Y."\non go x -> on right "Z."\n'
    )
    assert [one.origin.line for one in found.stretches[0].rules] == [7, 8, 9]
    assert [one.id for one in found.stretches[0].rules] == [0, 1, 2]
    assert [(one.index, one.start) for one in found.takes] == [(0, 0), (1, 6), (2, 12)]


def test_equal_parts_are_shown_as_one() -> None:
    from sequencer.schedule.ensemble import EnsembleSchedule

    both = overview(EnsembleSchedule((("left", WHOLE), ("right", WHOLE))))
    assert len(both.entries) == len(WHOLE.entries)
    assert [len(one.rules) for one in both.stretches] == [len(one.rules) for one in WHOLE.stretches]


def test_the_stages_of_each_cue() -> None:
    text = 'at 1 "A."\nat 9 on right "C."\nat 5 on left "B."\nevery 1 bar from 10 "D."\nend 13\n'
    ensemble = compile_ensemble(reads(HEAD + text))
    found = stages_of_cues(ensemble)
    assert [found[one.id] for one in overview(ensemble).entries] == [
        ("left", "right"),
        ("left",),
        ("right",),
        *[("left", "right")] * 3,
    ]
