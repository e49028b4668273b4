"""What a run sends about itself, in whole runs in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

from sequencer.api.scripted_events import read_event
from sequencer.core.osc_values import OscValue
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.loop import Performance
from sequencer.runtime.osc.feedback import MAX_TEXT_BYTES, OscFeedback
from sequencer.runtime.osc.packets import build_message, read_packet
from sequencer.runtime.osc.table import OUTPUTS, PREFIX
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

TEXT = """clock 120 bpm, 4/4
seed 1
section a 4 bars {
  at 1 "A tram waits."
  at 3 "A tram waits. It rains."
}
section b until go out, max 8 bars {
  at 1 "A tram waits at night."
}
play a b
"""
Sent = tuple[str, tuple[OscValue, ...]]


def feedback_of(text: str, *events: str) -> list[Sent]:
    """Return what a run sends, looked at with every event."""
    schedule = compile_score(reads(text))
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    sent: list[Sent] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        status.handle(event, commands, conductor)
        feedback(event, commands, conductor)

    run = Performance(
        schedule,
        stage,
        clock,
        watchers=[watch],
        script=[read_event(one, schedule) for one in events],
    )
    status = LiveStatus(run.conductor, 0)
    feedback = OscFeedback(
        status, run.conductor, lambda address, values: sent.append((address, values))
    )
    asyncio.run(run.run())
    return sent


def values(sent: Sequence[Sent], name: str) -> list[tuple[OscValue, ...]]:
    return [arguments for address, arguments in sent if address == PREFIX + name]


def test_a_run_reports_where_it_is() -> None:
    sent = feedback_of(TEXT, "go out@14c")
    assert values(sent, "section") == [("a", 1), ("b", 1)]
    assert values(sent, "prompt") == [
        ("A tram waits.",),
        ("A tram waits. It rains.",),
        ("A tram waits at night.",),
    ]
    chunks = [one for (one,) in values(sent, "chunk")]
    assert chunks == list(range(len(chunks)))
    bars = values(sent, "bar")
    assert bars[0] == (1, 1)
    assert all(before != after for before, after in itertools.pairwise(bars))
    assert {bar for bar, _ in bars} >= {1, 2, 3, 4}
    assert values(sent, "status")[-1] == ("ended",)


def test_a_cue_is_sent_once_when_it_lands_with_its_error() -> None:
    sent = feedback_of(TEXT, "go out@14c")
    assert values(sent, "cue") == [
        (4, "a 1.1", 0, 0.0),
        (5, "a 3.1", 3, 125.0),
        (8, "b 1.1", 6, 250.0),
    ]


def test_the_next_cue_is_counted_down() -> None:
    following = values(feedback_of(TEXT, "go out@14c"), "next")
    assert next(one[:2] for one in following if one[0] == 5) == (5, "a 3.1: “… It rains.”")
    seconds = [float(one[2]) for one in following if one[0] == 5]
    assert seconds == sorted(seconds, reverse=True)
    assert len(set(seconds)) > 1


def test_every_message_has_the_types_of_the_table() -> None:
    tags = {"i": int, "f": float, "s": str}
    table = {one.address: [tags[value.tag] for value in one.arguments] for one in OUTPUTS}
    sent = feedback_of(TEXT, "pause@5c", "resume@8s", "go out@14c")
    assert {address for address, _ in sent} == {
        PREFIX + name
        for name in ("status", "section", "bar", "chunk", "cue", "next", "prompt", "lag")
    }
    for address, arguments in sent:
        assert [type(one) for one in arguments] == table[address]


def test_nothing_is_sent_twice_in_a_row() -> None:
    sent = feedback_of(TEXT, "go out@14c")
    for name in ("status", "section", "bar", "chunk", "prompt", "lag", "next"):
        found = values(sent, name)
        assert all(before != after for before, after in itertools.pairwise(found)), name


def test_a_score_without_beats_has_no_bars() -> None:
    sent = feedback_of('at 0c "A."\nat 3c "B."\nend 6c\n')
    assert values(sent, "bar") == []
    assert values(sent, "section") == [("", 1)]


def test_the_longest_prompt_fits_into_a_datagram() -> None:
    sent: list[Sent] = []
    conductor = Conductor(compile_score(reads(TEXT)))
    feedback = OscFeedback(
        LiveStatus(conductor, 0), conductor, lambda address, values: sent.append((address, values))
    )
    feedback.warn("𝄞" * 20_000)
    ((address, (text,)),) = sent
    assert isinstance(text, str) and text.endswith("𝄞…")
    assert len(text.encode()) <= MAX_TEXT_BYTES
    assert read_packet(build_message(address, [text]))[0].arguments == (text,)
