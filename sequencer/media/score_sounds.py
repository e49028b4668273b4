"""Find and read the sound of a score before a run, so that a bad file is reported at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sequencer.core.diagnostics import NO_SPAN
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.paths import as_stored, is_file
from sequencer.core.sounds import MAX_SOUND_BYTES, SoundTrack
from sequencer.media.sound_files import SoundFileError
from sequencer.media.waveforms import Sound, read_sound


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSound:
    """The sound of a score: where the score names it, its file, and what was read of it."""

    track: SoundTrack
    file: Path
    sound: Sound

    def as_json(self) -> dict[str, Any]:
        """Return what a journal and a report record of it."""
        return {
            "file": self.track.path,
            "from": str(self.track.start),
            "sha256": self.sound.sha256,
            "bytes": self.sound.size,
            "seconds": round(float(self.sound.seconds), 3),
        }


def read_score_sound(
    track: SoundTrack, folder: Path, *, stored_in: Path | None = None
) -> ScoreSound:
    """Decode the sound of a score to its end.

    Args:
        track: The sound, as the score names it.
        folder: The folder that its path is relative to.
        stored_in: The file to read instead of the path in `folder`, such as one from a bundle.

    Raises:
        SoundFileError: The file is missing, too large, damaged or not a sound file, or ends before
            the second at which the score begins. The message begins with the position in the score.
    """
    try:
        file = _find(track, folder) if stored_in is None else stored_in
        sound = read_sound(file)
        _check_start(track, sound)
    except SoundFileError as error:
        raise _at(track, error) from None
    return ScoreSound(track=track, file=file, sound=sound)


def _find(track: SoundTrack, folder: Path) -> Path:
    """Return the file of a sound. A schedule may come from anybody, and so may the path in it."""
    try:
        file = as_stored(folder / track.path)
        size = file.stat().st_size if is_file(file) else None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SoundFileError(f"{track.path} cannot be read: {reason}") from None
    if size is None:
        raise SoundFileError(
            f"there is no sound file {track.path}", f"it is expected in {folder.absolute()}"
        )
    if size > MAX_SOUND_BYTES:
        raise SoundFileError(
            f"{track.path} has {size:,} bytes; the maximum is {MAX_SOUND_BYTES:,}",
            "save it as FLAC or MP3, or use the part of it that the score needs",
        )
    return file


def _check_start(track: SoundTrack, sound: Sound) -> None:
    if track.start >= sound.seconds:
        raise SoundFileError(
            f"{track.path} lasts {float(sound.seconds):.3f} s, but the score begins at "
            f"{float(track.start):.3f} s of it",
            "write an earlier time after from",
        )


def explain_silence(sound: ScoreSound, *, is_recorded: bool) -> str:
    """Return a sentence for the operator of a run, which does not play the sound itself."""
    at = "" if not sound.track.start else f" at {float(sound.track.start):g} s"
    recorded = "; it will be in video.mp4, next to timeline.html" if is_recorded else ""
    return (
        f"no sound is played during a run: start {sound.track.path}{at} in a player "
        f"when the score starts{recorded}"
    )


def _at(track: SoundTrack, error: SoundFileError) -> SoundFileError:
    """Return the error with the position of the line that names the sound."""
    span = track.origin
    if span == NO_SPAN or not span.line:
        return error
    where = ":".join(str(part) for part in (span.file, span.line, span.column) if part)
    return SoundFileError(f"{where}: {error.message}", error.hint)
