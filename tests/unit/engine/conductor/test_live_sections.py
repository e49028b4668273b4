"""Live sections, rules, goto: exits on bar lines, overwriting, and operator commands at difficult
moments.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.replay import replay
from sequencer.events.commands import Pause, Resume, SchedulePrompt
from sequencer.events.events import ChunkDone, Started
from sequencer.language.score import (
    Cut,
    Goto,
    OnControl,
    OnNote,
    Rule,
    Score,
    SetSr,
    SuperResolution,
)
from sequencer.language.score import Pause as PauseAction
from sequencer.language.score import Resume as ResumeAction
from tests.support.builders import Played, at_bar, live, on_beats, on_go, on_note, play, section

INTRO = section("intro", 4, at_bar(1, "in"))
OUTRO = section("outro", 4, at_bar(1, "end"))


def _shown(played: Played) -> list[str]:
    """Return the prompts that the model showed, without repetitions."""
    prompts = [
        one.prompt for one in played.log if isinstance(one, ChunkDone) and one.prompt is not None
    ]
    return [
        prompt for index, prompt in enumerate(prompts) if index == 0 or prompts[index - 1] != prompt
    ]


def jam(*rules: Rule, most: int = 16) -> Score:
    return on_beats(INTRO, live("jam", most, at_bar(1, "still"), at_bar(9, "later"), *rules), OUTRO)


def test_without_a_trigger_it_lasts_its_max() -> None:
    played = play(jam())
    assert _shown(played) == ["in", "still", "later", "end"]
    assert played.outcome.report.all_landed
    assert played.outcome.report.chunks == played.schedule.end


def test_an_exit_acts_on_a_bar_line_and_skips_the_rest() -> None:
    played = play(jam(), "go out@10c")
    assert _shown(played) == ["in", "still", "end"]
    skipped = [cue for cue in played.cues if cue.status is Status.SKIPPED]
    assert [cue.place for cue in skipped] == ["9.1"]
    end = played.cues[-1]
    # chunk 10 is being made; reach is 12; the first bar line of the jam (2 s a bar from 8 s on)
    # that snaps there is at 16 s
    assert end.planned == end.landed == 12
    assert played.outcome.report.all_landed


def test_an_exit_before_its_section_is_ignored() -> None:
    played = play(jam(), "go out@2c")
    assert _shown(played) == ["in", "still", "later", "end"]


def test_a_rule_lands_in_reach_and_reports_how_long_it_waited() -> None:
    played = play(jam(on_note("D3", "flash")), "note D3@9c", "note D3@13c")
    fired = [cue for cue in played.cues if cue.rule is not None]
    assert [cue.landed for cue in fired] == [11, 15]
    assert all(cue.waited_ms is not None and 0 < cue.waited_ms < 3000 for cue in fired)
    assert "flash" in _shown(played)


def test_a_rule_overwrites_what_was_sent_for_its_chunk() -> None:
    """`later` is due at bar 9 of the jam, 24 s, chunk 17 or 18: the note arrives after it has been
    sent.
    """
    plain = play(jam())
    later = plain.cue("9.1").planned
    assert later is not None
    played = play(jam(on_note("D3", "flash")), f"note D3@{later - 2}c")
    assert played.cue("9.1").status is Status.OVERTAKEN
    sent = [
        one
        for one in played.commands("schedule_prompt")
        if isinstance(one, SchedulePrompt) and one.chunk == later
    ]
    assert [one.prompt for one in sent] == ["later", "flash"]
    assert played.outcome.report.all_landed


def test_an_exit_overwrites_a_sent_prompt_that_the_new_plan_lacks() -> None:
    score = on_beats(
        INTRO,
        live("jam", 16, at_bar(1, "still"), *(at_bar(bar, f"j{bar}") for bar in range(2, 17))),
        section("quiet", 4, at_bar(3, "hush")),
        OUTRO,
    )
    played = play(score, "go out@12c")
    assert played.outcome.report.all_landed
    shown = _shown(played)
    assert shown[-2:] == ["hush", "end"]
    skipped = [cue for cue in played.cues if cue.status is Status.SKIPPED]
    assert skipped


def test_goto_goes_back_and_plays_on_from_there() -> None:
    played = play(jam(on_go("again", Goto("intro"))), "go again@12c", "go out@25c")
    assert _shown(played) == ["in", "still", "in", "still", "end"]
    assert played.outcome.report.all_landed


def test_a_section_with_a_cut_after_an_exit_opens_a_new_take() -> None:
    score = on_beats(
        INTRO,
        live("jam", 16, at_bar(1, "still")),
        section("finale", 2, at_bar(1, "dawn"), cut=Cut(9)),
    )
    played = play(score, "go out@12c")
    assert played.outcome.report.takes == 2
    assert _shown(played) == ["in", "still", "dawn"]
    assert played.outcome.report.all_landed
    assert [one.seed for one in played.log if one.kind == "set_seed"] == [3, 9]


def test_a_controller_fires_on_the_crossing_and_arms_again_after_its_hysteresis() -> None:
    rule = Rule(OnControl(20, True, 64), (SetSr(SuperResolution.OFF),))
    values = [
        70,
        60,
        65,
        63,
        66,
        60,
        70,
    ]  # the first never fires; 60 arms; 65 fires; 63 is too near; 60 arms; 70 fires
    played = play(jam(rule), *(f"cc 20={value}@{9 + index}c" for index, value in enumerate(values)))
    fired = [cue for cue in played.cues if cue.rule is not None]
    assert [cue.planned for cue in fired] == [12, 16]


def test_channels_and_note_offs_are_respected() -> None:
    rule = Rule(OnNote("60", 10), (SetSr(SuperResolution.OFF),))
    played = play(jam(rule), "note 60 ch 1@9c", "note 60 ch 10 vel 0@10c", "note 60 ch 10@11c")
    assert [cue.planned for cue in played.cues if cue.rule is not None] == [12]


def test_pause_and_resume_by_rule() -> None:
    rules = (on_go("rest", PauseAction()), on_go("on", ResumeAction()))
    played = play(jam(*rules), "go rest@9c", "go on@40s")
    assert [one.kind for one in played.log if isinstance(one, Pause | Resume)] == [
        "pause",
        "resume",
    ]
    assert played.outcome.report.all_landed


def test_in_one_chunk_the_last_of_a_kind_wins_and_the_others_are_reported() -> None:
    played = play(jam(on_note("D3", "flash"), on_note("E3", "thunder")), "note D3@9c", "note E3@9c")
    by_text = {cue.place: cue for cue in played.cues if cue.rule is not None}
    assert by_text["note D3"].status is Status.OVERTAKEN
    assert by_text["note E3"].status is Status.LANDED


@pytest.mark.parametrize("moment", ["0s", "8s", "16.4s", "16.6s"])
def test_no_word_is_lost_while_a_take_is_being_opened(moment: str) -> None:
    score = on_beats(
        section("one", 4, at_bar(1, "a"), on_go("x", "hit")),
        section("two", 4, at_bar(1, "b"), on_go("x", "hit"), cut=Cut(5)),
        section("three", 4, at_bar(1, "c"), on_go("x", "hit")),
    )
    played = play(score, f"go x@{moment}")
    fired = [cue for cue in played.cues if cue.rule is not None]
    assert [cue.status for cue in fired] == [Status.LANDED]


def test_a_replay_is_equal_whatever_was_pressed(tmp_path: Path) -> None:
    rules = (on_note("D3", "flash"), on_go("again", Goto("intro")), on_go("cut", Cut(4), "new"))
    journal = tmp_path / "journal.jsonl"
    played = play(
        jam(*rules),
        "note D3@9c",
        "go again@12c",
        "go cut@15c",
        "note D3@20c",
        "go out@24c",
        journal=journal,
    )
    result = replay(journal)
    assert result.is_equal
    assert result.report == played.outcome.report
    assert [one.at for one in played.log if isinstance(one, Started)] == sorted(
        one.at for one in played.log if isinstance(one, Started)
    )
