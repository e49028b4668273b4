"""The committed journals replay forever, and known-bad journals never do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.cli import main
from sequencer.core.errors import JournalError
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.events.commands import SchedulePrompt

JOURNALS = Path(__file__).parents[2] / "data" / "journals"
GOOD = sorted(path.name for path in JOURNALS.glob("*.jsonl"))

BAD = {
    "changed-line.jsonl": (r"the chain of digests is broken here", 1),
    "lost-line.jsonl": (r"the chain of digests is broken here", 1),
    "from-the-future.jsonl": (r"this journal has format 99", 1),
    "no-journal.jsonl": (r"this is not a journal", 1),
    "empty.jsonl": (r"this journal is empty", 1),
    "broken-in-the-middle.jsonl": (r"this is not a line of a journal", 1),
}
"""The error message for each journal that cannot be read, and the exit code."""


def test_there_are_journals() -> None:
    assert len(GOOD) >= 6
    assert {path.name for path in (JOURNALS / "bad").iterdir()} == {
        *BAD,
        "other-prompt.jsonl",
        "other-chunk.jsonl",
    }


@pytest.mark.parametrize("name", GOOD)
def test_it_replays(name: str) -> None:
    result = replay(JOURNALS / name)
    assert result.is_equal, result.divergence
    assert result.is_whole
    assert result.commands > 5
    assert result.report.all_landed


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_read_is_reported(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    message, code = BAD[name]
    with pytest.raises(JournalError, match=message):
        read_journal(JOURNALS / "bad" / name)
    assert main(["replay", str(JOURNALS / "bad" / name)]) == code
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert "sequencer:" in printed


@pytest.mark.parametrize("name", ["other-prompt.jsonl", "other-chunk.jsonl"])
def test_a_command_that_was_changed_with_its_chain_is_found(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = replay(JOURNALS / "bad" / name)
    assert not result.is_equal
    assert result.divergence is not None
    assert result.divergence.cue is not None
    assert "0c" in result.divergence.cue
    assert main(["replay", str(JOURNALS / "bad" / name)]) == 1
    assert "the replay differs" in capsys.readouterr().err


def test_the_journals_hold_what_they_are_kept_for() -> None:
    kinds = {
        name: {
            record.event.kind for record in read_journal(JOURNALS / name).records if record.event
        }
        for name in GOOD
    }
    assert {"lost", "restored", "refused", "hand_pause"} <= kinds["bad-network.jsonl"]
    assert {"note", "cc", "go"} <= kinds["live-set.jsonl"]
    assert {"clock_fit", "clock_moved", "boundary_fit"} <= kinds["following.jsonl"]
    assert "reset" in kinds["cut-and-seed.jsonl"] or "was_reset" in kinds["cut-and-seed.jsonl"]
    assert "image_accepted" in kinds["image-swap.jsonl"]


def test_long_prompts_are_kept_once_and_read_in_full() -> None:
    path = JOURNALS / "long-prompts.jsonl"
    journal = read_journal(path)
    assert journal.header["helios-journal"] == 2
    assert len(journal.texts) == 2
    prompts = [
        record.command.prompt
        for record in journal.records
        if isinstance(record.command, SchedulePrompt)
    ]
    assert prompts == [
        journal.texts[0],
        "@0 stands on the tram's sign.",
        journal.texts[1],
        journal.texts[0],
    ]
    records = path.read_text(encoding="utf-8").split("\n", 1)[1]
    assert [records.count(text) for text in journal.texts] == [1, 1]
