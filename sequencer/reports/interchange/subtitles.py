"""SRT: a caption for each prompt, from its chunk to the next prompt."""

from __future__ import annotations

from fractions import Fraction

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film

KIND = "srt"
ENDING = ".srt"


def stamp(seconds: Fraction, point: str) -> str:
    """Return a time as `00:00:04,125`, with the given decimal point."""
    thousandths = int((2000 * seconds + 1) // 2)
    whole, rest = divmod(thousandths, 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{point}{rest:03}"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the captions."""
    blocks = []
    for index, (cue, end) in enumerate(film.shots(), 1):
        times = f"{stamp(film.seconds(cue.chunk), ',')} --> {stamp(film.seconds(end), ',')}"
        blocks.append(f"{index}\n{times}\n{cue.prompt}\n\n")
    return Exported(
        text="".join(blocks), summary=f"captions: {len(blocks)}", warnings=film.losses()
    )
