from __future__ import annotations

from dataclasses import replace

import pytest

from sequencer.core.diagnostics import Span
from sequencer.editing.learning import learn
from sequencer.editing.looking import look
from sequencer.editing.names import Refusal
from sequencer.editing.texts import apply_edits
from sequencer.language.score import Rule, Trigger

TEXT = """clock 120 bpm, 4/4
section a until note C3 or program 5 or go out, max 4 bars {
  at 1 "A tram."
  on osc "/drop" > 0.5 -> sr 4x
  on note D3 ch 10 vel > 100 at next bar -> sr off
  on cc 20 < 32 -> sr 2x
}
"""
YAML = """clock: 120 bpm, 4/4
sections:
  - section: a
    until: note C3 or program 5 or go out
    max: 4 bars
    cues:
      - {at: 1, prompt: A tram.}
    rules:
      - {when: "osc /drop > 0.5", sr: 4x}
      - when: note D3 ch 10 vel > 100
        at: next bar
        sr: off
      - {when: 'cc 20 < 32', sr: 2x}
"""
NOTATIONS = {"a.score": TEXT, "a.yaml": YAML}
LINES = {
    "a.score": {"osc": 4, "note": 5, "cc": 6, "until": 2},
    "a.yaml": {"osc": 9, "note": 10, "cc": 13, "until": 3},
}
TRIGGERS = [
    "note D4",
    "note 61 ch 3",
    "note F#3 vel >= 20",
    "release E2",
    "cc 21 > 100",
    "cc 21 < 5 ch 2",
    "program 12",
    "start",
    "stop",
    "continue",
    'osc "/go/now"',
    'osc "/fader" < 0.25',
    "go flash",
]


def bare(trigger: Trigger) -> Trigger:
    return replace(trigger, span=Span("", 0, 0, 0, 0))


def triggers(file: str, text: str) -> list[Trigger]:
    """Return all triggers of a score without errors."""
    known = look(text, file)
    assert not [one for one in known.diagnostics if one.is_error], text
    assert known.loaded.score is not None
    section = known.loaded.score.sections[0]
    rules = [one.trigger for one in section.items if isinstance(one, Rule)]
    return [bare(one) for one in (*rules, *section.until)]


def learned(file: str, line: int, message: str, old: str = "") -> str:
    found = learn(look(NOTATIONS[file], file), line, message, old)
    assert not isinstance(found, Refusal), found
    return apply_edits(NOTATIONS[file], found)


@pytest.mark.parametrize("file", NOTATIONS)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("message", TRIGGERS)
def test_the_trigger_of_a_rule_is_replaced_and_nothing_else(
    file: str, place: int, message: str
) -> None:
    line = LINES[file][("osc", "note", "cc")[place]]
    before, after = triggers(file, NOTATIONS[file]), triggers(file, learned(file, line, message))
    kind = message.split(maxsplit=1)[0]
    assert (
        type(after[place])
        .__name__.lower()
        .startswith(
            f"on{ {'cc': 'control', 'start': 'transport', 'stop': 'transport', 'continue': 'transport'}.get(kind, kind) }"
        )
    )
    assert [*after[:place], *after[place + 1 :]] == [*before[:place], *before[place + 1 :]]


@pytest.mark.parametrize("file", NOTATIONS)
@pytest.mark.parametrize("message", TRIGGERS)
def test_learning_the_old_trigger_again_gives_the_same_score(file: str, message: str) -> None:
    line, old = LINES[file]["cc"], "cc 20 < 32"
    text = learned(file, line, message, old)
    back = learn(look(text, file), line, old, message)
    assert not isinstance(back, Refusal), back
    assert triggers(file, apply_edits(text, back)) == triggers(file, NOTATIONS[file])


@pytest.mark.parametrize("file", NOTATIONS)
@pytest.mark.parametrize("old", ["note C3", "program 5", "go out"])
def test_one_of_the_triggers_that_leave_a_section_is_replaced(file: str, old: str) -> None:
    after = triggers(file, learned(file, LINES[file]["until"], "note E4 ch 2", old))
    before = triggers(file, NOTATIONS[file])
    changed = [
        index for index, (one, other) in enumerate(zip(before, after, strict=True)) if one != other
    ]
    assert changed == [3 + ["note C3", "program 5", "go out"].index(old)]


@pytest.mark.parametrize("file", NOTATIONS)
def test_a_comparison_is_kept(file: str) -> None:
    assert "note E4 ch 2 vel > 100" in learned(file, LINES[file]["note"], "note E4 ch 2")
    assert "cc 7 < 32 ch 4" in learned(file, LINES[file]["cc"], "cc 7 93 ch 4")
    assert "/knob" in learned(file, LINES[file]["osc"], "osc /knob 0.75")
    assert (
        triggers(file, learned(file, LINES[file]["osc"], "osc /knob 0.75"))[0]
        == triggers(file, learned(file, LINES[file]["osc"], 'osc "/knob" > 0.5'))[0]
    )
    assert "cc 7 > 64" in learned(file, LINES[file]["note"], "cc 7 = 1")


@pytest.mark.parametrize(
    ("line", "message", "old", "reason"),
    [
        (2, "note D4", "", "changed since"),
        (2, "note D4", "note C4", "changed since"),
        (3, "note D4", "", "changed since"),
        (99, "note D4", "", "changed since"),
        (4, "note", "", ""),
        (4, "dance", "", ""),
        (4, "cc 300 1", "", ""),
        (2, "note D4", "nothing", "changed since"),
    ],
)
def test_what_cannot_be_learned_is_refused(line: int, message: str, old: str, reason: str) -> None:
    found = learn(look(TEXT, "a.score"), line, message, old)
    assert isinstance(found, Refusal) and reason in found.reason and found.reason


def test_a_text_that_cannot_be_read_has_no_triggers() -> None:
    assert isinstance(learn(look("{", "a.yaml"), 1, "note D4"), Refusal)


@pytest.mark.parametrize("file", ["a.score", "a.yaml"])
def test_all_rules_of_a_controller_are_one_pad(file: str) -> None:
    text = NOTATIONS[file]
    if file == "a.score":
        text = text.removesuffix("}\n") + "  on cc 20 > 64 -> sr 4x\n}\n"
    else:
        text += "      - {on: cc 20 > 64, sr: 4x}\n"
    found = learn(look(text, file), LINES[file]["cc"], "cc 7=93 ch 2", "cc 20")
    assert not isinstance(found, Refusal) and len(found) == 2
    after = apply_edits(text, found)
    assert "cc 7 < 32 ch 2" in after and "cc 7 > 64 ch 2" in after


def test_a_trigger_is_found_however_its_note_is_written() -> None:
    text = TEXT.replace("note C3 or", "note 60 or")
    found = learn(look(text, "a.score"), 2, "note 64 ch 2", "note C3")
    assert not isinstance(found, Refusal)
    assert "until note 64 ch 2 or program 5" in apply_edits(text, found)
    assert "until note E3 ch 2 or" in learned("a.score", 2, "note 64 ch 2", "note C3")
