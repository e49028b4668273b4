"""A session that was kept shows nothing of the run that has left it: on the simulator in virtual
time, and over WebRTC against a local server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of, read_journal
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Upload
from sequencer.events.events import (
    BeginRequested,
    ChunkDone,
    ChunkShown,
    ConditionsReady,
    Ready,
    SessionEnded,
    StateReported,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut, Score, SetSr, SetStrength, SuperResolution, UseImage
from sequencer.models.catalog import NAMES, find_spec
from sequencer.runtime.loop import Performance
from sequencer.schedule.model import Schedule
from sequencer.server.app import StageServer
from sequencer.stages.kept_session import (
    DEFAULT_STRENGTH,
    ModelHandover,
    SessionHandover,
    settings_after_reset,
)
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import RealClock, VirtualClock
from tests.support.builders import at_chunk, on_chunks
from tests.support.reactor_fixtures import image_file, local_server, schedule, settings_for

SECOND = 10**9
IMAGE, DATA = image_file()


def first_score() -> Score:
    """Return a score that leaves as much as possible: settings, an image, a second take."""
    return on_chunks(
        at_chunk(
            0,
            "a red field",
            SetStrength(Fraction(1, 4)),
            UseImage("a.png"),
            SetSr(SuperResolution.X4),
        ),
        at_chunk(3, Cut(seed=77), "a blue sea"),
        end=6,
    )


def second_score() -> Score:
    return on_chunks(at_chunk(0, "green hills"), at_chunk(3, "a dawn", UseImage("b.png")), end=8)


class Run:
    """A run on a stage, and what was observed."""

    def __init__(self, plan: Schedule, stage: Any, clock: Any, **options: Any) -> None:
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.stage = stage
        self.performance = Performance(plan, stage, clock, watchers=[self._watch], **options)
        self.kept = False

    def _watch(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        self.events.append(event)
        self.commands.extend(commands)
        if conductor.view.waits_for_go and isinstance(event, ConditionsReady):
            self.performance.deliver(BeginRequested(event.at))

    async def _keep(self) -> None:
        self.kept = self.stage.keep()

    async def play(self) -> None:
        outcome = await self.performance.run(before_close=self._keep)
        assert outcome.report.all_landed, outcome.report

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.events if isinstance(one, kind)]


def play_both(
    faults: Faults, journal: Path | None = None, *, waits_for_go: bool = False
) -> tuple[Run, Run]:
    """Play both scores in one session of the simulator, each in a virtual time of its own."""
    plans = [compile_score(one) for one in (first_score(), second_score())]

    async def both() -> tuple[Run, Run]:
        clock = VirtualClock()
        settings = SimulatedSettings(plans[0].grid, faults)
        first = Run(plans[0], SimulatedStage(clock, settings=settings), clock)
        await first.play()
        assert first.kept
        handover = await first.stage.take_over()
        await first.stage.forget()
        clock = VirtualClock(5)
        header = header_of(plans[1], {}, {}, waits_for_go=waits_for_go)
        second = Run(
            plans[1],
            SimulatedStage(clock, settings=settings, adopt=handover),
            clock,
            journal=None if journal is None else JournalWriter(journal, header),
            waits_for_go=waits_for_go,
        )
        await second.play()
        return first, second

    return asyncio.run(both())


@pytest.mark.parametrize("reset_keeps", [False, True])
def test_nothing_of_the_score_before_remains(reset_keeps: bool) -> None:
    _, second = play_both(Faults(reset_keeps=reset_keeps))
    assert second.events[0].kind == "ready"
    assert second.of(Ready)[0].stage == "simulated, session kept"
    states = second.of(StateReported)
    assert {one.prompt for one in states} == {None, "green hills", "a dawn"}
    assert not states[0].started and not states[0].image_set
    assert states[-1].strength == DEFAULT_STRENGTH, "also where a reset keeps it"
    done = second.of(ChunkDone)
    assert [one.chunk for one in done] == list(range(len(done))), (
        "the chunks count from the new take"
    )
    assert {one.prompt for one in done} == {"green hills", "a dawn"}
    assert all(one.take == 1 for one in second.of(ChunkShown))
    seeds = [one for one in second.commands if one.kind == "set_seed"]
    scales = [one for one in second.commands if one.kind == "set_sr_scale"]
    assert [one.seed for one in seeds] == [3] and [one.scale for one in scales] == ["2x"]


def test_the_second_run_is_as_in_a_session_of_its_own() -> None:
    """Its commands and chunks are those of a session that began with it."""
    _, kept = play_both(Faults())

    async def alone() -> Run:
        clock = VirtualClock()
        plan = compile_score(second_score())
        stage = SimulatedStage(clock, settings=SimulatedSettings(plan.grid))
        run = Run(plan, stage, clock)
        await run.play()
        return run

    own = asyncio.run(alone())
    assert [one for one in kept.commands if one.kind != "wake_at"] == [
        one for one in own.commands if one.kind != "wake_at"
    ]
    assert [(one.chunk, one.prompt) for one in kept.of(ChunkDone)] == [
        (one.chunk, one.prompt) for one in own.of(ChunkDone)
    ]


def test_the_journal_of_an_armed_run_in_a_kept_session_replays_alone(tmp_path: Path) -> None:
    play_both(Faults(), tmp_path / "journal.jsonl", waits_for_go=True)
    journal = read_journal(tmp_path / "journal.jsonl")
    assert journal.waits_for_go and replay(journal).is_equal
    assert sum(isinstance(one.event, BeginRequested) for one in journal.records) == 1
    at_once = {name: one for name, one in journal.header.items() if name != "waits_for_go"}
    assert not replay(replace(journal, header=at_once)).is_equal, (
        "the header decides that it waited"
    )


def test_a_reset_that_is_refused_ends_the_session() -> None:
    faults = Faults.model_validate({"refuse": [{"command": "reset", "nth": 2}]})
    with pytest.raises(AssertionError, match="the model refused a reset"):
        play_both(faults)


def test_a_session_that_ended_is_not_kept() -> None:
    async def go() -> None:
        clock = VirtualClock()
        faults = Faults.model_validate({"end": {"at": "2s", "reason": "over"}})
        stage = SimulatedStage(clock, settings=SimulatedSettings(faults=faults))
        run = Run(compile_score(second_score()), stage, clock)
        with pytest.raises(AssertionError):
            await run.play()
        assert run.of(SessionEnded) and not run.kept
        with pytest.raises(StageError, match="has ended"):
            await stage.take_over()

    asyncio.run(go())


def test_the_strength_is_set_only_for_models_that_have_one() -> None:
    for name in NAMES:
        spec = find_spec(name)
        assert bool(settings_after_reset(spec)) == (spec.strength is not None)


# ---- over WebRTC ---------------------------------------------------------------------------------


def live_plan(prompt: str) -> Schedule:
    return schedule(at_chunk(0, prompt, UseImage(IMAGE.path)), end=4)


async def reactor_run(
    server: StageServer, prompt: str, handover: SessionHandover | ModelHandover | None, **more: Any
) -> Run:
    """Play a short score in a session, which is kept."""
    changes: dict[str, Any] = dict(more)
    if isinstance(handover, SessionHandover):
        changes |= {
            "adopt": handover.session,
            "uploaded": handover.uploaded,
            "received_events": handover.received_events,
            "made_at": handover.made_at,
            "kept_at": handover.kept_at,
            "clears": True,
        }
    clock = RealClock()
    stage = ReactorStage(clock, settings_for(server.url, **changes), images={IMAGE.sha256: DATA})
    run = Run(live_plan(prompt), stage, clock)
    async with asyncio.timeout(120):
        await run.play()
    return run


@pytest.mark.slow
@pytest.mark.parametrize("local", [True, False])
def test_two_runs_in_one_session(local: bool) -> None:
    async def go() -> None:
        async with local_server() as server:
            first = await reactor_run(server, "a red field", None, local=local)
            assert first.kept and server.session is not None
            session = server.session
            assert session.ended is None, "closing the stage has not ended the session"
            made = len(session.show.made)
            handover = await first.stage.take_over()
            second = await reactor_run(server, "green hills", handover, local=local)
            await first.stage.forget()
            assert server.session is session and session.ended is None
            assert len(session.show.made) > made
            assert {one.prompt for one in second.of(ChunkDone)} == {"green hills"}
            assert next(one.chunk for one in second.of(ChunkDone)) == 0
            assert {one.prompt for one in second.of(StateReported)} <= {None, "green hills"}
            assert all(one.take == 1 for one in second.of(ChunkShown) if one.take)
            assert [one for one in second.commands if isinstance(one, Upload)]
            uploads = sum(one["event"] == "uploaded" for one in session.events)
            assert uploads == 1, "the image of the first run is there already"
            assert second.stage.measures().billed <= second.stage.kept_at - first.stage.kept_at
            await second.stage.end()
            await second.stage.end()
            assert session.ended is not None

    asyncio.run(go())


@pytest.mark.slow
def test_ending_a_session_that_was_handed_over_ends_no_other_one() -> None:
    async def go() -> None:
        async with local_server() as server:
            first = await reactor_run(server, "a red field", None)
            await first.stage.take_over()
            session = server.session
            assert session is not None
            await first.stage.end()
            assert session.ended is not None
            other = await reactor_run(server, "green hills", None)
            assert server.session is not session
            await first.stage.end()
            assert server.session is not None and server.session.ended is None
            await other.stage.end()

    asyncio.run(go())
