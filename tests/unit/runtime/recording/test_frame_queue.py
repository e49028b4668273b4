"""The queue of the encoder thread: order, its bound in bytes, and how both sides are released."""

from __future__ import annotations

import threading

from sequencer.runtime.recording.frame_queue import FrameQueue


def test_items_come_out_in_order_and_end() -> None:
    queue = FrameQueue[str](100)
    assert [queue.put(item, 10) for item in "abc"] == [True, True, True]
    queue.end()
    assert list(queue) == ["a", "b", "c"]
    assert list(queue) == []
    assert (queue.waiting, queue.highest, queue.waited) == (0, 3, 0)


def test_nothing_is_added_after_the_end() -> None:
    queue = FrameQueue[str](100)
    queue.end()
    assert (queue.put("a", 1), queue.offer("b", 1), queue.waiting) == (False, False, 0)


def test_an_item_larger_than_the_bound_fits_into_an_empty_queue() -> None:
    queue = FrameQueue[str](100)
    assert queue.put("large", 1000)
    assert (queue.waiting, queue.waited) == (1, 0)


def test_offer_never_waits_and_counts_what_exceeds_the_bound() -> None:
    queue = FrameQueue[str](100)
    assert [queue.offer(item, 60) for item in "abc"] == [True, True, True]
    assert (queue.waiting, queue.waited, queue.highest) == (3, 2, 3)


def test_put_waits_until_the_reader_has_made_space() -> None:
    queue = FrameQueue[str](100)
    queue.put("a", 60)
    writer = threading.Thread(target=queue.put, args=("b", 60))
    writer.start()
    reader = iter(queue)
    assert [next(reader), next(reader)] == ["a", "b"]
    writer.join(10)
    assert not writer.is_alive()
    assert queue.highest == 1  # they never waited together
    queue.end()
    assert list(reader) == []


def test_giving_up_discards_items_and_releases_a_writer() -> None:
    queue = FrameQueue[str](100)
    queue.put("a", 60)
    results = list[bool]()
    writer = threading.Thread(target=lambda: results.append(queue.put("b", 60)))
    writer.start()
    queue.give_up()
    writer.join(10)
    assert results == [False]
    assert (queue.waiting, list(queue), queue.put("c", 1)) == (0, [], False)


def test_giving_up_releases_a_reader() -> None:
    queue = FrameQueue[str](100)
    found = list[str]()
    reader = threading.Thread(target=lambda: found.extend(queue))
    reader.start()
    queue.give_up()
    reader.join(10)
    assert not reader.is_alive()
    assert found == []
