"""An edited score takes over: random edits of random scores, and the rules one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.core.timebase import Snap
from sequencer.engine.conductor import plan_building
from sequencer.engine.conductor.deliveries import Status
from sequencer.events.events import CommandRefused
from sequencer.language.compiler import compile_score
from sequencer.language.score import Score
from sequencer.schedule.model import PromptAct, Schedule, Stretch
from tests.support.reloads import Edit, play_edited, schedule_of, shown_prompts
from tests.unit.engine.conductor.test_random_shows import (
    check,
    chunk_scores,
    operator_events,
    section_scores,
    troubles,
)


@pytest.fixture(autouse=True, scope="module", params=[256, 1], ids=["together", "in pieces"])
def piece(request: pytest.FixtureRequest) -> Iterator[None]:
    """Plan edited scores as in a run, and one cue at a time, which must make no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_building, "PIECE", request.param)
        yield


few = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
NAMES = ("a", "b", "c", "d")


# ---- every chunk shows the prompt that the rules require ------------------------------------------


def _part(draw: st.DrawFn, name: str) -> str:
    """Draw a section whose prompts name it, their bar and a number."""
    length = draw(st.integers(2, 8))
    bars = sorted({1, *draw(st.sets(st.integers(1, length), max_size=5))})
    cues = "".join(f'  at {bar} "{name} {bar} {draw(st.integers(0, 2))}"\n' for bar in bars)
    return f"section {name} {length} bars {{\n{cues}}}\n"


@st.composite
def edited_scores(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a score of sections, and an edit of it."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    sections = {name: _part(draw, name) for name in names}
    bpm = draw(st.sampled_from([60, 97, 120, 150]))
    changed = {
        name: one if draw(st.booleans()) else _part(draw, name) for name, one in sections.items()
    }
    order = list(draw(st.permutations(names))) if draw(st.integers(0, 3)) == 0 else list(names)
    for name in NAMES:
        if name not in changed and draw(st.integers(0, 3)) == 0:
            changed[name] = _part(draw, name)
            order.insert(draw(st.integers(0, len(order))), name)
    removed = draw(st.sampled_from(order))
    if len(order) > 1 and draw(st.integers(0, 2)) == 0:
        order.remove(removed)
    new_bpm = draw(st.sampled_from([bpm, bpm, bpm, 60, 140]))
    return (
        f"clock {bpm} bpm, 4/4\n" + "".join(sections.values()),
        f"clock {new_bpm} bpm, 4/4\n" + "".join(changed[name] for name in order),
    )


@few
@given(edited_scores(), st.integers(1, 40), st.sampled_from(["bar", "chunk", "section"]))
def test_every_chunk_shows_the_prompt_that_the_rules_require(
    scores: tuple[str, str], at: int, where: Any
) -> None:
    old, new = (schedule_of(one) for one in scores)
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        played = play_edited(old, [Edit(at=at, schedule=new, where=where)], journal=journal)
        check(played, journal, disturbed=False)
    assert not any(isinstance(one, CommandRefused) for one in played.log)
    report = played.outcome.report
    assert report.ended_well
    if not report.moves:
        return  # the run was over before
    (move,) = report.moves
    shown = {
        chunk: prompt for chunk, prompt in shown_prompts(played).items() if chunk < report.chunks
    }
    if move.status is Status.REFUSED:
        assert "[E701]" in move.reason or "[E704]" in move.reason, move
        assert move.chunk is None
        expected = _expected(old, old, old.end, None)
        assert shown == expected
        return
    assert move.status is Status.LANDED
    assert move.chunk is not None
    assert shown == _expected_after(old, new, move.chunk, where, len(shown))


def _expected(old: Schedule, new: Schedule, end: int, since: int | None) -> dict[int, str | None]:
    """Return the prompt of each chunk of a score that nothing changes."""
    del new, since
    found: dict[int, str | None] = {}
    for stretch in old.stretches:
        for entry in stretch.entries:
            for act in entry.acts:
                if isinstance(act, PromptAct):
                    found[old.grid.snap(stretch.start + entry.offset, entry.snap)] = act.text
    now: str | None = None
    for chunk in range(end):
        now = found.get(chunk, now)
        found[chunk] = now
    return dict(sorted(found.items()))


def _expected_after(
    old: Schedule, new: Schedule, chunk: int, where: str, end: int
) -> dict[int, str | None]:
    """Return the prompt of each chunk of a score that an edited one takes over with a chunk.

    This is written from the rules, and shares nothing with the conductor.
    """
    time = _takeover_time(old, chunk, where)
    shown = {one: text for one, text in _expected(old, old, chunk, None).items() if one < chunk}
    current = next(one for one in old.stretches if time <= one.start + one.seconds)
    inside = time - current.start
    named = [one for one in new.stretches if one.section == current.section]
    following = next((one for one in old.stretches if one.index == current.index + 1), None)
    if time < current.start + current.seconds:
        (target,) = named
        offset = _same_offset(current, target, inside)
        begins = time - offset
        index = target.index
        if offset >= target.seconds:
            index, begins, offset = target.index + 1, time, Fraction(0)
        old_state = _state(old, current.index, inside)
    else:
        old_state = _state(old, current.index + 1, Fraction(0))
        begins, offset = time, Fraction(0)
        if named:
            index = named[0].index + 1
        else:
            assert following is not None
            index = next(one.index for one in new.stretches if one.section == following.section)
    new_state = _state(new, index, offset)
    landings: dict[int, str] = {}
    if new_state != old_state and new_state is not None:
        landings[chunk] = new_state
    for stretch in new.stretches[index:]:
        for entry in stretch.entries:
            if stretch.index == index and entry.offset < offset:
                continue
            for act in entry.acts:
                if isinstance(act, PromptAct):
                    snapped = new.grid.snap(begins + entry.offset, entry.snap)
                    landings[max(snapped, chunk)] = act.text
        begins += stretch.seconds
    now = _last(old, time)
    for one in range(chunk, end):
        now = landings.get(one, now)
        shown[one] = now
    assert end == max(new.grid.chunks_until(begins), max(landings, default=0) + 1, chunk + 1)
    return shown


def _takeover_time(old: Schedule, chunk: int, where: str) -> Fraction:
    """Return the first position of a kind whose chunk is this one."""
    times: list[Fraction] = []
    for stretch in old.stretches:
        times.append(stretch.start)
        assert stretch.meters is not None and stretch.tempo is not None
        bars = int(stretch.quarters or 0) // 4
        if where == "bar":
            times += [
                stretch.start + stretch.tempo.seconds_at(stretch.meters.bar_start(bar))
                for bar in range(1, bars)
            ]
    if where == "chunk":
        starts = [one for one in times if old.grid.snap(one, Snap.NEAREST) == chunk]
        boundary = old.grid.boundary(chunk)
        return min([boundary, *(one for one in starts if one <= boundary)])
    return min(one for one in times if old.grid.snap(one, Snap.NEAREST) == chunk)


def _same_offset(current: Stretch, target: Stretch, inside: Fraction) -> Fraction:
    assert current.tempo is not None and target.tempo is not None
    return target.tempo.seconds_at(current.tempo.quarter_at(inside))


def _state(schedule: Schedule, index: int, offset: Fraction) -> str | None:
    texts = [
        act.text
        for stretch in schedule.stretches
        for entry in stretch.entries
        if stretch.index < index or (stretch.index == index and entry.offset < offset)
        for act in entry.acts
        if isinstance(act, PromptAct)
    ]
    return texts[-1] if texts else None


def _last(schedule: Schedule, time: Fraction) -> str | None:
    texts = [
        act.text
        for stretch in schedule.stretches
        for entry in stretch.entries
        if stretch.start + entry.offset < time
        for act in entry.acts
        if isinstance(act, PromptAct)
    ]
    return texts[-1] if texts else None


# ---- shows with everything -------------------------------------------------------------------------


reloads = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from(["bar", "chunk", "section"]),
        st.sampled_from([None, None, None, "a", "b", "jam"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


def _edits(chosen: list[Any], versions: list[Score]) -> list[Edit]:
    edits: list[Edit] = []
    count = 1
    for (at, where, inside, again), score in zip(
        sorted(chosen, key=lambda one: one[0]), versions, strict=False
    ):
        if again:  # an earlier version once more
            edits.append(Edit(at=at, version=max(1, count - 1), where=where, section=inside))
            continue
        count += 1
        edits.append(Edit(at=at, schedule=compile_score(score), where=where, section=inside))
    return edits


@few
@given(
    st.one_of(
        st.tuples(section_scores(), st.lists(section_scores(), min_size=3, max_size=3)),
        st.tuples(chunk_scores(), st.lists(chunk_scores(), min_size=3, max_size=3)),
    ),
    operator_events,
    reloads,
)
def test_shows_with_reloads_end_and_replay(
    scores: tuple[Score, list[Score]], events: list[str], chosen: list[Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        edits = _edits(chosen, scores[1])
        played = play_edited(compile_score(scores[0]), edits, *events, journal=journal)
        check(played, journal, disturbed=True)
    assert played.outcome.report.ended_well
    assert not played.outcome.report.refused


@few
@given(
    st.tuples(section_scores(), st.lists(section_scores(), min_size=3, max_size=3)),
    operator_events,
    reloads,
    troubles,
)
def test_whatever_goes_wrong_reloads_are_reported(
    scores: tuple[Score, list[Score]],
    events: list[str],
    chosen: list[Any],
    faults: dict[str, Any],
) -> None:
    from sequencer.stages.simulated.faults import Faults

    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        played = play_edited(
            compile_score(scores[0]),
            _edits(chosen, scores[1]),
            *events,
            faults=Faults.model_validate(faults),
            journal=journal,
        )
        check(played, journal, disturbed=True)
    for move in played.outcome.report.moves:
        assert move.status in (
            Status.LANDED,
            Status.REFUSED,
            Status.OVERTAKEN,
            Status.SKIPPED,
            Status.MISSED,
        )
