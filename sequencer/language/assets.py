"""Find and inspect a score's images: measured and hashed, not kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.errors import UsageError
from sequencer.core.image_files import Problem, Refusal, decode
from sequencer.core.images import IMAGE_FORMATS, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, ImageFile
from sequencer.core.paths import as_stored
from sequencer.language.score import Action, Score, UseImage
from sequencer.language.source import closest_word


def probe_image(
    score: Score,
    folder: Path,
    most_bytes: int,
    *,
    most_pixels: int,
    outside: bool,
    faults: Diagnostics,
) -> tuple[ImageFile, ...]:
    """Inspect the files at the paths of a score's images, each once.

    Errors are reported at the first use of a path.

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
            seen[image.path] = _ImageInspector(image, folder, root, faults).inspect(
                most_bytes, most_pixels, outside
            )
    return tuple(found for found in seen.values() if found is not None)


def find_image(path: str, folder: Path) -> ImageFile:
    """Inspect an image by the rules for the images of a score, and with the default limits.

    Args:
        path: The path, as a score would name it.
        folder: The folder of the score, which contains the image.

    Raises:
        UsageError: The image cannot be used.
    """
    faults = Diagnostics()
    span = Span("image", 1, 1, 1, len(path) + 1)
    found = _ImageInspector(UseImage(path, span), folder, folder.resolve(), faults).inspect(
        MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, outside=False
    )
    if found is None:
        fault = faults.diagnostics[0]
        raise UsageError(fault.message, fault.hint)
    return found


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
            self._report(
                "E523",
                f"the image {self.image_path} is an empty file",
                "save it again, or use another image",
            )
            return None
        return self._measure(data, most_pixels)

    def _report(
        self, code: str, message: str, hint: str | None = None, fixes: tuple[Fix, ...] = ()
    ) -> None:
        self.faults.error(code, message, self.span, hint=hint, fix=fixes)

    def _read_bytes(self, most: int, outside: bool) -> bytes | None:
        shown = self.image_path
        if not shown or "\x00" in shown:
            self._report(
                "E520", "an image needs a path", 'write, for example: image "refs/tram.png"'
            )
            return None
        if "\\" in shown:
            corrected = shown.replace("\\", "/")
            self._report(
                "E525",
                "folders in a path are separated by /",
                f"write {corrected}",
                self._path_fixes(corrected),
            )
            return None
        path = self.folder / shown
        try:
            real = as_stored(path).resolve()
            if not outside and (Path(shown).is_absolute() or not real.is_relative_to(self.root)):
                hint = "copy it into the score's folder or a subfolder"
                self._report("E521", f"the image {shown} is outside the score's folder", hint)
                return None
            if real.is_dir():
                self._report("E520", f"{shown} is a folder, not an image", "name a file in it")
                return None
            try:
                size = (
                    real.stat().st_size
                )  # circular links: OSError; before Python 3.13, RuntimeError from resolve()
            except (FileNotFoundError, NotADirectoryError):
                self._report_missing(path)
                return None
            if size > most or not real.is_file():
                self._report_size(size, most)
                return None
            data = real.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._report(
                "E526",
                f"the image {shown} could not be read: {reason}",
                "check its name and permissions",
            )
            return None
        if len(data) > most:  # the file grew in the meantime
            self._report_size(len(data), most)
            return None
        return data

    def _report_size(self, size: int, most: int) -> None:
        message = f"the image {self.image_path} has {size:,} bytes; the maximum is {most:,}"
        self._report("E522", message, "make it smaller: the model works at 640×384")

    def _path_fixes(self, corrected: str) -> tuple[Fix, ...]:
        bare = self.span.end_column - self.span.column == len(
            self.image_path
        )  # in YAML the span covers only the path
        return (Fix(self.span, corrected if bare else f'image "{corrected}"'),)

    def _report_missing(self, path: Path) -> None:
        """Report a missing image, with the file that was probably meant."""
        meant: str | None = None
        try:
            names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())[:1000]
            name = closest_word(path.name, names)
            meant = (
                None
                if name is None
                else self.image_path[: len(self.image_path) - len(path.name)] + name
            )
        except OSError:
            names = []
        hint = f"did you mean {meant}?" if meant else "paths are relative to the score's folder"
        fixes = self._path_fixes(meant) if meant else ()
        self._report("E520", f"there is no image {self.image_path}", hint, fixes)

    def _measure(self, data: bytes, most_pixels: int) -> ImageFile | None:
        shown = self.image_path
        found = decode(data, most_pixels)
        if isinstance(found, Refusal):
            self._report_refusal(found, most_pixels)
            return None
        return ImageFile(
            path=shown,
            sha256=hashlib.sha256(data).hexdigest(),
            mime_type=found.mime_type,
            width=found.width,
            height=found.height,
            size=len(data),
        )

    def _report_refusal(self, refusal: Refusal, most_pixels: int) -> None:
        shown, formats = self.image_path, f"{IMAGE_FORMATS} are supported"
        match refusal.problem:
            case Problem.NOT_AN_IMAGE:
                self._report("E523", f"{shown} is not an image", formats)
            case Problem.OTHER_FORMAT:
                self._report("E524", f"the image {shown} is {refusal.detail}", formats)
            case Problem.TOO_MANY_PIXELS:
                self._report_pixel_count(refusal.width, refusal.height, most_pixels)
            case Problem.BROKEN:
                self._report(
                    "E523", f"the image {shown} is damaged: {refusal.detail[:80]}", "save it again"
                )

    def _report_pixel_count(self, width: int, height: int, most: int) -> None:
        message = (
            f"the image {self.image_path} has {width:,}×{height:,} pixels; the maximum is {most:,} "
            "in total"
        )
        self._report("E527", message, "make it smaller: the model works at 640×384")
