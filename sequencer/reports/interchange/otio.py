"""OpenTimelineIO: the prompts as clips, everything else as markers.

The JSON is written here, with the schemas of OpenTimelineIO 0.18, so that the library is not
needed.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from sequencer.reports.interchange.exported import Exported, ExportOptions
from sequencer.reports.interchange.film import Film, FilmCue
from sequencer.reports.interchange.timecode import frames_of
from sequencer.schedule.describe import milliseconds

KIND = "otio"
ENDING = ".otio"
NAMESPACE = "helios_sequencer"
MAX_CLIP_NAME = 60
"""The most characters of a prompt in the name of its clip."""

Object = dict[str, Any]


def write(film: Film, options: ExportOptions) -> Exported:
    """Return the timeline.

    Raises:
        UnwritableError: The time code of the beginning is not valid.
    """
    begin = frames_of(options.start_tc, film.grid.fps)
    clips = [
        _clip(film, number, cue, end, options) for number, (cue, end) in enumerate(film.shots(), 1)
    ]
    prompts = film.prompts
    if prompts and prompts[0].chunk > 0:
        clips.insert(0, _gap(film, prompts[0].chunk))
    track = {
        **_part("Track.1", "prompts"),
        "kind": "Video",
        "markers": _markers(film),
        "children": clips,
    }
    tracks = [track, *([] if film.sound is None else [_sound_track(film, *film.sound)])]
    stack = {**_part("Stack.1", "tracks"), "markers": [], "children": tracks}
    metadata: Object = {
        "version": 1,
        "digest": film.digest,
        "seed": film.seed,
        "sr": film.sr,
        "grid": f"{film.grid.frames} frames @ {film.grid.fps} fps"
        + ("" if film.grid.first is None else f", first {film.grid.first}"),
        "rate": str(film.grid.fps),
        "is_run": film.is_run,
    }
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {NAMESPACE: metadata},
        "name": film.title,
        "global_start_time": _time(film, begin),
        "tracks": stack,
    }
    return Exported(
        text=json.dumps(timeline, ensure_ascii=False, indent=4) + "\n",
        summary=f"clips: {len(prompts)}, markers: {len(track['markers'])}",
        warnings=film.warnings,
    )


def _part(schema: str, name: str) -> Object:
    return {
        "OTIO_SCHEMA": schema,
        "metadata": {},
        "name": name,
        "source_range": None,
        "effects": [],
        "enabled": True,
        "color": None,
    }


def _time(film: Film, frame: int) -> Object:
    return {
        "OTIO_SCHEMA": "RationalTime.1",
        "rate": float(film.grid.fps),
        "value": float(frame),
    }


def _range(film: Film, start: int, frames: int) -> Object:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": _time(film, frames),
        "start_time": _time(film, start),
    }


def _gap(film: Film, chunks: int) -> Object:
    gap = _part("Gap.1", "")
    return {**gap, "markers": [], "source_range": _range(film, 0, film.grid.first_frame(chunks))}


def _clip(film: Film, number: int, cue: FilmCue, end: int, options: ExportOptions) -> Object:
    text, frame_at = cue.prompt or "", film.grid.first_frame
    shown = text if len(text) <= MAX_CLIP_NAME else f"{text[:MAX_CLIP_NAME].rstrip()}…"
    reference: Object = {
        "OTIO_SCHEMA": "MissingReference.1" if options.video is None else "ExternalReference.1",
        "metadata": {},
        "name": "",
        "available_range": _range(film, 0, frame_at(film.end)),
        "available_image_bounds": None,
    }
    if options.video is not None:
        reference["target_url"] = options.video
    return {
        **_part("Clip.2", f"{cue.place} {shown}"),
        "metadata": {
            NAMESPACE: {
                "cue": number,
                "chunk": cue.chunk,
                "place": cue.place,
                "section": cue.section,
                "snap_error_ms": None if cue.error is None else round(float(cue.error * 1000), 3),
                "prompt": text,
                "line": cue.line,
                "details": cue.details(),
            }
        },
        "source_range": _range(film, frame_at(cue.chunk), frame_at(end) - frame_at(cue.chunk)),
        "markers": [],
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def _sound_track(film: Film, path: str, start: Fraction) -> Object:
    """Return a track with the part of the sound that plays with the film."""
    frames = film.grid.first_frame(film.end)
    first = round(start * film.grid.fps)
    reference: Object = {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": "",
        "available_range": None,
        "available_image_bounds": None,
        "target_url": path,
    }
    clip = {
        **_part("Clip.2", path),
        "source_range": _range(film, first, frames),
        "markers": [],
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }
    return {**_part("Track.1", "sound"), "kind": "Audio", "markers": [], "children": [clip]}


def _marker(
    film: Film, name: str, color: str, comment: str, *, start: int, frames: int = 1
) -> Object:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {},
        "name": name,
        "color": color,
        "marked_range": _range(film, start, frames),
        "comment": comment,
    }


def _markers(film: Film) -> list[Object]:
    """Return the markers of sections, cuts, images, settings, marks and pauses."""
    found = []
    for section in film.sections:
        start, end = (film.frame(time) for time in (section.start, section.end))
        comment = f"section {section.name}, {end - start} frames"
        length = max(1, end - start)
        found.append(
            _marker(film, section.name, "PURPLE", comment, start=max(0, start), frames=length)
        )
    for cue in film.cues:
        error = "" if cue.error is None else f", {milliseconds(cue.error)} ms"
        for detail in cue.details():
            kind = detail.split(" ", 1)[0]
            color = {"cut": "RED", "image": "CYAN", "strength": "YELLOW", "sr": "ORANGE"}[kind]
            comment = f"{detail} at {cue.place}{error}"
            found.append(_marker(film, kind, color, comment, start=film.frame(cue.chunk)))
    for mark in film.marks:
        start = film.frame(mark.at)
        found.append(_marker(film, mark.name, "GREEN", f"mark {mark.name}", start=start))
    for pause in film.pauses:
        comment = f"paused {float(pause.seconds):.1f} s"
        found.append(_marker(film, "pause", "BLACK", comment, start=film.frame(pause.chunk)))
    found.sort(key=lambda marker: marker["marked_range"]["start_time"]["value"])
    return found
