"""Scores for several stages: who does what, what is common, and each mistake with its column."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from sequencer.core.diagnostics import Diagnostic
from sequencer.core.errors import ScoreError, UsageError
from sequencer.language.check import CheckResult, check, check_text
from sequencer.language.compiler import compile_all, compile_ensemble, compile_score
from sequencer.language.compiler.stages import names_stages, part_of, stage_names
from sequencer.language.loader import Notation
from sequencer.language.notations import print_score, read, reads
from sequencer.language.score import Score
from sequencer.schedule.document import digest
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import CueAct, PromptAct, RuleAct, Schedule
from tests.support.strategies import scores

HEAD = "clock 120 bpm, 4/4\nstages left, middle, right\n"
WHOLE = (
    HEAD
    + """together realign 16c
seed 4271
seed 7 on right
section intro 16 bars {
  at 1 "All."
  at 5 on left "Left."
  at +1 bar on middle, right cut seed 9, "Both.", sr 4x
  at +1 bar mark here, midi note C3, "All again."
  every 4 bars from 4 on right pick("a" | "b")
  on note D3 -> on left "One."
  on note D3 -> on right "Two."
  on note E3 -> "Three.", osc "/go" 1
  on go end -> goto coda
}
section coda 4 bars {
  at mark 1 "End."
}
""".replace("at mark 1", "at 1")
)


def checked(text: str) -> CheckResult:
    return check_text(text, "a.score", advice=False)


def ensemble_of(text: str) -> EnsembleSchedule:
    result = checked(text)
    assert result.ensemble is not None, result.diagnostics
    assert result.schedule is None
    return result.ensemble


def what(act: CueAct | RuleAct) -> str:
    """Return the text of a prompt, or the kind of any other act."""
    return act.text if isinstance(act, PromptAct) else act.kind


def cues_of(schedule: Schedule) -> list[tuple[str, list[str]]]:
    return [(one.place, [what(act) for act in one.acts]) for one in schedule.entries]


def rules_of(schedule: Schedule) -> list[list[str]]:
    return [[what(act) for act in one.acts] for one in schedule.stretches[0].rules]


# ---- what each stage does ------------------------------------------------------------------------


def test_a_part_has_its_own_cues_and_those_of_all() -> None:
    ensemble = ensemble_of(WHOLE)
    assert ensemble.names == ("left", "middle", "right")
    assert (ensemble.realign, ensemble.reference_name) == (16, "left")
    assert cues_of(ensemble.part("left")) == [
        ("1.1", ["All."]),
        ("5.1", ["Left."]),
        ("7.1", ["All again."]),
        ("1.1", ["End."]),
    ]
    assert cues_of(ensemble.part("middle")) == [
        ("1.1", ["All."]),
        ("6.1", ["cut", "Both.", "sr"]),
        ("7.1", ["All again."]),
        ("1.1", ["End."]),
    ]
    right = [place for place, _ in cues_of(ensemble.part("right"))]
    assert right == ["1.1", "4.1", "6.1", "7.1", "8.1", "12.1", "16.1", "1.1"]


def test_positions_are_relative_to_cues_of_other_stages() -> None:
    relative = ensemble_of(HEAD + 'at 1 "A."\nat 5 on left "B."\nat +2 bars "C."\nend 12\n')
    assert [one.place for one in relative.part("right").entries] == ["1.1", "7.1"]


def test_the_end_of_a_score_without_sections_is_that_of_all() -> None:
    ensemble = ensemble_of('stages left, right\nat 0c "A."\nat 20c on right "B."\n')
    assert [one.end for one in ensemble.schedules] == [24, 24]


def test_a_cue_that_lands_after_the_end_makes_all_stages_longer() -> None:
    text = 'stages a, b\nsection x 5.4s {\n  at 0c "A."\n  at 5.3s on b snap ceil, "B."\n}\n'
    assert [one.end for one in ensemble_of(text).schedules] == [5, 5]


def test_seeds() -> None:
    ensemble = ensemble_of(WHOLE)
    assert [one.seed for one in ensemble.schedules] == [4271, 4271, 7]
    assert [one.takes[0].opening.seed for one in ensemble.schedules] == [4271, 4271, 7]
    assert [len(one.takes) for one in ensemble.schedules] == [1, 2, 2]


def test_rules_of_stages() -> None:
    ensemble = ensemble_of(WHOLE)
    assert rules_of(ensemble.part("left")) == [["One."], ["Three.", "osc"], ["goto"]]
    assert rules_of(ensemble.part("middle")) == [["Three."], ["goto"]]
    assert rules_of(ensemble.part("right")) == [["Two."], ["Three."], ["goto"]]
    numbers = [rule.id for one in ensemble.part("right").stretches for rule in one.rules]
    assert numbers == list(range(len(numbers)))


def test_only_the_first_stage_sends_messages() -> None:
    ensemble = ensemble_of(WHOLE)
    assert [(one.has_midi, one.has_osc) for one in ensemble.schedules] == [
        *((True, True), (False, False), (False, False))
    ]


def test_a_fast_every_of_messages_is_fine_on_all_stages() -> None:
    text = HEAD + 'at 1 "A."\nevery 1/4b midi note C3\nend 5\n'
    assert checked(text).errors == ()


def test_a_rule_of_one_stage_replaces_that_of_the_score_on_all() -> None:
    text = (
        HEAD
        + """section a 8 bars {
  at 1 "A."
  on go x -> on left "Left."
}
on go x -> goto b
section b 8 bars {
  at 1 "B."
}
"""
    )
    ensemble = ensemble_of(text)
    assert [rules_of(one) for one in ensemble.schedules] == [[["Left."]], [], []]


def test_inherited_cues_are_replaced_on_the_stage_of_the_new_one() -> None:
    text = (
        HEAD
        + """section a 8 bars {
  at 1 "A."
  at 3 "Old."
}
section b like a {
  at 3 on right "New."
}
"""
    )
    ensemble = ensemble_of(text)
    assert [cues_of(one)[-1] for one in ensemble.schedules] == [
        *(("3.1", ["Old."]), ("3.1", ["Old."]), ("3.1", ["New."]))
    ]


def test_random_choices_depend_on_the_seed_of_the_stage() -> None:
    cues = "".join(f'at {n} pick("a" | "b" | "c" | "d")\n' for n in range(1, 40))
    ensemble = ensemble_of(HEAD + "seed 7 on right\n" + cues + "end 41\n")
    left, middle, right = (cues_of(one) for one in ensemble.schedules)
    assert left == middle != right


# ---- one stage without a name --------------------------------------------------------------------


def test_a_score_without_stages_is_compiled_as_ever() -> None:
    plain = reads('at 0c "A."\nat 4c "B."\n')
    assert not names_stages(plain)
    assert compile_all(plain).ensemble is None
    named = ensemble_of('stages left, right\nat 0c "A."\nat 4c "B."\n')
    assert {digest(one) for one in named.schedules} == {digest(compile_score(plain))}


def test_a_part_is_what_a_score_for_it_alone_gives() -> None:
    alone = WHOLE.split("section intro")[0].replace("stages left, middle, right\n", "")
    alone = alone.replace("together realign 16c\n", "").replace("seed 7 on right\n", "")
    own = alone + "section intro" + WHOLE.split("section intro")[1]
    for name in ("left",):
        lines = [
            line.replace(f"on {name} ", "")
            for line in own.splitlines()
            if " on middle" not in line and " on right" not in line
        ]
        text = "\n".join(lines).replace("at +1 bar mark here", "at 7 mark here") + "\n"
        assert digest(ensemble_of(WHOLE).part(name)) == digest(compile_score(reads(text)))


def test_choosing() -> None:
    score = reads(WHOLE)
    assert compile_score(score, "right") == compile_ensemble(score).part("right")
    assert compile_score(score, part="right").seed == 7
    for part, message in ((None, "for several stages"), ("top", "no stage top")):
        with pytest.raises(UsageError, match=message):
            compile_score(score, part)
        with pytest.raises(UsageError, match=message):
            checked(WHOLE).performable(part)
    plain = reads('at 0c "A."\n')
    with pytest.raises(UsageError, match="names no stages"):
        compile_score(plain, "left")
    with pytest.raises(UsageError, match="has no stages"):
        compile_ensemble(plain)
    for function in (compile_score, compile_ensemble):
        with pytest.raises(ScoreError):
            function(reads('stages left\nat 4c "A."\n'))


# ---- mistakes ------------------------------------------------------------------------------------


def brief(one: Diagnostic) -> tuple[str, int, int, int]:
    return one.code, one.span.line, one.span.column, one.span.end_column


BODY = 'at 1 "A."\nend 20\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'{HEAD}at 3 on rigth "B."\n{BODY}', [("E346", 3, 9, 14)]),
        (f'{HEAD}at 3 on left, tram "B."\n{BODY}', [("E346", 3, 15, 19)]),
        (f"{HEAD}seed 4 on top\n{BODY}", [("E346", 3, 11, 14)]),
        (f'{HEAD}at 3 on left, left "B."\n{BODY}', [("E345", 3, 15, 19)]),
        (f'{HEAD}at 3 on left, "B."\n{BODY}', [("E341", 3, 13, 14)]),
        (f'{HEAD}at 3 on left tempo 90, "B."\n{BODY}', [("E347", 3, 14, 22)]),
        (f'{HEAD}at 3 on left mark x, "B."\n{BODY}', [("E347", 3, 14, 20)]),
        (f'{HEAD}at 3 on left midi note C3, "B."\n{BODY}', [("E347", 3, 14, 26)]),
        (f"{HEAD}on go x -> on left pause\n{BODY}", [("E347", 3, 20, 25)]),
        (f"{HEAD}seed 4 on left\nseed 5 on left\n{BODY}", [("E115", 4, 1, 15)]),
        (f"{HEAD}seed 4 on left, right\n{BODY}", [("E341", 3, 1, 22)]),
        (f"clock 120 bpm\nstages left, left\n{BODY}", [("E345", 2, 14, 18)]),
        (f"clock 120 bpm\nstages cut, all\n{BODY}", [("E344", 2, 8, 11), ("E344", 2, 13, 16)]),
        (f"clock 120 bpm\nstages left right\n{BODY}", [("E341", 2, 8, 18)]),
        (f"clock 120 bpm\ntogether realign 16c\n{BODY}", [("E343", 2, 1, 21)]),
        (f'clock 120 bpm\nat 3 on left "B."\n{BODY}', [("E343", 2, 9, 13)]),
        (f"clock 120 bpm\nseed 4 on left\n{BODY}", [("E343", 2, 11, 15)]),
        (f"{HEAD}together realign 16\n{BODY}", [("E342", 3, 10, 20)]),
        (f'{HEAD}at 1 on left "A."\nend 9\n', [("E422", 3, 1, 18)]),
    ],
)
def test_mistakes(text: str, found: list[tuple[str, int, int, int]]) -> None:
    result = checked(text)
    assert [brief(one) for one in result.errors] == found
    assert result.ensemble is None


def test_a_stage_without_an_opening_prompt_is_named() -> None:
    (one,) = checked(f'{HEAD}at 1 on left, middle "A."\nat 5 on right "B."\nend 9\n').errors
    assert one.code == "E423"
    assert one.message.endswith("(stage right)") or one.span.line == 4


def test_what_only_one_stage_lacks_is_named() -> None:
    (one,) = checked(f'{HEAD}at 1 on left, middle "A."\nend 9\n').errors
    assert one.code == "E422"
    assert one.message == "this score shows no prompt (stage right)"


def test_each_mistake_is_reported_once() -> None:
    text = f'{HEAD}at 1 "A {{x}}."\nat 3 on left "B {{y}}."\nend 20\n'
    assert len(checked(text).errors) == 2


def test_what_one_stage_uses_is_used() -> None:
    text = (
        f'let x = "x"\n{HEAD}scene s {{\n  base "S."\n}}\nat 1 "A."\nat 5 on right s\n{BODY[-7:]}'
    )
    assert [one.code for one in checked(text).diagnostics] == ["W302"]


def test_two_rules_of_different_stages_are_no_repetition() -> None:
    text = f'{HEAD}at 1 "A."\non go x -> on left "B."\non go x -> on right "C."\nend 20\n'
    assert checked(text).diagnostics == ()
    same = text.replace("on right", "on left")
    assert [one.code for one in checked(same).diagnostics] == ["W304"]


def test_a_cut_on_some_stages_needs_chunks_of_one_length() -> None:
    text = 'grid 12 frames @ 16 fps, first 9\nstages a, b\nat 0c "A."\nat 4c on a cut, "B."\n'
    assert [brief(one) for one in checked(text).errors] == [("E348", 4, 12, 15)]
    assert checked(text.replace("on a ", "")).errors == ()


def test_more_stages_than_an_account_runs() -> None:
    for count, codes in ((5, []), (6, ["W341"])):
        names = ", ".join(f"s{number}" for number in range(count))
        result = checked(f'stages {names}\nat 0c "A."\n')
        assert [one.code for one in result.diagnostics] == codes
        assert result.is_valid


# ---- the notations -------------------------------------------------------------------------------


def test_both_notations_give_the_same_parts() -> None:
    score = reads(WHOLE)
    yaml = print_score(score, Notation.YAML)
    assert "seed: {all: 4271, right: 7}" in yaml
    assert "{at: +1bar, stages: [middle, right]," in yaml
    again = reads(yaml, notation=Notation.YAML)
    assert again == score
    assert compile_ensemble(again).digest() == compile_ensemble(score).digest()
    assert reads(print_score(again)) == score


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("stages: [left, right]\ncues: [{at: 0c, prompt: A.}]\n", []),
        ("stages: left, right\nseed: {right: 7}\ncues: [{at: 0c, prompt: A.}]\n", []),
        ("stages: []\ncues: [{at: 0c, prompt: A.}]\n", ["E622"]),
        ("stages: left\nseed: {}\ncues: [{at: 0c, prompt: A.}]\n", ["E622"]),
        ("stages: left\nseed: {right: 7}\ncues: [{at: 0c, prompt: A.}]\n", ["E346"]),
        ("stages: left\nseed: {left: x}\ncues: [{at: 0c, prompt: A.}]\n", ["E244"]),
        ("stages: left\ncues: [{at: 0c, stages: right, prompt: A.}]\n", ["E346"]),
        ("stages: left\ncues: [{at: 0c, stages: {a: b}, prompt: A.}]\n", ["E607"]),
    ],
)
def test_yaml(text: str, codes: list[str]) -> None:
    result = check_text(text, "a.yaml", advice=False)
    assert [one.code for one in result.errors] == codes


def test_scenes_may_still_be_called_on() -> None:
    text = 'scene on {\n  base "B."\n  follow "F. {action}"\n}\n'
    text += 'at 0c on\nat 2c on "x"\nat 4c on pick("y" | "z")\nat 6c on, sr 4x\n'
    assert checked(text).diagnostics == ()


# ---- parts of any score --------------------------------------------------------------------------


@given(scores)
@settings(max_examples=60, deadline=None)
def test_a_part_mentions_no_stages_and_has_all_positions(score: Score) -> None:
    for name in (*stage_names(score), None):
        part = part_of(score, name)
        assert not names_stages(part)
        assert len(part.items) == len(score.items)
        assert [len(one.items) for one in part.sections] == [
            len(one.items) for one in score.sections
        ]


@given(scores)
@settings(max_examples=60, deadline=None)
def test_any_score_compiles_or_reports_an_error(score: Score) -> None:
    compilation = compile_all(score)
    assert compilation.is_valid != any(one.is_error for one in compilation.diagnostics)


# ---- an example ----------------------------------------------------------------------------------

EXAMPLE = Path(__file__).parents[4] / "scores" / "three-screens.score"


def test_an_example_in_both_notations() -> None:
    result = check(EXAMPLE)
    assert result.diagnostics == ()
    ensemble = result.ensemble
    assert ensemble is not None
    score = read(EXAMPLE)
    printed = print_score(score)
    assert printed == EXAMPLE.read_text(encoding="utf-8")
    for notation in Notation:
        text = print_score(score, notation)
        again = reads(text, notation=notation)
        assert again == score
        assert print_score(again, notation) == text
        assert compile_ensemble(again).digest() == ensemble.digest()
    assert EnsembleSchedule.from_json(ensemble.to_json()) == ensemble
    assert [len(part.takes) for part in ensemble.schedules] == [1, 2, 1]
    assert ensemble.digest().startswith("86def5243005")


def test_a_missing_first_prompt_names_its_stages() -> None:
    text = HEAD + 'section a 16 bars {\n  at 1 on left "A."\n  at 9 on middle, right "B."\n}\n'
    (found,) = checked(text).errors
    assert found.code == "E423"
    assert found.message.endswith("(stages middle, right)")
    assert found.hint == "write `at 1` for the first prompt (on middle, right, or on all stages)"


def test_a_stage_without_prompts_has_a_hint_in_bars() -> None:
    (found,) = checked(HEAD + 'section a 4 bars {\n  at 1 on left, middle "A."\n}\n').errors
    assert (found.code, found.message) == ("E422", "this score shows no prompt (stage right)")
    assert found.hint == 'the model starts with one: at 1 "…" (on right, or on all stages)'


def test_stages_that_the_header_lacks_are_listed_in_order_and_cause_no_other_errors() -> None:
    text = (
        'clock 120 bpm, 4/4\nseed 7 on b\nsection s 16 bars {\n  on go x -> on c "X."\n'
        '  at 1 on a "A."\n  at 1 on c "C."\n  at 1 on b "B."\n}\n'
    )
    errors = checked(text).errors
    assert {one.code for one in errors} == {"E343"}
    assert {one.hint for one in errors} == {"name the stages in the header: stages c, a, b"}
