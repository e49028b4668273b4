"""The first pass: names become texts, triggers numbers, and `play` an order of blocks.

Each row tests one rule.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.diagnostics import NO_SPAN
from sequencer.core.timebase import Meter, Snap
from sequencer.language.compiler.ir import (
    ResolvedCue,
    ResolvedMessage,
    ResolvedPrompt,
    ResolvedRule,
)
from sequencer.language.compiler.resolve import MAX_LISTED_NAMES, MAX_PASSES
from sequencer.language.score import (
    Action,
    AtOffset,
    Cue,
    Goto,
    Pause,
    Prompt,
    Resume,
    Score,
    Text,
    Unit,
)
from sequencer.schedule.model import (
    ControlAct,
    ControlCrossing,
    CutAct,
    GotoAct,
    GoTrigger,
    ImageAct,
    NoteAct,
    NoteTrigger,
    PauseAct,
    ResumeAct,
    StrengthAct,
    SuperResolutionAct,
    TransportTrigger,
)
from tests.support.compiler_passes import codes_of, image_file, resolved_of, score_of

BEATS = "clock 120 bpm, 4/4\n"
SECTIONS = f'{BEATS}section a 1 bar {{\n  at 1 "A"\n}}\nsection b 1 bar {{\n  at 1 "B"\n}}\n'


def only_cue(text: str, *images: str) -> ResolvedCue:
    """Return the only cue of a score without errors."""
    resolved, faults = resolved_of(score_of(text, images))
    assert codes_of(faults) == []
    (block,) = resolved.blocks
    (cue,) = block.cues
    return cue


def works(cue: ResolvedCue | ResolvedRule) -> list[object]:
    """Return what a cue or rule does, without its source positions."""
    found: list[object] = []
    for act in cue.acts:
        match act:
            case ResolvedPrompt():
                found.append((*act.texts, act.choice) if act.choice else act.texts)
            case ResolvedMessage():
                found.append(act.act)
            case _:
                found.append(act)
    return found


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param('"A boat."', [("A boat.",)], id="prompt"),
        pytest.param('pick("A" | "B")', [("A", "B", "pick")], id="pick"),
        pytest.param('pick("A")', [("A", "pick")], id="pick-of-one"),
        pytest.param('image "a.png"', [ImageAct(image_file("a.png"))], id="image"),
        pytest.param("strength 0.8", [StrengthAct(Fraction(4, 5))], id="strength"),
        pytest.param("sr 4x", [SuperResolutionAct("4x")], id="sr"),
        pytest.param("cut", [CutAct(None)], id="cut"),
        pytest.param("cut seed 9", [CutAct(9)], id="cut-with-seed"),
        pytest.param(
            "midi cc 20 64", [ControlAct(control=20, value=64, channel=1)], id="controller"
        ),
        pytest.param(
            "midi cc 20 1, midi cc 20 2",
            [
                ControlAct(control=20, value=1, channel=1),
                ControlAct(control=20, value=2, channel=1),
            ],
            id="two-messages",
        ),
        pytest.param(
            'sr 2x, "A", cut',
            [SuperResolutionAct("2x"), ("A",), CutAct(None)],
            id="in-written-order",
        ),
    ],
)
def test_what_a_cue_does(actions: str, expected: list[object]) -> None:
    cue = only_cue(f"{BEATS}at 1 {actions}\n", "a.png")
    assert works(cue) == expected


def test_actions_that_change_time_are_kept_apart_from_what_the_model_does() -> None:
    cue = only_cue(f'{BEATS}at 1 tempo 90, meter 3/4, mark m, snap floor, "A"\n')
    assert works(cue) == [("A",)]
    assert [change.bpm for change in cue.tempos] == [90]
    assert [change.meter for change in cue.meters] == [Meter(3, 4)]
    assert [name for name, _ in cue.marks] == ["m"]
    assert cue.snap is Snap.FLOOR
    assert cue.every is None


def test_an_every_keeps_its_step_and_its_start() -> None:
    cue = only_cue(f'{BEATS}every 2 bars from 3 snap ceil, "A"\nend 9\n')
    assert cue.every is not None
    assert (int(cue.every.amount), cue.place is not None, cue.snap) == (2, True, Snap.CEIL)
    cue = only_cue(f'{BEATS}every 2 bars "A"\nend 9\n')
    assert cue.place is None
    assert cue.position_span == cue.span


@pytest.mark.parametrize(
    ("actions", "is_for_the_model"),
    [('"A"', True), ("midi program 5", False), ('midi program 5, "A"', True), ("mark m", True)],
    ids=["prompt", "message-only", "both", "mark-only"],
)
def test_only_what_the_model_does_is_bound_to_chunks(actions: str, is_for_the_model: bool) -> None:
    assert only_cue(f"{BEATS}at 1 {actions}\n").is_for_model == is_for_the_model


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("pause", PauseAct()),
        ("resume", ResumeAct()),
        ("goto b", GotoAct("b")),
        ("midi note 60", NoteAct(note=60, channel=1, velocity=100, seconds=Fraction(1, 10))),
        ('"X"', ("X",)),
        ("sr off", SuperResolutionAct("off")),
    ],
)
def test_what_a_rule_does(action: str, expected: object) -> None:
    resolved, faults = resolved_of(score_of(f"{SECTIONS}on go x -> {action}\n"))
    assert codes_of(faults) == []
    for block in resolved.blocks:
        (rule,) = block.rules
        assert (rule.trigger, works(rule)) == (GoTrigger("x"), [expected])


def test_a_sections_own_rule_replaces_the_scores_rule_of_the_same_trigger() -> None:
    text = f"""{BEATS}on go x -> "Everywhere"
on stop -> pause
section a 1 bar {{
  at 1 "A"
  on go x -> "Here"
}}
section b 1 bar {{
  at 1 "B"
}}
"""
    resolved, faults = resolved_of(score_of(text))
    assert codes_of(faults) == []
    found = [[(rule.trigger, works(rule)) for rule in block.rules] for block in resolved.blocks]
    stop = (TransportTrigger("stop"), [PauseAct()])
    assert found == [
        [(GoTrigger("x"), [("Here",)]), stop],
        [(GoTrigger("x"), [("Everywhere",)]), stop],
    ]


def test_a_block_has_the_settings_of_the_sections_head() -> None:
    text = f"""{BEATS}section a until note C3 ch 2 or cc 7 > 9, max 4 bars, tempo 90, meter 3/4, cut seed 3 {{
  at 1 "A"
}}
section b 2 bars {{
  at 1 "B"
}}
"""
    resolved, faults = resolved_of(score_of(text))
    assert codes_of(faults) == []
    live, plain = resolved.blocks
    assert live.until == (NoteTrigger(60, 2), ControlCrossing(control=7, above=True, value=9))
    assert live.duration is not None
    assert (live.name, live.is_live, int(live.duration.amount), live.cut) == (
        "a",
        True,
        4,
        CutAct(3),
    )
    assert live.tempo is not None
    assert live.meter is not None
    assert (live.tempo.bpm, live.meter.meter) == (Fraction(90), Meter(3, 4))
    assert plain.duration is not None
    assert (plain.is_live, int(plain.duration.amount), plain.cut, plain.tempo) == (
        False,
        2,
        None,
        None,
    )
    assert plain.until == ()


def test_a_score_without_sections_is_one_block_without_a_name() -> None:
    resolved, _ = resolved_of(score_of(f'{BEATS}at 1 "A"\n'))
    (block,) = resolved.blocks
    assert (block.name, block.duration, block.is_live, resolved.order) == (None, None, False, (0,))


@pytest.mark.parametrize(
    ("play", "order"),
    [
        ("", (0, 1)),
        ("play b a", (1, 0)),
        ("play a*2 b a", (0, 0, 1, 0)),
        ("play b*3 a", (1, 1, 1, 0)),
    ],
    ids=["none", "reversed", "repeated", "three-times"],
)
def test_the_order_of_blocks(play: str, order: tuple[int, ...]) -> None:
    resolved, faults = resolved_of(score_of(f"{SECTIONS}{play}\n"))
    assert (resolved.order, codes_of(faults)) == (order, [])


@pytest.mark.parametrize("middle", ["C3", "C4"])
def test_note_names_follow_the_middle_of_the_header(middle: str) -> None:
    text = f"middle {middle}\n{BEATS}at 1 midi note {middle}\non note {middle} -> sr 4x\n"
    resolved, faults = resolved_of(score_of(text))
    assert codes_of(faults) == []
    (block,) = resolved.blocks
    assert works(block.cues[0]) == [
        NoteAct(note=60, channel=1, velocity=100, seconds=Fraction(1, 10))
    ]
    assert block.rules[0].trigger == NoteTrigger(60)


SECTION_A = 'section a 1 bar {\n  at 1 "A"\n}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f'{BEATS}at 1 "A"\n{SECTION_A}', ["E313 2:1"], id="cue-beside-sections"),
        pytest.param(
            f'{BEATS}every 1 bar "A"\n{SECTION_A}', ["E313 2:1"], id="every-beside-sections"
        ),
        pytest.param(f"{BEATS}{SECTION_A}end 9\n", ["E314 5:1"], id="end-beside-sections"),
        pytest.param(f"{BEATS}{SECTION_A}{SECTION_A}", ["E315 5:9"], id="section-twice"),
        pytest.param(
            f"{BEATS}every 1 bar tempo 90\nend 9\n", ["E316 2:13"], id="tempo-in-an-every"
        ),
        pytest.param(
            f"{BEATS}every 1 bar meter 3/4\nend 9\n", ["E316 2:13"], id="meter-in-an-every"
        ),
        pytest.param(f"{BEATS}every 1 bar mark m\nend 9\n", ["E317 2:13"], id="mark-in-an-every"),
        pytest.param(f'{BEATS}at 1 "A", "B"\n', ["E319 2:11"], id="two-prompts"),
        pytest.param(f"{BEATS}at 1 cut, cut seed 2\n", ["E319 2:11"], id="two-cuts"),
        pytest.param(
            f"{BEATS}at 1 sr 2x, sr 2x, sr 4x\n", ["E319 2:13", "E319 2:20"], id="three-sr"
        ),
        pytest.param(f"{BEATS}at 1 snap floor, snap ceil\n", ["E319 2:18"], id="two-snaps"),
        pytest.param(f"{BEATS}at 1 mark m, mark n\n", ["E319 2:14"], id="two-marks"),
        pytest.param(f"{BEATS}on go x -> pause, pause\n", ["E319 2:19"], id="two-pauses"),
        pytest.param(f"{BEATS}on go x -> tempo 90\n", ["E320 2:12"], id="tempo-in-a-rule"),
        pytest.param(f"{BEATS}on go x -> meter 3/4\n", ["E320 2:12"], id="meter-in-a-rule"),
        pytest.param(f"{BEATS}on go x -> mark m\n", ["E320 2:12"], id="mark-in-a-rule"),
        pytest.param(f"{BEATS}on go x -> snap ceil\n", ["E320 2:12"], id="snap-in-a-rule"),
        pytest.param(f"{BEATS}on go x -> cut\n", ["E321 2:1"], id="cut-in-a-rule-without-prompt"),
        pytest.param(f'{BEATS}on go x -> cut, "X"\n', [], id="cut-in-a-rule-with-prompt"),
        pytest.param(f"{SECTIONS}play a c b\n", ["E322 8:8"], id="unknown-section"),
        pytest.param(f"{SECTIONS}play a x2 b\n", ["E322 8:8"], id="times-apart"),
        pytest.param(f"{SECTIONS}on go x -> goto c\n", ["E322 8:17"], id="goto-unknown"),
        pytest.param(f'{BEATS}at 1 "A"\nplay a\n', ["E323 3:1"], id="play-without-sections"),
        pytest.param(f"{SECTIONS}play a*{MAX_PASSES} b\n", ["E324 8:14"], id="too-many-passes"),
        pytest.param(f"{SECTIONS}play a*{MAX_PASSES - 1} b\n", [], id="most-passes"),
        pytest.param(f"{SECTIONS}play a\n", ["W305 5:9"], id="never-played"),
        pytest.param(
            f"{SECTIONS}play a\non go x -> goto b\n", ["E325 5:9"], id="goto-what-play-lacks"
        ),
        pytest.param(f'{BEATS}at 1 image "a.png"\n', ["E326 2:6"], id="image-not-looked-at"),
        pytest.param(f"{BEATS}on note C9 -> pause\n", ["E312 2:4"], id="no-such-note"),
        pytest.param(f"{BEATS}at 1 midi note C9\n", ["E312 2:6"], id="no-such-note-to-send"),
        pytest.param(
            f"{BEATS}on go x -> pause\non go x -> resume\n", ["W304 3:1"], id="trigger-twice"
        ),
        pytest.param(
            f"{BEATS}on note 60 -> pause\non note C3 -> resume\n",
            ["W304 3:1"],
            id="trigger-twice-by-number",
        ),
        pytest.param(
            f"{BEATS}on note 60 ch 1 -> pause\non note 60 ch 2 -> resume\n", [], id="other-channel"
        ),
    ],
)
def test_what_is_reported_and_where(text: str, expected: list[str]) -> None:
    _, faults = resolved_of(score_of(text))
    assert codes_of(faults) == expected


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        (Pause(), "on go pause -> pause"),
        (Resume(), "on go resume -> resume"),
        (Goto("b"), "on go goto -> goto b"),
    ],
    ids=["pause", "resume", "goto"],
)
def test_a_score_made_by_code_has_no_operator_actions_in_its_cues(
    action: Action, rule: str
) -> None:
    cue = Cue(AtOffset(Fraction(0), Unit.CHUNKS), (Prompt(Text(("A",))), action))
    resolved, faults = resolved_of(Score(items=(cue,)))
    (fault,) = faults.diagnostics
    assert (fault.code, fault.hint) == ("E141", f"write a rule: {rule}")
    assert works(resolved.blocks[0].cues[0]) == [("A",)]


def test_what_is_reported_is_left_out_and_the_rest_goes_on() -> None:
    resolved, _ = resolved_of(
        score_of(f'{BEATS}at 1 sr 4x\non note C9 -> pause\non stop -> pause\nat 2 "B"\n')
    )
    (block,) = resolved.blocks
    assert [works(cue) for cue in block.cues] == [[SuperResolutionAct("4x")], [("B",)]]
    assert [rule.trigger for rule in block.rules] == [TransportTrigger("stop")]


def test_too_many_passes_leave_those_that_fit() -> None:
    resolved, _ = resolved_of(score_of(f"{SECTIONS}play a*{MAX_PASSES} b\n"))
    assert resolved.order == (0,) * MAX_PASSES


@pytest.mark.parametrize(
    ("play", "replacement", "columns"),
    [("play a x2 b", "a*2", (6, 10)), ("play inro b", "intro", (6, 10))],
    ids=["times", "misspelled"],
)
def test_replacements_for_what_play_names(
    play: str, replacement: str, columns: tuple[int, int]
) -> None:
    name = "intro" if "inro" in play else "a"
    sections = SECTIONS.replace("section a", f"section {name}")
    _, faults = resolved_of(score_of(f"{sections}{play}\n"))
    (fault,) = (one for one in faults.diagnostics if one.code == "E322")
    (fix,) = fault.fixes
    assert (fix.text, fix.span.column, fix.span.end_column) == (replacement, *columns)


def test_a_hint_lists_the_first_sections_and_counts_the_rest() -> None:
    sections = "".join(
        f'section part{number} 1 bar {{\n  at 1 "A"\n}}\n' for number in range(MAX_LISTED_NAMES + 2)
    )
    _, faults = resolved_of(score_of(f"{BEATS}{sections}play qqqq part1\n"))
    hint = next(one.hint for one in faults.diagnostics if one.code == "E322")
    assert hint is not None
    names = ", ".join(f"part{number}" for number in range(MAX_LISTED_NAMES))
    assert hint == f"the sections are: {names} and 2 more"


def test_a_goto_in_a_score_without_sections_does_not_list_them() -> None:
    _, faults = resolved_of(score_of(f"{BEATS}on go x -> goto b\n"))
    assert [one.hint for one in faults.diagnostics] == [
        "this score has no sections; add one: section b 8 bars { … }"
    ]


def test_a_block_that_is_the_whole_score_is_in_its_file() -> None:
    resolved, _ = resolved_of(score_of(f'{BEATS}at 1 "A"\n', file="x.score"))
    assert resolved.blocks[0].span.file == "x.score"
    assert resolved.blocks[0].span != NO_SPAN
