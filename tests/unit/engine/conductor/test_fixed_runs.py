"""Fixed runs: what is sent when, what lands where, and what the report states about it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.replay import replay
from sequencer.events.commands import (
    Reset,
    SchedulePrompt,
    SetConditioning,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Start,
)
from sequencer.events.events import ChunkDone, Started
from sequencer.language.score import Cut, Header, SetSr, SetStrength, SuperResolution, UseImage
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import (
    IMAGE_FILE,
    OTHER_IMAGE_FILE,
    at_bar,
    at_chunk,
    on_beats,
    on_chunks,
    on_go,
    play,
    section,
)

IMAGE, OTHER_IMAGE = UseImage(IMAGE_FILE.path), UseImage(OTHER_IMAGE_FILE.path)


def _chunk_when_sent(log: list[object], wanted: object) -> int:
    """Return the chunk that was being made when a command was sent: 0 before the first was done."""
    done = 0
    for one in log:
        if isinstance(one, ChunkDone):
            done = one.chunk + 1
        if one == wanted:
            return done
    raise AssertionError(f"{wanted} was never sent")


def test_every_cue_lands_on_its_chunk() -> None:
    played = play(
        on_chunks(at_chunk(0, "a"), at_chunk(4, "b"), at_chunk(5, "c"), at_chunk(9, "d"), end=12)
    )
    assert [(cue.planned, cue.landed, cue.status) for cue in played.cues] == [
        (chunk, chunk, Status.LANDED) for chunk in (0, 4, 5, 9)
    ]
    assert played.outcome.report.all_landed
    assert played.outcome.report.chunks == 12
    assert played.outcome.report.ended == "the score is over"


def test_the_opening_is_in_order_and_start_waits_for_what_it_needs() -> None:
    header = Header(seed=17, sr=SuperResolution.X4)
    played = play(
        on_chunks(
            at_chunk(0, SetStrength(Fraction(1, 2)), IMAGE, "a"),
            at_chunk(1, "b"),
            end=3,
            header=header,
        )
    )
    sent = [one for one in played.log if not hasattr(one, "at")]
    kinds = [one.kind for one in sent]
    assert kinds[:6] == [
        "upload",
        "set_seed",
        "set_sr_scale",
        "set_image_strength",
        "set_conditioning",
        "schedule_prompt",
    ]
    assert sent[1:5] == [
        SetSeed(17),
        SetSrScale("4x"),
        SetImageStrength(0.5),
        SetConditioning("a", IMAGE_FILE.sha256),
    ]
    events = [one.kind for one in played.log]
    assert events.index("start") > events.index("conditions_ready")
    assert played.cue("1c").landed == 1


def test_a_certain_stretch_sends_its_prompts_ahead() -> None:
    played = play(on_chunks(*(at_chunk(chunk, f"p{chunk}") for chunk in range(0, 40, 4)), end=44))
    before_start = played.log[: played.log.index(Start())]
    assert [one.chunk for one in before_start if isinstance(one, SchedulePrompt)] == list(
        range(0, 40, 4)
    )


def test_what_is_sent_ahead_is_bounded() -> None:
    """The model repeats everything that is scheduled in each of its states, and a message has a
    size limit.
    """
    played = play(on_chunks(*(at_chunk(chunk, f"p{chunk}") for chunk in range(200)), end=200))
    ahead = most = 0
    for one in played.log:
        if isinstance(one, SchedulePrompt):
            ahead += 1
        if isinstance(one, ChunkDone):
            ahead -= 1
        most = max(most, ahead)
    assert 16 <= most <= 40
    assert played.outcome.report.all_landed


def test_live_commands_leave_during_the_chunk_before() -> None:
    played = play(
        on_chunks(
            at_chunk(0, "a"),
            at_chunk(5, SetSr(SuperResolution.X4)),
            at_chunk(8, IMAGE, "b"),
            end=12,
        )
    )
    assert _chunk_when_sent(list(played.log), SetSrScale("4x")) == 4
    assert _chunk_when_sent(list(played.log), SetConditioning("b", IMAGE_FILE.sha256)) == 7
    assert [cue.status for cue in played.cues] == [Status.LANDED] * 3
    assert not [one for one in played.commands("schedule_prompt") if getattr(one, "chunk", 0) == 8]


def test_an_image_alone_keeps_the_prompt_in_force() -> None:
    played = play(on_chunks(at_chunk(0, "a"), at_chunk(3, "b"), at_chunk(6, OTHER_IMAGE), end=9))
    assert SetConditioning("b", OTHER_IMAGE_FILE.sha256) in played.log


def test_a_cut_ends_the_take_and_opens_the_next_with_what_is_in_force() -> None:
    score = on_beats(
        section(
            "one",
            4,
            at_bar(1, SetStrength(Fraction(1, 4)), IMAGE, "a"),
            at_bar(2, SetSr(SuperResolution.X4)),
        ),
        section("two", 4, at_bar(1, "b"), at_bar(3, "c"), cut=Cut(99)),
    )
    played = play(score)
    reset = played.log.index(Reset())
    after = [one for one in played.log[reset:] if not hasattr(one, "at")]
    assert after[1].kind == "wake_at"
    assert after[2:6] == [
        SetSeed(99),
        SetSrScale("4x"),
        SetImageStrength(0.25),
        SchedulePrompt("b", 0),
    ]
    assert [one.seed for one in played.log if isinstance(one, SetSeed)] == [3, 99]
    assert played.outcome.report.takes == 2
    assert played.outcome.report.all_landed
    cut_chunk = played.schedule.takes[1].start
    done = [one for one in played.log if isinstance(one, ChunkDone)]
    first_of_second = next(index for index, one in enumerate(done) if index and one.chunk == 0)
    assert first_of_second == cut_chunk, (
        "score chunk k + j is chunk j of the take that was cut at k"
    )


def test_a_cut_without_a_seed_keeps_it() -> None:
    played = play(on_chunks(at_chunk(0, "a"), at_chunk(4, Cut(), "b"), end=8))
    assert [one.seed for one in played.log if isinstance(one, SetSeed)] == [3, 3]


def test_nothing_is_sent_for_a_chunk_that_is_past() -> None:
    faults = Faults.model_validate(
        {"jitter": "300ms", "seed": 5, "delays": {"answer": "400ms", "jitter": "1s"}}
    )
    played = play(
        on_chunks(*(at_chunk(chunk, f"p{chunk}") for chunk in range(0, 60, 3)), end=60),
        faults=faults,
    )
    making = 0
    for one in played.log:
        if isinstance(one, ChunkDone):
            making = one.chunk + 1
        if isinstance(one, Started):
            making = 0
        if isinstance(one, SchedulePrompt):
            assert one.chunk >= making
    assert played.outcome.report.all_landed


@pytest.mark.parametrize(
    ("late", "status", "landed"), [("shift", Status.LANDED, 8), ("drop", Status.DROPPED, None)]
)
def test_a_cue_that_cannot_leave_in_time_is_shifted_or_dropped(
    late: str, status: Status, landed: int | None
) -> None:
    """The connection is down while the cue should be sent; a rule keeps it from being sent ahead."""
    header = Header(seed=3, late="drop" if late == "drop" else "shift")
    score = on_chunks(at_chunk(0, "a"), at_chunk(7, "b"), on_go("x", "y"), end=14, header=header)
    faults = Faults.model_validate({"drops": [{"chunk": 4, "for": "4s"}]})
    played = play(score, faults=faults)
    cue = played.cue("7c")
    assert cue.planned == 7
    assert cue.status is status
    assert cue.landed == landed
    assert cue.reason


def test_a_refused_prompt_is_sent_again_for_the_next_chunk_in_reach() -> None:
    faults = Faults.model_validate(
        {"refuse": [{"command": "schedule_prompt", "nth": 2, "reason": "busy"}]}
    )
    played = play(on_chunks(at_chunk(0, "a"), at_chunk(5, "b"), end=12), faults=faults)
    cue = played.cue("5c")
    assert cue.status is Status.LANDED
    assert "busy" in cue.reason
    assert played.outcome.report.refused == ("schedule_prompt: busy",)


def test_a_refused_image_is_reported_and_does_not_stop_the_show() -> None:
    faults = Faults.model_validate(
        {"refuse": [{"command": "set_conditioning", "nth": 1, "reason": "not an image"}]}
    )
    played = play(
        on_chunks(at_chunk(0, "a"), at_chunk(5, IMAGE, "b"), at_chunk(8, "c"), end=12),
        faults=faults,
    )
    assert played.cue("5c").status is Status.REFUSED
    assert played.cue("5c").reason == "not an image"
    assert played.cue("8c").status is Status.LANDED
    assert not played.outcome.report.all_landed


@pytest.mark.parametrize("reason", ["", " "])
def test_a_refusal_without_a_reason_is_reported_with_one(reason: str) -> None:
    score = on_chunks(at_chunk(0, "a"), at_chunk(5, IMAGE, "b"), end=12)
    refuse = [
        {"command": "set_conditioning", "nth": 1, "reason": reason},
        {"command": "pause", "reason": reason},
    ]
    played = play(score, faults=Faults.model_validate({"refuse": refuse}))
    assert (played.cue("5c").status, played.cue("5c").reason) == (
        Status.REFUSED,
        "the model gave no reason",
    )
    assert played.outcome.report.refused == ("set_conditioning: the model gave no reason",)
    ended = play(
        score, faults=Faults.model_validate({"refuse": [{"command": "start", "reason": reason}]})
    ).outcome.report.ended
    assert ended == "the model refused to start: the model gave no reason"


def test_a_start_that_is_refused_for_ever_ends_the_run_with_the_reason() -> None:
    faults = Faults.model_validate({"refuse": [{"command": "start", "reason": "no GPU"}]})
    played = play(on_chunks(at_chunk(0, "a"), end=4), faults=faults)
    assert "no GPU" in played.outcome.report.ended
    assert [cue.status for cue in played.cues] == [Status.MISSED]


def test_a_pause_moves_no_cue() -> None:
    score = on_chunks(
        at_chunk(0, "a"), at_chunk(4, "b"), at_chunk(8, SetSr(SuperResolution.OFF)), end=12
    )
    played = play(score, "pause@3c", "resume@20s")
    assert [cue.landed for cue in played.cues] == [0, 4, 8]


def test_a_run_that_cannot_continue_reports_it() -> None:
    played = play(on_chunks(at_chunk(0, "a"), at_chunk(4, "b"), end=8), "pause@2c")
    assert "nothing more can happen" in played.outcome.report.ended
    assert played.cue("4c").status is Status.MISSED


def test_a_lost_connection_loses_nothing_that_was_sent_ahead() -> None:
    score = on_chunks(*(at_chunk(chunk, f"p{chunk}") for chunk in range(0, 30, 3)), end=32)
    faults = Faults.model_validate({"drops": [{"chunk": 6, "for": "6s"}]})
    played = play(score, faults=faults)
    assert all(cue.status in (Status.LANDED, Status.MISSED) for cue in played.cues)
    missed = [cue for cue in played.cues if cue.status is Status.MISSED]
    assert all(cue.reason for cue in missed)
    assert len(missed) <= 2, "only what nobody could report while the line was down"


@pytest.mark.parametrize("dialect", ["current", "2026-early"])
def test_both_dialects_land_everything(dialect: str, tmp_path: Path) -> None:
    score = on_chunks(
        at_chunk(0, "a"),
        at_chunk(3, IMAGE, "b"),
        at_chunk(6, SetSr(SuperResolution.X4)),
        at_chunk(8, Cut(7), "c"),
        end=12,
    )
    played = play(
        score,
        faults=Faults.model_validate({"dialect": dialect}),
        journal=tmp_path / "journal.jsonl",
    )
    assert played.outcome.report.all_landed, [
        (cue.place, cue.status, cue.reason) for cue in played.cues
    ]
    assert replay(tmp_path / "journal.jsonl").is_equal
