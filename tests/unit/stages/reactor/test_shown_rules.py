"""The rules by which a chunk begins: new frames, repeated frames, still images, reports, and lost
frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from sequencer.stages.reactor.shown_chunks import ChunkFrameCounter, Novelty, _Report, _shared

MS = 1_000_000
TICK = 40 * MS
NEW, AGAIN, OTHER, ALIKE = Novelty.NEW, Novelty.REPEATED, Novelty.DIFFERENT, Novelty.ALIKE


def begins(
    shown: ChunkFrameCounter, frames: Iterable[Novelty], at: int = 0, skipped: int | None = None
) -> list[int | None]:
    """Return which chunk begins with each of these frames, which are a tick apart."""
    return [
        shown.frame(False, at + number * TICK, None, one, skipped)
        for number, one in enumerate(frames)
    ]


def running(frames_per_chunk: int = 3) -> ChunkFrameCounter:
    shown = ChunkFrameCounter(frames_per_chunk)
    shown.started(0)
    return shown


def test_a_chunk_begins_after_as_many_frames_as_the_one_before_has() -> None:
    for novelty in (NEW, OTHER):
        assert begins(running(), [novelty] * 7) == [0, None, None, 1, None, None, 2]


def test_a_frame_that_is_sent_again_does_not_count_as_one() -> None:
    shown = running()
    assert not shown.repeats
    assert begins(shown, [NEW, AGAIN, NEW, AGAIN, NEW, NEW]) == [0, None, None, None, None, 1]
    assert shown.repeats


def test_a_frame_that_is_sent_again_begins_nothing() -> None:
    shown = running(2)
    assert begins(shown, [NEW, NEW, AGAIN, AGAIN, AGAIN, NEW]) == [0, None, None, None, None, 1]


def test_a_sender_that_has_repeated_nothing_is_not_one_that_repeats() -> None:
    shown = running()
    begins(shown, [NEW] * 7)
    assert not shown.repeats


def test_after_a_pause_the_next_chunk_is_there_when_it_was_reported() -> None:
    """The sender had nothing new, so two frames were repeated.

    The next new one is of the next chunk, although one was lost.
    """
    shown = running(3)
    shown.done(0, 3, 0)
    assert begins(shown, [NEW, NEW], TICK) == [0, None]
    shown.done(1, 6, 3 * TICK)
    assert begins(shown, [AGAIN, AGAIN, NEW], 3 * TICK) == [None, None, 1]


def test_a_chunk_is_not_shown_before_it_is_made() -> None:
    shown = running(2)
    shown.done(0, 2, 0)
    begins(shown, [OTHER, OTHER], TICK)
    assert begins(shown, [ALIKE, OTHER, OTHER], 3 * TICK) == [None, None, None]
    assert shown.repeats, "whatever came was not the next chunk, which is not made yet"


def test_a_still_frame_changes_chunk_when_the_next_is_overdue() -> None:
    shown = running(2)
    shown.done(0, 2, 0)
    begins(shown, [OTHER, OTHER], TICK)
    shown.done(1, 4, 3 * TICK)
    assert begins(shown, [ALIKE, ALIKE], 4 * TICK) == [None, 1], (
        "it is overdue a little after the way of the chunk before"
    )


def test_reports_show_how_long_chunks_are() -> None:
    shown = running(3)
    assert [shown.frames_of(chunk) for chunk in (0, 1)] == [3, 3]
    shown.done(0, 5, 0)
    shown.done(1, 9, 10)
    shown.done(1, 99, 20)
    shown.done(0, 99, 20)
    assert [shown.frames_of(chunk) for chunk in (0, 1, 2)] == [5, 4, 3]
    assert shown.last_reported == 1


def test_a_report_that_was_missed_is_shared_with_the_next() -> None:
    shown = running(3)
    shown.done(0, 3, 0)
    shown.done(3, 13, 300)
    assert [shown.frames_of(chunk) for chunk in (1, 2, 3)] == [3, 3, 4]
    assert [(number, one.frames, one.at) for number, one in _shared(3, 10, 0, 300)] == [
        (1, 3, 100),
        (2, 3, 200),
        (3, 4, 300),
    ]
    assert [number for number, _ in _shared(100, 100, 0, 1)] == list(range(36, 101))


def test_only_so_many_reports_are_kept() -> None:
    shown = running(3)
    for chunk in range(70):
        shown.done(chunk, 5 * (chunk + 1), chunk)
    assert [shown.frames_of(chunk) for chunk in (0, 5, 6, 69)] == [3, 3, 5, 5]


def test_what_another_client_saw_is_not_shown_again() -> None:
    shown = running(2)
    shown.done(0, 2, 0)
    shown.was_shown(0, 60 * MS)
    assert shown.lag == 60 * MS
    shown.was_shown(7, 90 * MS)
    assert shown.lag == 60 * MS, "its report is not known"
    shown = running(2)
    shown.done(0, 2, 100 * MS)
    for at in (99 * MS, 60_000 * MS + 100 * MS):
        shown.was_shown(0, at)
        assert shown.lag == 0, "that is no lag but a mistake"
    assert begins(shown, [NEW, NEW, NEW], 2 * TICK) == [None, None, 1]


def test_counting_begins_with_the_first_frame_and_ends_with_the_connection() -> None:
    shown = running(2)
    assert not shown.is_counting
    begins(shown, [NEW])
    assert shown.is_counting
    shown.lost()
    assert not shown.is_counting
    assert begins(shown, [NEW] * 3, TICK) == [None] * 3


def test_a_take_waits_for_a_start() -> None:
    shown = ChunkFrameCounter(2)
    shown.started(3)
    assert begins(shown, [NEW]) == [None], "a start of a later chunk is none of a take"
    shown.started(0)
    assert begins(shown, [NEW]) == [0]


def test_a_take_after_another_waits_for_its_first_report() -> None:
    shown = running(2)
    shown.done(0, 2, 0)
    shown.reset()
    shown.started(0)
    assert begins(shown, [NEW, NEW]) == [None, None]
    assert shown.last_reported == -1
    shown.done(0, 2, 3 * TICK)
    shown.waits = True
    assert begins(shown, [NEW, AGAIN], 3 * TICK) == [None, None], (
        "frames of the take before are still to come"
    )
    shown.waits = False
    assert begins(shown, [AGAIN, NEW], 5 * TICK) == [None, 0]


# ---- what is possible, by the times measured


def counting(
    ways: Iterable[float] = (), reported: dict[int, int] | None = None, **state: Any
) -> Any:
    """Return a counter of chunks of four frames that shows chunk 0, with these delays, reports and
    other attributes.
    """
    shown: Any = running(4)
    shown.frame(False, 0)
    shown._pace.tick = float(TICK)
    shown._pace.step = float(TICK)
    shown._ways.extend(ways)
    shown._reports = {chunk: _Report(4, at) for chunk, at in (reported or {}).items()}
    for name, value in state.items():
        setattr(shown, f"_{name}", value)
    return shown


def test_the_soonest_is_one_of_the_shorter_ways() -> None:
    assert counting()._soonest == 0.0
    assert counting([7])._soonest == 7
    assert counting([50, 10, 40, 20, 30])._soonest == 20
    assert counting([80, 70, 60, 50, 40, 30, 20, 10])._soonest == 20
    assert counting([90, 80, 70, 60, 50, 40, 30, 20, 10])._soonest == 30


def test_frames_stream_where_they_come_long_before_their_report() -> None:
    assert counting()._streams is True
    assert counting(reported={0: 0})._streams is False
    limit = -0.2 * 4 * TICK
    assert counting([limit])._streams is False
    assert counting([limit - 1])._streams is True


def test_when_a_chunk_can_be_there() -> None:
    shown = counting([2 * TICK], {1: 10 * TICK})
    assert shown._can_be_there(1, 10.5 * TICK) is True
    assert shown._can_be_there(1, 10.5 * TICK - 1) is False
    assert shown._can_be_there(2, 99 * TICK) is False


def test_for_how_long_a_chunk_could_have_been_shown() -> None:
    shown = counting([2 * TICK], {1: 10 * TICK})
    assert [shown._waited(1, sent * TICK) for sent in (11, 12, 15)] == [0.0, 0.0, 3.0]
    assert shown._waited(2, 99 * TICK) == 0.0


def test_when_a_chunk_is_overdue() -> None:
    for ways, due in (([2 * TICK], 12.1), ([-2 * TICK], 10.1)):
        shown = counting(ways, {1: 10 * TICK})
        assert shown._is_overdue(1, due * TICK + 1) is True
        assert shown._is_overdue(1, due * TICK - 1) is False
        assert shown._is_overdue(2, 99 * TICK) is False


def test_when_a_count_has_lost_its_way() -> None:
    shown = counting([2 * TICK], {1: 10 * TICK})
    assert shown._is_after_loss(1, 12 * TICK + 5_000 * MS) is True
    assert shown._is_after_loss(1, 12 * TICK + 5_000 * MS - 1) is False
    assert shown._is_after_loss(2, 10**12) is False
    slow = counting([2 * TICK], {1: 10 * TICK})
    slow._usual = 100
    assert slow._is_after_loss(1, 312 * TICK) is True
    assert slow._is_after_loss(1, 312 * TICK - 1) is False


EARLY, THERE, OVER = 10 * TICK, 12 * TICK, 13 * TICK
"""Before chunk 1 can arrive, when it arrives by the times measured, and when it is overdue."""


@pytest.mark.parametrize(
    ("novelty", "sent", "state", "found", "sure"),
    [
        (NEW, EARLY, {"ticks": 4, "fresh": 4}, True, False),
        (NEW, EARLY, {"ticks": 3, "fresh": 3}, False, False),
        (NEW, THERE, {"ticks": 3, "fresh": 1, "repeated": 2, "repeats": True}, True, True),
        (NEW, THERE, {"ticks": 3, "fresh": 1, "repeated": 1, "repeats": True}, False, False),
        (NEW, EARLY, {"ticks": 3, "fresh": 1, "repeated": 2, "repeats": True}, False, False),
        (AGAIN, OVER, {"ticks": 9, "fresh": 9}, False, False),
        (OTHER, THERE, {"ticks": 3, "fresh": 3}, False, False),
        (OTHER, THERE, {"ticks": 4, "fresh": 4}, True, False),
        (OTHER, EARLY, {"ticks": 4, "fresh": 4}, False, False),
        (OTHER, EARLY, {"ticks": 9, "fresh": 9, "held": 5}, True, True),
        (OTHER, EARLY, {"ticks": 9, "fresh": 9, "held": 4}, False, False),
        (OTHER, EARLY, {"ticks": 9, "alike": 2}, True, True),
        (OTHER, EARLY, {"ticks": 9, "alike": 1}, False, False),
        (OTHER, EARLY, {"ticks": 9, "alike": 2, "reports": {0: _Report(4, 0)}}, False, True),
        (OTHER, THERE, {"ticks": 4, "alike": 2}, True, True),
        (ALIKE, OVER, {"ticks": 4}, True, False),
        (ALIKE, THERE, {"ticks": 4}, False, False),
        (ALIKE, OVER, {"ticks": 3}, False, False),
    ],
)
def test_when_the_next_chunk_begins(
    novelty: Novelty, sent: int, state: dict[str, Any], found: bool, sure: bool
) -> None:
    shown = counting([2 * TICK], {0: 0, 1: 10 * TICK}, **state)
    assert shown._next_begins(1, sent, novelty, shown._ticks) is found
    assert shown._sure is sure


@pytest.mark.parametrize(
    ("gap", "ticks", "sent", "repeats", "found"),
    [
        (2.6, 4, EARLY, False, True),
        (2.5, 4, EARLY, False, False),
        (2.6, 4, EARLY, True, False),
        (2.6, 3, EARLY, False, False),
        (2.6, 2, THERE, False, True),
        (2.6, 1, THERE, False, False),
    ],
)
def test_a_gap_shows_that_the_sender_has_something_new(
    gap: float, ticks: int, sent: int, repeats: bool, found: bool
) -> None:
    shown = counting([2 * TICK], {0: 0, 1: 10 * TICK}, ticks=ticks, fresh=ticks, repeats=repeats)
    shown._pace.step = gap * TICK
    assert shown._next_begins(1, sent, OTHER, ticks) is found
    assert shown._sure is found


def test_a_frame_that_is_held_is_counted_anew_after_one_that_looks_alike() -> None:
    shown = counting([2 * TICK], {0: 0, 1: 10 * TICK}, ticks=9, held=3)
    shown._next_begins(1, EARLY, OTHER, 9)
    assert (shown._held, shown.repeats) == (4, False)
    shown._next_begins(1, EARLY, ALIKE, 9)
    assert (shown._held, shown.repeats) == (0, True)


@pytest.mark.parametrize(
    ("novelty", "sent", "state", "found"),
    [
        (OTHER, 0, {"fresh": 4, "reports": {}}, True),
        (ALIKE, 0, {"fresh": 4, "reports": {}}, False),
        (OTHER, 0, {"fresh": 3, "reports": {}}, False),
        (OTHER, 0, {"fresh": 4, "repeats": True, "reports": {}}, False),
        (OTHER, 0, {"fresh": 4, "repeats": True}, True),
        (OTHER, 2.9 * TICK, {"fresh": 1, "next_ways": [5 * TICK, 3 * TICK]}, True),
        (OTHER, 2.9 * TICK - 9, {"fresh": 3, "next_ways": [5 * TICK, 3 * TICK]}, False),
        (OTHER, 0, {"fresh": 4, "next_ways": [3 * TICK]}, True),
        (ALIKE, 3 * TICK, {"fresh": 1, "next_ways": [3 * TICK]}, True),
        (ALIKE, 3 * TICK, {"fresh": 2, "next_ways": [3 * TICK]}, False),
        (ALIKE, 3 * TICK, {"fresh": 1, "rests": True, "next_ways": [3 * TICK]}, False),
        (ALIKE, 2 * TICK, {"fresh": 1, "next_ways": [3 * TICK]}, False),
    ],
)
def test_when_the_next_chunk_begins_in_a_stream(
    novelty: Novelty, sent: float, state: dict[str, Any], found: bool
) -> None:
    assert counting([], {0: 0}, **state)._next_streams(sent, novelty, 4) is found


def test_the_silence_of_a_pause_is_no_loss_even_if_the_first_frames_after_it_are_counted_late() -> (
    None
):
    """They come sooner after their report than any before, so they are taken for the last ones of
    the chunk before.
    """
    shown, tick, frames = ChunkFrameCounter(33), 1_000_000_000 / 24, 33
    shown.started(0, 0)
    begun: dict[int, int] = {}
    for chunk in range(8):
        rested = 60 * 24 if chunk >= 6 else 0
        sooner = 4 if chunk >= 6 else 0
        shown.done(chunk, frames * (chunk + 1), round((frames * (chunk + 1) + rested) * tick))
        if chunk == 5:
            shown.rested()
        for number in range(frames - (3 if chunk == 5 else 0)):
            at = frames * (chunk + 2) + rested - sooner + number
            found = shown.frame(False, round(at * tick), round(at * 90_000 / 24))
            if found is not None:
                begun[found] = at
    assert 0 <= begun[6] - (frames * 8 + 60 * 24 - 4) <= 4, begun
    assert 0 <= begun[7] - (frames * 9 + 60 * 24 - 4) <= 4, begun


@pytest.mark.parametrize("lost", [1, 2])
def test_an_uneven_silence_is_no_loss_even_if_the_last_frames_before_it_were_lost(
    lost: int,
) -> None:
    """The model is slower than its playout, and each chunk takes a different time to be shown."""
    shown, tick, frames = ChunkFrameCounter(33), 1_000_000_000 / 24, 33
    shown.started(0, 0)
    first = {
        chunk: 45 * (chunk + 1) + delay
        for chunk, delay in enumerate([86, 96, 89, 97, 88, 96, 87, 97, 90, 96])
    }
    events = [(45 * (chunk + 1), -1, chunk) for chunk in first]
    events += [
        (at + number, number, chunk) for chunk, at in first.items() for number in range(frames)
    ]
    late: dict[int, int] = {}
    for at, number, chunk in sorted(events):
        if number < 0:
            shown.done(chunk, frames * (chunk + 1), round(at * tick))
        elif chunk != 6 or number < frames - lost:
            found = shown.frame(False, round(at * tick), round(at * 90_000 / 24))
            if found is not None:
                late[found] = at - first.get(found, 0)
    assert late == dict.fromkeys(first, 0)


@pytest.mark.parametrize("repeats", [True, False])
def test_frames_lost_after_a_pause_without_a_silence_are_counted(repeats: bool) -> None:
    shown, tick, frames = ChunkFrameCounter(33), 1_000_000_000 / 24, 33
    shown.started(0, 0)
    late: dict[int, int] = {}
    for at in range(33, frames * 12):
        chunk, number = divmod(at, frames)
        chunk -= 1
        if number == 0:
            shown.done(chunk, frames * (chunk + 1), round((at - 1) * tick))
        if chunk == 3 and number == 1:
            shown.rested()
        if chunk == 7 and number in (10, 11, 12):
            continue
        if repeats and chunk == 1 and number == 0:
            shown.frame(
                False, round((at - 0.5) * tick), round((at - 0.5) * 90_000 / 24), Novelty.REPEATED
            )
        found = shown.frame(False, round(at * tick), round(at * 90_000 / 24))
        if found is not None:
            late[found] = at - frames * (found + 1)
    assert max(map(abs, late.values())) <= 1, late
