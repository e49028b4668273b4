"""Which chunk is shown when frames are repeated, lost, late or still.

The pacer is computed, so no clock runs.

Each chunk must be found within one frame of its beginning, as long as the video moves or metadata
distinguishes frames, however often the model was slower than its playout or paused. No error with
one chunk may last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.frame_pacing import SECOND, Chunk, Model, Seen, Way, arriving, errors, paced

RESTS = {5: Fraction(7, 2), 12: Fraction(10), 20: Fraction(13, 10)}
COUNT = 26

FLICKERS = 3
STRAIGHT = Way()


def _played(
    model: Model,
    way: Way = STRAIGHT,
    *,
    fps: Fraction = Fraction(24),
    repeats: bool = True,
    **how: Any,
) -> dict[int, int]:
    chunks, seen = _seen(model, way, fps, repeats, **how)
    return errors(chunks, seen)


def _seen(
    model: Model,
    way: Way,
    fps: Fraction,
    repeats: bool,
    phase: Fraction = Fraction(1, 3),
    **how: Any,
) -> tuple[list[Chunk], list[Seen]]:
    chunks = list(model.chunks(COUNT))
    sent = paced(chunks, fps, repeats, chunks[-1].reported // SECOND + 60, phase)
    return chunks, list(arriving(sent, way, **how))


def _worst(found: Mapping[int, int]) -> int:
    assert set(found) >= set(range(COUNT)), "a chunk was never found"
    return max(abs(error) for error in found.values())


@pytest.mark.parametrize("metadata", [True, False], ids=["metadata", "frames"])
@pytest.mark.parametrize("repeats", [True, False], ids=["repeats", "silence"])
@pytest.mark.parametrize("streams", [False, True], ids=["chunks", "frames"])
@pytest.mark.parametrize("fps", ["39/2", "21", "24", "26", "30"])
def test_underruns_and_pauses(fps: str, streams: bool, repeats: bool, metadata: bool) -> None:
    assert (
        _worst(
            _played(
                Model(fps=Fraction(fps), rests=RESTS, streams=streams),
                repeats=repeats,
                metadata=metadata,
            )
        )
        <= 1
    )


rates = st.fractions(Fraction(12), Fraction(32), max_denominator=8)
rests = st.dictionaries(
    st.integers(1, COUNT - 1),
    st.fractions(Fraction(0), Fraction(12), max_denominator=20),
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(
    rate=rates,
    fps=st.sampled_from([Fraction(24), Fraction(25), Fraction(30)]),
    rests=rests,
    frames=st.integers(20, 40),
    phase=st.fractions(Fraction(0), Fraction(1), max_denominator=10),
    delay=st.integers(10_000_000, 1_500_000_000),
    jitter=st.integers(0, 35_000_000),
    repeats=st.booleans(),
    metadata=st.booleans(),
    flickers=st.integers(0, FLICKERS),
)
@example(
    rate=Fraction(39, 2),
    fps=Fraction(24),
    rests={3: Fraction(6), 9: Fraction(6)},
    frames=33,
    phase=Fraction(1, 2),
    delay=60_000_000,
    jitter=0,
    repeats=True,
    metadata=False,
    flickers=FLICKERS,
)
def test_any_model_any_pacer(
    rate: Fraction,
    fps: Fraction,
    rests: dict[int, Fraction],
    *,
    frames: int,
    phase: Fraction,
    delay: int,
    jitter: int,
    repeats: bool,
    metadata: bool,
    flickers: int,
) -> None:
    """Moving video, no frames lost: within one frame throughout; within two if an encoder makes
    repeats look new.
    """
    model = Model(fps=rate, frames=frames, rests=rests, playout=fps)
    limit = 1 if metadata or flickers <= 1 else 2
    way = Way(delay=delay, jitter=jitter)
    assert (
        _worst(
            _played(
                model,
                way,
                fps=fps,
                repeats=repeats,
                phase=phase,
                metadata=metadata,
                flickers=flickers,
            )
        )
        <= limit
    )


@settings(deadline=None, max_examples=60)
@given(
    rate=rates,
    rests=rests,
    begins=st.integers(0, 20),
    lasts=st.integers(1, 26),
    repeats=st.booleans(),
)
def test_a_still_image_is_not_mistaken_forever(
    rate: Fraction, rests: dict[int, Fraction], begins: int, lasts: int, repeats: bool
) -> None:
    """While nothing moves, chunks are found by their reports, a frame or two late; once something
    moves again, at once.
    """
    still = range(begins, begins + lasts)
    found = _played(Model(fps=rate, rests=rests), repeats=repeats, metadata=False, still=still)
    assert _worst(found) <= 2
    assert all(
        abs(error) <= 1
        for chunk, error in found.items()
        if chunk not in still and chunk - 1 not in still
    )


@settings(deadline=None, max_examples=60)
@given(
    rate=rates,
    rests=rests,
    loss=st.floats(0, 0.05),
    seed=st.integers(0, 1000),
    repeats=st.booleans(),
)
def test_lost_frames_are_known_by_the_senders_numbers(
    rate: Fraction, rests: dict[int, Fraction], loss: float, seed: int, repeats: bool
) -> None:
    found = _played(
        Model(fps=rate, rests=rests), Way(loss=loss, seed=seed), repeats=repeats, metadata=True
    )
    assert (
        max(abs(error) for error in found.values()) <= 2
    )  # a loss exactly at a boundary is noticed one frame late


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fps", ["39/2", "24"])
@pytest.mark.parametrize("repeats", [True, False])
def test_lost_frames_are_reported_by_their_stamps(fps: str, repeats: bool, seed: int) -> None:
    found = _played(
        Model(fps=Fraction(fps), rests=RESTS),
        Way(loss=0.02, seed=seed),
        repeats=repeats,
        metadata=False,
    )
    assert max(abs(error) for error in found.values()) <= 2


def test_what_exceeds_a_pacers_queue_does_not_accumulate() -> None:
    """A model that is too fast for its playout loses the last frames of chunks before they are
    sent. No client can see that.
    """
    chunks, seen = _seen(
        Model(fps=Fraction(30), playout=Fraction(60)), STRAIGHT, Fraction(24), True, metadata=False
    )
    dropped = [one for one in seen if one.sent.index < 26]
    times = sorted(one.sent.at for one in seen)
    moved = [
        Seen(
            sent=replace(one.sent, at=at),
            at=at + 60_000_000,
            novelty=one.novelty,
            lost=None,
        )
        for one, at in zip(dropped, times, strict=False)
    ]
    found = errors(chunks, moved)
    assert max(found.values()) < 7 * 33, "the error grew with every chunk"
