"""Limits: how many requests or messages a second, and how many operations at once.

A faulty client must not take all resources.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_ADDRESSES = 1024
"""The most addresses that are remembered.

Beyond that, the address whose last request is the oldest is forgotten.
"""


class Allowance:
    """A limit for one client: `burst` messages at once, and `rate` a second in the long run."""

    __slots__ = ("_burst", "_left", "_now", "_rate", "_since")

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._left = float(burst)
        self._since = now()

    def allows(self) -> bool:
        """Return whether a message may pass now. If it may, it counts."""
        now = self._now()
        self._left = min(float(self._burst), self._left + (now - self._since) * self._rate)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RateLimit:
    """A limit for each address: `burst` requests at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Return whether a request may pass now. If it may, it counts."""
        allowance = self._allowances.pop(address, None)
        if allowance is None:
            allowance = Allowance(self._rate, self._burst, self._now)
        self._allowances[address] = allowance
        if len(self._allowances) > MAX_ADDRESSES:
            self._allowances.popitem(last=False)
        return allowance.allows()


class TooManyError(Exception):
    """The limit of simultaneous operations is reached."""


class ConcurrencyLimit:
    """A limit on the number of simultaneous operations."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Occupy one of the operations while the block runs. Raises TooManyError."""
        if self.taken >= self._most:
            raise TooManyError
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
