"""Following runs: places are bound to chunks late, by what an outer clock and the model really do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from by_hand import at_bar, live, on_beats, on_go, say, section

from sequencer.clocks import VirtualClock
from sequencer.compiler import compile_score
from sequencer.conductor import Conductor, CueReport, Status
from sequencer.events import (
    ChunkDone,
    ChunkShown,
    ClockFitted,
    ClockLocated,
    ClockMoved,
    Command,
    Event,
    SchedulePrompt,
    Start,
)
from sequencer.journal import JournalWriter, header_of
from sequencer.performance import Outcome, Performance
from sequencer.replaying import replay
from sequencer.score import ClockKind, ClockLine, Header, Score
from sequencer.stages.simulated import Faults, SimulatedSettings, SimulatedStage

SECOND = 1_000_000_000
CHUNK = 1.375
Move = float | str | tuple[str, float]


class Gear:
    """An outer clock in virtual time. Moves are (seconds, what): a tempo, a transport word or a quarter to go to."""

    def __init__(self, *moves: tuple[float, Move], every: float = 0.1) -> None:
        self.moves = moves
        self.every = every
        self.history: list[tuple[float, float, float]] = []  # (time, quarter, quarters a second)
        self._quarter, self._time, self._rate, self._tempo = 0.0, 0.0, 0.0, 2.0

    def quarter_at(self, seconds: float) -> float:
        return self._quarter + (seconds - self._time) * self._rate

    def time_of(self, quarter: float) -> float:
        """When the gear really was at a quarter, the last time."""
        for time, start, rate in reversed(self.history):
            if rate > 0 and start <= quarter:
                return time + (quarter - start) / rate
        raise AssertionError(f"never at {quarter}")

    def plug(self, clock: VirtualClock, deliver: Callable[[Event], None]) -> None:
        for seconds, what in self.moves:
            clock.call_at(int(seconds * SECOND), lambda seconds=seconds, what=what: self._move(seconds, what, deliver))  # type: ignore[misc]  # binds now
        self._tick(clock, deliver)

    def _move(self, seconds: float, what: Move, deliver: Callable[[Event], None]) -> None:
        at = int(seconds * SECOND)
        self._quarter, self._time = self.quarter_at(seconds), seconds
        match what:
            case "start":
                self._quarter, self._rate = 0.0, self._tempo
                deliver(ClockMoved(at, "start"))
            case "continue":
                self._rate = self._tempo
                deliver(ClockMoved(at, "continue"))
            case "stop":
                self._rate = 0.0
                deliver(ClockMoved(at, "stop"))
            case ("locate", quarter):
                self._quarter = quarter
                deliver(ClockLocated(at, quarter))
            case float(bpm):
                self._tempo = bpm / 60
                self._rate = self._tempo if self._rate else 0.0
            case _:
                raise AssertionError(f"{what} is no move")
        self.history.append((seconds, self._quarter, self._rate))
        self._fit(at, deliver)

    def _fit(self, at: int, deliver: Callable[[Event], None]) -> None:
        if self._rate:
            deliver(ClockFitted(at, self.quarter_at(at / SECOND), at, self._rate / SECOND))

    def _tick(self, clock: VirtualClock, deliver: Callable[[Event], None]) -> None:
        self._fit(clock.now(), deliver)
        clock.call_at(clock.now() + int(self.every * SECOND), lambda: self._tick(clock, deliver))


def follow(
    score: Score, gear: Gear, faults: Faults | None = None, journal: Path | None = None
) -> tuple[Outcome, list[Event | Command]]:
    schedule = compile_score(score)
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid, faults or Faults()))
    log: list[Event | Command] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        log.append(event)
        log.extend(commands)
        if event.at > 600 * SECOND:
            run.close("the test took too long")

    writer = None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}))
    run = Performance(schedule, stage, clock, writer, watchers=[watch])
    gear.plug(clock, run.deliver)
    return asyncio.run(run.run()), log


def midi(*sections: object, bpm: int = 120) -> Score:
    clock = ClockLine(ClockKind.MIDI, Fraction(bpm))
    return on_beats(*sections, header=Header(clock=clock, seed=3))  # type: ignore[arg-type]  # sections, as callers give them


LONG = section("long", 32, *(at_bar(bar, f"p{bar}") for bar in range(1, 32, 2)))


def off_by_more_than_it_must(
    cues: Sequence[CueReport], gear: Gear, log: Sequence[object], quarters: dict[int, float]
) -> list[CueReport]:
    """The cues whose chunk was not the one that was seen nearest to their beat, or its neighbour at a near tie.

    Those that say that they could not be reached are left out: a change is seen a chunk behind the chunk's beginning, and a
    prompt must leave two chunks before that.
    """
    seen = [one.at / SECOND for one in log if isinstance(one, ChunkShown)]
    wrong = []
    for cue in cues:
        beat = gear.time_of(quarters[cue.number])
        best = min(abs(time - beat) for time in seen)
        landed = abs(seen[min(cue.landed or 0, len(seen) - 1)] - beat)
        if landed - best > 0.05 and "could not be reached" not in cue.reason:
            wrong.append(cue)
    return wrong


def test_the_model_is_warm_and_starts_on_the_clocks_first_beat() -> None:
    outcome, log = follow(midi(LONG), Gear((20.0, "start")))
    start = log.index(Start())
    before = log[start - 1]
    assert isinstance(before, ClockMoved)
    assert before.at == 20 * SECOND
    assert outcome.report.all_landed


@pytest.mark.parametrize("bpm", [100.0, 120.0, 126.0, 141.3])
def test_cues_land_where_the_gear_is_not_where_the_score_thought(bpm: float) -> None:
    gear = Gear((0.0, bpm), (5.0, "start"))
    outcome, log = follow(midi(LONG), gear)
    assert outcome.report.all_landed
    quarters = {cue.number: 4.0 * (int(cue.place.split(".")[0]) - 1) for cue in outcome.report.cues}
    assert off_by_more_than_it_must(outcome.report.cues[1:], gear, log, quarters) == []
    # 32 bars last 128 quarters of the gear's own tempo
    assert outcome.report.chunks == pytest.approx(128 * 60 / bpm / CHUNK, abs=2)


def test_a_tempo_step_moves_what_is_not_committed() -> None:
    gear = Gear((5.0, "start"), (25.0, 90.0), (50.0, 150.0))
    outcome, log = follow(midi(LONG), gear)
    assert outcome.report.all_landed
    quarters = {cue.number: 4.0 * (int(cue.place.split(".")[0]) - 1) for cue in outcome.report.cues}
    wrong = off_by_more_than_it_must(outcome.report.cues[1:], gear, log, quarters)
    assert len(wrong) <= 2, "only what was within reach when the tempo changed"
    assert all("inside the reach" in cue.reason for cue in wrong)


def test_a_sent_prompt_is_never_sent_again_for_another_chunk() -> None:
    _, log = follow(midi(LONG), Gear((5.0, "start"), (25.0, 90.0), (50.0, 150.0)))
    chunks: dict[str, set[int]] = {}
    for one in log:
        if isinstance(one, SchedulePrompt):
            chunks.setdefault(one.prompt, set()).add(one.chunk)
    assert all(len(there) == 1 for there in chunks.values())


def test_stop_freezes_the_music_and_continue_goes_on() -> None:
    gear = Gear((5.0, "start"), (21.0, "stop"), (51.0, "continue"))
    outcome, log = follow(midi(LONG), gear)
    assert outcome.report.all_landed
    shown = {cue.place: cue.landed for cue in outcome.report.cues}
    # bar 9 is at quarter 32 = 16 s behind the start, the moment of the stop; bar 13 comes 8 s behind the continue
    assert shown["13.1"] is not None
    seen = [one.at / SECOND for one in log if isinstance(one, ChunkShown)]
    assert abs(seen[shown["13.1"]] - 59.0) <= CHUNK / 2 + 0.05


def test_a_locate_brings_what_is_in_force_there_and_plays_nothing_in_between() -> None:
    gear = Gear((5.0, "start"), (15.0, "stop"), (16.0, ("locate", 74.0)), (17.0, "continue"))
    outcome, log = follow(midi(LONG), gear)
    prompts = [one.prompt for one in log if isinstance(one, ChunkDone)]
    shown = [prompt for index, prompt in enumerate(prompts) if index == 0 or prompts[index - 1] != prompt]
    # at 15 s bars 1 to 5 were played; quarter 74 is in bar 19: what is in force is bar 19's
    assert shown[:3] == ["p1", "p3", "p5"]
    assert "p19" in shown and "p21" in shown
    assert not {"p9", "p11", "p13", "p15"} & set(shown)
    skipped = [cue.place for cue in outcome.report.cues if cue.status is Status.SKIPPED]
    assert "11.1" in skipped


def test_a_live_section_is_left_on_the_gears_bar_line() -> None:
    score = midi(section("in", 4, at_bar(1, "a")), live("jam", 32, at_bar(1, "b")), section("out", 4, at_bar(1, "c")))
    gear = Gear((0.0, 100.0), (2.0, "start"))
    schedule = compile_score(score)
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    from sequencer.performance import scripted

    run = Performance(schedule, stage, clock, None, [scripted("go out@20c")])
    gear.plug(clock, run.deliver)
    report = asyncio.run(run.run()).report
    assert report.all_landed
    end = next(cue for cue in report.cues if cue.section == "out")
    assert end.error_ms is not None
    assert abs(end.error_ms) <= CHUNK * 500 + 60


def test_an_exit_max_counts_on_while_the_clock_stands() -> None:
    score = midi(section("in", 4, at_bar(1, "a")), live("jam", 4, at_bar(1, "b")), section("out", 2, at_bar(1, "c")))
    outcome, log = follow(score, Gear((1.0, "start"), (10.0, "stop"), (60.0, "continue")))
    prompts = [(one.at / SECOND, one.prompt) for one in log if isinstance(one, ChunkDone)]
    first = next(at for at, prompt in prompts if prompt == "c")
    assert first < 30.0, "four bars at the nominal tempo are eight seconds"
    assert outcome.report.all_landed


def test_jittering_chunks_and_a_replay(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    faults = Faults.model_validate({"jitter": "120ms", "seed": 4, "fps": "21"})
    outcome, _ = follow(midi(LONG), Gear((5.0, "start"), (40.0, 128.0)), faults, journal)
    assert outcome.report.all_landed
    cues = [cue for cue in outcome.report.cues[1:] if "could not be reached" not in cue.reason]
    errors = [abs(cue.error_ms) for cue in cues if cue.error_ms is not None]
    assert len(errors) >= 14
    assert max(errors) < 33 / 21 * 500 + 400
    assert replay(journal).is_equal


def test_rules_hear_the_transport() -> None:
    from sequencer.score import OnTransport, Pause, Resume, Rule

    rules = (Rule(OnTransport("stop"), (Pause(),)), Rule(OnTransport("continue"), (Resume(),)), on_go("x", say("hit")))
    score = midi(section("long", 16, at_bar(1, "a"), at_bar(9, "b"), *rules))
    outcome, log = follow(score, Gear((1.0, "start"), (10.0, "stop"), (20.0, "continue")))
    assert [one.kind for one in log if one.kind in ("pause", "resume")] == ["pause", "resume"]
    assert outcome.report.all_landed
    assert any(isinstance(one, ChunkShown) for one in log)
