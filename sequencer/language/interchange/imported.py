"""What the readers of other programs' files share: options, result, limits and errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from sequencer.core.errors import InputError, SequencerError
from sequencer.core.timebase import Meter

MAX_FILE_BYTES = 8 * 1024 * 1024
"""The maximum size of an imported file."""

MAX_UNPACKED_BYTES = 64 * 1024 * 1024
"""The maximum size of what a compressed file contains."""

MAX_ENTRIES = 20_000
"""The maximum number of entries (labels, markers, lines, beats) in an imported file."""

MAX_DURATION = 1_000_000
"""The latest time that is accepted, in seconds: more than eleven days."""


class UnreadableError(SequencerError):
    """A file of another program that cannot be read.

    Args:
        message: What is wrong, in one sentence.
        hint: What to do.
        line: The line, from 1; 0 if no line is the cause.
        column: The column, from 1; 0 if only the line is known.
        pointer: For JSON and XML, the path of the value, such as `/beats/3`.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        line: int = 0,
        column: int = 0,
        pointer: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.line = line
        self.column = column
        self.pointer = pointer

    @property
    def place(self) -> str:
        """Where it is, to follow the name of the file: `:3:7`, ` at /beats/3`, or nothing."""
        if self.pointer:
            return f" at {self.pointer}"
        numbers = [self.line, self.column] if self.column else [self.line] if self.line else []
        return "".join(f":{number}" for number in numbers)

    def in_file(self, file: str) -> InputError:
        """Return the error for the user, with the name of the file."""
        return InputError(f"{file}{self.place}: {self.message}", self.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user chose. A reader uses what its format lacks, and ignores the rest.

    `title` is used if the file has none. `bpm` and `meter` count the bars where a file does not.
    """

    title: str = "song"
    bpm: Fraction | None = None
    meter: Meter | None = None
    track: str | None = None
    """The name of the track in a collection."""
    words: str = "marks"
    """What the lines of a text become: `marks` or `prompts`."""
    template: str | None = None
    """The prompt of each line, with `{line}` for its words; implies prompts."""
    locators: str = "marks"
    """What the locators of a set become: `marks` or `sections`."""
    encoding: str | None = None
    """The encoding of texts, for formats that do not fix it."""
    fps: Fraction | None = None
    """The frame rate, for formats that count frames and do not contain it."""
    start_tc: str | None = None
    """The time code at the beginning of a marker list, such as `01:00:00:00`."""
    video_id: str | None = None
    """Which video of a file with several is read."""
    interpolate_time: int | None = None
    """How many chunks each prompt of a Helios CSV lasts."""
    notes_are_prompts: bool = False
    """Whether the notes of markers are prompts."""
    blend: str = "largest"
    """What becomes of several texts with weights: `largest` or `join`."""
    companions: Mapping[str, bytes] = field(default_factory=dict)
    """Files that belong to it, by name: LongLive's YAML file, or the files of a folder."""
    has_file: Callable[[str], bool] = field(default=lambda path: False)
    """Whether a file exists, seen from the folder of the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A score made from a file.

    `text` is the score in the text notation, with a comment for everything that was dropped; it
    checks without errors. `kept` counts the entries of the file that are in it, `rounded` those
    among them whose time changed, by at most `worst_rounding` seconds.
    """

    kind: str
    text: str
    kept: int
    rounded: int = 0
    worst_rounding: Fraction = Fraction(0)
    dropped: tuple[tuple[str, int], ...] = ()
    """What was dropped, with its count: `(("weights", 2), ("image", 1))`."""
    notes: tuple[str, ...] = ()
    """What the user should know about how it was read, in sentences."""

    @property
    def summary(self) -> str:
        """The counts, such as `kept 12, rounded 3 (at most 41 ms), dropped 2 (weights, LoRA)`."""
        rounded = f"rounded {self.rounded}"
        if self.rounded:
            rounded += f" (at most {-(-self.worst_rounding * 1000 // 1)} ms)"
        dropped = f"dropped {sum(count for _, count in self.dropped)}"
        if self.dropped:
            dropped += f" ({', '.join(what for what, _ in self.dropped)})"
        return f"kept {self.kept}, {rounded}, {dropped}"


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts what a reader keeps, rounds and drops."""

    kept: int = 0
    rounded: int = 0
    worst_rounding: Fraction = Fraction(0)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def keep(self, error: Fraction = Fraction(0)) -> None:
        """Count an entry that is kept, and by how many seconds its time changed."""
        self.kept += 1
        if error:
            self.rounded += 1
            self.worst_rounding = max(self.worst_rounding, abs(error))

    def drop(self, what: str, count: int = 1) -> None:
        """Count what is dropped, by its kind."""
        self.dropped[what] += count

    def note(self, sentences: str | Iterable[str]) -> None:
        """Add what the user should know."""
        self.notes += [sentences] if isinstance(sentences, str) else list(sentences)

    def result(self, kind: str, text: str) -> Imported:
        """Return the result with these counts."""
        return Imported(
            kind=kind,
            text=text,
            kept=self.kept,
            rounded=self.rounded,
            worst_rounding=self.worst_rounding,
            dropped=tuple(self.dropped.items()),
            notes=tuple(self.notes),
        )


class Reader(Protocol):
    """What the module of a format provides."""

    @property
    def KIND(self) -> str:  # noqa: N802 - a constant of each module
        """The name of the format, as `--as` takes it."""

    def recognise(self, data: bytes) -> bool:
        """Return whether this looks like the content of such a file. Never raises."""

    def read(self, data: bytes, options: ImportOptions) -> Imported:
        """Return the score of a file.

        Raises:
            UnreadableError: The file cannot be read, or exceeds a limit.
        """
