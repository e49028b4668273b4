"""What the digest of a schedule covers: each field is changed alone, and the digest changes with it
or does not.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, MeterMap
from sequencer.schedule.document import _digits, canonical, digest
from sequencer.schedule.model import OscAct, RuleAct, Trigger
from tests.support.schedules import (
    EVERYTHING,
    LIVE,
    PLAIN,
    WHOLE,
    Path,
    at,
    changed,
    fields_of,
    something_else,
)

IGNORED = {
    # names and source positions
    "Schedule.title",
    "Schedule.middle",
    "Entry.place",
    "Entry.origin",
    "RuleEntry.origin",
    "Send.place",
    "Send.origin",
    "Stretch.origin",
    "Stretch.marks",
    "Mark.name",
    "Mark.offset",
    "Mark.quarter",
    # running numbers
    "Entry.id",
    "RuleEntry.id",
    "Send.id",
    "Stretch.index",
    "Stretch.occurrence",
    "Take.index",
    "ChunkActs.entries",
    # values that follow from others
    "Entry.error",
    "Stretch.start",
    "Stretch.quarters",
    "Stretch.tempo",
    "Stretch.earliest",
    "Stretch.latest",
    "Stretch.soonest",
    "MeterMap.starts",
    # the sound that is played with it: it sends nothing
    "SoundTrack.path",
    "SoundTrack.start",
    "SoundTrack.origin",
    # where its time and its images come from
    "ClockSpec.port",
    "ClockSpec.file",
    "ImageFile.path",
    "ImageFile.mime_type",
    "ImageFile.width",
    "ImageFile.height",
    "ImageFile.size",
}
"""The fields that can change without changing the digest."""
INSIDE = {"Span", "TempoMap", "TempoSegment", "Meter"}
"""Classes whose fields are not changed one by one: no digest covers them, or (the meter) half of
one is not valid.
"""
IGNORED_IN_A_PLAIN_STRETCH = {"Stretch.section", "Stretch.meters", "MeterMap.changes"}
"""Where nothing waits and nothing jumps, names and bars decide nothing."""


def _ignored() -> tuple[set[str], set[str], set[str]]:
    """Return the fields ignored by the digest, those it ignores in the plain stretch only, and
    those that it covers.
    """
    whole = digest(EVERYTHING)
    ignored: dict[str, list[bool]] = {}
    for path, owner, name in fields_of(EVERYTHING):
        new = something_else(at(EVERYTHING, path))
        if new is None or type(owner).__name__ in INSIDE or (path[0] == "clock" and len(path) > 2):
            continue
        other = changed(EVERYTHING, path, new)
        here = "plain " if path[:2] == ("stretches", 0) else ""
        same = digest(other) == whole
        ignored.setdefault(f"{here}{type(owner).__name__}.{name}", []).append(same)
    mixed = {name for name, same in ignored.items() if len(set(same)) > 1}
    assert not mixed
    always = {name for name, same in ignored.items() if same[0] and not name.startswith("plain ")}
    plain = {
        name.removeprefix("plain ")
        for name, same in ignored.items()
        if same[0] and name.startswith("plain ")
    }
    counted = {name.removeprefix("plain ") for name, same in ignored.items() if not same[0]}
    return always, plain, counted


def test_what_is_ignored_is_just_what_is_not_performed() -> None:
    always, plain, counted = _ignored()
    assert always | (plain - IGNORED_IN_A_PLAIN_STRETCH) == IGNORED
    assert plain >= IGNORED_IN_A_PLAIN_STRETCH
    assert not counted & IGNORED


def test_a_whole_schedule_has_every_act_and_every_firing() -> None:
    kinds = {type(owner) for _, owner, _ in fields_of(EVERYTHING)}
    assert set(get_args(RuleAct)) | set(get_args(Trigger)) <= kinds


@pytest.mark.parametrize(
    ("path", "new"),
    [
        pytest.param(("stretches", 0, "until"), LIVE.until, id="a-plain-stretch-becomes-live"),
        pytest.param(("stretches", 0, "rules"), LIVE.rules[:1], id="a-plain-stretch-gets-a-rule"),
        pytest.param(("stretches", 1, "meters"), None, id="bars-of-a-live-stretch"),
        pytest.param(
            ("stretches", 1, "meters"),
            MeterMap.of([(0, Meter(4, 8)), (3, Meter(2, 4))]),
            id="meter-of-a-live",
        ),
        pytest.param(("clock", "rate"), None, id="rate-of-time-code"),
        pytest.param(("stretches", 0, "sends"), (), id="no-messages"),
        pytest.param(("takes", 0, "opening", "image"), None, id="no-image"),
    ],
)
def test_changes_that_the_digest_shows(path: Path, new: object) -> None:
    assert digest(changed(WHOLE, path, new)) != digest(WHOLE)


def test_the_digest_ignores_the_meter_that_a_clock_begins_with() -> None:
    """Every stretch has its own meters."""
    assert digest(changed(WHOLE, ("clock", "meter"), Meter(3, 4))) == digest(WHOLE)


def test_two_orders_are_two_digests() -> None:
    acts: Path = ("stretches", 0, "entries", 0, "acts")
    assert digest(changed(WHOLE, acts, at(WHOLE, acts)[::-1])) != digest(WHOLE)


WITHOUT_OSC = tuple(
    replace(rule, acts=tuple(act for act in rule.acts if not isinstance(act, OscAct)))
    for rule in LIVE.rules
)


def test_the_digest_of_a_schedule_never_changes() -> None:
    """Journals and compiled files contain digests: every later version must compute the same."""
    assert digest(WHOLE) == "20dd1b3591c799666f0def1eb9cf31ce2ef65cd8905379ead542461d08dac4d8"
    older = replace(WHOLE, stretches=(PLAIN, replace(LIVE, rules=WITHOUT_OSC)))
    assert digest(older) == "bfe9e02d47bdc7d700d5103f10985e3c26fe1cdadeab69db80f654615e28c05e"


def test_what_a_score_does_not_use_does_not_change_its_digest() -> None:
    """The digest of this schedule is older than quantised rules and the triggers left out here."""
    rules = tuple(replace(rule, quantisation=None) for rule in WITHOUT_OSC)
    live = replace(LIVE, rules=rules, until=LIVE.until[:2])
    older = replace(WHOLE, stretches=(PLAIN, live))
    assert digest(older) == "38936ebdbe8f51ce011b012a9a7280a337ada66e2a5feb9e1185a1ef49cfc622"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ("é中", '"é中"'),
        (Fraction(11, 8), '"11/8"'),
        (Fraction(4), '"4"'),
        (Fraction(1, 2**1025), f'"1/{2**1025}"'),
    ],
    ids=["keys", "letters", "fraction", "whole", "wide"],
)
def test_canonical_json(value: object, text: str) -> None:
    assert canonical(value) == text


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical(object())


@given(
    st.integers(1, 10**30)
    | st.integers(0, 4000).map(lambda power: 10**power)
    | st.integers(1, 2**9000)
)
def test_long_numbers_are_written_as_python_writes_them(number: int) -> None:
    assert _digits(number) == str(number)
