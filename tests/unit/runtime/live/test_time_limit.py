"""How long a run may last, and how long it may wait for its operator, in virtual time."""

from __future__ import annotations

import asyncio

from sequencer.core.timebase import SECOND
from sequencer.events.events import BeginRequested, Started
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.live.time_limit import TimeLimit
from sequencer.runtime.loop import Performance
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

LONG = compile_score(reads('at 0c "a"\nend 4000c\n'))


def ended(limit: int, wait_limit: int | None, begin_at: int | None = None) -> tuple[str, int, bool]:
    """Return why a run ended, in which second, and whether it waited too long."""
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(LONG.grid))
    performance = Performance(LONG, stage, clock, waits_for_go=wait_limit is not None)
    limits = TimeLimit(performance, clock, 0, lambda _: limit, wait_limit)
    started: list[int] = []

    def watch(event: object, commands: object, conductor: object) -> None:
        if isinstance(event, Started):
            limits.handle(event)
            started.append(event.at)

    performance.add_watcher(watch)
    limits.check()
    if begin_at is not None:
        clock.call_at(begin_at, lambda: performance.deliver(BeginRequested(clock.now())))
    outcome = asyncio.run(performance.run())
    since = started[0] if started and wait_limit is not None else 0
    return outcome.report.ended, (clock.now() - since) // SECOND, limits.waited_too_long


def test_a_run_that_begins_at_once_has_one_limit() -> None:
    assert ended(90 * SECOND, None) == ("--max-minutes: 1.5 minutes are over", 90, False)


def test_an_armed_run_ends_if_nobody_begins_it() -> None:
    found = ended(90 * SECOND, 150 * SECOND)
    assert found == ("--warm-minutes: it waited 2.5 minutes for a GO", 150, True)


def test_the_time_of_an_armed_run_counts_from_its_first_take() -> None:
    found = ended(90 * SECOND, 150 * SECOND, begin_at=140 * SECOND)
    assert found == ("--max-minutes: 1.5 minutes are over", 90, False)
