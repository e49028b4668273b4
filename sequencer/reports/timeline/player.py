"""The player of a run's page: its video or its sound, its cues, and where each second belongs."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sequencer.core.timebase import ChunkGrid
from sequencer.media.score_sounds import ScoreSound
from sequencer.reports.timeline.plot import Flag, Plot
from sequencer.reports.timeline.style import escape_xml, render_tooltip
from sequencer.schedule.describe import clock_time

MAX_LISTED_CUES = 2000
"""The most cues in the list beside the video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file next to a page that has the frames or the sound of what the page shows.

    `path` is relative to the page. `times` has pairs of a second of the file and the chunk that
    begins there, ascending; between two pairs, and after the last, chunks pass evenly.
    """

    path: str
    kind: Literal["video", "audio"]
    times: tuple[tuple[Fraction, Fraction], ...]

    @classmethod
    def of_whole(
        cls,
        path: str,
        grid: ChunkGrid,
        *,
        kind: Literal["video", "audio"] = "video",
        start: Fraction = Fraction(0),
        first: int = 0,
    ) -> Recording:
        """Return a recording without interruptions: chunk `first` begins at second `start`."""
        begins = grid.opening_time(first)
        takes = (first, *(chunk for chunk in grid.cut_chunks if chunk > first))
        bends = sorted({chunk + step for chunk in takes for step in (0, 1)})
        if grid.first is not None:  # after the last pair, chunks pass as between the last two
            bends.append(bends[-1] + 1)
        pairs = (
            (start + max(Fraction(0), grid.boundary(one) - begins), Fraction(one)) for one in bends
        )
        return cls(path=path, kind=kind, times=tuple(pairs))

    @classmethod
    def of_sound(cls, sound: ScoreSound, folder: Path, grid: ChunkGrid) -> Recording | None:
        """Return the sound of a score as the recording of a page in `folder`.

        The result is None if no relative path leads to it, as from one disk to another.
        """
        try:
            path = os.path.relpath(sound.file.absolute(), folder.absolute())
        except ValueError:
            return None
        return cls.of_whole(Path(path).as_posix(), grid, kind="audio", start=sound.track.start)

    @classmethod
    def of_shown(
        cls, path: str, grid: ChunkGrid, began: int, shown: Iterable[tuple[int, int]]
    ) -> Recording:
        """Return a recording as chunks arrived.

        Args:
            path: The file.
            grid: The grid of the chunks.
            began: The nanosecond at which the file begins.
            shown: (chunk, nanosecond) of each chunk that was shown.
        """
        pairs: list[tuple[Fraction, Fraction]] = []
        for chunk, at in sorted(shown):
            second = Fraction(at - began, 1_000_000_000)
            if second >= 0 and (not pairs or second > pairs[-1][0]):
                pairs.append((second, Fraction(chunk)))
        if not pairs:
            pairs = [(Fraction(0), Fraction(0))]
        pairs.append((pairs[-1][0] + grid.chunk, pairs[-1][1] + 1))
        return cls(path=path, kind="video", times=tuple(pairs))

    def second_of(self, chunk: Fraction | int) -> Fraction:
        """Return the second at which a position in chunks is played."""
        pairs = self.times
        index = 1
        while index < len(pairs) - 1 and pairs[index][1] <= chunk:
            index += 1
        (one, first), (other, last) = pairs[index - 1], pairs[index]
        return max(Fraction(0), one + (chunk - first) * (other - one) / (last - first))


def draw_player(plot: Plot, recording: Recording) -> str:
    """Return the player and the list of cues. Without the script, both are usable, but apart."""
    source = escape_xml(quote(recording.path))
    if recording.kind == "video":
        media = f'<video id="media" controls preload="metadata" src="{source}"></video>'
    else:
        at = f"#t={float(recording.times[0][0]):g}" if recording.times[0][0] else ""
        media = f'<audio id="media" controls preload="metadata" src="{source}{at}"></audio>'
    pairs = json.dumps([[round(float(a), 4), round(float(b), 4)] for a, b in recording.times])
    gaps = json.dumps([[gap.start, gap.end] for gap in plot.axis.gaps])
    cues = "".join(_cue(flag, plot, recording) for flag in _listed(plot.flags))
    return (
        f'<div id="player" class="{recording.kind}" data-times="{pairs}" data-gaps="{gaps}">'
        f'<figure>{media}<figcaption id="missing" hidden>{escape_xml(recording.path)} is not next '
        f'to this page</figcaption></figure><ol id="cues" aria-label="cues">{cues}</ol></div>\n'
    )


def _listed(flags: Sequence[Flag]) -> Iterable[Flag]:
    return flags[:MAX_LISTED_CUES]


def _cue(flag: Flag, plot: Plot, recording: Recording) -> str:
    at = flag.landed if flag.landed is not None else flag.chunk
    look = {"lost": " lost", "aside": " aside"}.get(flag.fate, "")
    second = recording.second_of(at)
    held = next((one for one in plot.prompts if one.start == at), None)
    words = " · ".join(word for word in ("" if held is None else held.short, flag.what) if word)
    edge = 0 if held is None else held.tint
    return (
        f'<li class="cue{look}"><button type="button" style="--edge:var(--g{edge})" '
        f'data-s="{float(second):.3f}" title="{render_tooltip(flag.full)}">'
        f"<time>{clock_time(second, 1)}</time><b>{escape_xml(flag.section)} "
        f"{escape_xml(flag.label)}</b>"
        f'<span dir="auto">{escape_xml(words)}</span></button></li>'
    )
