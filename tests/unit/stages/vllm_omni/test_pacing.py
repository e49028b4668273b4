"""Frames are shown evenly over the time that a chunk takes."""

from __future__ import annotations

from sequencer.stages.vllm_omni.pacing import FramePacing

MS = 1_000_000
CHUNK = 100 * MS


def shown(pacing: FramePacing, now: int, frames: int) -> list[int]:
    """Return when frames that arrived together are shown, in milliseconds."""
    return [pacing.next_at(now, frames - number) // MS for number in range(frames)]


def test_a_chunk_is_shown_over_its_nominal_length_at_first() -> None:
    pacing = FramePacing(10, CHUNK)
    pacing.chunk_arrived(0)
    assert shown(pacing, 0, 10) == list(range(0, 100, 10))


def test_it_is_shown_over_the_time_that_the_model_takes() -> None:
    pacing = FramePacing(10, CHUNK)
    for number in range(3):
        pacing.chunk_arrived(number * 2 * CHUNK)
        shown(pacing, number * 2 * CHUNK, 10)
    pacing.chunk_arrived(6 * CHUNK)
    assert shown(pacing, 6 * CHUNK, 10) == list(range(600, 800, 20))


def test_frames_keep_up_with_a_fast_model() -> None:
    pacing, waiting, at = FramePacing(10, CHUNK), 0, 0
    most = 0
    for number in range(200):
        arrived = number * 30 * MS  # more than three times as fast as written
        pacing.chunk_arrived(arrived)
        waiting += 10
        while waiting:
            at = pacing.next_at(max(at, arrived), waiting)
            if at >= arrived + 30 * MS:
                break
            waiting -= 1
        most = max(most, waiting)
    assert most <= 20


def test_the_first_chunk_of_a_take_is_no_measurement() -> None:
    pacing = FramePacing(10, CHUNK)
    pacing.chunk_arrived(0)
    pacing.take_began()
    pacing.chunk_arrived(50 * CHUNK)
    assert shown(pacing, 50 * CHUNK, 10) == list(range(5000, 5100, 10))


def test_a_model_that_is_stuck_does_not_stop_the_frames() -> None:
    pacing = FramePacing(10, CHUNK)
    pacing.chunk_arrived(0)
    pacing.chunk_arrived(1000 * CHUNK)
    times = shown(pacing, 1000 * CHUNK, 10)
    assert times[-1] - times[0] <= 4 * 100
