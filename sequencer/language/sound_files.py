"""Check the sound file of a score: its path and its size. Its content is decoded by the runtime."""

from __future__ import annotations

import stat
from pathlib import Path

from sequencer.core.diagnostics import Diagnostics, Fix
from sequencer.core.paths import as_stored
from sequencer.language.score import SoundLine
from sequencer.language.source import closest_word
from sequencer.language.values.writing import render_string


def check_sound_file(
    sound: SoundLine | None, folder: Path, most_bytes: int, *, outside: bool, faults: Diagnostics
) -> None:
    """Report a sound file that is missing, outside the score's folder, or too large.

    Args:
        sound: The line of the header, if there is one.
        folder: The folder that the path is relative to.
        most_bytes: Maximum size of the file, in bytes.
        outside: Whether the file may be outside the folder.
        faults: Collects the diagnostics.
    """
    if sound is None:
        return
    shown, span = sound.path, sound.path_span
    if not shown or "\x00" in shown:
        faults.error(
            "E540", "a sound needs a path", span, hint='write, for example: sound "song.wav"'
        )
        return
    if "\\" in shown:
        corrected = shown.replace("\\", "/")
        faults.error(
            "E543",
            "folders in a path are separated by /",
            span,
            hint=f"use / between them: {corrected}",
            fix=Fix(span, render_string(corrected)),
        )
        return
    path = folder / shown
    try:
        real = as_stored(path).resolve()
        if not outside and (Path(shown).is_absolute() or not real.is_relative_to(folder.resolve())):
            faults.error(
                "E541",
                f"the sound file {shown} is outside the score's folder",
                span,
                hint="copy it into the score's folder or a subfolder",
            )
            return
        try:
            found = real.stat()  # circular links: OSError; before Python 3.13, RuntimeError
        except (FileNotFoundError, NotADirectoryError):
            meant = _closest_file(shown, path)
            faults.error(
                "E540",
                f"there is no sound file {shown}",
                span,
                hint="paths are relative to the score's folder"
                if meant is None
                else f"did you mean {meant}?",
                fix=() if meant is None else Fix(span, render_string(meant)),
            )
            return
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            faults.error("E540", f"{shown} is {what}", span, hint="name a sound file")
            return
        if not found.st_size:
            faults.error(
                "E542", f"the sound file {shown} is empty", span, hint="save or export it again"
            )
        elif found.st_size > most_bytes:
            faults.error(
                "E542",
                f"the sound file {shown} has {found.st_size:,} bytes; the maximum is "
                f"{most_bytes:,}",
                span,
                hint="save it as FLAC or MP3, or use the part of it that the score needs",
            )
        with real.open("rb"):
            return
    except (OSError, ValueError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        faults.error(
            "E544",
            f"the sound file {shown} could not be read: {reason}",
            span,
            hint="check its name and permissions",
        )


def _closest_file(shown: str, path: Path) -> str | None:
    """Return the path of the file that was probably meant."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())[:1000]
    except OSError:
        return None
    name = closest_word(path.name, names)
    return None if name is None else shown[: len(shown) - len(path.name)] + name
