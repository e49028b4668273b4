"""Takes whose start is reported late or not at all: their frames and chunks prove it, and nothing
is sent too soon.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.conductor.take_setup import opening_timed_out
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.revisions import CURRENT
from sequencer.events.codec import Event
from sequencer.events.commands import Command, SetConditioning, Start, Upload
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    ClockFitted,
    ConnectionLost,
    ConnectionRestored,
    PromptAccepted,
    Ready,
    Started,
    StateReported,
    TimerFired,
    TransportChanged,
    TransportLocated,
    Uploaded,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import GridLine, Header, UseImage
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import IMAGE_FILE, at_bar, at_chunk, on_chunks, play, section
from tests.support.clock_fixtures import CHUNK, ExternalClock, Move, follow, midi
from tests.support.conductor_transcripts import compiled, event_of

SECOND = 1_000_000_000
START_LOST = [{"type": "generation_started", "nth": 1, "do": "lose"}]


def opened(conductor: Conductor, at: int) -> int:
    """Make the stage ready at a time, let the conductor request the start of a take, and return
    that time.
    """
    conductor.receive(Ready(at))
    for image in conductor.view.schedule.images:
        conductor.receive(Uploaded(at, image.sha256))
    prompt = conductor.view.prompt_at(0) or ""
    assert Start() in conductor.receive(PromptAccepted(at, prompt))
    return at


SCORE = on_chunks(at_chunk(0, "a"), at_chunk(1, UseImage("a.png"), "b"), at_chunk(4, "c"), end=12)


def conditionings(commands: tuple[Command, ...]) -> list[Command]:
    return [one for one in commands if isinstance(one, SetConditioning)]


def test_what_is_due_for_a_chunk_that_is_made_already_leaves_for_the_next_one_and_reports_it() -> (
    None
):
    conductor = Conductor(compile_score(SCORE))
    at = opened(conductor, SECOND)
    commands = conductor.receive(ChunkDone(at + 2 * SECOND, 0, 33, "a"))
    assert conductor.making == 1
    assert conditionings(commands) == [SetConditioning("b", IMAGE_FILE.sha256)]
    cue = next(cue for cue in conductor.report().cues if cue.place == "1c")
    assert (cue.planned, cue.reason) == (1, "chunk 1 could not be reached any more")
    assert conductor.receive(Started(at + 3 * SECOND)) == (), (
        "the message that comes later changes nothing"
    )
    assert conductor.making == 1


def test_an_unreported_take_began_when_its_chunks_show_and_not_before_it_was_requested() -> None:
    for passed, began in ((5 * SECOND, 5 * SECOND - int(CHUNK * SECOND)), (SECOND, 0)):
        conductor = Conductor(compile_score(SCORE))
        at = opened(conductor, SECOND)
        conductor.receive(ChunkDone(at + passed, 0, 33, "a"))
        first = next(line for line in conductor.view.deliveries if line.place == "0c")
        assert first.boundary == at + began
        assert conductor._run.shortest_chunk >= SECOND, "a chunk does not last no time"


@pytest.mark.parametrize(
    ("chunk", "frames", "making"),
    [(0, 33, 1), (0, 0, 0), (1, 66, 2), (1, 0, 2), (2, 99, None), (3, 132, None)],
)
def test_only_a_takes_first_chunks_replace_its_start_report(
    chunk: int, frames: int, making: int | None
) -> None:
    conductor = Conductor(compile_score(on_chunks(at_chunk(0, "a"), end=12)))
    at = opened(conductor, SECOND)
    commands = conductor.receive(ChunkDone(at + 2 * SECOND, chunk, frames, "a"))
    if making is None:
        assert (conductor.phase, commands) == (Phase.STARTING, ()), (
            "of the take before, reported late"
        )
    else:
        assert (conductor.phase, conductor.making) == (Phase.PLAYING, making)


@pytest.mark.parametrize(
    ("chunk", "frames", "made"), [(0, 33, 1), (0, 1, 1), (0, 0, 0), (1, 66, 2), (1, 0, 2)]
)
def test_a_take_began_before_the_chunks_that_it_has_made(
    chunk: int, frames: int, made: int
) -> None:
    """A warm-up chunk without frames takes no time: no chunk is known to be made then."""
    conductor = Conductor(compile_score(on_chunks(at_chunk(0, "a"), end=12)))
    at = opened(conductor, SECOND)
    conductor.receive(ChunkDone(at + 20 * SECOND, chunk, frames, "a"))
    first = next(line for line in conductor.view.deliveries if line.place == "0c")
    assert first.boundary == at + 20 * SECOND - made * round(CHUNK * SECOND)


def test_a_state_of_a_new_connection_is_taken_for_the_start_with_the_chunk_that_it_names() -> None:
    conductor = Conductor(compile_score(SCORE))
    at = opened(conductor, SECOND)
    conductor.receive(ConnectionLost(at + 1, "gone"))
    conductor.receive(ConnectionRestored(at + 6 * SECOND))
    commands = conductor.receive(
        StateReported(at + 6 * SECOND, True, True, False, 99, 3, "a", scheduled=((4, "c"),)),
    )
    assert conductor.making == 3
    assert [one.kind for one in commands] == ["set_conditioning"]
    wild = Conductor(compile_score(SCORE))
    at = opened(wild, SECOND)
    wild.receive(ConnectionLost(at + 1, "gone"))
    wild.receive(ConnectionRestored(at + 6 * SECOND))
    wild.receive(StateReported(at + 6 * SECOND, True, True, False, 99, 3000, "a"))
    assert wild.making == 0, "nobody makes 3000 chunks in six seconds"


@pytest.mark.parametrize("late", ["1s", "300ms"])
def test_answers_that_come_after_a_chunk_cost_that_chunk_and_no_more(late: str) -> None:
    header = Header(seed=3, grid=GridLine(8, Fraction(20)))  # 400 ms a chunk
    score = on_chunks(
        at_chunk(0, "a"),
        at_chunk(1, UseImage("a.png"), "b"),
        *(at_chunk(n, f"p{n}") for n in (6, 9)),
        end=14,
        header=header,
    )
    played = play(score, faults=Faults.model_validate({"delays": {"answer": late}}))
    sent = next(n for n, one in enumerate(played.log) if isinstance(one, SetConditioning))
    done = [one.chunk for one in played.log[:sent] if isinstance(one, ChunkDone)]
    assert done == ([0] if late == "1s" else [])
    assert played.outcome.report.all_landed
    assert [played.cue(position).landed for position in ("0c", "6c", "9c")] == [0, 6, 9]


# ---- a clock that was moved before ---------------------------------------------------------------

SPARSE = midi(section("long", 32, *(at_bar(bar, f"p{bar}") for bar in (1, 9, 17, 25))))
JOINED: tuple[tuple[float, Move], ...] = ((3.0, ("locate", 40.0)), (4.0, "continue"))


def beats(events: list[Event | Command]) -> list[float]:
    return [one.at / SECOND for one in events if isinstance(one, ChunkShown)]


@pytest.mark.parametrize("lost", [False, True])
def test_a_clock_that_is_joined_is_chased_whether_the_start_is_reported_or_not(lost: bool) -> None:
    """Quarter 40 is bar 11; quarter 64, bar 17, comes twelve seconds after the clock's continue."""
    clock = ExternalClock(*JOINED)
    outcome, log = follow(
        SPARSE, clock, Faults.model_validate({"messages": START_LOST}) if lost else None
    )
    report = outcome.report
    assert report.all_landed
    assert any(isinstance(one, Started) for one in log) is not lost
    chased = [cue for cue in report.cues if cue.place.startswith("locate")]
    assert len(chased) == 1
    (first,) = chased
    assert first.landed == (3 if lost else 2), (
        "at reach, as seen from the chunk that was being made when it was known to run"
    )
    assert [cue.place for cue in report.cues if cue.status is Status.SKIPPED] == ["9.1"]
    shown = beats(log)
    for bar in (17, 25):
        landed = _at_bar(report.cues, bar).landed
        assert landed is not None
        assert abs(shown[landed] - (4.0 + (4 * (bar - 1) - 40) / 2)) <= CHUNK / 2 + 0.05


def _at_bar(cues: tuple[CueReport, ...], bar: int) -> CueReport:
    (found,) = [cue for cue in cues if cue.place == f"{bar}.1"]
    return found


def test_a_jump_is_not_a_position_of_its_own() -> None:
    outcome, _ = follow(SPARSE, ExternalClock((1.0, "start"), (9.0, ("locate", 40.0))))
    (chased,) = [cue for cue in outcome.report.cues if cue.place.startswith("locate")]
    assert (chased.error_ms, chased.shown_off_ms, chased.reason) == (None, None, "")


# ---- a clock that stops inside the reach ---------------------------------------------------------


@pytest.mark.parametrize("stop", [7.0, 8.0])
def test_a_cue_that_was_committed_before_the_clock_stopped_reports_it(stop: float) -> None:
    """Bar 5 is at 9 s; its chunk, committed at about 5 s, begins at 7.9 s and is seen at 9.4 s."""
    score = midi(section("a", 16, at_bar(1, "one"), at_bar(5, "two"), at_bar(9, "three")))
    outcome, _ = follow(score, ExternalClock((1.0, "start"), (stop, "stop"), (30.0, "continue")))
    cue = _at_bar(outcome.report.cues, 5)
    assert cue.status is Status.LANDED
    assert (
        cue.reason
        == "the clock stopped inside the reach: its position had not been reached when it was shown"
    )
    assert [one.reason for one in outcome.report.cues if one.place != "5.1"] == ["", ""]


def test_events_of_the_clock_before_the_start_are_kept_in_order() -> None:
    outcome, log = follow(SPARSE, ExternalClock(*JOINED, (4.5, ("locate", 4.0))))
    assert outcome.report.all_landed
    moved = [
        type(one) for one in log if isinstance(one, TransportLocated | TransportChanged | Start)
    ]
    assert moved == [TransportLocated, TransportChanged, Start, TransportLocated]
    assert [cue.status for cue in outcome.report.cues if cue.place == "9.1"] == [
        Status.SKIPPED,
        Status.LANDED,
    ]


def test_a_start_that_is_sent_twice_counts_as_two_takes() -> None:
    """The stage numbers takes by the start commands that it receives: its reports on take 2 concern
    the one that plays.
    """
    conductor = Conductor(compile_score(SCORE))
    opened(conductor, SECOND)
    due = conductor._run.wake_due
    assert due is not None
    assert conductor.receive(TimerFired(due - 1, due - 1)) == (), "a wake for something else"
    assert conductor.receive(TimerFired(due, due))[0] == Start()
    conductor.receive(Started(due + SECOND))
    conductor.receive(ChunkDone(due + 3 * SECOND, 0, 33, "a"))
    conductor.receive(ChunkShown(due + 4 * SECOND, 0, take=2))
    assert conductor.view.shown == {0: due + 4 * SECOND}


def test_a_score_begins_at_its_beginning_with_a_clock_that_ran_before() -> None:
    """Only a clock that was moved joins the score at its position; for any other, the nearest beat
    is the score's first.
    """
    conductor = Conductor(
        compile_score(midi(section("one", 4, at_bar(1, "a"), at_bar(2, "b")))), True
    )
    conductor.receive(ClockFitted(1, 8.0, 1, 2e-9))
    opened(conductor, SECOND)
    conductor.receive(Started(SECOND + 150_000_000))
    assert [
        (line.place, line.status)
        for line in conductor.view.deliveries
        if line.status is Status.SKIPPED
    ] == []
    assert [line.place for line in conductor.view.deliveries] == ["1.1", "2.1"]


def test_a_connection_that_was_lost_during_the_uploads_sets_no_take_up_twice() -> None:
    """The `state` that answers the setup reports that nothing runs: the start is still on its way."""
    conductor = Conductor(compile_score(SCORE))
    conductor.receive(Ready(0))
    conductor.receive(ConnectionLost(SECOND, "gone"))
    assert all(isinstance(one, Upload) for one in conductor.receive(ConnectionRestored(2 * SECOND)))
    for image in conductor.view.schedule.images:
        conductor.receive(Uploaded(3 * SECOND, image.sha256))
    assert Start() in conductor.receive(PromptAccepted(4 * SECOND, "a"))
    state = StateReported(4 * SECOND, False, False, False, 0, 0, None, ((0, "a"),), False, 1.0)
    assert conductor.receive(state) == ()
    assert conductor.phase is Phase.STARTING


@pytest.mark.parametrize(
    ("starts", "has_prompt", "is_sent_anew"),
    [(0, False, False), (0, True, False), (1, True, False), (1, False, True)],
)
def test_only_after_a_refused_start_that_lacks_its_prompt_everything_is_sent_anew(
    starts: int, has_prompt: bool, is_sent_anew: bool
) -> None:
    run = Conductor(compile_score(SCORE))._run
    run.phase, run.wake_due, run.starts, run.opening.has_prompt = (
        Phase.OPENING,
        SECOND,
        starts,
        has_prompt,
    )
    commands = opening_timed_out(run, TimerFired(SECOND, SECOND))
    assert Start() in commands
    assert (len(commands) > 2, run.notes == []) == (is_sent_anew, is_sent_anew)


def test_a_take_is_set_up_once_though_the_connection_was_lost_while_its_images_were_uploaded() -> (
    None
):
    """Nothing had been sent before: a `state` in which nothing runs yet does not cover what was
    sent since.
    """
    conductor = Conductor(compile_score(SCORE))
    conductor.receive(Ready(0))
    conductor.receive(ConnectionLost(1, "gone"))
    conductor.receive(ConnectionRestored(SECOND))
    for image in conductor.view.schedule.images:
        conductor.receive(Uploaded(2 * SECOND, image.sha256))
    at = 3 * SECOND
    assert Start() in conductor.receive(PromptAccepted(at, "a"))
    assert (
        conductor.receive(StateReported(at, False, False, False, 0, 0, None, scheduled=((0, "a"),)))
        == ()
    )
    assert conductor.phase is Phase.STARTING


@pytest.mark.parametrize(("revision", "is_taken"), [(3, True), (CURRENT, False)])
@pytest.mark.parametrize("is_started", [False, True])
def test_a_late_report_of_the_take_before_is_not_the_first_chunk_of_the_next_one(
    is_started: bool, revision: int, is_taken: bool
) -> None:
    """It comes a tenth of a second after the take was asked to start, and no model makes a chunk of
    a second in that time.
    """
    conductor = Conductor(compiled('at 0c "a"\nat 2c cut, "b"\nend 9c\n'), revision=revision)
    script = [
        "0.0 ready",
        "0.1 took a",
        "0.2 started",
        "1.2 made 0 a",
        "2.2 made 1 a",
        "2.3 reset",
        "2.4 took b",
    ]
    for event in [*script, *(["2.45 started"] if is_started else []), "2.5 made 0 a"]:
        conductor.receive(event_of(event))
    assert (conductor.base, conductor.making) == (2, 3 if is_taken else 2)
    assert conductor.phase is (Phase.PLAYING if is_taken or is_started else Phase.STARTING)
    conductor.receive(event_of("3.4 made 0 b"))
    assert conductor.making == 3
    assert conductor.phase is Phase.PLAYING


@pytest.mark.parametrize(("revision", "is_taken"), [(3, True), (CURRENT, False)])
@pytest.mark.parametrize("is_started", [False, True])
def test_a_late_report_that_skips_a_chunk_and_names_a_prompt_of_the_take_before_is_doubted(
    is_started: bool, revision: int, is_taken: bool
) -> None:
    """It comes when the take may have made its second chunk, but nothing of its first one was
    reported.
    """
    conductor = Conductor(compiled('at 0c "a"\nat 2c cut, "b"\nend 9c\n'), revision=revision)
    script = [
        "0.0 ready",
        "0.1 took a",
        "0.2 started",
        "1.2 made 0 a",
        "2.2 made 1 a",
        "2.3 reset",
        "2.4 took b",
    ]
    for event in [*script, *(["2.45 started"] if is_started else []), "3.2 made 1 a"]:
        conductor.receive(event_of(event))
    assert (conductor.base, conductor.making) == (2, 4 if is_taken else 2)
    assert conductor.phase is (Phase.PLAYING if is_taken or is_started else Phase.STARTING)
    conductor.receive(event_of("3.4 made 0 b"))
    assert conductor.making == (4 if is_taken else 3)
    conductor.receive(event_of("4.4 made 1 b"))
    assert conductor.making == 4


@pytest.mark.parametrize(("prompt", "making"), [("b", 4), ("c", 4), ("a", 2)])
def test_a_report_that_skips_a_chunk_is_doubted_only_if_its_prompt_is_one_of_the_take_before(
    prompt: str, making: int
) -> None:
    conductor = Conductor(compiled('at 0c "a"\nat 2c cut, "b"\nat 4c "c"\nend 9c\n'))
    script = [
        "0.0 ready",
        "0.1 took a",
        "0.2 started",
        "1.2 made 0 a",
        "2.2 made 1 a",
        "2.3 reset",
        "2.4 took b",
        "2.45 started",
    ]
    for event in [*script, f"4.4 made 1 {prompt}"]:
        conductor.receive(event_of(event))
    assert conductor.making == making
    conductor.receive(event_of(f"5.4 made 2 {prompt}"))
    assert conductor.making == 5, "a second report that agrees confirms it"
