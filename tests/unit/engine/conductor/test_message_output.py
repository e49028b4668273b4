"""MIDI and OSC messages are sent when their position is shown, whatever the chunks do; in virtual time on
the simulator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.message_output import AHEAD
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.report import Report
from sequencer.engine.journal import JournalWriter, header_of, read_journal
from sequencer.engine.replay import replay
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SendMidi, SendOsc
from sequencer.events.events import ChunkShown, Started
from sequencer.language.compiler import compile_all, compile_score
from sequencer.language.notations import reads
from sequencer.language.text.printer import print_text
from sequencer.reports.freeze import freeze
from sequencer.runtime.loop import Performance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.document import digest, from_json, to_json
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.run_clock import VirtualClock
from tests.support.midi_fixtures import GoOn, Locate, MidiDevice, Play, Start, Stop, Wait, steady

SECOND = 1_000_000_000
MS = SECOND // 1000
CHUNK = 1.375
OPENING = '"A tram waits at an empty stop."'


def bars(*lines: str, head: str = "clock 120 bpm, 4/4\n") -> Schedule:
    return compile_score(reads(head + "\n".join(lines) + "\n"))


def section(*lines: str, head: str = "one 16 bars") -> str:
    return "\n".join(
        [f"section {head} {{", f"  at 1 {OPENING}", *(f"  {line}" for line in lines), "}"]
    )


@dataclass(kw_only=True)
class SentMessages:
    """The result of a run: every message as (due, time of sending, bytes), and when each chunk of
    each take was shown.
    """

    report: Report
    sent: list[tuple[int, int, str]] = field(default_factory=list)
    osc: list[SendOsc] = field(default_factory=list)
    shown: dict[tuple[int, int], int] = field(default_factory=dict)
    started: list[int] = field(default_factory=list)
    of_take: dict[tuple[int | None, int], int] = field(default_factory=dict)
    """When each chunk of each take was shown, including chunks shown after the next take began."""

    @property
    def on(self) -> list[tuple[int, int, str]]:
        """Return the messages without the note-offs."""
        return [one for one in self.sent if not one[2].startswith("8")]

    def seen(self, seconds: float, take: int = 1, base: int = 0) -> float:
        """Return when a position was shown, in nanoseconds, from the shown chunks of its take."""
        chunk, rest = divmod(seconds - base * CHUNK, CHUNK)
        first = self.shown.get((take, int(chunk)))
        if first is None:  # the run ended before that
            first = self.shown[take, int(chunk) - 1] + round(CHUNK * SECOND)
        length = self.shown.get((take, int(chunk) + 1), first + CHUNK * SECOND) - first
        return first + rest / CHUNK * length


def play(
    schedule: Schedule,
    *events: str,
    faults: dict[str, object] | None = None,
    journal: Path | None = None,
    device: MidiDevice | None = None,
    following: bool | None = False,
) -> SentMessages:
    clock = VirtualClock()
    stage = SimulatedStage(
        clock, settings=SimulatedSettings(schedule.grid, Faults.model_validate(faults or {}))
    )
    played = SentMessages(report=Report(cues=(), ended="", takes=0, chunks=0, refused=(), notes=()))

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        if isinstance(event, ChunkShown) and conductor.base + event.chunk <= conductor.making:
            played.shown.setdefault((conductor.view.take, event.chunk), event.at)
        if isinstance(event, ChunkShown):
            played.of_take.setdefault((event.take, event.chunk), event.at)
        if isinstance(event, Started):
            played.started.append(event.at)
        played.sent += [
            (one.due, event.at, one.message) for one in commands if isinstance(one, SendMidi)
        ]
        played.osc += [one for one in commands if isinstance(one, SendOsc)]

    writer = (
        None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}, following))
    )
    script = [parse_scripted_event(one) for one in events]
    run = Performance(
        schedule, stage, clock, journal=writer, script=script, watchers=[watch], following=following
    )
    if device is not None:
        device.plug(clock, MidiFeed(120.0), run.deliver)
    played.report = asyncio.run(run.run()).report
    return played


# ---- fixed runs ----------------------------------------------------------------------------------


def test_every_beat_leaves_when_it_is_seen() -> None:
    played = play(bars(section("every 1/2 beat midi note C1 ch 10")))
    assert len(played.on) == 16 * 8
    for beat, (due, at, message) in enumerate(played.on):
        assert message == "992464"
        assert due == pytest.approx(played.seen(beat / 4), abs=25 * MS)
        assert at <= due
        assert beat < 4 or 80 * MS <= due - at <= AHEAD + 60 * MS
    assert played.report.all_landed


@pytest.mark.parametrize(
    "faults",
    [{"jitter": "60ms", "seed": 3}, {"fps": "20"}, {"slow": [{"chunk": 6, "factor": "3/2"}]}],
)
def test_the_pace_of_the_model_is_kept_to(faults: dict[str, object]) -> None:
    played = play(bars(section("every 1 beat midi cc 20 64")), faults=faults)
    assert len(played.on) == 64
    off = sorted(abs(due - played.seen(beat / 2)) for beat, (due, _, _) in enumerate(played.on))
    assert off[len(off) // 2] < 40 * MS
    dues = [due for due, _, _ in played.on]
    assert sorted(dues) == dues


def test_a_note_is_released_and_lasts_as_it_is_written() -> None:
    schedule = bars(section("at 2 midi note C3 for 1 bar, midi note D3 for 250ms, midi note E3"))
    played = play(schedule)
    ends = {message[2:4]: due for due, _, message in played.sent if message.startswith("8")}
    starts = {message[2:4]: due for due, _, message in played.sent if message.startswith("9")}
    lasted = [(ends[note] - starts[note]) / MS for note in ("3c", "3e", "40")]
    assert lasted == pytest.approx([2000, 250, 100], abs=5)


def test_both_sides_of_a_cut() -> None:
    text = section("every 1 beat midi note C1", head="one 4 bars") + "\n"
    text += section("every 1 beat midi note D1", head="two 4 bars, cut seed 9")
    schedule = bars(text)
    played = play(schedule)
    assert [message[2:4] for _, _, message in played.on] == ["24"] * 16 + ["26"] * 16
    base = schedule.takes[1].start
    assert played.on[-1][0] == pytest.approx(played.seen(15.5, 2, base), abs=15 * MS)
    assert played.report.takes == 2
    assert sum(one.was_sent for one in played.report.sends) == 32


def test_what_a_live_section_leaves_out_is_not_sent() -> None:
    text = section("every 1 bar midi note C1", head="jam until go on, max 16 bars") + "\n"
    text += section("at 1 midi note D1", head="two 4 bars")
    played = play(bars(text), "go on@3c")
    notes = [message[2:4] for _, _, message in played.on]
    assert notes[-1] == "26"
    assert notes.count("26") == 1
    exit_bar = notes.count("24")
    assert 2 < exit_bar < 8
    assert played.on[-1][0] == pytest.approx(played.seen(exit_bar * 2.0), abs=15 * MS)


def test_rules_report_at_once() -> None:
    played = play(
        bars(section("on note C3 -> midi cc 7 127 ch 2, midi note D3 for 1 beat, sr 4x")),
        "note C3@5.25s",
    )
    at = played.started[0] + 5_250 * MS
    assert [(due, sent) for due, sent, _ in played.on] == [(at, at)] * 2
    assert [message for _, _, message in played.sent] == ["b1077f", "903e64", "803e00"]
    assert played.sent[-1][0] == at + SECOND // 2
    assert played.report.all_landed


BOTH = section('every 1/3b midi cc 20 64, osc "/beat" 1 0.5 true', "on go x -> osc /x, midi cc 1 1")


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"jitter": "60ms", "seed": 3},
        {"slow": [{"chunk": 6, "factor": "3/2"}]},
        {"slow": [{"chunk": 6, "factor": "9"}]},
        {"drops": [{"chunk": 5, "for": "8s"}]},
    ],
    ids=str,
)
@pytest.mark.parametrize("following", [False, True])
def test_osc_messages_are_due_when_midi_messages_are(
    faults: dict[str, object], following: bool
) -> None:
    played = play(
        bars(BOTH), "go x@4c", "pause@5c", "resume@12s", faults=faults, following=following
    )
    assert [one.due for one in played.osc] == [due for due, _, _ in played.sent]
    assert len(played.osc) > 100
    assert (played.osc[0].address, played.osc[0].arguments) == ("/beat", (1, 0.5, True))
    assert sum(one.address == "/x" for one in played.osc) == 1


def test_a_pause_holds_what_is_not_made() -> None:
    played = play(bars(section("every 1 beat midi note C1")), "pause@4c", "resume@30s")
    assert len(played.on) == 64
    gaps = [later[0] - sooner[0] for sooner, later in zip(played.on, played.on[1:], strict=False)]
    assert max(gaps) > 15 * SECOND
    assert len([gap for gap in gaps if gap > SECOND]) == 1


def test_an_offset_moves_midi_output_in_a_fixed_run() -> None:
    plain = play(bars(section("at 8 midi note C1")))
    moved = play(bars(section("at 8 midi note C1")), "offset -40ms@2c")
    assert moved.on[0][0] - plain.on[0][0] == 40 * MS


def test_the_last_notes_are_sent_although_the_run_is_over() -> None:
    played = play(bars(section("every 1 beat midi note C1", head="one 4 bars")))
    assert len(played.on) == 16
    assert played.report.ended_well


def test_lost_connections_leave_late_notes_out_but_no_setting() -> None:
    schedule = bars(section("every 1 bar midi note C1, midi cc 1 2"))
    played = play(schedule, faults={"drops": [{"chunk": 5, "for": "8s"}]})
    notes = [one for one in played.on if one[2].startswith("9")]
    settings = [one for one in played.on if one[2].startswith("b")]
    assert len(settings) == 16
    assert len(notes) < 16
    assert sum(not one.was_sent for one in played.report.sends) == 16 - len(notes)


def test_a_run_of_one_chunk_is_over_before_it_is_seen() -> None:
    played = play(bars(section("every 1 beat midi note C1", head="one 2 beats")))
    assert [due - played.on[0][0] for due, _, _ in played.on] == pytest.approx(
        [0, SECOND // 2], abs=MS
    )


# ---- following -----------------------------------------------------------------------------------

EXTERNAL = "clock midi, 4/4, nominal 120 bpm\n"


def test_a_followed_clock_has_its_notes_on_its_beats() -> None:
    device = MidiDevice(
        Wait(1.0), Start(), Play(30, steady(120.0)), Play(80, steady(100.0)), jitter=0.001
    )
    played = play(
        bars(section("every 1 beat midi note C1"), head=EXTERNAL), device=device, following=None
    )
    assert len(played.on) > 60
    off = []
    for beat, (due, _, _) in enumerate(played.on):
        true = device.time_of(float(beat))
        assert true is not None
        off.append(abs(due - true * SECOND) / MS)
    assert sorted(off)[len(off) // 2] < 3
    assert sorted(off)[-3] < 30
    assert played.report.all_landed


def test_a_clock_that_stops_and_jumps() -> None:
    device = MidiDevice(
        Wait(1.0),
        Start(),
        Play(15, steady(120.0)),
        Stop(),
        Wait(10.0),
        Locate(40.0),
        GoOn(),
        Play(60, steady(120.0)),
    )
    text = section("every 1 bar midi note C1", "at 9 midi cc 20 99, midi program 3")
    played = play(bars(text, head=EXTERNAL), device=device, following=None)
    notes = [due for due, _, message in played.on if message.startswith("9")]
    assert len(notes) == 4 + 6
    again = device.time_of(40.0)
    assert again is not None
    assert notes[4] == pytest.approx(again * SECOND, abs=30 * MS)
    chased = [(due, message) for due, _, message in played.on if message[0] in "bc"]
    assert [message for _, message in chased] == ["b01463", "c002"]
    assert notes[3] < chased[0][0] <= notes[4]


def test_real_time_followed() -> None:
    played = play(bars(section("every 1 beat midi note C1")), faults={"fps": "20"}, following=True)
    beats = [due - played.started[0] for due, _, _ in played.on]
    assert beats == pytest.approx([beat * SECOND // 2 for beat in range(len(beats))], abs=MS)


# ---- any run -------------------------------------------------------------------------------------

_operator_events = st.sampled_from(["go on", "pause", "resume", "go back", "note C3"])
_faults = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 99),
        "jitter": st.sampled_from(["0ms", "40ms", "200ms"]),
        "fps": st.sampled_from(["24", "19.5", "30"]),
    },
    optional={
        "slow": st.lists(
            st.fixed_dictionaries(
                {"chunk": st.integers(1, 20), "by": st.sampled_from(["300ms", "4s"])}
            ),
            max_size=2,
        ),
        "drops": st.lists(
            st.fixed_dictionaries(
                {"chunk": st.integers(2, 20), "for": st.sampled_from(["500ms", "6s"])}
            ),
            max_size=1,
        ),
    },
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["8 bars", "3 bars", "until go on, max 8 bars"]), st.booleans()),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.tuples(_operator_events, st.integers(1, 20)), max_size=4),
    _faults,
)
@example(
    [("8 bars", False)],
    [("pause", 1)],
    {"seed": 0, "jitter": "0ms", "fps": "24", "slow": [{"chunk": 1, "by": "4s"}]},
)
@example(
    [("8 bars", False), ("8 bars", False)],
    [("pause", 8), ("pause", 13)],
    {"seed": 0, "jitter": "0ms", "fps": "19.5"},
)
@example(
    [("8 bars", False)],
    [],
    {
        "seed": 0,
        "jitter": "0ms",
        "fps": "24",
        "slow": [{"chunk": 1, "by": "4s"}, {"chunk": 2, "by": "4s"}],
    },
)
def test_nothing_is_sent_twice_nor_out_of_order(
    parts: list[tuple[str, bool]], operator_events: list[tuple[str, int]], faults: dict[str, object]
) -> None:
    text = ""
    for number, (length, cuts) in enumerate(parts):
        head = f"s{number} {length}" + (f", cut seed {number}" if cuts and number else "")
        rules = ("on note C3 -> midi cc 1 1", "on go back -> goto s0", "on go resume -> resume")
        text += section("every 1/2 beat midi cc 20 64, midi note C1", *rules, head=head) + "\n"
    schedule = bars(text)
    script = [f"{hand}@{chunk}c" for hand, chunk in operator_events]
    paused = [f"resume@{chunk * 1.5 + 12}s" for hand, chunk in operator_events if hand == "pause"]
    with TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        played = play(schedule, *script, *paused, faults=faults, journal=journal)
        assert replay(journal).is_equal
    log = [one for one in played.report.sends if one.place != "note C3"]
    assert all(later.due >= sooner.due for sooner, later in pairwise(log))
    reported = {id(one) for one in played.report.sends}
    assert len(reported) == len(played.report.sends)
    assert len([one for one in log if one.was_sent]) == len(
        [one for one in played.sent if one[2] == "b01440"]
    )
    fixed = not any("until" in length for length, _ in parts) and not any(
        hand == "go back" for hand, _ in operator_events
    )
    if played.report.ended_well and fixed:
        assert len([one for one in played.sent if one[2] == "b01440"]) == sum(
            len(one.sends) for one in schedule.stretches
        )
    if played.report.ended_well:
        sounding = [one[2][2:4] for one in played.sent if one[2].startswith("9")]
        ended = [one[2][2:4] for one in played.sent if one[2].startswith("8")]
        assert sounding == ended


# ---- replays, digests and unusual runs -----------------------------------------------------------


def test_a_run_that_sends_midi_replays(tmp_path: Path) -> None:
    schedule = bars(section("every 1 beat midi note C1", "on note C3 -> midi cc 1 2"))
    play(schedule, "note C3@4c", journal=tmp_path / "journal.jsonl")
    found = replay(tmp_path / "journal.jsonl")
    assert found.is_equal
    assert found.commands > 100


def test_a_run_that_sends_osc_replays_and_freezes(tmp_path: Path) -> None:
    schedule = bars(section('at 2 osc "/a" 1 1.0 "x \\"y\\"" false', "on go x -> osc /b"))
    played = play(schedule, "go x@5s", journal=tmp_path / "run.jsonl")
    journal = read_journal(tmp_path / "run.jsonl")
    assert replay(journal).is_equal
    assert [(one.address, one.arguments) for one in played.osc] == [
        ("/a", (1, 1.0, 'x "y"', False)),
        ("/b", ()),
    ]
    assert [type(one) for one in played.osc[0].arguments] == [int, float, str, bool]
    assert 'osc "/a" 1 1.0 "x \\"y\\"" false' in print_text(freeze(journal))
    assert 'osc "/b"' in print_text(freeze(journal))


def test_a_frozen_run_sends_the_same_midi(tmp_path: Path) -> None:
    device = MidiDevice(Wait(1.0), Start(), Play(80, steady(110.0)))
    schedule = bars(
        section(
            "at 4 midi note F#3 ch 10 vel 90 for 1 beat", "at 6 midi cc 20 99, midi program 3 ch 2"
        ),
        head=EXTERNAL,
    )
    played = play(schedule, journal=tmp_path / "journal.jsonl", device=device, following=None)
    text = print_text(freeze(read_journal(tmp_path / "journal.jsonl")))
    again = play(compile_score(reads(text)))
    assert [message for _, _, message in again.on] == [message for _, _, message in played.on]
    for (then, _, _), (now, _, _) in zip(played.on, again.on, strict=True):
        chunk = max(k for (take, k), at in played.shown.items() if at <= then)
        assert now - again.shown[1, chunk] == pytest.approx(
            then - played.shown[1, chunk], abs=40 * MS
        )


def test_sends_are_in_the_schedule_and_its_digest() -> None:
    with_note = bars(section("at 2 midi note C3 ch 10 vel 90 for 1 beat"))
    louder = bars(section("at 2 midi note C3 ch 10 vel 91 for 1 beat"))
    without = bars(section())
    assert len({digest(with_note), digest(louder), digest(without)}) == 3
    assert from_json(to_json(with_note)) == with_note
    assert with_note.stretches[0].sends[0].offset == Fraction(2)
    assert with_note.entries == without.entries


def test_midi_output_is_no_reason_to_warn() -> None:
    score = reads(
        f"clock 120 bpm\nsection a 4 bars {{\n  at 1 {OPENING}\n  every 1/4b midi note C1\n  "
        f"at 2.2+1/3 midi cc 1 2\n}}\n"
    )
    assert compile_all(score).diagnostics == ()


def test_a_score_that_only_sends_midi_shows_no_prompt() -> None:
    found = compile_all(reads("clock 120 bpm\nat 1 midi note C3\n"))
    assert [one.code for one in found.diagnostics] == ["E422"]


def test_a_take_that_is_seen_only_after_the_next_one_began_holds_nothing_up() -> None:
    """Its frames arrive after its reset.

    Regression: the run knew none of them and sent nothing for the rest of the show.
    """
    schedule = bars(
        section(
            'at 2.3 cut, "Two."',
            'at 3 cut, "Three."',
            "every 1 beat midi note C1 ch 10",
            head="one 8 bars",
        ),
        head="clock 240 bpm, 4/4\ngrid 33 frames @ 30 fps\n",
    )
    played = play(schedule)
    assert len(played.on) == 32
    first = min(played.shown.values())
    for beat, (due, _, message) in enumerate(played.on):
        assert message == "992464"
        if beat < 6:
            assert abs(due - first - beat * SECOND // 4) < SECOND // 2, beat


def test_a_pass_that_is_left_inside_of_a_ramp_ends_at_its_bar_line() -> None:
    schedule = bars(
        section(head="one until go out, max 8 bars, tempo 110 -> 140"),
        section(head="two 1 bars, tempo 97"),
        head="clock 97 bpm, 5/4\n",
    )
    passes = Conductor(schedule).view.passes
    current = passes[0]
    for bar in range(1, 8):
        exit_at = current.start + current.stretch.tempo.seconds_at(Fraction(5 * bar))  # type: ignore[union-attr]  # it has one
        plan = Plan(schedule)
        plan.leave_pass(plan.passes[0], exit_at, 1, "left")
        assert plan.passes[0].end_quarter == 5 * bar
        assert plan.passes[-1].end_quarter == 5 * bar + 5
        before = Plan(schedule, is_newest=False)  # as in earlier revisions
        before.leave_pass(before.passes[0], exit_at, 1, "left")
        assert abs(before.passes[0].end_quarter - 5 * bar) < Fraction(1, 10**9)


@pytest.mark.parametrize("following", [False, True])
def test_what_a_jump_lays_anew_is_sent(following: bool) -> None:
    """Regression: on a jump from a section that sends nothing more, the next message was sought in
    the old plan.
    """
    schedule = bars(
        section("every 1 beat midi note C1 ch 10", head="one 4 bars"),
        section("on go back -> goto one", head="two 8 bars"),
        section(head="three 4 bars"),
        "play one two three one",
    )
    played = play(schedule, "go back@10s", following=following)
    assert len(played.on) == 32
    assert all(one.was_sent for one in played.report.sends)


def test_a_following_run_sends_while_its_model_rests() -> None:
    schedule = bars(
        section("every 1 bar midi cc 20 64", "on go rest -> pause", head="one 8 bars"),
        head="clock 68 bpm, 4/4\n",
    )
    played = play(schedule, "go rest@3s", "resume@25s", following=True)
    assert len(played.on) == 8
    assert all(at < due for due, at, _ in played.on[1:]), "each was sent ahead of its time"


def test_a_note_ends_with_the_score_though_its_last_take_was_not_seen_yet() -> None:
    schedule = bars(
        "grid 8 frames @ 8 fps",
        f"at 0c {OPENING}",
        'at 9c cut, "A door."',
        "every 1s from 250ms midi note E1 for 3s",
        "end 10c",
        head="",
    )
    played = play(schedule, faults={"delays": {"shown": "1300ms"}})
    over = played.shown[2, 0] + SECOND
    ends = [due for due, _, message in played.sent if message.startswith("8")]
    assert len(ends) == 10
    assert max(ends) <= over + 20 * MS


@pytest.mark.parametrize("chunk", [4, 5])
def test_a_stall_before_a_cut_and_one_within_a_take(chunk: int) -> None:
    """Regression: if the stalled chunk was the last before a cut, its messages were sent all at
    once, before it was shown.
    """
    schedule = bars(
        f"at 0c {OPENING}", 'at 6c cut, "Two."', "every 250ms midi cc 20 64", "end 10c", head=""
    )
    played = play(schedule, faults={"slow": [{"chunk": chunk, "by": "12s"}]})
    assert len(played.on) == 55
    for number, (due, _, _) in enumerate(played.on):
        seconds = number / 4
        take, base = (1, 0) if seconds < 6 * CHUNK else (2, 6)
        first = played.of_take[take, int(seconds / CHUNK) - base]
        assert due == pytest.approx(first + seconds % CHUNK * SECOND, abs=60 * MS), number


def test_two_slow_chunks_are_not_taken_for_a_slower_model() -> None:
    """Regression: positions in the chunk after them moved back by seconds, and were left out."""
    slow = [{"chunk": 1, "by": "4s"}, {"chunk": 2, "by": "4s"}]
    played = play(
        bars(section("every 1/2 beat midi note C1", head="one 8 bars")), faults={"slow": slow}
    )
    assert len(played.on) == 64
    for number, (due, _, _) in enumerate(played.on):
        chunk, rest = divmod(number / 4, CHUNK)
        assert due == pytest.approx(played.shown[1, int(chunk)] + rest * SECOND, abs=60 * MS)
    assert all(one.was_sent for one in played.report.sends)
    for number, one in enumerate(played.report.sends):
        assert float(one.seconds) == pytest.approx(number / 4, abs=0.06)


def test_an_offset_does_not_reorder_what_was_issued() -> None:
    schedule = bars(section("every 1/8 beat midi cc 20 64"))
    played = play(schedule, "offset 190ms@4c")
    dues = [due for due, _, _ in played.on]
    assert len(dues) == 64 * 8
    assert dues == sorted(dues)
    plain = play(schedule)
    assert [plain.on[-1][0] - dues[-1], plain.on[0][0] - dues[0]] == [190 * MS, 0]


def test_a_model_that_is_much_faster_than_the_score_takes_it_for_loses_no_note() -> None:
    schedule = bars(
        section("every 1 beat midi note C1 ch 10", head="one 5 bars"),
        head="grid 33 frames @ 8 fps\nclock 97 bpm, 3/4\n",
    )
    played = play(schedule, faults={"fps": "19.5"})
    assert len(played.on) == 15
    assert all(one.was_sent for one in played.report.sends)
