"""Our MIDI clock is sent to devices while the simulator plays, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import pytest

from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, ChunkShown, OffsetChanged, Started
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import AtOffset, ClockKind, ClockLine, Cue, Header, Score, Unit
from sequencer.midi.clock_generator import CONTINUE, START, STOP, TICK
from sequencer.runtime.live.attachments import ClockSenderTask
from sequencer.runtime.loop import Performance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_bar, live, on_beats, prompt_of, section
from tests.support.virtual_sender import VirtualSender

S = 1_000_000_000


@dataclass
class Played:
    """The messages a run sent, and when chunks began and were shown (nanoseconds)."""

    sent: list[tuple[int, bytes]] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)

    @property
    def ticks(self) -> list[int]:
        return [at for at, message in self.sent if message == TICK]


def play(
    schedule: Schedule,
    faults: dict[str, object],
    script: Sequence[str] = (),
    following: bool = False,
    offset: int = 0,
) -> Played:
    clock = VirtualClock()
    stage = SimulatedStage(
        clock, settings=SimulatedSettings(schedule.grid, Faults.model_validate(faults))
    )
    run = Performance(
        schedule,
        stage,
        clock,
        journal=None,
        script=[parse_scripted_event(one) for one in script],
        following=following,
    )
    sender, played = VirtualSender(clock), Played()

    def look(event: Event, commands: Sequence[Command], conductor: object) -> None:
        match event:
            case Started():
                played.began.append(event.at)
            case ChunkDone():
                played.began.append(event.at)
            case ChunkShown():
                played.shown.append(event.at)
            case _:
                pass

    run.add_watcher(ClockSenderTask(sender, schedule, run.conductor))
    run.deliver(OffsetChanged(0, offset))
    run.add_watcher(look)
    outcome = asyncio.run(run.run())
    sender.close(S)
    assert outcome.report.ended_well
    played.sent = sender.sent
    return played


def score(*sections: object, bpm: Fraction = Fraction(120)) -> Score:
    return on_beats(*sections, header=Header(clock=ClockLine(kind=ClockKind.BPM, bpm=bpm), seed=1))  # type: ignore[arg-type]  # as callers do


CHUNKS = compile_score(Score(items=(Cue(AtOffset(Fraction(0), Unit.CHUNKS), (prompt_of("a"),)),)))
LONG = compile_score(score(section("long", 32, at_bar(1, "a"), at_bar(17, "b"))))


def test_ticks_are_where_their_beats_are_seen() -> None:
    played = play(LONG, {"delays": {"shown": "250ms"}})
    assert played.sent[0][1] == START
    assert played.sent[-1][1] == STOP
    ticks = played.ticks
    for beat in (24, 60, 100):
        chunk, within = divmod(Fraction(beat, 2), LONG.grid.chunk)
        seen = played.shown[int(chunk)] + float(within) * S
        assert ticks[beat * 24] == pytest.approx(seen, abs=S / 100)
    gaps = [after - before for before, after in pairwise(ticks)]
    assert max(gaps) < S / 48 * 1.04


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"delays": {"shown": "0s"}},
        {"delays": {"shown": "1100ms", "shown_jitter": "400ms"}},
        {"fps": "19.5"},
        {"fps": "30"},
        {"jitter": "100ms"},
        {"slow": [{"chunk": 7, "by": "5s"}, {"chunk": 46, "by": "3s"}]},
        {"drops": [{"chunk": 10, "for": "9s"}]},
    ],
)
@pytest.mark.parametrize("script", [(), ("pause@20c", "resume@40s")])
def test_every_beat_has_24_ticks_and_stop_is_the_last_message(
    faults: dict[str, object], script: tuple[str, ...]
) -> None:
    played = play(LONG, faults, script)
    assert len(played.ticks) == 32 * 4 * 24
    assert [message for _, message in played.sent].count(START) == 1
    assert played.sent[-1][1] == STOP


@pytest.mark.parametrize("shown", ["0s", "1300ms", "3s"])
def test_the_clock_is_stopped_while_the_model_is(shown: str) -> None:
    """Regression: the clock ran on, and stopped where the score would have ended, long before that
    end was shown.
    """
    stalls = [{"chunk": 7, "by": "9s"}, {"chunk": 45, "by": "60s"}]
    played = play(LONG, {"delays": {"shown": shown}, "slow": stalls})
    ticks = played.ticks
    assert len(ticks) == 32 * 4 * 24
    assert played.sent[-1][1] == STOP
    assert played.sent[-1][0] == pytest.approx(
        played.shown[46] + float(64 - 46 * LONG.grid.chunk) * S, abs=S / 5
    )
    for chunk in (7, 45):
        last_made = played.shown[chunk - 1] + float(LONG.grid.chunk) * S
        overdue = (
            0 if shown != "0s" else S // 2
        )  # frames that are shown as they are made may be a little late
        assert not [
            at for at in ticks if last_made + overdue + S / 100 < at < played.shown[chunk] - S / 100
        ]
        following = [at for at in ticks if at > last_made + overdue + S / 100]
        assert following[0] == pytest.approx(played.shown[chunk] + overdue, abs=S / 20)


@pytest.mark.parametrize("shown", ["1300ms", "3s"])
@pytest.mark.parametrize("late", ["1s", "2s"])
def test_the_clock_is_stopped_just_while_the_frames_are(shown: str, late: str) -> None:
    """Regression: a late chunk is reported before the video freezes; the clock stopped at once and
    resumed too early.
    """
    played = play(LONG, {"delays": {"shown": shown}, "slow": [{"chunk": 7, "by": late}]})
    stopped_at = played.shown[6] + round(LONG.grid.chunk * S)
    go_on = played.shown[7]
    assert go_on - stopped_at == int(late[0]) * S
    ticks = played.ticks
    assert len(ticks) == 32 * 4 * 24
    assert max(at for at in ticks if at < stopped_at + S / 100) == pytest.approx(
        stopped_at, abs=S / 30
    )
    assert min(at for at in ticks if at > stopped_at + S / 100) == pytest.approx(go_on, abs=S / 30)
    assert [message for _, message in played.sent if message != TICK] == [
        START,
        STOP,
        CONTINUE,
        STOP,
    ]


def test_8_bars_at_128_bpm_have_768_ticks() -> None:
    schedule = compile_score(score(section("one", 8, at_bar(1, "a")), bpm=Fraction(128)))
    played = play(schedule, {})
    assert len(played.ticks) == 768
    assert [message for _, message in played.sent if message != TICK] == [START, STOP]
    seen = played.shown[0] + 15 * S
    assert played.sent[-1][0] == pytest.approx(seen, abs=S / 50)


TWO_TAKES = """
clock 180 bpm, 3/4
section intro until program 5, max 3 bars, tempo 150 {
  at 1 "a"
}
section jam until program 5, max 5 bars, cut {
  at 1 "b"
}
"""


def test_a_pause_after_the_first_chunks_which_have_no_frames_does_not_begin_the_clock_too_early() -> (
    None
):
    schedule = compile_score(
        reads('clock 180 bpm, 3/4\nsection intro until note C3, max 7 bars {\n  at 1 "a"\n}\n')
    )
    faults: dict[str, object] = {"warmup": 1, "delays": {"shown": "2348ms"}}
    played = play(schedule, faults, ("pause@578ms", "note C3@1197ms", "resume@8250ms"))
    assert [message for _, message in played.sent][:2] == [b"\xf2\x11\x00", CONTINUE], (
        "its first frame is of its second chunk"
    )
    assert 17 * 6 + len(played.ticks) == 9 * 24
    assert played.sent[-1][1] == STOP


def test_a_take_that_begins_before_the_one_before_it_is_seen_does_not_move_the_clock() -> None:
    played = play(
        compile_score(reads(TWO_TAKES)), {"delays": {"shown": "3969ms"}}, ("program 5@6761ms",)
    )
    assert [message for _, message in played.sent if message != TICK] == [START, STOP]
    seen = {at: chunk * 1.375 for chunk, at in enumerate(played.shown)}
    assert len(played.shown) >= 5
    for at, quarters in (
        (at, 2.5 * seconds if seconds < 3.6 else 9 + 3 * (seconds - 3.6))
        for at, seconds in seen.items()
    ):
        tick = played.ticks[round(quarters * 24)] if quarters < 18 else at
        assert abs(tick - at) < 0.05 * S


def test_a_slower_model_slows_the_clock() -> None:
    ticks = play(LONG, {"fps": "21"}).ticks
    assert (ticks[1200] - ticks[600]) / 600 == pytest.approx(S / 48 * 24 / 21, rel=0.002)


def test_a_live_section_that_is_left_early_goes_on_in_time() -> None:
    parts = (
        section("in", 4, at_bar(1, "a")),
        live("jam", 32, at_bar(1, "b")),
        section("out", 8, at_bar(1, "c")),
    )
    played = play(compile_score(score(*parts)), {}, ["go out@9c"])
    gaps = [after - before for before, after in pairwise(played.ticks)]
    assert max(gaps[48:]) < S / 48 * 1.04
    assert min(gaps[48:]) > S / 48 * 0.96


def test_following_real_time_the_clock_is_real_time() -> None:
    played = play(LONG, {"fps": "21"}, following=True)
    ticks = played.ticks
    assert ticks[0] - played.began[0] < S / 100
    assert (ticks[1200] - ticks[0]) / 1200 == pytest.approx(S / 48, rel=0.0001)


def test_the_offset_makes_the_midi_output_earlier() -> None:
    late, soon = play(LONG, {}), play(LONG, {}, offset=-80 * S // 1000)
    assert late.ticks[600] - soon.ticks[600] == pytest.approx(-80 * S / 1000, abs=S / 200)


def test_following_real_time_the_offset_moves_frames_not_midi_output() -> None:
    plain, moved = (
        play(LONG, {}, following=True),
        play(LONG, {}, following=True, offset=-80 * S // 1000),
    )
    assert plain.ticks[600] - plain.began[0] == moved.ticks[600] - moved.began[0]


def test_a_score_without_beats() -> None:
    conductor = Performance(CHUNKS, SimulatedStage(VirtualClock()), VirtualClock()).conductor
    with pytest.raises(ValueError, match="beats"):
        ClockSenderTask(VirtualSender(VirtualClock()), CHUNKS, conductor)


def test_a_clock_that_began_without_frames_is_corrected_by_the_first_one() -> None:
    """The connection is lost while frames are shown; the first one is seen after the clock began by
    reports.
    """
    text = 'clock 120 bpm, 3/4\nsection intro 6 bars {\n  at 1 "a"\n}\n'
    played = play(
        compile_score(reads(text)),
        {"delays": {"shown": "3751ms"}, "drops": [{"at": "5s", "for": "7s"}]},
    )
    moves = [message for _, message in played.sent if message != TICK]
    assert [message[0] for message in moves][-1] == STOP[0]
    position = next(
        (message[1] | message[2] << 7) * 6 for message in reversed(moves) if message[0] == 0xF2
    )
    last = max(index for index, (_, message) in enumerate(played.sent) if message[0] == 0xF2)
    assert position + sum(message == TICK for _, message in played.sent[last:]) == 18 * 24
