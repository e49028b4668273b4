"""Each advice rule reports what it should and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.language.advice import advise
from sequencer.language.advice.rules import MAX_ARC_PROMPTS, MAX_PROMPT_WORDS, RULES
from sequencer.language.loader import load_text

SCORES = Path(__file__).resolve().parents[4] / "scores"

GOOD = "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."
NEXT = "The paper boat drifts on. Now it turns once. Soft grey light. Low close shot, 35mm."
SCENE = """scene boat {{
  base "A paper boat drifts along a gutter. Soft grey light. Low close shot, 35mm."
  follow "{follow}"
  {quiet}
}}
at 0c boat
at 4c boat "{action}"
"""
FOLLOW = "The paper boat drifts on. {action} Soft grey light. Low close shot, 35mm."


def codes(text: str) -> list[str]:
    """Return the codes of the advice on a text, which must be a score without errors."""
    reading = load_text(text)
    assert reading.score is not None, reading.diagnostics
    return [one.code for one in advise(reading.score)]


def two(first: str = GOOD, second: str = NEXT) -> str:
    """Return a score with two prompts."""
    return f'at 0c "{first}"\nat 4c "{second}"\n'


def scene(follow: str = FOLLOW, action: str = "Now it turns once.", quiet: str = "") -> str:
    """Return a score that shows one scene twice."""
    return SCENE.format(follow=follow, action=action, quiet=quiet)


def test_good_prompts_get_no_advice() -> None:
    assert codes(two()) == []
    assert codes(scene()) == []


@pytest.mark.parametrize(
    "path", sorted([*SCORES.glob("*.score"), *SCORES.glob("*.yaml")]), ids=lambda path: path.name
)
def test_no_false_alarm_on_our_own_scores(path: Path) -> None:
    from sequencer.language.loader import load

    score = load(path).score
    assert score is not None
    assert [f"{one.span} {one.code} {one.message}" for one in advise(score)] == []


SPEAKS: list[tuple[str, str]] = [
    ("W601", two(GOOD, NEXT + " So it goes" * (MAX_PROMPT_WORDS // 3))),
    ("W602", scene(FOLLOW.replace("35mm", "50mm"))),
    ("W602", two(GOOD, NEXT.replace("Low close shot, 35mm.", ""))),
    ("W603", scene(FOLLOW.replace("Soft grey light. ", ""))),
    ("W603", two(GOOD, NEXT.replace("grey", "blue"))),
    (
        "W604",
        two("A paper boat drifts along a gutter in soft grey light.", "The paper boat drifts on."),
    ),
    (
        "W605",
        two(
            "A paper boat drifts along a gutter. Low close shot.",
            "The paper boat drifts on. Low close shot.",
        ),
    ),
    ("W606", scene("{action} Soft grey light. Low close shot, 35mm.")),
    ("W606", two(GOOD, "It turns once. Soft grey light. Low close shot, 35mm.")),
    ("W607", scene(action="Now it turns and then it sinks.")),
    ("W607", scene(action="It turns. It sinks. It is gone in the drain.")),
    (
        "W608",
        "".join(
            f'at {4 * i}c "{NEXT.replace("once", f"{i} times")}"\n'
            for i in range(MAX_ARC_PROMPTS + 1)
        ),
    ),
    ("W609", two(GOOD, NEXT.replace("once", "without any people"))),
    ("W610", two(GOOD, NEXT.replace("boat", "(boat:1.3)"))),
    ("W611", two(GOOD, "A rocket climbs through the clouds at noon.")),
    ("W612", two(GOOD, GOOD)),
    (
        "W613",
        two(
            "boat, gutter, rain, leaves, grey light, close shot, 35mm",
            "The boat in the gutter drifts on.",
        ),
    ),
    (
        "W614",
        two(
            GOOD,
            NEXT.replace(
                "Low close shot, 35mm.", "Low close shot, 35mm. Locked-off, slow dolly in."
            ),
        ),
    ),
]


@pytest.mark.parametrize(("code", "text"), SPEAKS)
def test_the_rule_speaks(code: str, text: str) -> None:
    assert code in codes(text)


def test_every_rule_is_tried_and_names_its_source() -> None:
    assert {code for code, _ in SPEAKS} == set(RULES)
    for code, rule in RULES.items():
        assert "Source: " in (rule.__doc__ or ""), code


SILENT: list[tuple[str, str]] = [
    ("W601", two(GOOD, NEXT + " So it goes" * 80)),
    ("W604", two("Ein Papierboot treibt im Rinnstein.", "Das Papierboot treibt weiter.")),
    ("W605", two("Ein Papierboot treibt im Rinnstein.", "Das Papierboot treibt weiter.")),
    ("W606", two(GOOD, "Once more the paper boat turns. Soft grey light. Low close shot, 35mm.")),
    ("W607", scene(action="Now and then it turns.")),
    ("W607", scene(action="Now it turns; drops fall from it. It shines.")),
    (
        "W608",
        "".join(
            f'at {4 * i}c "{NEXT.replace("once", f"{i} times")}"\n' for i in range(MAX_ARC_PROMPTS)
        ),
    ),
    ("W609", two(GOOD, NEXT.replace("gutter", "empty gutter, a northern knot"))),
    ("W610", two(GOOD, NEXT.replace("boat", "boat (a white one) -- at 4:3"))),
    (
        "W611",
        f'at 0c "{GOOD}"\nat 4c cut, "A rocket climbs through the clouds at noon. Aerial shot."\n',
    ),
    ("W612", 'section a 8 bars { at 1 "X." }\nplay a*2\nclock 120 bpm\n'),
    (
        "W613",
        two(
            GOOD,
            NEXT.replace(
                "gutter", "gutter, past leaves, under a bridge, round a bend, over a stone"
            ),
        ),
    ),
    ("W614", two(GOOD, NEXT.replace("once", "in a tracking light"))),
]


@pytest.mark.parametrize(("code", "text"), SILENT)
def test_the_rule_keeps_silent(code: str, text: str) -> None:
    assert code not in codes(text)


def test_a_cut_begins_a_new_arc() -> None:
    lines = [
        f'at {4 * i}c "{NEXT.replace("once", f"{i} times")}"\n' for i in range(2 * MAX_ARC_PROMPTS)
    ]
    lines[MAX_ARC_PROMPTS] = lines[MAX_ARC_PROMPTS].replace(
        f"at {4 * MAX_ARC_PROMPTS}c ", f"at {4 * MAX_ARC_PROMPTS}c cut, "
    )
    assert "W608" not in codes("".join(lines))


def test_quiet_switches_a_rule_off_for_its_scene_only() -> None:
    loud = scene(action="Now it turns and then it sinks.")
    assert "W607" in codes(loud)
    quiet = scene(action="Now it turns and then it sinks.", quiet="quiet W607")
    assert "W607" not in codes(quiet)
    assert "W607" in codes(quiet + 'at 8c "The paper boat turns and then it sinks."\n')
    assert "W602" in codes(scene(FOLLOW.replace("35mm", "50mm"), quiet="quiet W607"))
    assert "W602" not in codes(scene(FOLLOW.replace("35mm", "50mm"), quiet="quiet W607, W602"))


def test_each_position_is_reported_once_however_often_its_section_plays() -> None:
    text = (
        "clock 120 bpm\nsection a 4 bars "
        '{ at 1 "A boat without a sail. Grey light. Close shot." }\nplay a*5\n'
    )
    assert codes(text).count("W609") == 1


def test_every_text_of_a_pick_is_looked_at() -> None:
    assert "W609" in codes(two() + 'at 8c pick("The boat." | "No boat at the dock.")\n')


def test_prompts_of_rules_are_looked_at() -> None:
    assert "W609" in codes(two() + 'on go x -> "The paper boat is not in the gutter."\n')


def test_warnings_point_at_the_prompt() -> None:
    reading = load_text(two(GOOD, NEXT.replace("once", "without people")), "boat.score")
    assert reading.score is not None
    (diagnostic,) = advise(reading.score)
    assert (str(diagnostic.span), diagnostic.is_error) == ("boat.score:2:7", False)
    assert diagnostic.hint is not None


WORDS = st.lists(
    st.sampled_from(
        [
            "a",
            "boat",
            "the",
            "no",
            "then",
            "(x:1.2)",
            "light.",
            "shot.",
            "35mm",
            ",",
            "She",
            "{name}",
            "{action}",
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5), WORDS, WORDS)
def test_no_score_can_break_it(prompts: list[str], base: str, follow: str) -> None:
    lines = [f'at {4 * i}c "x {text}"\n' for i, text in enumerate(prompts)]
    text = (
        f'let name = "N"\nscene s {{\n  base "{base}"\n  follow "{follow}"\n}}\n'
        + "".join(lines)
        + 'at 99c s "go"\n'
    )
    reading = load_text(text)
    assert reading.score is not None
    assert advise(reading.score) == advise(reading.score)
