"""`fade 2c`: it belongs to the prompt of its cue, and a schedule without fades is as before."""

from __future__ import annotations

import pytest

from sequencer.language.check import check_text
from sequencer.schedule.document import digest, from_document, to_document
from sequencer.schedule.model import PickAct, PromptAct, Schedule, ShuffleAct

SCENE = 'scene tram {\n  base "A tram."\n  follow "The tram. {action}"\n}\n'


def compiled(text: str, name: str = "a.score") -> Schedule:
    checked = check_text(text, name, advice=False)
    assert checked.errors == ()
    assert checked.schedule is not None
    return checked.schedule


def codes(text: str) -> list[str]:
    checked = check_text(text, "a.score", advice=False)
    return [one.code for one in (*checked.errors, *checked.warnings)]


def fades(schedule: Schedule) -> list[tuple[int, str, int]]:
    return [
        (entry.chunk, act.text, act.fade)
        for entry in schedule.entries
        for act in entry.acts
        if isinstance(act, PromptAct)
    ]


def test_the_prompt_of_a_cue_has_its_fade() -> None:
    schedule = compiled(
        f'{SCENE}at 0c tram\nat 4c tram "It turns.", fade 2c\nat 9c fade 99c, "B."\nend 12c\n'
    )
    assert fades(schedule) == [(0, "A tram.", 0), (4, "The tram. It turns.", 2), (9, "B.", 99)]
    bundles = [(one.chunk, one.fade) for take in schedule.takes for one in take.bundles]
    assert bundles == [(0, 0), (4, 2), (9, 99)]
    assert schedule.has_fades


def test_both_notations_compile_to_the_same() -> None:
    text = compiled('at 0c "A."\nat 4c "B.", fade 2c\nend 8c\n')
    yaml = compiled(
        "cues:\n- {at: 0c, prompt: A.}\n- {at: 4c, prompt: B., fade: 2c}\nend: 8c\n", "a.yaml"
    )
    assert digest(text) == digest(yaml)


def test_every_repetition_and_every_choice_fades() -> None:
    schedule = compiled(
        'seed 3\nat 0c "A."\nevery 2c from 2c pick("B." | "C."), fade 1c\n'
        'at 7c shuffle("D." | "E."), fade 3c\nend 8c\n'
    )
    assert [(chunk, fade) for chunk, _, fade in fades(schedule)] == [
        (0, 0), (2, 1), (4, 1), (6, 1), (7, 3),
    ]  # fmt: skip


def test_a_rule_fades() -> None:
    schedule = compiled(
        'at 0c "A."\non go a -> "B.", fade 2c\non go b -> pick("C." | "D."), fade 3c\n'
        'on go c -> fade 4c, shuffle("E." | "F.")\non go d -> "G."\nend 8c\n'
    )
    acts = [act for rule in schedule.stretches[0].rules for act in rule.acts]
    assert [getattr(act, "fade", None) for act in acts] == [2, 3, 4, 0]
    for act in acts:
        if isinstance(act, PickAct | ShuffleAct):
            assert act.drawn(0, 5).fade == act.fade


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("", [(0, "A.", 0), (4, "B.", 3)]),
        ('at 4c "C."', [(0, "A.", 0), (4, "C.", 0)]),
        ('at 4c "C.", fade 1c', [(0, "A.", 0), (4, "C.", 1)]),
        ("at 4c sr 4x", [(0, "A.", 0), (4, "B.", 3)]),
    ],
)
def test_a_section_like_another_replaces_a_prompt_with_its_fade(
    own: str, expected: list[tuple[int, str, int]]
) -> None:
    schedule = compiled(
        f'section a 8c {{\n  at 0c "A."\n  at 4c "B.", fade 3c\n}}\n'
        f"section b like a {{\n  {own}\n}}\nplay b\n"
    )
    assert fades(schedule) == expected


@pytest.mark.parametrize(
    "cue",
    [
        "at 4c fade 2c",
        "at 4c fade 2c, sr 4x",
        "every 4c from 4c fade 2c",
        "on go a -> fade 2c",
        'on go a -> cut, "B."\nat 4c fade 2c',
    ],
)
def test_a_fade_without_a_prompt_is_an_error(cue: str) -> None:
    assert codes(f'at 0c "A."\n{cue}\nend 8c\n') == ["E327"]


def test_an_unknown_scene_is_the_only_mistake_of_its_cue() -> None:
    assert codes('at 0c "A."\nat 4c tarm, fade 2c\nend 8c\n') == ["E308"]


def test_a_cue_has_one_fade() -> None:
    assert codes('at 0c "A."\nat 4c "B.", fade 2c, fade 3c\nend 8c\n') == ["E319"]


@pytest.mark.parametrize(
    ("cues", "warned"),
    [
        ('at 0c "A.", fade 2c', True),
        ('at 0c "A."\nat 4c cut, "B.", fade 2c', True),
        ('at 0c "A."\nat 4c "B.", fade 2c', False),
        ('at 0c "A."\nat 4c "B.", fade 2c, sr 4x', False),
        ('at 0c "A."\non go a -> cut, "B.", fade 2c', True),
        ('at 0c "A."\non go a -> "B.", fade 2c', False),
    ],
)
def test_a_fade_with_nothing_to_fade_from_is_a_warning(cues: str, warned: bool) -> None:
    found = codes(f"{cues}\nend 8c\n")
    assert found == (["W406"] if warned else ["W407"])


def test_the_stages_without_fades_are_named_once() -> None:
    text = 'at 0c "A."\nat 4c "B.", fade 2c\nat 6c "C.", fade 1c\nend 8c\n'
    warnings = check_text(text, "a.score", advice=False).warnings
    assert [(one.code, one.span.line, "Reactor" in one.message) for one in warnings] == [
        ("W407", 2, True)
    ]


def test_a_repeated_section_warns_once() -> None:
    text = 'section a 4c {\n  at 0c cut, "A.", fade 2c\n}\nplay a*3\n'
    assert codes(text) == ["W406"]


def test_a_scene_may_be_called_fade() -> None:
    schedule = compiled(
        'scene fade {\n  base "A."\n  follow "B. {action}"\n}\n'
        'at 0c fade\nat 2c fade "C.", fade 2c\nat 6c fade pick("D."), fade 1c\nend 8c\n'
    )
    assert fades(schedule) == [(0, "A.", 0), (2, "B. C.", 2), (6, "B. D.", 1)]
    yaml = compiled("scenes: {fade: {base: A.}}\ncues: [{at: 0c, show: fade}]\n", "a.yaml")
    assert fades(yaml) == [(0, "A.", 0)]


def test_a_schedule_with_fades_reads_back() -> None:
    schedule = compiled(
        'at 0c "A."\nat 4c "B.", fade 2c\non go a -> pick("C." | "D."), fade 3c\nend 8c\n'
    )
    assert from_document(to_document(schedule)) == schedule


def test_a_fade_is_part_of_the_digest() -> None:
    texts = [f'at 0c "A."\nat 4c "B."{fade}\nend 8c\n' for fade in ("", ", fade 1c", ", fade 2c")]
    assert len({digest(compiled(text)) for text in texts}) == 3


def test_a_schedule_without_fades_is_written_as_before_there_were_any() -> None:
    schedule = compiled('at 0c "A."\non go a -> pick("C." | "D.")\nend 8c\n')
    assert not schedule.has_fades
    assert "fade" not in str(to_document(schedule))
    assert digest(schedule) == "ac9d5e672e254fa837db8a738ce420732a4bdacec269b226996035681c601e64"
