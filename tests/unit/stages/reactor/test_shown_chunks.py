"""Counting frames to find their chunk: takes, dark frames, warm-up, lost connections, and the
resulting lag.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.stages.reactor.shown_chunks import (
    EARLY,
    LATE,
    LATE_CHUNKS,
    OVERDUE,
    RUN,
    ChunkFrameCounter,
)

MS = 1_000_000
FRAME = 40 * MS


def _play(shown: ChunkFrameCounter, count: int, at: int) -> list[tuple[int, int]]:
    """Show this many bright frames from `at` on; return (chunk, time) for each chunk that begins."""
    found = []
    for index in range(count):
        chunk = shown.frame(False, at + index * FRAME)
        if chunk is not None:
            found.append((chunk, at + index * FRAME))
    return found


def test_nothing_is_shown_before_generation_runs() -> None:
    shown = ChunkFrameCounter(8)
    assert shown.frame(True, 0) is None
    assert shown.frame(False, 1) is None
    shown.started(0)
    assert shown.frame(True, 2) is None
    assert shown.frame(False, 3) == 0
    assert shown.frame(False, 4) is None


def test_chunks_end_where_the_model_states() -> None:
    shown = ChunkFrameCounter(8)
    shown.started(0)
    shown.done(0, 0, 0)  # a warm-up chunk without frames
    shown.done(1, 8, 10)
    shown.done(2, 13, 20)
    shown.done(3, 21, 30)
    shown.done(4, 29, 40)
    shown.done(5, 37, 50)
    assert _play(shown, 30, 100) == [
        (1, 100),
        (2, 100 + 8 * FRAME),
        (3, 100 + 13 * FRAME),
        (4, 100 + 21 * FRAME),
        (5, 100 + 29 * FRAME),
    ]


def test_a_dark_frame_within_a_take_counts_like_any_other() -> None:
    shown = ChunkFrameCounter(2)
    shown.started(0)
    assert [
        shown.frame(dark, index) for index, dark in enumerate([False, True, True, False, False])
    ] == [0, None, 1, None, 2]


def test_the_lag_is_the_middle_of_what_was_measured() -> None:
    shown = ChunkFrameCounter(2)
    shown.started(0)
    assert shown.lag == 0
    for chunk, late in enumerate((100, 120, 900, 110, 105)):
        at = chunk * 1000 * MS
        shown.done(chunk, 2 * (chunk + 1), at)
        assert shown.frame(False, at + late * MS) == chunk
        assert shown.frame(False, at + late * MS + FRAME) is None
    assert shown.lag == 110 * MS


def test_another_take_begins_after_a_dark_frame() -> None:
    shown = ChunkFrameCounter(2)
    shown.started(0)
    shown.done(0, 2, 0)
    assert _play(shown, 2, 100) == [(0, 100)]
    shown.reset()
    assert shown.frame(False, 300 * MS) is None, "a late frame of the old take"
    shown.started(0)
    assert shown.frame(False, 310 * MS) is None
    assert shown.frame(True, 400 * MS) is None
    assert shown.frame(False, 500 * MS) == 0


def test_without_a_dark_frame_the_first_report_of_the_take_will_do() -> None:
    shown = ChunkFrameCounter(2)
    shown.started(0)
    assert _play(shown, 2, 100) == [(0, 100)]
    shown.reset()
    shown.started(0)
    assert shown.frame(False, 200) is None
    shown.done(0, 2, 300)
    assert shown.frame(False, 400) == 0


def test_after_a_lost_connection_the_count_is_set_by_the_lag() -> None:
    shown = ChunkFrameCounter(8)
    shown.started(0)
    for chunk in range(3):
        shown.done(chunk, 8 * (chunk + 1), chunk * 8 * FRAME)
    assert _play(shown, 24, 100 * MS)[-1] == (2, 100 * MS + 16 * FRAME)
    assert shown.lag == 100 * MS
    shown.lost()
    assert shown.frame(False, 2000 * MS) is None
    back = 10 * 8 * FRAME
    shown.done(10, 88, back)
    assert shown.frame(False, back + 60 * MS) is None, "this is still the chunk before"
    assert shown.frame(False, back + 100 * MS) == 10
    shown.done(11, 96, back + 150 * MS)
    assert _play(shown, 8, back + 140 * MS) == [(11, back + 140 * MS + 7 * FRAME)]


def test_frames_that_were_dropped_are_counted_by_their_stamps() -> None:
    """Every fourth frame is lost; timestamps are evenly spaced.

    A pause between chunks is not a loss.
    """
    shown = ChunkFrameCounter(20)
    shown.started(0)
    begins: dict[int, int] = {}
    stamp = 0
    for chunk in range(6):
        shown.done(chunk, 20 * (chunk + 1), stamp)
        stamp += 5000 if chunk == 3 else 0
        for index in range(20):
            stamp += 3750
            if index % 4 == 2:
                continue
            found = shown.frame(False, stamp, stamp)
            if found is not None:
                begins[found] = chunk
    assert list(begins) == [0, 1, 2, 3, 4, 5]
    assert all(abs(counted - real) <= 1 for counted, real in begins.items()), begins


def test_a_frame_that_is_merely_late_is_not_a_loss() -> None:
    shown = ChunkFrameCounter(20)
    shown.started(0)
    for index in range(20):
        late = 3000 if index in (8, 9, 15) else 0
        shown.frame(False, index, index * 3750 + late)
    assert shown.frame(False, 20, 20 * 3750) == 1


def test_a_reset_while_the_connection_is_lost() -> None:
    shown = ChunkFrameCounter(8)
    shown.started(0)
    shown.done(0, 8, 0)
    _play(shown, 4, 100)
    shown.lost()
    shown.reset()
    shown.started(0)
    assert shown.frame(True, 10**9) is None
    assert shown.frame(False, 2 * 10**9) == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["dark", "bright", "done", "reset", "lost", "start"]),
            st.integers(1, 50),
        ),
        max_size=80,
    )
)
def test_whatever_comes_chunks_of_a_take_only_go_up(script: list[tuple[str, int]]) -> None:
    shown, at, chunk, total, last = ChunkFrameCounter(4), 0, 0, 0, -1
    for what, step in script:
        at += step * MS
        match what:
            case "done":
                total += 4
                shown.done(chunk, total, at)
                chunk += 1
            case "reset":
                shown.reset()
                chunk, total, last = 0, 0, -1
            case "lost":
                shown.lost()
            case "start":
                shown.started(chunk)
            case _:
                found = shown.frame(what == "dark", at)
                assert found is None or found > last
                last = last if found is None else found
    assert shown.lag >= 0


def test_a_chunk_is_overdue_and_then_lost_so_long_after_its_report() -> None:
    shown = ChunkFrameCounter(8)
    shown.started(0)
    shown.done(0, 8, 0)
    shown.done(1, 16, 1000 * MS)
    for is_due, wait in (
        (shown._is_overdue, OVERDUE * shown._pace.tick),
        (shown._is_after_loss, max(LATE, LATE_CHUNKS * 8 * shown._pace.tick)),
    ):
        assert not is_due(1, 1000 * MS + wait - 1)
        assert is_due(1, 1000 * MS + wait)
        assert not is_due(2, 10**12), "it was not reported"
    assert shown._can_be_there(1, 1000 * MS - EARLY * shown._pace.tick)
    assert not shown._can_be_there(1, 1000 * MS - EARLY * shown._pace.tick - 1)
    assert not shown._can_be_there(2, 10**12)


def _reported(
    wrong_numbers: dict[int, int], lost: tuple[int, ...] = (), chunks: int = 12, frames: int = 8
) -> dict[int, int]:
    """Play chunks one after the other, each shown 3 frames after its report; frames are
    distinguished only by their pixels.

    Reports of the chunks in `wrong_numbers` have another number, those in `lost` never come.
    Returns by how many frames each chunk was found too late.
    """
    shown, found = ChunkFrameCounter(frames), dict[int, int]()
    shown.started(0)
    for number in range(chunks * frames + RUN):
        at = number * FRAME
        if number % frames == 0 and number // frames not in (*lost, chunks):
            chunk = number // frames
            shown.done(wrong_numbers.get(chunk, chunk), (chunk + 1) * frames, at)
        if number >= 3:
            chunk_found = shown.frame(False, at, at * 9 // 100_000)
            if chunk_found is not None:
                found[chunk_found] = number - 3 - chunk_found * frames
    return found


@pytest.mark.parametrize("wrong", [1_000_000, 60, 19])
@pytest.mark.parametrize("chunk", [0, 1, 4])
def test_a_report_of_a_chunk_that_cannot_be_yet_is_not_believed(chunk: int, wrong: int) -> None:
    found = _reported({chunk: wrong})
    assert list(found)[:12] == list(range(12))
    assert all(not late or (number == chunk and late < RUN) for number, late in found.items()), (
        found
    )


def test_a_report_that_another_one_confirms_is_believed() -> None:
    shown = ChunkFrameCounter(8)
    shown.started(0)
    shown.done(100, 808, FRAME)
    assert shown.last_reported == -1
    shown.done(101, 816, 9 * FRAME)
    assert shown.last_reported == 101


@pytest.mark.parametrize("lost", [(4,), (4, 5), (4, 5, 6, 7), tuple(range(3, 12))])
def test_lost_reports_do_not_make_chunks_later_and_later(lost: tuple[int, ...]) -> None:
    found = _reported({}, lost)
    assert max(found.values()) < RUN
    assert list(found)[:12] == list(range(12))


@pytest.mark.parametrize("gap", [3, 6, 20])
def test_a_sender_that_had_nothing_for_a_while_after_a_whole_chunk_has_lost_nothing(
    gap: int,
) -> None:
    """The first chunks are shown sooner after their reports than the others: one measured delay
    does not fix later ones.
    """
    shown, found, at = ChunkFrameCounter(20), dict[int, int](), 0
    shown.started(0)
    stamp = 0
    for chunk in range(6):
        shown.done(chunk, 20 * (chunk + 1), stamp * 100_000 // 9)
        stamp += 3750 * (gap if chunk >= 2 else 1)
        for index in range(20):
            stamp += 3750
            at = stamp * 100_000 // 9
            begun = shown.frame(False, at, stamp)
            if begun is not None:
                found[begun] = chunk * 20 + index
    assert found == {chunk: chunk * 20 for chunk in range(6)}


def test_a_sender_that_rests_right_after_a_chunk_seemed_to_begin_shows_where_it_begins() -> None:
    """A rest of one tick looks like a lost frame, and makes the count one frame early; a longer
    rest corrects it.
    """
    shown, found = ChunkFrameCounter(20), dict[int, int]()
    shown.started(0)
    ticks = [start + index for start in (12, 33, 53, 78, 98) for index in range(20)]
    for number, tick in enumerate(ticks):
        for chunk in range(tick // 20 + 1):
            shown.done(chunk, 20 * (chunk + 1), chunk * 20 * FRAME)
        chunk_found = shown.frame(False, tick * FRAME, tick * 3600)
        if chunk_found is not None:
            found[chunk_found] = number - 20 * chunk_found
    assert found == {0: 0, 1: 0, 2: -1, 3: -1, 4: 0}
