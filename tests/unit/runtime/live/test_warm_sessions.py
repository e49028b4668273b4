"""The session between two runs: who gets it, why a new one is needed, and that it always ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.live.between_scores import LATE_GO_NS
from sequencer.runtime.live.warm_sessions import MARGIN_NS, SessionKeeper, WarmStart
from sequencer.stages.kept_session import SessionHandover

SCHEDULE = compile_score(reads('at 0c "a"\nend 2c\n'))
HANDOVER = SessionHandover(
    session="s", uploaded={}, received_events=(), made_at=0, kept_at=100 * SECOND
)
LIMIT_S = 1200


class Kept:
    """A session that was kept, and what became of it."""

    made_at, kept_at = 0, 100 * SECOND

    def __init__(self, *, is_over: bool = False) -> None:
        self.calls: list[str] = []
        self._is_over = is_over

    def keep(self) -> bool:
        return True

    async def take_over(self) -> SessionHandover:
        self.calls.append("take_over")
        if self._is_over:
            raise StageError("it has ended")
        return HANDOVER

    async def end(self) -> None:
        self.calls.append("end")

    async def forget(self) -> None:
        self.calls.append("forget")


def calls(
    act: Callable[[SessionKeeper], Coroutine[Any, Any, object]],
    *,
    is_over: bool = False,
    is_simulated: bool = False,
) -> tuple[list[str], list[str]]:
    """Return what became of a session that a keeper held, and the notices."""
    kept, notices = Kept(is_over=is_over), list[str]()

    async def go() -> None:
        keeper = SessionKeeper(notices.append, is_simulated=is_simulated, session_seconds=LIMIT_S)
        async with keeper:
            keeper.keep(kept, SCHEDULE)
            await act(keeper)

    with suppress(ZeroDivisionError):
        asyncio.run(go())
    return kept.calls, notices


async def nothing(_: SessionKeeper) -> None:
    return


async def fails(_: SessionKeeper) -> None:
    raise ZeroDivisionError


async def takes(keeper: SessionKeeper) -> None:
    assert await keeper.hand_over(SCHEDULE, "b.score", SECOND) is HANDOVER
    assert await keeper.hand_over(SCHEDULE, "b.score", SECOND) is None, "it is given only once"


async def takes_and_fails(keeper: SessionKeeper) -> None:
    await takes(keeper)
    raise ZeroDivisionError


async def takes_and_plays(keeper: SessionKeeper) -> None:
    await takes(keeper)
    await keeper.settle(was_ready=True)


async def takes_and_never_connects(keeper: SessionKeeper) -> None:
    await takes(keeper)
    await keeper.settle(was_ready=False)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (nothing, ["end"]),
        (fails, ["end"]),
        (takes, ["take_over", "end"]),
        (takes_and_fails, ["take_over", "end"]),
        (takes_and_plays, ["take_over", "forget"]),
        (takes_and_never_connects, ["take_over", "end"]),
    ],
)
def test_the_session_is_always_ended_by_somebody(
    act: Callable[[SessionKeeper], Coroutine[Any, Any, object]], expected: list[str]
) -> None:
    assert calls(act) == (expected, [])


def hand_over(**changes: Any) -> Callable[[SessionKeeper], Coroutine[Any, Any, object]]:
    lasts = changes.pop("lasts", SECOND)

    async def act(keeper: SessionKeeper) -> None:
        assert await keeper.hand_over(replace(SCHEDULE, **changes), "b.score", lasts) is None

    return act


def test_a_score_for_which_the_session_does_not_fit_gets_a_new_one() -> None:
    other = calls(hand_over(model="longlive-2"))
    reason = "its model is longlive-2, and that of the session helios"
    assert other == (["end"], [f"a new session is opened for b.score: {reason}"])
    chunks = calls(hand_over(grid=ChunkGrid(frames=7)), is_simulated=True)
    assert chunks[0] == ["end"] and "another length" in chunks[1][0]
    assert calls(takes)[0] == ["take_over", "end"], "what fits is taken"
    over = calls(hand_over(), is_over=True)
    assert over == (["take_over", "end"], ["a new session is opened for b.score: it has ended"])


def test_a_session_that_would_end_during_the_score_is_not_used() -> None:
    left = LIMIT_S * SECOND - Kept.kept_at - MARGIN_NS
    calls_made, notices = calls(hand_over(lasts=left + 1))
    assert calls_made == ["end"]
    assert notices == [
        "a new session is opened for b.score: the session may last 18 min more, and the score 18 min"
    ]

    async def fits(keeper: SessionKeeper) -> None:
        assert await keeper.hand_over(SCHEDULE, "b.score", left) is HANDOVER

    assert calls(fits)[1] == []


def test_a_go_counts_from_a_second_after_the_score_before() -> None:
    warm = WarmStart(
        handover=HANDOVER,
        waits_for_go=True,
        wait_limit=SECOND,
        ended_at=5 * SECOND,
        session_seconds=LIMIT_S,
        keep=None,
    )
    assert (warm.go_from, warm.billed_from) == (5 * SECOND + LATE_GO_NS, 100 * SECOND)
    first = replace(warm, handover=None, ended_at=None)
    assert (first.go_from, first.billed_from) == (0, None)
