"""Queue frames for the encoder thread: bounded in bytes, without dropping any frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")

MAX_BYTES = 96 << 20
"""The most bytes that may wait: four chunks of the native size, or eight frames of 2560×1536."""


class FrameQueue(Generic[Item]):
    """A first-in, first-out queue.

    `put` blocks while too much waits; `end` lets the reader finish; `give_up` releases both sides.
    """

    def __init__(self, most_bytes: int = MAX_BYTES) -> None:
        self._most = most_bytes
        self._items: deque[tuple[Item, int]] = deque()
        self._bytes = 0
        self._ended = False
        self._broken = False
        self._changed = Condition()
        self.waited = 0
        """How often `put` had to wait, or `offer` exceeded the bound."""
        self.highest = 0
        """The most items that ever waited."""

    @property
    def waiting(self) -> int:
        """The number of items that wait now."""
        return len(self._items)

    def put(self, item: Item, size: int) -> bool:
        """Add an item of `size` bytes, waiting for space; return False if the reader is gone."""
        with self._changed:
            if self._bytes + size > self._most and self._items:
                self.waited += 1
            while self._bytes + size > self._most and self._items and not self._broken:
                self._changed.wait()
            return self._add(item, size)

    def offer(self, item: Item, size: int) -> bool:
        """Add an item without waiting, for callers that must not block.

        Exceeding the bound is counted.
        """
        with self._changed:
            if self._bytes + size > self._most and self._items:
                self.waited += 1
            return self._add(item, size)

    def _add(self, item: Item, size: int) -> bool:
        if self._broken or self._ended:
            return False
        self._items.append((item, size))
        self._bytes += size
        self.highest = max(self.highest, len(self._items))
        self._changed.notify_all()
        return True

    def end(self) -> None:
        """End the queue: no more items follow, and the reader finishes those that wait."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def give_up(self) -> None:
        """Discard what waits and release everyone who blocks."""
        with self._changed:
            self._broken = True
            self._items.clear()
            self._bytes = 0
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._changed:
                while not self._items and not self._ended and not self._broken:
                    self._changed.wait()
                if self._broken or not self._items:
                    return
                item, size = self._items.popleft()
                self._bytes -= size
                self._changed.notify_all()
            yield item
