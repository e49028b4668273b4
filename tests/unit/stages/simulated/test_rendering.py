"""Which grids a renderer can make."""

from __future__ import annotations

import pytest

from sequencer.core.timebase import ChunkGrid
from sequencer.stages.simulated.renderer.drawn import DrawnRenderer
from sequencer.stages.simulated.rendering import grid_problem


class Fixed(DrawnRenderer):
    frames_per_chunk: int | None = 33


@pytest.mark.parametrize(
    ("frames", "first", "problem"),
    [(33, None, ""), (33, 33, ""), (32, None, "has 32"), (33, 29, "has 33 (the first 29)")],
)
def test_a_renderer_with_a_fixed_chunk(frames: int, first: int | None, problem: str) -> None:
    found = grid_problem(Fixed(draft=True), ChunkGrid(frames=frames, first=first))
    assert found is None if not problem else found is not None and found.endswith(problem)


def test_the_drawn_frames_fit_any_grid() -> None:
    assert grid_problem(DrawnRenderer(draft=True), ChunkGrid(frames=5, first=1)) is None
