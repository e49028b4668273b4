"""The data model of a schedule: random choices, and what its properties derive from its parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sequencer.core.timebase import COMMON_TIME
from sequencer.schedule.model import (
    ClockSpec,
    CutAct,
    GotoAct,
    GoTrigger,
    ImageAct,
    NoteAct,
    OscAct,
    PauseAct,
    PickAct,
    ProgramAct,
    PromptAct,
    RuleEntry,
    Schedule,
    StrengthAct,
    draw,
)
from tests.support.schedules import IMAGE, LIVE, PLAIN, WHOLE

DRAWN = {
    # Choices are part of every score with `pick`: other values here mean that existing scores are
    # performed differently.
    (0, "intro/1/9.1", 0, 3): 2,
    (4271, "intro/1/9.1", 0, 3): 0,
    (4271, "intro/1/9.1", 1, 3): 2,
    (4271, "intro/2/9.1", 0, 7): 6,
}


def test_choices_depend_on_their_coordinates_alone() -> None:
    assert {coordinates: draw(*coordinates) for coordinates in DRAWN} == DRAWN


def test_every_choice_is_about_equally_frequent() -> None:
    counts = Counter(draw(7, "key", ordinal, 4) for ordinal in range(4000))
    assert set(counts) == {0, 1, 2, 3}
    assert all(900 < count < 1100 for count in counts.values())


def test_a_pick_draws_one_of_its_texts() -> None:
    pick = PickAct(("X.", "Y.", "Z."), "k0")
    assert [pick.drawn(9, firing) for firing in range(5)] == [
        PromptAct(pick.texts[draw(9, "k0", firing, 3)]) for firing in range(5)
    ]


@pytest.mark.parametrize(
    ("acts", "changes"),
    [
        ((PromptAct("A."),), True),
        ((PickAct(("A.", "B."), "k"),), True),
        ((GotoAct("a"),), True),
        ((CutAct(None),), True),
        ((PauseAct(), ImageAct(IMAGE), StrengthAct(Fraction(1)), ProgramAct(1, 1)), False),
        ((), False),
    ],
)
def test_which_rules_change_prompts(acts: tuple[Any, ...], changes: bool) -> None:
    assert RuleEntry(id=0, key="k", trigger=GoTrigger("a"), acts=acts).changes_prompts is changes


@pytest.mark.parametrize(
    ("kind", "is_external", "seconds"),
    [
        ("chunks", False, False),
        ("bpm", False, False),
        ("midi", True, False),
        ("link", True, False),
        ("mtc", True, True),
        ("file", False, False),
    ],
)
def test_which_clocks_are_followed(kind: Any, is_external: bool, seconds: bool) -> None:
    clock = ClockSpec(kind=kind, bpm=Fraction(120), meter=COMMON_TIME)
    assert (clock.is_external, clock.counts_seconds) == (is_external, seconds)


def test_a_schedule_collects_from_its_stretches() -> None:
    assert WHOLE.entries == (*PLAIN.entries, *LIVE.entries)
    assert WHOLE.images == (IMAGE,)
    assert (PLAIN.is_live, LIVE.is_live) == (False, True)


def with_stretches(*changes: Any) -> Schedule:
    return replace(WHOLE, stretches=changes)


SILENT = replace(PLAIN, sends=())
NOTE = NoteAct(note=60, channel=1, velocity=100, seconds=Fraction(1))
OSC = OscAct("/drop", ("1",))


def rule(act: Any) -> RuleEntry:
    return RuleEntry(id=0, key="k", trigger=GoTrigger("a"), acts=(act,))


@pytest.mark.parametrize(
    ("stretches", "timed", "midi", "osc"),
    [
        ((SILENT,), False, False, False),
        ((SILENT, PLAIN), True, True, False),
        ((replace(SILENT, sends=(replace(PLAIN.sends[0], acts=(OSC,)),)),), True, False, True),
        ((replace(SILENT, rules=(rule(OSC),)),), False, False, True),
        ((replace(SILENT, rules=(rule(NOTE),)),), False, True, False),
        ((replace(SILENT, rules=(rule(PauseAct()),)),), False, False, False),
    ],
)
def test_whether_messages_are_sent(
    stretches: tuple[Any, ...], timed: bool, midi: bool, osc: bool
) -> None:
    schedule = with_stretches(*stretches)
    found = schedule.has_timed_sends, schedule.has_midi, schedule.has_osc
    assert found == (timed, midi, osc)


def test_images_are_listed_once_in_order_of_first_use() -> None:
    other = replace(IMAGE, path="b.png", sha256="b" * 64)
    again = replace(IMAGE, path="copy.png")  # the same content
    rule = RuleEntry(id=0, key="k", trigger=GoTrigger("a"), acts=(ImageAct(other), ImageAct(again)))
    assert with_stretches(replace(PLAIN, rules=(rule,))).images == (IMAGE, other)


@pytest.mark.parametrize(
    ("kind", "stretches", "fixed"),
    [
        ("bpm", (PLAIN,), True),
        ("midi", (PLAIN,), False),
        ("bpm", (PLAIN, LIVE), False),
        ("bpm", (replace(PLAIN, rules=LIVE.rules),), False),
    ],
)
def test_whether_every_chunk_is_known_before_the_run(
    kind: Any, stretches: tuple[Any, ...], fixed: bool
) -> None:
    clock = ClockSpec(kind=kind, bpm=Fraction(120), meter=COMMON_TIME)
    assert replace(with_stretches(*stretches), clock=clock).is_fixed is fixed
