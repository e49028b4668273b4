"""A set list that keeps its session: each score is armed in it, nothing is left open, and what
cannot go on in it goes on in a new one.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sequencer.api.performing import PerformOptions
from sequencer.api.set_lists import SetResult, Warmth, describe_end, play_set, prepare_set
from sequencer.api.sources import input_of
from sequencer.cli import main
from sequencer.core.errors import SequencerError, StageError
from sequencer.core.timebase import SECOND
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.events.events import ChunkDone, Ready, Started, StateReported
from sequencer.runtime.operator.remote import send_command
from sequencer.server.app import StageServer
from sequencer.stages.simulated.stage import SimulatedStage
from tests.support.reactor_fixtures import KEY, image_file, local_server

SHORT = 'score "{title}"\nseed 5\ngrid 3 frames @ 24 fps\nat 0c {image}"A {title} boat."\nend 4c\n'
NAMES = ("one", "two", "three")
LONG = 600 * SECOND
RETRY_S = 0.05
"""The pause between two attempts to reach a run, in seconds."""


@pytest.fixture
def scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return three short scores, of which the last two show different images."""
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(image_file()[1])
    from PIL import Image

    Image.new("RGB", (64, 48), (200, 30, 30)).save("b.png")
    for name, image in zip(NAMES, ("", 'image "a.png", ', 'image "b.png", '), strict=True):
        text = SHORT.format(title=name, image=image)
        Path(f"{name}.score").write_text(text, encoding="utf-8")
    return [Path(f"{name}.score") for name in NAMES]


async def tell(folder: Path, command: str) -> None:
    """Send a command to a run as soon as it takes it."""
    while True:
        try:
            await asyncio.to_thread(send_command, folder, command)
        except SequencerError as error:
            waits = ("no run is in progress", "has only just ended")
            if not any(one in error.message for one in waits):
                raise
            await asyncio.sleep(RETRY_S)
        else:
            return


def is_armed() -> bool:
    """Return whether the second score is armed."""
    journals = Path("set").glob("*02-two*/journal.jsonl")
    return any("conditions_ready" in one.read_text(encoding="utf-8") for one in journals)


async def armed() -> None:
    """Wait until the second score is armed."""
    while not await asyncio.to_thread(is_armed):  # noqa: ASYNC110  # the run may be another process
        await asyncio.sleep(RETRY_S)


async def play(
    scores: list[Path],
    *,
    acts: dict[str, str | list[str]] | None = None,
    auto_next: bool = False,
    wait_limit: int = LONG,
    **options: Any,
) -> tuple[SetResult, list[str]]:
    """Play a warm set list.

    `acts` has what is sent to the run of each score that is announced; of a list, one each time.
    """
    notices: list[str] = []
    problems: list[SequencerError] = []
    acting: list[asyncio.Task[None]] = []
    commands = acts or {"two": "go", "three": "go"}
    chosen = PerformOptions(
        **{
            "stage": "simulated",
            "out": Path("set"),
            "quiet": True,
            "keys": False,
            "signals": False,
            "warn": notices.append,
            **options,
        }
    )
    entries = prepare_set(
        chosen, scores, lambda path: input_of(path, "perform", keeps_chunks=True), problems.append
    )

    assert not problems

    def notify(text: str) -> None:
        notices.append(text)
        if text.startswith("next, "):
            folder = Path(text.rsplit("sequencer tell ", 1)[1].split(" go", maxsplit=1)[0])
            command = commands[folder.name.partition("-")[2]]
            if isinstance(command, list):
                command = command.pop(0)
            if command:
                acting.append(asyncio.create_task(tell(folder, command)))

    async with asyncio.timeout(240):
        result = await play_set(
            entries,
            auto_next=auto_next,
            warm=Warmth(wait_limit=wait_limit),
            finished=lambda _: None,
            notify=notify,
        )
    for one in acting:
        one.cancel()
    await asyncio.gather(*acting, return_exceptions=True)
    return result, notices


def sessions(result: SetResult) -> list[str]:
    """Return for each run whether its session was new or kept, from its journal, which replays."""
    found: list[str] = []
    for one in result.results:
        journal = read_journal(one.folder)
        assert replay(journal).is_equal
        (ready,) = [each.event for each in journal.records if isinstance(each.event, Ready)]
        is_kept = ready.stage.endswith(", session kept")
        assert (journal.header["settings"].get("session") == "kept") == is_kept
        found.append("kept" if is_kept else "new")
    return found


def test_each_score_is_armed_in_the_session_of_the_first(scores: list[Path]) -> None:
    result, notices = asyncio.run(play(scores[:2]))
    assert result.went_well
    assert sessions(result) == ["new", "kept"]
    assert [read_journal(one.folder).waits_for_go for one in result.results] == [False, True]
    announced = [one for one in notices if one.startswith("next, ")]
    assert announced[0].startswith("next, 2 of 2: two.score (“two”), 0:00. Enter or GO begins it")
    assert announced[0].endswith("its session waits, for 10 min at most")
    for one in result.results:
        journal = read_journal(one.folder)
        title = journal.header["title"]
        done = [each.event for each in journal.records if isinstance(each.event, ChunkDone)]
        assert {each.prompt for each in done} == {f"A {title} boat."}
        assert json.loads((one.folder / "report.json").read_text(encoding="utf-8"))["title"]


@pytest.mark.slow
def test_with_auto_next_nothing_waits(scores: list[Path]) -> None:
    result, notices = asyncio.run(play(scores, auto_next=True, acts={}))
    assert result.went_well and sessions(result) == ["new", "kept", "kept"]
    assert not any(one.startswith("next, ") for one in notices)


def test_finish_ends_the_list_while_a_score_is_armed(scores: list[Path]) -> None:
    result, _ = asyncio.run(play(scores, acts={"two": "finish"}))
    assert describe_end(result, 3) == "1 of 3 scores performed: the operator ended the set list"
    assert [one.name for one in Path("set").iterdir()] == ["01-one"], "nothing else is left"


@pytest.mark.slow
def test_a_session_that_waited_too_long_is_ended_and_a_go_opens_a_new_one(
    scores: list[Path],
) -> None:
    acts: dict[str, str | list[str]] = {"two": ["", "go"]}
    result, notices = asyncio.run(play(scores[:2], acts=acts, wait_limit=0))
    assert result.went_well and sessions(result) == ["new", "new"]
    assert any(one.startswith("the session was ended (") for one in notices)
    assert sum(one.startswith("next, 2 of 2") for one in notices) == 2


@pytest.mark.slow
def test_a_session_that_was_lost_between_two_scores_is_replaced(
    scores: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(_: SimulatedStage) -> None:
        raise StageError("the session that was kept has ended")

    monkeypatch.setattr(SimulatedStage, "take_over", lost)
    result, notices = asyncio.run(play(scores[:2]))
    assert result.went_well and sessions(result) == ["new", "new"]
    message = "a new session is opened for two.score (“two”): the session that was kept has ended"
    assert message in notices


@pytest.mark.slow
def test_a_session_whose_model_refuses_to_be_reset_is_replaced(scores: list[Path]) -> None:
    Path("faults.yaml").write_text("refuse:\n  - {command: reset}\n", encoding="utf-8")
    result, notices = asyncio.run(play(scores[:2], faults=Path("faults.yaml")))
    assert result.went_well and sessions(result) == ["new", "new"]
    assert any("the model refused a reset" in one for one in notices)
    assert [one.name for one in sorted(Path("set").iterdir())] == ["01-one", "02-two"]


@pytest.mark.slow
def test_a_score_for_another_model_gets_a_new_session(scores: list[Path]) -> None:
    other = 'score "two"\nmodel longlive-2\nat 0c "A two boat."\nend 1c\n'
    scores[1].write_text(other, encoding="utf-8")
    result, notices = asyncio.run(play(scores[:2]))
    assert sessions(result) == ["new", "new"]
    reason = "its model is longlive-2, and that of the session helios"
    assert f"a new session is opened for two.score (“two”): {reason}" in notices


def test_the_options_are_checked(scores: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["perform", str(scores[0]), "--stage", "simulated", "--warm"]) == 2
    assert "--warm is for several scores, but one is given" in capsys.readouterr().err
    arguments = [*map(str, scores), "--stage", "simulated", "--warm-minutes", "5"]
    assert main(["perform", *arguments]) == 2
    assert "--warm-minutes limits how long a session is kept" in capsys.readouterr().err
    own = ["--stage", "vllm-omni", "--url", "ws://127.0.0.1:9", "--warm"]
    assert main(["perform", *map(str, scores), *own]) == 2
    assert "a session of vllm-omni ends with its connection" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_plays_a_warm_set_list(
    scores: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*map(str, scores[:2]), "--stage", "simulated", "--out", "set", "--json"]
    assert main(["perform", *arguments, "--warm", "--auto-next", "--warm-minutes", "2"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["settings"].get("session") for one in printed] == [None, "kept"]


# ---- over WebRTC ---------------------------------------------------------------------------------


def created(server: StageServer) -> int:
    """Return how many sessions were made."""
    return sum(
        one in (("POST", "/start_session"), ("POST", "/sessions")) for one in server.routes.asked
    )


@pytest.mark.slow
def test_three_scores_in_one_session(scores: list[Path]) -> None:
    async def go() -> None:
        async with local_server() as server:
            result, _ = await play(scores, stage="reactor", local=True, url=server.url)
            assert result.went_well, result
            assert sessions(result) == ["new", "kept", "kept"]
            assert created(server) == 1
            assert server.session is not None and server.session.ended is not None
            uploads = sum(one["event"] == "uploaded" for one in server.session.events)
            assert uploads == 2, "each image once"
            for one in result.results[1:]:
                journal = read_journal(one.folder)
                events = [each.event for each in journal.records if each.event is not None]
                prompt = f"A {journal.header['title']} boat."
                done = [each for each in events if isinstance(each, ChunkDone)]
                assert done[0].chunk == 0 and {each.prompt for each in done} == {prompt}
                states = [each for each in events if isinstance(each, StateReported)]
                assert {each.prompt for each in states} <= {None, prompt}
                started = [each for each in events if isinstance(each, Started)]
                assert len(started) == 1 and started[0].at < done[0].at
            billed = [one.facts["measured"]["billed_seconds"] for one in result.results]
            assert all(one > 0 for one in billed)

    asyncio.run(go())


@pytest.mark.slow
@pytest.mark.parametrize("local", [True, False])
def test_a_session_that_the_server_ends_between_two_scores_is_replaced(
    scores: list[Path], local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REACTOR_API_KEY", KEY)

    async def go() -> None:
        async with local_server() as server:
            playing = asyncio.create_task(
                play(
                    scores[:2],
                    acts={"two": ["", "go"]},
                    stage="reactor",
                    local=local,
                    url=server.url,
                )
            )
            await armed()
            first = server.session
            assert first is not None and first.ended is None
            first.end("the time of the session is over")
            result, notices = await playing
            assert result.went_well, notices
            assert sessions(result) == ["new", "new"]
            assert created(server) == 2
            assert any(one.startswith("a new session is opened for two") for one in notices)
            assert server.session is not first
            assert server.session is not None and server.session.ended is not None

    asyncio.run(go())


@pytest.mark.slow
def test_ctrl_c_while_a_score_is_armed_ends_the_session(scores: list[Path]) -> None:
    async def go() -> tuple[int, str]:
        async with local_server() as server:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                # the disposition of SIGINT that a shell gives to a command in the foreground
                "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
                "from sequencer.cli import main; sys.exit(main(sys.argv[1:]))",
                *("perform", *map(str, scores[:2]), "--local", "--url", server.url),
                *("--warm", "--out", "set"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            await armed()
            process.send_signal(signal.SIGINT)
            _, err = await process.communicate()
            assert server.session is not None and server.session.ended is not None
            assert created(server) == 1
            return process.returncode or 0, err.decode()

    code, err = asyncio.run(asyncio.wait_for(go(), 120))
    assert code == 130
    assert "1 of 2 scores performed: interrupted (Ctrl-C)" in err
    assert [one.name for one in Path("set").iterdir()] == ["01-one"]
