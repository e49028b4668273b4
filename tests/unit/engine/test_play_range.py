"""A run that plays a range shows on each chunk what a run of the whole score shows there."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import sequencer
from sequencer.api.play_ranges import read_range
from sequencer.cli import main
from sequencer.core.errors import JournalError
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.play_range import PlayRange, RangePosition, range_from_json
from sequencer.events.commands import SendMidi, SendOsc
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.helios_state import ChunkBegun, ChunkInputs
from sequencer.stages.simulated.stage import SimulatedStage

SCORE = """score "Ranges"
clock 120 bpm, 4/4
seed 4271
section a 8 bars {
  at 1 image "tram.png", strength 0.8, "A tram stop."
  at 3 "The tram stop. Rain."
  at 4 sr 4x
  at 5 strength 0.2
  at 1 midi program 3 ch 2
  at 2 midi cc 20 70
  at 6 midi note C3
}
section b 6 bars, cut seed 99 {
  at 1 "Dawn."
  at 2.3 "Dawn. A bird.", snap floor
  at 3.3 "Dawn. Two birds.", snap ceil
  at 4 image "tram.png", strength 0.5
}
section c 6 bars, cut {
  at 1 "Almost noon."
  at 2 "Noon."
  at 3 sr off
}
play a b a c
"""
Look = tuple[int, str, str | None, float | None, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from PIL import Image

    made = tmp_path_factory.mktemp("ranges")
    Image.new("RGB", (64, 48), (200, 40, 40)).save(made / "tram.png")
    (made / "ranges.score").write_text(SCORE, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def schedule(folder: Path) -> Schedule:
    return sequencer.check(folder / "ranges.score").performable()


def looks(
    schedule: Schedule, played: PlayRange | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[int, Look]:
    """Rehearse, and return the inputs of each score chunk that the run has made."""
    from sequencer.runtime import rehearsal

    found: dict[int, Look] = {}
    original = SimulatedStage._begun

    def begun(stage: SimulatedStage, one: ChunkBegun) -> None:
        look: ChunkInputs = one.look
        assert stage._score_chunk is not None
        found[stage._score_chunk(look.chunk)] = (
            look.seed,
            look.prompt,
            look.image,
            look.strength if look.image else None,
            look.sr,
        )
        original(stage, one)

    monkeypatch.setattr(SimulatedStage, "_begun", begun)
    result = rehearsal.rehearse(schedule, folder=folder, save=False, played=played)
    assert result.went_well, result.report
    first = 0 if played is None else played.first_chunk(schedule)
    return {chunk: found[chunk] for chunk in range(first, first + result.report.chunks)}


def test_each_chunk_of_a_range_shows_what_the_whole_score_shows_there(
    schedule: Schedule, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = looks(schedule, None, folder, monkeypatch)
    assert len({look[0] for look in whole.values()}) == 2, "two seeds"
    assert {look[2] is None for look in whole.values()} == {True, False}
    for first in range(1, schedule.end):
        stop = min(first + 4, schedule.end)
        played = read_range(f"{first}c", f"{stop}c", schedule)
        part = looks(schedule, played, folder, monkeypatch)
        assert part == {chunk: whole[chunk] for chunk in range(first, stop)}, f"from chunk {first}"


def test_two_ranges_that_meet_have_no_chunk_in_common_and_none_between_them(
    schedule: Schedule,
) -> None:
    for position in ("a 3.2", "b", "b 2.3", "a 2/2 5", "c 2", "20s"):
        until, since = read_range(None, position, schedule), read_range(position, None, schedule)
        assert until is not None
        assert since is not None
        assert until.end_chunk(schedule) == since.first_chunk(schedule)
        for played, chunks in (
            (until, until.end_chunk(schedule)),
            (since, schedule.end - since.first_chunk(schedule)),
        ):
            conductor = Conductor(schedule, False, played=played)
            assert conductor.view.end_chunk - conductor.view.first_chunk == chunks


def test_a_range_is_replayed_repeated_and_frozen(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    score = str(folder / "ranges.score")
    small = ["--video-size", "64x64", "-q"]
    assert (
        main(["rehearse", score, "--from", "b 2", "--to", "a 2/2 3", "--out", str(run), *small])
        == 0
    )
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert report["range"] == "from b 2 to a 2/2 3"
    assert report["first_chunk"] == 13
    assert report["ended"] == "the range is over"
    assert report["chunks"] == len(report["pictures"]["chunks"]) == 10
    assert [chunk for _, chunk, _, _ in report["pictures"]["chunks"]] == list(range(13, 23))
    assert sequencer.replay(run).is_equal
    assert main(["rerun", str(run), "--out", str(again), *small]) == 0
    assert sequencer.replay(again).is_equal
    second = json.loads((again / "report.json").read_text(encoding="utf-8"))
    assert second["pictures"]["chunks"] == report["pictures"]["chunks"], "the same frames"
    found = sequencer.diff(run, again)
    assert found.frame_digests == ()
    assert found.prompts == ()
    frozen = sequencer.compile_score(sequencer.freeze(run))
    assert frozen.end == report["chunks"]
    assert frozen.seed == 99
    assert frozen.takes[0].opening.prompt == "Dawn. A bird."
    for file in ("timeline.svg", "timeline.html"):
        text = (run / file).read_text(encoding="utf-8")
        assert "13 chunks before the range are omitted: 0 to 12" in text
        assert "from b 2 to a 2/2 3" in text
    capsys.readouterr()
    whole = tmp_path / "whole"
    assert main(["rehearse", score, "--no-video", "-q", "--out", str(whole)]) == 0
    assert main(["diff", str(whole), str(run)]) == 1
    assert capsys.readouterr().out == (
        "range: the whole score against from b 2 to a 2/2 3\n"
        "beginning at chunk 0 against 13\n"
        "41 chunks against 10\n"
        "every chunk in both runs showed the same prompt\n"
        "frames were not compared: at least one of the runs has no frames of its own\n"
    )


def test_midi_in_force_is_sent_when_a_range_begins_and_what_is_over_is_not(
    folder: Path, tmp_path: Path
) -> None:
    sequencer.rehearse(
        folder / "ranges.score", from_="a 5", to="b", video=False, out=tmp_path / "r"
    )
    journal = sequencer.read_journal(tmp_path / "r")
    sent = [
        record.command.message for record in journal.records if isinstance(record.command, SendMidi)
    ]
    assert sent == ["c102", "b01446", "903c64", "803c00"]


def test_osc_messages_before_a_range_are_not_sent_again(tmp_path: Path) -> None:
    score = sequencer.reads(
        'clock 120 bpm, 4/4\nsection a 8 bars {\n  at 1 "A.", osc "/clip" 1, midi cc 7 9\n'
        '  at 5 osc "/clip" 2\n}\n'
    )
    sequencer.rehearse(score, from_="a 3", video=False, out=tmp_path / "r")
    commands = [record.command for record in sequencer.read_journal(tmp_path / "r").records]
    assert [one.message for one in commands if isinstance(one, SendMidi)] == ["b00709"]
    assert [one.arguments for one in commands if isinstance(one, SendOsc)] == [(2,)]


def test_a_live_section_can_be_left_before_and_inside_a_range(tmp_path: Path) -> None:
    score = sequencer.reads(
        """clock 120 bpm, 4/4
section intro 4 bars {
  at 1 "A."
}
section jam until go out, max 16 bars {
  at 1 "B."
  at 9 "C."
}
section outro 4 bars {
  at 1 "D."
}
"""
    )
    left = sequencer.rehearse(
        score, from_="jam 3", to="outro 3", video=False, events=["go out@11c"], save=False
    )
    assert left.went_well
    assert [(cue.place, cue.landed) for cue in left.report.cues if cue.landed] == [
        ("from jam 3", 9),
        ("1.1", 13),
    ]
    assert left.report.first_chunk + left.report.chunks == 16, "two bars of the outro"
    after = sequencer.rehearse(score, from_="outro", video=False, save=False)
    assert [(cue.place, cue.planned) for cue in after.report.cues] == [("1.1", 29)]


def test_an_event_before_a_range_is_reported(tmp_path: Path) -> None:
    warnings: list[str] = []
    score = sequencer.reads('at 0c "A."\nat 4c "B."\non go x -> sr 4x\nend 8c\n')
    run = sequencer.rehearse(
        score,
        from_="4c",
        video=False,
        events=["go x@2c", "go x@5c"],
        warn=warnings.append,
        out=tmp_path / "run",
    )
    assert run.document["events_never_reached"] == ["go x@2c"]
    assert [
        "the run began at chunk 4 and was over after 4 chunks" in warning for warning in warnings
    ] == [True]
    assert [cue.status.value for cue in run.report.cues if cue.rule is not None] == ["landed"]


@pytest.mark.parametrize(
    "header",
    [
        [],
        {},
        {"from": 3},
        {"from": {"stretch": 0, "offset": "0"}},
        {"from": {"stretch": 9, "offset": "0", "text": "x"}},
        {"from": {"stretch": True, "offset": "0", "text": "x"}},
        {"from": {"stretch": 0, "offset": "1/0", "text": "x"}},
        {"from": {"stretch": 0, "offset": "-1", "text": "x"}},
        {"from": {"stretch": 0, "offset": "99999", "text": "x"}},
        {"from": {"stretch": 0, "offset": "0", "text": "x" * 2000}},
        {"since": {"stretch": 0, "offset": "0", "text": "x"}},
        {
            "from": {"stretch": 1, "offset": "0", "text": "b"},
            "to": {"stretch": 0, "offset": "0", "text": "a"},
        },
    ],
)
def test_a_range_in_a_header_that_is_not_one_of_the_schedule_is_refused(
    schedule: Schedule, header: object
) -> None:
    with pytest.raises(ValueError, match="it"):
        range_from_json(header, schedule)


def test_a_range_survives_its_json(schedule: Schedule) -> None:
    played = read_range("b 2", "c", schedule)
    assert played is not None
    assert range_from_json(json.loads(json.dumps(played.as_json())), schedule) == played


def test_a_journal_with_a_bad_range_is_refused_in_words(tmp_path: Path) -> None:
    sequencer.rehearse(
        sequencer.reads('at 0c "A."\nend 8c\n'), from_="4c", video=False, out=tmp_path / "run"
    )
    path = tmp_path / "run" / "journal.jsonl"
    head, rest = path.read_text(encoding="utf-8").split("\n", 1)
    header = json.loads(head)
    assert header["helios-journal"] == 3, "an earlier version must not replay it as the whole score"
    header["range"]["from"]["stretch"] = 7
    path.write_text(json.dumps(header) + "\n" + rest, encoding="utf-8")
    with pytest.raises(JournalError, match="its range cannot be read: its position is not in the"):
        sequencer.read_journal(path)


def test_a_run_that_follows_a_clock_has_no_range(schedule: Schedule) -> None:
    start = RangePosition(stretch=1, offset=Fraction(0), text="b")
    with pytest.raises(ValueError, match="follows a clock"):
        Conductor(schedule, True, played=PlayRange(start=start))
