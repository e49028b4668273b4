"""Timeline markers of DaVinci Resolve, exported as an EDL: two lines for each marker.

The first has a number and four time codes, of which the third, the record time, is used; the second
the note, the colour `|C:`, the name `|M:` and the length in frames `|D:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from sequencer.language.interchange.draft import ScoreDraft
from sequencer.language.interchange.frames import MODEL_FPS, frame_position
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    UnreadableError,
)
from sequencer.language.interchange.text_input import begin_text, decode_text, quote
from sequencer.language.score import Duration, Unit

KIND = "edl"
START = "01:00:00:00"
"""The time code at which timelines of Resolve begin."""

_LENGTH = re.compile(r"\d{1,9}\Z", re.ASCII)
_CODE = re.compile(r"(\d\d):(\d\d):(\d\d):(\d\d)\Z", re.ASCII)
_OUR_NOTE = re.compile(r"chunk (?P<chunk>\d{1,7})(?P<details>(?:, [^:]*)?)(?:: (?P<text>.*))?\Z")
"""The form in which `sequencer export` writes a note."""
_CUT = re.compile(r"(?:^|, )cut(?: seed (\d{1,10}))?(?:,|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A marker: its frame from the beginning, its length, name, note, and line in the file."""

    frame: int
    length: int
    name: str
    note: str
    line: int


def recognise(data: bytes) -> bool:
    """Return whether this has a title and markers."""
    text = begin_text(data)
    return text.lstrip().startswith("TITLE:") and "|C:" in text


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a list of markers. Raises UnreadableError."""
    fps = options.fps or MODEL_FPS
    title, found = _markers(decode_text(data, options.encoding), options, fps)
    markers = sorted(found, key=lambda one: one.frame)
    draft = ScoreDraft(options, title=title)
    regions = [one for one in markers if one.length > 1]
    points = [one for one in markers if one.length <= 1]
    if any(two.frame < one.frame + one.length for one, two in pairwise(regions)):
        draft.tally.note("its regions overlap, so they are marks and not sections")
        regions, points = [], markers
    if not regions:
        for marker in points:
            _add(draft, marker, options, start=0, fps=fps)
        last = points[-1].frame if points else 0
        end = last + int(2 * fps)
        return draft.finish(KIND, frame_position(Fraction(end), fps)[0])
    _add_sections(draft, regions, points, options, fps)
    return draft.finish(KIND)


def _add_sections(
    draft: ScoreDraft,
    regions: list[Marker],
    points: list[Marker],
    options: ImportOptions,
    fps: Fraction,
) -> None:
    """Add the regions as sections, and sections for the gaps between them."""
    stretches: list[tuple[int, int, Marker | None]] = []
    at = gaps = 0
    for one in regions:
        if one.frame > at:
            stretches.append((at, one.frame, None))
        at = one.frame + one.length
        stretches.append((one.frame, at, one))
    last = max((point.frame for point in points), default=0)
    if last >= at:
        stretches.append((at, last + int(fps), None))
    waiting = list(reversed(points))
    for start, end, region in stretches:
        name = f"gap-{gaps + 1}" if region is None else region.name
        gaps += region is None
        duration = (
            Duration(Fraction(end - start), Unit.FRAMES)
            if fps == MODEL_FPS
            else Duration(Fraction(end - start) / fps, Unit.SECONDS)
        )
        cut = _cut_of(region) if region is not None and options.notes_are_prompts else ""
        draft.section(
            name,
            duration,
            at=start / fps,
            cut=cut,
            default=f"s{len(stretches)}",
        )
        if region is not None:
            draft.tally.keep()
            _add_note(draft, region, options, start=start, fps=fps, is_section=True)
        while waiting and waiting[-1].frame < end:
            _add(draft, waiting.pop(), options, start=start, fps=fps)


def _add(
    draft: ScoreDraft, marker: Marker, options: ImportOptions, *, start: int, fps: Fraction
) -> None:
    """Add a marker that is a point."""
    draft.tally.keep()
    _add_note(draft, marker, options, start=start, fps=fps, is_section=False)


def _cut_of(marker: Marker) -> str:
    ours = _OUR_NOTE.match(marker.note)
    found = _CUT.search(ours["details"]) if ours is not None else None
    if found is None:
        return ""
    return f"cut seed {int(found[1])}" if found[1] else "cut"


def _add_note(
    draft: ScoreDraft,
    marker: Marker,
    options: ImportOptions,
    *,
    start: int,
    fps: Fraction,
    is_section: bool,
) -> None:
    """Add what the note contains: a prompt, or a mark with a comment."""
    position, _ = frame_position(Fraction(marker.frame - start), fps)
    at = marker.frame / fps
    if not options.notes_are_prompts:
        if marker.note.strip():
            draft.comment(marker.note)
        if not is_section:
            draft.mark(position, marker.name or marker.note[:40], default=f"l{marker.line}")
        return
    ours = _OUR_NOTE.match(marker.note)
    text = marker.note if ours is None else ours["text"] or ""
    cut = "" if is_section else _cut_of(marker)
    if ours is not None:
        _drop_details(draft, ours["details"])
    if text.strip():
        draft.prompt(position, text, *([cut] if cut else []), at=at, line=marker.line + 1)
    elif cut:
        draft.cut(position, cut, at=at)
    elif not is_section:
        draft.mark(position, marker.name, default=f"l{marker.line}")


def _drop_details(draft: ScoreDraft, details: str) -> None:
    """Count what our own note describes and a marker does not hold."""
    for detail in filter(None, (one.strip() for one in details.split(","))):
        if detail.split(" ")[0] in ("image", "strength", "sr"):
            draft.drop(f"{detail.split(' ')[0]} settings", detail)


def _markers(text: str, options: ImportOptions, fps: Fraction) -> tuple[str, list[Marker]]:
    """Return the title and the markers. Raises UnreadableError."""
    per_second = int(fps) + (fps.denominator != 1)
    begin = _frames(options.start_tc or START, per_second)
    if begin is None:
        raise UnreadableError(
            f"--start-tc {options.start_tc} is not a time code", f"write for example: {START}"
        )
    title, markers = "", list[Marker]()
    event: tuple[int, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if line.startswith("TITLE:"):
            title = line.removeprefix("TITLE:").strip()
        elif line.startswith("FCM:"):
            _refuse_drop_frames(line, number)
        elif event is None:
            event = (_record_frame(line, number, per_second), number)
        else:
            marker = _marker(line, number, frame=event[0] - begin, first_line=event[1])
            if marker.frame < 0:
                raise UnreadableError(
                    "this marker is before the beginning of the timeline, "
                    f"{options.start_tc or START}",
                    "name the time code at which it begins: --start-tc 00:00:00:00",
                    line=event[1],
                    column=1,
                )
            if (marker.frame + marker.length) / fps > MAX_DURATION:
                raise UnreadableError(
                    f"a marker is later than {MAX_DURATION:,} seconds", line=event[1], column=1
                )
            markers.append(marker)
            event = None
            if len(markers) > MAX_ENTRIES:
                raise UnreadableError(
                    f"it has more than {MAX_ENTRIES:,} markers", "split the file", line=number
                )
    if event is not None:
        raise UnreadableError(
            "the second line of this marker is missing", "is the file complete?", line=event[1]
        )
    return title, markers


def _refuse_drop_frames(line: str, number: int) -> None:
    if "DROP" in line and "NON" not in line:
        raise UnreadableError(
            "drop-frame time code is not read",
            "export the markers from a timeline with non-drop-frame time code",
            line=number,
            column=1,
        )


def _record_frame(line: str, number: int, per_second: int) -> int:
    """Return the frame of a marker's first line. Raises UnreadableError."""
    fields = line.split()
    frame = _frames(fields[6], per_second) if len(fields) == 8 else None
    if frame is None or not fields[0].isdigit():
        raise UnreadableError(
            f"{quote(line.strip())} is not a marker",
            "export the timeline's markers: Timelines › Export › Timeline Markers to EDL",
            line=number,
            column=1,
        )
    return frame


def _marker(line: str, number: int, *, frame: int, first_line: int) -> Marker:
    """Return a marker of its second line. Raises UnreadableError."""
    note, *fields = line.strip().split("|")
    values = {field[:2]: field[2:].strip() for field in fields}
    length = values.get("D:") or "1"
    if "C:" not in values or _LENGTH.match(length) is None:
        raise UnreadableError(
            f"{quote(line.strip())} is not the second line of a marker",
            "it ends in, for example: |C:ResolveColorBlue |M:drop |D:1",
            line=number,
            column=1,
        )
    return Marker(
        frame=frame,
        length=int(length),
        name=values.get("M:", ""),
        note=note.strip(),
        line=first_line,
    )


def _frames(code: str, per_second: int) -> int | None:
    """Return the frame that a non-drop-frame time code counts, or None if it is not one."""
    found = _CODE.match(code)
    if found is None:
        return None
    hours, minutes, second, frame = (int(part) for part in found.groups())
    if minutes > 59 or second > 59 or frame >= per_second:
        return None
    return ((hours * 60 + minutes) * 60 + second) * per_second + frame
