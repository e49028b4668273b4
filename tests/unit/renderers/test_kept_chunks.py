"""Chunks that are kept: read again, and continued from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sequencer.core.errors import OutputError
from sequencer.renderers.kept_chunks import KeptChunks, is_kept, prepare, remove
from sequencer.stages.simulated.helios_state import ChunkInputs
from sequencer.stages.simulated.renderer.drawn import DrawnRenderer, DrawnTake
from sequencer.stages.simulated.rendering import Drawn, TakeRenderer

FIRST = ChunkInputs(
    seed=1, prompt="a boat", image=None, image_since=0, strength=0.0, sr="2x",
    chunk=0, first_frame=0, frames=2,
)  # fmt: skip
CHUNKS = [
    replace(FIRST, chunk=one, first_frame=2 * one, prompt=("a boat", "rain")[one > 1])
    for one in range(4)
]


class Counting(DrawnRenderer):
    """Counts the chunks that it draws."""

    def __init__(self) -> None:
        super().__init__(draft=True)
        self.drawn = 0

    def take(self) -> DrawnTake:
        counting = self

        class Take(DrawnTake):
            def draw(self, inputs: ChunkInputs, chunk: int) -> Drawn:
                counting.drawn += 1
                return super().draw(inputs, chunk)

        return Take(self._frames)


def draw(take: TakeRenderer, chunks: list[ChunkInputs]) -> list[Drawn]:
    return [take.draw(one, 10 + one.chunk) for one in chunks]


def test_a_render_continues_after_its_last_whole_chunk(tmp_path: Path) -> None:
    plain = draw(DrawnRenderer(draft=True).take(), CHUNKS)
    first, second = Counting(), Counting()
    draw(KeptChunks(first, tmp_path / "kept").take(), CHUNKS[:2])
    found: list[int] = []
    kept = KeptChunks(second, tmp_path / "kept", found.append)
    whole = draw(kept.take(), CHUNKS)
    assert (first.drawn, second.drawn, kept.kept, found) == (2, 2, 2, [2, 2])
    for one, other in zip(whole, plain, strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert one.still is not None and other.still is not None
        assert np.array_equal(one.still, other.still)
    assert len(list((tmp_path / "kept").glob("*.state"))) == 1  # only the latest is of use


def test_what_differs_is_made_again(tmp_path: Path) -> None:
    renderer = Counting()
    draw(KeptChunks(renderer, tmp_path).take(), CHUNKS)
    changed = [CHUNKS[0], replace(CHUNKS[1], prompt="snow"), *CHUNKS[2:]]
    # The state after chunk 0 is gone, so the take begins anew in all that is not kept.
    kept = KeptChunks(renderer, tmp_path)
    made = draw(kept.take(), changed)
    expected = draw(DrawnRenderer(draft=True).take(), changed)
    assert all(
        np.array_equal(one.frames, other.frames) for one, other in zip(made, expected, strict=True)
    )
    other_take = KeptChunks(renderer, tmp_path)
    other_take.take()
    before = renderer.drawn
    draw(other_take.take(), CHUNKS[:1])
    assert renderer.drawn == before + 1  # the second take is not the first


def test_a_damaged_chunk_is_made_again(tmp_path: Path) -> None:
    draw(KeptChunks(Counting(), tmp_path).take(), CHUNKS[:1])
    (path,) = tmp_path.glob("*.frames")
    data = path.read_bytes()
    for damaged in (data[:40], data[:-9], data.replace(b"sha256", b"sha257"), b""):
        path.write_bytes(damaged)
        renderer = Counting()
        draw(KeptChunks(renderer, tmp_path).take(), CHUNKS[:1])
        assert renderer.drawn == 1


def test_the_folder_is_ours_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "new")
    assert is_kept(tmp_path / "new")
    remove(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("Dear Ada")
    with pytest.raises(OutputError, match="contains other files"):
        prepare(foreign)
    remove(foreign)
    assert (foreign / "letter.txt").exists()
    with pytest.raises(OutputError, match="cannot be created"):
        prepare(foreign / "letter.txt")
