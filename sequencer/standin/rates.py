"""How often one address may ask, and how much may go on at once: a client that runs wild must not take the whole machine."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_ADDRESSES = 1024
"""Addresses that are remembered; the one that was heard of longest ago is forgotten."""


class Rates:
    """`burst` requests at once from each address, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What each address has left, and when that was reckoned."""

    def allows(self, address: str) -> bool:
        """Whether a request that comes now may pass; it counts if so."""
        now = self._now()
        left, since = self._left.pop(address, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        passes = left >= 1
        self._left[address] = (left - 1 if passes else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return passes


class TooManyError(Exception):
    """As many as may go on at once do already."""


class Places:
    """A number of things that may go on at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place while the block runs. Raises TooManyError."""
        if self.taken >= self._most:
            raise TooManyError
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
