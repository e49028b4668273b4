"""The status line is accurate: connection, take, chunk, position, prompt, what comes next, what was
refused, and the cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fractions import Fraction

import pytest

from sequencer.api.scripted_events import read_event
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    BeginRequested,
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    ConnectionRestored,
    OffsetChanged,
    Paused,
    Ready,
    SessionEnded,
    StageStatus,
    Started,
    StateReported,
    TransportChanged,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import ClockKind, ClockLine, Cut, Header, Score
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.live.status_display import (
    StatusScreen,
    clock_time,
    offset_line,
    play_line,
    state_line,
    wait_line,
)
from sequencer.runtime.loop import Performance
from sequencer.runtime.output.action_excerpt import elided
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_bar, at_chunk, live, on_beats, on_chunks, section
from tests.support.golden import Golden

SECOND = 1_000_000_000


def lines_of(score: Score | Schedule, every: int = 3, *events: str) -> list[str]:
    """Return the status line half a second after every `every` chunks of a run in virtual time."""
    schedule = compile_score(score) if isinstance(score, Score) else score
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    shown: list[str] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        live_status.handle(event, commands, conductor)
        if event.kind == "chunk_done" and conductor.making % every == 0:
            now = event.at + SECOND // 2
            shown.append(state_line(live_status, now, 6.0))
            shown.append("    " + play_line(live_status, now, "", 100))
            shown.extend(f"    {line}" for line in [wait_line(live_status, now, 100)] if line)

    run = Performance(
        schedule,
        stage,
        clock,
        journal=None,
        script=[read_event(one, schedule) for one in events],
        watchers=[watch],
    )
    live_status = LiveStatus(run.conductor, 0)
    asyncio.run(run.run())
    return shown


def test_a_run_in_lines(golden: Golden) -> None:
    score = on_beats(
        section("intro", 4, at_bar(1, "A tram stop at night."), at_bar(3, "A tram comes.")),
        section("ride", 4, at_bar(1, "Inside the tram, lights pass."), cut=Cut(9)),
    )
    golden("live-lines.txt", "\n".join(lines_of(score)) + "\n")


LIVE_SET = """clock 120 bpm, 4/4
section intro 4 bars {
  at 1 "A tram stop at night. Neon light."
}
section jam until go out or note D3, max 16 bars {
  at 1 "The tram stop at night. It rains. Neon light."
  at 7 "The tram stop at night. It pours. Neon light."
  on note C1 ch 10 -> sr 4x
}
section verse 4 bars {
  at 1 "The tram stop at night. A tram comes. Neon light."
  at 3 sr off, "The tram stop at night. A dog waits. Neon light."
}
play intro jam verse*2
"""


def test_a_live_set_in_lines(golden: Golden) -> None:
    """The status line numbers passes, names notes, shows the action of a prompt, and shows what a
    live section waits for.
    """
    schedule = compile_score(reads(LIVE_SET))
    golden("live-lines-live-set.txt", "\n".join(lines_of(schedule, 2, "go out@jam 4")) + "\n")


def test_without_beats_there_is_no_position(golden: Golden) -> None:
    golden(
        "live-lines-chunks.txt",
        "\n".join(lines_of(on_chunks(at_chunk(0, "One."), at_chunk(5, "Two."), end=9))) + "\n",
    )


def fresh() -> LiveStatus:
    return LiveStatus(Conductor(compile_score(on_chunks(at_chunk(0, "One."), end=4))), 0)


def feed_events(into: LiveStatus, *events: Event) -> None:
    conductor = Conductor(compile_score(on_chunks(at_chunk(0, "One."), end=4)))
    for event in events:
        into.handle(event, (), conductor)


def test_the_four_names_and_the_time_in_each() -> None:
    it = fresh()
    assert state_line(it, 3 * SECOND, 6.0) == "disconnected 0:03"
    feed_events(it, StageStatus(4 * SECOND, "connecting"))
    assert state_line(it, 5 * SECOND, 6.0) == "connecting 0:01"
    feed_events(it, StageStatus(6 * SECOND, "waiting"))
    assert state_line(it, 70 * SECOND, 6.0) == "waiting for a GPU 1:04"
    feed_events(it, Ready(71 * SECOND, "reactor"))
    assert state_line(it, 71 * SECOND, 6.0).startswith("ready 0:00")


def test_what_is_billed_counts_from_ready_to_the_end_paused_or_not() -> None:
    it = fresh()
    feed_events(it, Ready(10 * SECOND, "reactor"), Paused(20 * SECOND))
    assert it.billed_seconds(70 * SECOND) == 60
    assert "billed 1:00 $0.10" in state_line(it, 70 * SECOND, 6.0)
    assert "paused" in state_line(it, 70 * SECOND, 6.0)
    feed_events(it, SessionEnded(130 * SECOND, "over"))
    assert it.billed_seconds(500 * SECOND) == 120
    assert "$" not in state_line(it, 70 * SECOND, 0.0)


def test_a_refusal_is_shown_at_once_until_the_next_state() -> None:
    it = fresh()
    feed_events(it, CommandRefused(1, "set_image", "not an image"))
    assert play_line(it, 2, "", 80) == "REFUSED set_image: not an image"
    feed_events(
        it,
        StateReported(
            3, running=True, started=True, paused=False, frame=33, chunk=1, prompt="One."
        ),
    )
    assert "REFUSED" not in play_line(it, 4, "", 80)


def test_what_is_typed_goes_before_everything() -> None:
    it = fresh()
    feed_events(it, CommandRefused(1, "start", "no"))
    assert play_line(it, 2, "go ex", 80) == "> go ex"


def test_the_clock_that_is_followed_is_named() -> None:
    it = fresh()
    feed_events(it, ClockFitted(5, 0.0, 5, 2.0 / SECOND))
    assert "clock locked 120.0 bpm" in state_line(it, 6, 0.0)


def test_times_and_long_texts() -> None:
    assert [clock_time(seconds) for seconds in (0, 59.9, 61, 3600, 36061)] == [
        "0:00",
        "0:59",
        "1:01",
        "1:00:00",
        "10:01:01",
    ]
    assert elided("one\n two   three", 40) == "one two three"
    assert elided("abcdefgh", 5) == "abcd…"


# ---- before the first frame ----------------------------------------------------------------------


def external_status(kind: ClockKind = ClockKind.MIDI) -> LiveStatus:
    """Return the status of a run that is warmed up and waits for the clock it follows."""
    clock = ClockLine(kind=kind, bpm=Fraction(120))
    schedule = compile_score(
        on_beats(section("a", 8, at_bar(1, "One.")), header=Header(clock=clock))
    )
    live_status = LiveStatus(Conductor(schedule), 0)
    conductor = live_status._conductor  # the same conductor, to pass events to
    for event in (Ready(0), ConditionsReady(S_10, has_prompt=True, has_image=False)):
        live_status.handle(event, conductor.receive(event), conductor)
    assert conductor.phase is Phase.ARMED
    return live_status


S_10 = SECOND // 10


def feed(live_status: LiveStatus, *events: Event) -> None:
    for event in events:
        live_status.handle(event, live_status._conductor.receive(event), live_status._conductor)


def test_an_armed_run_shows_what_it_waits_for() -> None:
    live_status = external_status()
    assert play_line(live_status, SECOND, "", 100) == "armed: waiting for the clock"
    live_status.handle(ClockFitted(SECOND, 0.0, SECOND, 2e-9), (), live_status._conductor)
    assert (
        play_line(live_status, SECOND, "", 100)
        == "armed: the clock ticks at 120.0 bpm; waiting for its Start"
    )


def test_a_link_session_is_counted_in() -> None:
    live_status = external_status(ClockKind.LINK)
    beats = [5.5, 4.0, 1.2, 0.02]
    live_status.ahead = lambda: beats.pop(0)
    shown = [play_line(live_status, SECOND, "", 100) for _ in range(4)]
    assert shown == [
        f"armed: begins in {left}" for left in ("1 bar 2 beats", "1 bar", "2 beats", "0 beats")
    ]


def test_the_first_frame_is_counted_in_beats() -> None:
    live_status = external_status()
    feed(
        live_status,
        TransportChanged(SECOND, "start"),
        ClockFitted(SECOND, 0.0, SECOND, 2e-9),
        Started(SECOND),
    )
    assert play_line(live_status, SECOND, "", 100) == "first frame in 1 bar 2 beats"
    assert play_line(live_status, SECOND + SECOND, "", 100) == "first frame in 1 bar"
    feed(live_status, ChunkShown(SECOND + 11 * S_10, 0))
    assert "first frame" not in play_line(live_status, SECOND + 12 * S_10, "", 100)


def test_nobody_is_shown_a_chunk_that_cannot_be_placed_yet() -> None:
    clock = ClockLine(kind=ClockKind.MIDI, bpm=Fraction(120))
    score = on_beats(
        section("a", 8, at_bar(1, "One."), at_bar(5, "Two.")),
        live("b", 8, at_bar(1, "Three.")),
        header=Header(clock=clock),
    )
    live_status = LiveStatus(Conductor(compile_score(score)), 0)
    feed(live_status, Ready(0), ConditionsReady(S_10, has_prompt=True, has_image=False))
    feed(live_status, TransportChanged(SECOND, "start"), Started(SECOND))
    assert "chunk 0 frame 0" in state_line(live_status, SECOND, 0.0), (
        "without their number, which nobody knows"
    )
    assert play_line(live_status, 4 * SECOND, "", 100) == "next “Two.” at a 5.1", (
        "and without a time"
    )
    feed(live_status, ClockFitted(SECOND, 0.0, SECOND, 2 / SECOND))
    assert play_line(live_status, 4 * SECOND, "", 100) == "next “Two.” at a 5.1 in 5.0 s", (
        "16 quarters after the start"
    )
    assert str(1 << 40) not in "".join(
        [
            state_line(live_status, SECOND, 0.0),
            play_line(live_status, SECOND, "", 100),
            wait_line(live_status, SECOND, 100),
        ]
    )


def test_what_a_section_waits_for_beside_a_clock() -> None:
    clock = ClockLine(kind=ClockKind.MIDI, bpm=Fraction(120))
    schedule = compile_score(
        on_beats(live("b", 8, at_bar(1, "Three.")), header=Header(clock=clock))
    )
    live_status = LiveStatus(Conductor(schedule), 0)
    assert wait_line(live_status, 0, 100) == ""
    feed(live_status, Ready(0), ConditionsReady(S_10, has_prompt=True, has_image=False))
    feed(live_status, TransportChanged(SECOND, "start"), Started(SECOND))
    assert wait_line(live_status, SECOND, 100) == "waits for go out"
    feed(live_status, ClockFitted(SECOND, 0.0, SECOND, 2 / SECOND))
    assert (
        wait_line(live_status, 3 * SECOND, 100)
        == "waits for go out (continues by itself in 14.0 s)"
    )


def test_a_run_that_goes_on_continues_its_time_and_cost() -> None:
    live_status = fresh()
    feed_events(live_status, Ready(10 * SECOND, "reactor"), Started(11 * SECOND))
    feed_events(
        live_status,
        StageStatus(100 * SECOND, "disconnected"),
        StageStatus(101 * SECOND, "connecting"),
    )
    assert live_status.billed_seconds(130 * SECOND) == 120, "the session was there all the time"
    feed_events(live_status, ConnectionRestored(140 * SECOND))
    assert "playing 2:49" in state_line(live_status, 180 * SECOND, 6.0)
    assert "billed 2:50 $0.28" in state_line(live_status, 180 * SECOND, 6.0)


def test_the_lag_is_from_the_beginning_of_a_chunk_to_its_first_frame() -> None:
    live_status = fresh()
    feed_events(live_status, Ready(0), Started(SECOND))
    assert live_status.lag_in_force is None
    feed_events(live_status, ChunkDone(3 * SECOND, 0, 33, "One."), ChunkShown(4 * SECOND, 0))
    assert live_status.lag_in_force == 3 * SECOND
    feed_events(live_status, ChunkDone(5 * SECOND, 1, 66, "One."), ChunkShown(5 * SECOND, 1))
    feed_events(live_status, ChunkDone(7 * SECOND, 2, 99, "One."), ChunkShown(8 * SECOND, 2))
    assert live_status.lag_in_force == 3 * SECOND, "the median of 3, 2 and 3"
    assert "lag 3000 ms" in state_line(live_status, 8 * SECOND, 0.0)


def test_the_offset_and_the_lag_in_force() -> None:
    live_status = external_status()
    assert offset_line(live_status) == "offset +0 ms, lag 2675 ms"
    feed(
        live_status,
        TransportChanged(SECOND, "start"),
        Started(SECOND),
        OffsetChanged(SECOND, -40_000_000),
    )
    feed(live_status, BoundariesFitted(2 * SECOND, 1, 2 * SECOND, 1.375e9, 0.0, 1_500_000_000))
    assert offset_line(live_status) == "offset -40 ms, lag 1500 ms"
    assert "lag 1500 ms" in state_line(live_status, 2 * SECOND, 0.0)
    assert "offset -40 ms" in state_line(live_status, 2 * SECOND, 0.0)


def test_an_armed_run_in_a_kept_session_shows_what_it_has_cost_since_the_score_before() -> None:
    conductor = Conductor(compile_score(on_chunks(at_chunk(0, "a"), end=2)), waits_for_go=True)
    live_status = LiveStatus(conductor, 100 * SECOND)
    live_status.billed_from = live_status.kept_at = 40 * SECOND
    for event in (Ready(101 * SECOND), ConditionsReady(102 * SECOND, True, False)):
        live_status.handle(event, conductor.receive(event), conductor)
    now = 160 * SECOND
    shown = "ready 0:59 · billed 2:00 $0.20 since the previous score"
    assert state_line(live_status, now, 6) == shown
    assert play_line(live_status, now, "", 100) == "armed: Enter or GO begins it"
    for begun in (BeginRequested(now), Started(now)):
        live_status.handle(begun, conductor.receive(begun), conductor)
    assert "since the previous score" not in state_line(live_status, now, 6)
    assert play_line(live_status, now, "", 100) != "armed: Enter or GO begins it"


def test_without_a_terminal_a_line_is_due_as_soon_as_the_run_is_armed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conductor = Conductor(compile_score(reads('at 0c "A tram."\nend 3c\n')), waits_for_go=True)
    screen = StatusScreen(LiveStatus(conductor, 0), lambda: 0, str)
    monkeypatch.setattr("sequencer.runtime.live.status_display.RENEW", 0.001)
    monkeypatch.setattr("sequencer.runtime.live.status_display.LINE_INTERVAL_S", 3600.0)

    async def wait() -> None:
        waiting = asyncio.create_task(screen._wait())
        conductor.receive(Ready(1))
        await asyncio.sleep(0)
        assert not waiting.done()
        conductor.receive(ConditionsReady(2, True, False))
        async with asyncio.timeout(60):
            await waiting

    asyncio.run(wait())
