"""Prompts of LongLive in the first form: JSONL, and a YAML file with the switches."""

from __future__ import annotations

import json
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.reports.interchange.exported import Exported, ExportOptions, UnwritableError
from sequencer.reports.interchange.film import Film
from sequencer.schedule.describe import decimal, milliseconds

KIND = "longlive"
ENDING = ".jsonl"
LATENT_PER_SECOND = 4
"""16 fps, four frames for each latent frame."""
BLOCK = 3
"""Latent frames in a block; prompts switch at blocks."""

FIRST_FRAMES = 9
"""Frames of the first block, of three latent frames. Without `first`, blocks are even."""


def nearest(value: Fraction) -> int:
    """Return the nearest whole number, halves rounded up."""
    return int((2 * value + 1) // 2)


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the prompts, and the YAML file beside them.

    Raises:
        UnwritableError: Two prompts are in one block.
    """
    prompts = film.prompts
    has_first = film.grid.first is not None
    blocks = ChunkGrid(12, Fraction(16), FIRST_FRAMES if has_first else None)
    switches: list[int] = []
    errors: list[Fraction] = []
    for cue in prompts[1:]:
        time = film.seconds(cue.chunk)
        block = blocks.snap(time, Snap.NEAREST) if has_first else nearest(time / blocks.chunk)
        frame = BLOCK * block
        if frame <= (switches[-1] if switches else 0):
            raise UnwritableError(
                f"the prompt on chunk {cue.chunk} is in the same block of LongLive as the one "
                "before it",
                f"leave {decimal(Fraction(BLOCK, LATENT_PER_SECOND), 2)} s or more between prompts",
            )
        switches.append(frame)
        errors.append(blocks.boundary(block) - time)
    length = film.seconds(film.end)
    total = BLOCK * (
        blocks.snap(length, Snap.NEAREST) if has_first else nearest(length / blocks.chunk)
    )
    total = max(total, (switches[-1] if switches else 0) + BLOCK)
    config = (
        f"num_output_frames: {total}  # latent frames\n"
        f"switch_frame_indices: {switches}\n"
        f"num_frame_per_block: {BLOCK}\n"
    )
    if any(errors):
        listed = ", ".join(milliseconds(error, 0) for error in errors)
        config += f"# how much later than in the score each switch is, in ms: {listed}\n"
    return Exported(
        text=json.dumps({"prompts": [cue.prompt for cue in prompts]}, ensure_ascii=False) + "\n",
        beside={f"{options.name}.yaml": config},
        summary=f"prompts: {len(prompts)}{describe_errors(errors)}",
        warnings=film.losses(),
    )


def describe_errors(errors: list[Fraction]) -> str:
    """Return how many times were rounded, and by how much at most."""
    rounded = [abs(error) for error in errors if error]
    if not rounded:
        return ""
    return f", rounded {len(rounded)} (at most {decimal(max(rounded) * 1000, 0)} ms)"
