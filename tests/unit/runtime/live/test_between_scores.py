"""What begins the next score of a set list, and what ends the list."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path

import pytest

from sequencer.core.errors import UsageError
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.live.between_scores import (
    ENDED_BY_OPERATOR,
    HELP,
    LATE_GO_NS,
    BetweenScores,
    Decision,
    PauseSettings,
    wait_between_scores,
)
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.runtime.osc.endpoints import Endpoint
from sequencer.runtime.osc.packets import build_message

BEGINS = Decision(begins=True)
ENDS = Decision(begins=False, reason=ENDED_BY_OPERATOR)


def decide(act: Callable[[BetweenScores], object], after: int = LATE_GO_NS) -> Decision | None:
    """Return what an operator decides who acts so long after the pause began."""

    async def pause() -> Decision | None:
        times = iter((0, *(after for _ in range(9))))
        waiting = BetweenScores(lambda: next(times), lambda _: None)
        act(waiting)
        try:
            async with asyncio.timeout(0):
                return await waiting.decided()
        except TimeoutError:
            return None

    return asyncio.run(pause())


def press(keys: str) -> Callable[[BetweenScores], None]:
    def act(pause: BetweenScores) -> None:
        for key in keys:
            pause.press(key)

    return act


@pytest.mark.parametrize(
    ("keys", "decision"),
    [("\r", BEGINS), ("\n", BEGINS), ("qq", ENDS), ("q", None), ("qxq", None), ("q\r", BEGINS)],
)
def test_keys(keys: str, decision: Decision | None) -> None:
    assert decide(press(keys)) == decision


def test_commands() -> None:
    assert decide(lambda pause: pause.handle_line(" go ")) == BEGINS
    assert decide(lambda pause: pause.handle_line("finish")) == ENDS
    for text in ("go out", "pause", ""):
        with pytest.raises(IgnoredError, match="no score plays now"):
            decide(methodcaller("handle_line", text))


def test_a_go_that_was_meant_for_the_end_of_the_score_begins_nothing() -> None:
    assert decide(press("\r"), LATE_GO_NS - 1) is None
    with pytest.raises(UsageError, match="has only just ended"):
        decide(lambda pause: pause.handle_line("go"), LATE_GO_NS - 1)


def test_the_first_decision_counts_and_a_signal_is_one() -> None:
    def interrupt_and_press(pause: BetweenScores) -> None:
        pause.interrupt("interrupted (Ctrl-C)")
        pause.press("\r")

    assert decide(interrupt_and_press) == Decision(begins=False, reason="interrupted (Ctrl-C)")


def test_other_keys_list_those_that_act() -> None:
    async def pause() -> list[str]:
        notices: list[str] = []
        waiting = BetweenScores(lambda: 0, notices.append)
        for key in "x\x1bq\r":
            waiting.press(key)
        return notices

    assert asyncio.run(pause()) == [
        HELP,
        "press q again to end the set list",
        "the score before has only just ended; go again to begin the next one",
    ]


def test_osc_and_the_port_of_the_list(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    settings = PauseSettings(
        folder=tmp_path,
        schedule=compile_score(reads('at 0c "A."\nend 2c\n')),
        osc_in=Endpoint("127.0.0.1", port),
        debounce_ms=100,
        keys=False,
        signals=False,
    )

    async def pause(now: Callable[[], int]) -> Decision:
        decision = await wait_between_scores(settings, now, lambda _: None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as next_run:
            next_run.bind(("127.0.0.1", port))  # the next run opens it at once
        return decision

    async def scenario() -> Decision:
        now = itertools.count(0, LATE_GO_NS).__next__
        waiting = asyncio.create_task(pause(now))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not waiting.done():  # until the port is open
                sender.sendto(build_message("/sequencer/go", [1]), ("127.0.0.1", port))
                await asyncio.sleep(0.01)
        return await waiting

    assert asyncio.run(scenario()) == BEGINS
    assert not any(tmp_path.iterdir()), "the file with the address is removed"
