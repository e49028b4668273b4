"""Limits: requests of an address, messages of a client, simultaneous operations."""

from __future__ import annotations

import pytest

from sequencer.web.limits import (
    MAX_ADDRESSES,
    Allowance,
    ConcurrencyLimit,
    RateLimit,
    TooManyError,
)


def test_a_rate_allows_a_burst_and_then_refills() -> None:
    now = 0.0
    limit = RateLimit(rate=2, burst=3, now=lambda: now)
    assert [limit.allows("a") for _ in range(5)] == [True] * 3 + [False] * 2
    assert limit.allows("b")  # each address has its own
    now = 0.5
    assert [limit.allows("a") for _ in range(2)] == [True, False]
    now = 100.0
    assert [limit.allows("a") for _ in range(5)] == [True] * 3 + [False] * 2


def test_the_address_with_the_oldest_request_is_forgotten() -> None:
    limit = RateLimit(rate=0, burst=1, now=lambda: 0.0)
    assert limit.allows("first")
    assert not limit.allows("first")
    for index in range(MAX_ADDRESSES):
        limit.allows(str(index))
    assert limit.allows("first")


def test_simultaneous_work_is_limited_and_its_place_is_free_afterwards() -> None:
    limit = ConcurrencyLimit(2)
    with limit.one(), limit.one():
        assert limit.taken == 2
        with pytest.raises(TooManyError), limit.one():
            pass
    with pytest.raises(ValueError, match="broken"), limit.one():
        raise ValueError("broken")
    assert limit.taken == 0


def test_a_client_may_send_a_burst_and_then_its_rate() -> None:
    now = 10.0
    allowance = Allowance(rate=8, burst=2, now=lambda: now)
    assert [allowance.allows() for _ in range(4)] == [True, True, False, False]
    passed = 0
    for _ in range(32):
        now += 1 / 32
        passed += allowance.allows()
    assert passed == 8
