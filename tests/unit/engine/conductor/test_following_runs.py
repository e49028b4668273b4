"""Following runs: positions get their chunks late, from what an external clock and the model
actually do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.replay import replay
from sequencer.events.commands import SchedulePrompt, Start
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    TransportChanged,
    TransportLocated,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import Goto
from sequencer.runtime.loop import Performance
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_bar, live, on_go, prompt_of, section
from tests.support.clock_fixtures import CHUNK, LONG, SECOND, ExternalClock, follow, midi


def off_by_more_than_it_must(
    cues: Sequence[CueReport],
    external: ExternalClock,
    log: Sequence[object],
    quarters: dict[int, float],
) -> list[CueReport]:
    """Return the cues that landed neither on the chunk shown nearest to their beat nor, at a near
    tie, on its neighbour.

    Cues reported as unreachable are left out: a change is seen a chunk after the chunk's beginning,
    and a prompt must be sent two chunks before that.
    """
    seen = [one.at / SECOND for one in log if isinstance(one, ChunkShown)]
    wrong = []
    for cue in cues:
        beat = external.time_of(quarters[cue.number])
        best = min(abs(time - beat) for time in seen)
        landed = abs(seen[min(cue.landed or 0, len(seen) - 1)] - beat)
        if landed - best > 0.05 and "could not be reached" not in cue.reason:
            wrong.append(cue)
    return wrong


def test_the_model_is_warm_and_starts_on_the_clocks_first_beat() -> None:
    outcome, log = follow(midi(LONG), ExternalClock((20.0, "start")))
    start = log.index(Start())
    before = log[start - 1]
    assert isinstance(before, TransportChanged)
    assert before.at == 20 * SECOND
    assert outcome.report.all_landed


@pytest.mark.parametrize("bpm", [100.0, 120.0, 126.0, 141.3])
def test_cues_land_where_the_external_clock_is_not_where_the_score_expected(bpm: float) -> None:
    external = ExternalClock((0.0, bpm), (5.0, "start"))
    outcome, log = follow(midi(LONG), external)
    assert outcome.report.all_landed
    quarters = {cue.number: 4.0 * (int(cue.place.split(".")[0]) - 1) for cue in outcome.report.cues}
    assert off_by_more_than_it_must(outcome.report.cues[1:], external, log, quarters) == []
    # 32 bars last 128 quarters at the tempo of the external clock
    assert outcome.report.chunks == pytest.approx(128 * 60 / bpm / CHUNK, abs=2)


def test_a_tempo_step_moves_what_is_not_committed() -> None:
    external = ExternalClock((5.0, "start"), (25.0, 90.0), (50.0, 150.0))
    outcome, log = follow(midi(LONG), external)
    assert outcome.report.all_landed
    quarters = {cue.number: 4.0 * (int(cue.place.split(".")[0]) - 1) for cue in outcome.report.cues}
    wrong = off_by_more_than_it_must(outcome.report.cues[1:], external, log, quarters)
    assert len(wrong) <= 2, "only what was within reach when the tempo changed"
    assert all("inside the reach" in cue.reason for cue in wrong)


def test_a_sent_prompt_is_never_sent_again_for_another_chunk() -> None:
    _, log = follow(midi(LONG), ExternalClock((5.0, "start"), (25.0, 90.0), (50.0, 150.0)))
    chunks: dict[str, set[int]] = {}
    for one in log:
        if isinstance(one, SchedulePrompt):
            chunks.setdefault(one.prompt, set()).add(one.chunk)
    assert all(len(there) == 1 for there in chunks.values())


def test_stop_freezes_the_music_and_continue_goes_on() -> None:
    external = ExternalClock((5.0, "start"), (21.0, "stop"), (51.0, "continue"))
    outcome, log = follow(midi(LONG), external)
    assert outcome.report.all_landed
    shown = {cue.place: cue.landed for cue in outcome.report.cues}
    # bar 9 is at quarter 32 = 16 s after the start, the moment of the stop; bar 13 comes 8 s after
    # the continue
    assert shown["13.1"] is not None
    seen = [one.at / SECOND for one in log if isinstance(one, ChunkShown)]
    assert abs(seen[shown["13.1"]] - 59.0) <= CHUNK / 2 + 0.05


def test_a_locate_brings_what_is_in_force_there_and_plays_nothing_in_between() -> None:
    external = ExternalClock(
        (5.0, "start"), (15.0, "stop"), (16.0, ("locate", 74.0)), (17.0, "continue")
    )
    outcome, log = follow(midi(LONG), external)
    prompts = [one.prompt for one in log if isinstance(one, ChunkDone)]
    shown = [
        prompt for index, prompt in enumerate(prompts) if index == 0 or prompts[index - 1] != prompt
    ]
    # by 15 s bars 1 to 5 were played; quarter 74 is in bar 19, so the prompt of bar 19 is in force
    assert shown[:3] == ["p1", "p3", "p5"]
    assert "p19" in shown and "p21" in shown
    assert not {"p9", "p11", "p13", "p15"} & set(shown)
    skipped = [cue.place for cue in outcome.report.cues if cue.status is Status.SKIPPED]
    assert "11.1" in skipped


def test_a_live_section_is_left_on_the_gears_bar_line() -> None:
    score = midi(
        section("in", 4, at_bar(1, "a")),
        live("jam", 32, at_bar(1, "b")),
        section("out", 4, at_bar(1, "c")),
    )
    external = ExternalClock((0.0, 100.0), (2.0, "start"))
    schedule = compile_score(score)
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    from sequencer.runtime.scripted_events import parse_scripted_event

    run = Performance(
        schedule, stage, clock, journal=None, script=[parse_scripted_event("go out@20c")]
    )
    external.plug(clock, run.deliver)
    report = asyncio.run(run.run()).report
    assert report.all_landed
    end = next(cue for cue in report.cues if cue.section == "out")
    assert end.error_ms is not None
    assert abs(end.error_ms) <= CHUNK * 500 + 60


def test_an_exit_max_counts_on_while_the_clock_is_stopped() -> None:
    score = midi(
        section("in", 4, at_bar(1, "a")),
        live("jam", 4, at_bar(1, "b")),
        section("out", 2, at_bar(1, "c")),
    )
    outcome, log = follow(score, ExternalClock((1.0, "start"), (10.0, "stop"), (60.0, "continue")))
    prompts = [(one.at / SECOND, one.prompt) for one in log if isinstance(one, ChunkDone)]
    first = next(at for at, prompt in prompts if prompt == "c")
    assert first < 30.0, "four bars at the nominal tempo are eight seconds"
    assert outcome.report.all_landed


def test_jittering_chunks_and_a_replay(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    faults = Faults.model_validate({"jitter": "120ms", "seed": 4, "fps": "21"})
    outcome, _ = follow(midi(LONG), ExternalClock((5.0, "start"), (40.0, 128.0)), faults, journal)
    assert outcome.report.all_landed
    cues = [cue for cue in outcome.report.cues[1:] if "could not be reached" not in cue.reason]
    errors = [abs(cue.error_ms) for cue in cues if cue.error_ms is not None]
    assert len(errors) >= 13
    assert max(errors) < 33 / 21 * 500 + 400
    assert replay(journal).is_equal


def test_rules_receive_the_transport() -> None:
    from sequencer.language.score import OnTransport, Pause, Resume, Rule

    rules = (
        Rule(OnTransport("stop"), (Pause(),)),
        Rule(OnTransport("continue"), (Resume(),)),
        on_go("x", prompt_of("hit")),
    )
    score = midi(section("long", 16, at_bar(1, "a"), at_bar(9, "b"), *rules))
    outcome, log = follow(score, ExternalClock((1.0, "start"), (10.0, "stop"), (20.0, "continue")))
    assert [one.kind for one in log if one.kind in ("pause", "resume")] == ["pause", "resume"]
    assert outcome.report.all_landed
    assert any(isinstance(one, ChunkShown) for one in log)


def test_a_frame_whose_cue_is_of_a_pass_that_a_jump_took_away_is_noted_all_the_same() -> None:
    jam = live("jam", 8, at_bar(1, "jam"), on_go("again", Goto("jam")))
    score = midi(section("intro", 3, at_bar(1, "intro")), section("drop", 4), jam, bpm=140)
    shown = 0
    for jump in range(
        36, 48
    ):  # half a second each: before and after the second pass of jam is made and shown
        external = ExternalClock((0.0, 140.0), (0.0, "start"), (jump / 2, ("locate", 4.25)))
        outcome, log = follow(score, external, events=["go again@15s", "go out@100s"])
        assert outcome.report.ended == "the score is over"
        at = next(one.at for one in log if isinstance(one, TransportLocated))
        again = [cue for cue in outcome.report.cues if cue.place == "1.1" and cue.section == "jam"]
        for cue in again:
            seen = [
                one.at for one in log if isinstance(one, ChunkShown) and one.chunk == cue.landed
            ]
            if cue.landed is not None and seen and seen[0] > at and again.index(cue) == 1:
                shown += 1
                assert cue.shown_off_ms is None
                assert cue.reason == "the clock was moved before it was shown"
    assert shown


def test_after_a_stall_the_run_catches_up_with_the_clock() -> None:
    """Chunk 8 takes 20 s longer while the clock runs on: cues that it passed are not caught up on,
    later ones are on time.
    """
    external = ExternalClock((5.0, "start"))
    outcome, log = follow(
        midi(LONG), external, Faults.model_validate({"slow": [{"chunk": 8, "by": "20s"}]})
    )
    report = outcome.report
    (stall,) = report.stalls
    assert (stall.chunk, stall.chunks) == (8, 1)
    cues = {cue.place: cue for cue in report.cues}
    passed = ("11.1", "13.1", "15.1", "17.1")
    assert [cues[position].status for position in passed] == [Status.OVERTAKEN] * 4
    assert not {"p11", "p13", "p15", "p17"} & {
        one.prompt for one in log if isinstance(one, ChunkDone | SchedulePrompt)
    }
    on_time = [cue for cue in report.cues if int(cue.place.split(".")[0]) >= 21]
    assert len(on_time) == 6
    assert all(cue.status is Status.LANDED and cue.landed == cue.planned for cue in on_time)
    quarters = {cue.number: 4.0 * (int(cue.place.split(".")[0]) - 1) for cue in report.cues}
    assert off_by_more_than_it_must(on_time, external, log, quarters) == []
    assert cues["19.1"].status is Status.LANDED, (
        "what is in force when the model goes on comes as soon as it can"
    )
    assert "could not be reached any more" in cues["19.1"].reason
    # 32 bars are 64 s and include the stall of 20 s, so correspondingly fewer chunks were made
    assert report.chunks == pytest.approx((64 - 20) / CHUNK, abs=2)


def test_the_lag_is_measured_where_every_take_is_cut_before_it_is_seen() -> None:
    """Takes last two seconds, and their frames are shown three seconds after they are made."""
    sections = "".join(
        f'section s{number} 1 bars, cut {{\n  at 1 "p{number}"\n}}\n' for number in range(1, 9)
    )
    score = reads(f"grid 12 frames @ 24 fps\nclock midi, 4/4, nominal 120 bpm\n{sections}")
    outcome, log = follow(
        score, ExternalClock((5.0, "start")), Faults.model_validate({"delays": {"shown": "3s"}})
    )
    first = next(index for index, one in enumerate(log) if isinstance(one, ChunkShown))
    lags = [one.lag for one in log[first:] if isinstance(one, BoundariesFitted)]
    assert outcome.report.takes > 5
    assert all(3_450_000_000 <= lag <= 3_500_000_000 for lag in lags)
