"""Audacity labels: a region for each section, a point for each cue and each mark."""

from __future__ import annotations

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import EVERYTHING, Film, FilmCue
from sequencer.schedule.describe import decimal

KIND = "audacity"
ENDING = ".txt"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the labels, in order of time."""
    labels = [
        (film.seconds(section.start), film.seconds(section.end), 0, section.name)
        for section in film.sections
    ]
    for cue in film.cues:
        time = film.seconds(cue.chunk)
        labels.append((time, time, 1, describe_cue(cue)))
    for mark in film.marks:
        time = film.seconds(mark.at)
        labels.append((time, time, 2, mark.name))
    labels.sort(key=lambda label: (label[0], label[2]))
    lines = [f"{decimal(start, 6)}\t{decimal(end, 6)}\t{text}\n" for start, end, _, text in labels]
    return Exported(
        text="".join(lines),
        summary=f"labels: {len(lines)}",
        warnings=film.losses(*EVERYTHING),
    )


def describe_cue(cue: FilmCue) -> str:
    """Return a cue on one line: `chunk 3 · 3.1 · +125 ms · cut · prompt Now it turns.`."""
    parts = [f"chunk {cue.chunk}", cue.place, cue.shown_error, *cue.details()]
    if cue.prompt is not None:
        parts.append(f"prompt {cue.prompt}")
    return " · ".join(" ".join(part.split()) for part in parts if part)
