"""Schedules without the values that follow from others, and their restoration."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.errors import ScheduleError
from sequencer.core.timebase import MeterMap, Snap, TempoChange, TempoMap
from sequencer.core.wide_numbers import MAX_NARROW_BITS, MAX_TIME_BITS
from sequencer.schedule.compact import FOLLOWS, compacted, expanded, has_long_numbers
from sequencer.schedule.model import Entry, Mark, Schedule, Send, Stretch
from tests.support.schedules import PLAIN, WHOLE, Path, at, changed

WIDE = Fraction(1, (1 << MAX_NARROW_BITS) + 1)
"""A number whose denominator is one bit too long."""


@pytest.mark.parametrize(
    ("path", "follows"),
    [
        (("stretches", 0, "start"), True),
        (("stretches", 1, "start"), True),
        (("stretches", 1, "soonest"), True),
        (("stretches", 0, "seconds"), True),
        (("stretches", 1, "seconds"), True),
        (("stretches", 1, "tempo", "segments", 0, "seconds"), False),
        (("stretches", 1, "tempo", "segments", 1, "seconds"), True),
        (("stretches", 0, "entries", 0, "offset"), True),
        (("stretches", 0, "entries", 0, "error"), True),
        (("stretches", 0, "entries", 1, "offset"), False),
        (("stretches", 0, "entries", 1, "error"), True),
        (("stretches", 0, "sends", 0, "offset"), True),
        (("stretches", 0, "sends", 1, "offset"), False),
        (("stretches", 0, "marks", 0, "offset"), True),
    ],
    ids=str,
)
def test_what_is_left_out(path: Path, follows: bool) -> None:
    assert (at(compacted(WHOLE), path) == FOLLOWS) == follows


@pytest.mark.parametrize(
    "path",
    [
        ("stretches", 0, "start"),
        ("stretches", 1, "start"),
        ("stretches", 1, "soonest"),
        ("stretches", 0, "seconds"),
        ("stretches", 1, "tempo", "segments", 1, "seconds"),
        ("stretches", 0, "entries", 0, "offset"),
        ("stretches", 0, "entries", 0, "error"),
        ("stretches", 0, "sends", 0, "offset"),
        ("stretches", 0, "marks", 0, "offset"),
    ],
    ids=str,
)
def test_what_does_not_follow_is_kept(path: Path) -> None:
    odd = changed(WHOLE, path, at(WHOLE, path) + Fraction(1, 7))
    assert at(compacted(odd), path) == at(odd, path)
    assert expanded(compacted(odd)) == odd


times = st.fractions(min_value=0, max_value=100, max_denominator=97)
bpms = st.fractions(min_value=10, max_value=300, max_denominator=100)


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    """Draw a stretch whose times follow from others, or do not."""
    tempo = None
    if draw(st.booleans()):
        later = draw(st.lists(times.filter(bool), unique=True, max_size=3))
        tempo = TempoMap.of(
            [
                TempoChange(quarter=Fraction(0), bpm=draw(bpms)),
                *(TempoChange(quarter=quarter, bpm=draw(bpms)) for quarter in later),
            ]
        )

    def timed() -> tuple[Fraction, Fraction | None]:
        quarter = draw(st.none() | times)
        if quarter is None or tempo is None or draw(st.integers(0, 3)) == 0:
            return draw(times), quarter
        return tempo.seconds_at(quarter), quarter

    def timed_fields() -> dict[str, Any]:
        return dict(zip(("offset", "quarter"), timed(), strict=True))

    entries = tuple(
        Entry(
            id=number,
            place="p",
            **timed_fields(),
            snap=Snap.NEAREST,
            chunk=draw(st.integers(0, 9)),
            error=draw(times | st.just(FOLLOWS)),
            acts=(),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    sends = tuple(
        Send(id=number, place="p", **timed_fields(), acts=())
        for number in range(draw(st.integers(0, 2)))
    )
    marks = tuple(Mark("m", *timed()) for _ in range(draw(st.integers(0, 2))))
    seconds, quarters = timed()
    start = draw(times)
    meters: MeterMap | None = PLAIN.meters
    soonest = draw(times | st.just(start))
    one = Stretch(
        index=0,
        section=None,
        occurrence=1,
        start=start,
        seconds=seconds,
        quarters=quarters,
        tempo=tempo,
        meters=meters,
        entries=entries,
        rules=(),
        soonest=soonest,
        marks=marks,
        sends=sends,
    )
    if draw(st.booleans()):  # errors as the compiler makes them
        right = tuple(
            replace(one, error=WHOLE.grid.snap_error(start + one.offset, one.chunk))
            for one in entries
        )
        return replace(one, entries=right)
    return one


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Draw a schedule of such stretches, which may or may not follow each other directly."""
    drawn = draw(st.lists(stretches(), min_size=1, max_size=3))
    start = Fraction(0)
    placed: list[Stretch] = []
    for one in drawn:
        placed.append(replace(one, start=start) if draw(st.booleans()) else one)
        start = placed[-1].start + placed[-1].seconds
    return replace(WHOLE, stretches=tuple(placed))


@given(schedules())
def test_expanded_is_the_inverse(schedule: Schedule) -> None:
    """Expanding undoes compacting, except for a snap error of −1, which marks a derived error: that
    one is computed again.
    """
    whole = replace(
        schedule,
        stretches=tuple(
            replace(one, entries=tuple(entry for entry in one.entries if entry.error != FOLLOWS))
            for one in schedule.stretches
        ),
    )
    assert expanded(compacted(whole)) == whole
    assert compacted(expanded(compacted(whole))) == compacted(whole)


@given(schedules())
def test_expanding_changes_nothing_that_is_whole(schedule: Schedule) -> None:
    right = tuple(
        replace(
            one,
            entries=tuple(
                replace(
                    entry, error=schedule.grid.snap_error(one.start + entry.offset, entry.chunk)
                )
                for entry in one.entries
            ),
        )
        for one in schedule.stretches
    )
    whole = replace(schedule, stretches=right)
    assert expanded(whole) == whole


@pytest.mark.parametrize(
    ("path", "new", "is_long"),
    [
        (("stretches", 0, "start"), WIDE, True),
        (("stretches", 0, "start"), 2 * WIDE, True),
        (("stretches", 0, "start"), Fraction(1, 1 << (MAX_NARROW_BITS - 1)), False),
        (("stretches", 1, "seconds"), WIDE, True),
        (("stretches", 0, "entries", 1, "offset"), WIDE, True),
        (("stretches", 1, "tempo", "segments", 1, "seconds"), WIDE, True),
        (("stretches", 1, "tempo", "segments", 0, "seconds"), WIDE, False),
        (("stretches", 0, "entries", 1, "error"), WIDE, False),
    ],
)
def test_when_a_schedule_is_better_compacted(path: Path, new: Fraction, is_long: bool) -> None:
    assert not has_long_numbers(WHOLE)
    assert has_long_numbers(changed(WHOLE, path, new)) == is_long


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([("stretches", 0, "entries", 1, "offset")], "cannot be derived"),
        ([("stretches", 0, "sends", 1, "offset")], "cannot be derived"),
        ([("stretches", 0, "seconds"), ("stretches", 0, "quarters")], "cannot be derived"),
        (
            [("stretches", 0, "entries", 0, "offset"), ("stretches", 0, "tempo")],
            "cannot be derived",
        ),
    ],
    ids=["cue-in-seconds", "message-in-seconds", "length-in-seconds", "no-tempo"],
)
def test_what_follows_from_nothing_is_refused(paths: list[Path], message: str) -> None:
    schedule = changed(WHOLE, paths[0], FOLLOWS)
    for path in paths[1:]:
        schedule = changed(schedule, path, None)
    with pytest.raises(ScheduleError, match=message):
        expanded(schedule)


@pytest.mark.parametrize("extra", [0, 1], ids=["longest", "too-long"])
def test_a_time_that_is_worked_out_has_a_bound(extra: int) -> None:
    long = Fraction(1, 1 << (MAX_TIME_BITS - 1 + extra))
    schedule = changed(WHOLE, ("stretches", 0, "seconds"), long)
    if not extra:
        assert expanded(schedule).stretches[0].seconds == long
        return
    with pytest.raises(ScheduleError, match="too many digits"):
        expanded(schedule)
