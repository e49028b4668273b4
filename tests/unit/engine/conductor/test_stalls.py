"""A lost connection or a stalled stage is reported, and makes no show longer."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.engine.conductor.deliveries import ActKind, Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import SHOWN_TO_THE_END
from sequencer.events.commands import Command, Reset, SchedulePrompt
from sequencer.events.events import (
    ChunkDone,
    ConnectionLost,
    ConnectionRestored,
    PromptAccepted,
    Ready,
    ResetDone,
    Started,
    StateReported,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut, Header, Score, SetSr, SetStrength, SuperResolution
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.output.report_format import as_json, as_table, verdict
from sequencer.schedule.model import LatePolicy
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import at_chunk, on_chunks, play, prompt_of

SECOND = 1_000_000_000
CHUNK = 1_375_000_000
PROMPTS = {0: "One.", 3: "Two.", 6: "Three.", 9: "Four.", 12: "Five."}
CUT_AT_NINE = on_chunks(
    *(at_chunk(chunk, text) for chunk, text in PROMPTS.items() if chunk != 9),
    at_chunk(9, Cut(), prompt_of("Four.")),
    end=18,
)
STRAIGHT = on_chunks(*(at_chunk(chunk, text) for chunk, text in PROMPTS.items()), end=18)


def faults(**keys: object) -> Faults:
    return Faults.model_validate(keys)


def drop(chunk: int, seconds: int) -> Faults:
    return faults(drops=[{"chunk": chunk, "for": f"{seconds}s"}])


def report_of(score: Score, wrong: Faults, *script: str) -> Report:
    return play(score, *script, faults=wrong).outcome.report


def test_a_show_that_goes_well_has_no_stall() -> None:
    report = report_of(CUT_AT_NINE, faults())
    assert (report.stalls, report.chunks_beyond, report.went_as_written) == ((), 0, True)
    assert "stalled" not in verdict(report)


def test_a_cut_that_could_only_come_after_the_end_makes_the_show_no_longer() -> None:
    played = play(CUT_AT_NINE, faults=drop(7, 20))
    report = played.outcome.report
    assert (report.chunks, report.takes, report.ended_well) == (18, 1, True)
    assert report.chunks_beyond == 3
    assert "the model made 3 chunks after the end of the score" in report.notes
    missed = [(cue.place, cue.reason) for cue in report.cues if cue.status is Status.MISSED]
    assert ("9c", "chunk 9 could not be reached any more") in missed
    assert not report.went_as_written
    assert not any(isinstance(one, Reset) for one in played.log)
    assert "3 more than the score has" in verdict(report)


DROPPING = on_chunks(
    at_chunk(0, "a"),
    at_chunk(4, SetSr(SuperResolution.OFF), "b"),
    at_chunk(8, "c"),
    end=10,
    header=Header(seed=3, late="drop"),
)


def test_what_was_dropped_beside_a_prompt_that_landed_is_named() -> None:
    """No report arrives while super-resolution should be sent: the prompt was sent ahead, and lands
    without it.
    """
    conductor = Conductor(compile_score(DROPPING))
    conductor.receive(Ready(0))
    for prompt in ("a", "b", "c"):
        conductor.receive(PromptAccepted(1, prompt))
    conductor.receive(Started(2))
    for chunk, prompt in ((0, "a"), (1, "a"), (4, "b")):
        conductor.receive(ChunkDone(2 + (chunk + 1) * CHUNK, chunk, 33 * (chunk + 1), prompt))
    cue = next(one for one in conductor.report().cues if one.place == "4c")
    assert (cue.status, cue.landed) == (Status.LANDED, 4)
    assert cue.reason == "without its sr: chunk 4 could not be reached any more"


@pytest.mark.parametrize(
    ("kinds", "landed", "status", "reason"),
    [
        ({"prompt"}, 4, Status.WAITING, "without its prompt: late"),
        ({"prompt", "sr"}, 4, Status.LANDED, "without its prompt, sr: late"),
        ({"prompt", "sr"}, None, Status.DROPPED, "late"),
        ({"image"}, None, Status.WAITING, ""),
    ],
)
def test_a_cue_is_dropped_only_as_a_whole(
    kinds: set[ActKind], landed: int | None, status: Status, reason: str
) -> None:
    line = Conductor(compile_score(DROPPING)).view.deliveries[1]
    line.landed = landed
    line.drop(kinds, "late")
    assert (line.status, line.reason) == (status, reason)


def test_a_cut_that_is_late_by_a_lost_connection_still_comes_before_the_end() -> None:
    report = report_of(CUT_AT_NINE, drop(6, 8))
    (cut,) = [cue for cue in report.cues if "cut" in cue.what]
    assert cut.landed is not None
    assert 9 < cut.landed < 18
    assert (report.chunks, report.takes) == (18, 2)


def running(score: Score, chunks: int) -> tuple[Conductor, int]:
    """Return a conductor whose model has made this many chunks, and the time at which it had."""
    conductor = Conductor(compile_score(score))
    conductor.receive(Ready(0))
    conductor.receive(PromptAccepted(1, "One."))
    conductor.receive(Started(2, 0, "One."))
    at = 2
    for chunk in range(chunks):
        at += CHUNK
        conductor.receive(ChunkDone(at, chunk, 33 * (chunk + 1), "One."))
    return conductor, at


def state(at: int, chunk: int, prompt: str) -> StateReported:
    return StateReported(at, True, True, False, 33 * chunk, chunk, prompt)


def test_a_take_that_goes_on_after_its_cut_was_due_is_reported() -> None:
    """The reset is lost with the connection: the old take makes chunks that are not in the score."""
    conductor, at = running(CUT_AT_NINE, 8)
    assert conductor.phase is Phase.CUTTING
    conductor.receive(ConnectionLost(at + 1, "gone"))
    at += 13 * CHUNK
    assert any(isinstance(one, Reset) for one in conductor.receive(ConnectionRestored(at)))
    conductor.receive(state(at + 1, 21, "Three."))
    conductor.receive(ChunkDone(at + CHUNK, 21, 33 * 22, "Three."))
    conductor.receive(ResetDone(at + CHUNK + 1))
    report = conductor.report()
    assert report.chunks_beyond == 13, "chunks 9 to 21"
    assert "the model made 13 chunks after chunk 8, where a cut was due" in report.notes
    assert len(report.stalls) == 1


def test_a_stalled_model_makes_the_show_longer_in_seconds_only() -> None:
    report = report_of(STRAIGHT, faults(slow=[{"chunk": 4, "by": "20s"}]))
    (stall,) = report.stalls
    assert (stall.chunk, stall.chunks, round(stall.seconds, 3)) == (4, 1, 21.375)
    assert (report.chunks, report.all_landed, report.went_as_written) == (18, True, False)
    assert "no chunk was reported for 21.4 s, while chunk 4 was made" in as_table(
        report, compile_score(STRAIGHT)
    )
    document = as_json(report, {})
    assert document["stalls"] == [{"chunk": 4, "seconds": 21.375, "chunks_made": 1}]
    assert document["summary"]["stalled_seconds"] == 21.375
    assert "stalled once, 21.4 s in all" in verdict(report)


def test_what_is_shorter_than_four_chunks_or_asked_for_is_no_stall() -> None:
    assert report_of(STRAIGHT, faults(slow=[{"chunk": 4, "by": "4s"}])).stalls == ()
    assert report_of(STRAIGHT, faults(), "pause@4c", "resume@40s").stalls == ()


def test_a_run_that_ends_in_a_stall_reports_it() -> None:
    report = report_of(
        STRAIGHT, faults(slow=[{"chunk": 4, "by": "60s"}], end={"at": "30s", "reason": "gone"})
    )
    (stall,) = report.stalls
    assert stall.is_last
    assert 20 < stall.seconds < 30
    assert any(note.startswith("no chunk was reported in the last") for note in report.notes)


def test_the_status_line_shows_that_nothing_follows() -> None:
    played = play(STRAIGHT, faults=faults(slow=[{"chunk": 4, "by": "20s"}]))
    conductor = Conductor(played.schedule)
    live_status = LiveStatus(conductor, 0)
    words: list[tuple[float, str]] = []
    for event in (one for one in played.log if not isinstance(one, Command)):
        words.append((event.at / SECOND, live_status.activity(event.at)[0]))
        live_status.handle(event, conductor.receive(event), conductor)
    assert [round(at, 3) for at, word in words if word == "stalled"] == [27.195], (
        "at the report that ends the stall"
    )


@pytest.mark.parametrize(("late", "status"), [("shift", Status.LANDED), ("drop", Status.DROPPED)])
def test_what_is_live_and_was_passed_is_sent_late_or_dropped(
    late: LatePolicy, status: Status
) -> None:
    score = on_chunks(
        at_chunk(0, "One."),
        at_chunk(6, SetStrength(Fraction(1, 2))),
        end=18,
        header=Header(seed=1, late=late),
    )
    report = report_of(score, drop(4, 6))
    cue = report.cues[1]
    assert cue.status is status
    assert cue.reason == "chunk 6 could not be reached any more"
    assert report.chunks == 18


@pytest.mark.parametrize("late", ["shift", "drop"])
def test_a_prompt_that_never_came_to_the_model_is_sent_again_or_dropped(late: LatePolicy) -> None:
    """It was sent, and lost with the connection; once the connection is restored, its chunk has
    already been made.
    """
    score = on_chunks(
        at_chunk(0, "One."), at_chunk(6, "Two."), end=18, header=Header(seed=1, late=late)
    )
    conductor, at = running(score, 4)
    conductor.receive(ConnectionLost(at + 1, "gone"))
    at += 6 * CHUNK
    conductor.receive(ConnectionRestored(at))
    commands = conductor.receive(state(at + 1, 10, "One."))
    cue = conductor.report().cues[1]
    if late == "drop":
        assert (commands, cue.status) == ((), Status.DROPPED)
        return
    assert commands == (SchedulePrompt("Two.", 12),)
    assert cue.reason == "chunk 6 could not be reached any more"
    for chunk in range(10, 13):
        at += CHUNK
        conductor.receive(ChunkDone(at, chunk, 33 * (chunk + 1), "One." if chunk < 12 else "Two."))
    assert (conductor.report().cues[1].status, conductor.report().cues[1].landed) == (
        Status.LANDED,
        12,
    )


def test_an_earlier_revision_still_goes_on() -> None:
    conductor = Conductor(compile_score(STRAIGHT), revision=SHOWN_TO_THE_END)
    assert not conductor._run.ends_where_written


def test_a_cue_that_loses_a_part_after_the_rest_has_landed_reports_which() -> None:
    """Reports of two chunks were lost: the prompt was scheduled before, and what had to be sent
    during them is dropped.
    """
    header = Header(seed=3, late="drop")
    score = on_chunks(
        at_chunk(0, "One."), at_chunk(4, SetSr(SuperResolution.OFF), "Two."), end=12, header=header
    )
    conductor = Conductor(compile_score(score))
    conductor.receive(Ready(0))
    conductor.receive(PromptAccepted(1, "One."))
    conductor.receive(Started(2))
    for chunk, prompt in ((0, "One."), (1, "One."), (4, "Two.")):
        conductor.receive(ChunkDone(CHUNK * (chunk + 1), chunk, 33 * (chunk + 1), prompt))
    cue = next(one for one in conductor.report().cues if one.place == "4c")
    assert (cue.status, cue.landed, cue.reason) == (
        Status.LANDED,
        4,
        "without its sr: chunk 4 could not be reached any more",
    )
