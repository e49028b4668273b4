"""`--from POSITION` and `--to POSITION`: every kind of position, and what a bad one reports."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequencer
from sequencer.api.play_ranges import POSITION_HINT, read_range
from sequencer.cli import main
from sequencer.core.errors import UsageError
from sequencer.schedule.model import Schedule

SCORE = """clock 120 bpm, 4/4
section verse 8 bars {
  at 1 "A."
  at 5 mark turn, "B."
}
section chorus 4 bars {
  at 1 "C."
}
play verse chorus verse chorus
"""


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return sequencer.compile_score(sequencer.reads(SCORE))


@pytest.mark.parametrize(
    ("start", "stop", "chunks"),
    [
        ("chorus", None, (12, 35)),
        ("verse 5", "chorus", (6, 12)),
        ("verse mark turn", "chorus 5", (6, 17)),
        ("verse 2/2 5.1", None, (23, 35)),
        ("chorus", "chorus", (12, 29)),
        ("  verse   5 ", None, (6, 35)),
        ("8c", "20c", (8, 20)),
        ("8 c", None, (8, 35)),
        ("11s", "1m30s", None),
        ("11s", "40s", (8, 29)),
        ("11000ms", "40.5s", (8, 29)),
        (None, "verse 2/2", (0, 17)),
        ("verse", "chorus", (0, 12)),
        (None, "35c", (0, 35)),
        (None, "48s", (0, 35)),
    ],
)
def test_positions(
    schedule: Schedule, start: str | None, stop: str | None, chunks: tuple[int, int] | None
) -> None:
    if chunks is None:
        with pytest.raises(UsageError, match="the score is over by then"):
            read_range(start, stop, schedule)
        return
    found = read_range(start, stop, schedule)
    assert found is not None
    assert (found.first_chunk(schedule), found.end_chunk(schedule)) == chunks


def test_the_beginning_and_the_end_of_the_score_are_no_range(schedule: Schedule) -> None:
    assert read_range("verse", None, schedule) is None
    assert read_range("0c", None, schedule) is None
    assert read_range(None, None, schedule) is None


@pytest.mark.parametrize(
    ("start", "stop", "message", "hint"),
    [
        ("vers", None, "--from 'vers': there is no section vers", "did you mean verse?"),
        (
            "9.1",
            None,
            "--from '9.1': a position such as 9.1 counts from the start of a section, but none is named",
            "write for example verse 9.1; the sections are verse, chorus",
        ),
        (
            "verse 9.1",
            None,
            "--from 'verse 9.1': section verse is 8 bars long, so it is over before 9.1",
            "name an earlier position",
        ),
        (
            None,
            "chorus 3/2",
            "--to 'chorus 3/2': section chorus has 2 passes, so there is no chorus 3/2",
            "write chorus 2/2",
        ),
        (
            "35c",
            None,
            "--from '35c': the score is over by then: it has 35 chunks (48.1 s)",
            "name an earlier position",
        ),
        (
            None,
            "900s",
            "--to '900s': the score is over by then: it has 35 chunks (48.1 s)",
            "name an earlier position, or omit --to",
        ),
        (
            "chorus",
            "8c",
            "--to '8c' (chunk 8) is not after --from 'chorus' (chunk 12)",
            "name a later position with --to, or an earlier one with --from",
        ),
        (
            None,
            "verse 1/2",
            "--to 'verse 1/2' (chunk 0) is not after the beginning (chunk 0)",
            "name a later position with --to, or an earlier one with --from",
        ),
        (
            " ",
            None,
            "--from ' ' is not a position",
            POSITION_HINT,
        ),
        (
            "verse 0.9",
            None,
            "--from 'verse 0.9': bar 0 does not exist",
            None,
        ),
        (
            "verse mark nowhere",
            None,
            "--from 'verse mark nowhere': there is no such mark in section verse: mark nowhere",
            "its marks are turn",
        ),
    ],
)
def test_bad_positions(
    schedule: Schedule, start: str | None, stop: str | None, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        read_range(start, stop, schedule)
    assert caught.value.message == message
    if hint is not None:
        assert caught.value.hint == hint


def test_a_score_without_sections_takes_bars() -> None:
    schedule = sequencer.compile_score(
        sequencer.reads('clock 120 bpm, 4/4\nat 1 "A."\nat 5 mark x, "B."\nend 9\n')
    )
    for start in ("5", "5.1", "mark x", "8s", "6c"):
        found = read_range(start, None, schedule)
        assert found is not None
        assert found.first_chunk(schedule) == 6, start
    with pytest.raises(UsageError, match="this score has no sections"):
        read_range("drop", None, schedule)


def test_the_options_are_named_as_in_python(schedule: Schedule) -> None:
    with pytest.raises(UsageError) as caught:
        sequencer.rehearse(schedule, from_="zzz", video=False, save=False)
    assert caught.value.message == "from_ 'zzz': there is no section zzz"
    with pytest.raises(TypeError, match="from_ must be a str or None, not int"):
        sequencer.rehearse(schedule, from_=3, video=False, save=False)  # type: ignore[arg-type]  # what is tested


def test_a_live_run_plays_a_range(tmp_path: Path) -> None:
    score = sequencer.reads('grid 3 frames @ 24 fps\nat 0c "A."\nat 2c "B."\nat 4c "C."\nend 6c\n')
    run = sequencer.perform(score, stage="simulated", from_="3c", to="5c", out=tmp_path / "run")
    assert run.went_well
    assert [(cue.place, cue.landed) for cue in run.report.cues] == [("from 3c", 3), ("4c", 4)]
    assert run.report.chunks == 2
    assert run.document["range"] == "from 3c to 5c"
    assert sequencer.replay(run.folder).is_equal
    again = sequencer.perform(run, stage="simulated", out=tmp_path / "again")
    assert again.report.first_chunk == 3
    assert again.report.chunks == 2
    with pytest.raises(UsageError, match="this run played a part of it"):
        sequencer.perform(run, stage="simulated", follow=True, out=tmp_path / "third")


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        (
            "clock midi 'x', 4/4, nominal 120 bpm",
            [],
            "--from selects a part of the score, but this score follows an external clock",
        ),
        (
            "clock 120 bpm, 4/4",
            ["--follow"],
            "--from selects a part of the score, but --follow counts its positions",
        ),
    ],
)
def test_a_live_run_that_follows_a_clock_refuses_a_range(
    head: str, options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    score = tmp_path / "x.score"
    score.write_text(head.replace("'", '"') + '\nat 1 "A."\nat 3 "B."\nend 9\n', encoding="utf-8")
    code = main(["perform", str(score), "--stage", "simulated", "--from", "3", *options])
    assert code == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "hint:" in errors
    assert (
        main(
            [
                "rehearse",
                str(score),
                "--from",
                "3",
                "--no-video",
                "-q",
                "--out",
                str(tmp_path / "r"),
            ]
        )
        == 0
    )
