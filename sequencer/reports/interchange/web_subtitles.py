"""WebVTT, which HTML's `<track>` reads: a caption for each prompt."""

from __future__ import annotations

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film
from sequencer.reports.interchange.subtitles import stamp

KIND = "vtt"
ENDING = ".vtt"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the captions."""
    blocks = ["WEBVTT\n"]
    for cue, end in film.shots():
        text = (cue.prompt or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        times = f"{stamp(film.seconds(cue.chunk), '.')} --> {stamp(film.seconds(end), '.')}"
        blocks.append(f"\n{times}\n{text}\n")
    return Exported(
        text="".join(blocks), summary=f"captions: {len(blocks) - 1}", warnings=film.losses()
    )
