"""Timeline markers for DaVinci Resolve: an EDL of two lines for each marker.

A timeline has one marker on a frame, so a marker holds everything of its chunk. The first marker of
a section is purple and lasts as long as the section.
"""

from __future__ import annotations

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import EVERYTHING, Film, FilmCue
from sequencer.reports.interchange.timecode import code_of, frames_of

KIND = "edl"
ENDING = ".edl"


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the markers.

    Raises:
        UnwritableError: The time code of the beginning is not valid.
    """
    begin, frame_at = frames_of(options.start_tc, film.grid.fps), film.grid.first_frame
    lines = [f"TITLE: {_clean(film.title)}\nFCM: NON-DROP FRAME\n\n"]
    markers: dict[int, tuple[str, str, str, int]] = {}
    for section in film.sections:
        start, end = section.chunks
        start, end = min(start, film.end - 1), min(end, film.end)
        if start not in markers and end > start:
            color, name = "Purple", section.name
            markers[start] = (f"chunk {start}", color, name, frame_at(end) - frame_at(start))
    for cue in film.cues:
        existing = markers.get(cue.chunk)
        note = _note(cue)
        if existing is None:
            markers[cue.chunk] = (note, _color(cue), cue.place, 1)
        else:
            markers[cue.chunk] = (note, *existing[1:])
    lost = 0
    for mark in film.marks:
        chunk = int(-(-(2 * mark.at - 1) // 2))
        if chunk in markers:
            lost += 1
        else:
            markers[chunk] = (f"chunk {chunk}, mark {mark.name}", "Cyan", mark.name, 1)
    for number, (chunk, (note, color, name, length)) in enumerate(sorted(markers.items()), 1):
        frame = begin + frame_at(chunk)
        one, two = code_of(frame, film.grid.fps), code_of(frame + 1, film.grid.fps)
        lines.append(
            f"{number:03}  001      V     C        {one} {two} {one} {two}  \n"
            f"{_clean(note)} |C:ResolveColor{color} |M:{_clean(name)} |D:{length}\n\n"
        )
    warnings = list(film.losses(*EVERYTHING))
    if lost:
        warnings.append(f"marks left out, because their frames have markers already: {lost}")
    return Exported(
        text="".join(lines).rstrip("\n") + "\n",
        summary=f"markers: {len(markers)}",
        warnings=tuple(warnings),
    )


def _note(cue: FilmCue) -> str:
    details = [f"chunk {cue.chunk}", cue.shown_error, *cue.details()]
    head = ", ".join(detail.replace(":", " ").replace(",", " ") for detail in details if detail)
    return head if cue.prompt is None else f"{head}: {cue.prompt}"


def _color(cue: FilmCue) -> str:
    if cue.is_cut:
        return "Red"
    if cue.prompt is not None:
        return "Blue"
    return "Green" if cue.image is not None else "Yellow"


def _clean(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
