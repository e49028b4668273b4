"""Prompts of LongLive in the second form: a folder of captions, one for each shot."""

from __future__ import annotations

import json
from fractions import Fraction

from sequencer.core.timebase import ChunkGrid, Snap
from sequencer.reports.interchange.exported import Exported, ExportOptions, UnwritableError
from sequencer.reports.interchange.film import Film
from sequencer.reports.interchange.longlive import describe_errors, nearest

KIND = "longlive-shots"
ENDING = ""
BLOCK = Fraction(8 * 4, 24)
"""The length of a block in seconds: 8 latent frames of 4 frames each, at 24 fps."""

FIRST_FRAMES = 29
"""Frames of the first block. Without `first`, blocks are even."""


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the captions and the lengths of the shots in blocks.

    Raises:
        UnwritableError: Two prompts are in one block.
    """
    has_first = film.grid.first is not None
    blocks = ChunkGrid(32, Fraction(24), FIRST_FRAMES if has_first else None)
    starts: list[int] = []
    errors: list[Fraction] = []
    for cue in film.prompts:
        time = film.seconds(cue.chunk)
        block = blocks.snap(time, Snap.NEAREST) if has_first else nearest(time / BLOCK)
        if starts and block <= starts[-1]:
            raise UnwritableError(
                f"the prompt on chunk {cue.chunk} is in the same block of LongLive as the one "
                "before it",
                "leave 4/3 s or more between prompts",
            )
        starts.append(block)
        errors.append(blocks.boundary(block) - time)
    length = film.seconds(film.end)
    last = blocks.snap(length, Snap.NEAREST) if has_first else nearest(length / BLOCK)
    end = max(last, (starts[-1] if starts else 0) + 1)
    lengths = [two - one for one, two in zip(starts, [*starts[1:], end], strict=True)]
    files = {
        f"{index:03}.json": json.dumps({"caption": cue.prompt}, ensure_ascii=False) + "\n"
        for index, cue in enumerate(film.prompts)
    }
    files["shot_durations.txt"] = ", ".join(map(str, lengths)) + "\n"
    uncut = sum(not cue.is_cut for cue in film.prompts[1:])
    warnings = list(film.losses("cuts"))
    if uncut:
        warnings.append(
            f"each prompt becomes a shot of its own, also the {uncut} that follow without a cut"
        )
    return Exported(
        text=None,
        beside=files,
        summary=f"shots: {len(lengths)}{describe_errors(errors)}",
        warnings=tuple(warnings),
    )
