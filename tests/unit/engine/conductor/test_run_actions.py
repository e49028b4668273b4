"""The report lists the actions of rules and exits on the run itself: the action, its outcome, and
how long it took.
"""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.report import RunActionReport
from sequencer.language.score import Cut, Goto, Item, Score
from sequencer.language.score import Pause as PauseAction
from sequencer.language.score import Resume as ResumeAction
from sequencer.runtime.output.report_format import as_json, as_table
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import at_bar, live, on_beats, on_go, play, section
from tests.support.clock_fixtures import ExternalClock, follow, midi

INTRO = section("intro", 4, at_bar(1, "in"))
OUTRO = section("outro", 4, at_bar(1, "end"))
RULES: tuple[Item, ...] = (
    on_go("rest", PauseAction()),
    on_go("on", ResumeAction()),
    on_go("again", Goto("intro")),
    on_go("cut", Cut(4), "new"),
)


def jam(*rules: Item) -> Score:
    return on_beats(INTRO, live("jam", 16, at_bar(1, "still"), *(rules or RULES)), OUTRO)


def short(move: RunActionReport) -> tuple[str, str, int | None, Status, str]:
    return move.what, move.place, move.chunk, move.status, move.reason


def test_a_pause_reports_where_the_model_paused_and_a_resume_where_it_continued() -> None:
    played = play(jam(), "go rest@13100ms", "go on@40s")
    rest, on = played.outcome.report.moves
    assert short(rest) == ("pause", "go rest", 9, Status.LANDED, "")
    assert short(on) == ("resume", "go on", 10, Status.LANDED, "")
    assert rest.section == "jam"
    assert rest.waited_ms is not None
    assert 0 < rest.waited_ms < 1400
    assert on.waited_ms is not None
    assert 0 <= on.waited_ms < 100


def test_a_goto_and_an_exit_report_with_which_chunk_the_other_section_began() -> None:
    played = play(jam(), "go again@12c", "go out@25c")
    goto, way_out = played.outcome.report.moves
    assert short(goto) == ("goto intro", "go again", 15, Status.LANDED, "")
    assert [cue.landed for cue in played.cues if cue.section == "intro"] == [0, 15]
    assert way_out.what == "exit"
    assert way_out.place == "go out"
    assert way_out.chunk == next(cue.landed for cue in played.cues if cue.section == "outro")
    assert way_out.waited_ms is not None
    assert goto.waited_ms is not None
    assert 2000 < goto.waited_ms < 4200


def test_an_exit_after_which_nothing_comes_is_reported_with_the_end() -> None:
    played = play(on_beats(INTRO, live("jam", 16, at_bar(1, "still"))), "go out@12c")
    (move,) = played.outcome.report.moves
    assert move.status is Status.LANDED
    assert move.chunk == played.outcome.report.chunks


def test_what_does_not_take_effect_reports_why() -> None:
    twice = play(jam(), "go again@12c", "go again@17200ms", "go out@25c").outcome.report.moves
    assert [short(move)[3:] for move in twice[:2]] == [
        (Status.OVERTAKEN, "go again came before it had left"),
        (Status.LANDED, ""),
    ]
    resumed = play(jam(), "go on@12650ms", "go out@25c").outcome.report.moves
    assert short(resumed[0])[3:] == (Status.REFUSED, "not paused")
    taken_back = play(jam(), "go rest@12650ms", "go on@13100ms", "go out@25c").outcome.report.moves
    assert [short(move)[3] for move in taken_back[:2]] == [Status.SKIPPED, Status.LANDED]
    assert "taken back" in taken_back[0].reason
    cut = play(jam(), "go rest@12650ms", "go cut@13100ms", "go out@25c").outcome.report.moves
    assert short(cut[0])[3:] == (Status.MISSED, "the take was cut first")
    ended = play(
        jam(), "go again@12c", faults=Faults.model_validate({"end": {"chunk": 13}})
    ).outcome.report
    assert not ended.ended_well
    assert ended.moves[0].status is Status.MISSED
    assert ended.moves[0].reason.startswith("the run ended first: ")


def test_an_exit_that_comes_too_late_reports_that_the_section_ends_by_itself() -> None:
    end = next(cue.landed for cue in play(jam()).cues if cue.section == "outro")
    assert end is not None
    (move,) = play(jam(), f"go out@{end - 1}c").outcome.report.moves
    assert short(move) == (
        "exit",
        "go out",
        None,
        Status.SKIPPED,
        "the section ends by itself before it could be left",
    )


def test_a_pause_whose_message_was_lost_is_reported_by_the_models_state() -> None:
    lost = Faults.model_validate(
        {"messages": [{"type": "generation_paused", "nth": 1, "do": "lose"}]}
    )
    rest, _ = play(jam(), "go rest@13100ms", "go on@40s", faults=lost).outcome.report.moves
    assert short(rest) == ("pause", "go rest", 9, Status.LANDED, "")


def test_a_goto_that_the_clock_overtakes_is_reported() -> None:
    score = midi(
        section("in", 16, at_bar(1, "a"), on_go("b", Goto("out"))),
        section("out", 8, at_bar(1, "b")),
    )
    outcome, _ = follow(
        score, ExternalClock((0.5, "start"), (4.0, ("locate", 4.0))), events=["go b@3s"]
    )
    (move,) = outcome.report.moves
    assert (move.status, move.reason) == (Status.OVERTAKEN, "the clock was moved first")


def test_the_report_and_its_table_hold_them() -> None:
    played = play(jam(), "go rest@13100ms", "go on@40s", "go again@12c", "go out@25c")
    report = played.outcome.report
    document = as_json(report, {})
    assert [move["what"] for move in document["moves"]] == [
        "pause",
        "goto intro",
        "resume",
        "exit",
    ] or [move["what"] for move in document["moves"]] == ["pause", "resume", "goto intro", "exit"]
    assert set(document["moves"][0]) == {
        *(
            "section",
            "place",
            "line",
            "what",
            "chunk",
            "status",
            "reason",
            "version",
            "waited_ms",
            "occurrence",
        )
    }
    table = as_table(report, played.schedule)
    assert "pause" in table
    assert "s after the request" in table
    many = as_table(report, played.schedule, most=2)
    assert "and 2 more pauses, gotos and exits; report.json lists all of them" in many


def test_a_following_run_reports_them_too() -> None:
    score = midi(
        section("in", 4, at_bar(1, "a")),
        live("jam", 32, at_bar(1, "b")),
        section("out", 4, at_bar(1, "c")),
    )
    outcome, _ = follow(score, ExternalClock((1.0, "start"), (12.0, "stop"), (14.0, "continue")))
    assert outcome.report.moves == ()
