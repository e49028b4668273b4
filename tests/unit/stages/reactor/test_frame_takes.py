"""Which take a frame belongs to, with fixed chunk counts, and how the events of another client are
continued.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.events.events import (
    ChunkDone,
    ChunkShown,
    Paused,
    PromptAccepted,
    ResetDone,
    Resumed,
    Started,
)
from sequencer.stages.reactor.frame_takes import ShownTakes
from sequencer.stages.reactor.shown_chunks import ChunkFrameCounter, Novelty


def counted(
    *chunks: int | None,
    repeats: bool = False,
    last: int = 9,
    frames: int = 2,
    is_counting: bool = True,
) -> Any:
    """Return a counter that finds these chunks in the frames that arrive."""
    left = list(chunks)

    def of(*_: object) -> int | None:
        return left.pop(0) if left else None

    return SimpleNamespace(
        frame=of, repeats=repeats, last_reported=last, frames_of=lambda _: frames, is_counting=is_counting, waits=None,
        has_frames_to_come=False,
        reset=lambda: None, lost=lambda: None,
    )  # fmt: skip


def seen(takes: ShownTakes, *frames: Any) -> list[tuple[int, int, bool, bool] | None]:
    found = []
    for novelty, dark in frames:
        one = takes.frame(dark, 0, None, novelty)
        found.append(None if one is None else (one.take, one.chunk, one.begins, one.is_new))
    return found


NEW, ALIKE, AGAIN = (Novelty.NEW, False), (Novelty.ALIKE, False), (Novelty.REPEATED, False)


def test_a_frame_belongs_to_the_chunk_that_began() -> None:
    takes = ShownTakes(counted(None, 3, None, None, 4, frames=3))
    takes.asked_to_start()
    takes.asked_to_start()
    assert seen(takes, NEW, NEW, AGAIN, NEW, AGAIN, NEW) == [
        None, (2, 3, True, True), (2, 3, False, False), (2, 3, False, True), (2, 4, True, False), (2, 4, False, True),
    ]  # fmt: skip


def test_a_chunk_has_no_more_new_frames_than_it_has_frames() -> None:
    assert seen(ShownTakes(counted(3, frames=2)), NEW, NEW, NEW) == [
        (0, 3, True, True), (0, 3, False, True), (0, 3, False, False),
    ]  # fmt: skip


@pytest.mark.parametrize("repeats", [True, False])
def test_a_frame_that_looks_like_the_last_is_new_where_nothing_is_sent_twice(repeats: bool) -> None:
    assert seen(ShownTakes(counted(3, repeats=repeats, frames=9)), NEW, ALIKE)[1] == (
        0,
        3,
        False,
        not repeats,
    )


def test_between_takes_frames_belong_to_nothing() -> None:
    shown = counted(3)
    takes = ShownTakes(shown)
    assert seen(takes, NEW) == [(0, 3, True, True)]
    shown.is_counting = False
    assert seen(takes, NEW) == [None]
    shown.is_counting = True
    assert seen(takes, NEW) == [None], "it is forgotten, not only hidden"


def test_a_take_that_made_nothing_is_not_waited_for() -> None:
    takes = ShownTakes(ChunkFrameCounter(2))
    takes.reset()
    assert not takes._before
    takes.shown.done(0, 2, 0)
    takes.asked_to_start()
    takes.reset()
    assert [take for take, _ in takes._before] == [1]
    takes.lost()
    assert not takes._before


def taken_up(*events: Any) -> list[object]:
    did: list[object] = []
    shown: Any = SimpleNamespace(
        done=lambda *what: did.append(("done", *what)),
        was_shown=lambda *what: did.append(("shown", *what)),
        started=lambda chunk, *_: did.append(("started", chunk)),
        reset=lambda: did.append("reset"),
        rested=lambda: did.append("rested"),
        resumed=lambda: did.append("resumed"),
        lost=lambda: did.append("lost"),
    )
    ShownTakes(shown).take_up(events)
    return did


def test_a_session_is_resumed_from_what_was_received() -> None:
    assert taken_up() == []
    assert taken_up(Paused(1), Resumed(2), PromptAccepted(3, "a")) == ["rested", "resumed"]
    assert taken_up(Started(1, 0)) == [("started", 0), "lost"]
    assert taken_up(ChunkDone(1, 2, 24, None)) == [("done", 2, 24, 1), "lost"]
    assert taken_up(Started(1, 0), ResetDone(2)) == [("started", 0), "reset"]
    assert taken_up(ResetDone(1), Started(2, 0)) == ["reset", ("started", 0), "lost"]


def test_chunks_that_are_shown_after_a_reset_are_of_the_take_before() -> None:
    assert taken_up(
        ChunkShown(1, 0, 1), ResetDone(2), ChunkShown(3, 1, 1), ChunkShown(4, 0, 2), ChunkShown(5, 1, None), ResetDone(6),
        ChunkShown(7, 1, 2), ChunkShown(8, 0, 3),
    ) == [("shown", 0, 1), "reset", ("shown", 0, 4), ("shown", 1, 5), "reset", ("shown", 0, 8)]  # fmt: skip
    assert taken_up(ResetDone(1), ChunkShown(2, 0, 1)) == ["reset", ("shown", 0, 2)]
