"""Load scores from files or texts, with the files, images and MIDI clock that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import NO_SPAN, Diagnostic, Diagnostics, Span
from sequencer.core.images import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.paths import as_stored, is_folder
from sequencer.core.sounds import MAX_SOUND_BYTES
from sequencer.language.clock_files import load_clock_file
from sequencer.language.score import Let, Scene, Score, Use
from sequencer.language.sound_files import check_sound_file
from sequencer.language.source import closest_word, normalise_newlines, replace_unprintable

if TYPE_CHECKING:
    from sequencer.language.incremental.loading import PieceLoad
    from sequencer.language.incremental.reading import Reading


def load_bytes(
    path: Path, shown: str, most: int, faults: Diagnostics, at: Span = NO_SPAN
) -> bytes | None:
    """Read the bytes of a score's file.

    Args:
        path: The file.
        shown: The file name for messages.
        most: Maximum size, in bytes.
        faults: Collects the diagnostics.
        at: Where another file refers to this one: diagnostics point there.

    Returns:
        The bytes, or None if a diagnostic was reported.
    """
    where = Span(shown, 0, 0, 0, 0) if at == NO_SPAN else at
    try:
        size = path.stat().st_size
        if is_folder(path):
            faults.error(
                "E503", f"{shown} is a folder, not a score", where, hint="name a file in it"
            )
            return None
        if size > most:
            faults.error(
                "E502",
                f"{shown} is larger than {most:,} bytes, the maximum",
                where,
                hint="split it with `use`",
            )
            return None
        with path.open("rb") as file:
            data = file.read(most + 1)  # a device has no size and no end
    except FileNotFoundError:
        faults.error("E501", f"there is no file {shown}", where, hint=suggest_file(path))
        return None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        faults.error("E503", f"{shown} could not be read: {reason}", where)
        return None
    if len(data) > most:  # it grew, or it is not a regular file
        faults.error(
            "E502",
            f"{shown} is larger than {most:,} bytes, the maximum",
            where,
            hint="split it with `use`",
        )
        return None
    return data


def suggest_file(path: Path) -> str | None:
    """Return a hint for the name of a file that does not exist, or None."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())[:1000]
    except OSError:
        return None
    meant = closest_word(path.name, names)
    if meant is not None:
        return f"did you mean {meant}?"
    return None if path.suffix else "the name of a score file ends in .score or .yaml"


def decode_score(data: bytes, file: str, faults: Diagnostics) -> str | None:
    r"""Decode a score file's bytes as UTF-8, with `\n` as newlines and no byte order mark.

    Return None if a diagnostic was reported.
    """
    guess = _detect_encoding(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = (
            data[: error.start]
            .removeprefix(b"\xef\xbb\xbf")
            .replace(b"\r\n", b"\n")
            .replace(b"\r", b"\n")
        )
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        at = Span(file, line, column, line, column + 1)
        byte = data[error.start]
    else:
        if guess is None:
            return normalise_newlines(text)
        at, byte = Span(file, 1, 1, 1, 2), 0
    if guess is not None:
        faults.error(
            "E505",
            f"this file is {guess}, not UTF-8",
            Span(file, 1, 1, 1, 2),
            hint="save it as UTF-8",
        )
    elif b"\x00" in data[:8192]:
        hint = "a score is plain UTF-8 text"
        faults.error("E506", "this is not a text file: it contains null bytes", at, hint=hint)
    else:
        hint = "save the file as UTF-8; it may be in an older encoding such as Latin-1"
        faults.error(
            "E504", f"this is not UTF-8: the byte 0x{byte:02X} is not valid here", at, hint=hint
        )
    return None


def _detect_encoding(data: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if the bytes look like it."""
    head = data[:4096]
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    pairs = len(head) // 2
    if pairs >= 4:
        for first in (0, 1):
            if (
                head[first::2].count(0) > pairs * 0.7
                and head[1 - first :: 2].count(0) < pairs * 0.1
            ):
                return "UTF-16"
    return None


class Notation(StrEnum):
    """The two notations of a score."""

    TEXT = "text"
    YAML = "yaml"


NOTATION_BY_SUFFIX = {".score": Notation.TEXT, ".yaml": Notation.YAML, ".yml": Notation.YAML}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLimits:
    """Limits on what loading a score may cost and access. The caller can change all of them."""

    bytes: int = 16 * 1024 * 1024
    """Maximum size of a score's file, in bytes."""
    image_bytes: int = MAX_IMAGE_BYTES
    """Maximum size of an image file, in bytes."""
    image_pixels: int = MAX_IMAGE_PIXELS
    """Maximum number of pixels in an image."""
    song_bytes: int = 4_000_000
    """Maximum size of a MIDI file, in bytes."""
    sound_bytes: int = MAX_SOUND_BYTES
    """Maximum size of a sound file, in bytes."""
    uses: int = 100
    """Maximum number of files that a score may use, over all levels."""
    outside: bool = False
    """Whether images, sounds, MIDI files and used files may be outside the score's folder."""


FindUnsaved = Callable[[Path], str | None]
"""Returns the unsaved text of a file that is open in an editor, or None for every other file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """The result of loading: the score if there were no errors, all diagnostics, and sources."""

    score: Score | None
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, str]
    dropped: int = 0
    """The number of diagnostics beyond the maximum that is kept."""
    part: Score | None = None
    """What could be read of a score with errors.

    It is never performed, but allows further errors in it to be reported.
    """
    notation: Notation = Notation.TEXT
    """The notation of the score's own file."""
    files: Mapping[str, Score] = field(default_factory=dict)
    """What could be read of each file on its own, without what it uses, by the name in its spans.

    The score's own file is the first.
    """


def load(
    path: Path | str, notation: Notation | None = None, limits: LoadLimits | None = None
) -> LoadResult:
    """Load a score from a file.

    Args:
        path: The score's file.
        notation: The notation; by default that of the file's extension.
        limits: Limits on size and access; by default those of `LoadLimits`.

    Returns:
        The result with all diagnostics. A missing file is one of them, not an exception.
    """
    loader = _Loader(limits or LoadLimits())
    file = _stored_path(Path(path))
    loader.folder = file.parent
    data = load_bytes(file, str(path), loader.limits.bytes, loader.faults)
    text = None if data is None else decode_score(data, str(path), loader.faults)
    if text is None:
        if data is not None and b"\x00" not in data:
            loader.sources[str(path)] = replace_unprintable(
                normalise_newlines(data.decode("utf-8", "replace"))
            )
        return loader.result(None)
    chosen = notation or NOTATION_BY_SUFFIX.get(file.suffix.lower())
    if chosen is None:
        hint = "the name of a score file ends in .score (text) or .yaml"
        loader.faults.error(
            "E507",
            f"{file.name} could be in either notation",
            Span(str(path), 0, 0, 0, 0),
            hint=hint,
        )
        return loader.result(None)
    loader.open_files.append(_resolve_path(file))
    return loader.result(loader.load_score(text, str(path), chosen))


def load_text(
    text: str,
    file: str = "",
    folder: Path | None = None,
    notation: Notation | None = None,
    limits: LoadLimits | None = None,
    *,
    find_unsaved: FindUnsaved | None = None,
) -> LoadResult:
    """Load a score from a text.

    Args:
        text: The text.
        file: The file name for diagnostics.
        folder: The folder of images and used files. Without it no file is opened: images are not
            inspected, `use` is an error.
        notation: The notation; by default that of the extension of `file`, or else text.
        limits: Limits on size and access; by default those of `LoadLimits`.
        find_unsaved: Finds the text that replaces that of a used file. The file itself must exist.

    Returns:
        The result with all diagnostics.
    """
    loader = _Loader.of_text(file, folder, limits, find_unsaved)
    if len(text) > loader.limits.bytes:
        hint = "split it with `use`"
        loader.faults.error(
            "E502",
            f"this score is longer than {loader.limits.bytes:,} characters",
            Span(file, 0, 0, 0, 0),
            hint=hint,
        )
        return loader.result(None)
    chosen = notation or _notation_of(file)
    return loader.result(loader.load_score(normalise_newlines(text), file, chosen))


def load_pieces(
    text: str,
    file: str = "",
    folder: Path | None = None,
    notation: Notation | None = None,
    limits: LoadLimits | None = None,
    *,
    find_unsaved: FindUnsaved | None = None,
    before: Reading | None = None,
) -> PieceLoad | None:
    """Load a score from a text, using what was read from an earlier version of it.

    The arguments are those of `load_text`.

    Args:
        text: The text.
        file: The file name for diagnostics.
        folder: The folder of images and used files.
        notation: The notation.
        limits: Limits on what is read.
        find_unsaved: Finds the text that replaces that of a used file.
        before: The reading of the earlier version.

    Returns:
        The result, or None if the text has to be loaded as a whole.
    """
    loader = _Loader.of_text(file, folder, limits, find_unsaved)
    if len(text) > loader.limits.bytes:
        return None
    chosen = notation or _notation_of(file)
    text = normalise_newlines(text)
    reading = _reread(text, file, chosen, before)
    if reading is None:
        return None
    from sequencer.language.incremental.loading import PieceLoad

    loader.reading = reading
    score = loader.load_score(text, file, chosen)
    reported = (*reading.diagnostics, *loader.faults.diagnostics_in_order)
    return PieceLoad(
        reading=reading,
        score=score,
        diagnostics=reported,
        sources=loader.sources,
        notation=chosen,
        files=loader.files,
    )


def load_file_pieces(
    path: Path, notation: Notation | None = None, *, before: Reading | None = None
) -> PieceLoad | None:
    """Load a score from a file, using what was read from an earlier version of it.

    Args:
        path: The score's file.
        notation: The notation; by default that of the file's extension.
        before: The reading of the earlier version.

    Returns:
        The result, or None if the file has to be loaded as a whole, or cannot be read.
    """
    file = _stored_path(path)
    chosen = notation or NOTATION_BY_SUFFIX.get(file.suffix.lower())
    faults = Diagnostics()
    data = load_bytes(file, str(path), LoadLimits().bytes, faults)
    text = None if data is None else decode_score(data, str(path), faults)
    if text is None or chosen is None:
        return None
    return load_pieces(text, str(path), file.parent, chosen, before=before)


def _reread(text: str, file: str, notation: Notation, before: Reading | None) -> Reading | None:
    if notation is Notation.YAML:
        from sequencer.language.yaml.rereading import reread_yaml

        return reread_yaml(text, file, before)
    from sequencer.language.text.rereading import reread_text

    return reread_text(text, file, before)


def _notation_of(file: str) -> Notation:
    return NOTATION_BY_SUFFIX.get(PurePosixPath(file).suffix.lower(), Notation.TEXT)


def _resolve_path(path: Path) -> Path:
    return path.resolve()


def _stored_path(path: Path) -> Path:
    """Return the path as spelled on disk, or as given if that cannot be determined."""
    try:
        return as_stored(path)
    except (OSError, ValueError):
        return path


class _Loader:
    """The state of loading: its diagnostics, its folder, and the files it has opened."""

    def __init__(self, limits: LoadLimits) -> None:
        self.limits = limits
        self.faults = Diagnostics()
        self.folder: Path | None = None
        self.sources: dict[str, str] = {}
        self.faults.texts = self.sources
        self.open_files: list[Path] = []
        self.known: dict[Path, Use | None] = {}
        self.notation = Notation.TEXT
        self.files: dict[str, Score] = {}
        self.find_unsaved: FindUnsaved | None = None
        self.reading: Reading | None = None
        """What was read of the score's own file, if that was done before."""

    @classmethod
    def of_text(
        cls,
        file: str,
        folder: Path | None,
        limits: LoadLimits | None,
        find_unsaved: FindUnsaved | None,
    ) -> _Loader:
        """Return the loader of a text in a folder."""
        loader = cls(limits or LoadLimits())
        loader.folder = folder
        loader.find_unsaved = find_unsaved
        if folder is not None and file:
            loader.open_files.append(_resolve_path(folder / Path(file).name))  # to find cycles
        return loader

    def result(self, score: Score | None) -> LoadResult:
        """Return the result."""
        whole, part = (None, score) if self.faults.has_errors else (score, None)
        return LoadResult(
            score=whole,
            diagnostics=self.faults.diagnostics,
            sources=self.sources,
            dropped=self.faults.dropped,
            part=part,
            notation=self.notation,
            files=self.files,
        )

    def load_score(self, text: str, file: str, notation: Notation) -> Score:
        """Return the score of a text, with its used files, its images and its MIDI clock."""
        self.notation = notation
        score = self._parse(text, file, notation)
        uses = tuple(self._load_use(use, file) for use in score.uses)
        score = replace(score, uses=uses, sources=tuple(self.sources.items()))
        if self.folder is not None:
            from sequencer.language.assets import (
                probe_image,
            )  # imports Pillow, which is needed only if there may be images

            images = probe_image(
                score,
                self.folder,
                self.limits.image_bytes,
                most_pixels=self.limits.image_pixels,
                outside=self.limits.outside,
                faults=self.faults,
            )
            song = load_clock_file(
                score, self.folder, self.limits.song_bytes, self.limits.outside, self.faults
            )
            check_sound_file(
                score.header.sound,
                self.folder,
                self.limits.sound_bytes,
                outside=self.limits.outside,
                faults=self.faults,
            )
            score = replace(score, images=images, song=song)
        return score

    def _parse(self, text: str, file: str, notation: Notation) -> Score:
        if self.reading is not None and self.reading.file == file and not self.sources:
            self.sources[file] = text  # a text with unprintable characters is read as a whole
            score = self.files[file] = self.reading.score
            return score
        self.sources[file] = replace_unprintable(text)
        score = self.files[file] = self._read(text, file, notation)
        return score

    def _read(self, text: str, file: str, notation: Notation) -> Score:
        match notation:
            case Notation.TEXT:
                from sequencer.language.text.reader import read_text

                return read_text(text, file, self.faults)
            case Notation.YAML:
                from sequencer.language.yaml.reader import read_yaml

                return read_yaml(text, file, self.faults)

    # ---- use -------------------------------------------------------------------------------------

    def _load_use(self, use: Use, file: str) -> Use:
        """Return `use` with its contents. A file is read once, however often it is used."""
        path = self._find_used_path(use)
        if path is None:
            return use
        real = _resolve_path(path)
        if real in self.open_files:
            names = " → ".join(
                one.name for one in [*self.open_files[self.open_files.index(real) :], real]
            )
            self.faults.error(
                "E511",
                f"these files use each other in a cycle: {names}",
                use.span,
                hint="remove this line",
            )
            return use
        if real not in self.known:
            if len(self.known) >= self.limits.uses:
                self.faults.error(
                    "E512",
                    f"a score uses at most {self.limits.uses} files",
                    use.span,
                    hint="combine them into fewer files",
                )
                return use
            self.known[real] = self._read_used(path, real, use, file)
            return self.known[real] or use
        return replace(use)  # its contents are already included

    def _find_used_path(self, use: Use) -> Path | None:
        if self.folder is None:
            self.faults.error(
                "E513",
                "this score has no folder, so it cannot use a file",
                use.span,
                hint="read it from a file",
            )
            return None
        written = Path(use.path)
        try:
            path = as_stored(self.folder / written)
            inside = not written.is_absolute() and _resolve_path(path).is_relative_to(
                _resolve_path(self.folder)
            )
        except (
            OSError,
            ValueError,
            RuntimeError,
        ) as error:  # before Python 3.13 circular links raise RuntimeError
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self.faults.error("E503", f"{use.path} could not be read: {reason}", use.span)
            return None
        if not inside and not self.limits.outside:
            hint = "copy it into the score's folder or a subfolder"
            self.faults.error(
                "E510", f"{use.path} is outside the score's folder", use.span, hint=hint
            )
            return None
        return path

    def _read_used(self, path: Path, real: Path, use: Use, file: str) -> Use | None:
        shown = str(path) if file else use.path
        notation = NOTATION_BY_SUFFIX.get(path.suffix.lower())
        if notation is None:
            hint = "the name of a used file ends in .score or .yaml"
            self.faults.error(
                "E507", f"{use.path} could be in either notation", use.span, hint=hint
            )
            return None
        unsaved = None if self.find_unsaved is None else self.find_unsaved(path)
        data = (
            load_bytes(path, use.path, self.limits.bytes, self.faults, use.span)
            if unsaved is None
            else unsaved.encode("utf-8", "surrogatepass")
        )
        text = None if data is None else decode_score(data, shown, self.faults)
        if text is None:
            return None
        self.open_files.append(real)
        inner = self._parse(text, shown, notation)
        lets: list[Let] = []
        scenes: list[Scene] = []
        for nested in inner.uses:
            brought = self._load_use(self._rebase_use(nested, path), shown)
            lets += brought.lets
            scenes += brought.scenes
        self.open_files.pop()
        lets += inner.lets
        scenes += inner.scenes
        if not lets and not scenes:
            message = f"{use.path} has neither variables nor scenes, so there is nothing to use"
            self.faults.warn("W101", message, use.span, hint="remove this line")
        return replace(use, lets=tuple(lets), scenes=tuple(scenes))

    def _rebase_use(self, nested: Use, path: Path) -> Use:
        """Return a used file's own `use`, with its path relative to the score's folder."""
        if self.folder is None:
            return nested
        beside = path.parent / nested.path
        try:
            return replace(nested, path=beside.relative_to(self.folder).as_posix())
        except ValueError:
            return replace(nested, path=str(beside))
