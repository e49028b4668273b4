"""Complete performances of random scores with random faults and random operator commands:
invariants that always hold.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.replay import replay
from sequencer.events.commands import Reset, SchedulePrompt, SetConditioning, SetSeed, Start
from sequencer.events.events import ChunkDone, ResetDone, Started
from sequencer.language.score import (
    Action,
    Cue,
    Cut,
    Goto,
    Item,
    Score,
    SetSr,
    SuperResolution,
    UseImage,
)
from sequencer.schedule.model import PromptAct
from tests.support.builders import (
    Played,
    at_bar,
    at_chunk,
    live,
    on_beats,
    on_chunks,
    on_go,
    on_note,
    play,
    section,
)

texts = st.integers(0, 30).map(lambda number: f"prompt {number}")
extras: st.SearchStrategy[Action] = st.one_of(
    st.sampled_from([SetSr(SuperResolution.OFF), SetSr(SuperResolution.X4)]),
    st.sampled_from([UseImage("a.png"), UseImage("b.png")]),
)


@st.composite
def cues(
    draw: st.DrawFn, positions: st.SearchStrategy[int], build: Any, with_cuts: bool = True
) -> list[Cue]:
    found = []
    for position in sorted(draw(st.sets(positions, max_size=12))):
        actions: list[Action | str] = [draw(texts)]
        if draw(st.integers(0, 3)) == 0:
            actions.append(draw(extras))
        if with_cuts and position > 2 and draw(st.integers(0, 5)) == 0:
            actions.append(Cut(draw(st.one_of(st.none(), st.integers(0, 99)))))
        found.append(build(position, *actions))
    return found


@st.composite
def chunk_scores(draw: st.DrawFn) -> Score:
    items = [at_chunk(0, "first"), *draw(cues(st.integers(1, 40), at_chunk))]
    if draw(st.booleans()):
        items.append(on_go("x", draw(texts)))  # type: ignore[arg-type]  # a rule among cues, as a score may have it
    return on_chunks(*items, end=draw(st.integers(42, 48)))


@st.composite
def section_scores(draw: st.DrawFn) -> Score:
    rules: list[Item] = [
        on_note("D3", "flash"),
        on_go("again", Goto("a")),
        on_go("cut", Cut(4), "new"),
    ]
    chosen = draw(st.lists(st.sampled_from(rules), unique_by=id, max_size=3))
    first = section(
        "a", 8, at_bar(1, "in"), *draw(cues(st.integers(2, 8), at_bar, with_cuts=False))
    )
    jam = live(
        "jam",
        12,
        at_bar(1, "still"),
        *draw(cues(st.integers(2, 12), at_bar, with_cuts=False)),
        *chosen,
    )
    cut = draw(st.one_of(st.none(), st.just(Cut(7))))
    last = section(
        "b", 4, at_bar(1, "end"), *draw(cues(st.integers(2, 4), at_bar, with_cuts=False)), cut=cut
    )
    return on_beats(first, jam, last, bpm=draw(st.sampled_from([60, 97, 120, 180])))


operator_events = st.lists(
    st.builds(
        lambda what, at: f"{what}@{at}s",
        st.sampled_from(
            [
                *("go out", "go x", "go again", "go cut", "note D3", "note C5", "cc 20=70"),
                *("prompt improvised", "prompt first", "image a.png", "image b.png"),
                *("sr 4x", "strength 0.5", "goto a", "goto b", "goto jam"),
                *("prompt improvised at next bar", "sr 4x at next beat", "goto b at next 2 bars"),
            ]
        ),
        st.integers(0, 60),
    ),
    max_size=6,
)

troubles = st.fixed_dictionaries(
    {},
    optional={
        "jitter": st.sampled_from(["50ms", "400ms"]),
        "dialect": st.sampled_from(["current", "2026-early"]),
        "stale_states": st.integers(0, 4),
        "warmup": st.integers(0, 1),
        "generation_started": st.just("each"),
        "frames_emitted": st.just("chunk"),
        "scheduled_prompts": st.just("list"),
        "delays": st.sampled_from([{"answer": "300ms"}, {"answer": "100ms", "jitter": "900ms"}]),
        "slow": st.sampled_from([[{"chunk": 5, "by": "3s"}], [{"chunk": 2, "by": "9s"}]]),
        "refuse": st.sampled_from(
            [
                [{"command": "schedule_prompt", "nth": 3, "reason": "no"}],
                [{"command": "set_sr_scale", "nth": 2, "reason": "no"}],
            ]
        ),
        "drops": st.sampled_from(
            [[{"chunk": 4, "for": "3s"}], [{"chunk": 0, "for": "2s"}], [{"at": "20s", "for": "7s"}]]
        ),
        "messages": st.sampled_from(
            [
                [{"type": "chunk_complete", "nth": 4, "do": "lose"}],
                [{"type": "chunk_complete", "nth": 4, "do": "repeat"}],
                [{"type": "state", "nth": 6, "do": "lose"}],
                [{"type": "chunk_complete", "nth": 5, "do": "delay", "by": "2s"}],
            ]
        ),
        "seed": st.integers(0, 1000),
    },
)


def check(played: Played, journal: Path, disturbed: bool) -> None:
    _nothing_for_the_past(played)
    _openings_are_in_order(played)
    _reports_are_true(played)
    for cue in played.cues:
        assert cue.status not in (Status.WAITING, Status.COMMITTED, Status.SENT), cue
        assert cue.status is Status.LANDED or cue.reason, f"{cue} states nothing"
    result = replay(journal)
    assert result.is_equal, result.divergence
    assert result.is_whole
    assert result.report == played.outcome.report
    if not disturbed:
        assert played.outcome.report.all_landed, [
            cue for cue in played.cues if cue.status is not Status.LANDED
        ]


def _nothing_for_the_past(played: Played) -> None:
    making, was_reset = -1, False
    for one in played.log:
        match one:
            case Start():
                was_reset = False
            case Started() if making < 0:
                making, was_reset = 0, False
            case ResetDone():
                making, was_reset = -1, True
            case ChunkDone() if not was_reset:  # otherwise a late report of the take before
                making = max(making, one.chunk + 1)
            case SchedulePrompt() if making >= 0:
                assert one.chunk > making - 1, f"{one} while chunk {making} is being made"
            case _:
                pass


def _openings_are_in_order(played: Played) -> None:
    since: list[str] = []
    for one in played.log:
        if isinstance(one, Reset):
            since = []
        elif isinstance(one, Start):
            assert "set_seed" in since
            assert {"schedule_prompt", "set_conditioning"} & set(since)
            assert since.index("set_seed") < min(
                since.index(kind)
                for kind in ("schedule_prompt", "set_conditioning")
                if kind in since
            )
        elif isinstance(one, SetSeed | SchedulePrompt | SetConditioning):
            since.append(one.kind)


def _reports_are_true(played: Played) -> None:
    """Assert that a prompt reported as landed on a chunk was shown on that chunk, according to the
    model.
    """
    if played.outcome.report.takes != 1:
        return  # chunks count within the take; runs of one take are enough
    shown = {one.chunk: one.prompt for one in played.log if isinstance(one, ChunkDone)}
    by_number = {line.number: line for line in played.conductor.view.deliveries}
    for cue in played.cues:
        texts = [act.text for act in by_number[cue.number].acts if isinstance(act, PromptAct)]
        if (
            cue.status is Status.LANDED
            and texts
            and cue.landed in shown
            and "without its prompt" not in cue.reason
        ):
            line = by_number[cue.number]
            # A cue with several actions lands with the last of them; its prompt may have landed
            # before and been replaced.
            first = min(line.chunk or 0, cue.landed) if len(line.kinds) > 1 else cue.landed
            seen = [shown.get(chunk) for chunk in range(first, cue.landed + 1)]
            assert {texts[0], None} & set(seen), (cue, seen)


few = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(chunk_scores(), operator_events)
def test_fixed_scores_land_whole_on_a_model_that_behaves(score: Score, events: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        check(play(score, *events, journal=journal), journal, disturbed=False)


@few
@given(section_scores(), operator_events)
def test_live_scores_land_whole_on_a_model_that_behaves(score: Score, events: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        check(play(score, *events, journal=journal), journal, disturbed=False)


@few
@given(st.one_of(chunk_scores(), section_scores()), operator_events, troubles)
def test_whatever_goes_wrong_everything_is_reported(
    score: Score, events: list[str], faults: dict[str, Any]
) -> None:
    from sequencer.stages.simulated.faults import Faults

    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        check(
            play(score, *events, faults=Faults.model_validate(faults), journal=journal),
            journal,
            disturbed=True,
        )
