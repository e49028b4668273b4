"""`clock mtc`: a run in seconds follows a tape in virtual time.

The run joins midway, and the tape stops and is relocated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SendMidi
from sequencer.events.events import ChunkShown
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.loop import Performance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from sequencer.sync.timecode import TimecodeFeed, parse_rate

SECOND = 1_000_000_000
CHUNK = 1.375


class Tape:
    """Plays time code.

    Each piece is (second at which it starts, second of the tape at which it starts, duration).
    """

    def __init__(self, *pieces: tuple[float, float, float], fps: int = 25) -> None:
        self._pieces, self._fps = pieces, fps

    def time_of(self, second: float) -> float | None:
        """Return when a second of the tape was last played, or None."""
        found = [
            begins + second - first
            for begins, first, lasts in self._pieces
            if first <= second < first + lasts
        ]
        return found[-1] if found else None

    def plug(self, clock: VirtualClock, feed: TimecodeFeed, run: Performance) -> None:
        """Deliver everything that the tape plays to the run."""

        def handle(data: bytes) -> None:
            for event in feed.feed(data, clock.now()):
                run.deliver(event)

        def silence(again: int) -> None:
            for event in feed.silence(clock.now()):
                run.deliver(event)
            if again:
                clock.call_at(clock.now() + SECOND // 20, lambda: silence(again - 1))

        for begins, first, lasts in self._pieces:
            for quarter in range(int(lasts * self._fps * 4)):
                at = round((begins + quarter / self._fps / 4) * SECOND)
                frame = round(first * self._fps) + quarter // 8 * 2
                data = bytes((0xF1, self._nibble(frame, quarter % 8)))
                clock.call_at(at, lambda data=data: handle(data))  # type: ignore[misc]  # binds now
        clock.call_at(SECOND // 20, lambda: silence(3000))

    def _nibble(self, frame: int, piece: int) -> int:
        seconds, frames = divmod(frame, self._fps)
        whole = (frames, seconds % 60, seconds // 60 % 60, seconds // 3600 | 1 << 5)
        return piece << 4 | (whole[piece // 2] >> 4 * (piece % 2) & 15)


class Played:
    """The result of a run."""

    def __init__(
        self, schedule: Schedule, tape: Tape, *events: str, journal: Path | None = None
    ) -> None:
        self.shown: dict[int, float] = {}
        self.sent: list[float] = []
        clock = VirtualClock()
        stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
        writer = None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}))
        run = Performance(
            schedule,
            stage,
            clock,
            journal=writer,
            script=[parse_scripted_event(one) for one in events],
            watchers=[self._look],
        )
        expected = parse_rate("25")
        assert expected is not None
        tape.plug(clock, TimecodeFeed(expected), run)
        self.report = asyncio.run(run.run()).report

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, ChunkShown):
            self.shown[event.chunk] = event.at / SECOND
        self.sent += [one.due / SECOND for one in commands if isinstance(one, SendMidi)]

    def cue(self, position: str) -> CueReport:
        return next(cue for cue in self.report.cues if cue.place == position)

    def seen(self, position: str) -> float:
        landed = self.cue(position).landed
        assert landed is not None
        return self.shown[landed]


CUES = "\n".join(f'at {second}s "Prompt {second}."' for second in range(0, 60, 4))
SCORE = f"clock mtc 25\n{CUES}\nat 21.5s midi cc 1 2\nend 64s\n"


def schedule_of(text: str) -> Schedule:
    return compile_score(reads(text))


def test_a_tape_from_its_beginning(tmp_path: Path) -> None:
    tape = Tape((3.0, 0.0, 80.0))
    played = Played(schedule_of(SCORE), tape, journal=tmp_path / "journal.jsonl")
    assert played.report.all_landed
    assert played.report.ended_well
    for second in range(8, 60, 4):
        assert abs(played.seen(f"{second}s") - (3.0 + second)) <= CHUNK / 2 + 0.03
    assert played.sent == [pytest.approx(24.5, abs=0.01)]
    assert replay(tmp_path / "journal.jsonl").is_equal


def test_a_tape_that_is_joined_midway() -> None:
    tape = Tape((3.0, 30.0, 60.0))
    played = Played(schedule_of(SCORE), tape)
    assert {played.cue(f"{second}s").status.value for second in range(4, 28, 4)} == {"skipped"}
    for second in (40, 44, 48, 52, 56):
        assert abs(played.seen(f"{second}s") - (3.0 + second - 30)) <= CHUNK / 2 + 0.03
    chased = [cue for cue in played.report.cues if cue.place.startswith("locate")]
    assert len(chased) == 1

    sparse = schedule_of(
        'clock mtc 25\nat 0s "One."\nat 20s "Two.", sr 4x\nat 50s "Three."\nend 64s\n'
    )
    played = Played(sparse, tape)
    assert [(cue.place[:6], cue.status.value) for cue in played.report.cues[-1:]] == [
        ("locate", "landed")
    ]
    assert played.cue("20s").status.value == "skipped"


def test_a_tape_that_is_stopped_and_fast_forwarded() -> None:
    tape = Tape((3.0, 0.0, 20.0), (35.0, 40.0, 40.0))
    played = Played(schedule_of(SCORE), tape)
    for second in (8, 12, 16):
        assert abs(played.seen(f"{second}s") - (3.0 + second)) <= CHUNK / 2 + 0.03
    assert {played.cue(f"{second}s").status.value for second in (28, 32, 36)} == {"skipped"}
    for second in (48, 52, 56):
        assert abs(played.seen(f"{second}s") - (35.0 + second - 40)) <= CHUNK / 2 + 0.03
    assert played.report.ended_well


def test_a_live_section_in_seconds() -> None:
    text = 'clock mtc 25\nsection a until go on, max 60s {\n  at 0s "One."\n}\n'
    text += 'section b 12s {\n  at 0s "Two."\n  at 4s "Three."\n}\n'
    tape = Tape((3.0, 0.0, 120.0))
    played = Played(schedule_of(text), tape, "go on@12s")
    assert played.report.all_landed
    assert played.report.ended_well
    two, three = (
        next(cue for cue in played.report.cues if cue.section == "b" and cue.place == position)
        for position in ("0s", "4s")
    )
    assert two.landed is not None
    assert three.landed is not None
    assert 13 < played.shown[two.landed] < 22
    assert abs(played.shown[three.landed] - played.shown[two.landed] - 4) < CHUNK
