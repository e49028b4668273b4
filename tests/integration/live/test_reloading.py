"""A score is edited while a rehearsal in real time plays it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import sequencer
from sequencer.api.reloading import files_around, read_edited
from sequencer.core.errors import UsageError
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.runtime.operator.remote import send_command
from sequencer.runtime.rehearsal import Progress

SCORE = """\
seed 1
grid 3 frames @ 24 fps
clock 240 bpm, 4/4
section verse 8 bars {
  at 1 "A tram waits."
  at 7 "A tram leaves."
}
"""
EDITED = SCORE.replace("leaves", "stays").replace("8 bars", "10 bars")


@pytest.mark.slow
def test_an_edit_takes_over_while_the_run_plays(tmp_path: Path) -> None:
    score, run = tmp_path / "tram.score", tmp_path / "run"
    score.write_text(SCORE, encoding="utf-8")
    answers: list[Future[str | None]] = []
    with ThreadPoolExecutor(1) as shell:

        def progress(moment: Progress) -> None:
            if moment.chunk >= 8 and not answers:
                score.write_text(EDITED, encoding="utf-8")
                answers.append(shell.submit(send_command, run, "reload at bar"))

        result = sequencer.rehearse(
            score, out=run, video=False, realtime=True, reload="offer", progress=progress
        )
    answer = answers[0].result()
    assert answer is not None and answer.startswith("version 2 of the score takes over at verse ")
    report = result.report
    (move,) = report.moves
    assert (move.what, move.status.value) == ("version 2", "landed")
    assert report.chunks == 80
    (cue,) = [one for one in report.cues if one.place == "7.1" and one.landed is not None]
    assert cue.version == 2
    assert cue.acts[0].text == "A tram stays."  # type: ignore[union-attr]  # it is a prompt
    journal = read_journal(run)
    assert journal.header["helios-journal"] == 4
    assert [list(one.sources.values()) for one in journal.versions] == [[SCORE], [EDITED]]
    again = replay(journal)
    assert again.is_equal, again.divergence
    assert again.report == report
    assert 'at 48c "A tram stays."' in sequencer.print_score(sequencer.freeze(run))


def test_edits_are_for_runs_in_real_time_of_a_file(tmp_path: Path) -> None:
    score = tmp_path / "tram.score"
    score.write_text(SCORE, encoding="utf-8")
    with pytest.raises(UsageError, match="plays in virtual time"):
        sequencer.rehearse(score, video=False, save=False, reload="auto")
    with pytest.raises(UsageError, match="is not one"):
        sequencer.rehearse(
            sequencer.reads(SCORE), video=False, save=False, realtime=True, reload="auto"
        )


def test_what_a_score_uses_is_watched_too(tmp_path: Path) -> None:
    (tmp_path / "lights.score").write_text('let light = "Neon."\n', encoding="utf-8")
    score = tmp_path / "tram.score"
    score.write_text('use "lights.score"\nat 0c "A tram. {light}"\nend 4c\n', encoding="utf-8")
    found = read_edited(score)
    assert found.problems == ()
    assert set(found.files) == {score, tmp_path / "lights.score"}
    assert files_around(score, (score,)) == (score,)
