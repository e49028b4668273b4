"""Prompt lists of Helios's interactive mode: CSV, each prompt for the same number of chunks."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from math import gcd

from sequencer.reports.interchange.exported import Exported, ExportOptions, UnwritableError
from sequencer.reports.interchange.film import Film, FilmCue

KIND = "helios"
ENDING = ".csv"
MIN_INTERPOLATE_TIME = 4
"""A prompt must last longer than the three steps in which Helios blends it with the one before."""


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the list, with a video for each take.

    Raises:
        UnwritableError: The prompts are too close, or too unevenly spaced.
    """
    takes = film.takes()
    slot = options.interpolate_time or _slot(takes)
    if slot < MIN_INTERPOLATE_TIME:
        raise UnwritableError(
            f"each prompt must last at least {MIN_INTERPOLATE_TIME} chunks, not {slot}"
        )
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("id", "prompt_index", "prompt"))
    rows = 0
    for video, (start, end, prompts) in enumerate(takes, 1):
        index = 0
        for cue, following in zip(
            prompts, [*(one.chunk for one in prompts[1:]), None], strict=True
        ):
            if (cue.chunk - start) % slot:
                raise UnwritableError(
                    f"the prompt on chunk {cue.chunk} is not on a multiple of {slot} chunks",
                    "leave --interpolate-time out, or move the cue",
                )
            stop = end if following is None else following
            for _ in range(max(1, -(-(stop - cue.chunk) // slot))):
                table.writerow((video, index, cue.prompt))
                index += 1
                rows += 1
    warnings = list(film.losses("cuts"))
    longer = [-(end - start) % slot for start, end, _ in takes]
    if any(longer):
        warnings.append(
            f"each prompt lasts {slot} chunks, so the videos are up to {max(longer)} chunks longer "
            "than the takes"
        )
    return Exported(
        text=out.getvalue(),
        summary=(
            f"prompts: {rows}, videos: {len(takes)}; run with --interpolate_time {slot} "
            f"--seed {film.seed}"
        ),
        warnings=tuple(warnings),
    )


def _slot(takes: list[tuple[int, int, list[FilmCue]]]) -> int:
    """Return the number of chunks of which all gaps are multiples. Raises UnwritableError.

    The lengths of the takes are multiples of it too, if that is possible.
    """
    gaps = [
        (cue.chunk - before.chunk, before, cue)
        for _, _, prompts in takes
        for before, cue in pairwise(prompts)
    ]
    lengths = gcd(*(end - start for start, end, _ in takes))
    slot = 0
    for gap, before, cue in gaps:
        slot = gcd(slot, gap)
        if slot < MIN_INTERPOLATE_TIME:
            raise UnwritableError(
                f"the prompts on the chunks {before.chunk} and {cue.chunk} are {gap} chunks apart, "
                f"and with the gaps before them there is no common slot of "
                f"{MIN_INTERPOLATE_TIME} chunks or more, but each prompt of Helios lasts equally "
                "long",
                f"put the cues on multiples of {MIN_INTERPOLATE_TIME} chunks or more",
            )
    whole = gcd(slot, lengths)
    if whole >= MIN_INTERPOLATE_TIME:
        return whole
    return slot or MIN_INTERPOLATE_TIME
