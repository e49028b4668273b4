"""Entries arranged on chunks: what acts at each chunk, and what each take opens with."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import Snap
from sequencer.schedule.model import (
    ChunkActs,
    CueAct,
    CutAct,
    Entry,
    ImageAct,
    PromptAct,
    Settings,
    StrengthAct,
    SuperResolutionAct,
    Take,
)
from sequencer.schedule.takes import group_by_chunk, takes_of
from tests.support.schedules import IMAGE

HALF = Fraction(1, 2)


def entry(number: int, chunk: int, *acts: CueAct) -> Entry:
    """Return an entry on a chunk."""
    return Entry(
        id=number,
        place="",
        offset=Fraction(0),
        quarter=None,
        snap=Snap.NEAREST,
        chunk=chunk,
        error=Fraction(0),
        acts=acts,
    )


def entries(*rows: tuple[int, Any]) -> list[Entry]:
    """Return entries from (chunk, act or acts), numbered in order."""
    return [
        entry(number, chunk, *(acts if isinstance(acts, tuple) else (acts,)))
        for number, (chunk, acts) in enumerate(rows)
    ]


A, B, C = PromptAct("A"), PromptAct("B"), PromptAct("C")


@pytest.mark.parametrize(
    ("rows", "bundles"),
    [
        pytest.param(
            [(0, A)],
            [ChunkActs(chunk=0, prompt="A", image=None, strength=None, sr=None, entries=(0,))],
            id="one",
        ),
        pytest.param(
            [(0, A), (0, B)],
            [ChunkActs(chunk=0, prompt="B", image=None, strength=None, sr=None, entries=(0, 1))],
            id="the-later-wins",
        ),
        pytest.param(
            [(0, A), (0, ImageAct(IMAGE)), (0, StrengthAct(HALF)), (0, SuperResolutionAct("4x"))],
            [
                ChunkActs(
                    chunk=0, prompt="A", image=IMAGE, strength=HALF, sr="4x", entries=(0, 1, 2, 3)
                )
            ],
            id="different-kinds-join",
        ),
        pytest.param(
            [(3, A), (1, B)],
            [
                ChunkActs(chunk=1, prompt="B", image=None, strength=None, sr=None, entries=(1,)),
                ChunkActs(chunk=3, prompt="A", image=None, strength=None, sr=None, entries=(0,)),
            ],
            id="sorted",
        ),
        pytest.param(
            [(2, CutAct(4))],
            [ChunkActs(chunk=2, prompt=None, image=None, strength=None, sr=None, entries=(0,))],
            id="a-cut-is-the-takes-own",
        ),
        pytest.param([], [], id="none"),
    ],
)
def test_bundles(rows: list[tuple[int, Any]], bundles: list[ChunkActs]) -> None:
    assert [one.bundle() for one in group_by_chunk(entries(*rows))] == bundles


@pytest.mark.parametrize(
    ("rows", "takes"),
    [
        pytest.param(
            [],
            [(0, Settings(seed=7, sr="2x", strength=None, image=None, prompt=""), [])],
            id="none",
        ),
        pytest.param(
            [(0, A)],
            [(0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0])],
            id="one",
        ),
        pytest.param(
            [(0, A), (4, (CutAct(None), B))],
            [
                (0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0]),
                (4, Settings(seed=7, sr="2x", strength=None, image=None, prompt="B"), [4]),
            ],
            id="cut-keeps-the-seed",
        ),
        pytest.param(
            [(0, A), (4, (CutAct(9), B)), (6, (CutAct(None), C))],
            [
                (0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0]),
                (4, Settings(seed=9, sr="2x", strength=None, image=None, prompt="B"), [4]),
                (6, Settings(seed=9, sr="2x", strength=None, image=None, prompt="C"), [6]),
            ],
            id="a-new-seed-stays",
        ),
        pytest.param(
            [(0, (CutAct(9), A))],
            [(0, Settings(seed=9, sr="2x", strength=None, image=None, prompt="A"), [0])],
            id="cut-at-the-start",
        ),
        pytest.param(
            [
                (0, (A, StrengthAct(HALF), SuperResolutionAct("4x"), ImageAct(IMAGE))),
                (4, (CutAct(None), B)),
            ],
            [
                (0, Settings(seed=7, sr="4x", strength=HALF, image=IMAGE, prompt="A"), [0]),
                (4, Settings(seed=7, sr="4x", strength=HALF, image=None, prompt="B"), [4]),
            ],
            id="sr-and-strength-stay-and-the-image-does-not",
        ),
        pytest.param(
            [
                (0, A),
                (2, (SuperResolutionAct("off"), StrengthAct(HALF))),
                (4, (CutAct(None), B, ImageAct(IMAGE))),
            ],
            [
                (0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0, 2]),
                (4, Settings(seed=7, sr="off", strength=HALF, image=IMAGE, prompt="B"), [4]),
            ],
            id="changed-inside-a-take",
        ),
        pytest.param(
            [(0, A), (4, (CutAct(None), B, SuperResolutionAct("4x"), StrengthAct(HALF)))],
            [
                (0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0]),
                (4, Settings(seed=7, sr="4x", strength=HALF, image=None, prompt="B"), [4]),
            ],
            id="changed-with-the-cut",
        ),
        pytest.param(
            [(0, A), (2, B), (4, CutAct(None)), (5, C)],
            [
                (0, Settings(seed=7, sr="2x", strength=None, image=None, prompt="A"), [0, 2]),
                (4, Settings(seed=7, sr="2x", strength=None, image=None, prompt=""), [4, 5]),
            ],
            id="a-cut-without-a-prompt-opens-with-none",
        ),
        pytest.param(
            [(2, A)],
            [(0, Settings(seed=7, sr="2x", strength=None, image=None, prompt=""), [2])],
            id="nothing-at-the-start",
        ),
    ],
)
def test_takes(rows: list[tuple[int, Any]], takes: list[tuple[int, Settings, list[int]]]) -> None:
    found = takes_of(entries(*rows), 7, "2x")
    assert [one.index for one in found] == list(range(len(found)))
    assert [
        (one.start, one.opening, [bundle.chunk for bundle in one.bundles]) for one in found
    ] == takes


acts = st.lists(
    st.sampled_from(
        [
            A,
            B,
            CutAct(None),
            CutAct(5),
            ImageAct(IMAGE),
            StrengthAct(HALF),
            SuperResolutionAct("4x"),
        ]
    ),
    max_size=3,
)


@given(st.lists(st.tuples(st.integers(0, 12), acts), max_size=12))
def test_takes_hold_every_chunk_that_acts_once_and_in_order(
    rows: list[tuple[int, list[CueAct]]],
) -> None:
    found = takes_of(
        [
            entry(0, 0, A),
            *(entry(number, chunk, *some) for number, (chunk, some) in enumerate(rows, 1)),
        ],
        7,
        "2x",
    )
    chunks = [bundle.chunk for take in found for bundle in take.bundles]
    assert chunks == sorted({0, *(chunk for chunk, _ in rows)})
    numbers = [number for take in found for bundle in take.bundles for number in bundle.entries]
    assert sorted(numbers) == list(range(len(rows) + 1))
    cuts = {chunk for chunk, some in rows if any(isinstance(act, CutAct) for act in some)}
    assert [take.start for take in found] == sorted({0, *cuts})
    for take in found:
        _opens_with_what_is_in_force(take, found)


def _opens_with_what_is_in_force(take: Take, takes: tuple[Take, ...]) -> None:
    before = [bundle for one in takes[: take.index] for bundle in one.bundles]
    first = take.bundles[0]
    assert take.opening.image == first.image
    assert take.opening.prompt == (first.prompt or "")
    scales = [bundle.sr for bundle in (*before, first) if bundle.sr is not None]
    assert take.opening.sr == (scales[-1] if scales else "2x")
    strengths = [bundle.strength for bundle in (*before, first) if bundle.strength is not None]
    assert take.opening.strength == (strengths[-1] if strengths else None)
