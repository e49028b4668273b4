"""`--event WHAT@WHEN`: section positions in every spelling of the language, and a warning where
nothing waits for the event.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.api.scripted_events import read_event
from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.events import NoteReceived, OperatorGo, StopRequested
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import SetSr, SuperResolution
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import at_bar, on_beats, play, section
from tests.support.clock_fixtures import ExternalClock, follow, midi

SCORE = """score "Jam"
clock 120 bpm, 4/4
section intro 4 bars {
  at 1 "A tram stop."
}
section jam until go out, max 16 bars {
  at 1 "The tram stop. It rains."
  at 5 mark rain, "The tram stop. It pours."
  on note C1 -> sr 4x
}
section verse 4 bars, meter 3/4 {
  at 1 "The tram stop. Dawn."
  on go night -> sr off
}
play intro jam verse*2
"""
F = Fraction
CHUNK = Fraction(11, 8)


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return compile_score(reads(SCORE))


@pytest.mark.parametrize(
    ("position", "beats"),
    [
        ("jam 3.1", 8),
        ("jam 3", 8),
        ("jam 3.2+1/2", 9.5),
        ("jam 3:2:240", 9.5),
        ("jam 9b", 9),
        ("jam 5 beats", 5),
        ("jam 4.5s", 9),
        ("jam 1500ms", 3),
        ("jam 4c", 11),
        ("jam 66f", 5.5),
        ("jam +2 bars", 8),
        ("jam mark rain", 16),
        ("jam mark rain +1bar", 20),
        ("jam mark rain +1b", 17),
        ("jam", 0),
        ("jam 1/1 2", 4),
    ],
)
def test_every_spelling_of_a_position(position: str, beats: float, schedule: Schedule) -> None:
    event = read_event(f"note 36@{position}", schedule)
    assert event.chunk is None
    assert {index: offset for index, (_, offset) in event.positions.items()} == {
        1: Fraction(beats) / 2
    }


def test_a_pass_is_named_as_the_sheet_numbers_it(schedule: Schedule) -> None:
    assert set(read_event("go night@verse 2/2 3.1", schedule).positions) == {3}
    assert set(read_event("go night@verse 3.1", schedule).positions) == {2, 3}
    assert read_event("go night@verse 2/2 3.1", schedule).positions[3] == (F(6), F(3)), (
        "its own meter counts"
    )


def test_a_score_without_sections_has_positions_too() -> None:
    bare = compile_score(reads('clock 120 bpm, 4/4\nat 1 "One."\nat 3 mark here, "Two."\nend 9\n'))
    assert read_event("go x@3.1", bare).positions == {0: (F(8), F(4))}
    assert read_event("go x@mark here +1b", bare).positions == {0: (F(9), F(9, 2))}
    assert read_event("go x@4c", bare).chunk == 4


def test_times_and_chunks_of_the_run_are_what_they_were(schedule: Schedule) -> None:
    assert read_event("go x@4c", schedule).chunk == 4
    assert read_event("go x@3.5s", schedule).after == 3_500_000_000
    assert read_event("go x@350ms", schedule).after == 350_000_000
    assert read_event("go x@1m30s", schedule).after == 90_000_000_000


@pytest.mark.parametrize(
    ("event", "message", "hint"),
    [
        ("go x", "--event 'go x' is not WHAT@WHEN", "write WHAT@WHEN: 'go exit@12c'"),
        ("go x@", "--event 'go x@' is not WHAT@WHEN", "write WHAT@WHEN"),
        ("go x@jan 3", "there is no section jan", "did you mean jam?"),
        ("go x@bridge 3", "there is no section bridge", "the sections are intro, jam, verse"),
        (
            "go x@3.1",
            "a position such as 3.1 counts from the start of a section",
            "write for example intro 3.1",
        ),
        (
            "go x@mark rain",
            "a position such as mark rain counts from",
            "the sections are intro, jam, verse",
        ),
        ("go x@jam 3.9", "bar 3 has 4 beats (4/4), so there is no 3.9", "5.1"),
        ("go x@jam 0.1", "bar 0 does not exist", "did you mean 1.1?"),
        ("go x@jam 1:30", "1:30 can be a time or a bar and a beat", "1m30s"),
        (
            "go x@jam 17.1",
            "section jam is at most 16 bars long, so it is over before 17.1",
            "earlier",
        ),
        ("go x@intro 5", "section intro is 4 bars long, so it is over before 5", "earlier"),
        (
            "go x@jam mark rian",
            "there is no such mark in section jam: mark rian",
            "its marks are rain",
        ),
        (
            "go x@intro mark rain",
            "there is no such mark in section intro: mark rain",
            "section intro has no marks",
        ),
        (
            "go x@verse 3/2 1",
            "section verse has 2 passes, so there is no verse 3/2",
            "write verse 2/2",
        ),
        ("go x@jam 2/2 1", "section jam has one pass, so there is no jam 2/2", "write jam"),
        ("go x@4.5c", "chunks are whole", "go exit@12c"),
        ("dance@jam 3", "'dance' is not an operator command", "go NAME"),
    ],
)
def test_an_invalid_position_reports_why_and_what_to_write(
    event: str, message: str, hint: str, schedule: Schedule
) -> None:
    with pytest.raises(UsageError) as raised:
        read_event(event, schedule)
    assert message in raised.value.message
    assert repr(event) in raised.value.message, "the whole option is shown"
    assert hint in (raised.value.hint or "")


def test_chunks_have_no_bars() -> None:
    with pytest.raises(
        UsageError, match="there are no bars and beats here: the clock counts chunks"
    ):
        read_event("go x@3.1", compile_score(reads('at 0c "One."\nend 9c\n')))
    with pytest.raises(UsageError, match="there is no section jam: this score has no sections"):
        read_event("go x@jam 3.1", compile_score(reads('at 0c "One."\nend 9c\n')))


def came(schedule: Schedule, *events: str) -> dict[str, Fraction]:
    """Return the score time at which each event arrived, from the number of chunks done and the
    time since the last of them.
    """
    found: dict[str, Fraction] = {}
    played = play(schedule, *events)
    done, last = 0, 0
    for one in played.log:
        if one.kind == "started":
            last = one.at
        if one.kind == "chunk_done":
            done, last = done + 1, one.at
        if isinstance(one, OperatorGo | NoteReceived):
            name = one.name if isinstance(one, OperatorGo) else f"note {one.note}"
            found[name] = done * CHUNK + Fraction(one.at - last, 10**9)
    return found


def test_an_event_comes_when_the_model_makes_its_position(schedule: Schedule) -> None:
    times = came(
        schedule, "note 36@jam 3.1", "note 25@intro 2.3", "go out@jam 8", "go night@verse 2/2 2.1"
    )
    assert abs(times["note 25"] - 3) < Fraction(1, 20)
    assert abs(times["note 36"] - 12) < Fraction(1, 20)
    assert abs(times["out"] - 22) < Fraction(1, 20)
    assert abs(times["night"] - (26 + 6 + Fraction(3, 2))) < Fraction(1, 20), (
        "jam was left on the bar line at 26 s"
    )


def test_the_first_pass_that_is_there_counts_without_a_number(schedule: Schedule) -> None:
    times = came(schedule, "go out@jam 2", "go night@verse 2.1")
    left = 12  # seconds: the first bar line of jam within reach
    assert abs(times["night"] - (left + Fraction(3, 2))) < Fraction(1, 20)


def test_an_event_at_the_very_end_of_a_section_still_comes(schedule: Schedule) -> None:
    assert "note 25" in came(schedule, "note 25@intro 4.4+3/4")


def test_an_event_at_the_start_of_a_section_finds_it_listening(schedule: Schedule) -> None:
    outcome = play(schedule, "note 36@jam 1").outcome
    assert outcome.unanswered == ()
    assert any(cue.rule is not None for cue in outcome.report.cues)


def test_a_position_that_is_never_reached_is_reported(schedule: Schedule) -> None:
    assert play(schedule, "go out@jam 2", "note 36@jam 12").outcome.unreached == ("note 36@jam 12",)


def test_beside_a_clock_the_position_is_where_the_clock_is() -> None:
    score = midi(section("in", 4, at_bar(1, "a")), section("out", 8, at_bar(1, "b")))
    outcome, log = follow(
        score, ExternalClock((1.0, "start"), (5.0, 90.0)), events=["go x@in 4.1", "go y@out 2.1"]
    )
    times = {one.name: one.at / 1e9 for one in log if isinstance(one, OperatorGo)}
    # 8 quarters by 5 s, then 90 bpm: quarter 12 comes 4 / 1.5 s later, quarter 20 comes 12 / 1.5 s
    # later
    assert abs(times["x"] - (5 + 4 / 1.5)) < 0.1
    assert abs(times["y"] - (5 + 12 / 1.5)) < 0.1
    assert outcome.unreached == ()


def test_a_warning_lists_what_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jam.score").write_text(SCORE)
    events = ("go oot@jam 2", "go out@intro 2", "note 36@jam 3.1", "go out@jam 4")
    code = main(
        [
            "rehearse",
            "jam.score",
            "--no-video",
            "-q",
            "--out",
            "run",
            *(f"--event={one}" for one in events),
        ]
    )
    assert code == 0, "a warning only"
    assert capsys.readouterr().err == (
        "sequencer: --event 'go out@intro 2': nothing waits for go out now: section jam waits for "
        "it; "
        "section intro waits for: nothing\n"
        "sequencer: --event 'go oot@jam 2': nothing waits for go oot; did you mean go out? "
        "Section jam waits for: go out, note C1\n"
    )
    report = json.loads(Path("run/report.json").read_text())
    assert report["events_nothing_waited_for"] == ["go out@intro 2", "go oot@jam 2"]


def test_a_clip_in_a_rehearsal_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jam.score").write_text(SCORE)
    assert (
        main(["rehearse", "jam.score", "--no-video", "-q", "--out", "run", "--event=clip@3c"]) == 0
    )
    assert "no clip: a rehearsal's video contains everything" in capsys.readouterr().err


# ---- stops by the operator -----------------------------------------------------------------------


def test_a_stop_by_an_operator_is_a_normal_end_with_every_cue_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jam.score").write_text(SCORE)
    assert main(["rehearse", "jam.score", "--no-video", "--out", "run", "--event=finish@8c"]) == 0
    out, err = capsys.readouterr()
    assert "differs from the score" not in err
    rows = out.split("\n\n")[0].splitlines()
    assert [row.split("  ")[0] for row in rows[1:]] == [
        "intro 1.1",
        "jam 1.1",
        "jam 5.1",
        "verse 1/2 1.1",
        "verse 2/2 1.1",
    ]
    assert rows[3].endswith("skipped: the operator ended the run before its chunk was made")
    assert "finished by hand: 2 of 5 cues landed and shown, 3 skipped" in out
    report = json.loads(Path("run/report.json").read_text())
    assert (report["ended_by_operator"], report["ended_well"], report["all_landed"]) == (
        True,
        False,
        True,
    )
    assert main(["replay", "run"]) == 0


def test_a_stop_does_not_hide_what_failed_before() -> None:
    lost = Faults.model_validate(
        {
            "messages": [{"type": "prompt_accepted", "do": "lose"}],
            "refuse": [{"command": "set_sr_scale"}],
        }
    )
    score = on_beats(
        section("a", 16, at_bar(1, "One."), at_bar(3, SetSr(SuperResolution.X4)), at_bar(9, "Two."))
    )
    report = play(score, "finish@8c", faults=lost).outcome.report
    assert report.stopped and report.ended_normally
    assert not report.all_landed
    assert [cue.status.value for cue in report.cues] == ["landed", "refused", "skipped"]


def test_limits_and_interruptions_are_no_stop() -> None:
    conductor = Conductor(compile_score(reads(SCORE)))
    conductor.receive(StopRequested(1, "interrupted (Ctrl-C)"))
    assert not conductor.report().ended_normally
