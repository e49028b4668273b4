"""Read the file of a clock: a MIDI file or a beat file, recognised by its content."""

from __future__ import annotations

import stat
from pathlib import Path

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.paths import as_stored
from sequencer.language.score import ClockKind, ClockLine, Score, SongTime
from sequencer.language.source import closest_word

MIDI_SUFFIXES = (".mid", ".midi", ".smf")
BEAT_SUFFIXES = (".beats", ".json")


def load_clock_file(
    score: Score, folder: Path, most_bytes: int, outside: bool, faults: Diagnostics
) -> SongTime | None:
    """Return the tempos and meters of the file that the clock names.

    Args:
        score: The score whose clock is examined.
        folder: The folder that the path is relative to.
        most_bytes: Maximum size of the file, in bytes.
        outside: Whether the file may be outside the folder.
        faults: Collects the diagnostics.

    Returns:
        The times, or None if the clock names no file or a diagnostic was reported.
    """
    clock = score.header.clock
    if clock is None or clock.kind is not ClockKind.FILE or clock.file is None:
        return None
    data = _read_bytes(
        clock.file, folder, most_bytes, outside=outside, span=clock.span, faults=faults
    )
    if data is None:
        return None
    from sequencer.language.beat_file import is_beat_file

    if is_beat_file(data) or Path(clock.file).suffix.lower() in BEAT_SUFFIXES:
        time = _read_beats(data, clock, clock.file, faults)
        if time is not None:
            _check_sound(score, time, clock.file, faults)
        return time
    return _read_midi(data, clock, clock.file, faults)


def _read_beats(data: bytes, clock: ClockLine, shown: str, faults: Diagnostics) -> SongTime | None:
    from sequencer.language.beat_file import read_beat_file
    from sequencer.language.interchange.imported import UnreadableError

    try:
        return read_beat_file(data).song_time
    except UnreadableError as error:
        message = f"{shown}{error.place}: {error.message}"
        faults.error("E533", message, clock.span, hint=_import_hint(data, shown) or error.hint)
        return None


def _read_midi(data: bytes, clock: ClockLine, shown: str, faults: Diagnostics) -> SongTime | None:
    from sequencer.midi.standard_files import MAX_CHANGES, read_midi_file
    from sequencer.midi.tracks import MidiFileError

    try:
        song = read_midi_file(data)
    except MidiFileError as error:
        hint = _import_hint(data, shown) or error.hint
        faults.error("E532", f"{shown}: {error.message}", clock.span, hint=hint)
        return None
    if len(song.tempos) + len(song.meter_changes) > MAX_CHANGES:
        message = f"{shown} has more than {MAX_CHANGES:,} tempo and meter changes"
        faults.error(
            "E532", message, clock.span, hint="export it with fewer points in its tempo curve"
        )
        return None
    for (
        note
    ) in song.notes:  # names and markers are not used, so notes about them do not matter here
        faults.warn(
            "W530",
            f"{shown}: {note}",
            clock.span,
            hint="export it again, or check its timing against the music",
        )
    return SongTime(song.tempos, song.meter_changes)


def _import_hint(data: bytes, shown: str) -> str | None:
    """Return what to do with a file of another program, or None if it is not one."""
    from sequencer.language.interchange import recognise

    reader = recognise(data)
    if reader is None:
        return None
    return f"make a score of it ({reader.KIND}): sequencer import {shown}"


def _check_sound(score: Score, time: SongTime, shown: str, faults: Diagnostics) -> None:
    """Report a sound that does not begin where the beats do."""
    sound = score.header.sound
    if sound is None or time.start is None or sound.start == time.start:
        return
    from sequencer.language.score import Duration, Unit
    from sequencer.language.values.writing import render_duration

    begin = render_duration(Duration(time.start, Unit.SECONDS)) if time.start else "0s"
    now = render_duration(Duration(sound.start, Unit.SECONDS)) if sound.start else "0s"
    faults.warn(
        "W531",
        f"the sound begins at {now}, but bar 1 of {shown} is at {begin}",
        sound.span,
        hint=f"begin the sound there: from {begin}",
    )


# ---- the file ------------------------------------------------------------------------------------


def _kind_of(shown: str) -> str:
    """Return what a file is by its name: it has not been read."""
    return "beat file" if Path(shown).suffix.lower() in BEAT_SUFFIXES else "MIDI file"


def _read_bytes(
    shown: str, folder: Path, most: int, *, outside: bool, span: Span, faults: Diagnostics
) -> bytes | None:
    if not shown or "\x00" in shown or "\\" in shown:
        corrected = shown.replace("\\", "/") or "song.mid"
        faults.error(
            "E530", "this is not the path of a MIDI file", span, hint=f'write file "{corrected}"'
        )
        return None
    path = folder / shown
    what = _kind_of(shown)
    try:
        real = as_stored(path).resolve()
        if not outside and (Path(shown).is_absolute() or not real.is_relative_to(folder.resolve())):
            hint = "copy it into the score's folder or a subfolder"
            faults.error(
                "E531", f"the {what} {shown} is outside the score's folder", span, hint=hint
            )
            return None
        try:
            found = (
                real.stat()
            )  # circular links: OSError; before Python 3.13, RuntimeError from resolve()
        except (FileNotFoundError, NotADirectoryError):
            found = None
        if found is None or not stat.S_ISREG(found.st_mode):
            _report_missing(shown, path, span, faults)
            return None
        if found.st_size > most:
            faults.error(
                "E533" if what == "beat file" else "E532",
                f"{shown} is larger than {most:,} bytes, the maximum for a {what}",
                span,
                hint="is it an audio recording? The name of a MIDI file ends in .mid",
            )
            return None
        return real.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        faults.error(
            "E530",
            f"the {what} {shown} cannot be read: {reason}",
            span,
            hint="check its name and permissions",
        )
        return None


def _report_missing(shown: str, path: Path, span: Span, faults: Diagnostics) -> None:
    suffixes = (*MIDI_SUFFIXES, *BEAT_SUFFIXES)
    there = sorted(one.name for one in path.parent.glob("*") if one.suffix.lower() in suffixes)
    guess = closest_word(path.name, there)
    hint = "paths are relative to the score's folder"
    if guess is not None:
        corrected = shown[: len(shown) - len(path.name)] + guess
        hint = f"did you mean {corrected}?"
    faults.error("E530", f"there is no {_kind_of(shown)} {shown}", span, hint=hint)
