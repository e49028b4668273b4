"""The drawn frames as a renderer of takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sequencer.core.errors import StageError
from sequencer.stages.simulated.helios_state import ChunkInputs, Fade
from sequencer.stages.simulated.renderer.drawn import DrawnRenderer
from sequencer.stages.simulated.renderer.frames import Renderer

FIRST = ChunkInputs(
    seed=1, prompt="a boat", image=None, image_since=0, strength=0.0, sr="2x",
    chunk=0, first_frame=0, frames=3,
)  # fmt: skip
FADE = Fade(under=(("a boat", 65536),), since=3, frames=6, chunk=1, chunks=2)
SECOND = replace(FIRST, prompt="rain", chunk=1, first_frame=3, fade=FADE)
THIRD = replace(FIRST, prompt="snow", chunk=2, first_frame=6)


def test_a_take_remembers_its_previous_chunk_and_a_new_one_does_not() -> None:
    renderer, frames = DrawnRenderer(draft=True), Renderer(draft=True)
    take = renderer.take()
    drawn = [take.draw(one, one.chunk).frames for one in (FIRST, SECOND, THIRD)]
    expected = [
        frames.frames(one, before)
        for one, before in ((FIRST, None), (SECOND, FIRST), (THIRD, SECOND))
    ]
    assert all(map(np.array_equal, drawn, expected))
    fresh = renderer.take().draw(THIRD, 2).frames
    assert not np.array_equal(fresh, expected[2])


def test_a_take_continues_from_a_saved_state() -> None:
    renderer = DrawnRenderer(draft=True)
    take = renderer.take()
    take.draw(FIRST, 0)
    take.draw(SECOND, 1)
    later = renderer.take()
    later.restore(take.save())
    assert np.array_equal(later.draw(THIRD, 2).frames, take.draw(THIRD, 2).frames)
    later.restore(renderer.take().save())
    assert np.array_equal(later.draw(FIRST, 0).frames, renderer.take().draw(FIRST, 0).frames)
    for wrong in (b"", b"[1]", b'{"seed": 1}'):
        with pytest.raises(StageError, match="cannot be read"):
            later.restore(wrong)
