"""A reset is reported while frames of the previous take are still in transit: frames are assigned
to the right take.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, ChunkShown, ResetDone, Started
from sequencer.stages.live_frames import Belonging
from sequencer.stages.reactor.frame_takes import ShownTakes
from sequencer.stages.reactor.shown_chunks import ChunkFrameCounter, Novelty

FRAMES = 8
TICK = 1_000_000_000 // 24
CHUNK = FRAMES * TICK


def play(
    lag: int, gap: int, dark: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], int]:
    """Play three chunks, a reset, and two chunks of the next take, `gap` ticks later.

    Returns the chunks that begin, as (take, chunk), the chunk that each frame belongs to, and the
    number of frames.
    """
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    moments: list[tuple[int, int, object]] = []
    at, starts = 0, [0, 3 * CHUNK + gap * TICK]
    for take, chunks in ((1, 3), (2, 2)):
        at = starts[take - 1]
        moments.append((at, 0, ("start", take)))
        for chunk in range(chunks):
            done = at + (chunk + 1) * CHUNK
            moments.append((done, 1, ("done", chunk)))
            moments += [
                (done + lag + frame * TICK, 3, ("frame", take, chunk)) for frame in range(FRAMES)
            ]
    moments.append((3 * CHUNK, 2, ("reset", 0)))
    if dark:
        moments.append((3 * CHUNK + lag + CHUNK, 2, ("dark", 0)))
    begins, of, frames = list[tuple[int, int]](), list[tuple[int, int]](), 0
    for when, _, what in sorted(moments, key=lambda one: one[:2]):
        match what:
            case ("start", _):
                shown.asked_to_start()
                shown.shown.started(0)
            case ("done", int(chunk)):
                shown.shown.done(chunk, (chunk + 1) * FRAMES, when)
            case ("reset", _):
                shown.reset()
            case ("dark", _):
                assert shown.frame(True, when, when * 9 // 100_000) is None
            case ("frame", int(take), int(chunk)):
                belonging = shown.frame(False, when, when * 9 // 100_000, Novelty.DIFFERENT)
                frames += 1
                if belonging is not None and belonging.is_new:
                    of.append((belonging.take, belonging.chunk))
                    begins += [(belonging.take, belonging.chunk)] if belonging.begins else []
                    assert (belonging.take, belonging.chunk) == (take, chunk), (
                        when / CHUNK,
                        belonging,
                    )
            case _:
                pass
    return begins, of, frames


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("gap", [2, 40])
@pytest.mark.parametrize("lag", [TICK // 2, CHUNK // 2, 3 * CHUNK // 2 + TICK // 2])
def test_frames_of_both_takes_are_distinguished(lag: int, gap: int, dark: bool) -> None:
    begins, of, frames = play(lag, gap, dark)
    assert begins == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)]
    assert len(of) == frames == 5 * FRAMES


def test_what_is_sent_again_is_not_new() -> None:
    shown = ShownTakes(ChunkFrameCounter(2))
    shown.asked_to_start()
    shown.shown.started(0)
    shown.shown.done(0, 2, CHUNK)
    found = [shown.frame(False, CHUNK + number * TICK, None, novelty) for number, novelty in enumerate(
        (Novelty.NEW, Novelty.NEW, Novelty.REPEATED, Novelty.REPEATED)
    )]  # fmt: skip
    assert found[0] == Belonging(take=1, chunk=0, begins=True, is_new=True)
    assert [one.is_new for one in found if one is not None] == [True, True, False, False]


def test_a_lost_connection_ends_the_count_of_the_take_before() -> None:
    shown = ShownTakes(ChunkFrameCounter(2))
    shown.asked_to_start()
    shown.shown.started(0)
    assert shown.frame(False, 0) == Belonging(take=1, chunk=0, begins=True, is_new=True)
    shown.reset()
    shown.lost()
    assert shown.frame(False, TICK) is None


@pytest.mark.parametrize("unseen", [0, 3, 9])
@pytest.mark.parametrize("cut", [False, True])
def test_a_session_that_is_taken_over_counts_on_from_where_the_model_is(
    unseen: int, cut: bool
) -> None:
    lag = CHUNK + 5 * TICK
    first = 5 * CHUNK if cut else 0
    events: list[Event] = [Started(first, 0)]
    events += [
        ChunkDone(first + (chunk + 1) * CHUNK, chunk, (chunk + 1) * FRAMES, None)
        for chunk in range(3)
    ]
    events += [
        ChunkShown(first + (chunk + 1) * CHUNK + lag, chunk, 2 if cut else 1) for chunk in range(2)
    ]
    if cut:
        before: list[Event] = [
            Started(0, 0),
            ChunkDone(CHUNK, 0, FRAMES, None),
            ResetDone(4 * CHUNK),
        ]
        late = ChunkShown(first + CHUNK + TICK, 4, 1)  # of the previous take
        events = [*before, ChunkShown(2 * CHUNK, 0, 1), *events, late]
    events.sort(key=lambda event: event.at)
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    shown.take_up(events)
    reports = {chunk: first + (chunk + 1) * CHUNK for chunk in range(3 + unseen, 20)}
    frames = [
        (at + lag + frame * TICK, chunk) for chunk, at in reports.items() for frame in range(FRAMES)
    ]
    frames += [
        (reports[3 + unseen] + lag - frame * TICK, -1) for frame in range(1, 2 * FRAMES)
    ]  # of earlier chunks
    begins = []
    pending = sorted(reports.items())
    for at, chunk in sorted(frames):
        while pending and pending[0][1] <= at:
            number, when = pending.pop(0)
            shown.shown.done(number, (number + 1) * FRAMES, when)
        belonging = shown.frame(False, at, at * 9 // 100_000, Novelty.DIFFERENT)
        assert (
            belonging is None if chunk < 0 else belonging is not None and belonging.chunk == chunk
        ), (at, chunk, belonging)
        if belonging is not None and belonging.begins:
            begins.append(belonging.chunk)
    assert begins == list(range(3 + unseen, 20))
    assert shown.shown.lag == lag


def play_one_after_the_other(
    lengths: list[int], lag: int, novelty: Novelty, dark_before: int | None = None, gap: int = 2
) -> list[tuple[int, tuple[int, int] | None]]:
    """Play takes of these numbers of chunks, `gap` ticks apart, with all frames `lag` after their
    chunk's report, one per tick.

    A dark frame is sent before frame number `dark_before`. Returns (number of frames sent before,
    (take, chunk)) for each chunk that is found to begin; and None as the chunk for a dark frame
    that begins nothing.
    """
    found: list[tuple[int, tuple[int, int] | None]] = []
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    for when, _, what in sorted(_moments(lengths, lag, gap, dark_before), key=lambda one: one[:2]):
        match what:
            case ("start", _):
                shown.asked_to_start()
                shown.shown.started(0)
            case ("done", chunk):
                shown.shown.done(chunk, (chunk + 1) * FRAMES, when)
            case ("reset", _):
                shown.reset()
            case (kind, sent):
                known = Novelty.NEW if novelty is Novelty.NEW and sent else Novelty.DIFFERENT
                skipped = 0 if known is Novelty.NEW else None
                belonging = shown.frame(kind == "dark", when, when * 9 // 100_000, known, skipped)
                if belonging is not None and belonging.begins:
                    found.append((sent, (belonging.take, belonging.chunk)))
                elif kind == "dark":
                    found.append((sent, None))
    return found


def _moments(
    lengths: list[int], lag: int, gap: int, dark_before: int | None
) -> Iterator[tuple[int, int, tuple[str, int]]]:
    """Yield what happens, with its time and its rank among events at the same time."""
    at, ready = 0, list[int]()
    for take, chunks in enumerate(lengths, 1):
        yield at, 0, ("start", take)
        for chunk in range(chunks):
            at += CHUNK
            yield at, 1, ("done", chunk)
            ready += [at + lag] * FRAMES
        if take < len(lengths):
            yield at, 2, ("reset", take)
        at += gap * TICK
    due = 0
    for number, earliest in enumerate(ready):
        due = max(due, earliest)
        if number == dark_before:
            yield due, 3, ("dark", number)
            due += TICK
        yield due, 3, ("frame", number)
        due += TICK


def begins_of(lengths: list[int]) -> list[tuple[int, tuple[int, int]]]:
    """Return the expected result: each chunk with its first frame."""
    chunks = [(take, chunk) for take, length in enumerate(lengths, 1) for chunk in range(length)]
    return [(number * FRAMES, chunk) for number, chunk in enumerate(chunks)]


@pytest.mark.parametrize("novelty", [Novelty.NEW, Novelty.DIFFERENT])
@pytest.mark.parametrize("lengths", [[1, 9], [2, 2, 9], [1, 1, 1, 9], [4, 1, 1, 5]])
def test_takes_that_end_before_anything_of_them_is_seen(
    lengths: list[int], novelty: Novelty
) -> None:
    """Frames arrive so late that a take, or two, have ended before the first of their frames
    arrives.
    """
    assert play_one_after_the_other(lengths, 3 * CHUNK + TICK // 2, novelty) == begins_of(lengths)


@pytest.mark.parametrize("novelty", [Novelty.NEW, Novelty.DIFFERENT])
@pytest.mark.parametrize("dark_before", [4 * FRAMES, 5 * FRAMES, 5 * FRAMES + 3, 7 * FRAMES])
def test_the_dark_frame_of_a_reset_is_of_no_chunk_even_if_the_next_take_is_shown(
    dark_before: int, novelty: Novelty
) -> None:
    """A sender with nothing to send for one tick sends the dark frame that is still due: it does
    not disturb the count.
    """
    lengths = [3, 9]
    found = play_one_after_the_other(lengths, CHUNK + TICK // 2, novelty, dark_before)
    assert (dark_before, None) in found
    assert [one for one in found if one[1] is not None] == begins_of(lengths)


@pytest.mark.parametrize("novelty", [Novelty.NEW, Novelty.DIFFERENT])
@pytest.mark.parametrize("dark_before", [5 * FRAMES, 5 * FRAMES + 3, 6 * FRAMES])
def test_the_dark_frame_of_an_earlier_reset_does_not_end_the_take_that_was_reset_since(
    dark_before: int, novelty: Novelty
) -> None:
    lengths = [3, 5, 5]
    found = play_one_after_the_other(lengths, 3 * CHUNK + TICK // 2, novelty, dark_before)
    assert (dark_before, None) in found
    assert [one for one in found if one[1] is not None] == begins_of(lengths)


def test_dark_frames_of_a_take_are_counted_though_a_reset_left_no_dark_frame() -> None:
    shown = ShownTakes(ChunkFrameCounter(4))
    for take in range(2):
        shown.asked_to_start()
        shown.shown.started(0)
        for chunk in range(2):
            shown.shown.done(chunk, 4 * (chunk + 1), 2 * take * CHUNK)
        if take == 0:
            assert [shown.frame(False, number * TICK) for number in range(8)]
            shown.reset()
    frames = [False, False, True, True, False, False]
    found = [
        shown.frame(dark, 2 * CHUNK + number * TICK, None, Novelty.NEW)
        for number, dark in enumerate(frames)
    ]
    assert [one.chunk for one in found if one is not None and one.begins] == [0, 1]
    assert found[4] is not None
    assert found[4].begins


def starting(shown: ShownTakes, at: int) -> None:
    """Send `start`; generation runs a tick later."""
    shown.asked_to_start(at)
    shown.shown.started(0, at + TICK)


def shown_chunks(shown: ShownTakes, frames: int, at: int) -> list[tuple[int, int, int]]:
    """Show this many frames, one per tick; return (frame, take, chunk) for each chunk that begins."""
    found = [shown.frame(False, at + number * TICK, None, Novelty.NEW) for number in range(frames)]
    return [
        (number, one.take, one.chunk)
        for number, one in enumerate(found)
        if one is not None and one.begins
    ]


@pytest.mark.parametrize("late", [TICK // 4, TICK // 2, 2 * TICK - 1])
def test_a_report_that_comes_after_the_next_start_is_of_the_take_before(late: int) -> None:
    """A take made one chunk; its report comes after the reset, and after the start of the next take
    or that start's report.
    """
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    starting(shown, 0)
    shown.reset()
    shown.asked_to_start(CHUNK)
    if late > TICK:
        shown.shown.started(0, CHUNK + TICK)
    shown.done(0, FRAMES, CHUNK + late)
    shown.shown.started(0, CHUNK + TICK)
    shown.done(0, FRAMES, 2 * CHUNK + TICK)
    shown.done(1, 2 * FRAMES, 3 * CHUNK + TICK)
    assert shown_chunks(shown, 3 * FRAMES, 3 * CHUNK + 2 * TICK) == [
        (0, 1, 0),
        (FRAMES, 2, 0),
        (2 * FRAMES, 2, 1),
    ]


def test_a_report_that_comes_between_a_reset_and_the_next_start_is_of_the_take_before() -> None:
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    starting(shown, 0)
    shown.done(0, FRAMES, CHUNK)
    shown.reset()
    shown.done(1, 2 * FRAMES, 2 * CHUNK)
    starting(shown, 2 * CHUNK + TICK)
    shown.done(0, FRAMES, 3 * CHUNK + TICK)
    assert shown_chunks(shown, 3 * FRAMES, 3 * CHUNK + 2 * TICK) == [
        (0, 1, 0),
        (FRAMES, 1, 1),
        (2 * FRAMES, 2, 0),
    ]


def test_a_report_of_the_take_before_that_comes_once_more_is_of_no_chunk_of_the_next_one() -> None:
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    starting(shown, 0)
    for chunk in range(3):
        shown.done(chunk, (chunk + 1) * FRAMES, (chunk + 1) * CHUNK)
    assert len(shown_chunks(shown, 3 * FRAMES, 3 * CHUNK)) == 3
    shown.reset()
    starting(shown, 6 * CHUNK)
    shown.done(2, 3 * FRAMES, 6 * CHUNK + 2 * TICK)
    shown.done(0, FRAMES, 7 * CHUNK)
    shown.done(1, 2 * FRAMES, 8 * CHUNK)
    assert shown_chunks(shown, 2 * FRAMES, 8 * CHUNK) == [(0, 2, 0), (FRAMES, 2, 1)]


@pytest.mark.parametrize("again", [1, 2])
def test_a_report_that_comes_once_more_between_a_reset_and_the_next_start_is_of_no_chunk(
    again: int,
) -> None:
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    starting(shown, 0)
    for chunk in range(3):
        shown.done(chunk, (chunk + 1) * FRAMES, (chunk + 1) * CHUNK)
    assert len(shown_chunks(shown, 3 * FRAMES, 3 * CHUNK)) == 3
    shown.reset()
    shown.done(again, (again + 1) * FRAMES, 5 * CHUNK)
    starting(shown, 6 * CHUNK)
    shown.done(0, FRAMES, 7 * CHUNK)
    shown.done(1, 2 * FRAMES, 8 * CHUNK)
    assert shown_chunks(shown, 2 * FRAMES, 8 * CHUNK) == [(0, 2, 0), (FRAMES, 2, 1)]


@pytest.mark.parametrize("reported", [0, 1, 3])
def test_a_reset_that_is_reported_once_more_in_the_middle_of_a_take_is_none(reported: int) -> None:
    """Nobody has requested a new take, and the current one continues."""
    shown = ShownTakes(ChunkFrameCounter(FRAMES))
    starting(shown, 0)
    for chunk in range(5):
        if chunk == reported:
            shown.reset()
        shown.done(chunk, (chunk + 1) * FRAMES, (chunk + 1) * CHUNK)
        assert shown_chunks(shown, FRAMES, (chunk + 1) * CHUNK + TICK // 2) == [(0, 1, chunk)]
