"""Quantised rules: which bar line or beat they land on, and what happens to them until then."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Meter, MeterMap
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.musical_lines import _beat_start, _beats_before, find_line
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.replay import replay
from sequencer.events.events import ChunkDone
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Quantisation
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import Played, play
from tests.support.clock_fixtures import ExternalClock, follow

JAM = """
clock 120 bpm, 4/4
section jam until go out, max 16 bars {{
  at 1 "still"
  {rule}
}}
section end 4 bars {{
  at 1 "end"
}}
"""
"""A bar lasts 2 s, a chunk 1.375 s; the lead is two chunks."""


def jam(rule: str, *events: str, journal: Path | None = None) -> Played:
    return play(reads(JAM.format(rule=rule)), *events, journal=journal)


def fired(played: Played) -> list[CueReport]:
    return [cue for cue in played.cues if cue.rule is not None]


@pytest.mark.parametrize(
    ("at", "event", "planned"),
    [
        # In chunk 2 the reach is chunk 4 (from 5.5 s); the bar line at 6 s is nearest to it.
        ("next bar", "3s", 4),
        ("next beat", "3s", 4),
        # Every second bar line: 8 s, nearest to chunk 6.
        ("next 2 bars", "3s", 6),
        ("next 4 bars", "3s", 6),
        ("next 3 bars", "3s", 4),
        ("next 16 bars", "3s", 23),
    ],
)
def test_a_firing_lands_on_the_first_line_in_reach(at: str, event: str, planned: int) -> None:
    (cue,) = fired(jam(f'on go hit at {at} -> "hit"', f"go hit@{event}"))
    assert (cue.status, cue.planned, cue.landed) == (Status.LANDED, planned, planned)
    assert cue.place == f"go hit at {at}"
    assert cue.error_ms is not None


def test_what_is_not_a_prompt_reaches_the_next_chunk() -> None:
    (cue,) = fired(jam("on go hit at next beat -> sr 4x", "go hit@3s"))
    assert cue.planned == 3  # the beat at 4 s: in chunk 2 the next chunk can still be set
    (cue,) = fired(jam('on go hit at next beat -> cut, "hit"', "go hit@3s"))
    assert (cue.planned, cue.landed) == (3, 3)


def test_a_cut_waits_for_its_bar_line() -> None:
    played = jam('on go hit at next 4 bars -> cut seed 9, "hit"', "go hit@3s")
    (cue,) = fired(played)
    assert (cue.planned, cue.landed, played.outcome.report.takes) == (6, 6, 2)


def test_at_the_position_of_a_cue_the_rule_acts_last_and_a_later_cue_after_it() -> None:
    rule = 'at 4 "cue"\n  on go hit at next bar -> "hit"'
    cue = fired(jam(rule, "go hit@3s"))[0]
    assert cue.status is Status.LANDED
    rule = 'at 4.1+1/4 "cue"\n  on go hit at next bar -> "hit"'
    cue = fired(jam(rule, "go hit@3s"))[0]
    assert (cue.status, cue.reason) == (
        Status.OVERTAKEN,
        "4.1+1/4 acts on the same chunk",
    )


def test_a_cue_committed_before_the_firing_still_acts_after_it() -> None:
    """At 3 s the cue after the beat at 4 s has already been committed to chunk 3."""
    rule = "at 3.1+1/2 sr off\n  on go hit at next bar -> sr 4x"
    played = jam(rule, "go hit@3s")
    (cue,) = fired(played)
    assert (cue.planned, cue.status) == (3, Status.OVERTAKEN)
    assert next(one for one in played.cues if one.place == "3.1+1/2").status is Status.LANDED


def test_if_the_section_is_left_it_acts_where_the_next_one_begins() -> None:
    played = jam('on go hit at next 8 bars -> "hit"', "go hit@3s", "go out@4s")
    (cue,) = fired(played)
    first = next(one for one in played.cues if one.section == "end")
    assert (cue.landed, cue.status) == (first.planned, Status.LANDED)
    assert first.status is Status.OVERTAKEN
    assert cue.section == "jam"


def test_a_second_exit_does_not_lose_it() -> None:
    score = """
clock 120 bpm, 4/4
section jam 16 bars {
  at 1 "still"
  on go hit at next bar -> "hit"
  on go back -> goto jam
}
"""
    events = ("pause@3s", "go back@4s", "go hit@5s", "go back@9s", "resume@20s")
    (cue,) = fired(play(reads(score), *events))
    assert cue.status is Status.LANDED


def test_at_the_end_there_is_no_line_any_more() -> None:
    score = 'clock 120 bpm, 4/4\nat 1 "one"\non go hit at next 4 bars -> "hit"\nend 4\n'
    (cue,) = fired(play(reads(score), "go hit@3s"))
    assert cue.status is Status.SKIPPED
    assert cue.reason == "it fired too near the end: no bar line or beat was left"


def test_late_drop_is_for_cues() -> None:
    """The connection is lost until the chunk of the bar line has passed."""
    score = reads("late drop\n" + JAM.format(rule='on go hit at next bar -> "hit"'))
    faults = Faults.model_validate({"drops": [{"chunk": 2, "for": "9s"}]})
    (cue,) = fired(play(score, "go hit@3500ms", faults=faults))
    assert cue.status is Status.LANDED
    assert cue.reason.endswith("could not be reached any more")


def test_the_journal_replays_to_the_same_commands(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    jam(
        'on go hit at next 2 bars -> pick("a" | "b"), sr 4x',
        "go hit@3s",
        "go hit@9s",
        "go out@17s",
        journal=path,
    )
    assert replay(path).is_equal


FOLLOWED = """
clock midi, 4/4, nominal 120 bpm
section jam until go out, max 32 bars {
  at 1 "still"
  on go hit at next 4 bars -> "hit"
}
section end 4 bars {
  at 1 "end"
}
"""


@pytest.mark.parametrize("bpm", [90.0, 120.0, 143.0])
def test_it_lands_on_the_bar_line_of_the_clock(bpm: float) -> None:
    """The clock, not the nominal tempo, gives the time of the bar line, even if it changes."""
    external = ExternalClock((0.0, bpm), (2.0, "start"), (12.0, bpm + 7))
    outcome, log = follow(reads(FOLLOWED), external, events=["go hit@10s"])
    (cue,) = (one for one in outcome.report.cues if one.rule is not None)
    assert cue.status is Status.LANDED
    assert cue.beyond_ms == 0.0
    assert cue.shown_off_ms is not None
    assert abs(cue.shown_off_ms) <= 690  # half a chunk
    assert any(isinstance(one, ChunkDone) for one in log)


def test_it_waits_while_the_clock_is_stopped() -> None:
    external = ExternalClock((2.0, "start"), (11.0, "stop"), (40.0, "continue"))
    outcome, _ = follow(reads(FOLLOWED), external, events=["go hit@20s"])
    (cue,) = (one for one in outcome.report.cues if one.rule is not None)
    assert cue.status is Status.LANDED
    assert cue.landed is not None
    assert cue.landed * 1.375 > 29


def test_after_a_jump_of_the_clock_the_first_line_there_counts() -> None:
    external = ExternalClock((2.0, "start"), (11.0, ("locate", 80.0)))
    outcome, _ = follow(reads(FOLLOWED), external, events=["go hit@10.5s"])
    (cue,) = (one for one in outcome.report.cues if one.rule is not None)
    assert cue.status is Status.LANDED
    assert cue.reason == ""
    assert cue.beyond_ms == 0.0


# ---- the lines themselves ------------------------------------------------------------------------

METERS = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["4/4", "3/4", "7/8", "5/4", "6/8"])), max_size=3
)


def meters_of(changes: list[tuple[int, str]]) -> MeterMap:
    bar, found = 0, [(0, Meter(4, 4))]
    for bars, meter in changes:
        bar += bars
        beats, unit = meter.split("/")
        found.append((bar, Meter(int(beats), int(unit))))
    return MeterMap.of(found)


@given(METERS)
def test_beats_are_counted_through_the_bars(changes: list[tuple[int, str]]) -> None:
    meters = meters_of(changes)
    index, quarter = 0, Fraction(0)
    for bar in range(24):
        assert _beats_before(meters, bar) == index
        for _ in range(meters.at_bar(bar).numerator):
            assert _beat_start(meters, index) == quarter
            index, quarter = index + 1, quarter + meters.at_bar(bar).beat


@given(
    st.integers(1, 5),
    st.sampled_from(["bars", "beats"]),
    st.integers(0, 40),
    st.sampled_from(["120", "110 -> 140", "97"]),
    st.sampled_from(["floor", "nearest", "ceil"]),
)
def test_no_line_before_the_found_one_is_in_reach(
    count: int, unit: str, reach: int, tempo: str, snap: str
) -> None:
    text = f"""
snap {snap}
clock 120 bpm, 4/4
section one 7 bars, tempo {tempo}, meter 7/8 {{
  at 1 "one"
  on go hit at next {count} {unit} -> "hit"
}}
section two 5 bars, meter 3/4 {{
  at 1 "two"
}}
"""
    plan = Plan(compile_score(reads(text)))
    every = Quantisation(count, "bars" if unit == "bars" else "beats")
    lines = []
    for one in plan.passes:
        meters, clock = one.stretch.meters, one.stretch.tempo
        assert meters is not None
        assert clock is not None
        quarters = (
            (meters.bar_start(number) if unit == "bars" else number * meters.at_bar(0).beat)
            for number in range(0, 200, count)
        )
        times = (one.start + clock.seconds_at(quarter) for quarter in quarters)
        lines += [time for time in times if time < one.end]
    wanted = [time for time in lines if plan.chunk_at(time) >= reach]
    wanted = [time for time in wanted if plan.chunk_at(time) < plan.end_chunk()]
    found = find_line(plan, plan.passes[0], every, reach, 0)
    assert (None if found is None else found.time) == (wanted[0] if wanted else None)
