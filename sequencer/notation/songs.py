"""The MIDI file that a score's clock names: found, read, and of it only its time kept."""

from __future__ import annotations

import stat
from pathlib import Path

from sequencer.errors import Faults, Span
from sequencer.notation.guess import nearest
from sequencer.paths import as_stored
from sequencer.score import ClockKind, Score, SongTime

SUFFIXES = (".mid", ".midi", ".smf")


def song_of(score: Score, folder: Path, most_bytes: int, outside: bool, faults: Faults) -> SongTime | None:
    """The time of the file that the clock names; None where it names none, or where something was told."""
    clock = score.header.clock
    if clock is None or clock.kind is not ClockKind.FILE or clock.file is None:
        return None
    data = _bytes(clock.file, folder, most_bytes, outside, clock.span, faults)
    if data is None:
        return None
    from sequencer.midi.files import MAX_CHANGES, SongError, read_song

    try:
        song = read_song(data)
    except SongError as error:
        faults.error("E532", f"{clock.file}: {error.message}", clock.span, error.hint)
        return None
    if len(song.tempos) + len(song.meter_changes) > MAX_CHANGES:
        message = f"{clock.file} has more than {MAX_CHANGES:,} changes of tempo and meter"
        faults.error("E532", message, clock.span, "export it with fewer points of its tempo curve")
        return None
    for note in song.notes:  # names and markers are not used, so what is said of them is not of interest here
        faults.warn("W530", f"{clock.file}: {note}", clock.span, "export it again, or compare its time with the music")
    return SongTime(song.tempos, song.meter_changes)


def _bytes(shown: str, folder: Path, most: int, outside: bool, span: Span, faults: Faults) -> bytes | None:
    if not shown or "\x00" in shown or "\\" in shown:
        cured = shown.replace("\\", "/") or "song.mid"
        faults.error("E530", "this is no path of a MIDI file", span, f'write file "{cured}"')
        return None
    path = folder / shown
    try:
        real = as_stored(path).resolve()
        if not outside and (Path(shown).is_absolute() or not real.is_relative_to(folder.resolve())):
            hint = "copy it into the folder of the score, or below"
            faults.error("E531", f"the MIDI file {shown} lies outside of the score's folder", span, hint)
            return None
        try:
            found = real.stat()  # links in a circle are an OSError here, and before Python 3.13 a RuntimeError above
        except (FileNotFoundError, NotADirectoryError):
            found = None
        if found is None or not stat.S_ISREG(found.st_mode):
            _missing(shown, path, span, faults)
            return None
        if found.st_size > most:
            message = f"{shown} is larger than {most:,} bytes, and no MIDI file is"
            faults.error("E532", message, span, "is it a recording? A MIDI file ends in .mid")
            return None
        return real.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        faults.error("E530", f"the MIDI file {shown} cannot be read: {reason}", span, "look at its name and permissions")
        return None


def _missing(shown: str, path: Path, span: Span, faults: Faults) -> None:
    there = sorted(one.name for one in path.parent.glob("*") if one.suffix.lower() in SUFFIXES)
    guess = nearest(path.name, there)
    hint = "paths count from the folder that the score lies in"
    if guess is not None:
        cured = shown[: len(shown) - len(path.name)] + guess
        hint = f"did you mean {cured}?"
    faults.error("E530", f"there is no MIDI file {shown}", span, hint)
