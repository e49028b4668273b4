"""A run ends when its last chunk is shown; a refused opening is sent again; journals of earlier
revisions replay.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.core.errors import JournalError
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.journal import parse_journal
from sequencer.engine.replay import replay
from sequencer.engine.revisions import CURRENT, FIRST, SHOWN_TO_THE_END
from sequencer.events.codec import Event
from sequencer.events.commands import Finish, SetSeed, Start
from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    PromptAccepted,
    Ready,
    ResetDone,
    Started,
    TimerFired,
)
from sequencer.language.compiler import compile_score
from sequencer.language.score import Cut
from sequencer.runtime.output.report_format import as_table, summary, verdict
from sequencer.stages.simulated.faults import Faults
from tests.support.builders import at_chunk, on_chunks, play, prompt_of

SECOND = 1_000_000_000
CHUNK = 1_375_000_000
SCORE = on_chunks(at_chunk(0, "One."), at_chunk(3, "Two."), end=4)
CUT = on_chunks(
    at_chunk(0, "One."), at_chunk(2, "Two."), at_chunk(3, Cut(9), prompt_of("Three.")), end=5
)


def faults(**keys: object) -> Faults:
    return Faults.model_validate(keys)


@pytest.mark.parametrize("shown", ["0s", "120ms", "1300ms", "4s"])
def test_a_run_lasts_until_its_last_chunk_has_been_shown(shown: str) -> None:
    played = play(SCORE, faults=faults(delays={"shown": shown}))
    seen = [one for one in played.log if isinstance(one, ChunkShown)]
    assert [one.chunk for one in seen] == [0, 1, 2, 3, 4], (
        "the first frame of the next one shows that the last is over"
    )
    assert isinstance(played.log[-1], Finish)
    assert [cue.shown for cue in played.cues] == [0, 3]
    report = played.outcome.report
    assert (report.chunks, report.ended_well, report.notes) == (4, True, ())
    assert (report.landed_and_shown, report.landed_but_not_shown) == (2, 0)
    assert verdict(report) == "the score is over: 2 of 2 cues landed and shown, 1 take, 4 chunks"


def test_a_model_that_pauses_after_the_last_chunk_is_not_waited_for() -> None:
    played = play(SCORE, "pause@3c")
    assert not any(isinstance(one, ChunkShown) and one.chunk == 4 for one in played.log)
    (last,) = [one.at for one in played.log if isinstance(one, ChunkShown) and one.chunk == 3]
    (woke,) = [one for one in played.log[-2:] if isinstance(one, TimerFired)]
    assert CHUNK < woke.at - last < 1.2 * CHUNK
    assert played.outcome.report.landed_but_not_shown == 0


def test_a_chunk_that_is_never_shown_is_waited_for_so_long_and_no_longer() -> None:
    played = play(SCORE, faults=faults(delays={"shown": "60s"}))
    report = played.outcome.report
    (done,) = [one.at for one in played.log if isinstance(one, ChunkDone) and one.chunk == 3]
    woke = played.log[-2]
    assert isinstance(woke, TimerFired)
    assert woke.at == done + 10 * SECOND
    assert report.ended_well
    assert report.all_landed
    assert (report.landed_and_shown, report.landed_but_not_shown) == (0, 2)
    assert report.notes == ("the last chunk was not shown within 10 s after it was reported",)
    assert (
        verdict(report)
        == "the score is over: 2 of 2 cues landed, 2 of them not shown, 1 take, 4 chunks"
    )
    table = as_table(report, played.conductor.view.schedule)
    assert "note: the last chunk was not shown within 10 s after it was reported" in table
    rows = [line.split() for line in table.splitlines()]
    assert rows[0][:4] == ["cue", "planned", "landed", "shown"]
    assert rows[1][:4] == ["0c", "0", "0", "no"]
    assert summary(report)["landed_but_not_shown"] == 2


def test_frames_that_are_lost_with_the_connection_are_not_shown() -> None:
    played = play(SCORE, faults=faults(drops=[{"chunk": 4, "for": "30s"}]))
    report = played.outcome.report
    assert [cue.status for cue in report.cues] == [Status.LANDED, Status.LANDED]
    assert [cue.shown for cue in report.cues] == [0, None]


def test_the_last_chunk_before_a_cut_is_shown_though_the_reset_does_not_wait_for_it() -> None:
    played = play(CUT)
    assert [cue.shown for cue in played.cues] == [0, 2, 3]
    reset = next(number for number, one in enumerate(played.log) if isinstance(one, ResetDone))
    delay = [(one.take, one.chunk) for one in played.log[reset:] if isinstance(one, ChunkShown)]
    assert delay == [(1, 2), (2, 0), (2, 1), (2, 2)]
    assert played.conductor.view.shown.keys() == {0, 1, 2, 3, 4}


def test_what_is_made_after_the_end_is_none_of_the_scores() -> None:
    conductor = play(CUT).conductor
    assert [conductor.is_of_the_score(chunk, take) for take, chunk in ((1, 2), (1, 3), (2, 1), (2, 2), (3, 0), (0, 0))] == [
        True, False, True, False, False, False,
    ]  # fmt: skip


# ---- an opening that is refused ------------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 3])
def test_what_a_take_opens_with_is_sent_again_where_it_was_refused_once(nth: int) -> None:
    refuse = [{"command": "schedule_prompt", "nth": nth, "reason": "busy"}]
    report = play(CUT, faults=faults(refuse=refuse)).outcome.report
    assert report.ended_well
    assert [cue.status for cue in report.cues] == [Status.LANDED] * 3
    assert report.refused == ("schedule_prompt: busy",)
    assert report.takes == 2


def test_what_a_take_opens_with_is_not_sent_for_ever() -> None:
    played = play(
        CUT, faults=faults(refuse=[{"command": "schedule_prompt", "take": 1, "reason": "busy"}])
    )
    report = played.outcome.report
    assert not report.ended_well
    assert report.ended == "the model refused what the take opens with (schedule_prompt): busy"
    assert len(report.refused) == 3
    assert report.cues[-1].status is Status.REFUSED


# ---- revisions -----------------------------------------------------------------------------------


def events(last: int) -> list[Event]:
    found: list[Event] = [Ready(0), PromptAccepted(1, "One."), Started(2)]
    return [
        *found,
        *(
            ChunkDone(2 + (chunk + 1) * CHUNK, chunk, 33 * (chunk + 1), "One.")
            for chunk in range(last)
        ),
    ]


def test_the_first_revision_ends_with_the_last_report() -> None:
    first, new = (
        Conductor(compile_score(SCORE), revision=revision) for revision in (FIRST, SHOWN_TO_THE_END)
    )
    commands: tuple[object, ...] = ()
    for event in events(4):
        commands = first.receive(event)
        new.receive(event)
    assert commands == (Finish("the score is over"),)
    assert first.is_finished
    assert new.phase is Phase.SHOWING
    assert not first.report().knows_shown
    assert [cue.shown for cue in first.report().cues] == [None, None]
    assert "shown" not in verdict(first.report())
    assert new.receive(ChunkShown(20 * SECOND, 3, 1)) != ()
    assert new.receive(ChunkShown(22 * SECOND, 4, 1)) == (Finish("the score is over"),)


def test_a_journal_names_its_revision_and_replays_with_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    play(CUT, journal=path)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["conductor"] == CURRENT
    found = replay(path)
    assert found.is_equal
    assert found.report.landed_and_shown == 3


def with_revision(path: Path, revision: object) -> bytes:
    lines = path.read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    header["conductor"] = revision
    return json.dumps(header).encode() + b"\n"


@pytest.mark.parametrize(
    ("revision", "words"),
    [(CURRENT + 1, "knows up to"), (0, "names no"), (True, "names no"), ("2", "names no")],
)
def test_a_revision_that_is_not_known_is_refused(
    revision: object, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    play(SCORE, journal=path)
    with pytest.raises(JournalError, match=words):
        parse_journal(with_revision(path, revision))


def test_a_start_that_is_asked_for_twice_is_one_take() -> None:
    played = play(
        SCORE,
        faults=faults(
            messages=[{"do": "lose", "type": "generation_started"}],
            slow=[{"chunk": 0, "by": "15s"}],
        ),
    )
    assert len(played.commands("start")) == 2
    assert [cue.shown for cue in played.cues] == [0, 3]
    assert isinstance(played.commands("set_seed")[0], SetSeed)
    assert isinstance(played.commands("start")[0], Start)
