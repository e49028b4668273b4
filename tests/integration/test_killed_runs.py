"""A run that is killed at any moment loses at most the event it was handling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sequencer.core.errors import JournalError
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from tests.support.requirements import require

KILLS = 300


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_hundreds_of_times_nothing_that_was_done_is_missing(tmp_path: Path) -> None:
    require(hasattr(os, "fork"), "processes are forked and killed on Unix only")
    killer = Path(__file__).parents[1] / "support" / "killer.py"
    ran = subprocess.run(
        [sys.executable, str(killer), str(tmp_path), str(KILLS), "11"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(results) == KILLS
    in_the_middle = 0
    for result in results:
        path = tmp_path / result["journal"]
        if result["reported"] == 0:
            if path.exists() and path.stat().st_size:
                _read_what_there_is(path)
            continue
        journal = read_journal(path)
        events = sum(1 for record in journal.records if record.event is not None)
        assert events >= result["reported"], result
        if not journal.is_whole:
            in_the_middle += 1
            assert events <= result["reported"] + 1, (
                "only the event in flight can be more than was reported"
            )
        replayed = replay(journal)
        assert replayed.is_equal, (result, replayed.divergence)
    assert in_the_middle > KILLS // 4, (
        "too few kills hit a run in the middle: the test sees nothing"
    )


def _read_what_there_is(path: Path) -> None:
    """Replay the journal.

    If the run was killed before its first event, the header is complete, or cut off with an error.
    """
    try:
        replay(path)
    except JournalError as error:
        assert error.message
