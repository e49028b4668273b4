"""Several scores are performed one after the other, each with a run of its own."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from sequencer.api.performing import PerformOptions
from sequencer.api.set_lists import SetResult, describe_end, play_set, prepare_set
from sequencer.api.sources import RunInput, input_of
from sequencer.cli import main
from sequencer.core.errors import SequencerError, StageError
from sequencer.core.timebase import SECOND
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.runtime.operator.remote import send_command

SHORT = 'score "{title}"\ngrid 3 frames @ 24 fps\nat 0c "A paper boat."\nend {end}c\n'
WRONG = 'at 0c "A paper boat.\n'


@pytest.fixture
def scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return three short scores, in the working directory."""
    monkeypatch.chdir(tmp_path)
    names = ("one", "two", "three")
    for name in names:
        Path(f"{name}.score").write_text(SHORT.format(title=name.title(), end=3), encoding="utf-8")
    return [Path(f"{name}.score") for name in names]


def play(
    scores: list[Path],
    *,
    auto_next: bool = False,
    at_pause: Callable[[str], object] = lambda _: None,
) -> tuple[SetResult, list[str]]:
    """Play a set list on the simulator; each announcement is given to `at_pause`, in a thread."""
    notices: list[str] = []
    acted: list[Future[object]] = []
    options = PerformOptions(
        stage="simulated",
        out=Path("set"),
        quiet=True,
        keys=False,
        signals=False,
        warn=notices.append,
    )
    problems: list[SequencerError] = []
    entries = prepare_set(options, scores, load, problems.append)
    assert not problems
    with ThreadPoolExecutor(1) as shell:

        def notify(text: str) -> None:
            notices.append(text)
            if text.startswith("next, "):
                acted.append(shell.submit(at_pause, text))

        result = asyncio.run(
            play_set(
                entries,
                auto_next=auto_next,
                finished=lambda _: None,
                notify=notify,
                now=itertools.count(0, 2 * SECOND).__next__,
            )
        )
    for one in acted:
        one.result()
    return result, notices


RETRY_S = 0.02
"""The pause between two attempts to reach a run, in seconds."""


def load(path: Path) -> RunInput:
    return input_of(path, "perform", keeps_chunks=True)


def tell(text: str, command: str) -> None:
    """Send a command to the run that an announcement names, as soon as it can be reached."""
    folder = Path(text.rsplit("sequencer tell ", 1)[1].removesuffix(" go"))
    while True:
        try:
            send_command(folder, command)
        except SequencerError as error:
            if "no run is in progress" not in error.message:
                raise
            time.sleep(RETRY_S)  # without a pause this thread would take the time of the run
        else:
            return


def test_each_score_has_its_folder_and_its_journal_and_go_begins_the_next(
    scores: list[Path],
) -> None:
    result, notices = play(scores, at_pause=lambda text: tell(text, "go"))
    assert result.went_well and not result.was_interrupted
    folders = [one.folder for one in result.results]
    assert folders == [Path("set/01-one"), Path("set/02-two"), Path("set/03-three")]
    for folder in folders:
        assert replay(read_journal(folder)).is_equal
        assert (folder / "report.json").is_file()
    announced = [one for one in notices if one.startswith("next, ")]
    assert announced[0].startswith("next, 2 of 3: two.score (“Two”), 0:00. Enter or GO begins it")
    assert sorted(Path("set").iterdir()) == folders


def test_finish_between_two_scores_ends_the_list(scores: list[Path]) -> None:
    result, _ = play(scores, at_pause=lambda text: tell(text, "finish"))
    assert not result.went_well
    assert describe_end(result, 3) == "1 of 3 scores performed: the operator ended the set list"
    assert [one.name for one in Path("set").iterdir()] == ["01-one"], "nothing else is left"


def test_a_score_that_cannot_begin_is_offered_again(
    scores: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sequencer.stages.simulated.stage import SimulatedStage

    opened = SimulatedStage.open
    attempts = iter((True, False, True))

    async def open_or_fail(self: SimulatedStage, deliver: object) -> None:
        if not next(attempts):
            raise StageError("no GPU is free")
        await opened(self, deliver)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(SimulatedStage, "open", open_or_fail)
    result, notices = play(scores[:2], auto_next=True, at_pause=lambda text: tell(text, "go"))
    assert result.failures == ("two.score (“Two”) could not begin: no GPU is free",)
    assert len(result.results) == 2 and not result.went_well
    assert sum(one.startswith("next, 2 of 2") for one in notices) == 1


def test_after_a_score_that_was_finished_by_hand_the_operator_is_waited_for(
    scores: list[Path],
) -> None:
    scores[0].write_text(SHORT.format(title="One", end=4000), encoding="utf-8")
    with ThreadPoolExecutor(1) as shell:
        finishing = shell.submit(tell, "sequencer tell set/01-one", "finish")
        result, notices = play(scores[:2], auto_next=True, at_pause=lambda text: tell(text, "go"))
        finishing.result()
    assert result.went_well, "finishing a score is a normal end"
    assert any(one.startswith("next, 2 of 2") for one in notices)


# ---- the command ---------------------------------------------------------------------------------


def perform(*arguments: str | Path) -> int:
    return main(["perform", *map(str, arguments)])


@pytest.mark.slow
def test_the_command_plays_all_at_once_with_auto_next(
    scores: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert perform(*scores, "--stage", "simulated", "--auto-next", "--json", "--out", "set") == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(one["folder"]).name for one in printed] == ["01-one", "02-two", "03-three"]


def test_the_errors_of_all_scores_are_reported_before_the_first_begins(
    scores: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    scores[0].write_text(WRONG, encoding="utf-8")
    scores[2].write_text('clock midi, 4/4, nominal 120 bpm\nat 1 "A."\nend 3\n', encoding="utf-8")
    assert perform(*scores, "--stage", "simulated", "--out", "set") != 0
    err = capsys.readouterr().err
    assert "one.score:1:" in err and "this score follows a MIDI clock, but no port is given" in err
    assert not Path("set").exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--from", "1c"), "--from applies to one score, but 3 are given"),
        (("--event", "pause@1c"), "--event applies to one score"),
        (("--resume", "run"), "--resume applies to one score"),
    ],
)
def test_options_of_one_score_are_refused(
    scores: list[Path],
    capsys: pytest.CaptureFixture[str],
    option: tuple[str, ...],
    message: str,
) -> None:
    assert perform(*scores, "--stage", "simulated", *option) == 2
    assert message in capsys.readouterr().err
    assert not Path("runs").exists()


def test_auto_next_needs_several_scores(
    scores: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert perform(scores[0], "--stage", "simulated", "--auto-next") == 2
    assert "--auto-next is for several scores" in capsys.readouterr().err


@pytest.fixture
def served() -> Iterator[str]:
    """Return the address of a local server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sequencer", "serve", "--port", "0", "--fps", "240"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found is not None:
                yield found[0]
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


@pytest.mark.slow
def test_a_set_list_over_webrtc(scores: list[Path], served: str) -> None:
    address = ("--local", "--url", served)
    assert perform(*scores[:2], *address, "--auto-next", "--quiet", "--out", "set") == 0
    for name in ("01-one", "02-two"):
        journal = read_journal(Path("set") / name)
        assert replay(journal).is_equal
