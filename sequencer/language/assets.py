"""Find and inspect the files that a score names: images (measured and hashed, never kept) and the MIDI file of a file clock."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.image_files import Problem, Refusal, decode
from sequencer.core.images import IMAGE_FORMATS, ImageFile
from sequencer.core.paths import as_stored
from sequencer.language.score import Action, ClockKind, Score, SongTime, UseImage
from sequencer.language.source import closest_word


def probe_image(
    score: Score, folder: Path, most_bytes: int, most_pixels: int, outside: bool, faults: Diagnostics
) -> tuple[ImageFile, ...]:
    """Inspect the files at the paths of a score's images, each once. Errors are reported at the first use of a path.

    Args:
        score: The score whose images are inspected.
        folder: The folder that image paths are relative to.
        most_bytes: Maximum size of an image file, in bytes.
        most_pixels: Maximum number of pixels in an image.
        outside: Whether images may be outside the folder.
        faults: Collects the diagnostics.

    Returns:
        The images that could be read.
    """
    seen: dict[str, ImageFile | None] = {}
    root = folder.resolve()
    for image in _find_image_actions(score):
        if image.path not in seen:
            seen[image.path] = _ImageInspector(image, folder, root, faults).inspect(most_bytes, most_pixels, outside)
    return tuple(found for found in seen.values() if found is not None)


def _find_image_actions(score: Score) -> Iterator[UseImage]:
    for items in (score.items, *(section.items for section in score.sections)):
        for item in items:
            actions: tuple[Action, ...] = item.actions
            for action in actions:
                if isinstance(action, UseImage):
                    yield action


class _ImageInspector:
    def __init__(self, image: UseImage, folder: Path, root: Path, faults: Diagnostics) -> None:
        self.image_path = image.path
        self.span: Span = image.span
        self.folder = folder
        self.root = root
        self.faults = faults

    def inspect(self, most_bytes: int, most_pixels: int, outside: bool) -> ImageFile | None:
        """Return the image, or None if a diagnostic was reported."""
        data = self._read_bytes(most_bytes, outside)
        if data is None:
            return None
        if not data:
            self._report("E523", f"the image {self.image_path} is an empty file", "save it anew, or name another one")
            return None
        return self._measure(data, most_pixels)

    def _report(self, code: str, message: str, hint: str | None = None, fixes: tuple[Fix, ...] = ()) -> None:
        self.faults.error(code, message, self.span, hint, fixes)

    def _read_bytes(self, most: int, outside: bool) -> bytes | None:
        shown = self.image_path
        if not shown or "\x00" in shown:
            self._report("E520", "an image has a path", 'write, for example: image "refs/tram.png"')
            return None
        if "\\" in shown:
            cured = shown.replace("\\", "/")
            self._report("E525", "folders in a path stand apart by /", f"write {cured}", self._path_fixes(cured))
            return None
        path = self.folder / shown
        try:
            real = as_stored(path).resolve()
            if not outside and (Path(shown).is_absolute() or not real.is_relative_to(self.root)):
                hint = "copy it into the folder of the score, or below"
                self._report("E521", f"the image {shown} lies outside of the score's folder", hint)
                return None
            if real.is_dir():
                self._report("E520", f"{shown} is a folder, not an image", "name a file in it")
                return None
            try:
                size = real.stat().st_size  # circular links: OSError; before Python 3.13, RuntimeError from resolve()
            except (FileNotFoundError, NotADirectoryError):
                self._report_missing(path)
                return None
            if size > most or not real.is_file():
                self._report_size(size, most)
                return None
            data = real.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._report("E526", f"the image {shown} could not be read: {reason}", "look at its name and at who may read it")
            return None
        if len(data) > most:  # the file grew in the meantime
            self._report_size(len(data), most)
            return None
        return data

    def _report_size(self, size: int, most: int) -> None:
        message = f"the image {self.image_path} has {size:,} bytes; {most:,} is the most"
        self._report("E522", message, "make it smaller: the model works at 640×384")

    def _path_fixes(self, cured: str) -> tuple[Fix, ...]:
        bare = self.span.end_column - self.span.column == len(self.image_path)  # in YAML the span covers only the path
        return (Fix(self.span, cured if bare else f'image "{cured}"'),)

    def _report_missing(self, path: Path) -> None:
        """Report a missing image, with the file that was probably meant."""
        meant: str | None = None
        try:
            names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())[:1000]
            name = closest_word(path.name, names)
            meant = None if name is None else self.image_path[: len(self.image_path) - len(path.name)] + name
        except OSError:
            names = []
        hint = f"did you mean {meant}?" if meant else "paths count from the folder that the score lies in"
        fixes = self._path_fixes(meant) if meant else ()
        self._report("E520", f"there is no image {self.image_path}", hint, fixes)

    def _measure(self, data: bytes, most_pixels: int) -> ImageFile | None:
        shown = self.image_path
        found = decode(data, most_pixels)
        if isinstance(found, Refusal):
            self._report_refusal(found, most_pixels)
            return None
        return ImageFile(shown, hashlib.sha256(data).hexdigest(), found.mime_type, found.width, found.height, len(data))

    def _report_refusal(self, refusal: Refusal, most_pixels: int) -> None:
        shown, formats = self.image_path, f"{IMAGE_FORMATS} are taken"
        match refusal.problem:
            case Problem.NOT_AN_IMAGE:
                self._report("E523", f"{shown} is not an image", formats)
            case Problem.OTHER_FORMAT:
                self._report("E524", f"the image {shown} is {refusal.detail}", formats)
            case Problem.TOO_MANY_PIXELS:
                self._report_pixel_count(refusal.width, refusal.height, most_pixels)
            case Problem.BROKEN:
                self._report("E523", f"the image {shown} is broken: {refusal.detail[:80]}", "save it anew")

    def _report_pixel_count(self, width: int, height: int, most: int) -> None:
        message = f"the image {self.image_path} has {width:,}×{height:,} pixels; {most:,} in all is the most"
        self._report("E527", message, "make it smaller: the model works at 640×384")


MIDI_SUFFIXES = (".mid", ".midi", ".smf")


def load_midi_clock(score: Score, folder: Path, most_bytes: int, outside: bool, faults: Diagnostics) -> SongTime | None:
    """Return the tempos and meters of the MIDI file that the clock names.

    Args:
        score: The score whose clock is examined.
        folder: The folder that the path is relative to.
        most_bytes: Maximum size of the MIDI file, in bytes.
        outside: Whether the file may be outside the folder.
        faults: Collects the diagnostics.

    Returns:
        The times, or None if the clock names no file or a diagnostic was reported.
    """
    clock = score.header.clock
    if clock is None or clock.kind is not ClockKind.FILE or clock.file is None:
        return None
    data = _read_midi_bytes(clock.file, folder, most_bytes, outside, clock.span, faults)
    if data is None:
        return None
    from sequencer.midi.standard_files import MAX_CHANGES, read_midi_file
    from sequencer.midi.tracks import MidiFileError

    try:
        song = read_midi_file(data)
    except MidiFileError as error:
        faults.error("E532", f"{clock.file}: {error.message}", clock.span, error.hint)
        return None
    if len(song.tempos) + len(song.meter_changes) > MAX_CHANGES:
        message = f"{clock.file} has more than {MAX_CHANGES:,} changes of tempo and meter"
        faults.error("E532", message, clock.span, "export it with fewer points of its tempo curve")
        return None
    for note in song.notes:  # names and markers are not used, so notes about them do not matter here
        faults.warn("W530", f"{clock.file}: {note}", clock.span, "export it again, or compare its time with the music")
    return SongTime(song.tempos, song.meter_changes)


def _read_midi_bytes(shown: str, folder: Path, most: int, outside: bool, span: Span, faults: Diagnostics) -> bytes | None:
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
            found = real.stat()  # circular links: OSError; before Python 3.13, RuntimeError from resolve()
        except (FileNotFoundError, NotADirectoryError):
            found = None
        if found is None or not stat.S_ISREG(found.st_mode):
            _report_missing_midi(shown, path, span, faults)
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


def _report_missing_midi(shown: str, path: Path, span: Span, faults: Diagnostics) -> None:
    there = sorted(one.name for one in path.parent.glob("*") if one.suffix.lower() in MIDI_SUFFIXES)
    guess = closest_word(path.name, there)
    hint = "paths count from the folder that the score lies in"
    if guess is not None:
        cured = shown[: len(shown) - len(path.name)] + guess
        hint = f"did you mean {cured}?"
    faults.error("E530", f"there is no MIDI file {shown}", span, hint)
