"""The loop of a run: the order of journal, stage and watchers; scripted events; how a run ends; and
a journal that fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sequencer.api.scripted_events import read_event
from sequencer.core.errors import OutputError, ScheduleError, StageError
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of, read_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command, ModelCommand, Upload
from sequencer.events.events import ChunkDone, Started, StopRequested
from sequencer.language.compiler import compile_score
from sequencer.runtime.loop import Outcome, Performance, require_prompt
from sequencer.schedule.model import Schedule
from sequencer.stages.protocol import Deliver
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_chunk, on_chunks, on_go

SCHEDULE = compile_score(on_chunks(at_chunk(0, "A."), at_chunk(3, "B."), on_go("x", "C."), end=6))


class Run:
    """A performance on the simulator in virtual time, with a log of what happens in which
    order.
    """

    def __init__(
        self,
        *events: str,
        schedule: Schedule = SCHEDULE,
        journal: JournalWriter | None = None,
        open_stage: Callable[[Deliver], Any] | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.log: list[str] = []
        self.warnings: list[str] = []
        self.seen: list[tuple[Event, Sequence[Command]]] = []
        inner = SimulatedStage(self.clock, settings=SimulatedSettings(schedule.grid))
        log = self.log

        class Stage:
            """The simulator, or one that opens in another way."""

            async def open(self, deliver: Deliver) -> None:
                await (inner.open(deliver) if open_stage is None else open_stage(deliver))
                log.append("open")

            async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
                log.append("send " + " ".join(command.kind for command in commands))
                if open_stage is None:
                    await inner.send(commands)

            async def close(self) -> None:
                log.append("close")
                await inner.close()

        self.performance = Performance(
            schedule,
            Stage(),
            self.clock,
            journal=journal,
            script=[read_event(one, schedule) for one in events],
            watchers=[self._watch],
            warn=self.warnings.append,
        )

    def _watch(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        assert conductor is self.performance.conductor
        self.seen.append((event, commands))
        self.log.append(f"watch {event.kind}")

    def play(self) -> Outcome:
        async def before_close() -> None:
            self.log.append("before close")

        return asyncio.run(self.performance.run(before_close))


def test_a_schedule_without_a_prompt_at_its_beginning_cannot_start() -> None:
    require_prompt(SCHEDULE)
    with pytest.raises(ScheduleError):
        require_prompt(replace(SCHEDULE, takes=()))
    opening = replace(SCHEDULE.takes[0].opening, prompt="")
    with pytest.raises(ScheduleError):
        Performance(
            replace(SCHEDULE, takes=(replace(SCHEDULE.takes[0], opening=opening),)),
            None,  # type: ignore[arg-type]  # never opened
            VirtualClock(),
        )


def test_a_run_goes_from_open_to_close() -> None:
    run = Run()
    outcome = run.play()
    assert run.log[0] == "open"
    assert run.log[-2:] == ["before close", "close"]
    assert outcome.report.ended_well
    assert (outcome.journal_failure, outcome.unreached, outcome.unanswered, run.warnings) == (
        None,
        (),
        (),
        [],
    )
    assert outcome.report.chunks == 6


def test_commands_of_one_event_are_sent_together_before_it_is_watched() -> None:
    run = Run()
    run.play()
    ready = run.log.index("watch ready")
    assert run.log[ready - 1].startswith("send ")
    model = [
        [command.kind for command in commands if isinstance(command, Upload | ModelCommand)]
        for _, commands in run.seen
    ]
    assert [line for line in run.log if line.startswith("send ")] == [
        f"send {' '.join(kinds)}" for kinds in model if kinds
    ]


def test_every_event_and_command_is_in_the_journal_in_the_order_of_the_run(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    run = Run("go x@2c", journal=JournalWriter(path, header_of(SCHEDULE, {}, {})))
    run.play()
    journal = read_journal(path)
    *records, last = journal.records
    written = [record.event or record.command for record in records]
    assert written == [one for event, commands in run.seen for one in (event, *commands)]
    assert last.end == run.performance.conductor.ended


@pytest.mark.parametrize(
    ("event", "chunks_before"),
    [("go x@2c", 2), ("go x@0c", 0), ("go x@3s", 2)],  # a chunk lasts 1.375 s
)
def test_scripted_events_occur_at_their_time(event: str, chunks_before: int) -> None:
    run = Run(event)
    outcome = run.play()
    kinds = [one.kind for one, _ in run.seen]
    assert kinds[: kinds.index("go")].count("chunk_done") == chunks_before
    assert outcome.unreached == ()


def test_an_event_in_seconds_counts_from_the_first_start() -> None:
    run = Run("go x@3s")
    run.play()
    started = next(event.at for event, _ in run.seen if isinstance(event, Started))
    assert [event.at - started for event, _ in run.seen if event.kind == "go"] == [3_000_000_000]


@pytest.mark.parametrize("event", ["go x@99c", "go x@99s"])
def test_a_scripted_event_after_the_end_is_reported(event: str) -> None:
    run = Run(event)
    assert run.play().unreached == (event,)
    (warning,) = run.warnings
    assert repr(event) in warning


def test_a_scripted_event_that_nothing_waits_for_is_reported() -> None:
    run = Run("go y@2c", "go x@3c")
    outcome = run.play()
    assert (outcome.unreached, outcome.unanswered) == ((), ("go y@2c",))
    (warning,) = run.warnings
    assert "'go y@2c'" in warning


def test_a_stage_that_cannot_be_opened_is_closed() -> None:
    async def fail(_deliver: Deliver) -> None:
        raise StageError("not reachable")

    run = Run(open_stage=fail)
    with pytest.raises(StageError, match="not reachable"):
        run.play()
    assert run.log == ["close"]


def test_closing_a_run_ends_the_wait_for_its_stage() -> None:
    cancelled = list[bool]()

    async def hang(_deliver: Deliver) -> None:
        asyncio.get_running_loop().call_soon(run.performance.close, "enough")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    run = Run(open_stage=hang)
    outcome = run.play()
    assert (outcome.report.ended, cancelled, run.log[-1]) == ("enough", [True], "close")


def test_a_run_in_which_nothing_more_can_happen_ends() -> None:
    async def deliver_nothing(_deliver: Deliver) -> None:
        pass

    run = Run(open_stage=deliver_nothing)
    assert not run.play().report.ended_well
    assert any(isinstance(event, StopRequested) for event, _ in run.seen)
    assert run.log[-1] == "close"


def test_watchers_can_be_added_later() -> None:
    run, kinds = Run(), list[str]()
    run.performance.add_watcher(lambda event, commands, conductor: kinds.append(event.kind))
    run.play()
    assert kinds == [event.kind for event, _ in run.seen]


@pytest.mark.parametrize(
    ("recovers", "failure", "warnings"), [(True, None, 2), (False, "disk full", 1)]
)
def test_a_journal_that_fails_never_stops_the_show(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recovers: bool,
    failure: str | None,
    warnings: int,
) -> None:
    path, fails = tmp_path / "journal.jsonl", False
    real = JournalWriter.flush

    def flush(journal: JournalWriter) -> None:
        if fails:
            raise OutputError("disk full")
        real(journal)

    monkeypatch.setattr(JournalWriter, "flush", flush)
    run = Run(journal=JournalWriter(path, header_of(SCHEDULE, {}, {})))

    def fail(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        nonlocal fails
        if isinstance(event, ChunkDone):
            fails = event.chunk < 3 or not recovers

    run.performance.add_watcher(fail)
    outcome = run.play()
    assert outcome.report.ended_well
    assert (outcome.journal_failure, len(run.warnings)) == (failure, warnings)
    assert "disk full" in run.warnings[0]
    if recovers:
        events = [record.event for record in read_journal(path).records if record.event is not None]
        assert events == [event for event, _ in run.seen]


def test_a_run_that_never_starts_closes_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    run = Run(journal=JournalWriter(path, header_of(SCHEDULE, {}, {})))
    run.performance.put_away()
    journal = read_journal(path)
    assert (journal.records, journal.cut_off) == ((), False)


def test_the_takes_of_a_stage_are_those_of_the_run() -> None:
    assert [Run().performance.take(number) for number in (1, 2)] == [1, 2]
