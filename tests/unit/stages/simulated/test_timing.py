"""The order of what is due in the simulated model, and the exact length of its chunks and answers."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import pytest

from sequencer.core.timebase import SECOND, ChunkGrid
from sequencer.stages.simulated.faults import reads_faults
from sequencer.stages.simulated.timing import ANSWER, BOUNDARY, ENCODED, EventQueue, ModelTiming

GRID = ChunkGrid(33, Fraction(24))
CHUNK = Fraction(33 * SECOND, 24)


def test_what_is_due_happens_in_the_order_of_time_then_rank_then_scheduling() -> None:
    queue, found = EventQueue(), list[tuple[str, int]]()

    def note(name: str, at: int) -> None:
        found.append((name, at))

    for due, rank, name in (
        (20, ENCODED, "later"),
        (10, ANSWER, "answer"),
        (10, BOUNDARY, "boundary"),
        (10, BOUNDARY, "second boundary"),
        (10, ENCODED, "encoded"),
    ):
        queue.at(due, rank, partial(note, name))
    assert queue.next == 10
    queue.until(9)
    assert found == []
    queue.until(10)
    assert found == [("encoded", 10), ("boundary", 10), ("second boundary", 10), ("answer", 10)]
    assert queue.next == 20
    queue.until(100)
    assert found[-1] == ("later", 20)
    assert queue.next is None


def test_what_is_scheduled_meanwhile_happens_too_if_it_is_due() -> None:
    queue, found = EventQueue(), list[int]()

    def again(at: int) -> None:
        found.append(at)
        queue.at(at + 10, BOUNDARY, again)

    queue.at(10, BOUNDARY, again)
    queue.until(35)
    assert found == [10, 20, 30]
    assert queue.next == 40


@pytest.mark.parametrize(
    ("faults", "take", "chunk", "length"),
    [
        ("", 0, 0, CHUNK),
        ("fps: 30", 0, 0, Fraction(33 * SECOND, 30)),
        ("slow: [{chunk: 5, factor: 2}]", 1, 5, 2 * CHUNK),
        ("slow: [{chunk: 5, factor: 2}]", 1, 4, CHUNK),
        ("slow: [{chunk: 5, take: 0, by: 100ms}]", 0, 5, CHUNK + SECOND // 10),
        ("slow: [{chunk: 5, take: 0, by: 100ms}]", 1, 5, CHUNK),
        ("slow: [{from: 5, factor: 2}, {from: 6, to: 7, by: 1s}]", 0, 7, 2 * CHUNK + SECOND),
        ("slow: [{from: 5, factor: 2}, {from: 6, to: 7, by: 1s}]", 0, 8, 2 * CHUNK),
    ],
)
def test_the_length_of_a_chunk(faults: str, take: int, chunk: int, length: Fraction) -> None:
    assert ModelTiming(reads_faults(faults), GRID).chunk(take, chunk) == length


def test_jitter_is_bounded_the_same_in_every_run_and_different_for_each_seed() -> None:
    lengths = {
        seed: [
            ModelTiming(reads_faults(f"seed: {seed}\njitter: 5ms"), GRID).chunk(0, chunk)
            for chunk in range(200)
        ]
        for seed in (1, 2)
    }
    again = ModelTiming(reads_faults("seed: 1\njitter: 5ms"), GRID)
    assert lengths[1] == [again.chunk(0, chunk) for chunk in range(200)]
    assert lengths[1] != lengths[2]
    away = [length - CHUNK for length in lengths[1]]
    assert all(abs(one) <= 5_000_000 for one in away)
    assert min(away) < -4_000_000
    assert max(away) > 4_000_000


def test_a_chunk_takes_at_least_a_nanosecond() -> None:
    timing = ModelTiming(reads_faults("jitter: 60s"), GRID)
    assert min(timing.chunk(0, chunk) for chunk in range(50)) == 1


@pytest.mark.parametrize(
    ("faults", "command", "wait"),
    [
        ("", "start", 20_000_000),
        ("delays: {answer: 50ms}", "start", 50_000_000),
        ("delays: {answer: 50ms, commands: {set_seed: 1s}}", "set_seed", 1_050_000_000),
        ("delays: {answer: 50ms, commands: {set_seed: 1s}}", "start", 50_000_000),
    ],
)
def test_how_long_an_answer_takes(faults: str, command: str, wait: int) -> None:
    assert ModelTiming(reads_faults(faults), GRID).answer(command, 1) == wait


def test_the_jitter_of_an_answer_is_only_ever_added() -> None:
    timing = ModelTiming(reads_faults("delays: {answer: 50ms, jitter: 10ms}"), GRID)
    waits = [timing.answer("start", number) for number in range(200)]
    assert all(50_000_000 <= wait <= 60_000_000 for wait in waits)
    assert len(set(waits)) > 150
