"""Invariants of every run that follows a clock, whatever the MIDI device does and in whatever
order, while a model plays.
"""

from __future__ import annotations

import asyncio
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SchedulePrompt
from sequencer.events.events import Started, TransportChanged, TransportLocated
from sequencer.language.compiler import compile_score
from sequencer.language.score import ClockKind, ClockLine, Header
from sequencer.runtime.loop import Outcome, Performance
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_bar, on_beats, section
from tests.support.midi_fixtures import (
    GoOn,
    Locate,
    MidiDevice,
    Move,
    Play,
    Start,
    Stop,
    Wait,
    steady,
)

SECOND = 1_000_000_000
BARS = 24
BACK = 0.3
"""How far, in quarters, a new fit may set the position back.

A stall or a tempo step makes the position run ahead, and so does the time without ticks (the clock
is not considered silent at once, because it may only be paused).
"""
SCHEDULE = compile_score(
    on_beats(
        section("set", BARS, *(at_bar(bar, f"p{bar}") for bar in range(1, BARS, 2))),
        header=Header(clock=ClockLine(kind=ClockKind.MIDI, bpm=Fraction(120)), seed=3),
    )
)


@dataclass(kw_only=True)
class Watch:
    """Checks what must hold at every event."""

    wrong: list[str] = field(default_factory=list)
    sent: dict[str, set[int]] = field(default_factory=dict)
    jumps: int = 0
    received: list[int] = field(default_factory=list)
    """When messages from the device arrived, in order."""
    _quarter: float = -1e9

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, TransportLocated | Started) or (
            isinstance(event, TransportChanged) and event.what == "start"
        ):
            self.jumps += isinstance(event, TransportLocated)
            self._quarter = -1e9  # the position may go back here: a jump, or the start of the score
        for command in commands:
            if isinstance(command, SchedulePrompt):
                self.sent.setdefault(command.prompt, set()).add(command.chunk)
                if conductor.phase is Phase.PLAYING and command.chunk <= conductor.making:
                    self.wrong.append(
                        f"{command} was sent while chunk {conductor.making} was being made"
                    )
        follow = conductor.view.clock
        here = None if follow is None else follow.quarter_at(event.at)
        if here is not None:
            if here < self._quarter - BACK - self._quarters_since(event.at):
                self.wrong.append(
                    f"the position went back from {self._quarter} to {here} at {event}"
                )
            self._quarter = here

    def _quarters_since(self, at: int) -> float:
        """Return how many quarters a clock moves, at the fastest tempo, between the last message
        before `at` and `at`.
        """
        before = bisect_left(self.received, at) - 1
        return (at - self.received[before]) / SECOND * FASTEST / 60 if before >= 0 else 0.0


FASTEST = 174.0
TEMPI = st.sampled_from([70.0, 96.0, 119.0, 120.0, 133.3, FASTEST])
MOVES = st.one_of(
    st.builds(Play, st.integers(1, 60).map(float), TEMPI.map(steady)),
    st.builds(Wait, st.floats(0.1, 8.0)),
    st.builds(Wait, st.floats(0.1, 4.0), TEMPI),
    st.just(Stop()),
    st.just(GoOn()),
    st.just(Start()),
    st.builds(Locate, st.integers(0, 4 * BARS).map(float)),
)
SLOW = st.lists(
    st.builds(
        lambda chunk, by: {"chunk": chunk, "by": f"{by}ms"},
        st.integers(0, 40),
        st.integers(1, 6000),
    ),
    max_size=3,
)


def plug(
    device: MidiDevice,
    clock: VirtualClock,
    feed: MidiFeed,
    run: Performance,
    unplugged: Sequence[float],
) -> None:
    """Plug in the device, and pull its cable for 1.5 s at each moment of `unplugged`."""
    gone = [(round(at * SECOND), round((at + 1.5) * SECOND)) for at in unplugged]
    device.messages = [
        one for one in device.messages if not any(first <= one[0] < last for first, last in gone)
    ]
    device.plug(clock, feed, run.deliver)
    for first, _ in gone:

        def pull(at: int = first) -> None:
            for event in feed.unplugged(at):
                run.deliver(event)

        clock.call_at(first, pull)


@given(
    moves=st.lists(MOVES, max_size=10),
    jitter=st.sampled_from([0.0, 0.001, 0.004]),
    lost=st.sampled_from([0.0, 0.02]),
    seed=st.integers(0, 1000),
    slow=SLOW,
    unplugged=st.lists(st.floats(2, 60), max_size=2),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_device(
    moves: list[Move],
    jitter: float,
    lost: float,
    *,
    seed: int,
    slow: list[dict[str, object]],
    unplugged: list[float],
) -> None:
    whole: list[Move] = [
        Start(),
        Play(8.0, steady(120.0)),
        *moves,
        GoOn(),
        Play(20.0, steady(120.0)),
    ]
    device = MidiDevice(*whole, jitter=jitter, lost=lost, doubled=lost / 2, seed=seed, begin=2.0)
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        outcome, watch = perform(
            device, {"jitter": "20ms", "seed": seed, "slow": slow}, unplugged, journal
        )
        assert watch.wrong == []
        assert outcome.report.refused == ()
        if not watch.jumps:
            moved = {prompt: chunks for prompt, chunks in watch.sent.items() if len(chunks) > 1}
            assert moved == {}, "what is committed never moves"
        assert replay(journal).is_equal


def perform(
    device: MidiDevice, faults: dict[str, object], unplugged: Sequence[float], journal: Path
) -> tuple[Outcome, Watch]:
    clock, watch = VirtualClock(), Watch()
    stage = SimulatedStage(
        clock, settings=SimulatedSettings(SCHEDULE.grid, Faults.model_validate(faults))
    )
    run = Performance(
        SCHEDULE,
        stage,
        clock,
        journal=JournalWriter(journal, header_of(SCHEDULE, {}, {})),
        watchers=[watch],
    )
    plug(device, clock, MidiFeed(120.0), run, unplugged)
    watch.received = [at for at, _ in device.messages]
    clock.call_at(150 * SECOND, lambda: run.close("the test is over"))
    return asyncio.run(run.run()), watch
