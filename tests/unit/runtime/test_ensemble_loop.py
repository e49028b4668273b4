"""The loop of a run on several stages: opening, closing, watchers, and a lost reference."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from sequencer.core.errors import StageError
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command, ModelCommand, SendMidi, Upload
from sequencer.events.events import ChunkDone, NoteReceived, StopRequested
from sequencer.runtime.ensemble_loop import EnsemblePerformance
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.protocol import Deliver, Stage
from sequencer.stages.simulated.faults import End, Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.ensembles import ensemble_of_texts

TEXT = 'at 0c "A."\nat 2c midi note C3\nat 3c "B."\nend 6c\n'
SCHEDULE = ensemble_of_texts({"left": TEXT, "right": TEXT})


class Unreachable:
    """A stage that cannot be opened."""

    def __init__(self) -> None:
        self.closed = 0

    async def open(self, deliver: Deliver) -> None:
        raise StageError("nobody answers")

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        raise AssertionError("nothing is sent to it")

    async def close(self) -> None:
        self.closed += 1


def performance_of(
    left: Stage | Faults,
    right: Stage | Faults,
    schedule: EnsembleSchedule = SCHEDULE,
    **more: object,
) -> tuple[EnsemblePerformance, list[str]]:
    """Return a performance in virtual time, and the list of its warnings."""
    clock, warnings = VirtualClock(), list[str]()

    def stage(one: Stage | Faults) -> Stage:
        if not isinstance(one, Faults):
            return one
        return SimulatedStage(clock, settings=SimulatedSettings(schedule.reference.grid, one))

    stages = {"left": stage(left), "right": stage(right)}
    return (
        EnsemblePerformance(
            schedule,
            stages,
            clock,
            warn=warnings.append,
            following=False,
            **more,  # type: ignore[arg-type]  # the tests pass known options
        ),
        warnings,
    )


def test_a_stage_that_cannot_be_opened_is_lost() -> None:
    unreachable = Unreachable()
    performance, warnings = performance_of(Faults(), unreachable)
    asyncio.run(performance.run())
    assert performance.ensemble.lost == ("right",)
    assert "it could not be opened: nobody answers" in warnings[0]
    assert performance.conductor.view.is_complete
    assert unreachable.closed == 1


def test_if_none_can_be_opened_nothing_begins() -> None:
    performance, _ = performance_of(Unreachable(), Unreachable())
    with pytest.raises(StageError, match="nobody answers"):
        asyncio.run(performance.run())


def test_the_operator_ends_all() -> None:
    performance, _ = performance_of(Faults(), Faults())

    def stop(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, ChunkDone) and event.chunk == 2:
            performance.deliver(StopRequested(event.at, "enough"))

    performance.add_watcher(stop)
    asyncio.run(performance.run())
    assert performance.ended == "enough"
    assert {one.ended for one in performance.ensemble.conductors.values()} == {"enough"}
    assert performance.ensemble.lost == ()


def test_messages_are_sent_once_and_go_on_when_the_reference_is_lost() -> None:
    sent: list[Command] = []
    followed: list[Conductor] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        sent.extend(one for one in commands if isinstance(one, SendMidi))
        followed.append(conductor)

    performance, _ = performance_of(Faults(), Faults(), watchers=[watch])
    asyncio.run(performance.run())
    whole = len(sent)
    assert whole == 2  # the note and its end
    sent.clear()
    performance, _ = performance_of(Faults(end=End(chunk=1)), Faults(), watchers=[watch])
    asyncio.run(performance.run())
    assert len(sent) == whole
    assert followed[-1] is performance.ensemble.conductors["right"]


def test_each_stage_has_watchers_of_its_own() -> None:
    seen: dict[str, int] = {"left": 0, "right": 0}

    def watcher(name: str) -> object:
        def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
            seen[name] += isinstance(event, ChunkDone)

        return watch

    performance, _ = performance_of(
        Faults(), Faults(), stage_watchers={name: [watcher(name)] for name in seen}
    )
    asyncio.run(performance.run())
    assert seen["left"] == seen["right"] >= 6


def test_an_event_is_answered_if_any_stage_waits_for_it() -> None:
    schedule = ensemble_of_texts({"left": TEXT, "right": f'{TEXT}on note D3 -> "C."\n'})
    performance, _ = performance_of(Faults(), Faults(), schedule)
    assert performance.explain_unanswered(NoteReceived(1, 62)) is None
    found = performance.explain_unanswered(NoteReceived(1, 64))
    assert found is not None
    assert found.message == "nothing waits for note E3"


def test_a_lost_stage_waits_for_nothing() -> None:
    schedule = ensemble_of_texts({"left": TEXT, "right": f'{TEXT}on note D3 -> "C."\n'})
    performance, _ = performance_of(Faults(), Unreachable(), schedule)
    found = []

    def look(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, ChunkDone) and event.chunk == 2:
            found.append(performance.explain_unanswered(NoteReceived(event.at, 62)))

    performance.add_watcher(look)
    asyncio.run(performance.run())
    assert performance.ensemble.lost == ("right",)
    assert [one is not None for one in found] == [True]
