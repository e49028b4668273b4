"""The rules by which an edited score takes over, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sequencer.engine.conductor import plan_building
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import RunActionReport
from sequencer.engine.conductor.takeover import stretch_named
from sequencer.engine.replay import replay
from sequencer.events.commands import (
    SchedulePrompt,
    SendMidi,
    SetConditioning,
    SetImageStrength,
    SetSeed,
    SetSrScale,
    Upload,
)
from sequencer.events.events import Ready, ReloadRequested, ResetDone, UploadFailed
from sequencer.language.compiler import compile_score
from sequencer.language.score import SetSr, SetStrength, SuperResolution, UseImage
from sequencer.runtime.live.attachments import clock_sections
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import IMAGE_FILE, Played, at_chunk, on_chunks
from tests.support.clock_fixtures import ExternalClock
from tests.support.reloads import Edit, play_edited, schedule_of, shown_prompts


@pytest.fixture(autouse=True, scope="module", params=[256, 1], ids=["together", "in pieces"])
def piece(request: pytest.FixtureRequest) -> Iterator[None]:
    """Plan edited scores as in a run, and one cue at a time, which must make no difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_building, "PIECE", request.param)
        yield


HEAD = "seed 1\nclock 120 bpm, 4/4\n"
SET = (
    HEAD
    + """\
section a 8 bars {
  at 1 "a1"
  at 3 "a3"
  at 5 "a5"
  at 7 "a7"
}
section b 8 bars {
  at 1 "b1"
  at 5 "b5"
}
"""
)


def runs(played: Played) -> list[str]:
    """Return the prompts that the model showed, without repetitions."""
    found: list[str] = []
    for chunk in sorted(shown_prompts(played)):
        prompt = shown_prompts(played)[chunk] or ""
        if found[-1:] != [prompt]:
            found.append(prompt)
    return found


def edited(
    before: str, after: str, at: float = 6, *events: str, tmp_path: Path | None = None, **how: Any
) -> Played:
    """Play a score that is edited, and check that its journal replays."""
    journal = None if tmp_path is None else tmp_path / "journal.jsonl"
    played = play_edited(
        schedule_of(before),
        [Edit(at=at, schedule=schedule_of(after), **how)],
        *events,
        journal=journal,
    )
    if journal is not None:
        again = replay(journal)
        assert again.is_equal, again.divergence
        assert again.report == played.outcome.report
    return played


def move_of(played: Played) -> RunActionReport:
    (move,) = [one for one in played.outcome.report.moves if one.place == "reload"]
    return move


def prompts_sent(played: Played) -> list[tuple[str, int]]:
    return [(one.prompt, one.chunk) for one in played.log if isinstance(one, SchedulePrompt)]


# ---- what is sent --------------------------------------------------------------------------------


def test_an_edit_that_changes_nothing_sends_nothing(tmp_path: Path) -> None:
    played = edited(SET, "# a comment\n" + SET, tmp_path=tmp_path)
    assert prompts_sent(played) == prompts_sent(play_edited(schedule_of(SET), []))
    assert move_of(played).status is Status.LANDED
    assert played.outcome.report.all_landed
    lines = {cue.place: (cue.line, cue.version) for cue in played.cues if cue.section == "a"}
    assert lines == {"1.1": (4, 1), "3.1": (5, 1), "5.1": (7, 2), "7.1": (8, 2)}


def test_a_changed_prompt_costs_one_command_and_so_does_a_removed_one() -> None:
    usual = prompts_sent(play_edited(schedule_of(SET), []))
    changed = edited(SET, SET.replace('"a7"', '"new"'))
    assert prompts_sent(changed) == [*usual, ("new", 9)]
    removed = edited(SET, SET.replace('  at 7 "a7"\n', ""))
    assert prompts_sent(removed) == [*usual, ("a5", 9)]
    assert runs(removed) == ["a1", "a3", "a5", "b1", "b5"]


def test_cues_before_the_takeover_come_from_the_old_score() -> None:
    played = edited(SET, SET.replace('"a3"', '"A3"').replace('"a7"', '"A7"'), at=3, where="section")
    assert runs(played) == ["a1", "a3", "a5", "a7", "b1", "b5"]


# ---- the position --------------------------------------------------------------------------------


def test_sections_before_the_position_do_not_matter(tmp_path: Path) -> None:
    new = SET.replace("section a", 'section x 3 bars {\n  at 1 "x1"\n}\nsection a')
    played = edited(SET, new.replace('"a7"', '"A7"'), tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "a5", "A7", "b1", "b5"]


def test_a_section_that_is_shorter_now_goes_on_with_what_follows_it(tmp_path: Path) -> None:
    new = SET.replace("section a 8 bars", "section a 4 bars").replace('  at 5 "a5"\n', "", 1)
    played = edited(SET, new.replace('  at 7 "a7"\n', ""), at=8, tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "a5", "b1", "b5"]
    assert move_of(played).chunk == 7


def test_a_section_inserted_after_the_current_one_is_played() -> None:
    new = SET.replace("section b", 'section x 3 bars {\n  at 1 "x1"\n}\nsection b')
    assert runs(edited(SET, new, at=14)) == ["a1", "a3", "a5", "a7", "x1", "b1", "b5"]


def test_the_pass_counts_but_at_most_the_last_one() -> None:
    old = SET.replace("section b", "section c") + "play a*3 c\n"
    new = SET.replace("section b", "section c").replace('"a7"', '"A7"') + "play a*2 c\n"
    played = edited(old, new, at=36)  # in the third pass
    assert runs(played)[-3:] == ["A7", "b1", "b5"]
    assert runs(played).count("a1") == 3


def test_another_tempo_keeps_the_bar(tmp_path: Path) -> None:
    played = edited(SET, SET.replace("120 bpm", "60 bpm"), at=6, tmp_path=tmp_path)
    chunks = {prompt: chunk for chunk, prompt in reversed(shown_prompts(played).items())}
    # bar 5 is at 8 s, and bar 7 eight seconds later
    assert chunks["a5"] == 6 and chunks["a7"] == 12
    assert chunks["b1"] == 17


def test_a_faster_tempo_does_not_leave_the_section_too_soon(tmp_path: Path) -> None:
    played = edited(SET, SET.replace("120 bpm", "240 bpm"), at=1, tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "a5", "a7", "b1", "b5"]
    assert played.outcome.report.ended_well


def test_without_beats_the_position_is_a_time() -> None:
    old = 'seed 1\nat 0c "0"\nat 4c "4"\nat 8c "8"\nend 12c\n'
    new = 'seed 1\nat 0c "0"\nat 4c "4"\nat 7c "7"\nend 10c\n'
    played = edited(old, new, at=4)
    assert move_of(played).chunk == 4
    assert runs(played) == ["0", "4", "7"]
    assert played.outcome.report.chunks == 10


def test_a_section_that_is_gone_is_refused_with_those_that_there_are() -> None:
    played = edited(SET, SET.replace("section a", "section z"))
    move = move_of(played)
    assert move.status is Status.REFUSED
    assert move.reason.endswith("does not play a section of that name [E701]")
    assert runs(played) == ["a1", "a3", "a5", "a7", "b1", "b5"]


def test_a_renamed_section_is_named_by_the_operator(tmp_path: Path) -> None:
    new = SET.replace("section a", "section z").replace('"a5"', '"z5"')
    played = edited(SET, new, section="z", tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "z5", "a7", "b1", "b5"]


def test_at_the_end_of_a_section_the_operator_names_what_follows() -> None:
    played = edited(SET, SET, where="section", section="a")
    assert runs(played)[:7] == ["a1", "a3", "a5", "a7", "a1", "a3", "a5"]


def test_a_section_that_nobody_wrote_is_refused() -> None:
    assert "has no section nowhere" in move_of(edited(SET, SET, section="nowhere")).reason


def test_too_near_the_end_is_refused() -> None:
    played = edited(SET, SET.replace("b5", "B5"), at=33)
    assert move_of(played).status is Status.REFUSED
    assert "[E704]" in move_of(played).reason


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (SET, "grid 24 frames @ 24 fps\n" + SET, "E702"),
        (SET, SET.replace("clock 120 bpm", "clock midi, nominal 120 bpm"), "E703"),
    ],
)
def test_what_the_run_is_built_on_is_refused(old: str, new: str, code: str) -> None:
    played = edited(old, new)
    assert f"[{code}]" in move_of(played).reason
    assert runs(played) == ["a1", "a3", "a5", "a7", "b1", "b5"]


def test_a_section_is_found_by_its_pass() -> None:
    schedule = schedule_of(SET + "play a b a\n")
    numbers = [stretch_named(schedule, "a", one) for one in (1, 2, 3)]
    assert [None if one is None else one.index for one in numbers] == [0, 2, 2]
    assert stretch_named(schedule, "c", 1) is None


# ---- what is in force ----------------------------------------------------------------------------


def test_only_what_the_edit_changed_lands(tmp_path: Path) -> None:
    old = on_chunks(
        at_chunk(0, "0"),
        at_chunk(2, "2", SetSr(SuperResolution.X4)),
        end=12,
    )
    new = on_chunks(at_chunk(0, "0"), at_chunk(2, "2"), end=12)
    played = play_edited(
        compile_score(old),
        [Edit(at=5, schedule=compile_score(new))],
        journal=tmp_path / "journal.jsonl",
    )
    scales = [one.scale for one in played.log if isinstance(one, SetSrScale)]
    assert scales == ["2x", "4x", "2x"]
    assert prompts_sent(played) == [("0", 0), ("2", 2)]
    assert replay(tmp_path / "journal.jsonl").is_equal


def test_a_prompt_that_a_rule_fired_stays_unless_the_scores_own_changed() -> None:
    rule = '  on go flash -> "flash"\n'
    old = SET.replace('  at 3 "a3"', rule + '  at 3 "a3"')
    played = edited(old, old.replace('"a7"', '"A7"'), 7, "go flash@4s")
    assert runs(played)[:4] == ["a1", "a3", "flash", "a5"]
    late = old.replace('  at 5 "a5"\n', "")
    assert runs(edited(late, late.replace('"b1"', '"B1"'), 8.5, "go flash@5.2s")) == [
        *("a1", "a3", "flash", "a7", "B1", "b5")
    ]
    assert runs(edited(late, late.replace('"a3"', '"A3"'), 8.5, "go flash@5.2s")) == [
        *("a1", "a3", "flash", "A3", "a7", "b1", "b5")
    ]


def test_an_image_and_its_strength_land_where_they_changed(tmp_path: Path) -> None:
    def score(*actions: Any) -> Any:
        return compile_score(on_chunks(at_chunk(0, "0"), at_chunk(2, "2", *actions), end=14))

    new = score(UseImage("a.png"), SetStrength(Fraction(1, 2)))
    played = play_edited(score(), [Edit(at=5, schedule=new)], journal=tmp_path / "journal.jsonl")
    kinds = (Upload, SetImageStrength, SetConditioning)
    sent = [one for one in played.log if isinstance(one, kinds)]
    assert sent == [
        Upload(IMAGE_FILE),
        SetImageStrength(0.5),
        SetConditioning("2", IMAGE_FILE.sha256),
    ]
    assert played.outcome.report.all_landed
    assert replay(tmp_path / "journal.jsonl").is_equal


def test_a_new_seed_acts_at_the_next_cut_that_names_none() -> None:
    old = 'seed 1\nat 0c "0"\nat 8c cut, "8"\nend 12c\n'
    played = edited(old, old.replace("seed 1", "seed 2"), at=4)
    assert [one.seed for one in played.log if isinstance(one, SetSeed)] == [1, 2]
    named = old.replace("cut", "cut seed 5")
    played = edited(named, named.replace("seed 1\n", "seed 2\n"), at=4)
    assert [one.seed for one in played.log if isinstance(one, SetSeed)] == [1, 5]


# ---- waiting -------------------------------------------------------------------------------------


def test_an_image_that_cannot_be_uploaded_is_a_refusal() -> None:
    old = compile_score(on_chunks(at_chunk(0, "0"), end=14))
    new = compile_score(on_chunks(at_chunk(0, "0"), at_chunk(9, "9", UseImage("a.png")), end=14))
    faults = Faults.model_validate({"uploads": [{"image": "a.png", "reason": "no"}]})
    played = play_edited(old, [Edit(at=4, schedule=new)], faults=faults)
    assert any(isinstance(one, UploadFailed) for one in played.log)
    assert "the image a.png of the edited score could not be uploaded" in move_of(played).reason
    assert runs(played) == ["0"]


def test_an_edit_waits_while_a_take_is_cut(tmp_path: Path) -> None:
    old = 'seed 1\nat 0c "0"\nat 4c cut, "4"\nat 8c "8"\nend 12c\n'
    new = old.replace('"8"', '"eight"')
    reset = next(one.at for one in edited(old, old, at=99).log if isinstance(one, ResetDone))
    played = edited(old, new, at=reset / 1e9 - 0.01, tmp_path=tmp_path)
    assert runs(played)[-1] == "eight"
    assert move_of(played).status is Status.LANDED
    assert played.outcome.report.takes == 2


@pytest.mark.parametrize("at", [0.1, 0.305])
def test_before_the_first_take_the_edited_score_is_played_instead(at: float) -> None:
    played = edited(SET, SET.replace('"a1"', '"A1"').replace("seed 1", "seed 9"), at=at)
    assert runs(played) == ["A1", "a3", "a5", "a7", "b1", "b5"]
    assert [one.seed for one in played.log if isinstance(one, SetSeed)][-1] == 9
    assert played.outcome.report.all_landed


def test_only_the_newest_edit_that_waits_takes_over() -> None:
    schedules = [schedule_of(SET.replace('"a7"', f'"{name}"')) for name in ("one", "two")]
    edits = [Edit(at=6, schedule=one) for one in schedules]
    played = play_edited(schedule_of(SET), edits)
    assert runs(played) == ["a1", "a3", "a5", "two", "b1", "b5"]
    first, second = played.outcome.report.moves
    assert first.status is Status.OVERTAKEN
    assert second.status is Status.LANDED


def test_images_are_uploaded_before_the_first_take_of_another_version() -> None:
    old = compile_score(on_chunks(at_chunk(0, "0"), end=8))
    new = compile_score(on_chunks(at_chunk(0, "0", UseImage("a.png")), end=8))
    conductor = Conductor(old, may_reload=True)
    assert conductor.learn(new) == 2
    conductor.receive(ReloadRequested(at=0, version=2))
    assert conductor.receive(Ready(1)) == (Upload(IMAGE_FILE),)


def test_only_a_run_that_may_reload_learns_versions() -> None:
    with pytest.raises(ValueError, match="no other version"):
        Conductor(schedule_of(SET)).learn(schedule_of(SET))


# ---- what goes on --------------------------------------------------------------------------------

LIVE = (
    HEAD
    + """\
section a until go out, max 16 bars {
  at 1 "a1"
  at 3 "a3"
  on go hit -> pick("x" | "y" | "z")
}
section b 4 bars {
  at 1 "b1"
}
section c 4 bars {
  at 1 "c1"
}
"""
)


def test_exits_and_rules_of_the_current_section_are_the_new_ones_at_once(tmp_path: Path) -> None:
    new = LIVE.replace("go out", "go leave").replace("go hit", "go new")
    played = edited(LIVE, new, 4, "go out@5s", "go new@5.5s", "go leave@9s", tmp_path=tmp_path)
    assert [one for one in runs(played) if one not in ("x", "y", "z")] == ["a1", "a3", "b1", "c1"]
    assert any(one in runs(played) for one in ("x", "y", "z"))
    assert played.outcome.report.chunks < 30


def test_a_section_that_was_left_stays_left(tmp_path: Path) -> None:
    played = edited(LIVE, LIVE.replace('"b1"', '"B1"'), 5.3, "go out@5s", tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "B1", "c1"]


def test_a_goto_that_has_fired_is_not_undone(tmp_path: Path) -> None:
    new = LIVE.replace('"c1"', '"C1"').replace(
        "section b", 'section n 2 bars {\n  at 1 "n"\n}\nsection b'
    )
    played = edited(LIVE, new, 5.3, "goto c at next 4 bars@5s", tmp_path=tmp_path)
    assert runs(played)[-1] == "C1"
    assert "b1" not in runs(played) and "n" not in runs(played)


def test_an_exit_before_the_takeover_brings_what_it_was_to_bring(tmp_path: Path) -> None:
    new = LIVE.replace('"a1"', '"A1"').replace('"a3"', '"A3"').replace('at 1 "b1"', 'at 3 "b3"')
    played = edited(
        LIVE.replace('at 1 "b1"', 'at 3 "b3"'), new, 9, "go out@9.1s", tmp_path=tmp_path
    )
    assert runs(played) == ["a1", "a3", "A3", "b3", "c1"]


def test_rules_count_on_under_their_key() -> None:
    usual = play_edited(schedule_of(LIVE), [], "go hit@5s", "go hit@9s", "go hit@13s")
    played = edited(LIVE, LIVE, 7, "go hit@5s", "go hit@9s", "go hit@13s")
    assert runs(played) == runs(usual)


def test_a_quantised_firing_keeps_waiting_for_its_bar_line(tmp_path: Path) -> None:
    old = LIVE.replace("on go hit -> pick", "on go hit at next 4 bars -> pick")
    played = edited(old, old.replace('"b1"', '"B1"'), 9, "go hit@8.5s", tmp_path=tmp_path)
    (cue,) = [one for one in played.cues if one.rule is not None]
    assert cue.status is Status.LANDED
    assert cue.planned == 12  # bar 9 is at 16 s


def test_messages_go_on_from_the_takeover(tmp_path: Path) -> None:
    old = SET.replace('at 3 "a3"', 'at 3 "a3", midi cc 1 3').replace(
        'at 7 "a7"', 'at 7 "a7", midi cc 1 7'
    )
    new = old.replace("cc 1 3", "cc 1 33").replace("cc 1 7", "cc 1 77")
    played = edited(old, new, at=8, tmp_path=tmp_path)
    values = [int(one.message[4:], 16) for one in played.log if isinstance(one, SendMidi)]
    assert values == [3, 77]


def test_a_score_that_did_not_send_messages_may_begin_to() -> None:
    played = edited(SET, SET.replace('at 7 "a7"', 'at 7 "a7", midi cc 1 7'), at=8)
    assert sum(isinstance(one, SendMidi) for one in played.log) == 1


# ---- external clocks -----------------------------------------------------------------------------

MIDI = SET.replace("clock 120 bpm, 4/4", "clock midi, 4/4, nominal 120 bpm")


def followed(after: str, at: float, *moves: tuple[float, Any], tmp_path: Path) -> Played:
    external = ExternalClock((0.0, 110.0), (5.0, "start"), *moves)
    journal = tmp_path / "journal.jsonl"
    played = play_edited(
        schedule_of(MIDI),
        [Edit(at=at, schedule=schedule_of(after))],
        external=external,
        journal=journal,
    )
    again = replay(journal)
    assert again.is_equal, again.divergence
    assert again.report == played.outcome.report
    assert played.outcome.report.ended_well
    return played


def test_a_run_that_follows_a_clock_takes_over_by_its_beats(tmp_path: Path) -> None:
    new = MIDI.replace("section a", 'section x 3 bars {\n  at 1 "x1"\n}\nsection a')
    played = followed(new.replace('"a5"', '"A5"'), 8, tmp_path=tmp_path)
    assert runs(played) == ["a1", "a3", "A5", "a7", "b1", "b5"]


def test_a_jump_counts_from_the_beginning_of_the_edited_score(tmp_path: Path) -> None:
    new = MIDI.replace("section a", 'section x 8 bars {\n  at 1 "x1"\n  at 5 "x5"\n}\nsection a')
    played = followed(new, 10, (17.0, ("locate", 20.0)), tmp_path=tmp_path)
    found = runs(played)
    assert found[found.index("x5") :] == ["x5", "a1", "a3", "a5", "a7", "b1", "b5"]


def test_an_armed_run_plays_the_edited_score(tmp_path: Path) -> None:
    played = followed(MIDI.replace('"a1"', '"A1"'), 3, tmp_path=tmp_path)
    assert runs(played) == ["A1", "a3", "a5", "a7", "b1", "b5"]


# ---- what else follows the plan --------------------------------------------------------------------


def test_our_own_clock_keeps_the_old_tempo_until_the_takeover() -> None:
    played = edited(SET, SET.replace("120 bpm", "60 bpm"), at=6)
    first, second, *_ = clock_sections(played.conductor)
    assert [first.start, first.quarter] == [Fraction(0)] * 2
    assert first.tempo.seconds_at(Fraction(16)) == 8
    # bar 5 is quarter 16, at 8 s; from there on a quarter lasts a second
    assert [second.start, second.quarter] == [Fraction(8), Fraction(16)]
    assert second.tempo.seconds_at(Fraction(4)) == 4


def test_scripted_positions_are_those_of_the_first_version() -> None:
    new = LIVE.replace("section a", 'section x 2 bars {\n  at 1 "x"\n}\nsection a')
    played = edited(LIVE, new.replace("go out", "go leave"), 4, "go leave@a 7")
    assert [one for one in runs(played) if one in ("b1", "c1")] == ["b1", "c1"]
    assert played.outcome.unreached == ()
    (exit_,) = [one for one in played.outcome.report.moves if one.what == "exit"]
    assert exit_.status is Status.LANDED
